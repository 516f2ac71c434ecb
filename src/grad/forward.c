/* grad/forward.c: the forward sweep: Jacobian-vector products.
 *
 * SPDX-License-Identifier: MIT */
#include "grad/path.h"

/* y's tangent by its operands', in *dy; NULL stands for zero. */
static bool push(reel__path *p, reel_node *n, reel_node **dy)
{
    bool any = false;
    *dy = NULL;
    for (size_t k = 0; reel__has_rule(n) && k < n->arity; k++) {
        const reel_node *x = n->in[k];
        p->dx[k] = reel__on_path(p, x) ? p->value[x->slot] : NULL;
        any = any || p->dx[k];
    }
    if (!any)
        return true;
    n->tape->at = n;
    *dy = n->op->jvp(n, p->dx);
    reel__path_restore(p);
    return n->tape->status == REEL_OK &&
           (!*dy || reel__fits(n, "jvp", *dy, n));
}

static bool add_to(reel_node **sum, reel_node *tangent)
{
    *sum = *sum ? reel_add(*sum, tangent) : tangent;
    return *sum != NULL;
}

/* An x may depend on another: its own tangent and what comes by the other one
 * add up. */
static bool sweep(reel__path *p, reel_nodes xs, reel_nodes tangents)
{
    for (size_t i = 0; i < xs.count; i++)
        if (reel__on_path(p, xs.node[i]) &&
            !add_to(&p->value[xs.node[i]->slot], tangents.node[i]))
            return false;
    for (size_t i = 0; i < p->order.count; i++) {
        reel_node *n = p->order.node[i], *dy;
        if ((p->mark[i] & REEL__ON_PATH) != REEL__ON_PATH)
            continue;
        if (!push(p, n, &dy) || (dy && !add_to(&p->value[i], dy)))
            return false;
    }
    return true;
}

static bool check(reel_node *y, reel_nodes xs, reel_nodes tangents)
{
    if (reel__check_nodes("jvp", y, xs) != REEL_OK)
        return false;
    if (xs.count != tangents.count)
        return reel__fail(y->tape, REEL_EVALUE, "jvp",
                          "%zu nodes, but %zu tangents", xs.count,
                          tangents.count);
    for (size_t i = 0; i < xs.count; i++) {
        reel_node *both[] = {y, tangents.node ? tangents.node[i] : NULL};
        if (!both[1] || both[1]->tape != y->tape) {
            reel__check_nodes("jvp", y, (reel_nodes){2, both});
            return false;
        }
        if (!reel__check_like("jvp", "tangent", both[1], xs.node[i]))
            return false;
    }
    return true;
}

reel_node *reel_jvp(reel_node *y, reel_nodes xs, reel_nodes tangents)
{
    if (!check(y, xs, tangents))
        return NULL;
    reel__path p;
    reel_tape *t = y->tape;
    const reel_node *at = t->at;
    bool forward = t->forward;
    reel_node *dy = NULL;
    reel__asked asked = {true, y, NULL, xs, tangents};
    if (reel__sweep_again(t, &asked, &dy))
        return dy;
    reel_mark begin = reel_tape_mark(t);
    t->forward = true;
    bool done = reel__path_open(&p, "jvp", y, xs) && sweep(&p, xs, tangents);
    t->at = at;
    t->forward = forward;
    if (done) {
        dy = p.value[y->slot];
        if (!dy)
            dy = reel__zeros_like(y);
    }
    reel__path_close(&p);
    if (dy && !reel__sweep_note(t, &asked, begin, &dy))
        return NULL;
    return dy;
}
