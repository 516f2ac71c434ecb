/* metrics.c: how good predictions are, in one number.
 *
 * SPDX-License-Identifier: MIT */
#include "nn/metrics.h"

#include <inttypes.h>
#include <math.h>

#include "core/internal.h"
#include "io/report.h"

/* How far probabilities may be from a sum of 1. */
#define SUM_SLACK 0.001

int64_t reel__class_at(reel_values values, int64_t i)
{
    switch (values.dtype) {
    case REEL_U8: return ((const uint8_t *)values.data)[i];
    case REEL_I32: return ((const int32_t *)values.data)[i];
    default: return ((const int64_t *)values.data)[i];
    }
}

static double score_at(reel_values values, int64_t i)
{
    return values.dtype == REEL_F32 ? (double)((const float *)values.data)[i]
                                    : ((const double *)values.data)[i];
}

/* ------------------------------------------------------------------ checks */

reel_status reel__check_classes(const char *op, const char *what,
                                reel_values values, int64_t count,
                                int64_t classes, reel_error *error)
{
    if (count < 0)
        return reel__report(error, REEL_EVALUE, op, "%" PRId64 " examples",
                            count);
    if (!reel__is_integer(values.dtype))
        return reel__report(error, REEL_EDTYPE, op,
                            "%s are %s: needs u8, i32 or i64", what,
                            reel_dtype_name(values.dtype));
    for (int64_t i = 0; i < count; i++) {
        int64_t c = reel__class_at(values, i);

        if (c < 0 || c >= classes)
            return reel__report(error, REEL_EVALUE, op,
                                "%s: element %" PRId64 " is %" PRId64
                                ", there are %" PRId64 " classes",
                                what, i, c, classes);
    }
    return REEL_OK;
}

/* rows of so many columns. */
static reel_status check_scores(const char *op, const char *what,
                                reel_values values, int64_t rows,
                                int64_t columns, reel_error *error)
{
    if (rows < 0)
        return reel__report(error, REEL_EVALUE, op, "%" PRId64 " examples",
                            rows);
    if (!reel__is_float(values.dtype))
        return reel__report(error, REEL_EDTYPE, op,
                            "%s are %s: needs f32 or f64", what,
                            reel_dtype_name(values.dtype));
    for (int64_t i = 0; i < rows * columns; i++)
        if (isnan(score_at(values, i)))
            return reel__report(error, REEL_EVALUE, op,
                                "%s: element %" PRId64 " is NaN", what, i);
    return REEL_OK;
}

static reel_status check_rows(const char *op, const char *what,
                              reel_values scores, reel_values labels,
                              int64_t count, int64_t classes, reel_error *error)
{
    if (classes < 1)
        return reel__report(error, REEL_EVALUE, op,
                            "%" PRId64 " classes: needs 1 at least", classes);

    reel_status status = check_scores(op, what, scores, count, classes, error);

    return status == REEL_OK ? reel__check_classes(op, "labels", labels, count,
                                                   classes, error)
                             : status;
}

double reel__mean(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : (double)NAN;
}

/* ---------------------------------------------------------- classification */

reel_status reel_accuracy(reel_values guesses, reel_values labels,
                          int64_t count, double *value, reel_error *error)
{
    reel_status status = reel__check_classes("accuracy", "guesses", guesses,
                                             count, INT64_MAX, error);
    int64_t right = 0;

    if (status == REEL_OK)
        status = reel__check_classes("accuracy", "labels", labels, count,
                                     INT64_MAX, error);
    if (status != REEL_OK)
        return status;
    for (int64_t i = 0; i < count; i++)
        right += reel__class_at(guesses, i) == reel__class_at(labels, i);
    *value = reel__mean((double)right, count);
    return REEL_OK;
}

/* How many classes of the row that begins at `row` go before this one. */
static int64_t rank_of(reel_values scores, int64_t row, int64_t classes,
                       int64_t c)
{
    double own = score_at(scores, row + c);
    int64_t rank = 0;

    for (int64_t j = 0; j < classes; j++) {
        double other = score_at(scores, row + j);

        rank += other > own || (other == own && j < c);
    }
    return rank;
}

reel_status reel_top_k(reel_values scores, reel_values labels, int64_t count,
                       int64_t classes, int64_t k, double *value,
                       reel_error *error)
{
    reel_status status = check_rows("top_k", "scores", scores, labels, count,
                                    classes, error);
    int64_t right = 0;

    if (status != REEL_OK)
        return status;
    if (k < 1 || k > classes)
        return reel__report(error, REEL_EVALUE, "top_k",
                            "k is %" PRId64 ": needs 1 to %" PRId64, k,
                            classes);
    for (int64_t i = 0; i < count; i++)
        right += rank_of(scores, i * classes, classes,
                         reel__class_at(labels, i)) < k;
    *value = reel__mean((double)right, count);
    return REEL_OK;
}

static reel_status check_probabilities(reel_values p, int64_t count,
                                       int64_t classes, reel_error *error)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;

        for (int64_t j = 0; j < classes; j++) {
            double x = score_at(p, i * classes + j);

            if (x < 0 || x > 1)
                return reel__report(error, REEL_EVALUE, "log_loss",
                                    "row %" PRId64 " holds %g: no probability",
                                    i, x);
            sum += x;
        }
        if (fabs(sum - 1) > SUM_SLACK)
            return reel__report(error, REEL_EVALUE, "log_loss",
                                "the probabilities of row %" PRId64
                                " sum to %g", i, sum);
    }
    return REEL_OK;
}

reel_status reel_log_loss(reel_values probabilities, reel_values labels,
                          int64_t count, int64_t classes, double *value,
                          reel_error *error)
{
    reel_status status = check_rows("log_loss", "probabilities", probabilities,
                                    labels, count, classes, error);
    double sum = 0;

    if (status == REEL_OK)
        status = check_probabilities(probabilities, count, classes, error);
    if (status != REEL_OK)
        return status;
    for (int64_t i = 0; i < count; i++) {
        int64_t c = reel__class_at(labels, i);

        sum -= log(score_at(probabilities, i * classes + c));
    }
    *value = reel__mean(sum, count);
    return REEL_OK;
}

/* -------------------------------------------------------------- regression */

reel_status reel_r_squared(reel_values predictions, reel_values targets,
                           int64_t count, double *value, reel_error *error)
{
    reel_status status = check_scores("r_squared", "predictions", predictions,
                                      count, 1, error);
    double sum = 0, residual = 0, total = 0;
    bool vary = false;

    if (status == REEL_OK)
        status = check_scores("r_squared", "targets", targets, count, 1, error);
    if (status != REEL_OK)
        return status;
    for (int64_t i = 0; i < count; i++) {
        sum += score_at(targets, i);
        /* Rounding may put the mean of equal targets beside them. */
        vary |= score_at(targets, i) != score_at(targets, 0);
    }
    for (int64_t i = 0; i < count; i++) {
        double y = score_at(targets, i);
        double error_of_y = y - score_at(predictions, i);
        double from_mean = y - sum / (double)count;

        residual += error_of_y * error_of_y;
        total += from_mean * from_mean;
    }
    *value = vary ? 1 - residual / total : (double)NAN;
    return REEL_OK;
}
