/* ops/activation.c: elementwise functions that networks are bent with, and the
 * piecewise and linear ones that take real attributes.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

/* ------------------------------------------------------------ smooth curves */

REEL__DERIVATIVE_1(tanh, reel_mul(g, reel_affine(reel_square(y), -1, 1)))
REEL__REFERENCE_1(tanh, tanhl(x))
static const reel__sample tanh_samples[] = {
    REEL__SHAPES_1(-3, 3),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 1e-6, 20),
};
REEL__OP_1(tanh, reel__infer_float);

/* Of the two ways to write it, the one whose exponential cannot overflow. */
static long double logistic(long double x)
{
    return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

REEL__DERIVATIVE_1(sigmoid,
                   reel_mul(g, reel_mul(y, reel_affine(y, -1, 1))))
REEL__REFERENCE_1(sigmoid, logistic(x))
static const reel__sample sigmoid_samples[] = {
    REEL__SHAPES_1(-4, 4),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 40, -40),
};
REEL__OP_1(sigmoid, reel__infer_float);

REEL__DERIVATIVE_1(softplus, reel_mul(g, reel_sigmoid(x)))
REEL__REFERENCE_1(softplus, x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)))
static const reel__sample softplus_samples[] = {
    REEL__SHAPES_1(-4, 4),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 40, -40),
};
REEL__OP_1(softplus, reel__infer_float);

#define TWO_OVER_SQRT_PI 1.12837916709551257390
#define SQRT_HALF 0.70710678118654752440
#define ONE_OVER_SQRT_TWO_PI 0.39894228040143267794

REEL__DERIVATIVE_1(erf,
                   reel_mul(g, reel_affine(reel_exp(reel_neg(reel_square(x))),
                                           TWO_OVER_SQRT_PI, 0)))
REEL__REFERENCE_1(erf, erfl(x))
static const reel__sample erf_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 1e-6, 5),
};
REEL__OP_1(erf, reel__infer_float);

/* Phi and phi: distribution and density of the standard normal.
 * D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016. */
static reel_node *gelu_derivative(reel_node *y, reel_node *g)
{
    reel_node *x = y->in[0];
    reel_node *Phi = reel_affine(reel_erf(reel_affine(x, SQRT_HALF, 0)),
                                 0.5, 0.5);
    reel_node *phi = reel_affine(reel_exp(reel_affine(reel_square(x), -0.5, 0)),
                                 ONE_OVER_SQRT_TWO_PI, 0);
    return reel_mul(g, reel_add(Phi, reel_mul(x, phi)));
}

REEL__REFERENCE_1(gelu, x < 0 ? x * erfcl(-x / sqrtl(2)) / 2
                              : x * (1 + erfl(x / sqrtl(2))) / 2)
static const reel__sample gelu_samples[] = {
    REEL__SHAPES_1(-3, 3),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 10, -10),
};
REEL__OP_1(gelu, reel__infer_float);

static reel_node *silu_derivative(reel_node *y, reel_node *g)
{
    reel_node *x = y->in[0];
    reel_node *s = reel_sigmoid(x);
    reel_node *rest = reel_mul(x, reel_affine(s, -1, 1));
    return reel_mul(reel_mul(g, s), reel_affine(rest, 1, 1));
}

REEL__REFERENCE_1(silu, x * logistic(x))
static const reel__sample silu_samples[] = {
    REEL__SHAPES_1(-4, 4),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e4, -1e4, 40, -40),
};
REEL__OP_1(silu, reel__infer_float);

/* -------------------------------------------------------------------- relu */

/* y tells as much as x here, and is what the next layer keeps anyway. */
REEL__DERIVATIVE_1(relu, reel_where(reel__positive(y), g,
                                    reel__full_like(g, 0)))
REEL__REFERENCE_1(relu, x < 0 ? 0 : x)
static const reel__sample relu_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__SLOPE_1("kink", 0, 0),
    REEL__VALUES_1("specials", REEL__REAL, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("i32", REEL_I32, 0, 7, -7),
    REEL__VALUES_1("u8", REEL_U8, 0, 255),
    REEL__VALUES_1("i64", REEL_I64, 0, 5, -5),
};
REEL__OP_1(relu, reel__infer_number);

/* ----------------------------------------------------- with real attributes */

/* Constants are rounded to x's dtype once, so that kernels, derivatives and
 * references all see the same number. One by one: of a pair of assignments,
 * gcc 12's vectoriser forgets to round. */
static double rounded(const reel_node *x, double value)
{
    return x && x->dtype == REEL_F32 ? (double)(float)value : value;
}

static reel_node *record(const reel__op *op, reel_node *x, double p, double q)
{
    reel__reals attr = {{rounded(x, p), rounded(x, q)}};
    return reel__record(op, &x, 1, &attr, sizeof attr);
}

static double real(const void *attr, int i)
{
    return ((const reel__reals *)attr)->f[i];
}

REEL__DERIVATIVE_1(leaky_relu,
                   reel_where(reel__positive(x), g,
                              reel_affine(g, real(y->attr, 0), 0)))
REEL__REFERENCE_1(leaky_relu, x > 0 ? x : real(e->attr, 0) * x)
REEL__BUILD(leaky_relu_build, reel_leaky_relu(in[0], 0.25))
REEL__BUILD(leaky_relu_negative_build, reel_leaky_relu(in[0], -1.5))
static const reel__sample leaky_relu_samples[] = {
    {.what = "matrix", .nin = 1, .build = leaky_relu_build,
     .in = {REEL__REALS(-2, 2, 7, 17)}},
    {.what = "scalar", .nin = 1, .build = leaky_relu_build,
     .in = {REEL__REAL_SCALAR(-2, 2)}},
    {.what = "negative slope", .nin = 1, .build = leaky_relu_negative_build,
     .in = {REEL__REALS(-2, 2, 7)}},
    {.what = "no elements", .nin = 1, .build = leaky_relu_build,
     .in = {REEL__REALS(-2, 2, 0)}},
    {.what = "kink", .nin = 1, .build = leaky_relu_build,
     .in = {REEL__GIVEN(REEL__REAL, 0)}, .gradient = (const double[]){0.25}},
    {.what = "specials", .nin = 1, .build = leaky_relu_build,
     .in = {REEL__GIVEN(REEL__REAL, INFINITY, -INFINITY, NAN)},
     .value_only = true},
};
REEL__OP_1(leaky_relu, reel__infer_float);

reel_node *reel_leaky_relu(reel_node *x, double slope)
{
    return record(&reel__op_leaky_relu, x, slope, 0);
}

/* alpha e^x is y + alpha where x <= 0. */
REEL__DERIVATIVE_1(elu,
                   reel_where(reel__positive(x), g,
                              reel_mul(g, reel_affine(y, 1,
                                                      real(y->attr, 0)))))
REEL__REFERENCE_1(elu, x > 0 ? x : real(e->attr, 0) * expm1l(x))
REEL__BUILD(elu_build, reel_elu(in[0], 1))
REEL__BUILD(elu_half_build, reel_elu(in[0], 0.5))
static const reel__sample elu_samples[] = {
    {.what = "matrix", .nin = 1, .build = elu_build,
     .in = {REEL__REALS(-2, 2, 7, 17)}},
    {.what = "scalar", .nin = 1, .build = elu_build,
     .in = {REEL__REAL_SCALAR(-2, 2)}},
    {.what = "alpha 0.5", .nin = 1, .build = elu_half_build,
     .in = {REEL__REALS(-2, 2, 7)}},
    {.what = "no elements", .nin = 1, .build = elu_build,
     .in = {REEL__REALS(-2, 2, 0)}},
    {.what = "kink", .nin = 1, .build = elu_half_build,
     .in = {REEL__GIVEN(REEL__REAL, 0)}, .gradient = (const double[]){0.5}},
    {.what = "specials", .nin = 1, .build = elu_build,
     .in = {REEL__GIVEN(REEL__REAL, INFINITY, -INFINITY, NAN, -1e4)},
     .value_only = true},
};
REEL__OP_1(elu, reel__infer_float);

reel_node *reel_elu(reel_node *x, double alpha)
{
    return record(&reel__op_elu, x, alpha, 0);
}

REEL__DERIVATIVE_1(affine, reel_affine(g, real(y->attr, 0), 0))
REEL__REFERENCE_1(affine, real(e->attr, 0) * x + real(e->attr, 1))
REEL__BUILD(affine_build, reel_affine(in[0], -1.5, 0.1))
static const reel__sample affine_samples[] = {
    {.what = "matrix", .nin = 1, .build = affine_build,
     .in = {REEL__REALS(-2, 2, 7, 17)}},
    {.what = "scalar", .nin = 1, .build = affine_build,
     .in = {REEL__REAL_SCALAR(-2, 2)}},
    {.what = "no elements", .nin = 1, .build = affine_build,
     .in = {REEL__REALS(-2, 2, 0)}},
    {.what = "specials", .nin = 1, .build = affine_build,
     .in = {REEL__GIVEN(REEL__REAL, INFINITY, -INFINITY, NAN)},
     .value_only = true},
};
REEL__OP_1(affine, reel__infer_float);

reel_node *reel_affine(reel_node *x, double scale, double offset)
{
    return record(&reel__op_affine, x, scale, offset);
}

/* ------------------------------------------------------------------- clamp */

static reel_node *clamp_derivative(reel_node *y, reel_node *g)
{
    reel_node *x = reel__still(y->in[0]);
    reel_node *inside = reel_logical_and(
        reel_ge(x, reel__full_like(x, real(y->attr, 0))),
        reel_le(x, reel__full_like(x, real(y->attr, 1))));
    return reel_where(inside, g, reel__full_like(g, 0));
}

REEL__REFERENCE_1(clamp, x < real(e->attr, 0)   ? real(e->attr, 0)
                         : x > real(e->attr, 1) ? real(e->attr, 1)
                                                : x)
REEL__BUILD(clamp_build, reel_clamp(in[0], -1, 0.5))
REEL__BUILD(clamp_whole_build, reel_clamp(in[0], -INFINITY, 5))
REEL__BUILD(clamp_half_build, reel_clamp(in[0], 0.1, INFINITY))
static const reel__sample clamp_samples[] = {
    {.what = "matrix", .nin = 1, .build = clamp_build,
     .in = {REEL__REALS(-2, 2, 7, 17)}},
    {.what = "scalar", .nin = 1, .build = clamp_build,
     .in = {REEL__REAL_SCALAR(-2, 2)}},
    {.what = "below only", .nin = 1, .build = clamp_half_build,
     .in = {REEL__REALS(-2, 2, 7)}},
    {.what = "no elements", .nin = 1, .build = clamp_build,
     .in = {REEL__REALS(-2, 2, 0)}},
    {.what = "edges and beyond", .nin = 1, .build = clamp_build,
     .in = {REEL__GIVEN(REEL__REAL, -1, 0.5, -1.5, 0, 1)},
     .gradient = (const double[]){1, 1, 0, 1, 0}},
    {.what = "specials", .nin = 1, .build = clamp_build,
     .in = {REEL__GIVEN(REEL__REAL, INFINITY, -INFINITY, NAN)},
     .value_only = true},
    {.what = "i32", .nin = 1, .build = clamp_whole_build,
     .in = {REEL__GIVEN(REEL_I32, -2147483648.0, -7, 5, 6, 2147483647)},
     .value_only = true},
    {.what = "u8", .nin = 1, .build = clamp_whole_build,
     .in = {REEL__GIVEN(REEL_U8, 0, 5, 6, 255)}, .value_only = true},
    {.what = "i64", .nin = 1, .build = clamp_whole_build,
     .in = {REEL__GIVEN(REEL_I64, -7, 5, 6, 4e15)}, .value_only = true},
};

/* The integers of a dtype lie in [first, end). */
static void limits(reel_dtype dtype, double *first, double *end)
{
    int bits = 8 * (int)reel_dtype_size(dtype);
    *first = dtype == REEL_U8 ? 0 : -ldexp(1, bits - 1);
    *end = dtype == REEL_U8 ? 256 : ldexp(1, bits - 1);
}

/* Kernels turn the bounds into numbers of the dtype. */
static bool clamp_infer(reel__call *call)
{
    double first, end;
    double low = real(call->attr, 0), high = real(call->attr, 1);
    if (!reel__infer_number(call))
        return false;
    limits(call->dtype, &first, &end);
    return (low <= high &&
            (reel__is_float(call->dtype) ||
             (low >= first && high < end && floor(low) == low &&
              floor(high) == high))) ||
           reel__fail(call->tape, REEL_EVALUE, "clamp",
                      "%g and %g are no bounds for %s", low, high,
                      reel_dtype_name(call->dtype));
}

REEL__OP_1(clamp, clamp_infer);

/* Bounds become numbers of x's dtype. One above all of them is none at all:
 * the largest i64 is no double, and so could not stand as an attribute. */
static reel_node *clamp_integers(reel_node *x, double low, double high)
{
    reel_dtype dtype = (reel_dtype)x->dtype;
    double first, end;
    limits(dtype, &first, &end);
    if (floor(low) != low || floor(high) != high)
        return reel__fail(x->tape, REEL_EVALUE, "clamp",
                          "bounds %g and %g of %s must be whole numbers", low,
                          high, reel_dtype_name(dtype));
    if (low >= end || high < first)
        return reel__fail(x->tape, REEL_EVALUE, "clamp",
                          "bounds %g and %g are out of the range of %s", low,
                          high, reel_dtype_name(dtype));
    if (low < first)
        low = first;
    if (high >= end)
        return reel_maximum(x, reel_scalar(x->tape, dtype, low));
    return record(&reel__op_clamp, x, low, high);
}

reel_node *reel_clamp(reel_node *x, double low, double high)
{
    if (!x)
        return NULL;
    if (!(low <= high))
        return reel__fail(x->tape, REEL_EVALUE, "clamp",
                          "needs low <= high, not %g and %g", low, high);
    if (reel__is_integer((reel_dtype)x->dtype))
        return clamp_integers(x, low, high);
    return record(&reel__op_clamp, x, low, high);
}
