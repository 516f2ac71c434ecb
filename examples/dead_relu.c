/* examples/dead_relu.c: how ReLUs die, how to see it, and what helps.
 *
 * A ReLU whose input is negative for every image gives 0 and gets no gradient:
 * its weights stay as they are, so it stays dead. Large initial weights or a
 * step too far bring that about. The same network of three hidden layers learns
 * from that bad start, and with one thing changed at a time: He's weights, a
 * smaller rate, or leaky ReLUs, which have a slope below 0 as well.
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
#include "mlp.h"
#include "pictures.h"

enum { RUNS = 5, LOOKED_AT = 1000 };

static struct {
    const char *data, *init, *plot;
    sizes hidden;
    double lr, small;
    int64_t batch, epochs, seed, threads;
} set = {.init = "normal", .hidden = {3, {50, 50, 50}}, .lr = 0.04,
         .small = 0.01, .batch = 64, .epochs = 10, .seed = 1};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_SIZES, &set.hidden, "N,...",
     "units of the hidden layers", 1, 1e6, NULL},
    {"--init", OPTION_CHOICE, &set.init, "NAME", "the bad initial weights", 0,
     0, mlp_rules},
    {"--lr", OPTION_REAL, &set.lr, "X", "the bad learning rate", 0, 1e6, NULL},
    {"--small", OPTION_REAL, &set.small, "X", "the smaller one", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N", "passes over the images", 1,
     1e4, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "dead units by epoch: " PLOT_HELP, 0, 0, NULL},
};

/* ------------------------------------------------------------- dead units */

/* What came of a run: values in %, at first and after each epoch; NaN after it
 * diverged. */
typedef struct result {
    const char *title;
    double *dead, *accuracy; /* ReLUs and test images, [1 + set.epochs] */
    char layers[128];        /* how many are dead in each layer, at the end */
} result;

/* In % of all ReLUs. with_table: prints all of the health check. */
static double count_dead(reel_tape *t, reel_layer *net, const images *all,
                         result *r, bool with_table)
{
    reel_mark mark = reel_tape_mark(t);
    int64_t n = all->train.count < LOOKED_AT ? all->train.count : LOOKED_AT;
    int64_t dead = 0, units = 0;
    int at = 0;
    reel_health h;

    if (reel_health_check(loss_of_first(t, net, REEL_F32, &all->train, n),
                          NULL, &h) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    if (with_table)
        reel_health_print(&h, stdout);
    snprintf(r->layers, sizeof r->layers, "no ReLUs");
    for (size_t i = 0; i < h.layers; i++) {
        dead += h.layer[i].stuck;
        units += h.layer[i].units;
        at += snprintf(r->layers + at, sizeof r->layers - (size_t)at,
                       "%s%" PRId64, i > 0 ? " + " : "", h.layer[i].stuck);
    }
    reel_health_free(&h);
    reel_tape_rewind(t, mark);
    return units > 0 ? 100 * (double)dead / (double)units : 0;
}

/* --------------------------------------------------------------------- runs */

/* In % of the test images. */
static double test(reel_tape *t, reel_layer *net, const images *all)
{
    return 100 * score_of(t, net, &all->test).accuracy;
}

/* Learns epoch by epoch from where the network stands. */
static result run(reel_tape *t, reel_layer *net, const images *all,
                  const char *title, double lr)
{
    size_t n = 1 + (size_t)set.epochs;
    result r = {.title = title, .dead = allocate(n, sizeof *r.dead),
                .accuracy = allocate(n, sizeof *r.accuracy)};
    bool whole = true;

    r.dead[0] = count_dead(t, net, all, &r, false);
    r.accuracy[0] = test(t, net, all);
    for (int64_t i = 1; i <= set.epochs; i++) {
        const learning how = {lr, set.batch, 1, set.seed + i};

        whole = whole && learn(t, net, all, &how, NULL, NULL) == 1;
        r.dead[i] = whole ? count_dead(t, net, all, &r, false) : NAN;
        r.accuracy[i] = whole ? test(t, net, all) : NAN;
    }
    return r;
}

static mlp begin(reel_tape *t, const images *all, const char *activation,
                 const char *rule)
{
    mlp net = mlp_new(t, REEL_F32, all->train.pixels, &set.hidden,
                      all->classes, activation, rule, 0, (uint64_t)set.seed);

    if (reel_status_of(t) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return net;
}

/* The bad start, and going on from where it ended with a smaller rate. */
static void bad_start(const images *all, result *killed, result *went_on)
{
    reel_tape *t = reel_tape_new();
    mlp net = begin(t, all, "relu", set.init);

    *killed = run(t, net.layers, all, "bad start", set.lr);
    printf("The bad start (weights %s, learning rate %g), after %" PRId64
           " epochs:\n\n", set.init, set.lr, set.epochs);
    count_dead(t, net.layers, all, killed, true);
    *went_on = run(t, net.layers, all, "then smaller rate", set.small);
    reel_tape_free(t);
}

/* A better start. */
static result cure(const images *all, const char *title,
                   const char *activation, const char *rule, double lr)
{
    reel_tape *t = reel_tape_new();
    mlp net = begin(t, all, activation, rule);
    result r = run(t, net.layers, all, title, lr);

    reel_tape_free(t);
    return r;
}

/* ------------------------------------------------------------------ results */

static void print_result(const result *r)
{
    int64_t last = set.epochs;

    printf("%-18s %5.1f %%  ", r->title, r->dead[0]);
    if (isnan(r->dead[last]))
        printf("diverges\n");
    else
        printf("%5.1f %%  %6.2f %%  %s\n", r->dead[last], r->accuracy[last],
               r->layers);
}

static void draw(const result *r, int count)
{
    reel_series series[RUNS];
    int64_t most = 2 * set.epochs;
    double *epoch = allocate(1 + (size_t)most, sizeof *epoch);

    for (int64_t i = 0; i <= most; i++)
        epoch[i] = (double)i;
    for (int i = 0; i < count; i++)
        series[i] = (reel_series){.name = r[i].title, .count = 1 + set.epochs,
                                  .x = epoch, .y = r[i].dead};
    series[1].x += set.epochs; /* it goes on where the first one ended */
    show_plot(&(reel_plot){.title = "Dead ReLUs", .x_label = "epochs",
                           .y_label = "%", .count = count, .series = series},
              set.plot);
    free(epoch);
}

int main(int argc, char **argv)
{
    result r[RUNS];

    read_options("dead_relu",
                 "Kills the ReLUs of a network by a bad start, shows how that "
                 "is seen, and tries what helps.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);

    bad_start(&all, &r[0], &r[1]);
    r[2] = cure(&all, "smaller rate", "relu", set.init, set.small);
    r[3] = cure(&all, "He's weights", "relu", "he", set.lr);
    r[4] = cure(&all, "leaky ReLUs", "leaky_relu", set.init, set.lr);

    printf("\n                   dead ReLUs           test\n"
           "                   first    last    accuracy  dead in each "
           "layer\n");
    for (int i = 0; i < RUNS; i++)
        print_result(&r[i]);
    draw(r, RUNS);

    for (int i = 0; i < RUNS; i++) {
        free(r[i].dead);
        free(r[i].accuracy);
    }
    images_free(&all);
    return finish();
}
