/* core/adjoint.c: adjoints already recorded, so that asking twice gives the
 * same nodes.
 *
 * Entries stand in the order of insertion; beside them a table of their places
 * with linear probing, which catches up with them when it is asked: where
 * sweeps are taken over after a rewind (replay.c) it never is. A rewind takes
 * the youngest entries away, and what was put in last ends its chain of probes,
 * so its slot is simply cleared.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "core/internal.h"

typedef struct entry {
    const reel_node *y, *cotangent, *x;
    reel_node *dx;
} entry;

struct reel__adjoints {
    entry *entry;
    size_t count, capacity;
    size_t known;   /* entries in the table */
    uint32_t *slot; /* 1 + place in entry[], 0: empty */
    size_t slots;   /* a power of two, more than twice count */
};

static size_t hash(const reel_node *y, const reel_node *cotangent,
                   const reel_node *x)
{
    uint64_t h = y->id;
    h = (h ^ (cotangent ? cotangent->id + UINT64_C(1) : 0) << 21) *
        UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ x->id) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 32);
}

/* The slot of a key, or the empty one where it belongs. */
static uint32_t *find(const struct reel__adjoints *a, const reel_node *y,
                      const reel_node *cotangent, const reel_node *x)
{
    size_t at = hash(y, cotangent, x) & (a->slots - 1);
    for (;; at = (at + 1) & (a->slots - 1)) {
        if (!a->slot[at])
            return &a->slot[at];
        const entry *e = &a->entry[a->slot[at] - 1];
        if (e->y == y && e->cotangent == cotangent && e->x == x)
            return &a->slot[at];
    }
}

static void catch_up(struct reel__adjoints *a)
{
    for (; a->known < a->count; a->known++) {
        const entry *e = &a->entry[a->known];
        *find(a, e->y, e->cotangent, e->x) = (uint32_t)a->known + 1;
    }
}

reel_node *reel__adjoint_find(const reel_tape *tape, const reel_node *y,
                              const reel_node *cotangent, const reel_node *x)
{
    struct reel__adjoints *a = tape->adjoints;
    if (!a || !a->slots)
        return NULL;
    catch_up(a);
    uint32_t place = *find(a, y, cotangent, x);
    return place ? a->entry[place - 1].dx : NULL;
}

static bool make_room(reel_tape *tape, struct reel__adjoints *a)
{
    entry *grown = reel__grow(&tape->allocator, a->entry, &a->capacity,
                              a->count + 1, sizeof *grown);
    if (!grown || a->count + 1 >= UINT32_MAX)
        return false;
    a->entry = grown;
    if (2 * (a->count + 1) < a->slots)
        return true;
    size_t slots = a->slots ? 2 * a->slots : 64;
    uint32_t *slot =
        reel__alloc_zeroed(&tape->allocator, slots * sizeof *slot);
    if (!slot)
        return false;
    reel__free(&tape->allocator, a->slot, a->slots * sizeof *slot);
    a->slot = slot;
    a->slots = slots;
    a->known = 0;
    return true;
}

bool reel__adjoint_insert(reel_tape *tape, const reel_node *y,
                          const reel_node *cotangent, const reel_node *x,
                          reel_node *dx)
{
    if (!tape->adjoints)
        tape->adjoints =
            reel__alloc_zeroed(&tape->allocator, sizeof *tape->adjoints);
    struct reel__adjoints *a = tape->adjoints;
    if (!a || !make_room(tape, a))
        return reel__no_memory(tape, "gradient");
    a->entry[a->count++] = (entry){y, cotangent, x, dx};
    return true;
}

size_t reel__adjoint_count(const reel_tape *tape)
{
    return tape->adjoints ? tape->adjoints->count : 0;
}

void reel__adjoint_truncate(reel_tape *tape, size_t count)
{
    struct reel__adjoints *a = tape->adjoints;
    for (; a && a->known > count; a->known--) {
        const entry *e = &a->entry[a->known - 1];
        *find(a, e->y, e->cotangent, e->x) = 0;
    }
    if (a)
        a->count = count;
}

void reel__adjoint_restore(reel_tape *tape, size_t count)
{
    if (tape->adjoints)
        tape->adjoints->count = count;
}

void reel__adjoints_free(reel_tape *tape)
{
    struct reel__adjoints *a = tape->adjoints;
    if (!a)
        return;
    reel__free(&tape->allocator, a->entry, a->capacity * sizeof *a->entry);
    reel__free(&tape->allocator, a->slot, a->slots * sizeof *a->slot);
    reel__free(&tape->allocator, a, sizeof *a);
    tape->adjoints = NULL;
}
