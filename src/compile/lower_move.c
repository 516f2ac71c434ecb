/* compile/lower_move.c: movement ops. Most take no step: they are another view
 * (offset and strides) of their operand's buffer, and every kernel reads
 * strided operands.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "ops/ops.h"

bool reel__make_dense(reel__compiler *c, const reel_node *node)
{
    reel__arg from = reel__arg_of(c, node);
    return reel__new_value(c, node) &&
           reel__emit_copy(c, reel__shape_of(node), reel__arg_of(c, node),
                           from);
}

static bool view(reel__compiler *c, const reel_node *node, reel__view *out)
{
    const reel_node *x = node->in[0];
    const reel__value *v = reel__value_of(c, x);
    reel__view in = {.offset = v->offset};
    memcpy(in.stride, v->stride, x->ndim * sizeof *v->stride);
    return node->op->view(node, &in, out);
}

bool reel__lower_view(reel__compiler *c, reel_node *node)
{
    const reel_node *x = node->in[0];
    reel__view v = {0, {0}};
    if (!view(c, node, &v) && (!reel__make_dense(c, x) || !view(c, node, &v)))
        return reel__fail(c->tape, REEL_ESHAPE, node->op->name,
                          "no view of a dense operand");
    if (!reel__set_view(c, node, reel__value_of(c, x)->buffer, v.offset,
                        v.stride))
        return false;
    return !c->plain || reel__make_dense(c, node);
}

/* A buffer that several steps fill is folded only if all of them can be. */
static bool new_value_of_parts(reel__compiler *c, const reel_node *node)
{
    bool constant = true;
    for (uint32_t i = 0; i < node->arity; i++)
        constant &= c->buffer[reel__value_of(c, node->in[i])->buffer].constant;
    if (!reel__new_value(c, node))
        return false;
    c->buffer[reel__value_of(c, node)->buffer].written = !constant;
    return true;
}

bool reel__lower_concat(reel__compiler *c, reel_node *node)
{
    const reel__axis *attr = node->attr;
    if (!new_value_of_parts(c, node))
        return false;
    reel__arg to = reel__arg_of(c, node);
    for (uint32_t i = 0; i < node->arity; i++) {
        const reel_node *x = node->in[i];
        if (!reel__emit_copy(c, reel__shape_of(x), to, reel__arg_of(c, x)))
            return false;
        to.offset += to.stride[attr->axis] * x->dim[attr->axis];
    }
    return true;
}

bool reel__lower_pad(reel__compiler *c, reel_node *node)
{
    const reel__padding *attr = node->attr;
    const reel_node *x = node->in[0];
    reel_shape shape = reel__shape_of(node);
    reel__attributes a = {{attr->value}, {0}};
    if (!new_value_of_parts(c, node))
        return false;
    reel__arg to = reel__arg_of(c, node);
    reel__plan_of_step fill = {.kernel = REEL__K_fill, .in = to.dtype,
                               .out = to.dtype, .arg = {to}, .attributes = &a};
    if (!reel__emit_elementwise(c, &fill, &shape))
        return false;
    for (int i = 0; i < node->ndim; i++) {
        to.offset += attr->before[i] * to.stride[i];
        to.stride[i] *= attr->inner[i] + 1;
    }
    return reel__emit_copy(c, reel__shape_of(x), to, reel__arg_of(c, x));
}
