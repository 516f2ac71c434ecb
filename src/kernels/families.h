/* kernels/families.h: the kernels of each source file, for find.c. All return
 * NULL where there is no kernel for the dtypes.
 *
 * Every file here but isa.c and names.c is compiled once per instruction set,
 * with REEL__ISA its name; what it shows to other files carries that name.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_FAMILIES_H
#define REEL_KERNELS_FAMILIES_H

#include "kernels/isa.h"
#include "kernels/rows_of.h"

#define REEL__JOIN_(a, b) a##_##b
#define REEL__JOIN(a, b) REEL__JOIN_(a, b)
#define REEL__OF_ISA(name) REEL__JOIN(name, REEL__ISA)

#define reel__elementwise_find REEL__OF_ISA(reel__elementwise_find)
#define reel__elementwise_loop REEL__OF_ISA(reel__elementwise_loop)
#define reel__copy_loop REEL__OF_ISA(reel__copy_loop)
#define reel__copy_find REEL__OF_ISA(reel__copy_find)
#define reel__reduce_find REEL__OF_ISA(reel__reduce_find)
#define reel__column_sum_find REEL__OF_ISA(reel__column_sum_find)
#define reel__rows_find REEL__OF_ISA(reel__rows_find)
#define reel__matmul_find REEL__OF_ISA(reel__matmul_find)
#define reel__matmul_share REEL__OF_ISA(reel__matmul_share)
#define reel__index_find REEL__OF_ISA(reel__index_find)
#define reel__uniform_find REEL__OF_ISA(reel__uniform_find)
#define reel__flat_find REEL__OF_ISA(reel__flat_find)

reel__kernel *reel__elementwise_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__copy_find(reel__kernel_id id, reel_dtype in,
                              reel_dtype out);
reel__kernel *reel__reduce_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__column_sum_find(reel_dtype in);
reel__kernel *reel__rows_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__matmul_find(reel_dtype in);
reel__sharer reel__matmul_share;
reel__kernel *reel__index_find(reel__kernel_id id, reel_dtype dtype);
reel__kernel *reel__uniform_find(reel_dtype out);
reel__kernel *reel__flat_find(reel_dtype dtype);

/* The row loops inside the elementwise kernels and inside copy, fill and cast:
 * any n >= 0, any strides. */
reel__row_loop *reel__elementwise_loop(reel__kernel_id id, reel_dtype in);
reel__row_loop *reel__copy_loop(reel__kernel_id id, reel_dtype in,
                                reel_dtype out);

#endif /* REEL_KERNELS_FAMILIES_H */
