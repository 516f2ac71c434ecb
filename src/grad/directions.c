/* grad/directions.c: reverse mode, forward mode and differences along random
 * directions, in which all parameters move at once, up or down.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "grad/check.h"

typedef struct way {
    reel__heading heading;
    reel__line line;
    long double reverse, forward, computed;
    reel__slope slope;
    reel_verdict back, forth; /* of reverse, of forward */
    reel_reason back_reason, forth_reason;
} way;

typedef struct ways {
    const reel__subject *subject;
    reel__probe *probe;
    reel__tolerances line;
    reel__tolerance tolerance; /* of the rules */
    way *way;
    bool rows; /* the report has rows for the subject's parameters */
} ways;

static void measure(void *context, int thread, int64_t i)
{
    ways *w = context;
    way *d = &w->way[i];
    d->slope = reel__slope_of(&w->probe[thread], &d->line, d->reverse,
                              &w->tolerance);
    d->back = reel__verdict(&w->tolerance, &d->slope, d->reverse,
                            &d->back_reason);
    d->forth = d->back;
    d->forth_reason = d->back_reason;
    if (d->back != REEL_FAIL && w->subject->computed &&
        reel__verdict(&w->line.computed, &d->slope, d->computed,
                      &d->back_reason) == REEL_FAIL) {
        d->back = REEL_FAIL;
        if (d->back_reason == REEL_REASON_DIFFERS)
            d->back_reason = REEL_REASON_PRECISION;
    }
    if (w->subject->dy)
        d->forth = reel__verdict(&w->tolerance, &d->slope, d->forward,
                                 &d->forth_reason);
}

/* ---------------------------------------------------------------- bisecting */

bool reel__excess(reel__subject *s, reel__probe *probe,
                  const reel__tolerance *t, const reel__line *line,
                  const long double *slopes, long double *excess)
{
    long double value;
    if (slopes)
        value = reel__reverse(slopes, line);
    else if (!reel__forward(s, line, &value))
        return false;
    reel__slope slope = reel__slope_of(probe, line, value, t);
    long double off = fabsl(value - slope.value);
    *excess = INFINITY;
    if (reel__is_finite(off))
        *excess = off > 0 ? off / reel__allowed(t, &slope, value) : 0;
    return true;
}

bool reel__bisect(reel__subject *s, reel__probe *probe,
                  const reel__tolerance *t, reel__line *line,
                  const long double *slopes)
{
    while (line->to - line->from > 1) {
        reel__line low = *line, high = *line;
        long double a, b;
        low.to = high.from = line->from + (line->to - line->from) / 2;
        if (!reel__excess(s, probe, t, &low, slopes, &a) ||
            !reel__excess(s, probe, t, &high, slopes, &b))
            return false;
        *line = a >= b ? low : high;
    }
    return true;
}

/* An element by forward mode alone: what reverse mode says is right. */
static bool judge_forward(reel__subject *s, reel__probe *p,
                          const reel__line *line, const reel__tolerances *t,
                          reel__finding *f)
{
    reel__line up = {line->from, line->to, NULL};
    long double value;
    if (!reel__forward(s, &up, &value))
        return false;
    f->slope = reel__slope_of(p, &up, value, &t->rule);
    f->rule = f->analytic = value;
    f->verdict = reel__verdict(&t->rule, &f->slope, value, &f->reason);
    f->error = fabsl(value - f->slope.value) /
               reel__allowed(&t->rule, &f->slope, value) * t->rule.rtol;
    return true;
}

/* What failed, and what it is held to. */
typedef struct fault {
    const long double *slopes; /* NULL: forward mode */
    const reel__tolerance *t;
} fault;

static bool enter_element(reel__check *c, reel__subject *s, ways *w, size_t x,
                          reel__line *line, const fault *is)
{
    reel__tolerances t;
    reel__finding f;
    if (!reel__bisect(s, w->probe, is->t, line, is->slopes) ||
        !reel__set_tolerances(c, s, x, &t))
        return false;
    reel__judge(s, w->probe, line->from, &t, &f);
    if (!is->slopes && f.verdict == REEL_PASS &&
        !judge_forward(s, w->probe, line, &t, &f))
        return false;
    reel__enter(c, s, line->from, &f);
    return true;
}

/* Which parameters the failure is of, and an element of each. Of those that
 * pass alone the row says so. */
static bool find_elements(reel__check *c, reel__subject *s, ways *w,
                          const way *d)
{
    bool forward = d->back != REEL_FAIL;
    bool precision = !forward && d->back_reason == REEL_REASON_PRECISION;
    fault is = {forward     ? NULL
                : precision ? s->computed
                            : s->rule,
                precision ? &w->line.computed : &w->tolerance};
    int64_t begin = 0;
    for (size_t x = 0; x < s->xs.count; x++) {
        int64_t n = reel_count(s->xs.node[x]);
        reel_gradcheck_row *row = &c->report->row[c->rows + x];
        reel__line line = {begin, begin + n, &d->heading};
        long double off = 0;
        begin += n;
        if (n == 0)
            continue;
        if (!reel__excess(s, w->probe, is.t, &line, is.slopes, &off) ||
            (off > 1 && !enter_element(c, s, w, x, &line, &is)))
            return false;
        if (off <= 1 && row->compared == 0)
            row->verdict = REEL_PASS;
    }
    return true;
}

/* ------------------------------------------------------------------ reports */

static reel_rule wrong(const way *d)
{
    bool back = d->back == REEL_FAIL &&
                d->back_reason != REEL_REASON_PRECISION;
    bool forth = d->forth == REEL_FAIL;
    return back && forth ? REEL_RULE_BOTH
           : back        ? REEL_RULE_VJP
           : forth       ? REEL_RULE_JVP
                         : REEL_RULE_NONE;
}

static bool fails(const way *d)
{
    return d->back == REEL_FAIL || d->forth == REEL_FAIL;
}

static bool enter(reel__check *c, const reel__subject *s, const way *d)
{
    bool worse = d->forth == REEL_FAIL && d->back != REEL_FAIL;
    reel_gradcheck_direction out = {
        .order = c->order,
        .verdict = worse ? d->forth : d->back,
        .reason = worse ? d->forth_reason : d->back_reason,
        .wrong = wrong(d),
        .reverse = (double)d->reverse,
        .forward = s->dy ? (double)d->forward : NAN,
        .numeric = (double)d->slope.value,
        .estimate = (double)d->slope.error};
    return reel__report_direction(c->report, &out) ||
           reel__no_memory(c->tape, "gradcheck");
}

static bool report_all(reel__check *c, reel__subject *s, ways *w,
                       int64_t count)
{
    bool instead = w->rows && c->options.directions > 0, found = false;
    for (int64_t i = 0; i < count; i++) {
        const way *d = &w->way[i];
        if (!enter(c, s, d))
            return false;
        if (instead) {
            c->passed = c->passed || (d->back == REEL_PASS && !fails(d));
            reel__progress(c);
        }
        if (!fails(d) || found || !w->rows ||
            (!instead && d->back == REEL_FAIL))
            continue; /* elements tell the rest */
        found = true;
        if (!find_elements(c, s, w, d))
            return false;
    }
    return true;
}

/* A parameter in which no direction found a fault. */
static void settle_rows(reel__check *c, const reel__subject *s,
                        reel_verdict verdict)
{
    for (size_t x = 0; x < s->xs.count; x++) {
        reel_gradcheck_row *row = &c->report->row[c->rows + x];
        if (row->compared > 0 || row->elements == 0)
            continue;
        if (row->verdict != REEL_PASS)
            row->verdict = verdict;
        row->reason = REEL_REASON_NONE;
    }
}

static reel_verdict joint(const ways *w, int64_t count)
{
    reel_verdict joint = REEL_INCONCLUSIVE;
    for (int64_t i = 0; i < count; i++)
        if (w->way[i].back == REEL_PASS)
            joint = REEL_PASS;
    return joint;
}

static bool prepare(reel__check *c, reel__subject *s, ways *w, int64_t count)
{
    if (!reel__set_line_tolerances(c, s, &w->line))
        return false;
    w->tolerance = w->line.rule;
    for (int64_t i = 0; i < count; i++) {
        way *d = &w->way[i];
        d->heading = (reel__heading){c->options.seed,
                                 REEL__STREAM_LINES + (uint64_t)i};
        d->line = (reel__line){0, (int64_t)s->elements, &d->heading};
        d->reverse = reel__reverse(s->rule, &d->line);
        if (s->computed)
            d->computed = reel__reverse(s->computed, &d->line);
        if (s->dy && !reel__forward(s, &d->line, &d->forward))
            return false;
    }
    return true;
}

reel_status reel__check_directions(reel__check *c, reel__subject *s,
                                   int64_t count, bool rows)
{
    const reel_allocator *a = &s->tape->allocator;
    ways w = {.subject = s, .rows = rows};
    if (s->elements == 0)
        return REEL_OK;
    w.way = reel__alloc_zeroed(a, (size_t)count * sizeof *w.way);
    w.probe = reel__probes_new(s, c->threads);
    bool done = (w.way || reel__no_memory(s->tape, "gradcheck")) && w.probe &&
                prepare(c, s, &w, count);
    if (done) {
        reel__team(c->threads, count, measure, &w);
        done = report_all(c, s, &w, count);
        if (rows && c->options.directions > 0)
            settle_rows(c, s, joint(&w, count));
    }
    if (w.probe)
        reel__probes_free(s, w.probe, c->threads);
    reel__free(a, w.way, (size_t)count * sizeof *w.way);
    return done ? REEL_OK : s->tape->status;
}
