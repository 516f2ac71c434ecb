/* grad/reverse.c: the reverse sweep: gradients and vector-Jacobian products.
 *
 * A node's adjoint is complete when all its users on the way to y are done;
 * which other nodes the sweep was asked for makes no difference to it. So every
 * adjoint that a sweep completes is kept on the tape, and a later sweep for the
 * same y starts from those: it adds nothing to them, and asks the rules only
 * for what is not known yet.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include "grad/path.h"

typedef struct sweep {
    reel__path path;
    reel_node *y, *cotangent; /* cotangent NULL: ones */
} sweep;

static reel_node *find(const sweep *s, const reel_node *x)
{
    return reel__adjoint_find(s->y->tape, s->y, s->cotangent, x);
}

static bool keep(const sweep *s, const reel_node *x, reel_node *dx)
{
    return dx && reel__adjoint_insert(s->y->tape, s->y, s->cotangent, x, dx);
}

/* ------------------------------------------------------------------- sweep */

/* Adds what the rule of n gave to the operands' adjoints. */
static bool accumulate(sweep *s, const reel_node *n)
{
    reel__path *p = &s->path;
    for (size_t k = 0; k < n->arity; k++) {
        if (!p->need[k] || !p->dx[k])
            continue;
        if (!reel__fits(n, "vjp", p->dx[k], n->in[k]))
            return false;
        reel_node **sum = &p->value[n->in[k]->slot];
        *sum = *sum ? reel_add(*sum, p->dx[k]) : p->dx[k];
        if (!*sum)
            return false;
    }
    return true;
}

/* Which operands of n lack an adjoint; false: none. */
static bool needs(sweep *s, const reel_node *n)
{
    reel__path *p = &s->path;
    bool any = false;
    if (!reel__has_rule(n))
        return false;
    for (size_t k = 0; k < n->arity; k++) {
        const reel_node *x = n->in[k];
        p->need[k] =
            reel__on_path(p, x) && !(p->mark[x->slot] & REEL__KNOWN);
        any = any || p->need[k];
    }
    return any;
}

static bool visit(sweep *s, reel_node *n)
{
    reel__path *p = &s->path;
    reel_node *g = p->value[n->slot];
    if (!g) /* zero */
        return true;
    if (!(p->mark[n->slot] & REEL__KNOWN) && !keep(s, n, g))
        return false;
    if (!needs(s, n))
        return true;
    for (size_t k = 0; k < n->arity; k++)
        p->dx[k] = NULL;
    n->tape->at = n;
    n->op->vjp(n, g, p->need, p->dx);
    reel__path_restore(p);
    return n->tape->status == REEL_OK && accumulate(s, n);
}

/* The adjoints to begin with: y's own, and those known already. */
static bool begin(sweep *s)
{
    reel__path *p = &s->path;
    if (!reel__on_path(p, s->y))
        return true;
    for (size_t i = 0; i < p->order.count; i++) {
        if ((p->mark[i] & REEL__ON_PATH) != REEL__ON_PATH)
            continue;
        p->value[i] = find(s, p->order.node[i]);
        if (p->value[i])
            p->mark[i] |= REEL__KNOWN;
    }
    reel_node **seed = &p->value[s->y->slot];
    if (!*seed)
        *seed = s->cotangent;
    if (!*seed)
        *seed = reel_full(s->y->tape, (reel_dtype)s->y->dtype,
                          reel__shape_of(s->y), 1);
    return *seed != NULL;
}

static bool run(sweep *s, reel_nodes wanted)
{
    reel__path *p = &s->path;
    reel_tape *t = s->y->tape;
    const reel_node *at = t->at;
    bool forward = t->forward;
    t->forward = false;
    bool done = reel__path_open(p, p->what, s->y, wanted) && begin(s);
    for (size_t i = done ? p->order.count : 0; done && i-- > 0;)
        if ((p->mark[i] & REEL__ON_PATH) == REEL__ON_PATH)
            done = visit(s, p->order.node[i]);
    t->at = at;
    t->forward = forward;
    reel__path_close(p);
    return done;
}

/* ----------------------------------------------------------------- results */

/* Those of xs that no sweep has come to yet, into *wanted (an array of
 * xs.count). */
static void unknown(const sweep *s, reel_nodes xs, reel_node **array,
                    reel_nodes *wanted)
{
    *wanted = (reel_nodes){0, array};
    for (size_t i = 0; i < xs.count; i++)
        if (!find(s, xs.node[i]))
            array[wanted->count++] = xs.node[i];
}

/* Every answer is on the tape after the sweep, or zero. */
static bool answer(const sweep *s, reel_nodes xs, reel_node **gradients)
{
    for (size_t i = 0; i < xs.count; i++) {
        gradients[i] = find(s, xs.node[i]);
        if (gradients[i])
            continue;
        gradients[i] = reel__zeros_like(xs.node[i]);
        if (!keep(s, xs.node[i], gradients[i]))
            return false;
    }
    return true;
}

static reel_status sweep_back(sweep *s, reel_nodes xs, reel_node **gradients)
{
    reel_tape *t = s->y->tape;
    reel__asked asked = {false, s->y, s->cotangent, xs, {0, NULL}};
    if (reel__sweep_again(t, &asked, gradients))
        return REEL_OK;
    reel_mark begin = reel_tape_mark(t);
    reel_nodes wanted;
    reel_node **array = reel__alloc(&t->allocator, (xs.count + 1) *
                                                       sizeof *array);
    if (!array) {
        reel__no_memory(t, s->path.what);
        return t->status;
    }
    unknown(s, xs, array, &wanted);
    bool done = (wanted.count == 0 || run(s, wanted)) &&
                answer(s, xs, gradients) &&
                reel__sweep_note(t, &asked, begin, gradients);
    reel__free(&t->allocator, array, (xs.count + 1) * sizeof *array);
    for (size_t i = 0; !done && i < xs.count; i++)
        gradients[i] = NULL;
    return t->status;
}

static bool one_element(const reel_node *loss)
{
    char text[REEL__SHAPE_TEXT];
    if (reel_count(loss) == 1)
        return true;
    return reel__fail(loss->tape, REEL_EGRAD, "gradient",
                      "the loss is %s %s: reduce it to one element (reel_sum, "
                      "reel_mean) or give a cotangent (reel_vjp)",
                      reel_dtype_name((reel_dtype)loss->dtype),
                      reel__node_shape_text(loss, text));
}

reel_status reel_gradients(reel_node *loss, reel_nodes xs,
                           reel_node **gradients)
{
    if (!gradients)
        return xs.count ? REEL_EVALUE : REEL_OK;
    for (size_t i = 0; i < xs.count; i++)
        gradients[i] = NULL;
    reel_status status = reel__check_nodes("gradient", loss, xs);
    if (status != REEL_OK)
        return status;
    if (!one_element(loss))
        return REEL_EGRAD;
    sweep s = {.path.what = "gradient", .y = loss};
    return sweep_back(&s, xs, gradients);
}

reel_node *reel_gradient(reel_node *loss, reel_node *x)
{
    reel_node *dx = NULL;
    reel_gradients(loss, (reel_nodes){1, &x}, &dx);
    return dx;
}

reel_status reel_vjp(reel_node *y, reel_node *cotangent, reel_nodes xs,
                     reel_node **gradients)
{
    if (!gradients)
        return xs.count ? REEL_EVALUE : REEL_OK;
    for (size_t i = 0; i < xs.count; i++)
        gradients[i] = NULL;
    reel_status status = reel__check_nodes("vjp", y, xs);
    if (status != REEL_OK)
        return status;
    reel_node *both[] = {y, cotangent};
    if (!cotangent || cotangent->tape != y->tape)
        return reel__check_nodes("vjp", y, (reel_nodes){2, both});
    if (!reel__check_like("vjp", "cotangent", cotangent, y))
        return y->tape->status;
    sweep s = {.path.what = "vjp", .y = y, .cotangent = cotangent};
    return sweep_back(&s, xs, gradients);
}
