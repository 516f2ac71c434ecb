/* grad/diagnosis.c: what the numbers show about a wrong rule. Some elements of
 * the operand are looked at: what the rule says of them, and the slope. Each
 * hypothesis predicts the one from the other; the first that fits is it.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include "grad/check.h"

enum { SAMPLES = 48 };

typedef struct evidence {
    const reel__suspect *suspect;
    const reel_node *x, *y;
    int64_t n;              /* elements of x */
    int count;
    int64_t at[SAMPLES];    /* elements of x */
    long double said[SAMPLES], slope[SAMPLES];
    long double scale;      /* largest slope or what was said of it */
    reel_gradcheck_blame *blame;
} evidence;

/* ----------------------------------------------------------------- evidence */

/* By the rule; false after an error on the tape. */
static bool says(const evidence *e, int64_t at, long double *value)
{
    const reel__suspect *s = e->suspect;
    reel__line line = {s->begin + at, s->begin + at + 1, NULL};
    *value = s->subject->rule[line.from];
    return !s->forward || reel__forward(s->subject, &line, value);
}

/* The slope by an element of all operands. */
static long double slope_at(const evidence *e, int64_t element)
{
    const reel__suspect *s = e->suspect;
    reel__line line = {element, element + 1, NULL};
    reel__slope slope = reel__slope_of(s->probe, &line, NAN, s->t);
    return slope.value;
}

/* The same, as if another cotangent had been given. */
static long double slope_with(const evidence *e, int64_t at,
                              const long double *v)
{
    reel__probe *p = e->suspect->probe;
    const long double *own = p->v;
    p->v = v;
    long double slope = slope_at(e, e->suspect->begin + at);
    p->v = own;
    return slope;
}

static bool gather(evidence *e)
{
    const reel__suspect *s = e->suspect;
    e->x = s->subject->xs.node[s->operand];
    e->y = s->subject->y;
    e->n = reel_count(e->x);
    e->count = e->n < SAMPLES ? (int)e->n : SAMPLES;
    for (int i = 0; i < e->count; i++) {
        /* The worst one first, and others evenly apart. */
        int64_t at = e->n / e->count * i + e->n % e->count * i / e->count;
        e->at[i] = (s->index + at) % e->n;
        if (!says(e, e->at[i], &e->said[i]))
            return false;
        e->slope[i] = slope_at(e, s->begin + e->at[i]);
        e->scale = fmaxl(e->scale,
                         fmaxl(fabsl(e->said[i]), fabsl(e->slope[i])));
    }
    return true;
}

static bool equal(const evidence *e, long double a, long double b)
{
    return fabsl(a - b) <= 1e-5L * fmaxl(fabsl(a), fabsl(b)) + 1e-9L * e->scale;
}

/* What a hypothesis predicts for sample i. */
typedef long double predict(const evidence *e, int i, void *by);

static bool fits(const evidence *e, predict *f, void *by)
{
    for (int i = 0; i < e->count; i++)
        if (!equal(e, e->said[i], f(e, i, by)))
            return false;
    return true;
}

#define FOUND(e, ...)                                             \
    (snprintf((e)->blame->diagnosis, sizeof (e)->blame->diagnosis, \
              __VA_ARGS__) >= 0)

/* ------------------------------------------------------------------ factors */

static long double times(const evidence *e, int i, void *by)
{
    return e->slope[i] * *(long double *)by;
}

static bool is_size(const reel_node *n, long double factor, int *axis)
{
    for (*axis = 0; *axis < n->ndim; ++*axis)
        if (n->dim[*axis] > 1 &&
            fabsl(factor - (long double)n->dim[*axis]) < 1e-6L * factor)
            return true;
    return false;
}

/* "8 times too large (the size of axis 0 of [8, 3])" */
static bool name_factor(const evidence *e, long double factor)
{
    char text[REEL__SHAPE_TEXT], size[REEL__SHAPE_TEXT + 32] = "";
    const char *sign = factor < 0 ? "the sign is flipped and it is " : "";
    long double c = fabsl(factor), times_it = c < 1 ? 1 / c : c;
    const reel_node *both[] = {e->y, e->x};
    int axis;
    for (int i = 0; i < 2 && !size[0]; i++)
        if (is_size(both[i], times_it, &axis))
            snprintf(size, sizeof size, ", the size of axis %d of %s", axis,
                     reel__node_shape_text(both[i], text));
    if (fabsl(factor + 1) < 1e-6L)
        return FOUND(e, "the sign is flipped");
    return FOUND(e, "%s%.7Lg times too %s%s", sign, times_it,
                 c < 1 ? "small" : "large", size);
}

static bool find_factor(const evidence *e)
{
    int most = 0;
    for (int i = 1; i < e->count; i++)
        if (fabsl(e->slope[i]) > fabsl(e->slope[most]))
            most = i;
    if (!(fabsl(e->slope[most]) > 0))
        return false;
    long double factor = e->said[most] / e->slope[most];
    if (!fits(e, times, &factor))
        return false;
    return factor == 0 ? FOUND(e, "a term is missing: it is 0")
                       : name_factor(e, factor);
}

/* ------------------------------------------------------------- other places */

/* Where element (i, j) of the last two axes is when they are transposed. */
static int64_t turned(const reel_node *y, int64_t i)
{
    int64_t rows = y->dim[y->ndim - 2], columns = y->dim[y->ndim - 1];
    int64_t first = i / (rows * columns) * rows * columns, in = i - first;
    return first + in % columns * rows + in / columns;
}

static bool find_transposed(const evidence *e)
{
    const reel_node *x = e->x;
    if (x->ndim < 2)
        return false;
    int64_t rows = x->dim[x->ndim - 2], columns = x->dim[x->ndim - 1];
    if (rows == 1 || columns == 1)
        return false;
    for (int i = 0; i < e->count; i++) {
        long double there;
        if (!says(e, turned(x, e->at[i]), &there) ||
            !equal(e, there, e->slope[i]))
            return false;
    }
    return FOUND(e, "the last two axes are transposed");
}

static bool find_shifted(const evidence *e)
{
    int64_t row = e->x->ndim ? e->n / e->x->dim[0] : 1;
    int64_t shift[] = {1, -1, row, -row};
    for (int k = 0; k < 4 && e->n > 1; k++) {
        bool all = true;
        for (int i = 0; all && i < e->count; i++) {
            long double there;
            int64_t at = (e->at[i] + shift[k] + e->n) % e->n;
            all = says(e, at, &there) && equal(e, there, e->slope[i]);
        }
        if (all)
            return FOUND(e, "an index is off by one%s",
                         k < 2 ? "" : " along axis 0");
    }
    return false;
}

/* As the rule of another operand. */
static long double of_other(const evidence *e, int i, void *by)
{
    return slope_at(e, *(int64_t *)by + e->at[i]);
}

static bool find_swapped(const evidence *e)
{
    const reel_nodes *xs = &e->suspect->subject->xs;
    int64_t begin = 0;
    for (size_t k = 0; k < xs->count; k++) {
        if (k != e->suspect->operand && reel__same_shape(xs->node[k], e->x) &&
            fits(e, of_other, &begin))
            return FOUND(e, "it is what belongs to another operand (%s)",
                         xs->count == 2 ? "the two are swapped" : "an index");
        begin += reel_count(xs->node[k]);
    }
    return false;
}

/* --------------------------------------------------------------- reductions */

/* The cotangent where the index along an axis is `at`, else 0. */
static void slice_of(const evidence *e, int axis, int64_t at, long double *v)
{
    int64_t inner = 1, n = reel_count(e->y);
    for (int d = axis + 1; d < e->y->ndim; d++)
        inner *= e->y->dim[d];
    for (int64_t i = 0; i < n; i++)
        v[i] = i / inner % e->y->dim[axis] == at ? e->suspect->subject->v[i]
                                                 : 0;
}

static long double of_cotangent(const evidence *e, int i, void *by)
{
    return slope_with(e, e->at[i], by);
}

/* A part of the sum over an axis only. */
static bool find_slice(const evidence *e, long double *v)
{
    char text[REEL__SHAPE_TEXT];
    for (int axis = 0; axis < e->y->ndim; axis++)
        for (int end = 0; end < 2 && e->y->dim[axis] > 1; end++) {
            slice_of(e, axis, end ? e->y->dim[axis] - 1 : 0, v);
            if (fits(e, of_cotangent, v))
                return FOUND(e, "the sum over axis %d of %s is missing: only "
                                "its %s element counts", axis,
                             reel__node_shape_text(e->y, text),
                             end ? "last" : "first");
        }
    return false;
}

/* A jvp whose result has its elements in wrong places is what would come of a
 * cotangent that has them there. */
static bool find_moved(const evidence *e, long double *v)
{
    int64_t n = reel_count(e->y);
    const long double *g = e->suspect->subject->v;
    for (int k = 0; e->suspect->forward && n > 1 && k < 3; k++) {
        if (k == 0 && e->y->ndim < 2)
            continue;
        for (int64_t i = 0; i < n; i++)
            v[i] = g[k == 0 ? turned(e->y, i) : (i + (k == 1 ? 1 : n - 1)) % n];
        if (fits(e, of_cotangent, v))
            return k == 0 ? FOUND(e, "the last two axes are transposed")
                          : FOUND(e, "an index is off by one");
    }
    return false;
}

static long double of_diagonal(const evidence *e, int i, void *by)
{
    long double *unit = by;
    int64_t at = e->at[i];
    unit[at] = e->suspect->subject->v[at];
    long double slope = slope_with(e, at, unit);
    unit[at] = 0;
    return slope;
}

/* Each element of the result by the same one of the operand alone. */
static bool find_diagonal(const evidence *e, long double *v)
{
    int64_t n = reel_count(e->y);
    if (n != e->n || n == 1)
        return false;
    for (int64_t i = 0; i < n; i++)
        v[i] = 0;
    return fits(e, of_diagonal, v) &&
           FOUND(e, "only the diagonal of the Jacobian is there: what elements "
                    "do to each other is missing");
}

/* -------------------------------------------------------------------- terms */

/* What a term may be made of, all of one shape: g, g y, g x, y, x, g y^2. */
static long double term(const evidence *e, int which, int64_t at)
{
    const reel__reference *r = e->suspect->subject->function;
    const long double *y = r->value[e->suspect->probe->y].data;
    const long double *x =
        r->value[e->suspect->probe->x[e->suspect->operand]].data;
    long double g = e->suspect->subject->v[at];
    long double is[] = {g, g * y[at], g * x[at], g * y[at] * y[at], y[at],
                        x[at]};
    return is[which];
}

/* The difference is a multiple of one term. */
static bool find_term(const evidence *e)
{
    static const char *const name[] = {
        "the cotangent g", "g y", "g x", "g y^2", "y", "x"};
    if (reel_count(e->y) != e->n || e->count < 3)
        return false;
    for (int which = 0; which < 6; which++) {
        long double t = term(e, which, e->at[0]);
        long double c = (e->said[0] - e->slope[0]) / t;
        bool all = reel__is_finite(c) && c != 0;
        for (int i = 0; all && i < e->count; i++)
            all = equal(e, e->said[i] - e->slope[i],
                        c * term(e, which, e->at[i]));
        if (all)
            return FOUND(e, "a term is missing or wrong: it is off by %.7Lg "
                            "times %s", c, name[which]);
    }
    return false;
}

static bool find_part(const evidence *e)
{
    int right = 0, zero = 0;
    for (int i = 0; i < e->count; i++) {
        bool good = equal(e, e->said[i], e->slope[i]);
        right += good;
        zero += !good && e->said[i] == 0;
    }
    if (right + zero == e->count)
        return FOUND(e, "%d of %d elements looked at are 0 and should not be",
                     zero, e->count);
    if (right > 0)
        return FOUND(e, "%d of %d elements looked at are wrong",
                     e->count - right, e->count);
    return false;
}

static bool find_not_finite(const evidence *e)
{
    for (int i = 0; i < e->count; i++)
        if (!reel__is_finite(e->said[i]))
            return FOUND(e, "it is not finite");
    return false;
}

/* The shape of y may be large: where hypotheses need another cotangent. */
static bool find_elsewhere(const evidence *e)
{
    const reel_allocator *a = &e->y->tape->allocator;
    size_t bytes = (size_t)reel_count(e->y) * sizeof(long double);
    long double *v = reel__alloc(a, bytes);
    if (!v)
        return reel__no_memory(e->y->tape, "gradcheck");
    bool found = find_moved(e, v) || find_diagonal(e, v) || find_slice(e, v);
    reel__free(a, v, bytes);
    return found;
}

bool reel__diagnose(const reel__suspect *suspect, reel_gradcheck_blame *blame)
{
    evidence e = {.suspect = suspect, .blame = blame};
    if (!gather(&e))
        return false;
    blame->analytic = (double)e.said[0];
    blame->numeric = (double)e.slope[0];
    if (find_not_finite(&e) || find_factor(&e) || find_transposed(&e) ||
        find_swapped(&e) || find_shifted(&e) || find_elsewhere(&e) ||
        find_term(&e))
        return e.y->tape->status == REEL_OK;
    find_part(&e);
    return e.y->tape->status == REEL_OK;
}
