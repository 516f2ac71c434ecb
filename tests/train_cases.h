/* train_cases.h: data, networks and trainings that the suites of training
 * share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_TRAIN_CASES_H
#define TESTS_TRAIN_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reel.h>

#include "support.h"

enum { COUNT = 70, IN = 6, CLASSES = 3, BATCH = 16, STEPS = 5, MOST = 64 };

static uint8_t pixels[COUNT * IN], labels[COUNT];
static char folder[] = "/tmp/reel-train-XXXXXX";
static char checkpoint[64], csv[64], jsonl[64];

static inline reel_examples examples(int64_t from, int64_t count)
{
    return (reel_examples){
        .count = count,
        .features = {pixels + from * IN, REEL_U8, REEL_SHAPE(IN)},
        .scale = 1 / 255.0,
        .targets = {labels + from, REEL_U8, REEL_SCALAR}};
}

static inline void setup(void)
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

static inline void teardown(void)
{
    remove(checkpoint);
    remove(support_format("%s.tmp", checkpoint));
    remove(csv);
    remove(jsonl);
    rmdir(folder);
}

static inline reel_layer *net_on(reel_tape *t, double dropout)
{
    reel_set_seed(t, 3);
    return reel_layer_list(
        t, REEL_LAYERS(reel_dense_layer(t, 5, "tanh", "xavier"),
                       reel_dropout_layer(t, dropout),
                       reel_dense_layer(t, CLASSES, "identity", "xavier")));
}

/* All parameters of the tape, in a row. */
static inline size_t values(const reel_tape *t, double *value)
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
static inline result train(const reel_train_options *options)
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

/* One weight, which goes from 0 to 1 as 1 - 0.9^epoch; the validation examples
 * would have it at 0.3. */
static const double one[1] = {1}, third[1] = {0.3};

static inline reel_node *weight_times(reel_node *x, reel_node *step, void *weight)
{
    (void)step;
    return reel_mul(x, weight);
}

static inline reel_examples single(const double *target)
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

static inline void weigh(weighed *s)
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

#endif /* TESTS_TRAIN_CASES_H */
