/* ops/derive.c: what derivative rules share. A rule records ordinary nodes, so
 * it can be differentiated again; what only selects (masks, counts) is recorded
 * behind stop_gradient, so that no path to an op without derivative appears.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/ops.h"

reel_node *reel__full_like(reel_node *x, double value)
{
    if (!x)
        return NULL;
    return reel_full(x->tape, (reel_dtype)x->dtype, reel__shape_of(x), value);
}

reel_node *reel__spread(reel_node *y, reel_node *x, uint32_t mask)
{
    if (!y || !x)
        return NULL;
    reel_shape shape = reel__shape_of(x);
    reel_shape kept = reel__reduced_shape(shape, mask, true);
    if (!reel__shape_equal(reel__shape_of(y), kept))
        y = reel_reshape(y, kept);
    return reel__shape_equal(kept, shape) ? y : reel_expand(y, shape);
}

reel_node *reel__still(reel_node *x)
{
    return reel_stop_gradient(x);
}

reel_node *reel__positive(reel_node *x)
{
    return reel_gt(reel__still(x), reel__full_like(x, 0));
}

reel_node *reel__is_zero(reel_node *x)
{
    return reel_eq(reel__still(x), reel__full_like(x, 0));
}

reel_node *reel__add_tangents(reel_node *a, reel_node *b)
{
    return !a ? b : !b ? a : reel_add(a, b);
}

reel_node *reel__jvp_linear(reel_node *y, reel_node *const *dx)
{
    return reel__record(y->op, dx, 1, y->attr, y->attr_bytes);
}

void reel__vjp_zero(reel_node *y, reel_node *g, const bool *need,
                    reel_node **dx)
{
    (void)y, (void)g, (void)need, (void)dx; /* dx is NULL already */
}

reel_node *reel__jvp_zero(reel_node *y, reel_node *const *dx)
{
    (void)y, (void)dx;
    return NULL;
}
