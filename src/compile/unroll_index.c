/* compile/unroll_index.c: what goes by an index as scalar instructions.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/flat.h"
#include "kernels/walk.h"

/* Returns whether it is known to be right. */
static bool check(reel__flattener *f, const reel__step *st, uint16_t index)
{
    int64_t known;
    if (reel__flat_known_index(f, index, st->attributes->i[0], &known))
        return true;
    reel__flat_emit(f, REEL__F_check, index, (uint16_t)st->check,
                    (uint16_t)(st->check >> 16));
    if (!f->failed)
        f->code[f->count - 1].dst = (uint16_t)st->attributes->i[0];
    return false;
}

/* The element of n that the index names, 0 where it names none. */
static uint16_t choose(reel__flattener *f, const reel__step *st, int64_t at,
                       uint16_t index)
{
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1], known;
    uint16_t x[REEL__FLAT_POINTS], v = 0;
    if (reel__flat_known_index(f, index, n, &known))
        return reel__flat_read(f, &st->operand[1], at + known * stride);
    for (int64_t i = 0; i < n; i++)
        x[i] = reel__flat_read(f, &st->operand[1], at + i * stride);
    for (int64_t i = 0; i < n; i++)
        v = reel__flat_emit(f, i ? REEL__F_pick : REEL__F_place, index, x[i],
                            (uint16_t)i);
    return n > 0 ? v : reel__flat_constant(f, 0);
}

/* x where the index names, 0 elsewhere; added to what is there, or not. */
static void put(reel__flattener *f, const reel__step *st, int64_t at,
                uint16_t index, uint16_t x)
{
    const reel__operand *to = &st->operand[0];
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1], known;
    bool is_known = reel__flat_known_index(f, index, n, &known);
    for (int64_t i = 0; i < n; i++) {
        uint16_t v;
        if (is_known)
            v = i == known ? x : reel__flat_constant(f, 0);
        else
            v = reel__flat_emit(f, REEL__F_place, index, x, (uint16_t)i);
        if (st->kernel == REEL__K_scatter_add)
            v = reel__flat_two(f, REEL__K_add,
                               reel__flat_read(f, to, at + i * stride), v);
        reel__flat_write(f, to, at + i * stride, v);
    }
}

/* What scatter_add adds to: zeros in all of the result. */
static void zero_result(reel__flattener *f, const reel__step *st)
{
    const reel__operand *to = &st->operand[0];
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1];
    int skip = (int)st->attributes->i[2];
    reel__task rest = reel__step_axes(st, skip, st->ndim - skip);
    int64_t count = reel__points(&rest, 0, rest.ndim);
    reel__walk w;
    if (count > 0)
        reel__walk_to(&w, &rest, rest.ndim, 0, 0);
    for (int64_t j = 0; j < count; j++) {
        for (int64_t i = 0; i < n; i++)
            reel__flat_write(f, to, w.at[0] + i * stride,
                             reel__flat_constant(f, 0));
        reel__walk_on(&w, 0);
    }
}

void reel__unroll_index(reel__flattener *f, const reel__step *st)
{
    int last = st->operands - 1;
    reel__task t = reel__step_axes(st, 0, st->ndim);
    int64_t n = reel__points(&t, 0, t.ndim);
    bool settled = true;
    reel__walk w;
    if (st->kernel == REEL__K_scatter_add)
        zero_result(f, st);
    if (n > 0)
        reel__walk_to(&w, &t, t.ndim, last, 0);
    for (int64_t i = 0; i < n; i++) {
        uint16_t index = reel__flat_read(f, &st->operand[last], w.at[last]);
        settled &= check(f, st, index);
        if (st->kernel == REEL__K_gather || st->kernel == REEL__K_pick)
            reel__flat_write(f, &st->operand[0], w.at[0],
                             choose(f, st, w.at[1], index));
        else
            put(f, st, w.at[0], index,
                last == 1 ? reel__flat_constant(f, 1)
                          : reel__flat_read(f, &st->operand[1], w.at[1]));
        reel__walk_on(&w, last);
    }
    f->settled += settled;
}
