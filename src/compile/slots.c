/* compile/slots.c: the values of a flat program get slots, and what can be one
 * instruction becomes one.
 *
 *   count     how often each value is used; what is not used goes
 *   sink      what only the user waits for comes last
 *   combine   a product that only one sum uses becomes part of it
 *   place     a value takes the slot of one that is not used again, and is
 *             taken from the result before it where it is just that
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

#define NOTHING REEL__K_NONE /* an instruction that is gone */

typedef struct slots {
    reel__flattener *f;
    uint32_t *uses;  /* of each value */
    uint32_t *at;    /* where it is made, then where it is used last */
    uint16_t *slot;  /* where it is */
    uint16_t *spare; /* slots whose values are not used again */
    uint16_t *spare_group; /* the first of as many as a group has */
    size_t spares, spare_groups;
    uint8_t *live;  /* of a group's first value: how many are used again */
    uint8_t *early; /* of a value: what is stored for others depends on it */
    uint32_t count; /* slots so far */
} slots;

/* The values that an instruction reads: how many lanes of each. */
typedef struct inputs {
    uint16_t first[3];
    uint8_t count, ones, lanes;
} inputs;

static inline inputs inputs_of(const reel__flat_instruction *i)
{
    const reel__flat_op *op = &reel__flat_ops[i->op];
    return (inputs){{i->a, i->b, i->c}, op->values, op->ones, i->lanes};
}

static inline int lanes_of(const inputs *in, int k)
{
    return in->lanes == 1 || in->ones >> k & 1 ? 1 : in->lanes;
}

static bool has_value(const reel__flat_instruction *i)
{
    return reel__flat_ops[i->op].result;
}

/* ------------------------------------------------------------------- passes */

static bool is_used(const slots *s, const reel__flat_instruction *i)
{
    for (int k = 0; k < i->lanes; k++)
        if (s->uses[i->dst + k])
            return true;
    return !has_value(i);
}

static void count(slots *s)
{
    reel__flattener *f = s->f;
    for (size_t n = f->count; n-- > 0;) {
        reel__flat_instruction *i = &f->code[n];
        if (!is_used(s, i)) {
            i->op = NOTHING;
            continue;
        }
        inputs in = inputs_of(i);
        for (int k = 0; k < in.count; k++)
            for (int lane = 0; lane < lanes_of(&in, k); lane++)
                s->uses[in.first[k] + lane]++;
        if (i->op == REEL__F_pick)
            s->uses[i[-1].dst]++; /* by way of r */
    }
}

static void mark_early(slots *s, const reel__flat_instruction *i)
{
    inputs in = inputs_of(i);
    for (int k = 0; k < in.count; k++)
        memset(s->early + in.first[k], 1, (size_t)lanes_of(&in, k));
    if (i->op == REEL__F_pick)
        s->early[i[-1].dst] = 1;
}

/* What stays in its place: what something early reads, and loads, which must
 * come before leaves are stored. */
static bool is_early(const slots *s, const reel__flat_instruction *i)
{
    bool early = !has_value(i) || inputs_of(i).count == 0;
    for (int k = 0; k < i->lanes && has_value(i); k++)
        early |= s->early[i->dst + k] != 0;
    return early;
}

/* Nothing that others wait for waits for the rest, such as the logarithm of a
 * loss. */
static bool sink(slots *s)
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
static reel__flat_instruction *lone_product(const slots *s,
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

static void combine_one(slots *s, reel__flat_instruction *i)
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
    product->op = NOTHING;
}

static bool is_sum(unsigned op)
{
    return op == REEL__K_add || op == REEL__K_sub || op == REEL__G_add ||
           op == REEL__G_sub;
}

static void combine(slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at); /* REEL__NONE */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction *i = &f->code[n];
        if (is_sum(i->op))
            combine_one(s, i);
        for (int k = 0; has_value(i) && k < i->lanes; k++)
            s->at[i->dst + k] = (uint32_t)n;
    }
}

static void find_last_uses(slots *s)
{
    reel__flattener *f = s->f;
    memset(s->at, 0xFF, f->values * sizeof *s->at);
    for (size_t n = f->count; n-- > 0;) {
        inputs in = inputs_of(&f->code[n]);
        for (int k = 0; k < in.count; k++)
            for (int lane = 0; lane < lanes_of(&in, k); lane++) {
                uint32_t *at = &s->at[in.first[k] + lane];
                *at = *at == REEL__NONE ? (uint32_t)n : *at;
            }
    }
}

/* ------------------------------------------------------------------ placing */

/* The function of r that a function of a slot is. */
static uint8_t of_result(uint8_t op)
{
    switch (op) {
    case REEL__K_square: return REEL__F_square_r;
    case REEL__K_exp: return REEL__F_exp_r;
    case REEL__K_tanh: return REEL__F_tanh_r;
    case REEL__K_sigmoid: return REEL__F_sigmoid_r;
    default: return op;
    }
}

/* The same operation with r for the operand that is the result before. */
static void take_result(reel__flat_instruction *i, uint16_t before)
{
    uint16_t other = i->a == before ? i->b : i->a;
    bool either = i->a == before || i->b == before;
    if (i->op == REEL__K_add && either) {
        *i = (reel__flat_instruction){REEL__F_add_a_r, 1, i->dst, 0, other, 0};
    } else if (i->op == REEL__K_mul && either) {
        *i = (reel__flat_instruction){REEL__F_mul_a_r, 1, i->dst, 0, other, 0};
    } else if (i->op == REEL__K_sub && either) {
        i->op = i->a == before ? REEL__F_sub_a_r : REEL__F_sub_b_r;
    } else if (i->op == REEL__K_affine && i->c == before) {
        i->op = REEL__F_affine_c_r;
    } else if (i->op == REEL__K_affine && either) {
        i->b = other;
        i->op = REEL__F_affine_a_r;
    } else if (i->a == before) {
        i->op = of_result(i->op);
    }
}

/* The same for groups. Sums and products are turned around if need be. */
static void take_group(reel__flat_instruction *i, uint16_t before)
{
    static const struct {
        uint8_t op, operand, taken;
    } forms[] = {
        {REEL__G_add, 0, REEL__F_g_add_x_l},
        {REEL__G_add, 1, REEL__F_g_add_x_l},
        {REEL__G_mul, 0, REEL__F_g_mul_x_l},
        {REEL__G_mul, 1, REEL__F_g_mul_x_l},
        {REEL__GA_mul, 1, REEL__F_gb_mul_x_l},
        {REEL__GB_mul, 0, REEL__F_gb_mul_x_l},
        {REEL__G_sub, 0, REEL__F_g_sub_x_l},
        {REEL__GB_sub, 0, REEL__F_gb_sub_x_l},
        {REEL__GB_div, 0, REEL__F_gb_div_x_l},
        {REEL__F_g_muladd, 2, REEL__F_g_muladd_z_l},
        {REEL__F_ga_muladd, 2, REEL__F_ga_muladd_z_l},
        {REEL__F_ga_muladd, 1, REEL__F_ga_muladd_y_l},
        {REEL__F_ga_submul, 1, REEL__F_ga_submul_y_l},
    };
    const uint16_t v[] = {i->a, i->b, i->c};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        if (forms[k].op == i->op && v[forms[k].operand] == before) {
            if (forms[k].operand == 1 && reel__flat_ops[i->op].values == 2)
                i->b = i->a;
            i->op = forms[k].taken;
            return;
        }
}

/* A value's slot, once; of a group when all of it can go. */
static void give_back(slots *s, uint16_t value)
{
    uint16_t first = s->f->first[value];
    s->at[value] = REEL__NONE;
    if (s->live[first] == 0)
        s->spare[s->spares++] = s->slot[value];
    else if (--s->live[first] == 0)
        s->spare_group[s->spare_groups++] = s->slot[first];
}

/* Slots side by side, for a group or more that is loaded; returns the first. A
 * group across two cache lines is slow to read behind its writing. */
static uint16_t take_slots(slots *s, const reel__flat_instruction *i)
{
    bool group = i->lanes <= REEL__FLAT_LANES;
    if (group && s->spare_groups > 0)
        return s->spare_group[--s->spare_groups];
    while (group && s->count % REEL__FLAT_LANES != 0)
        s->spare[s->spares++] = (uint16_t)s->count++;
    uint16_t first = (uint16_t)s->count;
    s->count += group ? REEL__FLAT_LANES : i->lanes;
    return first;
}

/* Values that come together lie together. */
static void place_results(slots *s, const reel__flat_instruction *i)
{
    if (i->lanes == 1) {
        s->slot[i->dst] =
            s->spares > 0 ? s->spare[--s->spares] : (uint16_t)s->count++;
        return;
    }
    uint16_t first = take_slots(s, i);
    for (int k = 0; k < i->lanes; k++)
        s->slot[i->dst + k] = (uint16_t)(first + k);
    if (i->lanes <= REEL__FLAT_LANES)
        s->live[i->dst] = i->lanes;
    for (int k = 0; k < i->lanes; k++)
        if (s->uses[i->dst + k] == 0)
            give_back(s, (uint16_t)(i->dst + k));
}

static void release(slots *s, const inputs *in, uint32_t number)
{
    for (int k = 0; k < in->count; k++)
        for (int lane = 0; lane < lanes_of(in, k); lane++) {
            uint16_t v = (uint16_t)(in->first[k] + lane);
            if (s->at[v] == number && s->slot[v] >= s->f->constants)
                give_back(s, v);
        }
}

/* Stores side by side are one. */
static bool goes_on(reel__flat_instruction *before,
                    const reel__flat_instruction *i)
{
    bool joined = i->op == REEL__F_store && before->op == REEL__F_store &&
                  before->dst == i->dst && before->a + before->b == i->a &&
                  before->c + before->b == i->c;
    if (joined)
        before->b++;
    return joined;
}

static uint8_t load_of(const reel__flattener *f,
                       const reel__flat_instruction *i)
{
    static const uint8_t of_lanes[1 + REEL__FLAT_LANES] = {
        REEL__F_load, REEL__F_load_one, REEL__F_load_two, REEL__F_load_three,
        REEL__F_load_four};
    if (f->operand[i->a].dtype != f->dtype)
        return REEL__F_load_any;
    return i->lanes <= REEL__FLAT_LANES ? of_lanes[i->lanes] : REEL__F_load;
}

static void place(slots *s)
{
    reel__flattener *f = s->f;
    size_t kept = 0;
    uint32_t before = REEL__NONE; /* the value that r is */
    uint32_t group = REEL__NONE;  /* the first of those that l is */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction i = f->code[n];
        if (i.op == NOTHING)
            continue;
        inputs in = inputs_of(&i);
        if (before != REEL__NONE && i.lanes == 1)
            take_result(&i, (uint16_t)before);
        else if (group != REEL__NONE && i.lanes > 1 && in.count > 0)
            take_group(&i, (uint16_t)group);
        if (in.count > 0)
            i.a = s->slot[i.a];
        if (in.count > 1)
            i.b = s->slot[i.b];
        if (in.count > 2)
            i.c = s->slot[i.c];
        release(s, &in, (uint32_t)n);
        if (has_value(&i)) {
            place_results(s, &i);
            bool loads = in.count == 0;
            before = loads || i.lanes > 1 ? REEL__NONE : i.dst;
            if (i.lanes > 1 && !loads && !reel__flat_ops[i.op].calls)
                group = i.dst;
            i.dst = s->slot[i.dst];
        }
        if (i.op == REEL__F_load)
            i.op = load_of(f, &i);
        if (kept == 0 || !goes_on(&f->code[kept - 1], &i))
            f->code[kept++] = i;
    }
    f->count = kept;
}

static bool keep(slots *s, reel__flat_program *flat)
{
    reel__flattener *f = s->f;
    reel__arena *arena = &f->c->program->geometry;
    size_t bytes = reel_dtype_size(f->dtype);
    reel__flat_instruction *code =
        reel__arena_take(arena, (f->count + 1) * sizeof *code);
    void *constant = reel__arena_take(arena, f->constants * bytes + 1);
    if (!code || !constant)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        code[i] = f->code[i];
        if (code[i].op == REEL__F_store && code[i].b <= REEL__FLAT_LANES)
            code[i].op = (uint8_t)(REEL__F_store + code[i].b);
    }
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
    slots s = {.f = f, .uses = memory, .at = memory + n};
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
    place(&s);
    done = done && keep(&s, flat);
    reel__free(a, memory, bytes);
    return done;
}
