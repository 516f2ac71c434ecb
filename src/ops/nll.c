/* ops/nll.c: the losses of classifiers, nll_loss and cross_entropy_loss.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/loss.h"
#include "ops/samples.h"

/* One index for each row of x, of an integer dtype; a weight for each class. */
static bool check(const reel__op *op, const char *what, reel_node *x,
                  reel_node *target, const reel_loss_options *o)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT], c[REEL__SHAPE_TEXT];
    reel__call call = {.tape = x->tape, .op = op};
    if (!reel__takes_one(op, x, REEL__TAKES_FLOATS) ||
        !reel__takes_index(&call, "target", target))
        return false;
    if (x->ndim < 1)
        return reel__fail(x->tape, REEL_ESHAPE, op->name,
                          "%s [] have no classes: needs [..., classes]", what);
    reel_shape rows = reel__shape_of(x);
    int64_t classes = rows.dim[--rows.ndim];
    if (!reel__shape_equal(rows, reel__shape_of(target)))
        return reel__fail(x->tape, REEL_ESHAPE, op->name,
                          "target %s does not fit %s %s: needs %s",
                          reel__node_shape_text(target, a), what,
                          reel__node_shape_text(x, b),
                          reel__shape_text(rows, c));
    if (!o->weight)
        return true;
    if (o->weight->ndim != 1 || o->weight->dim[0] != classes)
        return reel__fail(x->tape, REEL_ESHAPE, op->name,
                          "weight %s does not fit %s %s: needs %s",
                          reel__node_shape_text(o->weight, a), what,
                          reel__node_shape_text(x, b),
                          reel__shape_text((reel_shape){1, {classes}}, c));
    return o->weight->dtype == x->dtype ||
           reel__fail(x->tape, REEL_EDTYPE, op->name,
                      "weight is %s, %s %s: cast it (reel_cast)",
                      reel_dtype_name((reel_dtype)o->weight->dtype), what,
                      reel_dtype_name((reel_dtype)x->dtype));
}

/* Of an ignored row the target is replaced by a valid one, and then its loss
 * and its count by zero: nothing of it is left, in the gradient neither. */
static reel_node *nll(reel_node *logp, reel_node *target,
                      const reel_loss_options *o)
{
    reel_tape *t = logp->tape;
    reel_dtype dtype = (reel_dtype)logp->dtype;
    reel_node *keep = NULL, *count = NULL;
    if (o->ignore) {
        keep = reel_ne(target, reel_constant(t, REEL_I64, REEL_SCALAR,
                                             &o->ignore_index));
        target = reel_where(keep, target,
                            reel_scalar(t, (reel_dtype)target->dtype, 0));
        count = reel_cast(keep, dtype);
    }
    reel_node *losses = reel_neg(reel_pick(logp, target));
    if (o->weight) {
        count = reel_gather(o->weight, target);
        losses = reel_mul(losses, count);
    }
    if (o->ignore) {
        reel_node *zero = reel_scalar(t, dtype, 0);
        losses = reel_where(keep, losses, zero);
        if (o->weight)
            count = reel_where(keep, count, zero);
    }
    return reel__reduce_loss(losses, count, o->reduction);
}

reel_node *reel_nll_loss_with(reel_node *logp, reel_node *target,
                              const reel_loss_options *options)
{
    reel_loss_options o;
    if (!reel__given(logp) || !target ||
        !reel__loss_options(logp->tape, &reel__op_nll_loss, options, &o) ||
        !check(&reel__op_nll_loss, "logp", logp, target, &o))
        return NULL;
    return nll(logp, target, &o);
}

reel_node *reel_nll_loss(reel_node *logp, reel_node *target)
{
    return reel_nll_loss_with(logp, target, NULL);
}

reel_node *
reel_cross_entropy_loss_with(reel_node *logits, reel_node *target,
                             const reel_loss_options *options)
{
    const reel__op *op = &reel__op_cross_entropy_loss;
    reel_loss_options o;
    if (!reel__given(logits) || !target ||
        !reel__loss_options(logits->tape, op, options, &o) ||
        !check(op, "logits", logits, target, &o))
        return NULL;
    reel_node *logp = reel_log_softmax(logits, -1);
    return logp ? nll(logp, target, &o) : NULL;
}

reel_node *reel_cross_entropy_loss(reel_node *logits, reel_node *target)
{
    return reel_cross_entropy_loss_with(logits, target, NULL);
}

/* --------------------------------------------------------------- reference */

static long double log_sum_exp(const long double *x, int64_t n)
{
    long double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (int64_t i = 0; i < n; i++)
        sum += expl(x[i] - most);
    return most + logl(sum);
}

/* Operand 2, where there is one, holds the weights of the classes. */
static void reference(reel__eval *e, bool of_logits)
{
    const reel_loss_options *o = e->attr;
    reel_shape shape = e->in[0].shape;
    int64_t n = shape.dim[shape.ndim - 1];
    int64_t rows = reel_shape_count(e->in[1].shape);
    long double sum = 0, count = 0;
    for (int64_t i = 0; i < rows; i++) {
        const long double *x = e->in[0].data + i * n;
        long double at = e->in[1].data[i], weight = 1, loss = 0;
        if (!o->ignore || at != (long double)o->ignore_index) {
            if (at < 0 || at >= n) {
                e->bad_index = true;
                at = 0;
            }
            if (e->nin > 2)
                weight = e->in[2].data[(int64_t)at];
            loss = -x[(int64_t)at] + (of_logits ? log_sum_exp(x, n) : 0);
            loss *= weight;
            count += weight;
        }
        if (o->reduction == REEL_NONE)
            e->out->data[i] = loss;
        sum += loss;
    }
    reel__finish_loss(e, o->reduction, sum, count);
}

static void nll_loss_reference(reel__eval *e)
{
    reference(e, false);
}

static void cross_entropy_loss_reference(reel__eval *e)
{
    reference(e, true);
}

/* ----------------------------------------------------------------- samples */

static const reel_loss_options mean = {.reduction = REEL_MEAN},
                               sum = {.reduction = REEL_SUM},
                               none = {.reduction = REEL_NONE},
                               ignoring = {.ignore = true, .ignore_index = -1},
                               ignoring_sum = {.reduction = REEL_SUM,
                                               .ignore = true,
                                               .ignore_index = 2},
                               ignoring_none = {.reduction = REEL_NONE,
                                                .ignore = true,
                                                .ignore_index = -1};

/* The options with the weights that a sample gives as its third operand. */
static reel_loss_options weighted(const reel_loss_options *o, reel_node *weight)
{
    reel_loss_options result = *o;
    result.weight = weight;
    return result;
}

typedef reel_node *loss_with(reel_node *x, reel_node *target,
                             const reel_loss_options *options);

static reel_node *with_weight(loss_with *loss, reel_node **in,
                              const reel_loss_options *o)
{
    reel_loss_options options = weighted(o, in[2]);
    return loss(in[0], in[1], &options);
}

static const double some[] = {1, -1, 0, 2, -1, 2, 1};
static const double huge[] = {1e4, -1e4, 0, -1e4, -1e4, 1e4, 3, 1e4, 1e4};
static const double hits[] = {0, 2, 1}, misses[] = {1, 0, 0};

/* Rows are log probabilities for nll_loss, but it takes any numbers. */
#define LOSS(id)                                                             \
    REEL__BUILD(id##_mean, reel_##id(in[0], in[1]))                          \
    REEL__BUILD(id##_sum, reel_##id##_with(in[0], in[1], &sum))              \
    REEL__BUILD(id##_none, reel_##id##_with(in[0], in[1], &none))            \
    REEL__BUILD(id##_ignoring, reel_##id##_with(in[0], in[1], &ignoring))    \
    REEL__BUILD(id##_ignoring_sum,                                           \
                reel_##id##_with(in[0], in[1], &ignoring_sum))               \
    REEL__BUILD(id##_ignoring_none,                                          \
                reel_##id##_with(in[0], in[1], &ignoring_none))              \
    REEL__BUILD(id##_weighted, with_weight(reel_##id##_with, in, &mean))     \
    REEL__BUILD(id##_weighted_none,                                          \
                with_weight(reel_##id##_with, in, &none))                    \
    REEL__BUILD(id##_weighted_ignoring,                                      \
                with_weight(reel_##id##_with, in, &ignoring))                \
    static const reel__sample id##_samples[] = {                             \
        {.what = "mean", .nin = 2, .build = id##_mean, .attr = &mean,        \
         .in = {REEL__REALS(-3, 3, 17, 7), REEL__INDICES(7, 17)}},           \
        {.what = "sum, three axes", .nin = 2, .build = id##_sum,             \
         .attr = &sum,                                                       \
         .in = {REEL__REALS(-3, 3, 3, 5, 4),                                 \
                REEL__WHOLE(REEL_U8, 0, 4, 3, 5)}},                          \
        {.what = "none", .nin = 2, .build = id##_none, .attr = &none,        \
         .in = {REEL__REALS(-3, 3, 5, 3),                                    \
                REEL__WHOLE(REEL_I32, 0, 3, 5)}},                            \
        {.what = "one row", .nin = 2, .build = id##_mean, .attr = &mean,     \
         .in = {REEL__REALS(-3, 3, 5), {REEL_I64, {0, {0}}, 0, 5, NULL}}},   \
        {.what = "ignoring", .nin = 2, .build = id##_ignoring,               \
         .attr = &ignoring,                                                  \
         .in = {REEL__REALS(-3, 3, 7, 3), REEL__INDEX_VALUES(some, 7)}},     \
        {.what = "sum, ignoring", .nin = 2, .build = id##_ignoring_sum,      \
         .attr = &ignoring_sum,                                              \
         .in = {REEL__REALS(-3, 3, 17, 3), REEL__INDICES(3, 17)}},           \
        {.what = "none, ignoring", .nin = 2, .build = id##_ignoring_none,    \
         .attr = &ignoring_none,                                             \
         .in = {REEL__REALS(-3, 3, 7, 3), REEL__INDEX_VALUES(some, 7)}},     \
        {.what = "u8, -1 ignored", .nin = 2, .build = id##_ignoring,         \
         .attr = &ignoring,                                                  \
         .in = {REEL__REALS(-3, 3, 5, 3),                                    \
                REEL__WHOLE(REEL_U8, 0, 3, 5)}},                             \
        {.what = "weights", .nin = 3, .build = id##_weighted, .attr = &mean, \
         .in = {REEL__REALS(-3, 3, 17, 4), REEL__INDICES(4, 17),             \
                REEL__REALS(.5, 2, 4)}},                                     \
        {.what = "weights, none", .nin = 3, .build = id##_weighted_none,     \
         .attr = &none,                                                      \
         .in = {REEL__REALS(-3, 3, 5, 4), REEL__INDICES(4, 5),               \
                REEL__REALS(.5, 2, 4)}},                                     \
        {.what = "weights, ignoring", .nin = 3,                              \
         .build = id##_weighted_ignoring, .attr = &ignoring,                 \
         .in = {REEL__REALS(-3, 3, 7, 3), REEL__INDEX_VALUES(some, 7),       \
                REEL__REALS(.5, 2, 3)}},                                     \
        {.what = "+-1e4, right", .nin = 2, .build = id##_none,               \
         .attr = &none, .gradient = id##_hits,                               \
         .in = {REEL__VALUES(huge, 3, 3), REEL__INDEX_VALUES(hits, 3)}},     \
        {.what = "+-1e4, wrong", .nin = 2, .build = id##_none,               \
         .attr = &none, .gradient = id##_misses,                             \
         .in = {REEL__VALUES(huge, 3, 3), REEL__INDEX_VALUES(misses, 3)}},   \
        {.what = "mean over nothing", .nin = 2, .build = id##_mean,          \
         .attr = &mean, .value_only = true,                                  \
         .in = {REEL__REALS(-3, 3, 0, 3), REEL__INDICES(3, 0)}},             \
    };                                                                       \
    const reel__op reel__op_##id = {                                         \
        .name = #id,                                                         \
        .arity = REEL__ANY_ARITY,                                            \
        .flags = REEL__COMPOSITE,                                            \
        .reference = id##_reference,                                         \
        REEL__SAMPLES(id##_samples),                                         \
    };

static const double nll_loss_hits[] = {-1, 0, 0, 0, 0, -1, 0, -1, 0};
static const double nll_loss_misses[] = {0, -1, 0, -1, 0, 0, -1, 0, 0};
static const double cross_entropy_loss_hits[] = {0, 0, 0, 0, 0, 0, 0, -.5, .5};
static const double cross_entropy_loss_misses[] = {1, -1, 0, -1, 0,
                                                   1, -1, .5, .5};

LOSS(nll_loss)
LOSS(cross_entropy_loss)
