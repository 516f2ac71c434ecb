/* ops/custom.h: nodes of the user's own ops.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_CUSTOM_H
#define REEL_OPS_CUSTOM_H

#include "ops/ops.h"
#include <reel/custom.h>

/* Attributes of a custom node, and all that tells one from another: what *op
 * was when it was recorded, without pointers to what was copied. user_bytes of
 * the user's follow. */
typedef struct reel__custom {
    _Alignas(8)          /* and so what follows */
    reel_custom_op op;   /* name NULL; user NULL if it was copied */
    reel_custom_fn *run; /* what computes the node: forward, vjp_buffers, ... */
    uint64_t operand;    /* of a derivative: which operand it is like */
    char name[72];       /* 63, "_vjp", the end */
} reel__custom;

/* Operands of a buffer derivative: those of the op, y, and a tangent each. */
#define REEL__CUSTOM_ARGS (2 * REEL_CUSTOM_OPERANDS + 1)

static inline const void *reel__custom_user(const reel__custom *a)
{
    return a->op.user_bytes > 0 ? a + 1 : a->op.user;
}

static inline reel_custom_in reel__custom_in_of(const reel_node *x)
{
    return (reel_custom_in){(reel_dtype)x->dtype, reel__shape_of(x),
                            reel_count(x), NULL};
}

/* What a failed call said, or else its status in words. */
static inline const char *reel__custom_said(reel_custom_call *call,
                                            reel_status status)
{
    call->message[REEL_CUSTOM_MESSAGE - 1] = '\0';
    return call->message[0] ? call->message : reel_status_text(status);
}

/* custom_reference.c */
void reel__custom_reference(reel__eval *e);
long double reel__custom_epsilon(const reel_node *node);

#endif /* REEL_OPS_CUSTOM_H */
