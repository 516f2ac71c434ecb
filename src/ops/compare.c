/* ops/compare.c: comparisons and logic. None of them has a derivative.
 *
 * SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

/* ------------------------------------------------------------- comparisons */

#define COMPARISON(name, expression)                                         \
    REEL__REFERENCE_2(name, (expression) ? 1 : 0)                            \
    static const reel__sample name##_samples[] = {                           \
        REEL__SHAPES_2(-2, 2, -2, 2),                            \
        REEL__PAIR("ties", REEL__GIVEN(REEL__REAL, 0, 1, -1, -0.0),          \
                   REEL__GIVEN(REEL__REAL, 0, 1, 1, 0)),                     \
        REEL__PAIR("specials",                                               \
                   REEL__GIVEN(REEL__REAL, NAN, NAN, INFINITY, -INFINITY),   \
                   REEL__GIVEN(REEL__REAL, NAN, 1, INFINITY, INFINITY)),     \
        REEL__PAIR("promotion", REEL__REALS(-2, 2, 7),          \
                   REEL__WHOLE(REEL_I32, -2, 3, 7)),                        \
        REEL__PAIR("bool", REEL__WHOLE(REEL_BOOL, 0, 2, 17),                \
                   REEL__WHOLE(REEL_BOOL, 0, 2, 17)),                       \
        REEL__PAIR("u8", REEL__WHOLE(REEL_U8, 0, 4, 17),                    \
                   REEL__WHOLE(REEL_U8, 0, 4, 17)),                         \
        REEL__PAIR("i32", REEL__WHOLE(REEL_I32, -2, 3, 17),                 \
                   REEL__WHOLE(REEL_I32, -2, 3, 17)),                       \
        REEL__PAIR("i64", REEL__WHOLE(REEL_I64, -2, 3, 17),                 \
                   REEL__WHOLE(REEL_I64, -2, 3, 17)),                       \
    };                                                                       \
    REEL__OP_FLAT(name, 2, reel__infer_compare)

COMPARISON(eq, a == b);
COMPARISON(ne, a != b);
COMPARISON(lt, a < b);
COMPARISON(le, a <= b);
COMPARISON(gt, a > b);
COMPARISON(ge, a >= b);

/* ------------------------------------------------------------------- logic */

#define CONNECTIVE(name, expression)                                         \
    REEL__REFERENCE_2(name, (expression) ? 1 : 0)                            \
    static const reel__sample name##_samples[] = {                           \
        REEL__PAIR("truth table", REEL__GIVEN(REEL_BOOL, 0, 0, 1, 1),        \
                   REEL__GIVEN(REEL_BOOL, 0, 1, 0, 1)),                      \
        REEL__PAIR("scalars", REEL__WHOLE_SCALAR(REEL_BOOL, 0, 2),           \
                   REEL__WHOLE_SCALAR(REEL_BOOL, 0, 2)),                     \
        REEL__PAIR("matrices", REEL__WHOLE(REEL_BOOL, 0, 2, 7, 17),          \
                   REEL__WHOLE(REEL_BOOL, 0, 2, 7, 17)),                     \
        REEL__PAIR("both broadcast", REEL__WHOLE(REEL_BOOL, 0, 2, 3, 1),     \
                   REEL__WHOLE(REEL_BOOL, 0, 2, 2, 1, 4)),                   \
        REEL__PAIR("no elements", REEL__WHOLE(REEL_BOOL, 0, 2, 1, 3),        \
                   REEL__WHOLE(REEL_BOOL, 0, 2, 0, 3)),                      \
    };                                                                       \
    REEL__OP_FLAT(name, 2, reel__infer_logic)

CONNECTIVE(logical_and, a != 0 && b != 0);
CONNECTIVE(logical_or, a != 0 || b != 0);
CONNECTIVE(logical_xor, (a != 0) != (b != 0));

REEL__REFERENCE_1(logical_not, x == 0 ? 1 : 0)
static const reel__sample logical_not_samples[] = {
    REEL__VALUES_1("truth table", REEL_BOOL, 0, 1),
    {.what = "scalar", .nin = 1, .in = {REEL__WHOLE_SCALAR(REEL_BOOL, 0, 2)}},
    {.what = "matrix", .nin = 1, .in = {REEL__WHOLE(REEL_BOOL, 0, 2, 7, 17)}},
    {.what = "no elements", .nin = 1, .in = {REEL__WHOLE(REEL_BOOL, 0, 2, 0)}},
};
REEL__OP_FLAT(logical_not, 1, reel__infer_logic);
