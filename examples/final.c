/* examples/final.c: a perceptron is trained several times over, from other
 * weights and in another order each time, and tested; then the first network is
 * looked at: what it takes for what, which images it gets wrong, and what its
 * first layer's units look for.
 *
 * The test images are measured after each epoch for the picture's sake; nothing
 * is chosen by what they say.
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
#include "mlp.h"
#include "pictures.h"

enum {
    MOST_IMAGES = 40,
    MOST_UNITS = 20,
    COLUMNS = 10,
    CAPTION = 48
};

static sizes hidden = {1, {300}};
static int64_t batch = 64, epochs = 10, seeds = 5, threads;
static double lr = 0.03;
static const char *data, *activation = "relu", *init = "he", *plot,
                         *confusion, *misclassified, *weights;

static const option options[] = {
    {"--data", OPTION_TEXT, &data, "DIR",
     IMAGES_HELP "; without it, the embedded digits", 0, 0, NULL},
    {"--hidden", OPTION_SIZES, &hidden, "N,...", "units of the hidden layers",
     1, 1e6, NULL},
    {"--activation", OPTION_CHOICE, &activation, "NAME",
     "of the hidden layers", 0, 0, mlp_activations},
    {"--init", OPTION_CHOICE, &init, "NAME", "initial weights", 0, 0,
     mlp_rules},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &batch, "N", "images in a step", 1, 1e6, NULL},
    {"--epochs", OPTION_INTEGER, &epochs, "N", "passes over the images", 1, 1e4,
     NULL},
    {"--seeds", OPTION_INTEGER, &seeds, "N", "trainings, with seeds 1 to N", 1,
     1e4, NULL},
    {"--threads", OPTION_INTEGER, &threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &plot, "FILE",
     "test accuracy by epoch, mean and band: " PLOT_HELP, 0, 0, NULL},
    {"--confusion", OPTION_TEXT, &confusion, "FILE",
     "what the first network takes for what, likewise", 0, 0, NULL},
    {"--misclassified", OPTION_TEXT, &misclassified, "FILE",
     "images that it gets wrong, likewise", 0, 0, NULL},
    {"--weights", OPTION_TEXT, &weights, "FILE",
     "the weights of units of its first layer as images, likewise", 0, 0, NULL},
};

/* ----------------------------------------------------------------- pictures */

static void draw_confusion(const int64_t *guess, const images *all)
{
    reel_confusion c;
    reel_error error;

    if (reel_confusion_new(&c, all->classes, &error) != REEL_OK ||
        reel_confusion_add(&c, (reel_values){guess, REEL_I64},
                           (reel_values){all->test.data.labels.data, REEL_U8},
                           all->test.count, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    reel_confusion_print(&c, NULL, stdout);
    putchar('\n');
    show_confusion(&c, confusion);
    reel_confusion_free(&c);
}

static void draw_misclassified(const int64_t *guess, const images *all)
{
    const image_set *test = &all->test;
    const uint8_t *pixels = test->data.images.data;
    const uint8_t *labels = test->data.labels.data;
    const int64_t *dim = test->data.images.shape.dim;
    size_t size = (size_t)test->pixels;
    double *value = allocate(MOST_IMAGES * size, sizeof *value);
    char text[MOST_IMAGES][CAPTION], title[96];
    const char *captions[MOST_IMAGES];
    int64_t wrong = 0, shown = 0;

    for (int64_t i = 0; i < test->count; i++) {
        if (guess[i] == labels[i])
            continue;
        wrong++;
        if (shown == MOST_IMAGES)
            continue;
        for (size_t j = 0; j < size; j++)
            value[(size_t)shown * size + j] = pixels[(size_t)i * size + j];
        snprintf(text[shown], CAPTION, "%d, %" PRId64, labels[i], guess[i]);
        captions[shown] = text[shown];
        shown++;
    }
    snprintf(title, sizeof title, "%" PRId64 " of the %" PRId64
             " misclassified images: label, guess", shown, wrong);
    if (wrong == 0)
        printf("no image is misclassified\n");
    else
        show_images(&(reel_images){
            .title = title, .count = shown, .height = dim[1], .width = dim[2],
            .value = value, .captions = captions, .columns = COLUMNS},
            misclassified);
    free(value);
}

/* The weights of some units, columns of the first layer's matrix, and below
 * them what training has changed of those. */
static void draw_weights(const reel_node *w, const float *before,
                         const images *all)
{
    const float *after = reel_data(w);
    const int64_t *dim = all->test.data.images.shape.dim;
    int64_t pixels = reel_shape_of(w).dim[0], units = reel_shape_of(w).dim[1];
    int64_t shown = units < MOST_UNITS ? units : MOST_UNITS;
    double *value = allocate((size_t)(2 * shown * pixels), sizeof *value);
    double *change = value + shown * pixels;

    for (int64_t i = 0; i < shown; i++)
        for (int64_t j = 0; j < pixels; j++) {
            int64_t at = j * units + i;

            value[i * pixels + j] = (double)after[at];
            change[i * pixels + j] = (double)after[at] - (double)before[at];
        }
    show_images(&(reel_images){
        .title = "Weights of units, and below what training has changed of "
                 "them",
        .count = 2 * shown, .height = dim[1], .width = dim[2], .value = value,
        .with_sign = true, .columns = shown < COLUMNS ? shown : COLUMNS},
        weights);
    free(value);
}

/* ----------------------------------------------------------------- training */

/* What the callback sees. */
typedef struct session {
    progress line;
    int64_t seed;
    double *accuracy; /* [epochs], in percent */
} session;

static bool report(const reel_progress *now, void *user)
{
    session *s = user;

    s->accuracy[now->epoch - 1] = 100 * now->validation.accuracy;
    if (progress_due(&s->line))
        progress_show(&s->line, "seed %" PRId64 ", epoch %" PRId64
                      " of %" PRId64 ": %.2f %%", s->seed, now->epoch,
                      now->epochs, s->accuracy[now->epoch - 1]);
    return true;
}

/* A network with the tape that it lives on. */
typedef struct trained {
    reel_tape *tape;
    mlp net;
    float *before; /* the first layer's initial weights */
} trained;

static void trained_free(trained *n)
{
    free(n->before);
    reel_tape_free(n->tape);
}

static reel_model model_of(const mlp *net)
{
    return (reel_model){.layer = net->layers, .loss = "cross_entropy"};
}

/* Puts the test accuracy after each epoch into accuracy [epochs]. */
static trained train(const images *all, int64_t seed, double *accuracy)
{
    trained n = {.tape = reel_tape_new()};

    n.net = mlp_new(n.tape, REEL_F32, all->train.pixels, &hidden, all->classes,
                    activation, init, 0, (uint64_t)seed);
    if (reel_status_of(n.tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(n.tape));

    const reel_node *w = n.net.parameters.node[0];

    n.before = allocate(1, reel_bytes(w));
    memcpy(n.before, reel_data(w), reel_bytes(w));

    session s = {.seed = seed, .accuracy = accuracy};
    const reel_model model = model_of(&n.net);
    const reel_train_options training = {
        .optimizer = "sgd", .lr = lr, .batch = batch, .epochs = epochs,
        .seed = (uint64_t)seed, .validation = &all->test.examples,
        .on_epoch = report, .user = &s};
    reel_progress end;

    reel_train(n.tape, &model, &all->train.examples, &training, &end);
    progress_clear(&s.line);
    if (reel_status_of(n.tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(n.tape));
    printf("%4" PRId64 "  %13.4f  %9.4f  %11.2f %%\n", seed, end.running.loss,
           end.validation.loss, accuracy[epochs - 1]);
    fflush(stdout);
    return n;
}

/* The spread over seeds of accuracy [seeds, epochs]. */
static void compare(const double *accuracy)
{
    size_t n = (size_t)epochs, size = sizeof(double);
    double *mean = allocate(n, size), *low = allocate(n, size),
           *high = allocate(n, size), squares = 0;

    if (reel_band(accuracy, seeds, epochs, mean, low, high) != REEL_OK)
        die(EXIT_FAILURE, "the mean over seeds cannot be told");
    for (int64_t i = 0; i < seeds; i++) {
        double d = accuracy[(i + 1) * epochs - 1] - mean[n - 1];

        squares += d * d;
    }
    printf("\ntest accuracy: mean %.2f %%, from %.2f to %.2f %%", mean[n - 1],
           low[n - 1], high[n - 1]);
    if (seeds > 1)
        printf(", standard deviation %.2f",
               sqrt(squares / (double)(seeds - 1)));
    putchar('\n');

    const reel_series band = {.name = "mean and range",
                              .count = epochs, .y = mean, .low = low,
                              .high = high};

    show_plot(&(reel_plot){.title = "Test accuracy over seeds",
                           .x_label = "epoch", .y_label = "percent",
                           .count = 1, .series = &band}, plot);
    free(mean);
    free(low);
    free(high);
}

static void look_at(const trained *n, const images *all)
{
    const reel_model model = model_of(&n->net);
    int64_t *guess = allocate((size_t)all->test.count, sizeof *guess);
    reel_score score;

    if (reel_evaluate(n->tape, &model, &all->test.examples, 0, &score,
                      guess) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(n->tape));
    printf("The network of seed 1 gets %" PRId64 " of %" PRId64
           " test images wrong:\n\n", all->test.count - score.right,
           all->test.count);
    draw_confusion(guess, all);
    draw_misclassified(guess, all);
    draw_weights(n->net.parameters.node[0], n->before, all);
    free(guess);
}

int main(int argc, char **argv)
{
    read_options("final",
                 "Trains perceptrons from several seeds, says how well they do "
                 "on the test images, and shows what one of them has learnt.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (threads > 0)
        reel_set_threads((int)threads);

    images all = images_load(data);
    double *accuracy = allocate((size_t)(seeds * epochs), sizeof *accuracy);

    printf("seed  training loss  test loss  test accuracy\n");

    trained first = train(&all, 1, accuracy);

    for (int64_t seed = 2; seed <= seeds; seed++) {
        trained other = train(&all, seed, accuracy + (seed - 1) * epochs);

        trained_free(&other);
    }
    compare(accuracy);
    look_at(&first, &all);

    trained_free(&first);
    free(accuracy);
    images_free(&all);
    return finish();
}
