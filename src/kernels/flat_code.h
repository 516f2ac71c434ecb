/* kernels/flat_code.h: many operations on tiny tensors as one list of scalar
 * ones.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_FLAT_CODE_H
#define REEL_KERNELS_FLAT_CODE_H

#include "kernels/kernels.h"

#define REEL__FLAT_ROW 16 /* more than a group's lanes */
#define REEL__FLAT_ROWS_MOST 15
#define REEL__FLAT_APART 4096 /* more than elements of a row are apart */
#define REEL__FLAT_STEP 256   /* more slots than from row to row of a dot */

/* A group is so many neighbouring slots, or fewer and what lies behind them,
 * which is computed as well and means nothing. */
#define REEL__FLAT_LANES 4

/* Operations: the elementwise ones by their kernel's id, flat.def's, and the
 * elementwise ones on groups: G_, with two operands also GA_ and GB_, where a
 * or b is one number for all lanes. Those of truth values have none. */
#define REEL__GROUPS_OF_FLOATS(...) __VA_ARGS__
#define REEL__GROUPS_OF_NUMBERS(...) __VA_ARGS__
#define REEL__GROUPS_OF_ANY(...) __VA_ARGS__
#define REEL__GROUPS_OF_BOOLS(...)
enum {
    REEL__F_none = REEL__KERNELS,
#define REEL__FLAT_MOVE(name, values) REEL__F_##name,
#define REEL__FLAT(name, values, expression) REEL__FLAT_MOVE(name, values)
#define REEL__FLAT_GROUP(name, ones, expression) REEL__FLAT_MOVE(name, 3)
#define REEL__FLAT_ROWS(name, ...) REEL__FLAT_MOVE(name, 3)
#include "kernels/flat.def"
#undef REEL__FLAT_MOVE
#undef REEL__FLAT
#undef REEL__FLAT_GROUP
#undef REEL__FLAT_ROWS
#define REEL__GROUP_ONE(name) REEL__G_##name,
#define REEL__GROUP_TWO(name) REEL__G_##name, REEL__GA_##name, REEL__GB_##name,
#define REEL__GROUP_THREE(name) REEL__G_##name,
#define REEL__GROUP_VECTORS(name) REEL__G_##name,
#define REEL__GROUP_VECTOR_PAIRS(name) REEL__G_##name,
#define REEL__KERNEL(name, operands, dtypes, ...) \
    REEL__GROUPS_OF_##dtypes(REEL__GROUP_##operands(name))
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#undef REEL__GROUP_ONE
#undef REEL__GROUP_TWO
#undef REEL__GROUP_THREE
#undef REEL__GROUP_VECTORS
#undef REEL__GROUP_VECTOR_PAIRS
    REEL__F_OPS
};

/* s[dst] = op(s[a], s[b], s[c]) on an array s of slots, in each lane of a
 * group. */
typedef struct reel__flat_instruction {
    uint8_t op, lanes; /* lanes: results that count; of rows, those of one +
                        * REEL__FLAT_ROW times how many there are */
    uint16_t dst, a, b, c;
} reel__flat_instruction;

typedef struct reel__flat_op {
    const char *name;
    uint8_t values; /* how many of a, b and c, in this order, are slots */
    uint8_t ones;   /* bits of those that are one number, for groups */
    uint8_t of;     /* the elementwise operation, REEL__K_NONE: none */
    uint8_t group;  /* this elementwise one on a group, 0 of others */
    bool result;    /* it has one */
    bool calls;     /* on a group, a function does it */
    bool rows;      /* of a matrix */
} reel__flat_op;

extern const reel__flat_op reel__flat_ops[REEL__F_OPS];

static inline unsigned reel__flat_rows(const reel__flat_instruction *i)
{
    return reel__flat_ops[i->op].rows ? i->lanes / REEL__FLAT_ROW : 1u;
}

/* Of a row. */
static inline unsigned reel__flat_lanes(const reel__flat_instruction *i)
{
    return reel__flat_ops[i->op].rows ? i->lanes % REEL__FLAT_ROW : i->lanes;
}

/* The first slots hold constants. Slots are of one type, f32 or f64; truth
 * values in them are 0 and 1. */
typedef struct reel__flat_program {
    const reel__flat_instruction *code; /* the last is REEL__F_end */
    const void *constant;
    uint32_t count, constants, slots;
} reel__flat_program;

#endif /* REEL_KERNELS_FLAT_CODE_H */
