/* ops/random.c: random numbers as values of the graph, and dropout.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/random.h>
#include "ops/ops.h"
#include "ops/samples.h"

/* ----------------------------------------------------------------- uniform */

static bool uniform_infer(reel__call *call)
{
    const reel__draw *d = call->attr;
    const reel_node *step = call->in[0];
    char text[REEL__SHAPE_TEXT];
    if (step->dtype != REEL_I64 || step->ndim != 0)
        return reel__fail(call->tape, REEL_EDTYPE, "uniform",
                          "step is %s %s: needs an i64 scalar",
                          reel_dtype_name((reel_dtype)step->dtype),
                          reel__node_shape_text(step, text));
    if (d->dtype != REEL_F32 && d->dtype != REEL_F64)
        return reel__fail(call->tape, REEL_EDTYPE, "uniform",
                          "gives f32 or f64, not %s",
                          d->dtype >= 0 && d->dtype < REEL_DTYPES
                              ? reel_dtype_name((reel_dtype)d->dtype)
                              : "?");
    call->dtype = (reel_dtype)d->dtype;
    return reel__take_sizes(call, &d->sizes);
}

reel_node *reel_uniform(reel_node *step, reel_dtype dtype, reel_shape shape,
                        uint64_t seed)
{
    reel__draw attr = {seed, reel__sizes_of(shape), (int64_t)dtype};
    return reel__record(&reel__op_uniform, &step, 1, &attr, sizeof attr);
}

/* f32 has room for 24 bits; more would round up to 1. */
static double draw(reel_dtype dtype, uint64_t seed, uint64_t step, int64_t i)
{
    if (dtype == REEL_F64)
        return reel_random_uniform(seed, step, (uint64_t)i);
    return (double)(reel_random_bits(seed, step, (uint64_t)i) >> 40) * 0x1p-24;
}

static uint64_t step_of(const reel__ref *step)
{
    return (uint64_t)(int64_t)step->data[0];
}

static void uniform_reference(reel__eval *e)
{
    const reel__draw *d = e->attr;
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = draw(e->out->dtype, d->seed, step_of(&e->in[0]), i);
}

REEL__BUILD(uniform_f32, reel_uniform(in[0], REEL_F32, REEL_SHAPE(7, 17), 1))
REEL__BUILD(uniform_f64, reel_uniform(in[0], REEL_F64, REEL_SHAPE(3, 5, 7),
                                      UINT64_C(0xFEDCBA9876543210)))
REEL__BUILD(uniform_scalar, reel_uniform(in[0], REEL_F64, REEL_SCALAR, 2))

#define STEP(low, high) {REEL_I64, {0, {0}}, low, high, NULL}

static const reel__sample uniform_samples[] = {
    {.what = "f32", .nin = 1, .in = {STEP(0, 1000)}, .build = uniform_f32},
    {.what = "f64", .nin = 1, .in = {STEP(0, 1e15)}, .build = uniform_f64},
    {.what = "negative step", .nin = 1, .in = {STEP(-9, 0)},
     .build = uniform_f64},
    {.what = "scalar", .nin = 1, .in = {STEP(0, 9)}, .build = uniform_scalar},
};

const reel__op reel__op_uniform = {
    .name = "uniform",
    .arity = 1,
    .flags = REEL__NO_GRADIENT,
    .lowering = REEL__LOWER_UNIFORM,
    .kernel = REEL__K_uniform,
    .infer = uniform_infer,
    .reference = uniform_reference,
    REEL__SAMPLES(uniform_samples),
};

/* ----------------------------------------------------------------- dropout */

reel_node *reel_dropout(reel_node *x, double p, uint64_t seed, reel_node *step)
{
    if (!reel__given(x) || !step ||
        !reel__takes_one(&reel__op_dropout, x, REEL__TAKES_FLOATS))
        return NULL;
    if (!(p >= 0 && p < 1))
        return reel__fail(x->tape, REEL_EVALUE, "dropout",
                          "p is %g: needs 0 <= p < 1", p);
    if (p == 0)
        return x;
    reel_dtype dtype = (reel_dtype)x->dtype;
    reel_node *u = reel_uniform(step, dtype, reel__shape_of(x), seed);
    reel_node *stays = reel_ge(u, reel__full_like(u, p));
    reel_node *mask = reel_affine(reel_cast(stays, dtype), 1 / (1 - p), 0);
    return reel_mul(x, mask);
}

typedef struct drop { /* of a sample */
    double p;
    uint64_t seed;
} drop;

static void dropout_reference(reel__eval *e)
{
    const drop *d = e->attr;
    reel_dtype dtype = e->out->dtype;
    double p = dtype == REEL_F32 ? (double)(float)d->p : d->p;
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++) {
        bool stays = draw(dtype, d->seed, step_of(&e->in[1]), i) >= p;
        e->out->data[i] = stays ? e->in[0].data[i] / (1 - d->p) : 0;
    }
}

static const drop half = {.5, 3}, few = {.1, 4}, none = {0, 5};

REEL__BUILD(dropout_half, reel_dropout(in[0], half.p, half.seed, in[1]))
REEL__BUILD(dropout_few, reel_dropout(in[0], few.p, few.seed, in[1]))
REEL__BUILD(dropout_none, reel_dropout(in[0], none.p, none.seed, in[1]))

static const reel__sample dropout_samples[] = {
    {.what = "half", .nin = 2, .in = {REEL__REALS(-2, 2, 7, 17), STEP(0, 99)},
     .build = dropout_half, .attr = &half},
    {.what = "few", .nin = 2, .in = {REEL__REALS(-2, 2, 3, 5, 7), STEP(0, 99)},
     .build = dropout_few, .attr = &few},
    {.what = "none", .nin = 2, .in = {REEL__REALS(-2, 2, 3, 5), STEP(0, 99)},
     .build = dropout_none, .attr = &none},
};

const reel__op reel__op_dropout = {
    .name = "dropout",
    .arity = 2,
    .flags = REEL__COMPOSITE,
    .reference = dropout_reference,
    REEL__SAMPLES(dropout_samples),
};
