/* examples/mnist.c: trains a multilayer perceptron on any set of images in IDX
 * format. Its defaults are the shortest way to 98 % of MNIST's test images that
 * a search found (README.md).
 *
 * What it is made of: mlp.c (the network), images.c (the data), pictures.c (the
 * curves), common.h (options, progress line), and reel_train.
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
#include "learn.h"
#include "mlp.h"
#include "pictures.h"

enum {
    CHECKED = 4,
    CHECKED_ELEMENTS = 40,
    WIDEST = 20,
    CLOCK_TEXT = 32
};

static const char *const optimizers[] = {
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", NULL};
static const char *const schedules[] = {
    "constant", "cosine", "one_cycle", NULL};
static const char *const dtypes[] = {"f32", "f64", NULL};

static struct {
    const char *data, *activation, *init, *optimizer, *schedule, *dtype,
        *save, *load, *log, *plot, *checkpoint;
    sizes hidden;
    double dropout, lr, momentum, weight_decay;
    int64_t batch, epochs, val, seed, threads;
    bool gradcheck, health;
} set = {
    .activation = "relu", .init = "he", .optimizer = "nesterov",
    .schedule = "one_cycle", .dtype = "f32", .hidden = {2, {160, 80}},
    .lr = 0.3, .batch = 200, .epochs = 5, .seed = 1,
};

static const option options[] = {
    {"--data", OPTION_TEXT, &set.data, "DIR",
     IMAGES_HELP "; must be given", 0, 0, NULL},
    {"--hidden", OPTION_SIZES, &set.hidden, "N,...",
     "units of the hidden layers", 1, 1e6, NULL},
    {"--activation", OPTION_CHOICE, &set.activation, "NAME",
     "of the hidden layers", 0, 0, mlp_activations},
    {"--init", OPTION_CHOICE, &set.init, "NAME",
     "initial weights (biases are zeros but for normal and uniform)", 0, 0,
     mlp_rules},
    {"--dropout", OPTION_REAL, &set.dropout, "P",
     "leave out hidden units with this probability while training", 0, 0.99,
     NULL},
    {"--optimizer", OPTION_CHOICE, &set.optimizer, "NAME",
     "what makes a step of a gradient", 0, 0, optimizers},
    {"--lr", OPTION_REAL, &set.lr, "X", "learning rate", 0, 1e30, NULL},
    {"--schedule", OPTION_CHOICE, &set.schedule, "NAME",
     "of the learning rate: cosine goes from --lr to 0, one_cycle from a 25th "
     "up to --lr and then to 0; there are", 0, 0, schedules},
    {"--momentum", OPTION_REAL, &set.momentum, "X",
     "of momentum and nesterov (0: 0.9) and rmsprop", 0, 0.9999, NULL},
    {"--weight-decay", OPTION_REAL, &set.weight_decay, "X",
     "pull parameters to zero, as the optimiser does it", 0, 1e30, NULL},
    {"--batch", OPTION_INTEGER, &set.batch, "N", "images in a step", 1, 1e6,
     NULL},
    {"--epochs", OPTION_INTEGER, &set.epochs, "N",
     "passes over the training images", 0, 1e6, NULL},
    {"--val", OPTION_INTEGER, &set.val, "N",
     "hold out the last N training images for validation", 0, 1e9, NULL},
    {"--seed", OPTION_INTEGER, &set.seed, "N",
     "of the initial weights and the order of the images", 0, 1e15, NULL},
    {"--threads", OPTION_INTEGER, &set.threads, "N",
     "0: as many as OMP_NUM_THREADS says, or the machine has", 0, 1024, NULL},
    {"--dtype", OPTION_CHOICE, &set.dtype, "NAME", "of all numbers", 0, 0,
     dtypes},
    {"--save", OPTION_TEXT, &set.save, "FILE",
     "keep the parameters there (safetensors), before the first epoch and "
     "after each", 0, 0, NULL},
    {"--load", OPTION_TEXT, &set.load, "FILE",
     "start from parameters that --save kept", 0, 0, NULL},
    {"--log", OPTION_TEXT, &set.log, "FILE", "write a line of CSV an epoch", 0,
     0, NULL},
    {"--plot", OPTION_TEXT, &set.plot, "FILE",
     "print the loss of each epoch as a plot; " PLOT_HELP, 0, 0, NULL},
    {"--checkpoint", OPTION_TEXT, &set.checkpoint, "FILE",
     "keep all of the training there after each epoch, and go on from it if it "
     "is there", 0, 0, NULL},
    {"--gradcheck", OPTION_FLAG, &set.gradcheck, NULL,
     "first compare some elements of the gradient with differences of the loss",
     0, 0, NULL},
    {"--health", OPTION_FLAG, &set.health, NULL,
     "before the first epoch and after the last, look for dead and saturated "
     "units, vanishing gradients and updates too large or small", 0, 0, NULL},
};

static int64_t at_most(int64_t n, int64_t limit)
{
    return n < limit ? n : limit;
}

/* Of a few images, since the check computes all its inputs in long double. */
static void check_gradient(const mlp *net, const image_set *train)
{
    reel_tape *t = reel_tape_of(net->parameters.node[0]);
    reel_gradcheck_options few = {.sample = CHECKED_ELEMENTS};
    reel_gradcheck_report report;
    reel_mark mark = reel_tape_mark(t);
    int64_t n = at_most(train->count, CHECKED);
    reel_status status = reel_gradcheck(
        loss_of_first(t, net->layers, net->dtype, train, n), net->parameters,
        &few, &report);

    if (status != REEL_OK && status != REEL_ECHECK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    printf("gradient of the loss of %" PRId64 " images, up to %d elements of "
           "each parameter:\n", n, CHECKED_ELEMENTS);
    reel_gradcheck_print(&report, stdout);
    reel_gradcheck_free(&report);
    reel_tape_rewind(t, mark);
    if (status == REEL_ECHECK)
        die(EXIT_FAILURE, "the gradient is wrong");
}

static void report_health(const mlp *net, const image_set *train,
                          reel_optimizer *o, const char *when)
{
    reel_tape *t = reel_tape_of(net->parameters.node[0]);
    reel_mark mark = reel_tape_mark(t);
    int64_t n = at_most(train->count, set.batch);
    reel_node *loss = loss_of_first(t, net->layers, net->dtype, train, n);
    reel_health_options steps = {
        .updates = reel_minimize(o, loss, (reel_nodes){0})};
    reel_health health;

    if (reel_health_check(loss, &steps, &health) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    printf("health %s, on %" PRId64 " images:\n", when, n);
    reel_health_print(&health, stdout);
    reel_health_free(&health);
    reel_tape_rewind(t, mark);
}

/* ----------------------------------------------------------------- training */

/* "1:05" */
static void clock_text(double left, char text[CLOCK_TEXT])
{
    long long all = left < 1e9 ? (long long)left : 999999999;

    snprintf(text, CLOCK_TEXT, "%lld:%02lld", all / 60, all % 60);
}

/* What the callbacks see. */
typedef struct session {
    const mlp *net;
    int64_t steps; /* that all epochs take */
    progress line;
    int64_t epochs;
    double seconds; /* spent learning in them */
    double *loss, *validation; /* of each; NaN where it was not measured */
} session;

static bool show_step(const reel_progress *now, void *user)
{
    session *s = user;
    char left[CLOCK_TEXT];

    if (!progress_due(&s->line))
        return true;

    double rate = (double)now->examples / now->seconds;
    int64_t rest =
        (now->epochs - now->epoch + 1) * now->count - now->examples;

    clock_text((double)rest / rate, left);
    progress_show(&s->line, "epoch %" PRId64 "/%" PRId64
                  "  loss %.4f  accuracy %.2f %%  %.0f images/s  %s left",
                  now->epoch, now->epochs, now->running.loss,
                  100 * now->running.accuracy, rate, left);
    return true;
}

static void save(const mlp *net, int64_t epoch)
{
    char epochs[32], seed[32], lr[32], batch_size[32];
    const char *const metadata[] = {
        "program", "reel mnist", "activation", set.activation, "init",
        set.init, "optimizer", set.optimizer, "schedule", set.schedule, "lr",
        lr, "batch", batch_size, "seed", seed, "epochs", epochs, NULL};

    if (!set.save)
        return;
    snprintf(epochs, sizeof epochs, "%" PRId64, epoch);
    snprintf(seed, sizeof seed, "%" PRId64, set.seed);
    snprintf(batch_size, sizeof batch_size, "%" PRId64, set.batch);
    snprintf(lr, sizeof lr, "%.17g", set.lr);
    mlp_save(net, set.save, metadata);
}

static bool report_epoch(const reel_progress *now, void *user)
{
    session *s = user;

    progress_clear(&s->line);
    printf("epoch %2" PRId64 "  loss %.4f  accuracy %.2f %%", now->epoch,
           now->running.loss, 100 * now->running.accuracy);
    if (set.val > 0)
        printf("  validation %.2f %%", 100 * now->validation.accuracy);
    printf("  %.2f s\n", now->seconds);
    fflush(stdout);
    s->loss[now->epoch - 1] = now->running.loss;
    s->validation[now->epoch - 1] = now->validation.loss;
    s->epochs++;
    s->seconds += now->seconds;
    save(s->net, now->epoch);
    return true;
}

static double scheduled(int64_t step, void *user)
{
    const session *s = user;

    return strcmp(set.schedule, "cosine") == 0
               ? reel_cosine(step, s->steps, 0)
               : reel_one_cycle(step, s->steps);
}

static reel_model model_of(const mlp *net)
{
    return (reel_model){
        .layer = net->layers, .loss = "cross_entropy", .dtype = net->dtype};
}

static double *gaps(int64_t n)
{
    double *x = allocate((size_t)n, sizeof *x);

    for (int64_t i = 0; i < n; i++)
        x[i] = NAN;
    return x;
}

/* Both losses where there are two; epochs before a checkpoint are gaps. */
static void draw(const session *s)
{
    reel_series curves[] = {
        {.name = "training, while it learns", .count = set.epochs,
         .y = s->loss},
        {.name = "validation", .count = set.epochs, .y = s->validation}};
    reel_plot plot = {
        .title = "Loss of each epoch", .x_label = "epoch",
        .y_label = "cross-entropy", .count = set.val > 0 ? 2 : 1,
        .series = curves};

    if (set.plot && s->epochs > 0)
        show_plot(&plot, set.plot);
}

/* The last set.val images are held out. Returns the seconds spent
 * learning in an epoch; 0 when there was none. */
static double train_all(const mlp *net, const image_set *train,
                        reel_optimizer *o)
{
    int64_t n = train->count - set.val;
    reel_tape *t = reel_tape_of(net->parameters.node[0]);
    reel_model model = model_of(net);
    reel_examples learn = images_part(train, 0, n);
    reel_examples validate = images_part(train, n, set.val);
    int64_t batches = (n + set.batch - 1) / set.batch;
    session s = {.net = net, .steps = set.epochs * batches,
                 .loss = gaps(set.epochs), .validation = gaps(set.epochs)};
    bool constant = strcmp(set.schedule, "constant") == 0;
    reel_train_options training = {
        .own = o, .batch = set.batch, .epochs = set.epochs,
        .seed = (uint64_t)set.seed, .schedule = constant ? NULL : scheduled,
        .validation = set.val > 0 ? &validate : NULL,
        .checkpoint = set.checkpoint, .csv = set.log, .on_step = show_step,
        .on_epoch = report_epoch, .user = &s};

    save(net, 0);

    reel_status status = reel_train(t, &model, &learn, &training, NULL);

    progress_clear(&s.line);
    if (status != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    draw(&s);
    free(s.loss);
    free(s.validation);
    return s.epochs > 0 ? s.seconds / (double)s.epochs : 0;
}

static void test_all(const mlp *net, const image_set *test, int classes)
{
    reel_tape *t = reel_tape_of(net->parameters.node[0]);
    reel_model model = model_of(net);
    int64_t *guess = allocate((size_t)test->count, sizeof *guess);
    reel_score score;
    reel_confusion c;
    reel_error error;

    if (reel_evaluate(t, &model, &test->examples, 0, &score, guess) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    if (reel_confusion_new(&c, classes, &error) != REEL_OK ||
        reel_confusion_add(&c, (reel_values){guess, REEL_I64},
                           (reel_values){test->data.labels.data, REEL_U8},
                           test->count, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    printf("test accuracy: %.2f %% (%" PRId64 " of %" PRId64 "), loss %.4f\n",
           100 * score.accuracy, score.right, test->count, score.loss);
    if (classes <= WIDEST) {
        putchar('\n');
        reel_confusion_print(&c, NULL, stdout);
        putchar('\n');
    }
    reel_confusion_free(&c);
    free(guess);
}

/* --------------------------------------------------------------------- main */

int main(int argc, char **argv)
{
    read_options("mnist",
                 "Trains a multilayer perceptron to tell images apart, and "
                 "tests it.",
                 options, sizeof options / sizeof *options, argc, argv);
    if (!set.data)
        die(EXIT_USAGE, "--data must be given (--help explains)");
    if (set.threads > 0)
        reel_set_threads((int)set.threads);

    reel_tape *t = reel_tape_new();
    images all = images_load(set.data);

    if (set.val >= all.train.count)
        die(EXIT_FAILURE, "--val %" PRId64 " leaves none of %" PRId64
            " images to learn from", set.val, all.train.count);

    reel_dtype dtype = strcmp(set.dtype, "f64") == 0 ? REEL_F64 : REEL_F32;
    mlp net = mlp_new(t, dtype, all.train.pixels, &set.hidden, all.classes,
                      set.activation, set.init, set.dropout,
                      (uint64_t)set.seed);
    reel_optimizer_options how = {.momentum = set.momentum,
                                  .weight_decay = set.weight_decay};
    reel_optimizer *o = reel_optimizer_new(net.parameters, set.optimizer,
                                           set.lr, &how);

    if (reel_status_of(t) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    if (set.load)
        mlp_load(&net, set.load);
    if (set.gradcheck)
        check_gradient(&net, &all.train);
    if (set.health)
        report_health(&net, &all.train, o, "before training");

    double took = train_all(&net, &all.train, o);

    if (set.health)
        report_health(&net, &all.train, o, "after training");
    test_all(&net, &all.test, all.classes);
    if (took > 0)
        printf("%.2f s an epoch", took);
    if (peak_memory() > 0)
        printf("%s%.1f MiB of memory at most", took > 0 ? ", " : "",
               peak_memory() / 1048576);
    putchar('\n');

    reel_tape_free(t);
    images_free(&all);
    return finish();
}
