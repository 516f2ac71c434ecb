/* fuzz_safetensors.c: libFuzzer target for the safetensors reader.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <reel/safetensors.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Every byte that the result claims to hold must be there to be read. */
static void use(const reel_tensors *t)
{
    volatile unsigned char sum = 0;

    for (size_t i = 0; i < t->count; i++) {
        const reel_tensor *tensor = &t->tensor[i];
        size_t bytes = (size_t)reel_shape_count(tensor->shape) *
                       reel_dtype_size(tensor->dtype);

        if (reel_tensors_find(t, tensor->name) != tensor)
            abort();
        if ((uintptr_t)tensor->data % 8)
            abort();
        for (size_t b = 0; b < bytes; b++)
            sum = (unsigned char)(sum + ((unsigned char *)tensor->data)[b]);
    }
    for (size_t i = 0; i < 2 * t->metadata_count; i++)
        sum = (unsigned char)(sum + strlen(t->metadata[i]));
}

static void read_file(const uint8_t *bytes, size_t size)
{
    reel_tensors t;
    reel_error error = {0};
    reel_status status = reel_safetensors_parse(bytes, size, "x", &t, &error);

    if (status == REEL_OK)
        use(&t);
    else if (error.status != status || !error.message[0] || t.block)
        abort();
    reel_tensors_free(&t);
}

/* The input as it is, and as header and data behind a length that fits, so
 * that the fuzzer need not guess it: the first byte is the data's size. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_file(bytes, size);
    if (size < 1)
        return 0;

    size_t data = bytes[0] < size - 1 ? bytes[0] : size - 1;
    size_t header = size - 1 - data;
    uint8_t *whole = malloc(8 + header + data);

    if (!whole)
        return 0;
    for (int i = 0; i < 8; i++)
        whole[i] = (uint8_t)((uint64_t)header >> (8 * i));
    memcpy(whole + 8, bytes + 1, header + data);
    read_file(whole, 8 + header + data);
    free(whole);
    return 0;
}
