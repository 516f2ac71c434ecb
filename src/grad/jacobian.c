/* grad/jacobian.c: dense Jacobians and Hessians, and products with the latter,
 * made of sweeps.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "grad/path.h"

/* ------------------------------------------------------------------ checks */

/* Dimensions of y, then of x. */
static bool shape_of(const char *what, const reel_node *y, const reel_node *x,
                     reel_shape *shape)
{
    char of_y[REEL__SHAPE_TEXT], of_x[REEL__SHAPE_TEXT];
    if (y->ndim + x->ndim > REEL_MAX_DIMS)
        return reel__fail(y->tape, REEL_ESHAPE, what,
                          "%s by %s makes more than %d dimensions: reshape",
                          reel__node_shape_text(y, of_y),
                          reel__node_shape_text(x, of_x), REEL_MAX_DIMS);
    shape->ndim = y->ndim + x->ndim;
    for (int i = 0; i < y->ndim; i++)
        shape->dim[i] = y->dim[i];
    for (int i = 0; i < x->ndim; i++)
        shape->dim[y->ndim + i] = x->dim[i];
    return true;
}

static bool few_sweeps(const char *what, const reel_node *y,
                       const reel_node *x, int64_t sweeps)
{
    char of_y[REEL__SHAPE_TEXT], of_x[REEL__SHAPE_TEXT];
    return sweeps <= REEL_JACOBIAN_SWEEPS ||
           reel__fail(y->tape, REEL_EVALUE, what,
                      "%s by %s takes %" PRId64 " sweeps, more than %d: use "
                      "products with it (reel_vjp, reel_jvp, reel_hvp)",
                      reel__node_shape_text(y, of_y),
                      reel__node_shape_text(x, of_x), sweeps,
                      REEL_JACOBIAN_SWEEPS);
}

/* ------------------------------------------------------------------- sweeps */

/* Ones on the diagonal, in x's dtype, a row for each element of x. */
static reel_node *identity(const char *what, const reel_node *x)
{
    reel_tape *t = x->tape;
    reel_dtype dtype = (reel_dtype)x->dtype;
    int64_t n = reel_count(x);
    size_t bytes = (size_t)n * (size_t)n * reel_dtype_size(dtype);
    void *ones = reel__alloc_zeroed(&t->allocator, bytes);
    if (!ones)
        return reel__no_memory(t, what);
    for (int64_t i = 0; i < n; i++)
        reel__store(dtype, ones, i * n + i, 1);
    reel_node *node = reel_constant(t, dtype, (reel_shape){2, {n, n}}, ones);
    reel__free(&t->allocator, ones, bytes);
    return node;
}

/* Row i of the identity, in x's shape: a view, no copy. */
static reel_node *unit(reel_node *identity, int64_t i, const reel_node *x)
{
    if (!identity)
        return NULL;
    const int64_t start[] = {i, 0}, stop[] = {i + 1, identity->dim[1]};
    return reel_reshape(reel_slice(identity, start, stop, NULL),
                        reel__shape_of(x));
}

/* A row or a column, as a vector. */
static reel_node *sweep(reel_node *y, reel_node *x, reel_node *one,
                        bool forward)
{
    reel_node *slope = NULL;
    if (!one)
        return NULL;
    if (forward)
        slope = reel_jvp(y, (reel_nodes){1, &x}, (reel_nodes){1, &one});
    else
        reel_vjp(y, one, (reel_nodes){1, &x}, &slope);
    return slope ? reel_reshape(slope, (reel_shape){1, {reel_count(slope)}})
                 : NULL;
}

/* The matrix; it has one element at least. */
static reel_node *dense(const char *what, reel_node *y, reel_node *x,
                        bool forward)
{
    reel_tape *t = y->tape;
    const reel_node *along = forward ? x : y;
    size_t n = (size_t)reel_count(along);
    if (!few_sweeps(what, y, x, reel_count(along)))
        return NULL;
    reel_node **slope = reel__alloc(&t->allocator, n * sizeof *slope);
    if (!slope)
        return reel__no_memory(t, what);
    reel_node *ones = identity(what, along), *all = NULL;
    size_t i = 0;
    while (i < n && (slope[i] = sweep(y, x, unit(ones, (int64_t)i, along),
                                      forward)) != NULL)
        i++;
    if (i == n)
        all = reel_stack((reel_nodes){n, slope}, forward ? 1 : 0);
    reel__free(&t->allocator, slope, n * sizeof *slope);
    return all;
}

static reel_node *jacobian(const char *what, reel_node *y, reel_node *x)
{
    reel_shape shape;
    bool forward = reel_count(x) <= reel_count(y);
    if (!shape_of(what, y, x, &shape))
        return NULL;
    if (!reel__shape_valid(shape))
        return reel__fail(y->tape, REEL_ESHAPE, what, "too many elements");
    if (reel_shape_count(shape) == 0)
        return reel_full(y->tape, (reel_dtype)y->dtype, shape, 0);
    reel_mark mark = reel_tape_mark(y->tape);
    reel_node *all = dense(what, y, x, forward);
    if (forward && y->tape->status == REEL_EGRAD) {
        /* A custom op without jvp, maybe: what the other way comes to counts. */
        reel_tape_rewind(y->tape, mark);
        all = dense(what, y, x, false);
    }
    return all ? reel_reshape(reel_cast(all, (reel_dtype)y->dtype), shape)
               : NULL;
}

/* ------------------------------------------------------------------- public */

reel_node *reel_jacobian(reel_node *y, reel_node *x)
{
    if (reel__check_nodes("jacobian", y, (reel_nodes){1, &x}) != REEL_OK)
        return NULL;
    return jacobian("jacobian", y, x);
}

reel_node *reel_hessian(reel_node *loss, reel_node *x)
{
    reel_node *g = reel_gradient(loss, x);
    return g ? jacobian("hessian", g, x) : NULL;
}

reel_node *reel_hvp(reel_node *loss, reel_node *x, reel_node *v)
{
    reel_node *g = reel_gradient(loss, x);
    return g ? reel_jvp(g, (reel_nodes){1, &x}, (reel_nodes){1, &v}) : NULL;
}
