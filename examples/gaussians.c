/* examples/gaussians.c: the network of examples/scalar.c, 2-3-2 with sigmoids,
 * learns to tell two Gaussian clouds apart by stochastic gradient descent: one
 * example, one step.
 *
 * The two measurements have units of their own, and one is hundreds of times as
 * large as the other, so they are z-scored by the training part's mean and
 * standard deviation. All that a step computes Reel compiles to one list of
 * scalar instructions: going example by example costs little here.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "pictures.h"

enum { CLASSES = 2, FEATURES = 2, HIDDEN = 3, GRID = 80 };

static int64_t points = 250, epochs = 25, seed = 1;
static double lr = 0.01, distance = 6;
static const char *plot, *loss_plot;

static const option options[] = {
    {"--points", OPTION_INTEGER, &points, "N",
     "of both classes; a fifth is kept for testing", 10, 1e6, NULL},
    {"--distance", OPTION_REAL, &distance, "X",
     "between the classes' means, in standard deviations", 0, 1e6, NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--epochs", OPTION_INTEGER, &epochs, "N", "passes over the points", 1, 1e4,
     NULL},
    {"--seed", OPTION_INTEGER, &seed, "N",
     "of the points, the initial weights and the order", 0, 1e15, NULL},
    {"--plot", OPTION_TEXT, &plot, "FILE",
     "the points and the network's boundary: " PLOT_HELP, 0, 0, NULL},
    {"--loss-plot", OPTION_TEXT, &loss_plot, "FILE",
     "the loss after each epoch, likewise", 0, 0, NULL},
};

/* --------------------------------------------------------------------- data */

/* Points of both classes, in their own units. */
typedef struct cloud {
    reel_array features, labels; /* f64 [count, 2], u8 [count] */
    reel_examples examples;      /* the same */
} cloud;

static void check(reel_status status, const reel_error *error)
{
    if (status != REEL_OK)
        die(EXIT_FAILURE, "%s", error->message);
}

static const double unit[FEATURES] = {0.5, 150};    /* standard deviations */
static const double middle[FEATURES] = {5, 1200};

/* Draws the points; the two classes take turns. */
static void draw(double *features, uint8_t *labels)
{
    const uint64_t stream = 1000; /* the layers take the first few */

    for (int64_t i = 0; i < points; i++) {
        double side = (i % CLASSES ? 0.5 : -0.5) * distance / sqrt(FEATURES);

        labels[i] = (uint8_t)(i % CLASSES);
        for (int64_t j = 0; j < FEATURES; j++) {
            uint64_t at = (uint64_t)(i * FEATURES + j);
            double noise = reel_random_normal((uint64_t)seed, stream, at);

            features[at] = middle[j] + unit[j] * (side + noise);
        }
    }
}

/* Copies the points that index lists. */
static cloud take(const double *features, const uint8_t *labels,
                  const int64_t *index, int64_t count)
{
    const reel_rows x = {features, REEL_F64, REEL_SHAPE(FEATURES)};
    const reel_rows y = {labels, REEL_U8, REEL_SCALAR};
    cloud c;
    reel_error error;

    check(reel_array_copy(&x, points, index, count, &c.features, &error),
          &error);
    check(reel_array_copy(&y, points, index, count, &c.labels, &error),
          &error);
    c.examples = (reel_examples){.count = count,
                                 .features = reel_array_rows(&c.features),
                                 .targets = reel_array_rows(&c.labels)};
    return c;
}

/* Both parts have as many of each class, and are scaled by what the training
 * part is like. */
static void make_data(cloud *train, cloud *test)
{
    int64_t held = points / 5, learn = points - held;
    int64_t *order = allocate((size_t)points, sizeof *order);
    double *features = allocate((size_t)(FEATURES * points), sizeof *features);
    uint8_t *labels = allocate((size_t)points, 1);
    const reel_array classes = {REEL_U8, REEL_SHAPE(points), labels};
    reel_scaling scaling;
    reel_error error;

    draw(features, labels);
    check(reel_split_examples(&classes, CLASSES, points, held, (uint64_t)seed,
                              order, &error), &error);
    *train = take(features, labels, order, learn);
    *test = take(features, labels, order + learn, held);
    check(reel_scaling_fit("z_score", &train->features, &scaling, &error),
          &error);
    check(reel_scaling_apply(&scaling, &train->features, &error), &error);
    check(reel_scaling_apply(&scaling, &test->features, &error), &error);
    reel_scaling_free(&scaling);
    free(labels);
    free(features);
    free(order);
}

/* ----------------------------------------------------------------- training */

static reel_score judge(reel_tape *t, reel_layer *net, const cloud *c)
{
    const reel_model model = {
        .layer = net, .loss = "cross_entropy", .dtype = REEL_F64};
    reel_score score;

    if (reel_evaluate(t, &model, &c->examples, 0, &score, NULL) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return score;
}

/* The program of a step down the loss of one example. */
typedef struct descent {
    reel_node *x, *y, *loss;
    reel_program *step;
} descent;

static descent descent_new(reel_tape *t, reel_layer *net)
{
    descent d = {.x = reel_input(t, "x", REEL_F64, REEL_SHAPE(1, FEATURES)),
                 .y = reel_input(t, "y", REEL_U8, REEL_SHAPE(1))};

    d.loss = reel_loss(reel_apply(net, d.x), d.y, "cross_entropy");

    reel_optimizer *o = reel_optimizer_new(
        reel_parameters(REEL_NODES(d.loss)), "sgd", lr, NULL);

    d.step = reel_compile(t, reel_minimize(o, d.loss, REEL_NODES(d.loss)));
    if (!d.step)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return d;
}

/* One example, one step. The mean loss over the epoch, each measured before its
 * own step. */
static double epoch(reel_tape *t, const descent *d, const cloud *train,
                    reel_batches *batches)
{
    const double *features = train->features.data;
    const uint8_t *labels = train->labels.data;
    reel_batch one;
    double sum = 0;

    while (reel_batches_next(batches, &one)) {
        reel_bind(d->x, features + FEATURES * *one.index);
        reel_bind(d->y, labels + *one.index);
        if (reel_run(d->step) != REEL_OK)
            die(EXIT_FAILURE, "%s", reel_message(t));
        sum += reel_item(d->loss);
    }
    return sum / (double)batches->count;
}

/* losses [epochs]: of training. */
static void learn(reel_tape *t, reel_layer *net, const cloud *train,
                  const cloud *test, double *losses)
{
    descent d = descent_new(t, net);
    reel_batches batches;
    reel_error error;
    double took = 0;

    check(reel_batches_new(&batches, train->examples.count, 1, (uint64_t)seed,
                           &error), &error);
    printf("epoch  training loss  test loss  told right\n");
    for (int64_t i = 1; i <= epochs; i++) {
        double began = seconds();

        losses[i - 1] = epoch(t, &d, train, &batches);
        took += seconds() - began;
        if (i == 1 || i % 5 == 0 || i == epochs) {
            reel_score score = judge(t, net, test);

            printf("%5" PRId64 "  %13.4f  %9.4f  %8.1f %%\n", i, losses[i - 1],
                   score.loss, 100 * score.accuracy);
        }
    }

    int64_t steps = batches.count * epochs;

    printf("\n%" PRId64 " steps of one example, %.2f us each, by a program of "
           "%zu kernel%s\n", steps, 1e6 * took / (double)steps,
           reel_program_steps(d.step),
           reel_program_steps(d.step) > 1 ? "s" : "");
    reel_batches_free(&batches);
    reel_program_free(d.step);
}

/* ----------------------------------------------------------------- pictures */

static void draw_losses(const double *losses)
{
    const reel_series loss = {
        .name = "training loss", .count = epochs, .y = losses};

    show_plot(&(reel_plot){.title = "One example, one step",
                           .x_label = "epoch", .y_label = "cross-entropy",
                           .count = 1, .series = &loss}, loss_plot);
}

/* Points in the plane. */
typedef struct trace {
    int64_t count;
    double *x, *y;
} trace;

static trace trace_new(int64_t room)
{
    return (trace){0, allocate((size_t)room, sizeof(double)),
                   allocate((size_t)room, sizeof(double))};
}

static void trace_add(trace *s, double x, double y)
{
    s->x[s->count] = x;
    s->y[s->count++] = y;
}

static reel_series series_of(const trace *s, const char *name)
{
    return (reel_series){.name = name, .count = s->count, .x = s->x, .y = s->y,
                         .points = true};
}

/* Where the network finds both classes alike: the places on the lines of a
 * grid, from -3 to 3, where the difference of its scores crosses 0. */
static trace boundary(reel_tape *t, reel_layer *net)
{
    enum { SIDE = GRID + 1, NODES = SIDE * SIDE };
    const double width = 6.0 / GRID;
    double (*at)[FEATURES] = allocate(NODES, sizeof *at);
    trace line = trace_new(2 * NODES);

    for (int i = 0; i < NODES; i++) {
        at[i][0] = -3 + width * (i % SIDE);
        at[i][1] = -3 + width * (i / SIDE);
    }

    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(NODES, FEATURES), at);
    reel_node *minus = reel_constant(t, REEL_F64, REEL_SHAPE(CLASSES, 1),
                                     (double[]){-1, 1});
    reel_node *difference = reel_matmul(reel_apply(net, x), minus);
    reel_program *p = reel_compile(t, REEL_NODES(difference));

    if (reel_run(p) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));

    const double *d = reel_data(difference);

    for (int i = 0; i < NODES; i++)
        for (int up = 0; up < 2; up++) {
            int next = up ? i + SIDE : i + 1;

            if ((up ? i / SIDE : i % SIDE) == GRID ||
                (d[i] < 0) == (d[next] < 0))
                continue;

            double far = width * d[i] / (d[i] - d[next]);

            trace_add(&line, at[i][0] + (up ? 0 : far),
                      at[i][1] + (up ? far : 0));
        }
    reel_program_free(p);
    free(at);
    return line;
}

static void draw_points(reel_tape *t, reel_layer *net, const cloud *train)
{
    const double *features = train->features.data;
    const uint8_t *labels = train->labels.data;
    trace of[CLASSES], line = boundary(t, net);

    for (int c = 0; c < CLASSES; c++) {
        of[c] = trace_new(train->examples.count);
        for (int64_t i = 0; i < train->examples.count; i++)
            if (labels[i] == c)
                trace_add(&of[c], features[FEATURES * i],
                          features[FEATURES * i + 1]);
    }

    const reel_series series[] = {series_of(&of[0], "class 0"),
                                  series_of(&of[1], "class 1"),
                                  series_of(&line, "boundary")};

    show_plot(&(reel_plot){
        .title = "Training points and the network's boundary",
        .x_label = "first measurement, z-scored",
        .y_label = "second measurement, z-scored", .count = 3,
        .series = series}, plot);
    for (int c = 0; c < CLASSES; c++) {
        free(of[c].x);
        free(of[c].y);
    }
    free(line.x);
    free(line.y);
}

/* --------------------------------------------------------------------- main */

int main(int argc, char **argv)
{
    cloud train, test;

    read_options("gaussians",
                 "Learns to tell two Gaussian clouds apart with a network of "
                 "2-3-2 units, example by example.",
                 options, sizeof options / sizeof *options, argc, argv);
    make_data(&train, &test);

    reel_tape *t = reel_tape_new();

    reel_set_seed(t, (uint64_t)seed);

    reel_layer *net = reel_layer_list(t, REEL_LAYERS(
        reel_dense_layer(t, HIDDEN, "sigmoid", "normal"),
        reel_dense_layer(t, CLASSES, "identity", "normal")));
    double *losses = allocate((size_t)epochs, sizeof *losses);

    learn(t, net, &train, &test, losses);
    draw_losses(losses);
    draw_points(t, net, &train);

    free(losses);
    reel_tape_free(t);
    reel_array_free(&test.features);
    reel_array_free(&test.labels);
    reel_array_free(&train.features);
    reel_array_free(&train.labels);
    return finish();
}
