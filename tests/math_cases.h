/* math_cases.h: the vector functions and what they should give, for
 * test_math.c and the programs in bench/.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_MATH_CASES_H
#define TESTS_MATH_CASES_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <reel/random.h>

#include "kernels/isa.h"

/* exact is the reference; close is cheap and good to some 2^-50. */
typedef struct math_case {
    reel__kernel_id id;
    long double (*exact)(long double x);
    double (*close)(double x);
    double ulps; /* the error that it may have */
} math_case;

#define MATH_CASE_OF(name, exact_expression, close_expression)  \
    static long double name##_exact(long double x)              \
    {                                                           \
        return exact_expression;                                \
    }                                                           \
    static double name##_close(double x)                        \
    {                                                           \
        return close_expression;                                \
    }
MATH_CASE_OF(sigmoid, x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)),
             x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)))
MATH_CASE_OF(softplus, (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))),
             (x > 0 ? x : 0) + log1p(exp(-fabs(x))))
MATH_CASE_OF(silu, x < -11000 ? -0.0L : x * sigmoid_exact(x),
             x < -740 ? -0.0 : x * sigmoid_close(x))
MATH_CASE_OF(gelu,
             x < -150 ? -0.0L : x * erfcl(x * -0.70710678118654752440L) / 2,
             x < -40 ? -0.0 : x * erfc(x * -0.70710678118654752440) / 2)
MATH_CASE_OF(elu, x > 0 ? x : expm1l(x), x > 0 ? x : expm1(x))

static const math_case math_cases[] = {
    {REEL__K_exp, expl, exp, 2},
    {REEL__K_expm1, expm1l, expm1, 2},
    {REEL__K_log, logl, log, 2},
    {REEL__K_log1p, log1pl, log1p, 2},
    {REEL__K_sin, sinl, sin, 2},
    {REEL__K_cos, cosl, cos, 2},
    {REEL__K_tanh, tanhl, tanh, 2},
    {REEL__K_erf, erfl, erf, 2},
    {REEL__K_sigmoid, sigmoid_exact, sigmoid_close, 2},
    {REEL__K_softplus, softplus_exact, softplus_close, 4},
    {REEL__K_silu, silu_exact, silu_close, 4},
    {REEL__K_gelu, gelu_exact, gelu_close, 4},
    {REEL__K_elu, elu_exact, elu_close, 4}, /* with p = 1 */
};
enum { MATH_CASES = sizeof math_cases / sizeof *math_cases };

/* How far got is from want, in units of the last of `digits` bits that want
 * has in a type whose least exponent is that of `least`, its smallest normal
 * number; INFINITY where one is NaN and the other is not, 1e30 for the wrong
 * sign of a zero. An infinite got counts as the power of two behind the
 * largest number. */
static inline long double math_ulps(long double got, long double want,
                                    int digits, long double least,
                                    long double largest)
{
    int exponent;
    if (got != got || want != want)
        return got != got && want != want ? 0 : INFINITY;
    if (got == want)
        return got != 0 || signbit(got) == signbit(want) ? 0 : 1e30L;
    if (isinf(want) && !isinf(got))
        return INFINITY;
    long double behind = ldexpl(1, ilogbl(largest) + 1);
    if (isinf(want) || (isinf(got) && fabsl(want) >= behind))
        return signbit(got) == signbit(want) ? 0 : INFINITY;
    if (isinf(got))
        got = copysignl(behind, got);
    frexpl(fmaxl(fminl(fabsl(want), largest), least), &exponent);
    return fabsl(got - want) / ldexpl(1, exponent - digits);
}

static inline long double math_ulps_of(reel_dtype dtype, long double got,
                                       long double want)
{
    return dtype == REEL_F32
               ? math_ulps(got, want, FLT_MANT_DIG, FLT_MIN, FLT_MAX)
               : math_ulps(got, want, DBL_MANT_DIG, DBL_MIN, DBL_MAX);
}

/* Any bits; and evenly around 0, where the functions bend: within 2^-4 to
 * 2^11. */
static inline double math_random(uint64_t i)
{
    uint64_t bits = reel_random_bits(7, 11, i);
    double x;
    if (i % 16 != 0)
        return ldexp((double)(int64_t)bits, (int)(i % 16) - 4 - 63);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* b so that a^b is often in range, or a small whole number, or as above. */
static inline double math_exponent(uint64_t i, double a)
{
    double u = ldexp((double)(int64_t)reel_random_bits(7, 12, i), -63);
    if (i % 3 == 0)
        return nearbyint(40 * u);
    return i % 3 == 1 ? u * 720 / (fabs(log(fabs(a))) + 1e-300)
                      : math_random(i + 1);
}

/* The kernel on n arguments that lie side by side. */
static inline void math_run(const reel__isa *isa, reel__kernel_id id,
                            reel_dtype dtype, int64_t n, void *out,
                            const void *a, const void *b)
{
    static const int64_t stride[] = {1};
    static const double f[] = {1, 1};
    reel__task task = {.ndim = 1, .dim = &n, .f = f};
    task.data[0] = out;
    memcpy(&task.data[1], &a, sizeof a);
    memcpy(&task.data[2], &b, sizeof b);
    task.stride[0] = task.stride[1] = task.stride[2] = stride;
    isa->find(id, dtype, dtype)(&task, 0, n);
}

#endif /* TESTS_MATH_CASES_H */
