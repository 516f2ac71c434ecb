/* compile/builder.h: a chain that is being made, for chain.c, which makes its
 * instructions, and chain_space.c, which cuts its index space.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_BUILDER_H
#define REEL_COMPILE_BUILDER_H

#include "compile/fuse.h"

typedef struct reel__builder {
    const reel__fusion *f;
    const reel__group *g;
    reel__chain *chain;
    reel__instruction *instruction;
    int instructions;
    uint64_t busy;  /* bit k: slot k holds a value */
    int slots, used; /* of them at most at a time */
    uint32_t slot;   /* bytes */
    bool out_of_slots; /* values went to memory for want of one */
    reel__operand operand[REEL__CHAIN_OPERANDS];
    int64_t stride[REEL__CHAIN_OPERANDS][REEL__GROUP_AXES];
    reel__geometry geometry;
} reel__builder;

/* How much scratch memory a value takes, and how many values there can be; of
 * sums of columns narrow: more of them, for more time. */
void reel__divide_scratch(reel__builder *b, bool narrow);

/* The group's axes as rows and columns. */
void reel__arrange(reel__builder *b);

/* Makes blocks larger where their slots are few. */
void reel__widen_blocks(reel__builder *b);

/* The chain's geometry and blocks, in the program's memory. */
bool reel__keep_geometry(reel__builder *b);

/* The units of work of a step that is a chain. */
void reel__share_out(const reel__chain *c, reel__step *step);

#endif /* REEL_COMPILE_BUILDER_H */
