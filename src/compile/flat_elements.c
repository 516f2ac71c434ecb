/* compile/flat_elements.c: the elements of buffers as values: read once, known
 * by their numbers.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

#define BLOCK_ELEMENTS 64    /* buffers up to here are read as a whole */
#define MAPPED_ELEMENTS 4096 /* up to here elements keep their values */

/* NULL where the buffer is too large to follow each element. */
static inline reel__home *home_of(reel__flattener *f, const reel__operand *o)
{
    reel__home *h = &f->home[o->base];
    if (h->flat == f->number)
        return h;
    size_t elements =
        f->c->buffer[o->base].bytes / reel__size_of((reel_dtype)o->dtype);
    if (elements > MAPPED_ELEMENTS)
        return NULL;
    const reel_allocator *a = &f->c->tape->allocator;
    uint32_t *touched = reel__grow(a, f->touched, &f->touched_capacity,
                                   f->touches + 1, sizeof *touched);
    if (touched)
        f->touched = touched;
    if (elements == 1)
        h->value = &h->one;
    else if (!h->value)
        h->value = reel__arena_take(&f->c->scratch,
                                    (elements + 1) * sizeof *h->value);
    if (!touched || !h->value) {
        f->failed = true;
        return NULL;
    }
    f->touched[f->touches++] = o->base;
    h->one = REEL__NO_VALUE;
    if (elements > 1)
        memset(h->value, 0xFF, elements * sizeof *h->value); /* the same */
    h->elements = (uint16_t)elements;
    h->dtype = (uint8_t)o->dtype;
    h->flat = f->number;
    h->operand = 0;
    h->written = false;
    return h;
}

/* count elements from one on, into values with successive numbers. */
static uint16_t load(reel__flattener *f, uint16_t operand, uint16_t first,
                     uint16_t count)
{
    return reel__flat_emit_lanes(f, REEL__F_load, count, operand, count, first);
}

/* Element `at` of a buffer that is too large to follow, for itself. */
static uint16_t large_operand(reel__flattener *f, const reel__operand *o,
                              int64_t at, bool written)
{
    reel_dtype dtype = (reel_dtype)o->dtype;
    return reel__flat_operand(f, o->base, at * (int64_t)reel__size_of(dtype),
                              dtype, written);
}

/* Known while compiling: an element of a small constant. */
static inline bool read_constant(reel__flattener *f, const reel__operand *o,
                                 int64_t at, uint16_t *v)
{
    const reel__buffer *b = &f->c->buffer[o->base];
    const reel_program *p = f->c->program;
    bool folded = b->base == REEL__BASE_FOLDED;
    if (!b->constant || !(folded || b->base >= REEL__BASE_LEAVES) ||
        b->bytes > BLOCK_ELEMENTS * sizeof(double))
        return false;
    const void *data = folded ? (const char *)p->folded + b->offset
                              : p->leaf[b->base - REEL__BASE_LEAVES]->value;
    *v = reel__flat_constant(
        f, (double)reel__load((reel_dtype)o->dtype, data, at));
    return true;
}

static void load_block(reel__flattener *f, reel__home *h)
{
    size_t n = h->elements;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && h->value[to] == REEL__NO_VALUE; to++)
            ;
        if (to > from) {
            uint16_t v = load(f, h->operand, (uint16_t)from,
                              (uint16_t)(to - from));
            for (size_t i = from; i < to; i++)
                h->value[i] = (uint16_t)(v + (i - from));
        } else {
            to++;
        }
    }
}

/* The element of the buffer that an operand's element is. */
static int64_t element(const reel__operand *o, int64_t at)
{
    size_t size = reel__size_of((reel_dtype)o->dtype);
    return o->offset ? at + o->offset / (int64_t)size : at;
}

uint16_t reel__flat_read(reel__flattener *f, const reel__operand *o, int64_t at)
{
    uint16_t v;
    at = element(o, at);
    if (read_constant(f, o, at, &v))
        return v;
    reel__home *h = home_of(f, o);
    if (!h) {
        if (f->failed)
            return 0;
        return load(f, large_operand(f, o, at, false), 0, 1);
    }
    if (h->value[at] == REEL__NO_VALUE) {
        if (!h->operand)
            h->operand = reel__flat_operand(f, o->base, 0,
                                            (reel_dtype)o->dtype, false);
        if (h->elements <= BLOCK_ELEMENTS)
            load_block(f, h);
        else
            h->value[at] = load(f, h->operand, (uint16_t)at, 1);
    }
    return h->value[at];
}

/* Elements that no value is known of are loaded together. */
static void load_row(reel__flattener *f, const reel__operand *o, int64_t at,
                     int64_t n)
{
    reel__home *h = home_of(f, o);
    uint16_t v;
    at = element(o, at);
    if (n < 2 || !h || read_constant(f, o, at, &v))
        return;
    for (int64_t i = 0; i < n; i++)
        if (h->value[at + i] != REEL__NO_VALUE)
            return;
    if (!h->operand)
        h->operand = reel__flat_operand(f, o->base, 0, (reel_dtype)o->dtype,
                                        false);
    v = load(f, h->operand, (uint16_t)at, (uint16_t)n);
    for (int64_t i = 0; i < n; i++)
        h->value[at + i] = (uint16_t)(v + i);
}

void reel__flat_read_row(reel__flattener *f, const reel__operand *o,
                         int64_t at, int64_t apart, int64_t n, uint16_t *v)
{
    if (apart == 1)
        load_row(f, o, at, n);
    for (int64_t i = 0; i < n && !f->failed; i++)
        v[i] = reel__flat_read(f, o, at + i * apart);
}

void reel__flat_read_beside(reel__flattener *f, const reel__operand *o,
                            int64_t at, int64_t apart, int64_t n, uint16_t *v)
{
    reel__flat_read_row(f, o, at, apart, n, v);
    const reel__home *h = f->failed ? NULL : home_of(f, o);
    if (!h || h->written || !h->operand || apart < 1 || o->dtype != f->dtype)
        return;
    at = element(o, at);
    for (int64_t i = 0, m; i < n; i += m) {
        m = n - i < REEL__FLAT_LANES ? n - i : REEL__FLAT_LANES;
        if (m == 1 || reel__flat_together(f, v + i, m) == m)
            continue;
        unsigned op = (unsigned)(REEL__F_load_two_apart - 2 + m);
        uint16_t first = reel__flat_emit_lanes(f, op, (int)m, h->operand,
                                               (uint16_t)apart,
                                               (uint16_t)(at + i * apart));
        for (int64_t k = 0; k < m; k++)
            v[i + k] = (uint16_t)(first + k);
    }
}

void reel__flat_write(reel__flattener *f, const reel__operand *o, int64_t at,
                  uint16_t v)
{
    reel__home *h = home_of(f, o);
    at = element(o, at);
    if (h) {
        h->value[at] = v;
        h->written = true;
    } else if (!f->failed) {
        reel__flat_store(f, large_operand(f, o, at, true), 0, v);
    }
}

void reel__flat_store(reel__flattener *f, uint16_t operand, uint16_t at,
                      uint16_t v)
{
    bool truth = f->operand[operand].dtype == REEL_BOOL;
    reel__flat_emit(f, truth ? REEL__F_store_truth : REEL__F_store, v, 1, at);
    if (!f->failed)
        f->code[f->count - 1].dst = operand;
}
