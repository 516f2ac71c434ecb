/* grad/reference.h: graphs evaluated in long double, by the plain reference of
 * every op: what kernels are tested against and gradients checked by.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_REFERENCE_H
#define REEL_GRAD_REFERENCE_H

#include "core/internal.h"

typedef struct reel__reference reel__reference;

/* All nodes that roots depend on, each with a dense buffer of its own; leaves
 * are filled from their data. NULL after an error on the tape: REEL_ESTATE for
 * an input without data. Nodes and tape must outlive it. */
reel__reference *reel__reference_new(reel_tape *tape, reel_nodes roots);
void reel__reference_free(reel__reference *reference);

/* The node's numbers, row-major: of a leaf free to change, of others what the
 * last run made. NULL when no root depends on it. O(nodes). */
long double *reel__reference_data(reel__reference *reference,
                                  const reel_node *node);

/* Evaluates everything. REEL_EINDEX for an index out of range, with a message
 * on the tape. */
reel_status reel__reference_run(reel__reference *reference);

/* Evaluates what depends on one leaf, after a change to its data. What is
 * behind stop_gradient keeps its values: for the derivative it is a constant.
 * The dependents are listed at the first of several calls for one leaf. */
reel_status reel__reference_rerun(reel__reference *reference,
                                  const reel_node *leaf);

/* One of the values that depend on the leaf is f32, or the leaf itself.
 * false: no memory. */
bool reel__reference_is_single(reel__reference *reference,
                               const reel_node *leaf, bool *single);

/* The coarsest precision among the ops that depend on the leaf, as the spacing
 * of numbers at 1; 0: all have long double's. Less is noise in differences.
 * false: no memory. */
bool reel__reference_epsilon(reel__reference *reference,
                             const reel_node *leaf, long double *epsilon);

#endif /* REEL_GRAD_REFERENCE_H */
