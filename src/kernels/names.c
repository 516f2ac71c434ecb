/* kernels/names.c: what listings call the kernels.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/kernels.h"

const char *reel__kernel_name(reel__kernel_id id)
{
    static const char *const names[REEL__KERNELS] = {
        [REEL__K_NONE] = "none",
#define REEL__KERNEL(name, ...) [REEL__K_##name] = #name,
#include "kernels/elementwise.def"
#undef REEL__KERNEL
        [REEL__K_copy] = "copy",
        [REEL__K_fill] = "fill",
        [REEL__K_cast] = "cast",
        [REEL__K_sum] = "sum",
        [REEL__K_max] = "max",
        [REEL__K_min] = "min",
        [REEL__K_logsumexp] = "logsumexp",
        [REEL__K_argmax] = "argmax",
        [REEL__K_argmin] = "argmin",
        [REEL__K_softmax] = "softmax",
        [REEL__K_log_softmax] = "log_softmax",
        [REEL__K_matmul] = "matmul",
        [REEL__K_gather] = "gather",
        [REEL__K_scatter_add] = "scatter_add",
        [REEL__K_pick] = "pick",
        [REEL__K_place] = "place",
        [REEL__K_one_hot] = "one_hot",
        [REEL__K_column_sum] = "column_sum",
        [REEL__K_uniform] = "uniform",
        [REEL__K_flat] = "flat",
        [REEL__K_chain] = "chain",
    };
    return (unsigned)id < REEL__KERNELS ? names[id] : "?";
}
