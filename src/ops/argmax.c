/* ops/argmax.c: where along an axis the first largest or smallest lies.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/reduce.h"
#include "ops/samples.h"

static bool infer(reel__call *call)
{
    const reel__axis *a = call->attr;
    const reel_node *x = call->in[0];
    char text[REEL__SHAPE_TEXT];
    if (a->axis >= x->ndim || a->keepdims > 1)
        return reel__fail(call->tape, REEL_EVALUE, call->op->name,
                          "axis %u is out of range for %d dimensions",
                          (unsigned)a->axis, x->ndim);
    if (x->dim[a->axis] == 0)
        return reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                          "of no element: axis %u of %s has none",
                          (unsigned)a->axis, reel__node_shape_text(x, text));
    call->dtype = REEL_I64;
    call->shape = reel__reduced_shape(reel__shape_of(x), 1u << a->axis,
                                      a->keepdims != 0);
    return reel__takes(call, 0, REEL__TAKES_NUMBERS);
}

static reel_node *find(const reel__op *op, reel_node *x, int axis,
                       bool keepdims)
{
    reel__axis attr = {0, keepdims};
    if (!reel__given(x) ||
        !reel__axis_index(x->tape, op->name, x->ndim, axis, &attr.axis))
        return NULL;
    return reel__record(op, &x, 1, &attr, sizeof attr);
}

reel_node *reel_argmax(reel_node *x, int axis, bool keepdims)
{
    return find(&reel__op_argmax, x, axis, keepdims);
}

reel_node *reel_argmin(reel_node *x, int axis, bool keepdims)
{
    return find(&reel__op_argmin, x, axis, keepdims);
}

/* acc: the best so far (NaN is never beaten), its place, elements seen. */
static void argmax_step(long double *acc, long double x)
{
    if (acc[2] == 0 || x > acc[0] || (isnan(x) && !isnan(acc[0]))) {
        acc[0] = x;
        acc[1] = acc[2];
    }
    acc[2] += 1;
}

static void argmin_step(long double *acc, long double x)
{
    argmax_step(acc, -x);
}

static long double place(const long double *acc, const void *attr)
{
    (void)attr;
    return acc[1];
}

static void argmax_reference(reel__eval *e)
{
    static const reel__fold f = {.step = argmax_step, .finish = place};
    const reel__axis *a = e->attr;
    reel__fold_axes(e, 1u << a->axis, &f);
}

static void argmin_reference(reel__eval *e)
{
    static const reel__fold f = {.step = argmin_step, .finish = place};
    const reel__axis *a = e->attr;
    reel__fold_axes(e, 1u << a->axis, &f);
}

static const double odd[] = {1,   NAN, 5,        NAN,      INFINITY, 2,
                             2,   2,   -INFINITY, -INFINITY, 0,       0,
                             0.0, -0., 0.0,      INFINITY, 7,        INFINITY};

#define FIND(id)                                                             \
    REEL__BUILD(id##_first, reel_##id(in[0], 0, false))                      \
    REEL__BUILD(id##_last, reel_##id(in[0], -1, true))                       \
    REEL__BUILD(id##_middle, reel_##id(in[0], 1, false))                     \
    static const reel__sample id##_samples[] = {                             \
        {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-9, 9, 17, 7)},      \
         .build = id##_first},                                               \
        {.what = "last axis, keepdims", .nin = 1,                            \
         .in = {REEL__REALS(-9, 9, 7, 33)}, .build = id##_last},             \
        {.what = "middle", .nin = 1, .in = {REEL__REALS(-9, 9, 3, 5, 7)},    \
         .build = id##_middle},                                              \
        {.what = "one element", .nin = 1, .in = {REEL__REALS(-9, 9, 3, 1)},  \
         .build = id##_last},                                                \
        {.what = "NaN, infinities, ties", .nin = 1,                          \
         .in = {REEL__VALUES(odd, 6, 3)}, .build = id##_last},               \
        {.what = "i32, ties", .nin = 1,                                      \
         .in = {REEL__WHOLE(REEL_I32, -3, 3, 7, 17)},                        \
         .build = id##_last},                                                \
        {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 0, 256, 9, 5)}, \
         .build = id##_first},                                               \
        {.what = "empty result", .nin = 1, .in = {REEL__REALS(-9, 9, 0, 3)}, \
         .build = id##_last},                                                \
    };                                                                       \
    const reel__op reel__op_##id = {                                         \
        .name = #id,                                                         \
        .arity = 1,                                                          \
        .flags = REEL__NO_GRADIENT,                                          \
        .lowering = REEL__LOWER_REDUCE,                                      \
        .kernel = REEL__K_##id,                                              \
        .infer = infer,                                                      \
        .reference = id##_reference,                                         \
        REEL__SAMPLES(id##_samples),                                         \
    };

FIND(argmax)
FIND(argmin)
