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

/* ----------------------------------------------------------- seeded faults */

static void flipped_sign(reel_node *y, reel_node *g, const bool *need,
                         reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_neg(g), need, dx);
}

static void factor_2(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_affine(g, 2, 0), need, dx);
}

/* So far off as a wrong constant in a formula might be. */
static void factor_close_to_1(reel_node *y, reel_node *g, const bool *need,
                              reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_affine(g, 1.00001, 0), need, dx);
}

static void not_finite(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_div(g, reel_affine(g, 0, 0)), need, dx);
}

/* The first row of the cotangent where all belong. */
static void missing_sum(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    int64_t start[] = {0, 0}, stop[] = {1, y->dim[1]}, step[] = {1, 1};
    (void)need;
    dx[0] = reel_reshape(reel_slice(g, start, stop, step),
                         reel__shape_of(y->in[0]));
}

static void transposed(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    reel__op_matmul.vjp(y, g, need, dx);
    dx[1] = reel_transpose(dx[1]);
}

static void dropped_term(reel_node *y, reel_node *g, const bool *need,
                         reel_node **dx)
{
    reel__op_mul.vjp(y, g, need, dx);
    dx[1] = NULL;
}

typedef void vjp_rule(reel_node *y, reel_node *g, const bool *need,
                      reel_node **dx);

/* What is faulty, and whose gradients it spoils. */
static const struct {
    const char *name;
    const reel__op *op;
    vjp_rule *vjp;
    bool spoils_w, spoils_b;
} faults[] = {
    {"none", &reel__op_tanh, NULL, false, false},
    {"flipped sign", &reel__op_tanh, flipped_sign, true, true},
    {"factor 2", &reel__op_tanh, factor_2, true, true},
    {"factor 1.00001", &reel__op_tanh, factor_close_to_1, true, true},
    {"not finite", &reel__op_tanh, not_finite, true, true},
    {"missing broadcast sum", &reel__op_expand, missing_sum, false, true},
    {"transposed", &reel__op_matmul, transposed, true, false},
    {"dropped term", &reel__op_mul, dropped_term, true, true},
};

enum { FAULTS = sizeof faults / sizeof *faults };

/* A node of the op with fault number `fault`, if that is the op's. */
static reel_node *record(int fault, const reel__op *op, reel_nodes in,
                         const void *attr, size_t bytes)
{
    static reel__op faulty[4]; /* alive as long as the tape */
    reel__op *copy = &faulty[op == &reel__op_tanh     ? 0
                             : op == &reel__op_expand ? 1
                             : op == &reel__op_matmul ? 2
                                                      : 3];
    *copy = *op;
    if (faults[fault].op == op && faults[fault].vjp)
        copy->vjp = faults[fault].vjp;
    return reel__record(copy, in.node, in.count, attr, bytes);
}

/* sum (tanh(x w + b) tanh(x w + b)), w square so that transposing it fits. */
START_TEST(test_faults)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(3, 4));
    reel_node *w = parameter("w", REEL_F64, REEL_SHAPE(4, 4));
    reel_node *b = parameter("b", REEL_F64, REEL_SHAPE(4));
    reel__sizes sizes = reel__sizes_of(REEL_SHAPE(3, 4));
    reel_node *z = record(_i, &reel__op_matmul, REEL_NODES(x, w), NULL, 0);
    reel_node *spread = record(_i, &reel__op_expand, REEL_NODES(b), &sizes,
                               sizeof sizes);
    reel_node *y = record(_i, &reel__op_tanh, REEL_NODES(reel_add(z, spread)),
                          NULL, 0);
    reel_node *loss = reel_sum(record(_i, &reel__op_mul, REEL_NODES(y, y), NULL, 0),
                               REEL_ALL, false);
    bool faulty = faults[_i].spoils_w || faults[_i].spoils_b;

    ck_assert_int_eq(check(loss, REEL_NODES(w, b)),
                     faulty ? REEL_ECHECK : REEL_OK);
    ck_assert_int_eq(report.verdict, faulty ? REEL_FAIL : REEL_PASS);
    for (size_t i = 0; i < 2; i++) {
        bool spoilt = i ? faults[_i].spoils_b : faults[_i].spoils_w;
        const reel_gradcheck_row *r = &report.row[i];
        ck_assert_msg(r->verdict == (spoilt ? REEL_FAIL : REEL_PASS),
                      "%s: parameter %zu: %s", faults[_i].name, i,
                      reel_verdict_text(r->verdict));
        ck_assert_int_eq(r->compared, r->elements);
        ck_assert_int_eq(r->passed + r->failed, r->compared);
        ck_assert(spoilt ? r->failed > 0 : r->failed == 0);
    }
}
END_TEST

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

START_TEST(test_working_epsilon)
{
    volatile long double sum, epsilon = reel__working_epsilon();
    ck_assert(epsilon >= LDBL_EPSILON);
    sum = 1 + epsilon;
    ck_assert(sum > 1);
    sum = 1 + epsilon / 4;
    ck_assert(sum == 1);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, test_faults, 0, FAULTS);
    tcase_add_test(all, test_kink);
    tcase_add_test(all, test_not_finite);
    tcase_add_test(all, test_nothing_compared);
    tcase_add_test(all, test_unused);
    tcase_add_test(all, test_leaves_all_as_it_was);
    tcase_add_test(all, test_sample);
    tcase_add_test(all, test_tolerance);
    tcase_add_test(all, test_errors);
    tcase_add_test(all, test_print);
    tcase_add_test(all, test_working_epsilon);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
