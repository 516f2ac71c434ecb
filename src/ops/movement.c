/* ops/movement.c: permute, expand, flip and transpose. They compute nothing:
 * each tells where its elements lie in the memory of its operand (op->view), as
 * offset and strides.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/ops.h"
#include "ops/samples.h"

reel_axes reel__axes_of(uint32_t mask)
{
    reel_axes axes = {0, {0}};
    for (int i = 0; i < REEL_MAX_DIMS; i++)
        if (mask >> i & 1)
            axes.axis[axes.count++] = i;
    return axes;
}

/* out[i] = in[the same place under strides of the operand], for all views. */
static void read_strided(reel__eval *e, int64_t offset, const int64_t *stride)
{
    reel_shape shape = e->out->shape;
    int64_t index[REEL_MAX_DIMS] = {0};
    int64_t n = reel_shape_count(shape);
    for (int64_t i = 0; i < n; i++) {
        e->out->data[i] =
            e->in[0].data[offset + reel__flat(shape.ndim, index, stride)];
        reel__next_index(shape, index);
    }
}

/* ----------------------------------------------------------------- permute */

static bool permute_infer(reel__call *call)
{
    const reel__order_of_axes *o = call->attr;
    const reel_node *x = call->in[0];
    uint32_t seen = 0;
    call->dtype = (reel_dtype)x->dtype;
    call->shape.ndim = x->ndim;
    for (int i = 0; i < x->ndim; i++) {
        if (o->axis[i] >= x->ndim || seen >> o->axis[i] & 1)
            return reel__fail(call->tape, REEL_EVALUE, "permute",
                              "needs all %d axes, each once", x->ndim);
        seen |= 1u << o->axis[i];
        call->shape.dim[i] = x->dim[o->axis[i]];
    }
    return true;
}

reel_node *reel_permute(reel_node *x, reel_axes axes)
{
    reel__order_of_axes attr = {{0}};
    uint32_t mask;
    bool moves = false;
    if (!reel__given(x))
        return NULL;
    if (axes.count != x->ndim)
        return reel__fail(x->tape, REEL_EVALUE, "permute",
                          "needs all %d axes, each once", x->ndim);
    if (!reel__axes_mask(x->tape, "permute", x->ndim, axes, &mask))
        return NULL;
    for (int i = 0; i < axes.count; i++) {
        int axis = axes.axis[i] < 0 ? axes.axis[i] + x->ndim : axes.axis[i];
        attr.axis[i] = (uint8_t)axis;
        moves |= axis != i;
    }
    return moves ? reel__record(&reel__op_permute, &x, 1, &attr, sizeof attr)
                 : x;
}

reel_node *reel_transpose(reel_node *x)
{
    char text[REEL__SHAPE_TEXT];
    if (!reel__given(x))
        return NULL;
    if (x->ndim < 2)
        return reel__fail(x->tape, REEL_ESHAPE, "transpose",
                          "needs at least two dimensions: %s",
                          reel__node_shape_text(x, text));
    reel_axes axes = {x->ndim, {0, 1, 2, 3, 4, 5, 6, 7}};
    axes.axis[x->ndim - 2] = x->ndim - 1;
    axes.axis[x->ndim - 1] = x->ndim - 2;
    return reel_permute(x, axes);
}

static void permute_vjp(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    const reel__order_of_axes *o = y->attr;
    reel_axes inverse = {y->ndim, {0}};
    (void)need;
    for (int i = 0; i < y->ndim; i++)
        inverse.axis[o->axis[i]] = i;
    dx[0] = reel_permute(g, inverse);
}

static bool permute_view(const reel_node *y, const reel__view *x,
                         reel__view *out)
{
    const reel__order_of_axes *o = y->attr;
    out->offset = x->offset;
    for (int i = 0; i < y->ndim; i++)
        out->stride[i] = x->stride[o->axis[i]];
    return true;
}

static void permute_reference(reel__eval *e)
{
    const reel__order_of_axes *o = e->attr;
    int64_t dense[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    reel__dense_strides(e->in[0].shape, dense);
    for (int i = 0; i < e->out->shape.ndim; i++)
        stride[i] = dense[o->axis[i]];
    read_strided(e, 0, stride);
}

REEL__BUILD(permute_cycle, reel_permute(in[0], REEL_AXES(2, 0, 1)))
REEL__BUILD(permute_negative, reel_permute(in[0], REEL_AXES(0, -1, 1, -2)))
REEL__BUILD(permute_transpose, reel_transpose(in[0]))
REEL__BUILD(permute_of_permute,
            reel_transpose(reel_permute(in[0], REEL_AXES(1, 2, 0))))

static const reel__sample permute_samples[] = {
    {.what = "cycle", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = permute_cycle},
    {.what = "negative axes", .nin = 1, .in = {REEL__REALS(-2, 2, 2, 3, 1, 4)},
     .build = permute_negative},
    {.what = "transpose", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 17)},
     .build = permute_transpose},
    {.what = "transpose of a row", .nin = 1, .in = {REEL__REALS(-2, 2, 1, 5)},
     .build = permute_transpose},
    {.what = "of a permute", .nin = 1, .in = {REEL__REALS(-2, 2, 2, 3, 4)},
     .build = permute_of_permute},
    {.what = "empty", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = permute_transpose, .value_only = true},
    {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 0, 256, 3, 4)},
     .build = permute_transpose, .value_only = true},
};

const reel__op reel__op_permute = {
    .name = "permute",
    .arity = 1,
    .lowering = REEL__LOWER_VIEW,
    .infer = permute_infer,
    .vjp = permute_vjp,
    .jvp = reel__jvp_linear,
    .view = permute_view,
    .reference = permute_reference,
    REEL__SAMPLES(permute_samples),
};

/* ------------------------------------------------------------------ expand */

static bool expand_infer(reel__call *call)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT];
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    if (!reel__take_sizes(call, call->attr))
        return false;
    int lead = call->shape.ndim - x->ndim;
    bool fits = lead >= 0;
    for (int i = 0; fits && i < x->ndim; i++)
        fits = x->dim[i] == 1 || x->dim[i] == call->shape.dim[lead + i];
    return fits || reel__fail(call->tape, REEL_ESHAPE, "expand",
                              "%s does not broadcast to %s",
                              reel__node_shape_text(x, a),
                              reel__shape_text(call->shape, b));
}

reel_node *reel_expand(reel_node *x, reel_shape shape)
{
    if (!reel__given(x))
        return NULL;
    if (reel__shape_equal(reel__shape_of(x), shape))
        return x;
    reel__sizes attr = reel__sizes_of(shape);
    return reel__record(&reel__op_expand, &x, 1, &attr, sizeof attr);
}

/* Axes of the result along which the operand is repeated. */
static uint32_t repeated(reel_shape y, reel_shape x)
{
    int lead = y.ndim - x.ndim;
    uint32_t mask = (1u << lead) - 1;
    for (int i = 0; i < x.ndim; i++)
        if (x.dim[i] != y.dim[lead + i])
            mask |= 1u << (lead + i);
    return mask;
}

static void expand_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    reel_shape x = reel__shape_of(y->in[0]);
    uint32_t mask = repeated(reel__shape_of(y), x);
    (void)need;
    dx[0] = reel_reshape(reel_sum(g, reel__axes_of(mask), false), x);
}

static bool expand_view(const reel_node *y, const reel__view *x,
                        reel__view *out)
{
    int lead = y->ndim - y->in[0]->ndim;
    uint32_t mask = repeated(reel__shape_of(y), reel__shape_of(y->in[0]));
    out->offset = x->offset;
    for (int i = 0; i < y->ndim; i++)
        out->stride[i] = mask >> i & 1 ? 0 : x->stride[i - lead];
    return true;
}

static void expand_reference(reel__eval *e)
{
    reel_shape x = e->in[0].shape, y = e->out->shape;
    uint32_t mask = repeated(y, x);
    int64_t dense[REEL_MAX_DIMS] = {0}, stride[REEL_MAX_DIMS] = {0};
    reel__dense_strides(x, dense);
    for (int i = 0; i < y.ndim; i++)
        stride[i] = mask >> i & 1 ? 0 : dense[i - (y.ndim - x.ndim)];
    read_strided(e, 0, stride);
}

REEL__BUILD(expand_rows, reel_expand(in[0], REEL_SHAPE(3, 5)))
REEL__BUILD(expand_inner, reel_expand(in[0], REEL_SHAPE(2, 3, 7, 5)))
REEL__BUILD(expand_to_nothing, reel_expand(in[0], REEL_SHAPE(0, 5)))

static const reel__sample expand_samples[] = {
    {.what = "new axis", .nin = 1, .in = {REEL__REALS(-2, 2, 5)},
     .build = expand_rows},
    {.what = "column", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 1)},
     .build = expand_rows},
    {.what = "scalar", .nin = 1, .in = {REEL__REAL_SCALAR(-2, 2)},
     .build = expand_rows},
    {.what = "several axes", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 1, 5)},
     .build = expand_inner},
    {.what = "to no element", .nin = 1, .in = {REEL__REALS(-2, 2, 1, 5)},
     .build = expand_to_nothing, .value_only = true},
};

const reel__op reel__op_expand = {
    .name = "expand",
    .arity = 1,
    .lowering = REEL__LOWER_VIEW,
    .infer = expand_infer,
    .vjp = expand_vjp,
    .jvp = reel__jvp_linear,
    .view = expand_view,
    .reference = expand_reference,
    REEL__SAMPLES(expand_samples),
};

/* -------------------------------------------------------------------- flip */

static bool flip_infer(reel__call *call)
{
    const reel__axes *a = call->attr;
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    call->shape = reel__shape_of(x);
    return a->mask >> x->ndim == 0 ||
           reel__fail(call->tape, REEL_EVALUE, "flip",
                      "axes beyond the last of %d", x->ndim);
}

reel_node *reel_flip(reel_node *x, reel_axes axes)
{
    reel__axes attr = {0, 0};
    if (!reel__given(x) ||
        !reel__axes_mask(x->tape, "flip", x->ndim, axes, &attr.mask))
        return NULL;
    return attr.mask ? reel__record(&reel__op_flip, &x, 1, &attr, sizeof attr)
                     : x;
}

static void flip_vjp(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    const reel__axes *a = y->attr;
    (void)need;
    dx[0] = reel_flip(g, reel__axes_of(a->mask));
}

/* Turns the masked axes round: from their last element, backwards. */
static int64_t turn(reel_shape shape, uint32_t mask, int64_t *stride)
{
    int64_t offset = 0;
    for (int i = 0; i < shape.ndim; i++) {
        if (mask >> i & 1 && shape.dim[i] > 0) {
            offset += (shape.dim[i] - 1) * stride[i];
            stride[i] = -stride[i];
        }
    }
    return offset;
}

static bool flip_view(const reel_node *y, const reel__view *x, reel__view *out)
{
    const reel__axes *a = y->attr;
    *out = *x;
    out->offset += turn(reel__shape_of(y), a->mask, out->stride);
    return true;
}

static void flip_reference(reel__eval *e)
{
    const reel__axes *a = e->attr;
    int64_t stride[REEL_MAX_DIMS] = {0};
    reel__dense_strides(e->out->shape, stride);
    int64_t offset = turn(e->out->shape, a->mask, stride);
    read_strided(e, offset, stride);
}

REEL__BUILD(flip_first, reel_flip(in[0], REEL_AXES(0)))
REEL__BUILD(flip_outer, reel_flip(in[0], REEL_AXES(0, -1)))
REEL__BUILD(flip_all, reel_flip(in[0], REEL_ALL))
REEL__BUILD(flip_flat,
            reel_reshape(reel_flip(in[0], REEL_ALL), REEL_SHAPE(105)))

static const reel__sample flip_samples[] = {
    {.what = "axis 0", .nin = 1, .in = {REEL__REALS(-2, 2, 7)},
     .build = flip_first},
    {.what = "two axes", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = flip_outer},
    {.what = "all axes", .nin = 1, .in = {REEL__REALS(-2, 2, 4, 1, 3)},
     .build = flip_all},
    {.what = "reshaped", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = flip_flat},
    {.what = "empty", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = flip_outer, .value_only = true},
};

const reel__op reel__op_flip = {
    .name = "flip",
    .arity = 1,
    .lowering = REEL__LOWER_VIEW,
    .infer = flip_infer,
    .vjp = flip_vjp,
    .jvp = reel__jvp_linear,
    .view = flip_view,
    .reference = flip_reference,
    REEL__SAMPLES(flip_samples),
};
