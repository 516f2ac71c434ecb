/* test_probe.c: following what changes along a line, and slopes with their
 * errors.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "grad/check.h"
#include "samples.h"
#include "support.h"

/* ---------------------------------------------------- sparse and as a whole */

/* sum v (y(x + t e) - y(x)), with all evaluated anew. */
static long double moved(reel__reference *r, const graph *g, long double *x,
                         int64_t i, long double t, const long double *v,
                         const long double *was)
{
    const long double *y = reel__reference_data(r, g->y);
    long double sum = 0, old = x[i];
    x[i] += t;
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    for (int64_t k = 0; k < reel_count(g->y); k++)
        sum += v[k] * (y[k] - was[k]);
    x[i] = old;
    return sum;
}

static void compare_element(const graph *g, reel__probe *p,
                            reel__reference *r, reel_nodes xs, int64_t e,
                            const long double *v, const long double *was)
{
    size_t x = reel__probe_owner(p, e);
    long double *data = reel__reference_data(r, xs.node[x]), size;
    reel__line line = {e, e + 1, NULL};
    for (int k = 0; data && k < 2; k++) {
        long double t = k ? -0x1p-6L : 0.75L;
        long double whole = moved(r, g, data, e - p->begin[x], t, v, was);
        long double part = reel__probe_at(p, &line, t, &size);
        if (!isfinite((double)whole))
            continue;
        if (!(fabsl(part - whole) <= 256 * p->widest * LDBL_EPSILON *
                                         (1 + size + fabsl(whole))))
            ck_abort_msg("%s: element %lld moved by %Lg: %.20Lg, not %.20Lg",
                         graph_name(g), (long long)e, t, part, whole);
    }
}

/* Nothing is left of a move: another one of 0 changes nothing. */
static void compare_all(const graph *g, reel_nodes xs)
{
    int64_t n = reel_count(g->y);
    reel_node *y = g->y;
    reel__reference *r = reel__reference_new(g->tape, (reel_nodes){1, &y});
    reel__reference *again = reel__reference_new(g->tape, (reel_nodes){1, &y});
    long double *v = calloc((size_t)n + 1, sizeof *v), *was, size;
    reel__probe p;
    ck_assert(r && again && v && reel__reference_run(r) == REEL_OK &&
              reel__reference_run(again) == REEL_OK);
    for (int64_t i = 0; i < n; i++)
        v[i] = reel__generic(1, 2, (uint64_t)i);
    was = reel__reference_data(r, g->y);
    ck_assert(reel__probe_open(&p, r, g->y, xs, v));
    for (int64_t e = 0; e < p.begin[xs.count]; e += 1 + e / 16)
        compare_element(g, &p, again, xs, e, v, was);
    reel__line all = {0, p.begin[xs.count], NULL};
    ck_assert(reel__probe_at(&p, &all, 0, &size) == 0 && size == 0);
    reel__probe_close(&p);
    reel__reference_free(r);
    reel__reference_free(again);
    free(v);
}

static void check_sample(const reel__op *op, int sample, reel_dtype real)
{
    reel_node *leaf[MOST_IN];
    graph g;
    graph_make(&g, op, sample, real, DENSE);
    reel_nodes xs = float_leaves(&g, leaf);
    if (real == REEL_F64 && !g.sample->value_only && xs.count > 0 &&
        !(op->flags & REEL__STOPS) && reel_count(leaf[0]) > 0)
        compare_all(&g, xs);
    graph_free(&g);
}

START_TEST(test_sparse_is_whole)
{
    for_samples(reel__ops[_i], check_sample);
}
END_TEST

/* ------------------------------------------------------------------- slopes */

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

static const reel__tolerance strict = {
    .rtol = 1e-12L, .step = 0x1p-16L, .epsilon = LDBL_EPSILON, .largest = 1};

static reel__slope slope_of(reel_node *y, reel_node *x, long double expected)
{
    reel__tolerance tolerance = strict;
    reel__probe p;
    reel__line line = {0, reel_count(x), NULL};
    reel__reference *r = reel__reference_new(t, (reel_nodes){1, &y});
    tolerance.epsilon = reel__working_epsilon();
    ck_assert(r && reel__reference_run(r) == REEL_OK);
    ck_assert(reel__probe_open(&p, r, y, (reel_nodes){1, &x}, NULL));
    reel__slope s = reel__slope_of(&p, &line, expected, &tolerance);
    reel__probe_close(&p);
    reel__reference_free(r);
    return s;
}

static reel_node *scalar(double x)
{
    return reel_parameter(t, "x", REEL_F64, REEL_SCALAR, &x);
}

/* The estimate covers the error, and both are small. */
static void assert_slope(reel_node *y, reel_node *x, long double expected,
                         long double room)
{
    reel__slope s = slope_of(y, x, expected);
    long double off = fabsl(s.value - expected);
    /* The room is for 64 bits or more. */
    long double unit = fmaxl(1, reel__working_epsilon() / 0x1p-63L);
    ck_assert_msg(s.finite && !s.kink && off <= 8 * s.error &&
                      s.error <= room * sqrtl(unit),
                  "%.20Lg +- %Lg, not %.20Lg", s.value, s.error, expected);
}

START_TEST(test_smooth)
{
    reel_node *x = scalar(0.3);
    long double at = 0.3;
    assert_slope(reel_sin(x), x, cosl(at), 1e-10L);
    assert_slope(reel_exp(reel_affine(x, 10, 0)), x, 10 * expl(10 * at), 1e-7L);
    assert_slope(reel_square(x), x, 2 * at, 1e-10L);
    assert_slope(reel_affine(x, 3, 1), x, 3, 1e-10L);
}
END_TEST

/* The slope turns within the first steps: smaller ones find it. */
START_TEST(test_rough)
{
    reel_node *x = scalar(0.3);
    long double w = 1e6L, at = 0.3;
    assert_slope(reel_sin(reel_affine(x, 1e6, 0)), x, w * cosl(w * at), 1);
}
END_TEST

/* A kink close by, within the first steps; and the domain's end. */
START_TEST(test_close_to_a_kink)
{
    reel_node *x = scalar(1e-7), *y = scalar(1e-6);
    assert_slope(reel_relu(x), x, 1, 1e-5L);
    assert_slope(reel_sqrt(y), y, 500, 1e-3L);
}
END_TEST

START_TEST(test_kink)
{
    reel_node *x = scalar(0);
    reel__slope s = slope_of(reel_leaky_relu(x, 0.25), x, 0.25L);
    ck_assert(s.kink && fabsl(s.left - 0.25L) < 1e-6L &&
              fabsl(s.right - 1) < 1e-6L);
}
END_TEST

START_TEST(test_not_finite)
{
    reel_node *x = scalar(-1), *zero = scalar(0);
    ck_assert(!slope_of(reel_log(x), x, 1).finite);
    ck_assert(!slope_of(reel_sqrt(zero), zero, 1).finite);
}
END_TEST

START_TEST(test_components)
{
    reel__heading up = {5, 6};
    long double sum = 0;
    int ups = 0;
    for (int64_t i = 0; i < 10000; i++) {
        long double u = reel__component(&up, i);
        if (!(fabsl(u) >= 0.5L && fabsl(u) < 1))
            ck_abort_msg("%Lg", u);
        sum += u;
        ups += u > 0;
    }
    ck_assert(reel__component(NULL, 3) == 1);
    ck_assert_int_gt(ups, 4700); /* 6 standard deviations are 300 */
    ck_assert_int_lt(ups, 5300);
    ck_assert(fabsl(sum) < 6 * 76);
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
    Suite *suite = suite_create("probe");
    TCase *ops = tcase_create("ops"), *slopes = tcase_create("slopes");

    tcase_set_timeout(ops, 60);
    tcase_add_loop_test(ops, test_sparse_is_whole, 0, op_count());
    suite_add_tcase(suite, ops);
    tcase_add_checked_fixture(slopes, setup, teardown);
    tcase_add_test(slopes, test_smooth);
    tcase_add_test(slopes, test_rough);
    tcase_add_test(slopes, test_close_to_a_kink);
    tcase_add_test(slopes, test_kink);
    tcase_add_test(slopes, test_not_finite);
    tcase_add_test(slopes, test_components);
    tcase_add_test(slopes, test_working_epsilon);
    suite_add_tcase(suite, slopes);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
