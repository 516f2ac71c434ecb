/* test_train.c: training as one call: against the loop written out, resumed
 * and killed against uninterrupted, when it ends, and its logs.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "train_cases.h"

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
    const reel_plateau plateau = {.factor = 0.5, .threshold = 0.05};
    if (_i == 0)
        o.plateau = &plateau;
    result whole = train(&o);
    if (o.plateau)
        ck_assert_double_le(whole.end.rate, 0.5 * 0.05);
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

/* LLVM's OpenMP has a file in shared memory for each process. One killed
 * between making and filling it leaves it empty, and a later process of the
 * same number dies of a bus error. */
static void clear_after(pid_t child)
{
    unlink(support_format("/dev/shm/__KMP_REGISTERED_LIB_%ld_%ld", (long)child,
                          (long)getuid()));
}

/* Killed again and again, until it gets to the end. */
START_TEST(test_killed)
{
    reel_train_options o = {.batch = BATCH, .epochs = 4, .seed = 4,
                            .checkpoint = checkpoint, .checkpoint_steps = 1,
                            .csv = csv, .jsonl = jsonl};
    int killed = 0, status = 1;
    double longest = 2e6; /* nanoseconds, from where it has hardly begun */
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
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) == 0);
        clear_after(child);
        killed += WIFSIGNALED(status);
    }
    ck_assert_int_ge(killed, 3);
    result end = train(&o);
    assert_log(4);
    o.checkpoint = o.csv = o.jsonl = NULL;
    result whole = train(&o);
    assert_same(&end, &whole);
}
END_TEST

/* ------------------------------------------------------ when it ends, logs */

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

/* The validation loss of w = 1 - 0.9^epoch falls to the third epoch: without
 * patience the rate is halved after each from the fourth on. */
START_TEST(test_plateau)
{
    static const reel_plateau plateau = {.factor = 0.5};
    static const double rate[] = {0.05, 0.05, 0.05, 0.05, 0.025, 0.0125};
    double w = 0;
    for (int epochs = 1; epochs <= 6; epochs++) {
        weighed s;
        weigh(&s);
        s.options.plateau = &plateau;
        s.options.epochs = epochs;
        ck_assert_double_eq(go(&s).rate, rate[epochs - 1]);
        w += 2 * rate[epochs - 1] * (1 - w);
        ck_assert_double_eq_tol(reel_item(s.w), w, 1e-14);
        reel_tape_free(s.tape);
    }

    /* The running loss always falls. */
    weighed s;
    weigh(&s);
    s.options.plateau = &plateau;
    s.options.validation = NULL;
    ck_assert_double_eq(go(&s).rate, 0.05);
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
    tcase_add_test(c, test_plateau);
    tcase_add_test(c, test_logs);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
