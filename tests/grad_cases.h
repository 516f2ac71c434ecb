/* grad_cases.h: short names that the suites of the sweeps share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_GRAD_CASES_H
#define TESTS_GRAD_CASES_H

#include "core/internal.h" /* first: it turns the location macros off */

#include "support.h"

static inline reel_node *scalar(reel_tape *t, const char *name, double value)
{
    return reel_parameter(t, name, REEL_F64, REEL_SCALAR, &value);
}

static inline reel_node *vector(reel_tape *t, const char *name, int64_t n,
                                const double *values)
{
    return reel_parameter(t, name, REEL_F64, REEL_SHAPE(n), values);
}

static inline reel_node *total(reel_node *x)
{
    return reel_sum(x, REEL_ALL, false);
}

static inline reel_node *jvp(reel_node *y, reel_node *x, reel_node *tangent)
{
    return reel_jvp(y, REEL_NODES(x), REEL_NODES(tangent));
}

#endif /* TESTS_GRAD_CASES_H */
