/* test_gradcheck.c: that the gradient check catches wrong gradients, however
 * they are wrong, passes right ones, tells kinks from mistakes, and leaves
 * everything as it was.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "grad/check.h"
#include "ops/ops.h"
#include "support.h"

static reel_tape *t;
static reel_gradcheck_report report;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_gradcheck_free(&report);
    reel_tape_free(t);
}

static reel_node *parameter(const char *name, reel_dtype dtype,
                            reel_shape shape)
{
    reel_node *n = reel_parameter(t, name, dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++)
        reel__store(dtype, reel_data(n), i,
                    (long double)sin(1.3 * (double)i + (double)n->id));
    return n;
}

static reel_node *total(reel_node *x)
{
    return reel_sum(reel_square(x), REEL_ALL, false);
}

static reel_status check(reel_node *loss, reel_nodes params)
{
    reel_gradcheck_free(&report);
    reel_status status = reel_gradcheck(loss, params, NULL, &report);
    assert_ok(t);
    return status;
}

/* So far off as a wrong constant in a formula might be. */
static void factor_close_to_1(reel_node *y, reel_node *g, const bool *need,
                              reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_affine(g, 1.00001, 0), need, dx);
}

/* ----------------------------------------------------------------- verdicts */

START_TEST(test_kink)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3),
                                  (double[]){0, 2, -2});
    reel_node *zero = reel_parameter(t, "zero", REEL_F64, REEL_SHAPE(1), NULL);

    ck_assert_int_eq(check(reel_sum(reel_relu(x), REEL_ALL, false),
                           REEL_NODES(x)), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 2);
    ck_assert_int_eq(report.row[0].inconclusive, 1);
    ck_assert_int_eq(check(reel_sum(reel_abs(zero), REEL_ALL, false),
                           REEL_NODES(zero)), REEL_ECHECK);
    ck_assert_int_eq(report.verdict, REEL_INCONCLUSIVE);
    ck_assert_int_eq(report.row[0].verdict, REEL_INCONCLUSIVE);
}
END_TEST

START_TEST(test_not_finite)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){1, -1});
    ck_assert_int_eq(check(reel_sum(reel_log(x), REEL_ALL, false),
                           REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_FAIL);
    ck_assert_int_eq(report.row[0].failed, 2); /* the loss is NaN */
    ck_assert(isinf(report.row[0].relative_error));
}
END_TEST

START_TEST(test_nothing_compared)
{
    reel_node *none = reel_parameter(t, "none", REEL_F64, REEL_SHAPE(0), NULL);
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(2));

    ck_assert_int_eq(check(reel_add(total(x), total(none)),
                           REEL_NODES(x, none)), REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_PASS);
    ck_assert_int_eq(report.row[1].verdict, REEL_FAIL);
    ck_assert_int_eq(report.row[1].compared, 0);
    ck_assert_int_eq(report.row[1].worst, -1);
}
END_TEST

/* A parameter that the loss does not need has slope 0, and is compared. */
START_TEST(test_unused)
{
    reel_node *x = parameter("x", REEL_F32, REEL_SHAPE(2));
    reel_node *unused = parameter("unused", REEL_F32, REEL_SHAPE(3));

    ck_assert_int_eq(check(total(x), REEL_NODES(x, unused)), REEL_OK);
    ck_assert_int_eq(report.row[1].passed, 3);
    ck_assert_double_eq(report.row[1].analytic, 0);
}
END_TEST

/* Bit for bit, with what the tape held. */
START_TEST(test_leaves_all_as_it_was)
{
    reel_node *x = parameter("x", REEL_F32, REEL_SHAPE(5, 7));
    reel_node *loss = total(reel_sin(x));
    float before[35];
    size_t nodes = t->count;

    ((float *)reel_data(x))[3] = -0.0f;
    memcpy(before, reel_data(x), sizeof before);
    ck_assert_int_eq(check(loss, REEL_NODES(x)), REEL_OK);
    ck_assert_mem_eq(before, reel_data(x), sizeof before);
    ck_assert_uint_eq(t->count, nodes);
}
END_TEST

/* ------------------------------------------------------------------ options */

static void count(void *user, int64_t done, int64_t all)
{
    int64_t *calls = user;
    ck_assert_int_le(done, all);
    calls[0]++;
    calls[1] = done;
}

START_TEST(test_sample)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(1000));
    int64_t calls[2] = {0};
    reel_gradcheck_options o = {.sample = 7, .seed = 3, .progress = count,
                                .user = calls};

    ck_assert_int_eq(reel_gradcheck(total(x), REEL_NODES(x), &o, &report),
                     REEL_OK);
    ck_assert_int_eq(report.row[0].elements, 1000);
    ck_assert_int_eq(report.row[0].compared, 7);
    ck_assert_int_gt(calls[0], 0);
    ck_assert_int_eq(calls[1], 7);
}
END_TEST

START_TEST(test_tolerance)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(4));
    reel__op op = reel__op_tanh;
    op.vjp = factor_close_to_1;
    reel_node *loss = total(reel__record(&op, &x, 1, NULL, 0));
    reel_gradcheck_options o = {.rtol = 1e-4};

    ck_assert_int_eq(check(loss, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(reel_gradcheck(loss, REEL_NODES(x), &o, NULL), REEL_OK);
}
END_TEST

/* ------------------------------------------------------------------- errors */

static void refuses(reel_node *loss, reel_nodes params,
                    const reel_gradcheck_options *o, const char *message)
{
    ck_assert_int_eq(reel_gradcheck(loss, params, o, &report), REEL_EVALUE);
    assert_error(t, REEL_EVALUE, "gradcheck: %s", message);
}

START_TEST(test_errors)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(2)), *loss = total(x);
    reel_node *n = reel_state(t, "n", REEL_I32, REEL_SHAPE(2), NULL);
    static const reel_gradcheck_options bad[] = {
        {.rtol = -1}, {.atol = -1}, {.step = -1}, {.sample = -1},
        {.rtol = INFINITY}, {.atol = NAN}, {.step = INFINITY},
    };

    refuses(loss, REEL_NODES(n), NULL,
            "only leaves of f32 or f64 can be checked");
    refuses(loss, REEL_NODES(reel_square(x)), NULL,
            "only leaves of f32 or f64 can be checked");
    refuses(loss, (reel_nodes){0, NULL}, NULL, "no parameter to check");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(loss, REEL_NODES(x), &bad[i],
                "an option is negative or not finite");
}
END_TEST

/* ------------------------------------------------------------------ reports */

START_TEST(test_print)
{
    const char *text;
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){1, -3});

    ck_assert_int_eq(check(reel_sum(reel_affine(x, 2, 0), REEL_ALL, false),
                           REEL_NODES(x)), REEL_OK);
    TEXT_OF(text, reel_gradcheck_print(&report, stream));
    ck_assert_ptr_nonnull(strstr(text, "parameter  elements    passed"));
    ck_assert_ptr_nonnull(strstr(text, "\nx                 2         2"));
    ck_assert_ptr_nonnull(strstr(text, "pass: 2 compared, 2 passed, 0 failed, "
                                       "0 at a kink; loss -4, seed 0\n"));
    ck_assert_str_eq(reel_verdict_text(REEL_FAIL), "FAIL");
    ck_assert_str_eq(reel_verdict_text(REEL_INCONCLUSIVE), "inconclusive");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_kink);
    tcase_add_test(all, test_not_finite);
    tcase_add_test(all, test_nothing_compared);
    tcase_add_test(all, test_unused);
    tcase_add_test(all, test_leaves_all_as_it_was);
    tcase_add_test(all, test_sample);
    tcase_add_test(all, test_tolerance);
    tcase_add_test(all, test_errors);
    tcase_add_test(all, test_print);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
