/* ops/reduce.c: sum, max, min and logsumexp over axes.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/reduce.h"
#include "ops/samples.h"

int64_t reel__reduced_count(const reel_node *x, uint32_t mask)
{
    int64_t n = 1;
    for (int i = 0; i < x->ndim; i++)
        if (mask >> i & 1)
            n *= x->dim[i];
    return n;
}

static bool infer(reel__call *call, unsigned which)
{
    const reel__axes *a = call->attr;
    const reel_node *x = call->in[0];
    if (a->mask >> x->ndim || a->keepdims > 1)
        return reel__fail(call->tape, REEL_EVALUE, call->op->name,
                          "axes beyond the last of %d", x->ndim);
    call->dtype = (reel_dtype)x->dtype;
    call->shape =
        reel__reduced_shape(reel__shape_of(x), a->mask, a->keepdims != 0);
    return reel__takes(call, 0, which);
}

static reel_node *reduce(const reel__op *op, reel_node *x, reel_axes axes,
                         bool keepdims)
{
    reel__axes attr = {0, keepdims};
    if (!reel__given(x) ||
        !reel__axes_mask(x->tape, op->name, x->ndim, axes, &attr.mask))
        return NULL;
    return reel__record(op, &x, 1, &attr, sizeof attr);
}

/* The same reduction as y's, of another node of its operand's shape. */
static reel_node *sum_like(reel_node *y, reel_node *x)
{
    const reel__axes *a = y->attr;
    return reel_sum(x, reel__axes_of(a->mask), a->keepdims != 0);
}

static reel_node *spread_like(reel_node *y, reel_node *g)
{
    const reel__axes *a = y->attr;
    return reel__spread(g, y->in[0], a->mask);
}

/* --------------------------------------------------------------- reference */

void reel__fold_axes(reel__eval *e, uint32_t mask, const reel__fold *fold)
{
    reel_shape x = e->in[0].shape, kept = x, gone = x;
    int64_t outer[REEL_MAX_DIMS] = {0}, inner[REEL_MAX_DIMS] = {0};
    int64_t stride[REEL_MAX_DIMS] = {0};
    for (int i = 0; i < x.ndim; i++)
        *(mask >> i & 1 ? &kept.dim[i] : &gone.dim[i]) = 1;
    reel__dense_strides(x, stride);
    int64_t results = reel_shape_count(kept), length = reel_shape_count(gone);
    for (int64_t r = 0; r < results; r++) {
        const long double *from =
            e->in[0].data + reel__flat(x.ndim, outer, stride);
        long double acc[3];
        memcpy(acc, fold->start, sizeof acc);
        for (int64_t i = 0; i < length; i++) {
            fold->step(acc, from[reel__flat(x.ndim, inner, stride)]);
            reel__next_index(gone, inner); /* ends where it began */
        }
        e->out->data[r] =
            fold->finish ? fold->finish(acc, e->attr) : acc[0];
        reel__next_index(kept, outer);
    }
}

static void fold(reel__eval *e, const reel__fold *f)
{
    const reel__axes *a = e->attr;
    reel__fold_axes(e, a->mask, f);
}

/* --------------------------------------------------------------------- sum */

/* What adds up many small whole numbers is wide. */
static bool sum_infer(reel__call *call)
{
    if (!reel__is_float((reel_dtype)call->in[0]->dtype) &&
        !(call->in[0] = reel_cast(call->in[0], REEL_I64)))
        return false;
    return infer(call, REEL__TAKES_NUMBERS);
}

reel_node *reel_sum(reel_node *x, reel_axes axes, bool keepdims)
{
    return reduce(&reel__op_sum, x, axes, keepdims);
}

static void sum_vjp(reel_node *y, reel_node *g, const bool *need,
                    reel_node **dx)
{
    (void)need;
    dx[0] = spread_like(y, g);
}

static void sum_step(long double *acc, long double x)
{
    acc[0] += x;
}

static void sum_reference(reel__eval *e)
{
    static const reel__fold f = {.step = sum_step};
    int64_t n = reel_shape_count(e->out->shape);
    fold(e, &f);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = reel__wrap(e->out->dtype, e->out->data[i]);
}

REEL__BUILD(sum_first, reel_sum(in[0], REEL_AXES(0), false))
REEL__BUILD(sum_outer, reel_sum(in[0], REEL_AXES(0, -1), false))
REEL__BUILD(sum_middle, reel_sum(in[0], REEL_AXES(1), true))
REEL__BUILD(sum_all, reel_sum(in[0], REEL_ALL, false))
REEL__BUILD(sum_all_kept, reel_sum(in[0], REEL_ALL, true))
REEL__BUILD(sum_no_axis, reel_sum(in[0], (reel_axes){0, {0}}, false))
REEL__BUILD(sum_repeated,
            reel_sum(reel_expand(in[0], REEL_SHAPE(3, 4, 5)), REEL_AXES(0, 2),
                     false))
REEL__BUILD(sum_turned, reel_sum(reel_transpose(in[0]), REEL_AXES(1), false))

static const reel__sample sum_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 17)},
     .build = sum_first},
    {.what = "first and last", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = sum_outer},
    {.what = "middle, keepdims", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = sum_middle},
    {.what = "all", .nin = 1, .in = {REEL__REALS(-2, 2, 17, 33)},
     .build = sum_all},
    {.what = "all, keepdims", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 1, 7)},
     .build = sum_all_kept},
    {.what = "no axis", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5)},
     .build = sum_no_axis},
    {.what = "scalar", .nin = 1, .in = {REEL__REAL_SCALAR(-2, 2)},
     .build = sum_all},
    {.what = "of an expand", .nin = 1, .in = {REEL__REALS(-2, 2, 4, 1)},
     .build = sum_repeated},
    {.what = "of a transpose", .nin = 1, .in = {REEL__REALS(-2, 2, 17, 5)},
     .build = sum_turned},
    {.what = "nothing", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = sum_first, .value_only = true},
    {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 0, 256, 17, 7)},
     .build = sum_first, .value_only = true},
    {.what = "bool", .nin = 1, .in = {REEL__WHOLE(REEL_BOOL, 0, 2, 5, 7)},
     .build = sum_all, .value_only = true},
};

const reel__op reel__op_sum = {
    .name = "sum",
    .arity = 1,
    .lowering = REEL__LOWER_REDUCE,
    .kernel = REEL__K_sum,
    .infer = sum_infer,
    .vjp = sum_vjp,
    .jvp = reel__jvp_linear,
    .reference = sum_reference,
    REEL__SAMPLES(sum_samples),
};

/* ---------------------------------------------------------------- max, min */

static bool extreme_infer(reel__call *call)
{
    const reel__axes *a = call->attr;
    char text[REEL__SHAPE_TEXT];
    if (!infer(call, REEL__TAKES_NUMBERS))
        return false;
    return reel__reduced_count(call->in[0], a->mask) > 0 ||
           reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                      "of no element: %s has none along these axes",
                      reel__node_shape_text(call->in[0], text));
}

reel_node *reel_max(reel_node *x, reel_axes axes, bool keepdims)
{
    return reduce(&reel__op_max, x, axes, keepdims);
}

reel_node *reel_min(reel_node *x, reel_axes axes, bool keepdims)
{
    return reduce(&reel__op_min, x, axes, keepdims);
}

/* 1 where x is the extreme, else 0; and how many there are of them. */
static reel_node *winners(reel_node *y, reel_node **count)
{
    reel_node *x = y->in[0];
    reel_node *best = reel__still(spread_like(y, y));
    reel_node *wins =
        reel_cast(reel_eq(reel__still(x), best), (reel_dtype)x->dtype);
    *count = sum_like(y, wins);
    return wins;
}

static void extreme_vjp(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    reel_node *count, *wins = winners(y, &count);
    (void)need;
    dx[0] = reel_mul(spread_like(y, reel_div(g, count)), wins);
}

static reel_node *extreme_jvp(reel_node *y, reel_node *const *dx)
{
    reel_node *count, *wins = winners(y, &count);
    return reel_div(sum_like(y, reel_mul(wins, dx[0])), count);
}

static void max_step(long double *acc, long double x)
{
    if (x > acc[0] || isnan(x))
        acc[0] = x;
}

static void max_reference(reel__eval *e)
{
    static const reel__fold f = {.start = {-INFINITY}, .step = max_step};
    fold(e, &f);
}

static void min_step(long double *acc, long double x)
{
    if (x < acc[0] || isnan(x))
        acc[0] = x;
}

static void min_reference(reel__eval *e)
{
    static const reel__fold f = {.start = {INFINITY}, .step = min_step};
    fold(e, &f);
}

#define THIRD (1.0 / 3)
static const double tied[] = {3, 1, 3, -2, -2, -2, 0, 5, 4, 5, 5, 0};
static const double tied_max[] = {.5, 0, .5, THIRD, THIRD, THIRD,
                                  0, 1, 0, .5, .5, 0};
static const double tied_min[] = {0, 1, 0, THIRD, THIRD, THIRD,
                                  1, 0, 0, 0, 0, 1};
static const double odd[] = {NAN, 1, 2, INFINITY, -INFINITY, 0,
                             -INFINITY, -INFINITY, -INFINITY};

#define EXTREME(id, tied_gradient)                                           \
    REEL__BUILD(id##_first, reel_##id(in[0], REEL_AXES(0), false))           \
    REEL__BUILD(id##_last, reel_##id(in[0], REEL_AXES(-1), true))            \
    REEL__BUILD(id##_outer, reel_##id(in[0], REEL_AXES(0, 2), false))        \
    REEL__BUILD(id##_all, reel_##id(in[0], REEL_ALL, false))                 \
    REEL__BUILD(id##_no_axis,                                                \
                reel_##id(in[0], (reel_axes){0, {0}}, false))                \
    static const reel__sample id##_samples[] = {                             \
        {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-9, 9, 7, 17)},      \
         .build = id##_first},                                               \
        {.what = "last axis, keepdims", .nin = 1,                            \
         .in = {REEL__REALS(-9, 9, 5, 33)}, .build = id##_last},             \
        {.what = "first and last", .nin = 1,                                 \
         .in = {REEL__REALS(-9, 9, 3, 5, 7)}, .build = id##_outer},          \
        {.what = "all", .nin = 1, .in = {REEL__REALS(-9, 9, 3, 1, 17)},      \
         .build = id##_all},                                                 \
        {.what = "no axis", .nin = 1, .in = {REEL__REALS(-9, 9, 3, 5)},      \
         .build = id##_no_axis},                                             \
        {.what = "ties", .nin = 1, .in = {REEL__VALUES(tied, 4, 3)},         \
         .build = id##_last, .gradient = tied_gradient},                     \
        {.what = "NaN and infinities", .nin = 1,                             \
         .in = {REEL__VALUES(odd, 3, 3)}, .build = id##_last,                \
         .value_only = true},                                                \
        {.what = "empty result", .nin = 1, .in = {REEL__REALS(-9, 9, 0, 3)}, \
         .build = id##_last, .value_only = true},                            \
        {.what = "i32", .nin = 1,                                            \
         .in = {REEL__WHOLE(REEL_I32, -1000, 1000, 7, 17)},                  \
         .build = id##_first, .value_only = true},                           \
        {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 1, 256, 2, 9)}, \
         .build = id##_last, .value_only = true},                            \
    };                                                                       \
    const reel__op reel__op_##id = {                                         \
        .name = #id,                                                         \
        .arity = 1,                                                          \
        .lowering = REEL__LOWER_REDUCE,                                      \
        .kernel = REEL__K_##id,                                              \
        .infer = extreme_infer,                                              \
        .vjp = extreme_vjp,                                                  \
        .jvp = extreme_jvp,                                                  \
        .reference = id##_reference,                                         \
        REEL__SAMPLES(id##_samples),                                         \
    };

EXTREME(max, tied_max)
EXTREME(min, tied_min)

/* --------------------------------------------------------------- logsumexp */

static bool logsumexp_infer(reel__call *call)
{
    return infer(call, REEL__TAKES_FLOATS);
}

reel_node *reel_logsumexp(reel_node *x, reel_axes axes, bool keepdims)
{
    return reduce(&reel__op_logsumexp, x, axes, keepdims);
}

/* dy/dx = e^(x - y), made to sum to 1: far from 0 the rounding of y would show.
 * Any shift gives the same shares, so y is but a number here. */
static reel_node *shares(reel_node *y)
{
    reel_node *shift = reel__still(spread_like(y, y));
    reel_node *e = reel_exp(reel_sub(y->in[0], shift));
    return reel_div(e, spread_like(y, sum_like(y, e)));
}

static void logsumexp_vjp(reel_node *y, reel_node *g, const bool *need,
                          reel_node **dx)
{
    (void)need;
    dx[0] = reel_mul(spread_like(y, g), shares(y));
}

static reel_node *logsumexp_jvp(reel_node *y, reel_node *const *dx)
{
    return sum_like(y, reel_mul(shares(y), dx[0]));
}

/* acc: the largest so far, and the sum of e^(x - largest). */
static void logsumexp_step(long double *acc, long double x)
{
    if (x == acc[0]) {
        acc[1] += 1;
    } else if (x < acc[0]) {
        acc[1] += expl(x - acc[0]);
    } else if (!isnan(acc[0])) {
        acc[1] = acc[1] * expl(acc[0] - x) + 1;
        acc[0] = x;
    }
}

static long double logsumexp_finish(const long double *acc, const void *attr)
{
    (void)attr;
    return isinf(acc[0]) ? acc[0] : acc[0] + logl(acc[1]);
}

static void logsumexp_reference(reel__eval *e)
{
    static const reel__fold f = {{-INFINITY}, logsumexp_step, logsumexp_finish};
    fold(e, &f);
}

REEL__BUILD(logsumexp_first, reel_logsumexp(in[0], REEL_AXES(0), false))
REEL__BUILD(logsumexp_last, reel_logsumexp(in[0], REEL_AXES(-1), true))
REEL__BUILD(logsumexp_outer, reel_logsumexp(in[0], REEL_AXES(0, 2), false))
REEL__BUILD(logsumexp_all, reel_logsumexp(in[0], REEL_ALL, false))
REEL__BUILD(logsumexp_no_axis,
            reel_logsumexp(in[0], (reel_axes){0, {0}}, false))

static const double huge[] = {1e4, 1e4, -1e4, -1e4, -1e4, -1e4};
static const double huge_shares[] = {.5, .5, 0, THIRD, THIRD, THIRD};
static const double infinite[] = {
    -INFINITY, -INFINITY, -INFINITY, 1, INFINITY, -INFINITY,
    -INFINITY, 2, -INFINITY, NAN, 1, INFINITY};

static const reel__sample logsumexp_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-3, 3, 7, 17)},
     .build = logsumexp_first},
    {.what = "last, keepdims", .nin = 1, .in = {REEL__REALS(-3, 3, 5, 33)},
     .build = logsumexp_last},
    {.what = "first and last", .nin = 1, .in = {REEL__REALS(-3, 3, 3, 5, 7)},
     .build = logsumexp_outer},
    {.what = "all", .nin = 1, .in = {REEL__REALS(-3, 3, 3, 1, 17)},
     .build = logsumexp_all},
    {.what = "no axis", .nin = 1, .in = {REEL__REALS(-3, 3, 3, 5)},
     .build = logsumexp_no_axis},
    {.what = "+-1e4", .nin = 1, .in = {REEL__VALUES(huge, 2, 3)},
     .build = logsumexp_last, .gradient = huge_shares},
    {.what = "infinities", .nin = 1, .in = {REEL__VALUES(infinite, 4, 3)},
     .build = logsumexp_last, .value_only = true},
    {.what = "nothing", .nin = 1, .in = {REEL__REALS(-3, 3, 0, 3)},
     .build = logsumexp_first, .value_only = true},
};

const reel__op reel__op_logsumexp = {
    .name = "logsumexp",
    .arity = 1,
    .lowering = REEL__LOWER_REDUCE,
    .kernel = REEL__K_logsumexp,
    .infer = logsumexp_infer,
    .vjp = logsumexp_vjp,
    .jvp = logsumexp_jvp,
    .reference = logsumexp_reference,
    REEL__SAMPLES(logsumexp_samples),
};
