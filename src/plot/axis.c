/* plot/axis.c: see axis.h.
 *
 * SPDX-License-Identifier: MIT */
#include "plot/axis.h"

#include <math.h>

/* ------------------------------------------------------------------ linear */

/* 1, 2 or 5 times a power of 10, not below raw. */
static double round_step(double raw)
{
    double power = pow(10, floor(log10(raw))), part = raw / power;

    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void linear(reel__axis *a, double low, double high, int ticks)
{
    double step = round_step((high - low) / ticks);
    /* What is a multiple but for rounding is one. */
    double first = floor(low / step + 1e-9), last = ceil(high / step - 1e-9);

    for (double k = first; k <= last && a->count < REEL__TICKS; k++)
        a->tick[a->count++] = k * step + 0; /* no -0 */
    a->low = first * step;
    a->high = last * step;
}

/* ------------------------------------------------------------- logarithmic */

/* 1, 2, 5, 10, ... for k = 0, 1, 2, 3, ... */
static double round_number(int k)
{
    static const int digit[] = {1, 2, 5};
    int power = (int)floor(k / 3.0);

    return digit[k - 3 * power] * pow(10, power);
}

static void logarithmic(reel__axis *a, double low, double high, int ticks)
{
    int first = 3 * (int)floor(log10(low)), last = first, stride = 1;

    while (round_number(first + 1) <= low)
        first++;
    while (round_number(last) < high)
        last++;
    if (last - first + 1 > ticks) { /* powers of 10 alone */
        int decades;

        first = 3 * (int)floor(first / 3.0);
        last = 3 * (int)ceil(last / 3.0);
        decades = (last - first) / 3;
        stride = 3 * ((decades + ticks - 1) / ticks);
        last = first + (last - first + stride - 1) / stride * stride;
    }
    for (int k = first; k <= last && a->count < REEL__TICKS; k += stride)
        a->tick[a->count++] = round_number(k);
    a->low = log10(round_number(first));
    a->high = log10(round_number(last));
}

/* -------------------------------------------------------------------- both */

reel__axis reel__axis_of(double low, double high, bool log, int cells,
                         int ticks)
{
    reel__axis a = {.log = log, .cells = cells};
    bool flat = !(high - low > 1e-12 * fmax(fabs(low), fabs(high)) &&
                  high - low > 1e-300);

    if (ticks > REEL__TICKS - 4)
        ticks = REEL__TICKS - 4;
    if (log) {
        logarithmic(&a, low, flat ? 2 * low : high, ticks);
    } else {
        double more = flat ? (low == 0 ? 1 : fabs(low) / 2) : 0;

        linear(&a, low - more, high + more, ticks);
    }
    return a;
}

double reel__axis_cell(const reel__axis *a, double value)
{
    double at = ((a->log ? log10(value) : value) - a->low) /
                (a->high - a->low) * (a->cells - 1);

    return fmin(fmax(at, 0), a->cells - 1);
}
