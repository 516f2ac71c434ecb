/* math.c: elements per nanosecond of the vector functions on each instruction
 * set, beside a loop over the C library's function in the same run.
 *
 *   math NAME DTYPE ISA elements/ns RATE libm RATE ratio RATE/RATE
 *
 * Each rate is the median of interleaved rounds.
 *
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "math_cases.h"

enum { N = 2048, ROUNDS = 15, REPEATS = 8, MOST_ISAS = 8 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, ascending);
    return v[ROUNDS / 2];
}

#define LIBM(name, F)                                                  \
    static float name##_f32(float x)                                   \
    {                                                                  \
        (void)x;                                                       \
        F(f, float)                                                    \
    }                                                                  \
    static double name##_f64(double x)                                 \
    {                                                                  \
        (void)x;                                                       \
        F(, double)                                                    \
    }
#define SIGMOID(f, T) return 1 / (1 + exp##f(-x));
#define SOFTPLUS(f, T) return (x > 0 ? x : 0) + log1p##f(exp##f(-fabs##f(x)));
#define SILU(f, T) return x / (1 + exp##f(-x));
#define GELU(f, T) return x * erfc##f(x * (T)-0.70710678118654752440) / 2;
#define ELU(f, T) return x > 0 ? x : expm1##f(x);
LIBM(sigmoid, SIGMOID)
LIBM(softplus, SOFTPLUS)
LIBM(silu, SILU)
LIBM(gelu, GELU)
LIBM(elu, ELU)

/* In the order of math_cases. */
static float (*const libm_f32[MATH_CASES])(float) = {
    expf,        expm1f,       logf,     log1pf,   sinf,   cosf, tanhf, erff,
    sigmoid_f32, softplus_f32, silu_f32, gelu_f32, elu_f32,
};
static double (*const libm_f64[MATH_CASES])(double) = {
    exp,         expm1,        log,      log1p,    sin,    cos,  tanh,  erf,
    sigmoid_f64, softplus_f64, silu_f64, gelu_f64, elu_f64,
};

static float xf[N], yf[N];
static double xd[N], yd[N];

static void libm(int c, reel_dtype dtype)
{
    if (dtype == REEL_F32)
        for (int i = 0; i < N; i++)
            yf[i] = libm_f32[c](xf[i]);
    else
        for (int i = 0; i < N; i++)
            yd[i] = libm_f64[c](xd[i]);
}

static void measure(int c, reel_dtype dtype)
{
    double t[MOST_ISAS + 1][ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        double t0 = now();
        for (int k = 0; k < REPEATS; k++)
            libm(c, dtype);
        t[MOST_ISAS][r] = now() - t0;
        for (int s = 0; reel__isa_at(s); s++) {
            if (!reel__isa_at(s)->runs())
                continue;
            t0 = now();
            for (int k = 0; k < REPEATS; k++)
                math_run(reel__isa_at(s), math_cases[c].id, dtype, N,
                         dtype == REEL_F32 ? (void *)yf : (void *)yd,
                         dtype == REEL_F32 ? (void *)xf : (void *)xd, xd);
            t[s][r] = now() - t0;
        }
    }
    double base = N * REPEATS / median(t[MOST_ISAS]);
    for (int s = 0; reel__isa_at(s); s++) {
        if (!reel__isa_at(s)->runs())
            continue;
        double rate = N * REPEATS / median(t[s]);
        printf("math %s %s %s elements/ns %.3f libm %.3f ratio %.1f\n",
               reel__kernel_name(math_cases[c].id), reel_dtype_name(dtype),
               reel__isa_at(s)->name, rate, base, rate / base);
    }
}

int main(void)
{
    for (int i = 0; i < N; i++) {
        xd[i] = 0.01 + 6.0 * ((i * 37) % N) / N; /* in every domain */
        xf[i] = (float)xd[i];
    }
    for (int c = 0; c < MATH_CASES; c++) {
        measure(c, REEL_F32);
        measure(c, REEL_F64);
    }
    return 0;
}
