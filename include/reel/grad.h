/* reel/grad.h: derivatives. All of them record nodes, which are differentiated
 * again like any other.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_H
#define REEL_GRAD_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* dloss/dx for any float node x: a node of x's dtype and shape. loss has one
 * element; for others use reel_vjp. Zeros where loss does not depend on x.
 * Asked twice, the answer is the same node. REEL_EGRAD when loss has more than
 * one element, when either is not a float, or when every path between them goes
 * through an op without derivative (wrap its operand in reel_stop_gradient to
 * say that zero is meant).
 * Reverse sweep: time and nodes linear in the part of the graph between. */
REEL_API reel_node *reel_gradient(reel_node *loss, reel_node *x);

/* The same for every node of xs in one sweep; gradients[i] belongs to
 * xs.node[i]. All NULL after an error. */
REEL_API reel_status reel_gradients(reel_node *loss, reel_nodes xs,
                                    reel_node **gradients);

/* Vector-Jacobian products: gradients[i] = cotangent^T (dy/dxs[i]), for a
 * cotangent of y's dtype and shape. */
REEL_API reel_status reel_vjp(reel_node *y, reel_node *cotangent,
                              reel_nodes xs, reel_node **gradients);

/* Jacobian-vector product: sum over i of (dy/dxs[i]) tangents[i], a node of y's
 * dtype and shape. tangents[i] has the dtype and shape of xs[i]. Forward
 * sweep. */
REEL_API reel_node *reel_jvp(reel_node *y, reel_nodes xs, reel_nodes tangents);

#ifndef REEL_NO_LOCATIONS
#define reel_gradient(...) REEL_AT(reel_gradient(__VA_ARGS__))
#define reel_jvp(...) REEL_AT(reel_jvp(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif /* REEL_GRAD_H */
