/* core/arena.c: memory that is released from its end only. Chunks stay in a
 * list and are used again after a rewind, so that recording the same graph in
 * every step asks the allocator for nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "core/internal.h"

#define ALIGN 16
#define FIRST_CHUNK ((size_t)4 << 10)
#define LARGEST_CHUNK ((size_t)8 << 20) /* has large pages (alloc.c) */

struct reel__chunk {
    reel__chunk *next;
    size_t bytes; /* behind the header */
    size_t begin; /* the arena's `used` at its first byte */
};

#define HEADER ((sizeof(reel__chunk) + ALIGN - 1) / ALIGN * ALIGN)

static reel__chunk *add_chunk(reel__arena *a, size_t need)
{
    size_t bytes = a->last ? a->last->bytes * 2 : FIRST_CHUNK;
    if (bytes > LARGEST_CHUNK)
        bytes = LARGEST_CHUNK;
    if (bytes < need)
        bytes = need;
    reel__chunk *c = reel__alloc(a->allocator, HEADER + bytes);
    if (!c)
        return NULL;
    c->bytes = bytes;
    if (a->last) {
        c->next = a->last->next;
        a->last->next = c;
    } else {
        c->next = a->first;
        a->first = c;
    }
    return c;
}

void *reel__arena_take(reel__arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    reel__chunk *c = a->last;
    if (!c || a->used - c->begin + bytes > c->bytes) {
        c = c ? c->next : a->first;
        if (!c || c->bytes < bytes)
            c = add_chunk(a, bytes);
        if (!c)
            return NULL;
        /* What is left of the chunk before counts as used. */
        a->used = a->last ? a->last->begin + a->last->bytes : 0;
        c->begin = a->used;
        a->last = c;
    }
    unsigned char *p = (unsigned char *)c + HEADER + (a->used - c->begin);
    a->used += bytes;
    return p;
}

void reel__arena_rewind(reel__arena *a, size_t used)
{
    if (used >= a->used)
        return;
    a->used = used;
    reel__chunk *c = a->first;
    while (c != a->last && c->next->begin <= used)
        c = c->next;
    a->last = c;
}

void reel__arena_rewind_to(reel__arena *a, const void *block)
{
    for (reel__chunk *c = a->first; c; c = c->next) {
        uintptr_t begin = (uintptr_t)c + HEADER;
        if ((uintptr_t)block >= begin && (uintptr_t)block - begin < c->bytes) {
            reel__arena_rewind(a, c->begin + ((uintptr_t)block - begin));
            return;
        }
    }
}

void reel__arena_free(reel__arena *a)
{
    while (a->first) {
        reel__chunk *c = a->first;
        a->first = c->next;
        reel__free(a->allocator, c, HEADER + c->bytes);
    }
    a->last = NULL;
    a->used = 0;
}
