/* test_program.c: what compiling leaves out and lays together, what outputs
 * give, and that a program runs without asking for memory.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "compile/compile.h"
#include "kernels/chain.h"
#include "support.h"

static reel_tape *t;
static reel_node *x; /* a parameter [2, 3] */

static void setup(void)
{
    t = reel_tape_new();
    x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2, 3),
                       (double[]){1, 2, 3, 4, 5, 6});
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* ----------------------------------------------------------------- outputs */

START_TEST(test_outputs_of_every_kind)
{
    reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(3),
                                 (double[]){1, 10, 100});
    reel_node *turned = reel_transpose(x);          /* a view of a leaf */
    reel_node *shaped = reel_reshape(x, REEL_SHAPE(6));
    reel_node *folded = reel_affine(reel_add(c, c), 1, 1);
    reel_node *spread = reel_expand(c, REEL_SHAPE(2, 3));
    reel_node *y = reel_affine(x, 2, 0);
    reel_node *row = reel_slice(y, (int64_t[]){1, 0}, (int64_t[]){2, 3}, NULL);
    reel_node *column =
        reel_slice(y, (int64_t[]){0, 1}, (int64_t[]){2, 2}, NULL);
    reel_node *z = reel_neg(y);
    reel_node *none = reel_full(t, REEL_F64, REEL_SHAPE(0, 2), 1);

    for (int plain = 0; plain < 2; plain++) {
        reel_node *all[] = {x,    turned, c,      shaped, folded, spread,
                            y,    row,    column, z,      none,   y,
                            turned};
        reel_nodes outputs = {sizeof all / sizeof *all, all};
        reel_program *p =
            reel_compile_with(t, outputs, plain ? REEL_COMPILE_PLAIN : 0);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        for (int again = 0; again < 2; again++) {
            assert_values(x, 0, 1, 2, 3, 4, 5, 6);
            assert_values(turned, 0, 1, 4, 2, 5, 3, 6);
            assert_values(c, 0, 1, 10, 100);
            assert_values(shaped, 0, 1, 2, 3, 4, 5, 6);
            assert_values(folded, 0, 3, 21, 201);
            assert_values(spread, 0, 1, 10, 100, 1, 10, 100);
            assert_values(y, 0, 2, 4, 6, 8, 10, 12);
            assert_values(row, 0, 8, 10, 12);
            assert_values(column, 0, 4, 10);
            assert_values(z, 0, -2, -4, -6, -8, -10, -12);
            ck_assert_int_eq(reel_run(p), REEL_OK);
        }
        /* Values, not windows on the leaf: they stay as they were. */
        double old = value_at(x, 0);
        ((double *)reel_data(x))[0] = 50;
        ck_assert_double_eq(value_at(shaped, 0), 1);
        ck_assert_double_eq(value_at(turned, 0), 1);
        ((double *)reel_data(x))[0] = old;
        reel_program_free(p);
        ck_assert_ptr_null(reel_data(y));
        ck_assert_ptr_nonnull(reel_data(x));
    }
}
END_TEST

/* The last run's value, and none once its program is gone. */
START_TEST(test_two_programs_of_one_node)
{
    reel_node *y = reel_affine(x, 2, 0);
    reel_program *p = run_once(t, y), *q = run_once(t, y);
    const void *of_q = reel_data(y);

    reel_program_free(p);
    ck_assert_ptr_eq(reel_data(y), of_q);
    assert_values(y, 0, 2, 4, 6, 8, 10, 12);
    p = run_once(t, y);
    ck_assert_ptr_ne(reel_data(y), of_q);
    reel_program_free(p);
    ck_assert_ptr_null(reel_data(y));
    ck_assert_int_eq(reel_run(q), REEL_OK);
    ck_assert_ptr_eq(reel_data(y), of_q);
    reel_program_free(q);
}
END_TEST

START_TEST(test_program_after_its_tape)
{
    memory m;
    memory_init(&m);
    reel_tape *other = reel_tape_new_with(&m.allocator);
    reel_node *c = reel_input(other, "c", REEL_F64, REEL_SCALAR);
    reel_node *y = reel_exp(c);
    reel_program *p = reel_compile(other, REEL_NODES(y));
    reel_program *never = reel_compile(other, REEL_NODES(y));
    reel_set(c, (double[]){0});
    ck_assert_int_eq(reel_run(p), REEL_OK);
    reel_workspace *w = reel_workspace_new(p);
    reel_tape_free(other);
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    ck_assert_int_eq(reel_run(never), REEL_ESTATE);
    ck_assert_int_eq(reel_run_in(p, w), REEL_ESTATE);
    ck_assert_str_eq(
        reel_workspace_message(w),
        "run: nodes of this program are gone: compile it again");
    ck_assert_int_eq(reel_program_print(p, stdout), REEL_ESTATE);
    ck_assert_uint_gt(reel_program_bytes(p), 0);
    reel_workspace_free(w);
    reel_program_free(p);
    reel_program_free(never);
    ck_assert_uint_eq(m.blocks, 0);
    ck_assert_uint_eq(m.bytes, 0);
    ck_assert_int_eq(reel_run(NULL), REEL_EVALUE);
    reel_program_free(NULL);
    reel_workspace_free(NULL);
    ck_assert_uint_eq(reel_program_bytes(NULL), 0);
    ck_assert_uint_eq(reel_program_steps(NULL), 0);
}
END_TEST

/* ------------------------------------------------------------- what is done */

/* Kernels that a program calls, whatever steps they were fused to. */
static size_t kernels_in(const reel_program *p)
{
    size_t kernels = 0;
    for (size_t i = 0; i < p->steps.count; i++) {
        const reel__step *s = &p->steps.step[i];
        kernels += s->own > 0;
        kernels += s->chain ? (size_t)s->chain->instructions : 0;
    }
    return kernels;
}

static size_t kernels_of(reel_nodes outputs, unsigned flags)
{
    reel_program *p = reel_compile_with(t, outputs, flags);
    assert_ok(t);
    size_t kernels = kernels_in(p);
    reel_program_free(p);
    return kernels;
}

static void check_kernels(int line, size_t optimised, size_t plain,
                          reel_nodes outputs)
{
    ck_assert_msg(kernels_of(outputs, 0) == optimised, "line %d: %zu kernels",
                  line, kernels_of(outputs, 0));
    ck_assert_msg(kernels_of(outputs, REEL_COMPILE_PLAIN) == plain,
                  "line %d: %zu plain kernels", line,
                  kernels_of(outputs, REEL_COMPILE_PLAIN));
}

#define assert_kernels(optimised, plain, ...) \
    check_kernels(__LINE__, optimised, plain, REEL_NODES(__VA_ARGS__))

START_TEST(test_kernels)
{
    /* Too large for a flat program, which would hide the kernels. */
    x = reel_state(t, "large", REEL_F64, REEL_SHAPE(20, 30), NULL);
    reel_node *c = reel_scalar(t, REEL_F64, 2), *unused = reel_exp(x);

    /* equal nodes are one; commuted ones are not */
    assert_kernels(2, 3, reel_add(reel_exp(x), reel_exp(x)));
    assert_kernels(3, 3, reel_add(reel_mul(x, unused), unused));
    assert_kernels(1, 1, reel_affine(x, 2, 3));
    assert_kernels(2, 2, reel_affine(x, 2, 3), reel_affine(x, 2, 4));
    assert_kernels(1, 2, reel_affine(x, 2, 3), reel_affine(x, 2, 3));
    assert_kernels(1, 4, reel_add(x, reel_scalar(t, REEL_F64, 2)),
                 reel_add(x, reel_scalar(t, REEL_F64, 2)));
    /* what no output needs is left out */
    assert_kernels(1, 1, reel_neg(x));
    assert_kernels(0, 0, x);
    assert_kernels(0, 0, c);
    /* constants are folded, to the end */
    assert_kernels(0, 2, reel_exp(reel_neg(c)));
    assert_kernels(1, 4, reel_mul(x, reel_exp(reel_neg(c))));
    assert_kernels(0, 4, reel_concat(REEL_NODES(
                           reel_reshape(c, REEL_SHAPE(1)),
                           reel_reshape(c, REEL_SHAPE(1))), 0));
    /* movement takes none, but for outputs */
    assert_kernels(1, 7, reel_neg(reel_flip(reel_transpose(x), REEL_AXES(0))),
                 reel_reshape(reel_neg(
                     reel_flip(reel_transpose(x), REEL_AXES(0))),
                     REEL_SHAPE(600)));
    assert_kernels(1, 1, reel_transpose(x));
    /* matrix products read transposed operands as they lie */
    assert_kernels(1, 2, reel_matmul(x, reel_transpose(x)));
}
END_TEST

/* Different parameters are never one, equal as they may be. */
START_TEST(test_leaves_are_not_merged)
{
    reel_node *a = reel_state(t, "a", REEL_F64, REEL_SHAPE(100), NULL);
    reel_node *b = reel_state(t, "b", REEL_F64, REEL_SHAPE(100), NULL);
    reel_node *y = reel_sub(reel_affine(a, 1, 1), reel_affine(b, 1, 1));
    reel_program *p = run_once(t, y);

    ck_assert_uint_eq(kernels_in(p), 3);
    ck_assert_double_eq(value_at(y, 99), 0);
    ((double *)reel_data(b))[99] = 5;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_eq(value_at(y, 99), -5);
    reel_program_free(p);
}
END_TEST

START_TEST(test_memory_is_used_again)
{
    enum { LENGTH = 100, BYTES = 1000 * sizeof(double) };
    reel_node *start = reel_input(t, "start", REEL_F64, REEL_SHAPE(1000));
    reel_node *y = start, *kept = NULL;
    for (int i = 0; i < LENGTH; i++) {
        y = i % 2 ? reel_exp(y) : reel_log(y);
        if (i == LENGTH / 2)
            kept = y;
    }
    reel_program *one = reel_compile(t, REEL_NODES(y));
    reel_program *two = reel_compile(t, REEL_NODES(y, kept));
    reel_program *plain =
        reel_compile_with(t, REEL_NODES(y), REEL_COMPILE_PLAIN);
    assert_ok(t);
    ck_assert_uint_eq(reel_program_bytes(one), BYTES); /* all in place */
    ck_assert_uint_ge(reel_program_bytes(two), 2 * BYTES);
    ck_assert_uint_le(reel_program_bytes(two), 3 * BYTES);
    ck_assert_uint_ge(reel_program_bytes(plain), LENGTH * BYTES);

    double data[1000];
    for (int i = 0; i < 1000; i++)
        data[i] = i + 1;
    reel_bind(start, data);
    reel_run(plain);
    double expected = value_at(y, 999);
    reel_run(two);
    assert_ok(t);
    ck_assert_double_eq(value_at(y, 999), expected);
    ck_assert_double_eq_tol(value_at(kept, 999), log(1000), 1e-9);
    reel_run(one);
    ck_assert_double_eq(value_at(y, 999), expected);
    reel_program_free(one);
    reel_program_free(two);
    reel_program_free(plain);
}
END_TEST

/* Buffers of many sizes, alive for many spans: none may lie on another. */
START_TEST(test_memory_of_many_spans)
{
    enum { NODES = 300 };
    reel_node *node[NODES], *out[NODES / 4];
    uint32_t r = 12345;
    size_t outs = 0;
    for (int i = 0; i < NODES; i++) {
        r = r * 1664525u + 1013904223u;
        int64_t size = 1 + (int64_t)(r >> 16) % 40;
        if (i < 5) {
            node[i] = reel_expand(reel_reshape(
                reel_slice(x, (int64_t[]){0, i % 3}, (int64_t[]){1, i % 3 + 1},
                           NULL), REEL_SHAPE(1)), REEL_SHAPE(size));
            continue;
        }
        reel_node *a = node[i - 1 - (int)(r >> 8) % (i < 40 ? i : 40)];
        reel_node *b = node[i - 1 - (int)(r >> 4) % (i < 9 ? i : 9)];
        reel_node *joined = reel_concat(REEL_NODES(a, b), 0);
        int64_t n = reel_count(joined), stop = size < n ? size : n;
        node[i] = reel_affine(
            reel_flip(reel_slice(joined, (int64_t[]){0}, &stop, NULL),
                      REEL_ALL), -0.99, 0.1 * i);
        if (i % 7 == 0)
            node[i] = reel_mul(node[i], reel_tanh(node[i]));
        if (i % 6 == 0)
            out[outs++] = node[i];
    }
    reel_nodes outputs = {outs, out};
    reel_program *fast = reel_compile(t, outputs);
    reel_program *plain = reel_compile_with(t, outputs, REEL_COMPILE_PLAIN);
    assert_ok(t);
    ck_assert_uint_lt(2 * reel_program_bytes(fast),
                      reel_program_bytes(plain));
    reel_workspace *v = reel_workspace_new(fast);
    reel_workspace *w = reel_workspace_new(plain);
    ck_assert_int_eq(reel_run_in(fast, v), REEL_OK);
    ck_assert_int_eq(reel_run_in(plain, w), REEL_OK);
    for (size_t i = 0; i < outs; i++) {
        const double *a = reel_workspace_data(v, out[i]);
        const double *b = reel_workspace_data(w, out[i]);
        for (int64_t k = 0; k < reel_count(out[i]); k++)
            if (!(fabs(a[k] - b[k]) <= 1e-12 * (1 + fabs(b[k]))))
                ck_abort_msg("output %zu, element %d: %.17g, plain %.17g", i,
                             (int)k, a[k], b[k]);
    }
    reel_workspace_free(v);
    reel_workspace_free(w);
    reel_program_free(fast);
    reel_program_free(plain);
}
END_TEST

START_TEST(test_second_run_allocates_nothing)
{
    memory m;
    memory_init(&m);
    reel_tape *mine = reel_tape_new_with(&m.allocator);
    reel_node *w = reel_parameter(mine, "w", REEL_F64, REEL_SHAPE(20, 30),
                                  NULL);
    reel_node *in = reel_input(mine, "in", REEL_F64, REEL_SHAPE(10, 20));
    reel_node *label = reel_input(mine, "label", REEL_I32, REEL_SHAPE(10));
    reel_node *loss = reel_cross_entropy_loss(reel_matmul(in, w), label);
    reel_node *step = reel_assign(
        w, reel_sub(w, reel_affine(reel_gradient(loss, w), 0.1, 0)));
    reel_program *p = reel_compile(mine, REEL_NODES(loss, step));
    double data[200];
    int32_t labels[10];
    for (int i = 0; i < 200; i++)
        data[i] = sin(i);
    for (int i = 0; i < 10; i++)
        labels[i] = i;
    reel_set(in, data);
    reel_set(label, labels);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_eq_tol(reel_item(loss), log(30), 1e-14);
    size_t calls = m.calls, bytes = m.bytes, known = reel_program_bytes(p);
    for (int i = 0; i < 5; i++) {
        double before = reel_item(loss);
        reel_set(in, data);
        reel_bind(label, labels);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        ck_assert_double_lt(reel_item(loss), before);
    }
    ck_assert_uint_eq(m.calls, calls);
    ck_assert_uint_eq(m.bytes, bytes);
    ck_assert_uint_eq(reel_program_bytes(p), known);
    reel_program_free(p);
    reel_tape_free(mine);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_outputs_of_every_kind);
    tcase_add_test(all, test_two_programs_of_one_node);
    tcase_add_test(all, test_program_after_its_tape);
    tcase_add_test(all, test_kernels);
    tcase_add_test(all, test_leaves_are_not_merged);
    tcase_add_test(all, test_memory_is_used_again);
    tcase_add_test(all, test_memory_of_many_spans);
    tcase_add_test(all, test_second_run_allocates_nothing);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
