/* core/sort.c: the topological order of what some nodes depend on.
 *
 * Depth-first from the roots, each node put out when its operands are. The
 * stack is explicit, so depth costs memory and nothing else. A node's epoch
 * says that this sort has seen it: no table to clear, and the cost is that of
 * the part reached, not of the tape. While a node is on the stack its slot is
 * the number of the operand to look at next.
 *
 * SPDX-License-Identifier: MIT */
#include "core/internal.h"

typedef struct walk {
    reel_tape *tape;
    reel__order *order;
    reel_node **stack;
    size_t depth, capacity;
    unsigned stop_at;
} walk;

static bool push(walk *w, reel_node *node)
{
    if (node->epoch == w->order->epoch)
        return true;
    reel_node **stack = reel__grow(&w->tape->allocator, w->stack, &w->capacity,
                                   w->depth + 1, sizeof *stack);
    if (!stack)
        return false;
    w->stack = stack;
    node->epoch = w->order->epoch;
    node->slot = node->op->flags & w->stop_at ? node->arity : 0;
    w->stack[w->depth++] = node;
    return true;
}

static bool put_out(walk *w, reel_node *node)
{
    reel__order *o = w->order;
    reel_node **grown = reel__grow(&w->tape->allocator, o->node, &o->capacity,
                                   o->count + 1, sizeof *o->node);
    if (!grown)
        return false;
    o->node = grown;
    node->slot = (uint32_t)o->count;
    o->node[o->count++] = node;
    return true;
}

static bool descend(walk *w, reel_node *root)
{
    if (!push(w, root))
        return false;
    while (w->depth > 0) {
        reel_node *node = w->stack[w->depth - 1];
        if (node->slot < node->arity) {
            if (!push(w, node->in[node->slot++]))
                return false;
        } else {
            w->depth--;
            if (!put_out(w, node))
                return false;
        }
    }
    return true;
}

/* Epochs run from 1; before they would repeat, all nodes forget theirs. */
static uint32_t next_epoch(reel_tape *tape)
{
    if (tape->epoch == UINT32_MAX) {
        for (size_t i = 0; i < tape->recorded; i++)
            tape->node[i]->epoch = 0;
        tape->epoch = 0;
    }
    return ++tape->epoch;
}

bool reel__sort(reel_tape *tape, reel_nodes roots, unsigned stop_at,
                reel__order *order)
{
    *order = (reel__order){.epoch = next_epoch(tape)};
    walk w = {.tape = tape, .order = order, .stop_at = stop_at};
    bool done = true;
    for (size_t i = 0; done && i < roots.count; i++)
        done = descend(&w, roots.node[i]);
    reel__free(&tape->allocator, w.stack, w.capacity * sizeof *w.stack);
    if (!done)
        reel__no_memory(tape, NULL);
    return done;
}

void reel__order_free(reel_tape *tape, reel__order *order)
{
    reel__free(&tape->allocator, order->node,
               order->capacity * sizeof *order->node);
    *order = (reel__order){.epoch = order->epoch};
}
