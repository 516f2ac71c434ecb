/* examples/branches.c: a network that is no stack of layers, against one that
 * is and has as many parameters. What it is made of:
 *
 *                   /- shared --- dense --- dense -\
 *     image --- rows, columns                       concat --- dense ---\
 *        |                                         /                     + ---
 *        |---------------- dense -----------------/                     /
 *        |---------------- dense, no bias: skip -----------------------/
 *
 * The deep branch reads the image line by line: one layer is applied to its
 * rows and to its columns, which share its weights. The other branch is flat,
 * and a skip goes from the image to the scores. All of it is a function of a
 * node that calls functions of nodes; the gradient of a weight that is used
 * twice, and of a value that goes three ways, comes out of the tape.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "images.h"
#include "mlp.h"
#include "pictures.h"

enum { LINE_UNITS = 8, UNITS = 32, FEW = 4, FEW_ELEMENTS = 20 };

static struct {
    const char *data, *activation, *plot, *graph;
    int64_t seeds, seed, epochs, batch, threads;
    double lr;
    bool gradcheck;
} set = {.activation = "gelu", .seeds = 5, .seed = 1, .epochs = 15,
         .batch = 32, .lr = 0.002};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; square images", 0, 0, NULL},
    {"--activation", OPTION_CHOICE, &set.activation, "NAME",
     "of the hidden layers", 0, 0, mlp_activations},
    {"--lr", OPTION_REAL, &set.lr, "X", "Adam's learning rate", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N",
     "passes over the training images", 1, 1e4, NULL},
    {"--seeds", OPTION_INTEGER, &set.seeds, "N",
     "train so many networks of each kind", 1, 1000, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "the first of them, for initial weights and order", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--gradcheck", OPTION_FLAG, &set.gradcheck, NULL,
     "first compare some elements of the gradient with differences", 0, 0,
     NULL},
    {"--graph", OPTION_TEXT, &set.graph, "FILE",
     "draw its loss's op graph there, as .svg or .png (with Graphviz), and "
     "write it beside that, as .dot", 0, 0, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "test accuracy after each epoch: " PLOT_HELP, 0, 0, NULL},
};

/* ----------------------------------------------------------------- networks */

typedef struct branching {
    int64_t side; /* of the images */
    reel_layer *shared, *deep1, *deep2, *flat, *join, *skip;
} branching;

/* Images x [n, side^2] to scores [n, classes]. */
static reel_node *branches(reel_node *x, void *user)
{
    const branching *b = user;
    int64_t n = reel_shape_of(x).dim[0];

    /* A dense layer works along the last axis, on all lines at once. */
    reel_node *rows = reel_reshape(x, REEL_SHAPE(n, b->side, b->side));
    reel_node *columns = reel_transpose(rows);
    reel_node *lines =
        reel_concat(REEL_NODES(reel_apply(b->shared, rows),
                               reel_apply(b->shared, columns)), 1);
    reel_node *deep =
        reel_reshape(lines, REEL_SHAPE(n, 2 * b->side * LINE_UNITS));

    deep = reel_apply(b->deep2, reel_apply(b->deep1, deep));

    reel_node *flat = reel_apply(b->flat, x);
    reel_node *joined = reel_concat(REEL_NODES(deep, flat), 1);

    return reel_add(reel_apply(b->join, joined), reel_apply(b->skip, x));
}

static reel_layer *dense(reel_tape *t, const char *name, int64_t units)
{
    return reel_dense_layer_with(t, units, set.activation, "he",
                                 &(reel_dense_options){.name = name});
}

static reel_layer *branches_new(reel_tape *t, branching *b, int64_t side,
                                int classes)
{
    const reel_dense_options join = {.name = "join"};
    const reel_dense_options skip = {.name = "skip", .no_bias = true};

    b->side = side;
    b->shared = dense(t, "shared", LINE_UNITS);
    b->deep1 = dense(t, "deep1", UNITS);
    b->deep2 = dense(t, "deep2", UNITS);
    b->flat = dense(t, "flat", UNITS);
    b->join = reel_dense_layer_with(t, classes, "identity", "xavier", &join);
    b->skip = reel_dense_layer_with(t, classes, "identity", "xavier", &skip);
    return reel_function_layer(t, branches, b);
}

static int64_t parameters_of(reel_layer *net, reel_tape *t, int64_t pixels)
{
    reel_node *one = reel_input(t, "one", REEL_F32, REEL_SHAPE(1, pixels));
    reel_nodes all = reel_parameters(REEL_NODES(reel_apply(net, one)));
    size_t bytes = 0;

    for (size_t i = 0; i < all.count; i++)
        bytes += reel_bytes(all.node[i]);
    return (int64_t)(bytes / sizeof(float));
}

/* Two hidden layers, the first as wide as gives about so many parameters. */
static reel_layer *stack_new(reel_tape *t, int64_t pixels, int classes,
                             int64_t parameters)
{
    int64_t rest = UNITS + (UNITS + 1) * classes;
    int64_t width = (parameters - rest) / (pixels + 1 + UNITS);

    return reel_layer_list(t, REEL_LAYERS(
        dense(t, "stack1", width), dense(t, "stack2", UNITS),
        reel_dense_layer(t, classes, "identity", "xavier")));
}

/* ----------------------------------------------------------- a single graph */

/* The loss of the first few training images, which are copied. */
static reel_node *loss_of_few(reel_tape *t, reel_layer *net,
                              const image_set *train)
{
    int64_t order[FEW], n = train->count < FEW ? train->count : FEW;
    float *pixels = allocate((size_t)(n * train->pixels), sizeof *pixels);

    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    reel_gather_u8(train->data.images.data, train->pixels, order, n,
                   train->examples.scale, REEL_F32, pixels);

    reel_node *x = reel_constant(t, REEL_F32, REEL_SHAPE(n, train->pixels),
                                 pixels);
    reel_node *y = reel_constant(t, REEL_U8, REEL_SHAPE(n),
                                 train->data.labels.data);

    reel_set_name(x, "images");
    reel_set_name(y, "labels");
    free(pixels);
    return reel_loss(reel_apply(net, x), y, "cross_entropy");
}

static void check_gradient(reel_node *loss)
{
    reel_gradcheck_options few = {.sample = FEW_ELEMENTS};
    reel_gradcheck_report report;
    reel_status status = reel_gradcheck(
        loss, reel_parameters(REEL_NODES(loss)), &few, &report);

    if (status != REEL_OK && status != REEL_ECHECK)
        die(EXIT_FAILURE, "%s", reel_message(reel_tape_of(loss)));
    printf("gradient of the loss of %d images, up to %d elements of each "
           "parameter:\n", FEW, FEW_ELEMENTS);
    reel_gradcheck_print(&report, stdout);
    putchar('\n');
    reel_gradcheck_free(&report);
    if (status == REEL_ECHECK)
        die(EXIT_FAILURE, "the gradient is wrong");
}

static void draw_graph(reel_node *loss)
{
    reel_error error;

    if (reel_write_graph(REEL_NODES(loss), set.graph, NULL, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
}

/* ----------------------------------------------------------------- learning */

/* A kind of network: test accuracy in % [seeds, epochs]. */
typedef struct kind {
    const char *name;
    int64_t parameters;
    double *accuracy;
} kind;

static bool note_epoch(const reel_progress *now, void *user)
{
    double *accuracy = user;

    accuracy[now->epoch - 1] = 100 * now->validation.accuracy;
    return true;
}

static void learn(reel_tape *t, reel_layer *net, const images *all,
                  int64_t seed, double *accuracy)
{
    reel_model model = {.layer = net, .loss = "cross_entropy"};
    reel_train_options training = {
        .optimizer = "adam", .lr = set.lr, .batch = set.batch,
        .epochs = set.epochs, .seed = (uint64_t)seed,
        .validation = &all->test.examples, .on_epoch = note_epoch,
        .user = accuracy};

    if (reel_train(t, &model, &all->train.examples, &training, NULL) !=
        REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
}

/* Trains both kinds from the i-th seed. */
static void compare(const images *all, int64_t i, kind *branched, kind *stacked)
{
    int64_t seed = set.seed + i, pixels = all->train.pixels;
    branching b;
    reel_tape *t = reel_tape_new();

    reel_set_seed(t, (uint64_t)seed);

    reel_layer *net = branches_new(t, &b, all->train.data.images.shape.dim[1],
                                   all->classes);

    branched->parameters = parameters_of(net, t, pixels);
    if (i == 0 && (set.gradcheck || set.graph)) {
        reel_node *loss = loss_of_few(t, net, &all->train);

        if (set.graph)
            draw_graph(loss);
        if (set.gradcheck)
            check_gradient(loss);
    }
    learn(t, net, all, seed, branched->accuracy + i * set.epochs);

    net = stack_new(t, pixels, all->classes, branched->parameters);
    stacked->parameters = parameters_of(net, t, pixels);
    learn(t, net, all, seed, stacked->accuracy + i * set.epochs);
    reel_tape_free(t);
}

/* ------------------------------------------------------------------ results */

static void report(const kind *k, reel_series *series)
{
    size_t n = (size_t)set.epochs;
    double *mean = allocate(3 * n, sizeof *mean), *low = mean + n,
           *high = low + n;

    reel_band(k->accuracy, set.seeds, set.epochs, mean, low, high);
    printf("%-9s %10" PRId64 "  %8.2f %%  %8.2f %%  %6.2f - %.2f %%\n", k->name,
           k->parameters, mean[0], mean[n - 1], low[n - 1], high[n - 1]);
    *series = (reel_series){.name = k->name, .count = set.epochs, .y = mean,
                            .low = low, .high = high};
}

int main(int argc, char **argv)
{
    read_options("branches",
                 "Trains a network with branches, a skip and shared weights "
                 "against a plain stack of layers with as many parameters.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);
    const int64_t *dim = all.train.data.images.shape.dim;

    if (dim[1] != dim[2])
        die(EXIT_FAILURE, "rows and columns share weights, but the images are "
            "%" PRId64 " x %" PRId64, dim[1], dim[2]);

    size_t runs = (size_t)(set.seeds * set.epochs);
    kind branched = {.name = "branches",
                     .accuracy = allocate(runs, sizeof(double))};
    kind stacked = {.name = "stack",
                    .accuracy = allocate(runs, sizeof(double))};
    reel_series series[2];

    for (int64_t i = 0; i < set.seeds; i++)
        compare(&all, i, &branched, &stacked);
    printf("test accuracy, mean of %" PRId64 " seeds\n"
           "network   parameters  1 epoch     last epoch  lowest - highest\n",
           set.seeds);
    report(&branched, &series[0]);
    report(&stacked, &series[1]);
    show_plot(&(reel_plot){.title = "Branches against a plain stack",
                           .x_label = "epoch", .y_label = "test accuracy, %",
                           .count = 2, .series = series},
              set.plot);

    free((void *)series[0].y);
    free((void *)series[1].y);
    free(stacked.accuracy);
    free(branched.accuracy);
    images_free(&all);
    return finish();
}
