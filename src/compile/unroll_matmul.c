/* compile/unroll_matmul.c: tiny matrix products as scalar instructions.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/flat.h"
#include "kernels/walk.h"

/* A matrix: an operand from element `at` on, and how far its elements lie apart
 * along the sum, and along the rows or columns of the result. */
typedef struct matrix {
    const reel__operand *operand;
    int64_t at, sum, other;
} matrix;

static matrix matrix_of(const reel__step *st, int k, int64_t at, int other)
{
    const int64_t *stride = st->geometry + (size_t)(k + 1) * st->ndim;
    return (matrix){&st->operand[k], at, stride[st->ndim - 2], stride[other]};
}

/* n neighbouring elements of a row of the result: a sum of such parts of the
 * right matrix's rows, which lie `columns` values apart in b. */
static void part_of_row(reel__flattener *f, int64_t sum, int64_t columns,
                        int64_t n, const uint16_t *left, const uint16_t *b,
                        uint16_t *y)
{
    uint16_t a[REEL__FLAT_LANES], more[REEL__FLAT_LANES];
    for (int64_t k = 0; k < sum && !f->failed; k++) {
        for (int64_t j = 0; j < n; j++)
            a[j] = left[k];
        reel__flat_emit_row(f, REEL__K_mul, n, a, b + k * columns, NULL,
                            k ? more : y);
        if (k)
            reel__flat_emit_row(f, REEL__K_add, n, y, more, NULL, y);
    }
}

/* Rows of the result, a group at a time, so that what is added to is the result
 * before. */
static void product(reel__flattener *f, const int64_t *dim, const matrix *left,
                    const matrix *right, const matrix *to)
{
    int64_t rows = dim[0], sum = dim[1], columns = dim[2];
    uint16_t b[REEL__FLAT_POINTS], a[REEL__FLAT_POINTS], y[REEL__FLAT_POINTS];
    for (int64_t k = 0; k < sum; k++)
        reel__flat_read_beside(f, right->operand, right->at + k * right->sum,
                               right->other, columns, b + k * columns);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; sum == 0 && j < columns; j++)
            y[j] = reel__flat_constant(f, 0);
        for (int64_t k = 0; k < sum; k++)
            a[k] = reel__flat_read(f, left->operand, left->at +
                                   i * left->other + k * left->sum);
        for (int64_t j = 0; j < columns && sum > 0; j += REEL__FLAT_LANES) {
            int64_t n = columns - j;
            part_of_row(f, sum, columns,
                        n < REEL__FLAT_LANES ? n : REEL__FLAT_LANES, a, b + j,
                        y + j);
        }
        for (int64_t j = 0; j < columns && !f->failed; j++)
            reel__flat_write(f, to->operand,
                             to->at + i * to->sum + j * to->other, y[j]);
    }
}

void reel__unroll_matmul(reel__flattener *f, const reel__step *st)
{
    int batch = st->ndim - 3, m = batch, n = batch + 2;
    const int64_t *dim = st->geometry + batch;
    reel__task outer = reel__step_axes(st, 0, batch);
    int64_t count = reel__points(&outer, 0, batch);
    bool column = dim[2] == 1; /* a single one is a row of the transposed */
    const int64_t *stride = st->geometry + st->ndim;
    int64_t turned[] = {dim[2], dim[1], dim[0]};
    reel__walk w;
    if (dim[0] == 0 || dim[2] == 0)
        return;
    for (int64_t i = 0; i < count && !f->failed; i++) {
        if (i == 0)
            reel__walk_to(&w, &outer, batch, 2, 0);
        matrix a = matrix_of(st, 1, w.at[1], m);
        matrix b = matrix_of(st, 2, w.at[2], n);
        matrix y = {&st->operand[0], w.at[0], stride[m], stride[n]};
        if (column)
            y = (matrix){y.operand, y.at, y.other, y.sum};
        product(f, column ? turned : dim, column ? &b : &a, column ? &a : &b,
                &y);
        reel__walk_on(&w, 2);
    }
}
