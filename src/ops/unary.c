/* ops/unary.c: elementwise functions of one operand.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

/* --------------------------------------------------------------------- neg */

REEL__DERIVATIVE_1(neg, reel_neg(g))
REEL__REFERENCE_1(neg, reel__wrap(e->out->dtype, -x))
static const reel__sample neg_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("i32 wraps", REEL_I32, 0, 7, -7, -2147483648.0),
    REEL__VALUES_1("u8 wraps", REEL_U8, 0, 1, 255),
    REEL__VALUES_1("i64", REEL_I64, 0, 5, -5),
};
REEL__OP_1(neg, reel__infer_number);

/* --------------------------------------------------------------------- abs */

REEL__DERIVATIVE_1(abs, reel_mul(g, reel_sign(x)))
REEL__REFERENCE_1(abs, reel__wrap(e->out->dtype, fabsl(x)))
static const reel__sample abs_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__SLOPE_1("kink", 0, 0),
    REEL__VALUES_1("specials", REEL__REAL, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("i32 wraps", REEL_I32, 0, 7, -7, -2147483648.0),
    REEL__VALUES_1("u8", REEL_U8, 0, 255),
    REEL__VALUES_1("i64", REEL_I64, 0, 5, -5),
};
REEL__OP_1(abs, reel__infer_number);

/* -------------------------------------------------------------------- sign */

REEL__REFERENCE_1(sign, x > 0 ? 1 : x < 0 ? -1 : x)
static const reel__sample sign_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__SLOPE_1("jump", 0, 0),
    REEL__VALUES_1("specials", REEL__REAL, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("i32", REEL_I32, 0, 7, -7),
    REEL__VALUES_1("u8", REEL_U8, 0, 255),
    REEL__VALUES_1("i64", REEL_I64, 0, 5, -5),
};
const reel__op reel__op_sign = {
    .name = "sign",
    .arity = 1,
    .lowering = REEL__LOWER_ELEMENTWISE,
    .kernel = REEL__K_sign,
    .infer = reel__infer_number,
    .vjp = reel__vjp_zero,
    .jvp = reel__jvp_zero,
    .reference = sign_reference,
    REEL__SAMPLES(sign_samples),
};

/* ------------------------------------------------------------------ square */

REEL__DERIVATIVE_1(square, reel_mul(g, reel_affine(x, 2, 0)))
REEL__REFERENCE_1(square, reel__wrap(e->out->dtype, x * x))
static const reel__sample square_samples[] = {
    REEL__SHAPES_1(-2, 2),
    REEL__VALUES_1("specials", REEL__REAL, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("i32 wraps", REEL_I32, 0, 7, -7, 50000),
    REEL__VALUES_1("u8 wraps", REEL_U8, 0, 15, 16, 255),
    REEL__VALUES_1("i64", REEL_I64, 0, 100000, -5),
};
REEL__OP_1(square, reel__infer_number);

/* -------------------------------------------------------------------- sqrt */

/* At y = 0 a cotangent of 0 must not meet the infinite slope: what a mask has
 * taken out of a loss would come back as NaN. */
static reel_node *sqrt_derivative(reel_node *y, reel_node *g)
{
    reel_node *both = reel_logical_and(reel__is_zero(y), reel__is_zero(g));
    reel_node *slope = reel_where(both, reel__full_like(y, 1),
                                  reel_affine(y, 2, 0));
    return reel_div(g, slope);
}

REEL__REFERENCE_1(sqrt, sqrtl(x))
static const reel__sample sqrt_samples[] = {
    REEL__SHAPES_1(0.1, 4),
    REEL__SLOPE_1("at 0", INFINITY, 0),
    REEL__VALUES_1("specials", REEL__REAL, 0, -1, INFINITY, NAN),
};
REEL__OP_1(sqrt, reel__infer_float);

/* -------------------------------------------------------------- reciprocal */

REEL__DERIVATIVE_1(reciprocal, reel_neg(reel_mul(g, reel_square(y))))
REEL__REFERENCE_1(reciprocal, 1 / x)
static const reel__sample reciprocal_samples[] = {
    REEL__SHAPES_1(0.3, 3),
    {.what = "negative", .nin = 1,
     .in = {REEL__REALS(-3, -0.3, 7)}},
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
};
REEL__OP_1(reciprocal, reel__infer_float);

/* ------------------------------------------------- exponentials, logarithms */

REEL__DERIVATIVE_1(exp, reel_mul(g, y))
REEL__REFERENCE_1(exp, expl(x))
static const reel__sample exp_samples[] = {
    REEL__SHAPES_1(-3, 3),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("underflow", REEL__REAL, -1e4, -700, -80),
};
REEL__OP_1(exp, reel__infer_float);

REEL__DERIVATIVE_1(expm1, reel_mul(g, reel_exp(x)))
REEL__REFERENCE_1(expm1, expm1l(x))
static const reel__sample expm1_samples[] = {
    REEL__SHAPES_1(-3, 3),
    {.what = "small", .nin = 1,
     .in = {REEL__REALS(-1e-6, 1e-6, 7)}},
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN, -1e4),
};
REEL__OP_1(expm1, reel__infer_float);

REEL__DERIVATIVE_1(log, reel_div(g, x))
REEL__REFERENCE_1(log, logl(x))
static const reel__sample log_samples[] = {
    REEL__SHAPES_1(0.1, 3),
    REEL__VALUES_1("specials", REEL__REAL, 0, 1, -1, INFINITY, NAN),
    REEL__VALUES_1("extremes", REEL__REAL, 1e-30, 1e30),
};
REEL__OP_1(log, reel__infer_float);

REEL__DERIVATIVE_1(log1p, reel_div(g, reel_affine(x, 1, 1)))
REEL__REFERENCE_1(log1p, log1pl(x))
static const reel__sample log1p_samples[] = {
    REEL__SHAPES_1(-0.8, 3),
    {.what = "small", .nin = 1,
     .in = {REEL__REALS(-1e-6, 1e-6, 7)}},
    REEL__VALUES_1("specials", REEL__REAL, 0, -1, -2, INFINITY, NAN),
};
REEL__OP_1(log1p, reel__infer_float);

/* ------------------------------------------------------------ trigonometry */

REEL__DERIVATIVE_1(sin, reel_mul(g, reel_cos(x)))
REEL__REFERENCE_1(sin, sinl(x))
static const reel__sample sin_samples[] = {
    REEL__SHAPES_1(-4, 4),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("large", REEL__REAL, 100, -1000, 10000),
};
REEL__OP_1(sin, reel__infer_float);

REEL__DERIVATIVE_1(cos, reel_neg(reel_mul(g, reel_sin(x))))
REEL__REFERENCE_1(cos, cosl(x))
static const reel__sample cos_samples[] = {
    REEL__SHAPES_1(-4, 4),
    REEL__VALUES_1("specials", REEL__REAL, 0, INFINITY, -INFINITY, NAN),
    REEL__VALUES_1("large", REEL__REAL, 100, -1000, 10000),
};
REEL__OP_1(cos, reel__infer_float);
