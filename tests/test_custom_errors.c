/* test_custom_errors.c: what can go wrong with custom ops: wrong descriptions,
 * operands, missing parts, runs that fail, memory that runs out.
 *
 * SPDX-License-Identifier: MIT */
#include "custom_ops.h"
#include "mistakes.h"

/* ---------------------------------------------------------------- recording */

static void refuses(reel_custom_op op, const char *message)
{
    TRY(reel_custom(&op, REEL_NODES(v)));
    SAYS(REEL_EVALUE, message);
}

START_TEST(test_descriptions)
{
    static const char name[] =
        "custom: an op needs a name of 1 to 63 letters, digits and _-.:";
    char longest[65];
    memset(longest, 'a', 64);
    longest[64] = '\0';
    TRY(reel_custom(NULL, REEL_NODES(v)));
    SAYS(REEL_EVALUE, name);
    refuses((reel_custom_op){.forward = swish_forward}, name);
    refuses((reel_custom_op){.name = "", .forward = swish_forward}, name);
    refuses((reel_custom_op){.name = "a b", .forward = swish_forward}, name);
    refuses((reel_custom_op){.name = "a\"", .forward = swish_forward}, name);
    refuses((reel_custom_op){.name = longest, .forward = swish_forward}, name);
    refuses((reel_custom_op){.name = "f"}, "f: needs its forward");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .vjp = swish_vjp, .vjp_buffers = swish_product},
            "f: has vjp and vjp_buffers: it can have one of them");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .jvp = swish_jvp, .jvp_buffers = swish_product},
            "f: has jvp and jvp_buffers: it can have one of them");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward, .flags = 3},
            "f: flags are 0, REEL_CUSTOM_F32_ONLY or REEL_CUSTOM_F64_ONLY");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .operands = 17},
            "f: has more than 16 operands");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .user_bytes = 8},
            "f: has user_bytes, but no user");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .user = &longest, .user_bytes = SIZE_MAX},
            "f: has too many user_bytes");
    refuses((reel_custom_op){.name = "f", .forward = swish_forward,
                             .operands = 2},
            "f: takes 2 operands, not 1");
    longest[63] = '\0';
    ck_assert_ptr_nonnull(reel_custom(
        &(reel_custom_op){.name = longest, .forward = swish_forward},
        REEL_NODES(v)));
    assert_ok(t);
}
END_TEST

START_TEST(test_operands)
{
    reel_node *many[17];
    for (int k = 0; k < 17; k++)
        many[k] = v;
    TRY(reel_custom(&swishes[0], (reel_nodes){17, many}));
    SAYS(REEL_EVALUE, "swish: takes 1 to 16 operands, not 17");
    TRY(reel_custom(&table, REEL_NODES(f, i)));
    SAYS(REEL_EDTYPE,
         "table: operand 0 is f32: its functions take f64 only");
    reel_custom_op single = swishes[0];
    single.flags = REEL_CUSTOM_F32_ONLY;
    TRY(reel_custom(&single, REEL_NODES(v)));
    SAYS(REEL_EDTYPE,
         "swish: operand 0 is f64: its functions take f32 only");
    TRY(reel_custom(&swishes[0], REEL_NODES(v, m)));
    SAYS(REEL_ESHAPE, "swish: operand 1 is f64 [2, 3], operand 0 is f64 [3]: "
                      "without infer they must be alike");
    TRY(reel_custom(&swishes[0], REEL_NODES(v, f)));
    SAYS(REEL_EDTYPE, "swish: operand 1 is f32 [3], operand 0 is f64 [3]: "
                      "without infer they must be alike");
    TRY(reel_custom(&outers[0], REEL_NODES(v, m)));
    SAYS(REEL_ESHAPE, "outer: takes two vectors");
    TRY(reel_custom(&table, REEL_NODES(v, u)));
    SAYS(REEL_EDTYPE, "table: dtypes do not fit");
    TRY(reel_custom(&outers[0], REEL_NODES(v, alien)));
    SAYS(REEL_EVALUE, "custom: operands are on different tapes");
    ck_assert_ptr_null(reel_custom(&outers[0], REEL_NODES(v, NULL)));
    ck_assert_ptr_null(reel_custom(&outers[0], (reel_nodes){0, NULL}));
    assert_ok(t);
}
END_TEST

static reel_status no_dtype(reel_custom_call *call)
{
    call->out.dtype = (reel_dtype)77;
    return REEL_OK;
}

static reel_status no_shape(reel_custom_call *call)
{
    call->out.shape.dim[0] = -1;
    return REEL_OK;
}

/* A message without an end. */
static reel_status talkative(reel_custom_call *call)
{
    memset(call->message, 'm', sizeof call->message);
    return REEL_EFORMAT;
}

START_TEST(test_infer)
{
    reel_custom_op op = {.name = "f", .forward = swish_forward};
    char all[8 + REEL_CUSTOM_MESSAGE] = "f: ";
    op.infer = no_dtype;
    TRY(reel_custom(&op, REEL_NODES(v)));
    SAYS(REEL_EDTYPE, "f: its infer made no dtype: 77");
    op.infer = no_shape;
    TRY(reel_custom(&op, REEL_NODES(v)));
    SAYS(REEL_ESHAPE, "f: its infer made a shape with a negative size or too "
                      "many elements");
    op.infer = talkative;
    memset(all + 3, 'm', REEL_CUSTOM_MESSAGE - 1);
    TRY(reel_custom(&op, REEL_NODES(v)));
    SAYS(REEL_EFORMAT, all);
}
END_TEST

/* -------------------------------------------------------------- derivatives */

static reel_node *total(reel_node *x)
{
    return reel_sum(x, REEL_ALL, false);
}

/* The error stands at the line where the op was recorded. */
START_TEST(test_missing_parts)
{
    reel_custom_op op = {.name = "f", .forward = swish_forward};
    static const char second[] = "is computed on buffers and has no "
        "derivative: second derivatives need rules that record nodes";
    int at = __LINE__ + 1;
    reel_node *none = reel_custom(&op, REEL_NODES(v));
    op.vjp_buffers = swish_product;
    reel_node *back = reel_custom(&op, REEL_NODES(v));
    op.vjp_buffers = NULL;
    op.jvp_buffers = swish_product;
    reel_node *forth = reel_custom(&op, REEL_NODES(v));

    ck_assert_ptr_null(reel_gradient(total(none), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f: has no vjp, which reel_gradient and "
                 "reel_vjp need", __FILE__, at);
    ck_assert_ptr_null(reel_gradient(total(forth), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f: has no vjp, which reel_gradient and "
                 "reel_vjp need", __FILE__, at + 5);
    for (int k = 0; k < 2; k++) {
        reel_node *y = k ? back : none;
        ck_assert_ptr_null(reel_jvp(y, REEL_NODES(v), REEL_NODES(v)));
        assert_error(t, REEL_EGRAD, "%s:%d: f: has no jvp, which reel_jvp "
                     "needs, and no vjp that records nodes to make one of",
                     __FILE__, at + 2 * k);
    }
    reel_node *dx = reel_gradient(total(back), v);
    reel_node *dy = reel_jvp(forth, REEL_NODES(v), REEL_NODES(v));
    assert_ok(t);
    ck_assert_ptr_null(reel_gradient(total(dx), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f_vjp: %s", __FILE__, at + 2, second);
    reel_node *g = reel_mul(v, v);
    reel_node *slope;
    reel_vjp(back, g, REEL_NODES(v), &slope);
    ck_assert_ptr_null(reel_jvp(slope, REEL_NODES(g), REEL_NODES(v)));
    assert_error(t, REEL_EGRAD, "%s:%d: f_vjp: %s", __FILE__, at + 2, second);
    ck_assert_ptr_null(reel_gradient(total(dy), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f_jvp: %s", __FILE__, at + 5, second);
    ck_assert_ptr_null(reel_hessian(total(back), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f_vjp: %s", __FILE__, at + 2, second);
}
END_TEST

static void wrong_shape(reel_node *y, reel_node *g, const bool *need,
                        reel_node **dx, const void *user)
{
    (void)y, (void)need, (void)user;
    dx[0] = reel_sum(g, REEL_ALL, false);
}

static void elsewhere_vjp(reel_node *y, reel_node *g, const bool *need,
                          reel_node **dx, const void *user)
{
    (void)y, (void)g, (void)need, (void)user;
    dx[0] = alien;
}

static reel_node *elsewhere_jvp(reel_node *y, reel_node *const *dx,
                                const void *user)
{
    (void)y, (void)dx, (void)user;
    return alien;
}

static reel_node *wrong_dtype(reel_node *y, reel_node *const *dx,
                              const void *user)
{
    (void)y, (void)user;
    return reel_cast(dx[0], REEL_F32);
}

START_TEST(test_wrong_rules)
{
    reel_custom_op op = {.name = "f", .forward = swish_forward,
                         .vjp = wrong_shape, .jvp = wrong_dtype};
    int at = __LINE__ + 1;
    reel_node *y = reel_custom(&op, REEL_NODES(v));
    ck_assert_ptr_null(reel_gradient(total(y), v));
    assert_error(t, REEL_EGRAD, "%s:%d: f: its vjp rule made f64 [] for f64 "
                 "[3]", __FILE__, at);
    ck_assert_ptr_null(reel_jvp(y, REEL_NODES(v), REEL_NODES(v)));
    assert_error(t, REEL_EGRAD, "%s:%d: f: its jvp rule made f32 [3] for f64 "
                 "[3]", __FILE__, at);
    op.vjp = elsewhere_vjp;
    op.jvp = elsewhere_jvp;
    at = __LINE__ + 1;
    y = reel_custom(&op, REEL_NODES(v));
    ck_assert_ptr_null(reel_gradient(total(y), v));
    assert_error(t, REEL_EVALUE, "%s:%d: f: its vjp made a node on another "
                 "tape", __FILE__, at);
    ck_assert_ptr_null(reel_jvp(y, REEL_NODES(v), REEL_NODES(v)));
    assert_error(t, REEL_EVALUE, "%s:%d: f: its jvp made a node on another "
                 "tape", __FILE__, at);
}
END_TEST

/* -------------------------------------------------------------------- runs */

static bool fails;
static int called;

/* Fails on demand: with words, or without if the user's pointer is set. */
static reel_status moody(reel_custom_call *call)
{
    called++;
    if (!fails)
        return swish_forward(call);
    if (!call->user)
        snprintf(call->message, sizeof call->message, "row %d is bad", 3);
    return REEL_EFORMAT;
}

/* The run's error is the function's; what comes after it is not called, nothing
 * is assigned, and the next run is as good as any. */
START_TEST(test_failing_run)
{
    reel_custom_op op = {.name = "moody", .forward = moody,
                         .user = _i ? &called : NULL};
    reel_set(v, (double[]){1, 2, 3});
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3), NULL);
    int at = __LINE__ + 1;
    reel_node *y = reel_custom(&op, REEL_NODES(v));
    reel_set_name(y, "y");
    reel_node *z = reel_custom(&op, REEL_NODES(y));
    reel_node *unrelated = reel_custom(&op, REEL_NODES(reel_affine(v, 2, 0)));
    reel_program *p = reel_compile_with(
        t, REEL_NODES(reel_assign(w, reel_add(y, z)), unrelated, y),
        _i % 2 ? REEL_COMPILE_PLAIN : 0);
    assert_ok(t);
    fails = false;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_int_eq(called, 3);
    double first = value_at(w, 0);
    ck_assert_double_ne(first, 0);
    reel_set(v, (double[]){4, 5, 6});

    const char *what = _i ? "malformed data" : "row 3 is bad";
    fails = true;
    called = 0;
    ck_assert_int_eq(reel_run(p), REEL_EFORMAT);
    ck_assert_int_eq(called, 1);
    assert_error(t, REEL_EFORMAT, "%s:%d: moody y [3]: failed: %s", __FILE__,
                 at, what);
    ck_assert_double_eq(value_at(w, 0), first);
    ck_assert_ptr_null(reel_data(y));

    reel_workspace *space = reel_workspace_new(p);
    ck_assert_int_eq(reel_run_in(p, space), REEL_EFORMAT);
    ck_assert_str_eq(reel_workspace_message(space),
                     support_format("%s:%d: moody y [3]: failed: %s", __FILE__,
                                    at, what));
    ck_assert_ptr_null(reel_workspace_data(space, y));
    fails = false;
    ck_assert_int_eq(reel_run_in(p, space), REEL_OK);
    ck_assert_str_eq(reel_workspace_message(space), "");
    ck_assert_double_ne(value_at(w, 0), first);
    reel_workspace_free(space);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_ok(t);
    reel_program_free(p);
}
END_TEST

/* What fails in the reference is an error of the check. */
START_TEST(test_failing_check)
{
    reel_custom_op op = {.name = "moody", .forward = moody, .vjp = swish_vjp};
    if (_i) {
        op.forward = swish_forward;
        op.reference = moody;
    }
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3), NULL);
    int at = __LINE__ + 1;
    reel_node *y = total(reel_custom(&op, REEL_NODES(w)));
    fails = true;
    ck_assert_int_eq(reel_gradcheck(y, REEL_NODES(w), NULL, NULL),
                     REEL_EFORMAT);
    assert_error(t, REEL_EFORMAT, "%s:%d: moody%s: failed: row 3 is bad",
                 __FILE__, at, _i ? "" : " [3]");
}
END_TEST

/* ------------------------------------------------------------------- memory */

/* Records, compiles, runs and checks. */
static bool whole_story(reel_tape *tape, double *slope)
{
    reel_node *x = reel_parameter(tape, "x", REEL_F64, REEL_SHAPE(2),
                                  (double[]){1, -2});
    reel_node *k = reel_constant(tape, REEL_I32, REEL_SHAPE(2),
                                 (int32_t[]){0, 1});
    reel_node *y = reel_custom(&table, REEL_NODES(reel_flip(x, REEL_ALL), k));
    reel_node *z = reel_custom(&swishes[1], REEL_NODES(y));
    reel_node *loss = reel_sum(z, REEL_ALL, false);
    reel_node *dx = reel_gradient(loss, x);
    reel_node *dy = reel_jvp(z, REEL_NODES(x), REEL_NODES(x));
    reel_program *p = reel_compile(tape, REEL_NODES(dx, dy));
    bool done = reel_run(p) == REEL_OK;
    if (done)
        *slope = value_at(dx, 1);
    done = done && reel_gradcheck(loss, REEL_NODES(x), NULL, NULL) == REEL_OK;
    reel_program_free(p);
    return done;
}

START_TEST(test_memory)
{
    memory memo;
    size_t n = 0;
    bool failed;
    memory_init(&memo);
    do {
        double slope = 0;
        reel_tape *tape = reel_tape_new_with(&memo.allocator);
        memo.failed = 0;
        memory_fail_after(&memo, n++);
        bool done = whole_story(tape, &slope);
        failed = memo.failed > 0;
        memo.fail_at = 0;
        ck_assert_int_eq(done, !failed);
        if (failed)
            ck_assert_int_eq(reel_status_of(tape), REEL_ENOMEM);
        else
            ck_assert_double_eq_tol(slope, 2 * swish_slope(-4), 1e-15);
        reel_tape_free(tape);
        ck_assert_uint_eq(memo.blocks, 0);
    } while (failed);
    ck_assert_uint_gt(n, 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom_errors");
    TCase *tc = tcase_create("custom_errors");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_descriptions);
    tcase_add_test(tc, test_operands);
    tcase_add_test(tc, test_infer);
    tcase_add_test(tc, test_missing_parts);
    tcase_add_test(tc, test_wrong_rules);
    tcase_add_loop_test(tc, test_failing_run, 0, 2);
    tcase_add_loop_test(tc, test_failing_check, 0, 2);
    tcase_add_test(tc, test_memory);
    suite_add_tcase(suite, tc);
    return support_run(suite);
}
