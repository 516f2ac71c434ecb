/* compile/finish.c: steps in their final form, in the program's own memory.
 *
 * Neighbouring axes that all operands of a step cross evenly become one, axes
 * of size 1 go. Each buffer learns which steps write it first and use it last.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "kernels/chain.h"

static bool crosses_evenly(const reel__geometry *g, int outer, int inner)
{
    for (int k = 0; k < g->operands; k++)
        if (g->stride[k][outer] != g->stride[k][inner] * g->dim[inner])
            return false;
    return true;
}

static void put_axis(reel__geometry *g, int to, int from)
{
    g->dim[to] = g->dim[from];
    for (int k = 0; k < g->operands; k++)
        g->stride[k][to] = g->stride[k][from];
}

int reel__collapse(reel__geometry *g, int from, int to)
{
    int n = from; /* axes from..n-1 are done */
    for (int i = from; i < to; i++) {
        if (g->dim[i] == 1)
            continue;
        if (n > from && crosses_evenly(g, n - 1, i)) {
            int64_t outer = g->dim[n - 1];
            put_axis(g, n - 1, i);
            g->dim[n - 1] *= outer;
        } else {
            put_axis(g, n++, i);
        }
    }
    for (int i = to; i < g->axes; i++)
        put_axis(g, n + i - to, i);
    g->axes -= to - n;
    return n - from;
}

static void load(const reel__step *s, reel__geometry *g)
{
    size_t bytes = s->ndim * sizeof *g->dim;
    g->axes = s->ndim;
    g->operands = s->own;
    if (bytes == 0) /* a chain alone, a scalar: there may be no geometry */
        return;
    memcpy(g->dim, s->geometry, bytes);
    for (int k = 0; k < s->own; k++)
        memcpy(g->stride[k], s->geometry + (size_t)(k + 1) * s->ndim, bytes);
}

/* As the kernels' index spaces allow (kernels.h). */
static void collapse_step(reel__step *s, reel__geometry *g)
{
    if (s->kernel <= REEL__K_cast) {
        reel__collapse(g, 0, g->axes);
    } else if (s->kernel <= REEL__K_logsumexp) {
        int kept = reel__collapse(g, 0, g->axes - s->nred);
        s->nred = (uint8_t)reel__collapse(g, kept, g->axes);
    } else if (s->kernel <= REEL__K_log_softmax) { /* one reduced axis stays */
        reel__collapse(g, 0, g->axes - s->nred);
    }
    s->ndim = (uint8_t)g->axes;
}

/* From scratch memory into the program's. */
static bool keep(reel__compiler *c, reel__step *s)
{
    reel__arena *arena = &c->program->geometry;
    int64_t stride[REEL__MAX_ARGS][REEL__MAX_AXES + 1];
    reel__geometry g = {.stride = stride};
    load(s, &g);
    collapse_step(s, &g);
    size_t row = (size_t)g.axes, own = s->own;
    size_t bytes = s->operands * sizeof *s->operand;
    int64_t *kept = reel__arena_take(arena, (own + 1) * row * sizeof *kept + 1);
    reel__operand *operand = reel__arena_take(arena, bytes);
    reel__attributes *a =
        s->attributes ? reel__arena_take(arena, sizeof *a) : NULL;
    if (!kept || !operand || (s->attributes && !a))
        return reel__no_memory(c->tape, "compile");
    memcpy(kept, g.dim, row * sizeof *kept);
    for (size_t k = 0; k < own; k++)
        memcpy(kept + (k + 1) * row, stride[k], row * sizeof *kept);
    memcpy(operand, s->operand, bytes);
    if (a)
        *a = *s->attributes;
    s->geometry = kept;
    s->operand = operand;
    s->attributes = a;
    return true;
}

const int64_t *reel__strides_of(const reel__step *s, int k, int *ndim)
{
    *ndim = k < s->own ? s->ndim : s->chain->ndim;
    return k < s->own ? s->geometry + (size_t)(k + 1) * s->ndim
                      : s->chain->stride +
                            (size_t)(k - s->own) * (size_t)s->chain->ndim;
}

static void mark_uses(reel__compiler *c, const reel__step *s, uint32_t number)
{
    for (int k = 0; k < s->operands; k++) {
        reel__buffer *b = &c->buffer[s->operand[k].base];
        if (s->operand[k].written && b->first == REEL__NONE)
            b->first = number;
        b->last = number;
    }
}

bool reel__finish_steps(reel__compiler *c, reel__steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        if (!keep(c, &steps->step[i]))
            return false;
    return true;
}

bool reel__finish(reel__compiler *c)
{
    const reel__steps *run = &c->program->steps;
    if (!reel__finish_steps(c, &c->program->steps))
        return false;
    for (size_t i = 0; i < run->count; i++)
        mark_uses(c, &run->step[i], (uint32_t)i);
    return true;
}
