/* compile/flat_place.c: a value takes the slot of one that is not used again,
 * and is taken from the result before it where it is just that.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/slots.h"

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
static void give_back(reel__slots *s, uint16_t value)
{
    uint16_t first = s->f->first[value];
    s->at[value] = REEL__NONE;
    if (s->live[first] == 0)
        s->spare[s->spares++] = s->slot[value];
    else if (--s->live[first] == 0)
        s->spare_group[s->spare_groups++] = s->slot[first];
}

/* The first of n slots that were not used before. A group across two cache
 * lines is slow to read behind its writing. */
static uint16_t new_slots(reel__slots *s, bool groups, size_t n)
{
    while (groups && s->count % REEL__FLAT_LANES != 0)
        s->spare[s->spares++] = (uint16_t)s->count++;
    uint16_t first = (uint16_t)s->count;
    s->count += (uint32_t)n;
    return first;
}

/* Groups of slots that follow each other, those that came free last if they
 * do. */
static void set_aside(reel__slots *s, size_t rows)
{
    const uint16_t *last = s->spare_group + s->spare_groups;
    size_t n = 1;
    while (n < rows && n < s->spare_groups &&
           last[-1] == last[-1 - (ptrdiff_t)n] + n * REEL__FLAT_LANES)
        n++;
    s->rows = rows;
    if (n < rows) {
        s->next = new_slots(s, true, rows * REEL__FLAT_LANES);
    } else {
        s->spare_groups -= rows;
        s->next = s->spare_group[s->spare_groups];
    }
}

/* Slots for a group, that of an operand if it came free: these are in rows
 * if the operand is. */
static uint16_t take_group_slots(reel__slots *s, size_t n, bool freed)
{
    if (s->rows == 0 && !freed) {
        size_t rows = reel__flat_rows_from(s->f, n);
        if (rows > 1)
            set_aside(s, rows);
    }
    if (s->rows > 0) {
        uint16_t first = s->next;
        s->next = (uint16_t)(first + REEL__FLAT_LANES);
        s->rows--;
        return first;
    }
    if (s->spare_groups > 0)
        return s->spare_group[--s->spare_groups];
    return new_slots(s, true, REEL__FLAT_LANES);
}

/* Values that come together lie together. */
static void place_results(reel__slots *s, const reel__flat_instruction *i,
                          size_t n, bool freed)
{
    if (i->lanes == 1) {
        s->slot[i->dst] =
            s->spares > 0 ? s->spare[--s->spares] : (uint16_t)s->count++;
        return;
    }
    uint16_t first = i->lanes <= REEL__FLAT_LANES
                         ? take_group_slots(s, n, freed)
                         : new_slots(s, false, i->lanes);
    for (int k = 0; k < i->lanes; k++)
        s->slot[i->dst + k] = (uint16_t)(first + k);
    if (i->lanes <= REEL__FLAT_LANES)
        s->live[i->dst] = i->lanes;
    for (int k = 0; k < i->lanes; k++)
        if (s->uses[i->dst + k] == 0)
            give_back(s, (uint16_t)(i->dst + k));
}

static void release(reel__slots *s, const reel__inputs *in, uint32_t number)
{
    for (int k = 0; k < in->count; k++)
        for (int lane = 0; lane < reel__lanes_of(in, k); lane++) {
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

void reel__flat_place(reel__slots *s)
{
    reel__flattener *f = s->f;
    size_t kept = 0;
    uint32_t before = REEL__NONE; /* the value that r is */
    uint32_t group = REEL__NONE;  /* the first of those that l is */
    for (size_t n = 0; n < f->count; n++) {
        reel__flat_instruction i = f->code[n];
        if (i.op == REEL__K_NONE)
            continue;
        reel__inputs in = reel__inputs_of(&i);
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
        size_t groups = s->spare_groups;
        release(s, &in, (uint32_t)n);
        if (reel__has_value(&i)) {
            place_results(s, &i, n, s->spare_groups > groups);
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
    for (size_t n = 0; n < kept; n++)
        if (f->code[n].op == REEL__F_store && f->code[n].b <= REEL__FLAT_LANES)
            f->code[n].op = (uint8_t)(REEL__F_store + f->code[n].b);
}
