/* compile/plan.c: a place in the workspace's arena for every buffer.
 *
 * Steps are walked in order: a buffer gets memory at the step that writes it
 * first and gives it back after the one that uses it last; elementwise steps
 * write over an operand that dies there. The memory is handed out by a
 * two-level segregated fit (M. Masmano et al., "TLSF: a new dynamic memory
 * allocator for real-time systems", ECRTS 2004) on an imaginary address space:
 * constant time per buffer, neighbouring free blocks joined.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "kernels/chain.h"

#define SMALL_ALIGN 16 /* for buffers below REEL__ALIGN bytes */
#define SPLIT 8        /* size classes to each power of two */
#define CLASSES (64 * SPLIT)

typedef struct block {
    size_t offset, bytes;
    uint32_t before, after;        /* neighbours in memory */
    uint32_t free_prev, free_next; /* in the list of its class */
    bool is_free;
} block;

typedef struct space {
    const reel_allocator *allocator;
    block *block;
    size_t blocks, capacity;
    uint32_t spare; /* unused entries of block[], linked by free_next */
    uint32_t last;  /* the block at the highest address */
    uint32_t head[CLASSES];
    uint8_t classes[64]; /* which of a power's SPLIT lists are not empty */
    uint64_t powers;     /* which powers have any */
    size_t end;
} space;

static unsigned log2_floor(uint64_t x)
{
    unsigned n = 0;
    for (unsigned s = 32; s; s /= 2)
        if (x >> s) {
            x >>= s;
            n += s;
        }
    return n;
}

static unsigned lowest_bit(uint64_t x)
{
    return log2_floor(x & (~x + 1));
}

/* The class whose blocks have at least these bytes, rounded down. bytes is a
 * multiple of SMALL_ALIGN, so at least SPLIT. */
static unsigned class_of(size_t bytes)
{
    unsigned power = log2_floor(bytes);
    unsigned part = (unsigned)((uint64_t)bytes >> (power - 3)) & (SPLIT - 1);
    return power * SPLIT + part;
}

static void unlist(space *s, uint32_t b)
{
    block *k = &s->block[b];
    unsigned cls = class_of(k->bytes);
    if (k->free_prev != REEL__NONE)
        s->block[k->free_prev].free_next = k->free_next;
    else
        s->head[cls] = k->free_next;
    if (k->free_next != REEL__NONE)
        s->block[k->free_next].free_prev = k->free_prev;
    if (s->head[cls] == REEL__NONE) {
        s->classes[cls / SPLIT] &= (uint8_t)~(1u << cls % SPLIT);
        if (!s->classes[cls / SPLIT])
            s->powers &= ~((uint64_t)1 << cls / SPLIT);
    }
    k->is_free = false;
}

static void list(space *s, uint32_t b)
{
    block *k = &s->block[b];
    unsigned cls = class_of(k->bytes);
    k->is_free = true;
    k->free_prev = REEL__NONE;
    k->free_next = s->head[cls];
    if (k->free_next != REEL__NONE)
        s->block[k->free_next].free_prev = b;
    s->head[cls] = b;
    s->classes[cls / SPLIT] |= (uint8_t)(1u << cls % SPLIT);
    s->powers |= (uint64_t)1 << cls / SPLIT;
}

/* A free block of at least these bytes: any in the next class up and beyond. */
static uint32_t find(const space *s, size_t bytes)
{
    unsigned cls = class_of(bytes);
    uint32_t exact = s->head[cls];
    if (exact != REEL__NONE && s->block[exact].bytes >= bytes)
        return exact;
    cls++;
    unsigned power = cls / SPLIT;
    if (power >= 64)
        return REEL__NONE;
    unsigned parts = s->classes[power] & (0xFFu << cls % SPLIT);
    if (!parts) {
        uint64_t above = ~UINT64_C(0) << power << 1;
        uint64_t powers = s->powers & above;
        if (!powers)
            return REEL__NONE;
        power = lowest_bit(powers);
        parts = s->classes[power];
    }
    return s->head[power * SPLIT + lowest_bit(parts)];
}

static uint32_t new_block(space *s, size_t offset, size_t bytes)
{
    uint32_t b = s->spare;
    if (b != REEL__NONE) {
        s->spare = s->block[b].free_next;
    } else {
        block *grown = reel__grow(s->allocator, s->block, &s->capacity,
                                  s->blocks + 1, sizeof *grown);
        if (!grown)
            return REEL__NONE;
        s->block = grown;
        b = (uint32_t)s->blocks++;
    }
    s->block[b] = (block){.offset = offset, .bytes = bytes,
                          .before = REEL__NONE, .after = REEL__NONE};
    return b;
}

static void link_after(space *s, uint32_t b, uint32_t new)
{
    s->block[new].before = b;
    s->block[new].after = b == REEL__NONE ? REEL__NONE : s->block[b].after;
    if (b != REEL__NONE)
        s->block[b].after = new;
    if (s->block[new].after != REEL__NONE)
        s->block[s->block[new].after].before = new;
    else
        s->last = new;
}

/* Cuts a block in use down to bytes; the rest becomes free. */
static bool trim(space *s, uint32_t b, size_t bytes)
{
    size_t rest = s->block[b].bytes - bytes;
    if (rest == 0)
        return true;
    uint32_t r = new_block(s, s->block[b].offset + bytes, rest);
    if (r == REEL__NONE)
        return false;
    s->block[b].bytes = bytes;
    link_after(s, b, r);
    list(s, r);
    return true;
}

static uint32_t take(space *s, size_t bytes)
{
    uint32_t b = find(s, bytes);
    if (b != REEL__NONE) {
        unlist(s, b);
        return trim(s, b, bytes) ? b : REEL__NONE;
    }
    if (s->last != REEL__NONE && s->block[s->last].is_free) {
        b = s->last; /* grows at the end */
        unlist(s, b);
        s->end += bytes - s->block[b].bytes;
        s->block[b].bytes = bytes;
        return b;
    }
    b = new_block(s, s->end, bytes);
    if (b != REEL__NONE) {
        link_after(s, s->last, b);
        s->end += bytes;
    }
    return b;
}

/* Joins b with the free block after it. */
static void join(space *s, uint32_t b, uint32_t after)
{
    block *k = &s->block[b], *a = &s->block[after];
    k->bytes += a->bytes;
    k->after = a->after;
    if (a->after != REEL__NONE)
        s->block[a->after].before = b;
    else
        s->last = b;
    a->free_next = s->spare;
    s->spare = after;
}

static void give_back(space *s, uint32_t b)
{
    uint32_t after = s->block[b].after, before = s->block[b].before;
    if (after != REEL__NONE && s->block[after].is_free) {
        unlist(s, after);
        join(s, b, after);
    }
    if (before != REEL__NONE && s->block[before].is_free) {
        unlist(s, before);
        join(s, before, b);
        b = before;
    }
    list(s, b);
}

/* ---------------------------------------------------------------- planning */

static size_t rounded(size_t bytes)
{
    size_t align = bytes < REEL__ALIGN ? SMALL_ALIGN : REEL__ALIGN;
    return bytes ? (bytes + align - 1) / align * align : SMALL_ALIGN;
}

static bool in_arena(const reel__buffer *b)
{
    return b->base == REEL__BASE_ARENA && b->first != REEL__NONE;
}

/* Small buffers have a space of their own behind the others', which so stay
 * aligned to REEL__ALIGN. */
typedef struct spaces {
    space large, small;
    uint32_t *home; /* of a buffer: its block, REEL__NONE without */
} spaces;

static bool is_small(const reel__buffer *b)
{
    return b->bytes < REEL__ALIGN;
}

static space *space_of(spaces *s, const reel__buffer *b)
{
    return is_small(b) ? &s->small : &s->large;
}

/* Operands i and j lie alike in their buffers. */
static bool lie_alike(const reel__compiler *c, const reel__step *st, int i,
                      int j)
{
    int ndim, other;
    const int64_t *a = reel__strides_of(st, i, &ndim);
    const int64_t *b = reel__strides_of(st, j, &other);
    const reel__operand *o = st->operand;
    return o[i].offset == 0 && o[j].offset == 0 && ndim == other &&
           c->buffer[o[i].base].bytes == c->buffer[o[j].base].bytes &&
           memcmp(a, b, (size_t)ndim * sizeof *a) == 0;
}

static bool writes_to(const reel__instruction *in, int operand)
{
    return in->arg[0].place == REEL__IN_MEMORY &&
           (int)in->arg[0].number == operand;
}

/* Element i of a chain's operand `from` is last read before, or by the
 * elementwise instruction that, writes element i of its operand `to`. */
static bool read_before(const reel__chain *c, int from, int to)
{
    bool written = false;
    for (int n = 0; n < c->instructions; n++) {
        const reel__instruction *in = &c->instruction[n];
        if (writes_to(in, to) && in->form == REEL__FORM_COLUMNS)
            return false; /* which all blocks do in turn */
        for (int k = 1; k <= in->nin; k++)
            if (in->arg[k].place == REEL__IN_MEMORY &&
                (int)in->arg[k].number == from &&
                (written || (writes_to(in, to) &&
                             in->form != REEL__FORM_POINTS)))
                return false;
        written = written || writes_to(in, to);
    }
    return true;
}

/* Result r can be written over operand k, as far as k is concerned. */
static bool can_cover(const reel__compiler *c, const reel__step *st, int r,
                      int k)
{
    if (k < st->own) /* of a chain's head: its result, which is at hand */
        return r < st->own ? lie_alike(c, st, r, k) : k == 0;
    return r >= st->own && lie_alike(c, st, r, k) &&
           read_before(st->chain, k - st->own, r - st->own);
}

/* A buffer whose memory result r can take: it dies here, and element i of the
 * result is made from its element i alone. */
static uint32_t dying_operand(const reel__compiler *c, const spaces *s,
                              const reel__step *st, uint32_t number, int r)
{
    if (st->flat || (r < st->own && st->kernel >= REEL__K_copy))
        return REEL__NONE;
    for (int k = 0; k < st->operands; k++) {
        uint32_t over = st->operand[k].base;
        const reel__buffer *b = &c->buffer[over];
        bool fits = over != st->operand[r].base && in_arena(b) && !b->pinned &&
                    b->last == number && s->home[over] != REEL__NONE;
        for (int j = 0; fits && j < st->operands; j++)
            fits = st->operand[j].base != over || can_cover(c, st, r, j);
        if (fits)
            return over;
    }
    return REEL__NONE;
}

static bool place_result(reel__compiler *c, spaces *s, uint32_t number, int k)
{
    const reel__step *st = &c->program->steps.step[number];
    uint32_t r = st->operand[k].base;
    reel__buffer *result = &c->buffer[r];
    if (!st->operand[k].written || !in_arena(result) || result->first != number ||
        s->home[r] != REEL__NONE)
        return true;
    uint32_t over =
        c->plain ? REEL__NONE : dying_operand(c, s, st, number, k);
    if (over != REEL__NONE) {
        s->home[r] = s->home[over];
        s->home[over] = REEL__NONE; /* now the result's */
    } else {
        s->home[r] = take(space_of(s, result), rounded(result->bytes));
        if (s->home[r] == REEL__NONE)
            return false;
    }
    result->offset = space_of(s, result)->block[s->home[r]].offset;
    return true;
}

static void release_dead(reel__compiler *c, spaces *s, uint32_t number)
{
    const reel__step *st = &c->program->steps.step[number];
    for (int k = 0; k < st->operands; k++) {
        uint32_t b = st->operand[k].base;
        const reel__buffer *buffer = &c->buffer[b];
        if (in_arena(buffer) && !buffer->pinned && buffer->last == number &&
            s->home[b] != REEL__NONE) {
            give_back(space_of(s, buffer), s->home[b]);
            s->home[b] = REEL__NONE;
        }
    }
}

void reel__place_folded(reel__compiler *c)
{
    for (size_t i = 0; i < c->buffers; i++) {
        reel__buffer *b = &c->buffer[i];
        if (b->base != REEL__BASE_FOLDED)
            continue;
        b->offset = c->program->folded_bytes;
        c->program->folded_bytes += rounded(b->bytes);
    }
}

static void init(space *s, const reel_allocator *a)
{
    memset(s->head, 0xFF, sizeof s->head); /* all REEL__NONE */
    s->allocator = a;
    s->spare = s->last = REEL__NONE;
}

static bool place_in_arena(reel__compiler *c, spaces *s)
{
    reel_program *p = c->program;
    for (uint32_t i = 0; i < p->steps.count; i++) {
        for (int k = 0; k < p->steps.step[i].operands; k++)
            if (!place_result(c, s, i, k))
                return false;
        if (!c->plain)
            release_dead(c, s, i);
    }
    for (size_t i = 0; i < c->buffers; i++)
        if (in_arena(&c->buffer[i]) && is_small(&c->buffer[i]))
            c->buffer[i].offset += s->large.end;
    p->arena_bytes = s->large.end + s->small.end;
    return true;
}

bool reel__plan(reel__compiler *c)
{
    const reel_allocator *a = &c->tape->allocator;
    size_t bytes = (c->buffers + 1) * sizeof(uint32_t);
    spaces *s = reel__alloc_zeroed(a, sizeof *s);
    bool done = false;
    if (s && (s->home = reel__alloc(a, bytes)) != NULL) {
        memset(s->home, 0xFF, bytes);
        init(&s->large, a);
        init(&s->small, a);
        done = place_in_arena(c, s);
        reel__free(a, s->large.block, s->large.capacity * sizeof(block));
        reel__free(a, s->small.block, s->small.capacity * sizeof(block));
        reel__free(a, s->home, bytes);
    }
    reel__free(a, s, sizeof *s);
    if (!done)
        reel__no_memory(c->tape, "compile");
    return done;
}
