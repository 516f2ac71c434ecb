/* examples/outputs.c: three kinds of question about the same images, each with
 * the output layer and the loss that fit it, and with some that do not:
 *
 *   regression   how much does it slant?   one number
 *   binary       is the digit odd?         the probability of yes
 *   classes      which digit is it?        a probability for each
 *
 * The hidden layer, its initial values, the optimiser and the number of steps
 * are the same for all.
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

static struct {
    const char *data, *plot;
    int64_t hidden, batch, epochs, seed, threads;
    double lr;
} set = {.hidden = 32, .batch = 32, .epochs = 15, .seed = 1, .lr = 0.05};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR", IMAGES_HELP, 0, 0, NULL},
    {"--hidden", OPTION_INTEGER, &set.hidden, "N", "hidden units", 1, 1e5,
     NULL},
    {"--lr", OPTION_REAL, &set.lr, "X",
     "learning rate of plain gradient descent", 0, 1e6, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N",
     "passes over the training images", 1, 1e4, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "score after each epoch: " PLOT_HELP, 0, 0, NULL},
};

/* ---------------------------------------------------------------- questions */

/* What is asked of an image, and how it is put to the network: as numbers, f32
 * [n, 1], but for the last two. */
typedef enum question {
    SLANT,
    ODD,     /* 0 or 1 */
    INDEX,   /* which digit, as if it were a quantity */
    ONE_HOT, /* the same, f32 [n, classes]: 1 for its class, else 0 */
    DIGIT    /* the same, u8 [n] */
} question;
enum { NUMBERS = DIGIT }; /* kinds of targets that are made here */

static const struct attempt {
    question question;
    const char *output, *loss, *what;
    bool fits;
} attempts[] = {
    {SLANT, "identity", "mse", "slant", true},
    {SLANT, "sigmoid", "mse", "slant", false},
    {SLANT, "relu", "mse", "slant", false},
    {ODD, "sigmoid", "bce", "odd", true},
    {ODD, "identity", "bce_with_logits", "odd", true},
    {ODD, "sigmoid", "mse", "odd", false},
    {DIGIT, "log_softmax", "nll", "digit", true},
    {DIGIT, "identity", "cross_entropy", "digit", true},
    {DIGIT, "softmax", "cross_entropy", "digit", false},
    {ONE_HOT, "softmax", "mse", "digit", false},
    {INDEX, "identity", "mse", "number", false},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

/* The shear that would set a digit upright: the covariance of row and column,
 * weighed by ink, over the variance of the row. Right is positive. */
static double slant_of(const uint8_t *pixel, int64_t rows, int64_t columns)
{
    double ink = 1e-9, r = 0, c = 0, rr = 1e-9, rc = 0;

    for (int64_t i = 0; i < rows * columns; i++) {
        double w = pixel[i];

        ink += w;
        r += w * (double)(i / columns);
        c += w * (double)(i % columns);
    }
    r /= ink;
    c /= ink;
    for (int64_t i = 0; i < rows * columns; i++) {
        double dr = (double)(i / columns) - r, dc = (double)(i % columns) - c;

        rr += pixel[i] * dr * dr;
        rc += pixel[i] * dr * dc;
    }
    return -rc / rr;
}

/* A part of the images, with every form of targets. */
typedef struct part {
    const image_set *images;
    int64_t units[NUMBERS];
    float *target[NUMBERS];
} part;

static part part_new(const image_set *from, int classes)
{
    part p = {.images = from, .units = {1, 1, 1, classes}};
    const int64_t *dim = from->data.images.shape.dim;
    const uint8_t *pixel = from->data.images.data;
    const uint8_t *label = from->data.labels.data;

    for (int q = 0; q < NUMBERS; q++)
        p.target[q] = allocate((size_t)(from->count * p.units[q]),
                               sizeof **p.target);
    for (int64_t i = 0; i < from->count; i++) {
        p.target[SLANT][i] =
            (float)slant_of(pixel + i * from->pixels, dim[1], dim[2]);
        p.target[ODD][i] = (float)(label[i] % 2);
        p.target[INDEX][i] = label[i];
        p.target[ONE_HOT][i * classes + label[i]] = 1;
    }
    return p;
}

static void part_free(part *p)
{
    for (int q = 0; q < NUMBERS; q++)
        free(p->target[q]);
}

/* Slants to mean 0 and variance 1, by the training part. */
static void scale_slants(const part *train, const part *test)
{
    const reel_array learn = {REEL_F32, REEL_SHAPE(train->images->count, 1),
                              train->target[SLANT]};
    const reel_array other = {REEL_F32, REEL_SHAPE(test->images->count, 1),
                              test->target[SLANT]};
    reel_scaling scaling;
    reel_error error;

    if (reel_scaling_fit("z_score", &learn, &scaling, &error) != REEL_OK ||
        reel_scaling_apply(&scaling, &learn, &error) != REEL_OK ||
        reel_scaling_apply(&scaling, &other, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    reel_scaling_free(&scaling);
}

/* ----------------------------------------------------------------- learning */

/* One attempt, and a program that asks its network about the test images. */
typedef struct trial {
    const struct attempt *attempt;
    const part *test;
    int64_t units;
    reel_node *answer; /* [test images, units] */
    reel_program *ask;
    double *score;     /* after each epoch */
} trial;

/* The class that an answer stands for. */
static int64_t class_of(const trial *r, const float *answer)
{
    const struct attempt *a = r->attempt;
    int64_t best = 0;

    if (a->question == ODD)
        return *answer > (strcmp(a->output, "identity") == 0 ? 0 : 0.5f);
    if (a->question == INDEX)
        return llroundf(fminf(fmaxf(*answer, 0), 255));
    for (int64_t i = 1; i < r->units; i++)
        if (answer[i] > answer[best])
            best = i;
    return best;
}

/* R^2 of numbers, accuracy of classes. */
static double score_of(const trial *r)
{
    const float *answer = reel_data(r->answer);
    const uint8_t *label = r->test->images->data.labels.data;
    int64_t n = r->test->images->count, right = 0;
    double value;
    reel_error error;

    if (r->attempt->question == SLANT) {
        if (reel_r_squared((reel_values){answer, REEL_F32},
                           (reel_values){r->test->target[SLANT], REEL_F32}, n,
                           &value, &error) != REEL_OK)
            die(EXIT_FAILURE, "%s", error.message);
        return value;
    }
    for (int64_t i = 0; i < n; i++)
        right += class_of(r, answer + i * r->units) ==
                 (r->attempt->question == ODD ? label[i] % 2 : label[i]);
    return (double)right / (double)n;
}

static bool note_epoch(const reel_progress *now, void *user)
{
    trial *r = user;

    if (reel_run(r->ask) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(reel_tape_of(r->answer)));
    r->score[now->epoch - 1] = score_of(r);
    return true;
}

/* score [set.epochs] becomes those on the test images, pixels. */
static void attempt_it(const struct attempt *a, const part *train,
                       const part *test, const float *pixels, int classes,
                       double *score)
{
    reel_tape *t = reel_tape_new();
    bool digit = a->question == DIGIT;
    trial r = {.attempt = a, .test = test, .score = score,
               .units = digit ? classes : test->units[a->question]};

    reel_set_seed(t, (uint64_t)set.seed);

    reel_layer *net = reel_layer_list(t, REEL_LAYERS(
        reel_dense_layer(t, set.hidden, "relu", "he"),
        reel_dense_layer(t, r.units, a->output, "xavier")));
    reel_node *x =
        reel_input(t, "x", REEL_F32,
                   REEL_SHAPE(test->images->count, test->images->pixels));

    reel_bind(x, pixels);
    r.answer = reel_apply(net, x);
    r.ask = reel_compile(t, REEL_NODES(r.answer));

    reel_model model = {.layer = net, .loss = a->loss};
    reel_examples examples = train->images->examples;

    if (!digit)
        examples.targets = (reel_rows){train->target[a->question], REEL_F32,
                                       REEL_SHAPE(r.units)};
    if (reel_train(t, &model, &examples,
                   &(reel_train_options){
                       .optimizer = "sgd", .lr = set.lr, .batch = set.batch,
                       .epochs = set.epochs, .seed = (uint64_t)set.seed,
                       .on_epoch = note_epoch, .user = &r},
                   NULL) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    reel_program_free(r.ask);
    reel_tape_free(t);
}

/* ------------------------------------------------------------------ results */

/* What is left to learn, 1 - score, so that small differences can be seen. Of
 * two that compute the same, the first. */
static void draw(double score[], int64_t epochs)
{
    reel_series series[ATTEMPTS];
    char name[ATTEMPTS][64];
    int count = 0;

    for (int i = 0; i < ATTEMPTS; i++) {
        const struct attempt *a = &attempts[i];
        double *left = score + i * epochs;

        if (i > 0 && a->fits && attempts[i - 1].fits)
            continue;
        for (int64_t j = 0; j < epochs; j++)
            left[j] = 1 - left[j];
        snprintf(name[i], sizeof name[i], "%s: %s, %s", a->what, a->output,
                 a->loss);
        series[count++] =
            (reel_series){.name = name[i], .count = epochs, .y = left};
    }
    show_plot(&(reel_plot){.title = "Outputs and losses that fit or do not",
                           .x_label = "epoch",
                           .y_label = "1 - R^2 or 1 - accuracy, test images",
                           .log_y = true, .count = count, .series = series},
              set.plot);
}

int main(int argc, char **argv)
{
    read_options("outputs",
                 "Asks three kinds of question about images, each with outputs "
                 "and losses that fit and with some that do not.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    images all = images_load(set.data);
    part train = part_new(&all.train, all.classes);
    part test = part_new(&all.test, all.classes);
    double *score =
        allocate((size_t)(ATTEMPTS * set.epochs), sizeof *score);
    float *pixels = allocate((size_t)(all.test.count * all.test.pixels),
                             sizeof *pixels);
    const uint8_t *bytes = all.test.data.images.data;

    scale_slants(&train, &test);
    for (int64_t i = 0; i < all.test.count * all.test.pixels; i++)
        pixels[i] = (float)(all.test.examples.scale * bytes[i]);

    printf("%-9s %-12s %-16s %-5s %-9s %11s %11s\n", "question", "output",
           "loss", "fits", "score", "first epoch", "last epoch");
    for (int i = 0; i < ATTEMPTS; i++) {
        const struct attempt *a = &attempts[i];
        double *mine = score + i * set.epochs;

        attempt_it(a, &train, &test, pixels, all.classes, mine);
        printf("%-9s %-12s %-16s %-5s %-9s %11.4f %11.4f\n", a->what,
               a->output, a->loss, a->fits ? "yes" : "no",
               a->question == SLANT ? "R^2" : "accuracy", mine[0],
               mine[set.epochs - 1]);
        fflush(stdout);
    }
    draw(score, set.epochs);

    free(pixels);
    free(score);
    part_free(&test);
    part_free(&train);
    images_free(&all);
    return finish();
}
