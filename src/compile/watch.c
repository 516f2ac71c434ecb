/* compile/watch.c: anomaly mode: a list of all nodes of a program, where the
 * value of each lies and which others it was made from. Compiled plainly, every
 * value lies dense in memory of its own until the end of the run.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/compile.h"

static bool allocate(reel__compiler *c)
{
    reel_program *p = c->program;
    const reel_allocator *a = &p->allocator;
    size_t ins = 0;
    for (size_t i = 0; i < c->order.count; i++)
        ins += c->order.node[i]->arity;
    p->watched = reel__alloc_zeroed(a, c->order.count * sizeof *p->watched);
    p->watches = p->watched ? c->order.count : 0;
    p->watched_in = reel__alloc(a, ins * sizeof *p->watched_in);
    p->watched_ins = p->watched_in ? ins : 0;
    return (p->watched && (p->watched_in || !ins)) ||
           reel__no_memory(c->tape, "compile");
}

bool reel__watch(reel__compiler *c, reel_nodes outputs)
{
    reel_program *p = c->program;
    size_t in = 0;
    if (!allocate(c))
        return false;
    for (size_t i = 0; i < c->order.count; i++) {
        reel_node *n = c->order.node[i];
        const reel__value *v = reel__value_of(c, n);
        const reel__buffer *b = &c->buffer[v->buffer];
        int64_t size = (int64_t)reel_dtype_size(reel_dtype_of(n));
        p->watched[i] = (reel__watched){
            .node = n, .base = b->base, .in = in,
            .offset = (int64_t)b->offset + v->offset * size};
        for (uint32_t k = 0; k < n->arity; k++)
            p->watched_in[in++] = n->in[k]->slot;
    }
    for (size_t i = 0; i < outputs.count; i++)
        p->watched[outputs.node[i]->slot].output = true;
    return true;
}
