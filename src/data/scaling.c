/* scaling.c: features brought to one range or to mean 0 and variance 1.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "io/report.h"

static int64_t columns_of(const reel_array *a)
{
    reel_shape row = reel_array_rows(a).shape;

    return row.ndim < 0 ? 0 : reel_shape_count(row);
}

static double element(const reel_array *a, int64_t i)
{
    return a->dtype == REEL_F32 ? (double)((const float *)a->data)[i]
                                : ((const double *)a->data)[i];
}

static reel_status check(const reel_array *a, reel_error *error)
{
    return reel__is_float(a->dtype)
               ? REEL_OK
               : reel__report(error, REEL_EDTYPE, "scaling",
                              "the array is %s: needs f32 or f64",
                              reel_dtype_name(a->dtype));
}

static reel_status check_fit(const char *rule, const reel_array *a,
                             reel_error *error)
{
    reel_status status = check(a, error);

    if (status != REEL_OK)
        return status;
    if (!rule || (strcmp(rule, "min_max") && strcmp(rule, "z_score")))
        return reel__report(error, REEL_EVALUE, "scaling",
                            "no rule '%s': there are min_max and z_score",
                            rule ? rule : "");

    int64_t columns = columns_of(a);

    if (columns < 1 || a->shape.dim[0] < 1)
        return reel__report(error, REEL_EVALUE, "scaling",
                            "the array has no elements");
    for (int64_t i = 0; i < columns * a->shape.dim[0]; i++)
        if (!isfinite(element(a, i)))
            return reel__report(error, REEL_EVALUE, "scaling",
                                "row %" PRId64 ", column %" PRId64
                                " is %g: only finite values have a range",
                                i / columns, i % columns, element(a, i));
    return REEL_OK;
}

/* shift: the least; divisor: the largest less the least. */
static void find_range(const reel_array *a, reel_scaling *s)
{
    for (int64_t j = 0; j < s->columns; j++)
        s->shift[j] = s->divisor[j] = element(a, j);
    for (int64_t i = 0; i < s->columns * a->shape.dim[0]; i++) {
        int64_t j = i % s->columns;

        s->shift[j] = fmin(s->shift[j], element(a, i));
        s->divisor[j] = fmax(s->divisor[j], element(a, i));
    }
    for (int64_t j = 0; j < s->columns; j++)
        s->divisor[j] -= s->shift[j];
}

/* From a range to a mean and a standard deviation. Both are found of
 * (x - least) / range, in [0, 1], so that nothing overflows and little is
 * cancelled; constant columns are known by their range, not by rounding. */
static void find_deviation(const reel_array *a, double *mean, double *square,
                           reel_scaling *s)
{
    int64_t rows = a->shape.dim[0], n = s->columns * rows;

    for (int64_t i = 0; i < n; i++) {
        int64_t j = i % s->columns;

        if (s->divisor[j] > 0)
            mean[j] += (element(a, i) - s->shift[j]) / s->divisor[j] /
                       (double)rows;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t j = i % s->columns;

        if (s->divisor[j] > 0) {
            double x = (element(a, i) - s->shift[j]) / s->divisor[j] - mean[j];

            square[j] += x * x / (double)rows;
        }
    }
    for (int64_t j = 0; j < s->columns; j++) {
        s->shift[j] += mean[j] * s->divisor[j];
        s->divisor[j] *= sqrt(square[j]);
    }
}

static reel_status fit(const char *rule, const reel_array *a, double *room,
                       reel_scaling *s, reel_error *error)
{
    find_range(a, s);
    for (int64_t j = 0; j < s->columns; j++)
        if (!isfinite(s->divisor[j]))
            return reel__report(error, REEL_EVALUE, "scaling",
                                "the range of column %" PRId64
                                " is more than a double can hold", j);
    if (!strcmp(rule, "z_score"))
        find_deviation(a, room, room + s->columns, s);
    for (int64_t j = 0; j < s->columns; j++)
        s->constant += s->divisor[j] == 0;
    return REEL_OK;
}

reel_status reel_scaling_fit(const char *rule, const reel_array *array,
                             reel_scaling *scaling, reel_error *error)
{
    reel_status status = check_fit(rule, array, error);

    *scaling = (reel_scaling){0};
    if (status != REEL_OK)
        return status;

    size_t columns = (size_t)columns_of(array);
    double *room = calloc(columns, 2 * sizeof *room);

    *scaling = (reel_scaling){
        .columns = (int64_t)columns,
        .shift = calloc(columns, sizeof *scaling->shift),
        .divisor = calloc(columns, sizeof *scaling->divisor),
    };
    status = room && scaling->shift && scaling->divisor
                 ? fit(rule, array, room, scaling, error)
                 : reel__report_memory(error, "scaling",
                                       columns * 4 * sizeof *room);
    free(room);
    if (status != REEL_OK)
        reel_scaling_free(scaling);
    return status;
}

reel_status reel_scaling_apply(const reel_scaling *scaling,
                               const reel_array *array, reel_error *error)
{
    reel_status status = check(array, error);
    int64_t columns = columns_of(array);

    if (status != REEL_OK)
        return status;
    if (columns != scaling->columns)
        return reel__report(error, REEL_ESHAPE, "scaling",
                            "the array has %" PRId64
                            " columns, the fitted one had %" PRId64,
                            columns, scaling->columns);
    for (int64_t i = 0; i < columns * array->shape.dim[0]; i++) {
        int64_t j = i % columns;
        double divisor = scaling->divisor[j];
        double y = divisor > 0
                       ? (element(array, i) - scaling->shift[j]) / divisor
                       : 0;

        if (array->dtype == REEL_F32)
            ((float *)array->data)[i] = (float)y;
        else
            ((double *)array->data)[i] = y;
    }
    return REEL_OK;
}

void reel_scaling_free(reel_scaling *scaling)
{
    free(scaling->shift);
    free(scaling->divisor);
    *scaling = (reel_scaling){0};
}
