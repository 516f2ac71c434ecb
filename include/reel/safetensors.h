/* reel/safetensors.h: named tensors in a file, in the safetensors format
 * (https://github.com/huggingface/safetensors, "Format"): the length of a JSON
 * header, the header, the tensors' bytes, little-endian.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_SAFETENSORS_H
#define REEL_SAFETENSORS_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reel_tensor {
    const char *name; /* UTF-8, not "__metadata__" */
    reel_dtype dtype;
    reel_shape shape;
    void *data; /* row-major, native byte order; NULL will do for no elements */
} reel_tensor;

/* Writes count tensors, with distinct names, to the file at path. metadata is
 * key, value, key, value, ..., NULL (distinct keys), or NULL for none. All is
 * borrowed for the call; tensors are not changed.
 *
 * The file appears whole or not at all: it is written beside path under
 * another name (path and ".tmp" at the end), synced, and renamed over what was
 * at path (a symbolic link there is replaced, not followed). Inside, the larger
 * element types come first, which aligns every tensor without gaps; the header
 * keeps the order given.
 *
 * REEL_EVALUE for names, metadata, shapes or dtypes that cannot be stored,
 * before anything is written. REEL_EIO, with errno's text, leaves the old file
 * alone, unless it is the folder's sync that failed, after the rename.
 * REEL_ENOMEM. O(bytes + count log count). */
REEL_API reel_status reel_safetensors_write(const char *path,
                                            const reel_tensor *tensors,
                                            size_t count,
                                            const char *const *metadata,
                                            reel_error *error);

/* What a file held. Owns everything it points to: reel_tensors_free. */
typedef struct reel_tensors {
    size_t count;
    reel_tensor *tensor;        /* in the header's order; data aligned to 8 */
    size_t metadata_count;      /* pairs */
    const char **metadata;      /* key, value, ..., NULL; NULL: none */
    const reel_tensor **sorted; /* by name, for reel_tensors_find */
    void *block;                /* all data */
    char *header;               /* all strings */
} reel_tensors;

/* Reads the file at path into *out. Element types BOOL, U8, I32, I64, F32, F64;
 * another is an error, as is anything the format does not allow: every length
 * and offset is checked against the file's size before it is used, the header
 * is at most 100 MB, tensors fill the data without overlap or gap, names and
 * keys are distinct and hold no NUL, bools are 0 or 1. Shapes have at most
 * REEL_MAX_DIMS dimensions.
 * REEL_EIO (with errno's text), REEL_EFORMAT, REEL_ENOMEM; on failure *out is
 * empty and *error says path and reason in one line. Memory: the data, once,
 * and a small multiple of the header. O(bytes + count log count). */
REEL_API reel_status reel_safetensors_read(const char *path, reel_tensors *out,
                                           reel_error *error);

/* The same for the size bytes of such a file in memory; name stands for the
 * path in messages. The bytes are copied, not kept. */
REEL_API reel_status reel_safetensors_parse(const void *bytes, size_t size,
                                            const char *name, reel_tensors *out,
                                            reel_error *error);

/* The tensor of that name, NULL if there is none. O(log count). */
REEL_API const reel_tensor *reel_tensors_find(const reel_tensors *tensors,
                                              const char *name);

/* The metadata's value for key, NULL if there is none. */
REEL_API const char *reel_tensors_metadata(const reel_tensors *tensors,
                                           const char *key);

/* Frees and empties *tensors. Empty ones are fine. */
REEL_API void reel_tensors_free(reel_tensors *tensors);

#ifdef __cplusplus
}
#endif
#endif /* REEL_SAFETENSORS_H */
