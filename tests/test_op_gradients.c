/* test_op_gradients.c: both derivative rules of every op of the table, and the
 * derivatives of those.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>

#include <reel/gradcheck.h>

#include "samples.h"
#include "support.h"

static bool is_smooth(const graph *g)
{
    reel_node *leaf[MOST_IN];
    return !g->sample->value_only && !g->sample->gradient &&
           !(g->op->flags & REEL__NO_GRADIENT) &&
           reel__is_float(reel_dtype_of(g->y)) && reel_count(g->y) > 0 &&
           float_leaves(g, leaf).count > 0;
}

/* Every element of every param is compared and passes, and so do reverse and
 * forward mode along directions, and all contracts. */
static void check(const graph *g, reel_nodes params,
                  const reel_gradcheck_options *o, unsigned contracts)
{
    reel_gradcheck_report r = {.row = NULL};
    reel_status got = reel_gradcheck(g->y, params, o, &r);
    if (got != REEL_OK)
        reel_gradcheck_print(&r, stdout);
    ck_assert_msg(got == REEL_OK && r.verdict == REEL_PASS, "%s: %s %s",
                  graph_name(g), reel_status_text(got),
                  reel_message(g->tape));
    ck_assert_msg(r.contracts == contracts && r.broken == 0, "%s: %u of %u",
                  graph_name(g), r.broken, r.contracts);
    for (size_t i = 0; i < r.count; i++) {
        const reel_gradcheck_row *row = &r.row[i];
        if (o->directions || o->sample)
            continue;
        if (row->passed != row->elements)
            ck_abort_msg("%s by '%s', order %d: %lld of %lld passed",
                         graph_name(g), reel_name(row->parameter), row->order,
                         (long long)row->passed, (long long)row->elements);
    }
    for (size_t i = 0; i < r.directions; i++)
        if (r.direction[i].verdict != REEL_PASS ||
            (isnan(r.direction[i].forward) && r.direction[i].order == 1))
            ck_abort_msg("%s, direction %zu", graph_name(g), i);
    ck_assert_uint_eq(r.blames, 0);
    reel_gradcheck_free(&r);
}

/* Leaves without elements are left out: there is nothing to compare. */
static reel_nodes filled(reel_nodes all, reel_node **array)
{
    reel_nodes some = {0, array};
    for (size_t i = 0; i < all.count; i++)
        if (reel_count(all.node[i]) > 0)
            array[some.count++] = all.node[i];
    return some;
}

/* ------------------------------------------------------------------- modes */

static const unsigned first_order = REEL_CONTRACTS & ~REEL_CONTRACT_SYMMETRIC;

static void check_first(const reel__op *op, int sample, reel_dtype real)
{
    static const reel_gradcheck_options modes[] = {
        {.rtol = 0}, {.directions = 2, .seed = 1}, {.sample = 3, .seed = 2}};
    reel_node *leaf[MOST_IN], *some[MOST_IN];
    graph g;
    graph_make(&g, op, sample, real, DENSE);
    if (is_smooth(&g)) {
        reel_nodes leaves = filled(float_leaves(&g, leaf), some);
        for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
            check(&g, leaves, &modes[i], first_order);
    }
    graph_free(&g);
}

START_TEST(test_gradients)
{
    for_samples(reel__ops[_i], check_first);
}
END_TEST

/* Reverse over reverse, forward over reverse, and so on. */
static void check_second(const reel__op *op, int sample, reel_dtype real)
{
    static const reel_gradcheck_options second = {.order = 2};
    reel_node *leaf[MOST_IN], *some[MOST_IN];
    graph g;
    if (real == REEL_F32)
        return;
    graph_make(&g, op, sample, real, DENSE);
    if (is_smooth(&g))
        check(&g, filled(float_leaves(&g, leaf), some), &second,
              REEL_CONTRACTS);
    graph_free(&g);
}

START_TEST(test_second_derivatives)
{
    for_samples(reel__ops[_i], check_second);
}
END_TEST

/* The slopes that ops.def documents for kinks, ties and edges. */
static void check_documented(const reel__op *op, int sample, reel_dtype real)
{
    graph g;
    graph_make(&g, op, sample, real, DENSE);
    if (g.sample->gradient) {
        reel_node *d = reel_gradient(reel_sum(g.y, REEL_ALL, false),
                                     g.leaf[0]);
        reel_program *p = run_once(g.tape, d);
        for (int64_t i = 0; i < reel_count(d); i++) {
            double expected = g.sample->gradient[i], got = value_at(d, i);
            /* Exact, but where shares of a row are added up. */
            bool exact = op->lowering == REEL__LOWER_ELEMENTWISE;
            double room = exact ? 0 : 4 * g.epsilon * fmax(1, fabs(expected));
            ck_assert_msg(got == expected || fabs(got - expected) <= room,
                          "%s: slope %lld is %.17g, not %.17g", graph_name(&g),
                          (long long)i, got, expected);
        }
        reel_program_free(p);
    }
    graph_free(&g);
}

START_TEST(test_documented_slopes)
{
    for_samples(reel__ops[_i], check_documented);
}
END_TEST

/* ---------------------------------------------------------- the two sweeps */

/* sum a b, and what its rounding errors are measured by: sum |a b|. */
static double dot(const reel_node *a, const reel_node *b, double *size)
{
    double sum = 0;
    for (int64_t i = 0; i < reel_count(a); i++) {
        sum += value_at(a, i) * value_at(b, i);
        *size += fabs(value_at(a, i) * value_at(b, i));
    }
    return sum;
}

/* <v, J u> = <J^T v, u>. */
static void check_adjoint(const reel__op *op, int sample, reel_dtype real)
{
    reel_node *leaf[MOST_IN], *u[MOST_IN], *out[MOST_IN + 1];
    graph g;
    graph_make(&g, op, sample, real, DENSE);
    if (is_smooth(&g)) {
        reel_nodes xs = float_leaves(&g, leaf);
        reel_node *v = random_like(g.y, 2);
        for (size_t i = 0; i < xs.count; i++)
            u[i] = random_like(xs.node[i], 3 + i);
        ck_assert_int_eq(reel_vjp(g.y, v, xs, out), REEL_OK);
        out[xs.count] = reel_jvp(g.y, xs, (reel_nodes){xs.count, u});
        assert_ok(g.tape);
        reel_program *p = support_run_once(
            g.tape, (reel_nodes){xs.count + 1, out}, 0, graph_name(&g), 0);
        double size = 0, back = 0;
        double forth = dot(v, out[xs.count], &size);
        for (size_t i = 0; i < xs.count; i++)
            back += dot(out[i], u[i], &size);
        ck_assert_msg(fabs(forth - back) <= 32 * g.epsilon * size,
                      "%s: <v, J u> is %.17g, <J^T v, u> %.17g",
                      graph_name(&g), forth, back);
        reel_program_free(p);
    }
    graph_free(&g);
}

START_TEST(test_forward_is_reverse_turned)
{
    for_samples(reel__ops[_i], check_adjoint);
}
END_TEST

/* A cotangent, or tangents, of nothing but 0 give nothing but 0, at kinks and
 * infinite slopes, too. */
static void check_zero(const reel__op *op, int sample, reel_dtype real)
{
    reel_node *leaf[MOST_IN], *u[MOST_IN], *out[MOST_IN + 1];
    graph g;
    graph_make(&g, op, sample, real, DENSE);
    if (!g.sample->value_only && !(op->flags & REEL__NO_GRADIENT) &&
        reel__is_float(reel_dtype_of(g.y))) {
        reel_nodes xs = float_leaves(&g, leaf);
        reel_node *v = reel_parameter(g.tape, "v", reel_dtype_of(g.y),
                                      reel_shape_of(g.y), NULL);
        for (size_t i = 0; i < xs.count; i++)
            u[i] = reel_parameter(g.tape, "u", reel_dtype_of(leaf[i]),
                                  reel_shape_of(leaf[i]), NULL);
        ck_assert_int_eq(reel_vjp(g.y, v, xs, out), REEL_OK);
        out[xs.count] = reel_jvp(g.y, xs, (reel_nodes){xs.count, u});
        reel_program *p = support_run_once(
            g.tape, (reel_nodes){xs.count + 1, out}, 0, graph_name(&g), 0);
        for (size_t k = 0; k <= xs.count; k++)
            for (int64_t i = 0; i < reel_count(out[k]); i++)
                ck_assert_msg(value_at(out[k], i) == 0,
                              "%s: %s %zu is %g at %lld", graph_name(&g),
                              k < xs.count ? "vjp" : "jvp", k,
                              value_at(out[k], i), (long long)i);
        reel_program_free(p);
    }
    graph_free(&g);
}

START_TEST(test_zero_gives_zero)
{
    for_samples(reel__ops[_i], check_zero);
}
END_TEST

/* -------------------------------------------------------------------- none */

/* Asking for the gradient through an op that has none is an error that says so,
 * unless the op takes no floats. */
static void check_flat(const reel__op *op, int sample, reel_dtype real)
{
    reel_node *leaf[MOST_IN];
    graph g;
    if (!(op->flags & REEL__NO_GRADIENT))
        return;
    graph_make(&g, op, sample, real, DENSE);
    reel_nodes xs = float_leaves(&g, leaf);
    reel_node *y = reel_cast(g.y, REEL_F64);
    reel_node *loss = reel_sum(y, REEL_ALL, false);
    reel_node *x = xs.count ? leaf[0] : g.leaf[0];
    reel_node *v = random_like(y, 1), *d = NULL;
    reel_node *u = xs.count ? random_like(x, 2) : NULL;
    ck_assert_ptr_null(reel_gradient(loss, x));
    if (xs.count) {
        static const char text[] =
            "%s: every path from %s to 'in0' goes through %s, which is not "
            "differentiable: wrap its operand in reel_stop_gradient if zero "
            "is meant";
        reel_nodes one = {1, &x};
        assert_error(g.tape, REEL_EGRAD, text, "gradient", "the loss",
                     op->name);
        ck_assert_int_eq(reel_vjp(y, v, one, &d), REEL_EGRAD);
        ck_assert_ptr_null(d);
        assert_error(g.tape, REEL_EGRAD, text, "vjp", "y", op->name);
        ck_assert_ptr_null(reel_jvp(y, one, (reel_nodes){1, &u}));
        assert_error(g.tape, REEL_EGRAD, text, "jvp", "y", op->name);
    } else {
        assert_error(g.tape, REEL_EGRAD,
                     "gradient: 'in0' is %s: only f32 and f64 have gradients",
                     reel_dtype_name(reel_dtype_of(x)));
    }
    graph_free(&g);
}

START_TEST(test_no_gradient)
{
    for_samples(reel__ops[_i], check_flat);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("op gradients");
    TCase *all = tcase_create("all");
    int n = op_count();

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, test_gradients, 0, n);
    tcase_add_loop_test(all, test_second_derivatives, 0, n);
    tcase_add_loop_test(all, test_documented_slopes, 0, n);
    tcase_add_loop_test(all, test_forward_is_reverse_turned, 0, n);
    tcase_add_loop_test(all, test_zero_gives_zero, 0, n);
    tcase_add_loop_test(all, test_no_gradient, 0, n);
    suite_add_tcase(suite, all);
    return suite;
}

/* Scaled down, with the best kernels alone: test_ops and others have seen what
 * all of them do with memory. */
int main(void)
{
    return support_scaled(1, 0) ? support_run_isas(make_suite)
                                : support_run(make_suite());
}
