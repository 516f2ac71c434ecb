/* test_blame.c: that the gradient check catches wrong rules, however they are
 * wrong, and says which and how.
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

static void batch_size(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    reel__op_tanh.vjp(y, reel_affine(g, (double)y->dim[0], 0), need, dx);
}

/* g, not g (1 - y^2). */
static void lost_square(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    (void)y, (void)need;
    dx[0] = g;
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
    const char *diagnosis; /* part of it */
} faults[] = {
    {"none", &reel__op_tanh, NULL, false, false, NULL},
    {"flipped sign", &reel__op_tanh, flipped_sign, true, true,
     "the sign is flipped"},
    {"factor 2", &reel__op_tanh, factor_2, true, true, "2 times too large"},
    {"batch size", &reel__op_tanh, batch_size, true, true,
     "3 times too large, the size of axis 0 of [3, 4]"},
    {"factor 1.00001", &reel__op_tanh, factor_close_to_1, true, true,
     "1.00001 times too large"},
    {"not finite", &reel__op_tanh, not_finite, true, true, "not finite"},
    {"missing broadcast sum", &reel__op_expand, missing_sum, false, true,
     "the sum over axis 0 of [3, 4] is missing: only its first element counts"},
    {"transposed", &reel__op_matmul, transposed, true, false,
     "the last two axes are transposed"},
    {"dropped term", &reel__op_mul, dropped_term, true, true,
     "a term is missing: it is 0"},
    {"lost square", &reel__op_tanh, lost_square, true, true,
     "a term is missing or wrong: it is off by 1 times g y^2"},
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
    reel_node *product = record(_i, &reel__op_mul, REEL_NODES(y, y), NULL, 0);
    reel_node *loss = reel_sum(product, REEL_ALL, false);
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
    ck_assert_uint_eq(report.blames, faulty);
    if (!faulty)
        return;
    const reel_gradcheck_blame *is = &report.blame[0];
    ck_assert_str_eq(is->op, faults[_i].op->name);
    ck_assert_int_eq(is->rule, REEL_RULE_VJP);
    ck_assert_msg(strstr(is->diagnosis, faults[_i].diagnosis) != NULL, "%s: %s",
                  faults[_i].name, is->diagnosis);
}
END_TEST

/* What the softmax of a row does to its other elements. */
static void diagonal(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    (void)need;
    dx[0] = reel_mul(g, reel_mul(y, reel_affine(y, -1, 1)));
}

START_TEST(test_diagonal)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(3, 4));
    reel__axes last = {2, 0};
    reel__op op = reel__op_softmax;
    op.vjp = diagonal;
    reel_node *y = reel__record(&op, &x, 1, &last, sizeof last);

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_uint_eq(report.blames, 1);
    ck_assert_str_eq(report.blame[0].op, "softmax");
    ck_assert_str_eq(report.blame[0].shapes, "[3, 4] -> [3, 4]");
    ck_assert_ptr_nonnull(strstr(report.blame[0].diagnosis,
                                 "only the diagonal of the Jacobian"));
}
END_TEST

static reel_node *twice_jvp(reel_node *y, reel_node *const *dx)
{
    return reel_affine(reel__op_sin.jvp(y, dx), 2, 0);
}

/* Which of the two witnesses is at odds with the differences. */
START_TEST(test_forward)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(5));
    reel__op op = reel__op_sin;
    op.jvp = twice_jvp;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);
    reel_gradcheck_options o = {.skip = REEL_SKIP_FORWARD};

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_uint_eq(report.directions, 2);
    for (size_t i = 0; i < 2; i++) {
        const reel_gradcheck_direction *d = &report.direction[i];
        ck_assert_int_eq(d->wrong, REEL_RULE_JVP);
        ck_assert_int_eq(d->reason, REEL_REASON_DIFFERS);
        ck_assert_double_eq_tol(d->forward, 2 * d->reverse, 1e-12);
        ck_assert_double_eq_tol(d->numeric, d->reverse, 1e-9);
    }
    ck_assert_uint_eq(report.blames, 1);
    ck_assert_int_eq(report.blame[0].rule, REEL_RULE_JVP);
    ck_assert_str_eq(report.blame[0].diagnosis, "2 times too large");
    ck_assert_int_eq(report.row[0].failed, 1); /* the one it was bisected to */
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x), &o, NULL), REEL_OK);
}
END_TEST

static reel_node *no_jvp(reel_node *y, reel_node *const *dx)
{
    (void)dx;
    return reel__fail(y->tape, REEL_EGRAD, "gauge", "has no jvp");
}

/* An op without a jvp leaves forward mode out, and the report says so. */
START_TEST(test_no_forward)
{
    const char *text;
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(5));
    reel__op op = reel__op_sin;
    op.jvp = no_jvp;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_OK);
    ck_assert_uint_eq(report.directions, 0);
    ck_assert_str_eq(report.forward, "gauge: has no jvp");
    TEXT_OF(text, reel_gradcheck_print(&report, stream));
    ck_assert_ptr_nonnull(strstr(
        text, "\nforward mode was not asked: gauge: has no jvp\npass: "));
}
END_TEST

/* The rule of one element of many is wrong. */
static void one_is_wrong(reel_node *y, reel_node *g, const bool *need,
                         reel_node **dx)
{
    reel_node *off = reel_state(y->tape, "off", REEL_F64, reel_shape_of(y),
                                NULL);
    ((double *)reel_data(off))[777] = 1e-3;
    reel__op_sin.vjp(y, g, need, dx);
    dx[0] = reel_add(dx[0], off);
}

START_TEST(test_bisection)
{
    reel_node *a = parameter("a", REEL_F64, REEL_SHAPE(100));
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(1000));
    reel__op op = reel__op_sin;
    op.vjp = one_is_wrong;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);
    reel_node *loss = reel_add(total(a), total(y));
    reel_gradcheck_options o = {.directions = 3, .seed = 4};

    ck_assert_int_eq(reel_gradcheck(loss, REEL_NODES(a, x), &o, &report),
                     REEL_ECHECK);
    ck_assert_uint_eq(report.directions, 3);
    ck_assert_uint_eq(report.seed, 4);
    ck_assert_int_eq(report.row[0].failed, 0);
    ck_assert_int_eq(report.row[1].failed, 1);
    ck_assert_int_eq(report.row[1].worst, 777);
    ck_assert_uint_eq(report.places, 1);
    ck_assert_int_eq(report.place[0].index, 777);
    ck_assert_str_eq(report.blame[0].op, "sin");
    ck_assert_int_eq(report.blame[0].index, 777);
}
END_TEST

/* ---------------------------------------------------------------- contracts */

static void add_constant(reel_node *y, reel_node *g, const bool *need,
                         reel_node **dx)
{
    reel__op_sin.vjp(y, g, need, dx);
    dx[0] = reel_affine(dx[0], 1, 1e-30);
}

static void not_linear(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    reel__op_sin.vjp(y, reel_mul(g, reel_abs(g)), need, dx);
}

/* Too little for any tolerance, but not exactly 0. */
START_TEST(test_zero)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(5));
    reel__op op = reel__op_sin;
    op.vjp = add_constant;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_uint_eq(report.broken, REEL_CONTRACT_ZERO);
    ck_assert_int_eq(report.row[0].failed, 0);
    ck_assert_uint_eq(report.blames, 0);
}
END_TEST

START_TEST(test_linear)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(5));
    reel__op op = reel__op_sin;
    op.vjp = not_linear;
    /* With a cotangent of 1 the values are right. */
    reel_node *loss = reel_sum(reel__record(&op, &x, 1, NULL, 0), REEL_ALL,
                               false);

    ck_assert_int_eq(check(loss, REEL_NODES(x)), REEL_ECHECK);
    ck_assert_uint_eq(report.broken, REEL_CONTRACT_LINEAR);
    ck_assert_int_eq(report.row[0].passed, 5);
}
END_TEST

/* Right, but with its own derivative cut off: the second order is not. */
static void still_square(reel_node *y, reel_node *g, const bool *need,
                         reel_node **dx)
{
    (void)need;
    dx[0] = reel_mul(g, reel_affine(reel_stop_gradient(y->in[0]), 2, 0));
}

START_TEST(test_curvature)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(4));
    reel__op op = reel__op_square;
    op.vjp = still_square;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);
    reel_gradcheck_options o = {.order = 2, .skip = REEL_SKIP_FORWARD};

    ck_assert_int_eq(check(y, REEL_NODES(x)), REEL_OK);
    reel_gradcheck_free(&report);
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x), &o, &report),
                     REEL_ECHECK);
    const reel_gradcheck_direction *d =
        &report.direction[report.directions - 1];
    ck_assert_int_eq(d->order, 2);
    ck_assert_int_eq(d->verdict, REEL_FAIL);
    ck_assert_double_eq(d->reverse, 0);
    ck_assert_double_gt(fabs(d->numeric), 0.1);
}
END_TEST

/* dx = g (2 x + its neighbour), as if of x^2: the neighbour's share is not
 * symmetric. */
static void lopsided(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    reel_node *x = y->in[0];
    int64_t zero[] = {0}, one[] = {1}, end[] = {y->dim[0]};
    reel_node *head = reel_slice(x, zero, one, one);
    reel_node *tail = reel_slice(x, one, end, one);
    reel_node *next = reel_concat(REEL_NODES(tail, head), 0);
    (void)need;
    dx[0] = reel_mul(g, reel_add(reel_affine(x, 2, 0), reel_square(next)));
}

START_TEST(test_symmetry)
{
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(5));
    reel__op op = reel__op_square;
    op.vjp = lopsided;
    reel_node *y = reel__record(&op, &x, 1, NULL, 0);
    reel_gradcheck_options o = {.order = 2};

    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(x), &o, &report),
                     REEL_ECHECK);
    ck_assert_uint_eq(report.broken & REEL_CONTRACT_SYMMETRIC,
                      REEL_CONTRACT_SYMMETRIC);
}
END_TEST

/* ------------------------------------------------------------------ reports */

START_TEST(test_print)
{
    const char *text;
    reel_node *x = parameter("x", REEL_F64, REEL_SHAPE(2, 3));
    reel__op op = reel__op_sin;
    op.vjp = reel__op_cos.vjp;
    reel_location_enter("net.c", 42);
    reel_node *y = reel_location_leave(reel__record(&op, &x, 1, NULL, 0));

    ck_assert_int_eq(check(total(y), REEL_NODES(x)), REEL_ECHECK);
    ck_assert_str_eq(report.blame[0].place, "net.c:42");
    TEXT_OF(text, reel_gradcheck_print(&report, stream));
    ck_assert_ptr_nonnull(strstr(
        text, "\nwrong: net.c:42: the vjp of sin, [2, 3] -> [2, 3], by operand "
              "0\n       element "));
    ck_assert_ptr_nonnull(strstr(text, "\nx[1]: FAIL, differs: "));
    ck_assert_ptr_nonnull(strstr(text, "\ndirection 0: FAIL: differs, by vjp: "
                                       "reverse "));
    ck_assert_ptr_nonnull(strstr(text, "\nFAIL: 6 compared, 1 passed, 5 "
                                       "failed, 0 at a kink; loss "));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("blame");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, test_faults, 0, FAULTS);
    tcase_add_test(all, test_diagonal);
    tcase_add_test(all, test_forward);
    tcase_add_test(all, test_no_forward);
    tcase_add_test(all, test_bisection);
    tcase_add_test(all, test_zero);
    tcase_add_test(all, test_linear);
    tcase_add_test(all, test_curvature);
    tcase_add_test(all, test_symmetry);
    tcase_add_test(all, test_print);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
