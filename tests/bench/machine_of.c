/* tests/bench/machine_of.c: loops that reach the machine's limits, compiled once
 * for each instruction set as the kernels are: see machine.c.
 *
 * SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "kernels/vector.h"
#include "machine_of.h"

#define NAME2(name, isa) name##_##isa
#define NAME1(name, isa) NAME2(name, isa)
#define NAME(name) NAME1(name, REEL__ISA)

/* Chains of multiply-adds that do not wait for each other: enough to hide the
 * latency of two units (4 cycles each), few enough for 16 registers. */
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9)

#define BEGIN(k) v##k = zero + point,
#define ADVANCE(k) v##k = v##k * scale + shift;
#define ADD_UP(k) sum += v##k;

/* The sum of all lanes: of a vector of which one is used a compiler may compute
 * that one alone. */
#define LANES(name, V, T)                                   \
    static double name(const V *v)                          \
    {                                                       \
        double sum = 0;                                     \
        for (size_t i = 0; i < sizeof *v / sizeof(T); i++)  \
            sum += (double)((const T *)v)[i];               \
        return sum;                                         \
    }

LANES(lanes_float, reel__vf32, float)
LANES(lanes_double, reel__vf64, double)

#define PEAK(name, V, T)                                             \
    void name(int64_t rounds, double *flops, double *keep)           \
    {                                                                \
        /* Each chain reads it: or equal chains would become one. */ \
        static volatile T point = (T)0.5;                            \
        const int64_t lanes = (int64_t)(sizeof(V) / sizeof(T));      \
        V zero = {0}, scale = zero + point, shift = scale;           \
        V CHAINS(BEGIN) sum = zero;                                  \
        for (int64_t i = 0; i < rounds; i++) {                       \
            CHAINS(ADVANCE)                                          \
        }                                                            \
        CHAINS(ADD_UP)                                               \
        *flops = 2.0 * 10 * (double)(lanes * rounds);                \
        *keep = lanes_##T(&sum);                                     \
    }

PEAK(NAME(bench__peak_f32), reel__vf32, float)
PEAK(NAME(bench__peak_f64), reel__vf64, double)

/* Sums blocks of eight vectors, so that additions do not wait. bytes: a
 * multiple of eight vectors. */
#define EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define DECLARE_SUM(k) s##k = sum,
#define LOAD(k) s##k += p[i + k];
#define ADD_SUM(k) sum += s##k;

void NAME(bench__load)(const float *data, size_t bytes, double *keep)
{
    const reel__vf32 *p = (const reel__vf32 *)(const void *)data;
    const size_t n = bytes / sizeof *p;
    reel__vf32 sum = {0};
    reel__vf32 EIGHT(DECLARE_SUM) last = sum;

    for (size_t i = 0; i + 8 <= n; i += 8) {
        EIGHT(LOAD)
    }
    EIGHT(ADD_SUM)
    sum += last;
    *keep = lanes_float(&sum);
}
