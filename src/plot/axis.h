/* plot/axis.h: an axis of a plot that is printed: round numbers and cells.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PLOT_AXIS_H
#define REEL_PLOT_AXIS_H

#include <reel/base.h>

enum { REEL__TICKS = 24 };

typedef struct reel__axis {
    bool log;
    int cells;
    int count; /* of ticks */
    double tick[REEL__TICKS];
    double low, high; /* the ends; round numbers, logarithms of such if log */
} reel__axis;

/* Of so many cells, from low or below to high or above; about so many ticks,
 * at most 20. If log, low > 0. */
reel__axis reel__axis_of(double low, double high, bool log, int cells,
                         int ticks);

/* The cell that shows the value, from 0; a fraction. */
double reel__axis_cell(const reel__axis *axis, double value);

#endif /* REEL_PLOT_AXIS_H */
