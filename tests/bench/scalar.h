/* tests/bench/scalar.h: the chains of scalar operations that Reel and its peers
 * compute, value and gradient:
 *
 *   v = x[0]; for i in 0 ... CHAIN_LENGTH - 1: v = op(v, x[i % CHAIN_INPUTS])
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SCALAR_H
#define BENCH_SCALAR_H

enum { CHAIN_LENGTH = 1000, CHAIN_INPUTS = 10 };

typedef enum chain_op_kind {
    CHAIN_ADD, /* v + x */
    CHAIN_MUL, /* v x */
    CHAIN_TANH,
    CHAIN_EXP
} chain_op_kind;

/* Add and mul in turn; or add, mul, tanh, exp in turn. */
typedef enum chain_kind { CHAIN_ARITHMETIC, CHAIN_MIXED } chain_kind;

static inline chain_op_kind chain_op(chain_kind kind, int i)
{
    static const chain_op_kind turn[] = {CHAIN_ADD, CHAIN_MUL, CHAIN_TANH,
                                         CHAIN_EXP};

    return turn[kind == CHAIN_MIXED ? i % 4 : i % 2];
}

/* Less than 1, so that values stay small. */
static inline double chain_input(int k)
{
    return 0.5 + 0.04 * k;
}

#endif /* BENCH_SCALAR_H */
