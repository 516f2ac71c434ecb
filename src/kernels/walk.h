/* kernels/walk.h: going through a task's index space.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_WALK_H
#define REEL_KERNELS_WALK_H

#include "kernels/kernels.h"

#define REEL__WALK_AXES (REEL_MAX_DIMS + 1)

/* A position in the first `axes` axes of a task's index space and the places of
 * its operands there, in elements. */
typedef struct reel__walk {
    const reel__task *task;
    int axes;
    int64_t index[REEL__WALK_AXES];
    int64_t at[1 + REEL__MAX_IN];
} reel__walk;

/* To point `point` of those axes, in row-major order. */
static inline void reel__walk_to(reel__walk *w, const reel__task *task,
                                 int axes, int nin, int64_t point)
{
    w->task = task;
    w->axes = axes;
    for (int k = 0; k <= nin; k++)
        w->at[k] = 0;
    for (int d = axes; d-- > 0;) {
        w->index[d] = point % task->dim[d];
        point /= task->dim[d];
        for (int k = 0; k <= nin; k++)
            w->at[k] += w->index[d] * task->stride[k][d];
    }
}

/* To the next point. */
static inline void reel__walk_on(reel__walk *w, int nin)
{
    for (int d = w->axes; d-- > 0;) {
        for (int k = 0; k <= nin; k++)
            w->at[k] += w->task->stride[k][d];
        if (++w->index[d] < w->task->dim[d])
            return;
        w->index[d] = 0;
        for (int k = 0; k <= nin; k++)
            w->at[k] -= w->task->dim[d] * w->task->stride[k][d];
    }
}

/* Elements of axes [from, to). */
static inline int64_t reel__points(const reel__task *task, int from, int to)
{
    int64_t n = 1;
    for (int d = from; d < to; d++)
        n *= task->dim[d];
    return n;
}

#endif /* REEL_KERNELS_WALK_H */
