/* kernels/flat_code.h: many operations on tiny tensors as one list of scalar
 * ones.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_FLAT_CODE_H
#define REEL_KERNELS_FLAT_CODE_H

#include "kernels/kernels.h"

/* Operations: the elementwise ones by their kernel's id, and flat.def's. */
enum {
    REEL__F_none = REEL__KERNELS,
#define REEL__FLAT_MOVE(name, values) REEL__F_##name,
#define REEL__FLAT(name, values, expression) REEL__FLAT_MOVE(name, values)
#include "kernels/flat.def"
#undef REEL__FLAT_MOVE
#undef REEL__FLAT
    REEL__F_OPS
};

/* s[dst] = op(s[a], s[b], s[c]) on an array s of slots. */
typedef struct reel__flat_instruction {
    uint16_t op, dst, a, b, c;
} reel__flat_instruction;

/* The first slots hold constants. Slots are of one type, f32 or f64; truth
 * values in them are 0 and 1. */
typedef struct reel__flat_program {
    const reel__flat_instruction *code; /* the last is REEL__F_end */
    const void *constant;
    uint32_t count, constants, slots;
} reel__flat_program;

/* Of an operation, for listings. */
const char *reel__flat_name(unsigned op);

#endif /* REEL_KERNELS_FLAT_CODE_H */
