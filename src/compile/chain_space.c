/* compile/chain_space.c: how a chain goes over its index space: as rows and
 * columns, in blocks, in units of work.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/builder.h"

#define WORK_A_THREAD 32768 /* elements times instructions of one take */
#define MOST_SLOTS 64

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

void reel__arrange(reel__builder *b)
{
    reel__geometry *g = &b->geometry;
    int split = b->g->split;
    if (b->g->head != REEL__NONE) { /* as the product's result has them */
        const int64_t *dim = reel__step_at(b->f, b->g->head)->geometry;
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

void reel__divide_scratch(reel__builder *b)
{
    reel__chain *c = b->chain;
    int64_t columns = b->g->ndim > 0 ? b->g->dim[b->g->ndim - 1] : 1;
    size_t widest = 1;
    for (uint32_t i = b->g->first; i != REEL__NONE; i = b->f->next[i]) {
        reel_dtype dtype = (reel_dtype)reel__step_at(b->f, i)->operand[0].dtype;
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

bool reel__keep_geometry(reel__builder *b)
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
    b->chain->rows = rows_of_block(b->chain, g->dim[g->axes - 1]);
    return true;
}

void reel__share_out(const reel__chain *c, reel__step *step)
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
