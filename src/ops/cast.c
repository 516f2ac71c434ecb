/* ops/cast.c: the same values as another dtype, or without a gradient.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

/* -------------------------------------------------------------------- cast */

static bool cast_infer(reel__call *call)
{
    call->dtype = (reel_dtype)((const reel__count *)call->attr)->n;
    call->shape = reel__shape_of(call->in[0]);
    return true;
}

static bool between_floats(const reel_node *y)
{
    return reel__is_float((reel_dtype)y->dtype) &&
           reel__is_float((reel_dtype)y->in[0]->dtype);
}

static void cast_vjp(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    if (need[0] && between_floats(y))
        dx[0] = reel_cast(g, (reel_dtype)y->in[0]->dtype);
}

static reel_node *cast_jvp(reel_node *y, reel_node *const *dx)
{
    return between_floats(y) ? reel_cast(dx[0], (reel_dtype)y->dtype) : NULL;
}

/* A float to an integer: toward zero, 0 when it does not fit. */
static long double whole(reel_dtype to, long double x)
{
    if (!isfinite(x))
        return 0;
    long double wrapped = reel__wrap(to, truncl(x));
    return wrapped == truncl(x) ? wrapped : 0;
}

/* Floats are not rounded to f32: differences are taken of this function. */
static void cast_reference(reel__eval *e)
{
    reel_dtype from = e->in[0].dtype, to = e->out->dtype;
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++) {
        long double x = e->in[0].data[i];
        e->out->data[i] = to == REEL_BOOL        ? x != 0
                          : reel__is_float(to)   ? x
                          : reel__is_float(from) ? whole(to, x)
                                                 : reel__wrap(to, x);
    }
}

REEL__BUILD(to_bool, reel_cast(in[0], REEL_BOOL))
REEL__BUILD(to_u8, reel_cast(in[0], REEL_U8))
REEL__BUILD(to_i32, reel_cast(in[0], REEL_I32))
REEL__BUILD(to_i64, reel_cast(in[0], REEL_I64))
REEL__BUILD(to_f32, reel_cast(in[0], REEL_F32))
REEL__BUILD(to_f64, reel_cast(in[0], REEL_F64))

#define CAST(what_, build_, ...) \
    {.what = what_, .nin = 1, .build = build_, .in = {__VA_ARGS__}}
#define CAST_VALUES(what_, build_, ...) \
    {.what = what_, .nin = 1, .build = build_, .value_only = true, \
     .in = {__VA_ARGS__}}
static const reel__sample cast_samples[] = {
    CAST("f32 to f64", to_f64, REEL__WHOLE(REEL_F32, -2, 2, 7, 17)),
    CAST("f64 to f32", to_f32, REEL__WHOLE(REEL_F64, -2, 2, 7, 17)),
    CAST("scalar", to_f64, REEL__WHOLE_SCALAR(REEL_F32, -2, 2)),
    CAST("no elements", to_f64, REEL__WHOLE(REEL_F32, -2, 2, 3, 0)),
    CAST_VALUES("specials", to_f64,
                REEL__GIVEN(REEL_F32, INFINITY, -INFINITY, NAN)),
    CAST_VALUES("f32 to i32", to_i32,
                REEL__GIVEN(REEL_F32, 1.5, -1.5, 0.75, -0.75, 2147483648.0,
                            -2147483648.0, 1e30, INFINITY, -INFINITY, NAN)),
    CAST_VALUES("f64 to i32", to_i32,
                REEL__GIVEN(REEL_F64, 2147483647.5, -2147483648.5, 2147483648.0,
                            -2147483649.0, -1e300, NAN)),
    CAST_VALUES("f64 to i64", to_i64,
                REEL__GIVEN(REEL_F64, 1e15, -1e15, 9223372036854775808.0, 1e19,
                            -1e19, INFINITY, NAN)),
    CAST_VALUES("f32 to u8", to_u8,
                REEL__GIVEN(REEL_F32, 255.5, 256, -0.5, -1, 300, NAN)),
    CAST_VALUES("f64 to bool", to_bool,
                REEL__GIVEN(REEL_F64, 0, -0.0, 0.25, -3, INFINITY, NAN)),
    CAST_VALUES("i32 to u8", to_u8, REEL__GIVEN(REEL_I32, 0, 255, 256, -1)),
    CAST_VALUES("i32 to f32", to_f32, REEL__WHOLE(REEL_I32, -99, 99, 17)),
    CAST_VALUES("i32 to i64", to_i64, REEL__WHOLE(REEL_I32, -99, 99, 17)),
    CAST_VALUES("i64 to i32", to_i32,
                REEL__GIVEN(REEL_I64, 2147483648.0, -5, 4294967301.0)),
    CAST_VALUES("i64 to f64", to_f64, REEL__WHOLE(REEL_I64, -99, 99, 17)),
    CAST_VALUES("i64 to bool", to_bool, REEL__GIVEN(REEL_I64, 0, 256, -1)),
    CAST_VALUES("u8 to f32", to_f32, REEL__WHOLE(REEL_U8, 0, 256, 17)),
    CAST_VALUES("u8 to i32", to_i32, REEL__WHOLE(REEL_U8, 0, 256, 17)),
    CAST_VALUES("bool to f32", to_f32, REEL__WHOLE(REEL_BOOL, 0, 2, 17)),
    CAST_VALUES("bool to f64", to_f64, REEL__WHOLE(REEL_BOOL, 0, 2, 17)),
    CAST_VALUES("bool to i64", to_i64, REEL__WHOLE(REEL_BOOL, 0, 2, 17)),
    CAST_VALUES("bool to u8", to_u8, REEL__WHOLE(REEL_BOOL, 0, 2, 17)),
};

const reel__op reel__op_cast = {
    .name = "cast",
    .arity = 1,
    .lowering = REEL__LOWER_CAST,
    .kernel = REEL__K_cast,
    .infer = cast_infer,
    .vjp = cast_vjp,
    .jvp = cast_jvp,
    .reference = cast_reference,
    REEL__SAMPLES(cast_samples),
};

reel_node *reel_cast(reel_node *x, reel_dtype dtype)
{
    reel__count attr = {(int64_t)dtype, 0};
    if (!x || (reel_dtype)x->dtype == dtype)
        return x;
    if (reel_dtype_size(dtype) == 0)
        return reel__fail(x->tape, REEL_EDTYPE, "cast", "no such dtype: %d",
                          (int)dtype);
    return reel__record(&reel__op_cast, &x, 1, &attr, sizeof attr);
}

/* ----------------------------------------------------------- stop_gradient */

static bool stop_gradient_view(const reel_node *y, const reel__view *x,
                               reel__view *out)
{
    (void)y;
    *out = *x;
    return true;
}

REEL__REFERENCE_1(stop_gradient, x)
static const reel__sample stop_gradient_samples[] = {
    {.what = "no gradient", .nin = 1, .in = {REEL__GIVEN(REEL__REAL, -1, 0, 2)},
     .gradient = (const double[]){0, 0, 0}},
    {.what = "scalar", .nin = 1, .value_only = true,
     .in = {REEL__REAL_SCALAR(-2, 2)}},
    {.what = "matrix", .nin = 1, .value_only = true,
     .in = {REEL__REALS(-2, 2, 7, 17)}},
    {.what = "no elements", .nin = 1, .value_only = true,
     .in = {REEL__REALS(-2, 2, 0)}},
    REEL__VALUES_1("specials", REEL__REAL, INFINITY, NAN),
    REEL__VALUES_1("bool", REEL_BOOL, 0, 1),
    REEL__VALUES_1("i64", REEL_I64, 0, -5),
};

const reel__op reel__op_stop_gradient = {
    .name = "stop_gradient",
    .arity = 1,
    .flags = REEL__STOPS,
    .lowering = REEL__LOWER_VIEW,
    .infer = reel__infer_any,
    .vjp = reel__vjp_zero,
    .jvp = reel__jvp_zero,
    .view = stop_gradient_view,
    .reference = stop_gradient_reference,
    REEL__SAMPLES(stop_gradient_samples),
};
