/* kernels/math_undef.h: the end of a dtype in math_functions.h.
 *
 * SPDX-License-Identifier: MIT */
#undef SHORT_POLY
#undef NAME
#undef T
#undef V
#undef I
#undef U
#undef INT
#undef F
#undef MANTISSA
#undef MAGNITUDE
#undef SQRT_HALF
#undef ROUND
#undef ROUND_BITS
#undef TINY
#undef BIAS
#undef LEAST
#undef HALF_MASK
#undef EXP_LOW
#undef EXP_HIGH
#undef EXP_NORMAL
#undef ONE_LOW
#undef TANH_HIGH
#undef ERF_HIGH
#undef GELU_HIGH
#undef TRIG_HIGH
