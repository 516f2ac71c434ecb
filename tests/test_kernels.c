/* test_kernels.c: what graphs do not show of the kernels: that work can be cut
 * anywhere without a bit changing, that strides of any sign are read and
 * written, that casts go where they should, that every kernel is found. Values
 * of ops are test_ops.c's.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "kernels/isa.h"
#include "support.h"

enum { MOST = 4096 };

/* ------------------------------------------------------- cutting the units */

/* A kernel and its task; the operands are filled from a fixed sequence. */
typedef struct piecework {
    reel__kernel_id id;
    reel_dtype in, out;
    int ndim, nred, nin;
    int64_t dim[4], stride[4][4];
    double f[2];
    int64_t i[4];
    int64_t units;
    size_t out_bytes;
} piecework;

/* A transposed operand, a broadcast one, a reversed one; odd sizes, so that
 * tiles have edges. */
static const piecework jobs[] = {
    {REEL__K_add, REEL_F32, REEL_F32, 2, 0, 2, {13, 37},
     {{37, 1}, {1, 13}, {0, 1}}, {0}, {0}, 13 * 37, 13 * 37 * 4},
    {REEL__K_exp, REEL_F64, REEL_F64, 1, 0, 1, {301}, {{1}, {1}}, {0}, {0},
     301, 301 * 8},
    {REEL__K_sum, REEL_F32, REEL_F32, 2, 1, 1, {131, 29}, {{1, 0}, {1, 131}},
     {0}, {0}, 131, 131 * 4},
    {REEL__K_sum, REEL_F32, REEL_F32, 2, 1, 1, {7, 301}, {{1, 0}, {301, 1}},
     {0}, {0}, 7, 7 * 4},
    {REEL__K_max, REEL_F64, REEL_F64, 2, 1, 1, {67, 5}, {{1, 0}, {1, 67}},
     {0}, {0}, 67, 67 * 8},
    {REEL__K_logsumexp, REEL_F64, REEL_F64, 2, 1, 1, {9, 33},
     {{1, 0}, {33, 1}}, {0}, {0}, 9, 9 * 8},
    {REEL__K_softmax, REEL_F32, REEL_F32, 2, 1, 1, {11, 10},
     {{10, 1}, {1, 11}}, {0}, {0}, 11, 110 * 4},
    {REEL__K_softmax, REEL_F64, REEL_F64, 2, 1, 1, {3, 1301},
     {{1301, 1}, {1, 3}}, {0}, {0}, 3, 3 * 1301 * 8},
    {REEL__K_log_softmax, REEL_F32, REEL_F32, 2, 1, 1, {131, 10},
     {{10, 1}, {10, 1}}, {0}, {0}, 131, 1310 * 4},
    {REEL__K_logsumexp, REEL_F32, REEL_F32, 2, 1, 1, {131, 29},
     {{1, 0}, {1, 131}}, {0}, {0}, 131, 131 * 4},
};

static double filled[2][MOST];

static void fill(reel_dtype dtype)
{
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < MOST; i++) {
            double v = sin(i * 0.37 + k);
            if (dtype == REEL_F32)
                ((float *)(void *)filled[k])[i] = (float)v;
            else
                filled[k][i] = v;
        }
}

static void run_cut(const piecework *j, int64_t piece, void *out)
{
    reel__task t = {.ndim = j->ndim, .nred = j->nred, .dim = j->dim,
                    .f = j->f, .i = j->i};
    t.data[0] = out;
    t.data[1] = filled[0];
    t.data[2] = filled[1];
    for (int k = 0; k <= j->nin; k++)
        t.stride[k] = j->stride[k];
    reel__kernel *kernel = reel__kernel_find(j->id, j->in, j->out);
    ck_assert(kernel != NULL);
    for (int64_t i = 0; i < j->units; i += piece)
        kernel(&t, i, j->units - i < piece ? j->units : i + piece);
}

START_TEST(test_cut)
{
    static double whole[MOST], cut[MOST];
    static const int64_t pieces[] = {1, 2, 3, 5, 7, 64};
    const piecework *j = &jobs[_i];
    ck_assert(j->out_bytes <= sizeof whole);
    fill(j->in);
    memset(whole, 0x55, sizeof whole);
    run_cut(j, j->units, whole);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        memset(cut, 0x55, sizeof cut);
        run_cut(j, pieces[p], cut);
        ck_assert_msg(memcmp(whole, cut, sizeof cut) == 0,
                      "%s: other bits in pieces of %d",
                      reel__kernel_name(j->id), (int)pieces[p]);
    }
    /* Nothing was written beyond the result, something within. */
    const unsigned char *b = (const unsigned char *)whole;
    for (size_t i = j->out_bytes; i < sizeof whole; i++)
        ck_assert_int_eq(b[i], 0x55);
    ck_assert(b[j->out_bytes - 1] != 0x55 || b[j->out_bytes - 2] != 0x55);
}
END_TEST

/* ---------------------------------------------------- rows of exponentials */

static void expect_close(double got, long double want)
{
    double near = (double)want; /* valgrind's LDBL_MAX is infinite */
    bool close = isnan(near)   ? isnan(got)
                 : isinf(near) ? got == near
                               : fabsl(got - want) <=
                                     1e-14L * (fabsl(want) + 1e-3L);
    if (!close)
        ck_abort_msg("%.17g for %.17Lg", got, want);
}

/* Rows shorter and longer than the kernels' buffers, side by side and apart,
 * against long double; the middle one has the special value. */
START_TEST(test_rows)
{
    static const int64_t lengths[] = {1, 10, 17, 100, 1024, 1025, 1300};
    static const double specials[] = {0, -INFINITY, 1e4, -1e4, INFINITY, NAN};
    enum { ROWS = 3 };
    static double x[MOST], y[3][MOST];
    int64_t n = lengths[_i / 2], apart = _i % 2;
    int64_t dim[] = {ROWS, n};
    int64_t in[] = {apart ? 1 : n, apart ? ROWS : 1}, one[] = {1, 0};
    static const reel__kernel_id ids[] = {
        REEL__K_softmax, REEL__K_log_softmax, REEL__K_logsumexp};
    for (size_t s = 0; s < sizeof specials / sizeof *specials; s++) {
        for (int64_t i = 0; i < ROWS * n; i++)
            x[i] = 3 * sin((double)i * 0.37);
        x[in[0] + n / 2 * in[1]] = specials[s];
        for (int k = 0; k < 3; k++) {
            reel__task t = {.ndim = 2, .nred = 1, .dim = dim,
                            .data = {y[k], x},
                            .stride = {k == 2 ? one : in, in}};
            reel__kernel_find(ids[k], REEL_F64, REEL_F64)(&t, 0, ROWS);
        }
        for (int64_t r = 0; r < ROWS; r++) {
            const double *row = x + r * in[0];
            long double largest = -INFINITY, sum = 0;
            for (int64_t i = 0; i < n; i++)
                if (!(row[i * in[1]] <= largest))
                    largest = row[i * in[1]];
            for (int64_t i = 0; i < n; i++)
                sum += expl(row[i * in[1]] - largest);
            long double lse = isinf((double)largest) ? largest
                                                    : largest + logl(sum);
            expect_close(y[2][r], lse);
            for (int64_t i = 0; i < n; i++) {
                int64_t at = r * in[0] + i * in[1];
                long double d = x[at] - largest;
                expect_close(y[0][at], expl(d) / sum);
                expect_close(y[1][at], d - logl(sum));
            }
        }
    }
}
END_TEST

/* Of nothing, along either of two axes; and of more than a buffer over two. */
START_TEST(test_logsumexp_of_axes)
{
    static const int64_t dims[][3] = {{2, 0, 3}, {2, 3, 0}, {2, 300, 5}};
    static double x[MOST], y[2];
    static const int64_t one[] = {1, 0, 0}, stride[] = {1, 2, 600};
    for (int i = 0; i < MOST; i++)
        x[i] = i % 2; /* the first result's elements are 0, the other's 1 */
    for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
        reel__task t = {.ndim = 3, .nred = 2, .dim = dims[k],
                        .data = {y, x}, .stride = {one, stride}};
        int64_t count = dims[k][1] * dims[k][2];
        reel__kernel_find(REEL__K_logsumexp, REEL_F64, REEL_F64)(&t, 0, 2);
        for (int j = 0; j < 2; j++)
            expect_close(y[j], count > 0 ? j + logl((long double)count)
                                         : -INFINITY);
    }
}
END_TEST

/* ------------------------------------------------------------------- casts */

static double cast(reel_dtype from, reel_dtype to, double value)
{
    static const int64_t dim[] = {1}, stride[] = {1};
    double in = 0, out = 0;
    reel__task fill_task = {.ndim = 1, .dim = dim, .data = {&in},
                            .stride = {stride}, .f = (double[]){value, 0}};
    reel__task task = {.ndim = 1, .dim = dim, .data = {&out, &in},
                       .stride = {stride, stride}};
    reel__kernel_find(REEL__K_fill, from, from)(&fill_task, 0, 1);
    reel__kernel_find(REEL__K_cast, from, to)(&task, 0, 1);
    return (double)reel__load(to, &out, 0);
}

START_TEST(test_casts)
{
    static const struct {
        reel_dtype from, to;
        double value, want;
    } c[] = {
        {REEL_F64, REEL_I32, 2.9, 2},
        {REEL_F64, REEL_I32, -2.9, -2},
        {REEL_F64, REEL_I32, 2147483647.5, 2147483647},
        {REEL_F64, REEL_I32, -2147483648.5, -2147483648.0},
        {REEL_F64, REEL_I32, 2147483648.0, 0},
        {REEL_F64, REEL_I64, 9223372036854775808.0, 0},
        {REEL_F64, REEL_I64, -9223372036854775808.0, -9223372036854775808.0},
        {REEL_F64, REEL_U8, 255.9, 255},
        {REEL_F64, REEL_U8, 256, 0},
        {REEL_F64, REEL_U8, -0.9, 0},
        {REEL_F64, REEL_U8, -1, 0},
        {REEL_F32, REEL_U8, NAN, 0},
        {REEL_F32, REEL_I64, INFINITY, 0},
        {REEL_F64, REEL_BOOL, NAN, 1},
        {REEL_F64, REEL_BOOL, 0.5, 1},
        {REEL_F64, REEL_BOOL, -0.0, 0},
        {REEL_F64, REEL_F32, 0.1, 0x1.99999Ap-4},
        {REEL_I32, REEL_U8, 257, 1},
        {REEL_I32, REEL_U8, -1, 255},
        {REEL_I64, REEL_I32, 4294967297.0, 1},
        {REEL_I64, REEL_I32, 2147483648.0, -2147483648.0},
        {REEL_I64, REEL_BOOL, 256, 1},
        {REEL_U8, REEL_F32, 255, 255},
        {REEL_BOOL, REEL_I64, 1, 1},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        double got = cast(c[i].from, c[i].to, c[i].value);
        ck_assert_msg(got == c[i].want, "%s(%.17g) to %s: %.17g, not %.17g",
                      reel_dtype_name(c[i].from), c[i].value,
                      reel_dtype_name(c[i].to), got, c[i].want);
    }
}
END_TEST

/* -------------------------------------------------------------------- find */

START_TEST(test_every_kernel_is_found)
{
    for (int id = REEL__K_NONE + 1; id < REEL__KERNELS; id++) {
        int found = 0;
        for (int in = 0; in < REEL_DTYPES; in++)
            for (int out = 0; out < REEL_DTYPES; out++)
                found += reel__kernel_find((reel__kernel_id)id, (reel_dtype)in,
                                           (reel_dtype)out) != NULL;
        ck_assert_msg(found > 0, "%d: no kernel", id);
        ck_assert_str_ne(reel__kernel_name((reel__kernel_id)id), "?");
    }
    ck_assert(!reel__kernel_find(REEL__K_NONE, REEL_F32, REEL_F32));
    ck_assert(!reel__kernel_find(REEL__KERNELS, REEL_F32, REEL_F32));
    ck_assert(!reel__kernel_find(REEL__K_exp, REEL_I32, REEL_I32));
    ck_assert(!reel__kernel_find(REEL__K_matmul, REEL_I32, REEL_I32));
    ck_assert_str_eq(reel__kernel_name(REEL__KERNELS), "?");
    ck_assert_str_eq(reel__kernel_name(REEL__K_log_softmax), "log_softmax");
}
END_TEST

/* -------------------------------------------------------- instruction sets */

static void choose(const char *name)
{
    if (name)
        setenv("REEL_ISA", name, 1);
    else
        unsetenv("REEL_ISA");
    reel__isa_use(NULL);
}

START_TEST(test_choice_of_isa)
{
    reel_tape *t = reel_tape_new();
    char list[REEL__ISA_TEXT];
    int i = 0;

    choose(NULL);
    while (!reel__isa_at(i)->runs())
        i++;
    ck_assert_str_eq(reel_kernel_isa(), reel__isa_at(i)->name);
    choose("");
    ck_assert_str_eq(reel_kernel_isa(), reel__isa_at(i)->name);
    choose("portable");
    ck_assert_str_eq(reel_kernel_isa(), "portable");
    ck_assert(reel__kernel_find(REEL__K_exp, REEL_F32, REEL_F32) ==
              reel__isa_used()->find(REEL__K_exp, REEL_F32, REEL_F32));

    choose("abacus");
    ck_assert_ptr_null(reel_kernel_isa());
    ck_assert(!reel__kernel_find(REEL__K_exp, REEL_F32, REEL_F32));
    ck_assert_ptr_null(
        reel_compile(t, REEL_NODES(reel_scalar(t, REEL_F64, 1))));
    ck_assert(strncmp(reel__isa_list(list), "portable", 8) == 0);
    assert_error(t, REEL_EVALUE,
                 "compile: REEL_ISA=abacus: this machine runs: %s", list);
    reel_tape_free(t);
}
END_TEST

static Suite *make_suite(void)
{
    enum { JOBS = sizeof jobs / sizeof *jobs };
    Suite *suite = suite_create("kernels");
    TCase *tcase = tcase_create("kernels");
    tcase_add_loop_test(tcase, test_cut, 0, JOBS);
    tcase_add_loop_test(tcase, test_rows, 0, 14);
    tcase_add_test(tcase, test_logsumexp_of_axes);
    tcase_add_test(tcase, test_casts);
    tcase_add_test(tcase, test_every_kernel_is_found);
    tcase_add_test(tcase, test_choice_of_isa);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
