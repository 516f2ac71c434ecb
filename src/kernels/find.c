/* kernels/find.c: the kernel of this instruction set for an id and dtypes.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/chain.h"
#include "kernels/families.h"

reel__finder REEL__OF_ISA(reel__kernel_find);
reel__loop_finder REEL__OF_ISA(reel__loop_find);

reel__kernel *REEL__OF_ISA(reel__kernel_find)(reel__kernel_id id,
                                              reel_dtype in, reel_dtype out)
{
    if (id > REEL__K_NONE && id < REEL__K_copy)
        return reel__elementwise_find(id, in);
    switch (id) {
    case REEL__K_copy:
    case REEL__K_fill:
    case REEL__K_cast: return reel__copy_find(id, in, out);
    case REEL__K_sum:
    case REEL__K_max:
    case REEL__K_min:
    case REEL__K_logsumexp:
    case REEL__K_argmax:
    case REEL__K_argmin: return reel__reduce_find(id, in);
    case REEL__K_column_sum: return reel__column_sum_find(in);
    case REEL__K_softmax:
    case REEL__K_log_softmax: return reel__rows_find(id, in);
    case REEL__K_matmul: return reel__matmul_find(in);
    case REEL__K_gather:
    case REEL__K_scatter_add:
    case REEL__K_pick:
    case REEL__K_place:
    case REEL__K_one_hot: return reel__index_find(id, out);
    case REEL__K_uniform: return reel__uniform_find(out);
    case REEL__K_flat: return reel__flat_find(out);
    case REEL__K_chain: return reel__chain_run;
    default: return NULL;
    }
}

reel__row_loop *REEL__OF_ISA(reel__loop_find)(reel__kernel_id id,
                                              reel_dtype in, reel_dtype out)
{
    return id < REEL__K_copy ? reel__elementwise_loop(id, in)
                             : reel__copy_loop(id, in, out);
}
