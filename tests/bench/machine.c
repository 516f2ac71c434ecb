/* tests/bench/machine.c: see machine.h. Compiled without the flags of any
 * instruction set, so that it runs everywhere.
 *
 * SPDX-License-Identifier: MIT */
#include <config.h>
#include "machine.h"

#include <string.h>

#include "kernels/isa.h"
#include "machine_of.h"

#if defined(_OPENMP) && !defined(__STDC_NO_ATOMICS__)
#define THREADS 2
#include <omp.h>
#include <sched.h>
#include <stdatomic.h>
#else
#define THREADS 1
#endif

enum { PEAK_ROUNDS = 20000 };

typedef struct loops {
    const char *isa;
    void (*peak_f32)(int64_t rounds, double *flops, double *keep);
    void (*peak_f64)(int64_t rounds, double *flops, double *keep);
    void (*load)(const float *data, size_t bytes, double *keep);
} loops;

#define LOOPS(isa) \
    {#isa, bench__peak_f32_##isa, bench__peak_f64_##isa, bench__load_##isa}

static const loops all[] = {
#ifdef HAVE_ISA_AVX512
    LOOPS(avx512),
#endif
#ifdef HAVE_ISA_AVX2
    LOOPS(avx2),
#endif
#ifdef HAVE_ISA_NEON
    LOOPS(neon),
#endif
    LOOPS(portable),
};

/* Those of the best instruction set that runs here, whatever REEL_ISA says. */
static const loops *find_best(void)
{
    for (int i = 0; reel__isa_at(i); i++)
        if (reel__isa_at(i)->runs())
            for (size_t k = 0; k < sizeof all / sizeof *all; k++)
                if (strcmp(all[k].isa, reel__isa_at(i)->name) == 0)
                    return &all[k];
    return &all[sizeof all / sizeof *all - 1];
}

/* Not called by several threads at once. */
static const loops *best(void)
{
    static const loops *found;

    if (!found)
        found = find_best();
    return found;
}

const char *bench_machine_isa(void)
{
    return best()->isa;
}

int bench_threads(void)
{
    return THREADS;
}

/* -------------------------------------------------------------- arithmetic */

static double peak_once(const loops *l, reel_dtype dtype)
{
    double flops, keep;

    (dtype == REEL_F32 ? l->peak_f32 : l->peak_f64)(PEAK_ROUNDS, &flops, &keep);
    bench_keep(keep);
    return flops;
}

void bench_peak_run(void *with)
{
    const bench_peak *p = with;
    const loops *l = best();

#if THREADS > 1
#pragma omp parallel num_threads(p->threads) if (p->threads > 1)
#endif
    peak_once(l, p->dtype);
}

double bench_peak_flops(const bench_peak *p)
{
    return p->threads * peak_once(best(), p->dtype);
}

/* ------------------------------------------------------------------ memory */

/* Small blocks often, so that starting does not count. */
enum { LOAD_AT_LEAST = 4 << 20 };

static size_t passes_of(const bench_load *l)
{
    return (LOAD_AT_LEAST + l->bytes - 1) / l->bytes;
}

double bench_load_bytes(const bench_load *l)
{
    return (double)l->bytes * (double)passes_of(l) * l->threads;
}

static void load_often(const loops *of, const bench_load *l, int block)
{
    const float *data =
        l->data + (size_t)block * (l->bytes / sizeof *l->data);
    size_t passes = passes_of(l);
    double keep;

    for (size_t i = 0; i < passes; i++) {
        of->load(data, l->bytes, &keep);
        bench_keep(keep);
    }
}

void bench_load_run(void *with)
{
    const bench_load *l = with;
    const loops *of = best();

#if THREADS > 1
#pragma omp parallel for num_threads(l->threads) if (l->threads > 1) \
    schedule(static, 1)
#endif
    for (int block = 0; block < l->threads; block++)
        load_often(of, l, block);
}

/* --------------------------------------------------------------- ping-pong */

#if THREADS > 1

enum { SPINS = 2000 }; /* looks before the processor is offered to others */

static void wait_until(atomic_int *ball, int value)
{
    for (int looks = 0;
         atomic_load_explicit(ball, memory_order_acquire) != value;)
        if (++looks > SPINS)
            sched_yield();
}

static void play(atomic_int *ball, int player)
{
    for (int i = 0; i < BENCH_PINGS; i++) {
        wait_until(ball, 2 * i + player);
        atomic_store_explicit(ball, 2 * i + player + 1, memory_order_release);
    }
}

void bench_ping_pong_run(void *with)
{
    static atomic_int ball;

    (void)with;
    atomic_store(&ball, 0);
#pragma omp parallel num_threads(2)
    if (omp_get_num_threads() == 2)
        play(&ball, omp_get_thread_num());
}

#else

void bench_ping_pong_run(void *with)
{
    (void)with;
}

#endif
