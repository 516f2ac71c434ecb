/* test_errors.c: every message a mistake of the user's gets, word for word and
 * with the line it was made in. Shapes and indices are test_shape_errors.c's,
 * memory that runs out is test_alloc.c's, attributes that no constructor makes
 * are test_record.c's.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include <reel.h>

#include "mistakes.h"

/* The same of what returns a status, and has no line. */
static void refuses(reel_status got, reel_status status, int here,
                    const char *message)
{
    ck_assert_msg(got == status, "line %d: returned %s", here,
                  reel_status_text(got));
    support_error(t, status, __FILE__, here, "%s", message);
}

#define REFUSES(status, message, call) refuses(call, status, __LINE__, message)

START_TEST(test_leaves)
{
    const reel_dtype no = (reel_dtype)REEL_DTYPES;
    const int64_t huge = (int64_t)1 << 40;
    static const char shape[] =
        "input: shape has a negative size or too many elements";

    TRY(reel_input(t, "x", no, REEL_SCALAR));
    SAYS(REEL_EDTYPE, "input: no such dtype: 6");
    TRY(reel_parameter(t, "x", no, REEL_SCALAR, NULL));
    SAYS(REEL_EDTYPE, "parameter: no such dtype: 6");
    TRY(reel_state(t, "x", no, REEL_SCALAR, NULL));
    SAYS(REEL_EDTYPE, "state: no such dtype: 6");
    TRY(reel_constant(t, no, REEL_SCALAR, NULL));
    SAYS(REEL_EDTYPE, "constant: no such dtype: 6");
    TRY(reel_scalar(t, no, 1));
    SAYS(REEL_EDTYPE, "constant: no such dtype: 6");
    TRY(reel_parameter(t, "x", REEL_I32, REEL_SCALAR, NULL));
    SAYS(REEL_EDTYPE,
         "parameter: needs f32 or f64, not i32: use reel_state for what is "
         "not trained");
    TRY(reel_input(t, "x", REEL_F64, REEL_SHAPE(2, -1)));
    SAYS(REEL_ESHAPE, shape);
    TRY(reel_input(t, "x", REEL_U8, REEL_SHAPE(huge, huge)));
    SAYS(REEL_ESHAPE, shape);
    TRY(reel_input(t, "x", REEL_U8, REEL_SHAPE(0, huge, huge)));
    SAYS(REEL_ESHAPE, shape);
    TRY(reel_input(t, "x", REEL_U8, ((reel_shape){9, {1}})));
    SAYS(REEL_ESHAPE, shape);
    TRY(reel_input(t, "x", REEL_U8, ((reel_shape){-1, {1}})));
    SAYS(REEL_ESHAPE, shape);
    TRY(reel_scalar(t, REEL_U8, 256));
    SAYS(REEL_EVALUE, "scalar: 256 is no u8 value");
    TRY(reel_scalar(t, REEL_U8, -1));
    SAYS(REEL_EVALUE, "scalar: -1 is no u8 value");
    TRY(reel_scalar(t, REEL_BOOL, 2));
    SAYS(REEL_EVALUE, "scalar: 2 is no bool value");
    TRY(reel_scalar(t, REEL_I32, 0.5));
    SAYS(REEL_EVALUE, "scalar: 0.5 is no i32 value");
    TRY(reel_scalar(t, REEL_I32, 2147483648.0));
    SAYS(REEL_EVALUE, "scalar: 2147483648 is no i32 value");
    TRY(reel_scalar(t, REEL_I64, 0x1p63));
    SAYS(REEL_EVALUE, "scalar: 9.2233720368547758e+18 is no i64 value");
    TRY(reel_scalar(t, REEL_I64, INFINITY));
    SAYS(REEL_EVALUE, "scalar: inf is no i64 value");
    TRY(reel_full(t, REEL_U8, REEL_SHAPE(3), 300));
    SAYS(REEL_EVALUE, "scalar: 300 is no u8 value");
    TRY(reel_full(t, REEL_U8, REEL_SHAPE(-1), 3));
    SAYS(REEL_ESHAPE, "expand: [-1] has a negative size or too many elements");
}
END_TEST

START_TEST(test_feeding)
{
    double data[6] = {0};
    static const char bind[] =
        "parameter: only an input can be bound (use reel_set)";
    static const char set[] =
        "neg: only an input, parameter or state can be set";
    reel_node *y = reel_neg(v);

    REFUSES(REEL_EVALUE, bind, reel_bind(m, data));
    REFUSES(REEL_EVALUE, set, reel_set(y, data));
    REFUSES(REEL_EVALUE, "parameter: no data to set it to", reel_set(m, NULL));
    REFUSES(REEL_EVALUE, "input: no data to set it to", reel_set(v, NULL));
}
END_TEST

START_TEST(test_elementwise)
{
    TRY(reel_add(v, alien));
    SAYS(REEL_EVALUE, "add: operands are on different tapes");
    TRY(reel_where(b, v, alien));
    SAYS(REEL_EVALUE, "where: operands are on different tapes");
    TRY(reel_add(b, b));
    SAYS(REEL_EDTYPE, "add: needs numbers, not bool: cast it (reel_cast)");
    TRY(reel_exp(i));
    SAYS(REEL_EDTYPE, "exp: needs f32 or f64, not i32: cast it (reel_cast)");
    TRY(reel_logical_and(b, v));
    SAYS(REEL_EDTYPE, "logical_and: needs bool, not f64: compare it (reel_ne)");
    TRY(reel_where(u, v, v));
    SAYS(REEL_EDTYPE, "where: needs bool, not u8: compare it (reel_ne)");
    TRY(reel_mul(v, f));
    SAYS(REEL_EDTYPE, "mul: f64 with f32: cast one of them (reel_cast)");
    TRY(reel_where(b, f, v));
    SAYS(REEL_EDTYPE, "where: f32 with f64: cast one of them (reel_cast)");
    TRY(reel_add(m, e));
    SAYS(REEL_ESHAPE, "add: shapes do not broadcast: [2, 3] and [0, 3]");
    TRY(reel_where(b, v, reel_full(t, REEL_F64, REEL_SHAPE(2), 0)));
    SAYS(REEL_ESHAPE, "where: shapes do not broadcast: [3] and [2]");
    TRY(reel_add(tall, flat));
    SAYS(REEL_ESHAPE,
         "expand: [" MANY_TEXT ", " MANY_TEXT "] has a negative size or too many "
         "elements");
    TRY(reel_clamp(v, 2, 1));
    SAYS(REEL_EVALUE, "clamp: needs low <= high, not 2 and 1");
    TRY(reel_clamp(v, NAN, 1));
    SAYS(REEL_EVALUE, "clamp: needs low <= high, not nan and 1");
    TRY(reel_clamp(i, 0.5, 3));
    SAYS(REEL_EVALUE, "clamp: bounds 0.5 and 3 of i32 must be whole numbers");
    TRY(reel_clamp(u, 256, 300));
    SAYS(REEL_EVALUE, "clamp: bounds 256 and 300 are out of the range of u8");
    TRY(reel_clamp(b, 0, 1));
    SAYS(REEL_EDTYPE, "clamp: needs numbers, not bool: cast it (reel_cast)");
    TRY(reel_cast(v, (reel_dtype)REEL_DTYPES));
    SAYS(REEL_EDTYPE, "cast: no such dtype: 6");
    TRY(reel_affine(u, 2, 1));
    SAYS(REEL_EDTYPE, "affine: needs f32 or f64, not u8: cast it (reel_cast)");
}
END_TEST

START_TEST(test_axes)
{
    reel_axes many = {9, {0}}, few = {-2, {0}};
    TRY(reel_sum(v, REEL_AXES(1), false));
    SAYS(REEL_EVALUE, "sum: axis 1 is out of range for 1 dimension");
    TRY(reel_sum(m, REEL_AXES(0, -3), false));
    SAYS(REEL_EVALUE, "sum: axis -3 is out of range for 2 dimensions");
    TRY(reel_max(m, REEL_AXES(1, -1), false));
    SAYS(REEL_EVALUE, "max: axis -1 is given twice");
    TRY(reel_mean(m, many, false));
    SAYS(REEL_EVALUE, "mean: 9 axes: give 0 to 8, or REEL_ALL");
    TRY(reel_prod(m, few, false));
    SAYS(REEL_EVALUE, "prod: -2 axes: give 0 to 8, or REEL_ALL");
    TRY(reel_flip(m, REEL_AXES(2)));
    SAYS(REEL_EVALUE, "flip: axis 2 is out of range for 2 dimensions");
    TRY(reel_argmax(s, 0, false));
    SAYS(REEL_EVALUE, "argmax: axis 0 is out of range for 0 dimensions");
    TRY(reel_softmax(v, 1));
    SAYS(REEL_EVALUE, "softmax: axis 1 is out of range for 1 dimension");
    TRY(reel_concat(REEL_NODES(v, v), 1));
    SAYS(REEL_EVALUE, "concat: axis 1 is out of range for 1 dimension");
    TRY(reel_stack(REEL_NODES(v, v), 2));
    SAYS(REEL_EVALUE, "stack: axis 2 is out of range for 2 dimensions");
    TRY(reel_unsqueeze(v, -3));
    SAYS(REEL_EVALUE, "unsqueeze: axis -3 is out of range for 2 dimensions");
    TRY(reel_squeeze(m, 8));
    SAYS(REEL_EVALUE, "squeeze: axis 8 is out of range for 2 dimensions");
}
END_TEST

START_TEST(test_reductions)
{
    TRY(reel_max(e, REEL_AXES(0), true));
    SAYS(REEL_ESHAPE, "max: of no element: [0, 3] has none along these axes");
    TRY(reel_min(e, REEL_ALL, false));
    SAYS(REEL_ESHAPE, "min: of no element: [0, 3] has none along these axes");
    TRY(reel_max(b, REEL_ALL, false));
    SAYS(REEL_EDTYPE, "max: needs numbers, not bool: cast it (reel_cast)");
    TRY(reel_mean(i, REEL_ALL, false));
    SAYS(REEL_EDTYPE, "mean: needs f32 or f64, not i32: cast it (reel_cast)");
    TRY(reel_var(u, REEL_ALL, 0, false));
    SAYS(REEL_EDTYPE, "var: needs f32 or f64, not u8: cast it (reel_cast)");
    TRY(reel_logsumexp(b, REEL_ALL, false));
    SAYS(REEL_EDTYPE,
         "logsumexp: needs f32 or f64, not bool: cast it (reel_cast)");
    TRY(reel_var(m, REEL_ALL, -1, false));
    SAYS(REEL_EVALUE, "var: ddof is -1: needs 0 or more");
    TRY(reel_argmin(e, -2, false));
    SAYS(REEL_ESHAPE, "argmin: of no element: axis 0 of [0, 3] has none");
    TRY(reel_argmax(b, 0, false));
    SAYS(REEL_EDTYPE, "argmax: needs numbers, not bool: cast it (reel_cast)");
    TRY(reel_log_softmax(i, 0));
    SAYS(REEL_EDTYPE,
         "log_softmax: needs f32 or f64, not i32: cast it (reel_cast)");
}
END_TEST

START_TEST(test_losses)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(3, 4));
    reel_node *w = reel_input(t, "w", REEL_F32, REEL_SHAPE(4));
    reel_loss_options none = {.reduction = (reel_reduction)3};
    reel_loss_options delta = {.delta = -1}, odd = {.delta = NAN};
    reel_loss_options narrow = {.weight = v}, single = {.weight = w};

    TRY(reel_nll_loss(i, i));
    SAYS(REEL_EDTYPE,
         "nll_loss: needs f32 or f64, not i32: cast it (reel_cast)");
    TRY(reel_nll_loss(x, v));
    SAYS(REEL_EDTYPE, "nll_loss: target is f64: needs i32, i64 or u8");
    TRY(reel_nll_loss(s, i));
    SAYS(REEL_ESHAPE,
         "nll_loss: logp [] have no classes: needs [..., classes]");
    TRY(reel_cross_entropy_loss(m, i));
    SAYS(REEL_ESHAPE,
         "cross_entropy_loss: target [3] does not fit logits [2, 3]: needs "
         "[2]");
    TRY(reel_nll_loss_with(x, i, &narrow));
    SAYS(REEL_ESHAPE,
         "nll_loss: weight [3] does not fit logp [3, 4]: needs [4]");
    TRY(reel_cross_entropy_loss_with(x, i, &single));
    SAYS(REEL_EDTYPE,
         "cross_entropy_loss: weight is f32, logits f64: cast it (reel_cast)");
    TRY(reel_nll_loss_with(x, i, &none));
    SAYS(REEL_EVALUE, "nll_loss: no such reduction: 3");
    TRY(reel_mse_loss_with(v, v, &none));
    SAYS(REEL_EVALUE, "mse_loss: no such reduction: 3");
    TRY(reel_huber_loss_with(v, v, &delta));
    SAYS(REEL_EVALUE, "huber_loss: delta is -1: needs > 0");
    TRY(reel_huber_loss_with(v, v, &odd));
    SAYS(REEL_EVALUE, "huber_loss: delta is nan: needs > 0");
    TRY(reel_bce_loss(v, alien));
    SAYS(REEL_EVALUE, "bce_loss: operands are on different tapes");
    TRY(reel_nll_loss(v, reel_input(elsewhere, "t", REEL_I32, REEL_SCALAR)));
    SAYS(REEL_EVALUE, "pick: operands are on different tapes");
    TRY(reel_bce_with_logits_loss(v, f));
    SAYS(REEL_EDTYPE,
         "bce_with_logits_loss: f64 with f32: cast one of them (reel_cast)");
    TRY(reel_mse_loss(x, v));
    SAYS(REEL_ESHAPE, "mse_loss: shapes do not broadcast: [3, 4] and [3]");
    TRY(reel_mse_loss(i, i));
    SAYS(REEL_EDTYPE,
         "mse_loss: needs f32 or f64, not i32: cast it (reel_cast)");
}
END_TEST

START_TEST(test_random)
{
    reel_node *step = reel_state(t, "step", REEL_I64, REEL_SCALAR, NULL);
    TRY(reel_uniform(i, REEL_F64, REEL_SCALAR, 1));
    SAYS(REEL_EDTYPE, "uniform: step is i32 [3]: needs an i64 scalar");
    TRY(reel_uniform(step, REEL_I64, REEL_SCALAR, 1));
    SAYS(REEL_EDTYPE, "uniform: gives f32 or f64, not i64");
    TRY(reel_uniform(step, (reel_dtype)REEL_DTYPES, REEL_SCALAR, 1));
    SAYS(REEL_EDTYPE, "uniform: gives f32 or f64, not ?");
    TRY(reel_uniform(step, REEL_F64, REEL_SHAPE(-1), 1));
    SAYS(REEL_ESHAPE, "uniform: [-1] has a negative size or too many elements");
    TRY(reel_dropout(v, 1, 1, step));
    SAYS(REEL_EVALUE, "dropout: p is 1: needs 0 <= p < 1");
    TRY(reel_dropout(v, -0.5, 1, step));
    SAYS(REEL_EVALUE, "dropout: p is -0.5: needs 0 <= p < 1");
    TRY(reel_dropout(u, 0.5, 1, step));
    SAYS(REEL_EDTYPE, "dropout: needs f32 or f64, not u8: cast it (reel_cast)");
}
END_TEST

START_TEST(test_assign)
{
    TRY(reel_assign(v, v));
    SAYS(REEL_EVALUE,
         "assign: only a parameter or state can be assigned to, not input");
    TRY(reel_assign(i, v));
    SAYS(REEL_EDTYPE, "assign: f64 value for i32 'i': cast it (reel_cast)");
    TRY(reel_assign(m, v));
    SAYS(REEL_ESHAPE, "assign: [3] value for 'm' of shape [2, 3]");
    TRY(reel_assign(m, alien));
    SAYS(REEL_EVALUE, "assign: operands are on different tapes");
}
END_TEST

/* No location: these have no macro. */
START_TEST(test_compile_and_run)
{
    ck_assert_ptr_null(reel_compile(t, (reel_nodes){0, NULL}));
    assert_error(t, REEL_EVALUE, "compile: no outputs");
    ck_assert_ptr_null(reel_compile(t, REEL_NODES(v, NULL)));
    assert_error(t, REEL_EVALUE, "compile: output 1 is NULL");
    ck_assert_ptr_null(reel_compile(t, REEL_NODES(alien)));
    assert_error(t, REEL_EVALUE, "compile: output 0 is on another tape");

    reel_node *y = reel_gather(m, i);
    line = __LINE__ - 1;
    reel_set_name(y, "rows");
    reel_program *p = reel_compile(t, REEL_NODES(y, v));
    REFUSES(REEL_ESTATE, support_format(
                "%s:%d: input v [3]: has no data: reel_bind or reel_set it "
                "before the run", reel_file(v), reel_line(v)), reel_run(p));
    reel_bind(v, (double[]){1, 2, 3});
    reel_set(i, (int32_t[]){0, -1, 1});
    REFUSES(REEL_EINDEX, support_format(
                "%s:%d: gather rows [3, 3]: an index in the data is out of "
                "range", __FILE__, line), reel_run(p));
    reel_set(i, (int32_t[]){0, 0, 1});
    ck_assert_int_eq(reel_run(p), REEL_OK);
    reel_program_free(p);
}
END_TEST

START_TEST(test_initialize)
{
    static const char leaf[] =
        "initialize: needs a parameter or state of f32 or f64";
    reel_node *p = reel_parameter(t, "p", REEL_F64, REEL_SHAPE(3), NULL);
    REFUSES(REEL_EVALUE, leaf, reel_initialize(v, "zeros", 1, 1));
    REFUSES(REEL_EVALUE, leaf, reel_initialize(i, "zeros", 1, 1));
    REFUSES(REEL_ESHAPE, "initialize: rule 'he' needs a matrix, not [3]",
            reel_initialize(p, "he", 1, 1));
    ck_assert_int_eq(reel_initialize(NULL, "he", 1, 1), REEL_EVALUE);
    assert_values(p, 0, 0, 0, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("errors");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_leaves);
    tcase_add_test(all, test_feeding);
    tcase_add_test(all, test_elementwise);
    tcase_add_test(all, test_axes);
    tcase_add_test(all, test_reductions);
    tcase_add_test(all, test_losses);
    tcase_add_test(all, test_random);
    tcase_add_test(all, test_assign);
    tcase_add_test(all, test_compile_and_run);
    tcase_add_test(all, test_initialize);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
