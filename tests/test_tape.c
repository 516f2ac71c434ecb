/* test_tape.c: tapes and nodes: rewinding, feeding leaves, names, locations,
 * the first error.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "support.h"

static memory m;
static reel_tape *t;

static void setup(void)
{
    memory_init(&m);
    t = reel_tape_new_with(&m.allocator);
    ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
    reel_tape_free(t);
    ck_assert_uint_eq(m.blocks, 0);
    ck_assert_uint_eq(m.bytes, 0);
}

/* ------------------------------------------------------------------- nodes */

START_TEST(test_about_a_node)
{
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(2, 1, 3));
    reel_node *y = reel_mul(x, x); int line = __LINE__;
    reel_shape s = reel_shape_of(y);

    ck_assert_ptr_eq(reel_tape_of(y), t);
    ck_assert_uint_eq(reel_tape_count(t), 2);
    ck_assert_uint_eq(reel_id(x), 0);
    ck_assert_uint_eq(reel_id(y), 1);
    ck_assert_ptr_eq(reel_tape_node(t, 1), y);
    ck_assert_ptr_null(reel_tape_node(t, 2));
    ck_assert_str_eq(reel_op_name(x), "input");
    ck_assert_str_eq(reel_op_name(y), "mul");
    ck_assert_str_eq(reel_name(x), "x");
    ck_assert_str_eq(reel_name(y), "");
    ck_assert_int_eq(reel_dtype_of(y), REEL_F32);
    ck_assert_int_eq(s.ndim, 3);
    ck_assert(s.dim[0] == 2 && s.dim[1] == 1 && s.dim[2] == 3);
    ck_assert_int_eq(reel_count(y), 6);
    ck_assert_uint_eq(reel_bytes(y), 24);
    ck_assert_uint_eq(reel_arity(x), 0);
    ck_assert_uint_eq(reel_arity(y), 2);
    ck_assert_ptr_eq(reel_operand(y, 1), x);
    ck_assert_ptr_null(reel_operand(y, 2));
    ck_assert_str_eq(reel_file(y), __FILE__);
    ck_assert_int_eq(reel_line(y), line);
    ck_assert_ptr_null(reel_data(x));
    ck_assert_double_nan(reel_item(x));
}
END_TEST

START_TEST(test_about_no_node)
{
    reel_mark mark = reel_tape_mark(NULL);

    ck_assert_ptr_null(reel_tape_of(NULL));
    ck_assert_uint_eq(reel_tape_count(NULL), 0);
    ck_assert_ptr_null(reel_tape_node(NULL, 0));
    ck_assert_uint_eq(reel_id(NULL), SIZE_MAX);
    ck_assert_str_eq(reel_op_name(NULL), "");
    ck_assert_str_eq(reel_name(NULL), "");
    ck_assert_int_eq(reel_count(NULL), 0);
    ck_assert_uint_eq(reel_bytes(NULL), 0);
    ck_assert_int_eq(reel_shape_of(NULL).ndim, 0);
    ck_assert_uint_eq(reel_arity(NULL), 0);
    ck_assert_ptr_null(reel_operand(NULL, 0));
    ck_assert_ptr_null(reel_file(NULL));
    ck_assert_int_eq(reel_line(NULL), 0);
    ck_assert_ptr_null(reel_data(NULL));
    ck_assert_double_nan(reel_item(NULL));
    ck_assert_uint_eq(mark.nodes, 0);
    reel_tape_free(NULL);
    reel_clear_error(NULL);
}
END_TEST

/* A call nested in another's arguments reports its own line; what a function
 * of the library records, the user's. */
START_TEST(test_locations)
{
    reel_node *x = reel_scalar(t, REEL_F64, 2); int first = __LINE__;
    reel_node *y = reel_exp(
        reel_neg(x)
    ); int last = __LINE__;
    reel_node *d = reel_gradient(y, x); int gradient = __LINE__;
    size_t nodes = reel_tape_count(t);

    ck_assert_int_eq(reel_line(x), first);
    ck_assert_int_le(reel_line(reel_operand(y, 0)), last);
    ck_assert_int_gt(reel_line(reel_operand(y, 0)), first);
    ck_assert_ptr_nonnull(d);
    for (size_t i = 0; i < nodes; i++) {
        ck_assert_str_eq(reel_file(reel_tape_node(t, i)), __FILE__);
        ck_assert_int_ge(reel_line(reel_tape_node(t, i)), first);
        ck_assert_int_le(reel_line(reel_tape_node(t, i)), gradient);
    }
    (reel_neg)(x); /* the plain function */
    ck_assert_ptr_null(reel_file(reel_tape_node(t, nodes)));
    ck_assert_int_eq(reel_line(reel_tape_node(t, nodes)), 0);
}
END_TEST

START_TEST(test_names)
{
    char name[] = "weights";
    reel_node *x = reel_parameter(t, name, REEL_F64, REEL_SCALAR, NULL);
    name[0] = '?'; /* it is copied */
    ck_assert_str_eq(reel_name(x), "weights");
    reel_node *y = reel_neg(x);
    ck_assert_int_eq(reel_set_name(y, "minus"), REEL_OK);
    ck_assert_str_eq(reel_name(y), "minus");
    ck_assert_int_eq(reel_set_name(y, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_set_name(NULL, "x"), REEL_EVALUE);
    ck_assert_str_eq(reel_name(y), "minus");
    ck_assert_str_eq(reel_name(reel_input(t, NULL, REEL_F64, REEL_SCALAR)),
                     "");
}
END_TEST

/* ----------------------------------------------------------------- feeding */

START_TEST(test_bind_and_set)
{
    float mine[] = {1, 2, 3}, other[] = {7, 8, 9};
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(3));
    reel_node *y = reel_affine(x, 2, 0);
    reel_program *p = reel_compile(t, REEL_NODES(y));

    ck_assert_int_eq(reel_bind(x, mine), REEL_OK);
    ck_assert_ptr_eq(reel_data(x), mine);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(y, 0, 2, 4, 6);
    mine[1] = 5; /* not copied */
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(y, 0, 2, 10, 6);

    ck_assert_int_eq(reel_set(x, other), REEL_OK);
    ck_assert_ptr_ne(reel_data(x), mine);
    other[0] = 0; /* copied */
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(y, 0, 14, 16, 18);
    assert_values(x, 0, 7, 8, 9);
    ck_assert_float_eq(mine[0], 1);

    void *own = reel_data(x);
    ck_assert_int_eq(reel_bind(x, mine), REEL_OK);
    ck_assert_int_eq(reel_set(x, other), REEL_OK);
    ck_assert_ptr_eq(reel_data(x), own);
    ck_assert_float_eq(mine[0], 1);

    ck_assert_int_eq(reel_bind(x, NULL), REEL_OK);
    ck_assert_ptr_null(reel_data(x));
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    reel_clear_error(t);
    reel_program_free(p);
}
END_TEST

START_TEST(test_leaves_hold_copies)
{
    double data[20], more[20];
    for (int i = 0; i < 20; i++)
        data[i] = i, more[i] = -i;
    reel_node *p = reel_parameter(t, "p", REEL_F64, REEL_SHAPE(4, 5), data);
    reel_node *s = reel_state(t, "s", REEL_F64, REEL_SHAPE(4, 5), NULL);
    reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(4, 5), data);
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(4, 5));
    memset(data, 0, sizeof data);

    for (int i = 0; i < 20; i++) {
        ck_assert_double_eq(value_at(p, i), i);
        ck_assert_double_eq(value_at(s, i), 0);
        ck_assert_double_eq(value_at(c, i), i);
    }
    ck_assert_int_eq(reel_set(p, more), REEL_OK);
    ck_assert_int_eq(reel_set(s, more), REEL_OK);
    ck_assert_int_eq(reel_set(x, more), REEL_OK);
    ck_assert_int_eq(reel_set(c, more), REEL_EVALUE);
    assert_error(t, REEL_EVALUE,
                 "constant: only an input, parameter or state can be set");
    ck_assert_double_eq(value_at(p, 3), -3);
    ck_assert_double_eq(value_at(s, 3), -3);
    ck_assert_double_eq(value_at(x, 3), -3);
    ck_assert_double_eq(value_at(c, 3), 3);
    ((double *)reel_data(p))[3] = 0.25; /* may be written in place */
    ck_assert_double_eq(value_at(p, 3), 0.25);
    ck_assert_uint_eq((uintptr_t)reel_data(p) % 64, 0);
}
END_TEST

START_TEST(test_scalars_and_full)
{
    const float tenth = 0.1f; /* a constant may have a double's precision */
    ck_assert_double_eq(reel_item(reel_scalar(t, REEL_F32, 0.1)),
                        (double)tenth);
    ck_assert_double_eq(reel_item(reel_scalar(t, REEL_BOOL, 1)), 1);
    ck_assert_double_eq(reel_item(reel_scalar(t, REEL_U8, 255)), 255);
    ck_assert_double_eq(reel_item(reel_scalar(t, REEL_I32, -2147483648.0)),
                        -2147483648.0);
    ck_assert_double_eq(reel_item(reel_scalar(t, REEL_I64, -0x1p63)), -0x1p63);
    ck_assert_double_nan(reel_item(reel_scalar(t, REEL_F64, NAN)));
    reel_node *f = reel_full(t, REEL_I32, REEL_SHAPE(2, 2), 7);
    reel_node *none = reel_full(t, REEL_F64, REEL_SHAPE(0, 3), 1);
    reel_program *p = run_once(t, f, none);
    assert_values(f, 0, 7, 7, 7, 7);
    ck_assert_int_eq(reel_count(none), 0);
    ck_assert_double_nan(reel_item(f)); /* not one element */
    reel_program_free(p);
}
END_TEST

/* --------------------------------------------------------------- rewinding */

START_TEST(test_rewind_drops)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){1, 2});
    reel_node *loss = reel_sum(reel_square(x), REEL_ALL, false);
    reel_node *kept = reel_gradient(loss, x);
    reel_mark outer = reel_tape_mark(t);
    size_t count = reel_tape_count(t);
    reel_node *more = reel_mul(loss, loss);
    reel_mark inner = reel_tape_mark(t);
    double large[100] = {0};
    reel_constant(t, REEL_F64, REEL_SHAPE(100), large);
    reel_node *d = reel_gradient(more, x);
    reel_program *p = run_once(t, more, d);
    assert_values(more, 0, 25);
    assert_values(d, 0, 20, 40);

    ck_assert_int_eq(reel_tape_rewind(t, inner), REEL_OK);
    ck_assert_uint_eq(reel_tape_count(t), count + 1);
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    ck_assert_int_eq(reel_status_of(t), REEL_OK);
    ck_assert_ptr_null(reel_data(more)); /* its program is out of use */
    reel_program_free(p);

    d = reel_gradient(more, x); /* not the node that is gone */
    p = run_once(t, d, more);
    assert_values(d, 0, 20, 40);
    ck_assert_int_eq(reel_tape_rewind(t, outer), REEL_OK);
    ck_assert_uint_eq(reel_tape_count(t), count);
    ck_assert_int_eq(reel_tape_rewind(t, inner), REEL_EVALUE);
    ck_assert_int_eq(reel_tape_rewind(NULL, inner), REEL_EVALUE);
    ck_assert_uint_eq(reel_tape_count(t), count);
    reel_program_free(p);

    ck_assert_ptr_eq(reel_gradient(loss, x), kept); /* from before the mark */
    p = run_once(t, kept);
    assert_values(kept, 0, 2, 4);
    ck_assert_int_eq(reel_tape_rewind(t, outer), REEL_OK);
    ck_assert_int_eq(reel_run(p), REEL_OK); /* uses nothing that was dropped */
    reel_program_free(p);
}
END_TEST

START_TEST(test_rewind_and_errors)
{
    reel_mark clean = reel_tape_mark(t);
    ck_assert_ptr_null(reel_scalar(t, REEL_U8, -1));
    reel_mark dirty = reel_tape_mark(t);
    ck_assert_ptr_null(reel_scalar(t, REEL_U8, 1)); /* until it is cleared */
    ck_assert_int_eq(reel_tape_rewind(t, dirty), REEL_OK);
    ck_assert_int_eq(reel_status_of(t), REEL_EVALUE); /* came before */
    ck_assert_int_eq(reel_tape_rewind(t, clean), REEL_OK);
    assert_ok(t);
    ck_assert_ptr_nonnull(reel_scalar(t, REEL_U8, 1));
}
END_TEST

/* Names and storage that older nodes got after the mark. */
START_TEST(test_rewind_leaves_older_nodes_alone)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2));
    reel_node *y = reel_neg(x);
    reel_set_name(y, "before");
    reel_mark mark = reel_tape_mark(t);
    reel_set(x, (double[]){1, 2});
    reel_set_name(y, "after");
    reel_set_name(y, "later");
    reel_set_name(x, "renamed");
    reel_node *z = reel_exp(y);
    reel_set_name(z, "dropped");
    ck_assert_str_eq(reel_name(y), "later");
    ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
    for (int i = 0; i < 100; i++) /* over what was given back */
        reel_scalar(t, REEL_F64, i);
    ck_assert_str_eq(reel_name(y), "before");
    ck_assert_str_eq(reel_name(x), "x");
    assert_values(x, 0, 1, 2);
    reel_set(x, (double[]){3, 4});
    assert_values(x, 0, 3, 4);
    assert_values(reel_tape_node(t, 2), 0, 0);
}
END_TEST

static reel_node *record(size_t n, reel_node *x)
{
    for (size_t i = 0; i < n; i++)
        x = reel_add(reel_exp(x), reel_scalar(t, REEL_F64, (double)i));
    return reel_sum(x, REEL_ALL, false);
}

/* In the long run a graph recorded anew in every step allocates nothing. */
START_TEST(test_recording_anew_allocates_nothing)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3), NULL);
    reel_mark mark = reel_tape_mark(t);
    size_t calls = 0;
    for (int i = 0; i < 100; i++) {
        ck_assert_ptr_nonnull(record(300, x));
        ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
        if (i == 0)
            calls = m.calls;
    }
    ck_assert_uint_eq(m.calls, calls);
}
END_TEST

/* Nor does it hold more and more, with gradients and programs. */
START_TEST(test_steps_hold_no_more)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3), NULL);
    reel_mark mark = reel_tape_mark(t);
    size_t bytes = 0;
    for (int i = 0; i < 20; i++) {
        reel_node *loss = record(30, x);
        reel_program *p = run_once(t, loss, reel_gradient(loss, x));
        reel_program_free(p);
        ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
        if (i == 1) /* from now on there is a program to be compiled again */
            bytes = m.bytes;
    }
    ck_assert_uint_eq(m.bytes, bytes);
}
END_TEST

/* ------------------------------------------------------------------ errors */

START_TEST(test_first_error_stays)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2));
    reel_node *u = reel_input(t, "u", REEL_U8, REEL_SHAPE(3));
    int line = __LINE__ + 1;
    ck_assert_ptr_null(reel_exp(u));
    ck_assert_ptr_null(reel_add(x, reel_exp(x))); /* nothing more is recorded */
    ck_assert_ptr_null(reel_reshape(x, REEL_SHAPE(3)));
    ck_assert_ptr_null(reel_gradient(x, x));
    ck_assert_ptr_null(reel_compile(t, REEL_NODES(x)));
    ck_assert_uint_eq(reel_tape_count(t), 2);
    assert_error(t, REEL_EDTYPE,
                 "%s:%d: exp: needs f32 or f64, not u8: cast it (reel_cast)",
                 __FILE__, line);
    ck_assert_ptr_nonnull(reel_exp(x)); /* and on it goes */
}
END_TEST

START_TEST(test_no_tape)
{
    ck_assert_int_eq(reel_status_of(NULL), REEL_ENOMEM);
    ck_assert_str_eq(reel_message(NULL), "out of memory");
    ck_assert_ptr_null(reel_input(NULL, "x", REEL_F64, REEL_SCALAR));
    ck_assert_ptr_null(reel_parameter(NULL, "x", REEL_F64, REEL_SCALAR, NULL));
    ck_assert_ptr_null(reel_parameter(NULL, "x", REEL_U8, REEL_SCALAR, NULL));
    ck_assert_ptr_null(reel_state(NULL, "x", REEL_F64, REEL_SCALAR, NULL));
    ck_assert_ptr_null(reel_constant(NULL, REEL_F64, REEL_SCALAR, NULL));
    ck_assert_ptr_null(reel_scalar(NULL, REEL_F64, 1));
    ck_assert_ptr_null(reel_scalar(NULL, REEL_U8, -1));
    ck_assert_ptr_null(reel_full(NULL, REEL_F64, REEL_SHAPE(3), 1));
    ck_assert_ptr_null(reel_compile(NULL, REEL_NODES(NULL)));
    ck_assert_int_eq(reel_bind(NULL, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_set(NULL, NULL), REEL_EVALUE);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("tape");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_about_a_node);
    tcase_add_test(all, test_about_no_node);
    tcase_add_test(all, test_locations);
    tcase_add_test(all, test_names);
    tcase_add_test(all, test_bind_and_set);
    tcase_add_test(all, test_leaves_hold_copies);
    tcase_add_test(all, test_scalars_and_full);
    tcase_add_test(all, test_rewind_drops);
    tcase_add_test(all, test_rewind_and_errors);
    tcase_add_test(all, test_rewind_leaves_older_nodes_alone);
    tcase_add_test(all, test_recording_anew_allocates_nothing);
    tcase_add_test(all, test_steps_hold_no_more);
    tcase_add_test(all, test_first_error_stays);
    tcase_add_test(all, test_no_tape);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
