/* ops/attributes.c: the table of attributes. An op that has some and is not
 * here cannot be saved; test_save goes over all ops.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/attributes.h"
#include "ops/ops.h"

#define REAL(name, i) {name, REEL__FIELD_REAL, i * sizeof(double)}
#define FIELD(name, kind, type, member) \
    {name, REEL__FIELD_##kind, offsetof(type, member)}
#define FORM(name, type, ...) {&reel__op_##name, sizeof(type), {__VA_ARGS__}}

#define AXES FIELD("axes", AXIS_SET, reel__axes, mask)
#define KEEPS FIELD("keepdims", TRUTH, reel__axes, keepdims)
#define AXIS FIELD("axis", AXIS, reel__axis, axis)
#define KEEPS_AXIS FIELD("keepdims", TRUTH, reel__axis, keepdims)

static const reel__attributes_form forms[] = {
    FORM(leaky_relu, reel__reals, REAL("slope", 0)),
    FORM(elu, reel__reals, REAL("alpha", 0)),
    FORM(clamp, reel__reals, REAL("low", 0), REAL("high", 1)),
    FORM(affine, reel__reals, REAL("scale", 0), REAL("offset", 1)),
    FORM(cast, reel__count, FIELD("to", DTYPE, reel__count, n)),
    FORM(sum, reel__axes, AXES, KEEPS),
    FORM(max, reel__axes, AXES, KEEPS),
    FORM(min, reel__axes, AXES, KEEPS),
    FORM(logsumexp, reel__axes, AXES, KEEPS),
    FORM(softmax, reel__axes, AXES),
    FORM(log_softmax, reel__axes, AXES),
    FORM(flip, reel__axes, AXES),
    FORM(argmax, reel__axis, AXIS, KEEPS_AXIS),
    FORM(argmin, reel__axis, AXIS, KEEPS_AXIS),
    FORM(concat, reel__axis, AXIS),
    FORM(reshape, reel__sizes, {"to", REEL__FIELD_SHAPE, 0}),
    FORM(expand, reel__sizes, {"to", REEL__FIELD_SHAPE, 0}),
    FORM(permute, reel__order_of_axes,
         FIELD("axes", ORDER, reel__order_of_axes, axis)),
    FORM(slice, reel__ranges, FIELD("start", LENGTHS, reel__ranges, start),
         FIELD("step", LENGTHS, reel__ranges, step),
         FIELD("size", LENGTHS, reel__ranges, size)),
    FORM(pad, reel__padding, FIELD("before", LENGTHS, reel__padding, before),
         FIELD("after", LENGTHS, reel__padding, after),
         FIELD("inner", LENGTHS, reel__padding, inner),
         FIELD("value", REAL, reel__padding, value)),
    FORM(scatter_add, reel__count, FIELD("n", INTEGER, reel__count, n)),
    FORM(place, reel__count, FIELD("n", INTEGER, reel__count, n)),
    FORM(one_hot, reel__count, FIELD("n", INTEGER, reel__count, n),
         FIELD("to", DTYPE, reel__count, dtype)),
    FORM(uniform, reel__draw, FIELD("seed", SEED, reel__draw, seed),
         FIELD("shape", SHAPE, reel__draw, sizes),
         FIELD("to", DTYPE, reel__draw, dtype)),
};

const reel__attributes_form *reel__attributes_form_of(const reel__op *op)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].op == op)
            return &forms[i];
    return NULL;
}
