/* examples/digits.c: a multilayer perceptron, 64-32-10, learns the 1,437 digits
 * of 8x8 pixels that are compiled in, and is tested on 360 by other writers.
 *
 * The images stay bytes: a batch is gathered by index, cast and scaled in the
 * graph. Parameters are f64, so that --gradcheck can be strict. Training is the
 * loop written out; examples/mnist.c has it as one call.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <reel.h>

#include "common.h"
#include "images.h"

enum { HIDDEN = 32, BATCH = 32, CHECKED = 8 };

static int64_t seed = 1, epochs = 40;
static double lr = 0.3;
static bool gradcheck;
static const char *save;

static const option options[] = {
    {"--epochs", OPTION_INTEGER, &epochs, "N", "passes over the images", 0, 1e6,
     NULL},
    {"--lr", OPTION_REAL, &lr, "X", "learning rate", 0, 1e6, NULL},
    {"--seed", OPTION_INTEGER, &seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--gradcheck", OPTION_FLAG, &gradcheck, NULL,
     "first compare the gradient with differences of the loss", 0, 0, NULL},
    {"--save", OPTION_TEXT, &save, "FILE",
     "at the end, keep the graph of the loss of 8 images there, with the "
     "parameters: reel gradcheck FILE, reel print FILE", 0, 0, NULL},
};

/* The parameters. */
static reel_node *w1, *b1, *w2, *b2;

/* A part of the data on the tape. */
typedef struct part {
    const image_set *set;
    reel_node *images, *labels;
} part;

/* What is computed for some images of a part, picked by index. */
typedef struct graph {
    reel_node *index, *loss, *guess;
} graph;

static part feed(reel_tape *t, const image_set *set)
{
    part p = {.set = set};

    p.images = reel_input(t, "images", REEL_U8,
                          REEL_SHAPE(set->count, set->pixels));
    p.labels = reel_input(t, "labels", REEL_U8, REEL_SHAPE(set->count));
    reel_bind(p.images, set->data.images.data);
    reel_bind(p.labels, set->data.labels.data);
    return p;
}

static void make_parameters(reel_tape *t, int64_t pixels, int64_t classes)
{
    w1 = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(pixels, HIDDEN), NULL);
    b1 = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(HIDDEN), NULL);
    w2 = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(HIDDEN, classes), NULL);
    b2 = reel_parameter(t, "b2", REEL_F64, REEL_SHAPE(classes), NULL);
    reel_initialize(w1, "xavier", (uint64_t)seed, 1);
    reel_initialize(w2, "xavier", (uint64_t)seed, 2);
}

static graph network(reel_tape *t, const part *p, int64_t count)
{
    graph g;

    g.index = reel_input(t, "index", REEL_I64, REEL_SHAPE(count));

    reel_node *pixels = reel_cast(reel_gather(p->images, g.index), REEL_F64);
    reel_node *x = reel_affine(pixels, p->set->examples.scale, 0);
    reel_node *h = reel_tanh(reel_add(reel_matmul(x, w1), b1));
    reel_node *logits = reel_add(reel_matmul(h, w2), b2);
    reel_node *logp = reel_log_softmax(logits, -1);

    g.guess = reel_argmax(logits, -1, false);
    g.loss = reel_nll_loss(logp, reel_gather(p->labels, g.index));
    return g;
}

static reel_program *compile(reel_tape *t, reel_nodes outputs)
{
    reel_program *p = reel_compile(t, outputs);

    if (!p)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return p;
}

static void run(reel_tape *t, reel_program *p)
{
    if (reel_run(p) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
}

static void check_gradient(reel_tape *t, const part *train,
                           const int64_t *order)
{
    reel_gradcheck_report report;
    graph g = network(t, train, CHECKED);

    reel_bind(g.index, order);
    printf("gradient of the loss of %d images:\n", CHECKED);

    reel_status status = reel_gradcheck(g.loss, REEL_NODES(w1, b1, w2, b2),
                                        NULL, &report);

    if (status != REEL_OK && status != REEL_ECHECK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    reel_gradcheck_print(&report, stdout);
    reel_gradcheck_free(&report);
    if (status == REEL_ECHECK)
        die(EXIT_FAILURE, "the gradient is wrong");
}

static void save_graph(reel_tape *t, const part *train, const int64_t *order)
{
    graph g = network(t, train, CHECKED);
    reel_error error;

    reel_bind(g.index, order);
    if (reel_tape_save(t, REEL_NODES(g.loss), save, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
}

/* One step of gradient descent, w <- w - lr dloss/dw. */
static reel_node *step(reel_node *loss, reel_node *w)
{
    reel_node *g = reel_gradient(loss, w);

    return reel_assign(w, reel_sub(w, reel_affine(g, lr, 0)));
}

/* A graph of the loss of a batch, and the program that makes a step of it. */
typedef struct trainer {
    graph g;
    reel_program *program;
} trainer;

static trainer trainer_of(reel_tape *t, const part *train, int64_t batch)
{
    trainer r = {.g = network(t, train, batch)};
    reel_node *loss = r.g.loss;

    r.program = compile(t, REEL_NODES(loss, step(loss, w1), step(loss, b1),
                                      step(loss, w2), step(loss, b2)));
    return r;
}

/* Of an epoch, whose mean loss this was. */
static void report(progress *line, int64_t epoch, double loss)
{
    if (!isfinite(loss))
        die(EXIT_FAILURE, "the loss is %g in epoch %" PRId64
            ": try a lower --lr than %g", loss, epoch, lr);
    if (progress_due(line))
        progress_show(line, "epoch %" PRId64 "/%" PRId64 "  loss %.4f", epoch,
                      epochs, loss);
    if (epoch == epochs) {
        progress_clear(line);
        printf("loss after %" PRId64 " epochs: %.4f\n", epochs, loss);
    }
}

/* The last batch of an epoch has what is left over, 29 images: it is a smaller
 * graph over the same parameters. */
static void learn(reel_tape *t, const part *train)
{
    int64_t n = train->set->count;
    trainer whole = trainer_of(t, train, BATCH);
    trainer rest = trainer_of(t, train, n % BATCH);
    reel_batches batches;
    reel_batch batch;
    reel_error error;
    progress line = {0};
    double sum = 0;

    if (reel_batches_new(&batches, n, BATCH, (uint64_t)seed, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    while (batches.epoch <= epochs) {
        int64_t epoch = batches.epoch;

        if (reel_batches_next(&batches, &batch)) {
            trainer *r = batch.size == BATCH ? &whole : &rest;

            reel_bind(r->g.index, batch.index);
            run(t, r->program);
            sum += reel_item(r->g.loss) * (double)batch.size;
        } else {
            report(&line, epoch, sum / (double)n);
            sum = 0;
        }
    }
    reel_batches_free(&batches);
    reel_program_free(whole.program);
    reel_program_free(rest.program);
}

static void evaluate(reel_tape *t, const part *test, const int64_t *index,
                     int classes)
{
    int64_t n = test->set->count;
    graph g = network(t, test, n);
    reel_program *p = compile(t, REEL_NODES(g.guess));
    reel_confusion c;
    reel_error error;

    reel_bind(g.index, index);
    run(t, p);

    reel_values guesses = {reel_data(g.guess), REEL_I64};
    reel_values labels = {test->set->data.labels.data, REEL_U8};

    if (reel_confusion_new(&c, classes, &error) != REEL_OK ||
        reel_confusion_add(&c, guesses, labels, n, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);

    reel_class_score all = reel_confusion_mean(&c).micro;

    printf("test accuracy: %.2f %% (%" PRId64 " of %" PRId64 ")\n\n",
           100 * all.recall, all.right, all.examples);
    reel_confusion_print(&c, NULL, stdout);
    putchar('\n');
    reel_confusion_free(&c);
    reel_program_free(p);
}

int main(int argc, char **argv)
{
    read_options("digits", "Trains a 64-32-10 perceptron on small digits.",
                 options, sizeof options / sizeof *options, argc, argv);

    reel_tape *t = reel_tape_new();
    images all = images_load(NULL);
    part train = feed(t, &all.train), test = feed(t, &all.test);
    int64_t *in_turn = allocate((size_t)all.train.count, sizeof *in_turn);

    for (int64_t i = 0; i < all.train.count; i++)
        in_turn[i] = i;
    make_parameters(t, all.train.pixels, all.classes);
    if (gradcheck)
        check_gradient(t, &train, in_turn);
    learn(t, &train);
    evaluate(t, &test, in_turn, all.classes);
    if (save)
        save_graph(t, &train, in_turn);

    free(in_turn);
    reel_tape_free(t);
    images_free(&all);
    return finish();
}
