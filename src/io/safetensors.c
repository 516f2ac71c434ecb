/* safetensors.c: reads safetensors files, whose JSON header is
 * safetensors_header.c's; safetensors_write.c writes them.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/safetensors.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/bytes.h"
#include "io/report.h"
#include "io/safetensors_format.h"

/* Tensors are laid out anew in memory, because in a file they may start at any
 * byte and their elements are to be aligned. */
#define ALIGNMENT 8

static reel_status no_memory(reel__reader *r, uint64_t bytes)
{
    return reel__report_memory(r->error, r->source->name, bytes);
}

static reel_status repeated(reel__reader *r, const char *what, const char *name)
{
    return reel__report(r->error, REEL_EFORMAT, r->source->name,
                        "%s \"%.80s\" is there twice", what, name);
}

static int by_offset(const void *a, const void *b)
{
    const reel__entry *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* The tensors, in the file's order, follow each other and fill the data:
 * nothing is hidden in between, and what they take is what the file has. */
static reel_status check_layout(reel__reader *r)
{
    uint64_t at = 0;

    if (r->out->count)
        qsort(r->entry, r->out->count, sizeof *r->entry, by_offset);
    for (size_t i = 0; i < r->out->count; i++) {
        const reel__entry *e = &r->entry[i];

        if (e->begin != at)
            return reel__report(r->error, REEL_EFORMAT, r->source->name,
                                "tensor \"%.80s\": starts at byte %" PRIu64
                                " of the data, the one before it ends at "
                                "%" PRIu64, e->tensor.name, e->begin, at);
        at = e->end;
    }
    if (at != r->source->left)
        return reel__report(r->error, REEL_EFORMAT, r->source->name,
                            "%s: the tensors take %" PRIu64 " bytes, file has "
                            "%" PRIu64,
                            at > r->source->left ? "truncated"
                                                 : "trailing bytes",
                            at, r->source->left);
    return REEL_OK;
}

static size_t aligned(uint64_t bytes)
{
    return (size_t)((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

/* What the file has and the alignment, no more. */
static reel_status allocate(reel__reader *r)
{
    size_t count = r->out->count;
    uint64_t bytes = 1; /* for malloc, which may give NULL for 0 */

    for (size_t i = 0; i < count; i++)
        bytes += r->entry[i].end - r->entry[i].begin + ALIGNMENT;
    if (bytes > PTRDIFF_MAX)
        return no_memory(r, bytes);
    r->out->block = malloc((size_t)bytes);
    r->out->tensor = calloc(count + 1, sizeof *r->out->tensor);
    r->out->sorted = calloc(count + 1, sizeof *r->out->sorted);
    if (!r->out->block || !r->out->tensor || !r->out->sorted)
        return no_memory(r, bytes);

    unsigned char *at = r->out->block;

    for (size_t i = 0; i < count; i++) {
        const reel__entry *e = &r->entry[i];
        reel_tensor *t = &r->out->tensor[e->index];

        *t = e->tensor;
        t->data = at;
        at += aligned(e->end - e->begin);
    }
    return REEL_OK;
}

static reel_status to_native(reel__reader *r, const reel_tensor *t,
                             size_t bytes)
{
    unsigned char *block = t->data;
    size_t size = reel_dtype_size(t->dtype);

    for (size_t i = 0; size == 4 && i < bytes; i += 4) {
        uint32_t bits = reel__load_little32(block + i);

        memcpy(block + i, &bits, 4);
    }
    for (size_t i = 0; size == 8 && i < bytes; i += 8) {
        uint64_t bits = reel__load_little64(block + i);

        memcpy(block + i, &bits, 8);
    }
    for (size_t i = 0; t->dtype == REEL_BOOL && i < bytes; i++)
        if (block[i] > 1)
            return reel__bad_tensor(r, t->name, "a bool is neither 0 nor 1",
                                    "");
    return REEL_OK;
}

static reel_status read_data(reel__reader *r)
{
    for (size_t i = 0; i < r->out->count; i++) {
        const reel__entry *e = &r->entry[i];
        const reel_tensor *t = &r->out->tensor[e->index];
        size_t bytes = (size_t)(e->end - e->begin), got;
        reel_status status = reel__source_read(r->source, t->data, bytes, &got,
                                               r->error);

        if (status == REEL_OK && got < bytes)
            status = reel__bad_tensor(r, t->name,
                                      "file ended while it was read", "");
        if (status == REEL_OK)
            status = to_native(r, t, bytes);
        if (status != REEL_OK)
            return status;
    }
    return REEL_OK;
}

static int by_name(const void *a, const void *b)
{
    const reel_tensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static reel_status sort_tensors(reel__reader *r)
{
    const reel_tensor **sorted = r->out->sorted;

    for (size_t i = 0; i < r->out->count; i++)
        sorted[i] = &r->out->tensor[i];
    qsort(sorted, r->out->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < r->out->count; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            return repeated(r, "tensor", sorted[i]->name);
    return REEL_OK;
}

static reel_status check_metadata(reel__reader *r)
{
    size_t count = r->out->metadata_count;
    const char **key = malloc((count + 1) * sizeof *key);

    if (!key)
        return no_memory(r, (count + 1) * sizeof *key);
    for (size_t i = 0; i < count; i++)
        key[i] = r->out->metadata[2 * i];

    const char *twice = reel__repeated_name(key, count);

    free(key);
    return twice ? repeated(r, "metadata key", twice) : REEL_OK;
}

static reel_status read_all(reel__source *source, reel_tensors *out,
                            reel_error *error)
{
    reel__reader r = {.source = source, .error = error, .out = out};
    reel_status status = REEL_OK;

    if (!source->sized)
        status = reel__report(error, REEL_EIO, source->name,
                              "not a regular file");
    if (status == REEL_OK)
        status = reel__read_header(&r);
    if (status == REEL_OK)
        status = check_layout(&r);
    if (status == REEL_OK)
        status = check_metadata(&r);
    if (status == REEL_OK)
        status = allocate(&r);
    if (status == REEL_OK)
        status = sort_tensors(&r);
    if (status == REEL_OK)
        status = read_data(&r);
    free(r.entry);
    status = reel__source_close(source, status, error);
    if (status != REEL_OK)
        reel_tensors_free(out);
    return status;
}

reel_status reel_safetensors_read(const char *path, reel_tensors *out,
                                  reel_error *error)
{
    reel__source source;

    *out = (reel_tensors){0};

    reel_status status = reel__source_open(&source, path, false, error);

    return status == REEL_OK ? read_all(&source, out, error) : status;
}

reel_status reel_safetensors_parse(const void *bytes, size_t size,
                                   const char *name, reel_tensors *out,
                                   reel_error *error)
{
    reel__source source;

    *out = (reel_tensors){0};
    reel__source_memory(&source, bytes, size, name);
    return read_all(&source, out, error);
}
