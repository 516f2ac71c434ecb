/* test_reduce.c: sums, largest and smallest of rows, columns and elements that
 * lie apart, shorter and longer than vectors, blocks and lines; on every
 * instruction set.
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/isa.h"
#include "support.h"

enum { MOST_ELEMENTS = 1 << 19, MOST_RESULTS = 600 };

static double x[MOST_ELEMENTS], y[2][MOST_RESULTS];

static const int64_t lengths[] = {1,  2,  9,   15,  16,  17,  31,  33,  63,
                                  64, 65, 127, 128, 131, 255, 257, 300, 1100};
static const int64_t results[] = {1, 3, 17, 65, 513};
enum {
    LENGTHS = sizeof lengths / sizeof *lengths,
    RESULTS = sizeof results / sizeof *results
};

/* `kept` results of `length` elements; neighbours of either are so far apart. */
typedef struct layout {
    reel_dtype dtype;
    int64_t kept, length, beside, along;
} layout;

static double element(const layout *l, int64_t result, int64_t i)
{
    int64_t at = result * l->beside + i * l->along;
    return l->dtype == REEL_F32 ? (double)((float *)(void *)x)[at] : x[at];
}

static void set(const layout *l, int64_t at, double value)
{
    if (l->dtype == REEL_F32)
        ((float *)(void *)x)[at] = (float)value;
    else
        x[at] = value;
}

static double result(const layout *l, const double *from, int64_t at)
{
    return l->dtype == REEL_F32 ? (double)((const float *)(const void *)from)[at]
                                : from[at];
}

/* In pieces of so many results. */
static void reduce(reel__kernel_id id, const layout *l, int64_t piece,
                   double *to)
{
    int64_t dim[] = {l->kept, l->length}, out[] = {1, 0};
    int64_t in[] = {l->beside, l->along};
    reel__task t = {.ndim = 2, .nred = 1, .dim = dim};
    t.data[0] = to;
    t.data[1] = x;
    t.stride[0] = out;
    t.stride[1] = in;
    reel__kernel *kernel = reel__kernel_find(id, l->dtype, l->dtype);
    ck_assert(kernel != NULL);
    for (int64_t i = 0; i < l->kept; i += piece)
        kernel(&t, i, l->kept - i < piece ? l->kept : i + piece);
}

/* Rows, columns, and every second element of every fourth row; as many of
 * `kept` as there is place for. */
static layout layout_of(int number, int64_t kept, int64_t length)
{
    int64_t room = MOST_ELEMENTS / (number / 2 == 2 ? 4 * length : length);
    layout l = {number % 2 ? REEL_F64 : REEL_F32, kept < room ? kept : room,
                length, length, 1};
    if (number / 2 == 1) {
        l.beside = 1;
        l.along = l.kept;
    } else if (number / 2 == 2) {
        l.beside = 4 * length;
        l.along = 2;
    }
    return l;
}

static void fill_in(const layout *l, double value(int64_t i))
{
    int64_t last = (l->kept - 1) * l->beside + (l->length - 1) * l->along;
    for (int64_t i = 0; i <= last; i++)
        set(l, i, value(i));
}

static double whole_number(int64_t i)
{
    return (double)(i * 7919 % 1009) - 504;
}

static double fraction(int64_t i)
{
    return sin((double)i) + 0.1;
}

/* Whole numbers have exact sums, whatever the order. */
static void expect_exact(const layout *l)
{
    for (int64_t r = 0; r < l->kept; r++) {
        double sum = 0, most = -INFINITY;
        for (int64_t i = 0; i < l->length; i++) {
            sum += element(l, r, i);
            most = fmax(most, element(l, r, i));
        }
        if (result(l, y[0], r) != sum || result(l, y[1], r) != most)
            ck_abort_msg("result %d of %d elements: %g, %g for %g, %g", (int)r,
                         (int)l->length, result(l, y[0], r),
                         result(l, y[1], r), sum, most);
    }
}

START_TEST(test_whole_numbers)
{
    for (int n = 0; n < LENGTHS; n++)
        for (int k = 0; k < RESULTS; k++) {
            layout l = layout_of(_i, results[k], lengths[n]);
            fill_in(&l, whole_number);
            reduce(REEL__K_sum, &l, l.kept, y[0]);
            reduce(REEL__K_max, &l, l.kept, y[1]);
            expect_exact(&l);
        }
}
END_TEST

/* At most 34 additions in a block and 9 of blocks touch a term: a bound. And the
 * same bits however the results are cut. */
START_TEST(test_rounding)
{
    static double cut[MOST_RESULTS];
    for (int n = 0; n < LENGTHS; n++) {
        layout l = layout_of(_i, 21, lengths[n]);
        size_t size = reel_dtype_size(l.dtype);
        long double unit = l.dtype == REEL_F32 ? FLT_EPSILON : DBL_EPSILON;
        fill_in(&l, fraction);
        reduce(REEL__K_sum, &l, l.kept, y[0]);
        reduce(REEL__K_sum, &l, 5, cut);
        ck_assert_int_eq(memcmp(y[0], cut, (size_t)l.kept * size), 0);
        for (int64_t r = 0; r < l.kept; r++) {
            long double sum = 0, size_of_all = 0;
            for (int64_t i = 0; i < l.length; i++) {
                sum += (long double)element(&l, r, i);
                size_of_all += fabsl((long double)element(&l, r, i));
            }
            long double off = fabsl((long double)result(&l, y[0], r) - sum);
            if (!(off <= 22 * unit * size_of_all))
                ck_abort_msg("sum %d of %d elements: off by %Lg", (int)r,
                             (int)l.length, off);
        }
    }
}
END_TEST

/* Wherever it is, a NaN is the largest and the smallest, and then infinities
 * are. */
START_TEST(test_specials)
{
    for (int n = 0; n < LENGTHS; n++) {
        layout l = layout_of(_i, 3, lengths[n]);
        int64_t step = l.length > 64 ? 13 : 1;
        fill_in(&l, whole_number);
        for (int64_t i = 0; i < l.length; i += step) {
            int64_t at = l.beside + i * l.along;
            double was = element(&l, 1, i);
            static const double special[] = {NAN, INFINITY, -INFINITY};
            for (int s = 0; s < 3; s++) {
                set(&l, at, special[s]);
                reduce(REEL__K_max, &l, 3, y[0]);
                reduce(REEL__K_min, &l, 3, y[1]);
                double most = result(&l, y[0], 1), least = result(&l, y[1], 1);
                bool good = s == 0   ? isnan(most) && isnan(least)
                            : s == 1 ? most == INFINITY
                                     : least == -INFINITY;
                if (!good || !isfinite(result(&l, y[0], 0)) ||
                    !isfinite(result(&l, y[1], 2)))
                    ck_abort_msg("%g at %d of %d: %g, %g", special[s], (int)i,
                                 (int)l.length, most, least);
            }
            set(&l, at, was);
        }
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("reduce");
    TCase *tcase = tcase_create("reduce");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_whole_numbers, 0, 6);
    tcase_add_loop_test(tcase, test_rounding, 0, 6);
    tcase_add_loop_test(tcase, test_specials, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
