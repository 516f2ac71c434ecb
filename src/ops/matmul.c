/* ops/matmul.c: the matrix product of the last two axes. Leading axes
 * broadcast; transposed operands are views, told by their strides.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "ops/ops.h"
#include "ops/samples.h"

static bool misfit(reel__call *call, const char *what)
{
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT];
    return reel__fail(call->tape, REEL_ESHAPE, "matmul", "%s: %s x %s", what,
                      reel__node_shape_text(call->in[0], a),
                      reel__node_shape_text(call->in[1], b));
}

static reel_shape batch(const reel_node *x)
{
    reel_shape s = reel__shape_of(x);
    s.ndim -= 2;
    return s;
}

/* The leading axes of both, broadcast, into *to. */
static bool broadcast(reel_shape a, reel_shape b, reel_shape *to)
{
    *to = (reel_shape){a.ndim > b.ndim ? a.ndim : b.ndim, {0}};
    for (int i = 1; i <= to->ndim; i++) {
        int64_t p = i <= a.ndim ? a.dim[a.ndim - i] : 1;
        int64_t q = i <= b.ndim ? b.dim[b.ndim - i] : 1;
        if (p != q && p != 1 && q != 1)
            return false;
        to->dim[to->ndim - i] = p == 1 ? q : p;
    }
    return true;
}

static reel_node *with_batch(reel_node *x, reel_shape batch)
{
    batch.dim[batch.ndim++] = x->dim[x->ndim - 2];
    batch.dim[batch.ndim++] = x->dim[x->ndim - 1];
    return reel_expand(x, batch);
}

static bool infer(reel__call *call)
{
    char text[REEL__SHAPE_TEXT];
    reel_shape to;
    for (int i = 0; i < 2; i++)
        if (call->in[i]->ndim < 2)
            return reel__fail(call->tape, REEL_ESHAPE, "matmul",
                              "needs at least two dimensions: %s",
                              reel__node_shape_text(call->in[i], text));
    const reel_node *a = call->in[0], *b = call->in[1];
    int64_t k = a->dim[a->ndim - 1], l = b->dim[b->ndim - 2];
    if (k != l) {
        char s[REEL__SHAPE_TEXT];
        return reel__fail(call->tape, REEL_ESHAPE, "matmul",
                          "inner dimensions differ: %s x %s (%" PRId64
                          " != %" PRId64 ")",
                          reel__node_shape_text(a, text),
                          reel__node_shape_text(b, s), k, l);
    }
    if (!broadcast(batch(a), batch(b), &to))
        return misfit(call, "leading dimensions do not broadcast");
    if (!reel__promote(call, 0) || !reel__takes(call, 0, REEL__TAKES_FLOATS))
        return false;
    for (int i = 0; i < 2; i++)
        if (!(call->in[i] = with_batch(call->in[i], to)))
            return false;
    call->shape = reel__shape_of(call->in[0]);
    call->shape.dim[to.ndim + 1] = call->in[1]->dim[to.ndim + 1];
    return reel__shape_valid(call->shape) ||
           misfit(call, "the result has too many elements");
}

static void vjp(reel_node *y, reel_node *g, const bool *need, reel_node **dx)
{
    if (need[0])
        dx[0] = reel_matmul(g, reel_transpose(y->in[1]));
    if (need[1])
        dx[1] = reel_matmul(reel_transpose(y->in[0]), g);
}

static reel_node *jvp(reel_node *y, reel_node *const *dx)
{
    return reel__add_tangents(dx[0] ? reel_matmul(dx[0], y->in[1]) : NULL,
                              dx[1] ? reel_matmul(y->in[0], dx[1]) : NULL);
}

/* Four neighbours of a row at once: sums in registers, and of b what one look
 * into memory brings. */
static void four(const long double *p, const long double *q, int64_t k,
                 int64_t n, long double *y)
{
    long double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int64_t j = 0; j < k; j++, q += n) {
        s0 += p[j] * q[0];
        s1 += p[j] * q[1];
        s2 += p[j] * q[2];
        s3 += p[j] * q[3];
    }
    y[0] = s0, y[1] = s1, y[2] = s2, y[3] = s3;
}

static void reference(reel__eval *e)
{
    reel_shape a = e->in[0].shape, y = e->out->shape;
    int64_t m = y.dim[y.ndim - 2], n = y.dim[y.ndim - 1];
    int64_t k = a.dim[a.ndim - 1], results = reel_shape_count(y);
    for (int64_t at = 0; at < results;) {
        int64_t row = at / n, i = at % n; /* row: of all matrices */
        const long double *p = e->in[0].data + row * k;
        const long double *q = e->in[1].data + row / m * k * n + i;
        if (n - i >= 4) {
            four(p, q, k, n, e->out->data + at);
            at += 4;
            continue;
        }
        long double sum = 0;
        for (int64_t j = 0; j < k; j++)
            sum += p[j] * q[j * n];
        e->out->data[at++] = sum;
    }
}

REEL__BUILD(transposed_a, reel_matmul(reel_transpose(in[0]), in[1]))
REEL__BUILD(transposed_b, reel_matmul(in[0], reel_transpose(in[1])))
REEL__BUILD(transposed_both,
            reel_matmul(reel_transpose(in[0]), reel_transpose(in[1])))
REEL__BUILD(gram, reel_matmul(reel_transpose(in[0]), in[0]))

#define PAIR(...) .nin = 2, .in = {__VA_ARGS__}

static const reel__sample samples[] = {
    {.what = "2x3 by 3x4",
     PAIR(REEL__REALS(-2, 2, 2, 3), REEL__REALS(-2, 2, 3, 4))},
    {.what = "odd sizes",
     PAIR(REEL__REALS(-2, 2, 7, 17), REEL__REALS(-2, 2, 17, 5))},
    {.what = "several tiles", .value_only = true,
     PAIR(REEL__REALS(-2, 2, 67, 131), REEL__REALS(-2, 2, 131, 49))},
    {.what = "row by column",
     PAIR(REEL__REALS(-2, 2, 1, 9), REEL__REALS(-2, 2, 9, 1))},
    {.what = "column by row",
     PAIR(REEL__REALS(-2, 2, 9, 1), REEL__REALS(-2, 2, 1, 7))},
    {.what = "row by matrix",
     PAIR(REEL__REALS(-2, 2, 1, 5), REEL__REALS(-2, 2, 5, 17))},
    {.what = "matrix by column",
     PAIR(REEL__REALS(-2, 2, 17, 5), REEL__REALS(-2, 2, 5, 1))},
    {.what = "left transposed", .build = transposed_a,
     PAIR(REEL__REALS(-2, 2, 7, 5), REEL__REALS(-2, 2, 7, 3))},
    {.what = "right transposed", .build = transposed_b,
     PAIR(REEL__REALS(-2, 2, 5, 7), REEL__REALS(-2, 2, 3, 7))},
    {.what = "both transposed", .build = transposed_both,
     PAIR(REEL__REALS(-2, 2, 17, 7), REEL__REALS(-2, 2, 3, 17))},
    {.what = "x^T x", .nin = 1, .in = {REEL__REALS(-2, 2, 9, 4)},
     .build = gram},
    {.what = "batched, broadcast",
     PAIR(REEL__REALS(-2, 2, 2, 1, 3, 4), REEL__REALS(-2, 2, 5, 4, 2))},
    {.what = "batch by matrix",
     PAIR(REEL__REALS(-2, 2, 3, 5, 4), REEL__REALS(-2, 2, 4, 2))},
    {.what = "matrix by transposed batch", .build = transposed_b,
     PAIR(REEL__REALS(-2, 2, 5, 4), REEL__REALS(-2, 2, 3, 2, 4))},
    {.what = "inner size 0", .value_only = true,
     PAIR(REEL__REALS(-2, 2, 3, 0), REEL__REALS(-2, 2, 0, 2))},
    {.what = "no rows", .value_only = true,
     PAIR(REEL__REALS(-2, 2, 0, 3), REEL__REALS(-2, 2, 3, 2))},
};

const reel__op reel__op_matmul = {
    .name = "matmul",
    .arity = 2,
    .lowering = REEL__LOWER_MATMUL,
    .kernel = REEL__K_matmul,
    .infer = infer,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    REEL__SAMPLES(samples),
};
