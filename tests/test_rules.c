/* test_rules.c: which dtypes and shapes meet in one op, against tables and a
 * brute-force oracle.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* ------------------------------------------------------------------ dtypes */

#define NO REEL_DTYPES /* an error */

static const int promoted[REEL_DTYPES][REEL_DTYPES] = {
    /*             bool       u8        i32       i64       f32       f64 */
    [REEL_BOOL] = {REEL_BOOL, REEL_U8,  REEL_I32, REEL_I64, REEL_F32, REEL_F64},
    [REEL_U8]   = {REEL_U8,   REEL_U8,  REEL_I32, REEL_I64, REEL_F32, REEL_F64},
    [REEL_I32]  = {REEL_I32,  REEL_I32, REEL_I32, REEL_I64, REEL_F32, REEL_F64},
    [REEL_I64]  = {REEL_I64,  REEL_I64, REEL_I64, REEL_I64, REEL_F32, REEL_F64},
    [REEL_F32]  = {REEL_F32,  REEL_F32, REEL_F32, REEL_F32, REEL_F32, NO},
    [REEL_F64]  = {REEL_F64,  REEL_F64, REEL_F64, REEL_F64, NO,       REEL_F64},
};

START_TEST(test_promotion)
{
    reel_node *yes = reel_scalar(t, REEL_BOOL, 1);
    for (int i = 0; i < REEL_DTYPES * REEL_DTYPES; i++) {
        reel_dtype a = (reel_dtype)(i / REEL_DTYPES);
        reel_dtype b = (reel_dtype)(i % REEL_DTYPES);
        reel_node *x = reel_full(t, a, REEL_SHAPE(2), 1);
        reel_node *y = reel_scalar(t, b, 1);
        int line = __LINE__ + 1;
        reel_node *any = reel_where(yes, x, y);
        if (promoted[a][b] == NO) {
            ck_assert_ptr_null(any);
            assert_error(t, REEL_EDTYPE,
                         "%s:%d: where: %s with %s: cast one of them "
                         "(reel_cast)",
                         __FILE__, line, reel_dtype_name(a),
                         reel_dtype_name(b));
            continue;
        }
        ck_assert_int_eq(reel_dtype_of(any), promoted[a][b]);
        reel_node *same = reel_le(x, y);
        ck_assert_int_eq(reel_dtype_of(same), REEL_BOOL);
        reel_program *p = run_once(t, any, same);
        assert_values(any, 0, 1, 1);
        assert_values(same, 0, 1, 1);
        reel_program_free(p);
        if (promoted[a][b] != REEL_BOOL) {
            reel_node *sum = reel_add(x, y);
            ck_assert_int_eq(reel_dtype_of(sum), promoted[a][b]);
            p = run_once(t, sum);
            assert_values(sum, 0, 2, 2);
            reel_program_free(p);
        }
    }
    assert_ok(t);
}
END_TEST

/* Which of the plain ops take which dtypes, as reel/ops.h says. */
enum { BOOLS = 1, INTEGERS = 2, FLOATS = 4, NUMBERS = 6, ANY = 7 };

static const struct {
    const char *name;
    reel_node *(*one)(reel_node *x);
    reel_node *(*two)(reel_node *a, reel_node *b);
    int takes;
} takes[] = {
#define ONE(name, which) {#name, reel_##name, NULL, which}
#define TWO(name, which) {#name, NULL, reel_##name, which}
    ONE(neg, NUMBERS), ONE(abs, NUMBERS), ONE(sign, NUMBERS),
    ONE(square, NUMBERS), ONE(relu, NUMBERS), ONE(sqrt, FLOATS),
    ONE(reciprocal, FLOATS), ONE(exp, FLOATS), ONE(expm1, FLOATS),
    ONE(log, FLOATS), ONE(log1p, FLOATS), ONE(sin, FLOATS), ONE(cos, FLOATS),
    ONE(tanh, FLOATS), ONE(sigmoid, FLOATS), ONE(softplus, FLOATS),
    ONE(erf, FLOATS), ONE(gelu, FLOATS), ONE(silu, FLOATS),
    ONE(stop_gradient, ANY), ONE(logical_not, BOOLS),
    TWO(add, NUMBERS), TWO(sub, NUMBERS), TWO(mul, NUMBERS),
    TWO(maximum, NUMBERS), TWO(minimum, NUMBERS), TWO(div, FLOATS),
    TWO(pow, FLOATS), TWO(xlogy, FLOATS), TWO(xlog1py, FLOATS),
    TWO(eq, ANY), TWO(ne, ANY), TWO(lt, ANY), TWO(le, ANY), TWO(gt, ANY),
    TWO(ge, ANY), TWO(logical_and, BOOLS), TWO(logical_or, BOOLS),
    TWO(logical_xor, BOOLS), TWO(matmul, FLOATS),
#undef ONE
#undef TWO
};

static int kind(reel_dtype dtype)
{
    return dtype == REEL_BOOL ? BOOLS : dtype < REEL_F32 ? INTEGERS : FLOATS;
}

START_TEST(test_dtypes_taken)
{
    for (int d = 0; d < REEL_DTYPES; d++) {
        reel_node *x = reel_full(t, (reel_dtype)d, REEL_SHAPE(2, 2), 1);
        bool fits = (takes[_i].takes & kind((reel_dtype)d)) != 0;
        reel_node *y = takes[_i].one ? takes[_i].one(x) : takes[_i].two(x, x);
        ck_assert_msg((y != NULL) == fits, "%s of %s", takes[_i].name,
                      reel_dtype_name((reel_dtype)d));
        if (fits) {
            reel_program *p = run_once(t, y); /* there is a kernel for it */
            reel_program_free(p);
        }
        const char *needs = takes[_i].takes == BOOLS    ? "bool"
                            : takes[_i].takes == FLOATS ? "f32 or f64"
                                                        : "numbers";
        const char *cure = takes[_i].takes == BOOLS ? "compare it (reel_ne)"
                                                    : "cast it (reel_cast)";
        if (!fits)
            assert_error(t, REEL_EDTYPE, "%s: needs %s, not %s: %s",
                         takes[_i].name, needs,
                         reel_dtype_name((reel_dtype)d), cure);
    }
    assert_ok(t);
}
END_TEST

/* Every dtype to every other, in values that all of them have. */
START_TEST(test_casts)
{
    for (int a = 0; a < REEL_DTYPES; a++) {
        reel_node *x = reel_concat(
            REEL_NODES(reel_full(t, (reel_dtype)a, REEL_SHAPE(2), 0),
                       reel_full(t, (reel_dtype)a, REEL_SHAPE(1), 1)), 0);
        for (int b = 0; b < REEL_DTYPES; b++) {
            reel_node *y = reel_cast(x, (reel_dtype)b);
            if (a == b)
                ck_assert_ptr_eq(x, y);
            ck_assert_int_eq(reel_dtype_of(y), b);
            reel_program *p = run_once(t, y);
            assert_values(y, 0, 0, 0, 1);
            reel_program_free(p);
        }
    }
}
END_TEST

START_TEST(test_dtype_names)
{
    static const char *name[] = {"bool", "u8", "i32", "i64", "f32", "f64"};
    static const size_t size[] = {1, 1, 4, 8, 4, 8};
    for (int d = 0; d < REEL_DTYPES; d++) {
        ck_assert_str_eq(reel_dtype_name((reel_dtype)d), name[d]);
        ck_assert_uint_eq(reel_dtype_size((reel_dtype)d), size[d]);
    }
    ck_assert_str_eq(reel_dtype_name((reel_dtype)REEL_DTYPES), "?");
    ck_assert_uint_eq(reel_dtype_size((reel_dtype)REEL_DTYPES), 0);
    ck_assert_str_eq(reel_dtype_name((reel_dtype)-1), "?");
}
END_TEST

START_TEST(test_status_texts)
{
    static const char *text[] = {
        "ok", "out of memory", "shapes do not fit", "dtypes do not fit",
        "argument out of range", "no such derivative", "not possible now",
        "index out of range", "input or output failed", "malformed data",
        "gradient check not passed", "not a finite number", "unknown status"};
    for (int i = 0; i <= REEL_EANOMALY + 1; i++)
        ck_assert_str_eq(reel_status_text((reel_status)i), text[i]);
}
END_TEST

/* ------------------------------------------------------------ broadcasting */

enum { SIZES = 4, MOST = 3 }; /* 0 to 3 along 0 to 3 axes */

/* The n-th of all shapes; false when there are no more. */
static bool nth_shape(int n, reel_shape *s)
{
    int count = 1;
    for (int ndim = 0; ndim <= MOST; ndim++, count *= SIZES) {
        if (n < count) {
            *s = (reel_shape){ndim, {0}};
            for (int i = 0; i < ndim; i++, n /= SIZES)
                s->dim[i] = n % SIZES;
            return true;
        }
        n -= count;
    }
    return false;
}

/* The size along the axis that is `back` from the end, 1 beyond. */
static int64_t size_at(reel_shape s, int back)
{
    return back <= s.ndim ? s.dim[s.ndim - back] : 1;
}

/* By the rule's own words: aligned at the last axis, equal or 1. */
static bool oracle(reel_shape a, reel_shape b, reel_shape *out)
{
    *out = (reel_shape){a.ndim > b.ndim ? a.ndim : b.ndim, {0}};
    for (int back = 1; back <= out->ndim; back++) {
        int64_t p = size_at(a, back), q = size_at(b, back);
        if (p != q && p != 1 && q != 1)
            return false;
        out->dim[out->ndim - back] = p == 1 ? q : p;
    }
    return true;
}

/* The element of a broadcast operand of shape s for element i of shape out;
 * operands hold 0, 1, 2, ... */
static double element(reel_shape s, reel_shape out, int64_t i)
{
    int64_t at = 0, step = 1;
    for (int back = 1; back <= out.ndim; back++) {
        int64_t size = size_at(out, back), k = i % size;
        i /= size;
        if (back <= s.ndim) {
            at += (size_at(s, back) == 1 ? 0 : k) * step;
            step *= size_at(s, back);
        }
    }
    return (double)at;
}

static reel_node *counted(reel_shape s, double scale)
{
    double data[SIZES * SIZES * SIZES];
    for (int i = 0; i < SIZES * SIZES * SIZES; i++)
        data[i] = scale * i;
    return reel_parameter(t, "counted", REEL_F64, s, data);
}

static void check_pair(reel_shape a, reel_shape b)
{
    reel_shape expected;
    reel_node *x = counted(a, 1), *y = counted(b, 1000);
    reel_node *sum = reel_add(x, y);
    if (!oracle(a, b, &expected)) {
        ck_assert_ptr_null(sum);
        ck_assert_int_eq(reel_status_of(t), REEL_ESHAPE);
        reel_clear_error(t);
        return;
    }
    ck_assert_int_eq(reel_shape_of(sum).ndim, expected.ndim);
    for (int i = 0; i < expected.ndim; i++)
        ck_assert_int_eq(reel_shape_of(sum).dim[i], expected.dim[i]);
    /* The gradient counts how often each element was used. */
    reel_node *dx = reel_gradient(reel_sum(sum, REEL_ALL, false), x);
    reel_program *p = run_once(t, sum, dx);
    for (int64_t i = 0; i < reel_count(sum); i++)
        ck_assert_double_eq(value_at(sum, i),
                            element(a, expected, i) +
                                1000 * element(b, expected, i));
    for (int64_t i = 0; i < reel_count(x); i++)
        ck_assert_double_eq(value_at(dx, i), (double)reel_count(sum) /
                                                 (double)reel_count(x));
    reel_program_free(p);
}

START_TEST(test_broadcasting)
{
    int stride = (int)support_scaled(1, 7), pairs = 0;
    reel_shape a, b;
    for (int i = 0; nth_shape(i, &a); i++)
        for (int k = i % stride; nth_shape(k, &b); k += stride, pairs++) {
            reel_mark mark = reel_tape_mark(t);
            check_pair(a, b);
            reel_tape_rewind(t, mark);
        }
    ck_assert_int_gt(pairs, 85 * 85 / 8);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_promotion);
    tcase_add_loop_test(all, test_dtypes_taken, 0,
                        (int)(sizeof takes / sizeof *takes));
    tcase_add_test(all, test_casts);
    tcase_add_test(all, test_dtype_names);
    tcase_add_test(all, test_status_texts);
    tcase_add_test(all, test_broadcasting);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
