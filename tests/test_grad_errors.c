/* test_grad_errors.c: what the sweeps say of what cannot be differentiated, and
 * of rules that are wrong.
 *
 * SPDX-License-Identifier: MIT */
#include "grad_cases.h"

typedef struct graph {
    reel_tape *t, *other;
    reel_node *x, *y, *n, *w1, *elsewhere, *wide, *counts;
} graph;

static graph make_graph(void)
{
    graph g;
    g.t = reel_tape_new();
    g.other = reel_tape_new();
    g.x = vector(g.t, "x", 3, (double[]){1, 2, 3});
    g.y = total(reel_square(g.x));
    g.wide = reel_parameter(g.t, NULL, REEL_F64, REEL_SHAPE(64), NULL);
    g.n = reel_state(g.t, "n", REEL_I64, REEL_SCALAR, NULL);
    g.counts = total(reel_cast(g.x, REEL_I64));
    g.w1 = scalar(g.t, "w1", 2);
    g.elsewhere = scalar(g.other, "z", 1);
    return g;
}

static void free_graph(graph *g)
{
    reel_tape_free(g->t);
    reel_tape_free(g->other);
}

START_TEST(test_gradient_errors)
{
    graph g = make_graph();
    reel_node *d[2] = {g.x, g.x};

    ck_assert_ptr_null(reel_gradient(g.wide, g.x));
    assert_error(g.t, REEL_EGRAD,
                 "gradient: the loss is f64 [64]: reduce it to one element "
                 "(reel_sum, reel_mean) or give a cotangent (reel_vjp)");
    ck_assert_ptr_null(reel_gradient(g.counts, g.x));
    assert_error(g.t, REEL_EGRAD, "gradient: the loss is i64: only f32 and f64 "
                                  "have gradients");
    ck_assert_int_eq(reel_gradients(g.y, REEL_NODES(g.x, g.n), d), REEL_EGRAD);
    ck_assert(!d[0] && !d[1]);
    assert_error(g.t, REEL_EGRAD,
                 "gradient: 'n' is i64: only f32 and f64 have gradients");
    ck_assert_ptr_null(reel_gradient(g.y, reel_ne(g.x, g.x)));
    assert_error(g.t, REEL_EGRAD,
                 "gradient: ne is bool: only f32 and f64 have gradients");
    ck_assert_ptr_null(reel_gradient(g.y, g.elsewhere));
    assert_error(g.t, REEL_EVALUE, "gradient: nodes are on different tapes");
    ck_assert_ptr_null(reel_gradient(g.y, NULL));
    assert_error(g.t, REEL_EVALUE, "gradient: a node is NULL");
    ck_assert_ptr_null(reel_gradient(NULL, g.x));
    assert_error(g.t, REEL_EVALUE, "gradient: a node is NULL");
    ck_assert_int_eq(reel_gradients(g.y, (reel_nodes){1, NULL}, d),
                     REEL_EVALUE);
    assert_error(g.t, REEL_EVALUE, "gradient: a node is NULL");
    ck_assert_int_eq(reel_gradients(g.y, REEL_NODES(g.x), NULL), REEL_EVALUE);
    ck_assert_ptr_null(reel_gradient(NULL, NULL));

    /* What a tape with an error says. */
    ck_assert_ptr_null(reel_add(g.x, g.wide));
    d[0] = g.x;
    ck_assert_int_eq(reel_gradients(g.y, REEL_NODES(g.x), d), REEL_ESHAPE);
    ck_assert_ptr_null(d[0]);
    assert_error(g.t, REEL_ESHAPE,
                 "add: shapes do not broadcast: [3] and [64]");
    free_graph(&g);
}
END_TEST

START_TEST(test_blocked)
{
    graph g = make_graph();
    reel_node *zero = reel_scalar(g.t, REEL_F64, 0), *d;
    reel_location_enter("net.c", 12);
    reel_node *mask = reel_location_leave(reel_gt(reel_exp(g.w1), zero));
    bool located = reel_file(mask) != NULL;
    reel_node *loss = reel_mul(reel_cast(mask, REEL_F64), g.y);
    const char *at = located ? " (net.c:12)" : "";
    const char *tail = "which is not differentiable: wrap its operand in "
                       "reel_stop_gradient if zero is meant";

    ck_assert_ptr_null(reel_gradient(loss, g.w1));
    assert_error(g.t, REEL_EGRAD,
                 "gradient: every path from the loss to 'w1' goes through "
                 "gt%s, %s", at, tail);
    ck_assert_int_eq(reel_vjp(loss, zero, REEL_NODES(g.w1), &d), REEL_EGRAD);
    ck_assert_ptr_null(d);
    assert_error(g.t, REEL_EGRAD,
                 "vjp: every path from y to 'w1' goes through gt%s, %s", at,
                 tail);
    ck_assert_ptr_null(jvp(loss, g.w1, zero));
    assert_error(g.t, REEL_EGRAD,
                 "jvp: every path from y to 'w1' goes through gt%s, %s", at,
                 tail);
    /* By way of integers; and no name. */
    reel_node *whole = reel_cast(reel_cast(g.wide, REEL_I64), REEL_F64);
    ck_assert_ptr_null(reel_gradient(total(whole), g.wide));
    assert_error(g.t, REEL_EGRAD,
                 "gradient: every path from the loss to parameter goes "
                 "through cast, %s", tail);
    /* Together with one that is fine: nothing. */
    reel_node *both[2] = {g.x, g.x};
    ck_assert_int_eq(reel_gradients(loss, REEL_NODES(g.x, g.w1), both),
                     REEL_EGRAD);
    ck_assert(!both[0] && !both[1]);
    reel_clear_error(g.t);

    reel_node *still = reel_stop_gradient(reel_exp(g.w1));
    loss = reel_mul(reel_cast(reel_gt(still, zero), REEL_F64), g.y);
    d = reel_gradient(loss, g.w1);
    reel_program *p = run_once(g.t, d);
    assert_values(d, 0, 0);
    reel_program_free(p);
    free_graph(&g);
}
END_TEST

START_TEST(test_vjp_errors)
{
    graph g = make_graph();
    reel_node *d = g.x;
    reel_node *single = reel_cast(g.y, REEL_F32);

    ck_assert_int_eq(reel_vjp(g.y, g.x, REEL_NODES(g.x), &d), REEL_ESHAPE);
    ck_assert_ptr_null(d);
    assert_error(g.t, REEL_ESHAPE,
                 "vjp: the cotangent for y is f64 [3]: it needs f64 []");
    ck_assert_int_eq(reel_vjp(g.y, single, REEL_NODES(g.x), &d), REEL_EDTYPE);
    assert_error(g.t, REEL_EDTYPE,
                 "vjp: the cotangent for y is f32 []: it needs f64 []");
    ck_assert_int_eq(reel_vjp(g.y, NULL, REEL_NODES(g.x), &d), REEL_EVALUE);
    assert_error(g.t, REEL_EVALUE, "vjp: a node is NULL");
    ck_assert_int_eq(reel_vjp(g.y, g.elsewhere, REEL_NODES(g.x), &d),
                     REEL_EVALUE);
    assert_error(g.t, REEL_EVALUE, "vjp: nodes are on different tapes");
    ck_assert_int_eq(reel_vjp(g.counts, g.counts, REEL_NODES(g.x), &d),
                     REEL_EGRAD);
    assert_error(g.t, REEL_EGRAD,
                 "vjp: y is i64: only f32 and f64 have gradients");
    ck_assert_int_eq(reel_vjp(NULL, NULL, REEL_NODES(g.x), &d), REEL_EVALUE);
    assert_error(g.t, REEL_EVALUE, "vjp: a node is NULL");
    ck_assert_int_eq(reel_vjp(g.y, g.y, REEL_NODES(g.x), NULL), REEL_EVALUE);
    free_graph(&g);
}
END_TEST

START_TEST(test_jvp_errors)
{
    graph g = make_graph();

    ck_assert_ptr_null(jvp(g.y, g.x, g.y));
    assert_error(g.t, REEL_ESHAPE,
                 "jvp: the tangent for 'x' is f64 []: it needs f64 [3]");
    ck_assert_ptr_null(jvp(g.y, g.x, reel_cast(g.x, REEL_F32)));
    assert_error(g.t, REEL_EDTYPE,
                 "jvp: the tangent for 'x' is f32 [3]: it needs f64 [3]");
    ck_assert_ptr_null(reel_jvp(g.y, REEL_NODES(g.x), REEL_NODES(g.x, g.x)));
    assert_error(g.t, REEL_EVALUE, "jvp: 1 nodes, but 2 tangents");
    ck_assert_ptr_null(jvp(g.y, g.x, NULL));
    assert_error(g.t, REEL_EVALUE, "jvp: a node is NULL");
    ck_assert_ptr_null(jvp(g.y, g.x, g.elsewhere));
    assert_error(g.t, REEL_EVALUE, "jvp: nodes are on different tapes");
    ck_assert_ptr_null(jvp(NULL, g.x, g.x));
    assert_error(g.t, REEL_EVALUE, "jvp: a node is NULL");
    ck_assert_ptr_null(jvp(g.counts, g.x, g.x));
    assert_error(g.t, REEL_EGRAD,
                 "jvp: y is i64: only f32 and f64 have gradients");
    free_graph(&g);
}
END_TEST

/* ------------------------------------------------------------ faulty rules */

static void narrow_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    (void)y, (void)need;
    dx[0] = reel_sum(g, REEL_AXES(0), true);
}

static reel_node *narrow_jvp(reel_node *y, reel_node *const *dx)
{
    (void)y;
    return reel_sum(dx[0], REEL_ALL, false);
}

static void failing_vjp(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx)
{
    (void)y, (void)need;
    dx[0] = reel_reshape(g, REEL_SHAPE(5));
}

/* A rule that makes the wrong shape is found, before broadcasting hides it; one
 * that fails gives no gradient. */
START_TEST(test_faulty_rules)
{
    graph g = make_graph();
    reel__op op = reel__op_exp;
    op.vjp = narrow_vjp;
    op.jvp = narrow_jvp;
    reel_node *y = reel__record(&op, &g.x, 1, NULL, 0), *d = g.x;

    ck_assert_ptr_null(reel_gradient(total(y), g.x));
    assert_error(g.t, REEL_EGRAD,
                 "exp: its vjp rule made f64 [1] for f64 [3]");
    ck_assert_ptr_null(jvp(y, g.x, g.x));
    assert_error(g.t, REEL_EGRAD, "exp: its jvp rule made f64 [] for f64 [3]");
    op.vjp = failing_vjp;
    ck_assert_int_eq(reel_gradients(total(y), REEL_NODES(g.x), &d),
                     REEL_ESHAPE);
    ck_assert_ptr_null(d);
    assert_error(g.t, REEL_ESHAPE, "reshape: 3 elements do not fit [5]");
    free_graph(&g);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grad errors");
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, test_gradient_errors);
    tcase_add_test(errors, test_blocked);
    tcase_add_test(errors, test_vjp_errors);
    tcase_add_test(errors, test_jvp_errors);
    tcase_add_test(errors, test_faulty_rules);
    suite_add_tcase(suite, errors);
    return support_run(suite);
}
