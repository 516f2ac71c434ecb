/* kernels/uniform.c: random numbers, each a function of seed, step and place.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <reel/random.h>
#include "kernels/families.h"

/* As many random bits as the mantissa holds, so that 1 is never reached. */
#define UNIFORM(T, bits, scale)                                              \
    static void uniform_##T(const reel__task *t, int64_t begin, int64_t end) \
    {                                                                        \
        uint64_t seed, step;                                                 \
        T *out = t->data[0];                                                 \
        memcpy(&seed, &t->i[0], sizeof seed);                                \
        memcpy(&step, t->data[1], sizeof step);                              \
        for (int64_t i = begin; i < end; i++) {                              \
            uint64_t x = reel_random_bits(seed, step, (uint64_t)i);          \
            out[i] = (T)(x >> (64 - bits)) * (T)scale;                       \
        }                                                                    \
    }
UNIFORM(float, 24, 0x1p-24)
UNIFORM(double, 53, 0x1p-53)

reel__kernel *reel__uniform_find(reel_dtype out)
{
    return out == REEL_F32   ? uniform_float
           : out == REEL_F64 ? uniform_double
                             : NULL;
}
