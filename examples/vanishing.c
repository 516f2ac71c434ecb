/* examples/vanishing.c: vanishing and exploding gradients: what is left of the
 * gradient at each layer of a deep network before it has learned anything, for
 * three activations and three sizes of initial weights; and how far each of
 * them then learns.
 *
 * On its way down the gradient is multiplied by each layer's weights and by the
 * slope of its activation. A sigmoid's slope is 1/4 at most; a tanh's is 1 at
 * most and next to 0 where large weights saturate it; half of a layer's ReLUs
 * pass everything on, which He's weights make up for.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "images.h"
#include "learn.h"
#include "pictures.h"

enum {
    DEPTH = 10,
    HIDDEN = DEPTH - 1,
    ACTIVATIONS = 3,
    RULES = 3,
    LOOKED_AT = 256
};

static const char *const activations[ACTIVATIONS] = {"sigmoid", "tanh", "relu"};
static const char *const rules[RULES] = {"normal(0.01)", "he", "normal"};
static const char *const sizes_of_rules[RULES] = {"small", "He", "large"};

static struct {
    const char *data, *plot;
    double lr;
    int64_t hidden, batch, epochs, seed, threads;
} set = {.hidden = 100, .lr = 0.1, .batch = 64, .epochs = 10, .seed = 1};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_INTEGER, &set.hidden, "N",
     "units of each of the nine hidden layers", 1, 1e5, NULL},
    {"--lr", OPTION_REAL, &set.lr, "X", "learning rate", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N", "passes over the images", 1,
     1e4, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "the norm of the gradient by layer: " PLOT_HELP, 0, 0, NULL},
};

/* What came of an activation and a rule. */
typedef struct result {
    char name[32];
    /* Norms before learning: of the gradient at each hidden layer's output, and
     * of that of the first layer's weights. */
    double norm[HIDDEN], first;
    const char *verdict;
    double accuracy; /* on the test images after learning; NaN: diverged */
} result;

/* ---------------------------------------------------------------- gradients */

static const char *verdict_of(const reel_health *h)
{
    for (size_t i = 0; i < h->findings; i++)
        switch (h->finding[i].kind) {
        case REEL_HEALTH_VANISHING: return "vanishes";
        case REEL_HEALTH_EXPLODING: return "explodes";
        default: break;
        }
    return "arrives";
}

/* The activations are in the table in the order of their recording, and so are
 * the parameters. */
static void look(reel_tape *t, reel_layer *net, const images *all, result *r)
{
    reel_mark mark = reel_tape_mark(t);
    int64_t n = all->train.count < LOOKED_AT ? all->train.count : LOOKED_AT;
    reel_health h;

    if (reel_health_check(loss_of_first(t, net, REEL_F32, &all->train, n),
                          NULL, &h) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    for (int i = 0; i < HIDDEN; i++)
        r->norm[i] = h.layer[i].gradient;
    r->first = h.parameter[0].gradient;
    r->verdict = verdict_of(&h);
    reel_health_free(&h);
    reel_tape_rewind(t, mark);
}

/* --------------------------------------------------------------------- runs */

static result try_network(const images *all, int activation, int rule)
{
    reel_tape *t = reel_tape_new();
    reel_layer *layer[DEPTH];
    const learning how = {set.lr, set.batch, set.epochs, set.seed};
    double *accuracy = allocate((size_t)set.epochs, sizeof *accuracy);
    result r;

    snprintf(r.name, sizeof r.name, "%s, %s", activations[activation],
             sizes_of_rules[rule]);
    reel_set_seed(t, (uint64_t)set.seed);
    for (int i = 0; i < HIDDEN; i++)
        layer[i] = reel_dense_layer(t, set.hidden, activations[activation],
                                    rules[rule]);
    layer[HIDDEN] = reel_dense_layer(t, all->classes, "identity", rules[rule]);

    reel_layer *net = reel_layer_list(t, (reel_layers){DEPTH, layer});

    /* Layers get their parameters when they are applied: before the mark. */
    reel_apply(net, reel_input(t, "x", REEL_F32,
                               REEL_SHAPE(1, all->train.pixels)));
    look(t, net, all, &r);
    learn(t, net, all, &how, NULL, accuracy);
    r.accuracy = accuracy[set.epochs - 1];
    free(accuracy);
    reel_tape_free(t);
    return r;
}

static void print_result(const result *r)
{
    printf("%-14s %8.1e %8.1e %8.1e  %8.1e  %-8s  ", r->name, r->norm[0],
           r->norm[HIDDEN / 2], r->norm[HIDDEN - 1], r->first, r->verdict);
    if (isnan(r->accuracy))
        printf("diverges\n");
    else
        printf("%6.2f %%\n", 100 * r->accuracy);
    fflush(stdout);
}

static void draw(const result *r)
{
    reel_series series[ACTIVATIONS * RULES];

    for (int i = 0; i < ACTIVATIONS * RULES; i++)
        series[i] = (reel_series){
            .name = r[i].name, .count = HIDDEN, .y = r[i].norm};
    show_plot(&(reel_plot){.title = "Gradient at each hidden layer, before "
                                    "learning",
                           .x_label = "hidden layer", .y_label = "norm",
                           .log_y = true, .count = ACTIVATIONS * RULES,
                           .series = series},
              set.plot);
}

int main(int argc, char **argv)
{
    result r[ACTIVATIONS * RULES];

    read_options("vanishing",
                 "Shows the norm of the gradient at each of ten layers for "
                 "three activations and three sizes of weights, and what each "
                 "network learns.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);

    printf("nine hidden layers of %" PRId64 " and an output layer of %d; "
           "learning rate %g,\n%" PRId64 " epochs; weights: small N(0, 0.01^2),"
           " He's N(0, 2 / inputs), large N(0, 1)\n\n"
           "               gradient at hidden layer     of W1    it        "
           "    test\n"
           "                      1        5        9                      "
           "accuracy\n", set.hidden, all.classes, set.lr, set.epochs);
    for (int i = 0; i < ACTIVATIONS * RULES; i++) {
        r[i] = try_network(&all, i / RULES, i % RULES);
        print_result(&r[i]);
    }
    draw(r);

    images_free(&all);
    return finish();
}
