/* test_custom.c: custom ops in programs, derivatives and the gradient check.
 *
 * SPDX-License-Identifier: MIT */
#include "core/internal.h"
#include "custom_ops.h"

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_set_threads(0);
    reel_tape_free(t);
}

static reel_node *parameter(reel_dtype dtype, reel_shape shape)
{
    reel_node *n = reel_parameter(t, "x", dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++)
        reel__store(dtype, reel_data(n), i,
                    (long double)(2 * sin(1.3 * (double)i + (double)n->id)));
    return n;
}

static reel_node *total(reel_node *x)
{
    return reel_sum(x, REEL_ALL, false);
}

/* Both have the same value, in programs of both kinds. */
static void alike(reel_node *a, reel_node *b)
{
    assert_ok(t);
    ck_assert_int_eq(reel_count(a), reel_count(b));
    double epsilon = reel_dtype_of(a) == REEL_F32 ? 4e-6 : 1e-13;
    for (unsigned flags = 0; flags < 2; flags++) {
        reel_program *p = support_run_once(t, REEL_NODES(a, b), flags,
                                           __FILE__, __LINE__);
        for (int64_t i = 0; i < reel_count(a); i++) {
            double x = value_at(a, i), y = value_at(b, i);
            if (!(fabs(x - y) <= epsilon * fmax(1, fabs(y))))
                ck_abort_msg("element %d: %.17g, not %.17g", (int)i, x, y);
        }
        reel_program_free(p);
    }
}

/* -------------------------------------------------------------- derivatives */

/* Swish is silu: value, both derivatives, in the midst of a graph. */
START_TEST(test_swish)
{
    const reel_custom_op *op = &swishes[_i / 2];
    reel_dtype dtype = _i % 2 ? REEL_F32 : REEL_F64;
    reel_node *x = parameter(dtype, REEL_SHAPE(3, 5));
    reel_node *v = parameter(dtype, REEL_SHAPE(3, 5));
    reel_node *in = reel_tanh(x);
    reel_node *a = reel_custom(op, REEL_NODES(in)), *b = reel_silu(in);
    ck_assert_str_eq(reel_op_name(a), op->name);
    alike(a, b);
    alike(reel_gradient(total(reel_square(a)), x),
          reel_gradient(total(reel_square(b)), x));
    alike(reel_jvp(reel_square(a), REEL_NODES(x), REEL_NODES(v)),
          reel_jvp(reel_square(b), REEL_NODES(x), REEL_NODES(v)));
}
END_TEST

/* Its second and third, where rules record nodes. */
START_TEST(test_higher)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *v = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *a = total(reel_square(reel_custom(&swishes[_i],
                                                 REEL_NODES(x))));
    reel_node *b = total(reel_square(reel_silu(x)));
    reel_node *h = reel_hessian(a, x), *k = reel_hessian(b, x);
    alike(h, k);
    alike(reel_hvp(a, x, v), reel_hvp(b, x, v));
    alike(reel_gradient(total(h), x), reel_gradient(total(k), x));
    alike(reel_jacobian(h, x), reel_jacobian(k, x));
}
END_TEST

/* Several operands, another shape, the same operand twice, one alone. */
START_TEST(test_outer)
{
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *b = parameter(REEL_F64, REEL_SHAPE(4));
    reel_node *da = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *db = parameter(REEL_F64, REEL_SHAPE(4));
    reel_node *ab = reel_custom(&outers[_i], REEL_NODES(a, b));
    reel_node *aa = reel_custom(&outers[_i], REEL_NODES(a, a));
    reel_node *c = reel_unsqueeze(a, 1);
    reel_node *want = reel_mul(c, b), *twice = reel_mul(c, a);
    ck_assert_int_eq(reel_shape_of(ab).ndim, 2);
    alike(ab, want);
    alike(reel_gradient(total(reel_sin(ab)), a),
          reel_gradient(total(reel_sin(want)), a));
    alike(reel_gradient(total(reel_sin(ab)), b),
          reel_gradient(total(reel_sin(want)), b));
    alike(reel_gradient(total(reel_sin(aa)), a),
          reel_gradient(total(reel_sin(twice)), a));
    alike(reel_jvp(ab, REEL_NODES(a, b), REEL_NODES(da, db)),
          reel_jvp(want, REEL_NODES(a, b), REEL_NODES(da, db)));
    alike(reel_jvp(ab, REEL_NODES(b), REEL_NODES(db)),
          reel_jvp(want, REEL_NODES(b), REEL_NODES(db)));
    alike(reel_jvp(aa, REEL_NODES(a), REEL_NODES(da)),
          reel_jvp(twice, REEL_NODES(a), REEL_NODES(da)));
    alike(reel_jacobian(ab, a), reel_jacobian(want, a));
}
END_TEST

/* Without jvp a tall Jacobian comes row by row. */
START_TEST(test_jacobian_without_jvp)
{
    reel_custom_op op = outers[1];
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(3));
    op.jvp_buffers = NULL;
    alike(reel_jacobian(reel_custom(&op, REEL_NODES(a, a)), a),
          reel_jacobian(reel_mul(reel_unsqueeze(a, 1), a), a));
}
END_TEST

/* An operand that is no float, and the user's data, which are copied. */
START_TEST(test_table)
{
    double scale[] = {2, -1, 0.5};
    reel_custom_op op = table;
    op.user = scale;
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(4));
    reel_node *index = reel_constant(t, REEL_I32, REEL_SHAPE(4),
                                     (int32_t[]){2, 0, 1, 0});
    reel_node *y = reel_custom(&op, REEL_NODES(x, index));
    memset(scale, 0, sizeof scale);
    memset(&op, 0, sizeof op);
    reel_node *k = reel_constant(t, REEL_F64, REEL_SHAPE(4),
                                 (double[]){0.5, 2, -1, 2});
    alike(y, reel_mul(x, k));
    alike(reel_gradient(total(reel_square(y)), x),
          reel_gradient(total(reel_square(reel_mul(x, k))), x));
    alike(reel_jvp(y, REEL_NODES(x), REEL_NODES(x)), reel_mul(x, k));
}
END_TEST

/* ----------------------------------------------------------------- programs */

/* Views come as dense arrays. */
START_TEST(test_dense_operands)
{
    const int64_t start[] = {1, 0}, stop[] = {5, 6}, step[] = {2, 3};
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(5, 6));
    reel_node *row = parameter(REEL_F64, REEL_SHAPE(6));
    reel_node *one = reel_full(t, REEL_F64, REEL_SHAPE(3, 4), 1.5);
    reel_node *views[] = {
        reel_transpose(x), reel_slice(x, start, stop, step),
        reel_flip(x, REEL_AXES(0, 1)), reel_expand(row, REEL_SHAPE(2, 6)), one,
        reel_reshape(reel_transpose(x), REEL_SHAPE(2, 15)),
        reel_slice(x, start, stop, NULL), reel_neg(reel_transpose(x))};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        alike(swish(views[i]), reel_silu(views[i]));
        alike(reel_transpose(swish(views[i])),
              reel_silu(reel_transpose(views[i])));
    }
    reel_node *none = parameter(REEL_F64, REEL_SHAPE(0, 3));
    alike(total(swish(none)), reel_scalar(t, REEL_F64, 0));
}
END_TEST

/* Long and wide graphs in which buffers are used again. */
START_TEST(test_among_others)
{
    for (int64_t n = 1; n <= 4096; n *= 64) {
        reel_node *x = parameter(REEL_F64, REEL_SHAPE(n));
        reel_node *a = x, *b = x;
        for (int i = 0; i < 12; i++) {
            a = i % 3 ? reel_sin(a) : swish(reel_add(reel_mul(a, x), a));
            b = i % 3 ? reel_sin(b) : reel_silu(reel_add(reel_mul(b, x), b));
        }
        alike(a, b);
        alike(reel_gradient(total(a), x), reel_gradient(total(b), x));
    }
}
END_TEST

static int calls; /* the programs are too small for several threads */

static reel_status counting(reel_custom_call *call)
{
    const double *scale = call->user, *x = call->in[0].data;
    double *y = call->out.data;
    calls++;
    for (int64_t i = 0; i < call->out.count; i++)
        y[i] = (scale ? *scale : 1) * x[i];
    return REEL_OK;
}

/* How often a run of a program of these nodes calls it. */
static int counted(reel_nodes outputs, unsigned flags)
{
    reel_program *p = reel_compile_with(t, outputs, flags);
    assert_ok(t);
    calls = 0;
    reel_run(p);
    int once = calls;
    reel_run(p);
    ck_assert_int_eq(calls, 2 * once);
    assert_ok(t);
    reel_program_free(p);
    return once;
}

/* Equal nodes are computed once, others not; constants are not folded, what
 * nothing needs is not computed. */
START_TEST(test_equal_nodes)
{
    double two = 2, three = 3, again = 2;
    reel_custom_op op = {.name = "scale", .flags = REEL_CUSTOM_F64_ONLY,
                         .forward = counting, .user = &two,
                         .user_bytes = sizeof two};
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *a = reel_custom(&op, REEL_NODES(x));
    op.user = &again;
    reel_node *b = reel_custom(&op, REEL_NODES(x));
    op.user = &three;
    reel_node *c = reel_custom(&op, REEL_NODES(x));
    op.user_bytes = 0;
    reel_node *d = reel_custom(&op, REEL_NODES(x));
    reel_node *e = reel_custom(&op, REEL_NODES(x));
    op.user = &two;
    reel_node *f = reel_custom(&op, REEL_NODES(x));
    op.name = "other";
    reel_node *g = reel_custom(&op, REEL_NODES(x));
    ck_assert_int_eq(counted(REEL_NODES(a, b), 0), 1);
    ck_assert_int_eq(counted(REEL_NODES(a, b), REEL_COMPILE_PLAIN), 2);
    ck_assert_int_eq(counted(REEL_NODES(a, b, c), 0), 2);
    ck_assert_int_eq(counted(REEL_NODES(d, e), 0), 1);
    ck_assert_int_eq(counted(REEL_NODES(a, b, c, d, e, f, g), 0), 5);
    alike(a, reel_affine(x, 2, 0));
    alike(c, d);
    alike(f, a);

    calls = 0;
    reel_node *k = reel_full(t, REEL_F64, REEL_SHAPE(2), 5);
    reel_node *s = reel_custom(&op, REEL_NODES(k));
    reel_program *p = reel_compile(t, REEL_NODES(reel_square(s)));
    ck_assert_int_eq(calls, 0);
    reel_program_free(p);
    ck_assert_int_eq(counted(REEL_NODES(reel_square(s)), 0), 1);
    ck_assert_int_eq(counted(REEL_NODES(k), 0), 0);
}
END_TEST

/* A graph recorded anew has the same bytes of attributes. */
START_TEST(test_recorded_anew)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *k = reel_constant(t, REEL_I32, REEL_SHAPE(3), NULL);
    unsigned char before[4][1024];
    for (int again = 0; again < 2; again++) {
        reel_mark mark = reel_tape_mark(t);
        reel_node *y = reel_custom(&table, REEL_NODES(x, k));
        reel_node *n[] = {y, swish(x), reel_gradient(total(y), x),
                          reel_jvp(y, REEL_NODES(x), REEL_NODES(x))};
        for (int i = 0; i < 4; i++) {
            ck_assert_uint_gt(n[i]->attr_bytes, 0);
            ck_assert_uint_le(n[i]->attr_bytes, sizeof *before);
            if (again)
                ck_assert_mem_eq(before[i], n[i]->attr, n[i]->attr_bytes);
            memcpy(before[i], n[i]->attr, n[i]->attr_bytes);
        }
        assert_ok(t);
        reel_tape_rewind(t, mark);
    }
}
END_TEST

/* Only the first run allocates. */
START_TEST(test_steady)
{
    memory m;
    memory_init(&m);
    reel_tape *tape = reel_tape_new_with(&m.allocator);
    reel_node *x = reel_parameter(tape, "x", REEL_F64, REEL_SHAPE(4),
                                  (double[]){-1, 0, 1, 2});
    reel_node *y = reel_custom(&swishes[4], REEL_NODES(x));
    reel_node *dx = reel_gradient(reel_sum(y, REEL_ALL, false), x);
    reel_program *p = run_once(tape, y, dx);
    size_t before = m.calls;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_uint_eq(m.calls, before);
    assert_values(dx, 1e-15, swish_slope(-1), 0.5, swish_slope(1),
                  swish_slope(2));
    reel_program_free(p);
    reel_tape_free(tape);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

/* The same bits for any number of threads, beside steps that are shared out. */
START_TEST(test_threads)
{
    static double kept[2][100003];
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(100003));
    reel_node *y = swish(reel_tanh(reel_mul(x, x)));
    reel_node *dx = reel_gradient(total(reel_exp(swish(y))), x);
    reel_program *p = reel_compile(t, REEL_NODES(y, dx));
    for (int threads = 1; threads < 5; threads++) {
        reel_set_threads(threads);
        reel_run(p);
        assert_ok(t);
        if (threads > 1) {
            ck_assert_mem_eq(kept[0], reel_data(y), sizeof *kept);
            ck_assert_mem_eq(kept[1], reel_data(dx), sizeof *kept);
        }
        memcpy(kept[0], reel_data(y), sizeof *kept);
        memcpy(kept[1], reel_data(dx), sizeof *kept);
    }
    reel_program_free(p);
    ck_assert_double_ne(kept[1][7], 0);
}
END_TEST

/* A chain of them is linear in its length, forward too where there is jvp. */
START_TEST(test_long_chain)
{
    size_t n = support_scaled(3000, 1000);
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2)), *a = x, *b = x;
    for (size_t i = 0; i < n; i++)
        a = swish(reel_affine(a, 1, 0.5));
    for (size_t i = 0; i < n; i++)
        b = reel_silu(reel_affine(b, 1, 0.5));
    alike(a, b);
    alike(reel_gradient(total(a), x), reel_gradient(total(b), x));
    alike(reel_jvp(a, REEL_NODES(x), REEL_NODES(x)),
          reel_jvp(b, REEL_NODES(x), REEL_NODES(x)));
    for (int i = 0; i < 200; i++) /* each by a sweep of its own */
        x = reel_custom(&swishes[1], REEL_NODES(x));
    reel_node *first = t->node[0];
    alike(reel_jvp(x, REEL_NODES(first), REEL_NODES(first)),
          reel_mul(first, reel_gradient(total(x), first)));
}
END_TEST

/* ---------------------------------------------------------- gradient check */

static reel_gradcheck_report report;

static reel_status check(reel_node *loss, reel_nodes params)
{
    reel_gradcheck_free(&report);
    reel_status status = reel_gradcheck(loss, params, NULL, &report);
    assert_ok(t);
    return status;
}

START_TEST(test_check_passes)
{
    reel_custom_op op = swishes[_i / 2];
    reel_dtype dtype = _i % 2 ? REEL_F32 : REEL_F64;
    reel_node *x = parameter(dtype, REEL_SHAPE(4, 3));
    reel_node *w = parameter(dtype, REEL_SHAPE(3, 2));
    op.flags = _i % 2 ? REEL_CUSTOM_F32_ONLY : REEL_CUSTOM_F64_ONLY;
    reel_node *y = reel_custom(&op, REEL_NODES(reel_matmul(x, w)));
    reel_node *loss = reel_mean(reel_square(y), REEL_ALL, false);
    if (check(loss, REEL_NODES(x, w)) != REEL_OK)
        reel_gradcheck_print(&report, stderr);
    ck_assert_int_eq(report.verdict, REEL_PASS);
    /* The rounding errors of floats hide the smallest slopes. */
    ck_assert_int_eq(report.row[0].failed + report.row[1].failed, 0);
    ck_assert_int_ge(report.row[0].passed, _i % 2 ? 10 : 12);
    ck_assert_int_ge(report.row[1].passed, _i % 2 ? 5 : 6);
    reel_gradcheck_free(&report);
}
END_TEST

START_TEST(test_check_of_several)
{
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *b = parameter(REEL_F64, REEL_SHAPE(4));
    reel_node *index = reel_constant(t, REEL_I32, REEL_SHAPE(4),
                                     (int32_t[]){2, 0, 1, 0});
    reel_node *c = reel_custom(&table, REEL_NODES(b, index));
    for (int i = 0; i < 2; i++) {
        reel_node *ab = reel_custom(&outers[i], REEL_NODES(a, c));
        ck_assert_int_eq(check(total(reel_sin(ab)), REEL_NODES(a, b)),
                         REEL_OK);
        ck_assert_int_eq(report.row[1].passed, 4);
    }
    reel_node *ab = reel_custom(&outers[0], REEL_NODES(a, b));
    reel_node *second = total(reel_square(
        reel_gradient(total(reel_sin(ab)), a)));
    ck_assert_int_eq(check(second, REEL_NODES(a, b)), REEL_OK);
    reel_gradcheck_free(&report);
}
END_TEST

/* Wrong by a term, and by a factor close to 1. */
static void no_second_term(reel_node *y, reel_node *g, const bool *need,
                           reel_node **dx, const void *user)
{
    (void)need, (void)user;
    dx[0] = reel_mul(g, reel_sigmoid(reel_operand(y, 0)));
}

static void factor_close_to_1(reel_node *y, reel_node *g, const bool *need,
                              reel_node **dx, const void *user)
{
    swish_vjp(y, reel_affine(g, 1.00001, 0), need, dx, user);
}

START_TEST(test_check_fails)
{
    reel_custom_op op = {.name = "wrong", .forward = swish_forward,
                         .vjp = _i % 2 ? no_second_term : factor_close_to_1,
                         .reference = _i / 2 ? swish_reference : NULL};
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(4));
    reel_node *y = reel_custom(&op, REEL_NODES(x));
    ck_assert_int_eq(check(total(reel_square(y)), REEL_NODES(x)),
                     REEL_ECHECK);
    ck_assert_int_eq(report.verdict, REEL_FAIL);
    ck_assert_int_ge(report.row[0].failed, 2);
    ck_assert_uint_ge(report.blames, 1); /* of the jvp, too, made of the vjp */
    ck_assert_str_eq(report.blame[0].op, "wrong");
    if (_i % 2 == 0)
        ck_assert_str_eq(report.blame[0].diagnosis, "1.00001 times too large");
    reel_gradcheck_free(&report);
}
END_TEST

/* ---------------------------------------------------------------- listings */

START_TEST(test_listings)
{
    const char *text;
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2, 3));
    reel_node *y = reel_custom(&swishes[4], REEL_NODES(x));
    reel_node *dx = reel_gradient(total(y), x);
    ck_assert_str_eq(reel_op_name(dx), "swish.buffers_vjp");
    reel_program *p = run_once(t, y, dx);
    TEXT_OF(text, reel_write_dot(REEL_NODES(dx), stream));
    ck_assert_ptr_nonnull(strstr(text, "label=\"swish.buffers_vjp\\n"));
    TEXT_OF(text, reel_program_print(p, stream));
    ck_assert_ptr_nonnull(strstr(text, "swish.buffers [2, 3]"));
    ck_assert_ptr_nonnull(strstr(text, "swish.buffers_vjp [2, 3]"));
    reel_profile f = {0};
    ck_assert_int_eq(reel_run_profiled(p, &f), REEL_OK);
    double bytes = 0;
    for (size_t i = 0; i < f.count; i++)
        if (strcmp(f.step[i].kernel, "swish.buffers") == 0)
            bytes = f.step[i].bytes;
    ck_assert_double_eq(bytes, 2 * 6 * 8);
    reel_profile_free(&f);
    reel_program_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom");
    TCase *tc = tcase_create("custom");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_swish, 0, 2 * SWISHES);
    tcase_add_loop_test(tc, test_higher, 0, SWISH_TWICE);
    tcase_add_loop_test(tc, test_outer, 0, 2);
    tcase_add_test(tc, test_jacobian_without_jvp);
    tcase_add_test(tc, test_table);
    tcase_add_test(tc, test_dense_operands);
    tcase_add_test(tc, test_among_others);
    tcase_add_test(tc, test_equal_nodes);
    tcase_add_test(tc, test_recorded_anew);
    tcase_add_test(tc, test_steady);
    tcase_add_test(tc, test_threads);
    tcase_add_test(tc, test_long_chain);
    tcase_add_loop_test(tc, test_check_passes, 0, 2 * SWISHES);
    tcase_add_test(tc, test_check_of_several);
    tcase_add_loop_test(tc, test_check_fails, 0, 4);
    tcase_add_test(tc, test_listings);
    suite_add_tcase(suite, tc);
    return support_run(suite);
}
