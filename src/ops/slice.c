/* ops/slice.c: slice, which takes a regular part of its operand (a view), and
 * pad, which puts elements around and between those of its operand. Each is
 * the other's gradient.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include "ops/ops.h"
#include "ops/samples.h"

/* ------------------------------------------------------------------- slice */

static bool slice_infer(reel__call *call)
{
    const reel__ranges *r = call->attr;
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    call->shape.ndim = x->ndim;
    for (int i = 0; i < x->ndim; i++) {
        int64_t start = r->start[i], step = r->step[i], size = r->size[i];
        call->shape.dim[i] = size;
        /* start + (size - 1) step < dim, without an overflow; start and step
         * that do not matter are bounded all the same: views use them. */
        if (start < 0 || step < 1 || size < 0 || start > x->dim[i] ||
            (step > 1 && step > x->dim[i]) ||
            (size > 0 && (start >= x->dim[i] ||
                          size - 1 > (x->dim[i] - 1 - start) / step)))
            return reel__fail(call->tape, REEL_EVALUE, "slice",
                              "%" PRId64 " elements from %" PRId64
                              " in steps of %" PRId64
                              " are not within axis %d of size %" PRId64,
                              size, start, step, i, x->dim[i]);
    }
    return true;
}

/* As Python reads a bound: from the end when negative, clipped. */
static int64_t bound(int64_t at, int64_t dim)
{
    if (at < 0)
        at += dim;
    return at < 0 ? 0 : at > dim ? dim : at;
}

reel_node *reel_slice(reel_node *x, const int64_t *start, const int64_t *stop,
                      const int64_t *step)
{
    reel__ranges r = {{0}, {0}, {0}};
    bool whole = true;
    if (!reel__given(x))
        return NULL;
    if (x->ndim > 0 && (!start || !stop))
        return reel__fail(x->tape, REEL_EVALUE, "slice",
                          "needs start and stop for each of %d axes", x->ndim);
    for (int i = 0; i < x->ndim; i++) {
        int64_t by = step ? step[i] : 1;
        int64_t from = bound(start[i], x->dim[i]);
        int64_t to = bound(stop[i], x->dim[i]);
        if (by < 1)
            return reel__fail(x->tape, REEL_EVALUE, "slice",
                              "step %" PRId64 " along axis %d: needs 1 or more "
                              "(reel_flip goes backwards)",
                              by, i);
        /* What does not matter is made one, so that equal slices are equal. */
        r.size[i] = to > from ? (to - from - 1) / by + 1 : 0;
        r.start[i] = r.size[i] > 0 ? from : 0;
        r.step[i] = r.size[i] > 1 ? by : 1;
        whole = whole && r.size[i] == x->dim[i];
    }
    return whole ? x : reel__record(&reel__op_slice, &x, 1, &r, sizeof r);
}

static void slice_vjp(reel_node *y, reel_node *g, const bool *need,
                      reel_node **dx)
{
    const reel__ranges *r = y->attr;
    int64_t after[REEL_MAX_DIMS] = {0}, inner[REEL_MAX_DIMS] = {0};
    (void)need;
    for (int i = 0; i < y->ndim; i++) {
        int64_t n = r->size[i], used = 0;
        if (n > 0)
            used = r->start[i] + (n - 1) * r->step[i] + 1;
        after[i] = y->in[0]->dim[i] - used;
        inner[i] = r->step[i] - 1;
    }
    dx[0] = reel_pad(g, r->start, after, inner, 0);
}

static bool slice_view(const reel_node *y, const reel__view *x,
                       reel__view *out)
{
    const reel__ranges *r = y->attr;
    out->offset = x->offset;
    for (int i = 0; i < y->ndim; i++) {
        out->offset += r->start[i] * x->stride[i];
        out->stride[i] = r->step[i] * x->stride[i];
    }
    return true;
}

static void slice_reference(reel__eval *e)
{
    const reel__ranges *r = e->attr;
    reel_shape shape = e->out->shape;
    int64_t index[REEL_MAX_DIMS] = {0}, stride[REEL_MAX_DIMS] = {0};
    int64_t n = reel_shape_count(shape);
    reel__dense_strides(e->in[0].shape, stride);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = 0;
        for (int k = 0; k < shape.ndim; k++)
            at += (r->start[k] + index[k] * r->step[k]) * stride[k];
        e->out->data[i] = e->in[0].data[at];
        reel__next_index(shape, index);
    }
}

#define I64(...) ((const int64_t[]){__VA_ARGS__})

REEL__BUILD(slice_middle, reel_slice(in[0], I64(1, 0, 2), I64(3, 5, 7), NULL))
REEL__BUILD(slice_steps,
            reel_slice(in[0], I64(1, 0), I64(17, 7), I64(3, 2)))
REEL__BUILD(slice_negative,
            reel_slice(in[0], I64(-3, -100), I64(-1, 100), NULL))
REEL__BUILD(slice_empty, reel_slice(in[0], I64(3, 0), I64(3, 7), NULL))
REEL__BUILD(slice_flat,
            reel_reshape(reel_slice(in[0], I64(0, 1), I64(17, 6), I64(2, 1)),
                         REEL_SHAPE(-1)))

static const reel__sample slice_samples[] = {
    {.what = "middle", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = slice_middle},
    {.what = "steps", .nin = 1, .in = {REEL__REALS(-2, 2, 17, 7)},
     .build = slice_steps},
    {.what = "from the end, clipped", .nin = 1,
     .in = {REEL__REALS(-2, 2, 5, 3)}, .build = slice_negative},
    {.what = "steps, reshaped", .nin = 1, .in = {REEL__REALS(-2, 2, 17, 7)},
     .build = slice_flat},
    {.what = "empty", .nin = 1, .in = {REEL__REALS(-2, 2, 5, 7)},
     .build = slice_empty, .value_only = true},
    {.what = "bool", .nin = 1, .in = {REEL__WHOLE(REEL_BOOL, 0, 2, 17, 7)},
     .build = slice_steps, .value_only = true},
};

const reel__op reel__op_slice = {
    .name = "slice",
    .arity = 1,
    .lowering = REEL__LOWER_VIEW,
    .infer = slice_infer,
    .vjp = slice_vjp,
    .jvp = reel__jvp_linear,
    .view = slice_view,
    .reference = slice_reference,
    REEL__SAMPLES(slice_samples),
};

/* --------------------------------------------------------------------- pad */

static bool holds(reel_dtype dtype, double value)
{
    if (reel__is_float(dtype))
        return true;
    if (dtype == REEL_BOOL)
        return value == 0 || value == 1;
    return fabs(value) <= 0x1p63 && value == floor(value) &&
           reel__wrap(dtype, value) == value;
}

/* before + dim + (dim - 1) inner + after; -1 where that is too much. */
static int64_t padded(int64_t dim, int64_t before, int64_t after, int64_t inner)
{
    int64_t gaps = dim > 1 ? dim - 1 : 0;
    const int64_t limit = INT64_MAX / 4;
    if (before > limit || after > limit || inner > limit ||
        (gaps > 0 && inner > limit / gaps))
        return -1;
    return before + dim + gaps * inner + after;
}

static bool pad_infer(reel__call *call)
{
    const reel__padding *p = call->attr;
    const reel_node *x = call->in[0];
    call->dtype = (reel_dtype)x->dtype;
    call->shape.ndim = x->ndim;
    if (!holds(call->dtype, p->value))
        return reel__fail(call->tape, REEL_EVALUE, "pad",
                          "%.17g is no %s value", p->value,
                          reel_dtype_name(call->dtype));
    for (int i = 0; i < x->ndim; i++) {
        int64_t before = p->before[i], after = p->after[i], inner = p->inner[i];
        if (before < 0 || after < 0 || inner < 0)
            return reel__fail(call->tape, REEL_EVALUE, "pad",
                              "%" PRId64 " before, %" PRId64 " after, %" PRId64
                              " between along axis %d: needs 0 or more "
                              "(reel_slice takes away)",
                              before, after, inner, i);
        if (inner > 0 && x->dim[i] < 2)
            return reel__fail(call->tape, REEL_EVALUE, "pad",
                              "%" PRId64 " between along axis %d of size %"
                              PRId64 ": there is no between",
                              inner, i, x->dim[i]);
        call->shape.dim[i] = padded(x->dim[i], before, after, inner);
    }
    return reel__shape_valid(call->shape) ||
           reel__fail(call->tape, REEL_ESHAPE, "pad",
                      "the result has too many elements");
}

reel_node *reel_pad(reel_node *x, const int64_t *before, const int64_t *after,
                    const int64_t *inner, double value)
{
    reel__padding p = {{0}, {0}, {0}, value};
    bool none = true;
    if (!reel__given(x))
        return NULL;
    for (int i = 0; i < x->ndim; i++) {
        p.before[i] = before ? before[i] : 0;
        p.after[i] = after ? after[i] : 0;
        p.inner[i] = inner ? inner[i] : 0;
        if (p.inner[i] > 0 && x->dim[i] < 2)
            p.inner[i] = 0; /* there is no between */
        none = none && !p.before[i] && !p.after[i] && !p.inner[i];
    }
    return none ? x : reel__record(&reel__op_pad, &x, 1, &p, sizeof p);
}

static void pad_vjp(reel_node *y, reel_node *g, const bool *need,
                    reel_node **dx)
{
    const reel__padding *p = y->attr;
    int64_t stop[REEL_MAX_DIMS] = {0}, step[REEL_MAX_DIMS] = {0};
    (void)need;
    for (int i = 0; i < y->ndim; i++) {
        int64_t n = y->in[0]->dim[i];
        step[i] = p->inner[i] + 1;
        stop[i] = n > 0 ? p->before[i] + (n - 1) * step[i] + 1 : p->before[i];
    }
    dx[0] = reel_slice(g, p->before, stop, step);
}

/* The value that surrounds it has no tangent. */
static reel_node *pad_jvp(reel_node *y, reel_node *const *dx)
{
    const reel__padding *p = y->attr;
    return reel_pad(dx[0], p->before, p->after, p->inner, 0);
}

static void pad_reference(reel__eval *e)
{
    const reel__padding *p = e->attr;
    reel_shape shape = e->in[0].shape;
    int64_t index[REEL_MAX_DIMS] = {0}, stride[REEL_MAX_DIMS] = {0};
    int64_t results = reel_shape_count(e->out->shape);
    int64_t n = reel_shape_count(shape);
    for (int64_t i = 0; i < results; i++)
        e->out->data[i] = p->value;
    reel__dense_strides(e->out->shape, stride);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = 0;
        for (int k = 0; k < shape.ndim; k++)
            at += (p->before[k] + index[k] * (p->inner[k] + 1)) * stride[k];
        e->out->data[at] = e->in[0].data[i];
        reel__next_index(shape, index);
    }
}

REEL__BUILD(pad_around, reel_pad(in[0], I64(1, 0), I64(0, 2), NULL, 0.5))
REEL__BUILD(pad_between, reel_pad(in[0], I64(2, 0, 1), I64(1, 0, 0),
                                  I64(1, 0, 2), -1))
REEL__BUILD(pad_empty, reel_pad(in[0], I64(2, 0), I64(1, 1), I64(3, 0), 7))
REEL__BUILD(pad_infinite, reel_pad(in[0], I64(1), I64(1), NULL, -INFINITY))
REEL__BUILD(pad_u8, reel_pad(in[0], I64(0, 2), I64(1, 2), NULL, 255))

static const reel__sample pad_samples[] = {
    {.what = "around", .nin = 1, .in = {REEL__REALS(-2, 2, 7, 3)},
     .build = pad_around},
    {.what = "between", .nin = 1, .in = {REEL__REALS(-2, 2, 3, 5, 7)},
     .build = pad_between},
    {.what = "empty", .nin = 1, .in = {REEL__REALS(-2, 2, 0, 3)},
     .build = pad_empty, .value_only = true},
    {.what = "-inf", .nin = 1, .in = {REEL__REALS(-2, 2, 5)},
     .build = pad_infinite, .value_only = true},
    {.what = "u8", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 0, 256, 5, 3)},
     .build = pad_u8, .value_only = true},
};

const reel__op reel__op_pad = {
    .name = "pad",
    .arity = 1,
    .lowering = REEL__LOWER_PAD,
    .infer = pad_infer,
    .vjp = pad_vjp,
    .jvp = pad_jvp,
    .reference = pad_reference,
    REEL__SAMPLES(pad_samples),
};
