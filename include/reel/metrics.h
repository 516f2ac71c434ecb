/* reel/metrics.h: how good predictions are, computed on plain buffers.
 *
 * What cannot be told is NaN, never 0 or 1: each function says when.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_METRICS_H
#define REEL_METRICS_H

#include <stdio.h>

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers in the caller's memory. Scores are f32 or f64; labels and guesses are
 * class indices: u8, i32 or i64. */
typedef struct reel_values {
    const void *data;
    reel_dtype dtype;
} reel_values;

/* All functions below return REEL_EVALUE for counts < 0, a class index out of
 * range or a score that is NaN, and REEL_EDTYPE; the error says which element.
 * *value is left alone on failure, and is NaN for count 0. Sums are in
 * double. */

/* The part of guesses [count] that are the labels [count]; any class index. */
REEL_API reel_status reel_accuracy(reel_values guesses, reel_values labels,
                                   int64_t count, double *value,
                                   reel_error *error);

/* The part of scores' rows [count, classes] whose label is among the k highest
 * of its row. Of equal scores the lower index goes first, as in reel_argmax:
 * k = 1 is its accuracy. */
REEL_API reel_status reel_top_k(reel_values scores, reel_values labels,
                                int64_t count, int64_t classes, int64_t k,
                                double *value, reel_error *error);

/* The mean of -log p of each row's label, for probabilities [count, classes]:
 * each in [0, 1], and of sum 1 within 0.001. Infinite where a label's is 0. */
REEL_API reel_status reel_log_loss(reel_values probabilities,
                                   reel_values labels, int64_t count,
                                   int64_t classes, double *value,
                                   reel_error *error);

/* R^2, the coefficient of determination: 1 - sum (target - prediction)^2 /
 * sum (target - mean)^2. 1 is perfect, 0 as good as always saying the mean,
 * below 0 worse. NaN where all targets are the same. */
REEL_API reel_status reel_r_squared(reel_values predictions,
                                    reel_values targets, int64_t count,
                                    double *value, reel_error *error);

/* ---------------------------------------------------------------- confusion */

/* How often examples of a class (rows) were taken for another (columns). */
typedef struct reel_confusion {
    int64_t classes;
    int64_t *count; /* [classes, classes] */
} reel_confusion;

/* Begins with none. REEL_EVALUE (classes < 1), REEL_ENOMEM; on failure
 * *confusion is empty. */
REEL_API reel_status reel_confusion_new(reel_confusion *confusion,
                                        int64_t classes, reel_error *error);

/* Counts examples. On failure none of them is. */
REEL_API reel_status reel_confusion_add(reel_confusion *confusion,
                                        reel_values guesses, reel_values labels,
                                        int64_t count, reel_error *error);

/* One class against all others, or means over classes. */
typedef struct reel_class_score {
    double precision; /* right / guesses; NaN if it was never guessed */
    double recall;    /* right / examples; NaN if there are none */
    double f1;        /* 2 right / (examples + guesses), their harmonic mean;
                       * NaN if there are neither */
    int64_t examples, guesses, right;
} reel_class_score;

/* cls is in [0, classes). */
REEL_API reel_class_score reel_confusion_class(const reel_confusion *confusion,
                                               int64_t cls);

typedef struct reel_confusion_means {
    /* Over all examples: NaN if there are none. Each example has one label and
     * one guess, so that micro's precision, recall and F1 are all the
     * accuracy. */
    reel_class_score micro;
    /* The means of the classes' own, each of those classes where it is not NaN
     * (how many: below); NaN if there is none. Its counts are micro's. */
    reel_class_score macro;
    int64_t precisions, recalls, f1s;
} reel_confusion_means;

REEL_API reel_confusion_means
reel_confusion_mean(const reel_confusion *confusion);

/* Writes the matrix as a table, a row a class. names [classes]; NULL: their
 * indices. REEL_EIO if stream could not take it. */
REEL_API reel_status reel_confusion_print(const reel_confusion *confusion,
                                          const char *const *names,
                                          FILE *stream);

/* Writes the matrix as a heat map, as reel/plot.h says: to path, which ends in
 * .svg, .png or .csv. Its title tells the accuracy. Colours are of the
 * logarithm, so that a single mistake is seen beside a thousand that are
 * right. REEL_EVALUE: an empty one, or nothing was counted. */
REEL_API reel_status reel_confusion_write(const reel_confusion *confusion,
                                          const char *const *names,
                                          const char *path, bool *drawn,
                                          reel_error *error);

/* Frees the counts and empties *confusion. An empty one is fine. */
REEL_API void reel_confusion_free(reel_confusion *confusion);

#ifdef __cplusplus
}
#endif
#endif /* REEL_METRICS_H */
