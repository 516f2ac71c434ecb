/* compile/late.c: an assignment joins the group that makes its value when
 * nothing else needs that group; the group then runs among the assignments and
 * stores right into the leaf.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/fuse.h"

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
    const reel__step *s = reel__step_at(f, number);
    for (int k = 0; k < s->operands; k++) {
        uint32_t b = s->operand[k].base;
        const reel__usage *u = &f->usage[b];
        if (s->operand[k].written &&
            (u->parts || u->outside > 0 || f->c->buffer[b].pinned))
            return false;
        if (is_assigned(f, b) &&
            (number == g->head || u->group != group ||
             !reel__reads_in_place(f, s, k, g, g->split,
                                   reel__is_per_row(s, g))))
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
    int64_t dim[REEL__GROUP_AXES];
    reel__group own;
    uint32_t group = f->usage[s->operand[1].base].group;
    if (group == REEL__NONE || f->usage[s->operand[1].base].parts)
        return REEL__NONE;
    const reel__group *g = &f->group[group];
    reel__index_space(s, REEL__POINTS, &own, dim);
    return g->dim && reel__spaces_fit(g, &own, REEL__POINTS) &&
                   reel__reads_in_place(f, s, 1, g, g->split,
                                        own.ndim < g->ndim)
               ? group
               : REEL__NONE;
}

/* Several assignments may have become a flat program (flatten.c): it reads all
 * that it stores. Other assignments get what makes their value. */
static void find_makers(reel__fusion *f)
{
    const reel__steps *steps = &f->c->program->steps;
    for (size_t i = f->c->program->assigns; i < f->end; i++) {
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

void reel__join_assignments(reel__fusion *f)
{
    const reel__steps *steps = &f->c->program->steps;
    find_makers(f);
    for (size_t i = f->c->program->assigns; i < f->end; i++) {
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
                reel__add_member(f, to, (uint32_t)i);
                continue;
            }
        }
        f->usage[s->operand[1].base].stored = true;
    }
}
