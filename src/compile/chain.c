/* compile/chain.c: a group of steps as one step.
 *
 * Each member becomes an instruction. What only other members read gets a slot
 * of scratch memory from its instruction to the last that reads it; all else is
 * an operand, over the group's axes.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/fuse.h"
#include "kernels/isa.h"

#define WORK_A_THREAD 32768 /* elements times instructions of one take */
#define MOST_AXES (REEL__MAX_AXES + 1)
#define MOST_SLOTS 64

typedef struct builder {
    const reel__fusion *f;
    const reel__group *g;
    reel__chain *chain;
    reel__instruction *instruction;
    int instructions;
    uint64_t busy;  /* bit k: slot k holds a value */
    int slots;
    uint32_t slot; /* bytes */
    reel__operand operand[REEL__CHAIN_OPERANDS];
    int64_t stride[REEL__CHAIN_OPERANDS][MOST_AXES];
    reel__geometry geometry;
} builder;

static const reel__step *step_at(const builder *b, uint32_t number)
{
    return &b->f->c->program->steps.step[number];
}

/* ---------------------------------------------------------------- operands */

/* The chain's operand that lies there; a new one unless there is one. */
static uint32_t operand_at(builder *b, const reel__operand *o,
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
static bool is_inside(const builder *b, uint32_t buffer)
{
    const reel__usage *u = &b->f->usage[buffer];
    return u->group == (uint32_t)(b->g - b->f->group) && !u->stored &&
           !u->parts && b->f->c->buffer[buffer].base == REEL__BASE_ARENA;
}

/* The last member from `last` on that reads a buffer. */
static uint32_t last_reader(const builder *b, uint32_t buffer, uint32_t last)
{
    for (uint32_t i = last; i != REEL__NONE; i = b->f->next[i])
        for (int k = 1; k < step_at(b, i)->operands; k++)
            if (step_at(b, i)->operand[k].base == buffer)
                last = i;
    return last;
}

/* A leaf that the member's value can be stored into at once: an assignment
 * reads it, and from here on no member the leaf. */
static const reel__step *stores_into(const builder *b, uint32_t number)
{
    uint32_t buffer = step_at(b, number)->operand[0].base;
    const reel__step *store = NULL;
    for (uint32_t i = b->f->next[number]; i != REEL__NONE; i = b->f->next[i]) {
        const reel__step *s = step_at(b, i);
        if (i >= b->f->c->program->assigns && s->operand[1].base == buffer)
            store = store ? store : s;
    }
    for (uint32_t i = b->f->next[number]; store && i != REEL__NONE;
         i = b->f->next[i])
        for (int k = 1; k < step_at(b, i)->operands; k++)
            if (step_at(b, i)->operand[k].base == store->operand[0].base)
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

static int take_slot(builder *b)
{
    for (int k = 0; k < b->slots; k++)
        if (!(b->busy >> k & 1)) {
            b->busy |= (uint64_t)1 << k;
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

static reel__chain_arg arg_of(builder *b, const reel__step *s, int k,
                              inside *v, int count)
{
    const reel__operand *o = &s->operand[k];
    int64_t stride[MOST_AXES];
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
static void place_result(builder *b, uint32_t number, inside *v, int *count)
{
    const reel__step *s = step_at(b, number);
    uint32_t buffer = s->operand[0].base;
    const reel__step *store = stores_into(b, number);
    int64_t stride[MOST_AXES];
    if (!is_inside(b, buffer))
        return;
    inside *in = &v[(*count)++];
    *in = (inside){buffer, last_reader(b, buffer, number), -1, 0};
    if (store) {
        reel__member_strides(store, 0, b->g, reel__is_per_row(store, b->g),
                             stride);
        in->operand = operand_at(b, &store->operand[0], stride);
    } else if ((in->slot = take_slot(b)) < 0) {
        reel__member_strides(s, 0, b->g, reel__is_per_row(s, b->g), stride);
        in->operand = operand_at(b, &s->operand[0], stride);
    }
}

static void release(builder *b, uint32_t number, inside *v, int count)
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
    default: return REEL__FORM_POINTS;
    }
}

static void add_instruction(builder *b, uint32_t number, inside *v, int *count)
{
    const reel__step *s = step_at(b, number);
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
static bool is_done(builder *b, uint32_t number, inside *v, int count)
{
    const reel__step *s = step_at(b, number);
    if (number < b->f->c->program->assigns)
        return false;
    const inside *in = find(v, count, s->operand[1].base);
    return in && in->slot < 0 &&
           b->operand[in->operand].base == s->operand[0].base;
}

static void add_all(builder *b)
{
    inside v[REEL__CHAIN_OPERANDS];
    int count = 0;
    for (uint32_t i = b->g->first; i != REEL__NONE; i = b->f->next[i])
        if (!is_done(b, i, v, count))
            add_instruction(b, i, v, &count);
}

/* ----------------------------------------------------------------- geometry */

/* Axis `at` of size 1. */
static void put_in_axis(reel__geometry *g, int at)
{
    for (int d = g->axes++; d > at; d--) {
        g->dim[d] = g->dim[d - 1];
        for (int k = 0; k < g->operands; k++)
            g->stride[k][d] = g->stride[k][d - 1];
    }
    g->dim[at] = 1;
    for (int k = 0; k < g->operands; k++)
        g->stride[k][at] = 0;
}

/* The group's axes as rows and columns. */
static void arrange(builder *b)
{
    reel__geometry *g = &b->geometry;
    int split = b->g->split;
    if (b->g->head != REEL__NONE) { /* as the product's result has them */
        const int64_t *dim = step_at(b, b->g->head)->geometry;
        if (dim[0] == 1)
            put_in_axis(g, 0);
        if (dim[2] == 1)
            put_in_axis(g, 1);
        return;
    }
    if (split < 0) {
        reel__collapse(g, 0, g->axes);
    } else {
        int kept = reel__collapse(g, 0, split);
        if (reel__collapse(g, kept, g->axes) == 0)
            put_in_axis(g, kept);
    }
    while (g->axes < 2)
        put_in_axis(g, 0);
}

/* How much scratch a value takes, and how many values there can be. */
static void divide_scratch(builder *b)
{
    reel__chain *c = b->chain;
    int64_t columns = b->g->ndim > 0 ? b->g->dim[b->g->ndim - 1] : 1;
    size_t widest = 1;
    for (uint32_t i = b->g->first; i != REEL__NONE; i = b->f->next[i]) {
        reel_dtype dtype = (reel_dtype)step_at(b, i)->operand[0].dtype;
        size_t size = reel_dtype_size(dtype);
        widest = size > widest ? size : widest;
    }
    c->by_row = b->g->by_row;
    c->block = REEL__CHAIN_BLOCK;
    if (c->by_row && columns > c->block)
        c->block = columns;
    c->spare = REEL__CHAIN_SCRATCH;
    if (c->block == REEL__CHAIN_BLOCK) /* else a block is one row */
        c->spare -= (1 + REEL__MAX_IN) * REEL__CHAIN_SPARE;
    b->slot = (uint32_t)(((size_t)c->block * widest + 63) / 64 * 64);
    b->slots = (int)(c->spare / b->slot);
    if (b->slots > MOST_SLOTS)
        b->slots = MOST_SLOTS;
}

/* Instructions that have at most one element a row in scratch memory, such as
 * those behind a sum over columns in memory. */
static bool needs_no_columns(const reel__chain *c)
{
    for (int i = 0; i < c->instructions; i++) {
        const reel__instruction *in = &c->instruction[i];
        if (in->form == REEL__FORM_POINTS && !in->per_row)
            return false; /* short rows run on in scratch memory */
        for (int k = 0; k <= in->nin; k++)
            if (in->arg[k].place == REEL__IN_SCRATCH && !in->arg[k].per_row)
                return false;
    }
    return true;
}

static int64_t rows_of_block(const reel__chain *c, int64_t columns)
{
    if (needs_no_columns(c))
        return c->block;
    return columns > 0 && columns < c->block ? c->block / columns : 1;
}

/* -------------------------------------------------------------------- step */

static bool keep_geometry(builder *b)
{
    reel__arena *arena = &b->f->c->program->geometry;
    const reel__geometry *g = &b->geometry;
    size_t axes = (size_t)g->axes, operands = (size_t)g->operands;
    int64_t *kept =
        reel__arena_take(arena, (operands + 1) * axes * sizeof *kept);
    uint8_t *size = reel__arena_take(arena, operands + 1);
    if (!kept || !size)
        return reel__no_memory(b->f->c->tape, "compile");
    memcpy(kept, g->dim, axes * sizeof *kept);
    for (size_t k = 0; k < operands; k++) {
        memcpy(kept + (k + 1) * axes, g->stride[k], axes * sizeof *kept);
        size[k] = (uint8_t)reel_dtype_size((reel_dtype)b->operand[k].dtype);
    }
    b->chain->ndim = g->axes;
    b->chain->dim = kept;
    b->chain->stride = kept + axes;
    b->chain->size = size;
    b->chain->operands = g->operands;
    return true;
}

/* The step's operands: the head's, then the chain's. */
static bool give_operands(builder *b, reel__step *step)
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

static void share_out(const reel__chain *c, reel__step *step)
{
    int64_t columns = c->dim[c->ndim - 1], points = 1;
    int64_t take = WORK_A_THREAD / c->instructions;
    for (int d = 0; d < c->ndim; d++)
        points *= c->dim[d];
    step->units = points;
    step->grain = take;
    if (c->by_row) {
        step->units = columns > 0 ? points / columns : 0;
        step->grain = columns > 0 && take > columns ? take / columns : 1;
    }
}

static bool start(builder *b)
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
    builder b = {.f = f, .g = &f->group[group]};
    if (!start(&b))
        return false;
    divide_scratch(&b);
    add_all(&b);
    arrange(&b);
    b.chain->instructions = b.instructions;
    b.chain->rows =
        rows_of_block(b.chain, b.geometry.dim[b.geometry.axes - 1]);
    if (!keep_geometry(&b))
        return false;
    if (b.g->head == REEL__NONE) {
        *step = (reel__step){.run = reel__chain_run,
                             .kernel = REEL__K_chain,
                             .check = REEL__NONE};
        share_out(b.chain, step);
    }
    step->chain = b.chain;
    return give_operands(&b, step);
}
