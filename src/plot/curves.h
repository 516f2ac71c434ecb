/* plot/curves.h: what drawing and printing curves share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PLOT_CURVES_H
#define REEL_PLOT_CURVES_H

#include <reel/plot.h>

reel_status reel__plot_check(const reel_plot *plot, const char *name,
                             reel_error *error);

double reel__series_x(const reel_series *series, int64_t i);

/* false: a gap. */
bool reel__point_shown(const reel_plot *plot, const reel_series *series,
                       int64_t i);

#endif /* REEL_PLOT_CURVES_H */
