/* ops/assign.c: storing a value in a parameter or state at the end of a run.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/ops.h"

static bool assign_infer(reel__call *call)
{
    char text[2][REEL__SHAPE_TEXT];
    const reel_node *leaf = call->in[0], *value = call->in[1];
    if (leaf->op != &reel__op_parameter && leaf->op != &reel__op_state)
        return reel__fail(call->tape, REEL_EVALUE, "assign",
                          "only a parameter or state can be assigned to, "
                          "not %s",
                          leaf->op->name);
    if (leaf->dtype != value->dtype)
        return reel__fail(call->tape, REEL_EDTYPE, "assign",
                          "%s value for %s '%s': cast it (reel_cast)",
                          reel_dtype_name(reel_dtype_of(value)),
                          reel_dtype_name(reel_dtype_of(leaf)),
                          reel_name(leaf));
    call->dtype = reel_dtype_of(leaf);
    call->shape = reel__shape_of(leaf);
    if (!reel__shape_equal(call->shape, reel__shape_of(value)))
        return reel__fail(call->tape, REEL_ESHAPE, "assign",
                          "%s value for '%s' of shape %s",
                          reel__node_shape_text(value, text[0]),
                          reel_name(leaf),
                          reel__node_shape_text(leaf, text[1]));
    return true;
}

/* In the reference an assignment is its value. */
static void assign_reference(reel__eval *e)
{
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = e->in[1].data[i];
}

const reel__op reel__op_assign = {
    .name = "assign",
    .arity = 2,
    .flags = REEL__NO_GRADIENT,
    .lowering = REEL__LOWER_ASSIGN,
    .infer = assign_infer,
    .reference = assign_reference,
};

reel_node *reel_assign(reel_node *leaf, reel_node *value)
{
    reel_node *in[] = {leaf, value};
    return reel__record(&reel__op_assign, in, 2, NULL, 0);
}
