/* ops/table.c: the table of ops, and the constructors that need nothing but
 * their operands, both made from ops.def.
 *
 * SPDX-License-Identifier: MIT */
#include "core/internal.h"

const reel__op *const reel__ops[] = {
#define REEL_OP(name, kind, formula, gradient) &reel__op_##name,
#include <reel/ops.def>
#undef REEL_OP
    NULL,
};

#define REEL_OP(name, kind, formula, gradient) REEL__##kind(name)
#define REEL__UNARY(name)                                       \
    reel_node *reel_##name(reel_node *x)                        \
    {                                                           \
        return reel__record(&reel__op_##name, &x, 1, NULL, 0);  \
    }
#define REEL__BINARY(name)                                      \
    reel_node *reel_##name(reel_node *a, reel_node *b)          \
    {                                                           \
        reel_node *in[] = {a, b};                               \
        return reel__record(&reel__op_##name, in, 2, NULL, 0);  \
    }
#define REEL__OTHER(name)
#include <reel/ops.def>
