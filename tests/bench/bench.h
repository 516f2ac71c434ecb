/* tests/bench/bench.h: what the benchmarks share: options, a clock, interleaved
 * repetitions, and the one line format. Knows nothing of Reel, and is clean for
 * C++, so that programs that time peers use it, too.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds since some moment. */
double bench_now(void);

/* Set by --quick or a BENCH_QUICK=1 in the environment: the smallest sizes, one
 * repetition. Figures are then worth nothing: it tests the program. */
extern bool bench_quick;

/* Reads the options that every benchmark has: --help (prints about and exits
 * with 0) and --quick. Anything else is one line on stderr and exit status 2. */
void bench_start(int argc, char **argv, const char *about);

/* One line on stderr and exit status 1. */
#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 1, 2)))
#endif
void bench_die(const char *format, ...);

/* EXIT_SUCCESS if all that was printed arrived, else EXIT_FAILURE. */
int bench_finish(void);

/* Something to time. */
typedef struct bench_contender {
    void (*run)(void *with); /* one repetition */
    void *with;
    double seconds; /* of one repetition: the median that bench_compare found */
} bench_contender;

/* Times contenders against each other: each is run for a while to warm up and to
 * find how many repetitions make a sample of a few milliseconds; then
 * samples are taken in turns, so that a slow spell of the machine hits all of
 * them alike, each after a quarter of its repetitions to fill the caches, until
 * there are 25 of each or, for slow contenders, at least 3 and a second of each
 * is spent. */
void bench_compare(bench_contender *contender, size_t count);

/* A figure. */
typedef struct bench_line {
    const char *name; /* what: "step.64"; no spaces */
    const char *by;   /* who did it: "reel", "c", "openblas", "machine" */
    int threads;
    const char *unit; /* "us", "GFLOP/s": a rate has a '/', a time has not */
    double value;
    double limit;     /* the best that the machine could do, in the same unit
                       * and run; 0: no such limit */
    const char *more; /* further "key=value" fields, or NULL */
} bench_line;

/* Prints
 *
 *   name=step.64 by=reel threads=1 unit=us value=271.4 limit=233.1 ratio=0.859
 *
 * limit and ratio only where there is a limit. ratio says how much of the limit
 * is reached: value / limit of a rate, limit / value of a time. */
void bench_print(bench_line line);

/* Keeps the compiler from dropping what made this value. */
void bench_keep(double value);

#ifdef __cplusplus
}
#endif
#endif /* BENCH_H */
