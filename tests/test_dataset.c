/* test_dataset.c: images with their labels.
 *
 * The whole of MNIST is read too where REEL_MNIST_DIR names its folder.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idx_cases.h"

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0,
                                       1, 0, 0, 0, 2, 9, 8, 7, 6};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 4, 3};

static void assert_set(reel_dataset *set)
{
    ck_assert_int_eq(set->images.shape.dim[0], 2);
    ck_assert_int_eq(set->images.shape.dim[1], 1);
    ck_assert_int_eq(set->images.shape.dim[2], 2);
    ck_assert_double_eq(element(&set->images, 3), 6);
    ck_assert_double_eq(element(&set->labels, 0), 4);
    ck_assert_int_eq(set->classes, 5);
    reel_dataset_free(set);
    assert_empty(&set->images);
    assert_empty(&set->labels);
    ck_assert_int_eq(set->classes, 0);
}

static void assert_no_set(reel_status status, const char *message)
{
    reel_dataset set = {.classes = 3};
    reel_error error = {0};

    ck_assert_int_eq(reel_dataset_read(".", "train", &set, &error), status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    assert_empty(&set.images);
    assert_empty(&set.labels);
    ck_assert_int_eq(set.classes, 0);
}

START_TEST(test_dataset)
{
    reel_dataset set;

    write_file("train-images-idx3-ubyte", images, sizeof images);
    write_packed("train-labels-idx1-ubyte.gz", labels, sizeof labels);
    ck_assert_int_eq(reel_dataset_read(".", "train", &set, NULL), REEL_OK);
    assert_set(&set);
    /* Plain goes before compressed. */
    write_file("train-images-idx3-ubyte.gz", "bad", 3);
    ck_assert_int_eq(reel_dataset_read(".", "train", &set, NULL), REEL_OK);
    assert_set(&set);
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images, labels,
                                        sizeof labels, "x", &set, NULL),
                     REEL_OK);
    assert_set(&set);
}
END_TEST

START_TEST(test_dataset_files_missing)
{
    assert_no_set(REEL_EIO, "./train-images-idx3-ubyte: not there, nor is "
                            "train-images-idx3-ubyte.gz");
    write_file("train-images-idx3-ubyte", images, sizeof images);
    assert_no_set(REEL_EIO, "./train-labels-idx1-ubyte: not there, nor is "
                            "train-labels-idx1-ubyte.gz");
}
END_TEST

START_TEST(test_dataset_mismatch)
{
    write_file("train-images-idx3-ubyte", images, sizeof images);
    write_packed("train-labels-idx1-ubyte.gz", "\0\0\10\1\0\0\0\3\1\2\3", 11);
    assert_no_set(REEL_EFORMAT,
                  "./train-images-idx3-ubyte: 2 images, but "
                  "train-labels-idx1-ubyte.gz holds 3 labels");
    write_file("train-labels-idx1-ubyte", images, sizeof images);
    assert_no_set(REEL_EFORMAT, "./train-labels-idx1-ubyte: labels have 1 "
                                "dimension, this file has 3");
    write_file("train-labels-idx1-ubyte", "\0\0\11\1\0\0\0\2\1\2", 10);
    assert_no_set(REEL_EFORMAT, "./train-labels-idx1-ubyte: labels are u8, "
                                "this file holds i32");
    write_file("train-images-idx3-ubyte", labels, sizeof labels);
    assert_no_set(REEL_EFORMAT, "./train-images-idx3-ubyte: images have 3 "
                                "dimensions, this file has 1");
    write_file("train-images-idx3-ubyte", images, 10);
    assert_no_set(REEL_EFORMAT, "./train-images-idx3-ubyte: truncated: the "
                                "IDX header takes 16 bytes, file has 10");
}
END_TEST

START_TEST(test_dataset_parse_errors)
{
    reel_dataset set;
    reel_error error;

    ck_assert_int_eq(reel_dataset_parse(images, 3, labels, sizeof labels,
                                        "digits", &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits images: truncated: an IDX file "
                                    "starts with 4 bytes, file has 3");
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images, labels, 9,
                                        "digits", &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits labels: truncated: header says 2 "
                                    "= 2 bytes, file has 1");
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images,
                                        "\0\0\10\1\0\0\0\1\0", 9, "digits",
                                        &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits images: 2 images, but digits "
                                    "labels holds 1 labels");
    assert_empty(&set.images);
    assert_empty(&set.labels);
}
END_TEST

static const struct mnist {
    const char *part;
    int64_t count;
    uint32_t image_crc, label_crc;
    int histogram[10];
} mnist[] = {
    {"train", 60000, 0xF3639B56, 0xBA07E8EF,
     {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
    {"t10k", 10000, 0xE4CA5F57, 0xEE8604D9,
     {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
};

START_TEST(test_mnist)
{
    const struct mnist *m = &mnist[_i];
    const char *dir = getenv("REEL_MNIST_DIR");
    int histogram[10] = {0};
    reel_dataset set;
    reel_error error;

    if (!dir) {
        printf("skipped: MNIST's %s part (REEL_MNIST_DIR is not set)\n",
               m->part);
        return;
    }
    if (reel_dataset_read(dir, m->part, &set, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    ck_assert_int_eq(set.images.shape.dim[0], m->count);
    ck_assert_int_eq(set.images.shape.dim[1], 28);
    ck_assert_int_eq(set.images.shape.dim[2], 28);
    ck_assert_int_eq(set.labels.shape.dim[0], m->count);
    ck_assert_int_eq(set.classes, 10);
    for (int64_t i = 0; i < m->count; i++)
        histogram[((uint8_t *)set.labels.data)[i]]++;
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(histogram[k], m->histogram[k]);
    ck_assert_uint_eq(crc32_of(set.labels.data, (size_t)m->count),
                      m->label_crc);
    ck_assert_uint_eq(crc32_of(set.images.data, (size_t)m->count * 784),
                      m->image_crc);
    reel_dataset_free(&set);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("dataset");
    TCase *c = tcase_create("dataset");

    tcase_add_checked_fixture(c, enter_folder, leave_folder);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_dataset);
    tcase_add_test(c, test_dataset_files_missing);
    tcase_add_test(c, test_dataset_mismatch);
    tcase_add_test(c, test_dataset_parse_errors);
    tcase_add_loop_test(c, test_mnist, 0, 2);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
