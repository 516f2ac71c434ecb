/* test_ops.c: every op of the table, every sample, f32 and f64: its values
 * against its long-double reference, and that no op opts out. Derivatives are
 * test_op_gradients.c's.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "support.h"

/* Rounding errors allowed, in units of the dtype's epsilon, for each of: the
 * result's own size, and what comes of operands that are off by theirs. */
#define FACTOR 16

/* ---------------------------------------------------------------- the table */

static bool has_floats(const reel__sample *s)
{
    for (int k = 0; k < s->nin; k++)
        if (s->in[k].dtype == REEL__REAL ||
            reel__is_float((reel_dtype)s->in[k].dtype))
            return true;
    return false;
}

static int64_t elements(const reel__sample *s)
{
    int64_t n = 0;
    for (int k = 0; k < s->nin; k++)
        n += reel_shape_count(s->in[k].shape);
    return n;
}

/* What every row must have, so that the other tests look at it. */
START_TEST(test_no_op_opts_out)
{
    const reel__op *op = reel__ops[_i];
    bool flat = op->flags & REEL__NO_GRADIENT;
    bool composite = op->flags & REEL__COMPOSITE;
    int sloped = 0, valued = 0;

    ck_assert_msg(op->reference != NULL, "%s has no reference", op->name);
    ck_assert_msg(!(op->flags & ~(unsigned)(REEL__NO_GRADIENT | REEL__STOPS |
                                            REEL__COMPOSITE)),
                  "%s: flags %u", op->name, op->flags);
    ck_assert_msg(composite == (op->lowering == REEL__LOWER_NONE), "%s",
                  op->name);
    ck_assert_msg(composite == !op->infer, "%s", op->name);
    ck_assert_msg((op->vjp && op->jvp) == (!flat && !composite) &&
                      !op->vjp == !op->jvp,
                  "%s: needs vjp and jvp, or to be marked", op->name);
    ck_assert_msg((op->lowering == REEL__LOWER_VIEW) == !!op->view, "%s",
                  op->name);
    for (int i = 0; i < op->samples; i++) {
        const reel__sample *s = &op->sample[i];
        ck_assert_msg(s->what && s->what[0] && s->nin > 0 && s->nin <= MOST_IN,
                      "%s, sample %d", op->name, i);
        for (int k = 0; k < i; k++)
            ck_assert_msg(strcmp(s->what, op->sample[k].what) != 0,
                          "%s: two samples '%s'", op->name, s->what);
        valued += elements(s) > 0;
        sloped += has_floats(s) && elements(s) > 1 && !s->value_only &&
                  (!s->gradient || op->flags & REEL__STOPS);
    }
    ck_assert_msg(valued > 0, "%s has no samples", op->name);
    ck_assert_msg(sloped > 0 || flat, "%s: no sample has a derivative",
                  op->name);
}
END_TEST

START_TEST(test_names)
{
    static const char *const name[] = {
#define REEL_OP(name, kind, formula, gradient) #name,
#include <reel/ops.def>
#undef REEL_OP
    };
    ck_assert_int_eq(op_count(), (int)(sizeof name / sizeof *name));
    for (int i = 0; i < op_count(); i++) {
        ck_assert_str_eq(reel__ops[i]->name, name[i]);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(name[i], name[k]);
    }
}
END_TEST

/* ------------------------------------------------------------------ values */

/* What the dtype can hold of the number. */
static long double rounded(reel_dtype dtype, long double x)
{
    return dtype == REEL_F32   ? (long double)(float)x
           : dtype == REEL_F64 ? (long double)(double)x
                               : x;
}

static bool is_near(const graph *g, long double got, long double expected,
                    long double condition)
{
    reel_dtype dtype = reel_dtype_of(g->y);
    if (!reel__is_float(dtype))
        return got == expected;
    if (isnan(expected))
        return isnan(got);
    /* As a double: under valgrind LDBL_MAX, which isinf compares with, is
     * infinite. */
    if (isinf((double)rounded(dtype, expected)))
        return got == rounded(dtype, expected);
    /* Below the normal numbers what counts is the distance of neighbours. */
    long double least = dtype == REEL_F32 ? FLT_MIN : DBL_MIN;
    long double scale = fmaxl(fabsl(expected) + condition, least);
    return fabsl(got - expected) <= FACTOR * g->epsilon * scale;
}

static void check_values(const graph *g, const long double *value,
                         const long double *condition, const char *how)
{
    reel_dtype dtype = reel_dtype_of(g->y);
    for (int64_t i = 0; i < reel_count(g->y); i++) {
        long double got = reel__load(dtype, reel_data(g->y), i);
        if (!is_near(g, got, value[i], condition[i]))
            ck_abort_msg("%s, %s: element %lld is %.20Lg, not %.20Lg "
                         "(condition %.3Lg)",
                         graph_name(g), how, (long long)i, got, value[i],
                         condition[i]);
    }
}

static void run_and_check(graph *g, unsigned flags, const char *how,
                          const long double *value,
                          const long double *condition)
{
    reel_program *p = support_run_once(g->tape, REEL_NODES(g->y), flags,
                                       graph_name(g), 0);
    check_values(g, value, condition, how);
    ck_assert_int_eq(reel_run(p), REEL_OK); /* nothing was used up */
    check_values(g, value, condition, how);
    reel_program_free(p);
}

static void check_layouts(const reel__op *op, int sample, reel_dtype real)
{
    static const char *const how[] = {"", "turned", "flipped", "spaced"};
    long double *value, *condition;
    graph dense, g;

    graph_make(&dense, op, sample, real, DENSE);
    graph_expect(&dense, &value, &condition);
    run_and_check(&dense, 0, "optimised", value, condition);
    run_and_check(&dense, REEL_COMPILE_PLAIN, "plain", value, condition);
    for (layout l = TURNED; l < LAYOUTS; l++) {
        graph_make(&g, op, sample, real, l);
        ck_assert_int_eq(reel_count(g.y), reel_count(dense.y));
        run_and_check(&g, 0, how[l], value, condition);
        graph_free(&g);
    }
    free(value);
    free(condition);
    graph_free(&dense);
}

START_TEST(test_values)
{
    for_samples(reel__ops[_i], check_layouts);
}
END_TEST

/* Operands known while compiling. */
static void check_folded(const reel__op *op, int sample, reel_dtype real)
{
    graph g;
    reel_node *in[MOST_IN];
    long double *value, *condition;
    graph_make(&g, op, sample, real, DENSE);
    graph_expect(&g, &value, &condition);
    for (int k = 0; k < g.nin; k++)
        in[k] = reel_constant(g.tape, reel_dtype_of(g.leaf[k]),
                              reel_shape_of(g.leaf[k]), reel_data(g.leaf[k]));
    reel_node *y = g.sample->build
                       ? g.sample->build(in)
                       : reel__record(op, in, (size_t)g.nin, NULL, 0);
    reel_program *p = run_once(g.tape, y);
    g.y = y;
    check_values(&g, value, condition, "folded");
    reel_program_free(p);
    free(value);
    free(condition);
    graph_free(&g);
}

START_TEST(test_folding)
{
    for_samples(reel__ops[_i], check_folded);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ops");
    TCase *table = tcase_create("table");
    TCase *values = tcase_create("values");

    tcase_add_test(table, test_names);
    tcase_add_loop_test(table, test_no_op_opts_out, 0, op_count());
    suite_add_tcase(suite, table);

    tcase_set_timeout(values, 60);
    tcase_add_loop_test(values, test_values, 0, op_count());
    tcase_add_loop_test(values, test_folding, 0, op_count());
    suite_add_tcase(suite, values);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
