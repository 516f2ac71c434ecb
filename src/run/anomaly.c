/* run/anomaly.c: which node made the NaN or the infinity that an output has.
 *
 * Nodes that are not finite are marked in order; then, from the outputs that
 * are not, back along operands that are not. What is met on the way is to
 * blame; what is not finite but was not met came to nothing (the untaken side
 * of a where) and is nobody's mistake. Of those to blame the first is named, in
 * the order of recording, so all its operands are finite.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "run/run.h"

enum {
    INFINITE = 1,
    NAN_TOO = 2, /* there is a NaN */
    MET = 4
};

static const void *data_of(const reel_workspace *w, const reel__watched *x)
{
    return (const char *)w->base[x->base] + x->offset;
}

/* -------------------------------------------------------------------- look */

#define LOOK(type, data, count, mark)                     \
    do {                                                  \
        const type *x_ = (data);                          \
        for (int64_t i_ = 0; i_ < (count); i_++)          \
            if (!isfinite(x_[i_]))                        \
                (mark) |= isnan(x_[i_]) ? NAN_TOO : INFINITE; \
    } while (0)

static unsigned look(const reel_workspace *w, const reel__watched *x)
{
    unsigned mark = 0;
    int64_t n = reel_count(x->node);
    if (x->node->dtype == REEL_F32)
        LOOK(float, data_of(w, x), n, mark);
    else if (x->node->dtype == REEL_F64)
        LOOK(double, data_of(w, x), n, mark);
    return mark;
}

/* Assignments have not been stored yet: they stand for their value. */
static size_t first_operand(const reel_node *n)
{
    return n->op == &reel__op_assign;
}

static bool mark_all(reel_workspace *w)
{
    const reel_program *p = w->program;
    bool fine = true;
    for (size_t i = 0; i < p->watches; i++) {
        const reel__watched *x = &p->watched[i];
        unsigned mark = x->node->op == &reel__op_assign
                            ? w->mark[p->watched_in[x->in + 1]]
                            : look(w, x);
        if (mark && x->output) {
            mark |= MET;
            fine = false;
        }
        w->mark[i] = (unsigned char)mark;
    }
    return fine;
}

/* The first node met, and the first of those with a NaN; NULL: none. */
static void trace(reel_workspace *w, const reel__watched **first,
                  const reel__watched **nan)
{
    const reel_program *p = w->program;
    *first = *nan = NULL;
    for (size_t i = p->watches; i-- > 0;) {
        const reel__watched *x = &p->watched[i];
        if (!(w->mark[i] & MET))
            continue;
        for (size_t k = first_operand(x->node); k < x->node->arity; k++)
            if (w->mark[p->watched_in[x->in + k]])
                w->mark[p->watched_in[x->in + k]] |= MET;
        if (!*first || x->node->id < (*first)->node->id)
            *first = x;
        if (w->mark[i] & NAN_TOO &&
            (!*nan || x->node->id < (*nan)->node->id))
            *nan = x;
    }
}

/* -------------------------------------------------------------------- tell */

typedef struct range {
    int64_t nans, infinities, first; /* first: that is not finite */
    double low, high;                /* of the finite ones, if low <= high */
} range;

static range range_of(const reel_workspace *w, const reel__watched *x)
{
    range r = {.first = -1, .low = INFINITY, .high = -INFINITY};
    const void *data = data_of(w, x);
    for (int64_t i = 0; i < reel_count(x->node); i++) {
        double v = (double)reel__load(reel_dtype_of(x->node), data, i);
        if (isfinite(v)) {
            r.low = v < r.low ? v : r.low;
            r.high = v > r.high ? v : r.high;
            continue;
        }
        r.first = r.first < 0 ? i : r.first;
        r.nans += isnan(v) != 0;
        r.infinities += isinf(v) != 0;
    }
    return r;
}

/* Appends to the workspace's message, as far as there is room. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void say(reel_workspace *w, const char *format, ...)
{
    size_t used = strlen(w->message);
    va_list args;
    va_start(args, format);
    vsnprintf(w->message + used, sizeof w->message - used, format, args);
    va_end(args);
}

static void say_node(reel_workspace *w, const reel_node *n)
{
    char shape[REEL__SHAPE_TEXT];
    say(w, "%s", reel_op_name(n));
    if (n->name)
        say(w, " '%s'", n->name);
    for (const reel_node *d = n; d->primal; d = d->tape->node[d->primal - 1])
        say(w, " in the %s of %s",
            d->forward ? "forward derivative" : "backward",
            reel_op_name(d->tape->node[d->primal - 1]));
    say(w, " %s %s", reel_dtype_name(reel_dtype_of(n)),
        reel__node_shape_text(n, shape));
}

static void say_place(reel_workspace *w, const reel_node *n)
{
    if (n->file)
        say(w, "%s:%d: ", n->file, n->line);
    say_node(w, n);
}

static void say_bad(reel_workspace *w, const reel__watched *x)
{
    range r = range_of(w, x);
    const reel_node *n = x->node;
    int64_t place = r.first;
    reel_shape at = {n->ndim, {0}};
    char text[REEL__SHAPE_TEXT];
    say(w, ": ");
    if (r.nans)
        say(w, "%" PRId64 " NaN", r.nans);
    if (r.infinities)
        say(w, "%s%" PRId64 " infinite", r.nans ? " and " : "", r.infinities);
    say(w, " of %" PRId64 " value%s", reel_count(n),
        reel_count(n) == 1 ? "" : "s");
    for (int i = n->ndim; i-- > 0; place /= n->dim[i])
        at.dim[i] = place % n->dim[i];
    if (n->ndim)
        say(w, ", the first at %s", reel__shape_text(at, text));
}

#define OPERANDS_SHOWN 3

static void say_operands(reel_workspace *w, const reel__watched *x)
{
    const reel_program *p = w->program;
    const reel_node *n = x->node;
    for (uint32_t k = 0; k < n->arity && k < OPERANDS_SHOWN; k++) {
        const reel__watched *in = &p->watched[p->watched_in[x->in + k]];
        range r = range_of(w, in);
        say(w, "; operand %" PRIu32 ", ", k);
        say_node(w, in->node);
        if (r.low <= r.high)
            say(w, ": %.6g to %.6g", r.low, r.high);
        else
            say(w, ": no finite value");
        if (r.nans || r.infinities)
            say(w, ", %" PRId64 " NaN, %" PRId64 " infinite", r.nans,
                r.infinities);
    }
    if (n->arity > OPERANDS_SHOWN)
        say(w, "; %" PRIu32 " more operands", n->arity - OPERANDS_SHOWN);
}

bool reel__all_finite(reel_workspace *w)
{
    const reel__watched *first, *nan;
    if (mark_all(w))
        return true;
    trace(w, &first, &nan);
    say_place(w, first->node);
    say_bad(w, first);
    if (nan && nan != first) {
        say(w, "; NaN first in ");
        say_place(w, nan->node);
    }
    say_operands(w, first);
    return false;
}
