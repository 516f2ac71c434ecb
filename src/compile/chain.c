/* compile/chain.c: a group of steps as one step.
 *
 * Each member becomes an instruction. What only other members read gets a slot
 * of scratch memory from its instruction to the last that reads it; all else is
 * an operand, over the group's axes.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/builder.h"
#include "kernels/isa.h"

/* ---------------------------------------------------------------- operands */

/* The chain's operand that lies there; a new one unless there is one. */
static uint32_t operand_at(reel__builder *b, const reel__operand *o,
                           const int64_t *stride)
{
    size_t bytes = (size_t)b->g->ndim * sizeof *stride;
    int n = b->geometry.operands;
    for (int k = 0; k < n; k++)
        if (b->operand[k].base == o->base &&
            b->operand[k].offset == o->offset &&
            memcmp(b->stride[k], stride, bytes) == 0)
            return (uint32_t)k;
    b->operand[n] = *o;
    memcpy(b->stride[n], stride, bytes);
    return (uint32_t)b->geometry.operands++;
}

/* Only members read it, from scratch. */
static bool is_inside(const reel__builder *b, uint32_t buffer)
{
    const reel__usage *u = &b->f->usage[buffer];
    return u->group == (uint32_t)(b->g - b->f->group) && !u->stored &&
           !u->parts && b->f->c->buffer[buffer].base == REEL__BASE_ARENA;
}

/* The last member from `last` on that reads a buffer. */
static uint32_t last_reader(const reel__builder *b, uint32_t buffer,
                            uint32_t last)
{
    for (uint32_t i = last; i != REEL__NONE; i = b->f->next[i])
        for (int k = 1; k < reel__step_at(b->f, i)->operands; k++)
            if (reel__step_at(b->f, i)->operand[k].base == buffer)
                last = i;
    return last;
}

/* A leaf that the member's value can be stored into at once: an assignment
 * reads it, and from here on no member the leaf. */
static const reel__step *stores_into(const reel__builder *b, uint32_t number)
{
    uint32_t buffer = reel__step_at(b->f, number)->operand[0].base;
    const reel__step *store = NULL;
    for (uint32_t i = b->f->next[number]; i != REEL__NONE; i = b->f->next[i]) {
        const reel__step *s = reel__step_at(b->f, i);
        if (reel__is_assignment(b->f, i) && s->operand[1].base == buffer)
            store = store ? store : s;
    }
    for (uint32_t i = b->f->next[number]; store && i != REEL__NONE;
         i = b->f->next[i])
        for (int k = 1; k < reel__step_at(b->f, i)->operands; k++)
            if (reel__step_at(b->f, i)->operand[k].base ==
                store->operand[0].base)
                return NULL;
    return store;
}

/* ------------------------------------------------------------- instructions */

/* Where the values inside are. */
typedef struct inside {
    uint32_t buffer;
    uint32_t last; /* member that reads it last */
    int slot;      /* or, at -1, */
    uint32_t operand;
} inside;

static int take_slot(reel__builder *b)
{
    for (int k = 0; k < b->slots; k++)
        if (!(b->busy >> k & 1)) {
            b->busy |= (uint64_t)1 << k;
            b->used = b->used > k ? b->used : k + 1;
            return k;
        }
    return -1;
}

static inside *find(inside *v, int count, uint32_t buffer)
{
    for (int i = 0; i < count; i++)
        if (v[i].buffer == buffer)
            return &v[i];
    return NULL;
}

static reel__chain_arg arg_of(reel__builder *b, const reel__step *s, int k,
                              inside *v, int count)
{
    const reel__operand *o = &s->operand[k];
    int64_t stride[REEL__GROUP_AXES];
    const inside *in = find(v, count, o->base);
    reel__member_strides(s, k, b->g, reel__is_per_row(s, b->g), stride);
    reel__chain_arg a = {
        .size = (uint8_t)reel_dtype_size((reel_dtype)o->dtype)};
    a.per_row = b->g->split >= 0 && b->g->split < b->g->ndim &&
                stride[b->g->ndim - 1] == 0;
    if (in && in->slot >= 0) {
        a.place = REEL__IN_SCRATCH;
        a.number = (uint32_t)in->slot * b->slot;
    } else {
        a.number = in ? in->operand : operand_at(b, o, stride);
    }
    return a;
}

/* Gives the member's result a place: a slot, or, where there is none, or where
 * it is stored anyhow, memory. */
static void place_result(reel__builder *b, uint32_t number, inside *v,
                         int *count)
{
    const reel__step *s = reel__step_at(b->f, number);
    uint32_t buffer = s->operand[0].base;
    const reel__step *store = stores_into(b, number);
    int64_t stride[REEL__GROUP_AXES];
    if (!is_inside(b, buffer))
        return;
    inside *in = &v[(*count)++];
    *in = (inside){buffer, last_reader(b, buffer, number), -1, 0};
    if (store) {
        reel__member_strides(store, 0, b->g, reel__is_per_row(store, b->g),
                             stride);
        in->operand = operand_at(b, &store->operand[0], stride);
    } else if ((in->slot = take_slot(b)) < 0) {
        b->out_of_slots = true;
        reel__member_strides(s, 0, b->g, reel__is_per_row(s, b->g), stride);
        in->operand = operand_at(b, &s->operand[0], stride);
    }
}

static void release(reel__builder *b, uint32_t number, inside *v, int count)
{
    for (int i = 0; i < count; i++)
        if (v[i].slot >= 0 && v[i].last == number)
            b->busy &= ~((uint64_t)1 << v[i].slot);
}

static reel__form form_of(const reel__step *s)
{
    switch (reel__kind_of(s)) {
    case REEL__ROWS: return REEL__FORM_ROWS;
    case REEL__PICKS: return REEL__FORM_PICK;
    case REEL__GATHERS: return REEL__FORM_GATHER;
    case REEL__COLUMNS: return REEL__FORM_COLUMNS;
    default: return REEL__FORM_POINTS;
    }
}

static void add_instruction(reel__builder *b, uint32_t number, inside *v,
                            int *count)
{
    const reel__step *s = reel__step_at(b->f, number);
    const reel__attributes *a = s->attributes;
    reel__instruction *in = &b->instruction[b->instructions++];
    *in = (reel__instruction){.run = s->run,
                              .kernel = s->kernel,
                              .nin = (uint8_t)(s->operands - 1),
                              .form = (uint8_t)form_of(s),
                              .per_row = reel__is_per_row(s, b->g)};
    if (in->form == REEL__FORM_POINTS)
        in->loop = reel__loop_find(
            (reel__kernel_id)s->kernel,
            (reel_dtype)s->operand[s->operands - 1].dtype,
            (reel_dtype)s->operand[0].dtype);
    if (a) {
        memcpy(in->f, a->f, sizeof in->f);
        memcpy(in->i, a->i, sizeof in->i);
        in->i[2] = 1; /* axes of the index: rows */
    }
    if (s->check != REEL__NONE)
        in->check = s->check;
    place_result(b, number, v, count);
    for (int k = 0; k < s->operands; k++)
        in->arg[k] = arg_of(b, s, k, v, *count);
    if (in->arg[0].place == REEL__IN_MEMORY)
        b->operand[in->arg[0].number].written = true;
    in->ahead = in->form == REEL__FORM_GATHER &&
                in->arg[2].place == REEL__IN_MEMORY &&
                !b->operand[in->arg[2].number].written;
    release(b, number, v, *count);
}

/* A store whose value was made right in the leaf. */
static bool is_done(reel__builder *b, uint32_t number, inside *v, int count)
{
    const reel__step *s = reel__step_at(b->f, number);
    if (!reel__is_assignment(b->f, number))
        return false;
    const inside *in = find(v, count, s->operand[1].base);
    return in && in->slot < 0 &&
           b->operand[in->operand].base == s->operand[0].base;
}

static void add_all(reel__builder *b, bool narrow)
{
    inside v[REEL__CHAIN_OPERANDS];
    int count = 0;
    b->instructions = b->geometry.operands = 0;
    b->busy = 0;
    b->used = 0;
    b->out_of_slots = false;
    reel__divide_scratch(b, narrow);
    for (uint32_t i = b->g->first; i != REEL__NONE; i = b->f->next[i])
        if (!is_done(b, i, v, count))
            add_instruction(b, i, v, &count);
}

/* -------------------------------------------------------------------- step */

/* The step's operands: the head's, then the chain's. */
static bool give_operands(reel__builder *b, reel__step *step)
{
    size_t own = step->own, chain = (size_t)b->chain->operands;
    reel__operand *all = reel__arena_take(&b->f->c->scratch,
                                          (own + chain + 1) * sizeof *all);
    if (!all)
        return reel__no_memory(b->f->c->tape, "compile");
    if (own > 0)
        memcpy(all, step->operand, own * sizeof *all);
    memcpy(all + own, b->operand, chain * sizeof *all);
    step->operand = all;
    step->operands = (uint16_t)(own + chain);
    return true;
}

static bool start(reel__builder *b)
{
    reel__arena *arena = &b->f->c->program->geometry;
    size_t bytes = b->g->members * sizeof *b->instruction;
    b->chain = reel__arena_take(arena, sizeof *b->chain);
    b->instruction = reel__arena_take(arena, bytes);
    if (!b->chain || !b->instruction)
        return reel__no_memory(b->f->c->tape, "compile");
    *b->chain = (reel__chain){.instruction = b->instruction};
    b->geometry = (reel__geometry){.axes = b->g->ndim, .stride = b->stride};
    memcpy(b->geometry.dim, b->g->dim,
           (size_t)b->g->ndim * sizeof *b->geometry.dim);
    return true;
}

bool reel__make_chain(reel__fusion *f, uint32_t group, reel__step *step)
{
    reel__builder b = {.f = f, .g = &f->group[group]};
    if (!start(&b))
        return false;
    add_all(&b, false);
    if (b.out_of_slots && b.g->sums > 0)
        add_all(&b, true);
    reel__arrange(&b);
    b.chain->instructions = b.instructions;
    reel__widen_blocks(&b);
    if (!reel__keep_geometry(&b))
        return false;
    if (b.g->head == REEL__NONE) {
        *step = (reel__step){.run = reel__chain_run,
                             .kernel = REEL__K_chain,
                             .check = REEL__NONE};
        reel__share_out(b.chain, step);
    }
    step->chain = b.chain;
    return give_operands(&b, step);
}
