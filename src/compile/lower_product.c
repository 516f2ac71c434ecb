/* compile/lower_product.c: steps that sum over axes: reductions, rows, matrix
 * products.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "kernels/chain.h"
#include "ops/ops.h"

/* How much work a thread takes at a time, in elements. The cut depends on sizes
 * alone, never on the number of threads. */
#define ELEMENTS_A_THREAD 16384
#define SHORTEST_ROW 16 /* that is reduced by itself */

static int64_t take(int64_t work, int64_t work_a_unit, int64_t least)
{
    int64_t units = work / (work_a_unit > 0 ? work_a_unit : 1);
    return units > least ? units : least;
}

static uint32_t reduced_axes(const reel_node *node)
{
    if (node->op->kernel == REEL__K_argmax ||
        node->op->kernel == REEL__K_argmin)
        return (uint32_t)1 << ((const reel__axis *)node->attr)->axis;
    return ((const reel__axes *)node->attr)->mask;
}

/* dim and operand 1 of the step: the kept axes, then the reduced ones. Returns
 * the number of kept ones. */
static int arrange(int ndim, const int64_t *dim, reel__arg from, uint32_t mask,
                   reel__plan_of_step *s)
{
    int kept = 0;
    s->arg[1] = from;
    s->ndim = 0;
    for (uint32_t reduced = 0; reduced < 2; reduced++) {
        for (int i = 0; i < ndim; i++) {
            if ((mask >> i & 1) != reduced)
                continue;
            s->dim[s->ndim] = dim[i];
            s->arg[1].stride[s->ndim++] = from.stride[i];
            kept += !reduced;
        }
    }
    s->nred = s->ndim - kept;
    return kept;
}

static int64_t points(const reel__plan_of_step *s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= s->dim[i];
    return n;
}

/* One step of a reduction, to a result that is dense over the kept axes,
 * whatever keepdims added. */
static bool emit_reduction(reel__compiler *c, const reel_node *node, int ndim,
                           reel__arg from, uint32_t mask, reel__arg to)
{
    reel__plan_of_step s = {.kernel = (reel__kernel_id)node->op->kernel,
                            .in = from.dtype,
                            .out = to.dtype,
                            .nin = 1};
    int kept = arrange(ndim, node->in[0]->dim, from, mask, &s);
    s.arg[0] = to;
    int64_t stride = 1;
    for (int i = s.ndim; i-- > 0;) {
        s.arg[0].stride[i] = i < kept ? stride : 0;
        if (i < kept)
            stride *= s.dim[i];
    }
    s.units = points(&s, 0, kept);
    s.grain = take(ELEMENTS_A_THREAD, points(&s, kept, s.ndim), 64);
    return reel__emit(c, &s);
}

/* Whether the last axis goes first, in a step of its own: that can join the
 * chain that makes the elements, and be shared by threads. */
static bool rows_go_first(const reel__compiler *c, const reel_node *node,
                          uint32_t mask)
{
    const reel_node *x = node->in[0];
    int last = x->ndim - 1;
    bool all_alike = node->op->kernel == REEL__K_sum ||
                     node->op->kernel == REEL__K_max ||
                     node->op->kernel == REEL__K_min;
    return !c->plain && all_alike && reel_dtype_of(x) == reel_dtype_of(node) &&
           x->op->lowering == REEL__LOWER_ELEMENTWISE && last > 0 &&
           (mask >> last & 1) && (mask & (((uint32_t)1 << last) - 1)) &&
           x->dim[last] >= SHORTEST_ROW &&
           x->dim[last] <= REEL__CHAIN_LONGEST &&
           reel_count(x) >= 2 * ELEMENTS_A_THREAD;
}

/* *from, the operand, becomes it less its last axis, which a step reduces. */
static bool reduce_rows(reel__compiler *c, const reel_node *node,
                        reel__arg *from)
{
    const reel_node *x = node->in[0];
    int last = x->ndim - 1;
    reel__arg rows = {.dtype = from->dtype};
    int64_t count = 1;
    for (int i = last; i-- > 0; count *= x->dim[i])
        rows.stride[i] = count;
    size_t bytes = (size_t)count * reel_dtype_size(rows.dtype);
    rows.buffer = reel__new_buffer(c, bytes, REEL__BASE_ARENA);
    if (rows.buffer == REEL__NONE ||
        !emit_reduction(c, node, x->ndim, *from, (uint32_t)1 << last, rows))
        return false;
    *from = rows;
    return true;
}

bool reel__lower_reduce(reel__compiler *c, reel_node *node)
{
    uint32_t mask = reduced_axes(node);
    int ndim = node->in[0]->ndim;
    reel__arg from = reel__arg_of(c, node->in[0]);
    if (!reel__new_value(c, node))
        return false;
    if (rows_go_first(c, node, mask)) {
        if (!reduce_rows(c, node, &from))
            return false;
        ndim--;
        mask &= ((uint32_t)1 << ndim) - 1;
    }
    return emit_reduction(c, node, ndim, from, mask, reel__arg_of(c, node));
}

bool reel__lower_rows(reel__compiler *c, reel_node *node)
{
    reel_node *x = node->in[0];
    reel__plan_of_step s = {.kernel = (reel__kernel_id)node->op->kernel,
                            .in = reel_dtype_of(x),
                            .out = reel_dtype_of(node),
                            .nin = 1};
    if (!reel__new_value(c, node))
        return false;
    uint32_t mask = reduced_axes(node);
    arrange(node->ndim, node->dim, reel__arg_of(c, node), mask, &s);
    reel__arg to = s.arg[1];
    int kept = arrange(x->ndim, x->dim, reel__arg_of(c, x), mask, &s);
    s.arg[0] = to;
    s.units = points(&s, 0, kept);
    s.grain = take(ELEMENTS_A_THREAD / 2, points(&s, kept, s.ndim), 1);
    return reel__emit(c, &s);
}

/* a [batch, m, k], b [batch, k, n] in the index space (batch, m, k, n). */
bool reel__lower_matmul(reel__compiler *c, reel_node *node)
{
    static const reel__attributes times_one = {.f = {1}};
    const reel_node *a = node->in[0], *b = node->in[1];
    int batch = node->ndim - 2, m = batch, k = batch + 1, n = batch + 2;
    reel__plan_of_step s = {.kernel = REEL__K_matmul,
                            .in = reel_dtype_of(a),
                            .out = reel_dtype_of(node),
                            .ndim = node->ndim + 1,
                            .nred = 1,
                            .nin = 2,
                            .attributes = &times_one};
    if (!reel__new_value(c, node))
        return false;
    s.arg[0] = reel__arg_of(c, node);
    s.arg[1] = reel__arg_of(c, a);
    s.arg[2] = reel__arg_of(c, b);
    memcpy(s.dim, node->dim, (size_t)batch * sizeof *s.dim);
    s.dim[m] = node->dim[m];
    s.dim[k] = a->dim[batch + 1];
    s.dim[n] = node->dim[batch + 1];
    s.arg[0].stride[n] = s.arg[0].stride[k];
    s.arg[0].stride[k] = 0;
    s.arg[1].stride[n] = 0;
    s.arg[2].stride[n] = s.arg[2].stride[k];
    s.arg[2].stride[k] = s.arg[2].stride[m];
    s.arg[2].stride[m] = 0;
    reel__task task = {.ndim = s.ndim, .dim = s.dim};
    for (int i = 0; i <= s.nin; i++)
        task.stride[i] = s.arg[i].stride;
    reel__share share = reel__product_share(&task, s.in);
    s.units = share.units;
    s.grain = share.grain;
    return reel__emit(c, &s);
}
