/* tests/test_torch.c: values and gradients against those that PyTorch computed
 * (torch_values.h, made by reference/torch_values.py).
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <check.h>
#include <reel.h>
#include "torch_values.h"

#define N 12
#define TOLERANCE 1e-13

static void ramp(double *out, int64_t n, double phase)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = sin(1.7 * (double)i + phase);
}

static reel_node *targets(reel_node *x)
{
    return reel_constant(reel_tape_of(x), REEL_I64, REEL_SHAPE(3),
                         (int64_t[]){1, 3, 0});
}

static reel_node *weighted_nll(reel_node *x)
{
    reel_node *weight = reel_constant(reel_tape_of(x), REEL_F64, REEL_SHAPE(4),
                                      (double[]){0.5, 1, 2, 0.25});
    return reel_nll_loss_with(
        reel_log_softmax(x, -1), targets(x),
        &(reel_loss_options){.ignore = true, .weight = weight});
}

static reel_node *gather(reel_node *x)
{
    return reel_gather(x, reel_constant(reel_tape_of(x), REEL_I64,
                                        REEL_SHAPE(4),
                                        (int64_t[]){2, 0, 2, 2}));
}

/* X(name in torch_values.h, expression of a and b) */
#define ONE(X)                                                               \
    X(exp, reel_exp(a))                                                      \
    X(expm1, reel_expm1(a))                                                  \
    X(sin, reel_sin(a))                                                      \
    X(cos, reel_cos(a))                                                      \
    X(tanh, reel_tanh(a))                                                    \
    X(sigmoid, reel_sigmoid(a))                                              \
    X(softplus, reel_softplus(a))                                            \
    X(erf, reel_erf(a))                                                      \
    X(gelu, reel_gelu(a))                                                    \
    X(silu, reel_silu(a))                                                    \
    X(relu, reel_relu(a))                                                    \
    X(abs, reel_abs(a))                                                      \
    X(square, reel_square(a))                                                \
    X(reciprocal, reel_reciprocal(a))                                        \
    X(leaky_relu, reel_leaky_relu(a, 0.1))                                   \
    X(elu, reel_elu(a, 0.7))                                                 \
    X(clamp, reel_clamp(a, -0.5, 0.25))                                      \
    X(log, reel_log(reel_affine(a, 1, 2)))                                   \
    X(log1p, reel_log1p(reel_affine(a, 0.5, 0)))                             \
    X(sqrt, reel_sqrt(reel_affine(a, 1, 2)))                                 \
    X(softmax, reel_softmax(a, -1))                                          \
    X(softmax0, reel_softmax(a, 0))                                          \
    X(log_softmax, reel_log_softmax(a, -1))                                  \
    X(sum, reel_sum(a, REEL_AXES(0), false))                                 \
    X(mean, reel_mean(a, REEL_AXES(1), false))                               \
    X(prod, reel_prod(a, REEL_AXES(1), false))                               \
    X(var, reel_var(a, REEL_AXES(1), 1, false))                              \
    X(amax, reel_max(a, REEL_AXES(1), false))                                \
    X(amin, reel_min(a, REEL_AXES(0), false))                                \
    X(logsumexp, reel_logsumexp(a, REEL_ALL, false))                         \
    X(transpose, reel_transpose(a))                                          \
    X(flip, reel_flip(a, REEL_AXES(1)))                                      \
    X(slice, reel_slice(a, (int64_t[]){0, 1}, (int64_t[]){3, 4},             \
                        (int64_t[]){2, 1}))                                  \
    X(pad, reel_pad(a, (int64_t[]){0, 1}, (int64_t[]){1, 2}, NULL, 3))       \
    X(gather, gather(a))                                                     \
    X(nll_loss, reel_nll_loss(reel_log_softmax(a, -1), targets(a)))          \
    X(nll_loss_weight, weighted_nll(a))                                      \
    X(cross_entropy,                                                         \
      reel_cross_entropy_loss_with(                                          \
          a, targets(a), &(reel_loss_options){.reduction = REEL_SUM}))

#define HALF(x) reel_affine(x, 0.5, 0.5)
#define TWO(X)                                                               \
    X(add, reel_add(a, b))                                                   \
    X(sub, reel_sub(a, b))                                                   \
    X(mul, reel_mul(a, b))                                                   \
    X(div, reel_div(a, reel_affine(b, 1, 3)))                                \
    X(pow, reel_pow(reel_affine(a, 1, 2), b))                                \
    X(maximum, reel_maximum(a, b))                                           \
    X(minimum, reel_minimum(a, b))                                           \
    X(mse_loss, reel_mse_loss(a, b))                                         \
    X(huber_loss,                                                            \
      reel_huber_loss_with(a, b, &(reel_loss_options){.delta = 0.6}))        \
    X(bce_with_logits, reel_bce_with_logits_loss(a, HALF(b)))                \
    X(bce, reel_bce_loss(reel_affine(a, 1.0 / 3, 0.5), HALF(b)))             \
    X(matmul, reel_matmul(a, reel_transpose(b)))

static void expect(const char *name, const reel_node *node, const double *want,
                   size_t count)
{
    const double *got = reel_data(node);
    ck_assert_msg(got != NULL, "%s: no value", name);
    ck_assert_msg((size_t)reel_count(node) == count, "%s: %d elements", name,
                  (int)reel_count(node));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(got[i] - want[i]) <=
                          TOLERANCE * fmax(1, fabs(want[i])),
                      "%s[%zu]: %.17g, not %.17g", name, i, got[i], want[i]);
}

/* The weighted sum of y, whose gradient is stored. */
static reel_node *loss_of(reel_node *y)
{
    double weight[64];
    ramp(weight, reel_count(y), 0.3);
    return reel_sum(reel_mul(y, reel_constant(reel_tape_of(y), REEL_F64,
                                              reel_shape_of(y), weight)),
                    REEL_ALL, false);
}

static reel_program *run(reel_tape *t, reel_nodes outputs)
{
    reel_program *p = reel_compile(t, outputs);
    reel_run(p);
    ck_assert_str_eq(reel_message(t), "");
    return p;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SET_UP                                                               \
    reel_tape *t = reel_tape_new();                                          \
    double va[N], vb[N];                                                     \
    ramp(va, N, 0.5);                                                        \
    ramp(vb, N, 1.9);                                                        \
    reel_node *a = reel_parameter(t, "a", REEL_F64, REEL_SHAPE(3, 4), va);   \
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(3, 4), vb);   \
    (void)b;

#define TEST_ONE(name, expression)                                           \
    START_TEST(test_##name)                                                  \
    {                                                                        \
        SET_UP                                                               \
        reel_node *y = expression;                                           \
        reel_node *da = reel_gradient(loss_of(y), a);                        \
        reel_program *p = run(t, REEL_NODES(y, da));                 \
        expect(#name, y, torch_##name##_y, COUNT(torch_##name##_y));         \
        expect(#name " da", da, torch_##name##_da, N);                       \
        reel_program_free(p);                                                \
        reel_tape_free(t);                                                   \
    }                                                                        \
    END_TEST
#define TEST_TWO(name, expression)                                           \
    START_TEST(test_##name)                                                  \
    {                                                                        \
        SET_UP                                                               \
        reel_node *y = expression, *d[2];                                    \
        reel_gradients(loss_of(y), REEL_NODES(a, b), d);                     \
        reel_program *p = run(t, REEL_NODES(y, d[0], d[1]));         \
        expect(#name, y, torch_##name##_y, COUNT(torch_##name##_y));         \
        expect(#name " da", d[0], torch_##name##_da, N);                     \
        expect(#name " db", d[1], torch_##name##_db, N);                     \
        reel_program_free(p);                                                \
        reel_tape_free(t);                                                   \
    }                                                                        \
    END_TEST
ONE(TEST_ONE)
TWO(TEST_TWO)

int main(void)
{
    Suite *suite = suite_create("torch");
    TCase *tcase = tcase_create("values and gradients");
#define ADD(name, expression) tcase_add_test(tcase, test_##name);
    ONE(ADD)
    TWO(ADD)
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
