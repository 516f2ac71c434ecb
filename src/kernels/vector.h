/* kernels/vector.h: vectors of REEL__VECTOR bytes in GNU C's vector extensions
 * (gcc, clang), which take the ordinary operators. Without them a vector is one
 * element, so that the same sources compile.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_VECTOR_H
#define REEL_KERNELS_VECTOR_H

#include <stdint.h>

#if defined(__GNUC__)
#define REEL__VECTORS 1
#define REEL__LANES_F32 (REEL__VECTOR / 4)
#define REEL__LANES_F64 (REEL__VECTOR / 8)
#define REEL__VECTOR_OF(T) \
    T __attribute__((vector_size(REEL__VECTOR), aligned(REEL__VECTOR)))
/* The same where it lies in an array, aligned as its elements are. */
#define REEL__LOOSE(T) \
    T __attribute__((vector_size(REEL__VECTOR), aligned(sizeof(T)), may_alias))
#else
#define REEL__VECTORS 0
#define REEL__LANES_F32 1
#define REEL__LANES_F64 1
#define REEL__VECTOR_OF(T) T
#define REEL__LOOSE(T) T
#endif

typedef REEL__VECTOR_OF(float) reel__vf32;
typedef REEL__VECTOR_OF(double) reel__vf64;
typedef REEL__VECTOR_OF(int32_t) reel__vi32; /* what comparisons of f32 give */
typedef REEL__VECTOR_OF(int64_t) reel__vi64; /* and of f64 */
#if REEL__VECTORS
/* Lanes of a and b by number, b's behind a's; Int: a lane's size as integer. */
#if defined(__clang__) || __GNUC__ >= 12
#define REEL__SHUFFLE(Int, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define REEL__SHUFFLE(Int, a, b, ...) \
    __builtin_shuffle(a, b, (REEL__VECTOR_OF(Int)){__VA_ARGS__})
#endif
#endif

typedef REEL__LOOSE(float) reel__loose_f32;
typedef REEL__LOOSE(double) reel__loose_f64;

#endif /* REEL_KERNELS_VECTOR_H */
