/* examples/sine.c: a trigonometric function, learned from points of it by a
 * small network with one input and one output: by Adam, and from the same start
 * by L-BFGS. Both use all points in each step.
 *
 * Beyond the points that it has seen the network is free to do as it likes, and
 * does: it is looked at over twice their range.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#include "common.h"
#include "pictures.h"

enum { GRID = 401 }; /* places to look at, from -2 pi to 2 pi */

static const double pi = 3.14159265358979323846;

static double sum_of_two(double x)
{
    return (sin(x) + sin(3 * x)) / 2;
}

static double chirp(double x)
{
    return sin(x * x);
}

static const char *const names[] = {"sin", "cos", "sum", "chirp", NULL};
static double (*const functions[])(double) = {sin, cos, sum_of_two, chirp};
static const char *const activations[] = {"tanh", "sigmoid", "sin", "gelu",
                                          "relu", NULL};

static struct {
    const char *function, *activation, *plot, *errors;
    sizes hidden;
    int64_t points, steps, seed;
    double lr;
} set = {.function = "sin", .activation = "tanh", .hidden = {1, {10}},
         .points = 40, .steps = 3000, .seed = 1, .lr = 0.02};

static const option options[] = {
    {"--function", OPTION_CHOICE, &set.function, "NAME",
     "sin x, cos x, (sin x + sin 3x) / 2 or sin x^2", 0, 0, names},
    {"--hidden", OPTION_SIZES, &set.hidden, "N,...",
     "units of the hidden layers", 1, 1000, NULL},
    {"--activation", OPTION_CHOICE, &set.activation, "NAME",
     "of the hidden layers", 0, 0, activations},
    {"--points", OPTION_INTEGER, &set.points, "N", "from -pi to pi", 2, 1e5,
     NULL},
    {"--steps", OPTION_INTEGER, &set.steps, "N",
     "of Adam, and at most of L-BFGS", 1, 1e7, NULL},
    {"--lr", OPTION_REAL, &set.lr, "X",
     "Adam's learning rate; it falls to 0 by half a cosine", 0, 1e30, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N", "of the initial weights", 0,
     1e15, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "function and networks: " PLOT_HELP, 0, 0, NULL},
    {"--errors", OPTION_TEXT, &set.errors, "FILE",
     "how far off the networks are, likewise", 0, 0, NULL},
};

/* What is learned, at places from -width to width, both included. */
static void tabulate(double width, int64_t count, double *x, double *y)
{
    int f = 0;

    while (strcmp(names[f], set.function) != 0)
        f++;
    for (int64_t i = 0; i < count; i++) {
        x[i] = width * (double)(2 * i - (count - 1)) / (double)(count - 1);
        y[i] = functions[f](x[i]);
    }
}

/* ------------------------------------------------------------------ network */

typedef struct network {
    reel_tape *tape;
    reel_layer *layers;
    reel_node *loss;
    reel_nodes parameters;
} network;

static network network_new(void)
{
    reel_layer *layer[MAX_SIZES + 1];
    network n = {.tape = reel_tape_new()};
    size_t count = 0;

    reel_set_seed(n.tape, (uint64_t)set.seed);
    for (int i = 0; i < set.hidden.count; i++)
        layer[count++] = reel_dense_layer(n.tape, set.hidden.size[i],
                                          set.activation, "xavier");
    layer[count++] = reel_dense_layer(n.tape, 1, "identity", "xavier");
    n.layers = reel_layer_list(n.tape, (reel_layers){count, layer});

    double *x = allocate((size_t)set.points, sizeof *x);
    double *y = allocate((size_t)set.points, sizeof *y);
    reel_shape shape = REEL_SHAPE(set.points, 1);

    tabulate(pi, set.points, x, y);
    n.loss = reel_loss(
        reel_apply(n.layers, reel_constant(n.tape, REEL_F64, shape, x)),
        reel_constant(n.tape, REEL_F64, shape, y), "mse");
    n.parameters = reel_parameters(REEL_NODES(n.loss));
    free(y);
    free(x);
    return n;
}

static void run(const network *n, reel_program *p)
{
    if (reel_run(p) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(n->tape));
}

/* What the network says at the places x. */
static void predict(const network *n, const double *x, double *y)
{
    reel_node *in = reel_constant(n->tape, REEL_F64, REEL_SHAPE(GRID, 1), x);
    reel_node *out = reel_apply(n->layers, in);
    reel_program *p = reel_compile(n->tape, REEL_NODES(out));

    run(n, p);
    memcpy(y, reel_data(out), GRID * sizeof *y);
    reel_program_free(p);
}

/* ----------------------------------------------------------------- learning */

/* Returns how often the loss and its gradient were computed. */
typedef int64_t method(const network *n);

static int64_t by_adam(const network *n)
{
    reel_optimizer *o = reel_optimizer_new(n->parameters, "adam", set.lr, NULL);
    reel_program *p = reel_compile(
        n->tape, reel_minimize(o, n->loss, REEL_NODES(n->loss)));

    for (int64_t i = 0; i < set.steps; i++) {
        reel_set_learning_rate(o, set.lr * reel_cosine(i, set.steps, 0));
        run(n, p);
    }
    if (!isfinite(reel_item(n->loss)))
        die(EXIT_FAILURE, "Adam's loss is %g: try a lower --lr than %g",
            reel_item(n->loss), set.lr);
    reel_program_free(p);
    return set.steps;
}

static int64_t by_lbfgs(const network *n)
{
    reel_lbfgs_report report;
    const reel_lbfgs_options most = {.iterations = set.steps,
                                     .memory = 50, .tolerance = 1e-8};

    if (reel_lbfgs(n->loss, n->parameters, &most, &report) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(n->tape));
    return report.evaluations;
}

/* ------------------------------------------------------------------ results */

typedef struct result {
    const char *name;
    double y[GRID], error[GRID]; /* absolute */
} result;

static void learn(result *r, const char *name, method *way, const double *x,
                  const double *wanted)
{
    network n = network_new();
    double begin = seconds(), squares = 0, inside = 0, outside = 0;
    int64_t evaluations = way(&n), count = 0;
    double took = seconds() - begin;

    r->name = name;
    predict(&n, x, r->y);
    for (int i = 0; i < GRID; i++) {
        double e = r->error[i] = fabs(r->y[i] - wanted[i]);

        if (fabs(x[i]) > pi) {
            outside = fmax(outside, e);
            continue;
        }
        inside = fmax(inside, e);
        squares += e * e;
        count++;
    }
    printf("%-7s %11" PRId64 "  %7.3f  %11.2e  %13.2e  %13.2e\n", name,
           evaluations, took, sqrt(squares / (double)count), inside, outside);
    reel_tape_free(n.tape);
}

static void draw(const double *x, const double *wanted, const result *adam,
                 const result *lbfgs)
{
    const reel_series curve[] = {
        {.name = set.function, .count = GRID, .x = x, .y = wanted},
        {.name = adam->name, .count = GRID, .x = x, .y = adam->y},
        {.name = lbfgs->name, .count = GRID, .x = x, .y = lbfgs->y}};
    const reel_series error[] = {
        {.name = adam->name, .count = GRID, .x = x, .y = adam->error},
        {.name = lbfgs->name, .count = GRID, .x = x, .y = lbfgs->error}};

    show_plot(&(reel_plot){.title = "Learned from -pi to pi", .x_label = "x",
                           .y_label = "y", .count = 3, .series = curve},
              set.plot);
    show_plot(&(reel_plot){.title = "How far off the networks are",
                           .x_label = "x", .y_label = "absolute error",
                           .log_y = true, .count = 2, .series = error},
              set.errors);
}

int main(int argc, char **argv)
{
    read_options("sine",
                 "Approximates a trigonometric function by a small network.",
                 options, sizeof options / sizeof *options, argc, argv);

    double x[GRID], wanted[GRID];
    static result adam, lbfgs;

    tabulate(2 * pi, GRID, x, wanted);
    puts("method  evaluations  seconds    rms error  largest error  "
         "beyond +-pi");
    learn(&adam, "Adam", by_adam, x, wanted);
    learn(&lbfgs, "L-BFGS", by_lbfgs, x, wanted);
    draw(x, wanted, &adam, &lbfgs);
    return finish();
}
