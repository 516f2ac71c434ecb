/* examples/images.h: images of digits or other things, with their labels: the
 * 1,437 and 360 digits of 8x8 pixels that are compiled in, or a folder in
 * MNIST's format.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_IMAGES_H
#define EXAMPLES_IMAGES_H

#include <reel.h>

/* A part of the data, in bytes and as examples of pixels from 0 to 1. */
typedef struct image_set {
    reel_dataset data;
    int64_t count, pixels;
    reel_examples examples;
} image_set;

typedef struct images {
    image_set train, test; /* of the same size */
    int classes;
} images;

/* What --help says of --data DIR. */
#define IMAGES_HELP                                                        \
    "folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and the " \
    "two of t10k, each plain or .gz"

/* From the folder; NULL: the digits. Dies with a message. */
images images_load(const char *dir);
void images_free(images *i);

/* count examples from the first on. */
reel_examples images_part(const image_set *set, int64_t first, int64_t count);

#endif /* EXAMPLES_IMAGES_H */
