/* samples.c: the op table's samples as graphs.
 *
 * SPDX-License-Identifier: MIT */
#include "samples.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <reel/random.h>

#include "grad/reference.h"
#include "ops/ops.h"
#include "support.h"

int op_count(void)
{
    int n = 0;
    while (reel__ops[n])
        n++;
    return n;
}

void for_samples(const reel__op *op, void f(const reel__op *op, int sample,
                                            reel_dtype real))
{
    for (int i = 0; i < op->samples; i++) {
        bool any = false;
        for (int k = 0; k < op->sample[i].nin; k++)
            any = any || op->sample[i].in[k].dtype == REEL__REAL;
        if (any)
            f(op, i, REEL_F32);
        f(op, i, REEL_F64);
    }
}

const char *graph_name(const graph *g)
{
    return support_format("%s, %s, %s", g->op->name, g->sample->what,
                          g->epsilon == FLT_EPSILON ? "f32" : "f64");
}

/* ------------------------------------------------------------------ leaves */

static double number(const reel__sample_in *in, int k, int64_t i)
{
    if (in->values)
        return in->values[i];
    double u = reel_random_uniform(20, (uint64_t)k, (uint64_t)i);
    double x = in->low + (in->high - in->low) * u;
    return in->dtype == REEL__REAL || reel__is_float((reel_dtype)in->dtype)
               ? x : floor(x);
}

static layout possible(const reel__sample_in *in, layout lie)
{
    return lie == TURNED && in->shape.ndim < 2 ? DENSE : lie;
}

/* The shape of the leaf for an operand that lies so. */
static reel_shape leaf_shape(reel_shape s, layout lie)
{
    if (lie == TURNED) {
        int64_t last = s.dim[s.ndim - 1];
        s.dim[s.ndim - 1] = s.dim[s.ndim - 2];
        s.dim[s.ndim - 2] = last;
    }
    for (int i = 0; lie == SPACED && i < s.ndim; i++)
        s.dim[i] = 2 * s.dim[i] + 1;
    return s;
}

/* Where element `index` of the operand lies in the leaf of shape s. */
static int64_t leaf_place(reel_shape s, layout lie, const int64_t *index)
{
    int64_t at[REEL_MAX_DIMS] = {0}, stride[REEL_MAX_DIMS] = {0};
    for (int i = 0; i < s.ndim; i++)
        at[i] = lie == FLIPPED  ? s.dim[i] - 1 - index[i]
                : lie == SPACED ? 2 * index[i] + 1
                                : index[i];
    if (lie == TURNED) {
        at[s.ndim - 1] = index[s.ndim - 2];
        at[s.ndim - 2] = index[s.ndim - 1];
    }
    reel__dense_strides(s, stride);
    return reel__flat(s.ndim, at, stride);
}

static reel_node *view_of(reel_node *leaf, reel_shape s, layout lie)
{
    int64_t start[REEL_MAX_DIMS], stop[REEL_MAX_DIMS], step[REEL_MAX_DIMS];
    for (int i = 0; i < s.ndim; i++)
        start[i] = 1, stop[i] = 2 * s.dim[i] + 1, step[i] = 2;
    switch (lie) {
    case TURNED: return reel_transpose(leaf);
    case FLIPPED: return reel_flip(leaf, REEL_ALL);
    case SPACED: return reel_slice(leaf, start, stop, step);
    default: return leaf;
    }
}

static void make_operand(graph *g, int k, reel_dtype real, layout lie)
{
    const reel__sample_in *in = &g->sample->in[k];
    reel_dtype dtype = in->dtype == REEL__REAL ? real : (reel_dtype)in->dtype;
    layout l = possible(in, lie);
    reel_shape shape = leaf_shape(in->shape, l);
    int64_t index[REEL_MAX_DIMS] = {0}, n = reel_shape_count(in->shape);
    const char *name = support_format("in%d", k);

    g->leaf[k] = reel__is_float(dtype)
                     ? reel_parameter(g->tape, name, dtype, shape, NULL)
                     : reel_state(g->tape, name, dtype, shape, NULL);
    void *data = reel_data(g->leaf[k]);
    for (int64_t i = 0; i < reel_count(g->leaf[k]); i++)
        reel__store(dtype, data, i, reel__is_float(dtype) ? NAN : 1);
    for (int64_t i = 0; i < n; i++) {
        reel__store(dtype, data, leaf_place(shape, l, index),
                    number(in, k, i));
        reel__next_index(in->shape, index);
    }
    g->in[k] = view_of(g->leaf[k], in->shape, l);
}

void graph_make(graph *g, const reel__op *op, int sample, reel_dtype real,
                layout lie)
{
    reel_node *in[MOST_IN]; /* build may change it */
    *g = (graph){.op = op, .sample = &op->sample[sample],
                 .nin = op->sample[sample].nin, .epsilon = DBL_EPSILON};
    g->tape = reel_tape_new();
    for (int k = 0; k < g->nin; k++) {
        make_operand(g, k, real, lie);
        in[k] = g->in[k];
    }
    g->y = g->sample->build ? g->sample->build(in)
                            : reel__record(op, in, (size_t)g->nin, NULL, 0);
    for (size_t i = 0; i < g->tape->count; i++)
        if (g->tape->node[i]->dtype == REEL_F32)
            g->epsilon = FLT_EPSILON;
    ck_assert_msg(g->y != NULL, "%s: %s", graph_name(g),
                  reel_message(g->tape));
}

void graph_free(graph *g)
{
    reel_tape_free(g->tape);
}

reel_node *random_like(reel_node *like, uint64_t stream)
{
    reel_dtype dtype = reel_dtype_of(like);
    reel_node *p = reel_parameter(like->tape, "random", dtype,
                                  reel__shape_of(like), NULL);
    for (int64_t i = 0; i < reel_count(p); i++)
        reel__store(dtype, p->value, i,
                    2 * reel_random_uniform(30, stream, (uint64_t)i) - 1);
    return p;
}

reel_nodes float_leaves(const graph *g, reel_node **array)
{
    reel_nodes all = {0, array};
    for (int k = 0; k < g->nin; k++)
        if (reel__is_float(reel_dtype_of(g->leaf[k])))
            array[all.count++] = g->leaf[k];
    return all;
}

/* ---------------------------------------------------------------- reference */

/* The op's own reference of a composite, of which the graph has no node. */
static void composite(graph *g, long double *const *x, long double *y)
{
    reel__ref in[MOST_IN], out = {reel_dtype_of(g->y),
                                  reel__shape_of(g->y), y};
    reel__eval e = {.nin = (size_t)g->nin, .in = in, .out = &out,
                    .attr = g->sample->attr};
    for (int k = 0; k < g->nin; k++)
        in[k] = (reel__ref){reel_dtype_of(g->leaf[k]),
                            reel__shape_of(g->leaf[k]), x[k]};
    g->op->reference(&e);
    ck_assert_msg(!e.bad_index, "%s", graph_name(g));
}

static void evaluate(graph *g, reel__reference *r, long double *const *x,
                     long double *y)
{
    const long double *result = reel__reference_data(r, g->y);
    int64_t n = reel_count(g->y);
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    for (int64_t i = 0; i < n; i++)
        y[i] = result[i];
    if (g->op->flags & REEL__COMPOSITE)
        composite(g, x, y);
}

static long double *numbers(int64_t n)
{
    long double *x = calloc((size_t)n + 1, sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

enum { TRIALS = 8 };

/* The largest of some changes of y under random relative changes of all real
 * operands at once. The kinds of operand stay: 0 is 0, infinity infinity. */
static void measure(graph *g, reel__reference *r, long double *const *x,
                    const long double *y, long double *condition)
{
    const long double h = 0x1p-20L;
    int64_t n = reel_count(g->y);
    long double *moved = numbers(n), *old[MOST_IN];
    for (int k = 0; k < g->nin; k++) {
        old[k] = numbers(reel_count(g->leaf[k]));
        for (int64_t i = 0; i < reel_count(g->leaf[k]); i++)
            old[k][i] = x[k][i];
    }
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        for (int k = 0; k < g->nin; k++)
            for (int64_t i = 0; i < reel_count(g->leaf[k]); i++)
                if (reel__is_float(reel_dtype_of(g->leaf[k])))
                    x[k][i] = old[k][i] *
                              (reel_random_bits(trial, (uint64_t)k,
                                                (uint64_t)i) & 1 ? 1 + h
                                                                 : 1 - h);
        evaluate(g, r, x, moved);
        for (int64_t i = 0; i < n; i++) {
            long double change = fabsl(moved[i] - y[i]) / h;
            if (change > condition[i] && isfinite(change))
                condition[i] = change;
        }
    }
    for (int k = 0; k < g->nin; k++)
        free(old[k]);
    free(moved);
}

void graph_expect(graph *g, long double **value, long double **condition)
{
    reel_node *root[1 + MOST_IN] = {g->y};
    long double *x[MOST_IN];
    int64_t n = reel_count(g->y);
    for (int k = 0; k < g->nin; k++)
        root[k + 1] = g->leaf[k];
    reel__reference *r = reel__reference_new(
        g->tape, (reel_nodes){1 + (size_t)g->nin, root});
    ck_assert_msg(r != NULL, "%s: %s", graph_name(g), reel_message(g->tape));
    for (int k = 0; k < g->nin; k++)
        x[k] = reel__reference_data(r, g->leaf[k]);
    *value = numbers(n);
    *condition = numbers(n);
    evaluate(g, r, x, *value);
    measure(g, r, x, *value, *condition);
    reel__reference_free(r);
}
