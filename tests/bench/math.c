/* tests/bench/math.c: the vector functions of the instruction set in use (see
 * REEL_ISA) beside a loop over the C library's.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <reel/program.h>

#include "bench.h"
#include "math_cases.h"

enum { N = 2048 };

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

/* In the order of math_cases; others than C's own as one would write them. */
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

typedef struct loop {
    int function;
    reel_dtype dtype;
} loop;

static void run_libm(void *with)
{
    const loop *l = with;
    if (l->dtype == REEL_F32)
        for (int i = 0; i < N; i++)
            yf[i] = libm_f32[l->function](xf[i]);
    else
        for (int i = 0; i < N; i++)
            yd[i] = libm_f64[l->function](xd[i]);
}

static void run_reel(void *with)
{
    const loop *l = with;
    bool small = l->dtype == REEL_F32;
    math_run(reel__isa_used(), math_cases[l->function].id, l->dtype, N,
             small ? (void *)yf : (void *)yd, small ? (void *)xf : (void *)xd,
             xd);
}

/* In every function's domain, and of both signs where that is all numbers. */
static void fill(reel__kernel_id id)
{
    bool logarithm = id == REEL__K_log || id == REEL__K_log1p;
    for (int i = 0; i < N; i++) {
        double part = (i * 37 % N) / (double)N;
        xd[i] = logarithm ? 0.01 + 6 * part : 6 * part - 3;
        xf[i] = (float)xd[i];
    }
}

static void measure(int function, reel_dtype dtype)
{
    reel__kernel_id id = math_cases[function].id;
    loop l = {function, dtype};
    bench_contender c[] = {{run_reel, &l, 0}, {run_libm, &l, 0}};
    const char *by[] = {"reel", "libm"};
    char name[40], more[32];

    fill(id);
    bench_compare(c, 2);
    snprintf(name, sizeof name, "math.%s.%s", reel__kernel_name(id),
             reel_dtype_name(dtype));
    snprintf(more, sizeof more, "isa=%s", reel_kernel_isa());
    for (int i = 0; i < 2; i++)
        bench_print((bench_line){.name = name, .by = by[i], .threads = 1,
            .unit = "elements/ns", .value = N / c[i].seconds * 1e-9,
            .more = i == 0 ? more : NULL});
}

int main(int argc, char **argv)
{
    bench_start(argc, argv,
                "Elementary functions by the kernels of the instruction set in "
                "use (REEL_ISA), beside\nloops over the C library's, on 2,048 "
                "arguments from -3 to 3, of logarithms from 0 to 6.");
    if (!reel_kernel_isa())
        bench_die("REEL_ISA names no instruction set of this machine");
    for (int i = 0; i < MATH_CASES; i++) {
        measure(i, REEL_F32);
        measure(i, REEL_F64);
    }
    return bench_finish();
}
