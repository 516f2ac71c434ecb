/* kernels/flat_ops.c: what compiling and listing must know of each operation of
 * flat programs.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/flat_code.h"

/* Slots that an elementwise operation reads, those of attributes too. */
enum {
    VALUES_ONE = 1,
    VALUES_TWO,
    VALUES_THREE,
    VALUES_VECTORS = VALUES_ONE,
    VALUES_VECTOR_PAIRS = VALUES_TWO
};
#define VALUES(name, operands)                                               \
    (REEL__K_##name == REEL__K_leaky_relu || REEL__K_##name == REEL__K_elu   \
         ? 2                                                                 \
     : REEL__K_##name == REEL__K_clamp || REEL__K_##name == REEL__K_affine   \
         ? 3                                                                 \
         : VALUES_##operands)

/* What is done by a function. */
enum {
    CALLS_ONE,
    CALLS_TWO = 0,
    CALLS_THREE = 0,
    CALLS_VECTORS = 1,
    CALLS_VECTOR_PAIRS = 1
};

/* The operations on groups: attributes are one number. */
#define GROUP(prefix, name, operands, ones)                                  \
    [prefix##name] = {#name, VALUES(name, operands), ones, REEL__K_##name,   \
                      0, true, CALLS_##operands, false},
#define GROUP_ONE(name) GROUP(REEL__G_, name, ONE, 6)
#define GROUP_TWO(name)               \
    GROUP(REEL__G_, name, TWO, 0)     \
    GROUP(REEL__GA_, name, TWO, 1)    \
    GROUP(REEL__GB_, name, TWO, 2)
#define GROUP_THREE(name) GROUP(REEL__G_, name, THREE, 0)
#define GROUP_VECTORS(name) GROUP(REEL__G_, name, VECTORS, 6)
#define GROUP_VECTOR_PAIRS(name) GROUP(REEL__G_, name, VECTOR_PAIRS, 0)

#define IS_ROWS(op)                                                          \
    ((op) == REEL__F_dot || (op) == REEL__F_dot_l ||                         \
     (op) == REEL__F_load_rows || (op) == REEL__F_store_rows)

const reel__flat_op reel__flat_ops[REEL__F_OPS] = {
#define GROUP_ID_FLOATS(name) REEL__G_##name
#define GROUP_ID_NUMBERS GROUP_ID_FLOATS
#define GROUP_ID_ANY GROUP_ID_FLOATS
#define GROUP_ID_BOOLS(name) 0
#define REEL__KERNEL(name, operands, dtypes, ...)                            \
    [REEL__K_##name] = {#name, VALUES(name, operands), 0, REEL__K_##name,    \
                        GROUP_ID_##dtypes(name), true, false, false},        \
    REEL__GROUPS_OF_##dtypes(GROUP_##operands(name))
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#define REEL__FLAT(name, values, expression)                                 \
    [REEL__F_##name] = {#name, values, 0, REEL__K_NONE, 0, true, false,      \
                        false},
#define REEL__FLAT_GROUP(name, ones, expression)                             \
    [REEL__F_##name] = {#name, 3, ones, REEL__K_NONE, 0, true, false, false},
#define REEL__FLAT_ROWS(name, ones, a, b, c, expression)                     \
    [REEL__F_##name] = {#name, 3, ones, REEL__K_NONE, 0, true, false, true},
#define REEL__FLAT_MOVE(name, values)                                        \
    [REEL__F_##name] = {#name, values, 0, REEL__K_NONE, 0,                   \
                        REEL__F_##name < REEL__F_store, false,               \
                        IS_ROWS(REEL__F_##name)},
#include "kernels/flat.def"
#undef REEL__FLAT
#undef REEL__FLAT_GROUP
#undef REEL__FLAT_ROWS
#undef REEL__FLAT_MOVE
};
_Static_assert(REEL__F_OPS <= UINT8_MAX + 1, "instructions have 8 bits for it");
