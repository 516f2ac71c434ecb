/* compile/columns.c: sums over leading axes (of a bias's gradient, say) at the
 * end of the chain that makes the elements, which then need not be in memory.
 *
 * Such a sum becomes two steps. A member of the elements' group adds up the
 * columns of so many rows at a time, by which threads share the work; the
 * second step adds those partial rows, in double. Where one row holds all, that
 * is the result.
 *
 * Elements that others need, too, are in memory anyhow: then there is little to
 * gain, and the sum is left as it is. Who needs them is known when all groups
 * are formed; they are then formed once more.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/fuse.h"

/* Rows of a partial sum. It is taken in the elements' type, so it may need no
 * more additions than the blocks of reduce.c, 128 rows by fours. Short rows are
 * added by fours, too, long ones in twos or one by one. */
#define MANY_ROWS 128
#define FEW_ROWS 32
#define SHORT_ROW 128

/* What a second step is worth it for. */
#define FEWEST_COLUMNS 16
#define FEWEST_ELEMENTS 8192

typedef struct columns {
    reel__fusion *f;
    uint32_t number; /* of the sum */
    reel__step part; /* of so many rows */
    reel__group own; /* its index space: rows and columns */
    int64_t dim[REEL__GROUP_AXES];
    int64_t sums, rows, width;
} columns;

/* The sum as a member of the elements' group: the reduced axes go first. */
static bool turn(columns *c)
{
    const reel__step *s = reel__step_at(c->f, c->number);
    int axes = s->ndim, kept = axes - s->nred;
    int64_t *geometry = reel__arena_take(
        &c->f->c->scratch, 3 * (size_t)axes * sizeof *geometry);
    reel__operand *operand =
        reel__arena_take(&c->f->c->scratch, 2 * sizeof *operand);
    if (!geometry || !operand)
        return reel__no_memory(c->f->c->tape, "compile");
    for (int part = 0; part < 3; part++)
        for (int d = 0; d < axes; d++)
            geometry[part * axes + (d < kept ? d + s->nred : d - kept)] =
                s->geometry[part * axes + d];
    operand[0] = s->operand[0];
    operand[1] = s->operand[1];
    reel_dtype dtype = (reel_dtype)operand[1].dtype;
    c->part = *s;
    c->part.kernel = REEL__K_column_sum;
    c->part.run = reel__kernel_find(REEL__K_column_sum, dtype, dtype);
    c->part.geometry = geometry;
    c->part.operand = operand;
    return true;
}

static int64_t product(const int64_t *dim, int from, int to)
{
    int64_t n = 1;
    for (int d = from; d < to; d++)
        n *= dim[d];
    return n;
}

/* Blocks end where the innermost axis of rows does. */
static void measure(columns *c)
{
    const reel__group *g = &c->own;
    int64_t inner = g->split > 0 ? g->dim[g->split - 1] : 0;
    c->rows = product(g->dim, 0, g->split);
    c->width = product(g->dim, g->split, g->ndim);
    bool many = c->width <= SHORT_ROW && (g->split == 1 || inner >= MANY_ROWS);
    c->sums = many ? MANY_ROWS : FEW_ROWS;
}

/* Rows and columns are as they lie, and there are both. */
static bool is_over_rows(const columns *c)
{
    const reel__group *g = &c->own;
    return g->split > 0 && g->split < g->ndim && c->rows * c->width > 0 &&
           reel__reads_in_place(c->f, &c->part, 1, g, g->split, false);
}

/* It is faster so. */
static bool pays(const columns *c)
{
    return c->rows <= c->sums || (c->width >= FEWEST_COLUMNS &&
                                  c->rows >= FEWEST_ELEMENTS / c->width);
}

/* The elements come from a group that can end in the sum. */
static bool could_end(const reel__fusion *f, const reel__step *s)
{
    if (s->kernel != REEL__K_sum)
        return false;
    reel_dtype dtype = (reel_dtype)s->operand[1].dtype;
    uint32_t group = f->usage[s->operand[1].base].group;
    return reel__kernel_find(REEL__K_column_sum, dtype, dtype) &&
           !f->usage[s->operand[0].base].parts && group != REEL__NONE &&
           f->group[group].head == REEL__NONE;
}

/* The sum adds up the partial rows instead. */
static bool sum_parts(columns *c, uint32_t parts, int64_t count)
{
    reel__step *s = &c->f->c->program->steps.step[c->number];
    reel__arena *arena = &c->f->c->scratch;
    size_t kept = (size_t)s->ndim - s->nred, axes = kept + 1;
    int64_t *geometry = reel__arena_take(arena, 3 * axes * sizeof *geometry);
    reel__operand *operand = reel__arena_take(arena, 2 * sizeof *operand);
    reel__attributes *in_double = reel__arena_take(arena, sizeof *in_double);
    if (!geometry || !operand || !in_double)
        return reel__no_memory(c->f->c->tape, "compile");
    for (size_t d = 0; d < kept; d++) {
        geometry[d] = s->geometry[d];
        geometry[axes + d] = geometry[2 * axes + d] = s->geometry[s->ndim + d];
    }
    geometry[kept] = count;
    geometry[axes + kept] = 0;
    geometry[2 * axes + kept] = c->width;
    operand[0] = s->operand[0];
    operand[1] = (reel__operand){.base = parts, .dtype = operand[0].dtype};
    *in_double = (reel__attributes){.i = {1}};
    s->geometry = geometry;
    s->operand = operand;
    s->attributes = in_double;
    s->ndim = (uint8_t)axes;
    s->nred = 1;
    s->grain *= c->sums; /* as many terms as before */
    return true;
}

/* Gives the partial sums a place: the result, or a buffer of their own. */
static bool place_parts(columns *c)
{
    int64_t count = (c->rows + c->sums - 1) / c->sums;
    reel__operand *to = &c->part.operand[0];
    if (count > 1) {
        size_t size = reel_dtype_size((reel_dtype)to->dtype);
        uint32_t parts = reel__new_buffer(
            c->f->c, (size_t)(count * c->width) * size, REEL__BASE_ARENA);
        if (parts == REEL__NONE || !sum_parts(c, parts, count))
            return false;
        *to = (reel__operand){.base = parts, .dtype = to->dtype,
                              .written = true};
    }
    /* Complete when the group has run, not before. */
    c->f->usage[to->base].parts = true;
    return true;
}

/* The sum of parts is the last member of the group that makes the elements. */
static bool join_group(columns *c, bool *joined)
{
    reel__fusion *f = c->f;
    reel__steps *steps = &f->c->program->steps;
    uint32_t to = f->usage[c->part.operand[1].base].group;
    uint32_t number = (uint32_t)steps->count;
    reel__step *step = reel__new_step(f->c, steps);
    if (!step)
        return false;
    *step = c->part;
    *joined = reel__join(f, to, number, &c->own, REEL__COLUMNS);
    if (!*joined) {
        steps->count--;
        return true;
    }
    f->group[to].sums = c->sums;
    if (!place_parts(c))
        return false;
    reel__note_uses(f, number);
    return true;
}

bool reel__choose_sums(reel__fusion *f)
{
    bool any = false;
    uint32_t assigns = (uint32_t)f->c->program->assigns;
    for (uint32_t i = assigns; i < f->end; i++)
        for (int k = 1; k < reel__step_at(f, i)->operands; k++)
            f->usage[reel__step_at(f, i)->operand[k].base].sums = 0;
    for (size_t i = 0; i < f->c->buffers; i++) {
        reel__usage *u = &f->usage[i];
        u->only_summed = u->sums > 0 && u->sums == u->outside &&
                         !f->c->buffer[i].pinned;
        any |= u->only_summed;
    }
    return any;
}

bool reel__end_in_columns(reel__fusion *f, uint32_t number, bool *done)
{
    columns c = {.f = f, .number = number};
    bool joined = false;
    *done = false;
    if (!could_end(f, reel__step_at(f, number)))
        return true;
    if (!turn(&c))
        return false;
    reel__index_space(&c.part, REEL__COLUMNS, &c.own, c.dim);
    measure(&c);
    if (!is_over_rows(&c) || !pays(&c))
        return true;
    reel__usage *u = &f->usage[c.part.operand[1].base];
    u->sums++;
    if (u->only_summed && !join_group(&c, &joined))
        return false;
    *done = joined && c.rows <= c.sums;
    return true;
}
