/* test_batches.c: arrays copied, examples split, scaled and cut into batches.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <reel/data.h>

#include "support.h"

static reel_error error;

/* The call fails so. */
static void assert_report(reel_status got, reel_status status,
                          const char *message)
{
    ck_assert_int_eq(got, status);
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
}

/* ------------------------------------------------------------------ arrays */

START_TEST(test_rows_of_an_array)
{
    float data[12];
    reel_array a = {REEL_F32, {3, {2, 3, 2}}, data};
    reel_rows rows = reel_array_rows(&a);

    ck_assert_ptr_eq(rows.data, data);
    ck_assert_int_eq(rows.dtype, REEL_F32);
    ck_assert_int_eq(rows.shape.ndim, 2);
    ck_assert_int_eq(rows.shape.dim[0], 3);
    ck_assert_int_eq(rows.shape.dim[1], 2);
}
END_TEST

START_TEST(test_copy)
{
    const int32_t data[] = {1, 2, 3, 4, 5, 6};
    const reel_rows rows = {data, REEL_I32, {1, {2}}};
    const int64_t index[] = {2, 0, 2, 1};
    const int32_t want[] = {5, 6, 1, 2, 5, 6, 3, 4};
    reel_array a;

    ck_assert_int_eq(reel_array_copy(&rows, 3, index, 4, &a, NULL), REEL_OK);
    ck_assert_int_eq(a.dtype, REEL_I32);
    ck_assert_int_eq(a.shape.ndim, 2);
    ck_assert_int_eq(a.shape.dim[0], 4);
    ck_assert_int_eq(a.shape.dim[1], 2);
    ck_assert_mem_eq(a.data, want, sizeof want);
    reel_array_free(&a);
    ck_assert_int_eq(reel_array_copy(&rows, 3, NULL, 2, &a, NULL), REEL_OK);
    ck_assert_mem_eq(a.data, data, 4 * sizeof *data);
    ck_assert_ptr_ne(a.data, data);
    reel_array_free(&a);
}
END_TEST

START_TEST(test_copy_errors)
{
    const int32_t data[] = {1, 2, 3};
    reel_rows rows = {data, REEL_I32, REEL_SCALAR};
    const int64_t high[] = {0, 3}, low[] = {-1};
    reel_array a = {.data = &a};

    assert_report(reel_array_copy(&rows, 3, high, 2, &a, &error), REEL_EVALUE,
                  "copy: index 1 is 3, there are 3 rows");
    ck_assert_ptr_null(a.data);
    assert_report(reel_array_copy(&rows, 3, low, 1, &a, &error), REEL_EVALUE,
                  "copy: index 0 is -1, there are 3 rows");
    assert_report(reel_array_copy(&rows, 3, NULL, 4, &a, &error), REEL_EVALUE,
                  "copy: 4 rows of 3");
    assert_report(reel_array_copy(&rows, 3, NULL, 0, &a, &error), REEL_EVALUE,
                  "copy: 0 rows: needs 1 at least");
    rows.shape.ndim = REEL_MAX_DIMS;
    assert_report(reel_array_copy(&rows, 3, NULL, 1, &a, &error), REEL_EVALUE,
                  "copy: rows have no data, or no dtype or shape there is");
    rows.shape.ndim = -1;
    assert_report(reel_array_copy(&rows, 3, NULL, 1, &a, &error), REEL_EVALUE,
                  "copy: rows have no data, or no dtype or shape there is");
    rows.shape.ndim = 0;
    rows.dtype = (reel_dtype)99;
    assert_report(reel_array_copy(&rows, 3, NULL, 1, &a, &error), REEL_EVALUE,
                  "copy: rows have no data, or no dtype or shape there is");
    rows = (reel_rows){NULL, REEL_I32, REEL_SCALAR};
    assert_report(reel_array_copy(&rows, 3, NULL, 1, &a, &error), REEL_EVALUE,
                  "copy: rows have no data, or no dtype or shape there is");
}
END_TEST

/* ------------------------------------------------------------------ splits */

enum { COUNT = 1000, CLASSES = 4 };

/* 700, 200, 90 and 10 examples of the classes, in a mixed order. */
static void make_labels(uint8_t *label)
{
    for (int i = 0; i < COUNT; i++) {
        int place = i * 7 % COUNT;

        label[i] = place < 700 ? 0 : place < 900 ? 1 : place < 990 ? 2 : 3;
    }
}

START_TEST(test_split_is_stratified)
{
    static const int have[CLASSES] = {700, 200, 90, 10};
    uint8_t label[COUNT];
    reel_array labels = {REEL_U8, {1, {COUNT}}, label};
    int64_t order[COUNT + 1];

    make_labels(label);
    for (int64_t held = 0; held <= COUNT; held += held < 20 ? 1 : 49) {
        int out[CLASSES] = {0};
        bool seen[COUNT] = {false};

        order[COUNT] = -7;
        ck_assert_int_eq(reel_split_examples(&labels, CLASSES, COUNT, held,
                                             (uint64_t)held, order, NULL),
                         REEL_OK);
        ck_assert_int_eq(order[COUNT], -7);
        for (int i = 0; i < COUNT; i++) {
            if (order[i] < 0 || order[i] >= COUNT || seen[order[i]])
                ck_abort_msg("no permutation at %d", i);
            if (i > 0 && i != COUNT - held && order[i] <= order[i - 1])
                ck_abort_msg("not ascending at %d", i);
            seen[order[i]] = true;
            out[label[order[i]]] += i >= COUNT - held;
        }
        for (int c = 0; c < CLASSES; c++)
            if (out[c] < held * have[c] / COUNT ||
                out[c] > (held * have[c] + COUNT - 1) / COUNT)
                ck_abort_msg("%d of %d examples of class %d are held out of "
                             "%d in all", out[c], have[c], c, (int)held);
    }
}
END_TEST

/* Of a class with half an example's share, one is held out half the time; each
 * of its examples as often as the other. */
START_TEST(test_split_is_fair)
{
    const int64_t label[] = {0, 0, 1, 1};
    reel_array labels = {REEL_I64, {1, {4}}, (void *)(uintptr_t)label};
    int times[4] = {0};

    for (uint64_t seed = 0; seed < 4000; seed++) {
        int64_t order[4];

        reel_split_examples(&labels, 2, 4, 1, seed, order, NULL);
        times[order[3]]++;
    }
    for (int i = 0; i < 4; i++) { /* of deviation 27 */
        ck_assert_int_gt(times[i], 890);
        ck_assert_int_lt(times[i], 1110);
    }
}
END_TEST

START_TEST(test_split_depends_on_its_seed)
{
    int64_t a[COUNT], b[COUNT], kept[COUNT];

    ck_assert_int_eq(reel_split_examples(NULL, 0, COUNT, 300, 1, a, NULL),
                     REEL_OK);
    reel_split_examples(NULL, 0, COUNT, 300, 1, b, NULL);
    ck_assert_mem_eq(a, b, sizeof a);
    reel_split_examples(NULL, 0, COUNT, 300, 2, b, NULL);
    ck_assert_mem_ne(a, b, sizeof a);
    reel_split_examples(NULL, 0, COUNT, 0, 2, kept, NULL);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(kept[i], i);
}
END_TEST

START_TEST(test_split_errors)
{
    int32_t label[] = {0, 1, 2};
    reel_array labels = {REEL_I32, {1, {3}}, label};
    int64_t order[3] = {-7};

    assert_report(reel_split_examples(NULL, 0, 0, 0, 1, order, &error),
                  REEL_EVALUE, "split: 0 held out of 0 examples");
    assert_report(reel_split_examples(NULL, 0, 3, 4, 1, order, &error),
                  REEL_EVALUE, "split: 4 held out of 3 examples");
    assert_report(reel_split_examples(NULL, 0, 3, -1, 1, order, &error),
                  REEL_EVALUE, "split: -1 held out of 3 examples");
    assert_report(reel_split_examples(&labels, 2, 3, 1, 1, order, &error),
                  REEL_EVALUE, "split: label 2 is 2, there are 2 classes");
    label[1] = -1;
    assert_report(reel_split_examples(&labels, 3, 3, 1, 1, order, &error),
                  REEL_EVALUE, "split: label 1 is -1, there are 3 classes");
    assert_report(reel_split_examples(&labels, 0, 3, 1, 1, order, &error),
                  REEL_EVALUE, "split: 0 classes: needs 1 at least");
    assert_report(reel_split_examples(&labels, 3, 2, 1, 1, order, &error),
                  REEL_ESHAPE, "split: labels are not [2]");
    labels.dtype = REEL_F32;
    assert_report(reel_split_examples(&labels, 3, 3, 1, 1, order, &error),
                  REEL_EDTYPE, "split: labels are f32: needs u8, i32 or i64");
    ck_assert_int_eq(order[0], -7);
    labels.dtype = REEL_I32;
    label[1] = 1;
    ck_assert_int_eq(reel_split_examples(&labels, INT64_MAX, 3, 1, 1, order,
                                         &error),
                     REEL_ENOMEM);
    ck_assert_ptr_nonnull(strstr(error.message, "split: out of memory: "));
}
END_TEST

/* ----------------------------------------------------------------- scaling */

/* Columns: 1 2 3 6, all 5, -1 -1 1 1. */
static const double numbers[] = {1, 5, -1, 2, 5, -1, 3, 5, 1, 6, 5, 1};

START_TEST(test_min_max)
{
    double data[12], test[] = {11, 7, 0};
    reel_array a = {REEL_F64, {2, {4, 3}}, data};
    reel_array other = {REEL_F64, {2, {1, 3}}, test};
    const double want[] = {0, 0, 0, 0.2, 0, 0, 0.4, 0, 1, 1, 0, 1};
    reel_scaling s;

    memcpy(data, numbers, sizeof data);
    ck_assert_int_eq(reel_scaling_fit("min_max", &a, &s, NULL), REEL_OK);
    ck_assert_int_eq(s.columns, 3);
    ck_assert_int_eq(s.constant, 1);
    ck_assert_double_eq(s.divisor[1], 0);
    ck_assert_int_eq(reel_scaling_apply(&s, &a, NULL), REEL_OK);
    for (int i = 0; i < 12; i++)
        ck_assert_double_eq(data[i], want[i]);
    ck_assert_int_eq(reel_scaling_apply(&s, &other, NULL), REEL_OK);
    ck_assert_double_eq(test[0], 2);
    ck_assert_double_eq(test[1], 0);
    ck_assert_double_eq(test[2], 0.5);
    reel_scaling_free(&s);
    ck_assert_ptr_null(s.shift);
    ck_assert_int_eq(s.columns, 0);
}
END_TEST

/* Mean 3, variance 3.5 of the first column; 0 and 1 of the last. */
START_TEST(test_z_score)
{
    float data[12];
    reel_array a = {REEL_F32, {3, {4, 1, 3}}, data};
    reel_scaling s;

    for (int i = 0; i < 12; i++)
        data[i] = (float)numbers[i];
    ck_assert_int_eq(reel_scaling_fit("z_score", &a, &s, NULL), REEL_OK);
    ck_assert_double_eq_tol(s.shift[0], 3, 1e-14);
    ck_assert_double_eq_tol(s.divisor[0], sqrt(3.5), 1e-14);
    ck_assert_int_eq(s.constant, 1);
    ck_assert_double_eq(s.divisor[1], 0);
    ck_assert_int_eq(reel_scaling_apply(&s, &a, NULL), REEL_OK);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol((double)data[3 * i],
                                (numbers[3 * i] - 3) / sqrt(3.5), 1e-7);
        ck_assert_float_eq(data[3 * i + 1], 0);
        ck_assert_double_eq_tol((double)data[3 * i + 2], numbers[3 * i + 2],
                                1e-7);
    }
    reel_scaling_free(&s);
}
END_TEST

/* A sum of squares would cancel, or overflow; a mean of 0.1s would round. */
START_TEST(test_z_score_of_hard_columns)
{
    double data[] = {1e9,     8e307, 0.1, 1e9 + 1, 1e308, 0.1,
                     1e9 + 2, 9e307, 0.1};
    reel_array a = {REEL_F64, {2, {3, 3}}, data};
    reel_scaling s;

    ck_assert_int_eq(reel_scaling_fit("z_score", &a, &s, NULL), REEL_OK);
    ck_assert_double_eq_tol(s.shift[0], 1e9 + 1, 1e-6);
    ck_assert_double_eq_tol(s.divisor[0], sqrt(2 / 3.0), 1e-14);
    ck_assert_double_eq_tol(s.divisor[1] / 1e307, sqrt(2 / 3.0), 1e-12);
    ck_assert_double_eq(s.divisor[2], 0);
    ck_assert_int_eq(s.constant, 1);
    reel_scaling_free(&s);
}
END_TEST

START_TEST(test_scaling_errors)
{
    double data[] = {1, -1.5e308, 2, 1.5e308};
    reel_array a = {REEL_F64, {2, {2, 2}}, data}, none = {REEL_F64, {0}, data};
    reel_scaling s = {.columns = 9};

    assert_report(reel_scaling_fit("minmax", &a, &s, &error), REEL_EVALUE,
                  "scaling: no rule 'minmax': there are min_max and z_score");
    ck_assert_int_eq(s.columns, 0);
    assert_report(reel_scaling_fit(NULL, &a, &s, &error), REEL_EVALUE,
                  "scaling: no rule '': there are min_max and z_score");
    assert_report(reel_scaling_fit("min_max", &none, &s, &error), REEL_EVALUE,
                  "scaling: the array has no elements");
    assert_report(reel_scaling_fit("min_max", &a, &s, &error), REEL_EVALUE,
                  "scaling: the range of column 1 is more than a double can "
                  "hold");
    ck_assert_ptr_null(s.shift);
    data[1] = (double)INFINITY;
    assert_report(reel_scaling_fit("z_score", &a, &s, &error), REEL_EVALUE,
                  "scaling: row 0, column 1 is inf: only finite values have a "
                  "range");
    data[1] = 0;
    ck_assert_int_eq(reel_scaling_fit("z_score", &a, &s, NULL), REEL_OK);
    a.shape = REEL_SHAPE(1, 4);
    assert_report(reel_scaling_apply(&s, &a, &error), REEL_ESHAPE,
                  "scaling: the array has 4 columns, the fitted one had 2");
    a.dtype = REEL_U8;
    assert_report(reel_scaling_apply(&s, &a, &error), REEL_EDTYPE,
                  "scaling: the array is u8: needs f32 or f64");
    reel_scaling_free(&s);
    assert_report(reel_scaling_fit("z_score", &a, &s, &error), REEL_EDTYPE,
                  "scaling: the array is u8: needs f32 or f64");
}
END_TEST

/* ----------------------------------------------------------------- batches */

START_TEST(test_batches_cover_each_epoch)
{
    static const int64_t sizes[] = {4, 4, 2};
    int64_t order[2][10];
    reel_batches b;
    reel_batch batch;

    ck_assert_int_eq(reel_batches_new(&b, 10, 4, 3, NULL), REEL_OK);
    for (int epoch = 1; epoch <= 2; epoch++) {
        int64_t want[10];

        reel_shuffle(want, 10, 3, (uint64_t)epoch);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(b.epoch, epoch);
            ck_assert(reel_batches_next(&b, &batch));
            ck_assert_int_eq(batch.size, sizes[i]);
            ck_assert_int_eq(batch.start, 4 * i);
            ck_assert_int_eq(batch.epoch, epoch);
            memcpy(order[epoch - 1] + 4 * i, batch.index,
                   (size_t)batch.size * sizeof *batch.index);
        }
        ck_assert_int_eq(b.position, 10);
        ck_assert_mem_eq(order[epoch - 1], want, sizeof want);
        ck_assert(!reel_batches_next(&b, &batch));
    }
    ck_assert_mem_ne(order[0], order[1], sizeof order[0]);
    ck_assert_int_eq(b.epoch, 3);
    ck_assert_int_eq(b.position, 0);
    reel_batches_free(&b);
    ck_assert_ptr_null(b.order);
}
END_TEST

/* From any place of three epochs, its end included. */
START_TEST(test_batches_go_on_from_two_numbers)
{
    reel_batches whole, again;
    reel_batch a, b;

    ck_assert_int_eq(reel_batches_new(&whole, 7, 3, 5, NULL), REEL_OK);
    ck_assert_int_eq(reel_batches_new(&again, 7, 3, 5, NULL), REEL_OK);
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(reel_batches_seek(&again, 9, 7, NULL), REEL_OK);
        ck_assert_int_eq(reel_batches_seek(&again, whole.epoch, whole.position,
                                           NULL),
                         REEL_OK);

        bool more = reel_batches_next(&whole, &a);

        ck_assert_int_eq(more, i % 4 != 3);
        ck_assert_int_eq(reel_batches_next(&again, &b), more);
        ck_assert_int_eq(again.epoch, whole.epoch);
        ck_assert_int_eq(again.position, whole.position);
        if (more) {
            ck_assert_int_eq(a.size, b.size);
            ck_assert_mem_eq(a.index, b.index,
                             (size_t)a.size * sizeof *a.index);
        }
    }
    reel_batches_free(&again);
    reel_batches_free(&whole);
}
END_TEST

START_TEST(test_batches_errors)
{
    reel_batches b = {.count = 9};

    assert_report(reel_batches_new(&b, 0, 4, 1, &error), REEL_EVALUE,
                  "batches: 0 examples in batches of 4: needs 1 at least of "
                  "both");
    ck_assert_int_eq(b.count, 0);
    assert_report(reel_batches_new(&b, 4, 0, 1, &error), REEL_EVALUE,
                  "batches: 4 examples in batches of 0: needs 1 at least of "
                  "both");
    ck_assert_int_eq(reel_batches_new(&b, INT64_MAX, 4, 1, &error),
                     REEL_ENOMEM);
    ck_assert_ptr_nonnull(strstr(error.message, "batches: out of memory: "));
    ck_assert_int_eq(reel_batches_new(&b, 4, 9, 1, NULL), REEL_OK);
    assert_report(reel_batches_seek(&b, 0, 0, &error), REEL_EVALUE,
                  "batches: no epoch 0, position 0 of 4 examples");
    assert_report(reel_batches_seek(&b, 1, 5, &error), REEL_EVALUE,
                  "batches: no epoch 1, position 5 of 4 examples");
    assert_report(reel_batches_seek(&b, 1, -1, &error), REEL_EVALUE,
                  "batches: no epoch 1, position -1 of 4 examples");
    ck_assert_int_eq(b.epoch, 1);
    ck_assert_int_eq(b.position, 0);
    reel_batches_free(&b);
}
END_TEST

/* -------------------------------------------------------------------- suite */

int main(void)
{
    Suite *suite = suite_create("batches");
    TCase *tests = tcase_create("batches");

    tcase_add_test(tests, test_rows_of_an_array);
    tcase_add_test(tests, test_copy);
    tcase_add_test(tests, test_copy_errors);
    tcase_add_test(tests, test_split_is_stratified);
    tcase_add_test(tests, test_split_is_fair);
    tcase_add_test(tests, test_split_depends_on_its_seed);
    tcase_add_test(tests, test_split_errors);
    tcase_add_test(tests, test_min_max);
    tcase_add_test(tests, test_z_score);
    tcase_add_test(tests, test_z_score_of_hard_columns);
    tcase_add_test(tests, test_scaling_errors);
    tcase_add_test(tests, test_batches_cover_each_epoch);
    tcase_add_test(tests, test_batches_go_on_from_two_numbers);
    tcase_add_test(tests, test_batches_errors);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
