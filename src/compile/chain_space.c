/* compile/chain_space.c: how a chain goes over its index space: as rows and
 * columns, in blocks, in units of work.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/builder.h"

#define WORK_A_THREAD 32768 /* elements times instructions of one take */
#define MOST_SLOTS 64
#define L1_ROOM 16384      /* bytes */
#define CACHED (4 << 20)   /* bytes of a value that caches may hold */
#define ROWS_BYTES 8192    /* of a value in a block whose columns are summed */
#define STRIP 1024         /* columns of a unit of that */

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

/* Bytes of an element of the members' results, or of all their operands. */
static size_t widest(const reel__builder *b, bool all)
{
    size_t most = 1;
    for (uint32_t i = b->g->first; i != REEL__NONE; i = b->f->next[i]) {
        const reel__step *s = reel__step_at(b->f, i);
        for (int k = 0; k < (all ? s->operands : 1); k++) {
            size_t size = reel_dtype_size((reel_dtype)s->operand[k].dtype);
            most = size > most ? size : most;
        }
    }
    return most;
}

/* Columns of a part, where there are at most so many in each: of about the same
 * number of whole vectors. */
static int64_t even_part(int64_t columns, int64_t most)
{
    int64_t parts = (columns + most - 1) / most;
    return parts > 1 ? ((columns + parts - 1) / parts + 15) / 16 * 16
                     : columns;
}

/* Where columns are summed: the strips of units, and blocks of two rows or more
 * of as many columns as there is room for; all of them where rows are not cut.
 * Short rows must fit the spare slots, too. */
static void divide_strips(reel__chain *c, int64_t columns, int64_t size,
                          bool narrow)
{
    bool spare = columns < REEL__CHAIN_SHORT;
    int64_t room = narrow ? REEL__CHAIN_BLOCK
                          : (spare ? REEL__CHAIN_SPARE : ROWS_BYTES) / size;
    c->strip = c->by_row ? columns : even_part(columns, STRIP);
    c->piece =
        c->by_row ? columns : even_part(c->strip, room / (narrow ? 4 : 2));
    c->rows = c->piece < room ? room / c->piece : 1;
    c->rows -= c->rows > 4 ? c->rows % 4 : c->rows == 3;
    c->block = c->rows * c->piece;
}

void reel__divide_scratch(reel__builder *b, bool narrow)
{
    reel__chain *c = b->chain;
    size_t size = widest(b, b->g->sums > 0);
    int64_t columns = 1;
    for (int d = b->g->split > 0 ? b->g->split : b->g->ndim - 1;
         d >= 0 && d < b->g->ndim; d++)
        columns *= b->g->dim[d];
    c->by_row = b->g->by_row;
    c->sums = b->g->sums;
    c->block = REEL__CHAIN_BLOCK;
    bool one_row = c->by_row && columns > c->block;
    if (c->sums > 0)
        divide_strips(c, columns, (int64_t)size, narrow);
    else if (one_row)
        c->block = columns;
    c->spare = REEL__CHAIN_SCRATCH;
    if (c->sums > 0 ? columns < REEL__CHAIN_SHORT : !one_row)
        c->spare -= (1 + REEL__MAX_IN) * REEL__CHAIN_SPARE;
    b->slot = (uint32_t)(((size_t)c->block * size + 63) / 64 * 64);
    b->slots = (int)(c->spare / b->slot);
    if (b->slots > MOST_SLOTS)
        b->slots = MOST_SLOTS;
}

/* Instructions take turns less often in large blocks, but what lies between two
 * of them is to stay in the L1 cache. Where operands come from memory their
 * loads and stores overlap better in small ones. Short rows and edges of tiles
 * would need more spare room. */
void reel__widen_blocks(reel__builder *b)
{
    reel__chain *c = b->chain;
    const reel__geometry *g = &b->geometry;
    int64_t bytes = (int64_t)widest(b, true);
    for (int d = 0; d < g->axes; d++)
        bytes *= g->dim[d];
    if (c->sums > 0 || b->g->head != REEL__NONE || bytes > CACHED ||
        g->dim[g->axes - 1] < REEL__CHAIN_SHORT)
        return;
    uint32_t used = b->used > 2 ? (uint32_t)b->used : 2;
    uint32_t times = L1_ROOM / (b->slot * used);
    if (times < 2)
        return;
    c->block *= times;
    for (int i = 0; i < b->instructions; i++)
        for (int k = 0; k <= b->instruction[i].nin; k++)
            if (b->instruction[i].arg[k].place == REEL__IN_SCRATCH)
                b->instruction[i].arg[k].number *= times;
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
    if (b->chain->sums == 0)
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
    if (c->sums > 0) {
        int64_t rows = points / columns;
        step->units = (rows + c->sums - 1) / c->sums *
                      ((columns + c->strip - 1) / c->strip);
        step->grain = take / (c->sums * c->strip) + 1;
    } else if (c->by_row) {
        step->units = columns > 0 ? points / columns : 0;
        step->grain = columns > 0 && take > columns ? take / columns : 1;
    }
}
