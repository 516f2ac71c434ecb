/* core/alloc.c: all memory goes through here: the allocator's single function,
 * aligned buffers, growing arrays.
 *
 * SPDX-License-Identifier: MIT */
#include <config.h>
#if HAVE_DECL_MADV_HUGEPAGE && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* for madvise, which is not of POSIX */
#endif
#include <stdlib.h>
#include <string.h>
#if HAVE_DECL_MADV_HUGEPAGE
#include <sys/mman.h>
#include <unistd.h>
#endif
#include "core/internal.h"

#define LARGE_BLOCK ((size_t)4 << 20) /* has whole large pages in it */

/* To touch a page for the first time costs about as much as to compile a node;
 * of large pages there are few. A wish, so whatever comes of it is right. The
 * block's first page is included, though others may lie there, too: malloc's
 * mapping would be split behind it. */
static void want_large_pages(void *block, size_t bytes)
{
#if HAVE_DECL_MADV_HUGEPAGE
    if (bytes < LARGE_BLOCK)
        return;
    size_t before = (uintptr_t)block % (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)madvise((char *)block - before, before + bytes, MADV_HUGEPAGE);
#else
    (void)block, (void)bytes;
#endif
}

static void *from_malloc(void *user, void *old, size_t old_bytes,
                         size_t new_bytes)
{
    (void)user;
    (void)old_bytes;
    if (new_bytes == 0) {
        free(old);
        return NULL;
    }
    void *block = realloc(old, new_bytes);
    if (block)
        want_large_pages(block, new_bytes);
    return block;
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
