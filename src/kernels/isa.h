/* kernels/isa.h: the instruction sets that kernels are compiled for, and which
 * of them is used.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_ISA_H
#define REEL_KERNELS_ISA_H

#include "kernels/kernels.h"

typedef reel__kernel *reel__finder(reel__kernel_id id, reel_dtype in,
                                   reel_dtype out);

typedef reel__row_loop *reel__loop_finder(reel__kernel_id id, reel_dtype in,
                                          reel_dtype out);

typedef reel__share reel__sharer(const reel__task *task, reel_dtype dtype);

typedef struct reel__isa {
    const char *name;
    reel__finder *find; /* its kernels: NULL where there is none */
    reel__loop_finder *loop;
    reel__sharer *product_share;
    bool (*runs)(void); /* this machine has the instructions */
} reel__isa;

/* Those that this library was built with, best first; portable is the last.
 * NULL behind them. */
const reel__isa *reel__isa_at(int i);

/* The one in use: the best that runs here, or what REEL_ISA says, chosen at
 * first use. NULL when REEL_ISA names none that runs here. */
const reel__isa *reel__isa_used(void);

/* From now on this one, or, for NULL, chosen anew. For tests. */
void reel__isa_use(const reel__isa *isa);

/* "portable, avx2": those that run here. Returns the buffer. */
#define REEL__ISA_TEXT 64
const char *reel__isa_list(char *buffer);

#endif /* REEL_KERNELS_ISA_H */
