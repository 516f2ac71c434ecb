/* kernels/rows_of.h: elementwise work, a row of the innermost axis at a time.
 * A row loop is the whole arithmetic of a kernel; anything that cuts work into
 * rows or blocks can call one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_ROWS_OF_H
#define REEL_KERNELS_ROWS_OF_H

#include "kernels/walk.h"

/* A row loop and the kernel around it. */
typedef struct reel__entry {
    reel__row_loop *loop;
    reel__kernel *kernel;
} reel__entry;

/* Points [begin, end) of the task's whole index space; element k has bytes[k]
 * bytes. */
static inline void each_row(const reel__task *t, int64_t begin, int64_t end,
                            int nin, const size_t *bytes, reel__row_loop *loop)
{
    int outer = t->ndim > 0 ? t->ndim - 1 : 0;
    int64_t length = t->ndim > 0 ? t->dim[outer] : 1;
    reel__row r = {.f = t->f};
    reel__walk w;
    if (begin >= end)
        return;
    for (int k = 0; k <= nin; k++)
        r.stride[k] = t->ndim > 0 ? t->stride[k][outer] : 0;
    reel__walk_to(&w, t, outer, nin, begin / length);
    for (int64_t from = begin % length; begin < end; from = 0) {
        int64_t n = length - from < end - begin ? length - from : end - begin;
        for (int k = 0; k <= nin; k++)
            r.data[k] = (char *)t->data[k] + (w.at[k] + from * r.stride[k]) *
                                                 (int64_t)bytes[k];
        loop(n, &r);
        begin += n;
        reel__walk_on(&w, nin);
    }
}

#endif /* REEL_KERNELS_ROWS_OF_H */
