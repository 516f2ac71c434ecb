/* compile/flat_elements.c: the elements of buffers as values: read once, known
 * by their numbers.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

#define BLOCK_ELEMENTS 64    /* buffers up to here are read as a whole */
#define MAPPED_ELEMENTS 4096 /* up to here elements keep their values */

/* NULL where the buffer is too large to follow each element. */
static reel__home *home_of(reel__flattener *f, const reel__operand *o)
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
    uint16_t v =
        reel__flat_emit(f, REEL__F_load, operand, count, first);
    f->values += count - 1u;
    return v;
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
static bool read_constant(reel__flattener *f, const reel__operand *o,
                          int64_t at, uint16_t *v)
{
    const reel__buffer *b = &f->c->buffer[o->base];
    if (!b->constant || b->base < REEL__BASE_LEAVES ||
        b->bytes > BLOCK_ELEMENTS * sizeof(double))
        return false;
    const reel_node *leaf = f->c->program->leaf[b->base - REEL__BASE_LEAVES];
    *v = reel__flat_constant(
        f, (double)reel__load((reel_dtype)o->dtype, leaf->value, at));
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
    if (!f->failed) {
        f->code[f->count - 1].dst = operand;
        f->values--; /* it has none */
    }
}
