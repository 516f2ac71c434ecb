/* test_assign.c: storing values at the end of a run: who sees which value, and
 * when nothing is stored.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;
static reel_node *a, *b; /* states [2, 2] */

static void setup(void)
{
    t = reel_tape_new();
    a = reel_state(t, "a", REEL_F64, REEL_SHAPE(2, 2),
                   (double[]){1, 2, 3, 4});
    b = reel_state(t, "b", REEL_F64, REEL_SHAPE(2, 2),
                   (double[]){5, 6, 7, 8});
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* Reads see what was before, whatever the order of recording. */
START_TEST(test_reads_are_before)
{
    reel_node *early = reel_affine(a, 10, 0);
    reel_node *store = reel_assign(a, reel_affine(a, 1, 1));
    reel_node *late = reel_affine(a, 100, 0);
    reel_program *p = run_once(t, store, early, late);

    assert_values(early, 0, 10, 20, 30, 40);
    assert_values(late, 0, 100, 200, 300, 400);
    assert_values(store, 0, 2, 3, 4, 5);
    assert_values(a, 0, 2, 3, 4, 5);
    ck_assert_ptr_eq(reel_data(store), reel_data(a));
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(late, 0, 200, 300, 400, 500);
    assert_values(a, 0, 3, 4, 5, 6);
    reel_program_free(p);
    assert_values(a, 0, 3, 4, 5, 6); /* lives on the tape */
    ck_assert_ptr_null(reel_data(store));
}
END_TEST

/* What is computed from the assignment itself sees the new value. */
START_TEST(test_value_of_the_assignment)
{
    reel_node *store = reel_assign(a, reel_affine(a, 2, 0));
    reel_node *twice = reel_add(store, a);
    reel_program *p = run_once(t, twice);

    assert_values(twice, 0, 3, 6, 9, 12);
    assert_values(a, 0, 2, 4, 6, 8);
    reel_program_free(p);

    reel_node *copy = reel_assign(b, a); /* a leaf's value as it lies */
    reel_node *sum = reel_add(copy, b);
    p = run_once(t, sum);
    assert_values(sum, 0, 7, 10, 13, 16);
    assert_values(b, 0, 2, 4, 6, 8);
    reel_program_free(p);
}
END_TEST

START_TEST(test_swap)
{
    reel_node *x = reel_assign(a, b), *y = reel_assign(b, a);
    for (int plain = 0; plain < 2; plain++) {
        reel_program *p = plain ? run_plain(t, x, y) : run_once(t, x, y);
        assert_values(a, 0, 5, 6, 7, 8);
        assert_values(b, 0, 1, 2, 3, 4);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        assert_values(a, 0, 1, 2, 3, 4);
        assert_values(b, 0, 5, 6, 7, 8);
        reel_program_free(p);
    }
}
END_TEST

/* Values that are views of leaves and of other values. */
START_TEST(test_views)
{
    reel_node *x = reel_assign(a, reel_transpose(a));
    reel_node *rows = reel_concat(REEL_NODES(b, reel_affine(b, -1, 0)), 0);
    reel_node *y = reel_assign(
        b, reel_slice(rows, (int64_t[]){1, 0}, (int64_t[]){3, 2}, NULL));
    reel_program *p = run_once(t, x, y);

    assert_values(a, 0, 1, 3, 2, 4);
    assert_values(b, 0, 7, 8, -5, -6);
    reel_program_free(p);

    x = reel_assign(a, reel_full(t, REEL_F64, REEL_SHAPE(2, 2), 0.5));
    y = reel_assign(b, b);
    p = run_once(t, x, y);
    assert_values(a, 0, 0.5, 0.5, 0.5, 0.5);
    assert_values(b, 0, 7, 8, -5, -6);
    reel_program_free(p);
}
END_TEST

START_TEST(test_value_that_is_an_output)
{
    reel_node *next = reel_affine(a, 1, 1), *more = reel_affine(next, 2, 0);
    reel_node *store = reel_assign(a, next);
    reel_program *p = run_once(t, next, store, more, a);

    assert_values(next, 0, 2, 3, 4, 5);
    assert_values(more, 0, 4, 6, 8, 10);
    assert_values(a, 0, 2, 3, 4, 5);
    reel_program_free(p);
}
END_TEST

START_TEST(test_two_values_for_one_leaf)
{
    reel_node *x = reel_assign(a, b), *y = reel_assign(a, reel_neg(b));

    ck_assert_ptr_null(reel_compile(t, REEL_NODES(x, y)));
    assert_error(t, REEL_EVALUE, "assign: two values for 'a' in one program");
    assert_values(a, 0, 1, 2, 3, 4);

    reel_program *p = run_once(t, x); /* one at a time is fine */
    reel_program *q = run_once(t, y);
    assert_values(a, 0, -5, -6, -7, -8);
    reel_program_free(p);
    reel_program_free(q);
}
END_TEST

START_TEST(test_nothing_is_stored_after_an_error)
{
    int32_t at[] = {1, 0};
    reel_node *index = reel_input(t, "at", REEL_I32, REEL_SHAPE(2));
    int line = __LINE__ + 1;
    reel_node *rows = reel_gather(a, index);
    reel_node *store = reel_assign(b, rows), *sum = reel_add(rows, a);
    reel_program *p = reel_compile(t, REEL_NODES(store, sum));

    assert_ok(t);
    ck_assert_int_eq(reel_bind(index, at), REEL_OK);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(b, 0, 3, 4, 1, 2);
    assert_values(sum, 0, 4, 6, 4, 6);
    at[0] = 2;
    ck_assert_int_eq(reel_run(p), REEL_EINDEX);
    assert_error(t, REEL_EINDEX,
                 "%s:%d: gather [2, 2]: an index in the data is out of range",
                 __FILE__, line);
    assert_values(b, 0, 3, 4, 1, 2);
    ck_assert_ptr_null(reel_data(sum));
    at[0] = 0;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(b, 0, 1, 2, 1, 2);
    assert_values(sum, 0, 2, 4, 4, 6);
    reel_program_free(p);
}
END_TEST

/* Gradient descent with momentum, against the same by hand. */
START_TEST(test_momentum)
{
    enum { STEPS = 50 };
    double start[2] = {2, -3}, w[2] = {2, -3}, v[2] = {0, 0};
    double rate = 0.05, keep = 0.9;
    reel_node *p = reel_parameter(t, "p", REEL_F64, REEL_SHAPE(2), start);
    reel_node *m = reel_state(t, "m", REEL_F64, REEL_SHAPE(2), NULL);
    reel_node *step = reel_state(t, "step", REEL_I64, REEL_SCALAR, NULL);
    reel_node *scale = reel_constant(t, REEL_F64, REEL_SHAPE(2),
                                     (double[]){1, 4});
    reel_node *loss = reel_sum(reel_mul(scale, reel_square(p)), REEL_ALL,
                               false);
    reel_node *next =
        reel_add(reel_affine(m, keep, 0), reel_gradient(loss, p));
    reel_node *out[] = {
        loss,
        reel_assign(m, next),
        reel_assign(p, reel_sub(p, reel_affine(next, rate, 0))),
        reel_assign(step, reel_add(step, reel_scalar(t, REEL_I64, 1))),
    };
    reel_nodes outputs = {4, out};
    reel_program *q = reel_compile(t, outputs);

    for (int i = 0; i < STEPS; i++) {
        double before = w[0] * w[0] + 4 * w[1] * w[1];
        ck_assert_int_eq(reel_run(q), REEL_OK);
        ck_assert_double_eq_tol(reel_item(loss), before, 1e-13);
        for (int k = 0; k < 2; k++) {
            v[k] = keep * v[k] + 2 * (k ? 4 : 1) * w[k];
            w[k] -= rate * v[k];
        }
        assert_values(p, 1e-13, w[0], w[1]);
        assert_values(m, 1e-13, v[0], v[1]);
        assert_values(step, 0, i + 1);
    }
    ck_assert_double_lt(reel_item(loss), 1);
    reel_program_free(q);
}
END_TEST

/* A leaf assigned through its own storage while others read it in place. */
START_TEST(test_assigned_in_place_of_a_dead_value)
{
    reel_node *y = b;
    for (int i = 0; i < 20; i++)
        y = reel_affine(reel_add(y, a), 0.5, 0);
    reel_node *store = reel_assign(a, y), *other = reel_assign(b, reel_neg(y));
    reel_program *p = run_once(t, store, other);
    double near = 4.0 / (1 << 20); /* b - a = 4, halved twenty times */

    assert_values(a, 0, 1 + near, 2 + near, 3 + near, 4 + near);
    assert_values(b, 0, -1 - near, -2 - near, -3 - near, -4 - near);
    reel_program_free(p);
}
END_TEST

/* Tiny assignments become one step, which reads the ends of several fused
 * chains: all of these are stored for it. */
START_TEST(test_several_tiny_ones)
{
    enum { ROWS = 16, IN = 6, OUT = 5 };
    double xs[ROWS * IN], ws[IN * OUT], got[2][2 * OUT];
    for (int i = 0; i < ROWS * IN; i++)
        xs[i] = sin(i);
    for (int i = 0; i < IN * OUT; i++)
        ws[i] = cos(i);
    for (int plain = 0; plain < 2; plain++) {
        reel_tape *u = reel_tape_new();
        reel_node *x = reel_input(u, "x", REEL_F64, REEL_SHAPE(ROWS, IN));
        reel_node *w = reel_parameter(u, "w", REEL_F64, REEL_SHAPE(IN, OUT),
                                      ws);
        reel_node *p[2];
        for (int k = 0; k < 2; k++)
            p[k] = reel_parameter(u, "p", REEL_F64, REEL_SHAPE(OUT), NULL);
        reel_bind(x, xs);
        reel_node *h = reel_tanh(reel_matmul(x, w));
        reel_node *d = reel_sum(h, REEL_AXES(0), false);
        reel_node *e = reel_sum(reel_exp(h), REEL_AXES(0), false);
        reel_node *out[] = {
            reel_assign(p[0], reel_sub(p[0], reel_affine(d, 0.5, 0))),
            reel_assign(p[1], reel_sub(p[1], reel_affine(e, 0.5, 0)))};
        reel_program *q = reel_compile_with(u, (reel_nodes){2, out},
                                            plain ? REEL_COMPILE_PLAIN : 0);
        ck_assert_int_eq(reel_run(q), REEL_OK);
        for (int i = 0; i < 2 * OUT; i++)
            got[plain][i] = value_at(p[i / OUT], i % OUT);
        reel_program_free(q);
        reel_tape_free(u);
    }
    for (int i = 0; i < 2 * OUT; i++)
        ck_assert_double_eq_tol(got[0][i], got[1][i], 1e-13);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("assign");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_reads_are_before);
    tcase_add_test(all, test_value_of_the_assignment);
    tcase_add_test(all, test_swap);
    tcase_add_test(all, test_views);
    tcase_add_test(all, test_value_that_is_an_output);
    tcase_add_test(all, test_two_values_for_one_leaf);
    tcase_add_test(all, test_nothing_is_stored_after_an_error);
    tcase_add_test(all, test_momentum);
    tcase_add_test(all, test_assigned_in_place_of_a_dead_value);
    tcase_add_test(all, test_several_tiny_ones);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
