/* kernels/rows_exp.h: softmax and log-softmax in one dtype. Included by rows.c
 * with what exponentials.h asks for.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/exponentials.h"

WITH_ONE(divide, /)

/* A row of any length, BUFFER elements at a time. */
static void OF(long_row)(bool log, int64_t n, T *y, int64_t sy, const T *x,
                         int64_t sx)
{
    T buffer[BUFFER], largest = OF(largest)(n, x, sx), whole[FEW];
    double sum = 0;
    for (int64_t from = 0; from < n; from += BUFFER) {
        int64_t m = n - from < BUFFER ? n - from : BUFFER;
        OF(subtract)(m, buffer, 1, x + from * sx, sx, largest);
        OF(exps)(m, buffer);
        sum += OF(total)(m, buffer);
        if (!log)
            for (int64_t i = 0; i < m; i++)
                y[(from + i) * sy] = buffer[i];
    }
    whole[0] = (T)sum;
    if (log) {
        OF(logs)(1, whole);
        OF(subtract)(n, y, sy, x, sx, largest);
        OF(subtract)(n, y, sy, y, sy, whole[0]);
    } else {
        OF(divide)(n, y, sy, y, sy, whole[0]);
    }
}

/* At most FEW rows that fit into the buffer together, from where w stands. */
static void OF(short_rows)(bool log, int64_t rows, reel__walk *w)
{
    const reel__task *t = w->task;
    int axis = w->axes;
    int64_t n = t->dim[axis];
    int64_t sy = t->stride[0][axis], sx = t->stride[1][axis];
    T buffer[BUFFER], largest[FEW], sum[FEW], *y[FEW];
    const T *x[FEW];
    for (int64_t r = 0; r < rows; r++) {
        y[r] = (T *)t->data[0] + w->at[0];
        x[r] = (const T *)t->data[1] + w->at[1];
        reel__walk_on(w, 1);
        largest[r] = OF(largest)(n, x[r], sx);
        OF(subtract)(n, buffer + r * n, 1, x[r], sx, largest[r]);
    }
    OF(exps)(rows * n, buffer);
    for (int64_t r = 0; r < rows; r++)
        sum[r] = (T)OF(total)(n, buffer + r * n);
    if (log)
        OF(logs)(rows, sum);
    for (int64_t r = 0; r < rows; r++) {
        if (log) {
            OF(subtract)(n, y[r], sy, x[r], sx, largest[r]);
            OF(subtract)(n, y[r], sy, y[r], sy, sum[r]);
        } else {
            OF(divide)(n, y[r], sy, buffer + r * n, 1, sum[r]);
        }
    }
}

static void OF(rows)(bool log, const reel__task *t, int64_t begin, int64_t end)
{
    int axis = t->ndim - 1;
    int64_t n = t->dim[axis];
    reel__walk w;
    if (begin >= end || n == 0)
        return;
    reel__walk_to(&w, t, axis, 1, begin);
    int64_t fit = BUFFER / n < FEW ? BUFFER / n : FEW;
    while (begin < end) {
        int64_t rows = fit < end - begin ? fit : end - begin;
        if (rows > 0) {
            OF(short_rows)(log, rows, &w);
            begin += rows;
        } else {
            OF(long_row)(log, n, (T *)t->data[0] + w.at[0], t->stride[0][axis],
                         (const T *)t->data[1] + w.at[1], t->stride[1][axis]);
            reel__walk_on(&w, 1);
            begin++;
        }
    }
}

static void OF(softmax)(const reel__task *t, int64_t begin, int64_t end)
{
    OF(rows)(false, t, begin, end);
}

static void OF(log_softmax)(const reel__task *t, int64_t begin, int64_t end)
{
    OF(rows)(true, t, begin, end);
}

#include "kernels/exponentials_undef.h"
