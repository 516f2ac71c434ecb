/* ops/mean.c: reductions composed of others: mean, variance and product.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/reduce.h"
#include "ops/samples.h"

static bool check(const reel__op *op, reel_node *x, reel_axes axes,
                  unsigned which, uint32_t *mask)
{
    return reel__given(x) && reel__takes_one(op, x, which) &&
           reel__axes_mask(x->tape, op->name, x->ndim, axes, mask);
}

/* 1 / n; an infinity for 0, which makes NaN of an empty sum. */
static double part(int64_t n)
{
    return n > 0 ? 1 / (double)n : INFINITY;
}

/* -------------------------------------------------------------------- mean */

reel_node *reel_mean(reel_node *x, reel_axes axes, bool keepdims)
{
    uint32_t mask;
    if (!check(&reel__op_mean, x, axes, REEL__TAKES_FLOATS, &mask))
        return NULL;
    return reel_affine(reel_sum(x, axes, keepdims),
                       part(reel__reduced_count(x, mask)), 0);
}

/* acc: the sum, and how many. */
static void mean_step(long double *acc, long double x)
{
    acc[0] += x;
    acc[1] += 1;
}

static long double mean_finish(const long double *acc, const void *attr)
{
    (void)attr;
    return acc[1] > 0 ? acc[0] / acc[1] : NAN;
}

static void mean_reference(reel__eval *e)
{
    static const reel__fold f = {.step = mean_step, .finish = mean_finish};
    const reel__axes *a = e->attr;
    reel__fold_axes(e, a->mask, &f);
}

static const reel__axes none = {0, 0}, first = {1, 0}, outer = {5, 0},
                        last = {2, 1}, all = {7, 0};

REEL__BUILD(mean_none, reel_mean(in[0], (reel_axes){0, {0}}, false))
REEL__BUILD(mean_first, reel_mean(in[0], REEL_AXES(0), false))
REEL__BUILD(mean_outer, reel_mean(in[0], REEL_AXES(-1, 0), false))
REEL__BUILD(mean_last, reel_mean(in[0], REEL_AXES(-1), true))
REEL__BUILD(mean_all, reel_mean(in[0], REEL_ALL, false))

static const reel__sample mean_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 17)},
     .build = mean_first, .attr = &first},
    {.what = "first and last", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = mean_outer, .attr = &outer},
    {.what = "last, keepdims", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 17)},
     .build = mean_last, .attr = &last},
    {.what = "all", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 1, 17)},
     .build = mean_all, .attr = &all},
    {.what = "no axis", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5)},
     .build = mean_none, .attr = &none},
    {.what = "nothing", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = mean_first, .attr = &first, .value_only = true},
};

const reel__op reel__op_mean = {
    .name = "mean",
    .arity = 1,
    .flags = REEL__COMPOSITE,
    .reference = mean_reference,
    REEL__SAMPLES(mean_samples),
};

/* ---------------------------------------------------------------- variance */

/* Two passes: the mean is taken off first, so that nothing cancels. */
reel_node *reel_var(reel_node *x, reel_axes axes, int ddof, bool keepdims)
{
    uint32_t mask;
    if (!check(&reel__op_var, x, axes, REEL__TAKES_FLOATS, &mask))
        return NULL;
    if (ddof < 0)
        return reel__fail(x->tape, REEL_EVALUE, "var",
                          "ddof is %d: needs 0 or more", ddof);
    reel_node *deviation = reel_sub(x, reel_mean(x, axes, true));
    return reel_affine(reel_sum(reel_square(deviation), axes, keepdims),
                       part(reel__reduced_count(x, mask) - ddof), 0);
}

typedef struct spread { /* of a sample */
    uint32_t mask;
    int ddof;
} spread;

/* acc: mean, sum of squared deviations, how many (B. Welford, "Note on a method
 * for calculating corrected sums of squares and products", 1962). */
static void var_step(long double *acc, long double x)
{
    long double before = x - acc[0];
    acc[2] += 1;
    acc[0] += before / acc[2];
    acc[1] += before * (x - acc[0]);
}

static long double var_finish(const long double *acc, const void *attr)
{
    const spread *s = attr;
    long double n = acc[2] - s->ddof;
    return n > 0 ? acc[1] / n : acc[1] > 0 ? INFINITY : NAN;
}

static void var_reference(reel__eval *e)
{
    static const reel__fold f = {.step = var_step, .finish = var_finish};
    const spread *s = e->attr;
    reel__fold_axes(e, s->mask, &f);
}

static const spread first_0 = {1, 0}, first_1 = {1, 1}, outer_0 = {5, 0},
                    last_1 = {2, 1}, all_0 = {7, 0};

REEL__BUILD(var_first, reel_var(in[0], REEL_AXES(0), 0, false))
REEL__BUILD(var_first_1, reel_var(in[0], REEL_AXES(0), 1, false))
REEL__BUILD(var_outer, reel_var(in[0], REEL_AXES(0, 2), 0, false))
REEL__BUILD(var_last, reel_var(in[0], REEL_AXES(-1), 1, true))
REEL__BUILD(var_all, reel_var(in[0], REEL_ALL, 0, false))

static const reel__sample var_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 17)},
     .build = var_first, .attr = &first_0},
    {.what = "far from 0", .nin = 1, .in = {REEL__REALS(1000, 1001, 17, 3)},
     .build = var_first_1, .attr = &first_1, .value_only = true},
    {.what = "first and last", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = var_outer, .attr = &outer_0},
    {.what = "last, keepdims, of a sample", .nin = 1,
     .in = {REEL__REALS(-2, 2, 7, 5)}, .build = var_last, .attr = &last_1},
    {.what = "all", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 1, 17)},
     .build = var_all, .attr = &all_0},
    {.what = "sample of one", .nin = 1, .in = {REEL__REALS(-2, 2, 1, 3)},
     .build = var_first_1, .attr = &first_1, .value_only = true},
};

const reel__op reel__op_var = {
    .name = "var",
    .arity = 1,
    .flags = REEL__COMPOSITE,
    .reference = var_reference,
    REEL__SAMPLES(var_samples),
};

/* ----------------------------------------------------------------- product */

/* x with the masked axes made one, the last. */
static reel_node *flatten(reel_node *x, uint32_t mask)
{
    reel_shape shape =
        reel__reduced_shape(reel__shape_of(x), mask, false);
    reel_axes order = reel__axes_of(~mask & ((1u << x->ndim) - 1));
    reel_axes reduced = reel__axes_of(mask);
    for (int i = 0; i < reduced.count; i++)
        order.axis[order.count++] = reduced.axis[i];
    shape.dim[shape.ndim++] = reel__reduced_count(x, mask);
    return reel_reshape(reel_permute(x, order), shape);
}

static reel_node *along_last(reel_node *x, int64_t from, int64_t to)
{
    int64_t start[REEL_MAX_DIMS] = {0}, stop[REEL_MAX_DIMS] = {0};
    if (!x)
        return NULL;
    memcpy(stop, x->dim, x->ndim * sizeof *stop);
    start[x->ndim - 1] = from;
    stop[x->ndim - 1] = to;
    return reel_slice(x, start, stop, NULL);
}

/* Halves are multiplied until one element is left, and what had no partner at
 * the end. No division: the gradient of mul is right for zeros, too. O(n) work,
 * O(log n) nodes. */
static reel_node *product(reel_node *x, int64_t n)
{
    reel_node *rest = NULL;
    while (n > 1) {
        int64_t half = n / 2;
        if (n % 2) {
            reel_node *odd = along_last(x, n - 1, n);
            rest = rest ? reel_mul(rest, odd) : odd;
        }
        x = reel_mul(along_last(x, 0, half), along_last(x, half, 2 * half));
        n = half;
    }
    return rest ? reel_mul(x, rest) : x;
}

reel_node *reel_prod(reel_node *x, reel_axes axes, bool keepdims)
{
    uint32_t mask;
    if (!check(&reel__op_prod, x, axes, REEL__TAKES_ANY, &mask))
        return NULL;
    if (!reel__is_float((reel_dtype)x->dtype) && !(x = reel_cast(x, REEL_I64)))
        return NULL;
    int64_t n = reel__reduced_count(x, mask);
    reel_shape shape = reel__reduced_shape(reel__shape_of(x), mask, keepdims);
    if (n == 0)
        return reel_full(x->tape, (reel_dtype)x->dtype, shape, 1);
    return mask ? reel_reshape(product(flatten(x, mask), n), shape) : x;
}

static void prod_step(long double *acc, long double x)
{
    acc[0] *= x;
}

static void prod_reference(reel__eval *e)
{
    static const reel__fold f = {.start = {1}, .step = prod_step};
    const reel__axes *a = e->attr;
    int64_t n = reel_shape_count(e->out->shape);
    reel__fold_axes(e, a->mask, &f);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = reel__wrap(e->out->dtype, e->out->data[i]);
}

REEL__BUILD(prod_first, reel_prod(in[0], REEL_AXES(0), false))
REEL__BUILD(prod_outer, reel_prod(in[0], REEL_AXES(0, 2), false))
REEL__BUILD(prod_last, reel_prod(in[0], REEL_AXES(-1), true))
REEL__BUILD(prod_all, reel_prod(in[0], REEL_ALL, false))

static const double zeros[] = {2, 0, 3, 0, 5, 0, 4, .5, -2};
static const double others[] = {0, 6, 0, 0, 0, 0, -1, -8, 2};

static const reel__sample prod_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(.5, 2, 7, 3)},
     .build = prod_first, .attr = &first},
    {.what = "first and last", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 2, 5)},
     .build = prod_outer, .attr = &outer},
    {.what = "last, keepdims", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 8)},
     .build = prod_last, .attr = &last},
    {.what = "all", .nin = 1, .in = {REEL__REALS(.5, 1.5, 3, 1, 5)},
     .build = prod_all, .attr = &all},
    {.what = "of one", .nin = 1, .in = {REEL__REALS(-2, 2, 1, 5)},
     .build = prod_first, .attr = &first},
    {.what = "zeros", .nin = 1, .in = {REEL__VALUES(zeros, 3, 3)},
     .build = prod_last, .attr = &last, .gradient = others},
    {.what = "zeros, by differences", .nin = 1,
     .in = {REEL__VALUES(zeros, 3, 3)}, .build = prod_first, .attr = &first},
    {.what = "nothing", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = prod_first, .attr = &first, .value_only = true},
    {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 1, 256, 6, 3)},
     .build = prod_first, .attr = &first, .value_only = true},
};

const reel__op reel__op_prod = {
    .name = "prod",
    .arity = 1,
    .flags = REEL__COMPOSITE,
    .reference = prod_reference,
    REEL__SAMPLES(prod_samples),
};
