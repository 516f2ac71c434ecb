/* test_threads.c: the same bits for any number of threads and from run to run,
 * on graphs large enough to be shared out.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_set_threads(0);
    reel_tape_free(t);
}

static reel_node *random_state(const char *name, reel_dtype dtype,
                               reel_shape shape, uint64_t stream)
{
    reel_node *n = reel_state(t, name, dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++) {
        double x = reel_random_normal(7, stream, (uint64_t)i);
        if (dtype == REEL_F32)
            ((float *)reel_data(n))[i] = (float)x;
        else
            ((double *)reel_data(n))[i] = x;
    }
    return n;
}

static reel_node *indices(reel_shape shape, int64_t below)
{
    reel_node *n = reel_state(t, "index", REEL_I32, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++)
        ((int32_t *)reel_data(n))[i] = (int32_t)reel_random_below(
            8, 1, (uint64_t)i, (uint64_t)below);
    return n;
}

/* ------------------------------------------------------------------ graphs */

/* Each makes some large values; k of them. */
typedef size_t make(reel_dtype dtype, reel_node **out);

static size_t products(reel_dtype dtype, reel_node **out)
{
    reel_node *a = random_state("a", dtype, REEL_SHAPE(200, 300), 1);
    reel_node *b = random_state("b", dtype, REEL_SHAPE(300, 100), 2);
    reel_node *c = random_state("c", dtype, REEL_SHAPE(7, 33, 65), 3);
    out[0] = reel_matmul(a, b);
    out[1] = reel_matmul(reel_transpose(b), reel_transpose(a));
    out[2] = reel_matmul(c, reel_transpose(c));
    out[3] = reel_matmul(reel_transpose(a), a);
    return 4;
}

static size_t pointwise(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(100003), 4);
    reel_node *row = random_state("row", dtype, REEL_SHAPE(317), 5);
    reel_node *column = random_state("column", dtype, REEL_SHAPE(331, 1), 6);
    out[0] = reel_tanh(reel_mul(reel_exp(x), reel_sin(x)));
    out[1] = reel_gelu(reel_add(row, column)); /* 331 x 317 */
    out[2] = reel_cast(reel_flip(x, REEL_ALL), REEL_I32);
    out[3] = reel_where(reel_gt(x, reel_neg(x)), x, reel_square(x));
    out[4] = reel_concat(REEL_NODES(x, reel_flip(x, REEL_ALL), x), 0);
    return 5;
}

static size_t reductions(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(211, 17, 61), 7);
    out[0] = reel_sum(x, REEL_ALL, false);
    out[1] = reel_sum(x, REEL_AXES(0), false);
    out[2] = reel_mean(x, REEL_AXES(-1, 0), false);
    out[3] = reel_max(x, REEL_AXES(1), true);
    out[4] = reel_logsumexp(x, REEL_AXES(2), false);
    out[5] = reel_argmax(x, 0, false);
    out[6] = reel_var(x, REEL_ALL, 1, false);
    out[7] = reel_softmax(x, -1);
    out[8] = reel_log_softmax(x, 0);
    return 9;
}

/* Sums over rows at the end of chains, of strips and of whole rows, which go
 * over spaces of their own: the order of additions is the chain's. */
static size_t columns(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(333, 1100), 17);
    reel_node *row = random_state("row", dtype, REEL_SHAPE(1100), 18);
    reel_node *y = random_state("y", dtype, REEL_SHAPE(20, 150, 61), 19);
    reel_node *most = reel_max(y, REEL_AXES(2), true);
    out[0] = reel_sum(reel_mul(reel_exp(x), row), REEL_AXES(0), false);
    out[1] = reel_sum(reel_sub(y, most), REEL_AXES(0, 1), false);
    y = random_state("z", dtype, REEL_SHAPE(40, 70, 61), 20);
    out[2] = reel_mean(reel_square(y), REEL_AXES(0), true);
    return 3;
}

static size_t indexing(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(500, 201), 8);
    reel_node *rows = indices(REEL_SHAPE(700), 500);
    reel_node *columns = indices(REEL_SHAPE(500), 201);
    reel_node *few = indices(REEL_SHAPE(500), 9);
    out[0] = reel_gather(x, rows);
    out[1] = reel_scatter_add(x, few, 9); /* with very many repeats */
    out[2] = reel_pick(x, columns);
    out[3] = reel_place(reel_pick(x, columns), columns, 201);
    out[4] = reel_one_hot(columns, 201, dtype);
    return 5;
}

static size_t draws(reel_dtype dtype, reel_node **out)
{
    reel_node *step = reel_state(t, "step", REEL_I64, REEL_SCALAR, NULL);
    reel_node *x = random_state("x", dtype, REEL_SHAPE(401, 503), 9);
    out[0] = reel_uniform(step, dtype, REEL_SHAPE(100003), 1);
    out[1] = reel_dropout(x, 0.3, 2, step);
    return 2;
}

/* A chain of steps of which each needs all of the one before. */
static size_t dependent(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(301, 307), 10);
    for (int i = 0; i < 8; i++) {
        reel_node *turned = reel_transpose(x);
        reel_node *rows = reel_sum(turned, REEL_AXES(1), true);
        x = reel_sin(reel_add(reel_affine(rows, 0.01, 0),
                              reel_affine(turned, 2, 0.1)));
    }
    out[0] = x;
    return 1;
}

/* Forward and backward of a small network. */
static size_t network(reel_dtype dtype, reel_node **out)
{
    reel_node *x = random_state("x", dtype, REEL_SHAPE(128, 200), 11);
    reel_node *w = random_state("w", dtype, REEL_SHAPE(200, 150), 12);
    reel_node *v = random_state("v", dtype, REEL_SHAPE(150, 10), 13);
    reel_node *y = reel_matmul(reel_relu(reel_matmul(x, w)), v);
    out[0] = reel_cross_entropy_loss(y, indices(REEL_SHAPE(128), 10));
    out[1] = reel_gradient(out[0], w);
    out[2] = reel_gradient(out[0], v);
    return 3;
}

static make *const graphs[] = {products, pointwise, reductions, columns,
                               indexing, draws,     dependent,  network};

enum { GRAPHS = sizeof graphs / sizeof *graphs, MOST = 16 };

/* -------------------------------------------------------------- comparison */

static void keep(reel_node *const *out, size_t count, void **bits)
{
    for (size_t i = 0; i < count; i++) {
        bits[i] = malloc(reel_bytes(out[i]));
        ck_assert_ptr_nonnull(bits[i]);
        memcpy(bits[i], reel_data(out[i]), reel_bytes(out[i]));
    }
}

static void assert_same(reel_node *const *out, size_t count,
                        void *const *bits, int threads)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(
            memcmp(bits[i], reel_data(out[i]), reel_bytes(out[i])) == 0,
            "%zu, %s: other bits with %d threads", i, reel_op_name(out[i]),
            threads);
}

/* Not all the same number, and no NaN: else there is little to compare. */
static void assert_lively(const reel_node *n)
{
    bool varies = reel_count(n) == 1;
    for (int64_t i = 0; i < reel_count(n); i++) {
        if (isnan(value_at(n, i)))
            ck_abort_msg("%s: element %lld is NaN", reel_op_name(n),
                         (long long)i);
        varies = varies || value_at(n, i) != value_at(n, 0);
    }
    ck_assert_msg(varies, "%s", reel_op_name(n));
}

START_TEST(test_same_bits)
{
    static const int threads[] = {1, 2, 3, 7, 19, 1};
    reel_dtype dtype = _i % 2 ? REEL_F64 : REEL_F32;
    reel_node *out[MOST];
    void *bits[MOST];
    size_t count = graphs[_i / 2](dtype, out);
    reel_program *p = reel_compile(t, (reel_nodes){count, out});

    assert_ok(t);
    for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
        reel_set_threads(threads[k]);
        for (int run = 0; run < 2; run++) {
            ck_assert_int_eq(reel_run(p), REEL_OK);
            if (k == 0 && run == 0)
                keep(out, count, bits);
            assert_same(out, count, bits, threads[k]);
        }
    }
    for (size_t i = 0; i < count; i++)
        assert_lively(out[i]);
    reel_program_free(p);

    /* And compiled anew, each value on its own. */
    reel_set_threads(2);
    for (size_t i = 0; i < count; i++) {
        p = run_once(t, out[i]);
        assert_same(out + i, 1, bits + i, 2);
        reel_program_free(p);
        free(bits[i]);
    }
}
END_TEST

/* An index out of range is seen by whichever thread comes to it. */
START_TEST(test_bad_index_in_any_part)
{
    enum { ROWS = 100000 };
    static int32_t at[ROWS];
    reel_node *x = random_state("x", REEL_F64, REEL_SHAPE(10, 4), 14);
    reel_node *index = reel_input(t, "at", REEL_I32, REEL_SHAPE(ROWS));
    reel_node *kept = reel_state(t, "kept", REEL_F64, REEL_SHAPE(ROWS, 4),
                                 NULL);
    reel_node *store = reel_assign(kept, reel_gather(x, index));
    reel_program *p = reel_compile(t, REEL_NODES(store));

    reel_set_threads(3);
    reel_bind(index, at);
    for (int i = 0; i < ROWS; i += 9973) {
        at[i] = i % 2 ? 10 : -1;
        ck_assert_int_eq(reel_run(p), REEL_EINDEX);
        reel_clear_error(t);
        ck_assert_double_eq(value_at(kept, 0), 0);
        at[i] = 0;
    }
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_eq(value_at(kept, 4 * ROWS - 4), value_at(x, 0));
    reel_program_free(p);
}
END_TEST

/* A whole training run, the updates included. */
START_TEST(test_training_twice)
{
    double end[2][3];
    for (int k = 0; k < 2; k++) {
        reel_node *a = random_state("a", REEL_F64, REEL_SHAPE(300, 300), 15);
        reel_node *b = random_state("b", REEL_F64, REEL_SHAPE(300, 300), 16);
        reel_node *y = reel_tanh(reel_affine(reel_matmul(a, b), 0.05, 0));
        reel_node *loss = reel_mean(reel_square(y), REEL_ALL, false);
        reel_node *next =
            reel_sub(a, reel_affine(reel_gradient(loss, a), 100, 0));
        reel_program *p =
            reel_compile(t, REEL_NODES(loss, reel_assign(a, next)));
        reel_set_threads(k ? 3 : 1);
        for (int i = 0; i < 5; i++)
            ck_assert_int_eq(reel_run(p), REEL_OK);
        end[k][0] = reel_item(loss);
        end[k][1] = value_at(a, 0);
        end[k][2] = value_at(a, 89999);
        reel_program_free(p);
    }
    ck_assert_mem_eq(end[0], end[1], sizeof end[0]);
    ck_assert_double_gt(end[0][0], 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("threads");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, test_same_bits, 0, 2 * GRAPHS);
    tcase_add_test(all, test_bad_index_in_any_part);
    tcase_add_test(all, test_training_twice);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
