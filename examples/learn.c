/* examples/learn.c: see learn.h.
 *
 * SPDX-License-Identifier: MIT */
#include "learn.h"

#include <math.h>
#include <stdlib.h>

#include "common.h"

typedef struct curves {
    double *loss, *accuracy;
} curves;

static bool note_epoch(const reel_progress *now, void *user)
{
    const curves *c = user;

    if (c->loss)
        c->loss[now->epoch - 1] = now->after.loss;
    if (c->accuracy)
        c->accuracy[now->epoch - 1] = now->validation.accuracy;
    return true;
}

int64_t learn(reel_tape *t, reel_layer *net, const images *all,
              const learning *how, double *loss, double *accuracy)
{
    curves c = {loss, accuracy};
    reel_model model = {.layer = net, .loss = "cross_entropy"};
    reel_progress end;
    reel_train_options options = {
        .optimizer = "sgd", .lr = how->lr, .batch = how->batch,
        .epochs = how->epochs, .seed = (uint64_t)how->seed,
        .after = loss != NULL,
        /* Looked at only: nothing is chosen by it. */
        .validation = accuracy ? &all->test.examples : NULL,
        .on_epoch = note_epoch, .user = &c};

    for (int64_t i = 0; i < how->epochs; i++) {
        if (loss)
            loss[i] = NAN;
        if (accuracy)
            accuracy[i] = NAN;
    }

    reel_status status =
        reel_train(t, &model, &all->train.examples, &options, &end);

    if (status != REEL_OK && status != REEL_EANOMALY)
        die(EXIT_FAILURE, "%s", reel_message(t));
    reel_clear_error(t);
    return end.epoch;
}

reel_score score_of(reel_tape *t, reel_layer *net, const image_set *set)
{
    const reel_model model = {.layer = net, .loss = "cross_entropy"};
    reel_score score;

    if (reel_evaluate(t, &model, &set->examples, 0, &score, NULL) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(t));
    return score;
}

reel_node *loss_of_first(reel_tape *t, reel_layer *net, reel_dtype dtype,
                         const image_set *set, int64_t n)
{
    reel_node *pixels = reel_input(t, "pixels", REEL_U8,
                                   REEL_SHAPE(n, set->pixels));
    reel_node *labels = reel_input(t, "labels", REEL_U8, REEL_SHAPE(n));
    reel_node *x = reel_affine(reel_cast(pixels, dtype), set->examples.scale,
                               0);

    reel_bind(pixels, set->data.images.data);
    reel_bind(labels, set->data.labels.data);
    return reel_loss(reel_apply(net, x), labels, "cross_entropy");
}
