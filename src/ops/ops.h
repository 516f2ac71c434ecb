/* ops/ops.h: what the op families share: attributes, shape and dtype rules,
 * helpers for derivative rules.
 *
 * Attribute structs are compared bytewise: make them with REEL__ATTR, which
 * zeroes the padding, or of members of one size.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_OPS_H
#define REEL_OPS_OPS_H

#include <string.h>
#include "core/internal.h"
#include "kernels/kernels.h"

/* -------------------------------------------------------------- attributes */

typedef struct reel__reals { /* leaky_relu, elu, clamp, affine */
    double f[2];
} reel__reals;

typedef struct reel__axes { /* reductions, softmax, flip: a set of axes */
    uint32_t mask;          /* bit i: axis i */
    uint32_t keepdims;
} reel__axes;

typedef struct reel__axis { /* concat, argmax and argmin (with keepdims) */
    uint32_t axis;
    uint32_t keepdims;
} reel__axis;

typedef struct reel__order_of_axes { /* permute */
    uint8_t axis[REEL_MAX_DIMS];
} reel__order_of_axes;

typedef struct reel__sizes { /* reshape, expand */
    int64_t ndim;
    int64_t dim[REEL_MAX_DIMS];
} reel__sizes;

typedef struct reel__ranges { /* slice; sizes are the node's shape */
    int64_t start[REEL_MAX_DIMS], step[REEL_MAX_DIMS];
    int64_t size[REEL_MAX_DIMS];
} reel__ranges;

typedef struct reel__padding { /* pad */
    int64_t before[REEL_MAX_DIMS], after[REEL_MAX_DIMS], inner[REEL_MAX_DIMS];
    double value;
} reel__padding;

typedef struct reel__count { /* scatter_add, place, one_hot, cast: a number */
    int64_t n;               /* rows, or a dtype */
    int64_t dtype;           /* one_hot */
} reel__count;

typedef struct reel__draw { /* uniform */
    uint64_t seed;
    reel__sizes sizes;
    int64_t dtype;
} reel__draw;

/* ------------------------------------------------- shape and dtype rules */

/* Promotes operands first..nin-1 to one dtype and broadcasts all, recording
 * casts and expands; sets call->shape and call->dtype. */
bool reel__promote(reel__call *call, size_t first);
bool reel__broadcast(reel__call *call);

/* Which dtypes an op takes. */
enum {
    REEL__TAKES_BOOL = 1,
    REEL__TAKES_INTEGERS = 2,
    REEL__TAKES_FLOATS = 4,
    REEL__TAKES_NUMBERS = 6,
    REEL__TAKES_ANY = 7
};
bool reel__takes(reel__call *call, size_t operand, unsigned which);
/* The same before there is a call, for composites. */
bool reel__takes_one(const reel__op *op, reel_node *x, unsigned which);

/* infer of the plain elementwise ops. */
bool reel__infer_float(reel__call *call);   /* floats -> the same */
bool reel__infer_number(reel__call *call);  /* numbers -> the same */
bool reel__infer_any(reel__call *call);     /* any -> the same */
bool reel__infer_compare(reel__call *call); /* any -> bool */
bool reel__infer_logic(reel__call *call);   /* bool -> bool */

/* A set of axes of a shape as a mask; checks range and repeats, false after
 * reel__fail on the tape. */
bool reel__axes_mask(reel_tape *tape, const char *op, int ndim, reel_axes axes,
                     uint32_t *mask);
/* One axis, negative from the end, into 0..ndim-1 (limit ndim). */
bool reel__axis_index(reel_tape *tape, const char *op, int ndim, int axis,
                      uint32_t *out);
/* The axes of a mask. */
reel_axes reel__axes_of(uint32_t mask);
/* The shape with the masked axes taken away, or 1 for keepdims. */
reel_shape reel__reduced_shape(reel_shape shape, uint32_t mask, bool keepdims);

/* Sizes as an attribute, and from there into call->shape: false after
 * reel__fail, when they are no shape (reshape.c). */
reel__sizes reel__sizes_of(reel_shape shape);
bool reel__take_sizes(reel__call *call, const reel__sizes *sizes);
/* An operand that a constructor may look into. */
static inline bool reel__given(const reel_node *x)
{
    return x && reel__usable(x->tape);
}
/* The indices of gather, pick and the like: i32, i64 or u8. */
bool reel__takes_index(reel__call *call, const char *what,
                       const reel_node *index);

/* ------------------------------------------------------- derivative rules */

/* Constants in the shape and dtype of a node. */
reel_node *reel__full_like(reel_node *x, double value);
/* y of a reduction of x over mask (whatever its keepdims), back in x's shape. */
reel_node *reel__spread(reel_node *y, reel_node *x, uint32_t mask);
/* x > 0 as bool, with no gradient through it. */
reel_node *reel__positive(reel_node *x);
/* x == 0, likewise. */
reel_node *reel__is_zero(reel_node *x);
/* x's operands inside rules: masks and counts must not carry gradients. */
reel_node *reel__still(reel_node *x);
/* Sum of two tangents, either NULL (zero). */
reel_node *reel__add_tangents(reel_node *a, reel_node *b);
/* jvp of an op that is linear in its operands: reel__record(op) of tangents,
 * same attributes; single operand. */
reel_node *reel__jvp_linear(reel_node *y, reel_node *const *dx);
/* Of an op whose derivative is zero. */
void reel__vjp_zero(reel_node *y, reel_node *g, const bool *need,
                    reel_node **dx);
reel_node *reel__jvp_zero(reel_node *y, reel_node *const *dx);

/* ------------------------------------------------------------- references */

/* Elementwise references: out[i] = f(in0[i], ...). */
#define REEL__REFERENCE_1(name, expression)                        \
    static void name##_reference(reel__eval *e)                    \
    {                                                              \
        int64_t n = reel_shape_count(e->out->shape);               \
        for (int64_t i = 0; i < n; i++) {                          \
            long double x = e->in[0].data[i];                      \
            e->out->data[i] = (expression);                        \
        }                                                          \
    }
#define REEL__REFERENCE_2(name, expression)                        \
    static void name##_reference(reel__eval *e)                    \
    {                                                              \
        int64_t n = reel_shape_count(e->out->shape);               \
        for (int64_t i = 0; i < n; i++) {                          \
            long double a = e->in[0].data[i];                      \
            long double b = e->in[1].data[i];                      \
            e->out->data[i] = (expression);                        \
        }                                                          \
    }

/* The long double wrapped to an integer dtype; other dtypes unchanged. */
long double reel__wrap(reel_dtype dtype, long double value);

/* Goes through a shape's index space in row-major order. */
bool reel__next_index(reel_shape shape, int64_t *index); /* false at the end */
/* Flat place of an index under strides. */
int64_t reel__flat(int ndim, const int64_t *index, const int64_t *stride);

#endif /* REEL_OPS_OPS_H */
