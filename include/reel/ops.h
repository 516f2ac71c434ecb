/* reel/ops.h: recording operations.
 *
 * Every function here appends to its operands' tape and returns the new node.
 * It accepts NULL operands and returns NULL when given one, after an error, and
 * when the tape already holds one: check reel_status_of once, at the end.
 * Shapes and dtypes are checked at once; a mistake is reported with the op, the
 * shapes and the caller's line. Operands of elementwise ops broadcast by
 * NumPy's rules (shapes are aligned at their last axis; sizes must agree or be
 * 1) and are promoted by reel_dtype's. In formulas g is the cotangent, y the
 * result. Recording is O(1) but where noted; kinks and ties are in the manual's
 * table, from the same source: reel/ops.def.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_H
#define REEL_OPS_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of one operand: reel_neg(x), reel_exp(x), reel_relu(x), ... and of two:
 * reel_add(a, b), reel_matmul(a, b), ... See reel/ops.def for all of them.
 *
 * Which dtypes: neg, abs, sign, square, relu, add, sub, mul, maximum, minimum
 * take any but bool (integers wrap around); stop_gradient, where and the
 * comparisons (bool result) any at all; logical_* bool; the rest f32 and f64.
 *
 * matmul: a [..., m, k], b [..., k, n], result [..., m, n], at least two
 * dimensions each. Transposed operands (reel_transpose) are not copied.
 * O(m k n) a product. */
#define REEL_OP(name, kind, formula, gradient) REEL__##kind(name)
#define REEL__UNARY(name) REEL_API reel_node *reel_##name(reel_node *x);
#define REEL__BINARY(name) \
    REEL_API reel_node *reel_##name(reel_node *a, reel_node *b);
#define REEL__OTHER(name)
#include <reel/ops.def>
#undef REEL_OP
#undef REEL__UNARY
#undef REEL__BINARY
#undef REEL__OTHER

/* ------------------------------------------------------------- elementwise */

REEL_API reel_node *reel_leaky_relu(reel_node *x, double slope);
REEL_API reel_node *reel_elu(reel_node *x, double alpha);

/* low <= high; infinities are fine, NaN is not. Numeric dtypes; of an integer
 * one the bounds are whole numbers, and some of its values lie between. */
REEL_API reel_node *reel_clamp(reel_node *x, double low, double high);

/* scale x + offset, with constants rounded to x's dtype. */
REEL_API reel_node *reel_affine(reel_node *x, double scale, double offset);

/* To another dtype: floats to integers truncate toward zero (out of range and
 * NaN give 0), integers to narrower ones wrap, anything to bool is x != 0.
 * Casting to the dtype it has gives x itself. */
REEL_API reel_node *reel_cast(reel_node *x, reel_dtype dtype);

/* condition: bool. All three broadcast; a and b are promoted to one dtype. */
REEL_API reel_node *reel_where(reel_node *condition, reel_node *a,
                               reel_node *b);

/* -------------------------------------------------------------- reductions */

/* Over the given axes (REEL_AXES(0, -1), REEL_ALL), which vanish from the shape,
 * or stay with size 1 for keepdims. No axis twice (REEL_EVALUE). Sums and
 * products of bool, u8 and i32 are i64; mean, logsumexp and var take floats.
 * Reducing no element gives 0 for sum, 1 for prod, -inf for logsumexp, NaN for
 * mean; max and min need one (REEL_ESHAPE). O(elements). */
REEL_API reel_node *reel_sum(reel_node *x, reel_axes axes, bool keepdims);
REEL_API reel_node *reel_mean(reel_node *x, reel_axes axes, bool keepdims);
REEL_API reel_node *reel_max(reel_node *x, reel_axes axes, bool keepdims);
REEL_API reel_node *reel_min(reel_node *x, reel_axes axes, bool keepdims);
REEL_API reel_node *reel_prod(reel_node *x, reel_axes axes, bool keepdims);
REEL_API reel_node *reel_logsumexp(reel_node *x, reel_axes axes,
                                   bool keepdims);

/* ddof: what is taken off the count, 0 for a population, 1 for a sample. */
REEL_API reel_node *reel_var(reel_node *x, reel_axes axes, int ddof,
                             bool keepdims);

/* i64 indices along one axis of at least one element; the first NaN wins. */
REEL_API reel_node *reel_argmax(reel_node *x, int axis, bool keepdims);
REEL_API reel_node *reel_argmin(reel_node *x, int axis, bool keepdims);

/* ---------------------------------------------------------------- movement */

/* One size may be -1: what is left. */
REEL_API reel_node *reel_reshape(reel_node *x, reel_shape shape);

/* Axis i of the result is axis axes.axis[i] of x; all axes, each once. */
REEL_API reel_node *reel_permute(reel_node *x, reel_axes axes);

/* permute of the last two axes: the matrix transpose. Needs two. */
REEL_API reel_node *reel_transpose(reel_node *x);

/* Broadcast to shape: new axes in front, axes of size 1 repeated. */
REEL_API reel_node *reel_expand(reel_node *x, reel_shape shape);

/* An axis of size 1 put in at place axis of the result, or taken away. */
REEL_API reel_node *reel_unsqueeze(reel_node *x, int axis);
REEL_API reel_node *reel_squeeze(reel_node *x, int axis);

/* Along axis i: start[i], start[i] + step[i], ... below stop[i]. Arrays of ndim
 * values; start and stop count from the end when negative and are clipped to
 * the axis, as in Python; step NULL means ones, else each >= 1. */
REEL_API reel_node *reel_slice(reel_node *x, const int64_t *start,
                               const int64_t *stop, const int64_t *step);

/* before[i] and after[i] elements of value around axis i and inner[i] between
 * two neighbours (NULL: none), each >= 0. */
REEL_API reel_node *reel_pad(reel_node *x, const int64_t *before,
                             const int64_t *after, const int64_t *inner,
                             double value);

REEL_API reel_node *reel_flip(reel_node *x, reel_axes axes);

/* Nodes of one dtype and, but for that axis, one shape (stack: one shape).
 * O(nodes). */
REEL_API reel_node *reel_concat(reel_nodes nodes, int axis);
REEL_API reel_node *reel_stack(reel_nodes nodes, int axis);

/* Cuts an axis into parts of equal size (its size must divide), puts them in
 * part[0..parts-1] and returns part[0]; all NULL after an error. O(parts). */
REEL_API reel_node *reel_split(reel_node *x, int axis, int parts,
                               reel_node **part);

/* ---------------------------------------------------------------- indexing */

/* index: i32, i64 or u8. An index outside [0, n) makes the run fail with
 * REEL_EINDEX. */

/* x [n, ...], index of any shape: result index.shape + x.shape[1:]. */
REEL_API reel_node *reel_gather(reel_node *x, reel_node *index);

/* x [index.shape + rest]: result [n] + rest, repeats add up in order. */
REEL_API reel_node *reel_scatter_add(reel_node *x, reel_node *index,
                                     int64_t n);

/* x [..., n], index [...]: result [...]. */
REEL_API reel_node *reel_pick(reel_node *x, reel_node *index);

/* x [...], index [...]: result [..., n]. */
REEL_API reel_node *reel_place(reel_node *x, reel_node *index, int64_t n);

/* index [...]: result [..., n] of dtype. */
REEL_API reel_node *reel_one_hot(reel_node *index, int64_t n,
                                 reel_dtype dtype);

/* -------------------------------------------------------------------- rows */

/* Along one axis; right for any finite x, rows shifted by their maximum. */
REEL_API reel_node *reel_softmax(reel_node *x, int axis);
REEL_API reel_node *reel_log_softmax(reel_node *x, int axis);

/* ------------------------------------------------------------------ losses */

typedef enum reel_reduction {
    REEL_MEAN = 0, /* the default everywhere */
    REEL_SUM,
    REEL_NONE      /* one loss for each element (nll: each row) */
} reel_reduction;

/* Everything zero is the default. */
typedef struct reel_loss_options {
    reel_reduction reduction;
    bool ignore;          /* nll, cross_entropy: rows with target ignore_index */
    int64_t ignore_index; /*   count for nothing, in the mean's n neither */
    reel_node *weight;    /* nll, cross_entropy: [classes]; the mean divides by
                           * the sum of the targets' weights */
    double delta;         /* huber: > 0; 0 stands for 1 */
} reel_loss_options;

/* Each loss is the mean, with _with of what *options say (NULL: the default).
 * logp, logits: [..., classes], target: integers [...]. The others: x, p and t
 * of broadcastable shapes, floats. A mean over nothing is NaN. */
REEL_API reel_node *reel_nll_loss(reel_node *logp, reel_node *target);
REEL_API reel_node *reel_nll_loss_with(reel_node *logp, reel_node *target,
                                       const reel_loss_options *options);

/* Of unscaled scores, by way of log_softmax: right for logits of +-1e4. */
REEL_API reel_node *reel_cross_entropy_loss(reel_node *logits,
                                            reel_node *target);
REEL_API reel_node *
reel_cross_entropy_loss_with(reel_node *logits, reel_node *target,
                             const reel_loss_options *options);

REEL_API reel_node *reel_mse_loss(reel_node *x, reel_node *t);
REEL_API reel_node *reel_mse_loss_with(reel_node *x, reel_node *t,
                                       const reel_loss_options *options);

/* Binary cross-entropy of probabilities in [0, 1]: infinite where certain and
 * wrong. */
REEL_API reel_node *reel_bce_loss(reel_node *p, reel_node *t);
REEL_API reel_node *reel_bce_loss_with(reel_node *p, reel_node *t,
                                       const reel_loss_options *options);

/* The same of logits, t softplus(-x) + (1 - t) softplus(x): right for any. */
REEL_API reel_node *reel_bce_with_logits_loss(reel_node *x, reel_node *t);
REEL_API reel_node *
reel_bce_with_logits_loss_with(reel_node *x, reel_node *t,
                               const reel_loss_options *options);

/* P. Huber, "Robust estimation of a location parameter", 1964. */
REEL_API reel_node *reel_huber_loss(reel_node *x, reel_node *t);
REEL_API reel_node *reel_huber_loss_with(reel_node *x, reel_node *t,
                                         const reel_loss_options *options);

/* ------------------------------------------------------------------ random */

/* Uniform numbers in [0, 1), f32 or f64: element i is a function of seed, the
 * value of step and i alone (reel/random.h; step is the stream), on every
 * machine, for any number of threads. step is an i64 scalar, as a rule a state
 * that the program increments, so that every run draws anew. */
REEL_API reel_node *reel_uniform(reel_node *step, reel_dtype dtype,
                                 reel_shape shape, uint64_t seed);

/* Inverted dropout, 0 <= p < 1: x times a mask of 0 and 1 / (1 - p), drawn by
 * reel_uniform. Two of them with one seed and step share their bits: give each
 * layer a seed of its own. */
REEL_API reel_node *reel_dropout(reel_node *x, double p, uint64_t seed,
                                 reel_node *step);

#ifndef REEL_NO_LOCATIONS
#include <reel/located.h> /* made from ops.def: one macro for each op */
#define reel_transpose(...) REEL_AT(reel_transpose(__VA_ARGS__))
#define reel_unsqueeze(...) REEL_AT(reel_unsqueeze(__VA_ARGS__))
#define reel_squeeze(...) REEL_AT(reel_squeeze(__VA_ARGS__))
#define reel_nll_loss_with(...) REEL_AT(reel_nll_loss_with(__VA_ARGS__))
#define reel_cross_entropy_loss_with(...) \
    REEL_AT(reel_cross_entropy_loss_with(__VA_ARGS__))
#define reel_mse_loss_with(...) REEL_AT(reel_mse_loss_with(__VA_ARGS__))
#define reel_bce_loss_with(...) REEL_AT(reel_bce_loss_with(__VA_ARGS__))
#define reel_bce_with_logits_loss_with(...) \
    REEL_AT(reel_bce_with_logits_loss_with(__VA_ARGS__))
#define reel_huber_loss_with(...) REEL_AT(reel_huber_loss_with(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif /* REEL_OPS_H */
