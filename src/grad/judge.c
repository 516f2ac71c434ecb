/* grad/judge.c: what derivatives are held to, and what to think of one.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include "grad/check.h"

/* What rounding does to a gradient, and to the constants in a rule, in units of
 * the dtype's epsilon: a parameter whose slopes are nothing but rounding errors
 * of larger ones (of a bias before a softmax, say) is not held to its own
 * scale. */
#define ROUNDINGS 64
#define CONSTANTS 4

/* A custom op that evaluates in double or float rounds its result, where slope.c
 * takes ROUNDINGS of long double's for granted. */

static long double largest_of(const long double *slope, size_t count)
{
    long double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (reel__is_finite(slope[i]) && fabsl(slope[i]) > largest)
            largest = fabsl(slope[i]);
    return largest;
}

/* What is between xs and y. */
typedef struct nature {
    bool single;         /* some of it is f32 */
    bool coarse;         /* a custom op has less than long double's digits */
    long double epsilon; /* of the coarsest reference */
} nature;

/* false: no memory. */
static bool find_nature(const reel__check *c, const reel__subject *s,
                        reel_nodes xs, nature *is)
{
    const reel__reference *r = s->function;
    size_t n = r->order.count;
    unsigned char *mark = reel__alloc_zeroed(&s->tape->allocator, n + 1);
    if (!mark)
        return reel__no_memory(s->tape, "gradcheck");
    reel__reference_mark(r, s->y, xs, mark);
    is->single = false;
    for (size_t i = 0; i < xs.count; i++)
        is->single = is->single || xs.node[i]->dtype == REEL_F32;
    for (size_t i = 0; i < n; i++)
        if (mark[i] && r->order.node[i]->dtype == REEL_F32)
            is->single = true;
    long double coarse = reel__reference_epsilon(r, mark);
    is->coarse = coarse > c->epsilon;
    is->epsilon = fmaxl(c->epsilon, coarse / ROUNDINGS);
    reel__free(&s->tape->allocator, mark, n + 1);
    return true;
}

/* scale: the largest slope that is to be held to its own size. */
static void set(const reel__check *c, const nature *is, long double rtol,
                long double floor, long double scale, long double largest,
                reel__tolerance *t)
{
    const reel_gradcheck_options *o = &c->options;
    rtol = fmaxl(rtol, ROUNDINGS * is->epsilon);
    *t = (reel__tolerance){.rtol = o->rtol > 0 ? o->rtol : rtol,
                           .atol = o->atol, .largest = largest,
                           .epsilon = is->epsilon, .step = o->step};
    if (!(o->step > 0)) { /* a power of two: x + h has no rounding error */
        int e;
        frexpl(powl(is->epsilon, is->coarse ? 1 / 8.0L : 1 / 4.0L), &e);
        t->step = ldexpl(1, e - 1);
    }
    if (!(o->atol > 0))
        t->atol = fmaxl(t->rtol * scale, floor * largest);
}

static void set_both(const reel__check *c, const nature *is,
                     long double scale, long double largest,
                     reel__tolerances *t)
{
    bool single = is->single;
    long double unit = single ? FLT_EPSILON : DBL_EPSILON;
    set(c, is, single ? 1e-6L : 1e-9L, CONSTANTS * unit, scale, largest,
        &t->rule);
    set(c, is, single ? 1e-3L : 1e-7L, ROUNDINGS * unit, scale, largest,
        &t->computed);
}

bool reel__set_tolerances(const reel__check *c, const reel__subject *s,
                          size_t x, reel__tolerances *t)
{
    const long double *rule = s->rule;
    nature is;
    if (!find_nature(c, s, (reel_nodes){1, &s->xs.node[x]}, &is))
        return false;
    for (size_t i = 0; i < x; i++)
        rule += reel_count(s->xs.node[i]);
    set_both(c, &is, largest_of(rule, (size_t)reel_count(s->xs.node[x])),
             largest_of(s->rule, s->elements), t);
    return true;
}

/* The sum of many slopes of mixed sign is as large as their root sum of
 * squares. */
bool reel__set_line_tolerances(const reel__check *c, const reel__subject *s,
                               reel__tolerances *t)
{
    nature is;
    long double squares = 0, scale;
    if (!find_nature(c, s, s->xs, &is))
        return false;
    for (size_t i = 0; i < s->elements; i++)
        if (reel__is_finite(s->rule[i]))
            squares += s->rule[i] * s->rule[i];
    scale = sqrtl(squares);
    set_both(c, &is, scale, scale, t);
    return true;
}

/* ----------------------------------------------------------------- findings */

/* How far off, over the scale that rtol refers to. */
static long double relative(const reel__tolerance *t, const reel__slope *s,
                            long double value)
{
    long double off = fabsl(value - s->value);
    if (!reel__is_finite(value) || !s->finite)
        return INFINITY;
    return off > 0 ? off / reel__allowed(t, s, value) * t->rtol : 0;
}

void reel__judge(const reel__subject *s, reel__probe *probe, int64_t element,
                 const reel__tolerances *t, reel__finding *f)
{
    reel__line line = {.from = element, .to = element + 1};
    long double rule = s->rule[element];
    reel_reason why;
    *f = (reel__finding){.rule = rule, .analytic = rule};
    if (s->computed)
        f->analytic = s->computed[element];
    f->slope = reel__slope_of(probe, &line, rule, &t->rule);
    f->verdict = reel__verdict(&t->rule, &f->slope, rule, &f->reason);
    f->error = fmaxl(relative(&t->rule, &f->slope, rule),
                     relative(&t->computed, &f->slope, f->analytic));
    if (f->verdict == REEL_FAIL ||
        reel__verdict(&t->computed, &f->slope, f->analytic, &why) != REEL_FAIL)
        return;
    f->verdict = REEL_FAIL;
    f->reason = why == REEL_REASON_NOT_FINITE ? why : REEL_REASON_PRECISION;
}
