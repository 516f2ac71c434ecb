/* test_jacobian.c: Jacobians, Hessians and Hessian-vector products against
 * closed forms, in both directions, and derivatives of them.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

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

static reel_node *parameter(reel_dtype dtype, reel_shape shape)
{
    reel_node *n = reel_parameter(t, "x", dtype, shape, NULL);
    for (int64_t i = 0; i < reel_count(n); i++) {
        double x = sin(1.3 * (double)i + 0.7 * (double)reel_id(n));
        if (dtype == REEL_F32)
            ((float *)reel_data(n))[i] = (float)x;
        else
            ((double *)reel_data(n))[i] = x;
    }
    return n;
}

static double epsilon_of(const reel_node *n)
{
    return reel_dtype_of(n) == REEL_F32 ? 1e-5 : 1e-13;
}

static void has_shape(const reel_node *n, reel_shape shape)
{
    reel_shape s = reel_shape_of(n);
    ck_assert_int_eq(s.ndim, shape.ndim);
    for (int i = 0; i < s.ndim; i++)
        ck_assert_int_eq(s.dim[i], shape.dim[i]);
}

/* The value of n is what `want` says, of its flat index; in programs of both
 * kinds. */
static void is(reel_node *n, double (*want)(int64_t i, const void *of),
               const void *of)
{
    assert_ok(t);
    for (int plain = 0; plain < 2; plain++) {
        reel_program *p = support_run_once(
            t, REEL_NODES(n), plain ? REEL_COMPILE_PLAIN : 0, __FILE__,
            __LINE__);
        for (int64_t i = 0; i < reel_count(n); i++) {
            double x = value_at(n, i), y = want(i, of);
            if (!(fabs(x - y) <= epsilon_of(n) * fmax(1, fabs(y))))
                ck_abort_msg("element %d: %.17g, not %.17g", (int)i, x, y);
        }
        reel_program_free(p);
    }
}

/* ------------------------------------------------------------ closed forms */

static double at(int64_t i, const void *of)
{
    return value_at(of, i);
}

static double zero(int64_t i, const void *of)
{
    (void)i, (void)of;
    return 0;
}

/* y = A x: the Jacobian is A. Wide, square and tall. */
START_TEST(test_linear)
{
    static const int64_t size[][2] = {{2, 5}, {3, 3}, {6, 2}, {1, 4}, {4, 1}};
    reel_dtype dtype = _i % 2 ? REEL_F32 : REEL_F64;
    int64_t rows = size[_i / 2][0], columns = size[_i / 2][1];
    reel_node *a = parameter(dtype, REEL_SHAPE(rows, columns));
    reel_node *x = parameter(dtype, REEL_SHAPE(columns));
    reel_node *y = reel_squeeze(reel_matmul(a, reel_unsqueeze(x, 1)), 1);
    reel_node *j = reel_jacobian(y, x);
    has_shape(j, REEL_SHAPE(rows, columns));
    ck_assert_int_eq(reel_dtype_of(j), dtype);
    is(j, at, a);
}
END_TEST

static double square_slope(int64_t i, const void *of)
{
    const reel_node *x = of;
    int64_t n = reel_count(x);
    return i / n == i % n ? 2 * value_at(x, i % n) : 0;
}

START_TEST(test_elementwise)
{
    reel_dtype dtype = _i ? REEL_F32 : REEL_F64;
    reel_node *x = parameter(dtype, REEL_SHAPE(2, 3));
    reel_node *j = reel_jacobian(reel_square(x), x);
    has_shape(j, REEL_SHAPE(2, 3, 2, 3));
    is(j, square_slope, x);
}
END_TEST

/* Y = W W: dY[i, j] / dW[k, l] = [i = k] W[l, j] + [j = l] W[i, k]. */
static double product_slope(int64_t at, const void *of)
{
    const reel_node *w = of;
    int64_t i = at / 27, j = at / 9 % 3, k = at / 3 % 3, l = at % 3;
    return (i == k ? value_at(w, 3 * l + j) : 0) +
           (j == l ? value_at(w, 3 * i + k) : 0);
}

START_TEST(test_one_node_twice)
{
    reel_node *w = parameter(REEL_F64, REEL_SHAPE(3, 3));
    is(reel_jacobian(reel_matmul(w, w), w), product_slope, w);
}
END_TEST

/* A row of the softmax: p[i] ([i = j] - p[j]). */
static double softmax_slope(int64_t at, const void *of)
{
    const reel_node *x = of;
    int64_t n = reel_count(x), i = at / n, j = at % n;
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += exp(value_at(x, k));
    double p = exp(value_at(x, i)) / sum, q = exp(value_at(x, j)) / sum;
    return p * ((i == j) - q);
}

START_TEST(test_softmax)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(7));
    is(reel_jacobian(reel_softmax(x, 0), x), softmax_slope, x);
    is(reel_hessian(reel_logsumexp(x, REEL_ALL, false), x), softmax_slope, x);
}
END_TEST

START_TEST(test_scalars)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR,
                                  (double[]){0.5});
    reel_node *v = reel_parameter(t, "v", REEL_F64, REEL_SHAPE(3),
                                  (double[]){1, 2, 3});
    reel_node *column = reel_jacobian(
        reel_stack(REEL_NODES(reel_square(x), reel_affine(x, 3, 1), x), 0), x);
    reel_node *row = reel_jacobian(reel_sum(reel_square(v), REEL_ALL, false),
                                   v);
    reel_node *one = reel_jacobian(reel_exp(x), x);
    reel_node *curve = reel_hessian(reel_sin(x), x);
    reel_node *itself = reel_jacobian(v, v);
    reel_node *inner = reel_jacobian(reel_square(x), reel_mul(x, x));
    has_shape(column, REEL_SHAPE(3));
    has_shape(row, REEL_SHAPE(3));
    has_shape(one, REEL_SCALAR);
    has_shape(curve, REEL_SCALAR);
    reel_program *p = run_once(t, column, row, one, curve, itself, inner);
    assert_values(column, 0, 1, 3, 1);
    assert_values(row, 0, 2, 4, 6);
    assert_values(one, 1e-15, exp(0.5));
    assert_values(curve, 1e-15, -sin(0.5));
    assert_values(itself, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    assert_values(inner, 0, 0);
    reel_program_free(p);
}
END_TEST

/* x = r cos a, y = r sin a. */
START_TEST(test_polar)
{
    reel_node *ra = reel_parameter(t, "ra", REEL_F64, REEL_SHAPE(2),
                                   (double[]){2, 0.25});
    reel_node *part[2];
    reel_split(ra, 0, 2, part);
    reel_node *xy = reel_concat(
        REEL_NODES(reel_mul(part[0], reel_cos(part[1])),
                   reel_mul(part[0], reel_sin(part[1]))), 0);
    reel_node *j = reel_jacobian(xy, ra);
    reel_program *p = run_once(t, j);
    assert_values(j, 1e-15, cos(.25), -2 * sin(.25), sin(.25), 2 * cos(.25));
    reel_program_free(p);
}
END_TEST

START_TEST(test_nothing_depends)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2));
    reel_node *y = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *still = reel_stop_gradient(reel_sum(x, REEL_ALL, true));
    reel_node *a = reel_jacobian(y, x);
    reel_node *b = reel_jacobian(reel_mul(y, still), x);
    reel_node *c = reel_hessian(reel_sum(reel_relu(x), REEL_ALL, false), x);
    has_shape(a, REEL_SHAPE(3, 2));
    is(a, zero, NULL);
    is(b, zero, NULL);
    is(c, zero, NULL);
    is(reel_hvp(reel_sum(x, REEL_ALL, false), x, x), zero, NULL);
}
END_TEST

START_TEST(test_no_elements)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2));
    reel_node *none = parameter(REEL_F64, REEL_SHAPE(0, 3));
    has_shape(reel_jacobian(none, x), REEL_SHAPE(0, 3, 2));
    has_shape(reel_jacobian(x, none), REEL_SHAPE(2, 0, 3));
    has_shape(reel_hessian(reel_sum(none, REEL_ALL, false), none),
              REEL_SHAPE(0, 3, 0, 3));
    assert_ok(t);
}
END_TEST

/* The result has y's dtype, whichever direction is taken. */
START_TEST(test_two_dtypes)
{
    reel_node *x = parameter(REEL_F32, REEL_SHAPE(2));
    reel_node *wide = reel_cast(reel_square(x), REEL_F64);
    reel_node *tall = reel_jacobian(reel_concat(REEL_NODES(wide, wide), 0), x);
    reel_node *flat = reel_jacobian(reel_sum(wide, REEL_ALL, true), x);
    ck_assert_int_eq(reel_dtype_of(tall), REEL_F64);
    ck_assert_int_eq(reel_dtype_of(flat), REEL_F64);
    double a = 2 * value_at(x, 0), b = 2 * value_at(x, 1);
    reel_program *p = run_once(t, tall, flat);
    assert_values(tall, 0, a, 0, 0, b, a, 0, 0, b);
    assert_values(flat, 0, a, b);
    reel_program_free(p);
}
END_TEST

/* -------------------------------------------------------- both directions */

/* A network [3, 4] -> [3, 2] of the weights w [4, 2]. */
static reel_node *network(reel_node *w)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(3, 4));
    return reel_softmax(reel_tanh(reel_matmul(x, w)), -1);
}

/* Rows from reel_vjp, columns from reel_jvp: the same matrix. */
START_TEST(test_directions)
{
    reel_node *w = parameter(REEL_F64, REEL_SHAPE(4, 2));
    reel_node *y = network(w), *j = reel_jacobian(y, w);
    has_shape(j, REEL_SHAPE(3, 2, 4, 2));
    for (int k = 0; k < 6; k++) {
        double pick[6] = {0};
        pick[k] = 1;
        reel_node *row, *g = reel_constant(t, REEL_F64, REEL_SHAPE(3, 2), pick);
        reel_vjp(y, g, REEL_NODES(w), &row);
        reel_program *p = run_once(t, row, j);
        for (int i = 0; i < 8; i++)
            ck_assert_double_eq_tol(value_at(row, i), value_at(j, 8 * k + i),
                                    1e-15);
        reel_program_free(p);
    }
    for (int k = 0; k < 8; k++) {
        double pick[8] = {0};
        pick[k] = 1;
        reel_node *g = reel_constant(t, REEL_F64, REEL_SHAPE(4, 2), pick);
        reel_node *column = reel_jvp(y, REEL_NODES(w), REEL_NODES(g));
        reel_program *p = run_once(t, column, j);
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq_tol(value_at(column, i),
                                    value_at(j, 8 * i + k), 1e-15);
        reel_program_free(p);
    }
}
END_TEST

/* It takes the direction with fewer sweeps. */
START_TEST(test_shorter_way)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(100));
    reel_node *s = parameter(REEL_F64, REEL_SHAPE(1));
    size_t before = reel_tape_count(t);
    reel_jacobian(reel_mul(s, reel_exp(x)), s);
    ck_assert_uint_lt(reel_tape_count(t) - before, 40);
    before = reel_tape_count(t);
    reel_jacobian(reel_sum(reel_exp(x), REEL_ALL, true), x);
    ck_assert_uint_lt(reel_tape_count(t) - before, 40);
    assert_ok(t);
}
END_TEST

/* ------------------------------------------------------------- second order */

/* f = sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2. */
static reel_node *rosenbrock(reel_node *x)
{
    int64_t n = reel_count(x), first[] = {0}, last[] = {n - 1}, next[] = {1},
            end[] = {n};
    reel_node *a = reel_slice(x, first, last, NULL);
    reel_node *b = reel_slice(x, next, end, NULL);
    return reel_sum(
        reel_add(reel_affine(reel_square(reel_sub(b, reel_square(a))), 100, 0),
                 reel_square(reel_affine(a, -1, 1))), REEL_ALL, false);
}

static double rosenbrock_curve(int64_t at, const void *of)
{
    const reel_node *x = of;
    int64_t n = reel_count(x), i = at / n, j = at % n;
    double v = 0;
    if (i == j && i < n - 1)
        v += 1200 * value_at(x, i) * value_at(x, i) -
             400 * value_at(x, i + 1) + 2;
    if (i == j && i > 0)
        v += 200;
    if (i == j + 1 || j == i + 1)
        v -= 400 * value_at(x, i < j ? i : j);
    return v;
}

START_TEST(test_rosenbrock)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(_i + 2));
    reel_node *h = reel_hessian(rosenbrock(x), x);
    has_shape(h, REEL_SHAPE(_i + 2, _i + 2));
    is(h, rosenbrock_curve, x);
}
END_TEST

/* x^T A x, x of shape [2, 2]: A + A^T, of a loss of shape [1, 1]. */
START_TEST(test_quadratic)
{
    reel_dtype dtype = _i ? REEL_F32 : REEL_F64;
    reel_node *x = parameter(dtype, REEL_SHAPE(2, 2));
    reel_node *a = parameter(dtype, REEL_SHAPE(4, 4));
    reel_node *row = reel_reshape(x, REEL_SHAPE(1, 4));
    reel_node *f = reel_matmul(reel_matmul(row, a), reel_transpose(row));
    reel_node *want = reel_reshape(reel_add(a, reel_transpose(a)),
                                   REEL_SHAPE(2, 2, 2, 2));
    reel_node *h = reel_hessian(f, x), *v = parameter(dtype,
                                                      REEL_SHAPE(2, 2));
    has_shape(h, REEL_SHAPE(2, 2, 2, 2));
    reel_program *p = run_once(t, want);
    is(h, at, want);
    reel_node *hv = reel_reshape(
        reel_matmul(reel_reshape(want, REEL_SHAPE(4, 4)),
                    reel_reshape(v, REEL_SHAPE(4, 1))), REEL_SHAPE(2, 2));
    reel_program *q = run_once(t, hv);
    is(reel_hvp(f, x, v), at, hv);
    reel_program_free(q);
    reel_program_free(p);
}
END_TEST

/* sum x^4 / 12: H v = x^2 v. */
static double quartic(int64_t i, const void *of)
{
    return pow(value_at(of, i), 2) * sin((double)i);
}

START_TEST(test_products)
{
    double v[50];
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(50));
    for (int i = 0; i < 50; i++)
        v[i] = sin(i);
    reel_node *f = reel_affine(
        reel_sum(reel_square(reel_square(x)), REEL_ALL, false), 1. / 12, 0);
    is(reel_hvp(f, x, reel_constant(t, REEL_F64, REEL_SHAPE(50), v)), quartic,
       x);
}
END_TEST

/* The Hessian of a network's loss is symmetric, and its products are those of
 * reel_hvp. */
START_TEST(test_network)
{
    reel_node *w = parameter(REEL_F64, REEL_SHAPE(4, 2));
    reel_node *loss = reel_mean(reel_square(network(w)), REEL_ALL, false);
    reel_node *h = reel_hessian(loss, w);
    reel_node *v = parameter(REEL_F64, REEL_SHAPE(4, 2));
    reel_node *hv = reel_hvp(loss, w, v);
    reel_program *p = run_once(t, h, hv);
    double largest = 0;
    for (int i = 0; i < 8; i++) {
        double sum = 0;
        for (int j = 0; j < 8; j++) {
            sum += value_at(h, 8 * i + j) * value_at(v, j);
            largest = fmax(largest, fabs(value_at(h, 8 * i + j)));
            ck_assert_double_eq_tol(value_at(h, 8 * i + j),
                                    value_at(h, 8 * j + i), 1e-16);
        }
        ck_assert_double_eq_tol(sum, value_at(hv, i), 1e-15);
    }
    ck_assert_double_gt(largest, 1e-3);
    reel_program_free(p);
}
END_TEST

/* --------------------------------------------------------------- and beyond */

/* J = diag(3 x^2): sum J^2 = 9 sum x^4, whose gradient is 36 x^3. */
static double cubes(int64_t i, const void *of)
{
    return 36 * pow(value_at(of, i), 3);
}

/* Of sum x^4 the third derivatives are 24 x where all indices are alike. */
static double third(int64_t at, const void *of)
{
    int64_t i = at / 9, j = at / 3 % 3, k = at % 3;
    return i == j && j == k ? 24 * value_at(of, i) : 0;
}

START_TEST(test_derivatives_of_them)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *j = reel_jacobian(reel_mul(x, reel_square(x)), x);
    reel_node *f = reel_sum(reel_square(reel_square(x)), REEL_ALL, false);
    reel_node *h = reel_hessian(f, x);
    is(reel_gradient(reel_sum(reel_square(j), REEL_ALL, false), x), cubes, x);
    is(reel_jacobian(h, x), third, x);
    has_shape(reel_jacobian(reel_jacobian(h, x), x), REEL_SHAPE(3, 3, 3, 3));
    reel_gradcheck_report report;
    ck_assert_int_eq(reel_gradcheck(reel_sum(reel_sin(h), REEL_ALL, false),
                                    REEL_NODES(x), NULL, &report), REEL_OK);
    ck_assert_int_eq(report.row[0].passed, 3);
    reel_gradcheck_free(&report);
}
END_TEST

/* ----------------------------------------------------------------- mistakes */

START_TEST(test_errors)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2));
    reel_node *deep = parameter(REEL_F64, REEL_SHAPE(1, 1, 1, 1, 2));
    reel_node *large = parameter(REEL_F64, REEL_SHAPE(1025));
    reel_node *whole = reel_state(t, "n", REEL_I32, REEL_SHAPE(2), NULL);
    reel_tape *other = reel_tape_new();
    reel_node *alien = reel_parameter(other, "a", REEL_F64, REEL_SHAPE(2),
                                      NULL);
    int line = 0;
    const reel_node *made = NULL;
#define TRY(call) (line = __LINE__, made = (call))
#define SAYS(status, message)                                          \
    do {                                                               \
        ck_assert_ptr_null(made);                                      \
        assert_error(t, status, "%s:%d: %s", __FILE__, line, message); \
    } while (0)
    TRY(reel_jacobian(x, NULL));
    SAYS(REEL_EVALUE, "jacobian: a node is NULL");
    TRY(reel_jacobian(NULL, x));
    SAYS(REEL_EVALUE, "jacobian: a node is NULL");
    TRY(reel_jacobian(x, alien));
    SAYS(REEL_EVALUE, "jacobian: nodes are on different tapes");
    TRY(reel_jacobian(x, whole));
    SAYS(REEL_EGRAD,
         "jacobian: 'n' is i32: only f32 and f64 have gradients");
    TRY(reel_jacobian(whole, x));
    SAYS(REEL_EGRAD, "jacobian: y is i32: only f32 and f64 have gradients");
    TRY(reel_jacobian(deep, deep));
    SAYS(REEL_ESHAPE,
         "jacobian: [1, 1, 1, 1, 2] by [1, 1, 1, 1, 2] makes more than 8 "
         "dimensions: reshape");
    TRY(reel_jacobian(reel_square(large), large));
    SAYS(REEL_EVALUE,
         "jacobian: [1025] by [1025] takes 1025 sweeps, more than 1024: use "
         "products with it (reel_vjp, reel_jvp, reel_hvp)");
    const int64_t many = (int64_t)1 << (sizeof(size_t) == 8 ? 57 : 26);
    reel_node *huge = reel_expand(reel_sum(x, REEL_ALL, true),
                                  REEL_SHAPE(many));
    TRY(reel_jacobian(huge, x));
    SAYS(REEL_ESHAPE, "jacobian: too many elements");
    reel_node *f = reel_sum(reel_square(large), REEL_ALL, false);
    TRY(reel_hessian(f, large));
    SAYS(REEL_EVALUE,
         "hessian: [1025] by [1025] takes 1025 sweeps, more than 1024: use "
         "products with it (reel_vjp, reel_jvp, reel_hvp)");
    reel_node *g = reel_sum(reel_square(deep), REEL_ALL, false);
    TRY(reel_hessian(g, deep));
    SAYS(REEL_ESHAPE,
         "hessian: [1, 1, 1, 1, 2] by [1, 1, 1, 1, 2] makes more than 8 "
         "dimensions: reshape");
    TRY(reel_hessian(x, x));
    SAYS(REEL_EGRAD,
         "gradient: the loss is f64 [2]: reduce it to one element (reel_sum, "
         "reel_mean) or give a cotangent (reel_vjp)");
    TRY(reel_hvp(f, large, x));
    SAYS(REEL_ESHAPE,
         "jvp: the tangent for 'x' is f64 [2]: it needs f64 [1025]");
    TRY(reel_hvp(f, large, NULL));
    SAYS(REEL_EVALUE, "jvp: a node is NULL");
    ck_assert_ptr_null(reel_jacobian(NULL, NULL));
    ck_assert_ptr_null(reel_hessian(NULL, NULL));
    ck_assert_ptr_null(reel_hvp(NULL, NULL, NULL));
    assert_ok(t);
    reel_tape_free(other);
}
END_TEST

/* Every allocation fails once: an error, and the next try is as good. */
START_TEST(test_memory)
{
    memory m;
    size_t n = 0;
    bool failed;
    memory_init(&m);
    do {
        reel_tape *tape = reel_tape_new_with(&m.allocator);
        reel_node *x = reel_parameter(tape, "x", REEL_F64, REEL_SHAPE(3),
                                      (double[]){1, 2, 3});
        reel_node *f = reel_sum(reel_square(reel_square(x)), REEL_ALL, false);
        m.failed = 0;
        memory_fail_after(&m, n++);
        reel_node *h = reel_hessian(f, x);
        failed = m.failed > 0;
        m.fail_at = 0;
        if (failed) {
            ck_assert_ptr_null(h);
            ck_assert_int_eq(reel_status_of(tape), REEL_ENOMEM);
            reel_clear_error(tape);
            h = reel_hessian(f, x);
        }
        reel_program *p = run_once(tape, h);
        assert_values(h, 0, 12, 0, 0, 0, 48, 0, 0, 0, 108);
        reel_program_free(p);
        reel_tape_free(tape);
        ck_assert_uint_eq(m.blocks, 0);
    } while (failed);
    ck_assert_uint_gt(n, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jacobian");
    TCase *tc = tcase_create("jacobian");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_linear, 0, 10);
    tcase_add_loop_test(tc, test_elementwise, 0, 2);
    tcase_add_test(tc, test_one_node_twice);
    tcase_add_test(tc, test_softmax);
    tcase_add_test(tc, test_scalars);
    tcase_add_test(tc, test_polar);
    tcase_add_test(tc, test_nothing_depends);
    tcase_add_test(tc, test_no_elements);
    tcase_add_test(tc, test_two_dtypes);
    tcase_add_test(tc, test_directions);
    tcase_add_test(tc, test_shorter_way);
    tcase_add_loop_test(tc, test_rosenbrock, 0, 4);
    tcase_add_loop_test(tc, test_quadratic, 0, 2);
    tcase_add_test(tc, test_products);
    tcase_add_test(tc, test_network);
    tcase_add_test(tc, test_derivatives_of_them);
    tcase_add_test(tc, test_errors);
    tcase_add_test(tc, test_memory);
    suite_add_tcase(suite, tc);
    return support_run(suite);
}
