/* run/profile.c: runs with a clock at each step, and what they come to as a
 * table and as a trace.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <reel/profile.h>
#include "run/run.h"

double reel__now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------- begin */

static void describe(reel_profile_step *to, const reel__step *s)
{
    int ndim;
    const int64_t *dim = reel__step_space(s, &ndim);
    to->ndim = ndim;
    memcpy(to->dim, dim, (size_t)ndim * sizeof *dim);
    to->flops = reel__step_flops(s);
    to->bytes = reel__step_bytes(s);
}

/* One block: the steps, a stamp before the first and after each, the names. */
static bool begin(reel_profile *f, const reel_program *p)
{
    size_t count = p->steps.count, names = 0;
    for (size_t i = 0; i < count; i++)
        names += reel__step_name(&p->steps.step[i], NULL, 0) + 1;
    f->block_bytes = count * sizeof *f->step +
                     (count + 1) * sizeof *f->stamp + names;
    f->allocator = p->allocator;
    f->step = reel__alloc_zeroed(&f->allocator, f->block_bytes);
    if (!f->step)
        return false;
    f->program = p;
    f->count = count;
    f->stamp = (double *)(void *)(f->step + count);
    char *name = (char *)(f->stamp + count + 1);
    for (size_t i = 0; i < count; i++) {
        const reel__step *s = &p->steps.step[i];
        size_t size = reel__step_name(s, NULL, 0) + 1;
        reel__step_name(s, name, size);
        describe(&f->step[i], s);
        f->step[i].kernel = name;
        name += size;
    }
    return true;
}

void reel_profile_free(reel_profile *f)
{
    if (!f)
        return;
    if (f->step)
        reel__free(&f->allocator, f->step, f->block_bytes);
    *f = (reel_profile){0};
}

/* --------------------------------------------------------------------- run */

void reel__run_stamped(reel_workspace *w, size_t from, size_t to,
                       double *stamp)
{
    for (size_t i = from; i < to; i++) {
        reel__run_part(w, i, i + 1);
        stamp[i + 1] = reel__now();
    }
}

static void add_up(reel_profile *f, double start, double end)
{
    f->runs++;
    f->seconds += end - start;
    for (size_t i = 0; i < f->count; i++) {
        reel_profile_step *s = &f->step[i];
        s->began = f->stamp[i] - start;
        s->ended = f->stamp[i + 1] - start;
        s->seconds += s->ended - s->began;
    }
}

reel_status reel_run_profiled(reel_program *p, reel_profile *f)
{
    if (!p || !f || (f->program && f->program != p))
        return REEL_EVALUE;
    if (!f->program && !begin(f, p)) {
        reel_profile_free(f);
        reel__no_memory(p->tape, "run");
        return REEL_ENOMEM;
    }
    double start = reel__now();
    f->stamp[0] = start;
    reel_status status = reel__run_program(p, f->stamp);
    if (status == REEL_OK)
        add_up(f, start, reel__now());
    return status;
}

/* ----------------------------------------------------------------- reports */

static void print_shape(const reel_profile_step *s, const char *separator,
                        FILE *stream)
{
    fputc('[', stream);
    for (int i = 0; i < s->ndim; i++)
        fprintf(stream, "%s%" PRId64, i ? separator : "", s->dim[i]);
    fputc(']', stream);
}

/* Microseconds, share of all, GFLOP/s, GB/s of a run. */
static void print_figures(const reel_profile *f, double seconds, double flops,
                          double bytes, FILE *stream)
{
    double a_run = seconds / (double)f->runs;
    double rate = a_run > 0 ? 1e-9 / a_run : 0;
    fprintf(stream, "%11.2f %6.1f %8.2f %8.2f", 1e6 * a_run,
            f->seconds > 0 ? 100 * seconds / f->seconds : 0, flops * rate,
            bytes * rate);
}

reel_status reel_profile_print(const reel_profile *f, FILE *stream)
{
    double flops = 0, bytes = 0;
    if (!f || !stream)
        return REEL_EVALUE;
    if (f->runs == 0)
        return REEL_ESTATE;
    for (size_t i = 0; i < f->count; i++) {
        flops += f->step[i].flops;
        bytes += f->step[i].bytes;
    }
    fprintf(stream, " step          us      %%  GFLOP/s     GB/s  kernels\n"
                    "  all ");
    print_figures(f, f->seconds, flops, bytes, stream);
    fprintf(stream, "  %zu steps, mean of %" PRId64 " runs\n", f->count,
            f->runs);
    for (size_t i = 0; i < f->count; i++) {
        const reel_profile_step *s = &f->step[i];
        fprintf(stream, "%5zu ", i);
        print_figures(f, s->seconds, s->flops, s->bytes, stream);
        fprintf(stream, "  %s ", s->kernel);
        print_shape(s, ", ", stream);
        fputc('\n', stream);
    }
    return ferror(stream) ? REEL_EIO : REEL_OK;
}

/* Microseconds with a point, whatever the locale's. */
static void write_time(double seconds, FILE *stream)
{
    int64_t ns = (int64_t)(1e9 * seconds + 0.5);
    fprintf(stream, "%" PRId64 ".%03d", ns / 1000, (int)(ns % 1000));
}

static void write_event(const reel_profile_step *s, size_t number,
                        FILE *stream)
{
    fprintf(stream, "{\"name\":\"%s\",\"cat\":\"step\",\"ph\":\"X\","
            "\"pid\":1,\"tid\":1,\"ts\":", s->kernel);
    write_time(s->began, stream);
    fputs(",\"dur\":", stream);
    write_time(s->ended - s->began, stream);
    fprintf(stream, ",\"args\":{\"step\":%zu,\"shape\":", number);
    print_shape(s, ",", stream);
    fprintf(stream, ",\"flops\":%.0f,\"bytes\":%.0f}}", s->flops, s->bytes);
}

reel_status reel_profile_write_trace(const reel_profile *f, FILE *stream)
{
    if (!f || !stream)
        return REEL_EVALUE;
    if (f->runs == 0)
        return REEL_ESTATE;
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", stream);
    for (size_t i = 0; i < f->count; i++) {
        write_event(&f->step[i], i, stream);
        fputs(i + 1 < f->count ? ",\n" : "\n", stream);
    }
    fputs("]}\n", stream);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
