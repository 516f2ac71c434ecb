/* compile/fuse.h: groups of steps that become one, for fuse.c, which forms
 * them, and epilogue.c and chain.c, which make the steps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_FUSE_H
#define REEL_COMPILE_FUSE_H

#include "compile/compile.h"
#include "kernels/chain.h"

/* How a step can be a member of a group. */
typedef enum reel__kind {
    REEL__ALONE,   /* not at all */
    REEL__POINTS,  /* elementwise, over the group's index space or its rows */
    REEL__ROWS,    /* a reduction or softmax along the last axis */
    REEL__PICKS,   /* pick, place, one_hot along the last axis */
    REEL__GATHERS, /* rows of an operand by index */
    REEL__PRODUCT  /* at its head: the members go over its result */
} reel__kind;

/* Steps over one index space. Axes of size 1 are left out of it. */
typedef struct reel__group {
    const int64_t *dim;
    uint32_t head;        /* a matrix product's number, or REEL__NONE */
    uint32_t first, last; /* members, linked by reel__fusion.next */
    uint16_t members, operands;
    int8_t ndim, split; /* axes, and how many of them make rows; split -1: it
                         * does not matter yet */
    bool by_row;        /* has members that need rows whole */
    bool wide;          /* columns are several axes that all operands have as
                         * one */
    bool checked;       /* has members whose indices can be out of range */
    bool early;         /* runs before those that are not */
    bool late;          /* runs among the assignments */
} reel__group;

/* What the passes know of a buffer beside reel__buffer. */
typedef struct reel__usage {
    uint32_t group;   /* that writes it, REEL__NONE: none does */
    uint32_t outside; /* reads by steps of other groups, assignments aside */
    bool parts;       /* written by several steps */
    bool stored;      /* must be in memory */
} reel__usage;

typedef struct reel__fusion {
    reel__compiler *c;
    reel__group *group;
    size_t groups, capacity;
    uint32_t *of, *next; /* of a step: its group, and the member after it */
    reel__usage *usage;  /* of a buffer */
} reel__fusion;

reel__kind reel__kind_of(const reel__step *s);

/* Strides of a member's operand over its group's axes; per_row: the member has
 * the rows' axes alone. */
void reel__member_strides(const reel__step *s, int k, const reel__group *g,
                          bool per_row, int64_t *stride);

/* A member that covers only its group's rows. */
bool reel__is_per_row(const reel__step *s, const reel__group *g);

/* epilogue.c: the group's product takes in what it can of the members; head,
 * a copy of it, is changed. */
bool reel__absorb(reel__fusion *f, uint32_t group, reel__step *head);

/* chain.c: the group's members as one step, behind its head. */
bool reel__make_chain(reel__fusion *f, uint32_t group, reel__step *step);

#endif /* REEL_COMPILE_FUSE_H */
