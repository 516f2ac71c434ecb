/* test_gradcheck.c: that the gradient check catches wrong gradients, however
 * they are wrong, passes right ones, tells kinks from mistakes, and leaves
 * everything as it was.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "core/internal.h"
#include "grad/check.h"
#include "ops/ops.h"
#include "support.h"

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

/* ----------------------------------------------------------------- subjects */

/* Of any shape, by a random cotangent. */
START_TEST(test_any_shape)
{
    reel_node *a = parameter("a", REEL_F64, REEL_SHAPE(3, 4));
    reel_node *b = parameter("b", REEL_F32, REEL_SHAPE(4, 2));
    reel_node *y = reel_matmul(reel_tanh(a), reel_cast(b, REEL_F64));

    ck_assert_int_eq(check(y, REEL_NODES(a, b)), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 12);
    ck_assert_int_eq(report.row[1].passed, 8);
    ck_assert_uint_eq(report.contracts,
                      REEL_CONTRACTS & ~REEL_CONTRACT_SYMMETRIC);
    ck_assert_uint_eq(report.broken, 0);
    for (size_t i = 0; i < report.directions; i++)
        ck_assert_double_eq_tol(report.direction[i].forward,
                                report.direction[i].reverse, 1e-12);
}
END_TEST

/* The loss is a parameter; a y without elements has nothing to compare. */
START_TEST(test_smallest)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SCALAR);
    reel_node *none = parameter("none", REEL_F64, REEL_SHAPE(0));

    ck_assert_int_eq(check(x, REEL_NODES(x)), REEL_OK);
    ck_assert_double_eq(report.row[0].numeric, 1);
    ck_assert_int_eq(check(reel_mul(none, x), REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(report.verdict, REEL_FAIL);
    ck_assert_int_eq(report.row[0].reason, REEL_REASON_NOTHING);
    ck_assert_int_eq(report.row[0].compared, 0);
}
END_TEST

/* One node as two operands, and twice among the parameters. */
START_TEST(test_twice)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(3, 3));
    reel_node *y = reel_mul(reel_matmul(x, x), x);
    reel_gradcheck_options directions = {.directions = 3};

    ck_assert_int_eq(check(y, REEL_NODES(x, x)), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 9);
    ck_assert_int_eq(report.row[1].passed, 9);
    ck_assert_double_eq(report.row[0].analytic, report.row[1].analytic);
    reel_gradcheck_free(&report);
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x, x), &directions, &report),
                     REEL_OK);
}
END_TEST

/* Two inputs read the same memory: each has a slope of its own. */
START_TEST(test_shared_memory)
{
    static const double data[] = {0.5, -2};
    reel_node *a = reel_input(t, "a", REEL_F64, REEL_SHAPE(2));
    reel_node *b = reel_input(t, "b", REEL_F64, REEL_SHAPE(2));
    reel_bind(a, data);
    reel_bind(b, data);

    ck_assert_int_eq(check(reel_mul(reel_square(a), b), REEL_NODES(a, b)),
                     REEL_OK);
    ck_assert_int_eq(report.row[0].passed + report.row[1].passed, 4);
    ck_assert(data[0] == 0.5 && data[1] == -2);
}
END_TEST

/* What is random is a function of its seed and step, and stays what it is. */
START_TEST(test_random)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(50));
    reel_node *step = reel_state(t, "step", REEL_I64, REEL_SCALAR, NULL);
    reel_node *y = reel_square(reel_dropout(x, 0.5, 3, step));
    reel_gradcheck_options second = {.order = 2};

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 50);
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x), &second, NULL), REEL_OK);
}
END_TEST

START_TEST(test_orders)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(3));
    reel_node *w = parameter("w", REEL_F32, REEL_SHAPE(3));
    reel_node *y = reel_mul(reel_exp(reel_sin(x)),
                            reel_cast(reel_tanh(w), REEL_F64));
    reel_gradcheck_options o = {.order = 4};

    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x, w), &o, &report), REEL_OK);
    ck_assert_uint_eq(report.count, 8);
    for (size_t i = 0; i < report.count; i++) {
        ck_assert_int_eq(report.row[i].order, (int)i / 2 + 1);
        ck_assert_ptr_eq(report.row[i].parameter, i % 2 ? w : x);
        ck_assert_int_eq(report.row[i].passed, 3);
    }
    ck_assert_uint_eq(report.contracts, REEL_CONTRACTS);
    ck_assert_uint_eq(report.broken, 0);
}
END_TEST

/* ------------------------------------------------------------------ reasons */

/* The place and the slopes on its two sides are listed. */
START_TEST(test_kinks_are_listed)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3),
                                  (double[]){1, 0, -1});
    ck_assert_int_eq(check(reel_leaky_relu(x, 0.25), REEL_NODES(x)), REEL_OK);
    ck_assert_uint_eq(report.places, 1);
    const reel_gradcheck_place *p = &report.place[0];
    ck_assert_int_eq(p->index, 1);
    ck_assert_int_eq(p->verdict, REEL_INCONCLUSIVE);
    ck_assert_int_eq(p->reason, REEL_REASON_KINK);
    ck_assert_double_eq_tol(p->left / p->right, 0.25, 1e-5);
}
END_TEST

/* Between the slopes is right at a kink, beyond them is not. */
static void beyond(reel_node *y, reel_node *g, const bool *need,
                   reel_node **dx)
{
    (void)y, (void)need;
    dx[0] = reel_affine(g, 1.5, 0);
}

static void between(reel_node *y, reel_node *g, const bool *need,
                    reel_node **dx)
{
    (void)y, (void)need;
    dx[0] = reel_affine(g, 0.3, 0);
}

START_TEST(test_at_a_kink)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(1), NULL);
    reel__op in = reel__op_abs, out = reel__op_abs;
    in.vjp = between;
    out.vjp = beyond;
    ck_assert_int_eq(check(reel__record(&in, &x, 1, NULL, 0), REEL_NODES(x)),
                     REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_INCONCLUSIVE);
    ck_assert_int_eq(check(reel__record(&out, &x, 1, NULL, 0), REEL_NODES(x)),
                     REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_FAIL);
    ck_assert_int_eq(report.row[0].reason, REEL_REASON_KINK);
}
END_TEST

/* 1 - y^2 has no digits left in f32: the rule is right, the result is not. */
START_TEST(test_precision)
{
    reel_node *x = reel_parameter(t, "x", REEL_F32, REEL_SHAPE(1),
                                  (float[]){9.5f});
    ck_assert_int_eq(check(reel_tanh(x), REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_FAIL);
    ck_assert_int_eq(report.row[0].reason, REEL_REASON_PRECISION);
    ck_assert_double_eq_tol(report.row[0].rule, report.row[0].numeric, 1e-12);
    ck_assert_double_eq(report.row[0].analytic, 0);
    ck_assert_uint_eq(report.blames, 0);
}
END_TEST

/* Large terms cancel, of one element; along directions it is bisected to. */
START_TEST(test_precision_of_one)
{
    reel_node *x = reel_parameter(t, "x", REEL_F32, REEL_SHAPE(100), NULL);
    reel_node *square = reel_square(x);
    reel_node *y = reel_sub(reel_affine(square, 1000001, 0),
                            reel_affine(square, 1000000, 0));
    reel_gradcheck_options o = {.directions = 2};
    ((float *)reel_data(x))[71] = 1.0f / 3;
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x), &o, &report),
                     REEL_ECHECK);
    ck_assert_int_eq(report.direction[0].reason, REEL_REASON_PRECISION);
    ck_assert_int_eq(report.row[0].failed, 1);
    ck_assert_int_eq(report.row[0].reason, REEL_REASON_PRECISION);
    ck_assert_int_eq(report.row[0].worst, 71);
}
END_TEST

/* A slope that rounding errors of the function hide even in long double. */
START_TEST(test_noise)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(1),
                                  (double[]){0.5});
    double faint = (double)(1e3L * LDBL_EPSILON);
    reel_node *y = reel_add(reel_affine(reel_sin(x), faint, 0),
                            reel_full(t, REEL_F64, REEL_SHAPE(1), 1e3));
    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(report.row[0].verdict, REEL_INCONCLUSIVE);
    ck_assert_int_eq(report.row[0].reason, REEL_REASON_NOISE);
}
END_TEST

/* A custom op may evaluate in double, and says so. */
static void double_sin(reel__eval *e)
{
    for (int64_t i = 0; i < reel_shape_count(e->out->shape); i++)
        e->out->data[i] = sin((double)e->in[0].data[i]);
}

static long double of_double(const reel_node *node)
{
    (void)node;
    return DBL_EPSILON;
}

START_TEST(test_double_reference)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(6));
    reel__op op = reel__op_sin;
    op.reference = double_sin;
    op.epsilon = of_double;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);
    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 6);
}
END_TEST

/* It oscillates faster than any step can follow. */
START_TEST(test_ill_conditioned)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(1),
                                  (double[]){0.5});
    double often = (double)(0.01L / LDBL_EPSILON);
    ck_assert_int_eq(check(reel_sin(reel_affine(x, often, 0)), REEL_NODES(x)),
                     REEL_ECHECK);
    ck_assert_int_ne(report.row[0].verdict, REEL_PASS);
}
END_TEST

/* More places than the report lists. */
START_TEST(test_many_places)
{
    const char *text;
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(100), NULL);
    ck_assert_int_eq(check(reel_relu(x), REEL_NODES(x)), REEL_ECHECK);
    ck_assert_int_eq(report.verdict, REEL_INCONCLUSIVE);
    ck_assert_uint_eq(report.places, REEL_GRADCHECK_PLACES);
    ck_assert_int_eq(report.unlisted, 100 - REEL_GRADCHECK_PLACES);
    TEXT_OF(text, reel_gradcheck_print(&report, stream));
    ck_assert_ptr_nonnull(strstr(text, "\nx[7]: inconclusive, kink: 0, "));
    ck_assert_ptr_nonnull(strstr(text, "\nand 92 more elements\n"));
}
END_TEST

/* ------------------------------------------------------------------ threads */

/* A report as text. */
static char *text_of(reel_node *y, reel_nodes xs, reel_gradcheck_options o)
{
    const char *text;
    reel_gradcheck_free(&report);
    reel_gradcheck(y, xs, &o, &report);
    assert_ok(t);
    TEXT_OF(text, reel_gradcheck_write_json(&report, stream));
    return strdup(text);
}

START_TEST(test_threads)
{
    reel_node *a = parameter("a", REEL_F64, REEL_SHAPE(20, 30));
    reel_node *b = parameter("b", REEL_F64, REEL_SHAPE(30, 5));
    reel_node *y = reel_relu(reel_matmul(reel_tanh(a), b));
    for (int64_t directions = 0; directions < 4; directions += 3) {
        reel_gradcheck_options o = {.threads = 1, .directions = directions};
        char *one = text_of(y, REEL_NODES(a, b), o);
        for (o.threads = 2; o.threads < 5; o.threads++) {
            char *many = text_of(y, REEL_NODES(a, b), o);
            ck_assert_str_eq(one, many);
            free(many);
        }
        free(one);
    }
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
        {.directions = -1}, {.order = -1}, {.threads = -1},
    };
    reel_gradcheck_options both = {.sample = 1, .directions = 1};

    refuses(loss, REEL_NODES(n), NULL,
            "only leaves of f32 or f64 can be checked");
    refuses(loss, REEL_NODES(reel_square(x)), NULL,
            "only leaves of f32 or f64 can be checked");
    refuses(loss, (reel_nodes){0, NULL}, NULL, "no parameter to check");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(loss, REEL_NODES(x), &bad[i],
                "an option is negative or not finite");
    refuses(loss, REEL_NODES(x), &both,
            "directions move all elements: there is nothing to sample");
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
    ck_assert_int_eq(reel_gradcheck_print(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_gradcheck_write_json(&report, NULL), REEL_EVALUE);
}
END_TEST

START_TEST(test_words)
{
    static const char *const reason[] = {
        "", "differs", "precision", "not finite", "nothing compared", "kink",
        "noise", "ill-conditioned", "?"};
    static const char *const rule[] = {"", "vjp", "jvp", "vjp and jvp"};
    for (int i = 0; i < 9; i++)
        ck_assert_str_eq(reel_reason_text((reel_reason)i), reason[i]);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(reel_rule_text((reel_rule)i), rule[i]);
    for (unsigned bit = 1; bit <= REEL_CONTRACTS; bit <<= 1)
        ck_assert_str_ne(reel_contract_text(bit), "?");
    ck_assert_str_eq(reel_contract_text(REEL_CONTRACTS + 1), "?");
}
END_TEST

START_TEST(test_json)
{
    const char *text;
    reel_node *x = reel_parameter(t, "a \"quoted\"\n\xFF", REEL_F64,
                                  REEL_SHAPE(1), (double[]){0});
    reel_gradcheck_options o = {.seed = UINT64_MAX};

    ck_assert_int_eq(reel_gradcheck(reel_sqrt(x), REEL_NODES(x), &o, &report),
                     REEL_ECHECK);
    TEXT_OF(text, reel_gradcheck_write_json(&report, stream));
    ck_assert_ptr_nonnull(strstr(text, "{\n  \"verdict\": \"FAIL\",\n  "
                                       "\"seed\": \"18446744073709551615\","
                                       "\n  \"loss\": 0,\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\"parameter\": \"a \\\"quoted\\\"\\u000a"
                     "\\ufffd\""));
    ck_assert_ptr_nonnull(strstr(text, "\"analytic\": \"inf\""));
    ck_assert_ptr_nonnull(strstr(text, "\"numeric\": \"nan\""));
    ck_assert_ptr_nonnull(strstr(text, "\"reason\": \"not finite\""));
    ck_assert_str_eq(text + strlen(text) - 3, "\n}\n");
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
    tcase_add_test(all, test_any_shape);
    tcase_add_test(all, test_smallest);
    tcase_add_test(all, test_twice);
    tcase_add_test(all, test_shared_memory);
    tcase_add_test(all, test_random);
    tcase_add_test(all, test_orders);
    tcase_add_test(all, test_kinks_are_listed);
    tcase_add_test(all, test_at_a_kink);
    tcase_add_test(all, test_precision);
    tcase_add_test(all, test_precision_of_one);
    tcase_add_test(all, test_noise);
    tcase_add_test(all, test_double_reference);
    tcase_add_test(all, test_ill_conditioned);
    tcase_add_test(all, test_many_places);
    tcase_add_test(all, test_threads);
    tcase_add_test(all, test_words);
    tcase_add_test(all, test_json);
    tcase_add_test(all, test_print);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
