/* examples/search.c: which learning rate, and how many hidden units? Candidates
 * on a grid, or drawn at random, are tried by successive halving (K. Jamieson,
 * A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", AISTATS 2016): all learn for a few epochs, the best third
 * learns on until it has had three times as many, and so on until one is left.
 *
 * Every candidate has a tape of its own, so that several learn at once, a
 * thread each; within a parallel region Reel starts no threads of its own.
 * What comes out does not depend on the number of threads.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#include "common.h"
#include "images.h"
#include "pictures.h"
#include "search.h"

enum { HELD = 6, BATCH = 64, FEW_UNITS = 32, MANY_UNITS = 256 };

static const char *const methods[] = {"random", "grid", NULL};

static struct {
    const char *data, *method, *plot, *map, *curves;
    double low, high;
    int64_t candidates, epochs, factor, seed, threads;
} set = {.method = "random", .low = 1e-4, .high = 1e-1,
         .candidates = RATES * WIDTHS, .epochs = 1, .factor = 3, .seed = 1};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR", IMAGES_HELP, 0, 0, NULL},
    {"--method", OPTION_CHOICE, &set.method, "NAME",
     "where the candidates come from", 0, 0, methods},
    {"--low", OPTION_REAL, &set.low, "X", "lowest learning rate", 1e-30, 1e30,
     NULL},
    {"--high", OPTION_REAL, &set.high, "X", "highest learning rate", 1e-30,
     1e30, NULL},
    {"--candidates", OPTION_INTEGER, &set.candidates, "N",
     "so many are drawn; the grid has 28", 1, 1000, NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N",
     "before the first are dropped", 1, 1000, NULL},
    {"--factor", OPTION_INTEGER, &set.factor, "N",
     "one in so many goes on, for so many times the epochs", 2, 10, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the candidates, their initial weights and the order of the images", 0,
     1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "so many candidates at once; 0: as many as OMP_NUM_THREADS says, or the "
     "machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "validation error against learning rate: " PLOT_HELP, 0, 0, NULL},
    {"--curves", OPTION_TEXT, &set.curves, "FILE",
     "every candidate's validation error by epoch, likewise", 0, 0, NULL},
    {"--map", OPTION_TEXT, &set.map, "FILE",
     "the grid's errors by rate and units, likewise", 0, 0, NULL},
};

/* The last sixth of the training images is for validation. */
typedef struct parts {
    reel_examples train, validation, test;
    int64_t pixels;
    int classes;
} parts;

/* --------------------------------------------------------------- candidates */

/* Rates and widths count by their logarithm: u and v go from 0 to 1. */
static candidate candidate_at(double u, double v)
{
    double more = (double)MANY_UNITS / FEW_UNITS;

    return (candidate){.rate = set.low * pow(set.high / set.low, u),
                       .units = llround(FEW_UNITS * pow(more, v))};
}

static candidate on_grid(int64_t i)
{
    return candidate_at((double)(i / WIDTHS) / (RATES - 1),
                        (double)(i % WIDTHS) / (WIDTHS - 1));
}

/* By a stream that no layer draws from. */
static candidate drawn(int64_t i)
{
    const uint64_t stream = UINT64_C(1) << 32;
    uint64_t seed = (uint64_t)set.seed, at = 2 * (uint64_t)i;

    return candidate_at(reel_random_uniform(seed, stream, at),
                        reel_random_uniform(seed, stream, at + 1));
}

static void start(candidate *c, const parts *data, int64_t epochs)
{
    const sizes hidden = {1, {c->units}};

    c->tape = reel_tape_new();
    c->net = mlp_new(c->tape, REEL_F32, data->pixels, &hidden, data->classes,
                     "relu", "he", 0, (uint64_t)set.seed);
    c->optimizer =
        reel_optimizer_new(c->net.parameters, "adam", c->rate, NULL);
    c->curve = allocate((size_t)epochs, sizeof *c->curve);
}

static void drop(candidate *c)
{
    reel_tape_free(c->tape);
    c->tape = NULL;
}

static bool note_epoch(const reel_progress *now, void *user)
{
    candidate *c = user;

    c->validation = 1 - now->validation.accuracy;
    c->loss = now->validation.loss;
    c->curve[c->epochs++] = 100 * c->validation;
    return true;
}

/* Learns until it has had so many epochs, and looks at the training images.
 * The optimiser keeps its moments from one call to the next; the order of the
 * images is another one in each. */
static void learn(candidate *c, const parts *data, int64_t epochs)
{
    reel_model model = {.layer = c->net.layers, .loss = "cross_entropy"};
    reel_score score;
    reel_train_options training = {
        .own = c->optimizer, .batch = BATCH, .epochs = epochs - c->epochs,
        .seed = (uint64_t)(set.seed + c->epochs),
        .validation = &data->validation, .on_epoch = note_epoch, .user = c};

    c->status = reel_train(c->tape, &model, &data->train, &training, NULL);
    if (c->status == REEL_OK)
        c->status =
            reel_evaluate(c->tape, &model, &data->train, 0, &score, NULL);
    if (c->status == REEL_OK) {
        c->training = 1 - score.accuracy;
    } else if (c->status == REEL_EANOMALY) { /* the loss was no number */
        c->training = c->validation = 1;
        c->loss = INFINITY;
    }
}

/* ------------------------------------------------------------------- search */

/* The lower validation error goes first, then the lower loss. */
static int compare(const void *left, const void *right)
{
    const candidate *a = *(candidate *const *)left;
    const candidate *b = *(candidate *const *)right;

    if (a->validation != b->validation)
        return a->validation < b->validation ? -1 : 1;
    return (a->loss > b->loss) - (a->loss < b->loss);
}

static void learn_all(candidate **c, int64_t count, const parts *data,
                      int64_t epochs)
{
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(reel_threads())
#endif
    for (int64_t i = 0; i < count; i++)
        learn(c[i], data, epochs);
    for (int64_t i = 0; i < count; i++)
        if (c[i]->status != REEL_OK && c[i]->status != REEL_EANOMALY)
            die(EXIT_FAILURE, "%s", reel_message(c[i]->tape));
    qsort(c, (size_t)count, sizeof *c, compare);
}

static void print_rung(candidate *const *c, int64_t count, int64_t epochs,
                       int64_t kept)
{
    printf("After epoch %" PRId64 ", %" PRId64 " left%s:\n"
           "      rate  units  training error  validation error\n",
           epochs, count, kept > 0 ? "; those with * go on" : "");
    for (int64_t i = 0; i < count; i++)
        printf("%10.3g  %5" PRId64 "  %12.2f %%  %14.2f %%%s\n", c[i]->rate,
               c[i]->units, 100 * c[i]->training, 100 * c[i]->validation,
               i < kept ? "  *" : "");
    putchar('\n');
    fflush(stdout);
}

static rung rung_of(candidate *const *c, int64_t count, int64_t epochs)
{
    rung r = {.count = count, .epochs = epochs,
              .rate = allocate((size_t)count, sizeof *r.rate),
              .error = allocate((size_t)count, sizeof *r.error)};

    for (int64_t i = 0; i < count; i++) {
        r.rate[i] = c[i]->rate;
        r.error[i] = 100 * c[i]->validation;
    }
    return r;
}

/* So many go on; 0: that was the last one. */
static int64_t kept_of(int64_t count)
{
    return count > 1 && count < set.factor ? 1 : count / set.factor;
}

/* Epochs that the last one left will have had. */
static int64_t longest(int64_t count)
{
    int64_t epochs = set.epochs;

    while ((count = kept_of(count)) > 0)
        epochs *= set.factor;
    return epochs;
}

/* all [count] becomes ordered, the best first. Returns the rungs. */
static int search(candidate **all, int64_t count, const parts *data,
                  rung rungs[MAX_RUNGS])
{
    int64_t epochs = set.epochs, before = 0, spent = 0, first = count;
    double begin = seconds();
    int n = 0;

    while (count > 0) {
        int64_t kept = kept_of(count);

        learn_all(all, count, data, epochs);
        rungs[n++] = rung_of(all, count, epochs);
        print_rung(all, count, epochs, kept);
        for (int64_t i = kept > 0 ? kept : 1; i < count; i++)
            drop(all[i]);
        spent += count * (epochs - before);
        before = epochs;
        epochs *= set.factor;
        count = kept;
    }
    printf("%" PRId64 " epochs in all, in place of %" PRId64
           ", %d candidates at once: %.1f s\n", spent, first * longest(first),
           reel_threads(), seconds() - begin);
    return n;
}

/* --------------------------------------------------------------------- main */

static parts divide(const images *all)
{
    int64_t held = all->train.count / HELD, n = all->train.count - held;

    return (parts){.train = images_part(&all->train, 0, n),
                   .validation = images_part(&all->train, n, held),
                   .test = all->test.examples, .pixels = all->train.pixels,
                   .classes = all->classes};
}

static void report_best(const candidate *best, const parts *data)
{
    reel_model model = {.layer = best->net.layers, .loss = "cross_entropy"};
    reel_score score;

    if (reel_evaluate(best->tape, &model, &data->test, 0, &score, NULL) !=
        REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(best->tape));
    printf("best: rate %.3g, %" PRId64 " units, %" PRId64 " epochs: training "
           "error %.2f %%, validation error %.2f %%, test error %.2f %%\n",
           best->rate, best->units, best->epochs, 100 * best->training,
           100 * best->validation, 100 * (1 - score.accuracy));
}

int main(int argc, char **argv)
{
    read_options("search",
                 "Looks for the learning rate and the number of hidden units "
                 "by which Adam learns to tell images apart best.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    bool grid = strcmp(set.method, "grid") == 0;

    if (set.map && !grid)
        die(EXIT_USAGE, "--map needs --method grid");

    images all = images_load(set.data);
    parts data = divide(&all);
    int64_t count = grid ? RATES * WIDTHS : set.candidates;
    candidate *made = allocate((size_t)count, sizeof *made);
    candidate **order = allocate((size_t)count, sizeof *order);
    rung rungs[MAX_RUNGS];

    for (int64_t i = 0; i < count; i++) {
        made[i] = grid ? on_grid(i) : drawn(i);
        start(&made[i], &data, longest(count));
        order[i] = &made[i];
    }

    int n = search(order, count, &data, rungs);

    report_best(order[0], &data);
    draw_rungs(rungs, n, set.plot);
    draw_curves(order, count, set.curves);
    if (set.map)
        draw_map(made, set.epochs, set.map);

    drop(order[0]);
    for (int64_t i = 0; i < count; i++)
        free(made[i].curve);
    for (int i = 0; i < n; i++) {
        free(rungs[i].rate);
        free(rungs[i].error);
    }
    free(order);
    free(made);
    images_free(&all);
    return finish();
}
