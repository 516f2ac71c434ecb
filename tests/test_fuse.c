/* test_fuse.c: that fused programs compute what plain ones do, also where a
 * leaf is read and stored, where rows are reduced, where values outnumber the
 * scratch memory; and that what should be one step is one.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "kernels/chain.h"
#include "support.h"

enum { MOST_OUT = 16, MOST_LEAVES = 64 };

/* A tape, the leaves made on it, and what is to be computed. */
typedef struct graph {
    reel_tape *t;
    reel_dtype dtype;
    reel_node *leaf[MOST_LEAVES], *out[MOST_OUT];
    size_t leaves, outs;
} graph;

/* The next leaf: random numbers in [-1, 1). */
static reel_node *leaf(graph *g, reel_shape shape)
{
    reel_node *n = reel_parameter(g->t, NULL, g->dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++) {
        double x = reel_random_uniform(3, g->leaves, (uint64_t)i) * 2 - 1;
        if (g->dtype == REEL_F32)
            ((float *)reel_data(n))[i] = (float)x;
        else
            ((double *)reel_data(n))[i] = x;
    }
    ck_assert_uint_lt(g->leaves, MOST_LEAVES);
    return g->leaf[g->leaves++] = n;
}

static reel_node *labels(graph *g, int64_t count, int64_t below)
{
    reel_node *n = reel_state(g->t, NULL, REEL_U8, REEL_SHAPE(count), NULL);
    for (int64_t i = 0; i < count; i++)
        ((uint8_t *)reel_data(n))[i] =
            (uint8_t)reel_random_below(5, 1, (uint64_t)i, (uint64_t)below);
    return n;
}

static void out(graph *g, reel_node *n)
{
    ck_assert_uint_lt(g->outs, MOST_OUT);
    g->out[g->outs++] = n;
}

static void descend(graph *g, reel_node *loss, reel_node *p)
{
    out(g, reel_assign(p, reel_sub(p, reel_affine(reel_gradient(loss, p),
                                                  0.03, 0))));
}

/* ------------------------------------------------------------------ graphs */

/* Two layers on rows gathered from bytes, a whole step. */
static void training_step(graph *g)
{
    enum { ALL = 90, BATCH = 64, IN = 70, HIDDEN = 75, CLASSES = 10 };
    reel_node *images = reel_state(g->t, NULL, REEL_U8,
                                   REEL_SHAPE(ALL, IN), NULL);
    reel_node *index = reel_state(g->t, NULL, REEL_I64, REEL_SHAPE(BATCH),
                                  NULL);
    for (int64_t i = 0; i < ALL * IN; i++)
        ((uint8_t *)reel_data(images))[i] = (uint8_t)(i * 37 % 251);
    for (int64_t i = 0; i < BATCH; i++)
        ((int64_t *)reel_data(index))[i] = i * 7 % ALL;
    reel_node *w1 = leaf(g, REEL_SHAPE(IN, HIDDEN));
    reel_node *b1 = leaf(g, REEL_SHAPE(HIDDEN));
    reel_node *w2 = leaf(g, REEL_SHAPE(HIDDEN, CLASSES));
    reel_node *b2 = leaf(g, REEL_SHAPE(CLASSES));
    reel_node *x = reel_affine(reel_cast(reel_gather(images, index), g->dtype),
                               1 / 255.0, 0);
    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, w1), b1));
    reel_node *y = reel_add(reel_matmul(h, w2), b2);
    reel_node *t = reel_gather(labels(g, ALL, CLASSES), index);
    reel_node *loss = reel_nll_loss(reel_log_softmax(y, -1), t);
    out(g, loss);
    descend(g, loss, w1);
    descend(g, loss, b1);
    descend(g, loss, w2);
    descend(g, loss, b2);
}

static void adam(graph *g)
{
    reel_node *p = leaf(g, REEL_SHAPE(37, 29)), *m = leaf(g, REEL_SHAPE(37, 29));
    reel_node *v = leaf(g, REEL_SHAPE(37, 29)), *x = leaf(g, REEL_SHAPE(40, 37));
    reel_node *loss = reel_sum(reel_square(reel_matmul(x, p)), REEL_ALL, false);
    reel_node *d = reel_gradient(loss, p);
    reel_node *m1 = reel_add(reel_affine(m, 0.9, 0), reel_affine(d, 0.1, 0));
    reel_node *v1 = reel_add(reel_affine(reel_abs(v), 0.99, 0),
                             reel_affine(reel_square(d), 0.01, 0));
    out(g, reel_assign(m, m1));
    out(g, reel_assign(v, v1));
    out(g, reel_assign(p, reel_sub(p, reel_div(reel_affine(m1, 0.01, 0),
                                               reel_affine(reel_sqrt(v1), 1,
                                                           1e-8)))));
}

static void swaps(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(100, 7)), *b = leaf(g, REEL_SHAPE(100, 7));
    reel_node *c = leaf(g, REEL_SHAPE(100, 7)), *d = leaf(g, REEL_SHAPE(100, 7));
    out(g, reel_assign(a, b));
    out(g, reel_assign(b, a));
    out(g, reel_assign(c, reel_add(c, d)));
    out(g, reel_assign(d, reel_sub(c, d)));
}

/* Leaves that are read elsewhere than where they are stored. */
static void leaves_read_across(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(30, 30)), *b = leaf(g, REEL_SHAPE(30, 30));
    reel_node *c = leaf(g, REEL_SHAPE(30, 30)), *d = leaf(g, REEL_SHAPE(30));
    reel_node *e = leaf(g, REEL_SHAPE(30, 30));
    out(g, reel_assign(a, reel_affine(reel_matmul(a, a), 0.1, 0)));
    out(g, reel_assign(b, reel_add(reel_transpose(b), b)));
    out(g, reel_assign(c, reel_add(reel_affine(reel_matmul(a, b), 0.01, 0),
                                   reel_transpose(c))));
    out(g, reel_assign(d, reel_sum(reel_mul(e, d), REEL_AXES(1), false)));
    out(g, reel_assign(e, reel_add(reel_affine(reel_matmul(b, a), -0.01, 0),
                                   e)));
}

static void value_stored_and_read(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(50, 9)), *b = leaf(g, REEL_SHAPE(50, 9));
    reel_node *sum = reel_add(a, reel_sin(b));
    out(g, reel_assign(a, sum));
    out(g, sum);
    out(g, reel_mul(sum, a)); /* what it was */
    out(g, reel_assign(b, sum));
}

/* Rows of so many columns behind a product and by themselves. */
static void rows_of(graph *g, int64_t columns)
{
    reel_node *x = leaf(g, REEL_SHAPE(11, 20)), *w = leaf(g, REEL_SHAPE(20, columns));
    reel_node *y = reel_matmul(x, w);
    reel_node *loss = reel_cross_entropy_loss(y, labels(g, 11, columns < 200
                                                                   ? columns
                                                                   : 200));
    out(g, loss);
    out(g, reel_gradient(loss, w));
    out(g, reel_softmax(reel_affine(y, 2, 1), -1));
    out(g, reel_argmax(y, -1, false));
    out(g, reel_sub(y, reel_max(y, REEL_AXES(-1), true)));
}

static void rows_of_2(graph *g) { rows_of(g, 2); }
static void rows_of_10(graph *g) { rows_of(g, 10); }
static void rows_of_64(graph *g) { rows_of(g, REEL__CHAIN_SHORT); }
static void rows_of_65(graph *g) { rows_of(g, REEL__CHAIN_SHORT + 1); }
static void rows_of_513(graph *g) { rows_of(g, REEL__CHAIN_BLOCK + 1); }
static void rows_of_4097(graph *g) { rows_of(g, REEL__CHAIN_LONGEST + 1); }

/* Several blocks, which are the larger the fewer values there are at a time. */
static void blocks_of(graph *g, int64_t rows, int64_t columns)
{
    reel_node *x = leaf(g, REEL_SHAPE(rows, columns));
    reel_node *row = leaf(g, REEL_SHAPE(columns));
    reel_node *column = leaf(g, REEL_SHAPE(rows, 1));
    for (int values = 1; values < 12; values += values < 4 ? 1 : 3) {
        reel_node *v[12];
        for (int i = 0; i <= values; i++)
            v[i] = reel_add(reel_affine(x, 1 + i, 0), i % 2 ? row : column);
        for (int i = values; i-- > 0;)
            v[i] = reel_sub(v[i], reel_sin(v[i + 1]));
        out(g, v[0]);
        out(g, reel_sum(v[0], REEL_AXES(1), false));
    }
}

static void blocks_of_rows(graph *g) { blocks_of(g, 70, 100); }
static void blocks_of_a_row(graph *g) { blocks_of(g, 3, 5000); }
static void blocks_of_two_in_three(graph *g) { blocks_of(g, 5, 700); }

static void normalization(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(6, 33, 100)), *scale = leaf(g, REEL_SHAPE(100));
    reel_node *mean = reel_mean(x, REEL_AXES(-1), true);
    reel_node *var = reel_var(x, REEL_AXES(-1), 0, true);
    reel_node *y = reel_mul(reel_div(reel_sub(x, mean),
                                     reel_sqrt(reel_affine(var, 1, 1e-5))),
                            scale);
    reel_node *loss = reel_sum(reel_square(reel_affine(y, 1, 0.5)), REEL_ALL,
                               false);
    out(g, y);
    out(g, reel_gradient(loss, x));
    out(g, reel_gradient(loss, scale));
}

static void many_operands(graph *g)
{
    reel_node *sum = leaf(g, REEL_SHAPE(123, 5));
    for (int i = 1; i < 60; i++)
        sum = reel_add(reel_mul(sum, sum), leaf(g, REEL_SHAPE(123, 5)));
    out(g, reel_tanh(sum));
}

/* Thirty values live at once. */
static void many_values(graph *g)
{
    enum { VALUES = 30 };
    reel_node *v[VALUES], *x = leaf(g, REEL_SHAPE(3000)), *sum = x;
    for (int i = 0; i < VALUES; i++)
        v[i] = reel_sin(reel_affine(i ? v[i - 1] : x, 1.5, i));
    for (int i = 0; i < VALUES; i++)
        sum = reel_mul(reel_affine(sum, 0.5, 0), v[i]);
    out(g, sum);
    out(g, reel_gradient(reel_sum(sum, REEL_ALL, false), x));
}

static void dtypes(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(70, 12)), *t = labels(g, 70, 12);
    reel_node *bytes = reel_cast(reel_affine(reel_abs(x), 200, 0), REEL_U8);
    reel_node *most = reel_argmax(x, -1, false);
    out(g, reel_eq(most, reel_cast(t, REEL_I64)));
    out(g, reel_where(reel_gt(x, reel_neg(x)), x, reel_cast(bytes, g->dtype)));
    out(g, reel_mul(reel_one_hot(t, 12, g->dtype), x));
    out(g, reel_place(reel_square(reel_pick(x, t)), t, 12));
    out(g, reel_add(bytes, bytes));
}

static void thin_products(graph *g)
{
    reel_node *row = leaf(g, REEL_SHAPE(1, 40)), *column = leaf(g, REEL_SHAPE(40, 1));
    reel_node *w = leaf(g, REEL_SHAPE(40, 50)), *b = leaf(g, REEL_SHAPE(50));
    reel_node *c = leaf(g, REEL_SHAPE(40, 1));
    out(g, reel_tanh(reel_add(reel_matmul(row, w), b)));
    out(g, reel_softmax(reel_matmul(row, w), -1));
    out(g, reel_sub(reel_exp(reel_matmul(reel_transpose(w), column)),
                    reel_reshape(b, REEL_SHAPE(50, 1))));
    out(g, reel_relu(reel_matmul(row, column)));
    out(g, reel_assign(c, reel_sub(c, reel_affine(reel_matmul(w,
               reel_reshape(b, REEL_SHAPE(50, 1))), 0.1, 0))));
}

/* What can and what cannot go into a product. */
static void epilogues(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(33, 21)), *b = leaf(g, REEL_SHAPE(21, 70));
    reel_node *c = leaf(g, REEL_SHAPE(33, 70)), *r = leaf(g, REEL_SHAPE(70));
    reel_node *l = leaf(g, REEL_SHAPE(33, 1));
    out(g, reel_sub(reel_matmul(a, b), c));
    out(g, reel_sub(c, reel_neg(reel_affine(reel_matmul(a, b), 3, 0))));
    out(g, reel_add(reel_affine(reel_matmul(a, b), 3, 1), r));
    out(g, reel_affine(reel_add(l, reel_matmul(a, b)), 3, 0));
    out(g, reel_add(reel_add(reel_matmul(a, b), r), reel_add(c, l)));
    reel_node *z = reel_matmul(a, b);
    out(g, reel_mul(z, reel_add(z, r)));
    out(g, reel_add(reel_matmul(reel_affine(a, 2, 0), b),
                    reel_matmul(a, reel_affine(b, 1, 2))));
}

/* Sums and extremes of all elements, or of all but one axis: the last axis
 * first, with the chain that makes the elements. */
static void totals(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(5, 60, 131)), *y = leaf(g, REEL_SHAPE(131));
    reel_node *z = reel_mul(reel_exp(x), y), *w = leaf(g, REEL_SHAPE(700, 65));
    reel_node *loss = reel_mean(reel_square(z), REEL_ALL, false);
    out(g, loss);
    out(g, reel_gradient(loss, y));
    out(g, reel_sum(reel_sin(w), REEL_ALL, true));
    out(g, reel_max(reel_neg(w), REEL_ALL, false));
    out(g, reel_min(reel_mul(reel_transpose(w), reel_transpose(w)), REEL_ALL,
                    false));
    out(g, reel_sum(reel_cos(x), REEL_AXES(0, 2), true));
    out(g, reel_max(reel_cos(x), REEL_AXES(1, 2), false));
}

/* Rows of several axes by index, with what has them as one and what has not. */
static void pictures(graph *g)
{
    enum { ALL = 30, BATCH = 13, H = 6, W = 9 };
    reel_node *images = reel_state(g->t, NULL, REEL_U8,
                                   REEL_SHAPE(ALL, 2, H, W), NULL);
    reel_node *index = reel_state(g->t, NULL, REEL_I32, REEL_SHAPE(BATCH),
                                  NULL);
    for (int64_t i = 0; i < reel_count(images); i++)
        ((uint8_t *)reel_data(images))[i] = (uint8_t)(i * 37 % 251);
    for (int i = 0; i < BATCH; i++)
        ((int32_t *)reel_data(index))[i] = i * 7 % ALL;
    reel_node *x = reel_affine(reel_cast(reel_gather(images, index), g->dtype),
                               1 / 255.0, 0);
    reel_node *all = leaf(g, REEL_SHAPE(2, H, W)), *b = leaf(g, REEL_SHAPE(H, 1));
    reel_node *table = leaf(g, REEL_SHAPE(ALL, 2, W, H));
    out(g, x);
    out(g, reel_mul(reel_sub(x, all), leaf(g, REEL_SHAPE(BATCH, 1, 1, 1))));
    out(g, reel_mul(x, b));
    out(g, reel_max(x, REEL_AXES(-1), false));
    out(g, reel_tanh(reel_gather(reel_transpose(table), index)));
    out(g, reel_gather(leaf(g, REEL_SHAPE(ALL, 7)), index));
}

/* Rows by an index that the same step makes: those of later rows are not there
 * yet, and anything may lie in their place. */
static void made_index(graph *g)
{
    enum { ROWS = 600, COLUMNS = 40 };
    reel_node *scores = leaf(g, REEL_SHAPE(ROWS, COLUMNS));
    reel_node *best = reel_argmax(scores, -1, false);
    reel_node *table = leaf(g, REEL_SHAPE(COLUMNS, COLUMNS));
    out(g, reel_mul(reel_gather(table, best), scores));
    out(g, best);
}

/* Sums over columns and what is done with them, more of them than a block has:
 * by themselves, and beside what needs the columns, too. */
static void sums_of_columns(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(9, 1100)), *b = leaf(g, REEL_SHAPE(1100));
    reel_node *y = leaf(g, REEL_SHAPE(3, 9, 700)), *c = leaf(g, REEL_SHAPE(3, 700));
    reel_node *m = reel_max(y, REEL_AXES(1), true);
    out(g, reel_assign(b, reel_sub(b, reel_affine(reel_sum(x, REEL_AXES(0),
                                                           false), 0.1, 0))));
    out(g, reel_mul(reel_sum(y, REEL_AXES(1), false), c));
    out(g, reel_sub(y, reel_exp(m)));
}

/* Layers of rows scaled to one mean and variance: sums over rows of what whole
 * rows are needed for, and descent by them. */
static void scaled_rows(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(150, 70)), *y = leaf(g, REEL_SHAPE(150, 70));
    reel_node *scale = leaf(g, REEL_SHAPE(70)), *shift = leaf(g, REEL_SHAPE(70));
    reel_node *mean = reel_mean(x, REEL_AXES(1), true);
    reel_node *var = reel_var(x, REEL_AXES(1), 0, true);
    reel_node *z = reel_div(reel_sub(x, mean),
                            reel_sqrt(reel_affine(var, 1, 1e-5)));
    z = reel_tanh(reel_add(reel_mul(z, scale), shift));
    reel_node *loss = reel_mean(reel_square(reel_sub(z, y)), REEL_ALL, false);
    out(g, loss);
    descend(g, loss, scale);
    descend(g, loss, shift);
}

/* Products of one column, reduced along it: that is across the product's rows,
 * of which it has not all at hand. */
static void one_column(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(40, 7)), *b = leaf(g, REEL_SHAPE(7, 1));
    reel_node *y = reel_softplus(reel_matmul(a, b));
    reel_node *loss = reel_mean(y, REEL_ALL, false);
    out(g, loss);
    out(g, reel_gradient(loss, b));
    out(g, reel_softmax(reel_matmul(a, reel_exp(b)), 0));
    out(g, reel_logsumexp(reel_matmul(a, reel_neg(b)), REEL_AXES(0), true));
    out(g, reel_max(reel_matmul(reel_transpose(b), reel_transpose(a)), REEL_ALL,
                    false));
}

/* Products times a number that is known when they run. */
static void scales(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(33, 21)), *b = leaf(g, REEL_SHAPE(21, 70));
    reel_node *c = leaf(g, REEL_SHAPE(33, 70)), *r = leaf(g, REEL_SHAPE(70));
    reel_node *s = leaf(g, REEL_SCALAR), *one = leaf(g, REEL_SHAPE(1, 1));
    reel_node *z = reel_matmul(a, b), *scaled = reel_mul(z, s);
    out(g, reel_sub(c, scaled));
    out(g, scaled);
    out(g, reel_sub(scaled, c));
    out(g, reel_add(reel_mul(one, reel_matmul(a, reel_neg(b))), r));
    out(g, reel_add(c, reel_mul(reel_affine(reel_matmul(a, reel_exp(b)), 3, 0),
                                reel_exp(s))));
    out(g, reel_add(r, reel_mul(reel_matmul(a, reel_square(b)), r)));
    out(g, reel_add(c, reel_mul(reel_mul(reel_matmul(a, reel_abs(b)), s), one)));
    out(g, reel_add(reel_mul(z, reel_sum(z, REEL_ALL, false)), c));
}

/* Descent by a rate that changes in the same run. */
static void rate_assigned(graph *g)
{
    reel_node *x = leaf(g, REEL_SHAPE(40, 70)), *w = leaf(g, REEL_SHAPE(70, 33));
    reel_node *lr = leaf(g, REEL_SCALAR), *y = reel_matmul(x, w);
    reel_node *loss = reel_mean(reel_square(y), REEL_ALL, false);
    reel_node *d = reel_gradient(loss, w);
    out(g, reel_assign(w, reel_sub(w, reel_mul(d, lr))));
    out(g, reel_assign(lr, reel_affine(lr, 0.5, 0)));
}

static void parts(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(20, 30)), *b = leaf(g, REEL_SHAPE(20, 30));
    reel_node *j = reel_concat(REEL_NODES(reel_exp(a), reel_mul(a, b),
                                          reel_neg(b)), 1);
    int64_t one[] = {1, 1};
    out(g, reel_mul(j, j));
    out(g, reel_pad(reel_tanh(a), one, one, NULL, 0.5));
    out(g, reel_sum(j, REEL_AXES(0), false));
}

static void nothing(graph *g)
{
    reel_node *a = leaf(g, REEL_SHAPE(0, 100)), *b = leaf(g, REEL_SHAPE(100, 0));
    out(g, reel_exp(reel_neg(a)));
    out(g, reel_affine(reel_sum(b, REEL_AXES(1), false), 1, 2));
    out(g, reel_softmax(reel_affine(a, 1, 1), -1));
    out(g, reel_affine(reel_matmul(b, a), 1, 3));
}

typedef void make(graph *g);

static const struct {
    const char *name;
    make *make;
} graphs[] = {
    {"training step", training_step}, {"adam", adam}, {"swaps", swaps},
    {"leaves read across", leaves_read_across},
    {"value stored and read", value_stored_and_read},
    {"rows of 2", rows_of_2}, {"rows of 10", rows_of_10},
    {"rows of 64", rows_of_64}, {"rows of 65", rows_of_65},
    {"rows of 513", rows_of_513}, {"rows of 4097", rows_of_4097},
    {"blocks of rows", blocks_of_rows}, {"blocks of a row", blocks_of_a_row},
    {"blocks of two in three", blocks_of_two_in_three},
    {"normalization", normalization}, {"many operands", many_operands},
    {"many values", many_values}, {"dtypes", dtypes},
    {"thin products", thin_products}, {"epilogues", epilogues},
    {"totals", totals}, {"pictures", pictures},
    {"made index", made_index}, {"sums of columns", sums_of_columns},
    {"scaled rows", scaled_rows}, {"one column", one_column}, {"scales", scales},
    {"rate assigned", rate_assigned},
    {"parts", parts}, {"nothing", nothing},
};

enum { GRAPHS = sizeof graphs / sizeof *graphs };

/* -------------------------------------------------------------- comparison */

static reel_program *compile(graph *g, int which, reel_dtype dtype,
                             unsigned flags)
{
    *g = (graph){.t = reel_tape_new(), .dtype = dtype};
    graphs[which].make(g);
    reel_program *p = reel_compile_with(g->t, (reel_nodes){g->outs, g->out},
                                        flags);
    assert_ok(g->t);
    return p;
}

static void assert_same(const char *name, const char *what, size_t number,
                        const reel_node *a, const reel_node *b,
                        double tolerance)
{
    for (int64_t i = 0; i < reel_count(a); i++) {
        double x = value_at(a, i), y = value_at(b, i);
        double bound = tolerance * fmax(1, fabs(y));
        if (x != y && !(fabs(x - y) <= bound) && !(isnan(x) && isnan(y)))
            ck_abort_msg("%s: %s %zu, element %lld: %.17g, plain %.17g", name,
                         what, number, (long long)i, x, y);
    }
}

START_TEST(test_as_plain)
{
    int which = _i / 4;
    reel_dtype dtype = _i % 2 ? REEL_F64 : REEL_F32;
    double tolerance = dtype == REEL_F64 ? 1e-12 : 5e-5;
    graph fused, plain;
    reel_program *p = compile(&fused, which, dtype, 0);
    reel_program *q = compile(&plain, which, dtype, REEL_COMPILE_PLAIN);

    reel_set_threads(_i / 2 % 2 ? 2 : 1);
    ck_assert_uint_le(reel_program_bytes(p), reel_program_bytes(q));
    for (int run = 0; run < 3; run++) {
        ck_assert_int_eq(reel_run(p), REEL_OK);
        ck_assert_int_eq(reel_run(q), REEL_OK);
        for (size_t i = 0; i < fused.outs; i++)
            assert_same(graphs[which].name, "output", i, fused.out[i],
                        plain.out[i], tolerance);
        for (size_t i = 0; i < fused.leaves; i++)
            assert_same(graphs[which].name, "leaf", i, fused.leaf[i],
                        plain.leaf[i], tolerance);
    }
    reel_set_threads(0);
    reel_program_free(p);
    reel_program_free(q);
    reel_tape_free(fused.t);
    reel_tape_free(plain.t);
}
END_TEST

/* ------------------------------------------------------------------- steps */

/* The kernels of each step, in order, as the listing has them. */
START_TEST(test_steps_of_training)
{
    static const char *const steps[] = {
        "gather+cast+affine",
        "gather",
        "matmul+sigmoid",
        "matmul+log_softmax+pick+neg+place+exp+sum+mul+sub",
        "sum+affine",
        "matmul+affine+mul+mul",
        "matmul",
        "sum+affine+sub",
        "matmul",
        "sum+affine+sub",
    };
    enum { STEPS = sizeof steps / sizeof *steps };
    graph g;
    reel_program *p = compile(&g, 0, REEL_F32, 0);
    const char *text, *line;

    ck_assert_uint_eq(reel_program_steps(p), STEPS);
    TEXT_OF(text, reel_program_print(p, stream));
    line = text;
    for (int i = 0; i < STEPS; i++) {
        char kernels[100];
        line = strchr(line, '\n') + 1;
        ck_assert_int_eq(sscanf(line, "%*d%*[ =]%99s", kernels), 1);
        ck_assert_str_eq(kernels, steps[i]);
    }
    reel_program_free(p);
    reel_tape_free(g.t);
}
END_TEST

static void assert_kernels(const graph *g, const char *expected)
{
    reel_program *p = reel_compile(g->t, (reel_nodes){g->outs, g->out});
    char all[500] = "", kernels[100];
    const char *text;

    assert_ok(g->t);
    TEXT_OF(text, reel_program_print(p, stream));
    for (const char *line = text; (line = strchr(line, '\n')) != NULL;) {
        line++;
        if (sscanf(line, "%*d%*[ =]%99s", kernels) == 1) {
            strcat(all, *all ? " " : "");
            strcat(all, kernels);
        }
    }
    ck_assert_str_eq(all, expected);
    reel_program_free(p);
    reel_tape_free(g->t);
}

/* What becomes of a chain that ends in a sum of all, and of whole pictures. */
START_TEST(test_ends_of_chains)
{
    graph g = {.t = reel_tape_new(), .dtype = REEL_F32};
    reel_node *x = leaf(&g, REEL_SHAPE(400, 100));
    out(&g, reel_mean(reel_square(reel_exp(x)), REEL_ALL, false));
    assert_kernels(&g, "exp+square+sum sum+affine");

    g = (graph){.t = reel_tape_new(), .dtype = REEL_F32};
    x = reel_state(g.t, NULL, REEL_U8, REEL_SHAPE(500, 28, 28), NULL);
    reel_node *i = reel_state(g.t, NULL, REEL_I64, REEL_SHAPE(64), NULL);
    out(&g, reel_affine(reel_cast(reel_gather(x, i), REEL_F32), 2, 1));
    assert_kernels(&g, "gather+cast+affine");
}
END_TEST

/* A gradient that only an assignment needs is never in memory, whether the
 * learning rate is a constant or a state. */
START_TEST(test_no_gradient_in_memory)
{
    enum { N = 200 };
    graph g = {.t = reel_tape_new(), .dtype = REEL_F64};
    reel_node *x = leaf(&g, REEL_SHAPE(5, N)), *w = leaf(&g, REEL_SHAPE(N, N));
    reel_node *y = reel_matmul(x, w);
    reel_node *loss = reel_sum(reel_square(y), REEL_ALL, false);
    if (_i == 0)
        descend(&g, loss, w);
    else
        out(&g, reel_assign(w, reel_sub(w, reel_mul(leaf(&g, REEL_SCALAR),
                                                    reel_gradient(loss, w)))));
    reel_program *p = reel_compile(g.t, (reel_nodes){g.outs, g.out});
    assert_ok(g.t);
    ck_assert_uint_lt(reel_program_bytes(p), N * N * sizeof(double));
    reel_program_free(p);
    reel_tape_free(g.t);
}
END_TEST

/* An index out of range within a chain: named, and nothing is stored. */
START_TEST(test_bad_index)
{
    graph g = {.t = reel_tape_new(), .dtype = REEL_F64};
    reel_node *w = leaf(&g, REEL_SHAPE(8, 10)), *x = leaf(&g, REEL_SHAPE(40, 8));
    reel_node *t = reel_input(g.t, "t", REEL_I32, REEL_SHAPE(40));
    reel_node *y = reel_matmul(x, w);
    const int here = __LINE__ + 1;
    reel_node *loss = reel_cross_entropy_loss(y, t);
    int32_t target[40] = {0};
    descend(&g, loss, w);
    reel_program *p = reel_compile(g.t, (reel_nodes){g.outs, g.out});
    double before = value_at(w, 7);

    assert_ok(g.t);
    reel_bind(t, target);
    target[39] = 10;
    ck_assert_int_eq(reel_run(p), REEL_EINDEX);
    assert_error(g.t, REEL_EINDEX,
                 "%s:%d: place [40, 10]: an index in the data is out of "
                 "range",
                 __FILE__, here);
    ck_assert_double_eq(value_at(w, 7), before);
    target[39] = 9;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_ne(value_at(w, 7), before);
    reel_program_free(p);
    reel_tape_free(g.t);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fuse");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, test_as_plain, 0, 4 * GRAPHS);
    tcase_add_test(all, test_steps_of_training);
    tcase_add_test(all, test_ends_of_chains);
    tcase_add_loop_test(all, test_no_gradient_in_memory, 0, 2);
    tcase_add_test(all, test_bad_index);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
