/* grad/gradcheck.c: the parts of a check in their order, for each order of
 * derivative, and what they come to.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "grad/check.h"
#include "grad/path.h"

/* Directions beside the elements, for forward mode and the identity. */
#define DIRECTIONS 2

/* A call for every percent. */
void reel__progress(reel__check *c)
{
    int64_t step = c->total / 100 + 1;
    c->done++;
    if (c->options.progress && (c->done % step == 0 || c->done == c->total))
        c->options.progress(c->options.user, c->done, c->total);
}

/* ------------------------------------------------------------- one function */

static void begin_rows(reel__check *c, reel_nodes xs)
{
    for (size_t i = 0; i < xs.count; i++)
        c->report->row[c->rows + i] = (reel_gradcheck_row){
            .parameter = xs.node[i], .verdict = REEL_FAIL,
            .reason = REEL_REASON_NOTHING, .order = c->order,
            .elements = reel_count(xs.node[i]), .worst = -1};
}

static bool has_failed(const reel__check *c)
{
    const reel_gradcheck_report *r = c->report;
    bool failed = r->broken != 0;
    for (size_t i = 0; i < r->count; i++)
        failed = failed || r->row[i].failed > 0;
    for (size_t i = 0; i < r->directions; i++)
        failed = failed || r->direction[i].verdict == REEL_FAIL;
    return failed;
}

static long double value_of(const reel__subject *s)
{
    const long double *y = reel__reference_data(s->function, s->y);
    long double sum = 0;
    for (int64_t i = 0; i < reel_count(s->y); i++)
        sum += (s->v ? s->v[i] : 1) * y[i];
    return sum;
}

/* A check of a few milliseconds is not worth waking threads for. */
#define WORTH 1e6

static int threads_for(const reel__check *c, const reel__subject *s)
{
    double jobs = c->options.directions > 0 ? (double)c->options.directions
                                            : (double)s->elements;
    if (reel__reference_is_custom(s->function))
        return 1; /* users' functions are called by one thread at a time */
    if (c->options.threads > 0)
        return c->options.threads;
    return jobs * (double)s->function->elements < WORTH ? 1 : reel_threads();
}

/* With rows, or by directions alone. */
static reel_status check_one(reel__check *c, reel__subject *s, bool rows)
{
    const reel_gradcheck_options *o = &c->options;
    reel_status status = REEL_OK;
    c->threads = threads_for(c, s);
    if (rows && reel_count(s->y) > 0 && o->directions == 0)
        status = reel__check_elements(c, s);
    if (status == REEL_OK && reel_count(s->y) > 0 &&
        (s->dy || o->directions > 0))
        status = reel__check_directions(
            c, s, o->directions > 0 ? o->directions : DIRECTIONS, rows);
    if (status == REEL_OK && rows && !(o->skip & REEL_SKIP_CONTRACTS))
        status = reel__check_contracts(c, s);
    if (status == REEL_OK && !(o->skip & REEL_SKIP_BLAME) && has_failed(c) &&
        c->report->blames == 0)
        status = reel__check_blame(c, s);
    return status;
}

reel_status reel__check_function(reel__check *c, reel_node *y, reel_nodes xs,
                                 bool rows)
{
    reel__subject s;
    reel__setup setup = {.seed = c->options.seed, .run = true,
                         .forward = !(c->options.skip & REEL_SKIP_FORWARD)};
    if (rows)
        begin_rows(c, xs);
    bool open = reel__subject_open(&s, y, xs, &setup);
    if (open && c->order == 1) {
        c->report->loss = (double)value_of(&s);
        memcpy(c->report->forward, s.forward, sizeof s.forward);
    }
    reel_status status = open ? check_one(c, &s, rows) : y->tape->status;
    reel__subject_close(&s);
    return status;
}

/* --------------------------------------------------------------- the whole */

static reel_verdict verdict_of(const reel__check *c)
{
    if (has_failed(c))
        return REEL_FAIL;
    for (size_t i = 0; i < c->report->count; i++)
        if (c->report->row[i].verdict == REEL_FAIL)
            return REEL_FAIL;
    return c->passed ? REEL_PASS : REEL_INCONCLUSIVE;
}

static reel_status check_all(reel__check *c, reel_node *y, reel_nodes xs)
{
    uint64_t before = 0, after = 0;
    bool contracts = !(c->options.skip & REEL_SKIP_CONTRACTS);
    if (contracts && !reel__leaves_hash(y, xs, &before))
        return c->tape->status;
    reel_status status = reel__check_function(c, y, xs, true);
    if (status == REEL_OK && c->options.order > 1)
        status = reel__check_orders(c, y, xs);
    if (status == REEL_OK && contracts && !reel__leaves_hash(y, xs, &after))
        status = c->tape->status;
    if (status != REEL_OK)
        return status;
    if (contracts)
        reel__check_inputs(c, before, after);
    c->report->verdict = verdict_of(c);
    return c->report->verdict == REEL_PASS ? REEL_OK : REEL_ECHECK;
}

/* Rewinding forgets the error, too: what it was outlives it here. */
static reel_status check_and_rewind(reel__check *c, reel_node *y,
                                    reel_nodes xs)
{
    reel_tape *t = c->tape;
    char message[sizeof t->message];
    reel_mark mark = reel_tape_mark(t);
    reel_status status = check_all(c, y, xs), error = t->status;
    memcpy(message, t->message, sizeof message);
    reel_tape_rewind(t, mark);
    if (error != REEL_OK)
        reel__fail(t, error, NULL, "%s", message);
    return error != REEL_OK ? error : status;
}

/* ------------------------------------------------------------------ checks */

static reel_status refuse(reel_tape *tape, const char *why)
{
    reel__fail(tape, REEL_EVALUE, "gradcheck", "%s", why);
    return tape->status;
}

/* "an option is ..." */
static const char *fault(const reel_gradcheck_options *o)
{
    if (!(o->rtol >= 0 && o->atol >= 0 && o->step >= 0 && o->sample >= 0 &&
          o->directions >= 0 && o->order >= 0 && o->threads >= 0) ||
        !isfinite(o->rtol) || !isfinite(o->atol) || !isfinite(o->step))
        return "an option is negative or not finite";
    if (o->sample > 0 && o->directions > 0)
        return "directions move all elements: there is nothing to sample";
    return NULL;
}

static reel_status check_arguments(const reel__check *c, reel_node *y,
                                   reel_nodes xs)
{
    for (size_t i = 0; xs.node && i < xs.count; i++) {
        const reel_node *x = xs.node[i];
        if (x && (!(x->op->flags & REEL__LEAF) ||
                  !reel__is_float((reel_dtype)x->dtype)))
            return refuse(x->tape, "only leaves of f32 or f64 can be checked");
    }
    reel_status status = reel__check_nodes("gradcheck", y, xs);
    if (status != REEL_OK)
        return status;
    if (xs.count == 0)
        return refuse(y->tape, "no parameter to check");
    const char *why = fault(&c->options);
    return why ? refuse(y->tape, why) : REEL_OK;
}

static void set_up(reel__check *c, reel_node *y, reel_nodes xs)
{
    reel_gradcheck_options *o = &c->options;
    c->tape = y->tape;
    c->order = 1;
    o->order = o->order > 1 ? o->order : 1;
    c->epsilon = reel__working_epsilon();
    c->report->seed = o->seed;
    c->total = o->directions;
    for (size_t i = 0; o->directions == 0 && i < xs.count; i++) {
        int64_t n = reel_count(xs.node[i]);
        c->total += o->sample > 0 && o->sample < n ? o->sample : n;
    }
    c->total *= o->order;
}

reel_status reel_gradcheck(reel_node *y, reel_nodes params,
                           const reel_gradcheck_options *options,
                           reel_gradcheck_report *report)
{
    reel_gradcheck_report own;
    reel__check c = {.report = report ? report : &own};
    *c.report = (reel_gradcheck_report){.verdict = REEL_FAIL};
    if (options)
        c.options = *options;
    reel_status status = check_arguments(&c, y, params);
    if (status == REEL_OK) {
        set_up(&c, y, params);
        status = reel__report_new(c.tape, params.count,
                                  (size_t)c.options.order, c.report)
                     ? check_and_rewind(&c, y, params)
                     : c.tape->status;
    }
    if (!report)
        reel_gradcheck_free(&own);
    return status;
}
