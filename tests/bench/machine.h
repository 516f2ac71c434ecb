/* tests/bench/machine.h: what the machine can do at best, as contenders that
 * run beside what is measured.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <reel.h>

#include "bench.h"

/* Threads that can be measured: 2 with OpenMP, else 1. */
int bench_threads(void);

/* Fused multiply-adds in registers (of the best instruction set that the
 * library was built with and the machine has), by each of some threads at once.
 * A bench_contender's with. */
typedef struct bench_peak {
    reel_dtype dtype; /* REEL_F32 or REEL_F64 */
    int threads;
} bench_peak;

void bench_peak_run(void *peak);

/* Floating-point operations of one bench_peak_run, over all threads. */
double bench_peak_flops(const bench_peak *peak);

/* Reading memory from start to end, again and again, by each of some threads a
 * block of its own. */
typedef struct bench_load {
    float *data;  /* as many blocks as threads, aligned as BENCH_ALIGNMENT */
    size_t bytes; /* of a block: a multiple of 1024 */
    int threads;
} bench_load;

enum { BENCH_ALIGNMENT = 4096 };

void bench_load_run(void *load);

/* Bytes that one bench_load_run reads, over all threads. */
double bench_load_bytes(const bench_load *load);

/* A word that goes from one core to the other and back, BENCH_PINGS times.
 * with: NULL. Only where bench_threads() is 2. */
enum { BENCH_PINGS = 1000 };

void bench_ping_pong_run(void *with);

/* The name of the instruction set of the above. */
const char *bench_machine_isa(void);

#endif /* BENCH_MACHINE_H */
