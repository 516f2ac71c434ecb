/* examples/rates.c: what the learning rate does: the same network, learning
 * with rates from 0.0001 to 1, from too small to diverging.
 *
 * A training whose loss grows beyond all numbers ends with REEL_EANOMALY: it is
 * shown as such, and the next one begins.
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

enum { RATES = 7 };

static const double rates[RATES] = {0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 1};
static const char *const names[RATES] = {"0.0001", "0.001", "0.003", "0.01",
                                         "0.03",   "0.1",   "1"};

static struct {
    const char *data, *activation, *init, *plot;
    sizes hidden;
    int64_t batch, epochs, seed, threads;
} set = {.activation = "relu", .init = "he",
         .hidden = {4, {100, 100, 100, 100}}, .batch = 64, .epochs = 10,
         .seed = 1};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_SIZES, &set.hidden, "N,...",
     "units of the hidden layers", 1, 1e6, NULL},
    {"--activation", OPTION_CHOICE, &set.activation, "NAME",
     "of the hidden layers", 0, 0, mlp_activations},
    {"--init", OPTION_CHOICE, &set.init, "NAME", "initial weights", 0, 0,
     mlp_rules},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N", "passes over the images", 1,
     1e4, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "the training loss by epoch: " PLOT_HELP, 0, 0, NULL},
};

/* What came of a rate. */
typedef struct result {
    double *loss; /* at first, and after each epoch: [1 + set.epochs] */
    double *accuracy; /* after each epoch */
    int64_t epochs;   /* before it diverged */
} result;

static result try_rate(const images *all, double lr)
{
    reel_tape *t = reel_tape_new();
    mlp net = mlp_new(t, REEL_F32, all->train.pixels, &set.hidden,
                      all->classes, set.activation, set.init,
                      0, (uint64_t)set.seed);
    const learning how = {lr, set.batch, set.epochs, set.seed};
    result r = {allocate(1 + (size_t)set.epochs, sizeof *r.loss),
                allocate((size_t)set.epochs, sizeof *r.accuracy), 0};

    r.loss[0] = score_of(t, net.layers, &all->train).loss;
    r.epochs = learn(t, net.layers, all, &how, r.loss + 1, r.accuracy);
    reel_tape_free(t);
    return r;
}

static double last_loss(const result *r)
{
    return r->loss[set.epochs];
}

static bool diverged(const result *r)
{
    return r->epochs < set.epochs;
}

/* The rate with the lowest loss at the end. */
static int best_of(const result *r)
{
    int best = 0;

    for (int i = 1; i < RATES; i++)
        if (!diverged(&r[i]) && !(last_loss(&r[best]) <= last_loss(&r[i])))
            best = i;
    return best;
}

/* guessing: the loss of giving every class the same chance. */
static const char *verdict(const result *r, int i, int best, double guessing)
{
    double loss = last_loss(&r[i]), lowest = last_loss(&r[best]);

    if (diverged(&r[i]))
        return "diverges: the loss is not finite";
    if (i == best)
        return "right: the best of these";
    if (i > best)
        return loss >= guessing     ? "diverges: no better than guessing"
               : loss > 2 * lowest  ? "too large"
                                    : "right";
    return loss > guessing / 2  ? "too small"
           : loss > 2 * lowest  ? "slow"
                                : "right";
}

static void print_table(const result *r, double guessing)
{
    int best = best_of(r);

    printf("   rate  loss after  after the      test\n"
           "           epoch 1       last  accuracy\n");
    for (int i = 0; i < RATES; i++) {
        printf("%7s  ", names[i]);
        if (diverged(&r[i]))
            printf("%31s", "");
        else
            printf("%10.4f  %9.4f  %6.2f %%", r[i].loss[1], last_loss(&r[i]),
                   100 * r[i].accuracy[set.epochs - 1]);
        printf("  %s", verdict(r, i, best, guessing));
        if (diverged(&r[i]))
            printf(" in epoch %" PRId64, r[i].epochs + 1);
        putchar('\n');
    }
}

static void draw(const result *r)
{
    reel_series series[RATES];
    double *epoch = allocate(1 + (size_t)set.epochs, sizeof *epoch);

    for (int64_t i = 0; i <= set.epochs; i++)
        epoch[i] = (double)i;
    for (int i = 0; i < RATES; i++)
        series[i] = (reel_series){.name = names[i], .count = 1 + set.epochs,
                                  .x = epoch, .y = r[i].loss};
    show_plot(&(reel_plot){.title = "Training loss by learning rate",
                           .x_label = "epochs", .y_label = "cross-entropy",
                           .log_y = true, .count = RATES, .series = series},
              set.plot);
    free(epoch);
}

int main(int argc, char **argv)
{
    result r[RATES];

    read_options("rates",
                 "Trains the same perceptron with learning rates from 0.0001 "
                 "to 1.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);
    double guessing = log(all.classes);

    printf("%s, initial weights %s, %" PRId64 " epochs of plain gradient "
           "descent,\nbatches of %" PRId64 "; the loss of guessing is %.4f\n\n",
           set.activation, set.init, set.epochs, set.batch, guessing);
    for (int i = 0; i < RATES; i++)
        r[i] = try_rate(&all, rates[i]);
    print_table(r, guessing);
    draw(r);

    for (int i = 0; i < RATES; i++) {
        free(r[i].loss);
        free(r[i].accuracy);
    }
    images_free(&all);
    return finish();
}
