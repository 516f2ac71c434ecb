/* test_lbfgs.c: minima of known functions, and what ends the search for one.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
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
    reel_tape_free(t);
}

static reel_lbfgs_report minimum(reel_node *loss, reel_nodes p,
                                 const reel_lbfgs_options *options)
{
    reel_lbfgs_report r;
    size_t nodes = reel_tape_count(t);
    reel_status status = reel_lbfgs(loss, p, options, &r);
    assert_ok(t);
    ck_assert_int_eq(status, REEL_OK);
    ck_assert_uint_eq(reel_tape_count(t), nodes); /* as it was */
    return r;
}

/* Rosenbrock's valley, 1960, in pairs: 0 where all are 1. */
static reel_node *valley(reel_node *x)
{
    int64_t n = reel_count(x), steps[] = {2};
    reel_node *a = reel_slice(x, (int64_t[]){0}, &n, steps);
    reel_node *b = reel_slice(x, (int64_t[]){1}, &n, steps);
    reel_node *off = reel_square(reel_sub(b, reel_square(a)));
    reel_node *left = reel_square(reel_affine(a, -1, 1));
    return reel_sum(reel_add(reel_affine(off, 100, 0), left), REEL_ALL, false);
}

START_TEST(test_rosenbrock)
{
    double start[100];
    int64_t n = _i ? 100 : 2;
    for (int i = 0; i < 100; i++)
        start[i] = i % 2 ? 1 : -1.2 - 0.01 * i;
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(n), start);
    reel_lbfgs_report r = minimum(valley(x), REEL_NODES(x), NULL);
    ck_assert(r.converged);
    ck_assert_double_le(r.gradient, 1e-6);
    ck_assert_double_lt(r.loss, 1e-10);
    ck_assert_int_lt(r.iterations, 200);
    ck_assert_int_lt(r.evaluations, 2 * r.iterations);
    for (int64_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(value_at(x, i), 1, 1e-5);
}
END_TEST

/* A quadratic form with curvatures from 1 to 1000, of two parameters: in a
 * handful of steps more than it has dimensions, to the last digits. */
START_TEST(test_quadratic)
{
    double curvature[8], slope[8];
    for (int i = 0; i < 8; i++) {
        curvature[i] = pow(10, 3 * i / 7.);
        slope[i] = i - 3.5;
    }
    reel_node *a = reel_parameter(t, "a", REEL_F64, REEL_SHAPE(2, 3), NULL);
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(2), NULL);
    reel_node *x = reel_concat(REEL_NODES(reel_reshape(a, REEL_SHAPE(6)), b),
                               0);
    reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(8), curvature);
    reel_node *s = reel_constant(t, REEL_F64, REEL_SHAPE(8), slope);
    reel_node *half = reel_affine(reel_mul(c, reel_square(x)), 0.5, 0);
    reel_node *loss = reel_sum(reel_add(half, reel_mul(s, x)), REEL_ALL,
                               false);
    reel_lbfgs_report r = minimum(
        loss, REEL_NODES(a, b),
        &(reel_lbfgs_options){.memory = 20, .tolerance = 1e-9});
    ck_assert(r.converged);
    ck_assert_int_lt(r.iterations, 40);
    for (int i = 0; i < 8; i++)
        ck_assert_double_eq_tol(i < 6 ? value_at(a, i) : value_at(b, i - 6),
                                -slope[i] / curvature[i], 1e-9);
}
END_TEST

/* Logistic regression in f32: at the minimum the gradient vanishes as far as
 * f32 can say. */
START_TEST(test_f32)
{
    enum { N = 40 };
    float x[N * 2], y[N];
    for (int i = 0; i < N; i++) {
        x[2 * i] = (float)sin(i), x[2 * i + 1] = (float)cos(2.3 * i);
        y[i] = (sin(i) > 0) != (i % 4 == 0);
    }
    reel_node *in = reel_constant(t, REEL_F32, REEL_SHAPE(N, 2), x);
    reel_node *target = reel_constant(t, REEL_F32, REEL_SHAPE(N, 1), y);
    reel_node *loss = reel_loss(reel_dense(in, 1, "identity", "zeros"), target,
                                "bce_with_logits");
    reel_lbfgs_report r = minimum(loss, reel_parameters(REEL_NODES(loss)),
                                  &(reel_lbfgs_options){.tolerance = 1e-4});
    ck_assert(r.converged);
    ck_assert_double_lt(r.loss, log(2) - 0.05); /* better than a coin */
}
END_TEST

/* Steps into where the loss is no number are taken back. */
START_TEST(test_domain)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){1e-3});
    reel_node *loss = reel_sub(x, reel_log(x)); /* 1 at 1 */
    reel_lbfgs_report r = minimum(loss, REEL_NODES(x), NULL);
    ck_assert(r.converged);
    ck_assert_double_eq_tol(value_at(x, 0), 1, 1e-6);
    ck_assert_double_eq_tol(r.loss, 1, 1e-12);
}
END_TEST

START_TEST(test_ends)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){-1.2, 1});
    reel_node *loss = valley(x);
    reel_lbfgs_report r = minimum(loss, REEL_NODES(x),
                                  &(reel_lbfgs_options){.iterations = 3});
    ck_assert_int_eq(r.iterations, 3);
    ck_assert(!r.converged && r.loss < 24.2 && r.loss > 0.1);
    reel_program *p = run_once(t, loss);
    ck_assert(reel_item(loss) == r.loss); /* the parameters are there */
    reel_program_free(p);

    /* No step lowers it: the tolerance asks for more than rounding gives. */
    r = minimum(loss, REEL_NODES(x),
                &(reel_lbfgs_options){.iterations = 10000,
                                      .tolerance = DBL_MIN});
    ck_assert(r.iterations < 1000 && r.loss < 1e-20);

    /* Already there. */
    reel_set(x, (double[]){1, 1});
    r = minimum(loss, REEL_NODES(x), NULL);
    ck_assert(r.converged && r.iterations == 0 && r.evaluations == 1);

    /* Without end. */
    reel_node *y = reel_parameter(t, "y", REEL_F64, REEL_SCALAR, NULL);
    r = minimum(y, REEL_NODES(y), &(reel_lbfgs_options){.iterations = 2});
    ck_assert(!r.converged && r.loss < -1e9);
}
END_TEST

START_TEST(test_mistakes)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){-1.2, 1});
    reel_node *loss = valley(x), *in = reel_input(t, "in", REEL_F64,
                                                  REEL_SCALAR);
    const reel_lbfgs_options bad[] = {
        {.iterations = -1}, {.memory = -1}, {.tolerance = -1},
        {.tolerance = NAN}};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(reel_lbfgs(loss, REEL_NODES(x), &bad[i], NULL),
                         REEL_EVALUE);
        assert_error(t, REEL_EVALUE, "lbfgs: an option is negative");
    }
    ck_assert_int_eq(reel_lbfgs(loss, REEL_NODES(loss), NULL, NULL),
                     REEL_EVALUE);
    assert_error(t, REEL_EVALUE,
                 "lbfgs: node 0 of the list is no parameter of this tape");
    ck_assert_int_eq(reel_lbfgs(reel_log(reel_sum(x, REEL_ALL, false)),
                                REEL_NODES(x), NULL, NULL), REEL_EVALUE);
    assert_error(t, REEL_EVALUE,
                 "lbfgs: the loss is not finite where it starts");
    ck_assert_int_eq(reel_lbfgs(x, REEL_NODES(x), NULL, NULL), REEL_EGRAD);
    reel_clear_error(t);
    ck_assert_int_eq(reel_lbfgs(reel_add(loss, in), REEL_NODES(x), NULL, NULL),
                     REEL_ESTATE);
    reel_clear_error(t);
    ck_assert_int_eq(reel_lbfgs(NULL, REEL_NODES(x), NULL, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_lbfgs(loss, REEL_NODES(NULL), NULL, NULL),
                     REEL_EVALUE);
    assert_ok(t);
    assert_values(x, 0, -1.2, 1); /* where it was */
}
END_TEST

START_TEST(test_no_memory)
{
    bool done = false;
    reel_tape *own = t;
    for (size_t n = 0; !done; n++) {
        memory m;
        reel_lbfgs_report r;
        memory_init(&m);
        t = reel_tape_new_with(&m.allocator);
        ck_assert_ptr_nonnull(t);
        reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2), NULL);
        reel_node *loss = valley(x);
        memory_fail_after(&m, n);
        reel_status status = reel_lbfgs(loss, REEL_NODES(x), NULL, &r);
        done = m.failed == 0;
        m.fail_at = 0;
        ck_assert_int_eq(status, done ? REEL_OK : REEL_ENOMEM);
        ck_assert_int_eq(reel_status_of(t), status);
        reel_tape_free(t);
        ck_assert_uint_eq(m.blocks, 0);
    }
    t = own;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lbfgs");
    TCase *all = tcase_create("minima");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, test_rosenbrock, 0, 2);
    tcase_add_test(all, test_quadratic);
    tcase_add_test(all, test_f32);
    tcase_add_test(all, test_domain);
    tcase_add_test(all, test_ends);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return support_run(suite);
}
