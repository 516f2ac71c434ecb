/* examples/batches.h: a set of images, and a classifier's programs that go over
 * it in batches.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_BATCHES_H
#define EXAMPLES_BATCHES_H

#include "mlp.h"

/* A data set as it lies in memory, in bytes, and as inputs of the tape. */
typedef struct image_set {
    reel_dataset data;
    int64_t count, pixels;
    reel_node *images; /* u8 [count, pixels] */
    reel_node *labels; /* u8 [count] */
} image_set;

/* Reads {part} of the folder dir; dies with a message. */
image_set image_set_read(reel_tape *t, const char *dir, const char *part);
void image_set_free(image_set *set);

/* The graph for one number of images, and its program. */
typedef struct batch {
    int64_t count;
    reel_node *index;  /* which images: i64 [count] */
    reel_node *loss;   /* mean negative log-likelihood */
    reel_node *guess;  /* i64 [count] */
    reel_node *right;  /* how many guesses are */
    reel_program *program;
} batch;

/* What has come of the batches so far. */
typedef struct totals {
    int64_t images, right;
    double loss; /* sum over images */
} totals;

/* A way over `images` images: batches of one size, and a last, smaller one,
 * which is another graph over the same parameters. */
typedef struct pass {
    int64_t images;
    batch full, last;
} pass;

/* Records the network for batches of `size` of the set's images, with the
 * optimiser's updates unless it is NULL, and compiles it; dies with a
 * message. */
pass pass_new(const mlp *net, const image_set *set, reel_optimizer *o,
              int64_t images, int64_t size);
void pass_free(pass *p);

/* Runs one more batch of the images order[0..p->images-1], those from
 * sum->images on; dies with a message. Returns the batch. */
const batch *pass_next(pass *p, const int64_t *order, totals *sum);

#endif /* EXAMPLES_BATCHES_H */
