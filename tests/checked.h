/* checked.h: a tape and the report of its latest gradient check, for the suites
 * that look at reports.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CHECKED_H
#define TESTS_CHECKED_H

#include <math.h>

#include <reel.h>

#include "core/internal.h"
#include "support.h"

static reel_tape *t;
static reel_gradcheck_report report;

static inline void setup(void)
{
    t = reel_tape_new();
}

static inline void teardown(void)
{
    reel_gradcheck_free(&report);
    reel_tape_free(t);
}

/* With values that are all different. */
static inline reel_node *parameter(const char *name, reel_dtype dtype,
                                   reel_shape shape)
{
    reel_node *n = reel_parameter(t, name, dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++)
        reel__store(dtype, reel_data(n), i,
                    (long double)sin(1.3 * (double)i + (double)n->id));
    return n;
}

static inline reel_node *total(reel_node *x)
{
    return reel_sum(reel_square(x), REEL_ALL, false);
}

/* What it found is in report. */
static inline reel_status check(reel_node *loss, reel_nodes params)
{
    reel_gradcheck_free(&report);
    reel_status status = reel_gradcheck(loss, params, NULL, &report);
    assert_ok(t);
    return status;
}

#endif /* TESTS_CHECKED_H */
