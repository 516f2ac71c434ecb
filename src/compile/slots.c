/* compile/slots.c: the values of a flat program get slots, and what can be one
 * instruction becomes one.
 *
 *   count     how often each value is used; what is not used goes
 *   sink      what only the user waits for comes last
 *   combine   a product that only one sum uses becomes part of it
 *   place     a value takes a slot (flat_place.c)
 *   join      rows of a matrix become one instruction (flat_rows.c)
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/slots.h"

/* ------------------------------------------------------------------- passes */

static bool is_used(const reel__slots *s, const reel__flat_instruction *i)
{
    for (int k = 0; k < i->lanes; k++)
        if (s->uses[i->dst + k])
            return true;
    return !reel__has_value(i);
}

static void count(reel__slots *s)
{
    reel__flattener *f = s->f;
    for (size_t n = f->count; n-- > 0;) {
        reel__flat_instruction *i = &f->code[n];
        if (!is_used(s, i)) {
            i->op = REEL__K_NONE;
            continue;
        }
        reel__inputs in = reel__inputs_of(i);
        for (int k = 0; k < in.count; k++)
            for (int lane = 0; lane < reel__lanes_of(&in, k); lane++)
                s->uses[in.first[k] + lane]++;
        if (i->op == REEL__F_pick)
            s->uses[i[-1].dst]++; /* by way of r */
    }
}

static void mark_early(reel__slots *s, const reel__flat_instruction *i)
{
    reel__inputs in = reel__inputs_of(i);
    for (int k = 0; k < in.count; k++)
        memset(s->early + in.first[k], 1, (size_t)reel__lanes_of(&in, k));
    if (i->op == REEL__F_pick)
        s->early[i[-1].dst] = 1;
}

/* What stays in its place: what something early reads, and loads, which must
 * come before leaves are stored. */
static bool is_early(const reel__slots *s, const reel__flat_instruction *i)
{
    bool early = !reel__has_value(i) || reel__inputs_of(i).count == 0;
    for (int k = 0; k < i->lanes && reel__has_value(i); k++)
        early |= s->early[i->dst + k] != 0;
    return early;
}

/* Nothing that others wait for waits for the rest, such as the logarithm of a
 * loss. */
static bool sink(reel__slots *s)
{
    reel__flattener *f = s->f;
    const reel_allocator *a = &f->c->tape->allocator;
    size_t bytes = (f->late + 1) * sizeof *f->code, kept = 0, sunk = 0;
    if (f->late == f->stores || f->late == f->count)
        return true;
    reel__flat_instruction *late = reel__alloc(a, bytes);
    if (!late)
        return false;
    for (size_t n = f->late; n-- > 0;)
        if (is_early(s, &f->code[n]))
            mark_early(s, &f->code[n]);
    for (size_t n = 0; n < f->late; n++) {
        reel__flat_instruction i = f->code[n];
        if (is_early(s, &i))
            f->code[kept++] = i;
        else
            late[sunk++] = i;
    }
    memcpy(f->code + kept, late, sunk * sizeof *late);
    reel__free(a, late, bytes);
    return true;
}

static bool is_product(unsigned op)
{
    return op == REEL__K_mul || op == REEL__G_mul || op == REEL__GA_mul ||
           op == REEL__GB_mul;
}

/* The product that makes all of a sum's operand, if nothing else uses it. */
static reel__flat_instruction *lone_product(const reel__slots *s,
                                            const reel__flat_instruction *sum,
                                            uint16_t value)
{
    reel__flat_instruction *i = s->f->code + s->at[value];
    if (s->at[value] == REEL__NONE || !is_product(i->op) || i->dst != value ||
        i->lanes != sum->lanes)
        return NULL;
    for (int k = 0; k < i->lanes; k++)
        if (s->uses[value + k] != 1)
            return NULL;
    return i;
}

/* A product and a sum or difference as one; of groups the one number first. */
static unsigned combined(const reel__flat_instruction *sum, bool second,
                         unsigned product)
{
    bool add = sum->op == REEL__K_add || sum->op == REEL__G_add;
    bool one = product != REEL__G_mul;
    if (sum->lanes == 1)
        return add      ? REEL__K_affine
               : second ? REEL__F_submul
                        : REEL__F_mulsub;
    if (add)
        return one ? REEL__F_ga_muladd : REEL__F_g_muladd;
    if (second)
        return one ? REEL__F_ga_submul : REEL__F_g_submul;
    return one ? REEL__F_ga_mulsub : REEL__F_g_mulsub;
}

static void combine_one(reel__slots *s, reel__flat_instruction *i)
{
    reel__flat_instruction *first = lone_product(s, i, i->a);
    reel__flat_instruction *second = lone_product(s, i, i->b);
    reel__flat_instruction *product = second ? second : first;
    if (!product)
        return;
    bool turned = product->op == REEL__GB_mul;
    *i = (reel__flat_instruction){
        (uint8_t)combined(i, product == second, product->op), i->lanes, i->dst,
        turned ? product->b : product->a, turned ? product->a : product->b,
        product == second ? i->a : i->b};
    product->op = REEL__K_NONE;
}

static bool is_sum(unsigned op)
{
    return op == REEL__K_add || op == REEL__K_sub || op == REEL__G_add ||
           op == REEL__G_sub;
}

static void combine(reel__slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at); /* REEL__NONE */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction *i = &f->code[n];
        if (is_sum(i->op))
            combine_one(s, i);
        for (int k = 0; reel__has_value(i) && k < i->lanes; k++)
            s->at[i->dst + k] = (uint32_t)n;
    }
}

static void find_last_uses(reel__slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at);
    for (size_t n = f->count; n-- > 0;) {
        reel__inputs in = reel__inputs_of(&f->code[n]);
        for (int k = 0; k < in.count; k++)
            for (int lane = 0; lane < reel__lanes_of(&in, k); lane++) {
                uint32_t *at = &s->at[in.first[k] + lane];
                *at = *at == REEL__NONE ? (uint32_t)n : *at;
            }
    }
}

static bool keep(reel__slots *s, reel__flat_program *flat)
{
    reel__flattener *f = s->f;
    reel__arena *arena = &f->c->program->geometry;
    size_t bytes = reel_dtype_size(f->dtype);
    reel__flat_instruction *code =
        reel__arena_take(arena, (f->count + 1) * sizeof *code);
    void *constant = reel__arena_take(arena, f->constants * bytes + 1);
    if (!code || !constant)
        return false;
    if (f->count > 0)
        memcpy(code, f->code, f->count * sizeof *code);
    code[f->count] = (reel__flat_instruction){.op = REEL__F_end, .lanes = 1};
    for (size_t i = 0; i < f->constants; i++)
        reel__store(f->dtype, constant, (int64_t)i, f->constant[i]);
    *flat = (reel__flat_program){code, constant, (uint32_t)f->count,
                         (uint32_t)f->constants,
                         s->count + REEL__FLAT_LANES - 1}; /* to be read */
    return true;
}

bool reel__give_slots(reel__flattener *f, reel__flat_program *flat)
{
    const reel_allocator *a = &f->c->tape->allocator;
    size_t n = f->values + REEL__FLAT_LANES;
    size_t bytes = n * (2 * sizeof(uint32_t) + 3 * sizeof(uint16_t) + 2);
    uint32_t *memory = reel__alloc_zeroed(a, bytes);
    if (!memory)
        return false;
    reel__slots s = {.f = f, .uses = memory, .at = memory + n};
    s.slot = (uint16_t *)(void *)(memory + 2 * n);
    s.spare = s.slot + n;
    s.spare_group = s.spare + n;
    s.live = (uint8_t *)(s.spare_group + n);
    s.early = s.live + n;
    count(&s);
    bool done = sink(&s);
    combine(&s);
    find_last_uses(&s);
    for (size_t i = 0; i < f->constants; i++)
        s.slot[f->constant_value[i]] = (uint16_t)s.count++;
    reel__flat_place(&s);
    reel__flat_join_rows(f);
    done = done && keep(&s, flat);
    reel__free(a, memory, bytes);
    return done;
}
