/* compile/epilogue.c: what a product's kernel does to its result by itself.
 *
 * The first members of a product's group that scale its result, by a constant
 * or a number that is known when it runs (a learning rate), and add something
 * to it (a bias, or what a parameter was, for a plain step of gradient descent)
 * go into the product: result = alpha scale a b + addend. So does the
 * assignment behind them, and then the gradient is never in memory.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/fuse.h"

enum { RESULT, LEFT, RIGHT, ADDEND, SCALE };

typedef struct absorption {
    reel__fusion *f;
    reel__group *g;
    reel__step *head;
    double alpha;
    const reel__operand *scale; /* comes with an addend only */
    bool has_addend;
} absorption;

/* The one member that reads a buffer, once; REEL__NONE if it is not so. */
static uint32_t only_reader(const absorption *a, uint32_t buffer)
{
    uint32_t reader = REEL__NONE;
    for (uint32_t i = a->g->first; i != REEL__NONE; i = a->f->next[i]) {
        const reel__step *s = reel__step_at(a->f, i);
        for (int k = 1; k < s->operands; k++) {
            if (s->operand[k].base != buffer)
                continue;
            if (reader != REEL__NONE)
                return REEL__NONE;
            reader = i;
        }
    }
    return reader;
}

/* A buffer that is complete before the group runs, or a leaf. */
static bool is_outside(const absorption *a, uint32_t buffer)
{
    return a->f->usage[buffer].group != (uint32_t)(a->g - a->f->group) ||
           a->f->c->buffer[buffer].base >= REEL__BASE_LEAVES;
}

/* The operand that is added, where a member adds one from outside the group to
 * the result, or takes the result from one; 0 where it does something else. */
static int addend_of(const absorption *a, const reel__step *s, uint32_t result)
{
    int k = s->operands == 3 && s->operand[1].base == result ? 2 : 1;
    if (a->has_addend || (s->kernel != REEL__K_add &&
                          (s->kernel != REEL__K_sub || k == 2)))
        return 0;
    return is_outside(a, s->operand[k].base) && !reel__is_per_row(s, a->g) ? k
                                                                           : 0;
}

/* The operand that the result is multiplied by, where a member does so with one
 * number from outside the group and the next adds something; else 0. */
static int scale_of(const absorption *a, const reel__step *s, uint32_t result)
{
    int64_t stride[REEL__MAX_AXES + 1];
    uint32_t product = s->operand[0].base;
    if (s->kernel != REEL__K_mul || a->scale || a->f->usage[product].stored ||
        a->f->usage[product].parts)
        return 0;
    int k = s->operand[1].base == result ? 2 : 1;
    uint32_t next = only_reader(a, product);
    reel__member_strides(s, k, a->g, false, stride);
    for (int d = 0; d < a->g->ndim; d++)
        if (stride[d] != 0)
            return 0;
    return is_outside(a, s->operand[k].base) && !reel__is_per_row(s, a->g) &&
                   next != REEL__NONE &&
                   addend_of(a, reel__step_at(a->f, next), product)
               ? k
               : 0;
}

/* Strides over the group's axes as strides over m, k, n. */
static void over_product(const absorption *a, const int64_t *from, int64_t *to)
{
    const int64_t *dim = a->head->geometry;
    int next = 0;
    to[0] = dim[0] != 1 ? from[next++] : 0;
    to[1] = 0;
    to[2] = dim[2] != 1 ? from[next] : 0;
}

static bool take_addend(absorption *a, const reel__step *s, int k)
{
    reel__arena *arena = &a->f->c->scratch;
    int64_t stride[REEL__MAX_AXES + 1];
    int64_t *geometry = reel__arena_take(arena, 6 * 3 * sizeof *geometry);
    reel__operand *o = reel__arena_take(arena, 5 * sizeof *o);
    if (!geometry || !o)
        return reel__no_memory(a->f->c->tape, "compile");
    memcpy(geometry, a->head->geometry, 4 * 3 * sizeof *geometry);
    memcpy(o, a->head->operand, 3 * sizeof *o);
    reel__member_strides(s, k, a->g, false, stride);
    over_product(a, stride, geometry + 4 * 3);
    o[ADDEND] = s->operand[k];
    a->head->geometry = geometry;
    a->head->operand = o;
    a->head->operands = a->head->own = a->scale ? 5 : 4;
    memset(geometry + 5 * 3, 0, 3 * sizeof *geometry);
    if (a->scale)
        o[SCALE] = *a->scale;
    a->has_addend = true;
    return true;
}

static void remove_member(absorption *a, uint32_t number)
{
    uint32_t *link = &a->g->first, before = REEL__NONE;
    while (*link != number) {
        before = *link;
        link = &a->f->next[*link];
    }
    *link = a->f->next[number];
    if (a->g->last == number)
        a->g->last = before;
    a->g->members--;
}

/* No member reads what the leaf was. */
static bool is_unread(const absorption *a, uint32_t leaf)
{
    for (uint32_t i = a->g->first; i != REEL__NONE; i = a->f->next[i])
        for (int k = 1; k < reel__step_at(a->f, i)->operands; k++)
            if (reel__step_at(a->f, i)->operand[k].base == leaf)
                return false;
    return true;
}

/* Takes in the member that reads the result, if it is one that can be; *more
 * is false if it is not. */
static bool take_in(absorption *a, bool *more)
{
    reel__operand *result = &a->head->operand[RESULT];
    uint32_t number = a->f->usage[result->base].stored
                          ? REEL__NONE
                          : only_reader(a, result->base);
    *more = false;
    if (number == REEL__NONE)
        return true;
    const reel__step *s = reel__step_at(a->f, number);
    int k = addend_of(a, s, result->base);
    int by = scale_of(a, s, result->base);
    bool stores = reel__is_assignment(a->f, number);
    if (a->f->usage[s->operand[0].base].parts)
        return true;
    if (k) {
        a->alpha = s->kernel == REEL__K_sub ? -a->alpha : a->alpha;
        if (!take_addend(a, s, k))
            return false;
    } else if (by) {
        a->scale = &s->operand[by];
    } else if (s->kernel == REEL__K_affine && s->attributes->f[1] == 0 &&
               !a->has_addend) {
        a->alpha *= s->attributes->f[0];
    } else if (s->kernel == REEL__K_neg && !a->has_addend) {
        a->alpha = -a->alpha;
    } else if (!stores || !is_unread(a, s->operand[0].base)) {
        return true;
    }
    remove_member(a, number);
    a->head->operand[RESULT] = s->operand[0];
    *more = !stores; /* a leaf's value has no other reader */
    return true;
}

bool reel__absorb(reel__fusion *f, uint32_t group, reel__step *head)
{
    absorption a = {.f = f, .g = &f->group[group], .head = head, .alpha = 1};
    bool more = true;
    while (more)
        if (!take_in(&a, &more))
            return false;
    if (a.alpha != 1) {
        reel__attributes *attributes =
            reel__arena_take(&f->c->scratch, sizeof *attributes);
        if (!attributes)
            return reel__no_memory(f->c->tape, "compile");
        *attributes = (reel__attributes){.f = {a.alpha}};
        head->attributes = attributes;
    }
    return true;
}
