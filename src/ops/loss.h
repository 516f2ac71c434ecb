/* ops/loss.h: what losses share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_LOSS_H
#define REEL_OPS_LOSS_H

#include "ops/ops.h"

/* *options, or the defaults for NULL; false when they are not in order. */
bool reel__loss_options(reel_tape *tape, const reel__op *op,
                        const reel_loss_options *given,
                        reel_loss_options *options);

/* The losses reduced as asked; counts: what each is worth in the mean, NULL
 * for 1. */
reel_node *reel__reduce_loss(reel_node *losses, reel_node *counts,
                             reel_reduction reduction);

/* A reference's sums as its result: of REEL_NONE it was written already. */
void reel__finish_loss(reel__eval *e, reel_reduction reduction,
                       long double sum, long double count);

#endif /* REEL_OPS_LOSS_H */
