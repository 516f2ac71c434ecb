/* ops/reduce.h: what reductions and those composed of them share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_REDUCE_H
#define REEL_OPS_REDUCE_H

#include "ops/ops.h"

/* The reference of a reduction: one pass over the elements that make up each
 * result. acc starts as given here. */
typedef struct reel__fold {
    long double start[3];
    void (*step)(long double *acc, long double x);
    long double (*finish)(const long double *acc, const void *attr);
} reel__fold;

void reel__fold_axes(reel__eval *e, uint32_t mask, const reel__fold *fold);

/* Elements of x that make up one result. */
int64_t reel__reduced_count(const reel_node *x, uint32_t mask);

#endif /* REEL_OPS_REDUCE_H */
