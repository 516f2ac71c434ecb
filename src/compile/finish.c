/* compile/finish.c: steps in their final form, in the program's own memory.
 *
 * Neighbouring axes that all operands of a step cross evenly become one, axes
 * of size 1 go. Each buffer learns which steps write it first and use it last.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"

/* A step's geometry, with room to change it. */
typedef struct axes {
    int count, operands;
    int64_t dim[REEL__MAX_AXES];
    int64_t stride[REEL__MAX_ARGS][REEL__MAX_AXES];
} axes;

static axes axes_of(const reel__step *s)
{
    axes a = {.count = s->ndim, .operands = s->operands};
    size_t bytes = s->ndim * sizeof *a.dim;
    memcpy(a.dim, s->geometry, bytes);
    for (int k = 0; k < s->operands; k++)
        memcpy(a.stride[k], s->geometry + (size_t)(k + 1) * s->ndim, bytes);
    return a;
}

static bool crosses_evenly(const axes *a, int outer, int inner)
{
    for (int k = 0; k < a->operands; k++)
        if (a->stride[k][outer] != a->stride[k][inner] * a->dim[inner])
            return false;
    return true;
}

static void put_axis(axes *a, int to, int from)
{
    a->dim[to] = a->dim[from];
    for (int k = 0; k < a->operands; k++)
        a->stride[k][to] = a->stride[k][from];
}

/* Fuses axes in [from, to); returns how many are left of them. */
static int collapse(axes *a, int from, int to)
{
    int n = from; /* axes from..n-1 are done */
    for (int i = from; i < to; i++) {
        if (a->dim[i] == 1)
            continue;
        if (n > from && crosses_evenly(a, n - 1, i)) {
            int64_t outer = a->dim[n - 1];
            put_axis(a, n - 1, i);
            a->dim[n - 1] *= outer;
        } else {
            put_axis(a, n++, i);
        }
    }
    for (int i = to; i < a->count; i++)
        put_axis(a, n + i - to, i);
    a->count -= to - n;
    return n - from;
}

/* As the kernels' index spaces allow (kernels.h). */
static void collapse_step(reel__step *s, axes *a)
{
    if (s->kernel <= REEL__K_cast) {
        collapse(a, 0, a->count);
    } else if (s->kernel <= REEL__K_logsumexp) {
        int kept = collapse(a, 0, a->count - s->nred);
        s->nred = (uint8_t)collapse(a, kept, a->count);
    } else if (s->kernel <= REEL__K_log_softmax) { /* one reduced axis stays */
        collapse(a, 0, a->count - s->nred);
    }
    s->ndim = (uint8_t)a->count;
}

/* From scratch memory into the program's. */
static bool keep(reel__compiler *c, reel__step *s)
{
    reel__arena *arena = &c->program->geometry;
    axes a = axes_of(s);
    collapse_step(s, &a);
    size_t row = (size_t)a.count, operands = s->operands;
    int64_t *g = reel__arena_take(arena, (operands + 1) * row * sizeof *g + 1);
    reel__operand *o = reel__arena_take(arena, operands * sizeof *o);
    reel__attributes *f =
        s->attributes ? reel__arena_take(arena, sizeof *f) : NULL;
    if (!g || !o || (s->attributes && !f))
        return reel__no_memory(c->tape, "compile");
    memcpy(g, a.dim, row * sizeof *g);
    for (size_t k = 0; k < operands; k++)
        memcpy(g + (k + 1) * row, a.stride[k], row * sizeof *g);
    memcpy(o, s->operand, operands * sizeof *o);
    if (f)
        *f = *s->attributes;
    s->geometry = g;
    s->operand = o;
    s->attributes = f;
    return true;
}

static void mark_uses(reel__compiler *c, const reel__step *s, uint32_t number)
{
    for (int k = 0; k < s->operands; k++) {
        reel__buffer *b = &c->buffer[s->operand[k].base];
        if (k == 0 && b->first == REEL__NONE)
            b->first = number;
        b->last = number;
    }
}

bool reel__finish(reel__compiler *c)
{
    reel__steps *run = &c->program->steps;
    for (size_t i = 0; i < c->folds.count; i++)
        if (!keep(c, &c->folds.step[i]))
            return false;
    for (size_t i = 0; i < run->count; i++) {
        if (!keep(c, &run->step[i]))
            return false;
        mark_uses(c, &run->step[i], (uint32_t)i);
    }
    return true;
}
