/* reel/data.h: data sets in memory: read from IDX and CSV files or made of
 * arrays, split, scaled, shuffled, cut into batches.
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

/* Frees what the functions of this header allocated and empties *array. NULL
 * data is fine. */
REEL_API void reel_array_free(reel_array *array);

/* ---------------------------------------------------------- arrays and rows */

/* One array of count rows, one after the other, row-major; borrowed. */
typedef struct reel_rows {
    const void *data;
    reel_dtype dtype;
    reel_shape shape; /* of one row */
} reel_rows;

/* Examples: what is known of each, and what the model is to say of it. A part
 * of an array begins at a later row. */
typedef struct reel_examples {
    int64_t count;
    reel_rows features; /* of any dtype */
    double scale;       /* of features: 1 / 255.0 for pixels; 0 is 1 */
    reel_rows targets;  /* class indices (u8, i32, i64; shape REEL_SCALAR) for
                         * cross_entropy and nll, numbers for other losses */
} reel_examples;

/* An array's rows, along its first dimension, where they are. */
REEL_API reel_rows reel_array_rows(const reel_array *array);

/* Copies rows index[0..count-1] to an array of their own [count, shape of a
 * row]; index NULL: the first count, as they stand. total is how many rows
 * there are. REEL_EVALUE (no dtype or shape there is, count < 1, an index out
 * of range), REEL_ENOMEM; on failure *array is empty. */
REEL_API reel_status reel_array_copy(const reel_rows *rows, int64_t total,
                                     const int64_t *index, int64_t count,
                                     reel_array *array, reel_error *error);

/* ------------------------------------------------------------------- images */

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

/* ---------------------------------------------------------------------- CSV */

/* Everything zero is the default. The strings are borrowed for the call. */
typedef struct reel_csv_options {
    reel_dtype dtype;   /* of features: REEL_F32 or REEL_F64; 0 is REEL_F32 */
    const char *target; /* name of the column to be told; NULL: there is none */
    bool numbers;       /* it holds numbers (regression), not classes */
    const char *const *classes; /* those there are, with NULL at the end, in the
                                 * order of their indices: a training part's,
                                 * for its test part. NULL: those in the file */
    const char *const *skip; /* columns to leave out, with NULL at the end */
    char separator;          /* 0: a comma */
} reel_csv_options;

/* A file's columns. */
typedef struct reel_table {
    reel_array features; /* f32 or f64 [rows, columns], in the file's order */
    reel_array targets;  /* i64 [rows], class indices; features' dtype [rows]
                          * for numbers; empty without a target */
    const char *const *columns; /* names of features' columns, and NULL */
    const char *const *classes; /* names of the classes, and NULL; NULL where
                                 * there are none */
    int64_t class_count;
} reel_table;

/* The longest field that is read, in bytes. */
#define REEL_CSV_LONGEST 4096

/* Reads a CSV file (RFC 4180), plain or gzip, into *table. Its first record
 * names the columns, each by another name; all others have as many fields.
 * Fields may be quoted, and then hold separators, line ends, and doubled
 * quotes; lines end with LF or CR LF, the last one need not; a byte order mark
 * of UTF-8 and empty lines at the end are passed over.
 *
 * Features are decimal numbers, with a point in every locale, blanks around
 * them allowed. A value that is missing, "nan", infinite, or too large for
 * dtype is an error, never a number. Classes are whatever the target column
 * holds, in ascending order of value where all are numbers (1 and 1.0 are the
 * same then), else of their bytes; a name that options.classes does not have is
 * an error.
 *
 * REEL_EVALUE (options, columns that are not there), REEL_EFORMAT ("FILE:LINE:
 * COLUMN: reason", where COLUMN counts bytes from 1), REEL_EIO, REEL_ENOMEM; on
 * failure *table is empty. Memory is linear in the file's size; time too, but
 * for sorting the classes. */
REEL_API reel_status reel_csv_read(const char *path,
                                   const reel_csv_options *options,
                                   reel_table *table, reel_error *error);

/* The same for a file whose size bytes are in memory; name stands for the path
 * in messages. */
REEL_API reel_status reel_csv_parse(const void *bytes, size_t size,
                                    const char *name,
                                    const reel_csv_options *options,
                                    reel_table *table, reel_error *error);

/* Frees what a table holds and empties it. An empty one is fine. */
REEL_API void reel_table_free(reel_table *table);

/* ------------------------------------------------------------------ scaling */

/* What each column of features is shifted and divided by:
 * (x - shift) / divisor. A column that is constant in the part that was fitted
 * tells nothing: its divisor is 0, and all its values become 0. */
typedef struct reel_scaling {
    int64_t columns;
    int64_t constant; /* so many of them are */
    double *shift, *divisor;
} reel_scaling;

/* Fits a scaling to the rows of an array, f32 or f64 [rows, ...]. Give it the
 * training part alone: what is known of the others must not leak into it.
 *
 * "min_max"  shift the least value, divisor the largest less the least: [0, 1]
 * "z_score"  shift the mean, divisor the standard deviation over rows (not
 *            rows - 1): mean 0, variance 1; computed in double in two passes
 *
 * REEL_EVALUE (another name, an empty array, a value that is not finite, a
 * range beyond double's), REEL_EDTYPE, REEL_ENOMEM; on failure *scaling is
 * empty. */
REEL_API reel_status reel_scaling_fit(const char *rule, const reel_array *array,
                                      reel_scaling *scaling, reel_error *error);

/* Scales an array in place, with the same columns. Other parts than the fitted
 * one may go beyond [0, 1]. REEL_EDTYPE, REEL_ESHAPE. */
REEL_API reel_status reel_scaling_apply(const reel_scaling *scaling,
                                        const reel_array *array,
                                        reel_error *error);

/* Frees what a scaling holds and empties it. An empty one is fine. */
REEL_API void reel_scaling_free(reel_scaling *scaling);

/* ---------------------------------------------------- order, parts, batches */

/* Fills order[0..n-1] with a permutation of 0..n-1 drawn uniformly (R.
 * Durstenfeld, "Algorithm 235: Random permutation", CACM 7(7), 1964) from the
 * counter-based generator of reel/random.h: a function of (n, seed, epoch)
 * alone, the same on every machine. Another epoch gives another permutation, as
 * chance has it. O(n). Nothing happens for n <= 0.
 *
 * For n > 1 the order is never 0, 1, ..., n - 1: a draw that left all in place
 * is drawn again, so that the n! - 1 others are equally likely and a shuffle
 * that does nothing cannot go unnoticed. Two examples are always swapped. */
REEL_API void reel_shuffle(int64_t *order, int64_t n, uint64_t seed,
                           uint64_t epoch);

/* Divides examples 0..count-1 in two parts: order[0..count-held-1] and, held
 * out, order[count-held..count-1], each ascending. Exactly held examples are
 * drawn, a function of the arguments alone.
 *
 * labels [count] (u8, i32 or i64, in [0, classes)) makes the split stratified:
 * of n examples of a class, held * n / count are held out, rounded down or up.
 * NULL: any are. REEL_EVALUE, REEL_EDTYPE, REEL_ESHAPE, REEL_ENOMEM. */
REEL_API reel_status reel_split_examples(const reel_array *labels,
                                         int64_t classes, int64_t count,
                                         int64_t held, uint64_t seed,
                                         int64_t *order, reel_error *error);

/* Goes over examples in batches, in another order each epoch. (epoch, position)
 * is all its state: see reel_batches_seek. */
typedef struct reel_batches {
    int64_t count, size; /* examples, and in a batch */
    uint64_t seed;
    int64_t epoch;    /* from 1 */
    int64_t position; /* examples of this epoch that batches have had */
    int64_t *order;   /* of this epoch: reel_shuffle(seed, epoch) */
} reel_batches;

/* One batch: the examples that index lists. */
typedef struct reel_batch {
    const int64_t *index; /* until the next call */
    int64_t size;         /* smaller in an epoch's last one, if so many are left
                           * over: every example has its turn */
    int64_t start;        /* position of its first */
    int64_t epoch;
} reel_batch;

/* Begins with epoch 1. REEL_EVALUE (count or size < 1), REEL_ENOMEM; on failure
 * *batches is empty. */
REEL_API reel_status reel_batches_new(reel_batches *batches, int64_t count,
                                      int64_t size, uint64_t seed,
                                      reel_error *error);

/* The next batch; false, once, at the end of each epoch. The epoch after it
 * has then begun:
 *
 *     while (batches.epoch <= epochs)
 *         if (reel_batches_next(&batches, &batch))
 *             step(&batch);
 *         else
 *             validate();
 */
REEL_API bool reel_batches_next(reel_batches *batches, reel_batch *batch);

/* Goes on as if epoch and position (0 to count) had been reached by
 * reel_batches_next; a batch begins at position whatever size was. REEL_EVALUE,
 * and then nothing changes. */
REEL_API reel_status reel_batches_seek(reel_batches *batches, int64_t epoch,
                                       int64_t position, reel_error *error);

/* Frees the order and empties *batches. An empty one is fine. */
REEL_API void reel_batches_free(reel_batches *batches);

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
