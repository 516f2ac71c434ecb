/* ops/samples.h: writing down the test data of an op.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_SAMPLES_H
#define REEL_OPS_SAMPLES_H

#include "core/internal.h"

/* How a sample's node is made of its operands in[]. */
#define REEL__BUILD(name, expression)        \
    static reel_node *name(reel_node **in)   \
    {                                        \
        return (expression);                 \
    }

#define REEL__DIMS(...) \
    {(int)REEL__COUNT(int64_t, __VA_ARGS__), {__VA_ARGS__}}

/* Operands of the given sizes: f32 or f64 in [low, high), scalars of these, the
 * values of an array, indices below n. */
#define REEL__REALS(low, high, ...) \
    {REEL__REAL, REEL__DIMS(__VA_ARGS__), low, high, NULL}
#define REEL__REAL_SCALAR(low, high) {REEL__REAL, {0, {0}}, low, high, NULL}
#define REEL__VALUES(values, ...) \
    {REEL__REAL, REEL__DIMS(__VA_ARGS__), 0, 0, values}
#define REEL__WHOLE(dtype, low, high, ...) \
    {dtype, REEL__DIMS(__VA_ARGS__), low, high, NULL}
#define REEL__INDICES(n, ...) REEL__WHOLE(REEL_I64, 0, n, __VA_ARGS__)
#define REEL__INDEX_VALUES(values, ...) \
    {REEL_I32, REEL__DIMS(__VA_ARGS__), 0, 0, values}

#endif /* REEL_OPS_SAMPLES_H */
