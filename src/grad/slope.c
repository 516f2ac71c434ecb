/* grad/slope.c: the slope of the loss along one element, by differences, and
 * what it says about the analytic one.
 *
 * Along a line let c be the central difference for a step h, r and l those to
 * the right and left. Where the loss is smooth, c misses the slope by O(h^2)
 * (Richardson's extrapolation from h and h/2 leaves O(h^4)) and r - l is
 * h f'' + O(h^3): it halves with h. At a kink r - l stays, and near one c
 * changes with h by a part of the jump.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include "grad/check.h"

typedef struct slopes {
    long double left, right, central;
    long double noise; /* what rounding of the loss may do to them */
} slopes;

/* Rounding errors of an evaluation, in units of the loss's last place: a guess
 * on the safe side for sums of some thousands of terms of mixed sign. */
#define ROUNDINGS 64

long double reel__working_epsilon(void)
{
    volatile long double epsilon = LDBL_EPSILON, sum = 1 + epsilon;
    while (sum == 1) {
        epsilon *= 2;
        sum = 1 + epsilon;
    }
    return epsilon;
}

static reel_status loss_at(reel__probe *p, int64_t i, long double x,
                           long double *loss)
{
    p->x[i] = x;
    reel_status status = reel__reference_rerun(p->reference, p->leaf);
    *loss = *p->loss;
    return status;
}

static long double largest(long double a, long double b)
{
    return a > b ? a : b;
}

/* By steps as they come out in x, not as they were meant. */
static reel_status difference(reel__probe *p, int64_t i, long double h,
                              slopes *s)
{
    *s = (slopes){0, 0, 0, 0};
    if (!p->x)
        return REEL_OK;
    volatile long double x = p->x[i], up = x + h, down = x - h;
    long double above = 0, below = 0;
    reel_status status = loss_at(p, i, up, &above);
    if (status == REEL_OK)
        status = loss_at(p, i, down, &below);
    p->x[i] = x;
    s->right = (above - p->at) / (up - x);
    s->left = (p->at - below) / (x - down);
    s->central = (above - below) / (up - down);
    s->noise = ROUNDINGS * p->epsilon / h *
               largest(fabsl(p->at), largest(fabsl(above), fabsl(below)));
    return status;
}

static bool is_finite(const slopes *s)
{
    return reel__is_finite(s->left) && reel__is_finite(s->right) &&
           reel__is_finite(s->central);
}

static long double tolerance(const reel__probe *p, long double analytic,
                             const slopes *s)
{
    long double scale = largest(fabsl(analytic), fabsl(s->central));
    return largest(p->rtol * scale, largest(p->atol, s->noise));
}

static void conclude(const reel__probe *p, const slopes *s,
                     long double numeric, reel__finding *f)
{
    long double off = fabsl(f->analytic - numeric);
    long double allowed = tolerance(p, f->analytic, s);
    f->numeric = numeric;
    f->error = off > 0 ? off / allowed * p->rtol : 0;
    f->verdict = off <= allowed ? REEL_PASS : REEL_FAIL;
}

/* Both steps are known: one slope, or a kink? */
static void weigh(const reel__probe *p, const slopes *wide,
                  const slopes *narrow, reel__finding *f)
{
    long double allowed = tolerance(p, f->analytic, narrow);
    long double gap = fabsl(narrow->right - narrow->left);
    bool steady = fabsl(wide->central - narrow->central) <= allowed;
    bool halves = gap <= 0.6L * fabsl(wide->right - wide->left);
    long double numeric = narrow->central;
    if (steady)
        numeric += (narrow->central - wide->central) / 3;
    conclude(p, narrow, numeric, f);
    if (gap <= allowed || (steady && halves))
        return;
    long double low = fminl(narrow->left, narrow->right) - allowed;
    long double high = fmaxl(narrow->left, narrow->right) + allowed;
    f->verdict = f->analytic >= low && f->analytic <= high
                     ? REEL_INCONCLUSIVE
                     : REEL_FAIL;
}

reel_status reel__judge(reel__probe *p, int64_t i, long double analytic,
                        reel__finding *f)
{
    slopes wide, narrow;
    long double h = p->step * (p->x ? largest(1, fabsl(p->x[i])) : 1);
    *f = (reel__finding){REEL_FAIL, analytic, NAN, INFINITY};
    reel_status status = difference(p, i, h, &wide);
    if (status != REEL_OK)
        return status;
    f->numeric = wide.central;
    if (!reel__is_finite(analytic) || !is_finite(&wide))
        return REEL_OK;
    conclude(p, &wide, wide.central, f);
    if (f->verdict == REEL_PASS &&
        fabsl(wide.right - wide.left) <= tolerance(p, analytic, &wide))
        return REEL_OK;

    status = difference(p, i, h / 2, &narrow);
    if (status != REEL_OK)
        return status;
    if (is_finite(&narrow)) {
        weigh(p, &wide, &narrow, f);
    } else {
        f->verdict = REEL_FAIL;
        f->numeric = narrow.central;
        f->error = INFINITY;
    }
    return REEL_OK;
}
