/* ops/reshape.c: the same elements in another shape: reshape, squeeze and
 * unsqueeze. A view where the operand's layout allows it.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "ops/ops.h"
#include "ops/samples.h"

/* ------------------------------------------------------------------- sizes */

reel__sizes reel__sizes_of(reel_shape shape)
{
    reel__sizes s = {shape.ndim, {0}};
    for (int i = 0; i < shape.ndim && i < REEL_MAX_DIMS; i++)
        s.dim[i] = shape.dim[i];
    return s;
}

bool reel__take_sizes(reel__call *call, const reel__sizes *sizes)
{
    char text[REEL__SHAPE_TEXT];
    if (sizes->ndim < 0 || sizes->ndim > REEL_MAX_DIMS)
        return reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                          "%" PRId64 " dimensions: give 0 to %d", sizes->ndim,
                          REEL_MAX_DIMS);
    call->shape.ndim = (int)sizes->ndim;
    memcpy(call->shape.dim, sizes->dim, sizeof sizes->dim);
    if (!reel__shape_valid(call->shape))
        return reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                          "%s has a negative size or too many elements",
                          reel__shape_text(call->shape, text));
    return true;
}

/* ----------------------------------------------------------------- reshape */

static bool reshape_infer(reel__call *call)
{
    char text[REEL__SHAPE_TEXT];
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    if (!reel__take_sizes(call, call->attr))
        return false;
    if (reel_shape_count(call->shape) == reel_count(x))
        return true;
    return reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                      "%" PRId64 " elements do not fit %s", reel_count(x),
                      reel__shape_text(call->shape, text));
}

/* Puts what is left in the place of a size -1. */
static bool fill_in(reel_node *x, reel_shape *shape)
{
    char text[REEL__SHAPE_TEXT];
    int open = -1;
    for (int i = 0; i < shape->ndim && i < REEL_MAX_DIMS; i++) {
        if (shape->dim[i] == -1 && open >= 0)
            return reel__fail(x->tape, REEL_ESHAPE, "reshape",
                              "%s: only one size may be -1",
                              reel__shape_text(*shape, text));
        if (shape->dim[i] == -1)
            open = i;
    }
    reel_shape others = *shape;
    if (open >= 0)
        others.dim[open] = 1;
    if (open < 0 || !reel__shape_valid(others))
        return true; /* infer looks at it */
    int64_t n = reel_shape_count(others);
    if (n == 0 || reel_count(x) % n != 0)
        return reel__fail(x->tape, REEL_ESHAPE, "reshape",
                          "%" PRId64 " elements do not fit %s", reel_count(x),
                          reel__shape_text(*shape, text));
    shape->dim[open] = reel_count(x) / n;
    return true;
}

reel_node *reel_reshape(reel_node *x, reel_shape shape)
{
    if (!reel__given(x) || !fill_in(x, &shape))
        return NULL;
    if (reel__shape_equal(reel__shape_of(x), shape))
        return x;
    reel__sizes attr = reel__sizes_of(shape);
    return reel__record(&reel__op_reshape, &x, 1, &attr, sizeof attr);
}

static void reshape_vjp(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    (void)need;
    dx[0] = reel_reshape(g, reel__shape_of(y->in[0]));
}

/* Axes of more than one element, and where in the shape they stand. */
static int long_axes(const reel_node *x, int *axis)
{
    int n = 0;
    for (int i = 0; i < x->ndim; i++)
        if (x->dim[i] != 1)
            axis[n++] = i;
    return n;
}

/* Both shapes fall apart into the same series of groups: the fewest axes whose
 * sizes have one product. Within a group the elements of x must lie evenly, as
 * those of one axis; the group's axes in y then divide that axis. */
static bool reshape_view(const reel_node *y, const reel__view *x,
                         reel__view *out)
{
    const reel_node *in = y->in[0];
    int from[REEL_MAX_DIMS], to[REEL_MAX_DIMS];
    int froms = long_axes(in, from), tos = long_axes(y, to);
    *out = (reel__view){.offset = x->offset};
    if (reel_count(y) == 0)
        froms = tos = 0; /* nothing lies anywhere */
    for (int i = 0, j = 0; i < froms && j < tos;) {
        int64_t a = in->dim[from[i]], b = y->dim[to[j]];
        int first = j;
        while (a != b) {
            if (a > b) {
                b *= y->dim[to[++j]];
                continue;
            }
            int outer = from[i], inner = from[++i];
            if (x->stride[outer] != x->stride[inner] * in->dim[inner])
                return false;
            a *= in->dim[inner];
        }
        int64_t step = x->stride[from[i]];
        for (int k = j; k >= first; k--) {
            out->stride[to[k]] = step;
            step *= y->dim[to[k]];
        }
        i++, j++;
    }
    /* An axis of one element: as it would be in dense memory. */
    for (int i = y->ndim; i-- > 0;)
        if (y->dim[i] == 1)
            out->stride[i] =
                i + 1 < y->ndim ? out->stride[i + 1] * y->dim[i + 1] : 1;
    return true;
}

static void reshape_reference(reel__eval *e)
{
    int64_t n = reel_shape_count(e->out->shape);
    if (n > 0)
        memcpy(e->out->data, e->in[0].data, (size_t)n * sizeof *e->out->data);
}

REEL__BUILD(reshape_merge, reel_reshape(in[0], REEL_SHAPE(3, 35)))
REEL__BUILD(reshape_split, reel_reshape(in[0], REEL_SHAPE(2, 3, -1)))
REEL__BUILD(reshape_scalar, reel_reshape(in[0], REEL_SCALAR))
REEL__BUILD(reshape_transposed,
            reel_reshape(reel_transpose(in[0]), REEL_SHAPE(21, 5)))
REEL__BUILD(reshape_ones, reel_reshape(in[0], REEL_SHAPE(1, 7, 1, 3, 1)))
REEL__BUILD(reshape_repeated,
            reel_reshape(reel_expand(in[0], REEL_SHAPE(2, 3, 4)),
                         REEL_SHAPE(6, 4)))
REEL__BUILD(reshape_empty, reel_reshape(in[0], REEL_SHAPE(3, 0, 5)))

static const reel__sample reshape_samples[] = {
    {.what = "merge", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = reshape_merge},
    {.what = "split, -1", .nin = 1, .in = {REEL__REALS(-2, 2, 6, 4)},
     .build = reshape_split},
    {.what = "scalar", .nin = 1, .in = {REEL__REALS(-2, 2, 1, 1)},
     .build = reshape_scalar},
    {.what = "of a transpose", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = reshape_transposed},
    {.what = "axes of one", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 3)},
     .build = reshape_ones},
    {.what = "of an expand", .nin = 1, .in = {REEL__REALS(-2, 2, 4)},
     .build = reshape_repeated},
    {.what = "empty", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = reshape_empty, .value_only = true},
};

const reel__op reel__op_reshape = {
    .name = "reshape",
    .arity = 1,
    .lowering = REEL__LOWER_VIEW,
    .infer = reshape_infer,
    .vjp = reshape_vjp,
    .jvp = reel__jvp_linear,
    .view = reshape_view,
    .reference = reshape_reference,
    REEL__SAMPLES(reshape_samples),
};

reel_node *reel_unsqueeze(reel_node *x, int axis)
{
    uint32_t at;
    if (!reel__given(x))
        return NULL;
    reel_shape s = reel__shape_of(x);
    if (s.ndim == REEL_MAX_DIMS)
        return reel__fail(x->tape, REEL_ESHAPE, "unsqueeze",
                          "has %d dimensions already: no more are possible",
                          REEL_MAX_DIMS);
    if (!reel__axis_index(x->tape, "unsqueeze", s.ndim + 1, axis, &at))
        return NULL;
    for (int i = s.ndim++; i > (int)at; i--)
        s.dim[i] = s.dim[i - 1];
    s.dim[at] = 1;
    return reel_reshape(x, s);
}

reel_node *reel_squeeze(reel_node *x, int axis)
{
    uint32_t at;
    char text[REEL__SHAPE_TEXT];
    if (!reel__given(x) ||
        !reel__axis_index(x->tape, "squeeze", x->ndim, axis, &at))
        return NULL;
    if (x->dim[at] != 1)
        return reel__fail(x->tape, REEL_ESHAPE, "squeeze",
                          "axis %d of %s has size %" PRId64 ": needs 1", axis,
                          reel__node_shape_text(x, text), x->dim[at]);
    return reel_reshape(
        x, reel__reduced_shape(reel__shape_of(x), 1u << at, false));
}
