/* test_train_errors.c: what training says of wrong options, models, examples and
 * checkpoints, and memory that runs out.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>

#include "train_cases.h"

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
    FAILS(REEL_EVALUE,
          "train: a plateau needs a factor > 0 and < 1, and patience and "
          "threshold >= 0",
          s.options.plateau = &(reel_plateau){.factor = 1});
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
    ck_assert_ptr_nonnull(strstr(reel_message(s.tape), "test_train_errors.c:"));
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
    ck_assert_int_eq(reel_status_of(s.tape), REEL_EANOMALY);
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
    Suite *s = suite_create("train errors");
    TCase *c = tcase_create("train errors");
    tcase_add_checked_fixture(c, setup, teardown);
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
