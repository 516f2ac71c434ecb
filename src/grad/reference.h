/* grad/reference.h: graphs evaluated in long double, by the plain reference of
 * every op: what kernels are tested against and gradients checked by.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_REFERENCE_H
#define REEL_GRAD_REFERENCE_H

#include "core/internal.h"

typedef struct reel__reference {
    reel_tape *tape;
    reel__order order;
    reel__ref *value;   /* of each node in the order */
    size_t *first;      /* where its operands begin in operand; count + 1 */
    uint32_t *operand;  /* their places in the order */
    long double *block; /* all buffers */
    size_t elements;
    reel__ref *in; /* arity of them, for an evaluation */
    size_t arity;
} reel__reference;

/* All nodes that roots depend on, each with a dense buffer of its own; leaves
 * are filled from their data. NULL after an error on the tape: REEL_ESTATE for
 * an input without data. Nodes and tape must outlive it. */
reel__reference *reel__reference_new(reel_tape *tape, reel_nodes roots);
void reel__reference_free(reel__reference *reference);

/* The node's place in the order; order.count when no root depends on it.
 * O(nodes). */
size_t reel__reference_place(const reel__reference *reference,
                             const reel_node *node);

/* The node's numbers, row-major: of a leaf free to change, of others what the
 * last run made. NULL when no root depends on it. O(nodes). */
long double *reel__reference_data(reel__reference *reference,
                                  const reel_node *node);

/* Evaluates everything. REEL_EINDEX for an index out of range, or what a custom
 * op failed with; the message is on the tape. */
reel_status reel__reference_run(reel__reference *reference);

/* Evaluates the node at a place out of the values at its operands' places.
 * false: an index is out of range, or a custom op has failed, and then the tape
 * has the error. Several threads may do so at once, each with value and in
 * (arity of them) of its own, unless there are custom ops. */
bool reel__reference_evaluate(const reel__reference *reference, size_t place,
                              reel__ref *value, reel__ref *in,
                              bool *bad_index);

/* Marks the places of all nodes by which y depends on xs, xs among them, with
 * 1. What is behind stop_gradient is held still: for the derivative it is a
 * constant. mark: order.count zeros. */
void reel__reference_mark(const reel__reference *reference, const reel_node *y,
                          reel_nodes xs, unsigned char *mark);

/* The coarsest precision of the marked nodes' references (NULL: of all), as the
 * spacing of numbers at 1; 0: all have long double's. Less is noise in
 * differences. */
long double reel__reference_epsilon(const reel__reference *reference,
                                    const unsigned char *mark);

/* Some node's reference may be called by one thread only: a user's function. */
bool reel__reference_is_custom(const reel__reference *reference);

#endif /* REEL_GRAD_REFERENCE_H */
