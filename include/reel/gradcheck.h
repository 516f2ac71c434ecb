/* reel/gradcheck.h: is the gradient that Reel computes the one the loss has?
 *
 * The analytic gradient (the reverse sweep, run in the graph's own dtypes) is
 * compared with central differences of the same graph, evaluated in long double
 * by the plain reference of every op. The two share no code but the graph.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRADCHECK_H
#define REEL_GRADCHECK_H

#include <stdio.h>
#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum reel_verdict {
    REEL_PASS = 0,
    REEL_FAIL,        /* they differ by more than the tolerance, or one of them
                       * is not finite, or nothing was compared */
    REEL_INCONCLUSIVE /* the loss has a kink here and the analytic slope lies
                       * between the slopes on its two sides */
} reel_verdict;

/* Everything zero is the default. */
typedef struct reel_gradcheck_options {
    double rtol;      /* relative tolerance; 0: 1e-7 for f64, 1e-3 for f32 */
    double atol;      /* absolute; 0: rtol times the parameter's largest slope,
                       * but no less than rounding does to the gradient */
    double step;      /* step over max(1, |x|); 0: LDBL_EPSILON^(1/3) */
    int64_t sample;   /* elements of each parameter, spread evenly and shifted
                       * by seed; 0: all */
    uint64_t seed;
    /* Called now and then with elements done and to do, for long checks. */
    void (*progress)(void *user, int64_t done, int64_t total);
    void *user;
} reel_gradcheck_options;

/* What became of one parameter; worst: the element with the largest relative
 * error among those of the row's verdict. The error is relative to |analytic|,
 * |numeric| or atol / rtol, whichever is largest: above rtol is too large. It
 * is infinite where something is not finite. */
typedef struct reel_gradcheck_row {
    const reel_node *parameter;
    reel_verdict verdict; /* fail if any element fails; inconclusive only if
                           * no element passed or failed; fail if there is
                           * no element */
    int64_t elements;     /* of the parameter */
    int64_t compared;     /* pass + fail + inconclusive */
    int64_t passed, failed, inconclusive;
    int64_t worst;        /* flat index, -1 when nothing was compared */
    double analytic, numeric, relative_error; /* at worst */
} reel_gradcheck_row;

typedef struct reel_gradcheck_report {
    reel_verdict verdict; /* pass only if something was compared, nothing failed
                           * and some element passed */
    size_t count;
    reel_gradcheck_row *row; /* one a parameter; owned */
    double loss;             /* in long double, rounded */
} reel_gradcheck_report;

/* Checks dloss/dparams[i]. loss has one element; params are float leaves
 * (parameters, states, constants and inputs with data). Nothing is changed: the
 * differences are taken on copies, the tape is rewound, storage stays bit for
 * bit. What is behind reel_stop_gradient is held still. options NULL: the
 * defaults. report may be NULL; else free it with reel_gradcheck_free, whatever
 * was returned. REEL_OK when the verdict is pass, REEL_ECHECK when it is not,
 * REEL_EVALUE for params that are no float leaves or empty, and what recording
 * or running the gradient returned.
 * Cost: two to four evaluations of the part of the graph that depends on the
 * parameter, for each element compared. */
REEL_API reel_status reel_gradcheck(reel_node *loss, reel_nodes params,
                                    const reel_gradcheck_options *options,
                                    reel_gradcheck_report *report);
REEL_API void reel_gradcheck_free(reel_gradcheck_report *report);

/* "pass", "FAIL" or "inconclusive". */
REEL_API const char *reel_verdict_text(reel_verdict verdict);

/* The report as a table: parameter, elements, verdict counts, worst index,
 * analytic, numeric, relative error, verdict; and a line that sums up. While
 * the tape lives: names come from there. */
REEL_API reel_status
reel_gradcheck_print(const reel_gradcheck_report *report, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif /* REEL_GRADCHECK_H */
