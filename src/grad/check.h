/* grad/check.h: the parts of the gradient check.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_CHECK_H
#define REEL_GRAD_CHECK_H

#include <math.h>
#include <reel/gradcheck.h>
#include "grad/reference.h"

/* The gradient as Reel computes it, of one param after the other, into out.
 * Leaves tape, storage and values of nodes as they were. An error is on the
 * tape. */
reel_status reel__analytic(reel_node *loss, reel_nodes params,
                           long double *out);

/* One parameter under the check. */
typedef struct reel__probe {
    reel__reference *reference;
    const reel_node *leaf;
    long double *x;          /* the leaf's data; NULL: the loss needs it not */
    const long double *loss; /* its place */
    long double at;          /* its value, undisturbed */
    long double step;        /* over max(1, |x|) */
    long double epsilon;     /* of the arithmetic: reel__working_epsilon */
    long double rtol, atol;
} reel__probe;

typedef struct reel__finding {
    reel_verdict verdict;
    long double analytic, numeric;
    long double error; /* over the scale that rtol refers to */
} reel__finding;

/* The spacing of long double's numbers at 1 as they are computed with now: more
 * than LDBL_EPSILON where the processor is set to round to double, or a tool
 * that runs the program (valgrind) does. */
long double reel__working_epsilon(void);

/* As a double: where long double is computed as double, LDBL_MAX is infinite,
 * and nothing would be beyond it. */
static inline bool reel__is_finite(long double x)
{
    return isfinite((double)x);
}

/* What to think of one element's analytic slope. Leaves x as it was, but not
 * what depends on it: see reel__reference_rerun. */
reel_status reel__judge(reel__probe *probe, int64_t i, long double analytic,
                        reel__finding *finding);

/* Rows of a report, freed with the allocator that made them. */
bool reel__report_new(reel_tape *tape, size_t count,
                      reel_gradcheck_report *report);

#endif /* REEL_GRAD_CHECK_H */
