/* test_replay.c: graphs that are recorded again after a rewind: what is the
 * same is taken over, and nobody can tell by the values.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "custom_ops.h" /* first: it has variables of the same names */
#include "replay_cases.h"

/* ------------------------------------------------------------ a whole step */

/* Records, differentiates, compiles, runs: broadcasting, promotion and
 * composites, an input and an assignment. What it gives is in out[]. */
enum { OUTPUTS = 4 };

typedef struct step {
    reel_node *w, *x, *out[OUTPUTS];
    reel_program *program;
} step;

static void record_step(step *s, int number)
{
    s->x = reel_input(t, "x", REEL_F64, REEL_SHAPE(3, 2));
    reel_node *two = reel_scalar(t, REEL_I32, 2); /* is cast and expanded */
    reel_node *y = reel_sub(reel_mul(s->x, s->w), two);
    reel_node *loss = reel_mse_loss(y, reel_tanh(y));
    reel_node *d = reel_gradient(loss, s->w);
    s->out[0] = loss;
    s->out[1] = d;
    s->out[2] = reel_assign(s->w, reel_sub(s->w, reel_affine(d, 0.5, 0)));
    s->out[3] = reel_jvp(loss, REEL_NODES(s->w), REEL_NODES(d));
    s->program = reel_compile(t, (reel_nodes){OUTPUTS, s->out});
    assert_ok(t);
    double n = number;
    reel_set(s->x, (double[]){n, 1, 2, n, 0.5, -1});
    ck_assert_int_eq(reel_run(s->program), REEL_OK);
}

START_TEST(test_same_again)
{
    step s = {.w = parameter("w", 1, -1)}, first = s;
    reel_mark mark = reel_tape_mark(t);
    size_t calls = 0;
    for (int i = 0; i < 6; i++) {
        record_step(&s, i);
        if (i == 0)
            first = s;
        if (i == 1) /* the second program is one to come again */
            calls = m.calls, first.program = s.program;
        for (int k = 0; k < OUTPUTS; k++)
            ck_assert_ptr_eq(s.out[k], first.out[k]);
        if (i > 0)
            ck_assert_ptr_eq(s.program, first.program);
        assert_all_again();

        /* The same on a tape of its own, from the same weights. */
        double w[2], d[2], loss, along;
        memcpy(w, reel_data(s.w), sizeof w);
        memcpy(d, reel_data(s.out[1]), sizeof d);
        loss = reel_item(s.out[0]);
        along = reel_item(s.out[3]);
        reel_tape *kept = t;
        size_t counted = m.calls;
        t = reel_tape_new();
        step fresh = {.w = parameter("w", w[0] + 0.5 * d[0],
                                     w[1] + 0.5 * d[1])};
        record_step(&fresh, i);
        assert_values(fresh.out[0], 1e-14, loss);
        assert_values(fresh.out[1], 1e-14, d[0], d[1]);
        assert_values(fresh.out[3], 1e-14, along);
        reel_program_free(fresh.program);
        reel_tape_free(t);
        t = kept;
        ck_assert_uint_eq(m.calls, counted);

        reel_program_free(s.program);
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls); /* nothing was allocated since */
}
END_TEST

/* Rules of the user's, sweeps of their own among them, are not asked again. */
START_TEST(test_custom_ops)
{
    const reel_custom_op *op = &swishes[_i];
    reel_node *w = parameter("w", 1, -1);
    reel_mark mark = reel_tape_mark(t);
    reel_node *first[3] = {NULL, NULL, NULL};
    size_t calls = 0;
    for (int i = 0; i < 5; i++) {
        double a = 0.5 * i, b = 1 - a;
        reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(2),
                                     (double[]){a, b});
        reel_node *y = reel_custom(op, REEL_NODES(reel_mul(x, w)));
        reel_node *d = reel_gradient(reel_sum(y, REEL_ALL, false), w);
        reel_node *along = reel_jvp(y, REEL_NODES(w), REEL_NODES(x));
        reel_program *p = reel_compile(t, REEL_NODES(y, d, along));
        assert_ok(t);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        assert_values(y, 1e-14, a / (1 + exp(-a)), -b / (1 + exp(b)));
        assert_values(d, 1e-14, a * swish_slope(a), b * swish_slope(-b));
        assert_values(along, 1e-14, a * a * swish_slope(a),
                      b * b * swish_slope(-b));
        reel_node *got[] = {y, d, along};
        for (int k = 0; k < 3; k++) {
            ck_assert(i == 0 || got[k] == first[k]);
            first[k] = got[k];
        }
        assert_all_again();
        reel_program_free(p);
        rewind_to(mark);
        if (i == 2) /* the constants differed first in the second step */
            calls = m.calls;
    }
    ck_assert_uint_eq(m.calls, calls);
}
END_TEST

/* ------------------------------------------------- layers, optimisers again */

/* So many steps with an optimiser, each recorded anew after a rewind or one
 * program run again; fresh: with a layer that each recording makes, which
 * starts with the same weights and is not trained. */
static void train(int steps, bool rewinding, bool fresh, double *losses)
{
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(2, 2),
                                 (double[]){1, 2, -1, 3});
    reel_node *target = reel_full(t, REEL_F64, REEL_SHAPE(2, 1), 0);
    reel_layer *first = reel_dense_layer(t, 3, "tanh", "he");
    reel_layer *last = reel_dense_layer(t, 1, "identity", "he");
    reel_apply(last, reel_apply(first, x)); /* now they have parameters */
    reel_node *all[] = {reel_layer_weight(first), reel_layer_bias(first),
                        reel_layer_weight(last), reel_layer_bias(last)};
    reel_optimizer *o =
        reel_optimizer_new((reel_nodes){4, all}, "adam", 0.1, NULL);
    assert_ok(t);
    reel_mark mark = reel_tape_mark(t);
    size_t calls = 0, notes = 0;
    reel_program *p = NULL;
    reel_node *loss = NULL;
    for (int i = 0; i < steps; i++) {
        if (rewinding || i == 0) {
            reel_node *h = fresh ? reel_dense(x, 3, "tanh", "he")
                                 : reel_apply(first, x);
            reel_node *y = reel_apply(last, h);
            loss = reel_loss(y, target, "mse");
            p = reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss)));
        }
        assert_ok(t);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        losses[i] = reel_item(loss);
        if (i == 2)
            calls = m.calls, notes = t->notes.used;
        if (i >= 2)
            ck_assert_uint_eq(t->notes.used, notes);
        if (rewinding) {
            assert_all_again();
            reel_program_free(p);
            rewind_to(mark);
        }
    }
    ck_assert_uint_eq(m.calls, calls);
    if (!rewinding)
        reel_program_free(p);
}

START_TEST(test_training)
{
    enum { STEPS = 8 };
    double once[STEPS], again[STEPS];
    bool fresh = _i;
    train(STEPS, true, fresh, again);
    reel_tape *kept = t;
    t = reel_tape_new_with(&m.allocator);
    train(STEPS, false, fresh, once);
    reel_tape_free(t);
    t = kept;
    for (int i = 0; i < STEPS; i++)
        ck_assert(once[i] == again[i]);
    ck_assert(again[STEPS - 1] < again[0]);
}
END_TEST

/* Leaves start anew, and so do values. */
START_TEST(test_values_start_anew)
{
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *p = parameter("p", 1, 2);
        reel_node *large = reel_state(t, "s", REEL_F64, REEL_SHAPE(20), NULL);
        reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2));
        reel_node *to = reel_assign(p, reel_add(p, x));
        reel_node *y = reel_mul(p, x);
        reel_node *more = reel_assign(large, reel_affine(large, 1, 1));
        reel_program *q = reel_compile(t, REEL_NODES(y, to, more));
        assert_values(p, 0, 1, 2);
        ck_assert_ptr_null(reel_data(x));
        ck_assert_ptr_null(reel_data(y));
        ck_assert_int_eq(reel_run(q), REEL_ESTATE);
        assert_error(t, REEL_ESTATE, "%s:%d: input x [2]: has no data: "
                     "reel_bind or reel_set it before the run", __FILE__,
                     reel_line(x));
        ck_assert_int_eq(reel_set(x, (double[]){5, i}), REEL_OK);
        ck_assert_int_eq(reel_run(q), REEL_OK);
        assert_values(p, 0, 6, 2 + i);
        assert_values(y, 0, 5, 2 * i);
        ck_assert_double_eq(value_at(large, 19), 1);
        assert_all_again();
        reel_program_free(q);
        ck_assert_ptr_null(reel_data(y));
        rewind_to(mark);
    }
}
END_TEST

/* --------------------------------------------------------------- constants */

/* Other data each time, in constants small and large; b begins as equal to a,
 * so that the two are one in the first program. */
START_TEST(test_constants_change)
{
    reel_node *x = parameter("x", 3, 5);
    reel_mark mark = reel_tape_mark(t);
    double data[40] = {0};
    size_t calls = 0;
    for (int i = 0; i < 6; i++) {
        reel_node *a = reel_scalar(t, REEL_F64, 1 + i);
        reel_node *b = reel_scalar(t, REEL_F64, 1 - i);
        reel_node *fixed = reel_scalar(t, REEL_F64, 10);
        data[39] = i;
        reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(40), data);
        reel_node *sum = reel_sum(reel_square(c), REEL_ALL, false);
        reel_node *ab = reel_mul(reel_affine(a, 2, 0), reel_mul(b, fixed));
        reel_node *loss = reel_sum(reel_mul(x, reel_add(ab, sum)), REEL_ALL,
                                   false);
        reel_program *p = run_once(t, loss, reel_gradient(loss, x), ab);
        double is = 20.0 * (1 + i) * (1 - i);
        assert_values(ab, 0, is);
        assert_values(loss, 0, 8 * (is + i * i));
        assert_values(reel_gradient(loss, x), 0, is + i * i, is + i * i);
        assert_all_again();
        if (i == 2)
            calls = m.calls;
        reel_program_free(p);
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls); /* compiled when they first changed */

    /* NULL stands for zeros, which is another value, too. */
    reel_node *a = reel_scalar(t, REEL_F64, 0);
    rewind_to(mark);
    ck_assert_ptr_eq(reel_constant(t, REEL_F64, REEL_SCALAR, NULL), a);
    ck_assert(!a->leaf->varies || reel_item(a) == 0);
}
END_TEST

START_TEST(test_constant_becomes_zeros)
{
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(2),
                                     i < 2 ? (double[]){1, 2} : NULL);
        reel_node *y = reel_exp(c);
        reel_program *p = run_once(t, y);
        assert_values(y, 1e-14, exp(i < 2 ? 1 : 0), exp(i < 2 ? 2 : 0));
        reel_program_free(p);
        rewind_to(mark);
    }
}
END_TEST

/* ------------------------------------------------------------ names, marks */

START_TEST(test_names)
{
    static const char *const name[] = {"one", "two", NULL, "one"};
    reel_node *x = parameter("x", 1, 2);
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        const char *is = name[i] ? name[i] : "";
        reel_node *p = parameter(name[i], 0, 0);
        reel_node *y = reel_add(p, x);
        ck_assert_str_eq(reel_name(p), is);
        ck_assert_str_eq(reel_name(y), "");
        if (name[i]) {
            reel_set_name(y, name[i]);
            reel_set_name(x, name[i]);
        }
        reel_node *z = reel_neg(y);
        ck_assert_str_eq(reel_name(y), is);
        ck_assert_str_eq(reel_name(z), "");
        assert_all_again();
        rewind_to(mark);
        ck_assert_str_eq(reel_name(x), "x");
    }
}
END_TEST

/* An inner loop that is rewound again and again, and branches at its third
 * pass, within an outer one. */
START_TEST(test_marks_nest)
{
    reel_node *x = parameter("x", 1, 2);
    reel_mark outer = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *y = reel_exp(reel_neg(x));
        reel_program *p = run_once(t, y);
        reel_mark inner = reel_tape_mark(t);
        for (int k = 0; k < 5; k++) {
            reel_node *z = reel_mul(y, y), *d;
            if (k == 3)
                z = reel_exp(z);
            z = reel_sum(reel_mul(z, x), REEL_ALL, false);
            d = reel_gradient(z, x);
            reel_program *q = run_once(t, z, d);
            double a = exp(-2), b = exp(-4), c = exp(a), e = exp(b);
            if (k == 3) {
                assert_values(z, 1e-14, c + 2 * e);
                assert_values(d, 1e-14, c - 2 * a * c, e - 4 * b * e);
            } else {
                assert_values(z, 1e-14, a + 2 * b);
                assert_values(d, 1e-14, a - 2 * a, b - 4 * b);
            }
            reel_program_free(q);
            rewind_to(inner);
        }
        ck_assert_int_eq(reel_run(p), REEL_OK); /* it lost nothing */
        assert_values(y, 1e-15, exp(-1), exp(-2));
        reel_program_free(p);
        rewind_to(outer);
    }
    ck_assert_int_eq(reel_tape_rewind(t, (reel_mark){.nodes = 2}),
                     REEL_EVALUE);
    ck_assert_int_eq(reel_tape_rewind(t, (reel_mark){.sweeps = 1}),
                     REEL_EVALUE);
}
END_TEST

START_TEST(test_long_chain)
{
    size_t n = support_scaled(1000000, 10000), calls = 0;
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SCALAR), *out[2];
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *y = x;
        for (size_t k = 0; k < n; k++)
            y = k % 2 ? reel_add(y, x) : reel_neg(y);
        out[0] = y;
        out[1] = reel_gradient(y, x);
        reel_program *p = reel_compile(t, (reel_nodes){2, out});
        reel_set(x, (double[]){i});
        ck_assert_int_eq(reel_run(p), REEL_OK);
        assert_values(y, 0, n / 2 % 2 ? 0 : i);
        assert_values(out[1], 0, n / 2 % 2 ? 0 : 1);
        reel_program_free(p);
        assert_all_again();
        if (i == 2)
            calls = m.calls;
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls);
}
END_TEST

/* Memory that runs out as a graph is recorded again: it is recorded again. */
START_TEST(test_no_memory)
{
    reel_node *x = parameter("x", 1, 2);
    reel_mark mark = reel_tape_mark(t);
    reel_node *a = parameter(NULL, 3, 4), *loss = NULL, *d = NULL;
    char name[5000] = {0};
    memset(name, 'n', sizeof name - 1);
    rewind_to(mark);
    memory_fail_after(&m, 0);
    ck_assert_ptr_null(parameter(name, 3, 4));
    assert_error(t, REEL_ENOMEM, "%s:%d: parameter: out of memory",
                 reel_file(a), reel_line(a));
    ck_assert_uint_eq(t->recorded, 1);
    for (size_t n = 0; !d && n < 50; n++) {
        memory_fail_after(&m, n);
        a = parameter("a", 3, 4);
        loss = reel_sum(reel_exp(reel_mul(x, a)), REEL_ALL, false);
        d = reel_gradient(loss, x);
        reel_clear_error(t);
        if (!d)
            rewind_to(mark);
    }
    m.fail_at = 0;
    ck_assert_ptr_nonnull(d);
    reel_program_free(run_once(t, d));
    reel_program *p = run_once(t, d);
    assert_values(d, 1e-9, 3 * exp(3), 4 * exp(8));
    reel_program_free(p);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_same_again);
    tcase_add_loop_test(all, test_custom_ops, 0, SWISHES);
    tcase_add_loop_test(all, test_training, 0, 2);
    tcase_add_test(all, test_values_start_anew);
    tcase_add_test(all, test_constants_change);
    tcase_add_test(all, test_constant_becomes_zeros);
    tcase_add_test(all, test_names);
    tcase_add_test(all, test_marks_nest);
    tcase_add_test(all, test_long_chain);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
