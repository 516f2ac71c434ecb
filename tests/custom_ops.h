/* custom_ops.h: ops of a user's, for the suites that try them: swish in several
 * makings, an outer product, a scale by table.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CUSTOM_OPS_H
#define TESTS_CUSTOM_OPS_H

#include <math.h>
#include <string.h>

#include <reel.h>

#include "support.h"

/* ------------------------------------------------------ swish: x sigmoid(x) */

static inline double get(const reel_custom_in *in, int64_t i)
{
    return in->dtype == REEL_F32 ? ((const float *)in->data)[i]
                                 : ((const double *)in->data)[i];
}

static inline void put(reel_custom_out *out, int64_t i, double x)
{
    if (out->dtype == REEL_F32)
        ((float *)out->data)[i] = (float)x;
    else
        ((double *)out->data)[i] = x;
}

static inline double swish_slope(double x)
{
    double s = 1 / (1 + exp(-x));
    return s * (1 + x * (1 - s));
}

static inline reel_status swish_forward(reel_custom_call *call)
{
    for (int64_t i = 0; i < call->out.count; i++) {
        double x = get(call->in, i);
        put(&call->out, i, x / (1 + exp(-x)));
    }
    return REEL_OK;
}

static inline reel_status swish_reference(reel_custom_call *call)
{
    const long double *x = call->in[0].data;
    long double *y = call->out.data;
    for (int64_t i = 0; i < call->out.count; i++)
        y[i] = x[i] / (1 + expl(-x[i]));
    return REEL_OK;
}

/* in: x, y, then the cotangent or the tangent: the slope is the same. */
static inline reel_status swish_product(reel_custom_call *call)
{
    for (int64_t i = 0; i < call->out.count; i++)
        put(&call->out, i,
            get(&call->in[2], i) * swish_slope(get(call->in, i)));
    return REEL_OK;
}

static inline reel_node *swish_times(reel_node *y, reel_node *g)
{
    reel_node *s = reel_sigmoid(reel_operand(y, 0));
    return reel_mul(g, reel_add(s, reel_mul(y, reel_affine(s, -1, 1))));
}

static inline void swish_vjp(reel_node *y, reel_node *g, const bool *need,
                             reel_node **dx, const void *user)
{
    (void)user;
    if (need[0])
        dx[0] = swish_times(y, g);
}

static inline reel_node *swish_jvp(reel_node *y, reel_node *const *dx,
                                   const void *user)
{
    (void)user;
    return swish_times(y, dx[0]);
}

/* By differentiating another expression: sweeps within a sweep. */
static inline void swish_vjp_by_sweep(reel_node *y, reel_node *g,
                                      const bool *need, reel_node **dx,
                                      const void *user)
{
    reel_node *x = reel_operand(y, 0);
    (void)need, (void)user;
    reel_vjp(reel_silu(x), g, REEL_NODES(x), dx);
}

static inline reel_node *swish_jvp_by_sweep(reel_node *y, reel_node *const *dx,
                                            const void *user)
{
    reel_node *x = reel_operand(y, 0);
    (void)user;
    return reel_jvp(reel_silu(x), REEL_NODES(x), REEL_NODES(dx[0]));
}

/* All that can be differentiated by reel_gradient and reel_jvp; the first
 * SWISH_TWICE of them as often as one likes. */
static const reel_custom_op swishes[] = {
    {.name = "swish", .forward = swish_forward, .vjp = swish_vjp,
     .jvp = swish_jvp, .reference = swish_reference},
    {.name = "swish.no_jvp", .operands = 1, .forward = swish_forward,
     .vjp = swish_vjp},
    {.name = "swish.sweeps", .forward = swish_forward,
     .vjp = swish_vjp_by_sweep, .jvp = swish_jvp_by_sweep},
    {.name = "swish.one_sweep", .forward = swish_forward,
     .vjp = swish_vjp_by_sweep, .reference = swish_reference},
    {.name = "swish.buffers", .forward = swish_forward,
     .vjp_buffers = swish_product, .jvp_buffers = swish_product},
    {.name = "swish.mixed", .forward = swish_forward, .vjp = swish_vjp,
     .jvp_buffers = swish_product, .reference = swish_reference},
};

enum { SWISH_TWICE = 4, SWISHES = sizeof swishes / sizeof *swishes };

static inline reel_node *swish(reel_node *x)
{
    return reel_custom(&swishes[0], REEL_NODES(x));
}

/* ------------------------------------- outer product: a [n], b [m]: [n, m] */

static inline reel_status outer_infer(reel_custom_call *call)
{
    if (call->in[0].shape.ndim != 1 || call->in[1].shape.ndim != 1) {
        strcpy(call->message, "takes two vectors");
        return REEL_ESHAPE;
    }
    call->out.shape = REEL_SHAPE(call->in[0].shape.dim[0],
                                 call->in[1].shape.dim[0]);
    return REEL_OK;
}

static inline reel_status outer_forward(reel_custom_call *call)
{
    int64_t m = call->in[1].count;
    for (int64_t i = 0; i < call->out.count; i++)
        put(&call->out, i, get(&call->in[0], i / m) * get(&call->in[1], i % m));
    return REEL_OK;
}

static inline void outer_vjp(reel_node *y, reel_node *g, const bool *need,
                             reel_node **dx, const void *user)
{
    reel_node *a = reel_operand(y, 0), *b = reel_operand(y, 1);
    (void)user;
    if (need[0])
        dx[0] = reel_sum(reel_mul(g, b), REEL_AXES(1), false);
    if (need[1])
        dx[1] = reel_sum(reel_mul(g, reel_unsqueeze(a, 1)), REEL_AXES(0),
                         false);
}

/* in: a, b, y, g. */
static inline reel_status outer_vjp_buffers(reel_custom_call *call)
{
    int64_t n = call->in[0].count, m = call->in[1].count;
    bool by_a = call->operand == 0;
    for (int64_t k = 0; k < call->out.count; k++) {
        double sum = 0;
        for (int64_t l = 0; l < (by_a ? m : n); l++)
            sum += get(&call->in[3], by_a ? k * m + l : l * m + k) *
                   get(&call->in[by_a ? 1 : 0], l);
        put(&call->out, k, sum);
    }
    return REEL_OK;
}

/* in: a, b, y, da, db. */
static inline reel_status outer_jvp_buffers(reel_custom_call *call)
{
    int64_t m = call->in[1].count;
    for (int64_t i = 0; i < call->out.count; i++)
        put(&call->out, i,
            get(&call->in[3], i / m) * get(&call->in[1], i % m) +
                get(&call->in[0], i / m) * get(&call->in[4], i % m));
    return REEL_OK;
}

static const reel_custom_op outers[] = {
    {.name = "outer", .operands = 2, .infer = outer_infer,
     .forward = outer_forward, .vjp = outer_vjp},
    {.name = "outer.buffers", .operands = 2, .infer = outer_infer,
     .forward = outer_forward, .vjp_buffers = outer_vjp_buffers,
     .jvp_buffers = outer_jvp_buffers},
};

/* ------------------------------------------ table: x[i] user[index[i]], f64 */

static inline reel_status table_infer(reel_custom_call *call)
{
    return call->in[1].dtype == REEL_I32 ? REEL_OK : REEL_EDTYPE;
}

static inline reel_status table_forward(reel_custom_call *call)
{
    const double *x = call->in[0].data, *scale = call->user;
    const int32_t *index = call->in[1].data;
    double *y = call->out.data;
    for (int64_t i = 0; i < call->out.count; i++) {
        if (index[i] < 0 || index[i] > 2) {
            snprintf(call->message, sizeof call->message, "no scale %d",
                     (int)index[i]);
            return REEL_EINDEX;
        }
        y[i] = x[i] * scale[index[i]];
    }
    return REEL_OK;
}

/* in: x, index, y, then the cotangent or the tangent of x. */
static inline reel_status table_product(reel_custom_call *call)
{
    const double *g = call->in[3].data, *scale = call->user;
    const int32_t *index = call->in[1].data;
    double *y = call->out.data;
    for (int64_t i = 0; i < call->out.count; i++)
        y[i] = g[i] * scale[index[i]];
    return REEL_OK;
}

static const double table_scale[] = {2, -1, 0.5};

static const reel_custom_op table = {
    .name = "table", .operands = 2, .flags = REEL_CUSTOM_F64_ONLY,
    .infer = table_infer, .forward = table_forward,
    .vjp_buffers = table_product, .jvp_buffers = table_product,
    .user = table_scale, .user_bytes = sizeof table_scale};

#endif /* TESTS_CUSTOM_OPS_H */
