/* compile/fuse.c: steps that go over one index space become one.
 *
 * Steps are taken in order; each joins the youngest group over its index space
 * if all that it reads is known by then: comes from older groups, or from the
 * group itself at the same place. Groups in the order of their making are thus
 * a topological order again, and each step is looked at once. Small values made
 * of leaves alone (the labels of a batch) go before all others, wherever they
 * were needed first, so that they keep no one from joining.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/fuse.h"

#define SMALL 16384 /* bytes of what may wait long for its use */
#define RECENT 256 /* index spaces whose youngest group is remembered */

/* ------------------------------------------------------------------ joining */

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
        if (u->group != to
                ? !runs_before(f, u->group, to)
                : u->parts ||
                      !reel__reads_in_place(f, s, k, g, split, per_row))
            return false;
    }
    return true;
}

void reel__add_member(reel__fusion *f, uint32_t to, uint32_t number)
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

/* Where columns are several axes, in the group or for the step, all operands
 * have them as one. */
static bool columns_fit(const reel__fusion *f, const reel__group *g,
                        const reel__step *s, const reel__group *own)
{
    reel__group both = *g;
    if (!g->wide && !own->wide)
        return true;
    both.split = g->split >= 0 ? g->split : own->split;
    for (uint32_t i = g->first; !g->wide && i != REEL__NONE; i = f->next[i])
        if (!reel__has_one_column_axis(reel__step_at(f, i), &both))
            return false;
    return reel__has_one_column_axis(s, &both);
}

bool reel__join(reel__fusion *f, uint32_t to, uint32_t number,
                const reel__group *own, reel__kind kind)
{
    const reel__step *s = reel__step_at(f, number);
    reel__group *g = &f->group[to];
    if (kind == REEL__ALONE || kind == REEL__PRODUCT || g->dim == NULL ||
        g->operands + s->operands > REEL__CHAIN_OPERANDS ||
        !reel__spaces_fit(g, own, kind) || !columns_fit(f, g, s, own))
        return false;
    int split = g->split >= 0 ? g->split : own->split;
    if (!reads_fit(f, s, to, split, own->ndim < g->ndim))
        return false;
    g->split = (int8_t)split;
    g->wide |= own->wide;
    g->by_row |= own->by_row;
    g->checked |= s->check != REEL__NONE;
    reel__add_member(f, to, number);
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
    const reel__step *s = reel__step_at(f, number);
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
        reel__add_member(f, (uint32_t)f->groups, number);
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

void reel__note_uses(reel__fusion *f, uint32_t number)
{
    const reel__step *s = reel__step_at(f, number);
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
    for (uint32_t i = 0; i < count; i++) {
        const reel__step *s = reel__step_at(f, i);
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
    int64_t dim[REEL__GROUP_AXES];
    memset(recent, 0xFF, sizeof recent); /* all REEL__NONE */
    for (uint32_t i = 0; i < f->c->program->assigns; i++) {
        bool done;
        f->of[i] = REEL__NONE;
        if (!reel__end_in_columns(f, i, &done))
            return false;
        if (done)
            continue;
        const reel__step *s = reel__step_at(f, i);
        reel__kind kind = reel__kind_of(s);
        reel__group own;
        reel__index_space(s, kind, &own, dim);
        if (own.wide && !reel__has_one_column_axis(s, &own))
            kind = REEL__ALONE;
        uint32_t to = recent[place_of(own.dim, own.ndim)];
        if ((to == REEL__NONE || !reel__join(f, to, i, &own, kind)) &&
            !open_group(f, i, &own, kind))
            return false;
        remember(f, f->of[i], recent);
        reel__note_uses(f, i);
    }
    return true;
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
    for (size_t i = p->assigns; i < f->end; i++) {
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

/* No groups; of the usage what does not depend on them stays. */
static void start_anew(reel__fusion *f)
{
    f->groups = 0;
    for (size_t i = 0; i < f->c->buffers; i++) {
        f->usage[i].group = REEL__NONE;
        f->usage[i].outside = 0;
    }
}

static bool fuse(reel__fusion *f)
{
    reel_program *p = f->c->program;
    reel__steps made = {0};
    if (!form_groups(f))
        return false;
    if (reel__choose_sums(f)) {
        start_anew(f);
        if (!form_groups(f))
            return false;
    }
    for (size_t i = 0; i < f->c->buffers; i++)
        f->usage[i].stored |=
            f->usage[i].outside > 0 || f->c->buffer[i].pinned;
    reel__join_assignments(f);
    bool done = put_all_out(f, &made);
    reel__steps *spare = done ? &p->steps : &made;
    reel__free(&p->allocator, spare->step,
               spare->capacity * sizeof *spare->step);
    if (done)
        p->steps = made;
    return done;
}

/* Each may add a step and a buffer (columns.c). */
static size_t count_sums(const reel__steps *steps)
{
    size_t sums = 0;
    for (size_t i = 0; i < steps->count; i++)
        sums += steps->step[i].kernel == REEL__K_sum;
    return sums;
}

bool reel__fuse(reel__compiler *c)
{
    const reel_allocator *a = &c->tape->allocator;
    const reel__steps *steps = &c->program->steps;
    size_t sums = count_sums(steps), count = steps->count + sums + 1;
    size_t buffers = c->buffers + sums + 1;
    size_t numbers = 2 * count * sizeof(uint32_t);
    size_t usage = buffers * sizeof(reel__usage);
    reel__fusion f = {.c = c, .end = (uint32_t)steps->count};
    bool done = false;
    f.of = reel__alloc(a, numbers);
    f.usage = reel__alloc_zeroed(a, usage);
    if (f.of && f.usage) {
        f.next = f.of + count;
        for (size_t i = 0; i < buffers; i++)
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
