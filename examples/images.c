/* examples/images.c: see images.h.
 *
 * SPDX-License-Identifier: MIT */
#include "images.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common.h"
#include "digits_data.h"

static image_set set_of(const reel_dataset *data, double white)
{
    const int64_t *dim = data->images.shape.dim;
    image_set s = {
        .data = *data, .count = dim[0], .pixels = dim[1] * dim[2]};

    s.examples = (reel_examples){
        .count = s.count,
        .features = {data->images.data, REEL_U8, REEL_SHAPE(s.pixels)},
        .scale = 1 / white,
        .targets = {data->labels.data, REEL_U8, REEL_SCALAR}};
    return s;
}

static image_set read_part(const char *dir, const char *part)
{
    reel_dataset data;
    reel_error error;

    if (reel_dataset_read(dir, part, &data, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    return set_of(&data, 255);
}

static image_set digits(const char *part, const unsigned char *pixels,
                        size_t pixels_size, const unsigned char *labels,
                        size_t labels_size)
{
    reel_dataset data;
    reel_error error;

    if (reel_dataset_parse(pixels, pixels_size, labels, labels_size, part,
                           &data, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    return set_of(&data, 16);
}

static void check(const images *i, const char *dir)
{
    const int64_t *a = i->train.data.images.shape.dim;
    const int64_t *b = i->test.data.images.shape.dim;

    if (a[1] != b[1] || a[2] != b[2])
        die(EXIT_FAILURE, "%s: training images are %" PRId64 " x %" PRId64
            ", test images %" PRId64 " x %" PRId64, dir, a[1], a[2], b[1],
            b[2]);
    if (i->test.data.classes > i->train.data.classes)
        die(EXIT_FAILURE, "%s: test labels go up to %d, training labels only "
            "to %d", dir, i->test.data.classes - 1,
            i->train.data.classes - 1);
}

images images_load(const char *dir)
{
    images i;

    if (dir) {
        i.train = read_part(dir, "train");
        i.test = read_part(dir, "t10k");
        check(&i, dir);
    } else {
        i.train = digits("train", digits_train_images, digits_train_images_size,
                         digits_train_labels, digits_train_labels_size);
        i.test = digits("t10k", digits_t10k_images, digits_t10k_images_size,
                        digits_t10k_labels, digits_t10k_labels_size);
    }
    i.classes = i.train.data.classes;
    return i;
}

void images_free(images *i)
{
    reel_dataset_free(&i->train.data);
    reel_dataset_free(&i->test.data);
}

reel_examples images_part(const image_set *set, int64_t first, int64_t count)
{
    reel_examples part = set->examples;

    part.count = count;
    part.features.data =
        (const uint8_t *)part.features.data + first * set->pixels;
    part.targets.data = (const uint8_t *)part.targets.data + first;
    return part;
}
