/* examples/accumulate.c: two ways to the same step. A perceptron is trained
 * example by example, its gradients added up and averaged over 64, and another
 * one, from the same weights and on the same images, in batches of 64. The mean
 * of gradients is the gradient of the mean, so both stay the same but for
 * rounding; one of them is much faster.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "images.h"
#include "pictures.h"

enum { DTYPES = 2, MOST_PARAMETERS = 4, LOOKS = 50 };

static int64_t hidden, batch = 64, epochs, seed = 1, threads;
static double lr = 0.1;
static const char *data, *plot;

static const option options[] = {
    {"--data", OPTION_TEXT, &data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_INTEGER, &hidden, "N",
     "units of the hidden layer; 0: 300, or 32 for the digits", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &batch, "N", "images for each update", 1, 1e6,
     NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--epochs", OPTION_INTEGER, &epochs, "N",
     "passes over the images; 0: 1, or 10 for the digits", 0, 1e4, NULL},
    {"--seed", OPTION_INTEGER, &seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &plot, "FILE",
     "how far apart the two are after each update: " PLOT_HELP, 0, 0, NULL},
};

/* A network, in one of the two ways. */
typedef struct way {
    reel_tape *tape;
    reel_node *index, *loss;
    reel_nodes parameters;
    int64_t size;         /* images that a step looks at */
    reel_program *step;   /* adds up gradients, or updates */
    reel_program *update; /* by the sum of gradients; NULL: step does it */
    double seconds, total; /* spent; sum of the steps' losses */
} way;

/* The loss of size images of a set, picked by index. */
static way network(const images *all, reel_dtype dtype, int64_t size)
{
    const image_set *set = &all->train;
    way w = {.tape = reel_tape_new(), .size = size};
    reel_tape *t = w.tape;
    reel_node *pixels =
        reel_input(t, "pixels", REEL_U8, REEL_SHAPE(set->count, set->pixels));
    reel_node *labels =
        reel_input(t, "labels", REEL_U8, REEL_SHAPE(set->count));

    w.index = reel_input(t, "index", REEL_I64, REEL_SHAPE(size));
    reel_bind(pixels, set->examples.features.data);
    reel_bind(labels, set->examples.targets.data);
    reel_set_seed(t, (uint64_t)seed);

    reel_node *x = reel_affine(reel_cast(reel_gather(pixels, w.index), dtype),
                               set->examples.scale, 0);
    reel_node *h = reel_dense(x, hidden, "sigmoid", "he");
    reel_node *scores = reel_dense(h, all->classes, "identity", "he");

    w.loss = reel_loss(scores, reel_gather(labels, w.index), "cross_entropy");
    w.parameters = reel_parameters(REEL_NODES(w.loss));
    return w;
}

/* p <- p - rate g */
static reel_node *descend(reel_node *p, reel_node *g, double rate)
{
    return reel_assign(p, reel_sub(p, reel_affine(g, rate, 0)));
}

/* In batches: the gradient of the batch's mean loss makes the update. */
static way in_batches(const images *all, reel_dtype dtype)
{
    way w = network(all, dtype, batch);
    reel_node *g[MOST_PARAMETERS], *out[MOST_PARAMETERS + 1] = {w.loss};
    size_t n = w.parameters.count;

    reel_gradients(w.loss, w.parameters, g);
    for (size_t i = 0; i < n; i++)
        out[i + 1] = descend(w.parameters.node[i], g[i], lr);
    w.step = reel_compile(w.tape, (reel_nodes){n + 1, out});
    return w;
}

/* Example by example: each adds its gradient to a sum; the update takes the
 * mean, and begins the sum again. */
static way by_examples(const images *all, reel_dtype dtype)
{
    way w = network(all, dtype, 1);
    reel_node *g[MOST_PARAMETERS], *add[MOST_PARAMETERS + 1] = {w.loss},
              *update[2 * MOST_PARAMETERS];
    size_t n = w.parameters.count;

    reel_gradients(w.loss, w.parameters, g);
    for (size_t i = 0; i < n; i++) {
        reel_node *p = w.parameters.node[i];
        reel_shape shape = reel_shape_of(p);
        reel_node *sum = reel_state(w.tape, "sum", dtype, shape, NULL);

        add[i + 1] = reel_assign(sum, reel_add(sum, g[i]));
        update[2 * i] = descend(p, sum, lr / (double)batch);
        update[2 * i + 1] =
            reel_assign(sum, reel_full(w.tape, dtype, shape, 0));
    }
    w.step = reel_compile(w.tape, (reel_nodes){n + 1, add});
    w.update = reel_compile(w.tape, (reel_nodes){2 * n, update});
    return w;
}

static void way_free(way *w)
{
    reel_program_free(w->step);
    reel_program_free(w->update);
    reel_tape_free(w->tape);
}

static void run(way *w, reel_program *p)
{
    if (reel_run(p) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(w->tape));
}

/* One update by the images that index [batch] lists. */
static void learn(way *w, const int64_t *index)
{
    double began = seconds();

    for (int64_t i = 0; i < batch; i += w->size) {
        reel_bind(w->index, index + i);
        run(w, w->step);
        w->total += reel_item(w->loss);
    }
    if (w->update)
        run(w, w->update);
    w->seconds += seconds() - began;
}

/* --------------------------------------------------------------- comparing */

static double element(const reel_node *p, int64_t i)
{
    if (reel_dtype_of(p) == REEL_F32)
        return ((const float *)reel_data(p))[i];
    return ((const double *)reel_data(p))[i];
}

/* The largest difference of two parameters, as a part of the largest
 * parameter. */
static double apart(const way *a, const way *b)
{
    double difference = 0, largest = 0;

    for (size_t i = 0; i < a->parameters.count; i++) {
        const reel_node *p = a->parameters.node[i], *q = b->parameters.node[i];

        for (int64_t j = 0; j < reel_count(p); j++) {
            double u = element(p, j), v = element(q, j);

            difference = fmax(difference, fabs(u - v));
            largest = fmax(largest, fabs(u));
        }
    }
    return difference / largest;
}

static void print_way(const char *name, const way *w, int64_t updates)
{
    double count = (double)(updates * batch);

    printf("  %-18s  %7.2f s  %6.1f us an image  mean loss %.9f\n", name,
           w->seconds, 1e6 * w->seconds / count,
           w->total * (double)w->size / count);
}

static void print(reel_dtype dtype, const way *a, const way *b,
                  int64_t updates)
{
    printf("%s, %" PRId64 " updates by %" PRId64 " images each:\n",
           reel_dtype_name(dtype), updates, batch);
    print_way("example by example", a, updates);
    print_way("in batches", b, updates);
    printf("  batches are %.1f times as fast; parameters differ by %.1e of the "
           "largest\n", a->seconds / b->seconds, apart(a, b));
}

/* What was found with one dtype: how far apart the two were, at each look. */
typedef struct result {
    int64_t looks;
    double at[LOOKS], apart[LOOKS];
} result;

static result compare(const images *all, reel_dtype dtype)
{
    way a = by_examples(all, dtype), b = in_batches(all, dtype);
    int64_t updates = all->train.count / batch * epochs, done = 0;
    result r = {0};
    progress line = {0};
    reel_batches batches;
    reel_batch some;
    reel_error error;

    if (reel_status_of(a.tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(a.tape));
    if (reel_status_of(b.tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(b.tape));
    if (reel_batches_new(&batches, all->train.count, batch, (uint64_t)seed,
                         &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    while (done < updates) {
        /* What is left over in an epoch is another part in the next. */
        if (!reel_batches_next(&batches, &some) || some.size < batch)
            continue;
        learn(&a, some.index);
        learn(&b, some.index);
        done++;
        if (done * LOOKS / updates > r.looks) {
            r.at[r.looks] = (double)done;
            r.apart[r.looks++] = apart(&a, &b);
        }
        if (progress_due(&line))
            progress_show(&line, "%s: update %" PRId64 " of %" PRId64,
                          reel_dtype_name(dtype), done, updates);
    }
    progress_clear(&line);

    print(dtype, &a, &b, updates);
    reel_batches_free(&batches);
    way_free(&a);
    way_free(&b);
    return r;
}

int main(int argc, char **argv)
{
    static const reel_dtype dtypes[DTYPES] = {REEL_F32, REEL_F64};
    result results[DTYPES];
    reel_series series[DTYPES];

    read_options("accumulate",
                 "Trains a perceptron example by example, with gradients "
                 "averaged, and in batches, and compares the two.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (threads > 0)
        reel_set_threads((int)threads);
    if (hidden == 0)
        hidden = data ? 300 : 32;
    if (epochs == 0)
        epochs = data ? 1 : 10;

    images all = images_load(data);

    if (batch > all.train.count)
        die(EXIT_FAILURE, "--batch %" PRId64 ": there are %" PRId64 " images",
            batch, all.train.count);
    for (int i = 0; i < DTYPES; i++) {
        results[i] = compare(&all, dtypes[i]);
        series[i] = (reel_series){.name = reel_dtype_name(dtypes[i]),
                                  .count = results[i].looks,
                                  .x = results[i].at, .y = results[i].apart};
    }
    show_plot(&(reel_plot){
        .title = "Example by example against batches: largest difference of a "
                 "parameter",
        .x_label = "updates", .y_label = "of the largest parameter",
        .log_y = true, .count = DTYPES, .series = series}, plot);
    images_free(&all);
    return finish();
}
