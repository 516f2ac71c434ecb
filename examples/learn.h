/* examples/learn.h: what experiments with networks on images share: a training
 * that is watched, and a loss to look at.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_LEARN_H
#define EXAMPLES_LEARN_H

#include <reel.h>

#include "images.h"

typedef struct learning {
    double lr; /* of plain gradient descent */
    int64_t batch, epochs, seed;
} learning;

/* Trains a network that gives scores of classes. loss and accuracy [epochs]
 * (NULL: not asked for) become the training images' mean loss and the test
 * images' accuracy after each epoch. Returns how many epochs there were: fewer
 * than asked for if the loss grew beyond all numbers, and then the values after
 * them are NaN. Dies of any other error. */
int64_t learn(reel_tape *t, reel_layer *net, const images *all,
              const learning *how, double *loss, double *accuracy);

/* The loss and accuracy of such a network on a set. */
reel_score score_of(reel_tape *t, reel_layer *net, const image_set *set);

/* The network's loss of a set's first n images. */
reel_node *loss_of_first(reel_tape *t, reel_layer *net, reel_dtype dtype,
                         const image_set *set, int64_t n);

#endif /* EXAMPLES_LEARN_H */
