/* examples/curves.c: training and validation loss over a few epochs, and why
 * the validation loss may lie below the training loss.
 *
 * The training loss that a loop has at hand is the mean over an epoch's
 * batches, each measured before its own step: of a model that got better on the
 * way, with dropout at work if there is any. The validation loss is of the
 * model that the epoch ended with. To compare like with like, options.after has
 * the training images measured then, too.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "images.h"
#include "pictures.h"

static int64_t hidden = 300, batch = 64, epochs = 5, seed = 1, threads;
static double lr = 0.1, dropout;
static const char *data, *csv, *plot;

static const option options[] = {
    {"--data", OPTION_TEXT, &data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_INTEGER, &hidden, "N", "units of the hidden layer", 1,
     1e6, NULL},
    {"--dropout", OPTION_REAL, &dropout, "P",
     "of the hidden layer, in training", 0, 0.99, NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &batch, "N", "images in a step", 1, 1e6, NULL},
    {"--epochs", OPTION_INTEGER, &epochs, "N", "passes over the images", 1, 1e4,
     NULL},
    {"--seed", OPTION_INTEGER, &seed, "N",
     "of the weights, the order and the images held out", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--log", OPTION_TEXT, &csv, "FILE", "write a line of CSV an epoch", 0, 0,
     NULL},
    {"--plot", OPTION_TEXT, &plot, "FILE", "the curves: " PLOT_HELP, 0, 0,
     NULL},
};

/* ---------------------------------------------------------------- held out */

/* Copies of some of the images and their labels. */
typedef struct part {
    reel_array images, labels;
    reel_examples examples;
} part;

static part take(const image_set *set, const int64_t *index, int64_t count)
{
    part p = {.examples = set->examples};
    reel_examples *e = &p.examples;
    reel_error error;

    if (reel_array_copy(&e->features, set->count, index, count, &p.images,
                        &error) != REEL_OK ||
        reel_array_copy(&e->targets, set->count, index, count, &p.labels,
                        &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    e->count = count;
    e->features.data = p.images.data;
    e->targets.data = p.labels.data;
    return p;
}

/* A fifth of each class is held out. */
static void split(const images *all, part *learn, part *validate)
{
    int64_t n = all->train.count, held = n / 5;
    int64_t *order = allocate((size_t)n, sizeof *order);
    reel_error error;

    if (reel_split_examples(&all->train.data.labels, all->classes, n, held,
                            (uint64_t)seed, order, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    *learn = take(&all->train, order, n - held);
    *validate = take(&all->train, order + n - held, held);
    free(order);
}

static void part_free(part *p)
{
    reel_array_free(&p->images);
    reel_array_free(&p->labels);
}

/* ------------------------------------------------------------------- curves */

/* The three losses of each epoch, and the middle of each epoch. */
typedef struct curves {
    double *running, *after, *validation, *middle;
    int64_t below; /* epochs whose validation loss lies below the running one */
} curves;

static curves curves_new(void)
{
    size_t n = (size_t)epochs, size = sizeof(double);
    curves c = {allocate(n, size), allocate(n, size), allocate(n, size),
                allocate(n, size), 0};

    for (size_t i = 0; i < n; i++)
        c.middle[i] = (double)i + 0.5;
    return c;
}

static void curves_free(curves *c)
{
    free(c->running);
    free(c->after);
    free(c->validation);
    free(c->middle);
}

static bool report(const reel_progress *now, void *user)
{
    curves *c = user;
    int64_t i = now->epoch - 1;
    bool below = now->validation.loss < now->running.loss;

    c->running[i] = now->running.loss;
    c->after[i] = now->after.loss;
    c->validation[i] = now->validation.loss;
    c->below += below;
    printf("%5" PRId64 "  %7.4f  %11.4f  %10.4f  %s\n", now->epoch,
           now->running.loss, now->after.loss, now->validation.loss,
           below ? "validation lies below running" : "");
    fflush(stdout);
    return true;
}

static void explain(const curves *c)
{
    double gap = c->validation[epochs - 1] - c->after[epochs - 1];

    printf("\nvalidation below running: in %" PRId64 " of %" PRId64 " epochs\n"
           "The running loss is the mean over an epoch, of a model that got "
           "better on the\nway%s.\n"
           "The model that epoch 1 ended with has %.4f, not %.4f, on the same "
           "images.\n"
           "Compare validation with that: at the end it lies %.4f %s.\n",
           c->below, epochs, dropout > 0 ? ", with dropout at work" : "",
           c->after[0], c->running[0], gap < 0 ? -gap : gap,
           gap < 0 ? "below" : "above");
}

static void draw(const curves *c)
{
    const reel_series series[] = {
        {.name = "running", .count = epochs,
         .y = c->running},
        {.name = "after epoch", .count = epochs, .y = c->after},
        {.name = "validation", .count = epochs,
         .y = c->validation},
        {.name = "running, mid-epoch", .count = epochs,
         .x = c->middle, .y = c->running, .points = true},
    };

    show_plot(&(reel_plot){.title = "Training and validation loss",
                           .x_label = "epochs", .y_label = "cross-entropy",
                           .count = 4, .series = series}, plot);
}

int main(int argc, char **argv)
{
    part learn, validate;

    read_options("curves",
                 "Trains a perceptron and shows its training and validation "
                 "loss over the epochs.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (threads > 0)
        reel_set_threads((int)threads);

    images all = images_load(data);
    reel_tape *t = reel_tape_new();

    split(&all, &learn, &validate);
    reel_set_seed(t, (uint64_t)seed);

    reel_layer *net = reel_layer_list(t, REEL_LAYERS(
        reel_dense_layer(t, hidden, "relu", "he"),
        reel_dropout_layer(t, dropout),
        reel_dense_layer(t, all.classes, "identity", "he")));
    curves c = curves_new();
    const reel_model model = {.layer = net, .loss = "cross_entropy"};
    const reel_train_options training = {
        .optimizer = "sgd", .lr = lr, .batch = batch, .epochs = epochs,
        .seed = (uint64_t)seed, .validation = &validate.examples,
        .after = true, .csv = csv, .on_epoch = report, .user = &c};

    printf("epoch  running  after epoch  validation\n");
    if (reel_train(t, &model, &learn.examples, &training, NULL) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    explain(&c);
    draw(&c);

    curves_free(&c);
    reel_tape_free(t);
    part_free(&validate);
    part_free(&learn);
    images_free(&all);
    return finish();
}
