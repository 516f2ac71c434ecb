/* examples/xor.c: the smallest network that is no stack of layers. One weight
 * is used twice and one value skips both uses:
 *
 *     u = x a + c          h = tanh(u w + b)      k = tanh(h w + b)
 *     y = (k + u) v + d
 *
 * The gradient of w is the sum over both of its uses, that of u over both of
 * its paths; the tape sees to that.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#include "common.h"

enum { WIDTH = 4, PARAMETERS = 6 };

static int64_t seed = 1, steps = 1000;
static double lr = 0.5;
static const char *dot;

static const option options[] = {
    {"--seed", OPTION_INTEGER, &seed, "N", "of the initial weights", 0, 1e15,
     NULL},
    {"--steps", OPTION_INTEGER, &steps, "N", "how often to learn", 1, 1e9,
     NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--dot", OPTION_TEXT, &dot, "FILE",
     "write the graph there, in Graphviz's language (dot -Tsvg FILE)", 0, 0,
     NULL},
};

static void write_graph(reel_node *loss)
{
    FILE *file = fopen(dot, "w");
    reel_status status =
        file ? reel_write_dot(REEL_NODES(loss), file) : REEL_EIO;

    if (!file || fclose(file) != 0 || status != REEL_OK)
        die(EXIT_FAILURE, "%s: %s", dot,
            status == REEL_ENOMEM ? reel_status_text(status) : strerror(errno));
}

int main(int argc, char **argv)
{
    read_options("xor",
                 "Learns XOR with a skip connection and a shared weight.",
                 options, sizeof options / sizeof *options, argc, argv);

    reel_tape *t = reel_tape_new();
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(4, 2),
                                 (double[]){0, 0, 0, 1, 1, 0, 1, 1});
    reel_node *target = reel_constant(t, REEL_F64, REEL_SHAPE(4, 1),
                                      (double[]){0, 1, 1, 0});
    reel_node *a = reel_parameter(t, "a", REEL_F64, REEL_SHAPE(2, WIDTH), NULL);
    reel_node *c = reel_parameter(t, "c", REEL_F64, REEL_SHAPE(WIDTH), NULL);
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(WIDTH, WIDTH),
                                  NULL);
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(WIDTH), NULL);
    reel_node *v = reel_parameter(t, "v", REEL_F64, REEL_SHAPE(WIDTH, 1), NULL);
    reel_node *d = reel_parameter(t, "d", REEL_F64, REEL_SHAPE(1), NULL);

    /* The rest start as zeros; each of these has a random stream of its own. */
    reel_initialize(a, "normal", (uint64_t)seed, 1);
    reel_initialize(c, "normal", (uint64_t)seed, 2);
    reel_initialize(w, "xavier", (uint64_t)seed, 3);
    reel_initialize(v, "xavier", (uint64_t)seed, 4);

    reel_node *u = reel_add(reel_matmul(x, a), c);
    reel_node *h = reel_tanh(reel_add(reel_matmul(u, w), b));
    reel_node *k = reel_tanh(reel_add(reel_matmul(h, w), b));
    reel_node *y = reel_add(reel_matmul(reel_add(k, u), v), d);
    reel_node *answer = reel_sigmoid(y);
    reel_node *loss = reel_bce_with_logits_loss(y, target);

    reel_node *parameter[PARAMETERS] = {a, c, w, b, v, d};
    reel_node *gradient[PARAMETERS];
    reel_node *output[PARAMETERS + 2];

    reel_gradients(loss, (reel_nodes){PARAMETERS, parameter}, gradient);
    for (int i = 0; i < PARAMETERS; i++)
        output[i] = reel_assign(
            parameter[i],
            reel_sub(parameter[i], reel_affine(gradient[i], lr, 0)));
    output[PARAMETERS] = loss;
    output[PARAMETERS + 1] = answer;

    reel_program *p =
        reel_compile(t, (reel_nodes){PARAMETERS + 2, output});

    if (reel_status_of(t) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    if (dot)
        write_graph(loss);

    for (int64_t i = 0; i <= steps; i++) {
        if (reel_run(p) != REEL_OK)
            die(EXIT_FAILURE, "%s", reel_message(t));
        if (!isfinite(reel_item(loss)))
            die(EXIT_FAILURE, "the loss is %g: try a lower --lr than %g",
                reel_item(loss), lr);
        if (i == 0 || i == steps || i % ((steps + 9) / 10) == 0)
            printf("step %5" PRId64 "  loss %.6f\n", i, reel_item(loss));
    }

    const double *in = reel_data(x), *out = reel_data(answer);

    for (int i = 0; i < 4; i++)
        printf("%g xor %g = %.4f\n", in[2 * i], in[2 * i + 1], out[i]);

    reel_program_free(p);
    reel_tape_free(t);
    return finish();
}
