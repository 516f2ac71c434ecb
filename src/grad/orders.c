/* grad/orders.c: derivatives of derivatives. The derivative of a function along
 * a random direction w is recorded as graph, in two ways: by reverse mode, as
 * <gradient, w>, and by forward mode. Both are functions like any other, and
 * checked like one: so reverse over reverse, forward over reverse, reverse over
 * forward and forward over forward all are.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "grad/check.h"

/* What derivatives are taken along: up or down for each element of xs. */
typedef struct stage {
    reel_nodes xs;
    reel_node **dx, **w; /* one each of xs */
    reel__heading heading;
    reel__line line;
} stage;

static bool set_direction(stage *s, uint64_t seed, uint64_t stream)
{
    int64_t e = 0;
    s->heading = (reel__heading){seed, stream};
    for (size_t i = 0; i < s->xs.count; i++) {
        const reel_node *x = s->xs.node[i];
        reel_node *w = reel_state(x->tape, "w", (reel_dtype)x->dtype,
                                  reel__shape_of(x), NULL);
        for (int64_t k = 0; w && k < reel_count(w); k++, e++)
            reel__store((reel_dtype)w->dtype, w->value, k,
                        reel__component(&s->heading, e));
        if (!w)
            return false;
        s->w[i] = w;
    }
    s->line = (reel__line){0, e, &s->heading};
    return true;
}

/* In f64, since f32 and f64 parameters do not promote. */
static reel_node *total(reel_node *product)
{
    return reel_sum(reel_cast(product, REEL_F64), REEL_ALL, false);
}

/* <J^T v, w>; v NULL: y has one element. */
static reel_node *along_reverse(const stage *s, reel_node *y, reel_node *v)
{
    reel_node *sum = NULL;
    reel_status status = v ? reel_vjp(y, v, s->xs, s->dx)
                           : reel_gradients(y, s->xs, s->dx);
    for (size_t i = 0; status == REEL_OK && i < s->xs.count; i++) {
        reel_node *part = total(reel_mul(s->dx[i], s->w[i]));
        sum = sum ? reel_add(sum, part) : part;
    }
    return sum;
}

/* <v, J w>; *none: an op has no jvp. */
static reel_node *along_forward(const stage *s, reel_node *y, reel_node *v,
                                bool *none)
{
    reel_tape *t = y->tape;
    reel_mark mark = reel_tape_mark(t);
    reel_node *dy = reel_jvp(y, s->xs, (reel_nodes){s->xs.count, s->w});
    *none = t->status == REEL_EGRAD;
    if (*none)
        reel_tape_rewind(t, mark);
    return dy ? total(v ? reel_mul(v, dy) : dy) : NULL;
}

/* --------------------------------------------------------- the second order */

/* The derivative of f along the line: u' H w, if f is that of y along w and the
 * line u. */
static bool product(const reel__check *c, reel_node *f, const stage *s,
                    const reel__line *line, long double *value,
                    reel__tolerance *t)
{
    reel__subject d;
    reel__setup setup = {.seed = c->options.seed};
    reel__tolerances both;
    bool done = f && reel__subject_open(&d, f, s->xs, &setup) &&
                reel__set_line_tolerances(c, &d, &both);
    if (done) {
        *value = reel__reverse(d.rule, line);
        *t = both.rule;
    }
    if (f)
        reel__subject_close(&d);
    return done;
}

/* w' H w against second differences of the function itself: they would also
 * see a dependence that a rule has cut off. */
static bool check_curvature(reel__check *c, const reel__subject *y,
                            const reel__line *line, long double value,
                            reel__tolerance *t)
{
    reel__tolerances first;
    if (!reel__set_line_tolerances(c, y, &first))
        return false;
    reel__probe *p = reel__probes_new(y, 1);
    if (!p)
        return false;
    /* What is nothing beside the slopes is as good as 0. */
    t->largest = fmaxl(t->largest, first.rule.largest);
    reel__slope slope = reel__curvature_of(p, line, t);
    reel_gradcheck_direction d = {
        .order = 2, .reverse = (double)value, .forward = NAN,
        .numeric = (double)slope.value, .estimate = (double)slope.error};
    d.verdict = reel__verdict(t, &slope, value, &d.reason);
    d.wrong = d.verdict == REEL_FAIL ? REEL_RULE_VJP : REEL_RULE_NONE;
    reel__probes_free(y, p, 1);
    return reel__report_direction(c->report, &d) ||
           reel__no_memory(c->tape, "gradcheck");
}

/* u' H w = w' H u. */
static bool check_hessian(reel__check *c, const reel__subject *y, stage *s,
                          reel_node *along_w)
{
    stage other = *s;
    long double uw, wu, ww;
    reel__tolerance t, tu;
    other.w = reel__alloc_zeroed(&c->tape->allocator,
                                 (s->xs.count + 1) * sizeof *other.w);
    bool done = other.w || reel__no_memory(c->tape, "gradcheck");
    done = done && set_direction(&other, c->options.seed, REEL__STREAM_OTHER);
    done = done && product(c, along_w, s, &s->line, &ww, &t) &&
           product(c, along_w, s, &other.line, &uw, &t) &&
           product(c, along_reverse(&other, y->y, y->cotangent), s, &s->line,
                   &wu, &tu);
    reel__free(&c->tape->allocator, other.w,
               (s->xs.count + 1) * sizeof *other.w);
    if (!done)
        return false;
    if (reel__is_finite(uw) && reel__is_finite(wu)) {
        long double size = fmaxl(fabsl(uw), fmaxl(t.largest, tu.largest));
        c->report->contracts |= REEL_CONTRACT_SYMMETRIC;
        if (!(fabsl(uw - wu) <= t.rtol * size))
            c->report->broken |= REEL_CONTRACT_SYMMETRIC;
    }
    return check_curvature(c, y, &s->line, ww, &t);
}

/* -------------------------------------------------------------- all of them */

static reel_status check_order(reel__check *c, const reel__subject *y,
                               stage *s, reel_node **f)
{
    bool none = c->options.skip & REEL_SKIP_FORWARD;
    reel_node *v = c->order == 2 ? y->cotangent : NULL, *forward = NULL;
    if (!set_direction(s, c->options.seed,
                       REEL__STREAM_ORDER + (uint64_t)c->order))
        return c->tape->status;
    if (!none)
        forward = along_forward(s, *f, v, &none);
    *f = along_reverse(s, *f, v);
    if (!*f || (!none && !forward))
        return c->tape->status;
    reel_status status = reel__check_function(c, *f, s->xs, true);
    if (status == REEL_OK && forward)
        status = reel__check_function(c, forward, s->xs, false);
    if (status == REEL_OK && c->order == 2 && !check_hessian(c, y, s, *f))
        status = c->tape->status;
    return status;
}

reel_status reel__check_orders(reel__check *c, reel_node *y, reel_nodes xs)
{
    const reel_allocator *a = &c->tape->allocator;
    size_t bytes = 2 * (xs.count + 1) * sizeof(reel_node *);
    reel__subject base;
    reel__setup setup = {.seed = c->options.seed};
    stage s = {.xs = xs, .dx = reel__alloc_zeroed(a, bytes)};
    if (!s.dx) {
        reel__no_memory(c->tape, "gradcheck");
        return c->tape->status;
    }
    s.w = s.dx + xs.count + 1;
    reel_status status = reel__subject_open(&base, y, xs, &setup)
                             ? REEL_OK
                             : c->tape->status;
    for (c->order = 2; status == REEL_OK && c->order <= c->options.order;
         c->order++) {
        c->rows += xs.count;
        status = check_order(c, &base, &s, &y);
    }
    reel__subject_close(&base);
    reel__free(a, s.dx, bytes);
    return status;
}
