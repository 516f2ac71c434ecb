/* compile/simplify.c: nodes that compute the same become one.
 *
 * Value numbering in one pass over the order: a node is the same as an earlier
 * one when op, attributes, dtype, shape and (already unified) operands are.
 * Small constants are the same when their bytes are. What no output needs was
 * never in the order.
 *
 * The table of nodes seen is searched near the place of a node's youngest
 * operand first. Most nodes come shortly after it, and so it is what the cache
 * holds that is looked at, however large the graph is. Only where too many
 * nodes have the same youngest operand does the hash alone say where to go on.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"

#define CONSTANT_BYTES 64 /* larger constants are not compared */
#define NEAR 16           /* slots that are searched near an operand's */

/* With linear probing, and twice as many slots as nodes at least. A slot holds
 * a place in the order in its lower bits and some bits of the hash above. */
typedef struct table {
    uint32_t *slot; /* REEL__NONE: empty */
    size_t slots;
    unsigned bits;
} table;

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x;
    h *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
    return h ^ h >> 29;
}

static uint64_t mix_bytes(uint64_t h, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    for (uint64_t word; bytes > 0; p += sizeof word) {
        size_t part = bytes < sizeof word ? bytes : sizeof word;
        word = 0;
        memcpy(&word, p, part);
        h = mix(h, word);
        bytes -= part;
    }
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

/* Where the search begins: there, or at the hash's place for NEAR more. */
static size_t near_operand(const reel__compiler *c, const table *t,
                           const reel_node *n)
{
    size_t youngest = 0;
    for (uint32_t i = 0; i < n->arity; i++) {
        uint32_t place = c->value[n->in[i]->slot].same;
        youngest = place > youngest ? place : youngest;
    }
    return 2 * youngest < t->slots - NEAR ? 2 * youngest : t->slots - NEAR;
}

/* The place of a node that is the same: its own, if it is the first. */
static uint32_t first_of_same(const reel__compiler *c, const table *t,
                              uint32_t place)
{
    const reel_node *n = c->order.node[place];
    uint64_t h = hash(c, n);
    uint32_t mask = (uint32_t)((UINT64_C(1) << t->bits) - 1);
    uint32_t tag = (uint32_t)(h >> 32) & ~mask;
    size_t near = near_operand(c, t, n);
    for (size_t i = 0;; i++) {
        uint32_t *slot =
            &t->slot[i < NEAR ? near + i : (size_t)(h + i) & (t->slots - 1)];
        if (*slot == REEL__NONE)
            *slot = tag | place;
        uint32_t found = *slot & mask;
        if (found == place || ((*slot & ~mask) == tag &&
                               equal(c, n, c->order.node[found])))
            return found;
    }
}

bool reel__simplify(reel__compiler *c)
{
    table t = {.slots = 2 * NEAR};
    while (t.slots < 2 * c->order.count)
        t.slots *= 2;
    while (c->order.count >> t.bits) /* no place has all bits set */
        t.bits++;
    t.slot = reel__alloc(&c->tape->allocator, t.slots * sizeof *t.slot);
    if (!t.slot)
        return reel__no_memory(c->tape, "compile");
    memset(t.slot, 0xFF, t.slots * sizeof *t.slot); /* all REEL__NONE */
    for (size_t i = 0; i < c->order.count; i++)
        if (can_merge(c->order.node[i]))
            c->value[i].same = first_of_same(c, &t, (uint32_t)i);
    reel__free(&c->tape->allocator, t.slot, t.slots * sizeof *t.slot);
    return true;
}
