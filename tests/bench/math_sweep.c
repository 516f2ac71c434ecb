/* math_sweep.c: the largest error of each vector function over the f32
 * arguments, all 2^32 or every STEPth, on each instruction set. Of pow these
 * are the bases, each with one exponent drawn at random.
 *
 *   math_sweep [STEP [FUNCTION]]
 *
 * One line per function and instruction set: name, set, error in units in the
 * last place against long double, argument. A double result that is cheaper to
 * have tells the error to some 2^-20 units; where that might be the largest so
 * far, the long double one is asked for.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math_cases.h"

enum { BLOCK = 1 << 14, MOST_ISAS = 8 };

typedef struct found {
    double ulps;
    float x, y;
} found;

static const math_case pow_case = {.id = REEL__K_pow};

static long double exact(const math_case *c, float x, float y)
{
    return c == &pow_case ? powl((long double)x, (long double)y)
                          : c->exact((long double)x);
}

static double close_to(const math_case *c, float x, float y)
{
    return c == &pow_case ? pow((double)x, (double)y) : c->close((double)x);
}

/* The error of y, not below what it is but for 2^-20; 1/2 where y is what close
 * rounds to, INFINITY where that is not quick to say. */
static double ulps_about(float y, double close)
{
    double size = fabs(close) * (1 - 0x1p-40), unit;
    uint64_t bits;
    if (y != y || !(size > FLT_MIN && size < FLT_MAX)) {
        bool same = (float)close == y && !signbit(close) == !signbit(y);
        return same || (y != y && close != close) ? 0.5 : INFINITY;
    }
    memcpy(&bits, &size, sizeof bits);
    bits &= UINT64_C(0x7FF) << 52; /* the power of two below */
    memcpy(&unit, &bits, sizeof unit);
    return fabs((double)y - close) / (unit * FLT_EPSILON);
}

/* So that most powers are in range. */
static float exponent(uint64_t i, double x)
{
    return (float)(math_exponent(i, x) / 8);
}

/* Block b of the arguments, against every instruction set. */
static void sweep_block(const math_case *c, uint64_t b, uint64_t step,
                        found *worst)
{
    float x[BLOCK], y[BLOCK], out[BLOCK];
    double close[BLOCK];
    int n = 0;
    for (uint64_t i = 0; i < BLOCK; i++, n++) {
        uint64_t bits = (b * BLOCK + i) * step;
        uint32_t word = (uint32_t)bits;
        if (bits >> 32)
            break;
        memcpy(&x[i], &word, sizeof word);
        y[i] = c == &pow_case ? exponent(bits, (double)x[i]) : 0;
        close[i] = close_to(c, x[i], y[i]);
    }
    for (int s = 0; reel__isa_at(s); s++) {
        if (!reel__isa_at(s)->runs())
            continue;
        math_run(reel__isa_at(s), c->id, REEL_F32, n, out, x, y);
        for (int i = 0; i < n; i++) {
            if (ulps_about(out[i], close[i]) < worst[s].ulps - 1e-4)
                continue;
            long double e = math_ulps_of(REEL_F32, (long double)out[i],
                                         exact(c, x[i], y[i]));
            if ((double)e > worst[s].ulps)
                worst[s] = (found){(double)e, x[i], y[i]};
        }
    }
}

static void sweep(const math_case *c, uint64_t step)
{
    found worst[MOST_ISAS] = {{0, 0, 0}};
    int64_t blocks = (int64_t)(((UINT64_C(1) << 32) / step + BLOCK) / BLOCK);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
    for (int64_t b = 0; b < blocks; b++) {
        found here[MOST_ISAS];
#ifdef _OPENMP
#pragma omp critical
#endif
        memcpy(here, worst, sizeof here);
        sweep_block(c, (uint64_t)b, step, here);
#ifdef _OPENMP
#pragma omp critical
#endif
        for (int s = 0; s < MOST_ISAS; s++)
            if (here[s].ulps > worst[s].ulps)
                worst[s] = here[s];
    }
    for (int s = 0; reel__isa_at(s); s++)
        if (reel__isa_at(s)->runs())
            printf("sweep %s %s ulp %.3f at %.9g %.9g\n",
                   reel__kernel_name(c->id), reel__isa_at(s)->name,
                   worst[s].ulps, (double)worst[s].x, (double)worst[s].y);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (int i = 0; i < MATH_CASES; i++)
        if (argc < 3 ||
            strcmp(argv[2], reel__kernel_name(math_cases[i].id)) == 0)
            sweep(&math_cases[i], step ? step : 1);
    if (argc < 3 || strcmp(argv[2], reel__kernel_name(pow_case.id)) == 0)
        sweep(&pow_case, step ? step : 1);
    return 0;
}
