/* grad/reference.c: evaluating a graph in long double.
 *
 * SPDX-License-Identifier: MIT */
#include "grad/reference.h"

struct reel__reference {
    reel_tape *tape;
    reel__order order;
    reel__ref *value;   /* of each node in the order */
    size_t *first;      /* where its operands begin in operand; count + 1 */
    uint32_t *operand;  /* their places in the order */
    long double *block; /* all buffers */
    size_t elements;
    reel__ref *in; /* arity of them, for an evaluation */
    size_t arity;
    const reel_node *leaf; /* whose dependents are listed; NULL: none yet */
    uint32_t *dependent;
    size_t dependents;
};

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
    r->dependent = take(r, n, sizeof *r->dependent);
    r->value = take(r, n, sizeof *r->value);
    if (!r->in || !r->dependent || !r->value)
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
    give(r, r->dependent, n, sizeof *r->dependent);
    give(r, r->in, r->arity, sizeof *r->in);
    give(r, r->operand, r->operand ? r->first[n] : 0, sizeof *r->operand);
    give(r, r->first, n, sizeof *r->first);
    reel__order_free(r->tape, &r->order);
    reel__free(&r->tape->allocator, r, sizeof *r);
}

/* -------------------------------------------------------------- evaluation */

static size_t place_of(const reel__reference *r, const reel_node *node)
{
    size_t i = 0;
    while (i < r->order.count && r->order.node[i] != node)
        i++;
    return i;
}

long double *reel__reference_data(reel__reference *r, const reel_node *node)
{
    size_t i = place_of(r, node);
    return i < r->order.count ? r->value[i].data : NULL;
}

static reel_status evaluate(reel__reference *r, size_t i)
{
    const reel_node *node = r->order.node[i];
    if (node->op->flags & REEL__LEAF)
        return REEL_OK;
    for (size_t k = 0; k < node->arity; k++)
        r->in[k] = r->value[r->operand[r->first[i] + k]];
    reel__eval e = {.tape = r->tape, .nin = node->arity, .in = r->in,
                    .out = &r->value[i], .attr = node->attr};
    const reel_node *at = r->tape->at;
    r->tape->at = node;
    node->op->reference(&e);
    if (e.bad_index)
        reel__fail(r->tape, REEL_EINDEX, node->op->name,
                   "an index in the data is out of range");
    r->tape->at = at;
    return r->tape->status;
}

reel_status reel__reference_run(reel__reference *r)
{
    reel_status status = REEL_OK;
    for (size_t i = 0; status == REEL_OK && i < r->order.count; i++)
        status = evaluate(r, i);
    return status;
}

/* Lists the places of leaf's dependents, in order. */
static bool list_dependents(reel__reference *r, const reel_node *leaf)
{
    size_t n = r->order.count;
    if (r->leaf == leaf)
        return true;
    unsigned char *depends = take(r, n, 1);
    if (!depends)
        return false;
    size_t from = place_of(r, leaf);
    r->leaf = leaf;
    r->dependents = 0;
    if (from < n)
        depends[from] = 1;
    for (size_t i = from; i < n; i++) {
        if (r->order.node[i]->op->flags & REEL__STOPS)
            continue;
        for (size_t k = r->first[i]; !depends[i] && k < r->first[i + 1]; k++)
            depends[i] = depends[r->operand[k]];
        if (depends[i] && i != from)
            r->dependent[r->dependents++] = (uint32_t)i;
    }
    give(r, depends, n, 1);
    return true;
}

reel_status reel__reference_rerun(reel__reference *r, const reel_node *leaf)
{
    if (!list_dependents(r, leaf))
        return REEL_ENOMEM;
    reel_status status = REEL_OK;
    for (size_t i = 0; status == REEL_OK && i < r->dependents; i++)
        status = evaluate(r, r->dependent[i]);
    return status;
}

bool reel__reference_is_single(reel__reference *r, const reel_node *leaf,
                               bool *single)
{
    if (!list_dependents(r, leaf))
        return false;
    *single = leaf->dtype == REEL_F32;
    for (size_t i = 0; i < r->dependents; i++)
        if (r->value[r->dependent[i]].dtype == REEL_F32)
            *single = true;
    return true;
}

bool reel__reference_epsilon(reel__reference *r, const reel_node *leaf,
                             long double *epsilon)
{
    if (!list_dependents(r, leaf))
        return false;
    *epsilon = 0;
    for (size_t i = 0; i < r->dependents; i++) {
        const reel_node *n = r->order.node[r->dependent[i]];
        long double own = n->op->epsilon ? n->op->epsilon(n) : 0;
        if (own > *epsilon)
            *epsilon = own;
    }
    return true;
}
