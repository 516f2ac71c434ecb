/* ops/binary.c: elementwise arithmetic of two operands, and where.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

/* -------------------------------------------------------------- arithmetic */

#define INTEGERS_2(type)                                              \
    REEL__VALUES_2(#type, REEL__WHOLE(type, 0, 200, 7, 3),           \
                   REEL__WHOLE(type, 0, 200, 3))

REEL__DERIVATIVE_2(add, g, g)
REEL__REFERENCE_2(add, reel__wrap(e->out->dtype, a + b))
static const reel__sample add_samples[] = {
    REEL__SHAPES_2(-2, 2, -2, 2),
    REEL__PAIR("promotion", REEL__REALS(-2, 2, 7),
               REEL__WHOLE(REEL_I32, -3, 4, 7)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, INFINITY, -INFINITY, NAN, 1),
                   REEL__GIVEN(REEL__REAL, 1, INFINITY, 1, NAN)),
    REEL__VALUES_2("i32 wraps", REEL__GIVEN(REEL_I32, 2147483647, -5, 0),
                   REEL__GIVEN(REEL_I32, 1, 3, 0)),
    REEL__VALUES_2("u8 with i64", REEL__WHOLE(REEL_U8, 0, 256, 7),
                   REEL__WHOLE(REEL_I64, -1000, 1000, 7)),
    INTEGERS_2(REEL_U8),
};
REEL__OP_N(add, 2, reel__infer_number);

REEL__DERIVATIVE_2(sub, g, reel_neg(g))
REEL__REFERENCE_2(sub, reel__wrap(e->out->dtype, a - b))
static const reel__sample sub_samples[] = {
    REEL__SHAPES_2(-2, 2, -2, 2),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, INFINITY, INFINITY, NAN, 1),
                   REEL__GIVEN(REEL__REAL, 1, INFINITY, 1, NAN)),
    REEL__VALUES_2("i32 wraps", REEL__GIVEN(REEL_I32, -2147483648.0, -5, 0),
                   REEL__GIVEN(REEL_I32, 1, 3, 0)),
    INTEGERS_2(REEL_U8),
    INTEGERS_2(REEL_I64),
};
REEL__OP_N(sub, 2, reel__infer_number);

REEL__DERIVATIVE_2(mul, reel_mul(g, b), reel_mul(g, a))
REEL__REFERENCE_2(mul, reel__wrap(e->out->dtype, a * b))
static const reel__sample mul_samples[] = {
    REEL__SHAPES_2(-2, 2, -2, 2),
    REEL__PAIR("zeros", REEL__GIVEN(REEL__REAL, 0, 2, 0),
               REEL__GIVEN(REEL__REAL, 3, 0, 0)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, INFINITY, INFINITY, NAN, 1),
                   REEL__GIVEN(REEL__REAL, 0, -INFINITY, 1, NAN)),
    REEL__VALUES_2("i32 wraps", REEL__GIVEN(REEL_I32, 100000, -5, 65536),
                   REEL__GIVEN(REEL_I32, -100000, 3, 65536)),
    INTEGERS_2(REEL_U8),
    INTEGERS_2(REEL_I64),
};
REEL__OP_N(mul, 2, reel__infer_number);

REEL__DERIVATIVE_2(div, reel_div(g, b),
                   reel_neg(reel_div(reel_mul(g, y), b)))
REEL__REFERENCE_2(div, a / b)
static const reel__sample div_samples[] = {
    REEL__SHAPES_2(-2, 2, 0.5, 2),
    REEL__PAIR("negative", REEL__REALS(-2, 2, 7),
               REEL__REALS(-2, -0.5, 7)),
    REEL__PAIR("by integers", REEL__REALS(-2, 2, 7),
               REEL__WHOLE(REEL_I32, 1, 5, 7)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, 1, -1, 0, INFINITY, NAN),
                   REEL__GIVEN(REEL__REAL, 0, 0, 0, INFINITY, 1)),
};
REEL__OP_N(div, 2, reel__infer_float);

/* --------------------------------------------------------------------- pow */

/* Where a factor of 0 would meet an infinite one, a is replaced by 1 before the
 * power or logarithm is taken, so that neither this nor any derivative of it
 * makes a NaN. (y would be no help there: its own derivative may be infinite.)
 * Elsewhere the formulas give the documented zeros by themselves, and the mixed
 * second derivative is right at b = 0. */
static reel_node *pow_derivative(reel_node *y, int i, reel_node *g)
{
    reel_node *a = y->in[0], *b = y->in[1];
    reel_node *one = reel__full_like(y, 1);
    reel_node *at_0 = reel__is_zero(a);

    if (i == 0) { /* g b a^(b-1), but at 0 with b or g 0 */
        reel_node *none = reel_logical_or(reel__is_zero(b), reel__is_zero(g));
        reel_node *base = reel_where(reel_logical_and(at_0, none), one, a);
        return reel_mul(g, reel_mul(b, reel_pow(base, reel_affine(b, 1, -1))));
    }
    /* g a^b log(a), but at a = 0 with b >= 0 */
    reel_node *flat = reel_logical_and(
        at_0, reel_ge(reel__still(b), reel__full_like(b, 0)));
    reel_node *base = reel_where(flat, one, a);
    return reel_mul(g, reel_mul(reel_pow(base, b), reel_log(base)));
}

REEL__REFERENCE_2(pow, powl(a, b))
static const reel__sample pow_samples[] = {
    REEL__SHAPES_2(0.2, 2, -2, 2),
    REEL__PAIR("exponent 0", REEL__REALS(0.5, 2, 7),
               REEL__REAL_SCALAR(0, 0)),
    REEL__PAIR("exponent 1", REEL__REALS(0.5, 2, 3),
               REEL__GIVEN(REEL__REAL, 1)),
    REEL__SLOPE_2("0^0", 0, 0, 0),
    REEL__SLOPE_2("0^1", 1, 0, 1),
    REEL__SLOPE_2("0^2", 0, 0, 2),
    REEL__SLOPE_2("0^0.5", INFINITY, 0, 0.5),
    REEL__PAIR("integer exponents", REEL__REALS(-2, -0.5, 6),
               REEL__GIVEN(REEL_I32, 3, 2, 1, 0, -1, -2)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, NAN, 1, 0, INFINITY, -8, 0),
                   REEL__GIVEN(REEL__REAL, 0, NAN, -1, -1, 0.5, 0)),
};
REEL__OP_N(pow, 2, reel__infer_float);

/* -------------------------------------------------------- maximum, minimum */

/* All of g where won, half of it where tied. */
static reel_node *share(reel_node *g, reel_node *won, reel_node *tied)
{
    reel_node *rest = reel_where(tied, reel_affine(g, 0.5, 0),
                                 reel__full_like(g, 0));
    return reel_where(won, g, rest);
}

static reel_node *maximum_derivative(reel_node *y, int i, reel_node *g)
{
    reel_node *mine = reel__still(y->in[i]);
    reel_node *other = reel__still(y->in[1 - i]);
    return share(g, reel_gt(mine, other), reel_eq(mine, other));
}

static reel_node *minimum_derivative(reel_node *y, int i, reel_node *g)
{
    reel_node *mine = reel__still(y->in[i]);
    reel_node *other = reel__still(y->in[1 - i]);
    return share(g, reel_lt(mine, other), reel_eq(mine, other));
}

REEL__REFERENCE_2(maximum, isnan(a) ? a : isnan(b) ? b : fmaxl(a, b))
static const reel__sample maximum_samples[] = {
    REEL__SHAPES_2(-2, 2, -2, 2),
    REEL__SLOPE_2("tie", 0.5, 1, 1),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, NAN, 1, INFINITY, -INFINITY),
                   REEL__GIVEN(REEL__REAL, 1, NAN, 1, 1)),
    INTEGERS_2(REEL_I32),
    INTEGERS_2(REEL_U8),
    INTEGERS_2(REEL_I64),
};
REEL__OP_N(maximum, 2, reel__infer_number);

REEL__REFERENCE_2(minimum, isnan(a) ? a : isnan(b) ? b : fminl(a, b))
static const reel__sample minimum_samples[] = {
    REEL__SHAPES_2(-2, 2, -2, 2),
    REEL__SLOPE_2("tie", 0.5, 1, 1),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, NAN, 1, INFINITY, -INFINITY),
                   REEL__GIVEN(REEL__REAL, 1, NAN, 1, 1)),
    INTEGERS_2(REEL_I32),
    INTEGERS_2(REEL_U8),
    INTEGERS_2(REEL_I64),
};
REEL__OP_N(minimum, 2, reel__infer_number);

/* --------------------------------------------------------- xlogy, xlog1py */

/* g a / s, with no division where both a and s are 0 (see pow). */
static reel_node *ratio(reel_node *g, reel_node *a, reel_node *s)
{
    reel_node *both = reel_logical_and(reel__is_zero(a), reel__is_zero(s));
    return reel_div(reel_mul(g, a),
                    reel_where(both, reel__full_like(s, 1), s));
}

REEL__DERIVATIVE_2(xlogy, reel_xlogy(g, b), ratio(g, a, b))
REEL__REFERENCE_2(xlogy, a == 0 && !isnan(b) ? 0 : a * logl(b))
static const reel__sample xlogy_samples[] = {
    REEL__SHAPES_2(-2, 2, 0.2, 3),
    REEL__PAIR("a = 0", REEL__REALS(0, 0, 7),
               REEL__REALS(0.2, 3, 7)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, 0, 0, 0, 1, 0, NAN),
                   REEL__GIVEN(REEL__REAL, 0, -1, NAN, 0, INFINITY, 1)),
};
REEL__OP_N(xlogy, 2, reel__infer_float);

REEL__DERIVATIVE_2(xlog1py, reel_xlog1py(g, b),
                   ratio(g, a, reel_affine(b, 1, 1)))
REEL__REFERENCE_2(xlog1py, a == 0 && !isnan(b) ? 0 : a * log1pl(b))
static const reel__sample xlog1py_samples[] = {
    REEL__SHAPES_2(-2, 2, -0.8, 3),
    REEL__PAIR("a = 0", REEL__REALS(0, 0, 7),
               REEL__REALS(-0.8, 3, 7)),
    REEL__VALUES_2("specials",
                   REEL__GIVEN(REEL__REAL, 0, 0, 0, 1, 0, NAN),
                   REEL__GIVEN(REEL__REAL, -1, -2, NAN, -1, INFINITY, 1)),
};
REEL__OP_N(xlog1py, 2, reel__infer_float);

/* ------------------------------------------------------------------- where */

static bool where_infer(reel__call *call)
{
    return reel__takes(call, 0, REEL__TAKES_BOOL) && reel__promote(call, 1) &&
           reel__broadcast(call);
}

static reel_node *where_derivative(reel_node *y, int i, reel_node *g)
{
    reel_node *zero = reel__full_like(g, 0);
    return i == 1 ? reel_where(y->in[0], g, zero)
                  : reel_where(y->in[0], zero, g);
}

static void where_reference(reel__eval *e)
{
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = e->in[e->in[0].data[i] != 0 ? 1 : 2].data[i];
}

REEL__BUILD(where_build, reel_where(in[0], in[1], in[2]))

#define WHERE(what_, c, a, b) \
    {.what = what_, .nin = 3, .build = where_build, .in = {c, a, b}}
static const reel__sample where_samples[] = {
    WHERE("scalars", REEL__WHOLE_SCALAR(REEL_BOOL, 0, 2),
          REEL__REAL_SCALAR(-2, 2),
          REEL__REAL_SCALAR(-2, 2)),
    WHERE("matrices", REEL__WHOLE(REEL_BOOL, 0, 2, 7, 17),
          REEL__REALS(-2, 2, 7, 17),
          REEL__REALS(-2, 2, 7, 17)),
    WHERE("all broadcast", REEL__WHOLE(REEL_BOOL, 0, 2, 3, 1),
          REEL__REALS(-2, 2, 2, 1, 4),
          REEL__REAL_SCALAR(-2, 2)),
    WHERE("no elements", REEL__WHOLE(REEL_BOOL, 0, 2, 0),
          REEL__REALS(-2, 2, 1),
          REEL__REAL_SCALAR(-2, 2)),
    WHERE("promotion", REEL__WHOLE(REEL_BOOL, 0, 2, 7),
          REEL__WHOLE(REEL_U8, 0, 9, 7),
          REEL__REALS(-2, 2, 7)),
    WHERE("i32", REEL__WHOLE(REEL_BOOL, 0, 2, 7),
          REEL__WHOLE(REEL_I32, -9, 9, 7), REEL__WHOLE(REEL_I32, -9, 9, 7)),
    WHERE("bool", REEL__WHOLE(REEL_BOOL, 0, 2, 7),
          REEL__WHOLE(REEL_BOOL, 0, 2, 7), REEL__WHOLE(REEL_BOOL, 0, 2, 7)),
    {.what = "the other's NaN", .nin = 3, .build = where_build,
     .value_only = true,
     .in = {REEL__GIVEN(REEL_BOOL, 1, 0, 0), REEL__GIVEN(REEL__REAL, 1, NAN, 1),
            REEL__GIVEN(REEL__REAL, NAN, 2, INFINITY)}},
};
REEL__OP_N(where, 3, where_infer);

reel_node *reel_where(reel_node *condition, reel_node *a, reel_node *b)
{
    reel_node *in[] = {condition, a, b};
    return reel__record(&reel__op_where, in, 3, NULL, 0);
}
