/* kernels/floats.h: what elementwise.def's expressions call, on floating-point
 * numbers. With F and NAME as in elementwise.h.
 *
 * SPDX-License-Identifier: MIT */
#define W(op, x) (op(x))
#define W2(a, op, b) ((a)op(b))
#define ABS(x) F(fabs)(x)
#define SIGN(x) ((x) > 0 ? 1 : (x) < 0 ? -1 : (x))
#define ISNAN(x) ((x) != (x))
#define V(name) CAT(reel__v_##name, NAME)
