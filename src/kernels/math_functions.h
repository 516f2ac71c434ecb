/* kernels/math_functions.h: elementary functions on vectors for f32 and f64,
 * within 2 units in the last place, exact at zeros, infinities and NaN. Every
 * lane is computed alike, so a result does not depend on where in a vector its
 * argument stands.
 *
 * The steps that must be exact are so whether or not products and sums are
 * contracted to fused multiply-adds: they multiply by powers of two, or
 * factors short enough for the product to fit.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_MATH_FUNCTIONS_H
#define REEL_KERNELS_MATH_FUNCTIONS_H

#include <math.h>
#include "kernels/math_coefficients.h"
#include "kernels/vector.h"

#define REEL__MATH_(name, type) reel__##name##_##type
#define REEL__MATH(name, type) REEL__MATH_(name, type)

#define M(name) REEL__MATH(name, NAME)
#define POLY(name, x) \
    M(poly)(x, M(name), (int)(sizeof M(name) / sizeof *M(name)))
#define SELECT(m, a, b) M(select)((I)(m), a, b)
#define ALL(x) ((V){0} + (T)(x)) /* the same in each lane */
#define ONE_BITS ((INT)BIAS << MANTISSA)
#define LN2 M(ln2)

#define NAME f32
#define T float
#define V reel__vf32
#define I reel__vi32
#define U reel__vu32
#define INT int32_t
#define F(function) function##f
#define MANTISSA 23
#define MAGNITUDE INT32_MAX  /* all bits but the sign */
#define SQRT_HALF 0x3F3504F3 /* bits of sqrt(1/2) */
#define TINY 0x1p-26f        /* expm1(x) and log1p(x) are x below */
#define ROUND 0x1.8p23f      /* added, leaves a whole number in low bits */
#define ROUND_BITS 0x4B400000
#define BIAS 127
#define LEAST 0x1p-126f    /* the least normal number */
#define HALF_MASK (-0x1000)  /* keeps 12 bits of the mantissa */
#define EXP_LOW (-104.5f)    /* e^x is 0 below, infinite above */
#define EXP_HIGH 89.0f
#define EXP_NORMAL 87.0f   /* e^x is normal for x from - it to it */
#define ONE_LOW (-20.0f)     /* e^x - 1 is -1 below */
#define TANH_HIGH 20.0f      /* tanh(x/2) is 1 above */
#define ERF_HIGH 4.0f        /* erf is 1 above */
#define GELU_HIGH 15.0f      /* erfc(x/sqrt 2) is 0 above */
#define TRIG_HIGH 3000.0f    /* where sin and cos give up */
#include "kernels/math_basic.h"
#include "kernels/math_more.h"
#include "kernels/math_undef.h"

#define NAME f64
#define T double
#define V reel__vf64
#define I reel__vi64
#define U reel__vu64
#define INT int64_t
#define F(function) function
#define MANTISSA 52
#define MAGNITUDE INT64_MAX
#define SQRT_HALF INT64_C(0x3FE6A09E667F3BCD)
#define TINY 0x1p-55
#define ROUND 0x1.8p52
#define ROUND_BITS INT64_C(0x4338000000000000)
#define BIAS 1023
#define LEAST 0x1p-1022
#define HALF_MASK (-0x8000000)
#define EXP_LOW (-746.0)
#define EXP_HIGH 710.0
#define EXP_NORMAL 708.0
#define ONE_LOW (-40.0)
#define TANH_HIGH 40.0
#define ERF_HIGH 6.0
#define GELU_HIGH 39.5
#define TRIG_HIGH 1000000.0
#include "kernels/math_basic.h"
#include "kernels/math_more.h"
#include "kernels/math_undef.h"

#undef M
#undef POLY
#undef SELECT
#undef ALL
#undef ONE_BITS
#undef LN2

#endif /* REEL_KERNELS_MATH_FUNCTIONS_H */
