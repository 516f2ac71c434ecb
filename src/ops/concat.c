/* ops/concat.c: joining along an axis, and cutting into equal parts.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "ops/ops.h"
#include "ops/samples.h"

/* ------------------------------------------------------------------ concat */

/* Of one dtype and, but for the axis, one shape. */
static bool fit(const reel_node *a, const reel_node *b, uint32_t axis)
{
    if (a->ndim != b->ndim || a->dtype != b->dtype)
        return false;
    for (int i = 0; i < a->ndim; i++)
        if (i != (int)axis && a->dim[i] != b->dim[i])
            return false;
    return true;
}

static void *misfit(reel_tape *tape, const char *op, const reel_node *first,
                    const reel_node *other, size_t place)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT];
    return reel__fail(tape, first->dtype == other->dtype ? REEL_ESHAPE
                                                         : REEL_EDTYPE,
                      op, "node %zu is %s %s, which does not fit the first, "
                      "%s %s",
                      place, reel_dtype_name((reel_dtype)other->dtype),
                      reel__node_shape_text(other, b),
                      reel_dtype_name((reel_dtype)first->dtype),
                      reel__node_shape_text(first, a));
}

static bool concat_infer(reel__call *call)
{
    const reel__axis *a = call->attr;
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    call->shape = reel__shape_of(x);
    if (a->axis >= x->ndim)
        return reel__fail(call->tape, REEL_EVALUE, "concat",
                          "axis %u is out of range for %d dimensions",
                          (unsigned)a->axis, x->ndim);
    int64_t *sum = &call->shape.dim[a->axis];
    for (size_t i = 1; i < call->nin; i++) {
        if (!fit(x, call->in[i], a->axis))
            return misfit(call->tape, "concat", x, call->in[i], i);
        *sum += call->in[i]->dim[a->axis]; /* each below INT64_MAX / 32 */
        if (!reel__shape_valid(call->shape))
            return reel__fail(call->tape, REEL_ESHAPE, "concat",
                              "the result has too many elements");
    }
    return true;
}

/* The first of a list that can be recorded with, else NULL. */
static reel_node *first_of(reel_nodes nodes)
{
    for (size_t i = 0; i < nodes.count; i++)
        if (!reel__given(nodes.node[i]))
            return NULL;
    return nodes.count ? nodes.node[0] : NULL;
}

reel_node *reel_concat(reel_nodes nodes, int axis)
{
    reel__axis attr = {0, 0};
    reel_node *x = first_of(nodes);
    if (!x || !reel__axis_index(x->tape, "concat", x->ndim, axis, &attr.axis))
        return NULL;
    if (nodes.count == 1)
        return x;
    return reel__record(&reel__op_concat, nodes.node, nodes.count, &attr,
                        sizeof attr);
}

static void concat_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    const reel__axis *a = y->attr;
    int64_t start[REEL_MAX_DIMS] = {0}, stop[REEL_MAX_DIMS] = {0};
    memcpy(stop, y->dim, y->ndim * sizeof *stop);
    for (uint32_t i = 0; i < y->arity; i++) {
        stop[a->axis] = start[a->axis] + y->in[i]->dim[a->axis];
        if (need[i])
            dx[i] = reel_slice(g, start, stop, NULL);
        start[a->axis] = stop[a->axis];
    }
}

static reel_node *concat_jvp(reel_node *y, reel_node *const *dx)
{
    const reel__axis *a = y->attr;
    const reel_allocator *allocator = &y->tape->allocator;
    size_t bytes = y->arity * sizeof(reel_node *);
    reel_node **part = reel__alloc(allocator, bytes);
    if (!part)
        return reel__no_memory(y->tape, "concat");
    for (uint32_t i = 0; i < y->arity; i++)
        part[i] = dx[i] ? dx[i] : reel__full_like(y->in[i], 0);
    reel_nodes parts = {y->arity, part};
    reel_node *result = reel_concat(parts, (int)a->axis);
    reel__free(allocator, part, bytes);
    return result;
}

/* Everything before the axis is a row; each operand gives its piece of it. */
static void join_rows(reel__eval *e, uint32_t axis)
{
    int64_t rows = 1, at = 0;
    for (uint32_t i = 0; i < axis; i++)
        rows *= e->out->shape.dim[i];
    for (int64_t row = 0; row < rows; row++) {
        for (size_t k = 0; k < e->nin; k++) {
            int64_t n = reel_shape_count(e->in[k].shape) / rows;
            for (int64_t i = 0; i < n; i++)
                e->out->data[at++] = e->in[k].data[row * n + i];
        }
    }
}

static void concat_reference(reel__eval *e)
{
    const reel__axis *a = e->attr;
    join_rows(e, a->axis);
}

REEL__BUILD(concat_first, reel_concat(REEL_NODES(in[0], in[1]), 0))
REEL__BUILD(concat_last, reel_concat(REEL_NODES(in[0], in[1], in[2]), -1))
REEL__BUILD(concat_self, reel_concat(REEL_NODES(in[0], in[0], in[0]), 1))
REEL__BUILD(concat_transposed,
            reel_concat(REEL_NODES(reel_transpose(in[0]), in[1]), 1))
REEL__BUILD(concat_many, reel_concat(REEL_NODES(in[0], in[1], in[0], in[1],
                                                in[0], in[0], in[1]), 0))

static const reel__sample concat_samples[] = {
    {.what = "axis 0", .nin = 2,
     .in = {REEL__REALS(-2, 2, 2, 3), REEL__REALS(-2, 2, 5, 3)},
     .build = concat_first},
    {.what = "last axis, one empty", .nin = 3,
     .in = {REEL__REALS(-2, 2, 3, 5, 7), REEL__REALS(-2, 2, 3, 5, 0),
            REEL__REALS(-2, 2, 3, 5, 1)},
     .build = concat_last},
    {.what = "with itself", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 7)},
     .build = concat_self},
    {.what = "a transpose", .nin = 2,
     .in = {REEL__REALS(-2, 2, 7, 3), REEL__REALS(-2, 2, 3, 4)},
     .build = concat_transposed},
    {.what = "seven", .nin = 2,
     .in = {REEL__REALS(-2, 2, 1), REEL__REALS(-2, 2, 3)},
     .build = concat_many},
};

const reel__op reel__op_concat = {
    .name = "concat",
    .arity = REEL__ANY_ARITY,
    .lowering = REEL__LOWER_CONCAT,
    .infer = concat_infer,
    .vjp = concat_vjp,
    .jvp = concat_jvp,
    .reference = concat_reference,
    REEL__SAMPLES(concat_samples),
};

/* ------------------------------------------------------------------- stack */

reel_node *reel_stack(reel_nodes nodes, int axis)
{
    uint32_t at;
    reel_node *x = first_of(nodes);
    if (!x || !reel__axis_index(x->tape, "stack", x->ndim + 1, axis, &at))
        return NULL;
    for (size_t i = 1; i < nodes.count; i++)
        if (!fit(x, nodes.node[i], REEL_MAX_DIMS))
            return misfit(x->tape, "stack", x, nodes.node[i], i);
    if (x->ndim == REEL_MAX_DIMS)
        return reel__fail(x->tape, REEL_ESHAPE, "stack",
                          "nodes have %d dimensions already: no more are "
                          "possible", REEL_MAX_DIMS);
    const reel_allocator *allocator = &x->tape->allocator;
    size_t bytes = nodes.count * sizeof(reel_node *);
    reel_node **part = reel__alloc(allocator, bytes);
    if (!part)
        return reel__no_memory(x->tape, "stack");
    for (size_t i = 0; i < nodes.count; i++)
        part[i] = reel_unsqueeze(nodes.node[i], (int)at);
    reel_nodes parts = {nodes.count, part};
    reel_node *result = reel_concat(parts, (int)at);
    reel__free(allocator, part, bytes);
    return result;
}

static void stack_reference(reel__eval *e)
{
    const reel__axis *a = e->attr;
    join_rows(e, a->axis);
}

REEL__BUILD(stack_first, reel_stack(REEL_NODES(in[0], in[1]), 0))
REEL__BUILD(stack_last, reel_stack(REEL_NODES(in[0], in[1], in[2]), -1))

static const reel__axis axis_0 = {0, 0}, axis_2 = {2, 0};

static const reel__sample stack_samples[] = {
    {.what = "axis 0", .nin = 2,
     .in = {REEL__REALS(-2, 2, 3, 7), REEL__REALS(-2, 2, 3, 7)},
     .build = stack_first, .attr = &axis_0},
    {.what = "last axis", .nin = 3,
     .in = {REEL__REALS(-2, 2, 3, 5), REEL__REALS(-2, 2, 3, 5),
            REEL__REALS(-2, 2, 3, 5)},
     .build = stack_last, .attr = &axis_2},
    {.what = "scalars", .nin = 2,
     .in = {REEL__REAL_SCALAR(-2, 2), REEL__REAL_SCALAR(-2, 2)},
     .build = stack_first, .attr = &axis_0},
};

const reel__op reel__op_stack = {
    .name = "stack",
    .arity = REEL__ANY_ARITY,
    .flags = REEL__COMPOSITE,
    .reference = stack_reference,
    REEL__SAMPLES(stack_samples),
};

/* ------------------------------------------------------------------- split */

reel_node *reel_split(reel_node *x, int axis, int parts, reel_node **part)
{
    uint32_t at;
    char text[REEL__SHAPE_TEXT];
    int64_t start[REEL_MAX_DIMS] = {0}, stop[REEL_MAX_DIMS] = {0};
    for (int i = 0; i < parts; i++)
        part[i] = NULL;
    if (!reel__given(x) ||
        !reel__axis_index(x->tape, "split", x->ndim, axis, &at))
        return NULL;
    if (parts < 1 || x->dim[at] % parts != 0)
        return reel__fail(x->tape, REEL_EVALUE, "split",
                          "axis %d of %s does not cut into %d equal parts",
                          axis, reel__node_shape_text(x, text), parts);
    memcpy(stop, x->dim, x->ndim * sizeof *stop);
    for (int i = 0; i < parts; i++) {
        stop[at] = start[at] + x->dim[at] / parts;
        part[i] = reel_slice(x, start, stop, NULL);
        if (!part[i]) {
            while (i > 0)
                part[--i] = NULL;
            return NULL;
        }
        start[at] = stop[at];
    }
    return part[0];
}

typedef struct cut { /* which of how many parts a sample gives */
    int axis, parts, which;
} cut;

static void split_reference(reel__eval *e)
{
    const cut *c = e->attr;
    int64_t inner = 1;
    for (int i = c->axis; i < e->in[0].shape.ndim; i++)
        inner *= e->in[0].shape.dim[i];
    int64_t piece = inner / c->parts, n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] =
            e->in[0].data[i / piece * inner + c->which * piece + i % piece];
}

static reel_node *split_part(reel_node *x, const cut *c)
{
    reel_node *part[4];
    return reel_split(x, c->axis, c->parts, part) ? part[c->which] : NULL;
}

static const cut first = {0, 2, 0}, middle = {1, 3, 1}, last = {2, 4, 3};

REEL__BUILD(split_first, split_part(in[0], &first))
REEL__BUILD(split_middle, split_part(in[0], &middle))
REEL__BUILD(split_last, split_part(in[0], &last))

static const reel__sample split_samples[] = {
    {.what = "first of 2", .nin = 1, .in = {REEL__REALS(-2, 2, 6)},
     .build = split_first, .attr = &first},
    {.what = "second of 3", .nin = 1, .in = {REEL__REALS(-2, 2, 5, 9, 2)},
     .build = split_middle, .attr = &middle},
    {.what = "last of 4, last axis", .nin = 1,
     .in = {REEL__REALS(-2, 2, 3, 5, 4)}, .build = split_last, .attr = &last},
};

const reel__op reel__op_split = {
    .name = "split",
    .arity = 1,
    .flags = REEL__COMPOSITE,
    .reference = split_reference,
    REEL__SAMPLES(split_samples),
};
