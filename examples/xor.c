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
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"

enum { WIDTH = 4 };

static int64_t seed = 1, steps = 1000;
static double lr = 0.5;
static const char *graph;

static const option options[] = {
    {"--seed", OPTION_INTEGER, &seed, "N", "of the initial weights", 0, 1e15,
     NULL},
    {"--steps", OPTION_INTEGER, &steps, "N", "how often to learn", 1, 1e9,
     NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--graph", OPTION_TEXT, &graph, "FILE",
     "draw the loss's graph there, as .svg or .png (with Graphviz), and write "
     "it beside it, as .dot", 0, 0, NULL},
};

static void draw(reel_node *loss)
{
    reel_error error;

    if (reel_write_graph(REEL_NODES(loss), graph, NULL, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
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
    reel_set_seed(t, (uint64_t)seed);

    reel_layer *shared = reel_dense_layer(t, WIDTH, "tanh", "xavier");
    reel_node *u = reel_dense(x, WIDTH, "identity", "normal");
    reel_node *h = reel_apply(shared, u);
    reel_node *k = reel_apply(shared, h);
    reel_node *y = reel_dense(reel_add(k, u), 1, "identity", "xavier");
    reel_node *answer = reel_sigmoid(y);
    reel_node *loss = reel_loss(y, target, "bce_with_logits");

    reel_optimizer *o = reel_optimizer_new(reel_parameters(REEL_NODES(loss)),
                                           "sgd", lr, NULL);
    reel_program *p =
        reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss, answer)));

    if (reel_status_of(t) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    if (graph)
        draw(loss);

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
