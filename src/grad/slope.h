/* grad/slope.h: the slope of a function along a line, by differences, with an
 * estimate of its error, and what it says about a derivative.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_SLOPE_H
#define REEL_GRAD_SLOPE_H

#include <math.h>
#include <reel/gradcheck.h>
#include "grad/probe.h"

typedef struct reel__slope {
    long double value, error; /* error: what is known of |value - slope| */
    long double left, right;  /* the slopes on both sides, where they differ */
    bool kink;                /* they do */
    bool joint;               /* several elements moved: at several kinks the
                               * derivative need not lie between the two */
    bool finite;              /* false: no step gave a finite value */
    bool noisy;               /* rounding limits error, not the steps */
} reel__slope;

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

/* What a derivative is held to. */
typedef struct reel__tolerance {
    long double rtol, atol;
    long double largest; /* slope there is: a part of it is as good as zero */
    long double step;    /* over max(1, |x|) of a single element */
    long double epsilon; /* of the arithmetic: reel__working_epsilon */
} reel__tolerance;

/* The slope along the line. Stops as soon as it is known well enough to confirm
 * `expected` within the tolerance. */
reel__slope reel__slope_of(reel__probe *probe, const reel__line *line,
                           long double expected, const reel__tolerance *t);

/* The second derivative along the line, by second differences. */
reel__slope reel__curvature_of(reel__probe *probe, const reel__line *line,
                               const reel__tolerance *t);

/* How far off a value may be, given the slope. */
long double reel__allowed(const reel__tolerance *t, const reel__slope *s,
                          long double value);

/* What to think of a value of the derivative. */
reel_verdict reel__verdict(const reel__tolerance *t, const reel__slope *s,
                           long double value, reel_reason *reason);

#endif /* REEL_GRAD_SLOPE_H */
