/* test_anomaly.c: anomaly mode names the node that is to blame, forward and
 * backward, and nothing that came to nothing.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "custom_ops.h"
#include "support.h"

#define F64S(...) ((const double[]){__VA_ARGS__})

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* The run of a program in anomaly mode fails so. */
#define assert_anomaly(node, ...) anomaly(REEL_NODES(node), __VA_ARGS__)
static void anomaly(reel_nodes outputs, const char *format, ...)
{
    char expected[512];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    reel_program *p = reel_compile_with(t, outputs, REEL_COMPILE_ANOMALY);
    assert_ok(t);
    ck_assert_int_eq(reel_run(p), REEL_EANOMALY);
    ck_assert_ptr_null(reel_data(outputs.node[0]));
    assert_error(t, REEL_EANOMALY, "%s", expected);
    reel_program_free(p);
}

static void fine(reel_nodes outputs)
{
    reel_program *p = reel_compile_with(t, outputs, REEL_COMPILE_ANOMALY);
    assert_ok(t);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_ok(t);
    ck_assert_ptr_nonnull(reel_data(outputs.node[0]));
    reel_program_free(p);
}

static reel_node *vector(const char *name, reel_dtype dtype, const void *data)
{
    reel_node *x = reel_input(t, name, dtype, REEL_SHAPE(3));
    reel_set(x, data);
    return x;
}

START_TEST(the_op_is_named)
{
    reel_node *x = vector("x", REEL_F64, F64S(2, -1, 0));
    int line = __LINE__ + 1;
    reel_node *y = reel_log(x);
    reel_node *loss = reel_mean(reel_square(y), REEL_ALL, false);

    assert_anomaly(loss,
                   "%s:%d: log f64 [3]: 1 NaN and 1 infinite of 3 values, the "
                   "first at [1]; operand 0, input 'x' f64 [3]: -1 to 2",
                   __FILE__, line);
}
END_TEST

START_TEST(operands_and_names)
{
    reel_node *a = vector("a", REEL_F32, (const float[]){1, -2, 0});
    reel_node *b = vector("b", REEL_F32, (const float[]){4, 5, 0});
    int line = __LINE__ + 1;
    reel_node *y = reel_div(a, b);

    reel_set_name(y, "ratio");
    assert_anomaly(reel_tanh(y),
                   "%s:%d: div 'ratio' f32 [3]: 1 NaN of 3 values, the first "
                   "at [2]; operand 0, input 'a' f32 [3]: -2 to 1; operand 1, "
                   "input 'b' f32 [3]: 0 to 5",
                   __FILE__, line);
}
END_TEST

START_TEST(where_an_infinity_becomes_nan)
{
    reel_node *x = vector("x", REEL_F64, F64S(1, 800, 3));
    int line = __LINE__ + 1;
    reel_node *e = reel_exp(x);
    reel_node *y = reel_sub(e, e);

    assert_anomaly(y,
                   "%s:%d: exp f64 [3]: 1 infinite of 3 values, the first at "
                   "[1]; NaN first in %s:%d: sub f64 [3]; operand 0, input "
                   "'x' f64 [3]: 1 to 800",
                   __FILE__, line, __FILE__, line + 1);
}
END_TEST

START_TEST(leaves_that_are_not_finite)
{
    static const double low[] = {-INFINITY};
    int line = __LINE__ + 1;
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2, 2));

    reel_set(x, F64S(1, 2, NAN, NAN));
    assert_anomaly(reel_sum(x, REEL_ALL, false),
                   "%s:%d: input 'x' f64 [2, 2]: 2 NaN of 4 values, the first "
                   "at [1, 0]",
                   __FILE__, line);
    line = __LINE__ + 1;
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SCALAR, low);
    assert_anomaly(reel_square(w),
                   "%s:%d: parameter 'w' f64 []: 1 infinite of 1 value",
                   __FILE__, line);
}
END_TEST

/* The node at fault was recorded by log's rule: the line is log's. */
START_TEST(backward)
{
    reel_node *x = vector("x", REEL_F64, F64S(2, 0, 1));
    reel_node *positive = reel_gt(x, reel_scalar(t, REEL_F64, 0));
    int line = __LINE__ + 1;
    reel_node *l = reel_log(x);
    reel_node *y = reel_where(positive, l, reel_scalar(t, REEL_F64, 0));
    reel_node *loss = reel_sum(y, REEL_ALL, false);

    fine(REEL_NODES(loss));
    assert_anomaly(reel_gradient(loss, x),
                   "%s:%d: div in the backward of log f64 [3]: 1 NaN of 3 "
                   "values, the first at [1]; operand 0, where in the backward "
                   "of where f64 [3]: 0 to 1; operand 1, input 'x' f64 [3]: 0 "
                   "to 2",
                   __FILE__, line);
}
END_TEST

START_TEST(forward_and_second_derivatives)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SCALAR);
    reel_node *one = reel_scalar(t, REEL_F64, 1);
    reel_node *y = reel_sqrt(x);
    reel_node *dy = reel_jvp(y, REEL_NODES(x), REEL_NODES(one));

    reel_set(x, F64S(0));
    reel_program *p =
        reel_compile_with(t, REEL_NODES(dy), REEL_COMPILE_ANOMALY);
    ck_assert_int_eq(reel_run(p), REEL_EANOMALY);
    ck_assert_msg(strstr(reel_message(t), "in the forward derivative of sqrt"),
                  "%s", reel_message(t));
    reel_clear_error(t);
    reel_program_free(p);

    reel_set(x, F64S(1e-300));
    reel_node *second = reel_gradient(reel_gradient(reel_log(x), x), x);
    p = reel_compile_with(t, REEL_NODES(second), REEL_COMPILE_ANOMALY);
    ck_assert_int_eq(reel_run(p), REEL_EANOMALY);
    ck_assert_msg(strstr(reel_message(t), "in the backward of div in the "
                                          "backward of log"),
                  "%s", reel_message(t));
    reel_program_free(p);
    reel_clear_error(t);
}
END_TEST

/* What is masked, compared or divided away on the way is no anomaly. */
START_TEST(what_comes_to_nothing_is_fine)
{
    reel_node *x = vector("x", REEL_F64, F64S(-1, 0, 3));
    reel_node *l = reel_log(x);
    reel_node *zero = reel_scalar(t, REEL_F64, 0);
    reel_node *low = reel_full(t, REEL_F64, REEL_SHAPE(3), -INFINITY);
    reel_node *mask = reel_gt(x, zero);

    fine(REEL_NODES(reel_where(mask, l, zero)));
    fine(REEL_NODES(reel_reciprocal(reel_exp(reel_affine(x, 1000, 500)))));
    fine(REEL_NODES(reel_softmax(reel_where(mask, x, low), 0)));
    fine(REEL_NODES(reel_cast(reel_ge(l, l), REEL_F64)));
}
END_TEST

START_TEST(nothing_is_assigned)
{
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SCALAR, F64S(0));
    reel_node *n = reel_state(t, "n", REEL_F64, REEL_SCALAR, F64S(5));
    int line = __LINE__ + 1;
    reel_node *step = reel_assign(w, reel_reciprocal(w));
    reel_node *count = reel_assign(n, reel_affine(n, 1, 1));

    anomaly(REEL_NODES(step, count),
            "%s:%d: reciprocal f64 []: 1 infinite of 1 value; operand 0, "
            "parameter 'w' f64 []: 0 to 0",
            __FILE__, line);
    assert_values(w, 0, 0);
    assert_values(n, 0, 5);
}
END_TEST

/* Of two culprits the one recorded first; a shape of no elements. */
START_TEST(order_and_odd_shapes)
{
    reel_node *none = reel_input(t, "none", REEL_F64, REEL_SHAPE(0));
    reel_node *x = vector("x", REEL_F64, F64S(-1, -1, -1));
    int line = __LINE__ + 1;
    reel_node *first = reel_log(x);
    reel_node *last = reel_sqrt(x);

    reel_set(none, F64S(0));
    assert_anomaly(reel_add(last, first),
                   "%s:%d: log f64 [3]: 3 NaN of 3 values, the first at [0]; "
                   "operand 0, input 'x' f64 [3]: -1 to -1",
                   __FILE__, line);
    line = __LINE__ + 1;
    reel_node *most = reel_logsumexp(none, REEL_ALL, false);
    assert_anomaly(most,
                   "%s:%d: logsumexp f64 []: 1 infinite of 1 value; operand "
                   "0, input 'none' f64 [0]: no finite value",
                   __FILE__, line);
    /* The same values of a program that lists a node twice, and a leaf. */
    fine(REEL_NODES(x, x));
}
END_TEST

START_TEST(in_a_workspace)
{
    reel_node *x = vector("x", REEL_F64, F64S(1, 2, 3));
    reel_node *y = reel_log(x);
    reel_program *p = reel_compile_with(t, REEL_NODES(y), REEL_COMPILE_ANOMALY);
    reel_workspace *w = reel_workspace_new(p);

    ck_assert_int_eq(reel_run_in(p, w), REEL_OK);
    reel_workspace_bind(w, x, F64S(1, -2, 3));
    ck_assert_int_eq(reel_run_in(p, w), REEL_EANOMALY);
    ck_assert_ptr_null(reel_workspace_data(w, y));
    ck_assert_msg(strstr(reel_workspace_message(w), ": log f64 [3]: 1 NaN"),
                  "%s", reel_workspace_message(w));
    assert_ok(t);
    /* And again, with numbers that are fine. */
    reel_workspace_bind(w, x, F64S(1, 2, 3));
    ck_assert_int_eq(reel_run_in(p, w), REEL_OK);
    ck_assert_str_eq(reel_workspace_message(w), "");
    reel_workspace_free(w);
    reel_program_free(p);
}
END_TEST

START_TEST(by_the_environment)
{
    static const struct {
        const char *value;
        reel_status status;
    } cases[] = {{"1", REEL_EANOMALY}, {"0", REEL_OK}, {"", REEL_OK}};
    reel_node *y = reel_log(vector("x", REEL_F64, F64S(1, -2, 3)));

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("REEL_ANOMALY", cases[i].value, 1);
        reel_program *p = reel_compile(t, REEL_NODES(y));
        unsetenv("REEL_ANOMALY");
        ck_assert_int_eq(reel_run(p), cases[i].status);
        reel_clear_error(t);
        reel_program_free(p);
    }
}
END_TEST

/* The gradient check runs a program of its own, of the gradient: one that is
 * not finite is told by the run. A loss that is not is seen before, and is a
 * verdict, as without the mode. */
START_TEST(gradient_check_by_the_environment)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3),
                                  F64S(1, 2, 3));
    reel_node *loss = reel_sum(reel_log(swish(x)), REEL_ALL, false);
    reel_gradcheck_report report;

    setenv("REEL_ANOMALY", "1", 1);
    ck_assert_int_eq(reel_gradcheck(loss, REEL_NODES(x), NULL, &report),
                     REEL_OK);
    assert_ok(t);
    ck_assert_int_eq(report.verdict, REEL_PASS);
    reel_gradcheck_free(&report);

    loss = reel_sum(reel_log(reel_neg(x)), REEL_ALL, false);
    ck_assert_int_eq(reel_gradcheck(loss, REEL_NODES(x), NULL, &report),
                     REEL_ECHECK);
    ck_assert_int_eq(report.verdict, REEL_FAIL);
    assert_ok(t);
    reel_gradcheck_free(&report);

    reel_set(x, F64S(0, 1, 2));
    int line = __LINE__ + 1;
    reel_node *y = reel_log(x);
    y = reel_where(reel_gt(x, reel_full(t, REEL_F64, REEL_SCALAR, 0)), y, x);
    loss = reel_sum(y, REEL_ALL, false);
    reel_status status = reel_gradcheck(loss, REEL_NODES(x), NULL, &report);
    unsetenv("REEL_ANOMALY");
    ck_assert_int_eq(status, REEL_EANOMALY);
    assert_error(t, REEL_EANOMALY,
                 "%s:%d: div in the backward of log f64 [3]: 1 NaN of 3 "
                 "values, the first at [0]; operand 0, where in the backward "
                 "of where f64 [3]: 0 to 1; operand 1, parameter 'x' f64 [3]: "
                 "0 to 2", __FILE__, line);
    reel_gradcheck_free(&report);
    ck_assert_int_eq(reel_gradcheck(loss, REEL_NODES(x), NULL, &report),
                     REEL_ECHECK);
    reel_gradcheck_free(&report);
}
END_TEST

static reel_status square_root(reel_custom_call *call)
{
    for (int64_t i = 0; i < call->out.count; i++)
        put(&call->out, i, sqrt(get(call->in, i)));
    return REEL_OK;
}

/* in: x, y, g. */
static reel_status square_root_vjp(reel_custom_call *call)
{
    for (int64_t i = 0; i < call->out.count; i++)
        put(&call->out, i, get(&call->in[2], i) / (2 * get(&call->in[1], i)));
    return REEL_OK;
}

/* Custom ops are called by their names. */
START_TEST(custom_ops)
{
    static const reel_custom_op op = {.name = "root", .forward = square_root,
                                      .vjp_buffers = square_root_vjp};
    reel_node *x = vector("x", REEL_F64, F64S(4, -1, 0));
    int line = __LINE__ + 1;
    reel_node *y = reel_custom(&op, REEL_NODES(x));
    assert_anomaly(reel_tanh(y),
                   "%s:%d: root f64 [3]: 1 NaN of 3 values, the first at [1]; "
                   "operand 0, input 'x' f64 [3]: -1 to 4", __FILE__, line);

    reel_set(x, F64S(4, 1, 0));
    reel_node *loss = reel_sum(y, REEL_ALL, false);
    fine(REEL_NODES(loss));
    assert_anomaly(reel_gradient(loss, x),
                   "%s:%d: root_vjp in the backward of root f64 [3]: 1 "
                   "infinite of 3 values, the first at [2]; operand 0, input "
                   "'x' f64 [3]: 0 to 4; operand 1, root f64 [3]: 0 to 2; "
                   "operand 2, expand in the backward of sum f64 [3]: 1 to 1",
                   __FILE__, line);
}
END_TEST

/* Steps that are recorded again: each is looked at by what it has now, with the
 * mode and without in turn, and an error goes with the step it came in. */
START_TEST(recorded_again)
{
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3),
                                  F64S(1, 1, 1));
    reel_mark mark = reel_tape_mark(t);
    reel_program *first[2] = {NULL, NULL};
    for (int i = 0; i < 12; i++) {
        bool mode = i % 2, bad = i % 3 == 0;
        reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(3),
                                     F64S(1, bad ? -1 : 1, 2));
        int line = __LINE__ + 1;
        reel_node *y = reel_log(reel_mul(x, w));
        reel_node *d = reel_gradient(reel_sum(y, REEL_ALL, false), w);
        reel_program *p = reel_compile_with(
            t, REEL_NODES(y, d), mode ? REEL_COMPILE_ANOMALY : 0);
        assert_ok(t);
        ck_assert_int_eq(reel_run(p),
                         mode && bad ? REEL_EANOMALY : REEL_OK);
        if (mode && bad)
            ck_assert_str_eq(
                reel_message(t),
                support_format("%s:%d: log f64 [3]: 1 NaN of 3 values, the "
                               "first at [1]; operand 0, mul f64 [3]: -1 to 2",
                               __FILE__, line));
        else
            ck_assert(isnan(value_at(y, 1)) == bad);
        if (i >= 4) { /* the second of each comes again */
            ck_assert_ptr_eq(p, first[mode]);
        }
        first[mode] = p;
        reel_program_free(p);
        ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
        assert_ok(t);
    }
}
END_TEST

/* A failed allocation while compiling or at the first run is an error and
 * leaks nothing; later runs allocate nothing. */
START_TEST(memory_runs_out)
{
    for (size_t n = 0;; n++) {
        memory m;
        memory_init(&m);
        reel_tape *mine = reel_tape_new_with(&m.allocator);
        reel_node *x = reel_parameter(mine, "x", REEL_F64, REEL_SHAPE(3),
                                      F64S(1, 2, 3));
        reel_node *y = reel_log(x);

        memory_fail_after(&m, n);
        reel_program *p =
            reel_compile_with(mine, REEL_NODES(y), REEL_COMPILE_ANOMALY);
        reel_status status = reel_run(p);
        bool all = m.failed == 0;
        m.fail_at = 0;
        ck_assert_int_eq(reel_status_of(mine), all ? REEL_OK : REEL_ENOMEM);
        if (all) {
            size_t calls = m.calls;
            ck_assert_int_eq(status, REEL_OK);
            ck_assert_int_eq(reel_run(p), REEL_OK);
            ck_assert_uint_eq(m.calls, calls);
        }
        reel_program_free(p);
        reel_tape_free(mine);
        ck_assert_uint_eq(m.blocks, 0);
        if (all)
            break;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("anomaly");
    TCase *c = tcase_create("all");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_op_is_named);
    tcase_add_test(c, operands_and_names);
    tcase_add_test(c, where_an_infinity_becomes_nan);
    tcase_add_test(c, leaves_that_are_not_finite);
    tcase_add_test(c, backward);
    tcase_add_test(c, forward_and_second_derivatives);
    tcase_add_test(c, what_comes_to_nothing_is_fine);
    tcase_add_test(c, nothing_is_assigned);
    tcase_add_test(c, order_and_odd_shapes);
    tcase_add_test(c, in_a_workspace);
    tcase_add_test(c, by_the_environment);
    tcase_add_test(c, gradient_check_by_the_environment);
    tcase_add_test(c, custom_ops);
    tcase_add_test(c, recorded_again);
    tcase_add_test(c, memory_runs_out);
    suite_add_tcase(suite, c);
    return support_run(suite);
}
