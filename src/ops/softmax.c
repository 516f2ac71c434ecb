/* ops/softmax.c: softmax and its logarithm along an axis.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/ops.h"
#include "ops/samples.h"

static bool infer(reel__call *call)
{
    const reel__axes *a = call->attr;
    const reel_node *x = call->in[0];
    if (a->mask >> x->ndim || !a->mask || a->mask & (a->mask - 1))
        return reel__fail(call->tape, REEL_EVALUE, call->op->name,
                          "needs one axis of %d", x->ndim);
    call->dtype = (reel_dtype)x->dtype;
    call->shape = reel__shape_of(x);
    return reel__takes(call, 0, REEL__TAKES_FLOATS);
}

static reel_node *rows(const reel__op *op, reel_node *x, int axis)
{
    uint32_t at;
    if (!reel__given(x) ||
        !reel__axis_index(x->tape, op->name, x->ndim, axis, &at))
        return NULL;
    reel__axes attr = {1u << at, 0};
    return reel__record(op, &x, 1, &attr, sizeof attr);
}

reel_node *reel_softmax(reel_node *x, int axis)
{
    return rows(&reel__op_softmax, x, axis);
}

reel_node *reel_log_softmax(reel_node *x, int axis)
{
    return rows(&reel__op_log_softmax, x, axis);
}

/* The sum of each row, of size 1 along the axis. */
static reel_node *row_sums(reel_node *y, reel_node *x)
{
    const reel__axes *a = y->attr;
    return reel_sum(x, reel__axes_of(a->mask), true);
}

/* The Jacobian is symmetric: this is J g and g^T J. */
static reel_node *softmax_product(reel_node *y, reel_node *g)
{
    return reel_mul(y, reel_sub(g, row_sums(y, reel_mul(g, y))));
}

static void softmax_vjp(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    (void)need;
    dx[0] = softmax_product(y, g);
}

static reel_node *softmax_jvp(reel_node *y, reel_node *const *dx)
{
    return softmax_product(y, dx[0]);
}

static void log_softmax_vjp(reel_node *y, reel_node *g, const bool *need,
                            reel_node **dx)
{
    (void)need;
    reel_node *sums = row_sums(y, g); /* first, whatever compiler it is */
    dx[0] = reel_sub(g, reel_mul(reel_exp(y), sums));
}

static reel_node *log_softmax_jvp(reel_node *y, reel_node *const *dx)
{
    return reel_sub(dx[0], row_sums(y, reel_mul(reel_exp(y), dx[0])));
}

/* --------------------------------------------------------------- reference */

static void reference(reel__eval *e, bool logarithm)
{
    const reel__axes *a = e->attr;
    reel_shape shape = e->out->shape;
    int64_t n = 1, inner = 1, total = reel_shape_count(shape);
    for (int i = 0; i < shape.ndim; i++) {
        if (a->mask >> i & 1)
            n = shape.dim[i];
        else if (a->mask < 1u << i)
            inner *= shape.dim[i];
    }
    for (int64_t row = 0; n > 0 && row < total / n; row++) {
        int64_t first = row / inner * inner * n + row % inner;
        const long double *x = e->in[0].data + first;
        long double *y = e->out->data + first;
        long double most = -INFINITY, sum = 0;
        for (int64_t i = 0; i < n; i++)
            if (x[i * inner] > most || isnan(x[i * inner]))
                most = x[i * inner];
        for (int64_t i = 0; i < n; i++)
            sum += expl(x[i * inner] - most);
        for (int64_t i = 0; i < n; i++) {
            long double shifted = x[i * inner] - most;
            y[i * inner] = logarithm ? shifted - logl(sum)
                                     : expl(shifted) / sum;
        }
    }
}

static void softmax_reference(reel__eval *e)
{
    reference(e, false);
}

static void log_softmax_reference(reel__eval *e)
{
    reference(e, true);
}

static const double huge[] = {1e4, 1e4, -1e4, -1e4, -1e4, -1e4, 0, -1e4, 1};
static const double zeros[9] = {0}; /* of softmax, each row sums to 1 */
#define E 2.71828182845904523536
static const double log_slopes[] = {
    1 - 3 * .5, 1 - 3 * .5, 1, 0, 0, 0, 1 - 3 / (1 + E), 1,
    1 - 3 * E / (1 + E)};
static const double masked[] = {0, -INFINITY, 1, -INFINITY, 3, -INFINITY};

#define ROWS(id, slopes)                                                     \
    REEL__BUILD(id##_last, reel_##id(in[0], -1))                             \
    REEL__BUILD(id##_first, reel_##id(in[0], 0))                             \
    REEL__BUILD(id##_middle, reel_##id(in[0], 1))                            \
    REEL__BUILD(id##_transposed, reel_##id(reel_transpose(in[0]), -1))       \
    static const reel__sample id##_samples[] = {                             \
        {.what = "last axis", .nin = 1, .in = {REEL__REALS(-3, 3, 7, 17)},   \
         .build = id##_last},                                                \
        {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-3, 3, 5, 7)},       \
         .build = id##_first},                                               \
        {.what = "middle", .nin = 1, .in = {REEL__REALS(-3, 3, 3, 5, 7)},    \
         .build = id##_middle},                                              \
        {.what = "of a transpose", .nin = 1,                                 \
         .in = {REEL__REALS(-3, 3, 9, 4)}, .build = id##_transposed},        \
        {.what = "long row", .nin = 1, .in = {REEL__REALS(-3, 3, 1, 133)},   \
         .build = id##_last},                                                \
        {.what = "rows of one", .nin = 1, .in = {REEL__REALS(-3, 3, 5, 1)},  \
         .build = id##_last},                                                \
        {.what = "+-1e4", .nin = 1, .in = {REEL__VALUES(huge, 3, 3)},        \
         .build = id##_last, .gradient = slopes},                            \
        {.what = "-inf", .nin = 1, .in = {REEL__VALUES(masked, 2, 3)},       \
         .build = id##_last, .value_only = true},                            \
        {.what = "no row", .nin = 1, .in = {REEL__REALS(-3, 3, 0, 3)},       \
         .build = id##_last, .value_only = true},                            \
        {.what = "empty rows", .nin = 1, .in = {REEL__REALS(-3, 3, 3, 0)},   \
         .build = id##_last, .value_only = true},                            \
    };                                                                       \
    const reel__op reel__op_##id = {                                         \
        .name = #id,                                                         \
        .arity = 1,                                                          \
        .lowering = REEL__LOWER_ROWS,                                        \
        .kernel = REEL__K_##id,                                              \
        .infer = infer,                                                      \
        .vjp = id##_vjp,                                                     \
        .jvp = id##_jvp,                                                     \
        .reference = id##_reference,                                         \
        REEL__SAMPLES(id##_samples),                                         \
    };

ROWS(softmax, zeros)
ROWS(log_softmax, log_slopes)
