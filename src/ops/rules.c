/* ops/rules.c: shape and dtype rules that op families share.
 *
 * Broadcasting and promotion are recorded as nodes of their own (expand, cast),
 * so that elementwise ops always see operands of one shape and dtype, and a
 * broadcast gradient is summed in one place only, the vjp of expand.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/ops.h"

/* ------------------------------------------------------------------ dtypes */

bool reel__takes(reel__call *call, size_t operand, unsigned which)
{
    reel_dtype dtype = (reel_dtype)call->in[operand]->dtype;
    unsigned kind = reel__is_float(dtype)     ? REEL__TAKES_FLOATS
                    : reel__is_integer(dtype) ? REEL__TAKES_INTEGERS
                                              : REEL__TAKES_BOOL;
    const char *needs = which == REEL__TAKES_FLOATS     ? "f32 or f64"
                        : which == REEL__TAKES_INTEGERS ? "u8, i32 or i64"
                        : which == REEL__TAKES_NUMBERS  ? "numbers"
                                                        : "bool";
    const char *cure = which == REEL__TAKES_BOOL ? "compare it (reel_ne)"
                                                 : "cast it (reel_cast)";
    if (which & kind)
        return true;
    reel__fail(call->tape, REEL_EDTYPE, call->op->name, "needs %s, not %s: %s",
               needs, reel_dtype_name(dtype), cure);
    return false;
}

bool reel__takes_one(const reel__op *op, reel_node *x, unsigned which)
{
    reel__call call = {.tape = x->tape, .op = op, .nin = 1, .in = &x};
    return reel__takes(&call, 0, which);
}

bool reel__promote(reel__call *call, size_t first)
{
    reel_dtype to = (reel_dtype)call->in[first]->dtype;
    for (size_t i = first + 1; i < call->nin; i++) {
        reel_dtype dtype = (reel_dtype)call->in[i]->dtype;
        if (dtype != to && reel__is_float(dtype) && reel__is_float(to)) {
            reel__fail(call->tape, REEL_EDTYPE, call->op->name,
                       "%s with %s: cast one of them (reel_cast)",
                       reel_dtype_name(to), reel_dtype_name(dtype));
            return false;
        }
        if (dtype > to) /* they are numbered in the order of promotion */
            to = dtype;
    }
    for (size_t i = first; i < call->nin; i++) {
        if ((reel_dtype)call->in[i]->dtype == to)
            continue;
        call->in[i] = reel_cast(call->in[i], to);
        if (!call->in[i])
            return false;
    }
    call->dtype = to;
    return true;
}

/* ------------------------------------------------------------ broadcasting */

/* The shape that a and b broadcast to, into *a. */
static bool join(reel_shape *a, reel_shape b)
{
    reel_shape wide = a->ndim >= b.ndim ? *a : b;
    reel_shape narrow = a->ndim >= b.ndim ? b : *a;
    int shift = wide.ndim - narrow.ndim;
    for (int i = 0; i < narrow.ndim; i++) {
        int64_t *dim = &wide.dim[shift + i];
        if (*dim == 1)
            *dim = narrow.dim[i];
        else if (narrow.dim[i] != 1 && narrow.dim[i] != *dim)
            return false;
    }
    *a = wide;
    return true;
}

/* The usual case, which costs little: nothing to broadcast. */
static bool same_shapes(const reel__call *call)
{
    for (size_t i = 1; i < call->nin; i++)
        if (!reel__same_shape(call->in[i], call->in[0]))
            return false;
    return true;
}

bool reel__broadcast(reel__call *call)
{
    reel_shape shape = reel__shape_of(call->in[0]);
    if (same_shapes(call)) {
        call->shape = shape;
        return true;
    }
    for (size_t i = 1; i < call->nin; i++) {
        reel_shape other = reel__shape_of(call->in[i]);
        if (!join(&shape, other)) {
            char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT];
            reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                       "shapes do not broadcast: %s and %s",
                       reel__shape_text(shape, a), reel__shape_text(other, b));
            return false;
        }
    }
    for (size_t i = 0; i < call->nin; i++) {
        if (reel__shape_equal(reel__shape_of(call->in[i]), shape))
            continue;
        call->in[i] = reel_expand(call->in[i], shape);
        if (!call->in[i])
            return false;
    }
    call->shape = shape;
    return true;
}

/* --------------------------------------------------- the plain elementwise */

/* After promotion all operands have one dtype: asking the first will do. */
static bool infer(reel__call *call, unsigned which)
{
    return reel__promote(call, 0) && reel__takes(call, 0, which) &&
           reel__broadcast(call);
}

bool reel__infer_float(reel__call *call)
{
    return infer(call, REEL__TAKES_FLOATS);
}

bool reel__infer_number(reel__call *call)
{
    return infer(call, REEL__TAKES_NUMBERS);
}

bool reel__infer_any(reel__call *call)
{
    return infer(call, REEL__TAKES_ANY);
}

bool reel__infer_compare(reel__call *call)
{
    if (!infer(call, REEL__TAKES_ANY))
        return false;
    call->dtype = REEL_BOOL;
    return true;
}

bool reel__infer_logic(reel__call *call)
{
    for (size_t i = 0; i < call->nin; i++)
        if (!reel__takes(call, i, REEL__TAKES_BOOL))
            return false;
    call->dtype = REEL_BOOL;
    return reel__broadcast(call);
}

/* -------------------------------------------------------------------- axes */

bool reel__axis_index(reel_tape *tape, const char *op, int ndim, int axis,
                      uint32_t *out)
{
    if (axis < -ndim || axis >= ndim) {
        reel__fail(tape, REEL_EVALUE, op,
                   "axis %d is out of range for %d dimension%s", axis, ndim,
                   ndim == 1 ? "" : "s");
        return false;
    }
    *out = (uint32_t)(axis < 0 ? axis + ndim : axis);
    return true;
}

bool reel__axes_mask(reel_tape *tape, const char *op, int ndim, reel_axes axes,
                     uint32_t *mask)
{
    *mask = 0;
    if (axes.count == REEL_EVERY_AXIS) {
        *mask = (1u << ndim) - 1;
        return true;
    }
    if (axes.count < 0 || axes.count > REEL_MAX_DIMS) {
        reel__fail(tape, REEL_EVALUE, op, "%d axes: give 0 to %d, or REEL_ALL",
                   axes.count, REEL_MAX_DIMS);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        uint32_t axis;
        if (!reel__axis_index(tape, op, ndim, axes.axis[i], &axis))
            return false;
        if (*mask >> axis & 1) {
            reel__fail(tape, REEL_EVALUE, op, "axis %d is given twice",
                       axes.axis[i]);
            return false;
        }
        *mask |= 1u << axis;
    }
    return true;
}

reel_shape reel__reduced_shape(reel_shape shape, uint32_t mask, bool keepdims)
{
    reel_shape out = {0, {0}};
    for (int i = 0; i < shape.ndim; i++) {
        if (!(mask >> i & 1))
            out.dim[out.ndim++] = shape.dim[i];
        else if (keepdims)
            out.dim[out.ndim++] = 1;
    }
    return out;
}
