/* grad/slope.c: the slope of a function along a line.
 *
 * For a step h let c be the central difference, r and l those to the right and
 * left. Where the function is smooth, c misses the slope by a series in h^2,
 * and extrapolation from steps h, h/q, h/q^2 takes its first terms away (C.
 * Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Software
 * 4, 1982); how much it changes the value tells the error. r - l is then h f''
 * and shrinks with h. At a kink r - l stays, and near one c changes with h by a
 * part of the jump: smaller steps tell which.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include "grad/slope.h"

/* Rounding errors of an evaluation, in units of the result's last place: a
 * guess on the safe side for sums of some thousands of terms of mixed sign. */
#define ROUNDINGS 64

/* The tolerance is at least so many times the estimated error. */
#define SAFETY 8

enum { LEVELS = 20 };

typedef struct level {
    long double h, right, left, central;
    long double once, twice; /* extrapolated by one and two levels before */
    long double noise;       /* what rounding may do to them */
} level;

typedef struct table {
    reel__probe *probe;
    const reel__line *line;
    const reel__tolerance *t;
    level level[LEVELS];
    int first, count; /* levels in use are neighbours, all finite */
} table;

long double reel__working_epsilon(void)
{
    volatile long double epsilon = LDBL_EPSILON, sum = 1 + epsilon;
    while (sum == 1) {
        epsilon *= 2;
        sum = 1 + epsilon;
    }
    return epsilon;
}

/* ------------------------------------------------------------- differences */

static bool take_differences(table *t, long double h, level *l)
{
    long double up, down, size;
    long double above = reel__probe_at(t->probe, t->line, h, &up);
    long double below = reel__probe_at(t->probe, t->line, -h, &down);
    size = fmaxl(up, down);
    *l = (level){.h = h, .right = above / h, .left = -below / h,
                 .central = (above - below) / (2 * h),
                 .noise = ROUNDINGS * t->t->epsilon * size / h};
    return reel__is_finite(l->left) && reel__is_finite(l->right);
}

/* Fills in what follows from the levels before. */
static void extrapolate(table *t)
{
    level *l = &t->level[t->count - 1];
    l->once = l->twice = l->central;
    if (t->count - t->first < 2)
        return;
    const level *b = l - 1;
    long double q = b->h / l->h, q2 = q * q;
    l->once = l->twice = l->central + (l->central - b->central) / (q2 - 1);
    if (t->count - t->first >= 3 && b[-1].h / b->h == q)
        l->twice = l->once + (l->once - b->once) / (q2 * q2 - 1);
}

/* The best value of this level: the error is how far the last two columns lie
 * apart, but no less than the noise. */
static reel__slope read(const table *t)
{
    const level *l = &t->level[t->count - 1];
    reel__slope s = {.value = l->central, .error = INFINITY, .left = l->left,
                     .right = l->right, .finite = true};
    if (t->count - t->first < 2)
        return s;
    long double change = fabsl(l->central - l[-1].central);
    s.value = l->once;
    if (t->count - t->first >= 3) {
        s.value = l->twice;
        change = fmaxl(fabsl(l->twice - l->once), fabsl(l->once - l[-1].once));
    }
    s.noisy = change <= l->noise;
    s.error = fmaxl(change, l->noise);
    return s;
}

/* r - l goes with h, as a smooth function's does, or is nothing. */
static bool is_smooth(const table *t, long double allowed)
{
    const level *l = &t->level[t->count - 1];
    if (t->count - t->first < 2)
        return false;
    long double gap = fabsl(l->right - l->left);
    long double before = fabsl(l[-1].right - l[-1].left);
    long double expected = before * l->h / l[-1].h;
    return gap <= allowed || gap <= 1.2L * expected + 2 * l->noise;
}

/* ----------------------------------------------------------------- verdicts */

long double reel__allowed(const reel__tolerance *t, const reel__slope *s,
                          long double value)
{
    long double scale = fmaxl(fabsl(value), fabsl(s->value));
    return fmaxl(fmaxl(t->rtol * scale, t->atol), SAFETY * s->error);
}

/* The error is small enough to say anything: a small part of what is compared,
 * or nothing beside the largest slope. */
static bool is_known(const reel__tolerance *t, const reel__slope *s,
                     long double value)
{
    long double scale = fmaxl(fabsl(value), fabsl(s->value));
    long double part = fmaxl(t->rtol, 0.01L) * scale;
    return SAFETY * s->error <= fmaxl(fmaxl(t->atol, part), 1e-6L * t->largest);
}

reel_verdict reel__verdict(const reel__tolerance *t, const reel__slope *s,
                           long double value, reel_reason *reason)
{
    long double allowed = reel__allowed(t, s, value);
    *reason = REEL_REASON_NOT_FINITE;
    if (!reel__is_finite(value) || !s->finite)
        return REEL_FAIL;
    if (s->kink) {
        *reason = REEL_REASON_KINK;
        bool between = s->joint ||
                       (value >= fminl(s->left, s->right) - allowed &&
                        value <= fmaxl(s->left, s->right) + allowed);
        return between ? REEL_INCONCLUSIVE : REEL_FAIL;
    }
    *reason = REEL_REASON_DIFFERS;
    if (fabsl(value - s->value) > allowed)
        return REEL_FAIL;
    *reason = REEL_REASON_NONE;
    if (is_known(t, s, value))
        return REEL_PASS;
    *reason = s->noisy ? REEL_REASON_NOISE : REEL_REASON_ILL_CONDITIONED;
    return REEL_INCONCLUSIVE;
}

/* ------------------------------------------------------------------- slopes */

/* The largest power of two of at most the step, so that x + h has no rounding
 * error, or the user's own step; for one element in proportion to it. */
static long double first_step(const table *t)
{
    const reel__probe *p = t->probe;
    const reel__line *line = t->line;
    long double h = t->t->step, x = 1;
    int e;
    if (line->to - line->from == 1) {
        size_t i = reel__probe_owner(p, line->from);
        if (p->x[i] < p->reference->order.count)
            x = fabsl(p->value[p->x[i]].data[line->from - p->begin[i]]);
    }
    if (!(x > 1) || !reel__is_finite(x))
        return h;
    frexpl(x, &e);
    return ldexpl(h, e - 1);
}

/* Steps get smaller by 2 at first, by 8 from the fourth on: most slopes are
 * known by then, and the others need far smaller ones. */
static long double next_step(long double h, int taken)
{
    return taken < 3 ? h / 2 : h / 8;
}

/* The sides' slopes, each extrapolated from its last two steps. */
static void sides(const table *t, reel__slope *s)
{
    const level *l = &t->level[t->count - 1], *b = l - 1;
    long double q = b->h / l->h;
    s->right = l->right + (l->right - b->right) / (q - 1);
    s->left = l->left + (l->left - b->left) / (q - 1);
    s->error = fmaxl(l->noise, fmaxl(fabsl(s->right - l->right),
                                     fabsl(s->left - l->left)));
}

static long double gap_of(const level *l)
{
    return fabsl(l->right - l->left);
}

/* The gap has stayed over the last levels, and is no rounding error. */
static bool is_kink(const table *t)
{
    if (t->count - t->first < 4)
        return false;
    const level *l = &t->level[t->count - 1];
    for (int k = 0; k < 3; k++, l--)
        if (gap_of(l) < 0.9L * gap_of(l - 1) || gap_of(l) <= 4 * l->noise)
            return false;
    return true;
}

/* Known well enough to say yes, or to say no: that takes a third level. */
static bool is_settled(const table *t, const reel__slope *s,
                       long double expected)
{
    long double scale = fmaxl(fabsl(expected), fabsl(s->value));
    long double user = fmaxl(t->t->rtol * scale, t->t->atol);
    long double off = fabsl(s->value - expected);
    if (SAFETY * s->error > user || !is_smooth(t, user))
        return false;
    return off <= user || t->count - t->first >= 3;
}

static bool add_level(table *t, long double h)
{
    bool finite = take_differences(t, h, &t->level[t->count]);
    t->count++;
    if (finite)
        extrapolate(t);
    else
        t->first = t->count; /* begin anew with smaller steps */
    return finite;
}

/* Smaller steps would tell nothing more: rounding is all that is left. */
static bool is_exhausted(const table *t, bool smooth, long double error)
{
    const level *l = &t->level[t->count - 1];
    if (t->count - t->first < 2)
        return false;
    return smooth ? l->noise > error : 64 * l->noise > gap_of(l);
}

reel__slope reel__slope_of(reel__probe *p, const reel__line *line,
                           long double expected, const reel__tolerance *tol)
{
    table t = {.probe = p, .line = line, .t = tol};
    reel__slope best = {.value = NAN, .error = INFINITY, .left = NAN,
                        .right = NAN};
    long double h = first_step(&t);
    bool exhausted = false;
    for (int i = 0; i < LEVELS && !exhausted; i++, h = next_step(h, i)) {
        if (!add_level(&t, h))
            continue;
        reel__slope s = read(&t);
        if (s.value == 0 && s.error == 0 && expected != 0) {
            /* What changes may be lost in what it is added to. */
            s.error = tol->epsilon * p->size / h;
            s.noisy = true;
        }
        if (is_settled(&t, &s, expected))
            return s;
        bool smooth = is_smooth(&t, reel__allowed(tol, &s, expected));
        if (!best.finite || (smooth && s.error < best.error))
            best = s;
        exhausted = is_exhausted(&t, smooth, best.error);
    }
    if (is_kink(&t)) {
        sides(&t, &best);
        best.value = (best.left + best.right) / 2;
        best.kink = true;
        best.joint = line->to - line->from > 1;
    }
    return best;
}

/* --------------------------------------------------------------- curvatures */

/* (y(h) + y(-h) - 2 y(0)) / h^2 misses by a series in h^2, too; rounding weighs
 * more, so steps are wider. */
reel__slope reel__curvature_of(reel__probe *p, const reel__line *line,
                               const reel__tolerance *tol)
{
    reel__slope best = {.value = NAN, .error = INFINITY, .left = NAN,
                        .right = NAN};
    long double h = ldexpl(sqrtl(sqrtl(tol->step)), -1) / 4, before = NAN;
    long double once_before = NAN;
    for (int i = 0; i < LEVELS; i++, h /= 2) {
        long double up, down;
        long double c = reel__probe_at(p, line, h, &up);
        c = (c + reel__probe_at(p, line, -h, &down)) / (h * h);
        long double noise =
            ROUNDINGS * tol->epsilon * fmaxl(up, down) / (h * h);
        long double once = c + (c - before) / 3;
        long double twice = once + (once - once_before) / 15;
        long double error = fmaxl(noise, fabsl(twice - once));
        if (reel__is_finite(twice) && error < best.error)
            best = (reel__slope){.value = twice, .error = error, .left = twice,
                                 .right = twice, .finite = true,
                                 .noisy = error <= noise};
        if (reel__is_finite(c) && noise > best.error)
            break;
        before = c;
        once_before = once;
    }
    return best;
}
