/* safetensors_write.c: writes safetensors files; safetensors.c reads them.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/safetensors.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/bytes.h"
#include "io/json.h"
#include "io/report.h"
#include "io/safetensors_format.h"
#include "io/sink.h"
#include "io/text.h"

/* Elements are put into the file's byte order in pieces of so many bytes. */
#define PIECE 16384

typedef struct writer {
    const char *path;
    const reel_tensor *tensor;
    size_t count;
    const char *const *metadata;
    uint64_t *begin; /* offsets in the data, one a tensor */
    reel__text header; /* in the making */
    reel_error *error;
} writer;

/* ------------------------------------------------------------------ checks */

static bool is_utf8(const char *s)
{
    size_t size = strlen(s), length;

    for (size_t at = 0; at < size; at += length)
        if (!(length = reel__utf8_length(s + at, size - at)))
            return false;
    return true;
}

static const char *fault(const reel_tensor *t)
{
    size_t bytes;

    if (!is_utf8(t->name))
        return "name is not UTF-8";
    if (strcmp(t->name, REEL__SAFETENSORS_METADATA) == 0)
        return "the format has this name for itself";
    if (reel_dtype_size(t->dtype) == 0)
        return "no such dtype";
    if (t->shape.ndim < 0 || t->shape.ndim > REEL_MAX_DIMS)
        return "shape has a wrong number of dimensions";
    for (int d = 0; d < t->shape.ndim; d++)
        if (t->shape.dim[d] < 0)
            return "shape has a negative size";
    if (!reel__shape_bytes(t->shape, reel_dtype_size(t->dtype), &bytes))
        return "shape is larger than memory";
    if (bytes && !t->data)
        return "data is NULL";
    return NULL;
}

static reel_status check_distinct(writer *w, const char *what,
                                  const char **name, size_t count)
{
    const char *twice = reel__repeated_name(name, count);

    if (!twice)
        return REEL_OK;
    return reel__report(w->error, REEL_EVALUE, w->path,
                        "%s \"%.80s\" is there twice", what, twice);
}

static reel_status check_tensors(writer *w)
{
    const char **name = malloc((w->count + 1) * sizeof *name);

    if (!name)
        return reel__report_memory(w->error, w->path,
                                   (w->count + 1) * sizeof *name);
    for (size_t i = 0; i < w->count; i++) {
        const reel_tensor *t = &w->tensor[i];
        const char *why = t->name ? fault(t) : "name is NULL";

        name[i] = t->name;
        if (why) {
            free(name);
            return reel__report(w->error, REEL_EVALUE, w->path,
                                "tensor %zu, \"%.80s\": %s", i,
                                t->name ? t->name : "", why);
        }
    }

    reel_status status = check_distinct(w, "tensor", name, w->count);

    free(name);
    return status;
}

static reel_status check_metadata(writer *w)
{
    size_t strings = 0;

    for (; w->metadata && w->metadata[strings]; strings++)
        if (!is_utf8(w->metadata[strings]))
            return reel__report(w->error, REEL_EVALUE, w->path,
                                "metadata string %zu is not UTF-8", strings);
    if (strings % 2)
        return reel__report(w->error, REEL_EVALUE, w->path,
                            "metadata key \"%.80s\" has no value",
                            w->metadata[strings - 1]);

    size_t count = strings / 2;
    const char **key = malloc((count + 1) * sizeof *key);

    if (!key)
        return reel__report_memory(w->error, w->path,
                                   (count + 1) * sizeof *key);
    for (size_t i = 0; i < count; i++)
        key[i] = w->metadata[2 * i];

    reel_status status = check_distinct(w, "metadata key", key, count);

    free(key);
    return status;
}

/* ------------------------------------------------------------------ header */

static size_t bytes_of(const reel_tensor *t)
{
    size_t bytes = 0;

    reel__shape_bytes(t->shape, reel_dtype_size(t->dtype), &bytes);
    return bytes;
}

static void put_string(reel__text *t, const char *s)
{
    reel__text_print(t, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            reel__text_print(t, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            reel__text_print(t, "\\u%04x", (unsigned)*s);
        else
            reel__text_put(t, s, 1);
    }
    reel__text_print(t, "\"");
}

static void put_metadata(reel__text *t, const char *const *metadata)
{
    put_string(t, REEL__SAFETENSORS_METADATA);
    reel__text_print(t, ":{");
    for (size_t i = 0; metadata[i]; i += 2) {
        reel__text_print(t, i ? "," : "");
        put_string(t, metadata[i]);
        reel__text_print(t, ":");
        put_string(t, metadata[i + 1]);
    }
    reel__text_print(t, "}");
}

static void put_tensor(reel__text *t, const reel_tensor *tensor, uint64_t begin)
{
    put_string(t, tensor->name);
    reel__text_print(t, ":{\"dtype\":\"%s\",\"shape\":[",
          reel__safetensors_dtype[tensor->dtype]);
    for (int d = 0; d < tensor->shape.ndim; d++)
        reel__text_print(t, "%s%" PRId64, d ? "," : "", tensor->shape.dim[d]);
    reel__text_print(t, "],\"data_offsets\":[%" PRIu64 ",", begin);
    reel__text_print(t, "%" PRIu64 "]}", begin + bytes_of(tensor));
}

/* Larger elements first: each tensor then starts at a multiple of its element
 * size, although the format allows no gaps. */
static void place_tensors(writer *w)
{
    uint64_t at = 0;

    for (size_t size = 8; size > 0; size /= 2) {
        for (size_t i = 0; i < w->count; i++) {
            if (reel_dtype_size(w->tensor[i].dtype) == size) {
                w->begin[i] = at;
                at += bytes_of(&w->tensor[i]);
            }
        }
    }
}

static reel_status make_header(writer *w)
{
    reel__text *t = &w->header;
    bool metadata = w->metadata && w->metadata[0];

    reel__text_print(t, "{");
    if (metadata)
        put_metadata(t, w->metadata);
    for (size_t i = 0; i < w->count; i++) {
        reel__text_print(t, i || metadata ? "," : "");
        put_tensor(t, &w->tensor[i], w->begin[i]);
    }
    reel__text_print(t, "}");
    while (!t->failed && t->size % 8) /* the data start aligned, too */
        reel__text_print(t, " ");
    if (t->failed)
        return reel__report_memory(w->error, w->path, 2 * t->capacity);
    if (t->size > REEL__SAFETENSORS_HEADER)
        return reel__report(w->error, REEL_EVALUE, w->path,
                            "names and metadata make a header of %zu bytes, "
                            "more than the %d allowed", t->size,
                            REEL__SAFETENSORS_HEADER);
    return REEL_OK;
}

/* -------------------------------------------------------------------- data */

/* bytes of elements, each `size` long, in the file's order. */
static void encode(unsigned char *to, const unsigned char *from, size_t bytes,
                   reel_dtype dtype)
{
    size_t size = reel_dtype_size(dtype);

    for (size_t i = 0; i < bytes; i += size) {
        if (size == 8) {
            uint64_t bits;

            memcpy(&bits, from + i, 8);
            reel__store_little64(to + i, bits);
        } else if (size == 4) {
            uint32_t bits;

            memcpy(&bits, from + i, 4);
            reel__store_little32(to + i, bits);
        } else {
            to[i] = dtype == REEL_BOOL ? from[i] != 0 : from[i];
        }
    }
}

static reel_status write_tensor(reel__sink *sink, const reel_tensor *t,
                                reel_error *error)
{
    unsigned char piece[PIECE];
    size_t bytes = bytes_of(t);

    for (size_t at = 0; at < bytes; at += PIECE) {
        size_t size = bytes - at < PIECE ? bytes - at : PIECE;

        encode(piece, (const unsigned char *)t->data + at, size, t->dtype);

        reel_status status = reel__sink_write(sink, piece, size, error);

        if (status != REEL_OK)
            return status;
    }
    return REEL_OK;
}

static reel_status write_all(writer *w, reel__sink *sink)
{
    unsigned char length[8];

    reel__store_little64(length, w->header.size);

    reel_status status = reel__sink_write(sink, length, 8, w->error);

    if (status == REEL_OK)
        status = reel__sink_write(sink, w->header.byte, w->header.size,
                                  w->error);
    for (size_t size = 8; size > 0; size /= 2)
        for (size_t i = 0; i < w->count && status == REEL_OK; i++)
            if (reel_dtype_size(w->tensor[i].dtype) == size)
                status = write_tensor(sink, &w->tensor[i], w->error);
    return status;
}

/* ------------------------------------------------------------------ public */

static reel_status write_file(writer *w)
{
    reel__sink sink;

    place_tensors(w);

    reel_status status = make_header(w);

    if (status == REEL_OK)
        status = reel__sink_open(&sink, w->path, w->error);
    if (status == REEL_OK)
        status = reel__sink_close(&sink, write_all(w, &sink), w->error);
    return status;
}

reel_status reel_safetensors_write(const char *path,
                                   const reel_tensor *tensors, size_t count,
                                   const char *const *metadata,
                                   reel_error *error)
{
    writer w = {.path = path, .tensor = tensors, .count = count,
                .metadata = metadata, .error = error};
    reel_status status = check_tensors(&w);

    if (status == REEL_OK)
        status = check_metadata(&w);
    if (status != REEL_OK)
        return status;
    w.begin = calloc(count + 1, sizeof *w.begin);
    status = w.begin ? write_file(&w)
                     : reel__report_memory(error, path,
                                           (count + 1) * sizeof *w.begin);
    free(w.begin);
    free(w.header.byte);
    return status;
}
