/* nn/metrics.h: what metrics check of the values they are given.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_METRICS_H
#define REEL_NN_METRICS_H

#include <reel/metrics.h>

/* Labels or guesses, called `what` in messages, are class indices in
 * [0, classes); op is the name of the metric. */
reel_status reel__check_classes(const char *op, const char *what,
                                reel_values values, int64_t count,
                                int64_t classes, reel_error *error);

/* sum / count; NaN for count 0. */
double reel__mean(double sum, int64_t count);

/* An element of checked values. */
int64_t reel__class_at(reel_values values, int64_t i);

#endif /* REEL_NN_METRICS_H */
