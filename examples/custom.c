/* examples/custom.c: an op of one's own, and how to know that its derivative is
 * right. Mish (D. Misra, 2019) is x tanh(softplus(x)). The first attempt at its
 * derivative forgets a factor of the chain rule; a network with it would train
 * all the same, only worse. The gradient check says so; the second attempt
 * passes.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"

/* log(1 + e^x), for any x. */
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static reel_status mish_forward(reel_custom_call *call)
{
    const double *x = call->in[0].data;
    double *y = call->out.data;

    for (int64_t i = 0; i < call->out.count; i++)
        y[i] = x[i] * tanh(softplus(x[i]));
    return REEL_OK;
}

/* The same in long double lets the check see to the last digit. */
static reel_status mish_reference(reel_custom_call *call)
{
    const long double *x = call->in[0].data;
    long double *y = call->out.data;

    for (int64_t i = 0; i < call->out.count; i++)
        y[i] = x[i] * tanhl(fmaxl(x[i], 0) + log1pl(expl(-fabsl(x[i]))));
    return REEL_OK;
}

/* t + x (1 - t^2), t = tanh(softplus(x)): softplus has a derivative, too. */
static void wrong_vjp(reel_node *y, reel_node *g, const bool *need,
                      reel_node **dx, const void *user)
{
    reel_node *x = reel_operand(y, 0);
    reel_node *t = reel_tanh(reel_softplus(x));
    reel_node *slope = reel_mul(x, reel_affine(reel_square(t), -1, 1));

    (void)need, (void)user;
    dx[0] = reel_mul(g, reel_add(t, slope));
}

/* t + x (1 - t^2) sigmoid(x) */
static void right_vjp(reel_node *y, reel_node *g, const bool *need,
                      reel_node **dx, const void *user)
{
    reel_node *x = reel_operand(y, 0);
    reel_node *t = reel_tanh(reel_softplus(x));
    reel_node *slope = reel_mul(reel_mul(x, reel_sigmoid(x)),
                                reel_affine(reel_square(t), -1, 1));

    (void)need, (void)user;
    dx[0] = reel_mul(g, reel_add(t, slope));
}

static const reel_custom_op first_attempt = {
    .name = "mish",
    .operands = 1,
    .flags = REEL_CUSTOM_F64_ONLY,
    .forward = mish_forward,
    .reference = mish_reference,
    .vjp = wrong_vjp,
};

static const reel_custom_op second_attempt = {
    .name = "mish",
    .operands = 1,
    .flags = REEL_CUSTOM_F64_ONLY,
    .forward = mish_forward,
    .reference = mish_reference,
    .vjp = right_vjp,
};

/* Checks a 4-5-3 network with the activation on three examples. */
static reel_status check(const reel_custom_op *activation)
{
    reel_tape *t = reel_tape_new();
    reel_node *w1 = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(4, 5), NULL);
    reel_node *b1 = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(5), NULL);
    reel_node *w2 = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(5, 3), NULL);
    reel_node *x = reel_state(t, "x", REEL_F64, REEL_SHAPE(3, 4), NULL);
    reel_node *target = reel_constant(t, REEL_I32, REEL_SHAPE(3),
                                      (int32_t[]){2, 0, 1});

    reel_initialize(w1, "he", 1, 0);
    reel_initialize(w2, "he", 1, 1);
    reel_initialize(x, "normal", 1, 2);

    reel_node *h = reel_custom(activation,
                               REEL_NODES(reel_add(reel_matmul(x, w1), b1)));
    reel_node *loss = reel_cross_entropy_loss(reel_matmul(h, w2), target);
    reel_gradcheck_report report;
    reel_status status =
        reel_gradcheck(loss, REEL_NODES(w1, b1, w2), NULL, &report);

    if (reel_status_of(t) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    reel_gradcheck_print(&report, stdout);
    reel_gradcheck_free(&report);
    reel_tape_free(t);
    return status;
}

int main(int argc, char **argv)
{
    read_options("custom",
                 "Checks two attempts at the derivative of a custom op; the "
                 "first is wrong.",
                 NULL, 0, argc, argv);

    puts("First attempt:");
    if (check(&first_attempt) != REEL_ECHECK)
        die(EXIT_FAILURE, "a wrong derivative has passed");
    puts("\nSecond attempt:");
    if (check(&second_attempt) != REEL_OK)
        die(EXIT_FAILURE, "a right derivative has not passed");
    return finish();
}
