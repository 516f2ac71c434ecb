/* tensors.c: looking into what a safetensors file held, and the format's names
 * that its reader and its writer share.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/safetensors.h>

#include <stdlib.h>
#include <string.h>

#include "io/safetensors_format.h"

const char *const reel__safetensors_dtype[REEL_DTYPES] = {
    [REEL_BOOL] = "BOOL", [REEL_U8] = "U8",   [REEL_I32] = "I32",
    [REEL_I64] = "I64",   [REEL_F32] = "F32", [REEL_F64] = "F64",
};

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

const char *reel__repeated_name(const char **names, size_t count)
{
    if (count)
        qsort(names, count, sizeof *names, by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return names[i];
    return NULL;
}

const reel_tensor *reel_tensors_find(const reel_tensors *tensors,
                                     const char *name)
{
    size_t low = 0, high = tensors->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, tensors->sorted[middle]->name);

        if (order == 0)
            return tensors->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *reel_tensors_metadata(const reel_tensors *tensors, const char *key)
{
    for (size_t i = 0; i < tensors->metadata_count; i++)
        if (strcmp(tensors->metadata[2 * i], key) == 0)
            return tensors->metadata[2 * i + 1];
    return NULL;
}

void reel_tensors_free(reel_tensors *tensors)
{
    free(tensors->tensor);
    free(tensors->metadata);
    free(tensors->sorted);
    free(tensors->block);
    free(tensors->header);
    *tensors = (reel_tensors){0};
}
