/* kernels/chain.c: going through a chain block by block.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "kernels/chain.h"

/* A block: so many rows and columns, the chain's operands at its beginning. */
typedef struct block {
    const reel__chain *chain;
    int64_t row, rows, columns; /* row: the first, where columns are summed */
    int64_t left; /* rows before the last row axis begins anew */
    char *at[REEL__CHAIN_OPERANDS];
    unsigned char *scratch;
    int *bad_index;
} block;

/* An operand of an instruction in a block: strides in elements. */
typedef struct span {
    char *data;
    int64_t row, column;
} span;

static span span_of(const block *b, const reel__chain_arg *a)
{
    const reel__chain *c = b->chain;
    span s;
    if (a->place == REEL__IN_SCRATCH) {
        s.data = (char *)b->scratch + a->number;
        s.row = a->per_row ? 1 : b->columns;
        s.column = a->per_row ? 0 : 1;
    } else {
        const int64_t *stride = c->stride + (size_t)a->number * (size_t)c->ndim;
        s.data = b->at[a->number];
        s.row = stride[c->ndim - 2];
        s.column = stride[c->ndim - 1];
    }
    return s;
}

/* -------------------------------------------------------------- elementwise */

/* rows x columns elements, to and from spans of elements of T. */
#define MOVE(T)                                                             \
    static void move_##T(span to, span from, int64_t rows, int64_t columns) \
    {                                                                       \
        for (int64_t r = 0; r < rows; r++) {                                \
            T *out = (T *)(void *)to.data + r * to.row;                     \
            const T *in = (const T *)(void *)from.data + r * from.row;      \
            if (to.column == 1 && from.column == 0)                         \
                for (int64_t i = 0; i < columns; i++)                       \
                    out[i] = *in;                                           \
            else if (to.column == 1 && from.column == 1)                    \
                for (int64_t i = 0; i < columns; i++)                       \
                    out[i] = in[i];                                         \
            else                                                            \
                for (int64_t i = 0; i < columns; i++)                       \
                    out[i * to.column] = in[i * from.column];               \
        }                                                                   \
    }
MOVE(uint8_t)
MOVE(uint32_t)
MOVE(uint64_t)

static void move(int size, span to, span from, int64_t rows, int64_t columns)
{
    if (size == 1)
        move_uint8_t(to, from, rows, columns);
    else if (size == 4)
        move_uint32_t(to, from, rows, columns);
    else
        move_uint64_t(to, from, rows, columns);
}

static bool runs_on(const span *s, int64_t columns)
{
    return s->row == s->column * columns;
}

/* Short rows: operands that do not run on from row to row are moved to where
 * they do. */
static void by_spare(const block *b, const reel__instruction *in, span *s,
                     int64_t columns)
{
    const reel__chain *c = b->chain;
    reel__row row = {.f = in->f};
    span result = s[0];
    for (int k = 0; k <= in->nin; k++) {
        if (!runs_on(&s[k], columns)) {
            span spare = {(char *)b->scratch + c->spare +
                              k * REEL__CHAIN_SPARE, columns, 1};
            if (k > 0)
                move(in->arg[k].size, spare, s[k], b->rows, columns);
            s[k] = spare;
        }
        row.data[k] = s[k].data;
        row.stride[k] = s[k].column;
    }
    in->loop(b->rows * columns, &row);
    if (s[0].data != result.data)
        move(in->arg[0].size, result, s[0], b->rows, columns);
}

static void by_rows(const block *b, const reel__instruction *in, span *s,
                    int64_t columns)
{
    reel__row row = {.f = in->f};
    for (int k = 0; k <= in->nin; k++)
        row.stride[k] = s[k].column;
    for (int64_t r = 0; r < b->rows; r++) {
        for (int k = 0; k <= in->nin; k++)
            row.data[k] = s[k].data + r * s[k].row * in->arg[k].size;
        in->loop(columns, &row);
    }
}

/* All of a block as one row. */
static void at_once(const reel__instruction *in, const span *s, int64_t n)
{
    reel__row row = {.f = in->f};
    for (int k = 0; k <= in->nin; k++) {
        row.data[k] = s[k].data;
        row.stride[k] = s[k].column;
    }
    in->loop(n, &row);
}

static void points(const block *b, const reel__instruction *in, span *s)
{
    bool on = true;
    if (in->per_row) {
        for (int k = 0; k <= in->nin; k++)
            s[k].column = s[k].row;
        at_once(in, s, b->rows);
        return;
    }
    for (int k = 0; k <= in->nin; k++)
        on = on && runs_on(&s[k], b->columns);
    if (on || b->rows == 1)
        at_once(in, s, b->rows * b->columns);
    else if (b->columns < REEL__CHAIN_SHORT &&
             b->chain->spare < REEL__CHAIN_SCRATCH)
        by_spare(b, in, s, b->columns);
    else
        by_rows(b, in, s, b->columns);
}

/* ------------------------------------------------------------ other kernels */

static void by_kernel(const block *b, const reel__instruction *in,
                      const span *s)
{
    int64_t dim[2] = {b->rows, b->columns}, stride[1 + REEL__MAX_IN][2];
    int64_t i[4] = {in->i[0], in->i[1], in->i[2], in->i[3]};
    reel__task t = {.ndim = 2, .dim = dim, .f = in->f, .i = i,
                    .bad_index = b->bad_index + in->check};
    for (int k = 0; k <= in->nin; k++) {
        t.data[k] = s[k].data;
        t.stride[k] = stride[k];
        stride[k][0] = s[k].row;
        stride[k][1] = in->arg[k].per_row ? 0 : s[k].column;
    }
    if (in->form == REEL__FORM_ROWS) {
        t.nred = 1;
    } else if (in->form == REEL__FORM_GATHER) {
        dim[0] = in->ahead ? b->left : b->rows;
        i[1] = in->i[1]; /* between rows of operand 1, wherever they are */
        stride[1][0] = 0;
    } else {
        t.ndim = 1;
        i[1] = s[in->kernel == REEL__K_pick ? 1 : 0].column;
    }
    in->run(&t, 0, b->rows);
}

/* Adds the block's rows to the row of sums that they belong to. */
static void sum_columns(const block *b, const reel__instruction *in,
                        const span *s)
{
    const reel__chain *c = b->chain;
    int64_t dim[2] = {b->rows, b->columns}, first = b->row % c->sums == 0;
    int64_t to[2] = {0, 1}, from[2] = {s[1].row, s[1].column};
    reel__task t = {.ndim = 2, .dim = dim, .i = &first,
                    .stride = {to, from}};
    t.data[0] = s[0].data + b->row / c->sums * c->dim[c->ndim - 1] *
                                in->arg[0].size;
    t.data[1] = s[1].data;
    in->run(&t, 0, b->columns);
}

static void run_block(const block *b)
{
    const reel__chain *c = b->chain;
    for (int n = 0; n < c->instructions; n++) {
        const reel__instruction *in = &c->instruction[n];
        span s[1 + REEL__MAX_IN];
        for (int k = 0; k <= in->nin; k++)
            s[k] = span_of(b, &in->arg[k]);
        if (in->form == REEL__FORM_POINTS)
            points(b, in, s);
        else if (in->form == REEL__FORM_COLUMNS)
            sum_columns(b, in, s);
        else
            by_kernel(b, in, s);
    }
}

/* ------------------------------------------------------------------- blocks */

/* Operands at a row (in row-major order) and column. */
static void move_to(block *b, const reel__task *t, int64_t row, int64_t column)
{
    const reel__chain *c = b->chain;
    int64_t index[REEL_MAX_DIMS + 1];
    b->left = c->dim[c->ndim - 2] - row % c->dim[c->ndim - 2];
    index[c->ndim - 1] = column;
    for (int d = c->ndim - 1; d-- > 0;) {
        index[d] = d > 0 ? row % c->dim[d] : row;
        row = d > 0 ? row / c->dim[d] : 0;
    }
    for (int k = 0; k < c->operands; k++) {
        const int64_t *stride = c->stride + (size_t)k * (size_t)c->ndim;
        int64_t at = 0;
        for (int d = 0; d < c->ndim; d++)
            at += index[d] * stride[d];
        b->at[k] = (char *)t->chain_data[k] + at * c->size[k];
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Whole rows from row on, as many as a block takes of those that are left
 * before the last row axis begins anew; returns how many. */
static int64_t whole_rows(block *b, const reel__task *t, int64_t row,
                          int64_t rows)
{
    const reel__chain *c = b->chain;
    b->columns = c->dim[c->ndim - 1];
    move_to(b, t, row, 0);
    b->rows = least(least(c->rows, rows), b->left);
    run_block(b);
    return b->rows;
}

static void sum_strip(block *b, const reel__task *t, int64_t unit)
{
    const reel__chain *c = b->chain;
    int64_t n = c->dim[c->ndim - 1], strips = (n + c->strip - 1) / c->strip;
    int64_t column = unit % strips * c->strip, rows = 1;
    for (int d = 0; d < c->ndim - 1; d++)
        rows *= c->dim[d];
    int64_t to = least(n, column + c->strip);
    b->row = unit / strips * c->sums;
    for (int64_t end = least(b->row + c->sums, rows); b->row < end;
         b->row += b->rows)
        for (int64_t j = column; j < to; j += b->columns) {
            move_to(b, t, b->row, j);
            b->rows = least(least(c->rows, end - b->row), b->left);
            b->columns = least(c->piece, to - j);
            run_block(b);
        }
}

void reel__chain_run(const reel__task *t, int64_t begin, int64_t end)
{
    _Alignas(64) unsigned char scratch[REEL__CHAIN_SCRATCH];
    const reel__chain *c = t->chain;
    int64_t n = c->dim[c->ndim - 1];
    block b = {.chain = c, .scratch = scratch, .bad_index = t->bad_index};
    if (c->sums > 0) {
        while (begin < end)
            sum_strip(&b, t, begin++);
        return;
    }
    if (c->by_row) {
        while (begin < end)
            begin += whole_rows(&b, t, begin, end - begin);
        return;
    }
    while (begin < end) {
        int64_t column = begin % n;
        if (column == 0 && n <= c->block && end - begin >= n) {
            begin += n * whole_rows(&b, t, begin / n, (end - begin) / n);
            continue;
        }
        b.rows = 1;
        b.columns = least(least(n - column, end - begin), c->block);
        move_to(&b, t, begin / n, column);
        run_block(&b);
        begin += b.columns;
    }
}

void reel__chain_tile(const reel__task *t, int64_t row, int64_t rows,
                      int64_t column, int64_t columns)
{
    _Alignas(64) unsigned char scratch[REEL__CHAIN_SCRATCH];
    const reel__chain *c = t->chain;
    block b = {.chain = c, .scratch = scratch, .bad_index = t->bad_index};
    for (int64_t j = 0; j < columns; j += b.columns) {
        b.columns = least(columns - j, c->block);
        int64_t fit = c->block / b.columns;
        for (int64_t i = 0; i < rows; i += b.rows) {
            b.rows = least(rows - i, fit);
            move_to(&b, t, row + i, column + j);
            run_block(&b);
        }
    }
}
