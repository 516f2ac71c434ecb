/* kernels/chain.h: several kernels over one index space as one: a block of it
 * at a time goes through all of them, and what lies between two of them stays
 * in a scratch buffer that the L1 cache holds.
 *
 * The index space is rows (all axes but the last) by columns. A value covers
 * all of it, or has one element a row: the result of a row's reduction, say.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_CHAIN_H
#define REEL_KERNELS_CHAIN_H

#include "kernels/kernels.h"

#define REEL__CHAIN_OPERANDS 40
#define REEL__CHAIN_SCRATCH (48 * 1024) /* bytes, on the stack */
#define REEL__CHAIN_BLOCK 512           /* elements, unless a row has more */
#define REEL__CHAIN_SPARE (REEL__CHAIN_BLOCK * 8)
#define REEL__CHAIN_SHORT 64            /* rows so short are done together */
#define REEL__CHAIN_LONGEST 4096        /* row that is kept whole */

/* Where an operand of an instruction lies. */
typedef enum reel__place {
    REEL__IN_MEMORY, /* number: which of the chain's operands */
    REEL__IN_SCRATCH /* number: offset in bytes; dense */
} reel__place;

typedef struct reel__chain_arg {
    uint32_t number;
    uint8_t place;
    uint8_t size;   /* of an element */
    bool per_row;   /* has one element a row */
} reel__chain_arg;

/* How an instruction's kernel sees a block. */
typedef enum reel__form {
    REEL__FORM_POINTS, /* loop, over rows x columns, or rows if per_row */
    REEL__FORM_ROWS,   /* run: a reduction or softmax along columns */
    REEL__FORM_PICK,   /* run: the columns are indexed: pick, place, one_hot */
    REEL__FORM_GATHER, /* run: whole rows of operand 1 are indexed */
    REEL__FORM_COLUMNS /* run: columns are summed; the result, in memory, has a
                        * row for each `sums` rows */
} reel__form;

typedef struct reel__instruction {
    reel__row_loop *loop;
    reel__kernel *run;
    double f[2];
    int64_t i[4];
    reel__chain_arg arg[1 + REEL__MAX_IN]; /* arg[0]: the result */
    uint32_t check; /* slot of its bad-index flag */
    uint16_t kernel;
    uint8_t nin, form;
    bool per_row; /* FORM_POINTS: done once a row */
    bool ahead;   /* FORM_GATHER: indices of later rows are there */
} reel__instruction;

typedef struct reel__chain {
    int ndim; /* at least 2 */
    const int64_t *dim;
    const int64_t *stride; /* ndim for each operand, in elements */
    const uint8_t *size;   /* of an element of each operand */
    const reel__instruction *instruction;
    int operands, instructions;
    bool by_row;      /* rows are not cut */
    int64_t block;    /* elements that fit into a slot of scratch */
    int64_t rows;     /* whole rows of a block; of a tile as many as fit */
    uint32_t spare;   /* offset of 1 + REEL__MAX_IN slots for short rows, each
                       * of REEL__CHAIN_SPARE bytes; else the end of it all */
    int64_t sums;     /* rows whose columns are summed; 0: none are */
    int64_t strip;    /* columns that a unit then takes, */
    int64_t piece;    /* and a block of it */
} reel__chain;

/* A kernel: the task's chain. Unit: where columns are summed, `sums` rows of a
 * strip, all strips of them before the next rows; else a row if by_row, else a
 * point in row-major order. */
void reel__chain_run(const reel__task *task, int64_t begin, int64_t end);

/* The part of the task's chain, which has 2 axes, over some rows and columns:
 * for kernels that do more with a block of their result. Whole rows if it is
 * by_row. */
void reel__chain_tile(const reel__task *task, int64_t row, int64_t rows,
                      int64_t column, int64_t columns);

#endif /* REEL_KERNELS_CHAIN_H */
