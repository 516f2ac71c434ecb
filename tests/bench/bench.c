/* tests/bench/bench.c: see bench.h.
 *
 * SPDX-License-Identifier: MIT */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 25, FEWEST = 3, CONTENDERS = 16 };

static const double warm_seconds = 0.05, sample_seconds = 4e-3,
                    enough_seconds = 1;

bool bench_quick;

double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_start(int argc, char **argv, const char *about)
{
    const char *quick = getenv("BENCH_QUICK");

    bench_quick = quick && *quick && strcmp(quick, "0") != 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            printf("%s\n\n"
                   "  --quick  smallest sizes, one repetition, to test the "
                   "program (also BENCH_QUICK=1)\n"
                   "  --help   this\n\n"
                   "Prints a line a figure; docs/performance.md explains "
                   "them.\n", about);
            exit(EXIT_SUCCESS);
        }
        if (strcmp(argv[i], "--quick") != 0) {
            fprintf(stderr, "%s: no such option: %s (--help explains)\n",
                    argv[0], argv[i]);
            exit(2);
        }
        bench_quick = true;
    }
}

void bench_die(const char *format, ...)
{
    va_list list;

    fputs("bench: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

int bench_finish(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
                                                  : EXIT_FAILURE;
}

/* ------------------------------------------------------------------ timing */

/* Seconds of some repetitions. */
static double sample(const bench_contender *c, long repetitions)
{
    double start = bench_now();

    for (long i = 0; i < repetitions; i++)
        c->run(c->with);
    return bench_now() - start;
}

/* Long enough for the system to give threads processors of their own, and for
 * those to get up to speed. */
static void warm_up(const bench_contender *c)
{
    double start = bench_now();

    do
        sample(c, 1);
    while (!bench_quick && bench_now() - start < warm_seconds);
}

/* Repetitions that make a sample. */
static long calibrate(const bench_contender *c)
{
    long repetitions = 1;

    if (bench_quick)
        return 1;
    for (;;) {
        double took = sample(c, repetitions);

        if (took >= sample_seconds)
            return repetitions;
        if (took < sample_seconds / 16)
            repetitions *= 8;
        else
            repetitions = 1 + (long)((double)repetitions * sample_seconds *
                                     1.1 / took);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

void bench_compare(bench_contender *c, size_t count)
{
    static double took[CONTENDERS][SAMPLES];
    long repetitions[CONTENDERS];
    double spent = 0;
    int rounds = 0;

    if (count > CONTENDERS)
        bench_die("more than %d contenders", CONTENDERS);
    for (size_t i = 0; i < count; i++)
        warm_up(&c[i]);
    for (size_t i = 0; i < count; i++)
        repetitions[i] = calibrate(&c[i]);
    while (rounds < (bench_quick ? 1 : SAMPLES) &&
           (rounds < FEWEST || spent < enough_seconds * (double)count)) {
        for (size_t i = 0; i < count; i++) {
            sample(&c[i], repetitions[i] / 4); /* the caches are another's */
            took[i][rounds] = sample(&c[i], repetitions[i]);
            spent += took[i][rounds];
        }
        rounds++;
    }
    for (size_t i = 0; i < count; i++)
        c[i].seconds = median(took[i], rounds) / (double)repetitions[i];
}

/* ------------------------------------------------------------------- lines */

void bench_print(bench_line line)
{
    printf("name=%s by=%s threads=%d unit=%s value=%.4g", line.name, line.by,
           line.threads, line.unit, line.value);
    if (line.limit > 0)
        printf(" limit=%.4g ratio=%.3g", line.limit,
               strchr(line.unit, '/') ? line.value / line.limit
                                      : line.limit / line.value);
    printf("%s%s\n", line.more ? " " : "", line.more ? line.more : "");
    fflush(stdout);
}

void bench_keep(double value)
{
    volatile double kept = value;

    (void)kept;
}
