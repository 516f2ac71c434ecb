/* kernels/vector.h: vectors of REEL__VECTOR bytes in GNU C's vector extensions
 * (gcc, clang), which take the ordinary operators. Without them a vector is one
 * element, so that the same sources compile.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_VECTOR_H
#define REEL_KERNELS_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a vector of T. */
#ifndef REEL__BYTES
#define REEL__BYTES(T) REEL__VECTOR
#endif

#if defined(__GNUC__) && !defined(REEL__ONE_LANE)
#define REEL__VECTORS 1
#define REEL__LANES_F32 (REEL__VECTOR / 4)
#define REEL__LANES_F64 (REEL__VECTOR / 8)
#define REEL__VECTOR_OF(T) \
    T __attribute__((vector_size(REEL__BYTES(T)), aligned(REEL__BYTES(T))))
/* The same where it lies in an array, aligned as its elements are. */
#define REEL__LOOSE(T) \
    T __attribute__((vector_size(REEL__BYTES(T)), aligned(sizeof(T)), may_alias))
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
typedef REEL__VECTOR_OF(uint32_t) reel__vu32;
typedef REEL__VECTOR_OF(uint64_t) reel__vu64;

/* For each element type: the bits of a vector and back, and a where a
 * comparison's result m holds, else b. */
#if REEL__VECTORS
#define REEL__VECTOR_BITS(name, V, I)                                   \
    static inline I reel__bits_##name(V v)                              \
    {                                                                   \
        return (I)v;                                                    \
    }                                                                   \
    static inline V reel__of_bits_##name(I i)                           \
    {                                                                   \
        return (V)i;                                                    \
    }                                                                   \
    static inline V reel__select_##name(I m, V a, V b)                  \
    {                                                                   \
        return (V)((m & (I)a) | (~m & (I)b));                           \
    }
#else
#define REEL__VECTOR_BITS(name, V, I)                                   \
    static inline I reel__bits_##name(V v)                              \
    {                                                                   \
        I i;                                                            \
        memcpy(&i, &v, sizeof i);                                       \
        return i;                                                       \
    }                                                                   \
    static inline V reel__of_bits_##name(I i)                           \
    {                                                                   \
        V v;                                                            \
        memcpy(&v, &i, sizeof v);                                       \
        return v;                                                       \
    }                                                                   \
    static inline V reel__select_##name(I m, V a, V b)                  \
    {                                                                   \
        return m ? a : b;                                               \
    }
#endif

/* Whether a comparison holds in any lane. */
#define REEL__ANY(name, I)                                              \
    static inline bool reel__any_##name(I m)                            \
    {                                                                   \
        uint32_t part[sizeof m / 4], any = 0;                           \
        memcpy(part, &m, sizeof m);                                     \
        for (size_t i = 0; i < sizeof m / 4; i++)                       \
            any |= part[i];                                             \
        return any != 0;                                                \
    }
REEL__ANY(f32, reel__vi32)
REEL__ANY(f64, reel__vi64)

REEL__VECTOR_BITS(f32, reel__vf32, reel__vi32)
REEL__VECTOR_BITS(f64, reel__vf64, reel__vi64)

typedef reel__vf32 reel__vector_f32;
typedef reel__vf64 reel__vector_f64;

/* For a function of which there must be one copy. */
#if defined(__GNUC__)
#define REEL__APART __attribute__((noinline))
#else
#define REEL__APART
#endif

/* For a function that is short once its arguments are known. */
#if defined(__GNUC__)
#define REEL__INLINE inline __attribute__((always_inline))
#else
#define REEL__INLINE inline
#endif

#endif /* REEL_KERNELS_VECTOR_H */
