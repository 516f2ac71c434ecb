/* ops/loss.c: options and reductions of all losses, and the elementwise losses:
 * mean squared error, binary cross-entropy, Huber's.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/loss.h"
#include <math.h>
#include "ops/samples.h"

bool reel__loss_options(reel_tape *tape, const reel__op *op,
                        const reel_loss_options *given,
                        reel_loss_options *options)
{
    *options = given ? *given : (reel_loss_options){.reduction = REEL_MEAN};
    if (options->delta == 0)
        options->delta = 1;
    if ((unsigned)options->reduction > REEL_NONE)
        return reel__fail(tape, REEL_EVALUE, op->name,
                          "no such reduction: %d", (int)options->reduction);
    return options->delta > 0 ||
           reel__fail(tape, REEL_EVALUE, op->name, "delta is %g: needs > 0",
                      options->delta);
}

reel_node *reel__reduce_loss(reel_node *losses, reel_node *counts,
                             reel_reduction reduction)
{
    if (reduction == REEL_NONE)
        return losses;
    if (reduction == REEL_SUM)
        return reel_sum(losses, REEL_ALL, false);
    if (!counts)
        return reel_mean(losses, REEL_ALL, false);
    return reel_div(reel_sum(losses, REEL_ALL, false),
                    reel_sum(counts, REEL_ALL, false));
}

void reel__finish_loss(reel__eval *e, reel_reduction reduction,
                       long double sum, long double count)
{
    if (reduction == REEL_SUM)
        e->out->data[0] = sum;
    else if (reduction == REEL_MEAN)
        e->out->data[0] = count == 0 && sum == 0 ? NAN : sum / count;
}

/* --------------------------------------------------------- of two operands */

/* x and t: floats, promoted and broadcast under the name of the loss. */
static bool pair(const reel__op *op, reel_node *in[2],
                 const reel_loss_options *given, reel_loss_options *options)
{
    if (!reel__given(in[0]) || !in[1] ||
        !reel__loss_options(in[0]->tape, op, given, options))
        return false;
    reel__call call = {.tape = in[0]->tape, .op = op, .nin = 2, .in = in};
    if (in[1]->tape != call.tape)
        return reel__fail(call.tape, REEL_EVALUE, op->name,
                          "operands are on different tapes");
    return reel__infer_float(&call);
}

/* Where a broadcast operand's element for the one at index lies. */
static int64_t place(reel_shape shape, reel_shape of, const int64_t *index)
{
    int64_t stride[REEL_MAX_DIMS], at = 0;
    int lead = of.ndim - shape.ndim;
    reel__dense_strides(shape, stride);
    for (int i = 0; i < shape.ndim; i++)
        if (shape.dim[i] != 1)
            at += index[lead + i] * stride[i];
    return at;
}

/* The shape that two operands broadcast to; they do. */
static reel_shape joint(reel_shape a, reel_shape b)
{
    reel_shape to = a.ndim < b.ndim ? b : a, other = a.ndim < b.ndim ? a : b;
    for (int i = 0; i < other.ndim; i++) {
        int64_t *dim = &to.dim[to.ndim - other.ndim + i];
        *dim = *dim == 1 ? other.dim[i] : *dim;
    }
    return to;
}

static void
reference(reel__eval *e,
          long double (*loss)(long double x, long double t, double delta))
{
    const reel_loss_options *o = e->attr;
    double delta = o->delta == 0 ? 1 : o->delta;
    reel_shape shape = joint(e->in[0].shape, e->in[1].shape);
    int64_t index[REEL_MAX_DIMS] = {0}, n = reel_shape_count(shape);
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        long double one =
            loss(e->in[0].data[place(e->in[0].shape, shape, index)],
                 e->in[1].data[place(e->in[1].shape, shape, index)], delta);
        if (o->reduction == REEL_NONE)
            e->out->data[i] = one;
        sum += one;
        reel__next_index(shape, index);
    }
    reel__finish_loss(e, o->reduction, sum, (long double)n);
}

static const reel_loss_options mean = {.reduction = REEL_MEAN},
                               sum = {.reduction = REEL_SUM},
                               none = {.reduction = REEL_NONE},
                               narrow = {.delta = .25},
                               wide = {.reduction = REEL_SUM, .delta = 2};

/* Constructors, reference and op of one loss; samples differ in the range of x
 * and t and in what is added at the end. */
#define LOSS(id, low, high, t_low, t_high, ...)                              \
    reel_node *reel_##id(reel_node *x, reel_node *t)                         \
    {                                                                        \
        return reel_##id##_with(x, t, NULL);                                 \
    }                                                                        \
    static void id##_reference(reel__eval *e)                                \
    {                                                                        \
        reference(e, id##_of);                                               \
    }                                                                        \
    REEL__BUILD(id##_mean, reel_##id(in[0], in[1]))                          \
    REEL__BUILD(id##_sum, reel_##id##_with(in[0], in[1], &sum))              \
    REEL__BUILD(id##_none, reel_##id##_with(in[0], in[1], &none))            \
    static const reel__sample id##_samples[] = {                             \
        {.what = "mean", .nin = 2, .build = id##_mean, .attr = &mean,        \
         .in = {REEL__REALS(low, high, 7, 17),                               \
                REEL__REALS(t_low, t_high, 7, 17)}},                         \
        {.what = "sum, broadcast", .nin = 2, .build = id##_sum,              \
         .attr = &sum,                                                       \
         .in = {REEL__REALS(low, high, 3, 1, 5),                             \
                REEL__REALS(t_low, t_high, 4, 1)}},                          \
        {.what = "none", .nin = 2, .build = id##_none, .attr = &none,        \
         .in = {REEL__REALS(low, high, 3, 5, 7),                             \
                REEL__REALS(t_low, t_high, 7)}},                             \
        {.what = "scalars", .nin = 2, .build = id##_mean, .attr = &mean,     \
         .in = {REEL__REAL_SCALAR(low, high),                                \
                REEL__REAL_SCALAR(t_low, t_high)}},                          \
        {.what = "mean over nothing", .nin = 2, .build = id##_mean,          \
         .attr = &mean, .value_only = true,                                  \
         .in = {REEL__REALS(low, high, 0, 3),                                \
                REEL__REALS(t_low, t_high, 0, 3)}},                          \
        __VA_ARGS__};                                                        \
    const reel__op reel__op_##id = {                                         \
        .name = #id,                                                         \
        .arity = 2,                                                          \
        .flags = REEL__COMPOSITE,                                            \
        .reference = id##_reference,                                         \
        REEL__SAMPLES(id##_samples),                                         \
    };

/* --------------------------------------------------------------------- mse */

reel_node *reel_mse_loss_with(reel_node *x, reel_node *t,
                              const reel_loss_options *options)
{
    reel_node *in[] = {x, t};
    reel_loss_options o;
    if (!pair(&reel__op_mse_loss, in, options, &o))
        return NULL;
    return reel__reduce_loss(reel_square(reel_sub(in[0], in[1])), NULL,
                             o.reduction);
}

static long double mse_loss_of(long double x, long double t, double delta)
{
    (void)delta;
    return (x - t) * (x - t);
}

LOSS(mse_loss, -3, 3, -3, 3,
     {.what = "whole targets", .nin = 2, .build = mse_loss_none, .attr = &none,
      .in = {REEL__REALS(-3, 3, 5), REEL__WHOLE(REEL_I32, -3, 3, 5)}})

/* -------------------------------------------------------------------- bce */

reel_node *reel_bce_loss_with(reel_node *p, reel_node *t,
                              const reel_loss_options *options)
{
    reel_node *in[] = {p, t};
    reel_loss_options o;
    if (!pair(&reel__op_bce_loss, in, options, &o))
        return NULL;
    p = in[0], t = in[1];
    reel_node *other = reel_affine(t, -1, 1);
    reel_node *likelihood =
        reel_add(reel_xlogy(t, p), reel_xlog1py(other, reel_neg(p)));
    return reel__reduce_loss(reel_neg(likelihood), NULL, o.reduction);
}

static long double bce_loss_of(long double p, long double t, double delta)
{
    (void)delta;
    return -(t == 0 ? 0 : t * logl(p)) - (t == 1 ? 0 : (1 - t) * log1pl(-p));
}

static const double certain[] = {0, 1, 0, 1};
static const double truth[] = {0, 1, 1, 0};
static const double right_slopes[] = {1, -1};

LOSS(bce_loss, .05, .95, 0, 1,
     {.what = "certain and right", .nin = 2, .build = bce_loss_none,
      .attr = &none, .gradient = right_slopes,
      .in = {REEL__VALUES(certain, 2), REEL__VALUES(truth, 2)}},
     {.what = "certain and wrong", .nin = 2, .build = bce_loss_none,
      .attr = &none, .value_only = true,
      .in = {REEL__VALUES(certain, 4), REEL__VALUES(truth, 4)}})

/* --------------------------------------------------------- bce_with_logits */

reel_node *reel_bce_with_logits_loss_with(reel_node *x, reel_node *t,
                                          const reel_loss_options *options)
{
    reel_node *in[] = {x, t};
    reel_loss_options o;
    if (!pair(&reel__op_bce_with_logits_loss, in, options, &o))
        return NULL;
    x = in[0], t = in[1];
    reel_node *yes = reel_mul(t, reel_softplus(reel_neg(x)));
    reel_node *no = reel_mul(reel_affine(t, -1, 1), reel_softplus(x));
    return reel__reduce_loss(reel_add(yes, no), NULL, o.reduction);
}

static long double bce_with_logits_loss_of(long double x, long double t,
                                           double delta)
{
    (void)delta;
    return (x > 0 ? x : 0) - x * t + log1pl(expl(-fabsl(x)));
}

static const double huge[] = {1e4, 1e4, -1e4, -1e4};
static const double labels[] = {0, 1, 0, 1};
static const double huge_slopes[] = {1, 0, 0, -1};

LOSS(bce_with_logits_loss, -4, 4, 0, 1,
     {.what = "+-1e4", .nin = 2, .build = bce_with_logits_loss_none,
      .attr = &none, .gradient = huge_slopes,
      .in = {REEL__VALUES(huge, 4), REEL__VALUES(labels, 4)}},
     {.what = "bool labels", .nin = 2, .build = bce_with_logits_loss_mean,
      .attr = &mean,
      .in = {REEL__REALS(-4, 4, 17), REEL__WHOLE(REEL_BOOL, 0, 2, 17)}})

/* ------------------------------------------------------------------- huber */

/* With c = d clamped to +-delta both branches are c (d - c / 2), and so are
 * their derivatives, the second too. */
reel_node *reel_huber_loss_with(reel_node *x, reel_node *t,
                                const reel_loss_options *options)
{
    reel_node *in[] = {x, t};
    reel_loss_options o;
    if (!pair(&reel__op_huber_loss, in, options, &o))
        return NULL;
    reel_node *d = reel_sub(in[0], in[1]);
    reel_node *c = reel_clamp(d, -o.delta, o.delta);
    reel_node *losses = reel_mul(c, reel_sub(d, reel_affine(c, .5, 0)));
    return reel__reduce_loss(losses, NULL, o.reduction);
}

static long double huber_loss_of(long double x, long double t, double delta)
{
    long double d = fabsl(x - t);
    return d <= delta ? d * d / 2 : delta * (d - (long double)delta / 2);
}

REEL__BUILD(huber_narrow, reel_huber_loss_with(in[0], in[1], &narrow))
REEL__BUILD(huber_wide, reel_huber_loss_with(in[0], in[1], &wide))

static const double edges[] = {1, -1, 0, 3}, origin[4] = {0};
static const double edge_slopes[] = {1, -1, 0, 1};

LOSS(huber_loss, -3, 3, -3, 3,
     {.what = "narrow", .nin = 2, .build = huber_narrow, .attr = &narrow,
      .in = {REEL__REALS(-1, 1, 17), REEL__REALS(-1, 1, 17)}},
     {.what = "wide, sum", .nin = 2, .build = huber_wide, .attr = &wide,
      .in = {REEL__REALS(-3, 3, 17), REEL__REALS(-3, 3, 17)}},
     {.what = "edges", .nin = 2, .build = huber_loss_none, .attr = &none,
      .gradient = edge_slopes,
      .in = {REEL__VALUES(edges, 4), REEL__VALUES(origin, 4)}})
