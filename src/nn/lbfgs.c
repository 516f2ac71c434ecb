/* nn/lbfgs.c: the limited-memory method of Broyden, Fletcher, Goldfarb and
 * Shanno for small problems. The graph gives the loss and its gradient; the
 * steps are made here, in double.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>
#include "nn/names.h"
#include <reel/optim.h>

/* What a step must achieve: the loss falls by DECREASE of what the slope at the
 * start promises, and the slope falls to CURVATURE of that (Nocedal and
 * Wright's constants for quasi-Newton methods). */
#define DECREASE 1e-4
#define CURVATURE 0.9
#define MOST_TRIES 40

/* A place on the line that is searched: its distance from the start, the loss
 * and its slope there. */
typedef struct point {
    double at, loss, slope;
} point;

typedef struct solver {
    reel_tape *tape;
    reel_node *loss, **gradient;
    reel_nodes parameters;
    reel_program *program;
    reel_lbfgs_options options;
    reel_lbfgs_report report;
    reel_status status;
    size_t n;                 /* elements of all parameters */
    double *memory;           /* all of these vectors of n, then rho, alpha */
    double *start, *direction, *now, *before; /* the latter two: gradients */
    double *moves, *changes;  /* of place and gradient, options.memory each */
    double *rho, *alpha;
    int64_t kept;             /* moves so far; the latest in a ring */
} solver;

static double dot(const solver *s, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* y += a x */
static void add(const solver *s, double a, const double *x, double *y)
{
    for (size_t i = 0; i < s->n; i++)
        y[i] += a * x[i];
}

static double largest(const solver *s, const double *x)
{
    double most = 0;
    for (size_t i = 0; i < s->n; i++)
        most = fabs(x[i]) > most || isnan(x[i]) ? fabs(x[i]) : most;
    return most;
}

/* The values of nodes, one after the other, as doubles. */
static void gather(reel_node *const *node, size_t count, double *to)
{
    for (size_t k = 0; k < count; k++)
        for (int64_t i = 0; i < reel_count(node[k]); i++)
            *to++ = (double)reel__load(reel_dtype_of(node[k]), node[k]->value,
                                       i);
}

/* -------------------------------------------------------------- evaluation */

/* Goes to a place on the line; the gradient there is s->now. A loss that is no
 * number counts as infinite. */
static point go(solver *s, double at)
{
    point p = {at, INFINITY, 0};
    size_t i = 0;
    for (size_t k = 0; k < s->parameters.count; k++) {
        reel_node *x = s->parameters.node[k];
        for (int64_t e = 0; e < reel_count(x); e++, i++)
            reel__store(reel_dtype_of(x), x->value, e,
                        s->start[i] + at * s->direction[i]);
    }
    s->report.evaluations++;
    s->status = reel_run(s->program);
    if (s->status != REEL_OK)
        return p;
    double loss = reel_item(s->loss);
    gather(s->gradient, s->parameters.count, s->now);
    p.slope = dot(s, s->now, s->direction);
    p.loss = isnan(loss) || isnan(p.slope) ? INFINITY : loss;
    return p;
}

/* ------------------------------------------------------------- line search */

static bool falls(const point *from, const point *to)
{
    return to->loss <= from->loss + DECREASE * to->at * from->slope;
}

/* Good enough to stop at. Close to a minimum rounding hides whether the loss
 * falls; the slopes still tell (W. Hager, H. Zhang, "A new conjugate gradient
 * method with guaranteed descent and an efficient line search", 2005,
 * equation 27). */
static bool is_good(const solver *s, const point *from, const point *to)
{
    double eps = reel_dtype_of(s->loss) == REEL_F32 ? FLT_EPSILON : DBL_EPSILON;
    bool as_low = to->loss <= from->loss + 4 * eps * fabs(from->loss) &&
                  to->slope <= (2 * DECREASE - 1) * from->slope;
    return (as_low || falls(from, to)) &&
           fabs(to->slope) <= -CURVATURE * from->slope;
}

/* Where the cubic through both points and their slopes is lowest, kept off the
 * ends by a tenth; the middle where that makes no sense. */
static double between(const point *a, const point *b)
{
    double width = b->at - a->at;
    double d = a->slope + b->slope - 3 * (a->loss - b->loss) / (a->at - b->at);
    double root = sqrt(d * d - a->slope * b->slope) * (width < 0 ? -1 : 1);
    double part = 1 - (b->slope + root - d) / (b->slope - a->slope + 2 * root);
    return a->at + width * (part >= 0.1 && part <= 0.9 ? part : 0.5);
}

/* Algorithm 3.6: low falls, lowest so far, and a good place lies between. */
static point zoom(solver *s, const point *from, point low, point high,
                  int tries)
{
    while (tries-- > 0 && s->status == REEL_OK) {
        point p = go(s, between(&low, &high));
        if (is_good(s, from, &p))
            return p;
        if (!falls(from, &p) || p.loss >= low.loss) {
            high = p;
            continue;
        }
        if (p.slope * (high.at - low.at) >= 0)
            high = low;
        low = p;
    }
    /* Rounding hides the rest: at least it falls, if it has moved at all. */
    return s->status == REEL_OK ? go(s, low.at) : low;
}

/* Algorithm 3.5. Ends where it has found a place, at 0 if there is none. */
static point search(solver *s, const point *from, double at)
{
    point last = *from;
    for (int tries = MOST_TRIES; tries > 0; tries--) {
        point p = go(s, at);
        if (s->status != REEL_OK || is_good(s, from, &p))
            return p;
        if (!falls(from, &p) || (last.at > 0 && p.loss >= last.loss))
            return zoom(s, from, last, p, tries);
        if (p.slope >= 0)
            return zoom(s, from, p, last, tries);
        last = p;
        at *= 2;
    }
    return last;
}

/* -------------------------------------------------------------- directions */

static size_t place(const solver *s, int64_t move)
{
    return (size_t)(move % s->options.memory);
}

/* Algorithm 7.4: minus the gradient by the inverse Hessian as the last moves
 * show it. */
static void set_direction(solver *s)
{
    double *d = s->direction;
    int64_t first =
        s->kept > s->options.memory ? s->kept - s->options.memory : 0;
    for (size_t i = 0; i < s->n; i++)
        d[i] = -s->now[i];
    for (int64_t k = s->kept; k-- > first;) {
        size_t r = place(s, k);
        s->alpha[r] = s->rho[r] * dot(s, s->moves + r * s->n, d);
        add(s, -s->alpha[r], s->changes + r * s->n, d);
    }
    if (s->kept > 0) {
        size_t r = place(s, s->kept - 1);
        const double *y = s->changes + r * s->n;
        double scale = 1 / (s->rho[r] * dot(s, y, y));
        for (size_t i = 0; i < s->n; i++)
            d[i] *= scale;
    }
    for (int64_t k = first; k < s->kept; k++) {
        size_t r = place(s, k);
        double beta = s->rho[r] * dot(s, s->changes + r * s->n, d);
        add(s, s->alpha[r] - beta, s->moves + r * s->n, d);
    }
}

/* Learns from a move of `at` along the direction. The line search has seen to
 * it that the slope has risen; rounding may have not. */
static void learn(solver *s, double at)
{
    size_t r = place(s, s->kept);
    double *move = s->moves + r * s->n, *change = s->changes + r * s->n;
    for (size_t i = 0; i < s->n; i++) {
        move[i] = at * s->direction[i];
        change[i] = s->now[i] - s->before[i];
    }
    double rise = dot(s, move, change);
    if (rise > 0) {
        s->rho[r] = 1 / rise;
        s->kept++;
    }
}

/* ------------------------------------------------------------------ solver */

/* From where the parameters are, with the loss and gradient there. */
static bool iterate(solver *s, point *here)
{
    set_direction(s);
    if (!(dot(s, s->now, s->direction) < 0)) { /* not down: learn anew */
        s->kept = 0;
        set_direction(s);
    }
    memcpy(s->before, s->now, s->n * sizeof *s->now);
    gather(s->parameters.node, s->parameters.count, s->start);
    here->at = 0;
    here->slope = dot(s, s->now, s->direction);
    double length = sqrt(dot(s, s->direction, s->direction));
    double first = s->kept > 0 || length < 1 ? 1 : 1 / length;
    point next = search(s, here, first);
    if (s->status != REEL_OK)
        return false;
    if (!(next.loss < here->loss || largest(s, s->now) < s->report.gradient)) {
        go(s, 0);
        return false;
    }
    learn(s, next.at);
    *here = next;
    s->report.iterations++;
    return true;
}

static bool is_done(solver *s, const point *here)
{
    s->report.loss = here->loss;
    s->report.gradient = largest(s, s->now);
    s->report.converged = s->report.gradient <= s->options.tolerance;
    return s->report.converged ||
           s->report.iterations >= s->options.iterations;
}

static void solve(solver *s)
{
    gather(s->parameters.node, s->parameters.count, s->start);
    memset(s->direction, 0, s->n * sizeof *s->direction);
    point here = go(s, 0);
    if (s->status != REEL_OK)
        return;
    if (!isfinite(here.loss)) {
        reel__fail(s->tape, REEL_EVALUE, "lbfgs",
                   "the loss is not finite where it starts");
        s->status = REEL_EVALUE;
        return;
    }
    while (!is_done(s, &here) && iterate(s, &here))
        continue;
}

static bool take_options(solver *s, const reel_lbfgs_options *given)
{
    static const reel_lbfgs_options none;
    reel_lbfgs_options *o = &s->options;
    *o = given ? *given : none;
    if (o->iterations < 0 || o->memory < 0 || !(o->tolerance >= 0))
        return reel__fail(s->tape, REEL_EVALUE, "lbfgs",
                          "an option is negative");
    o->iterations = o->iterations ? o->iterations : 1000;
    o->memory = o->memory ? o->memory : 10;
    o->tolerance = o->tolerance > 0 ? o->tolerance : 1e-6;
    return true;
}

/* Numbers in s->memory. */
static size_t numbers(const solver *s)
{
    size_t m = (size_t)s->options.memory;
    return (4 + 2 * m) * s->n + 2 * m;
}

static bool take_memory(solver *s)
{
    size_t m = (size_t)s->options.memory;
    for (size_t k = 0; k < s->parameters.count; k++)
        s->n += (size_t)reel_count(s->parameters.node[k]);
    s->gradient = reel__arena_take(&s->tape->notes, s->parameters.count *
                                                        sizeof *s->gradient);
    s->memory = reel__alloc(&s->tape->allocator,
                            numbers(s) * sizeof *s->memory);
    if (!s->gradient || !s->memory)
        return reel__no_memory(s->tape, "lbfgs");
    double **const vector[] = {&s->start, &s->direction, &s->now, &s->before};
    double *p = s->memory;
    for (int i = 0; i < 4; i++, p += s->n)
        *vector[i] = p;
    s->moves = p;
    s->changes = s->moves + m * s->n;
    s->rho = s->changes + m * s->n;
    s->alpha = s->rho + m;
    return true;
}

/* The loss and its gradient, in that order. */
static bool compile(solver *s)
{
    size_t count = s->parameters.count;
    reel_node **all =
        reel__arena_take(&s->tape->notes, (count + 1) * sizeof *all);
    if (!all)
        return reel__no_memory(s->tape, "lbfgs");
    if (reel_gradients(s->loss, s->parameters, s->gradient) != REEL_OK)
        return false;
    all[0] = s->loss;
    memcpy(all + 1, s->gradient, count * sizeof *all);
    s->program = reel_compile(s->tape, (reel_nodes){count + 1, all});
    return s->program != NULL;
}

reel_status reel_lbfgs(reel_node *loss, reel_nodes parameters,
                       const reel_lbfgs_options *options,
                       reel_lbfgs_report *report)
{
    reel_tape *t = reel_tape_of(loss);
    solver s = {.tape = t, .loss = loss, .parameters = parameters};
    if (!t)
        return REEL_EVALUE;
    reel_mark mark = reel_tape_mark(t);
    bool ready = reel__usable(t) &&
                 reel__are_parameters(t, "lbfgs", parameters) &&
                 take_options(&s, options) && take_memory(&s) && compile(&s);
    if (ready)
        solve(&s);
    reel_program_free(s.program);
    reel__free(&t->allocator, s.memory, numbers(&s) * sizeof *s.memory);
    reel_status status = reel_status_of(t);
    mark.status = status; /* the rewind does not take back the error */
    reel_tape_rewind(t, mark);
    if (report)
        *report = s.report;
    return ready || status != REEL_OK ? status : REEL_EVALUE;
}
