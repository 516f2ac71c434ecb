/* grad/reference.c: evaluating a graph in long double.
 *
 * SPDX-License-Identifier: MIT */
#include "grad/reference.h"

/* ---------------------------------------------------------------- creation */

/* One block more than count, so that nothing is never NULL. */
static void *take(reel__reference *r, size_t count, size_t bytes)
{
    if (count >= SIZE_MAX / 2 / bytes)
        return reel__no_memory(r->tape, "reference");
    void *block = reel__alloc_zeroed(&r->tape->allocator, (count + 1) * bytes);
    return block ? block : reel__no_memory(r->tape, "reference");
}

static void give(reel__reference *r, void *block, size_t count, size_t bytes)
{
    reel__free(&r->tape->allocator, block, (count + 1) * bytes);
}

/* Places in the order hold only until something else is sorted: noted here. */
static bool list_operands(reel__reference *r)
{
    size_t n = r->order.count, edges = 0;
    if (!(r->first = take(r, n, sizeof *r->first)))
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t arity = r->order.node[i]->arity;
        edges += arity;
        r->first[i + 1] = edges;
        if (arity > r->arity)
            r->arity = arity;
    }
    r->operand = take(r, edges, sizeof *r->operand);
    if (!r->operand)
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r->order.node[i]->arity; k++)
            r->operand[r->first[i] + k] = r->order.node[i]->in[k]->slot;
    return true;
}

static bool make_buffers(reel__reference *r)
{
    size_t n = r->order.count;
    r->in = take(r, r->arity, sizeof *r->in);
    r->value = take(r, n, sizeof *r->value);
    if (!r->in || !r->value)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t count = (size_t)reel_count(r->order.node[i]);
        if (count > SIZE_MAX / 2 - r->elements) {
            reel__no_memory(r->tape, "reference");
            return false;
        }
        r->elements += count;
    }
    if (!(r->block = take(r, r->elements, sizeof *r->block)))
        return false;
    long double *next = r->block;
    for (size_t i = 0; i < n; i++) {
        const reel_node *node = r->order.node[i];
        r->value[i] = (reel__ref){(reel_dtype)node->dtype,
                                  reel__shape_of(node), next};
        next += reel_count(node);
    }
    return true;
}

static bool fill(const reel_node *leaf, reel__ref *value)
{
    int64_t n = reel_count(leaf);
    if (n > 0 && !leaf->value) {
        reel__fail(leaf->tape, REEL_ESTATE, leaf->op->name,
                   "'%s' has no data: reel_bind or reel_set it first",
                   reel_name(leaf));
        return false;
    }
    for (int64_t i = 0; i < n; i++)
        value->data[i] = reel__load(value->dtype, leaf->value, i);
    return true;
}

reel__reference *reel__reference_new(reel_tape *tape, reel_nodes roots)
{
    reel__reference *r = reel__alloc_zeroed(&tape->allocator, sizeof *r);
    if (!r)
        return reel__no_memory(tape, "reference");
    r->tape = tape;
    bool done = reel__sort(tape, roots, 0, &r->order) && list_operands(r) &&
                make_buffers(r);
    for (size_t i = 0; done && i < r->order.count; i++)
        if (r->order.node[i]->op->flags & REEL__LEAF)
            done = fill(r->order.node[i], &r->value[i]);
    if (done)
        return r;
    reel__reference_free(r);
    return NULL;
}

void reel__reference_free(reel__reference *r)
{
    if (!r)
        return;
    size_t n = r->order.count;
    give(r, r->block, r->elements, sizeof *r->block);
    give(r, r->value, n, sizeof *r->value);
    give(r, r->in, r->arity, sizeof *r->in);
    give(r, r->operand, r->operand ? r->first[n] : 0, sizeof *r->operand);
    give(r, r->first, n, sizeof *r->first);
    reel__order_free(r->tape, &r->order);
    reel__free(&r->tape->allocator, r, sizeof *r);
}

/* -------------------------------------------------------------- evaluation */

size_t reel__reference_place(const reel__reference *r, const reel_node *node)
{
    size_t i = 0;
    while (i < r->order.count && r->order.node[i] != node)
        i++;
    return i;
}

long double *reel__reference_data(reel__reference *r, const reel_node *node)
{
    size_t i = reel__reference_place(r, node);
    return i < r->order.count ? r->value[i].data : NULL;
}

bool reel__reference_evaluate(const reel__reference *r, size_t i,
                              reel__ref *value, reel__ref *in,
                              bool *bad_index)
{
    *bad_index = false;
    const reel_node *node = r->order.node[i];
    if (node->op->flags & REEL__LEAF)
        return true;
    for (size_t k = 0; k < node->arity; k++)
        in[k] = value[r->operand[r->first[i] + k]];
    reel__eval e = {.tape = r->tape, .nin = node->arity, .in = in,
                    .out = &value[i], .attr = node->attr};
    node->op->reference(&e);
    *bad_index = e.bad_index;
    return !e.bad_index && r->tape->status == REEL_OK;
}

reel_status reel__reference_run(reel__reference *r)
{
    const reel_node *at = r->tape->at;
    bool bad_index = false, done = true;
    for (size_t i = 0; done && i < r->order.count; i++) {
        const reel_node *node = r->order.node[i];
        r->tape->at = node; /* where a custom op's message is to point */
        done = reel__reference_evaluate(r, i, r->value, r->in, &bad_index);
        if (bad_index)
            reel__fail(r->tape, REEL_EINDEX, node->op->name,
                       "an index in the data is out of range");
    }
    r->tape->at = at;
    return r->tape->status;
}

/* ------------------------------------------------------------------- paths */

enum { LEADS = 1, DEPENDS = 2, BOTH = 3 };

static bool passes(const reel_node *n)
{
    return !(n->op->flags & REEL__STOPS);
}

void reel__reference_mark(const reel__reference *r, const reel_node *y,
                          reel_nodes xs, unsigned char *mark)
{
    size_t n = r->order.count, last = reel__reference_place(r, y);
    for (size_t i = 0; i < xs.count; i++) {
        size_t x = reel__reference_place(r, xs.node[i]);
        if (x < n)
            mark[x] |= DEPENDS;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = r->first[i];
             passes(r->order.node[i]) && k < r->first[i + 1]; k++)
            mark[i] |= mark[r->operand[k]] & DEPENDS;
    if (last < n)
        mark[last] |= LEADS;
    for (size_t i = n; i-- > 0;)
        for (size_t k = r->first[i]; mark[i] & LEADS &&
             passes(r->order.node[i]) && k < r->first[i + 1]; k++)
            mark[r->operand[k]] |= LEADS;
    for (size_t i = 0; i < n; i++)
        mark[i] = mark[i] == BOTH;
}

/* -------------------------------------------------------------- custom ops */

long double reel__reference_epsilon(const reel__reference *r,
                                    const unsigned char *mark)
{
    long double coarsest = 0;
    for (size_t i = 0; i < r->order.count; i++) {
        const reel_node *n = r->order.node[i];
        long double own = n->op->epsilon ? n->op->epsilon(n) : 0;
        if ((!mark || mark[i]) && own > coarsest)
            coarsest = own;
    }
    return coarsest;
}

bool reel__reference_is_custom(const reel__reference *r)
{
    for (size_t i = 0; i < r->order.count; i++)
        if (r->order.node[i]->op->lowering == REEL__LOWER_CUSTOM)
            return true;
    return false;
}
