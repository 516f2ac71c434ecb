/* nn/schedule.c: learning rates over time.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <reel/optim.h>

#define PI 3.14159265358979323846

/* Where a step lies among the steps: 0 at the first, 1 from the last on. */
static double part(double step, double steps)
{
    return step <= 0 ? 0 : step >= steps ? 1 : step / steps;
}

/* From a to b along half a cosine. */
static double cosine(double a, double b, double part)
{
    return b + (a - b) / 2 * (1 + cos(PI * part));
}

double reel_step_decay(int64_t step, int64_t every, double factor)
{
    int64_t periods = step > 0 ? step / (every > 1 ? every : 1) : 0;
    return pow(factor, (double)periods);
}

double reel_cosine(int64_t step, int64_t steps, double low)
{
    return cosine(1, low, part((double)step, (double)(steps > 1 ? steps : 1)));
}

double reel_warm_up(int64_t step, int64_t steps)
{
    return part((double)step + 1, (double)(steps > 1 ? steps : 1));
}

double reel_one_cycle(int64_t step, int64_t steps)
{
    const double up = 0.3, first = 1.0 / 25, last = first / 1e4;
    double end = (double)(steps > 1 ? steps : 1) - 1;
    double peak = up * (end + 1) - 1, at = (double)step;
    if (at <= peak)
        return cosine(first, 1, part(at, peak));
    return cosine(1, last, part(at - peak, end - peak));
}

double reel_plateau_next(reel_plateau *p, double loss)
{
    if (p->epochs == 0) {
        p->best = INFINITY;
        p->rate = 1;
    }
    p->epochs++;
    if (loss < p->best * (1 - p->threshold)) {
        p->best = loss;
        p->waited = 0;
    } else if (++p->waited > p->patience) {
        p->rate *= p->factor;
        p->waited = 0;
    }
    return p->rate;
}
