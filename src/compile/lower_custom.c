/* compile/lower_custom.c: steps of the user's own ops. A step is one call, by
 * one thread, on dense operands; it is never run while compiling, since it may
 * fail. What it needs of the node is copied: the program may outlive it.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "ops/custom.h"

static reel__custom_step *describe(reel__compiler *c, const reel_node *node)
{
    const reel__custom *a = node->attr;
    reel__arena *arena = &c->program->geometry;
    reel__custom_step *s = reel__arena_take(arena, sizeof *s);
    reel_custom_in *in = reel__arena_take(arena, node->arity * sizeof *in);
    reel__custom *kept = reel__arena_take(arena, node->attr_bytes);
    if (!s || !in || !kept)
        return reel__no_memory(c->tape, "compile");
    memcpy(kept, a, node->attr_bytes);
    for (uint32_t k = 0; k < node->arity; k++)
        in[k] = reel__custom_in_of(node->in[k]);
    *s = (reel__custom_step){
        .run = kept->run,
        .name = kept->name,
        .call = {.user = reel__custom_user(kept),
                 .nin = node->arity,
                 .in = in,
                 .out = {reel_dtype_of(node), reel__shape_of(node),
                         reel_count(node), NULL},
                 .operand = (size_t)kept->operand}};
    return s;
}

static bool make_operands_dense(reel__compiler *c, const reel_node *node)
{
    for (uint32_t k = 0; k < node->arity; k++) {
        const reel_node *x = node->in[k];
        if (!reel__is_dense(x, reel__value_of(c, x)) &&
            !reel__make_dense(c, x))
            return false;
    }
    return true;
}

static void give_operand(reel__compiler *c, const reel_node *node, int k,
                         reel__step *step)
{
    reel__arg arg = reel__arg_of(c, node);
    step->operand[k] = (reel__operand){
        .offset = arg.offset * (int64_t)reel_dtype_size(arg.dtype),
        .base = arg.buffer,
        .dtype = (uint16_t)arg.dtype,
        .written = k == 0};
}

bool reel__lower_custom(reel__compiler *c, reel_node *node)
{
    static const int64_t no_axes[1];
    reel__custom_step *custom = describe(c, node);
    reel__operand *operand = reel__arena_take(
        &c->scratch, (node->arity + 1) * sizeof *operand);
    if (!custom || !operand)
        return reel__no_memory(c->tape, "compile");
    if (!make_operands_dense(c, node) || !reel__new_value(c, node))
        return false;
    reel__step *step = reel__new_step(c, &c->program->steps);
    if (!step)
        return false;
    *step = (reel__step){.geometry = no_axes,
                         .operand = operand,
                         .custom = custom,
                         .units = 1,
                         .grain = 1,
                         .kernel = REEL__KERNELS, /* none of them */
                         .operands = (uint16_t)(node->arity + 1),
                         .own = 1};
    give_operand(c, node, 0, step);
    for (uint32_t k = 0; k < node->arity; k++)
        give_operand(c, node->in[k], (int)k + 1, step);
    c->buffer[operand[0].base].written = true;
    return reel__give_check(c, node, step);
}
