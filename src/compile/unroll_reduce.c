/* compile/unroll_reduce.c: sums over axes and rows as scalar instructions.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "compile/flat.h"
#include "kernels/walk.h"

/* v[0..n) by one operation, from the first to the last. */
static uint16_t chain(reel__flattener *f, unsigned op, const uint16_t *v,
                      int64_t n)
{
    uint16_t sum = v[0];
    for (int64_t i = 1; i < n; i++)
        sum = reel__flat_emit(f, op, sum, v[i], 0);
    return sum;
}

/* x - m and its exponential, of a whole row; returns their sum. */
static uint16_t exponentials(reel__flattener *f, int64_t n, const uint16_t *x,
                             uint16_t m, uint16_t *d, uint16_t *e)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = reel__flat_emit(f, REEL__K_sub, x[i], m, 0);
    for (int64_t i = 0; i < n; i++)
        e[i] = reel__flat_emit(f, REEL__K_exp, d[i], 0, 0);
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

static uint16_t reduced(reel__flattener *f, unsigned kernel, const uint16_t *x,
                        int64_t n)
{
    switch (kernel) {
    case REEL__K_sum:
        return n ? chain(f, REEL__K_add, x, n) : reel__flat_constant(f, 0);
    case REEL__K_max: return chain(f, REEL__K_maximum, x, n);
    case REEL__K_min: return chain(f, REEL__K_minimum, x, n);
    default: return logsumexp(f, x, n);
    }
}

static void softmax(reel__flattener *f, bool log, const uint16_t *x, int64_t n,
                    uint16_t *y)
{
    uint16_t d[REEL__FLAT_POINTS], e[REEL__FLAT_POINTS];
    if (n == 0)
        return;
    uint16_t m = chain(f, REEL__K_maximum, x, n);
    uint16_t sum = exponentials(f, n, x, m, d, e);
    if (log)
        sum = reel__flat_emit(f, REEL__K_log, sum, 0, 0);
    for (int64_t i = 0; i < n; i++)
        y[i] = log ? reel__flat_emit(f, REEL__K_sub, d[i], sum, 0)
                   : reel__flat_emit(f, REEL__K_div, e[i], sum, 0);
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
    uint16_t x[REEL__FLAT_POINTS] = {0}, y[REEL__FLAT_POINTS] = {0};
    reel__walk o, w;
    if (count > 0)
        reel__walk_to(&o, &outer, kept, 1, 0);
    for (int64_t j = 0; j < count; j++) {
        int64_t to[REEL__FLAT_POINTS] = {0};
        if (n > 0)
            reel__walk_to(&w, &inner, inner.ndim, 1, 0);
        for (int64_t i = 0; i < n; i++) {
            x[i] = reel__flat_read(f, &st->operand[1], o.at[1] + w.at[1]);
            to[i] = o.at[0] + w.at[0];
            reel__walk_on(&w, 1);
        }
        if (rows)
            softmax(f, st->kernel == REEL__K_log_softmax, x, n, y);
        else
            reel__flat_write(f, &st->operand[0], o.at[0],
                             reduced(f, st->kernel, x, n));
        for (int64_t i = 0; rows && i < n; i++)
            reel__flat_write(f, &st->operand[0], to[i], y[i]);
        reel__walk_on(&o, 1);
    }
}
