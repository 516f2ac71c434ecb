/* safetensors_header.c: reads the JSON header of a safetensors file.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/bytes.h"
#include "io/report.h"
#include "io/safetensors_format.h"

static reel_status no_memory(reel__reader *r, uint64_t bytes)
{
    return reel__report_memory(r->error, r->source->name, bytes);
}

static reel_status bad_json(reel__reader *r)
{
    return reel__report(r->error, REEL_EFORMAT, r->source->name,
                        "header byte %zu: %s", r->json.at, r->json.why);
}

reel_status reel__bad_tensor(reel__reader *r, const char *name,
                             const char *why, const char *detail)
{
    return reel__report(r->error, REEL_EFORMAT, r->source->name,
                        "tensor \"%.80s\": %s%.80s", name, why, detail);
}

/* `items`, or a larger copy, with room for `need`; NULL: no memory. */
static void *grow(void *items, size_t *capacity, size_t need,
                  size_t item_bytes)
{
    if (need <= *capacity)
        return items;

    size_t more = need + *capacity; /* at least doubles */

    if (more > PTRDIFF_MAX / item_bytes)
        return NULL;
    items = realloc(items, more * item_bytes);
    if (items)
        *capacity = more;
    return items;
}

static reel_status read_metadata(reel__reader *r)
{
    bool first = true;

    if (r->has_metadata)
        return reel__report(r->error, REEL_EFORMAT, r->source->name,
                            "key \"%s\" is there twice",
                            REEL__SAFETENSORS_METADATA);
    r->has_metadata = true;
    if (!reel__json_take(&r->json, '{'))
        return bad_json(r);
    while (reel__json_more(&r->json, '}', &first)) {
        size_t have = 2 * r->out->metadata_count;
        char *key, *value;
        const char **grown = grow(r->out->metadata, &r->metadata_capacity,
                                  have + 3, sizeof *grown);

        if (!grown)
            return no_memory(r, (have + 3) * sizeof *grown);
        r->out->metadata = grown;
        if (!reel__json_string(&r->json, &key) ||
            !reel__json_take(&r->json, ':') ||
            !reel__json_string(&r->json, &value))
            break;
        grown[have] = key;
        grown[have + 1] = value;
        grown[have + 2] = NULL;
        r->out->metadata_count++;
    }
    return r->json.why ? bad_json(r) : REEL_OK;
}

static reel_status read_dtype(reel__reader *r, reel_tensor *t)
{
    char *name;

    if (!reel__json_string(&r->json, &name))
        return bad_json(r);
    for (int i = 0; i < REEL_DTYPES; i++) {
        if (strcmp(name, reel__safetensors_dtype[i]) == 0) {
            t->dtype = (reel_dtype)i;
            return REEL_OK;
        }
    }
    return reel__bad_tensor(r, t->name,
                            "dtype is none of BOOL, U8, I32, I64, F32, F64: ",
                            name);
}

static reel_status read_shape(reel__reader *r, reel_tensor *t)
{
    uint64_t size;
    bool first = true;

    if (!reel__json_take(&r->json, '['))
        return bad_json(r);
    while (reel__json_more(&r->json, ']', &first)) {
        if (!reel__json_number(&r->json, &size))
            break;
        if (t->shape.ndim == REEL_MAX_DIMS)
            return reel__bad_tensor(r, t->name, "more than 8 dimensions", "");
        if (size > INT64_MAX)
            return reel__bad_tensor(r, t->name, "more than memory can hold", "");
        t->shape.dim[t->shape.ndim++] = (int64_t)size;
    }
    return r->json.why ? bad_json(r) : REEL_OK;
}

static reel_status read_offsets(reel__reader *r, reel__entry *e)
{
    if (!reel__json_take(&r->json, '[') ||
        !reel__json_number(&r->json, &e->begin) ||
        !reel__json_take(&r->json, ',') ||
        !reel__json_number(&r->json, &e->end) ||
        !reel__json_take(&r->json, ']'))
        return bad_json(r);
    return REEL_OK;
}

static reel_status check_size(reel__reader *r, const reel__entry *e)
{
    const reel_tensor *t = &e->tensor;
    size_t bytes;

    if (!reel__shape_bytes(t->shape, reel_dtype_size(t->dtype), &bytes))
        return reel__bad_tensor(r, t->name, "more than memory can hold", "");
    if (e->end < e->begin || e->end - e->begin != bytes)
        return reel__report(r->error, REEL_EFORMAT, r->source->name,
                            "tensor \"%.80s\": dtype and shape take %zu bytes, "
                            "its offsets are %" PRIu64 " to %" PRIu64,
                            t->name, bytes, e->begin, e->end);
    return REEL_OK;
}

static reel_status read_entry(reel__reader *r, reel__entry *e)
{
    static const char *const key[] = {"dtype", "shape", "data_offsets"};
    bool seen[3] = {false}, first = true;
    reel_status status = REEL_OK;
    char *name;

    if (!reel__json_take(&r->json, '{'))
        return bad_json(r);
    while (reel__json_more(&r->json, '}', &first)) {
        int k = 0;

        if (!reel__json_string(&r->json, &name) ||
            !reel__json_take(&r->json, ':'))
            break;
        while (k < 3 && strcmp(name, key[k]) != 0)
            k++;
        if (k == 3)
            return reel__bad_tensor(r, e->tensor.name, "unknown key ", name);
        if (seen[k])
            return reel__bad_tensor(r, e->tensor.name, "repeated key ", name);
        seen[k] = true;
        status = k == 0   ? read_dtype(r, &e->tensor)
                 : k == 1 ? read_shape(r, &e->tensor)
                          : read_offsets(r, e);
        if (status != REEL_OK)
            return status;
    }
    if (r->json.why)
        return bad_json(r);
    for (int k = 0; k < 3; k++)
        if (!seen[k])
            return reel__bad_tensor(r, e->tensor.name, "no ", key[k]);
    return check_size(r, e);
}

static reel_status read_entries(reel__reader *r)
{
    bool first = true;
    char *name;

    /* No blanks may come before it. */
    if (r->json.text[0] != '{' || !reel__json_take(&r->json, '{')) {
        r->json.why = "expected '{'";
        return bad_json(r);
    }
    while (reel__json_more(&r->json, '}', &first)) {
        reel_status status;

        if (!reel__json_string(&r->json, &name) ||
            !reel__json_take(&r->json, ':'))
            break;
        if (strcmp(name, REEL__SAFETENSORS_METADATA) == 0) {
            status = read_metadata(r);
        } else {
            size_t at = r->out->count;
            reel__entry *grown = grow(r->entry, &r->capacity, at + 1, sizeof *grown);

            if (!grown)
                return no_memory(r, (at + 1) * sizeof *grown);
            r->entry = grown;
            grown[at] = (reel__entry){.tensor = {.name = name}, .index = at};
            r->out->count++;
            status = read_entry(r, &grown[at]);
        }
        if (status != REEL_OK)
            return status;
    }
    return reel__json_end(&r->json) ? REEL_OK : bad_json(r);
}

reel_status reel__read_header(reel__reader *r)
{
    reel__source *source = r->source;
    unsigned char bytes[8];
    size_t got;

    if (source->left < 8)
        return reel__report(r->error, REEL_EFORMAT, source->name,
                            "truncated: a safetensors file starts with 8 "
                            "bytes, file has %" PRIu64, source->left);

    reel_status status = reel__source_read(source, bytes, 8, &got, r->error);

    if (status != REEL_OK)
        return status;

    uint64_t length = reel__load_little64(bytes);

    if (length > REEL__SAFETENSORS_HEADER)
        return reel__report(r->error, REEL_EFORMAT, source->name,
                            "not a safetensors file? its header would take "
                            "%" PRIu64 " bytes, more than the %d allowed",
                            length, REEL__SAFETENSORS_HEADER);
    if (length > source->left)
        return reel__report(r->error, REEL_EFORMAT, source->name,
                            "truncated: the header takes %" PRIu64
                            " bytes, file has %" PRIu64, length, source->left);
    r->out->header = malloc((size_t)length + 1);
    if (!r->out->header)
        return no_memory(r, length + 1);
    status = reel__source_read(source, r->out->header, (size_t)length, &got,
                               r->error);
    r->out->header[got] = '\0';
    r->json = (reel__json){.text = r->out->header, .size = got};
    return status == REEL_OK ? read_entries(r) : status;
}
