/* ops/pointwise.h: what an elementwise op is made of, short enough that an op
 * and all its parts can be read at one glance.
 *
 * Both vjp and jvp of an elementwise op multiply by the same derivative, so an
 * op gives one function for the two:
 *
 *   name_derivative(y, g)       of one operand x: g dy/dx
 *   name_derivative(y, i, g)    of more: g dy/d(operand i)
 *
 * together with name_reference and name_samples.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPS_POINTWISE_H
#define REEL_OPS_POINTWISE_H

#include <math.h>
#include "ops/ops.h"
#include "ops/samples.h"

/* The derivative as an expression of x (or a, b), y and g. */
#define REEL__DERIVATIVE_1(name, expression)                                 \
    static reel_node *name##_derivative(reel_node *y, reel_node *g)          \
    {                                                                        \
        reel_node *x = y->in[0];                                             \
        (void)x;                                                             \
        return (expression);                                                 \
    }
#define REEL__DERIVATIVE_2(name, by_a, by_b)                                 \
    static reel_node *name##_derivative(reel_node *y, int i, reel_node *g)   \
    {                                                                        \
        reel_node *a = y->in[0], *b = y->in[1];                              \
        (void)a, (void)b;                                                    \
        return i == 0 ? (by_a) : (by_b);                                     \
    }

#define REEL__OP_1(name_, infer_)                                            \
    static void name_##_vjp(reel_node *y, reel_node *g, const bool *need,    \
                            reel_node **dx)                                  \
    {                                                                        \
        if (need[0])                                                         \
            dx[0] = name_##_derivative(y, g);                                \
    }                                                                        \
    static reel_node *name_##_jvp(reel_node *y, reel_node *const *dx)        \
    {                                                                        \
        return name_##_derivative(y, dx[0]);                                 \
    }                                                                        \
    const reel__op reel__op_##name_ = {                                      \
        .name = #name_,                                                      \
        .arity = 1,                                                          \
        .lowering = REEL__LOWER_ELEMENTWISE,                                 \
        .kernel = REEL__K_##name_,                                           \
        .infer = infer_,                                                     \
        .vjp = name_##_vjp,                                                  \
        .jvp = name_##_jvp,                                                  \
        .reference = name_##_reference,                                      \
        REEL__SAMPLES(name_##_samples),                                      \
    }

#define REEL__OP_N(name_, arity_, infer_)                                    \
    static void name_##_vjp(reel_node *y, reel_node *g, const bool *need,    \
                            reel_node **dx)                                  \
    {                                                                        \
        for (int i = 0; i < arity_; i++)                                     \
            if (need[i])                                                     \
                dx[i] = name_##_derivative(y, i, g);                         \
    }                                                                        \
    static reel_node *name_##_jvp(reel_node *y, reel_node *const *dx)        \
    {                                                                        \
        reel_node *dy = NULL;                                                \
        for (int i = 0; i < arity_; i++)                                     \
            if (dx[i])                                                       \
                dy = reel__add_tangents(dy,                                  \
                                        name_##_derivative(y, i, dx[i]));    \
        return dy;                                                           \
    }                                                                        \
    const reel__op reel__op_##name_ = {                                      \
        .name = #name_,                                                      \
        .arity = arity_,                                                     \
        .lowering = REEL__LOWER_ELEMENTWISE,                                 \
        .kernel = REEL__K_##name_,                                           \
        .infer = infer_,                                                     \
        .vjp = name_##_vjp,                                                  \
        .jvp = name_##_jvp,                                                  \
        .reference = name_##_reference,                                      \
        REEL__SAMPLES(name_##_samples),                                      \
    }

/* One without a derivative: comparisons and logic. */
#define REEL__OP_FLAT(name_, arity_, infer_)                                 \
    const reel__op reel__op_##name_ = {                                      \
        .name = #name_,                                                      \
        .arity = arity_,                                                     \
        .flags = REEL__NO_GRADIENT,                                          \
        .lowering = REEL__LOWER_ELEMENTWISE,                                 \
        .kernel = REEL__K_##name_,                                           \
        .infer = infer_,                                                     \
        .reference = name_##_reference,                                      \
        REEL__SAMPLES(name_##_samples),                                      \
    }

/* ----------------------------------------------------------------- samples */

/* Beside those of ops/samples.h: a scalar of another dtype, and operands of the
 * values that follow, along one axis. */
#define REEL__WHOLE_SCALAR(type, from, to) {type, {0, {0}}, from, to, NULL}
#define REEL__GIVEN(type, ...)                                               \
    {type, {1, {REEL__COUNT(double, __VA_ARGS__)}}, 0, 0,                    \
     (const double[]){__VA_ARGS__}}

/* Elementwise ops are all tried on the same shapes. */
#define REEL__SHAPES_1(from, to)                                             \
    {.what = "scalar", .nin = 1, .in = {REEL__REAL_SCALAR(from, to)}},       \
    {.what = "row", .nin = 1, .in = {REEL__REALS(from, to, 7)}},             \
    {.what = "matrix", .nin = 1, .in = {REEL__REALS(from, to, 7, 17)}},      \
    {.what = "three axes", .nin = 1, .in = {REEL__REALS(from, to, 2, 3, 5)}},\
    {.what = "no elements", .nin = 1, .in = {REEL__REALS(from, to, 3, 0, 2)}}

#define REEL__PAIR(what_, a, b) {.what = what_, .nin = 2, .in = {a, b}}
#define REEL__SHAPES_2(a0, a1, b0, b1)                                       \
    REEL__PAIR("scalars", REEL__REAL_SCALAR(a0, a1),                         \
               REEL__REAL_SCALAR(b0, b1)),                                   \
    REEL__PAIR("matrices", REEL__REALS(a0, a1, 7, 17),                       \
               REEL__REALS(b0, b1, 7, 17)),                                  \
    REEL__PAIR("both broadcast", REEL__REALS(a0, a1, 3, 1),                  \
               REEL__REALS(b0, b1, 2, 1, 4)),                                \
    REEL__PAIR("scalar with matrix", REEL__REAL_SCALAR(a0, a1),              \
               REEL__REALS(b0, b1, 5, 3)),                                   \
    REEL__PAIR("matrix with row", REEL__REALS(a0, a1, 5, 3),                 \
               REEL__REALS(b0, b1, 3)),                                      \
    REEL__PAIR("no elements", REEL__REALS(a0, a1, 1, 3),                     \
               REEL__REALS(b0, b1, 0, 3))

/* Values where no derivative is tested: infinities, NaN, extremes, integers. */
#define REEL__VALUES_1(what_, type, ...)                                     \
    {.what = what_, .nin = 1, .value_only = true,                            \
     .in = {REEL__GIVEN(type, __VA_ARGS__)}}
#define REEL__VALUES_2(what_, a, b)                                          \
    {.what = what_, .nin = 2, .value_only = true, .in = {a, b}}

/* The documented slope at one point: a kink, a tie, an edge. */
#define REEL__SLOPE_1(what_, slope, at)                                      \
    {.what = what_, .nin = 1, .gradient = (const double[]){slope},           \
     .in = {REEL__GIVEN(REEL__REAL, at)}}
#define REEL__SLOPE_2(what_, slope, a, b)                                    \
    {.what = what_, .nin = 2, .gradient = (const double[]){slope},           \
     .in = {REEL__GIVEN(REEL__REAL, a), REEL__GIVEN(REEL__REAL, b)}}

#endif /* REEL_OPS_POINTWISE_H */
