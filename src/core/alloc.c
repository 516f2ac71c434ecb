/* core/alloc.c: all memory goes through here: the allocator's single function,
 * aligned buffers, growing arrays.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "core/internal.h"

static void *from_malloc(void *user, void *old, size_t old_bytes,
                         size_t new_bytes)
{
    (void)user;
    (void)old_bytes;
    if (new_bytes == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_bytes);
}

const reel_allocator reel__malloc = {from_malloc, NULL};

void *reel__alloc(const reel_allocator *a, size_t bytes)
{
    return bytes ? a->alloc(a->user, NULL, 0, bytes) : NULL;
}

void *reel__alloc_zeroed(const reel_allocator *a, size_t bytes)
{
    void *block = reel__alloc(a, bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void reel__free(const reel_allocator *a, void *block, size_t bytes)
{
    if (block)
        a->alloc(a->user, block, bytes, 0);
}

/* The byte before an aligned block tells how far it was moved. */
void *reel__alloc_aligned(const reel_allocator *a, size_t bytes)
{
    if (bytes == 0 || bytes > SIZE_MAX - REEL__ALIGN)
        return NULL;
    unsigned char *block = reel__alloc(a, bytes + REEL__ALIGN);
    if (!block)
        return NULL;
    size_t shift = REEL__ALIGN - (uintptr_t)block % REEL__ALIGN;
    block += shift;
    block[-1] = (unsigned char)shift;
    return block;
}

void reel__free_aligned(const reel_allocator *a, void *block, size_t bytes)
{
    if (!block)
        return;
    unsigned char *p = block;
    p -= p[-1];
    reel__free(a, p, bytes + REEL__ALIGN);
}

void *reel__grow_to(const reel_allocator *a, void *items, size_t *capacity,
                    size_t need, size_t item_bytes)
{
    size_t more = *capacity < 8 ? 16 : *capacity * 2;
    if (more < need)
        more = need;
    if (more > SIZE_MAX / 2 / item_bytes)
        return NULL;
    void *grown = a->alloc(a->user, items, *capacity * item_bytes,
                           more * item_bytes);
    if (grown)
        *capacity = more;
    return grown;
}
