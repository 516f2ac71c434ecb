/* examples/initial.c: how much the initial weights matter: a network with one
 * hidden layer, begun by five rules, from several seeds each.
 *
 * With zeros all hidden units begin alike, get the same gradient, and stay
 * alike for ever: the layer is one unit, however many it has. The table shows
 * it: how many of its units differ, and the rank of its weights.
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

enum { RULES = 5, LOOKED_AT = 256 };

static const char *const rules[RULES] = {"zeros", "normal", "uniform",
                                         "xavier", "he"};
static const char *const titles[RULES] = {"zeros", "N(0, 1)", "U(-0.5, 0.5)",
                                          "Xavier", "He"};

static struct {
    const char *data, *activation, *plot;
    double lr;
    int64_t hidden, batch, epochs, seeds, seed, threads;
} set = {.activation = "sigmoid", .hidden = 300, .lr = 0.1, .batch = 64,
         .epochs = 20, .seeds = 5, .seed = 1};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_INTEGER, &set.hidden, "N", "units of the hidden layer",
     1, 1e5, NULL},
    {"--activation", OPTION_CHOICE, &set.activation, "NAME",
     "of the hidden layer", 0, 0, mlp_activations},
    {"--lr", OPTION_REAL, &set.lr, "X", "learning rate", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N", "passes over the images", 1,
     1e4, NULL},
    {"--seeds", OPTION_INTEGER, &set.seeds, "N", "so many runs of each rule", 1,
     1000, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "the first of them: of the initial weights and the order of the images", 0,
     1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "test accuracy by epoch, mean, lowest and highest: " PLOT_HELP, 0, 0,
     NULL},
};

/* ---------------------------------------------------------- what W1 is like */

/* The columns of a matrix [rows, columns], one after the other. */
static double *columns_of(const reel_node *w, int64_t rows, int64_t columns)
{
    const float *value = reel_data(w);
    double *all = allocate((size_t)(rows * columns), sizeof *all);

    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            all[j * rows + i] = value[i * columns + j];
    return all;
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* How many of the columns are unlike all before them, beyond rounding in
 * f32. */
static int64_t count_different(const double *column, int64_t n, int64_t count)
{
    int64_t different = 0;

    for (int64_t j = 0; j < count; j++) {
        const double *a = column + j * n;
        double norm = dot(a, a, n);
        bool seen = false;

        for (int64_t k = 0; k < j && !seen; k++) {
            const double *b = column + k * n;

            seen = norm + dot(b, b, n) - 2 * dot(a, b, n) <= 1e-8 * norm;
        }
        different += !seen;
    }
    return different;
}

/* Rank by Gram-Schmidt with pivoting: what is left of the columns is made
 * orthogonal to the longest of them, until that is shorter than 1e-4 of the
 * first. */
static int64_t rank_of(double *column, int64_t n, int64_t count)
{
    double first = 0;

    for (int64_t rank = 0; rank < count; rank++) {
        double most = 0, *pivot = NULL;

        for (int64_t j = 0; j < count; j++) {
            double norm = dot(column + j * n, column + j * n, n);

            if (norm > most) {
                most = norm;
                pivot = column + j * n;
            }
        }
        first = rank == 0 ? most : first;
        if (most <= 1e-8 * first)
            return rank;
        for (int64_t j = 0; j < count; j++) {
            double *c = column + j * n;
            double part = dot(c, pivot, n) / most;

            for (int64_t i = 0; c != pivot && i < n; i++)
                c[i] -= part * pivot[i];
        }
        for (int64_t i = 0; i < n; i++)
            pivot[i] = 0;
    }
    return count;
}

/* ------------------------------------------------------------------- runs */

/* What came of a rule. */
typedef struct result {
    double *mean, *low, *high; /* test accuracy in %, [set.epochs] */
    double flat;       /* share of saturated (or, of a relu, 0) hidden values */
    int64_t different, rank; /* of W1's columns, after the first seed's run */
} result;

static double flat_share(reel_tape *t, const mlp *net, const images *all)
{
    reel_mark mark = reel_tape_mark(t);
    int64_t n = all->train.count < LOOKED_AT ? all->train.count : LOOKED_AT;
    reel_health h;

    if (reel_health_check(loss_of_first(t, net->layers, REEL_F32, &all->train,
                                        n), NULL, &h) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));

    double flat = h.layers > 0 ? h.layer[0].flat : NAN;

    reel_health_free(&h);
    reel_tape_rewind(t, mark);
    return flat;
}

/* One run; accuracy [set.epochs] in %. */
static void run_seed(const images *all, const char *rule, int64_t seed,
                     double *accuracy, result *r)
{
    reel_tape *t = reel_tape_new();
    int64_t pixels = all->train.pixels;
    mlp net = mlp_new(t, REEL_F32, pixels, &(sizes){1, {set.hidden}},
                      all->classes, set.activation, rule, 0, (uint64_t)seed);
    const learning how = {set.lr, set.batch, set.epochs, seed};
    bool first = seed == set.seed;

    if (first)
        r->flat = flat_share(t, &net, all);
    learn(t, net.layers, all, &how, NULL, accuracy);
    for (int64_t i = 0; i < set.epochs; i++)
        accuracy[i] *= 100;
    if (first) {
        double *w1 = columns_of(net.parameters.node[0], pixels, set.hidden);

        r->different = count_different(w1, pixels, set.hidden);
        r->rank = rank_of(w1, pixels, set.hidden);
        free(w1);
    }
    reel_tape_free(t);
}

static result try_rule(const images *all, const char *rule)
{
    size_t n = (size_t)set.epochs, size = sizeof(double);
    result r = {.mean = allocate(n, size), .low = allocate(n, size),
                .high = allocate(n, size)};
    double *accuracy = allocate((size_t)set.seeds * n, size);

    for (int64_t i = 0; i < set.seeds; i++)
        run_seed(all, rule, set.seed + i, accuracy + i * set.epochs, &r);
    if (reel_band(accuracy, set.seeds, set.epochs, r.mean, r.low, r.high) !=
        REEL_OK)
        die(EXIT_FAILURE, "no mean");
    free(accuracy);
    return r;
}

static void print_result(const char *title, const result *r)
{
    int64_t last = set.epochs - 1;

    printf("%-13s %6.2f %%  %6.2f, %6.2f  %6.2f %%  %7.1f %%  %9" PRId64
           "  %4" PRId64 "\n", title, r->mean[last], r->low[last],
           r->high[last], r->mean[0], 100 * r->flat, r->different, r->rank);
    fflush(stdout);
}

static void draw(const result *r)
{
    reel_series series[RULES];

    for (int i = 0; i < RULES; i++)
        series[i] = (reel_series){.name = titles[i], .count = set.epochs,
                                  .y = r[i].mean, .low = r[i].low,
                                  .high = r[i].high};
    show_plot(&(reel_plot){.title = "Test accuracy by initial weights",
                           .x_label = "epochs", .y_label = "%",
                           .count = RULES, .series = series}, set.plot);
}

int main(int argc, char **argv)
{
    result r[RULES];

    read_options("initial",
                 "Trains a perceptron with one hidden layer from initial "
                 "weights by several rules and seeds.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);

    printf("%" PRId64 "-%" PRId64 "-%d, %s, learning rate %g, %" PRId64
           " epochs, seeds %" PRId64 " to %" PRId64 "\n\n"
           "               test      lowest,    after 1  flat at      W1's "
           "units\n"
           "rule          accuracy   highest      epoch  the start  that differ"
           "  rank\n",
           all.train.pixels, set.hidden, all.classes, set.activation, set.lr,
           set.epochs, set.seed, set.seed + set.seeds - 1);
    for (int i = 0; i < RULES; i++) {
        r[i] = try_rule(&all, rules[i]);
        print_result(titles[i], &r[i]);
    }
    draw(r);

    for (int i = 0; i < RULES; i++) {
        free(r[i].mean);
        free(r[i].low);
        free(r[i].high);
    }
    images_free(&all);
    return finish();
}
