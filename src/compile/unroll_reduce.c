/* compile/unroll_reduce.c: sums over axes and rows as scalar instructions.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "compile/flat.h"
#include "kernels/walk.h"

/* v[0..n) by one operation, from the first to the last. */
static uint16_t chain(reel__flattener *f, unsigned op, const uint16_t *v,
                      int64_t n)
{
    uint16_t sum = v[0];
    for (int64_t i = 1; i < n; i++)
        sum = reel__flat_two(f, op, sum, v[i]);
    return sum;
}

/* x - m and its exponential, of a whole row; returns their sum. */
static uint16_t exponentials(reel__flattener *f, int64_t n, const uint16_t *x,
                             uint16_t m, uint16_t *d, uint16_t *e)
{
    uint16_t less[REEL__FLAT_POINTS];
    for (int64_t i = 0; i < n; i++)
        less[i] = m;
    reel__flat_emit_row(f, REEL__K_sub, n, x, less, NULL, d);
    reel__flat_emit_row(f, REEL__K_exp, n, d, NULL, NULL, e);
    return chain(f, REEL__K_add, e, n);
}

/* An infinite or NaN largest is the result itself. */
static uint16_t logsumexp(reel__flattener *f, const uint16_t *x, int64_t n)
{
    uint16_t d[REEL__FLAT_POINTS], e[REEL__FLAT_POINTS];
    if (n == 0)
        return reel__flat_constant(f, -INFINITY);
    uint16_t m = chain(f, REEL__K_maximum, x, n);
    uint16_t sum = exponentials(f, n, x, m, d, e);
    uint16_t log = reel__flat_emit(f, REEL__K_log, sum, 0, 0);
    uint16_t y = reel__flat_emit(f, REEL__K_add, m, log, 0);
    uint16_t none = reel__flat_emit(f, REEL__K_sub, m, m, 0);
    uint16_t zero = reel__flat_constant(f, 0);
    uint16_t finite = reel__flat_emit(f, REEL__K_eq, none, zero, 0);
    return reel__flat_emit(f, REEL__K_where, finite, y, m);
}

/* What joins two values of a reduction, REEL__K_NONE if there is more to it. */
static unsigned of_reduction(unsigned kernel)
{
    switch (kernel) {
    case REEL__K_sum: return REEL__K_add;
    case REEL__K_max: return REEL__K_maximum;
    case REEL__K_min: return REEL__K_minimum;
    default: return REEL__K_NONE;
    }
}

static uint16_t reduced(reel__flattener *f, unsigned kernel, const uint16_t *x,
                        int64_t n)
{
    if (kernel == REEL__K_logsumexp)
        return logsumexp(f, x, n);
    return n ? chain(f, of_reduction(kernel), x, n) : reel__flat_constant(f, 0);
}

static void softmax(reel__flattener *f, bool log, const uint16_t *x, int64_t n,
                    uint16_t *y)
{
    uint16_t d[REEL__FLAT_POINTS], e[REEL__FLAT_POINTS], by[REEL__FLAT_POINTS];
    if (n == 0)
        return;
    uint16_t m = chain(f, REEL__K_maximum, x, n);
    uint16_t sum = exponentials(f, n, x, m, d, e);
    uint16_t less = log ? reel__flat_emit(f, REEL__K_log, sum, 0, 0) : sum;
    for (int64_t i = 0; i < n; i++)
        by[i] = less;
    if (!log) {
        reel__flat_emit_row(f, REEL__K_div, n, e, by, NULL, y);
        return;
    }
    reel__flat_emit_row(f, REEL__K_sub, n, d, by, NULL, y);
    for (int64_t i = 0; i < n && !f->failed; i++) {
        unsigned k = f->log_count++ % REEL__FLAT_LOGS;
        f->logs[k].log = y[i];
        f->logs[k].e = e[i];
        f->logs[k].sum = sum;
    }
}

/* One operation down columns of rows of `count` values. */
static void columns(reel__flattener *f, unsigned op, const uint16_t *x,
                    int64_t count, int64_t n, uint16_t *y)
{
    memcpy(y, x, (size_t)count * sizeof *y);
    for (int64_t i = 1; i < n; i++)
        reel__flat_emit_row(f, op, count, y, x + i * count, NULL, y);
}

/* The values to be reduced: x[i * count + j] of result j. */
static void read_points(reel__flattener *f, const reel__step *st,
                        const reel__task *outer, const reel__task *inner,
                        int64_t count, int64_t n, uint16_t *x)
{
    reel__walk o, w;
    reel__walk_to(&o, outer, outer->ndim, 1, 0);
    for (int64_t j = 0; j < count; j++) {
        reel__walk_to(&w, inner, inner->ndim, 1, 0);
        for (int64_t i = 0; i < n; i++) {
            x[i * count + j] =
                reel__flat_read(f, &st->operand[1], o.at[1] + w.at[1]);
            reel__walk_on(&w, 1);
        }
        reel__walk_on(&o, 1);
    }
}

static void write_points(reel__flattener *f, const reel__step *st,
                         const reel__task *axes, int64_t at, int64_t n,
                         const uint16_t *y)
{
    reel__walk w;
    if (n > 0)
        reel__walk_to(&w, axes, axes->ndim, 0, 0);
    for (int64_t i = 0; i < n && !f->failed; i++) {
        reel__flat_write(f, &st->operand[0], at + w.at[0], y[i]);
        reel__walk_on(&w, 0);
    }
}

/* Reductions, and rows, whose result has the last axis too. */
void reel__unroll_reduced(reel__flattener *f, const reel__step *st)
{
    int kept = st->ndim - st->nred;
    bool rows = st->kernel == REEL__K_softmax ||
                st->kernel == REEL__K_log_softmax;
    reel__task outer = reel__step_axes(st, 0, kept);
    reel__task inner = reel__step_axes(st, kept, st->nred);
    int64_t n = reel__points(&inner, 0, inner.ndim);
    int64_t count = reel__points(&outer, 0, outer.ndim);
    uint16_t all[REEL__FLAT_POINTS] = {0}, x[REEL__FLAT_POINTS] = {0};
    uint16_t y[REEL__FLAT_POINTS] = {0};
    unsigned op = of_reduction(st->kernel);
    if (n * count > 0)
        read_points(f, st, &outer, &inner, count, n, all);
    if (op && count > 1 && n > 1 && reel__flat_together(f, all, count) > 1) {
        columns(f, op, all, count, n, y);
        write_points(f, st, &outer, 0, count, y);
        return;
    }
    reel__walk o;
    if (count > 0)
        reel__walk_to(&o, &outer, kept, 1, 0);
    for (int64_t j = 0; j < count && !f->failed; j++) {
        for (int64_t i = 0; i < n; i++)
            x[i] = all[i * count + j];
        if (rows) {
            softmax(f, st->kernel == REEL__K_log_softmax, x, n, y);
            write_points(f, st, &inner, o.at[0], n, y);
        } else {
            reel__flat_write(f, &st->operand[0], o.at[0],
                             reduced(f, st->kernel, x, n));
        }
        reel__walk_on(&o, 1);
    }
}
