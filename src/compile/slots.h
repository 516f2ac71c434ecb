/* compile/slots.h: the values of a flat program getting slots.
 *
 *   slots.c      what is left of the instructions, and what becomes one
 *   flat_place.c which slots values get
 *   flat_rows.c  instructions that go down the rows of a matrix become one
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_SLOTS_H
#define REEL_COMPILE_SLOTS_H

#include "compile/flat.h"

typedef struct reel__slots {
    reel__flattener *f;
    uint32_t *uses;  /* of each value */
    uint32_t *at;    /* where it is made, then where it is used last */
    uint16_t *slot;  /* where it is */
    uint16_t *spare; /* slots whose values are not used again */
    uint16_t *spare_group; /* the first of as many as a group has */
    size_t spares, spare_groups;
    uint8_t *live;  /* of a group's first value: how many are used again */
    uint8_t *early; /* of a value: what is stored for others depends on it */
    uint32_t count; /* slots so far */
    size_t rows;    /* of a matrix, that are still to be placed, */
    uint16_t next;  /* from here on */
} reel__slots;

/* REEL__K_NONE is the operation of an instruction that is gone. */

/* The values that an instruction reads: how many lanes of each. */
typedef struct reel__inputs {
    uint16_t first[3];
    uint8_t count, ones, lanes;
} reel__inputs;

static inline reel__inputs reel__inputs_of(const reel__flat_instruction *i)
{
    const reel__flat_op *op = &reel__flat_ops[i->op];
    return (reel__inputs){{i->a, i->b, i->c}, op->values, op->ones, i->lanes};
}

static inline int reel__lanes_of(const reel__inputs *in, int k)
{
    return in->lanes == 1 || in->ones >> k & 1 ? 1 : in->lanes;
}

static inline bool reel__has_value(const reel__flat_instruction *i)
{
    return reel__flat_ops[i->op].result;
}

/* From values to slots, in the order of the code. */
void reel__flat_place(reel__slots *s);

/* How many instructions from the n-th on may be rows of one; 1: none. They have
 * values. */
size_t reel__flat_rows_from(const reel__flattener *f, size_t n);
/* They become one; they have slots. */
void reel__flat_join_rows(reel__flattener *f);

#endif /* REEL_COMPILE_SLOTS_H */
