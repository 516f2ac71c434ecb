/* dataset.c: images and their labels, in the two files of MNIST and its kin.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/report.h"

#define IMAGES "-images-idx3-ubyte"
#define LABELS "-labels-idx1-ubyte"

/* The two files' names, for messages. */
typedef struct names {
    const char *images, *labels;
} names;

static char *join(const char *a, const char *b, const char *c, const char *d,
                  reel_error *error)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
    char *text = malloc(size);

    if (text)
        snprintf(text, size, "%s%s%s%s", a, b, c, d);
    else
        reel__report_memory(error, a, size);
    return text;
}

/* Reads the file that is there, dir/partkind or the same with ".gz". *path
 * becomes its name, owned by the caller even on failure. */
static reel_status read_part(const char *dir, const char *part,
                             const char *kind, char **path, reel_array *array,
                             reel_error *error)
{
    *path = join(dir, "/", part, kind, error);
    if (!*path)
        return REEL_ENOMEM;
    if (access(*path, F_OK) == 0)
        return reel_idx_read(*path, array, error);

    char *packed = join(*path, ".gz", "", "", error);

    if (!packed)
        return REEL_ENOMEM;
    if (access(packed, F_OK) != 0) {
        reel_status status = reel__report(error, REEL_EIO, *path,
                                          "not there, nor is %s%s.gz", part,
                                          kind);

        free(packed);
        return status;
    }
    free(*path);
    *path = packed;
    return reel_idx_read(packed, array, error);
}

static reel_status check_array(const reel_array *array, const char *name,
                               int ndim, const char *what, reel_error *error)
{
    if (array->dtype != REEL_U8)
        return reel__report(error, REEL_EFORMAT, name,
                            "%s are u8, this file holds %s", what,
                            reel_dtype_name(array->dtype));
    if (array->shape.ndim != ndim)
        return reel__report(error, REEL_EFORMAT, name,
                            "%s have %d dimension%s, this file has %d", what,
                            ndim, ndim == 1 ? "" : "s", array->shape.ndim);
    return REEL_OK;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int count_classes(const reel_array *labels)
{
    const uint8_t *label = labels->data;
    int largest = 0;

    for (int64_t i = 0; i < labels->shape.dim[0]; i++)
        largest = label[i] > largest ? label[i] : largest;
    return largest + 1;
}

/* Takes both arrays over: into *set, or free. */
static reel_status pair(reel_array *images, reel_array *labels, names name,
                        reel_dataset *set, reel_error *error)
{
    reel_status status = check_array(images, name.images, 3, "images", error);

    if (status == REEL_OK)
        status = check_array(labels, name.labels, 1, "labels", error);
    if (status == REEL_OK && images->shape.dim[0] != labels->shape.dim[0])
        status = reel__report(error, REEL_EFORMAT, name.images,
                              "%" PRId64 " images, but %s holds %" PRId64
                              " labels",
                              images->shape.dim[0], last_part(name.labels),
                              labels->shape.dim[0]);
    if (status != REEL_OK) {
        reel_array_free(images);
        reel_array_free(labels);
        return status;
    }
    *set = (reel_dataset){*images, *labels, count_classes(labels)};
    return REEL_OK;
}

reel_status reel_dataset_read(const char *dir, const char *part,
                              reel_dataset *set, reel_error *error)
{
    reel_array images = {0}, labels = {0};
    char *image_path = NULL, *label_path = NULL;

    *set = (reel_dataset){0};

    reel_status status = read_part(dir, part, IMAGES, &image_path, &images,
                                   error);

    if (status == REEL_OK)
        status = read_part(dir, part, LABELS, &label_path, &labels, error);
    if (status == REEL_OK)
        status = pair(&images, &labels, (names){image_path, label_path}, set,
                      error);
    else
        reel_array_free(&images);
    free(image_path);
    free(label_path);
    return status;
}

reel_status reel_dataset_parse(const void *images, size_t images_size,
                               const void *labels, size_t labels_size,
                               const char *name, reel_dataset *set,
                               reel_error *error)
{
    reel_array image_array = {0}, label_array = {0};

    *set = (reel_dataset){0};

    char *image_name = join(name, " images", "", "", error);
    char *label_name = join(name, " labels", "", "", error);
    reel_status status = image_name && label_name ? REEL_OK : REEL_ENOMEM;

    if (status == REEL_OK)
        status = reel_idx_parse(images, images_size, image_name, &image_array,
                                error);
    if (status == REEL_OK)
        status = reel_idx_parse(labels, labels_size, label_name, &label_array,
                                error);
    if (status == REEL_OK)
        status = pair(&image_array, &label_array,
                      (names){image_name, label_name}, set, error);
    else
        reel_array_free(&image_array);
    free(image_name);
    free(label_name);
    return status;
}

void reel_dataset_free(reel_dataset *set)
{
    reel_array_free(&set->images);
    reel_array_free(&set->labels);
    set->classes = 0;
}
