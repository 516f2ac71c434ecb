/* test_init.c: initial values by name: moments, bounds, orthogonality, stored
 * values, arguments in brackets.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <locale.h>
#include <math.h>

#include <reel.h>

#include "support.h"

enum { ROWS = 300, COLUMNS = 200 };

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

static reel_node *matrix(reel_dtype dtype, int64_t rows, int64_t columns,
                         const char *rule, uint64_t stream)
{
    reel_node *w = reel_parameter(t, "w", dtype, REEL_SHAPE(rows, columns),
                                  NULL);
    ck_assert_msg(reel_initialize(w, rule, 1, stream) == REEL_OK, "%s: %s",
                  rule, reel_message(t));
    return w;
}

/* ----------------------------------------------------------------- moments */

typedef struct moments {
    double mean, variance, fourth, low, high;
} moments;

static moments moments_of(const reel_node *w)
{
    moments m = {.low = INFINITY, .high = -INFINITY};
    double n = (double)reel_count(w);
    for (int64_t i = 0; i < reel_count(w); i++) {
        double x = value_at(w, i);
        m.mean += x / n;
        m.low = fmin(m.low, x);
        m.high = fmax(m.high, x);
    }
    for (int64_t i = 0; i < reel_count(w); i++) {
        double d = value_at(w, i) - m.mean;
        m.variance += d * d / n;
        m.fourth += d * d * d * d / n;
    }
    return m;
}

#define IN 300.
#define OUT 200.
static const struct {
    const char *rule;
    bool normal;
    double variance;
} random_rules[] = {
    {"normal", true, 1},
    {"normal(0.01)", true, 1e-4},
    {"uniform", false, 1. / 12},
    {"uniform(0.05)", false, 0.05 * 0.05 / 3},
    {"xavier", false, 2 / (IN + OUT)},
    {"xavier(2)", false, 8 / (IN + OUT)},
    {"xavier_uniform", false, 2 / (IN + OUT)},
    {"glorot_uniform", false, 2 / (IN + OUT)},
    {"xavier_normal", true, 2 / (IN + OUT)},
    {"glorot_normal(3)", true, 18 / (IN + OUT)},
    {"he", true, 2 / IN},
    {"he_normal", true, 2 / IN},
    {"he(fan_out)", true, 2 / OUT},
    {"he_uniform", false, 2 / IN},
    {"he_uniform(fan_out)", false, 2 / OUT},
    {"kaiming_normal(fan_in)", true, 2 / IN},
    {"kaiming_uniform", false, 2 / IN},
    {"lecun", true, 1 / IN},
    {"lecun_normal(fan_out)", true, 1 / OUT},
    {"lecun_uniform", false, 1 / IN},
};

/* Within five deviations of the sample's moments; a uniform's bounds are known
 * to 1 in 1000. */
START_TEST(test_moments)
{
    const char *rule = random_rules[_i].rule;
    double variance = random_rules[_i].variance, n = IN * OUT;
    bool normal = random_rules[_i].normal;
    double kurtosis = normal ? 3 : 1.8;
    moments m = moments_of(matrix(REEL_F64, ROWS, COLUMNS, rule, 7));

    ck_assert_msg(fabs(m.mean) < 5 * sqrt(variance / n), "%s: mean %g", rule,
                  m.mean);
    ck_assert_msg(fabs(m.variance / variance - 1) <
                      5 * sqrt((kurtosis - 1) / n),
                  "%s: variance %g, not %g", rule, m.variance, variance);
    ck_assert_msg(fabs(m.fourth / (variance * variance) - kurtosis) < 0.2,
                  "%s: kurtosis %g", rule, m.fourth / variance / variance);
    if (!normal) {
        double bound = sqrt(3 * variance);
        ck_assert_msg(m.low >= -bound * (1 + DBL_EPSILON) &&
                          m.high <= bound * (1 + DBL_EPSILON) &&
                          m.low < -0.999 * bound && m.high > 0.999 * bound,
                      "%s: [%g, %g] for +-%g", rule, m.low, m.high, bound);
    }
}
END_TEST

START_TEST(test_constants)
{
    static const struct {
        const char *rule;
        double value;
    } c[] = {{"zeros", 0},         {"constant(0.1)", 0.1},
             {"constant(-3)", -3}, {"constant(+.5e-1)", 0.05},
             {"constant(2.)", 2},  {"constant(1E+2)", 100},
             {"constant(0)", 0}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3),
                                      (double[]){7, 7, 7});
        ck_assert_int_eq(reel_initialize(w, c[i].rule, 1, 1), REEL_OK);
        assert_values(w, 0, c[i].value, c[i].value, c[i].value);
    }
}
END_TEST

/* ----------------------------------------------------------- orthogonality */

START_TEST(test_orthogonal)
{
    static const int64_t sizes[][2] = {{30, 30}, {40, 25}, {25, 40},
                                       {1, 7},   {7, 1},   {1, 1}};
    int64_t rows = sizes[_i][0], columns = sizes[_i][1];
    int64_t short_side = rows < columns ? rows : columns;
    reel_node *w = matrix(REEL_F64, rows, columns, "orthogonal(2)", 3);
    bool by_rows = rows <= columns;
    reel_node *product = by_rows ? reel_matmul(w, reel_transpose(w))
                                 : reel_matmul(reel_transpose(w), w);
    reel_program *p = run_once(t, product);
    for (int64_t i = 0; i < short_side; i++)
        for (int64_t j = 0; j < short_side; j++) {
            double got = value_at(product, i * short_side + j);
            if (!(fabs(got - (i == j ? 4 : 0)) < 1e-14))
                ck_abort_msg("[%d, %d] of the product is %.17g", (int)i,
                             (int)j, got);
        }
    reel_program_free(p);
}
END_TEST

/* Uniform on all such matrices: no direction is preferred, and the first
 * elements of many are as those of random unit vectors. */
START_TEST(test_orthogonal_is_uniform)
{
    enum { N = 5, TIMES = 2000 };
    double mean[N] = {0}, square[N] = {0};
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(N, N), NULL);
    for (uint64_t k = 0; k < TIMES; k++) {
        ck_assert_int_eq(reel_initialize(w, "orthogonal", 1, k), REEL_OK);
        for (int i = 0; i < N; i++) { /* the diagonal */
            double x = value_at(w, i * N + i);
            mean[i] += x / TIMES;
            square[i] += x * x / TIMES;
        }
    }
    for (int i = 0; i < N; i++) {
        ck_assert_double_lt(fabs(mean[i]), 5 * sqrt(1. / N / TIMES));
        ck_assert_double_lt(fabs(square[i] - 1. / N), 5 * 0.25 / sqrt(TIMES));
    }
}
END_TEST

/* ----------------------------------------------------------- stored values */

/* As they were when these rules came to be: models are made again from a seed.
 * Uniform values to the bit. */
static const struct {
    const char *rule;
    bool exact;
    double value[6];
} stored[] = {
#include "init_values.h"
};

START_TEST(test_stored_values)
{
    reel_node *w = matrix(REEL_F64, 3, 2, stored[_i].rule, 5);
    for (int64_t i = 0; i < 6; i++) {
        double got = value_at(w, i), want = stored[_i].value[i];
        double bound = stored[_i].exact ? 0 : 8 * DBL_EPSILON * fabs(want);
        ck_assert_msg(fabs(got - want) <= bound, "%s[%d]: %a, not %a",
                      stored[_i].rule, (int)i, got, want);
    }
}
END_TEST

/* f32 values are the f64 ones, rounded; others come with another seed or
 * stream. */
START_TEST(test_dtypes_and_streams)
{
    reel_node *a = matrix(REEL_F64, 3, 2, "he", 5);
    reel_node *b = matrix(REEL_F32, 3, 2, "he", 5);
    reel_node *c = matrix(REEL_F64, 3, 2, "he", 6);
    reel_node *d = matrix(REEL_F64, 3, 2, "he", 5);
    reel_initialize(d, "he", 2, 5);
    for (int64_t i = 0; i < 6; i++) {
        ck_assert(value_at(b, i) == (double)(float)value_at(a, i));
        ck_assert(value_at(c, i) != value_at(a, i));
        ck_assert(value_at(d, i) != value_at(a, i));
    }
}
END_TEST

START_TEST(test_empty)
{
    reel_node *w = matrix(REEL_F64, 0, 4, "orthogonal", 1);
    ck_assert_int_eq(reel_count(w), 0);
    matrix(REEL_F64, 4, 0, "he", 1);
    matrix(REEL_F64, 0, 4, "xavier", 1);
}
END_TEST

/* ---------------------------------------------------------------- mistakes */

#define LIST                                                              \
    "zeros, constant, normal, uniform, xavier, xavier_uniform, "          \
    "xavier_normal, glorot_uniform, glorot_normal, he, he_normal, "       \
    "he_uniform, kaiming_normal, kaiming_uniform, lecun, lecun_normal, "  \
    "lecun_uniform and orthogonal"

START_TEST(test_mistakes)
{
    static const struct {
        const char *rule, *message;
    } m[] = {
        {"ones", "no rule 'ones': there are " LIST},
        {"", "no rule '': there are " LIST},
        {NULL, "no rule '': there are " LIST},
        {"He", "no rule 'He': there are " LIST},
        {"he ", "no rule 'he ': there are " LIST},
        {"(1)", "no rule '(1)': there are " LIST},
        {"zeros(1)", "rule 'zeros(1)': zeros takes no argument"},
        {"constant", "rule 'constant': constant takes a number"},
        {"constant()", "rule 'constant()': constant takes a number"},
        {"constant(1", "rule 'constant(1': constant takes a closing bracket"},
        {"constant(", "rule 'constant(': constant takes a closing bracket"},
        {"constant(1)x",
         "rule 'constant(1)x': constant takes a closing bracket"},
        {"constant(1))", "rule 'constant(1))': constant takes a number"},
        {"constant( 1)", "rule 'constant( 1)': constant takes a number"},
        {"constant(1,5)", "rule 'constant(1,5)': constant takes a number"},
        {"constant(0x1)", "rule 'constant(0x1)': constant takes a number"},
        {"constant(nan)", "rule 'constant(nan)': constant takes a number"},
        {"constant(inf)", "rule 'constant(inf)': constant takes a number"},
        {"constant(1e999)", "rule 'constant(1e999)': constant takes a number"},
        {"constant(1e)", "rule 'constant(1e)': constant takes a number"},
        {"constant(.)", "rule 'constant(.)': constant takes a number"},
        {"constant(-)", "rule 'constant(-)': constant takes a number"},
        {"constant(0.1000000000000000000000000000000000000001)",
         "rule 'constant(0.1000000000000000000000000000000000000001)': "
         "constant takes a number"},
        {"normal(0)", "rule 'normal(0)': normal takes a number > 0"},
        {"normal(-1)", "rule 'normal(-1)': normal takes a number > 0"},
        {"normal(fan_in)", "rule 'normal(fan_in)': normal takes a number > 0"},
        {"he(2)", "rule 'he(2)': he takes fan_in or fan_out"},
        {"he(fan)", "rule 'he(fan)': he takes fan_in or fan_out"},
    };
    reel_node *w = matrix(REEL_F64, 2, 2, "constant(7)", 1);
    for (size_t i = 0; i < sizeof m / sizeof *m; i++) {
        ck_assert_int_eq(reel_initialize(w, m[i].rule, 1, 1), REEL_EVALUE);
        assert_error(t, REEL_EVALUE, "initialize: %s", m[i].message);
        assert_values(w, 0, 7, 7, 7, 7);
    }
    reel_node *v = reel_parameter(t, "v", REEL_F64, REEL_SHAPE(3), NULL);
    ck_assert_int_eq(reel_initialize(v, "orthogonal", 1, 1), REEL_ESHAPE);
    assert_error(t, REEL_ESHAPE,
                 "initialize: rule 'orthogonal' needs a matrix, not [3]");
}
END_TEST

/* A point is a point, whatever the locale writes. */
START_TEST(test_locale)
{
    static const char *const with_comma[] = {"de_DE.UTF-8", "de_DE.utf8",
                                             "de_DE", "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof with_comma / sizeof *with_comma; i++)
        if (setlocale(LC_NUMERIC, with_comma[i]))
            break;
    reel_node *w = matrix(REEL_F64, 1, 1, "constant(0.25)", 1);
    setlocale(LC_NUMERIC, "C");
    assert_values(w, 0, 0.25);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("init");
    TCase *all = tcase_create("initial values");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, test_moments, 0, COUNT(random_rules));
    tcase_add_test(all, test_constants);
    tcase_add_loop_test(all, test_orthogonal, 0, 6);
    tcase_add_test(all, test_orthogonal_is_uniform);
    tcase_add_loop_test(all, test_stored_values, 0, COUNT(stored));
    tcase_add_test(all, test_dtypes_and_streams);
    tcase_add_test(all, test_empty);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_locale);
    suite_add_tcase(suite, all);
    return support_run(suite);
}
