/* reel/data.h: data sets in memory.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_DATA_H
#define REEL_DATA_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An array read from an IDX file (Y. LeCun, C. Cortes, C. Burges, "The MNIST
 * database": magic 0, 0, type, ndim; big-endian sizes; elements). */
typedef struct reel_array {
    reel_dtype dtype; /* REEL_U8, REEL_I32, REEL_F32 or REEL_F64 */
    reel_shape shape;
    void *data;       /* row-major, native byte order; see reel_array_free */
} reel_array;

/* Reads the IDX file at path into *array. A file that starts with gzip's magic
 * bytes is unpacked by a `gzip -dc` child (started without a shell; gzip must
 * be on PATH). Element types 0x08 (u8), 0x0C (i32), 0x0D (f32), 0x0E (f64);
 * 0x09 (i8) and 0x0B (i16) widen to i32. Every size is checked against the
 * bytes there are before it is used; trailing bytes are an error, and so is
 * an array without elements or of more than REEL_MAX_DIMS dimensions.
 * Time and memory are linear in the data: a file of known size is read right
 * into the array, a compressed one into a block that grows as it unpacks.
 * REEL_EIO (with errno's text), REEL_EFORMAT, REEL_ENOMEM; on failure *array
 * is empty (data NULL) and *error says path and reason in one line. */
REEL_API reel_status reel_idx_read(const char *path, reel_array *array,
                                   reel_error *error);

/* The same for an IDX file whose size bytes are in memory, not compressed; name
 * stands for the path in messages. The bytes are copied, not kept. */
REEL_API reel_status reel_idx_parse(const void *bytes, size_t size,
                                    const char *name, reel_array *array,
                                    reel_error *error);

/* Frees what reel_idx_read or reel_idx_parse allocated and empties *array.
 * NULL data is fine. */
REEL_API void reel_array_free(reel_array *array);

/* Images and labels that belong together. */
typedef struct reel_dataset {
    reel_array images; /* u8 [n, height, width] */
    reel_array labels; /* u8 [n] */
    int classes;       /* 1 + the largest label */
} reel_dataset;

/* Reads {part}-images-idx3-ubyte and {part}-labels-idx1-ubyte from the folder
 * dir, each plain or with ".gz" (plain is taken where both are there). part is
 * "train" or "t10k" by custom. Checks that both are u8, of 3 and 1 dimensions,
 * and of the same count. Errors as reel_idx_read, with *set left empty. */
REEL_API reel_status reel_dataset_read(const char *dir, const char *part,
                                       reel_dataset *set, reel_error *error);

/* The same for two IDX files in memory; messages call them "{name} images" and
 * "{name} labels". */
REEL_API reel_status reel_dataset_parse(const void *images, size_t images_size,
                                        const void *labels, size_t labels_size,
                                        const char *name, reel_dataset *set,
                                        reel_error *error);

/* Frees the arrays and empties *set. An empty set is fine. */
REEL_API void reel_dataset_free(reel_dataset *set);

/* Fills order[0..n-1] with a permutation of 0..n-1 drawn uniformly (R.
 * Durstenfeld, "Algorithm 235: Random permutation", CACM 7(7), 1964) from the
 * counter-based generator of reel/random.h: a function of (n, seed, epoch)
 * alone, the same on every machine. Another epoch gives another permutation.
 * O(n). Nothing happens for n <= 0. */
REEL_API void reel_shuffle(int64_t *order, int64_t n, uint64_t seed,
                           uint64_t epoch);

/* Copies rows order[0..count-1] of an array of u8 rows, each row_elements long,
 * to out as f32 or f64 (dtype; out is left alone for any other), each element
 * the product scale * pixel in double, rounded to dtype. The indices must be in
 * range. */
REEL_API void reel_gather_u8(const uint8_t *rows, int64_t row_elements,
                             const int64_t *order, int64_t count, double scale,
                             reel_dtype dtype, void *out);

#ifdef __cplusplus
}
#endif
#endif /* REEL_DATA_H */
