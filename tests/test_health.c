/* test_health.c: networks made to be dead, saturated, vanishing and exploding,
 * and a healthy one.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <reel.h>

#include "custom_ops.h"
#include "support.h"

enum { BATCH = 8 };

static reel_tape *t;
static reel_health health;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_health_free(&health);
    reel_tape_free(t);
}

/* A parameter [rows, columns] of one value. */
static reel_node *filled(const char *name, int64_t rows, int64_t columns,
                         double value)
{
    reel_node *w = reel_parameter(t, name, REEL_F64, REEL_SHAPE(rows, columns),
                                  NULL);
    double *data = reel_data(w);
    for (int64_t i = 0; i < rows * columns; i++)
        data[i] = value;
    return w;
}

/* BATCH rows 1, 2, ... */
static reel_node *rows(int64_t columns)
{
    double data[BATCH * 8];
    for (int64_t i = 0; i < BATCH * columns; i++)
        data[i] = (double)(i / columns + 1);
    return reel_constant(t, REEL_F64, REEL_SHAPE(BATCH, columns), data);
}

static void check(reel_node *loss, const reel_health_options *options)
{
    size_t before = reel_tape_count(t);
    assert_ok(t);
    ck_assert_msg(reel_health_check(loss, options, &health) == REEL_OK, "%s",
                  reel_message(t));
    ck_assert_uint_eq(reel_tape_count(t), before);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

/* Three of four units have biases below all that comes in: dead; the fourth
 * fires for examples 3..8 alone. */
START_TEST(dead)
{
    reel_node *w = filled("w", 2, 4, 1);
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(4),
                                  (const double[]){-99, -99, -4, -99});
    reel_node *h = reel_relu(reel_add(reel_matmul(rows(2), w), b));

    reel_set_name(h, "h2");
    check(reel_sum(h, REEL_ALL, false), &(reel_health_options){.lr = 0.01});
    ck_assert_uint_eq(health.layers, 1);
    const reel_health_layer *l = &health.layer[0];
    ck_assert_ptr_eq(l->node, h);
    ck_assert_int_eq(l->units, 4);
    ck_assert_int_eq(l->examples, BATCH);
    ck_assert_int_eq(l->stuck, 3);
    ck_assert_int_eq(l->depth, 1);
    ck_assert(near(l->flat, 26 / 32.0));
    ck_assert(near(l->gradient, sqrt(32)));
    ck_assert(health.loss == 2 + 4 + 6 + 8 + 10 + 12);

    ck_assert_uint_eq(health.parameters, 2);
    ck_assert_ptr_eq(health.parameter[0].node, w);
    ck_assert(near(health.parameter[0].norm, sqrt(8)));
    ck_assert(near(health.parameter[0].gradient, 33 * sqrt(2)));
    ck_assert(near(health.parameter[0].update, 0.33 / 2));

    ck_assert_uint_eq(health.findings, 2);
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_DEAD);
    ck_assert_ptr_eq(health.finding[0].node, h);
    ck_assert_str_eq(
        health.finding[0].text,
        "h2: 3 of 4 ReLUs never fire for these 8 examples: they are dead, and "
        "nothing behind them learns; lower the learning rate, or start again "
        "with He initialisation (\"he\"), or use leaky_relu");
    ck_assert_int_eq(health.finding[1].kind, REEL_HEALTH_LARGE_UPDATE);
    ck_assert_str_eq(health.finding[1].text,
                     "w: one update changes it by 0.16 times its size (about "
                     "0.001 is usual): lower the learning rate");
}
END_TEST

START_TEST(wholly_dead)
{
    reel_node *w = filled("w", 2, 4, -1);
    int line = __LINE__ + 1;
    reel_node *h = reel_relu(reel_matmul(rows(2), w));

    check(reel_sum(h, REEL_ALL, false), NULL);
    ck_assert_int_eq(health.layer[0].stuck, 4);
    ck_assert(health.layer[0].flat == 1);
    ck_assert(isnan(health.parameter[0].update));
    ck_assert(health.parameter[0].gradient == 0);
    ck_assert_uint_eq(health.findings, 2);
    const char *place = support_format("relu of %s:%d", __FILE__, line);
    ck_assert_int_eq(strncmp(health.finding[0].text, place,
                             strlen(place) < 63 ? strlen(place) : 63), 0);
    ck_assert_int_eq(health.finding[1].kind, REEL_HEALTH_NO_GRADIENT);
    ck_assert_str_eq(health.finding[1].text,
                     "w: its gradient is exactly 0 for this batch: it does not "
                     "learn; look for dead units between it and the loss");
}
END_TEST

/* tanh(x w): |x w| > 3 but for unit 1, whose weights are small. */
START_TEST(saturated)
{
    static const struct {
        reel_node *(*activation)(reel_node *);
        const char *name;
    } cases[] = {{reel_tanh, "tanh"}, {reel_sigmoid, "sigmoid"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reel_node *w = reel_parameter(
            t, "w", REEL_F64, REEL_SHAPE(1, 3), (const double[]){9, 1e-3, -9});
        reel_node *h = cases[i].activation(reel_matmul(rows(1), w));

        reel_set_name(h, "h");
        check(reel_sum(h, REEL_ALL, false), NULL);
        ck_assert_int_eq(health.layer[0].stuck, 2);
        ck_assert(near(health.layer[0].flat, 2 / 3.0));
        ck_assert_uint_eq(health.findings, 1);
        ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_SATURATED);
        ck_assert_str_eq(
            health.finding[0].text,
            support_format(
                "h: 67 %% of the %s values are saturated (slope below 1 %% of "
                "the steepest), 2 of 3 units always: they pass on next to no "
                "gradient; scale the inputs, or start from smaller weights "
                "(\"xavier\"), or lower the learning rate",
                cases[i].name));
        reel_health_free(&health);
    }
}
END_TEST

/* Each of the layers multiplies the gradient by weight / 4 at x = 0. */
static reel_node *deep(int layers, double weight)
{
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(BATCH, 1), NULL);
    for (int i = 0; i < layers; i++) {
        reel_node *w = filled(support_format("w%d", i + 1), 1, 1, weight);
        reel_node *h = reel_sigmoid(reel_matmul(x, w));
        reel_set_name(h, support_format("h%d", i + 1));
        x = reel_affine(h, 1, -0.5);
    }
    return reel_sum(x, REEL_ALL, false);
}

START_TEST(vanishing)
{
    check(deep(6, 0.5), NULL);
    ck_assert_uint_eq(health.layers, 6);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(health.layer[i].depth, i + 1);
        ck_assert(near(health.layer[i].gradient,
                       sqrt(BATCH) * pow(0.125, 5 - i)));
    }
    /* The inputs are 0, and so are all gradients of weights. */
    ck_assert_uint_eq(health.findings, 7);
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_VANISHING);
    ck_assert_str_eq(health.finding[0].text,
                     "h1: the gradient vanishes on its way down: 8.6e-05 here, "
                     "2.8 at h6; use relu, start from larger weights (\"he\", "
                     "\"xavier\"), or have fewer layers");
}
END_TEST

START_TEST(exploding)
{
    check(deep(6, 40), NULL);
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_EXPLODING);
    ck_assert_str_eq(health.finding[0].text,
                     "h1: the gradient explodes on its way down: 2.8e+05 here, "
                     "2.8 at h6; start from smaller weights (\"he\", "
                     "\"xavier\") or clip the gradient");
}
END_TEST

START_TEST(not_finite)
{
    reel_node *w = filled("w", 1, 1, 0);
    check(reel_sum(reel_sqrt(w), REEL_ALL, false), NULL);
    ck_assert_uint_eq(health.findings, 1);
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_NOT_FINITE);
    ck_assert_str_eq(health.finding[0].text,
                     "w: its gradient is NaN or infinite: run with "
                     "REEL_ANOMALY=1 in the environment to see where that "
                     "begins");
}
END_TEST

/* An optimiser's own updates: w <- w - 0.002, of [[1, 1], [1, 1]]. */
START_TEST(updates_of_an_optimiser)
{
    reel_node *w = filled("w", 2, 2, 1);
    reel_node *other = reel_state(t, "n", REEL_F64, REEL_SCALAR, NULL);
    reel_node *step = reel_assign(w, reel_affine(w, 1, -0.002));
    reel_node *count = reel_assign(other, reel_affine(other, 1, 1));
    reel_health_options options = {.updates = REEL_NODES(count, step)};

    check(reel_sum(w, REEL_ALL, false), &options);
    ck_assert(fabs(health.parameter[0].update - 0.002) < 1e-15);
    ck_assert_uint_eq(health.findings, 0);
    ck_assert(value_at(w, 0) == 1); /* nothing was assigned */
    reel_health_free(&health);

    options.updates = REEL_NODES(reel_assign(w, reel_affine(w, 1, -1e-9)));
    check(reel_sum(w, REEL_ALL, false), &options);
    ck_assert_uint_eq(health.findings, 1);
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_SMALL_UPDATE);
    ck_assert_str_eq(health.finding[0].text,
                     "w: one update changes it by 1e-09 times its size (about "
                     "0.001 is usual): it hardly moves; raise the learning "
                     "rate");
    reel_health_free(&health);

    options.updates = REEL_NODES(step, w);
    ck_assert_int_eq(reel_health_check(reel_sum(w, REEL_ALL, false), &options,
                                       &health), REEL_EVALUE);
    assert_error(t, REEL_EVALUE,
                 "health: update 1 is no reel_assign of this tape");
}
END_TEST

/* Nor is fault found with few examples, with what no derivative comes to, with
 * activations that a sweep recorded, or with biases that start at zero. */
START_TEST(healthy)
{
    reel_node *w = filled("w", 2, 3, 0.25);
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(3), NULL);
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(1, 2),
                                 (const double[]){-1, -1});
    reel_node *h = reel_relu(reel_add(reel_matmul(x, w), b));
    reel_node *asked = reel_gt(reel_sigmoid(b), reel_scalar(t, REEL_F64, 0));
    reel_node *y = reel_softplus(reel_add(h, b));
    reel_node *loss = reel_sum(
        reel_where(asked, y, reel_scalar(t, REEL_F64, 0)), REEL_ALL, false);
    const char *text;

    reel_program *p = run_once(t, loss, y);
    check(reel_add(loss, reel_sum(reel_gradient(loss, b), REEL_ALL, false)),
          &(reel_health_options){.lr = 1e-3});
    ck_assert_uint_eq(health.layers, 1);
    ck_assert_ptr_eq(health.layer[0].node, h);
    ck_assert_int_eq(health.layer[0].stuck, 3);
    ck_assert(isinf(health.parameter[1].update));
    ck_assert_uint_eq(health.findings, 1); /* w, behind dead units */
    ck_assert_int_eq(health.finding[0].kind, REEL_HEALTH_NO_GRADIENT);
    ck_assert(near(value_at(loss, 0), 3 * log(2))); /* p's values are there */
    reel_program_free(p);
    reel_health_free(&health);

    check(reel_sum(reel_square(b), REEL_ALL, false), NULL);
    ck_assert_uint_eq(health.layers, 0);
    TEXT_OF(text, reel_health_print(&health, stream));
    ck_assert_str_eq(text,
                     "parameter elements      norm  gradient  update/norm\n"
                     "b                3         0         0            -\n"
                     "loss 0\n"
                     "- b: its gradient is exactly 0 for this batch: it does "
                     "not learn; look for dead units between it and the "
                     "loss\n");
}
END_TEST

START_TEST(printed)
{
    const char *text;
    reel_node *w = filled("weight of h", 2, 4, 1);
    reel_node *h = reel_relu(reel_matmul(rows(2), w));

    reel_set_name(h, "h");
    check(reel_mean(h, REEL_ALL, false), &(reel_health_options){.lr = 1e-3});
    TEXT_OF(text, reel_health_print(&health, stream));
    ck_assert_str_eq(
        text,
        "layer       kind    depth examples  units  stuck   flat  gradient\n"
        "h           relu        1        8      4      0    0 %      0.18\n"
        "parameter   elements      norm  gradient  update/norm\n"
        "weight of h        8      2.83       3.2       0.0011\n"
        "loss 9; nothing to find fault with\n");
    ck_assert_int_eq(reel_health_print(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_health_print(&health, NULL), REEL_EVALUE);
}
END_TEST

/* Gradients pass through custom ops; one that has none is an error. */
START_TEST(custom_ops)
{
    reel_custom_op none = {.name = "none", .forward = swish_forward};
    for (int i = 0; i < SWISHES; i++) {
        reel_node *w = filled("w", 2, 4, 0.01);
        reel_node *h = reel_tanh(reel_matmul(rows(2), w));
        reel_node *y = reel_custom(&swishes[i], REEL_NODES(h));
        check(reel_sum(y, REEL_ALL, false), NULL);
        ck_assert_uint_eq(health.layers, 1);
        ck_assert_ptr_eq(health.layer[0].node, h);
        ck_assert_uint_eq(health.parameters, 1);
        double sum = 0;
        for (int k = 1; k <= BATCH; k++)
            sum += 4 * pow(swish_slope(tanh(0.02 * k)), 2);
        ck_assert_double_eq_tol(health.layer[0].gradient, sqrt(sum), 1e-12);
        reel_health_free(&health);
    }
    reel_node *w = filled("w", 2, 4, 0.01);
    int line = __LINE__ + 1;
    reel_node *y = reel_custom(&none, REEL_NODES(w));
    reel_node *loss = reel_sum(y, REEL_ALL, false);
    ck_assert_int_eq(reel_health_check(loss, NULL, &health), REEL_EGRAD);
    assert_error(t, REEL_EGRAD, "%s:%d: none: has no vjp, which reel_gradient "
                 "and reel_vjp need", __FILE__, line);
}
END_TEST

START_TEST(errors)
{
    reel_node *w = filled("w", 2, 2, 1);
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2, 2));

    ck_assert_int_eq(reel_health_check(NULL, NULL, &health), REEL_EVALUE);
    ck_assert_int_eq(reel_health_check(w, NULL, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_health_check(w, NULL, &health), REEL_EGRAD);
    reel_clear_error(t);
    reel_node *loss = reel_sum(reel_mul(w, x), REEL_ALL, false);
    ck_assert_int_eq(reel_health_check(loss, NULL, &health), REEL_ESTATE);
    ck_assert_msg(strstr(reel_message(t), "input x [2, 2]: has no data"), "%s",
                  reel_message(t));
    ck_assert_ptr_null(health.layer);
    ck_assert_uint_eq(health.parameters, 0);
    ck_assert_int_eq(reel_health_check(loss, NULL, &health), REEL_ESTATE);
    reel_clear_error(t);
}
END_TEST

START_TEST(memory_runs_out)
{
    memory m;
    memory_init(&m);
    reel_tape *mine = reel_tape_new_with(&m.allocator);
    reel_node *w = reel_parameter(mine, "w", REEL_F64, REEL_SHAPE(2, 2),
                                  (const double[]){1, 2, 3, 4});
    reel_node *loss = reel_sum(reel_relu(w), REEL_ALL, false);
    reel_status status = REEL_ENOMEM;

    for (size_t n = 0; status != REEL_OK; n++) {
        size_t nodes = reel_tape_count(mine);
        memory_fail_after(&m, n);
        status = reel_health_check(loss, NULL, &health);
        ck_assert_int_eq(status, m.failed ? REEL_ENOMEM : REEL_OK);
        ck_assert_uint_eq(reel_tape_count(mine), nodes);
        reel_clear_error(mine);
        m.fail_at = 0;
        if (status == REEL_OK)
            ck_assert_int_eq(health.layer[0].units, 2);
        reel_health_free(&health);
    }
    reel_tape_free(mine);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("health");
    TCase *c = tcase_create("all");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, dead);
    tcase_add_test(c, wholly_dead);
    tcase_add_test(c, saturated);
    tcase_add_test(c, vanishing);
    tcase_add_test(c, exploding);
    tcase_add_test(c, not_finite);
    tcase_add_test(c, updates_of_an_optimiser);
    tcase_add_test(c, healthy);
    tcase_add_test(c, printed);
    tcase_add_test(c, custom_ops);
    tcase_add_test(c, errors);
    tcase_add_test(c, memory_runs_out);
    suite_add_tcase(suite, c);
    return support_run(suite);
}
