/* idx.c: reads IDX, the format of MNIST and its kin (Y. LeCun, C. Cortes,
 * C. Burges, "The MNIST database of handwritten digits"): two zero bytes, an
 * element type, the number of dimensions, their sizes as big-endian 32-bit
 * numbers, and the elements, big-endian too.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/bytes.h"
#include "io/report.h"
#include "io/source.h"

/* What is allocated for data of unknown length before any have been seen. */
#define FIRST_BLOCK ((size_t)1 << 20)

typedef struct element {
    unsigned char code;
    unsigned char size; /* bytes in the file */
    reel_dtype dtype;   /* what it becomes */
} element;

static const element elements[] = {
    {0x08, 1, REEL_U8},  {0x09, 1, REEL_I32}, {0x0B, 2, REEL_I32},
    {0x0C, 4, REEL_I32}, {0x0D, 4, REEL_F32}, {0x0E, 8, REEL_F64},
};

typedef struct header {
    const element *element;     /* their type */
    reel_shape shape;
    size_t count;               /* elements */
    size_t bytes, native_bytes; /* of data, in the file and in memory */
    char text[160];             /* the sizes, for messages */
} header;

static reel_status read_magic(reel__source *source, header *h,
                              reel_error *error)
{
    unsigned char magic[4];
    size_t got;
    reel_status status = reel__source_read(source, magic, 4, &got, error);

    if (status != REEL_OK)
        return status;
    if (got < 4)
        return reel__report(error, REEL_EFORMAT, source->name,
                            "truncated: an IDX file starts with 4 bytes, "
                            "file has %zu", got);
    if (magic[0] || magic[1])
        return reel__report(error, REEL_EFORMAT, source->name,
                            "not an IDX file: starts with %02x %02x, not 00 00",
                            magic[0], magic[1]);
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (elements[i].code == magic[2])
            h->element = &elements[i];
    if (!h->element)
        return reel__report(error, REEL_EFORMAT, source->name,
                            "IDX element type 0x%02x is none of 08 09 0b 0c 0d "
                            "0e", magic[2]);
    if (magic[3] < 1 || magic[3] > REEL_MAX_DIMS)
        return reel__report(error, REEL_EFORMAT, source->name,
                            "IDX header says %d dimensions; 1 to %d can be "
                            "read", magic[3], REEL_MAX_DIMS);
    h->shape.ndim = magic[3];
    return REEL_OK;
}

/* "60000 x 28 x 28", and how large the elements are where that is not 1. */
static void describe(header *h)
{
    size_t at = 0;

    for (int d = 0; d < h->shape.ndim; d++)
        at += (size_t)snprintf(h->text + at, sizeof h->text - at,
                               "%s%" PRId64, d ? " x " : "", h->shape.dim[d]);
    if (h->element->size > 1)
        snprintf(h->text + at, sizeof h->text - at, " of %d bytes",
                 h->element->size);
}

static reel_status read_header(reel__source *source, header *h,
                               reel_error *error)
{
    unsigned char sizes[4 * REEL_MAX_DIMS];
    reel_status status = read_magic(source, h, error);
    size_t want = 4 * (size_t)h->shape.ndim, got = 0;

    if (status == REEL_OK)
        status = reel__source_read(source, sizes, want, &got, error);
    if (status != REEL_OK)
        return status;
    if (got < want)
        return reel__report(error, REEL_EFORMAT, source->name,
                            "truncated: the IDX header takes %zu bytes, file "
                            "has %zu", 4 + want, 4 + got);
    for (int d = 0; d < h->shape.ndim; d++)
        h->shape.dim[d] = reel__load_big32(sizes + 4 * d);
    describe(h);
    for (int d = 0; d < h->shape.ndim; d++)
        if (h->shape.dim[d] == 0)
            return reel__report(error, REEL_EFORMAT, source->name,
                                "empty: header says %s", h->text);
    /* Addressable as what the elements become, hence as they are, too. */
    if (!reel__shape_bytes(h->shape, reel_dtype_size(h->element->dtype),
                           &h->native_bytes))
        return reel__report(error, REEL_EFORMAT, source->name,
                            "header says %s: more than memory can hold",
                            h->text);
    h->count = h->native_bytes / reel_dtype_size(h->element->dtype);
    h->bytes = h->count * h->element->size;
    return REEL_OK;
}

static reel_status wrong_length(const reel__source *source, const header *h,
                                uint64_t have, reel_error *error)
{
    return reel__report(error, REEL_EFORMAT, source->name,
                        "%s: header says %s = %zu bytes, file has %s%" PRIu64,
                        have < h->bytes ? "truncated" : "trailing bytes",
                        h->text, h->bytes,
                        have > h->bytes && !source->sized ? "at least " : "",
                        have);
}

/* Reads the data to *block (owned by the caller even on failure). Where their
 * length is not known beforehand, the block grows with what has come, so that
 * a lying header allocates no more than twice what the file holds. */
static reel_status read_data(reel__source *source, const header *h,
                             unsigned char **block, reel_error *error)
{
    size_t have = 0, room = h->bytes, got;

    if (source->sized && source->left != h->bytes)
        return wrong_length(source, h, source->left, error);
    if (!source->sized && room > FIRST_BLOCK)
        room = FIRST_BLOCK;
    for (;;) {
        unsigned char *grown = realloc(*block, room);

        if (!grown)
            return reel__report_memory(error, source->name, room);
        *block = grown;

        reel_status status = reel__source_read(source, grown + have,
                                               room - have, &got, error);

        if (status != REEL_OK)
            return status;
        have += got;
        if (have < room)
            return wrong_length(source, h, have, error);
        if (room == h->bytes)
            break;
        room = room > h->bytes / 2 ? h->bytes : 2 * room;
    }

    unsigned char more;
    reel_status status = reel__source_read(source, &more, 1, &got, error);

    return status == REEL_OK && got ? wrong_length(source, h, have + 1, error)
                                    : status;
}

/* An element's bits as those of its dtype: narrow integers sign-extended. */
static uint32_t load32(const unsigned char *from, size_t size)
{
    if (size == 4)
        return reel__load_big32(from);

    uint32_t bits = size == 1 ? from[0] : (uint32_t)from[0] << 8 | from[1];
    uint32_t sign = UINT32_C(1) << (8 * size - 1);

    return (bits ^ sign) - sign;
}

/* From the last element to the first, so that none is overwritten before it
 * has been read: an element only moves towards the end. */
static void to_native(unsigned char *block, const header *h)
{
    size_t size = h->element->size;

    if (h->element->dtype == REEL_U8)
        return;
    for (size_t i = h->count; i-- > 0;) {
        if (size == 8) {
            uint64_t bits = reel__load_big64(block + 8 * i);

            memcpy(block + 8 * i, &bits, 8);
        } else {
            uint32_t bits = load32(block + size * i, size);

            memcpy(block + 4 * i, &bits, 4);
        }
    }
}

static reel_status read_array(reel__source *source, reel_array *array,
                              reel_error *error)
{
    header h = {0};
    unsigned char *block = NULL;
    reel_status status = read_header(source, &h, error);

    if (status == REEL_OK)
        status = read_data(source, &h, &block, error);
    if (status == REEL_OK && h.native_bytes > h.bytes) {
        unsigned char *wide = realloc(block, h.native_bytes);

        if (wide)
            block = wide;
        else
            status = reel__report_memory(error, source->name, h.native_bytes);
    }
    if (status != REEL_OK) {
        free(block);
        return status;
    }
    to_native(block, &h);
    *array = (reel_array){h.element->dtype, h.shape, block};
    return REEL_OK;
}

/* gzip may yet say that what it gave is not what was packed. */
static reel_status finish(reel__source *source, reel_array *array,
                          reel_error *error)
{
    reel_status status = read_array(source, array, error);

    status = reel__source_close(source, status, error);
    if (status != REEL_OK)
        reel_array_free(array);
    return status;
}

reel_status reel_idx_read(const char *path, reel_array *array,
                          reel_error *error)
{
    reel__source source;

    *array = (reel_array){0};

    reel_status status = reel__source_open(&source, path, true, error);

    return status == REEL_OK ? finish(&source, array, error) : status;
}

reel_status reel_idx_parse(const void *bytes, size_t size, const char *name,
                           reel_array *array, reel_error *error)
{
    reel__source source;

    *array = (reel_array){0};
    reel__source_memory(&source, bytes, size, name);
    return finish(&source, array, error);
}
