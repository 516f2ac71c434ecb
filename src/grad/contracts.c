/* grad/contracts.c: what must hold of derivatives beside their values.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "grad/check.h"
#include "run/run.h"

static void note(reel__check *c, unsigned contract, bool holds)
{
    c->report->contracts |= contract;
    if (!holds)
        c->report->broken |= contract;
}

/* ------------------------------------------------------------- zero, linear */

static bool is_zero(reel__reference *r, const reel_node *node)
{
    const long double *data = reel__reference_data(r, node);
    for (int64_t i = 0; i < reel_count(node); i++)
        if (data[i] != 0)
            return false;
    return true;
}

/* 0, w, or 2 v - w, in a function's references. */
static bool set_cotangent(reel__subject *s, int which)
{
    long double *v = reel__reference_data(s->rules, s->cotangent);
    for (int64_t i = 0; v && i < reel_count(s->cotangent); i++) {
        long double other =
            reel__generic(0, REEL__STREAM_OTHER, (uint64_t)i);
        v[i] = which == 0 ? 0 : which == 1 ? other : 2 * s->v[i] - other;
    }
    return reel__reference_run(s->rules) == REEL_OK;
}

/* Tangents of s, and the cotangent of `with`. */
static bool check_zero(reel__check *c, reel__subject *s, reel__subject *with)
{
    reel__line nothing = {0, 0, NULL};
    bool holds = true;
    long double product;
    if (s->dy && !reel__forward(s, &nothing, &product))
        return false;
    if (s->dy)
        holds = is_zero(s->rules, s->dy);
    if (!set_cotangent(with, 0))
        return false;
    for (size_t i = 0; i < s->xs.count; i++)
        holds = holds && is_zero(with->rules, with->dx[i]);
    note(c, REEL_CONTRACT_ZERO, holds);
    return true;
}

/* J^T (2 v - w) = 2 J^T v - J^T w, to half the digits: rounding errors of long
 * double are far less, and what is not linear is far off. */
static bool check_linear(reel__check *c, reel__subject *s)
{
    size_t bytes = (s->elements + 1) * sizeof(long double);
    long double *rest = reel__alloc(&s->tape->allocator, bytes);
    long double largest = 0, off = 0;
    long double epsilon =
        fmaxl(c->epsilon, reel__reference_epsilon(s->rules, NULL));
    bool done = rest || reel__no_memory(s->tape, "gradcheck");
    for (size_t e = 0; done && e < s->elements; e++)
        rest[e] = 2 * s->rule[e];
    for (int which = 1; done && which <= 2; which++) {
        long double *to = rest;
        done = set_cotangent(s, which);
        for (size_t i = 0; done && i < s->xs.count; i++) {
            const long double *dx = reel__reference_data(s->rules, s->dx[i]);
            for (int64_t k = 0; k < reel_count(s->dx[i]); k++)
                *to++ -= dx[k];
        }
    }
    for (size_t e = 0; done && e < s->elements; e++) {
        if (!reel__is_finite(rest[e]) || !reel__is_finite(s->rule[e]))
            continue; /* values tell of those */
        largest = fmaxl(largest, fabsl(s->rule[e]));
        off = fmaxl(off, fabsl(rest[e]));
    }
    if (done)
        note(c, REEL_CONTRACT_LINEAR, off <= sqrtl(epsilon) * largest);
    reel__free(&s->tape->allocator, rest, bytes);
    return done;
}

/* A loss has no cotangent of its own: it is recorded once more, with one. */
static bool check_cotangents(reel__check *c, reel__subject *s)
{
    reel__subject own;
    reel__setup setup = {.seed = c->options.seed, .vjp = true};
    if (s->cotangent)
        return check_zero(c, s, s) && check_linear(c, s);
    bool done = reel__subject_open(&own, s->y, s->xs, &setup) &&
                check_zero(c, s, &own) && check_linear(c, &own);
    reel__subject_close(&own);
    return done;
}

/* ------------------------------------------------------------ the same bits */

static bool runs_to(reel__runner *r, uint64_t hash, bool *holds)
{
    if (!reel__runner_run(r))
        return false;
    *holds = *holds && reel__runner_hash(r) == hash;
    return true;
}

static bool check_bits(reel__check *c, reel__subject *s)
{
    reel__runner r;
    bool same = true, any = true;
    bool done = reel__runner_open(&r, s->tape,
                                  (reel_nodes){s->xs.count, s->dx}) &&
                reel__runner_run(&r);
    uint64_t hash = done ? reel__runner_hash(&r) : 0;
    done = done && runs_to(&r, hash, &same);
    int set = reel__threads_set(), many = reel_threads();
    for (int n = 1; done && n <= 3; n++) {
        reel_set_threads(n < 3 ? n : many);
        done = runs_to(&r, hash, &any);
    }
    reel_set_threads(set);
    reel__runner_close(&r);
    if (!done)
        return false;
    note(c, REEL_CONTRACT_REPEATABLE, same);
    note(c, REEL_CONTRACT_THREADS, any);
    return true;
}

reel_status reel__check_contracts(reel__check *c, reel__subject *s)
{
    return check_bits(c, s) && check_cotangents(c, s) ? REEL_OK
                                                      : s->tape->status;
}

/* ------------------------------------------------------------------- inputs */

bool reel__leaves_hash(reel_node *y, reel_nodes xs, uint64_t *hash)
{
    reel__order order;
    bool done = reel__sort(y->tape, (reel_nodes){1, &y}, 0, &order);
    *hash = REEL__HASH_BEGIN;
    for (size_t i = 0; done && i < order.count + xs.count; i++) {
        const reel_node *n = i < order.count ? order.node[i]
                                             : xs.node[i - order.count];
        if (n->op->flags & REEL__LEAF && n->value && reel_bytes(n))
            *hash = reel__hash(*hash, n->value, reel_bytes(n));
    }
    reel__order_free(y->tape, &order);
    return done;
}

void reel__check_inputs(reel__check *c, uint64_t before, uint64_t after)
{
    note(c, REEL_CONTRACT_INPUTS, before == after);
}
