/* compile/unroll_matmul.c: tiny matrix products as scalar instructions.
 *
 * SPDX-License-Identifier: MIT */
#include "compile/flat.h"
#include "kernels/walk.h"

static uint16_t inner_product(reel__flattener *f, const reel__step *st,
                              int64_t at_a, int64_t at_b)
{
    int k = st->ndim - 2;
    reel__task t = reel__step_axes(st, k, 1);
    uint16_t sum = 0;
    for (int64_t i = 0; i < t.dim[0]; i++) {
        uint16_t a = reel__flat_read(f, &st->operand[1],
                                     at_a + i * t.stride[1][0]);
        uint16_t b = reel__flat_read(f, &st->operand[2],
                                     at_b + i * t.stride[2][0]);
        sum = i ? reel__flat_emit(f, REEL__K_affine, a, b, sum)
                : reel__flat_two(f, REEL__K_mul, a, b);
    }
    return t.dim[0] > 0 ? sum : reel__flat_constant(f, 0);
}

void reel__unroll_matmul(reel__flattener *f, const reel__step *st)
{
    int rows = st->ndim - 2; /* batch axes and m */
    reel__task outer = reel__step_axes(st, 0, rows);
    reel__task n = reel__step_axes(st, st->ndim - 1, 1);
    int64_t count = reel__points(&outer, 0, rows);
    reel__walk w;
    if (count > 0)
        reel__walk_to(&w, &outer, rows, 2, 0);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < n.dim[0]; j++) {
            uint16_t v = inner_product(f, st, w.at[1],
                                       w.at[2] + j * n.stride[2][0]);
            reel__flat_write(f, &st->operand[0],
                             w.at[0] + j * n.stride[0][0], v);
        }
        reel__walk_on(&w, 2);
    }
}
