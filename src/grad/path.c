/* grad/path.c: the nodes between a result and what it is differentiated by.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "grad/path.h"

/* ------------------------------------------------------------------ checks */

/* What the result is called in messages. */
static const char *result(const char *what)
{
    return what[0] == 'g' ? "the loss" : "y";
}

#define NAME_TEXT 96

/* 'w1', or what made it: "mul (net.c:12)", "mul". */
static const char *describe(const reel_node *n, char *text)
{
    if (n->name)
        snprintf(text, NAME_TEXT, "'%s'", n->name);
    else if (n->file)
        snprintf(text, NAME_TEXT, "%s (%s:%d)", reel_op_name(n), n->file,
                 n->line);
    else
        snprintf(text, NAME_TEXT, "%s", reel_op_name(n));
    return text;
}

static reel_status no_gradient(const char *what, const char *name,
                               const reel_node *n)
{
    reel__fail(n->tape, REEL_EGRAD, what,
               "%s is %s: only f32 and f64 have gradients", name,
               reel_dtype_name((reel_dtype)n->dtype));
    return n->tape->status;
}

static reel_tape *any_tape(const reel_node *y, reel_nodes xs)
{
    for (size_t i = 0; !y && xs.node && i < xs.count; i++)
        y = xs.node[i];
    return y ? y->tape : NULL;
}

reel_status reel__check_nodes(const char *what, reel_node *y, reel_nodes xs)
{
    char text[NAME_TEXT];
    reel_tape *t = any_tape(y, xs);
    if (!t)
        return REEL_EVALUE;
    bool given = y && (xs.node || xs.count == 0);
    for (size_t i = 0; given && i < xs.count; i++)
        given = xs.node[i] != NULL;
    if (!given)
        reel__fail(t, REEL_EVALUE, what, "a node is NULL");
    for (size_t i = 0; given && i < xs.count; i++)
        if (xs.node[i]->tape != t)
            reel__fail(t, REEL_EVALUE, what, "nodes are on different tapes");
    if (t->status != REEL_OK)
        return t->status;
    if (!reel__is_float((reel_dtype)y->dtype))
        return no_gradient(what, result(what), y);
    for (size_t i = 0; i < xs.count; i++)
        if (!reel__is_float((reel_dtype)xs.node[i]->dtype))
            return no_gradient(what, describe(xs.node[i], text), xs.node[i]);
    return REEL_OK;
}

static bool alike(const reel_node *a, const reel_node *b)
{
    return a->dtype == b->dtype && reel__same_shape(a, b);
}

bool reel__check_like(const char *what, const char *v_is, const reel_node *v,
                      const reel_node *x)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT], text[NAME_TEXT];
    if (alike(v, x))
        return true;
    return reel__fail(x->tape, v->dtype == x->dtype ? REEL_ESHAPE : REEL_EDTYPE,
                      what, "the %s for %s is %s %s: it needs %s %s", v_is,
                      what[0] == 'v' ? result(what) : describe(x, text),
                      reel_dtype_name((reel_dtype)v->dtype),
                      reel__node_shape_text(v, a),
                      reel_dtype_name((reel_dtype)x->dtype),
                      reel__node_shape_text(x, b));
}

bool reel__fits(const reel_node *node, const char *rule, const reel_node *dx,
                const reel_node *like)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT];
    if (alike(dx, like))
        return true;
    return reel__fail(node->tape, REEL_EGRAD, reel_op_name(node),
                      "its %s rule made %s %s for %s %s", rule,
                      reel_dtype_name((reel_dtype)dx->dtype),
                      reel__node_shape_text(dx, a),
                      reel_dtype_name((reel_dtype)like->dtype),
                      reel__node_shape_text(like, b));
}

reel_node *reel__zeros_like(const reel_node *x)
{
    return reel_full(x->tape, (reel_dtype)x->dtype, reel__shape_of(x), 0);
}

/* ------------------------------------------------------------------- marks */

bool reel__has_rule(const reel_node *n)
{
    return !(n->op->flags & (REEL__LEAF | REEL__NO_GRADIENT | REEL__STOPS)) &&
           reel__is_float((reel_dtype)n->dtype);
}

/* y is the last in the order. */
static void mark_leading(reel__path *p)
{
    const reel__order *o = &p->order;
    p->mark[o->count - 1] = REEL__LEADS;
    for (size_t i = o->count; i-- > 0;) {
        const reel_node *n = o->node[i];
        if (!p->mark[i] || !reel__has_rule(n))
            continue;
        for (size_t k = 0; k < n->arity; k++)
            if (reel__is_float((reel_dtype)n->in[k]->dtype))
                p->mark[n->in[k]->slot] |= REEL__LEADS;
    }
}

/* Marks the users of marked nodes, as far as rules reach; the first that rules
 * do not reach goes into *end. */
static void mark_depending(reel__path *p, const reel_node **end)
{
    const reel__order *o = &p->order;
    for (size_t i = 0; i < o->count; i++) {
        const reel_node *n = o->node[i];
        bool uses = false;
        for (size_t k = 0; !(n->op->flags & REEL__STOPS) && k < n->arity; k++)
            uses = uses || (p->mark[n->in[k]->slot] & REEL__DEPENDS);
        if (!uses)
            continue;
        if (reel__has_rule(n))
            p->mark[i] |= REEL__DEPENDS;
        else if (end && !*end)
            *end = n;
        bool on_path = (p->mark[i] & REEL__ON_PATH) == REEL__ON_PATH;
        if (on_path && n->arity > p->arity)
            p->arity = n->arity;
    }
}

/* The way from x to y is blocked: finds where. */
static bool blocked(reel__path *p, const reel_node *x)
{
    char from[NAME_TEXT], at[NAME_TEXT];
    const reel_node *end = NULL;
    for (size_t i = 0; i < p->order.count; i++)
        p->mark[i] = 0;
    p->mark[x->slot] = REEL__DEPENDS;
    mark_depending(p, &end);
    if (end && end->file)
        snprintf(at, sizeof at, "%s (%s:%d)", reel_op_name(end),
                 end->file, end->line);
    else
        snprintf(at, sizeof at, "%s", end ? reel_op_name(end) : "?");
    return reel__fail(p->tape, REEL_EGRAD, p->what,
                      "every path from %s to %s goes through %s, which is not "
                      "differentiable: wrap its operand in "
                      "reel_stop_gradient if zero is meant",
                      result(p->what), describe(x, from), at);
}

static void *take(reel__path *p, size_t count, size_t bytes)
{
    void *block = NULL;
    if (count <= SIZE_MAX / 2 / bytes)
        block = reel__alloc_zeroed(&p->tape->allocator, (count + 1) * bytes);
    return block ? block : reel__no_memory(p->tape, p->what);
}

bool reel__path_open(reel__path *p, const char *what, reel_node *y,
                     reel_nodes xs)
{
    *p = (reel__path){.tape = y->tape, .what = what};
    if (!reel__sort(p->tape, (reel_nodes){1, &y}, REEL__STOPS, &p->order))
        return false;
    p->mark = take(p, p->order.count, sizeof *p->mark);
    p->value = take(p, p->order.count, sizeof(reel_node *));
    if (!p->mark || !p->value)
        return false;
    mark_leading(p);
    for (size_t i = 0; i < xs.count; i++) {
        const reel_node *x = xs.node[i];
        if (!reel__is_in(&p->order, x))
            continue;
        if (!(p->mark[x->slot] & REEL__LEADS))
            return blocked(p, x);
        p->mark[x->slot] |= REEL__DEPENDS;
    }
    mark_depending(p, NULL);
    p->dx = take(p, p->arity, sizeof(reel_node *));
    p->need = take(p, p->arity, sizeof *p->need);
    return p->dx && p->need;
}

void reel__path_restore(reel__path *p)
{
    if (p->tape->epoch == p->order.epoch)
        return;
    for (size_t i = 0; i < p->order.count; i++) {
        p->order.node[i]->epoch = p->order.epoch;
        p->order.node[i]->slot = (uint32_t)i;
    }
}

void reel__path_close(reel__path *p)
{
    const reel_allocator *a = &p->tape->allocator;
    size_t n = p->order.count + 1, arity = p->arity + 1;
    reel__free(a, p->mark, n * sizeof *p->mark);
    reel__free(a, p->value, n * sizeof(reel_node *));
    reel__free(a, p->dx, arity * sizeof(reel_node *));
    reel__free(a, p->need, arity * sizeof *p->need);
    reel__order_free(p->tape, &p->order);
}
