/* test_graph.c: shapes that graphs take: shared nodes, skips, diamonds, long
 * chains, parts that do not touch. Values and gradients.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include <reel.h>

#include "support.h"

/* The example of docs/design.md. */
START_TEST(test_example)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(1, 2),
                                 (double[]){1, -1});
    reel_node *y = reel_constant(t, REEL_I32, REEL_SHAPE(1), (int32_t[]){0});
    reel_node *w1 = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(2, 3),
                                   (double[]){1, 1, 1, -1, -1, -1});
    reel_node *b1 = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(3), NULL);
    reel_node *w2 = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(3, 2),
                                   (double[]){1, 1, -1, -1, -1, -1});
    reel_node *b2 = reel_parameter(t, "b2", REEL_F64, REEL_SHAPE(2), NULL);

    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, w1), b1));
    reel_node *logp =
        reel_log_softmax(reel_add(reel_matmul(h, w2), b2), -1);
    reel_node *loss = reel_nll_loss(logp, y);
    reel_node *dw2 = reel_gradient(loss, w2);
    reel_program *p = run_once(t, loss, dw2);

    /* log 2, and half of sigmoid(2), with a sign for each class. */
    double half = 0.44039853898894116;
    ck_assert_double_eq_tol(reel_item(loss), 0.6931471805599453, 1e-16);
    assert_values(dw2, 1e-16, -half, half, -half, half, -half, half);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_shared_node)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){3});
    reel_node *s = reel_mul(x, x);
    reel_node *y = reel_add(reel_mul(s, s), reel_mul(s, x)); /* x^4 + x^3 */
    reel_node *dx = reel_gradient(y, x), *ds = reel_gradient(y, s);
    reel_node *ddx = reel_gradient(dx, x);
    reel_program *p = run_once(t, y, dx, ds, ddx);

    assert_values(y, 0, 108);
    assert_values(dx, 0, 4 * 27 + 3 * 9);
    assert_values(ds, 0, 2 * 9 + 3); /* with x held */
    assert_values(ddx, 0, 12 * 9 + 6 * 3);
    ck_assert_ptr_eq(reel_gradient(y, x), dx);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* An operand of one op several times over. */
START_TEST(test_same_operand)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){3, -2});
    reel_node *joined = reel_concat(REEL_NODES(x, x, x), 0);
    reel_node *loss = reel_sum(reel_square(joined), REEL_ALL, false);
    reel_node *dx = reel_gradient(loss, x);
    reel_node *none = reel_gradient(
        reel_sum(reel_sub(x, x), REEL_ALL, false), x);
    reel_program *p = run_once(t, loss, dx, none);

    assert_values(loss, 0, 39);
    assert_values(dx, 0, 18, -12);
    assert_values(none, 0, 0, 0);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* x_i+1 = x_i + tanh(w x_i), against the same by hand. */
START_TEST(test_skip_connections)
{
    enum { LAYERS = 30 };
    reel_tape *t = reel_tape_new();
    double start = 0.3, weight = 0.1, x[LAYERS + 1], dx = 1, dw = 0;
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SCALAR, &weight);
    reel_node *first = reel_constant(t, REEL_F64, REEL_SCALAR, &start);
    reel_node *y = first;

    for (int i = 0; i < LAYERS; i++)
        y = reel_add(y, reel_tanh(reel_mul(y, w)));
    reel_node *gw = reel_gradient(y, w), *gx = reel_gradient(y, first);
    reel_program *p = run_once(t, y, gw, gx);

    x[0] = start;
    for (int i = 0; i < LAYERS; i++)
        x[i + 1] = x[i] + tanh(weight * x[i]);
    for (int i = LAYERS; i-- > 0;) {
        double c = cosh(weight * x[i]), slope = 1 / (c * c);
        dw += dx * slope * x[i];
        dx += dx * slope * weight;
    }
    ck_assert_double_eq_tol(reel_item(y), x[LAYERS], 1e-13 * x[LAYERS]);
    ck_assert_double_eq_tol(reel_item(gw), dw, 1e-12 * fabs(dw));
    ck_assert_double_eq_tol(reel_item(gx), dx, 1e-12 * fabs(dx));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* 2^1000 paths. The sum of all of them is still a double. */
START_TEST(test_diamonds)
{
    enum { DEPTH = 1000 };
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){1});
    reel_node *many = x, *level = x, *mixed = x;

    for (int i = 0; i < DEPTH; i++) {
        many = reel_add(many, many);
        level = reel_affine(reel_add(level, level), 0.5, 0);
        mixed = reel_add(reel_affine(mixed, 2, 0), reel_neg(mixed));
    }
    size_t recorded = reel_tape_count(t);
    reel_node *d[] = {reel_gradient(many, x), reel_gradient(level, x),
                      reel_gradient(mixed, x)};
    assert_ok(t);
    ck_assert_uint_lt(reel_tape_count(t), 5 * recorded);
    for (int plain = 0; plain < 2; plain++) {
        reel_program *p =
            plain ? run_plain(t, many, level, mixed, d[0], d[1], d[2])
                  : run_once(t, many, level, mixed, d[0], d[1], d[2]);
        assert_values(many, 0, 0x1p1000);
        assert_values(d[0], 0, 0x1p1000);
        assert_values(level, 0, 1);
        assert_values(d[1], 0, 1);
        assert_values(mixed, 0, 1);
        assert_values(d[2], 0, 1);
        reel_program_free(p);
    }
    reel_tape_free(t);
}
END_TEST

/* A chain of n nodes: recorded, differentiated, compiled, run. Returns the most
 * bytes that were held. */
static size_t run_chain(size_t n, double *value, double *slope)
{
    memory m;

    memory_init(&m);
    reel_tape *t = reel_tape_new_with(&m.allocator);
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){0.5});
    reel_node *y = x;
    for (size_t i = 0; i < n; i += 2)
        y = reel_neg(reel_affine(y, -1, 0x1p-20));
    reel_node *dx = reel_gradient(y, x);
    reel_program *p = run_once(t, y, dx);
    *value = reel_item(y);
    *slope = reel_item(dx);
    reel_program_free(p);
    reel_tape_free(t);
    ck_assert_uint_eq(m.blocks, 0);
    ck_assert_uint_eq(m.bytes, 0);
    return m.peak;
}

START_TEST(test_long_chain)
{
    size_t n = support_scaled(1000000, 20000);
    double value, slope;
    size_t few = run_chain(n / 8, &value, &slope);
    ck_assert_double_eq(value, 0.5 - (double)(n / 16) * 0x1p-20);
    ck_assert_double_eq(slope, 1);
    size_t many = run_chain(n, &value, &slope);
    ck_assert_double_eq(value, 0.5 - (double)(n / 2) * 0x1p-20);
    ck_assert_double_eq(slope, 1);
    /* Lists double: with a power of two between them both are as full. */
    ck_assert_msg(many <= 9 * few, "%zu bytes for eight times as many as %zu",
                  many, few);
    ck_assert_msg(many <= 2000 * n, "%zu bytes for %zu nodes", many, n);
}
END_TEST

/* One node with very many users. */
START_TEST(test_wide)
{
    size_t n = support_scaled(100000, 2000);
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){1});
    reel_node **part = malloc(n * sizeof *part);
    for (size_t i = 0; i < n; i++)
        part[i] = reel_affine(reel_reshape(x, REEL_SHAPE(1)), (double)i, 0);
    reel_nodes parts = {n, part};
    reel_node *loss = reel_sum(reel_concat(parts, 0), REEL_ALL, false);
    reel_node *dx = reel_gradient(loss, x);
    reel_program *p = run_once(t, loss, dx);
    double sum = (double)n * (double)(n - 1) / 2;

    assert_values(loss, 0, sum);
    assert_values(dx, 0, sum);
    free(part);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_parts_that_do_not_touch)
{
    reel_tape *t = reel_tape_new();
    reel_node *a = reel_parameter(t, "a", REEL_F64, REEL_SHAPE(2),
                                  (double[]){1, 2});
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(3),
                                  (double[]){3, 4, 5});
    reel_node *unfed = reel_input(t, "unfed", REEL_F64, REEL_SHAPE(3));
    reel_node *la = reel_sum(reel_square(a), REEL_ALL, false);
    reel_node *lb = reel_sum(reel_exp(b), REEL_ALL, false);
    reel_node *other = reel_sum(reel_mul(unfed, b), REEL_ALL, false);
    reel_node *da = reel_gradient(la, a), *none = reel_gradient(la, b);
    reel_program *p = run_once(t, la, da, none);

    assert_values(la, 0, 5);
    assert_values(da, 0, 2, 4);
    assert_values(none, 0, 0, 0, 0);
    ck_assert_ptr_null(reel_data(lb)); /* in no program that ran */
    ck_assert_ptr_null(reel_data(other));
    ck_assert_double_nan(reel_item(lb));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_several_losses)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){2, 3});
    reel_node *body = reel_square(x);
    reel_node *first = reel_sum(body, REEL_ALL, false);
    reel_node *second = reel_prod(body, REEL_ALL, false);
    reel_node *both = reel_add(first, second);
    reel_node *d1 = reel_gradient(first, x), *d2 = reel_gradient(second, x);
    reel_node *d = reel_gradient(both, x);
    reel_program *p = run_once(t, d1, d2, d, first, second);

    assert_values(first, 0, 13);
    assert_values(second, 0, 36);
    assert_values(d1, 0, 4, 6);
    assert_values(d2, 0, 36, 24);
    assert_values(d, 0, 40, 30);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_higher_derivatives)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){0.5});
    reel_node *d[7] = {reel_sin(x)};
    for (int i = 1; i < 7; i++)
        d[i] = reel_gradient(d[i - 1], x);
    reel_nodes all = {7, d};
    reel_program *p = reel_compile(t, all);
    reel_run(p);
    assert_ok(t);

    double s = sin(0.5), c = cos(0.5), expected[] = {s, c, -s, -c, s, c, -s};
    for (int i = 0; i < 7; i++)
        ck_assert_double_eq_tol(reel_item(d[i]), expected[i], 1e-15);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("graph");
    TCase *shapes = tcase_create("shapes");
    TCase *large = tcase_create("large");

    tcase_add_test(shapes, test_example);
    tcase_add_test(shapes, test_shared_node);
    tcase_add_test(shapes, test_same_operand);
    tcase_add_test(shapes, test_skip_connections);
    tcase_add_test(shapes, test_parts_that_do_not_touch);
    tcase_add_test(shapes, test_several_losses);
    tcase_add_test(shapes, test_higher_derivatives);
    suite_add_tcase(suite, shapes);

    tcase_set_timeout(large, 120);
    tcase_add_test(large, test_diamonds);
    tcase_add_test(large, test_long_chain);
    tcase_add_test(large, test_wide);
    suite_add_tcase(suite, large);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
