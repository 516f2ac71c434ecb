/* kernels/families.h: the kernels of each source file, for find.c. All return
 * NULL where there is no kernel for the dtypes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_FAMILIES_H
#define REEL_KERNELS_FAMILIES_H

#include "kernels/kernels.h"

reel__kernel *reel__elementwise_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__copy_find(reel__kernel_id id, reel_dtype in,
                              reel_dtype out);
reel__kernel *reel__reduce_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__rows_find(reel__kernel_id id, reel_dtype in);
reel__kernel *reel__matmul_find(reel_dtype in);
reel__kernel *reel__index_find(reel__kernel_id id, reel_dtype dtype);
reel__kernel *reel__uniform_find(reel_dtype out);

#endif /* REEL_KERNELS_FAMILIES_H */
