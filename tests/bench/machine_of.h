/* tests/bench/machine_of.h: the loops of machine_of.c, one set for each
 * instruction set.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MACHINE_OF_H
#define BENCH_MACHINE_OF_H

#include <stddef.h>
#include <stdint.h>

#define BENCH__LOOPS(isa)                                                     \
    void bench__peak_f32_##isa(int64_t rounds, double *flops, double *keep);  \
    void bench__peak_f64_##isa(int64_t rounds, double *flops, double *keep);  \
    void bench__load_##isa(const float *data, size_t bytes, double *keep);

BENCH__LOOPS(portable)
BENCH__LOOPS(avx2)
BENCH__LOOPS(avx512)
BENCH__LOOPS(neon)

#endif /* BENCH_MACHINE_OF_H */
