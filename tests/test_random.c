/* test_random.c: the counter-based generator of reel/random.h.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include <check.h>

#include <reel/random.h>

/* Known answers of Random123's tests/kat_vectors (D. E. Shaw Research),
 * "philox4x32 10": counter, key, result. */
static const uint32_t known[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
     0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
     0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
};

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

START_TEST(test_known_answers)
{
    const uint32_t *k = known[_i];
    uint32_t out[4];

    reel_random_block(join(k[4], k[5]), join(k[2], k[3]), join(k[0], k[1]),
                      out);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(out[i], k[6 + i]);
}
END_TEST

START_TEST(test_bits_are_the_blocks_halves)
{
    for (uint64_t block = 0; block < 3; block++) {
        uint32_t w[4];

        reel_random_block(7, 9, block, w);
        ck_assert_uint_eq(reel_random_bits(7, 9, 2 * block), join(w[0], w[1]));
        ck_assert_uint_eq(reel_random_bits(7, 9, 2 * block + 1),
                          join(w[2], w[3]));
    }
    ck_assert_uint_eq(reel_random_bits(0, 0, 0), UINT64_C(0xe169c58d6627e8d5));
    ck_assert_uint_eq(reel_random_bits(0, 0, 1), UINT64_C(0x9b00dbd8bc57ac4c));
}
END_TEST

START_TEST(test_uniform)
{
    const int n = 100000;
    double sum = 0, squares = 0;

    ck_assert(reel_random_uniform(0, 0, 0) ==
              (double)(UINT64_C(0xe169c58d6627e8d5) >> 11) / 0x1p53);
    for (int i = 0; i < n; i++) {
        double u = reel_random_uniform(1, 2, (uint64_t)i);

        ck_assert(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    /* Five standard errors: sqrt(1/12/n), sqrt(4/45/n). */
    ck_assert_double_eq_tol(sum / n, 0.5, 5 * sqrt(1.0 / 12 / n));
    ck_assert_double_eq_tol(squares / n, 1.0 / 3, 5 * sqrt(4.0 / 45 / n));
}
END_TEST

START_TEST(test_normal)
{
    const int n = 100000;
    double moment[5] = {0};
    int within = 0;

    for (int i = 0; i < n; i++) {
        double z = reel_random_normal(3, 4, (uint64_t)i), power = 1;

        ck_assert(fabs(z) < 8.6);
        for (int m = 0; m < 5; m++, power *= z)
            moment[m] += power / n;
        within += fabs(z) < 1;
    }
    /* Five standard errors of the moments 0, 1, 0, 3, whose squares' means are
     * 1, 3, 15, 105, and of the share within one standard deviation. */
    ck_assert_double_eq_tol(moment[1], 0, 5 * sqrt(1.0 / n));
    ck_assert_double_eq_tol(moment[2], 1, 5 * sqrt(2.0 / n));
    ck_assert_double_eq_tol(moment[3], 0, 5 * sqrt(15.0 / n));
    ck_assert_double_eq_tol(moment[4], 3, 5 * sqrt(96.0 / n));
    ck_assert_double_eq_tol((double)within / n, erf(sqrt(0.5)),
                            5 * sqrt(0.217 / n));
}
END_TEST

/* Both halves of a block lie on the circle whose radius is its first value,
 * at the angle that is its second. */
START_TEST(test_normal_is_box_muller)
{
    for (uint64_t block = 0; block < 100; block++) {
        double x = reel_random_normal(5, 6, 2 * block);
        double y = reel_random_normal(5, 6, 2 * block + 1);
        double u = 1 - reel_random_uniform(5, 6, 2 * block);
        double turn = reel_random_uniform(5, 6, 2 * block + 1);
        double angle = atan2(y, x) / (2 * acos(-1.0));

        ck_assert_double_eq_tol(x * x + y * y, -2 * log(u), 1e-12);
        ck_assert_double_eq_tol(angle < 0 ? angle + 1 : angle, turn, 1e-12);
    }
}
END_TEST

START_TEST(test_streams_and_seeds_differ)
{
    ck_assert_uint_ne(reel_random_bits(1, 1, 1), reel_random_bits(2, 1, 1));
    ck_assert_uint_ne(reel_random_bits(1, 1, 1), reel_random_bits(1, 2, 1));
    ck_assert_uint_ne(reel_random_bits(1, 1, 1),
                      reel_random_bits(1, UINT64_C(1) << 32 | 1, 1));
    ck_assert_uint_ne(reel_random_bits(1, 1, 1),
                      reel_random_bits(UINT64_C(1) << 32 | 1, 1, 1));
    ck_assert_uint_ne(reel_random_bits(1, 1, 1),
                      reel_random_bits(1, 1, UINT64_C(1) << 33 | 1));
}
END_TEST

START_TEST(test_below_is_uniform)
{
    const int n = 7, draws = 70000;
    int seen[7] = {0};
    double chi2 = 0, mean = (double)draws / n;

    for (int i = 0; i < draws; i++) {
        uint64_t k = reel_random_below(11, 12, (uint64_t)i, (uint64_t)n);

        ck_assert_uint_lt(k, (uint64_t)n);
        seen[k]++;
    }
    for (int k = 0; k < n; k++)
        chi2 += (seen[k] - mean) * (seen[k] - mean) / mean;
    ck_assert_double_lt(chi2, 22.46); /* 6 degrees of freedom, p = 0.001 */
}
END_TEST

/* With n = 3 * 2^62 a quarter of all draws is rejected. Without rejection the
 * values below 2^62 would come twice as often as the others. */
START_TEST(test_below_rejects)
{
    const uint64_t quarter = UINT64_C(1) << 62;
    const int draws = 30000;
    int seen[3] = {0}, repeated = 0;

    for (int i = 0; i < draws; i++) {
        uint64_t bits = reel_random_bits(13, 14, (uint64_t)i);
        uint64_t k = reel_random_below(13, 14, (uint64_t)i, 3 * quarter);

        ck_assert_uint_lt(k, 3 * quarter);
        if (bits < quarter)
            repeated++;
        else
            ck_assert_uint_eq(k, bits % (3 * quarter));
        seen[k / quarter]++;
    }
    ck_assert_int_gt(repeated, draws / 5);
    for (int k = 0; k < 3; k++) /* five standard errors */
        ck_assert_double_eq_tol(seen[k], draws / 3.0,
                                5 * sqrt(draws * 2 / 9.0));
}
END_TEST

START_TEST(test_below_small)
{
    ck_assert_uint_eq(reel_random_below(1, 2, 3, 0), 0);
    ck_assert_uint_eq(reel_random_below(1, 2, 3, 1), 0);
    ck_assert_uint_eq(reel_random_below(1, 2, 3, UINT64_C(1) << 63),
                      reel_random_bits(1, 2, 3) & INT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("random");

    tcase_add_loop_test(tcase, test_known_answers, 0,
                        sizeof known / sizeof *known);
    tcase_add_test(tcase, test_bits_are_the_blocks_halves);
    tcase_add_test(tcase, test_uniform);
    tcase_add_test(tcase, test_normal);
    tcase_add_test(tcase, test_normal_is_box_muller);
    tcase_add_test(tcase, test_streams_and_seeds_differ);
    tcase_add_test(tcase, test_below_is_uniform);
    tcase_add_test(tcase, test_below_rejects);
    tcase_add_test(tcase, test_below_small);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
