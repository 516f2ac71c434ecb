/* tests/bench/limits.c: what this machine can do at best.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

static void print_peak(reel_dtype dtype, int threads)
{
    bench_peak peak = {dtype, threads};
    bench_contender c = {bench_peak_run, &peak, 0};
    char name[32], more[32];

    bench_compare(&c, 1);
    snprintf(name, sizeof name, "peak.%s", reel_dtype_name(dtype));
    snprintf(more, sizeof more, "isa=%s", bench_machine_isa());
    bench_print((bench_line){.name = name, .by = "machine",
        .threads = threads, .unit = "GFLOP/s",
        .value = bench_peak_flops(&peak) / c.seconds * 1e-9, .more = more});
}

/* Blocks of kib KiB a thread. */
static void print_load(const char *name, size_t kib, int threads)
{
    bench_load load = {NULL, kib * 1024, threads};
    bench_contender c = {bench_load_run, &load, 0};
    size_t count = load.bytes / sizeof *load.data * (size_t)threads;
    char more[32];

    if (!(load.data = aligned_alloc(BENCH_ALIGNMENT, count * sizeof *load.data)))
        bench_die("no memory");
    for (size_t i = 0; i < count; i++)
        load.data[i] = 1;
    bench_compare(&c, 1);
    free(load.data);
    snprintf(more, sizeof more, "kib=%zu", kib);
    bench_print((bench_line){.name = name, .by = "machine",
        .threads = threads, .unit = "GB/s",
        .value = bench_load_bytes(&load) / c.seconds * 1e-9,
        .more = more});
}

static void print_ping_pong(void)
{
    bench_contender c = {bench_ping_pong_run, NULL, 0};

    bench_compare(&c, 1);
    bench_print((bench_line){.name = "pingpong", .by = "machine", .threads = 2,
        .unit = "ns", .value = c.seconds / BENCH_PINGS * 1e9});
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        size_t kib;
    } level[] = {{"load.L1", 16}, {"load.L2", 256}, {"load.L3", 6144},
                 {"load.memory", 262144}};

    bench_start(argc, argv,
                "The limits of this machine: multiply-adds in registers, reads "
                "from blocks that fit\nthe usual sizes of each cache, a word "
                "that goes from core to core and back.");
    for (int threads = 1; threads <= bench_threads(); threads++) {
        print_peak(REEL_F32, threads);
        print_peak(REEL_F64, threads);
        for (size_t i = 0; i < sizeof level / sizeof *level; i++)
            print_load(level[i].name, bench_quick ? 16 : level[i].kib, threads);
    }
    if (bench_threads() > 1)
        print_ping_pong();
    return bench_finish();
}
