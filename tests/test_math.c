/* test_math.c: the vector functions against long double on every instruction
 * set: a sweep of f32, random f64, the ends of their domains exactly, and the
 * same bits wherever an argument stands. bench/math_sweep.c takes all of f32.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel/random.h>
#include "grad/check.h"
#include "math_cases.h"
#include "support.h"

enum { BLOCK = 1024 };

static void assert_ulps(const char *name, long double x, long double y,
                        long double got, long double want, reel_dtype dtype,
                        double bound)
{
    /* Where long double is double, the reference is off by a little itself. */
    double slack = LDBL_MANT_DIG <= DBL_MANT_DIG && dtype == REEL_F64 ? 1.5 : 0;
    long double ulps = math_ulps_of(dtype, got, want);
    if (!(ulps <= bound + slack)) /* see value_at of support.c */
        ck_abort_msg("%s %s(%.20Lg, %.20Lg) = %.20Lg, not %.20Lg: %Lg ulp",
                     reel_dtype_name(dtype), name, x, y, got, want, ulps);
}

/* --------------------------------------------------------------- one operand */

START_TEST(test_sweep_f32)
{
    const math_case *c = &math_cases[_i];
    uint64_t step = support_scaled(4093, 4093 * 64);
    float x[BLOCK], y[BLOCK];
    for (uint64_t bits = 0; bits >> 32 == 0;) {
        int n = 0;
        for (; n < BLOCK && bits >> 32 == 0; n++, bits += step) {
            uint32_t word = (uint32_t)bits;
            memcpy(&x[n], &word, sizeof word);
        }
        math_run(reel__isa_used(), c->id, REEL_F32, n, y, x, x);
        for (int i = 0; i < n; i++)
            assert_ulps(reel__kernel_name(c->id), (long double)x[i], 0,
                        (long double)y[i], c->exact((long double)x[i]),
                        REEL_F32, c->ulps);
    }
}
END_TEST

START_TEST(test_random_f64)
{
    const math_case *c = &math_cases[_i];
    uint64_t blocks = support_scaled(256, 4);
    double x[BLOCK], y[BLOCK];
    for (uint64_t b = 0; b < blocks; b++) {
        for (uint64_t i = 0; i < BLOCK; i++)
            x[i] = math_random(b * BLOCK + i);
        math_run(reel__isa_used(), c->id, REEL_F64, BLOCK, y, x, x);
        for (int i = 0; i < BLOCK; i++)
            assert_ulps(reel__kernel_name(c->id), (long double)x[i], 0,
                        (long double)y[i], c->exact((long double)x[i]),
                        REEL_F64, c->ulps);
    }
}
END_TEST

/* -------------------------------------------------------------- two operands */

static long double xlogy(long double a, long double b)
{
    return a == 0 && b == b ? 0 : a * logl(b);
}

static long double xlog1py(long double a, long double b)
{
    return a == 0 && b == b ? 0 : a * log1pl(b);
}

static const struct {
    reel__kernel_id id;
    long double (*exact)(long double a, long double b);
    double ulps;
} pairs[] = {
    {REEL__K_pow, powl, 2},
    {REEL__K_xlogy, xlogy, 4},
    {REEL__K_xlog1py, xlog1py, 4},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

START_TEST(test_pairs_f32)
{
    uint64_t blocks = support_scaled(512, 8);
    float a[BLOCK], b[BLOCK], y[BLOCK];
    for (uint64_t k = 0; k < blocks; k++) {
        for (uint64_t i = 0; i < BLOCK; i++) {
            double x = math_random(k * BLOCK + i);
            a[i] = (float)x;
            b[i] = (float)(math_exponent(k * BLOCK + i, x) / (i % 2 ? 1 : 8));
        }
        math_run(reel__isa_used(), pairs[_i].id, REEL_F32, BLOCK, y, a, b);
        for (int i = 0; i < BLOCK; i++)
            assert_ulps(reel__kernel_name(pairs[_i].id), (long double)a[i],
                        (long double)b[i], (long double)y[i],
                        pairs[_i].exact((long double)a[i], (long double)b[i]),
                        REEL_F32, pairs[_i].ulps);
    }
}
END_TEST

START_TEST(test_pairs_f64)
{
    uint64_t blocks = support_scaled(256, 4);
    double a[BLOCK], b[BLOCK], y[BLOCK];
    for (uint64_t k = 0; k < blocks; k++) {
        for (uint64_t i = 0; i < BLOCK; i++) {
            a[i] = math_random(k * BLOCK + i);
            b[i] = math_exponent(k * BLOCK + i, a[i]);
        }
        math_run(reel__isa_used(), pairs[_i].id, REEL_F64, BLOCK, y, a, b);
        for (int i = 0; i < BLOCK; i++)
            assert_ulps(reel__kernel_name(pairs[_i].id), (long double)a[i],
                        (long double)b[i], (long double)y[i],
                        pairs[_i].exact((long double)a[i], (long double)b[i]),
                        REEL_F64, pairs[_i].ulps);
    }
}
END_TEST

/* ---------------------------------------------------------------- the ends */

#define SUB32 0x1p-149
#define SUB64 0x1p-1074

typedef struct special {
    reel__kernel_id id;
    double a, b, want;
} special;

/* For f32 and f64 alike; silu and gelu go to -0 as x does to -infinity. */
static const special specials[] = {
    {REEL__K_exp, 0, 0, 1},
    {REEL__K_exp, -0.0, 0, 1},
    {REEL__K_exp, INFINITY, 0, INFINITY},
    {REEL__K_exp, -INFINITY, 0, 0},
    {REEL__K_exp, 1e30, 0, INFINITY},
    {REEL__K_exp, -1e30, 0, 0},
    {REEL__K_exp, NAN, 0, NAN},
    {REEL__K_exp, SUB32, 0, 1},
    {REEL__K_expm1, 0, 0, 0},
    {REEL__K_expm1, -0.0, 0, -0.0},
    {REEL__K_expm1, SUB32, 0, SUB32},
    {REEL__K_expm1, -SUB32, 0, -SUB32},
    {REEL__K_expm1, INFINITY, 0, INFINITY},
    {REEL__K_expm1, 1e30, 0, INFINITY},
    {REEL__K_expm1, -INFINITY, 0, -1},
    {REEL__K_expm1, -1e30, 0, -1},
    {REEL__K_expm1, NAN, 0, NAN},
    {REEL__K_log, 1, 0, 0},
    {REEL__K_log, 0, 0, -INFINITY},
    {REEL__K_log, -0.0, 0, -INFINITY},
    {REEL__K_log, -1, 0, NAN},
    {REEL__K_log, -SUB32, 0, NAN},
    {REEL__K_log, INFINITY, 0, INFINITY},
    {REEL__K_log, -INFINITY, 0, NAN},
    {REEL__K_log, NAN, 0, NAN},
    {REEL__K_log1p, 0, 0, 0},
    {REEL__K_log1p, -0.0, 0, -0.0},
    {REEL__K_log1p, SUB32, 0, SUB32},
    {REEL__K_log1p, -SUB32, 0, -SUB32},
    {REEL__K_log1p, -1, 0, -INFINITY},
    {REEL__K_log1p, -1.5, 0, NAN},
    {REEL__K_log1p, INFINITY, 0, INFINITY},
    {REEL__K_log1p, -INFINITY, 0, NAN},
    {REEL__K_log1p, NAN, 0, NAN},
    {REEL__K_sin, 0, 0, 0},
    {REEL__K_sin, -0.0, 0, -0.0},
    {REEL__K_sin, SUB32, 0, SUB32},
    {REEL__K_sin, -SUB32, 0, -SUB32},
    {REEL__K_sin, INFINITY, 0, NAN},
    {REEL__K_sin, NAN, 0, NAN},
    {REEL__K_cos, 0, 0, 1},
    {REEL__K_cos, -0.0, 0, 1},
    {REEL__K_cos, SUB32, 0, 1},
    {REEL__K_cos, -INFINITY, 0, NAN},
    {REEL__K_cos, NAN, 0, NAN},
    {REEL__K_tanh, 0, 0, 0},
    {REEL__K_tanh, -0.0, 0, -0.0},
    {REEL__K_tanh, SUB32, 0, SUB32},
    {REEL__K_tanh, -SUB32, 0, -SUB32},
    {REEL__K_tanh, INFINITY, 0, 1},
    {REEL__K_tanh, -INFINITY, 0, -1},
    {REEL__K_tanh, 1e30, 0, 1},
    {REEL__K_tanh, -25, 0, -1},
    {REEL__K_tanh, NAN, 0, NAN},
    {REEL__K_erf, 0, 0, 0},
    {REEL__K_erf, -0.0, 0, -0.0},
    {REEL__K_erf, INFINITY, 0, 1},
    {REEL__K_erf, -INFINITY, 0, -1},
    {REEL__K_erf, -7, 0, -1},
    {REEL__K_erf, NAN, 0, NAN},
    {REEL__K_sigmoid, 0, 0, 0.5},
    {REEL__K_sigmoid, -0.0, 0, 0.5},
    {REEL__K_sigmoid, INFINITY, 0, 1},
    {REEL__K_sigmoid, -INFINITY, 0, 0},
    {REEL__K_sigmoid, 1e30, 0, 1},
    {REEL__K_sigmoid, -1e30, 0, 0},
    {REEL__K_sigmoid, NAN, 0, NAN},
    {REEL__K_softplus, INFINITY, 0, INFINITY},
    {REEL__K_softplus, -INFINITY, 0, 0},
    {REEL__K_softplus, 1e30, 0, 1e30},
    {REEL__K_softplus, -1e30, 0, 0},
    {REEL__K_softplus, NAN, 0, NAN},
    {REEL__K_silu, 0, 0, 0},
    {REEL__K_silu, -0.0, 0, -0.0},
    {REEL__K_silu, INFINITY, 0, INFINITY},
    {REEL__K_silu, -INFINITY, 0, -0.0},
    {REEL__K_silu, 1e30, 0, 1e30},
    {REEL__K_silu, -1e30, 0, -0.0},
    {REEL__K_silu, NAN, 0, NAN},
    {REEL__K_gelu, 0, 0, 0},
    {REEL__K_gelu, -0.0, 0, -0.0},
    {REEL__K_gelu, INFINITY, 0, INFINITY},
    {REEL__K_gelu, -INFINITY, 0, -0.0},
    {REEL__K_gelu, 1e30, 0, 1e30},
    {REEL__K_gelu, -1e30, 0, -0.0},
    {REEL__K_gelu, NAN, 0, NAN},
    {REEL__K_elu, -0.0, 0, -0.0},
    {REEL__K_elu, INFINITY, 0, INFINITY},
    {REEL__K_elu, -INFINITY, 0, -1},
    {REEL__K_elu, NAN, 0, NAN},
    {REEL__K_pow, 2, 10, 1024},
    {REEL__K_pow, -2, 3, -8},
    {REEL__K_pow, -2, -2, 0.25},
    {REEL__K_pow, -2, 0.5, NAN},
    {REEL__K_pow, 10, 2, 100},
    {REEL__K_pow, 3, 4, 81},
    {REEL__K_pow, 2, -149, SUB32},
    {REEL__K_pow, 0, 0, 1},
    {REEL__K_pow, NAN, 0, 1},
    {REEL__K_pow, NAN, -0.0, 1},
    {REEL__K_pow, 1, NAN, 1},
    {REEL__K_pow, 1, INFINITY, 1},
    {REEL__K_pow, -1, INFINITY, 1},
    {REEL__K_pow, -1, -INFINITY, 1},
    {REEL__K_pow, -1, 3, -1},
    {REEL__K_pow, -1, 1e30, 1},
    {REEL__K_pow, -1, 0.5, NAN},
    {REEL__K_pow, NAN, 1, NAN},
    {REEL__K_pow, 2, NAN, NAN},
    {REEL__K_pow, -1, NAN, NAN},
    {REEL__K_pow, 0, NAN, NAN},
    {REEL__K_pow, 0, 3, 0},
    {REEL__K_pow, -0.0, 3, -0.0},
    {REEL__K_pow, -0.0, 2, 0},
    {REEL__K_pow, -0.0, 0.5, 0},
    {REEL__K_pow, 0, -3, INFINITY},
    {REEL__K_pow, -0.0, -3, -INFINITY},
    {REEL__K_pow, -0.0, -2, INFINITY},
    {REEL__K_pow, -0.0, -0.5, INFINITY},
    {REEL__K_pow, 0, INFINITY, 0},
    {REEL__K_pow, 0, -INFINITY, INFINITY},
    {REEL__K_pow, 0.5, INFINITY, 0},
    {REEL__K_pow, -0.5, -INFINITY, INFINITY},
    {REEL__K_pow, 2, INFINITY, INFINITY},
    {REEL__K_pow, -2, -INFINITY, 0},
    {REEL__K_pow, INFINITY, 2, INFINITY},
    {REEL__K_pow, INFINITY, -2, 0},
    {REEL__K_pow, -INFINITY, 3, -INFINITY},
    {REEL__K_pow, -INFINITY, 2, INFINITY},
    {REEL__K_pow, -INFINITY, 0.5, INFINITY},
    {REEL__K_pow, -INFINITY, -3, -0.0},
    {REEL__K_pow, -INFINITY, -0.5, 0},
    {REEL__K_pow, 2, 1e30, INFINITY},
    {REEL__K_pow, 2, -1e30, 0},
    {REEL__K_pow, -3, 1e30, INFINITY},
    {REEL__K_xlogy, 0, 0, 0},
    {REEL__K_xlogy, 0, INFINITY, 0},
    {REEL__K_xlogy, 0, NAN, NAN},
    {REEL__K_xlogy, 2, 0, -INFINITY},
    {REEL__K_xlog1py, 0, -1, 0},
    {REEL__K_xlog1py, 0, NAN, NAN},
    {REEL__K_xlog1py, 2, -1, -INFINITY},
};

/* Where a result overflows, or loses bits and vanishes: the neighbours. */
static const special specials_f32[] = {
    {REEL__K_exp, 0x1.62e42ep+6, 0, 0x1.ffff08p+127},
    {REEL__K_exp, 0x1.62e430p+6, 0, INFINITY},
    {REEL__K_exp, -0x1.9fe368p+6, 0, SUB32},
    {REEL__K_exp, -0x1.9fe36ap+6, 0, 0},
    {REEL__K_expm1, 0x1.62e42ep+6, 0, 0x1.ffff08p+127},
    {REEL__K_expm1, 0x1.62e430p+6, 0, INFINITY},
    {REEL__K_sigmoid, -0x1.9fe368p+6, 0, SUB32},
    {REEL__K_sigmoid, -0x1.9fe36ap+6, 0, 0},
    {REEL__K_log, 0x1.fffffep+127, 0, 0x1.62e430p+6},
    {REEL__K_log, SUB32, 0, -0x1.9d1da0p+6},
    {REEL__K_erf, SUB32, 0, SUB32},
    {REEL__K_pow, 2, -150, 0},
    {REEL__K_pow, 2, 128, INFINITY},
    {REEL__K_pow, 2, 127, 0x1p127},
    {REEL__K_pow, -1, 0x1.fffffep+23, -1},
    {REEL__K_pow, -1, 0x1p24, 1},
    {REEL__K_pow, -1, 0x1.000002p+22, NAN},
};

static const special specials_f64[] = {
    {REEL__K_exp, 0x1.62e42fefa39efp+9, 0, 0x1.fffffffffff2ap+1023},
    {REEL__K_exp, 0x1.62e42fefa39f0p+9, 0, INFINITY},
    {REEL__K_exp, -0x1.74910d52d3051p+9, 0, SUB64},
    {REEL__K_exp, -0x1.74910d52d3052p+9, 0, 0},
    {REEL__K_expm1, 0x1.62e42fefa39efp+9, 0, 0x1.fffffffffff2ap+1023},
    {REEL__K_expm1, 0x1.62e42fefa39f0p+9, 0, INFINITY},
    {REEL__K_expm1, SUB64, 0, SUB64},
    {REEL__K_log1p, -SUB64, 0, -SUB64},
    {REEL__K_tanh, SUB64, 0, SUB64},
    {REEL__K_sin, -SUB64, 0, -SUB64},
    {REEL__K_log, 0x1.fffffffffffffp+1023, 0, 0x1.62e42fefa39efp+9},
    {REEL__K_log, SUB64, 0, -0x1.74385446d71c3p+9},
    {REEL__K_erf, -SUB64, 0, -SUB64},
    {REEL__K_pow, 2, -1074, SUB64},
    {REEL__K_pow, 2, -1075, 0},
    {REEL__K_pow, 2, 1024, INFINITY},
    {REEL__K_pow, 2, 1023, 0x1p1023},
    {REEL__K_pow, -1, 0x1.fffffffffffffp+52, -1},
    {REEL__K_pow, -1, 0x1p53, 1},
    {REEL__K_pow, -1, 0x1.0000000000001p+51, NAN},
};

static void assert_special(const special *s, reel_dtype dtype)
{
    float af = (float)s->a, bf = (float)s->b, yf;
    double got;
    if (dtype == REEL_F32) {
        math_run(reel__isa_used(), s->id, dtype, 1, &yf, &af, &bf);
        got = (double)yf;
    } else {
        math_run(reel__isa_used(), s->id, dtype, 1, &got, &s->a, &s->b);
    }
    double want = dtype == REEL_F32 ? (double)(float)s->want : s->want;
    /* valgrind's fused multiply-add gets the sign of a zero wrong. */
    bool valgrind = reel__working_epsilon() > LDBL_EPSILON;
    ck_assert_msg(want != want ? got != got
                               : got == want &&
                                     (valgrind || !signbit(got) == !signbit(want)),
                  "%s %s(%a, %a) = %a, not %a", reel_dtype_name(dtype),
                  reel__kernel_name(s->id), s->a, s->b, got, want);
}

START_TEST(test_specials)
{
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        assert_special(&specials[i], REEL_F32);
        assert_special(&specials[i], REEL_F64);
    }
    for (size_t i = 0; i < sizeof specials_f32 / sizeof *specials_f32; i++)
        assert_special(&specials_f32[i], REEL_F32);
    for (size_t i = 0; i < sizeof specials_f64 / sizeof *specials_f64; i++)
        assert_special(&specials_f64[i], REEL_F64);
}
END_TEST

/* ------------------------------------------------------------ the same bits */

enum { MOST = 77 };

/* n results with these strides against one at a time. */
static void assert_same_bits(reel__kernel_id id, reel_dtype dtype, int64_t n,
                             int64_t so, int64_t sa, int64_t sb)
{
    double a[2 * MOST], b[2 * MOST], out[2 * MOST], one;
    float *af = (float *)(void *)a, *bf = (float *)(void *)b;
    size_t size = reel_dtype_size(dtype);
    const double f[] = {1, 1};
    for (int i = 0; i < 2 * MOST; i++) {
        double u = ldexp((double)reel_random_bits(3, 5, (uint64_t)i), -64);
        double x = 20 * u - 8 + (i % 7 == 3 ? 1e7 : 0);
        if (dtype == REEL_F32)
            af[i] = (float)x, bf[i] = (float)fabs(x);
        else
            a[i] = x, b[i] = fabs(x);
    }
    char *ends[] = {(char *)out, (char *)a, (char *)b};
    int64_t strides[] = {so, sa, sb};
    reel__task task = {.ndim = 1, .dim = &n, .f = f};
    for (int k = 0; k < 3; k++) {
        task.stride[k] = &strides[k];
        if (strides[k] < 0)
            ends[k] += -strides[k] * (n - 1) * (int64_t)size;
        task.data[k] = ends[k];
    }
    reel__kernel_find(id, dtype, dtype)(&task, 0, n);
    for (int64_t i = 0; i < n; i++) {
        const char *at[3];
        for (int k = 0; k < 3; k++)
            at[k] = ends[k] + i * strides[k] * (int64_t)size;
        math_run(reel__isa_used(), id, dtype, 1, &one, at[1], at[2]);
        ck_assert_msg(memcmp(&one, at[0], size) == 0,
                      "%s %s: element %d of %d, strides %d %d %d",
                      reel_dtype_name(dtype), reel__kernel_name(id), (int)i,
                      (int)n, (int)so, (int)sa, (int)sb);
    }
}

START_TEST(test_same_bits)
{
    static const int64_t strides[][3] = {
        {1, 1, 1}, {1, 2, 1}, {2, 1, 1}, {1, -1, 1},
        {1, 0, 1}, {1, 1, 0}, {-1, 1, 2},
    };
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++)
        for (int64_t n = 1; n <= MOST; n += n < 20 ? 1 : 19)
            for (int c = 0; c < MATH_CASES + PAIRS; c++) {
                reel__kernel_id id = c < MATH_CASES
                                         ? math_cases[c].id
                                         : pairs[c - MATH_CASES].id;
                assert_same_bits(id, REEL_F32, n, strides[s][0],
                                 strides[s][1], strides[s][2]);
                assert_same_bits(id, REEL_F64, n, strides[s][0],
                                 strides[s][1], strides[s][2]);
            }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("math");
    TCase *tcase = tcase_create("math");
    tcase_set_timeout(tcase, 120);
    if (reel__working_epsilon() > LDBL_EPSILON) {
        fprintf(stderr, "test_math: skipped: ulps, as long double has not its "
                "precision here (valgrind computes it as double)\n");
    } else {
        tcase_add_loop_test(tcase, test_sweep_f32, 0, MATH_CASES);
        tcase_add_loop_test(tcase, test_pairs_f32, 0, PAIRS);
        if (LDBL_MANT_DIG > DBL_MANT_DIG) {
            tcase_add_loop_test(tcase, test_random_f64, 0, MATH_CASES);
            tcase_add_loop_test(tcase, test_pairs_f64, 0, PAIRS);
        } else {
            fprintf(stderr, "test_math: skipped: ulps of f64, as long double "
                    "is double here\n");
        }
    }
    tcase_add_test(tcase, test_specials);
    tcase_add_test(tcase, test_same_bits);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
