/* compile/fuse.c: steps that go over one index space become one.
 *
 * Steps are taken in order; each joins the youngest group over its index space
 * if all that it reads is known by then: comes from older groups, or from the
 * group itself at the same place. Groups in the order of their making are thus
 * a topological order again, and each step is looked at once. Small values made
 * of leaves alone (the labels of a batch) go before all others, wherever they
 * were needed first, so that they keep no one from joining.
 *
 * An assignment joins the group that makes its value when nothing else needs
 * that group; the group then runs among the assignments and stores right into
 * the leaf.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/fuse.h"

#define SMALL 16384 /* bytes of what may wait long for its use */
#define RECENT 256 /* index spaces whose youngest group is remembered */
#define MOST_AXES (REEL__MAX_AXES + 1) /* pick's indexed axis */

/* --------------------------------------------------------------- the members */

/* The step's axes that are not of size 1; returns how many of the first `of`
 * they are. */
static int long_axes(const reel__step *s, int of, int *axis)
{
    int n = 0;
    for (int d = 0; d < of; d++)
        if (s->geometry[d] != 1)
            axis[n++] = d;
    return n;
}

reel__kind reel__kind_of(const reel__step *s)
{
    int axis[MOST_AXES], n = long_axes(s, s->ndim, axis);
    bool fits = true;
    if (s->kernel <= REEL__K_cast)
        return REEL__POINTS;
    if (s->kernel <= REEL__K_log_softmax) {
        int last = n > 0 ? axis[n - 1] : 0;
        fits = n - long_axes(s, s->ndim - s->nred, axis) == 1 &&
               s->geometry[last] > 0 &&
               s->geometry[last] <= REEL__CHAIN_LONGEST;
        return fits ? REEL__ROWS : REEL__ALONE;
    }
    switch (s->kernel) {
    case REEL__K_matmul: return s->ndim == 3 ? REEL__PRODUCT : REEL__ALONE;
    case REEL__K_pick:
    case REEL__K_place:
    case REEL__K_one_hot:
        fits = s->attributes->i[0] > 1 &&
               s->attributes->i[0] <= REEL__CHAIN_LONGEST;
        return fits ? REEL__PICKS : REEL__ALONE;
    case REEL__K_gather: return REEL__GATHERS;
    default: return REEL__ALONE;
    }
}

/* Which of a step's operands have the axis that is indexed. */
static bool has_columns(const reel__step *s, int k)
{
    return k == (s->kernel == REEL__K_pick ? 1 : 0);
}

void reel__member_strides(const reel__step *s, int k, const reel__group *g,
                          bool per_row, int64_t *stride)
{
    const int64_t *from = s->geometry + (size_t)(k + 1) * s->ndim;
    int axis[MOST_AXES], n = long_axes(s, s->ndim, axis);
    memset(stride, 0, (size_t)g->ndim * sizeof *stride);
    for (int d = 0; d < n; d++)
        stride[d] = from[axis[d]];
    if (!per_row && reel__kind_of(s) == REEL__PICKS && has_columns(s, k))
        stride[n] = s->attributes->i[1];
}

/* The group that a step would make if it were the first. */
static void index_space(const reel__step *s, reel__kind kind, reel__group *g,
                        int64_t *dim)
{
    int axis[MOST_AXES], n = long_axes(s, s->ndim, axis);
    *g = (reel__group){.dim = dim, .head = REEL__NONE, .first = REEL__NONE,
                       .split = -1};
    for (int d = 0; d < n; d++)
        dim[d] = s->geometry[axis[d]];
    if (kind == REEL__ROWS) {
        g->split = (int8_t)(n - 1);
    } else if (kind == REEL__PICKS) {
        dim[n] = s->attributes->i[0];
        g->split = (int8_t)n++;
    } else if (kind == REEL__GATHERS) {
        g->split = (int8_t)long_axes(s, (int)s->attributes->i[2], axis);
        g->wide = n - g->split > 1;
    } else if (kind == REEL__PRODUCT) {
        n = 0;
        if (s->geometry[0] != 1)
            dim[n++] = s->geometry[0];
        if (s->geometry[2] != 1)
            dim[n++] = s->geometry[2];
        else
            g->split = (int8_t)n; /* rows of one column */
    }
    g->by_row = kind == REEL__ROWS || kind == REEL__PICKS;
    g->ndim = (int8_t)n;
}

bool reel__is_per_row(const reel__step *s, const reel__group *g)
{
    int axis[MOST_AXES];
    return reel__kind_of(s) == REEL__POINTS &&
           long_axes(s, s->ndim, axis) < g->ndim;
}

/* All operands have the columns' axes as one. */
static bool has_one_column_axis(const reel__step *s, const reel__group *g)
{
    int64_t stride[MOST_AXES];
    for (int k = 0; k < s->operands; k++) {
        reel__member_strides(s, k, g, reel__is_per_row(s, g), stride);
        for (int d = g->split; d + 1 < g->ndim; d++)
            if (stride[d] != stride[d + 1] * g->dim[d + 1])
                return false;
    }
    return true;
}

/* ------------------------------------------------------------------ joining */

static bool same_dims(const reel__group *a, const reel__group *b, int ndim)
{
    return memcmp(a->dim, b->dim, (size_t)ndim * sizeof *a->dim) == 0;
}

/* The index spaces fit: the same, or the rows of it. */
static bool spaces_fit(const reel__group *g, const reel__group *own,
                       reel__kind kind)
{
    if (own->ndim != g->ndim)
        return kind == REEL__POINTS && own->ndim == g->split &&
               same_dims(g, own, own->ndim);
    if (!same_dims(g, own, g->ndim) ||
        (own->split >= 0 && g->split >= 0 && own->split != g->split))
        return false;
    /* A product has whole rows at hand if they are short. */
    return !own->by_row || g->head == REEL__NONE ||
           g->dim[g->ndim - 1] <= REEL__CHAIN_SHORT;
}

/* An operand that the group has made lies as if it had axes of its own: it is
 * read at the place where it is written. */
static bool reads_in_place(const reel__fusion *f, const reel__step *s, int k,
                           const reel__group *g, int split, bool per_row)
{
    int64_t stride[MOST_AXES], dense = 1;
    bool whole = true, rows = split >= 0;
    const reel__buffer *b = &f->c->buffer[s->operand[k].base];
    reel__member_strides(s, k, g, per_row, stride);
    for (int d = g->ndim; d-- > 0; dense *= g->dim[d])
        whole = whole && stride[d] == dense;
    dense = 1;
    for (int d = g->ndim; d-- > 0;) {
        rows = rows && stride[d] == (d < split ? dense : 0);
        dense *= d < split ? g->dim[d] : 1;
    }
    int64_t size = (int64_t)reel_dtype_size((reel_dtype)s->operand[k].dtype);
    bool of_rows = rows && (int64_t)b->bytes == dense * size;
    return s->operand[k].offset == 0 && (whole || of_rows) &&
           !(s->kernel == REEL__K_gather && k == 1);
}

/* Group a runs before group b. */
static bool runs_before(const reel__fusion *f, uint32_t a, uint32_t b)
{
    bool early = f->group[a].early;
    return early == f->group[b].early ? a < b : early;
}

static bool reads_fit(const reel__fusion *f, const reel__step *s, uint32_t to,
                      int split, bool per_row)
{
    const reel__group *g = &f->group[to];
    for (int k = 0; k < s->operands; k++) {
        const reel__usage *u = &f->usage[s->operand[k].base];
        if (u->group == REEL__NONE || (k == 0 && !u->parts))
            continue;
        if (u->group != to ? !runs_before(f, u->group, to)
                           : u->parts || !reads_in_place(f, s, k, g, split,
                                                         per_row))
            return false;
    }
    return true;
}

static void append(reel__fusion *f, uint32_t to, uint32_t number)
{
    reel__group *g = &f->group[to];
    f->of[number] = to;
    f->next[number] = REEL__NONE;
    if (g->first == REEL__NONE)
        g->first = number;
    else
        f->next[g->last] = number;
    g->last = number;
    g->members++;
    g->operands = (uint16_t)(g->operands +
                             f->c->program->steps.step[number].operands);
}

static bool join(reel__fusion *f, uint32_t to, uint32_t number,
                 const reel__group *own, reel__kind kind)
{
    const reel__step *s = &f->c->program->steps.step[number];
    reel__group *g = &f->group[to];
    if (kind == REEL__ALONE || kind == REEL__PRODUCT || g->dim == NULL ||
        g->operands + s->operands > REEL__CHAIN_OPERANDS ||
        !spaces_fit(g, own, kind) ||
        (g->wide ? !has_one_column_axis(s, g) : own->wide))
        return false;
    int split = g->split >= 0 ? g->split : own->split;
    if (!reads_fit(f, s, to, split, own->ndim < g->ndim))
        return false;
    g->split = (int8_t)split;
    g->by_row |= own->by_row;
    g->checked |= s->check != REEL__NONE;
    append(f, to, number);
    return true;
}

static bool can_be_early(const reel__fusion *f, const reel__step *s)
{
    for (int k = 0; k < s->operands; k++) {
        const reel__usage *u = &f->usage[s->operand[k].base];
        if ((s->operand[k].written &&
             (u->parts || f->c->buffer[s->operand[k].base].bytes > SMALL)) ||
            (u->group != REEL__NONE && !f->group[u->group].early))
            return false;
    }
    return true;
}

static bool open_group(reel__fusion *f, uint32_t number, reel__group *own,
                       reel__kind kind)
{
    const reel_allocator *a = &f->c->tape->allocator;
    const reel__step *s = &f->c->program->steps.step[number];
    reel__group *grown = reel__grow(a, f->group, &f->capacity, f->groups + 1,
                                    sizeof *grown);
    size_t bytes = (size_t)own->ndim * sizeof *own->dim;
    int64_t *dim = reel__arena_take(&f->c->scratch, bytes + 1);
    if (!grown || !dim)
        return reel__no_memory(f->c->tape, "compile");
    f->group = grown;
    memcpy(dim, own->dim, bytes);
    own->dim = kind == REEL__ALONE ? NULL : dim;
    own->checked = s->check != REEL__NONE;
    own->early = can_be_early(f, s);
    f->group[f->groups] = *own;
    if (kind == REEL__PRODUCT) {
        f->group[f->groups].head = number;
        f->group[f->groups].operands = s->operands;
        f->of[number] = (uint32_t)f->groups;
    } else {
        append(f, (uint32_t)f->groups, number);
    }
    f->groups++;
    return true;
}

/* ------------------------------------------------------------------ groups */

/* Where to look for the youngest group over an index space. */
static unsigned place_of(const int64_t *dim, int ndim)
{
    uint64_t h = (uint64_t)ndim;
    for (int d = 0; d < ndim; d++)
        h = (h ^ (uint64_t)dim[d]) * UINT64_C(0x9E3779B97F4A7C15);
    return (unsigned)(h >> 32) % RECENT;
}

static void remember(const reel__fusion *f, uint32_t group, uint32_t *recent)
{
    const reel__group *g = &f->group[group];
    if (!g->dim)
        return;
    recent[place_of(g->dim, g->ndim)] = group;
    if (g->split >= 0 && g->split < g->ndim)
        recent[place_of(g->dim, g->split)] = group;
}

static void note_uses(reel__fusion *f, uint32_t number)
{
    const reel__step *s = &f->c->program->steps.step[number];
    for (int k = 0; k < s->operands; k++) {
        reel__usage *u = &f->usage[s->operand[k].base];
        if (s->operand[k].written)
            u->group = f->of[number];
        else if (u->group != f->of[number])
            u->outside++;
    }
}

/* Buffers that several steps fill are known before the first of them. */
static void find_parts(reel__fusion *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const reel__step *s = &f->c->program->steps.step[i];
        for (int k = 0; k < s->operands; k++) {
            reel__usage *u = &f->usage[s->operand[k].base];
            if (!s->operand[k].written)
                continue;
            u->parts = u->stored; /* stored: seen once */
            u->stored = true;
        }
    }
    for (size_t i = 0; i < f->c->buffers; i++)
        f->usage[i].stored = f->usage[i].parts;
}

static bool form_groups(reel__fusion *f)
{
    uint32_t recent[RECENT];
    int64_t dim[MOST_AXES];
    memset(recent, 0xFF, sizeof recent); /* all REEL__NONE */
    for (uint32_t i = 0; i < f->c->program->assigns; i++) {
        const reel__step *s = &f->c->program->steps.step[i];
        reel__kind kind = reel__kind_of(s);
        reel__group own;
        index_space(s, kind, &own, dim);
        if (own.wide && !has_one_column_axis(s, &own))
            kind = REEL__ALONE;
        uint32_t to = recent[place_of(own.dim, own.ndim)];
        if ((to == REEL__NONE || !join(f, to, i, &own, kind)) &&
            !open_group(f, i, &own, kind))
            return false;
        remember(f, f->of[i], recent);
        note_uses(f, i);
    }
    return true;
}

/* -------------------------------------------------------------- assignments */

static bool is_assigned(const reel__fusion *f, uint32_t buffer)
{
    const reel__buffer *b = &f->c->buffer[buffer];
    return b->pinned && b->base >= REEL__BASE_LEAVES;
}

/* Nobody but assignments needs what the step makes, and it reads no leaf that
 * is assigned, except at the place where its own group stores into it. */
static bool step_can_wait(const reel__fusion *f, uint32_t group,
                          uint32_t number)
{
    const reel__group *g = &f->group[group];
    const reel__step *s = &f->c->program->steps.step[number];
    for (int k = 0; k < s->operands; k++) {
        uint32_t b = s->operand[k].base;
        const reel__usage *u = &f->usage[b];
        if (s->operand[k].written &&
            (u->parts || u->outside > 0 || f->c->buffer[b].pinned))
            return false;
        if (is_assigned(f, b) &&
            (number == g->head || u->group != group ||
             !reads_in_place(f, s, k, g, g->split, reel__is_per_row(s, g))))
            return false;
    }
    return true;
}

static bool can_wait(const reel__fusion *f, uint32_t group)
{
    const reel__group *g = &f->group[group];
    if (g->checked ||
        (g->head != REEL__NONE && !step_can_wait(f, group, g->head)))
        return false;
    for (uint32_t i = g->first; i != REEL__NONE; i = f->next[i])
        if (!step_can_wait(f, group, i))
            return false;
    return true;
}

/* The group that makes what an assignment stores, if it could store it. */
static uint32_t maker_of(const reel__fusion *f, const reel__step *s)
{
    int64_t dim[MOST_AXES];
    reel__group own;
    uint32_t group = f->usage[s->operand[1].base].group;
    if (group == REEL__NONE || f->usage[s->operand[1].base].parts)
        return REEL__NONE;
    const reel__group *g = &f->group[group];
    index_space(s, REEL__POINTS, &own, dim);
    return g->dim && spaces_fit(g, &own, REEL__POINTS) &&
                   reads_in_place(f, s, 1, g, g->split, own.ndim < g->ndim)
               ? group
               : REEL__NONE;
}

/* Several assignments may have become a flat program (flatten.c): it reads all
 * that it stores. Other assignments get what makes their value. */
static void find_makers(reel__fusion *f)
{
    const reel__steps *steps = &f->c->program->steps;
    for (size_t i = f->c->program->assigns; i < steps->count; i++) {
        const reel__step *s = &steps->step[i];
        if (s->kernel != REEL__K_flat)
            f->usage[s->operand[0].base].group = maker_of(f, s);
        for (int k = 0; s->kernel == REEL__K_flat && k < s->operands; k++)
            if (!s->operand[k].written) {
                f->usage[s->operand[k].base].outside++;
                f->usage[s->operand[k].base].stored = true;
            }
    }
}

static void join_assignments(reel__fusion *f)
{
    const reel__steps *steps = &f->c->program->steps;
    find_makers(f);
    for (size_t i = f->c->program->assigns; i < steps->count; i++) {
        const reel__step *s = &steps->step[i];
        f->of[i] = REEL__NONE;
        if (s->kernel == REEL__K_flat)
            continue;
        uint32_t to = maker_of(f, s);
        if (to != REEL__NONE) {
            reel__group *g = &f->group[to];
            g->late = g->late || can_wait(f, to);
            if (g->late &&
                g->operands + s->operands <= REEL__CHAIN_OPERANDS) {
                append(f, to, (uint32_t)i);
                continue;
            }
        }
        f->usage[s->operand[1].base].stored = true;
    }
}

/* -------------------------------------------------------------------- steps */

static bool put_out(reel__fusion *f, reel__steps *to, uint32_t group)
{
    const reel__group *g = &f->group[group];
    const reel__steps *from = &f->c->program->steps;
    reel__step *step = reel__new_step(f->c, to);
    if (!step)
        return false;
    *step = from->step[g->head != REEL__NONE ? g->head : g->first];
    if (g->head != REEL__NONE && !reel__absorb(f, group, step))
        return false;
    return g->members + (g->head != REEL__NONE) < 2 ||
           reel__make_chain(f, group, step);
}

static bool put_all_out(reel__fusion *f, reel__steps *to)
{
    reel_program *p = f->c->program;
    for (int early = 1; early >= 0; early--)
        for (uint32_t i = 0; i < f->groups; i++)
            if (f->group[i].early == early && !f->group[i].late &&
                !put_out(f, to, i))
                return false;
    size_t assigns = to->count;
    for (uint32_t i = 0; i < f->groups; i++)
        if (f->group[i].late && !put_out(f, to, i))
            return false;
    for (size_t i = p->assigns; i < p->steps.count; i++) {
        reel__step *step;
        if (f->of[i] != REEL__NONE)
            continue;
        if (!(step = reel__new_step(f->c, to)))
            return false;
        *step = p->steps.step[i];
    }
    p->assigns = assigns;
    return true;
}

static bool fuse(reel__fusion *f)
{
    reel_program *p = f->c->program;
    reel__steps made = {0};
    if (!form_groups(f))
        return false;
    for (size_t i = 0; i < f->c->buffers; i++)
        f->usage[i].stored |=
            f->usage[i].outside > 0 || f->c->buffer[i].pinned;
    join_assignments(f);
    bool done = put_all_out(f, &made);
    reel__steps *spare = done ? &p->steps : &made;
    reel__free(&p->allocator, spare->step,
               spare->capacity * sizeof *spare->step);
    if (done)
        p->steps = made;
    return done;
}

bool reel__fuse(reel__compiler *c)
{
    const reel_allocator *a = &c->tape->allocator;
    size_t numbers = 2 * (c->program->steps.count + 1) * sizeof(uint32_t);
    size_t usage = (c->buffers + 1) * sizeof(reel__usage);
    reel__fusion f = {.c = c};
    bool done = false;
    f.of = reel__alloc(a, numbers);
    f.usage = reel__alloc_zeroed(a, usage);
    if (f.of && f.usage) {
        f.next = f.of + c->program->steps.count + 1;
        for (size_t i = 0; i < c->buffers; i++)
            f.usage[i].group = REEL__NONE;
        find_parts(&f, c->program->assigns);
        done = fuse(&f);
    } else {
        reel__no_memory(c->tape, "compile");
    }
    reel__free(a, f.group, f.capacity * sizeof *f.group);
    reel__free(a, f.of, numbers);
    reel__free(a, f.usage, usage);
    return done;
}
