/* kernels/kernels.h: functions that do arithmetic on buffers. They know
 * pointers, sizes and strides, never nodes, and are written to be compiled
 * once per instruction set.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_H
#define REEL_KERNELS_H

#include <reel/base.h>

#define REEL__MAX_IN 4

/* Where something that a step reads or writes begins: so many bytes into a
 * base, one of a table of pointers; while compiling, base is a buffer's number
 * and offset counts within that buffer. */
typedef struct reel__operand {
    int64_t offset;
    uint32_t base;
    uint16_t dtype;
    bool written; /* by a flat program */
} reel__operand;

/* One piece of work with its pointers resolved. The index space has ndim axes
 * of dim[] elements (0 axes: one point); operand k (0: the result) lies at
 * data[k] with stride[k][axis] elements between neighbours, 0 where it does not
 * vary. A kernel does units [begin, end) of the work, so that threads can share
 * it; what a unit is stands with each kernel below. Results do not depend on
 * how units are shared out. */
typedef struct reel__task {
    int ndim;
    int nred; /* the last nred axes are summed over */
    const int64_t *dim;
    void *data[1 + REEL__MAX_IN];
    const int64_t *stride[1 + REEL__MAX_IN];
    const double *f;  /* real attributes */
    const int64_t *i; /* integer attributes */
    int *bad_index;   /* set to 1 when an index is out of range; may be raced
                       * for by threads that all store 1 (atomically) */
    const struct reel__chain *chain; /* see chain.h; NULL: none */
    void *const *chain_data;         /* its operands */

    /* A flat program (flat_code.h), its operands and what they lie in. */
    const struct reel__flat_program *flat;
    const reel__operand *operand;
    void *const *base;
} reel__task;

typedef void reel__kernel(const reel__task *task, int64_t begin, int64_t end);

/* Operands along one row, as in reel__task: the result, then what is read. */
typedef struct reel__row {
    void *data[1 + REEL__MAX_IN];
    int64_t stride[1 + REEL__MAX_IN];
    const double *f;
} reel__row;

/* The arithmetic inside an elementwise kernel: any n >= 0, any strides. */
typedef void reel__row_loop(int64_t n, const reel__row *row);

typedef enum reel__kernel_id {
    REEL__K_NONE = 0,
    /* Elementwise; unit: a point, in row-major order of the index space.
     * Operands and f[] as in elementwise.def. */
#define REEL__KERNEL(name, ...) REEL__K_##name,
#include "kernels/elementwise.def"
#undef REEL__KERNEL
    REEL__K_copy, /* result = operand, any dtype */
    REEL__K_fill, /* result = f[0], no operand */
    REEL__K_cast,

    /* Reductions; dim: kept axes, then nred reduced ones; unit: a point of the
     * kept axes (one result). stride[0] covers the kept axes. sum, i[0]: each
     * term is a sum by itself, to be added in double. argmax, argmin: nred is
     * 1, the result i64. */
    REEL__K_sum,
    REEL__K_max,
    REEL__K_min,
    REEL__K_logsumexp,
    REEL__K_argmax,
    REEL__K_argmin,

    /* Rows; as reductions with nred 1, but the result covers all axes. */
    REEL__K_softmax,
    REEL__K_log_softmax,

    /* result = f[0] * scale * (a b) + addend. dim: batch axes, m, k, n; strides
     * of the result and the addend are 0 along k, a's along n, b's along m;
     * nred is 1 in spirit: k. The addend is operand 3, data[3] and stride[3]
     * NULL for none; it may be the result's very memory, with the same strides.
     * The scale is operand 4, one element of the result's dtype, NULL for none.
     * unit: a block of the result, see reel__product_share. */
    REEL__K_matmul,

    /* Operand 1 is x, 2 the index. i[0]: sizes of the indexed axis, i[1]: the
     * stride along it of x (gather, pick) or the result (scatter_add, place),
     * i[2]: axes of the index, i[3]: its dtype.
     *
     * gather: dim index axes, then the rest of x's; unit: a point of the index
     * axes. scatter_add: the same space (x varies over all of it, the result
     * over the rest); unit: a point of the rest axes; zeroes the result first.
     * pick, place: dim index axes; unit: a point. place zeroes its row.
     * one_hot: as place without x (the index is operand 1); the value is 1. */
    REEL__K_gather,
    REEL__K_scatter_add,
    REEL__K_pick,
    REEL__K_place,
    REEL__K_one_hot,

    /* dim rows, columns: the sums of columns, added to the result, or, where
     * i[0], in place of it. Unit: a column. An instruction of chains alone. */
    REEL__K_column_sum,

    /* Unit: an element of the dense result. Operand 1: the i64 step. i[0]: the
     * seed's bits. */
    REEL__K_uniform,

    /* The task's chain (chain.h), and no operands of its own. */
    REEL__K_chain,

    /* The task's flat program. data[0]: its slots; bad_index: all marks of the
     * run. Unit: the whole of it. */
    REEL__K_flat,
    REEL__KERNELS
} reel__kernel_id;

/* The kernel of the instruction set in use for operands of dtype in (of an
 * index op: of x or the result) and a result of dtype out; NULL where there is
 * none. */
reel__kernel *reel__kernel_find(reel__kernel_id id, reel_dtype in,
                                reel_dtype out);

/* The same for the row loop inside an elementwise kernel, copy, fill or cast. */
reel__row_loop *reel__loop_find(reel__kernel_id id, reel_dtype in,
                                reel_dtype out);

/* How many units a product has and how many are worth taking at a time, by
 * sizes and strides alone. The task needs no data. */
typedef struct reel__share {
    int64_t units, grain;
} reel__share;
reel__share reel__product_share(const reel__task *task, reel_dtype dtype);

/* Name for listings. */
const char *reel__kernel_name(reel__kernel_id id);

#endif /* REEL_KERNELS_H */
