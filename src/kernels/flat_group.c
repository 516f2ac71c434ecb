/* kernels/flat_group.c: the vector functions on groups of slots of flat
 * programs, for which a program waits.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/flat_group.h"
/* A group is one vector, or several of those that there are. */
#define REEL__BYTES(T)                                             \
    (REEL__FLAT_LANES * sizeof(T) < REEL__VECTOR                   \
         ? REEL__FLAT_LANES * sizeof(T)                            \
         : REEL__VECTOR)
#define REEL__SHORT_CHAINS
#include "kernels/math_functions.h"

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define V(name) CAT(reel__v_##name, NAME)

#define GROUP_ONE(name, expression)
#define GROUP_TWO(name, expression)
#define GROUP_THREE(name, expression)
#define GROUP_OF(name, x, y, expression)                                  \
    void REEL__GROUP_JOIN(name, NAME)(T * out, const T *from,             \
                                      const T *second)                    \
    {                                                                     \
        CAT(reel__vector, NAME) x, y;                                     \
        const T p = *second;                                              \
        (void)p;                                                          \
        for (size_t k = 0; k < REEL__FLAT_LANES; k += sizeof x / sizeof p) { \
            memcpy(&x, from + k, sizeof x);                               \
            memcpy(&y, second + k, sizeof y);                             \
            (void)y;                                                      \
            x = expression;                                               \
            memcpy(out + k, &x, sizeof x);                                \
        }                                                                 \
    }
#define GROUP_VECTORS(name, expression) GROUP_OF(name, x, y, expression)
#define GROUP_VECTOR_PAIRS(name, expression) GROUP_OF(name, a, b, expression)
#define REEL__KERNEL(name, operands, dtypes, result, expression) \
    GROUP_##operands(name, expression)

#define T float
#define NAME f32
#include "kernels/elementwise.def"
#undef T
#undef NAME

#define T double
#define NAME f64
#include "kernels/elementwise.def"
