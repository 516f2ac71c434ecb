/* test_columns.c: sums over leading axes at the end of the chain that makes the
 * elements, beside the reference, at sizes around those of blocks, strips and
 * partial sums; which sums end a chain, and which do not.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include <reel.h>

#include "grad/reference.h"
#include "run/run.h"
#include "support.h"

static reel_tape *t;
static reel_dtype dtype;
static uint64_t leaves;

static void setup(void)
{
    t = reel_tape_new();
    dtype = REEL_F32;
    leaves = 0;
}

static void teardown(void)
{
    reel_set_threads(0);
    reel_tape_free(t);
}

/* The next leaf: random numbers in [low, 1). */
static reel_node *leaf_from(double low, reel_shape shape)
{
    reel_node *n = reel_parameter(t, NULL, dtype, shape, NULL);
    assert_ok(t);
    for (int64_t i = 0; i < reel_count(n); i++) {
        double v = reel_random_uniform(11, leaves, (uint64_t)i);
        v = low + (1 - low) * v;
        if (dtype == REEL_F32)
            ((float *)reel_data(n))[i] = (float)v;
        else
            ((double *)reel_data(n))[i] = v;
    }
    leaves++;
    return n;
}

static reel_node *leaf(reel_shape shape)
{
    return leaf_from(-1, shape);
}

/* -------------------------------------------------------------- comparison */

/* The largest error of a sum over leading axes, in units of the last place of
 * the sum of its terms' magnitudes. */
static double error_of(const reel_node *sum, reel__reference *r)
{
    const reel_node *x = sum->in[0];
    const long double *terms = reel__reference_data(r, x);
    const long double *right = reel__reference_data(r, sum);
    int64_t columns = reel_count(sum), rows = reel_count(x) / columns;
    long double worst = 0, unit = dtype == REEL_F32
                                      ? (long double)FLT_EPSILON / 2
                                      : (long double)DBL_EPSILON / 2;
    for (int64_t j = 0; j < columns; j++) {
        long double all = 0, error = fabsl((long double)value_at(sum, j) -
                                           right[j]);
        for (int64_t i = 0; i < rows; i++)
            all += fabsl(terms[i * columns + j]);
        if (!(error <= worst * unit * all)) /* or is NaN */
            worst = error / (unit * all);
    }
    return (double)worst;
}

/* The kernels of all steps. */
static const char *kernels_of(const reel_program *p)
{
    static char all[600];
    size_t at = 0;
    for (size_t i = 0; i < reel_program_steps(p); i++) {
        at += (size_t)snprintf(all + at, sizeof all - at, i ? " " : "");
        at += reel__step_name(&p->steps.step[i], all + at, sizeof all - at);
        ck_assert_uint_lt(at, sizeof all);
    }
    return all;
}

/* Sums computed together and each by itself. A sum of 128 terms by fours comes
 * out within 34 units, and terms bring some of their own. */
static void assert_sums(reel_node *const *out, size_t count, double most)
{
    reel__reference *r = reel__reference_new(t, (reel_nodes){count, out});
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    for (size_t alone = 0; alone <= count; alone++) {
        size_t first = alone ? alone - 1 : 0, end = alone ? alone : count;
        reel_program *p =
            reel_compile(t, (reel_nodes){end - first, out + first});
        assert_ok(t);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        for (size_t i = first; i < end; i++)
            if (!(error_of(out[i], r) <= most))
                ck_abort_msg("%s: %s of %s, output %zu: %g units",
                             kernels_of(p), reel_op_name(out[i]),
                             support_format("%lld x %lld",
                                 (long long)(reel_count(out[i]->in[0]) /
                                             reel_count(out[i])),
                                 (long long)reel_count(out[i])),
                             i, error_of(out[i], r));
        reel_program_free(p);
    }
    reel__reference_free(r);
}

static reel_node *over_rows(reel_node *terms)
{
    return reel_sum(terms, REEL_AXES(0), false);
}

/* More values at a time than blocks of wide rows have scratch memory for. */
static reel_node *many_values(reel_node *x)
{
    enum { VALUES = 10 };
    reel_node *v[VALUES], *sum = NULL;
    for (int i = 0; i < VALUES; i++)
        v[i] = reel_affine(i ? v[i - 1] : x, 0.5, 0.25);
    for (int i = 0; i < VALUES; i++)
        sum = sum ? reel_mul(sum, v[i]) : v[i];
    return sum;
}

/* Around the rows of partial sums, the columns of vectors, of short rows, of
 * blocks and of strips. */
static const struct {
    int64_t rows, columns;
} shapes[] = {
    {1, 300},  {2, 300},   {31, 300},  {32, 300},  {33, 300}, {65, 130},
    {127, 20}, {128, 20},  {129, 70},  {128, 128}, {129, 128}, {64, 129},
    {200, 1},  {200, 2},   {700, 16},  {600, 17},  {128, 63}, {130, 64},
    {9, 511},  {9, 512},   {9, 513},   {17, 1023}, {17, 1024}, {34, 1025},
    {5, 2049},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

START_TEST(test_values)
{
    dtype = _i / SHAPES ? REEL_F64 : REEL_F32;
    int64_t m = shapes[_i % SHAPES].rows, n = shapes[_i % SHAPES].columns;
    reel_node *y = leaf(REEL_SHAPE(m, n));
    reel_node *x = leaf_from(0, REEL_SHAPE(m, n)); /* nothing cancels */
    reel_node *mean = reel_mean(x, REEL_AXES(1), true);
    reel_node *turned = reel_transpose(leaf(REEL_SHAPE(n, m)));
    /* In memory that is free behind the chain, but not before its end. */
    reel_node *made = reel_exp(leaf(REEL_SHAPE(n)));
    reel_node *out[] = {
        over_rows(reel_mul(reel_affine(x, 2, 1), y)),
        over_rows(reel_mul(reel_add(x, made), y)),
        over_rows(reel_mul(reel_add(x, leaf_from(0, REEL_SHAPE(m, 1))), y)),
        over_rows(reel_mul(turned, y)),
        over_rows(reel_mul(y, mean)),
        over_rows(many_values(x)),
    };
    assert_sums(out, sizeof out / sizeof *out, 64);
}
END_TEST

/* Leading axes of several, kept ones, too, with operands that have them as one
 * and that have not. */
START_TEST(test_axes)
{
    dtype = _i ? REEL_F64 : REEL_F32;
    reel_node *x = leaf(REEL_SHAPE(6, 40, 70)), *y = leaf(REEL_SHAPE(6, 40, 70));
    reel_node *row = leaf(REEL_SHAPE(70)), *by = leaf(REEL_SHAPE(6, 1, 70));
    reel_node *z = leaf(REEL_SHAPE(300, 2, 3, 5)), *plane = leaf(REEL_SHAPE(3, 5));
    reel_node *w = leaf(REEL_SHAPE(1, 90, 1, 130, 1));
    reel_node *few = leaf(REEL_SHAPE(130, 3, 90)), *each = leaf(REEL_SHAPE(3, 1));
    reel_node *out[] = {
        reel_sum(reel_mul(reel_add(x, row), y), REEL_AXES(0, 1), false),
        reel_sum(reel_mul(reel_add(x, by), y), REEL_AXES(0, 1), true),
        reel_sum(reel_mul(x, y), REEL_AXES(0), false),
        reel_sum(reel_mul(reel_add(z, plane), z), REEL_AXES(0), true),
        reel_sum(reel_mul(z, plane), REEL_AXES(0, 1), false),
        reel_sum(reel_mul(reel_affine(w, 1, 2), w), REEL_AXES(0, 1), false),
        reel_sum(reel_mul(few, each), REEL_AXES(0, 1), false),
    };
    assert_sums(out, sizeof out / sizeof *out, 64);
}
END_TEST

/* As many rows as columns: what has one element a row could take the sums for
 * values of its own kind. */
START_TEST(test_square)
{
    enum { N = 100 };
    reel_node *y = reel_exp(leaf(REEL_SHAPE(N, N)));
    reel_node *down = over_rows(y), *along = reel_max(y, REEL_AXES(1), false);
    reel_node *both = reel_sub(along, down), *kept = leaf(REEL_SHAPE(N));
    reel_node *store = reel_assign(kept, down);
    reel_node *out[] = {both, store};
    reel__reference *r = reel__reference_new(t, (reel_nodes){2, out});
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    reel_program *p = run_once(t, both, store);
    for (int64_t i = 0; i < N; i++) {
        double s = (double)reel__reference_data(r, down)[i];
        double d = (double)reel__reference_data(r, both)[i];
        if (!(fabs(value_at(kept, i) - s) <= 1e-4) ||
            !(fabs(value_at(both, i) - d) <= 1e-4))
            ck_abort_msg("%s: %lld: %g, not %g; %g, not %g", kernels_of(p),
                         (long long)i, value_at(kept, i), s,
                         value_at(both, i), d);
    }
    reel_program_free(p);
    reel__reference_free(r);
}
END_TEST

/* Blocks are added in double: the error does not grow with the rows. */
START_TEST(test_rounding)
{
    enum { ROWS = 10000, COLUMNS = 16 };
    dtype = REEL_F32;
    reel_node *x = leaf_from(0.5, REEL_SHAPE(ROWS, COLUMNS));
    reel_node *sum = over_rows(reel_affine(x, 1, 0.125));
    assert_sums(&sum, 1, 2);
}
END_TEST

/* ------------------------------------------------------------------- steps */

static void assert_kernels(const char *expected, reel_nodes out)
{
    reel_program *p = reel_compile(t, out);
    assert_ok(t);
    ck_assert_str_eq(kernels_of(p), expected);
    reel_program_free(p);
}

START_TEST(test_ends)
{
    reel_node *x = leaf(REEL_SHAPE(200, 100)), *b = leaf(REEL_SHAPE(100));
    reel_node *y = reel_mul(reel_exp(x), b);
    assert_kernels("exp+mul+column_sum sum", REEL_NODES(over_rows(y)));
    assert_kernels("exp+mul+column_sum sum+affine",
                   REEL_NODES(reel_mean(y, REEL_AXES(0), false)));

    /* A partial sum that is all. */
    y = reel_mul(reel_exp(leaf(REEL_SHAPE(128, 100))), b);
    assert_kernels("exp+mul+column_sum", REEL_NODES(over_rows(y)));
    y = reel_exp(leaf(REEL_SHAPE(32, 700)));
    assert_kernels("exp+column_sum", REEL_NODES(over_rows(y)));
    y = reel_exp(leaf(REEL_SHAPE(33, 700)));
    assert_kernels("exp+column_sum sum", REEL_NODES(over_rows(y)));

    /* Gradients of what is broadcast, and descent. */
    reel_node *z = reel_tanh(reel_add(reel_mul(x, b), leaf(REEL_SHAPE(100))));
    reel_node *loss = reel_sum(z, REEL_ALL, false);
    reel_node *d = reel_gradient(loss, b);
    assert_kernels("mul+add+tanh+square+affine+mul+mul+column_sum "
                   "sum+affine+sub",
                   REEL_NODES(reel_assign(b, reel_sub(b, reel_affine(d, 0.1,
                                                                     0)))));

    /* Several axes of rows, and of columns. */
    x = leaf(REEL_SHAPE(20, 30, 40));
    assert_kernels("exp+column_sum sum",
                   REEL_NODES(reel_sum(reel_exp(x), REEL_AXES(0, 1), false)));
    assert_kernels("exp+column_sum",
                   REEL_NODES(reel_sum(reel_exp(x), REEL_AXES(0), false)));
}
END_TEST

/* Sums that stay steps of their own. */
START_TEST(test_apart)
{
    reel_node *x = leaf(REEL_SHAPE(200, 100)), *y = reel_exp(x);
    reel_node *w = leaf(REEL_SHAPE(100, 100)), *e;

    /* The elements are needed elsewhere: are an output, a product's operand,
     * a leaf's next value. */
    assert_kernels("exp sum", REEL_NODES(y, over_rows(y)));
    assert_kernels("exp matmul sum", REEL_NODES(reel_matmul(y, w),
                                                over_rows(y)));
    e = reel_neg(x);
    assert_kernels("neg sum copy", REEL_NODES(over_rows(e), reel_assign(x, e)));

    /* A product makes them; nobody does. */
    e = reel_exp(reel_matmul(x, w));
    assert_kernels("matmul+exp sum", REEL_NODES(over_rows(e)));
    assert_kernels("sum", REEL_NODES(over_rows(x)));

    /* Sums over other axes; the partial ones would be more work than they
     * save; a plane's axes that an operand has not as one. */
    e = reel_exp(leaf(REEL_SHAPE(60, 20, 10)));
    assert_kernels("exp sum", REEL_NODES(reel_sum(e, REEL_AXES(1), false)));
    e = reel_exp(leaf(REEL_SHAPE(4000, 3)));
    assert_kernels("exp sum", REEL_NODES(over_rows(e)));
    e = reel_mul(leaf(REEL_SHAPE(60, 20, 10)), leaf(REEL_SHAPE(20, 1)));
    assert_kernels("mul sum", REEL_NODES(over_rows(e)));
}
END_TEST

/* Partial sums are counted; elements that are not in memory are not. */
START_TEST(test_bytes)
{
    enum { M = 200, N = 300, PARTS = 7 };
    reel_node *x = leaf(REEL_SHAPE(M, N));
    reel_node *sum = over_rows(reel_exp(reel_mul(x, x)));
    reel_program *p = reel_compile(t, REEL_NODES(sum));
    reel_profile profile = {0};
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_OK);
    ck_assert_uint_eq(profile.count, 2);
    ck_assert_double_eq(profile.step[0].bytes, 4 * (M * N + PARTS * N));
    ck_assert_double_eq(profile.step[0].flops, 3 * M * N);
    ck_assert_double_eq(profile.step[1].bytes, 4 * (PARTS * N + N));
    ck_assert_uint_lt(reel_program_bytes(p), 4 * M * N);
    reel_profile_free(&profile);
    reel_program_free(p);
}
END_TEST

/* No memory for any one of compiling's blocks: an error, and nothing leaks. */
START_TEST(test_no_memory)
{
    memory m;
    memory_init(&m);
    reel_tape *small = reel_tape_new_with(&m.allocator);
    reel_node *x = reel_input(small, "x", REEL_F32, REEL_SHAPE(600, 50));
    reel_node *sum = over_rows(reel_exp(reel_neg(x)));
    reel_program *p = NULL;
    size_t failures = 0;
    assert_ok(small);
    while (!p) {
        size_t blocks = m.blocks;
        memory_fail_after(&m, failures);
        p = reel_compile(small, REEL_NODES(sum));
        if (p)
            continue;
        ck_assert_int_eq(reel_status_of(small), REEL_ENOMEM);
        ck_assert_uint_eq(m.blocks, blocks);
        reel_clear_error(small);
        failures++;
    }
    ck_assert_uint_gt(failures, 4);
    ck_assert_str_eq(kernels_of(p), "neg+exp+column_sum sum");
    reel_program_free(p);
    reel_tape_free(small);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("columns");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, test_values, 0, 2 * SHAPES);
    tcase_add_loop_test(all, test_axes, 0, 2);
    tcase_add_test(all, test_square);
    tcase_add_test(all, test_rounding);
    tcase_add_test(all, test_ends);
    tcase_add_test(all, test_apart);
    tcase_add_test(all, test_bytes);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
