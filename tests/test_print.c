/* test_print.c: values, tapes, graphs and programs as text.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

static void assert_prints(const reel_node *node, const char *expected)
{
    const char *text;
    TEXT_OF(text, reel_print(node, stream));
    ck_assert_str_eq(text, expected);
}

START_TEST(test_values)
{
    assert_prints(reel_scalar(t, REEL_F64, 0.1), "0.10000000000000001\n");
    assert_prints(reel_scalar(t, REEL_F32, 0.1), "0.100000001\n");
    assert_prints(reel_scalar(t, REEL_I64, -7), "-7\n");
    assert_prints(reel_constant(t, REEL_BOOL, REEL_SHAPE(2),
                                (uint8_t[]){1, 0}),
                  "[true, false]\n");
    assert_prints(reel_constant(t, REEL_U8, REEL_SHAPE(3),
                                (uint8_t[]){0, 7, 255}),
                  "[0, 7, 255]\n");
    assert_prints(reel_constant(t, REEL_I32, REEL_SHAPE(2, 2),
                                (int32_t[]){1, -2, 3, INT32_MIN}),
                  "[[1, -2],\n [3, -2147483648]]\n");
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(2, 1, 2),
                                (double[]){1, 2.5, INFINITY, -0.0}),
                  "[[[1, 2.5]],\n [[inf, -0]]]\n");
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(0), NULL), "[]\n");
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(2, 0), NULL),
                  "[[],\n []]\n");
}
END_TEST

START_TEST(test_long_axes)
{
    double data[2 * 13];
    for (int i = 0; i < 26; i++)
        data[i] = i;
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(12), data),
                  "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n");
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(2, 13), data),
                  "[[0, 1, 2, ..., 10, 11, 12],\n"
                  " [13, 14, 15, ..., 23, 24, 25]]\n");
    assert_prints(reel_constant(t, REEL_F64, REEL_SHAPE(13, 2), data),
                  "[[0, 1],\n [2, 3],\n [4, 5],\n ...,\n"
                  " [20, 21],\n [22, 23],\n [24, 25]]\n");
}
END_TEST

/* Digits enough to read back the same value. */
START_TEST(test_digits)
{
    double d = nextafter(1.0 / 3, 1), back;
    float f = nextafterf(1.0f / 3, 1), fback;
    const char *text;
    TEXT_OF(text, reel_print(reel_scalar(t, REEL_F64, d), stream));
    ck_assert_int_eq(sscanf(text, "%lf", &back), 1);
    ck_assert_double_eq(back, d);
    TEXT_OF(text, reel_print(reel_scalar(t, REEL_F32, (double)f), stream));
    ck_assert_int_eq(sscanf(text, "%f", &fback), 1);
    ck_assert_float_eq(fback, f);
}
END_TEST

START_TEST(test_no_value)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SCALAR);
    ck_assert_int_eq(reel_print(x, stdout), REEL_ESTATE);
    ck_assert_int_eq(reel_print(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_print(x, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_print_tape(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_print_tape(t, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_write_dot(REEL_NODES(x), NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_write_dot((reel_nodes){0, NULL}, stdout),
                     REEL_EVALUE);
    ck_assert_int_eq(reel_write_dot(REEL_NODES(x, NULL), stdout),
                     REEL_EVALUE);
    ck_assert_int_eq(reel_program_print(NULL, stdout), REEL_EVALUE);
}
END_TEST

START_TEST(test_stream_that_refuses)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        return; /* not on every system */
    setvbuf(full, NULL, _IONBF, 0);
    reel_node *x = reel_scalar(t, REEL_F64, 1), *y = reel_neg(x);
    reel_program *p = reel_compile(t, REEL_NODES(y));
    ck_assert_int_eq(reel_print(x, full), REEL_EIO);
    ck_assert_int_eq(reel_print_tape(t, full), REEL_EIO);
    ck_assert_int_eq(reel_write_dot(REEL_NODES(y), full), REEL_EIO);
    ck_assert_int_eq(reel_program_print(p, full), REEL_EIO);
    assert_ok(t);
    reel_program_free(p);
    fclose(full);
}
END_TEST

START_TEST(test_tape)
{
    const char *text;
    char expected[1000];
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(2, 3));
    int first = __LINE__ - 1;
    reel_node *y = reel_sum(reel_mul(x, x), REEL_ALL, false);
    int second = __LINE__ - 1;
    reel_set_name(y, "loss");
    (reel_neg)(y);
    TEXT_OF(text, reel_print_tape(t, stream));
    snprintf(expected, sizeof expected,
             "%%0     input          f32  [2, 3]         'x'  %s:%d\n"
             "%%1     mul            f32  [2, 3]         %%0 %%0  %s:%d\n"
             "%%2     sum            f32  []             %%1 'loss'  %s:%d\n"
             "%%3     neg            f32  []             %%2\n",
             __FILE__, first, __FILE__, second, __FILE__, second);
    ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(test_program)
{
    const char *text;
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(300));
    reel_node *s = reel_state(t, NULL, REEL_F64, REEL_SHAPE(300, 2), NULL);
    reel_node *y = reel_exp(reel_add(x, x));
    reel_node *spread = reel_expand(reel_reshape(y, REEL_SHAPE(300, 1)),
                                    REEL_SHAPE(300, 2));
    reel_node *scale = reel_full(t, REEL_F64, REEL_SHAPE(300, 2), 2);
    reel_node *up = reel_assign(s, reel_mul(spread, reel_exp(scale)));
    reel_program *p = reel_compile(t, REEL_NODES(y, up));
    assert_ok(t);
    TEXT_OF(text, reel_program_print(p, stream));
    /* 2400 bytes of y, rounded to 2432, 4800 of folded e^2. */
    ck_assert_str_eq(
        text,
        "2 steps, 7232 bytes, 3 leaves, 2 outputs\n"
        "    0  add+exp      [1, 300]  arena+0(0 1) <- input x+0(0 1)\n"
        "    1= mul          [300, 2]  state+0(2 1) <- arena+0(1 0), "
        "folded+0(2 1)\n");
    reel_program_free(p);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("print");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_values);
    tcase_add_test(all, test_long_axes);
    tcase_add_test(all, test_digits);
    tcase_add_test(all, test_no_value);
    tcase_add_test(all, test_stream_that_refuses);
    tcase_add_test(all, test_tape);
    tcase_add_test(all, test_program);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
