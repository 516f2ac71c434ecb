/* safetensors_format.h: what the reader's two halves and the writer share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_SAFETENSORS_FORMAT_H
#define REEL_IO_SAFETENSORS_FORMAT_H

#include <reel/safetensors.h>

#include "io/json.h"
#include "io/source.h"

/* The format's own limit on the header, in bytes. */
#define REEL__SAFETENSORS_HEADER 100000000

/* The name that no tensor may have. */
#define REEL__SAFETENSORS_METADATA "__metadata__"

/* "F32", ... by reel_dtype. */
extern const char *const reel__safetensors_dtype[REEL_DTYPES];

/* Sorts names; one that is there twice, or NULL. */
const char *reel__repeated_name(const char **names, size_t count);

/* A tensor of the header, and where its bytes lie in the file's data. */
typedef struct reel__entry {
    reel_tensor tensor;
    size_t index; /* in the header's order */
    uint64_t begin, end;
} reel__entry;

/* A file being read. */
typedef struct reel__reader {
    reel__source *source;
    reel_error *error;
    reel__json json;
    reel__entry *entry; /* out->count of them */
    size_t capacity;          /* of entry */
    size_t metadata_capacity; /* of out->metadata, in strings */
    bool has_metadata;
    reel_tensors *out; /* header, metadata and count come from the header */
} reel__reader;

/* From safetensors_header.c. Fills entry: sizes fit offsets, one by one. */
reel_status reel__read_header(reel__reader *r);

/* "path: tensor "name": why detail" */
reel_status reel__bad_tensor(reel__reader *r, const char *name,
                             const char *why, const char *detail);

#endif /* REEL_IO_SAFETENSORS_FORMAT_H */
