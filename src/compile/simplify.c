/* compile/simplify.c: nodes that compute the same become one.
 *
 * Value numbering in one pass over the order: a node is the same as an earlier
 * one when op, attributes, dtype, shape and (already unified) operands are.
 * Small constants are the same when their bytes are. What no output needs was
 * never in the order.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"

#define CONSTANT_BYTES 64 /* larger constants are not compared */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x;
    h *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
    return h ^ h >> 29;
}

static uint64_t mix_bytes(uint64_t h, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i++)
        h = mix(h, p[i]);
    return h;
}

static bool is_small_constant(const reel_node *n)
{
    return n->op == &reel__op_constant && !n->leaf->varies &&
           reel_bytes(n) <= CONSTANT_BYTES;
}

static uint64_t hash(const reel__compiler *c, const reel_node *n)
{
    uint64_t h = mix((uint64_t)(uintptr_t)n->op, n->dtype);
    for (int i = 0; i < n->ndim; i++)
        h = mix(h, (uint64_t)n->dim[i]);
    h = mix_bytes(h, n->attr, n->attr_bytes);
    for (uint32_t i = 0; i < n->arity; i++)
        h = mix(h, c->value[n->in[i]->slot].same);
    if (is_small_constant(n))
        h = mix_bytes(h, n->value, reel_bytes(n));
    return h;
}

static bool equal(const reel__compiler *c, const reel_node *a,
                  const reel_node *b)
{
    if (a->op != b->op || a->dtype != b->dtype || a->arity != b->arity ||
        a->attr_bytes != b->attr_bytes || a->ndim != b->ndim ||
        (a->attr_bytes && memcmp(a->attr, b->attr, a->attr_bytes) != 0))
        return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    for (uint32_t i = 0; i < a->arity; i++)
        if (c->value[a->in[i]->slot].same != c->value[b->in[i]->slot].same)
            return false;
    return !is_small_constant(a) ||
           memcmp(a->value, b->value, reel_bytes(a)) == 0;
}

static bool can_merge(const reel_node *n)
{
    return n->op != &reel__op_assign &&
           (!(n->op->flags & REEL__LEAF) || is_small_constant(n));
}

bool reel__simplify(reel__compiler *c)
{
    size_t slots = 16;
    while (slots < 2 * c->order.count)
        slots *= 2;
    uint32_t *table = reel__alloc(&c->tape->allocator, slots * sizeof *table);
    if (!table)
        return reel__no_memory(c->tape, "compile");
    memset(table, 0xFF, slots * sizeof *table); /* all REEL__NONE */

    for (size_t i = 0; i < c->order.count; i++) {
        const reel_node *n = c->order.node[i];
        if (!can_merge(n))
            continue;
        size_t at = (size_t)hash(c, n) & (slots - 1);
        while (table[at] != REEL__NONE &&
               !equal(c, n, c->order.node[table[at]]))
            at = (at + 1) & (slots - 1);
        if (table[at] == REEL__NONE)
            table[at] = (uint32_t)i;
        c->value[i].same = table[at];
    }
    reel__free(&c->tape->allocator, table, slots * sizeof *table);
    return true;
}
