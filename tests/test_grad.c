/* test_grad.c: the sweeps: derivatives of several orders against closed forms,
 * what is asked twice, what is known already.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grad_cases.h"

/* ------------------------------------------------------------------ values */

/* x^3 sin x and its derivatives. */
static reel_node *cubic_sine(reel_node *x)
{
    return reel_mul(reel_mul(reel_mul(x, x), x), reel_sin(x));
}

static double closed(int order, double x)
{
    double s = sin(x), c = cos(x);
    switch (order) {
    case 0: return x * x * x * s;
    case 1: return 3 * x * x * s + x * x * x * c;
    case 2: return 6 * x * s + 6 * x * x * c - x * x * x * s;
    case 3: return 6 * s + 18 * x * c - 9 * x * x * s - x * x * x * c;
    default:
        return 24 * c - 36 * x * s - 12 * x * x * c + x * x * x * s;
    }
}

#define ORDERS 5

START_TEST(test_orders)
{
    double at[] = {-2, -0.3, 0, 0.7, 1.9};
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", at[_i]), *y[ORDERS];
    y[0] = cubic_sine(x);
    for (int k = 1; k < ORDERS; k++)
        y[k] = reel_gradient(y[k - 1], x);
    reel_program *p = run_once(t, y[0], y[1], y[2], y[3], y[4]);
    for (int k = 0; k < ORDERS; k++)
        assert_values(y[k], 1e-13, closed(k, at[_i]));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* The same by forward sweeps, and by one over the other. */
START_TEST(test_mixed_orders)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 0.7), *one = reel_scalar(t, REEL_F64, 1);
    reel_node *y = cubic_sine(x);
    reel_node *f = jvp(y, x, one), *ff = jvp(f, x, one);
    reel_node *fff = jvp(ff, x, one);
    reel_node *fr = jvp(reel_gradient(y, x), x, one);
    reel_node *rf = reel_gradient(f, x);
    reel_program *p = run_once(t, f, ff, fff, fr, rf);
    assert_values(f, 1e-14, closed(1, 0.7));
    assert_values(ff, 1e-14, closed(2, 0.7));
    assert_values(fff, 1e-13, closed(3, 0.7));
    assert_values(fr, 1e-14, closed(2, 0.7));
    assert_values(rf, 1e-14, closed(2, 0.7));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* The operands of one node, the same or not. */
START_TEST(test_same_operand)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 3), *two = reel_scalar(t, REEL_F64, 2);
    reel_node *square = reel_mul(x, x), *double_ = reel_add(x, x);
    reel_node *zero = reel_sub(x, x), *ratio = reel_div(x, x);
    reel_node *joined = total(reel_concat(
        REEL_NODES(reel_reshape(x, REEL_SHAPE(1)),
                   reel_reshape(x, REEL_SHAPE(1)),
                   reel_reshape(reel_mul(two, x), REEL_SHAPE(1))),
        0));
    reel_node *d[] = {reel_gradient(square, x), reel_gradient(double_, x),
                      reel_gradient(zero, x), reel_gradient(ratio, x),
                      reel_gradient(joined, x)};
    reel_node *forward = jvp(square, x, two);
    reel_program *p = run_once(t, d[0], d[1], d[2], d[3], d[4], forward);
    assert_values(d[0], 0, 6);
    assert_values(d[1], 0, 2);
    assert_values(d[2], 0, 0);
    assert_values(d[3], 1e-16, 0);
    assert_values(d[4], 0, 4);
    assert_values(forward, 0, 12);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* s is used by two nodes that meet again, twice over. */
START_TEST(test_diamonds)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 0.5);
    reel_node *s = reel_square(x);                      /* x^2 */
    reel_node *a = reel_exp(s), *b = reel_sin(s);
    reel_node *u = reel_mul(a, b);
    reel_node *y = reel_add(reel_mul(u, u), reel_mul(u, s));
    reel_node *grad[5];
    ck_assert_int_eq(reel_gradients(y, REEL_NODES(x, s, a, b, u), grad),
                     REEL_OK);
    reel_program *p =
        run_once(t, grad[0], grad[1], grad[2], grad[3], grad[4]);
    double vs = 0.25, va = exp(vs), vb = sin(vs), vu = va * vb;
    double du = 2 * vu + vs, da = du * vb, db = du * va;
    double ds = da * va + db * cos(vs) + vu;
    assert_values(grad[0], 1e-15, ds * 2 * 0.5);
    assert_values(grad[1], 1e-15, ds);
    assert_values(grad[2], 1e-15, da);
    assert_values(grad[3], 1e-15, db);
    assert_values(grad[4], 1e-15, du);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_several_losses)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 2), *w = scalar(t, "w", 5);
    reel_node *h = reel_mul(w, x);
    reel_node *first = reel_square(h), *second = reel_mul(h, x);
    reel_node *both = reel_add(first, second);
    reel_node *d[] = {reel_gradient(first, w), reel_gradient(second, w),
                      reel_gradient(both, w), reel_gradient(second, x),
                      reel_gradient(both, x)};
    reel_program *p = run_once(t, d[0], d[1], d[2], d[3], d[4]);
    assert_values(d[0], 0, 2 * 10 * 2);
    assert_values(d[1], 0, 4);
    assert_values(d[2], 0, 44);
    assert_values(d[3], 0, 2 * 5 * 2);
    assert_values(d[4], 0, 2 * 10 * 5 + 20);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* f = sum(x^3) + x0 x1 x2: its Hessian times v. */
START_TEST(test_hessian_vector)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = vector(t, "x", 3, (double[]){1, -2, 0.5});
    reel_node *v = vector(t, "v", 3, (double[]){3, 1, -4});
    reel_node *f = reel_add(total(reel_pow(x, reel_scalar(t, REEL_F64, 3))),
                            reel_prod(x, REEL_ALL, false));
    reel_node *g = reel_gradient(f, x);
    reel_node *forward = jvp(g, x, v), *reverse, *dot;
    ck_assert_int_eq(reel_vjp(g, v, REEL_NODES(x), &reverse), REEL_OK);
    dot = reel_gradient(total(reel_mul(g, v)), x);
    reel_program *p = run_once(t, g, forward, reverse, dot);
    assert_values(g, 1e-14, 3 - 1, 12 + 0.5, 0.75 - 2);
    double hv[] = {6 * 3 + 0.5 * 1 + -2 * -4.0,
                   0.5 * 3 - 12 * 1 + 1 * -4.0,
                   -2 * 3.0 + 1 * 1 + 3 * -4.0};
    assert_values(forward, 1e-14, hv[0], hv[1], hv[2]);
    assert_values(reverse, 1e-14, hv[0], hv[1], hv[2]);
    assert_values(dot, 1e-14, hv[0], hv[1], hv[2]);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

static void waves(double *out, size_t n, double phase)
{
    for (size_t i = 0; i < n; i++)
        out[i] = sin(1.3 * (double)i + phase);
}

static reel_node *wave(reel_tape *t, reel_shape shape, double phase)
{
    double values[64];
    waves(values, (size_t)reel_shape_count(shape), phase);
    return reel_parameter(t, NULL, REEL_F64, shape, values);
}

/* u (J v) = (J^T u) v for a map of several operands. */
START_TEST(test_transposed)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = wave(t, REEL_SHAPE(4, 3), 0), *w = wave(t, REEL_SHAPE(3, 5), 1);
    reel_node *b = wave(t, REEL_SHAPE(5), 2);
    reel_node *y = reel_softmax(
        reel_tanh(reel_add(reel_matmul(x, w), b)), -1);
    reel_node *u = wave(t, REEL_SHAPE(4, 5), 3);
    reel_node *v[] = {wave(t, REEL_SHAPE(4, 3), 4),
                      wave(t, REEL_SHAPE(3, 5), 5), wave(t, REEL_SHAPE(5), 6)};
    reel_node *back[3], *left, *right = NULL;
    left = total(reel_mul(u, reel_jvp(y, REEL_NODES(x, w, b),
                                      (reel_nodes){3, v})));
    ck_assert_int_eq(reel_vjp(y, u, REEL_NODES(x, w, b), back), REEL_OK);
    for (int i = 0; i < 3; i++) {
        reel_node *part = total(reel_mul(back[i], v[i]));
        right = right ? reel_add(right, part) : part;
    }
    reel_program *p = run_once(t, left, right);
    ck_assert(fabs(reel_item(left)) > 1e-2); /* it is no 0 = 0 */
    assert_values(right, 1e-14, reel_item(left));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* h depends on x: with both, x's tangent goes by h, too. */
START_TEST(test_dependent_operands)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 3), *h = reel_square(x);
    reel_node *y = reel_mul(h, x);
    reel_node *a = reel_scalar(t, REEL_F64, 10), *grad[3];
    reel_node *b = reel_scalar(t, REEL_F64, 0.5);
    reel_node *dy = reel_jvp(y, REEL_NODES(x, h), REEL_NODES(a, b));
    reel_node *twice = reel_jvp(y, REEL_NODES(x, x), REEL_NODES(a, b));
    ck_assert_int_eq(reel_gradients(y, REEL_NODES(x, h, y), grad), REEL_OK);
    reel_program *p = run_once(t, dy, twice, grad[0], grad[1], grad[2]);
    assert_values(dy, 0, 27 * 10 + 3 * 0.5);
    assert_values(twice, 0, 27 * 10.5);
    assert_values(grad[0], 0, 27);
    assert_values(grad[1], 0, 3);
    assert_values(grad[2], 0, 1);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* Adjoints have the dtype and shape of their nodes, across casts, too. */
START_TEST(test_dtypes)
{
    reel_tape *t = reel_tape_new();
    reel_node *w = reel_parameter(t, "w", REEL_F32, REEL_SHAPE(2, 1),
                                  (float[]){2, 3});
    reel_node *x = vector(t, "x", 3, (double[]){1, 10, 100});
    reel_node *h = reel_square(w); /* f32 */
    reel_node *y = total(reel_mul(reel_cast(h, REEL_F64), x));
    reel_node *grad[3];
    ck_assert_int_eq(reel_gradients(y, REEL_NODES(w, h, x), grad), REEL_OK);
    ck_assert_int_eq(reel_dtype_of(grad[0]), REEL_F32);
    ck_assert_int_eq(reel_dtype_of(grad[1]), REEL_F32);
    ck_assert_int_eq(reel_dtype_of(grad[2]), REEL_F64);
    ck_assert_int_eq(reel_shape_of(grad[0]).ndim, 2);
    ck_assert_int_eq(reel_shape_of(grad[0]).dim[1], 1);
    reel_program *p = run_once(t, grad[0], grad[1], grad[2]);
    assert_values(grad[0], 0, 111 * 4, 111 * 6);
    assert_values(grad[1], 0, 111, 111);
    assert_values(grad[2], 0, 13, 13, 13);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* ------------------------------------------------------- zeros and repeats */

START_TEST(test_zeros)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 3), *grad[3];
    reel_node *far = reel_parameter(t, "far", REEL_F32, REEL_SHAPE(2, 2), NULL);
    reel_node *still = reel_stop_gradient(reel_square(x));
    reel_node *y = reel_mul(still, still);
    reel_node *later = reel_exp(x); /* y does not depend on it */
    ck_assert_int_eq(reel_gradients(y, REEL_NODES(far, x, later), grad),
                     REEL_OK);
    ck_assert_int_eq(reel_dtype_of(grad[0]), REEL_F32);
    ck_assert_ptr_eq(reel_gradient(y, far), grad[0]);
    ck_assert_ptr_eq(reel_gradient(y, x), grad[1]);
    reel_node *dstill = reel_gradient(y, still);
    reel_node *dy = jvp(y, x, x), *dfar = reel_jvp(y, REEL_NODES(far),
                                                   REEL_NODES(far));
    reel_node *none = reel_jvp(y, (reel_nodes){0, NULL},
                               (reel_nodes){0, NULL});
    reel_node *flat = reel_gradient(reel_sign(x), x); /* its rule says zero */
    reel_program *p = run_once(t, grad[0], grad[1], grad[2], dstill, dy, dfar,
                               none, flat);
    assert_values(grad[0], 0, 0, 0, 0, 0);
    assert_values(grad[1], 0, 0);
    assert_values(grad[2], 0, 0);
    assert_values(dstill, 0, 18); /* a node like any other, seen from y */
    assert_values(dy, 0, 0);
    assert_values(dfar, 0, 0);
    assert_values(none, 0, 0);
    assert_values(flat, 0, 0);
    ck_assert_int_eq(reel_gradients(y, (reel_nodes){0, NULL}, grad), REEL_OK);
    ck_assert_int_eq(reel_gradients(y, (reel_nodes){0, NULL}, NULL), REEL_OK);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* Some ways are not differentiable, others are; what an op without gradient
 * makes can itself be asked for. */
START_TEST(test_open_ways)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = vector(t, "x", 3, (double[]){-1, 2, 5});
    reel_node *zero = reel_scalar(t, REEL_F64, 0);
    reel_node *mask = reel_gt(x, zero), *made = reel_cast(mask, REEL_F64);
    reel_node *y = total(reel_add(reel_where(mask, reel_square(x), zero),
                                  reel_mul(made, made)));
    reel_node *dx = reel_gradient(y, x), *dmade = reel_gradient(y, made);
    reel_node *dzero = reel_gradient(y, zero);
    reel_program *p = run_once(t, dx, dmade, dzero);
    assert_values(dx, 0, 0, 4, 10);
    assert_values(dmade, 0, 0, 2, 2);
    assert_values(dzero, 0, 1);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

START_TEST(test_twice)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 3), *c = scalar(t, "c", 2), *y, *vjp[3];
    y = reel_exp(reel_square(x));
    reel_node *dx = reel_gradient(y, x);
    size_t nodes = reel_tape_count(t);
    ck_assert_ptr_eq(reel_gradient(y, x), dx);
    ck_assert_int_eq(reel_gradients(y, REEL_NODES(x, x), vjp), REEL_OK);
    ck_assert_ptr_eq(vjp[0], dx);
    ck_assert_ptr_eq(vjp[1], dx);
    ck_assert_uint_eq(reel_tape_count(t), nodes);

    ck_assert_int_eq(reel_vjp(y, c, REEL_NODES(x, y), vjp), REEL_OK);
    ck_assert_ptr_ne(vjp[0], dx);
    ck_assert_ptr_eq(vjp[1], c);
    nodes = reel_tape_count(t);
    ck_assert_int_eq(reel_vjp(y, c, REEL_NODES(x), &vjp[2]), REEL_OK);
    ck_assert_ptr_eq(vjp[2], vjp[0]);
    ck_assert_uint_eq(reel_tape_count(t), nodes);
    ck_assert_int_eq(reel_vjp(y, x, REEL_NODES(x), &vjp[2]), REEL_OK);
    ck_assert_ptr_ne(vjp[2], vjp[0]);
    reel_program *p = run_once(t, dx, vjp[0], vjp[2]);
    assert_values(dx, 0, 6 * exp(9));
    assert_values(vjp[0], 1e-15, 12 * exp(9));
    assert_values(vjp[2], 1e-15, 18 * exp(9));
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

typedef struct net {
    reel_node *w[3], *h[3], *loss;
} net;

/* Three layers with a connection around the second. */
static net layers(reel_tape *t)
{
    net n;
    reel_node *x = wave(t, REEL_SHAPE(2, 3), 0.1);
    for (int i = 0; i < 3; i++) {
        n.w[i] = wave(t, REEL_SHAPE(3, 3), i + 1);
        x = n.h[i] = reel_tanh(reel_matmul(x, n.w[i]));
        if (i == 1)
            x = reel_add(x, n.h[0]);
    }
    n.loss = total(reel_square(x));
    return n;
}

/* Whatever is asked for first, later sweeps build on it and count nothing
 * twice: the values are those of one sweep for all. */
START_TEST(test_reuse)
{
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    reel_tape *t = reel_tape_new(), *u = reel_tape_new();
    net one = layers(t), all = layers(u);
    reel_node *dw[3], *dh, *expected[3];
    for (int i = 0; i < 3; i++) {
        int k = order[_i][i];
        dw[k] = reel_gradient(one.loss, one.w[k]);
    }
    size_t nodes = reel_tape_count(t);
    dh = reel_gradient(one.loss, one.h[0]); /* passed on the way to w[0] */
    ck_assert_uint_eq(reel_tape_count(t), nodes);
    ck_assert_int_eq(reel_gradients(all.loss, (reel_nodes){3, all.w},
                                    expected), REEL_OK);
    ck_assert_uint_eq(reel_tape_count(u), nodes); /* nothing recorded twice */
    reel_program *p = run_once(t, dw[0], dw[1], dw[2], dh);
    reel_program *q = run_once(u, expected[0], expected[1], expected[2]);
    for (int k = 0; k < 3; k++)
        ck_assert_mem_eq(reel_data(dw[k]), reel_data(expected[k]),
                         9 * sizeof(double));
    reel_program_free(p);
    reel_program_free(q);
    reel_tape_free(t);
    reel_tape_free(u);
}
END_TEST

START_TEST(test_rewind)
{
    reel_tape *t = reel_tape_new();
    net n = layers(t);
    reel_node *kept = reel_gradient(n.loss, n.w[2]), *dw = NULL;
    reel_mark mark = reel_tape_mark(t);
    size_t before = reel_tape_count(t), after = 0;
    for (int i = 0; i < 3; i++) {
        dw = reel_gradient(n.loss, n.w[0]);
        ck_assert_ptr_nonnull(dw);
        ck_assert(i == 0 || reel_tape_count(t) == after);
        after = reel_tape_count(t);
        if (i < 2) {
            ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
            ck_assert_uint_eq(reel_tape_count(t), before);
            ck_assert_ptr_eq(reel_gradient(n.loss, n.w[2]), kept);
            ck_assert_uint_eq(reel_tape_count(t), before);
        }
    }
    reel_tape *u = reel_tape_new();
    net fresh = layers(u);
    reel_node *expected = reel_gradient(fresh.loss, fresh.w[0]);
    reel_program *p = run_once(t, dw), *q = run_once(u, expected);
    ck_assert_mem_eq(reel_data(dw), reel_data(expected), 9 * sizeof(double));
    reel_program_free(p);
    reel_program_free(q);
    reel_tape_free(t);
    reel_tape_free(u);
}
END_TEST

/* Gradient nodes take the place of the node that they come from. */
START_TEST(test_locations)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 3);
    reel_location_enter("model.c", 7);
    reel_node *h = reel_location_leave(reel_exp(x));
    reel_location_enter("model.c", 8);
    reel_node *y = reel_location_leave(reel_square(h));
    reel_location_enter("train.c", 90);
    reel_node *dx = reel_location_leave(reel_gradient(y, x));
    reel_node *dh = reel_gradient(y, h);
    reel_node *after = reel_neg(x);
    if (!reel_file(y))
        return; /* built without */
    ck_assert_str_eq(reel_file(dx), "model.c");
    ck_assert_int_eq(reel_line(dx), 7);
    ck_assert_int_eq(reel_line(dh), 8);
    ck_assert_ptr_null(reel_file(after));
    reel_tape_free(t);
}
END_TEST

/* ------------------------------------------------------------------ memory */

/* Every call for memory fails once: an error, nothing lost, and the same
 * gradient when asked again. */
START_TEST(test_no_memory)
{
    memory m;
    size_t n = 0, failures = 0;
    double expected[9];
    for (bool failed = true; failed; n++) {
        memory_init(&m);
        reel_tape *t = reel_tape_new_with(&m.allocator);
        net g = layers(t);
        reel_node *v = wave(t, REEL_SHAPE(3, 3), 9);
        size_t before = m.failed;
        memory_fail_after(&m, n);
        reel_node *dw = reel_gradient(g.loss, g.w[0]);
        reel_node *dy = dw ? jvp(g.loss, g.w[0], v) : NULL;
        failed = m.failed > before;
        m.fail_at = 0;
        ck_assert(failed == (reel_status_of(t) == REEL_ENOMEM));
        ck_assert(failed || (dw && dy));
        failures += failed;
        reel_clear_error(t);
        dw = reel_gradient(g.loss, g.w[0]);
        reel_program *p = run_once(t, dw);
        if (n == 0)
            memcpy(expected, reel_data(dw), sizeof expected);
        ck_assert_mem_eq(reel_data(dw), expected, sizeof expected);
        reel_program_free(p);
        reel_tape_free(t);
        ck_assert_uint_eq(m.blocks, 0);
        ck_assert_uint_eq(m.bytes, 0);
    }
    ck_assert_uint_gt(failures, 5);
}
END_TEST

/* ------------------------------------------------------------ the adjoints */

#define KEYS 24

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' */
    return *state >> 8;
}

/* Against a plain list, through thousands of insertions and truncations. */
START_TEST(test_adjoint_map)
{
    reel_tape *t = reel_tape_new();
    reel_node *node[KEYS];
    static struct {
        size_t y, c, x, dx;
    } list[KEYS * KEYS * (KEYS + 1)];
    size_t count = 0;
    static bool used[KEYS][KEYS + 1][KEYS];
    uint32_t random = 1;
    for (size_t i = 0; i < KEYS; i++)
        node[i] = scalar(t, NULL, 0);
    for (int step = 0; step < 40000; step++) {
        size_t y = draw(&random) % KEYS, c = draw(&random) % (KEYS + 1);
        size_t x = draw(&random) % KEYS, dx = draw(&random) % KEYS;
        const reel_node *cotangent = c < KEYS ? node[c] : NULL;
        if (draw(&random) % 4000 == 0) {
            size_t to = draw(&random) % (count + 1);
            for (; count > to; count--)
                used[list[count - 1].y][list[count - 1].c]
                    [list[count - 1].x] = false;
            reel__adjoint_truncate(t, to);
        }
        reel_node *found = reel__adjoint_find(t, node[y], cotangent, node[x]);
        ck_assert(used[y][c][x] == (found != NULL));
        if (!found) {
            used[y][c][x] = true;
            list[count].y = y, list[count].c = c;
            list[count].x = x, list[count++].dx = dx;
            ck_assert(reel__adjoint_insert(t, node[y], cotangent, node[x],
                                           node[dx]));
        }
        ck_assert_uint_eq(reel__adjoint_count(t), count);
    }
    ck_assert_uint_gt(count, 1000);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(
            reel__adjoint_find(t, node[list[i].y],
                               list[i].c < KEYS ? node[list[i].c] : NULL,
                               node[list[i].x]),
            node[list[i].dx]);
    reel_tape_free(t);
}
END_TEST

/* Long, and with many users of one node: linear. */
START_TEST(test_long)
{
    size_t n = support_scaled(100000, 2000);
    reel_tape *t = reel_tape_new();
    reel_node *x = scalar(t, "x", 1), *y = x;
    double scale = 0.5;
    for (size_t i = 0; i < n; i++)
        y = reel_add(reel_affine(y, scale, 0), x); /* x sum 2^-k */
    size_t nodes = reel_tape_count(t);
    reel_node *dx = reel_gradient(y, x), *dy = jvp(y, x, x);
    ck_assert_uint_le(reel_tape_count(t), nodes * 5);
    reel_program *p = run_once(t, dx, dy);
    assert_values(dx, 1e-15, 2);
    assert_values(dy, 1e-15, 2);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grad");
    TCase *values = tcase_create("values");
    tcase_add_loop_test(values, test_orders, 0, 5);
    tcase_add_test(values, test_mixed_orders);
    tcase_add_test(values, test_same_operand);
    tcase_add_test(values, test_diamonds);
    tcase_add_test(values, test_several_losses);
    tcase_add_test(values, test_hessian_vector);
    tcase_add_test(values, test_transposed);
    tcase_add_test(values, test_dependent_operands);
    tcase_add_test(values, test_dtypes);
    tcase_add_test(values, test_zeros);
    tcase_add_test(values, test_open_ways);
    tcase_add_test(values, test_long);
    suite_add_tcase(suite, values);

    TCase *again = tcase_create("again");
    tcase_add_test(again, test_twice);
    tcase_add_loop_test(again, test_reuse, 0, 6);
    tcase_add_test(again, test_rewind);
    tcase_add_test(again, test_locations);
    tcase_add_test(again, test_adjoint_map);
    tcase_add_test(again, test_no_memory);
    suite_add_tcase(suite, again);
    return support_run(suite);
}
