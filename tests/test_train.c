/* test_train.c: training as one call: against the loop written out, resumed
 * and killed against uninterrupted, when it ends, its logs and its errors.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <reel.h>

#include "support.h"

enum { COUNT = 70, IN = 6, CLASSES = 3, BATCH = 16, STEPS = 5, MOST = 64 };

static uint8_t pixels[COUNT * IN], labels[COUNT];
static char folder[] = "/tmp/reel-train-XXXXXX";
static char checkpoint[64], csv[64], jsonl[64];

static reel_examples examples(int64_t from, int64_t count)
{
    return (reel_examples){
        .count = count,
        .features = {pixels + from * IN, REEL_U8, REEL_SHAPE(IN)},
        .scale = 1 / 255.0,
        .targets = {labels + from, REEL_U8, REEL_SCALAR}};
}

static void setup(void)
{
    for (int i = 0; i < COUNT; i++) {
        labels[i] = (uint8_t)(i * 7 % 11 % CLASSES);
        for (int k = 0; k < IN; k++)
            pixels[i * IN + k] = (uint8_t)(
                (k % CLASSES == labels[i] ? 100u : 0u) +
                reel_random_bits(5, 1, (uint64_t)(i * IN + k)) % 150);
    }
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    snprintf(csv, sizeof csv, "%s/log.csv", folder);
    snprintf(jsonl, sizeof jsonl, "%s/log.jsonl", folder);
}

static void teardown(void)
{
    remove(checkpoint);
    remove(support_format("%s.tmp", checkpoint));
    remove(csv);
    remove(jsonl);
    rmdir(folder);
}

static reel_layer *net_on(reel_tape *t, double dropout)
{
    reel_set_seed(t, 3);
    return reel_layer_list(
        t, REEL_LAYERS(reel_dense_layer(t, 5, "tanh", "xavier"),
                       reel_dropout_layer(t, dropout),
                       reel_dense_layer(t, CLASSES, "identity", "xavier")));
}

/* All parameters of the tape, in a row. */
static size_t values(const reel_tape *t, double *value)
{
    size_t n = 0;
    for (size_t i = 0; i < reel_tape_count(t); i++) {
        reel_node *p = reel_tape_node(t, i);
        for (int64_t k = 0; !strcmp(reel_op_name(p), "parameter") &&
                            k < reel_count(p); k++)
            value[n++] = value_at(p, k);
    }
    return n;
}

typedef struct result {
    double value[MOST];
    size_t count;
    reel_progress end;
} result;

/* A tape, a network, a training. */
static result train(const reel_train_options *options)
{
    result r = {.count = 0};
    reel_tape *t = reel_tape_new();
    reel_model m = {.layer = net_on(t, 0.25), .loss = "cross_entropy",
                    .dtype = REEL_F64};
    reel_examples all = examples(0, COUNT);
    reel_train(t, &m, &all, options, &r.end);
    assert_ok(t);
    r.count = values(t, r.value);
    reel_tape_free(t);
    return r;
}

static void assert_same(const result *a, const result *b)
{
    ck_assert_uint_eq(a->count, IN * 5 + 5 + 5 * CLASSES + CLASSES);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_mem_eq(a->value, b->value, a->count * sizeof *a->value);
    ck_assert_int_eq(a->end.steps, b->end.steps);
    ck_assert_int_eq(a->end.epoch, b->end.epoch);
    ck_assert_mem_eq(&a->end.running, &b->end.running, sizeof a->end.running);
    ck_assert_mem_eq(&a->end.validation, &b->end.validation,
                     sizeof a->end.validation);
}

static bool stop_at(const reel_progress *now, void *user)
{
    return now->steps != *(const int64_t *)user;
}

static double slower(int64_t step, void *user)
{
    (void)user;
    return reel_cosine(step, 4 * STEPS, 0.1);
}

/* ------------------------------------------------------- against the loop */

/* The last batch has 6 examples and counts as 6. */
START_TEST(test_loop)
{
    reel_train_options o = {.optimizer = "momentum", .lr = 0.1, .batch = BATCH,
                            .epochs = 2, .seed = 9};
    reel_tape *t = reel_tape_new(), *u = reel_tape_new();
    reel_model m = {.layer = net_on(t, 0), .loss = "cross_entropy",
                    .dtype = REEL_F64};
    reel_examples all = examples(0, COUNT);
    reel_progress end;
    size_t before = reel_tape_count(t);
    ck_assert_int_eq(reel_train(t, &m, &all, &o, &end), REEL_OK);
    size_t after = reel_tape_count(t);
    ck_assert_int_eq(end.steps, 2 * STEPS);
    ck_assert_int_eq(end.examples, COUNT);

    reel_layer *net = net_on(u, 0);
    int64_t order[COUNT], size[2] = {BATCH, COUNT % BATCH}, right = 0;
    double x[BATCH * IN], sum = 0;
    uint8_t y[BATCH];
    reel_node *in[2], *target[2], *loss[2], *told[2];
    reel_optimizer *opt = NULL;
    reel_program *p[2];
    for (int k = 0; k < 2; k++) {
        in[k] = reel_input(u, "x", REEL_F64, REEL_SHAPE(size[k], IN));
        target[k] = reel_input(u, "y", REEL_U8, REEL_SHAPE(size[k]));
        reel_node *out = reel_apply(net, in[k]);
        told[k] = reel_sum(reel_eq(reel_argmax(out, -1, false), target[k]),
                           REEL_ALL, false);
        loss[k] = reel_loss(out, target[k], "cross_entropy");
        if (!opt)
            opt = reel_optimizer_new(reel_parameters(REEL_NODES(loss[k])),
                                     "momentum", 0.1, NULL);
        p[k] = reel_compile(u, reel_minimize(opt, loss[k],
                                             REEL_NODES(loss[k], told[k])));
    }
    for (int epoch = 1; epoch <= 2; epoch++) {
        reel_shuffle(order, COUNT, 9, (uint64_t)epoch);
        sum = 0;
        right = 0;
        for (int64_t i = 0; i < COUNT; i += BATCH) {
            int k = i + BATCH > COUNT;
            reel_gather_u8(pixels, IN, order + i, size[k], 1 / 255.0, REEL_F64,
                           x);
            for (int64_t j = 0; j < size[k]; j++)
                y[j] = labels[order[i + j]];
            reel_bind(in[k], x);
            reel_bind(target[k], y);
            ck_assert_int_eq(reel_run(p[k]), REEL_OK);
            sum += reel_item(loss[k]) * (double)size[k];
            right += (int64_t)reel_item(told[k]);
        }
    }
    double a[MOST], b[MOST];
    size_t n = values(t, a);
    ck_assert_uint_eq(n, values(u, b));
    ck_assert_mem_eq(a, b, n * sizeof *a);
    ck_assert_double_eq(end.running.loss, sum / COUNT);
    ck_assert_int_eq(end.running.right, right);
    ck_assert_double_eq(end.running.accuracy, (double)right / COUNT);
    for (int k = 0; k < 2; k++)
        reel_program_free(p[k]);
    reel_tape_free(u);

    /* The tape has gained what gives a new layer its parameters, once. */
    ck_assert_uint_gt(after, before);
    ck_assert_int_eq(reel_train(t, &m, &all, &o, &end), REEL_OK);
    ck_assert_uint_eq(reel_tape_count(t), after);
    reel_tape_free(t);
}
END_TEST

static double zero(int64_t step, void *user)
{
    (void)step;
    (void)user;
    return 0;
}

/* A model that does not move: all three losses are of the same examples. */
START_TEST(test_same_place)
{
    reel_tape *t = reel_tape_new();
    reel_model m = {.layer = net_on(t, 0), .loss = "cross_entropy",
                    .dtype = REEL_F64};
    reel_examples all = examples(0, COUNT);
    reel_train_options o = {.batch = BATCH, .epochs = 1, .after = true,
                            .validation = &all, .schedule = zero, .look = 32};
    reel_progress end;
    reel_score score;
    int64_t guess[COUNT], right = 0;
    ck_assert_int_eq(reel_train(t, &m, &all, &o, &end), REEL_OK);
    ck_assert_double_eq_tol(end.running.loss, end.after.loss, 1e-14);
    ck_assert_mem_eq(&end.after, &end.validation, sizeof end.after);
    ck_assert_int_eq(end.running.right, end.after.right);
    ck_assert_double_eq(end.rate, 0);
    ck_assert_int_eq(reel_evaluate(t, &m, &all, 32, &score, guess), REEL_OK);
    ck_assert_mem_eq(&score, &end.after, sizeof score);
    for (int i = 0; i < COUNT; i++)
        right += guess[i] == labels[i];
    ck_assert_int_eq(right, score.right);

    reel_node *x = reel_cast(reel_constant(t, REEL_U8, REEL_SHAPE(COUNT, IN),
                                           pixels), REEL_F64);
    reel_node *y = reel_constant(t, REEL_U8, REEL_SHAPE(COUNT), labels);
    reel_node *loss = reel_loss(
        reel_apply(m.layer, reel_affine(x, 1 / 255.0, 0)), y, m.loss);
    reel_program *p = run_once(t, loss);
    ck_assert_double_eq_tol(reel_item(loss), score.loss, 1e-14);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* ------------------------------------------------------------------ resumed */

/* Stopped after a step, whichever it is, and gone on with on another tape. */
START_TEST(test_resumed)
{
    static const char *const name[] = {"sgd", "adam", "rmsprop"};
    reel_examples some = examples(20, 30);
    reel_train_options o = {.optimizer = name[_i], .lr = 0.05, .batch = BATCH,
                            .epochs = 4, .seed = 2, .validation = &some,
                            .keep_best = true, .schedule = slower};
    result whole = train(&o);
    o.checkpoint = checkpoint;
    for (int64_t stop = 1; stop <= 4 * STEPS; stop += 3) {
        o.on_step = stop_at;
        o.user = &stop;
        result part = train(&o);
        ck_assert_int_eq(part.end.steps, stop);
        result rest = train(&o);
        assert_same(&rest, &whole);
        result again = train(&o);
        assert_same(&again, &whole);
        ck_assert_int_eq(remove(checkpoint), 0);
    }
}
END_TEST

/* More epochs are the same as more at once. */
START_TEST(test_longer)
{
    reel_train_options o = {.batch = BATCH, .epochs = 5};
    result whole = train(&o);
    o.checkpoint = checkpoint;
    o.epochs = 2;
    train(&o);
    o.epochs = 5;
    result rest = train(&o);
    assert_same(&rest, &whole);
}
END_TEST

static char *contents(const char *path)
{
    static char text[2][4096];
    static int turn;
    char *to = text[turn++ % 2];
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    to[fread(to, 1, sizeof text[0] - 1, f)] = '\0';
    fclose(f);
    return to;
}

static int lines(const char *path)
{
    int n = 0;
    for (const char *c = contents(path); *c; c++)
        n += *c == '\n';
    return n;
}

/* Whole lines, one an epoch, epochs in turn. */
static void assert_log(int epochs)
{
    char *save, *text = contents(csv);
    char *line = strtok_r(text, "\n", &save);
    ck_assert_str_eq(line, "epoch,loss,accuracy,val_loss,val_accuracy,"
                           "after_loss,after_accuracy,rate,seconds");
    for (int i = 1; i <= epochs; i++) {
        line = strtok_r(NULL, "\n", &save);
        ck_assert_ptr_nonnull(line);
        ck_assert_int_eq(atoi(line), i);
    }
    ck_assert_ptr_null(strtok_r(NULL, "\n", &save));
    ck_assert_int_eq(lines(jsonl), epochs);
}

/* Killed again and again, until it gets to the end. */
START_TEST(test_killed)
{
    reel_train_options o = {.batch = BATCH, .epochs = 4, .seed = 4,
                            .checkpoint = checkpoint, .checkpoint_steps = 1,
                            .csv = csv, .jsonl = jsonl};
    int killed = 0, status = 1;
    double longest = 20e6;
    for (uint64_t i = 0; status != 0; i++, longest *= 1.05) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            train(&o);
            _exit(0);
        }
        uint64_t wait = reel_random_bits(7, 0, i) % (uint64_t)longest;
        nanosleep(&(struct timespec){(time_t)(wait / 1000000000),
                                     (long)(wait % 1000000000)}, NULL);
        if (i < 5 || longest < 1e9)
            kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) == 0);
        killed += WIFSIGNALED(status);
    }
    ck_assert_int_ge(killed, 1);
    result end = train(&o);
    assert_log(4);
    o.checkpoint = o.csv = o.jsonl = NULL;
    result whole = train(&o);
    assert_same(&end, &whole);
}
END_TEST

/* --------------------------------------------------------- when it ends, logs */

/* One weight, which goes from 0 to 1 as 1 - 0.9^epoch; the validation examples
 * would have it at 0.3. */
static const double one[1] = {1}, third[1] = {0.3};

static reel_node *weight_times(reel_node *x, reel_node *step, void *weight)
{
    (void)step;
    return reel_mul(x, weight);
}

static reel_examples single(const double *target)
{
    return (reel_examples){.count = 1,
                           .features = {one, REEL_F64, REEL_SHAPE(1)},
                           .targets = {target, REEL_F64, REEL_SHAPE(1)}};
}

typedef struct weighed {
    reel_tape *tape;
    reel_node *w;
    reel_model model;
    reel_examples learn, look;
    reel_train_options options;
} weighed;

static void weigh(weighed *s)
{
    s->tape = reel_tape_new();
    s->w = reel_parameter(s->tape, "w", REEL_F64, REEL_SCALAR, NULL);
    s->model = (reel_model){.function = weight_times, .user = s->w,
                            .loss = "mse", .dtype = REEL_F64};
    s->learn = single(one);
    s->look = single(third);
    s->options = (reel_train_options){.optimizer = "sgd", .lr = 0.05,
                                      .epochs = 20, .validation = &s->look};
}

static reel_progress go(weighed *s)
{
    reel_progress end;
    reel_train(s->tape, &s->model, &s->learn, &s->options, &end);
    assert_ok(s->tape);
    return end;
}

START_TEST(test_early)
{
    weighed s;
    weigh(&s);
    s.options.patience = 2;
    s.options.keep_best = _i == 1;
    s.options.checkpoint = checkpoint;
    for (int again = 0; again < 2; again++) {
        reel_progress end = go(&s);
        ck_assert_int_eq(end.epoch, 5);
        ck_assert_int_eq(end.best_epoch, 3);
        ck_assert_double_eq_tol(end.best_loss, 0.029 * 0.029, 1e-15);
        ck_assert_double_eq_tol(end.validation.loss, 0.10951 * 0.10951, 1e-14);
        ck_assert_double_eq_tol(end.running.loss, 0.6561 * 0.6561, 1e-14);
        ck_assert(isnan(end.running.accuracy) && isnan(end.after.loss));
        ck_assert_double_eq_tol(reel_item(s.w), _i ? 0.271 : 0.40951, 1e-15);
    }
    reel_tape_free(s.tape);
}
END_TEST

static bool stop_epoch(const reel_progress *now, void *user)
{
    return now->epoch != *(const int64_t *)user;
}

static void spoil(const char *path)
{
    FILE *f = fopen(path, "ab");
    ck_assert_ptr_nonnull(f);
    fputs("4,of a killed run", f);
    fclose(f);
}

START_TEST(test_logs)
{
    weighed s;
    int64_t stop = 3;
    weigh(&s);
    s.options.epochs = 5;
    s.options.after = true;
    s.options.checkpoint = checkpoint;
    s.options.csv = csv;
    s.options.jsonl = jsonl;
    s.options.on_epoch = stop_epoch;
    s.options.user = &stop;
    ck_assert_int_eq(go(&s).epoch, 3);
    assert_log(3);
    spoil(csv);
    spoil(jsonl);
    ck_assert_int_eq(go(&s).epoch, 5);
    assert_log(5);

    char *save, *line = strtok_r(contents(csv), "\n", &save);
    double w = 0;
    for (int i = 1; i <= 5; i++) {
        double epoch, loss, val, after, rate, seconds;
        line = strtok_r(NULL, "\n", &save);
        ck_assert_int_eq(sscanf(line, "%lf,%lf,,%lf,,%lf,,%lf,%lf", &epoch,
                                &loss, &val, &after, &rate, &seconds), 6);
        ck_assert_double_eq_tol(loss, (1 - w) * (1 - w), 1e-14);
        w = 1 - pow(0.9, i);
        ck_assert_double_eq_tol(val, (w - 0.3) * (w - 0.3), 1e-14);
        ck_assert_double_eq_tol(after, (1 - w) * (1 - w), 1e-14);
        ck_assert_double_eq(rate, 0.05);
        ck_assert(seconds >= 0 && seconds < 60);
    }
    ck_assert_ptr_nonnull(strstr(contents(jsonl),
                                 "{\"epoch\": 1, \"loss\": 1, \"val_loss\": "
                                 "0.0"));

    /* A log that lost its lines is not gone on with. */
    s.options.epochs = 6;
    ck_assert_int_eq(truncate(csv, 10), 0);
    (reel_train)(s.tape, &s.model, &s.learn, &s.options, NULL);
    assert_error(s.tape, REEL_EVALUE,
                 "train: %s: has lost lines since the checkpoint; delete the "
                 "checkpoint to begin anew", csv);
    reel_tape_free(s.tape);
}
END_TEST

/* ------------------------------------------------------------------- errors */

static reel_node *makes_its_own(reel_node *x, reel_node *step, void *user)
{
    (void)step;
    (void)user;
    return reel_dense(x, 1, "identity", "zeros");
}

static reel_node *makes_nothing(reel_node *x, reel_node *step, void *user)
{
    (void)x;
    (void)step;
    (void)user;
    return NULL;
}

static reel_node *gives_x(reel_node *x, reel_node *step, void *user)
{
    (void)step;
    (void)user;
    return x;
}

static void fails(weighed *s, reel_status status, const char *message)
{
    size_t before = reel_tape_count(s->tape);
    ck_assert_int_eq((reel_train)(s->tape, &s->model, &s->learn, &s->options,
                                  NULL), status);
    assert_error(s->tape, status, "%s", message);
    ck_assert_uint_eq(reel_tape_count(s->tape), before);
}

/* Each on what is all right otherwise. */
#define FAILS(status, message, ...)       \
    do {                                  \
        weighed s;                        \
        weigh(&s);                        \
        __VA_ARGS__;                      \
        fails(&s, status, message);       \
        reel_tape_free(s.tape);           \
    } while (0)

START_TEST(test_errors)
{
    FAILS(REEL_EVALUE, "train: an option is negative", s.options.batch = -1);
    FAILS(REEL_EVALUE, "train: an option is negative",
          s.options.patience = -1);
    FAILS(REEL_EVALUE, "train: patience needs validation examples",
          s.options.validation = NULL; s.options.patience = 1);
    FAILS(REEL_EVALUE, "train: keep_best needs validation examples",
          s.options.validation = NULL; s.options.keep_best = true);
    FAILS(REEL_EVALUE,
          "train: an optimizer of your own has its name, rate and options "
          "already",
          s.options.own = reel_optimizer_new(REEL_NODES(s.w), "sgd", 1, NULL));
    FAILS(REEL_EVALUE, "train: the model needs either a layer or a function",
          s.model.function = NULL);
    FAILS(REEL_EVALUE,
          "train: no loss is given: name one, \"mse\", \"cross_entropy\", ...",
          s.model.loss = NULL);
    FAILS(REEL_EVALUE,
          "loss: no loss 'mean': there are mse, bce, bce_with_logits, "
          "cross_entropy, nll and huber",
          s.model.loss = "mean");
    FAILS(REEL_EVALUE,
          "optimizer: no optimizer 'sdg': there are sgd, momentum, nesterov, "
          "adagrad, rmsprop, adam and adamw",
          s.options.optimizer = "sdg");
    FAILS(REEL_EDTYPE, "train: the model's dtype is i32: needs f32 or f64",
          s.model.dtype = REEL_I32);
    FAILS(REEL_EVALUE, "train: there are no examples", s.learn.count = 0);
    FAILS(REEL_EVALUE, "train: there are no validation examples",
          s.look.count = 0);
    FAILS(REEL_EVALUE, "train: examples have scale nan", s.learn.scale = NAN);
    FAILS(REEL_EVALUE, "train: validation examples have no targets",
          s.look.targets.data = NULL);
    FAILS(REEL_EVALUE,
          "train: examples have features of no dtype or shape there is",
          s.learn.features.shape.ndim = REEL_MAX_DIMS);
    FAILS(REEL_EVALUE, "train: the model's function returned NULL",
          s.model.function = makes_nothing);
    FAILS(REEL_EVALUE, "train: the model's loss depends on no parameter",
          s.model.function = gives_x);
    char path[64], message[128];
    snprintf(path, sizeof path, "%s/no/log", folder);
    snprintf(message, sizeof message, "train: %s: %s", path, strerror(ENOENT));
    FAILS(REEL_EIO, message, s.options.csv = path);
}
END_TEST

/* It has given the tape parameters when that is seen. */
START_TEST(test_own_parameters)
{
    weighed s;
    weigh(&s);
    s.model.function = makes_its_own;
    reel_train(s.tape, &s.model, &s.learn, &s.options, NULL);
    ck_assert_int_eq(reel_status_of(s.tape), REEL_EVALUE);
    ck_assert_ptr_nonnull(strstr(
        reel_message(s.tape),
        ": train: the model has other parameters each time it is recorded: "
        "make its layers once, outside of its function"));
    ck_assert_ptr_nonnull(strstr(reel_message(s.tape), "test_train.c:"));
    reel_tape_free(s.tape);
}
END_TEST

START_TEST(test_not_finite)
{
    static const double huge[3] = {1, 1, 1e200}, want[3] = {1, 1, 1};
    weighed s;
    weigh(&s);
    s.learn.count = 3;
    s.learn.features.data = huge;
    s.learn.targets.data = want;
    s.options.batch = 1;
    s.options.validation = NULL;
    (reel_train)(s.tape, &s.model, &s.learn, &s.options, NULL);
    ck_assert_int_eq(reel_status_of(s.tape), REEL_EVALUE);
    ck_assert_ptr_nonnull(strstr(reel_message(s.tape),
                                 "train: the loss is inf in epoch "));
    ck_assert_ptr_nonnull(strstr(
        reel_message(s.tape),
        "try a lower learning rate than 0.05; with REEL_ANOMALY=1 in the "
        "environment the node where it begins is named"));
    reel_tape_free(s.tape);
}
END_TEST

static void other(const reel_train_options *o, reel_status status,
                  const char *what)
{
    reel_tape *t = reel_tape_new();
    reel_model m = {.layer = net_on(t, 0.25), .loss = "cross_entropy",
                    .dtype = REEL_F64};
    reel_examples all = examples(0, COUNT);
    (reel_train)(t, &m, &all, o, NULL);
    assert_error(t, status, "train: %s: %s", checkpoint, what);
    reel_tape_free(t);
}

#define ANEW(what) "is of another training: " what "; delete it to begin anew"

START_TEST(test_other_checkpoints)
{
    reel_train_options o = {.batch = BATCH, .epochs = 1,
                            .checkpoint = checkpoint};
    reel_examples all = examples(0, COUNT);
    train(&o);
    o.seed = 1;
    other(&o, REEL_EVALUE, ANEW("its seed differs"));
    o.seed = 0;
    o.batch = 7;
    other(&o, REEL_EVALUE, ANEW("its batch size differs"));
    o.batch = BATCH;
    o.optimizer = "sgd";
    other(&o, REEL_EVALUE, ANEW("its parameters or states are more or fewer"));
    o.optimizer = NULL;
    o.validation = &all;
    o.keep_best = true;
    other(&o, REEL_EVALUE, ANEW("its parameters or states are more or fewer"));
    o.keep_best = false;

    float x = 1;
    reel_tensor odd = {"x", REEL_F32, REEL_SCALAR, &x};
    ck_assert_int_eq(reel_safetensors_write(checkpoint, &odd, 1, NULL, NULL),
                     REEL_OK);
    other(&o, REEL_EFORMAT, "is no checkpoint of a training");
    FILE *f = fopen(checkpoint, "wb");
    ck_assert_ptr_nonnull(f);
    fclose(f);
    reel_tape *t = reel_tape_new();
    reel_model m = {.layer = net_on(t, 0), .loss = "cross_entropy"};
    ck_assert_int_eq(reel_train(t, &m, &all, &o, NULL), REEL_EFORMAT);
    reel_tape_free(t);
}
END_TEST

/* A count of examples that lies beyond the data is found before it is used. */
START_TEST(test_bad_standing)
{
    reel_train_options o = {.batch = BATCH, .epochs = 1,
                            .checkpoint = checkpoint};
    reel_tensors file;
    train(&o);
    ck_assert_int_eq(reel_safetensors_read(checkpoint, &file, NULL), REEL_OK);
    *(int64_t *)reel_tensors_find(&file, "sum.examples")->data = 1 << 20;
    ck_assert_int_eq(reel_safetensors_write(checkpoint, file.tensor, file.count,
                                            file.metadata, NULL), REEL_OK);
    reel_tensors_free(&file);
    other(&o, REEL_EFORMAT, "stands where no training comes to");
}
END_TEST

/* Every allocation fails once, in turn: an error, and nothing leaks. */
START_TEST(test_no_memory)
{
    reel_examples all = examples(0, COUNT);
    reel_train_options o = {.batch = BATCH, .epochs = 1, .after = true,
                            .validation = &all, .keep_best = true,
                            .checkpoint = checkpoint};
    size_t failures = 0, step = support_scaled(1, 7);
    for (size_t n = 0;; n += step) {
        memory mem;
        memory_init(&mem);
        reel_tape *t = reel_tape_new_with(&mem.allocator);
        reel_model m = {.layer = net_on(t, 0), .loss = "cross_entropy"};
        assert_ok(t);
        memory_fail_after(&mem, n);
        reel_status status = reel_train(t, &m, &all, &o, NULL);
        bool failed = mem.failed > 0;
        failures += failed;
        ck_assert_int_eq(status, failed ? REEL_ENOMEM : REEL_OK);
        reel_tape_free(t);
        ck_assert_uint_eq(mem.blocks, 0);
        remove(checkpoint);
        if (!failed)
            break;
    }
    ck_assert_uint_ge(failures, 20);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("train");
    TCase *c = tcase_create("train");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_loop);
    tcase_add_test(c, test_same_place);
    tcase_add_loop_test(c, test_resumed, 0, 3);
    tcase_add_test(c, test_longer);
    tcase_add_test(c, test_killed);
    tcase_add_loop_test(c, test_early, 0, 2);
    tcase_add_test(c, test_logs);
    tcase_add_test(c, test_errors);
    tcase_add_test(c, test_own_parameters);
    tcase_add_test(c, test_not_finite);
    tcase_add_test(c, test_other_checkpoints);
    tcase_add_test(c, test_bad_standing);
    tcase_add_test(c, test_no_memory);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
