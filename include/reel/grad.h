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

/* The Jacobian dy/dx: element [i..., j...] is the derivative of y[i...] by
 * x[j...]; y's dtype, y's dimensions and then x's, together at most
 * REEL_MAX_DIMS (REEL_ESHAPE). Zeros where y does not depend on x. Recorded row
 * by row in reverse sweeps or, where x has no more elements than y and no custom
 * op on the way lacks its jvp, column by column in forward ones: time and nodes of one sweep for each row or column,
 * of which there may be REEL_JACOBIAN_SWEEPS (REEL_EVALUE); besides, a constant
 * of as many elements squared. Errors as those of reel_vjp and reel_jvp. */
#define REEL_JACOBIAN_SWEEPS 1024
REEL_API reel_node *reel_jacobian(reel_node *y, reel_node *x);

/* The matrix of second derivatives of a loss of one element: the Jacobian of
 * its gradient, x's dimensions twice. Not made symmetric: rounding shows. */
REEL_API reel_node *reel_hessian(reel_node *loss, reel_node *x);

/* Its product with v, of x's dtype and shape, for any size: forward over
 * reverse, a small multiple of the gradient's cost. With several parameters,
 * reel_gradients and then reel_jvp of each does the same. */
REEL_API reel_node *reel_hvp(reel_node *loss, reel_node *x, reel_node *v);

#ifndef REEL_NO_LOCATIONS
#define reel_jacobian(...) REEL_AT(reel_jacobian(__VA_ARGS__))
#define reel_hessian(...) REEL_AT(reel_hessian(__VA_ARGS__))
#define reel_hvp(...) REEL_AT(reel_hvp(__VA_ARGS__))
#define reel_gradient(...) REEL_AT(reel_gradient(__VA_ARGS__))
#define reel_jvp(...) REEL_AT(reel_jvp(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif /* REEL_GRAD_H */
