/* test_metrics.c: metrics against values computed by hand.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <reel/metrics.h>

#include "support.h"

static reel_error error;
static double value;

#define VALUES(dtype, ...) ((reel_values){(__VA_ARGS__), dtype})
#define U8(...) VALUES(REEL_U8, (const uint8_t[]){__VA_ARGS__})
#define I32(...) VALUES(REEL_I32, (const int32_t[]){__VA_ARGS__})
#define I64(...) VALUES(REEL_I64, (const int64_t[]){__VA_ARGS__})
#define F32(...) VALUES(REEL_F32, (const float[]){__VA_ARGS__})
#define F64(...) VALUES(REEL_F64, (const double[]){__VA_ARGS__})

static void assert_report(reel_status got, reel_status status,
                          const char *message)
{
    ck_assert_int_eq(got, status);
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
}

/* ------------------------------------------------------------- one number */

START_TEST(test_accuracy)
{
    ck_assert_int_eq(reel_accuracy(U8(0, 1, 2, 2), I64(0, 2, 2, 1), 4, &value,
                                   NULL),
                     REEL_OK);
    ck_assert_double_eq(value, 0.5);
    ck_assert_int_eq(reel_accuracy(U8(0), I32(0), 0, &value, NULL), REEL_OK);
    ck_assert_double_nan(value);
}
END_TEST

/* Labels' ranks: 0, 2, 1 (behind an equal one), 0 (before an equal one). */
START_TEST(test_top_k)
{
    const reel_values scores[] = {
        F32(3, 2, 1, 3, 2, 1, 5, 5, 0, 0, 4, 4),
        F64(3, 2, 1, 3, 2, 1, 5, 5, 0, 0, 4, 4)};
    const double want[] = {0.5, 0.75, 1};

    for (int s = 0; s < 2; s++)
        for (int k = 1; k <= 3; k++) {
            ck_assert_int_eq(reel_top_k(scores[s], I32(0, 2, 1, 1), 4, 3, k,
                                        &value, NULL),
                             REEL_OK);
            ck_assert_double_eq(value, want[k - 1]);
        }
    ck_assert_int_eq(reel_top_k(scores[0], I32(0), 0, 3, 1, &value, NULL),
                     REEL_OK);
    ck_assert_double_nan(value);
    ck_assert_int_eq(reel_top_k(F64((double)-INFINITY, (double)INFINITY),
                                U8(1), 1, 2, 1, &value, NULL),
                     REEL_OK);
    ck_assert_double_eq(value, 1);
}
END_TEST

START_TEST(test_log_loss)
{
    ck_assert_int_eq(reel_log_loss(F64(0.5, 0.5, 0.25, 0.75), U8(1, 0), 2, 2,
                                   &value, NULL),
                     REEL_OK);
    ck_assert_double_eq_tol(value, 1.5 * log(2), 1e-15);
    ck_assert_int_eq(reel_log_loss(F32(1, 0), U8(0), 1, 2, &value, NULL),
                     REEL_OK);
    ck_assert_double_eq(value, 0);
    ck_assert_int_eq(reel_log_loss(F32(1, 0), U8(1), 1, 2, &value, NULL),
                     REEL_OK);
    ck_assert_double_infinite(value);
    ck_assert_int_eq(reel_log_loss(F32(1, 0), U8(1), 0, 2, &value, NULL),
                     REEL_OK);
    ck_assert_double_nan(value);
}
END_TEST

/* Targets of mean 2 and sum of squares 2 around it. */
START_TEST(test_r_squared)
{
    reel_values targets = F64(1, 2, 3);

    reel_r_squared(targets, targets, 3, &value, NULL);
    ck_assert_double_eq(value, 1);
    reel_r_squared(F32(2, 2, 2), targets, 3, &value, NULL);
    ck_assert_double_eq(value, 0);
    reel_r_squared(F32(1, 2, 4), targets, 3, &value, NULL);
    ck_assert_double_eq(value, 0.5);
    reel_r_squared(F32(3, 2, 1), targets, 3, &value, NULL);
    ck_assert_double_eq(value, -3);
    reel_r_squared(targets, F64(0.1, 0.1, 0.1), 3, &value, NULL);
    ck_assert_double_nan(value);
    value = 0;
    reel_r_squared(targets, targets, 1, &value, NULL);
    ck_assert_double_nan(value);
    value = 0;
    ck_assert_int_eq(reel_r_squared(targets, targets, 0, &value, NULL),
                     REEL_OK);
    ck_assert_double_nan(value);
}
END_TEST

START_TEST(test_errors)
{
    reel_values nan = F32(0, (float)NAN), half = F64(0.5, 0.5);

    value = -7;
    assert_report(reel_accuracy(F32(0), U8(0), 1, &value, &error), REEL_EDTYPE,
                  "accuracy: guesses are f32: needs u8, i32 or i64");
    assert_report(reel_accuracy(U8(0), VALUES(REEL_BOOL, ""), 1, &value,
                                &error),
                  REEL_EDTYPE,
                  "accuracy: labels are bool: needs u8, i32 or i64");
    assert_report(reel_accuracy(U8(0), U8(0), -1, &value, &error), REEL_EVALUE,
                  "accuracy: -1 examples");
    assert_report(reel_top_k(I32(0), U8(0), 1, 1, 1, &value, &error),
                  REEL_EDTYPE, "top_k: scores are i32: needs f32 or f64");
    assert_report(reel_top_k(half, U8(0), -2, 2, 1, &value, &error),
                  REEL_EVALUE, "top_k: -2 examples");
    assert_report(reel_top_k(half, U8(2), 1, 2, 1, &value, &error),
                  REEL_EVALUE,
                  "top_k: labels: element 0 is 2, there are 2 classes");
    assert_report(reel_top_k(half, I64(-1), 1, 2, 1, &value, &error),
                  REEL_EVALUE,
                  "top_k: labels: element 0 is -1, there are 2 classes");
    assert_report(reel_top_k(half, U8(0), 1, 2, 3, &value, &error),
                  REEL_EVALUE, "top_k: k is 3: needs 1 to 2");
    assert_report(reel_top_k(half, U8(0), 1, 2, 0, &value, &error),
                  REEL_EVALUE, "top_k: k is 0: needs 1 to 2");
    assert_report(reel_top_k(half, U8(0), 1, 0, 1, &value, &error),
                  REEL_EVALUE, "top_k: 0 classes: needs 1 at least");
    assert_report(reel_top_k(nan, U8(0), 1, 2, 1, &value, &error),
                  REEL_EVALUE, "top_k: scores: element 1 is NaN");
    assert_report(reel_log_loss(nan, U8(0), 1, 2, &value, &error), REEL_EVALUE,
                  "log_loss: probabilities: element 1 is NaN");
    assert_report(reel_log_loss(F64(0.5, 0.5, 1.5, -0.5), U8(0, 0), 2, 2,
                                &value, &error),
                  REEL_EVALUE, "log_loss: row 1 holds 1.5: no probability");
    assert_report(reel_log_loss(F64(-0.5, 1), U8(0), 1, 2, &value, &error),
                  REEL_EVALUE, "log_loss: row 0 holds -0.5: no probability");
    assert_report(reel_log_loss(F64(0.5, 0.25), U8(0), 1, 2, &value, &error),
                  REEL_EVALUE,
                  "log_loss: the probabilities of row 0 sum to 0.75");
    assert_report(reel_r_squared(nan, half, 2, &value, &error), REEL_EVALUE,
                  "r_squared: predictions: element 1 is NaN");
    assert_report(reel_r_squared(half, nan, 2, &value, &error), REEL_EVALUE,
                  "r_squared: targets: element 1 is NaN");
    ck_assert_double_eq(value, -7);
}
END_TEST

/* ---------------------------------------------------------------- confusion */

/* Rows: class 0 3 1 0 0, class 1 2 4 0 0, class 2 never guessed, class 3 never
 * there. */
static void make_confusion(reel_confusion *c)
{
    ck_assert_int_eq(reel_confusion_new(c, 4, NULL), REEL_OK);
    ck_assert_int_eq(
        reel_confusion_add(c, U8(0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1),
                           I32(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2), 12, NULL),
        REEL_OK);
}

START_TEST(test_classes)
{
    static const struct {
        int64_t examples, guesses, right;
        double precision, recall, f1;
    } want[] = {
        {4, 6, 3, 0.5, 0.75, 0.6},
        {6, 6, 4, 4 / 6.0, 4 / 6.0, 8 / 12.0},
        {2, 0, 0, (double)NAN, 0, 0},
        {0, 0, 0, (double)NAN, (double)NAN, (double)NAN},
    };
    reel_confusion c;

    make_confusion(&c);
    for (int i = 0; i < 4; i++) {
        reel_class_score s = reel_confusion_class(&c, i);
        const double got[] = {s.precision, s.recall, s.f1};
        const double all[] = {want[i].precision, want[i].recall, want[i].f1};

        ck_assert_int_eq(s.examples, want[i].examples);
        ck_assert_int_eq(s.guesses, want[i].guesses);
        ck_assert_int_eq(s.right, want[i].right);
        for (int k = 0; k < 3; k++)
            if (isnan(all[k]))
                ck_assert_double_nan(got[k]);
            else
                ck_assert_double_eq(got[k], all[k]);
    }
    reel_confusion_free(&c);
    ck_assert_ptr_null(c.count);
}
END_TEST

START_TEST(test_means)
{
    reel_confusion c;
    reel_confusion_means m;

    make_confusion(&c);
    m = reel_confusion_mean(&c);
    ck_assert_int_eq(m.micro.examples, 12);
    ck_assert_int_eq(m.micro.guesses, 12);
    ck_assert_int_eq(m.micro.right, 7);
    ck_assert_double_eq(m.micro.precision, 7 / 12.0);
    ck_assert_double_eq(m.micro.recall, 7 / 12.0);
    ck_assert_double_eq(m.micro.f1, 7 / 12.0);
    ck_assert_int_eq(m.precisions, 2);
    ck_assert_int_eq(m.recalls, 3);
    ck_assert_int_eq(m.f1s, 3);
    ck_assert_double_eq_tol(m.macro.precision, 7 / 12.0, 1e-15);
    ck_assert_double_eq_tol(m.macro.recall, 17 / 36.0, 1e-15);
    ck_assert_double_eq_tol(m.macro.f1, 38 / 90.0, 1e-15);
    ck_assert_int_eq(m.macro.right, 7);
    reel_confusion_free(&c);

    ck_assert_int_eq(reel_confusion_new(&c, 2, NULL), REEL_OK);
    m = reel_confusion_mean(&c);
    ck_assert_double_nan(m.micro.f1);
    ck_assert_double_nan(m.macro.precision);
    ck_assert_double_nan(m.macro.recall);
    ck_assert_double_nan(m.macro.f1);
    ck_assert_int_eq(m.f1s, 0);
    reel_confusion_free(&c);
}
END_TEST

START_TEST(test_print)
{
    static const char *const names[] = {"cat", "dog", "guinea pig",
                                        "a name that is too long"};
    reel_confusion c;
    const char *text;

    make_confusion(&c);
    TEXT_OF(text, reel_confusion_print(&c, NULL, stream));
    ck_assert_str_eq(text, " true  taken for\n"
                           "           0     1     2     3\n"
                           "    0      3     1     0     0\n"
                           "    1      2     4     0     0\n"
                           "    2      1     1     0     0\n"
                           "    3      0     0     0     0\n");
    c.classes = 3; /* as if there were no class 3 */
    memmove(c.count + 3, c.count + 4, 3 * sizeof *c.count);
    memmove(c.count + 6, c.count + 8, 3 * sizeof *c.count);
    c.count[0] = 1234567;
    TEXT_OF(text, reel_confusion_print(&c, names, stream));
    ck_assert_str_eq(text,
                     "      true       taken for\n"
                     "                   cat        dog guinea pig\n"
                     "       cat     1234567          1          0\n"
                     "       dog           2          4          0\n"
                     "guinea pig           1          1          0\n");
    c.classes = 1;
    TEXT_OF(text, reel_confusion_print(&c, names + 3, stream));
    ck_assert_str_eq(text,
                     "                true                 taken for\n"
                     "                      a name that is too l\n"
                     "a name that is too l               1234567\n");
    reel_confusion_free(&c);
}
END_TEST

START_TEST(test_print_to_a_full_disk)
{
    FILE *full = fopen("/dev/full", "w");
    reel_confusion c;

    if (!full) {
        printf("skipped: printing to a full disk (there is no /dev/full)\n");
        return;
    }
    setvbuf(full, NULL, _IONBF, 0);
    make_confusion(&c);
    ck_assert_int_eq(reel_confusion_print(&c, NULL, full), REEL_EIO);
    reel_confusion_free(&c);
    fclose(full);
}
END_TEST

START_TEST(test_confusion_errors)
{
    reel_confusion c = {.classes = 9};

    assert_report(reel_confusion_new(&c, 0, &error), REEL_EVALUE,
                  "confusion: 0 classes: needs 1 at least");
    ck_assert_int_eq(c.classes, 0);
    assert_report(reel_confusion_new(&c, INT64_C(1) << 33, &error),
                  REEL_ENOMEM,
                  "confusion: out of memory: a matrix of 8589934592 classes");
    ck_assert_ptr_null(c.count);
    ck_assert_int_eq(reel_confusion_new(&c, 2, NULL), REEL_OK);
    assert_report(reel_confusion_add(&c, U8(0, 2), U8(0, 1), 2, &error),
                  REEL_EVALUE,
                  "confusion: guesses: element 1 is 2, there are 2 classes");
    assert_report(reel_confusion_add(&c, U8(0, 1), I32(0, -1), 2, &error),
                  REEL_EVALUE,
                  "confusion: labels: element 1 is -1, there are 2 classes");
    ck_assert_int_eq(c.count[0], 0);
    reel_confusion_free(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");

    tcase_add_test(tests, test_accuracy);
    tcase_add_test(tests, test_top_k);
    tcase_add_test(tests, test_log_loss);
    tcase_add_test(tests, test_r_squared);
    tcase_add_test(tests, test_errors);
    tcase_add_test(tests, test_classes);
    tcase_add_test(tests, test_means);
    tcase_add_test(tests, test_print);
    tcase_add_test(tests, test_print_to_a_full_disk);
    tcase_add_test(tests, test_confusion_errors);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
