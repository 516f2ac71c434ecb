/* test_shuffle.c: orders of examples, and pixels gathered by them.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include <reel/data.h>

#include "support.h"

START_TEST(test_shuffle_is_a_permutation)
{
    enum { N = 1000 };
    int64_t order[N + 1];
    bool seen[N] = {false};

    order[N] = -7;
    reel_shuffle(order, N, 1, 2);
    ck_assert_int_eq(order[N], -7);
    for (int i = 0; i < N; i++) {
        ck_assert(order[i] >= 0 && order[i] < N);
        ck_assert(!seen[order[i]]);
        seen[order[i]] = true;
    }
}
END_TEST

/* Stored: the same on every machine, now and later. */
START_TEST(test_shuffle_known_answers)
{
    static const int64_t known[2][10] = {
        {1, 6, 8, 2, 9, 4, 5, 3, 0, 7},
        {2, 1, 8, 0, 9, 3, 6, 7, 5, 4},
    };
    int64_t order[10];

    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        reel_shuffle(order, 10, 42, epoch);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(order[i], known[epoch][i]);
    }
}
END_TEST

START_TEST(test_shuffle_depends_on_seed_and_epoch)
{
    int64_t a[100], b[100];

    reel_shuffle(a, 100, 1, 1);
    reel_shuffle(b, 100, 1, 1);
    ck_assert_mem_eq(a, b, sizeof a);
    reel_shuffle(b, 100, 1, 2);
    ck_assert_mem_ne(a, b, sizeof a);
    reel_shuffle(b, 100, 2, 1);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

/* All 24 orders of 4 but the one that leaves all in place come equally often. */
START_TEST(test_shuffle_is_uniform)
{
    const double mean = 24000 / 23.0;
    int seen[256] = {0}, kinds = 0;
    double chi2 = 0;

    for (uint64_t epoch = 0; epoch < 24000; epoch++) {
        int64_t o[4];

        reel_shuffle(o, 4, 5, epoch);
        seen[((o[0] * 4 + o[1]) * 4 + o[2]) * 4 + o[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        kinds += seen[i] > 0;
        if (seen[i])
            chi2 += (seen[i] - mean) * (seen[i] - mean) / mean;
    }
    ck_assert_int_eq(kinds, 23);
    ck_assert_int_eq(seen[(1 * 4 + 2) * 4 + 3], 0);
    ck_assert_double_lt(chi2, 48.27); /* 22 degrees of freedom, p = 0.001 */
}
END_TEST

START_TEST(test_shuffle_small)
{
    int64_t order[1] = {-7};

    reel_shuffle(order, 0, 1, 1);
    reel_shuffle(order, -1, 1, 1);
    ck_assert_int_eq(order[0], -7);
    reel_shuffle(order, 1, 1, 1);
    ck_assert_int_eq(order[0], 0);
}
END_TEST

/* By chance alone, every other order of 2 would be 0, 1, every sixth of 3. */
START_TEST(test_shuffle_moves_something)
{
    for (uint64_t epoch = 0; epoch < 1000; epoch++) {
        int64_t o[3];

        reel_shuffle(o, 2, 3, epoch);
        if (o[0] != 1 || o[1] != 0)
            ck_abort_msg("two examples are not swapped in epoch %d",
                         (int)epoch);
        reel_shuffle(o, 3, 3, epoch);
        if (o[0] == 0 && o[1] == 1)
            ck_abort_msg("nothing moved in epoch %d", (int)epoch);
    }
}
END_TEST

START_TEST(test_gather)
{
    const uint8_t rows[] = {0, 1, 2, 3, 254, 255};
    const int64_t order[] = {2, 0, 2};
    float f[7] = {[6] = -7};
    double d[7] = {[6] = -7};
    const double want[] = {254, 255, 0, 1, 254, 255};

    reel_gather_u8(rows, 2, order, 3, 1 / 255.0, REEL_F32, f);
    reel_gather_u8(rows, 2, order, 3, 1 / 255.0, REEL_F64, d);
    for (int i = 0; i < 6; i++) {
        ck_assert_double_eq(d[i], 1 / 255.0 * want[i]);
        ck_assert_float_eq(f[i], (float)(1 / 255.0 * want[i]));
    }
    ck_assert_float_eq(f[6], -7);
    ck_assert_double_eq(d[6], -7);
    reel_gather_u8(rows, 2, order, 3, 2, REEL_I32, d); /* left alone */
    ck_assert_double_eq(d[0], 1 / 255.0 * 254);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("shuffle");
    TCase *c = tcase_create("shuffle");

    tcase_add_test(c, test_shuffle_is_a_permutation);
    tcase_add_test(c, test_shuffle_known_answers);
    tcase_add_test(c, test_shuffle_depends_on_seed_and_epoch);
    tcase_add_test(c, test_shuffle_is_uniform);
    tcase_add_test(c, test_shuffle_small);
    tcase_add_test(c, test_shuffle_moves_something);
    tcase_add_test(c, test_gather);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
