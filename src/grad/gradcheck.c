/* grad/gradcheck.c: goes over the elements of all parameters and sums up.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>
#include "grad/check.h"
#include "grad/path.h"

typedef struct check {
    reel_node *loss;
    reel_nodes params;
    reel_gradcheck_options options;
    reel_gradcheck_report *report;
    reel__reference *reference;
    long double *analytic; /* of one param after the other */
    size_t elements;       /* of them all */
    long double largest;   /* of them all */
    int64_t done, total;
} check;

/* -------------------------------------------------------------- tolerances */

static long double largest_of(const long double *slope, size_t count)
{
    long double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (reel__is_finite(slope[i]) && fabsl(slope[i]) > largest)
            largest = fabsl(slope[i]);
    return largest;
}

/* A parameter whose slopes are nothing but the rounding errors of larger ones
 * (a bias before a softmax, say) is not held to its own scale. */
#define ROUNDINGS 64

static bool set_tolerances(const check *c, const long double *analytic,
                           reel__probe *p)
{
    const reel_gradcheck_options *o = &c->options;
    bool single;
    long double coarsest;
    if (!reel__reference_is_single(c->reference, p->leaf, &single) ||
        !reel__reference_epsilon(c->reference, p->leaf, &coarsest))
        return false;
    p->rtol = o->rtol > 0 ? o->rtol : single ? 1e-3L : 1e-7L;
    p->epsilon = fmaxl(reel__working_epsilon(), coarsest);
    p->step = o->step > 0 ? o->step : cbrtl(p->epsilon);
    p->atol = o->atol;
    if (o->atol > 0)
        return true;
    long double unit = single ? FLT_EPSILON : DBL_EPSILON;
    p->atol = p->rtol * largest_of(analytic, (size_t)reel_count(p->leaf));
    if (p->atol < ROUNDINGS * unit * c->largest)
        p->atol = ROUNDINGS * unit * c->largest;
    return true;
}

/* ---------------------------------------------------------- one parameter */

/* The gravest comes last. A row that passes tells of what passed. */
static int gravity(reel_verdict verdict)
{
    return verdict == REEL_FAIL ? 2 : verdict == REEL_PASS ? 1 : 0;
}

static void enter(reel_gradcheck_row *row, int64_t i, const reel__finding *f)
{
    int than = gravity(row->verdict), is = gravity(f->verdict);
    row->compared++;
    row->passed += f->verdict == REEL_PASS;
    row->failed += f->verdict == REEL_FAIL;
    row->inconclusive += f->verdict == REEL_INCONCLUSIVE;
    if (row->worst >= 0 &&
        (is < than || (is == than && !(f->error > row->relative_error))))
        return;
    row->verdict = f->verdict;
    row->worst = i;
    row->analytic = (double)f->analytic;
    row->numeric = (double)f->numeric;
    row->relative_error = (double)f->error;
}

static int64_t to_compare(const check *c, const reel_node *leaf)
{
    int64_t n = reel_count(leaf), sample = c->options.sample;
    return sample > 0 && sample < n ? sample : n;
}

/* A call for every percent. */
static void progress(check *c)
{
    int64_t step = c->total / 100 + 1;
    c->done++;
    if (c->options.progress && (c->done % step == 0 || c->done == c->total))
        c->options.progress(c->options.user, c->done, c->total);
}

/* k elements of n: floor(j n / k) + seed, modulo n, without the product. */
static reel_status compare_all(check *c, reel__probe *p,
                               const long double *analytic,
                               reel_gradcheck_row *row)
{
    int64_t n = reel_count(p->leaf), k = to_compare(c, p->leaf);
    int64_t base = 0, rest = 0;
    int64_t shift = n ? (int64_t)(c->options.seed % (uint64_t)n) : 0;
    reel_status status = REEL_OK;
    for (int64_t j = 0; status == REEL_OK && j < k; j++) {
        reel__finding finding;
        int64_t i = base < n - shift ? base + shift : base - (n - shift);
        status = reel__judge(p, i, analytic[i], &finding);
        if (status == REEL_OK) {
            enter(row, i, &finding);
            progress(c);
        }
        base += n / k;
        rest += n % k;
        if (rest >= k) {
            rest -= k;
            base++;
        }
    }
    return status;
}

static reel_status check_one(check *c, const reel_node *leaf,
                             const long double *analytic,
                             reel_gradcheck_row *row)
{
    reel__reference *r = c->reference;
    reel__probe p = {.reference = r,
                     .leaf = leaf,
                     .x = reel__reference_data(r, leaf),
                     .loss = reel__reference_data(r, c->loss)};
    p.at = *p.loss;
    *row = (reel_gradcheck_row){.parameter = leaf, .verdict = REEL_FAIL,
                                .elements = reel_count(leaf), .worst = -1};
    if (!set_tolerances(c, analytic, &p))
        return REEL_ENOMEM;
    reel_status status = compare_all(c, &p, analytic, row);
    if (status != REEL_OK)
        return status;
    return reel__reference_rerun(r, leaf); /* undisturbed, for the next one */
}

/* --------------------------------------------------------------- the whole */

static reel_verdict verdict_of(const reel_gradcheck_report *report)
{
    bool passed = false;
    for (size_t i = 0; i < report->count; i++) {
        if (report->row[i].verdict == REEL_FAIL)
            return REEL_FAIL;
        passed = passed || report->row[i].passed > 0;
    }
    return passed ? REEL_PASS : REEL_INCONCLUSIVE;
}

static reel_status compare(check *c)
{
    reel_gradcheck_report *report = c->report;
    const long double *analytic = c->analytic;
    reel_status status = reel__reference_run(c->reference);
    if (status != REEL_OK)
        return status;
    report->loss = (double)*reel__reference_data(c->reference, c->loss);
    c->largest = largest_of(c->analytic, c->elements);
    for (size_t i = 0; status == REEL_OK && i < c->params.count; i++) {
        const reel_node *leaf = c->params.node[i];
        status = check_one(c, leaf, analytic, &report->row[i]);
        analytic += reel_count(leaf);
    }
    if (status != REEL_OK)
        return status;
    report->verdict = verdict_of(report);
    return report->verdict == REEL_PASS ? REEL_OK : REEL_ECHECK;
}

static reel_status run(check *c)
{
    reel_tape *t = c->loss->tape;
    size_t bytes = (c->elements + 1) * sizeof *c->analytic;
    if (c->elements > SIZE_MAX / 2 / sizeof *c->analytic ||
        !reel__report_new(t, c->params.count, c->report) ||
        !(c->analytic = reel__alloc_zeroed(&t->allocator, bytes))) {
        reel__no_memory(t, "gradcheck");
        return REEL_ENOMEM;
    }
    reel_status status = reel__analytic(c->loss, c->params, c->analytic);
    if (status == REEL_OK) {
        c->reference = reel__reference_new(t, (reel_nodes){1, &c->loss});
        status = c->reference ? compare(c) : t->status;
        reel__reference_free(c->reference);
    }
    reel__free(&t->allocator, c->analytic, bytes);
    return status;
}

/* ------------------------------------------------------------------ checks */

static reel_status refuse(reel_tape *tape, const char *why)
{
    reel__fail(tape, REEL_EVALUE, "gradcheck", "%s", why);
    return tape->status;
}

static bool options_fit(const reel_gradcheck_options *o)
{
    return o->rtol >= 0 && o->atol >= 0 && o->step >= 0 && o->sample >= 0 &&
           isfinite(o->rtol) && isfinite(o->atol) && isfinite(o->step);
}

static reel_status check_arguments(const check *c)
{
    for (size_t i = 0; c->params.node && i < c->params.count; i++) {
        const reel_node *x = c->params.node[i];
        if (x && (!(x->op->flags & REEL__LEAF) ||
                  !reel__is_float((reel_dtype)x->dtype)))
            return refuse(x->tape, "only leaves of f32 or f64 can be checked");
    }
    reel_status status = reel__check_nodes("gradcheck", c->loss, c->params);
    if (status != REEL_OK)
        return status;
    if (c->params.count == 0)
        return refuse(c->loss->tape, "no parameter to check");
    if (!options_fit(&c->options))
        return refuse(c->loss->tape, "an option is negative or not finite");
    return REEL_OK;
}

reel_status reel_gradcheck(reel_node *loss, reel_nodes params,
                           const reel_gradcheck_options *options,
                           reel_gradcheck_report *report)
{
    reel_gradcheck_report own;
    check c = {.loss = loss, .params = params,
               .report = report ? report : &own};
    *c.report = (reel_gradcheck_report){.verdict = REEL_FAIL};
    if (options)
        c.options = *options;
    reel_status status = check_arguments(&c);
    for (size_t i = 0; status == REEL_OK && i < params.count; i++) {
        c.elements += (size_t)reel_count(params.node[i]);
        c.total += to_compare(&c, params.node[i]);
    }
    if (status == REEL_OK)
        status = run(&c);
    if (!report)
        reel_gradcheck_free(&own);
    return status;
}
