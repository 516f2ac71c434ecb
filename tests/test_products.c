/* test_products.c: matrix products of every layout, size of edge, addend and
 * batch against long-double sums; nothing is read or written beyond the
 * operands (memory checkers look at the reads); same bits for any pieces.
 *
 * SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

/* How a matrix lies in memory, by the strides of its rows and columns. */
typedef enum layout {
    DENSE,
    TRANSPOSED,
    PADDED,   /* gaps between rows and between columns */
    LONG,     /* rows contiguous, gaps between them */
    BACKWARD, /* both strides negative */
    SAME_ROWS,
    SAME_COLUMNS,
    LAYOUTS
} layout;

typedef enum addend { NONE, BIAS, FULL, IN_PLACE, ADDENDS } addend;

/* Batches are 2x3 with operands that vary over both, the first or none. */
typedef struct example {
    reel_dtype dtype;
    int64_t m, k, n, batch[2];
    layout a, b, c, d;
    addend addend;
    double alpha, scale; /* scale 0: none */
} example;

/* A matrix per batch point: a block of memory that ends with its last element
 * but for the guards. */
typedef struct matrix {
    char *block;
    size_t bytes, guard;
    int64_t origin; /* elements from the block's begin to [0, 0, 0, 0] */
    int64_t stride[5];
} matrix;

enum { GUARD = 128, FILLER = 0x5A, B0 = 0, B1, M, K, N };

static uint64_t state;

static double number(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(state >> 11) / (double)((int64_t)1 << 52) - 1;
}

static int pick(int n)
{
    return (int)((number() + 1) / 2 * n) % n;
}

static size_t size_of(reel_dtype dtype)
{
    return dtype == REEL_F32 ? sizeof(float) : sizeof(double);
}

static double get(reel_dtype dtype, const void *data, int64_t i)
{
    return dtype == REEL_F32 ? (double)((const float *)data)[i]
                             : ((const double *)data)[i];
}

static void strides_of(layout l, int64_t rows, int64_t columns, int64_t *row,
                       int64_t *column)
{
    switch (l) {
    case DENSE: *row = columns, *column = 1; return;
    case TRANSPOSED: *row = 1, *column = rows; return;
    case PADDED: *row = 2 * columns + 3, *column = 2; return;
    case LONG: *row = columns + 5, *column = 1; return;
    case BACKWARD: *row = -columns, *column = -1; return;
    case SAME_ROWS: *row = 0, *column = 1; return;
    case SAME_COLUMNS: *row = 1, *column = 0; return;
    default: ck_abort();
    }
}

/* rows and columns are two of M, K, N; varies: over how many batch axes. */
static matrix matrix_new(const example *e, const int64_t *dim, layout l,
                         int rows, int columns, int varies, size_t guard)
{
    matrix x = {.guard = guard};
    int64_t low = 0, high = 0;
    if (rows >= 0)
        strides_of(l, dim[rows], dim[columns], &x.stride[rows],
                   &x.stride[columns]);
    else
        x.stride[columns] = 1;
    for (int i = M; i <= N; i++)
        *(x.stride[i] < 0 ? &low : &high) +=
            x.stride[i] * (dim[i] > 0 ? dim[i] - 1 : 0);
    int64_t one = high - low + 1;
    if (varies > 1)
        x.stride[B1] = one, one *= dim[B1];
    if (varies > 0)
        x.stride[B0] = one, one *= dim[B0];
    x.origin = -low;
    x.bytes = (size_t)one * size_of(e->dtype);
    x.block = malloc(x.bytes + 2 * guard);
    ck_assert_ptr_nonnull(x.block);
    memset(x.block, FILLER, x.bytes + 2 * guard);
    return x;
}

static void *origin_of(const example *e, const matrix *x)
{
    return x->block + x->guard + (size_t)x->origin * size_of(e->dtype);
}

static void fill(const example *e, matrix *x)
{
    char *data = x->block + x->guard;
    for (size_t i = 0; i < x->bytes / size_of(e->dtype); i++)
        if (e->dtype == REEL_F32)
            ((float *)(void *)data)[i] = (float)number();
        else
            ((double *)(void *)data)[i] = number();
}

static const char *text_of(const example *e)
{
    static const char *const layouts[] = {"dense",    "transposed", "padded",
                                          "long",     "backward",   "same rows",
                                          "same columns"};
    static const char *const addends[] = {"none", "bias", "full", "in place"};
    return support_format("%s %" PRId64 "x%" PRId64 "x%" PRId64
                          " of %s by %s to %s, addend %s %s, batch %" PRId64
                          "x%" PRId64 ", alpha %g",
                          reel_dtype_name(e->dtype), e->m, e->k, e->n,
                          layouts[e->a], layouts[e->b], layouts[e->c],
                          addends[e->addend], layouts[e->d], e->batch[0],
                          e->batch[1], e->alpha);
}

/* ------------------------------------------------------------------ checks */

typedef struct operands {
    int64_t dim[5];
    matrix a, b, c, d;
    union {
        float f32;
        double f64;
    } scale;
} operands;

static int64_t at(const matrix *x, const int64_t *i)
{
    int64_t place = 0;
    for (int d = 0; d < 5; d++)
        place += i[d] * x->stride[d];
    return place;
}

/* Element i of the result against its sum; before: the result's memory then. */
static void check_element(const example *e, const operands *o, int64_t *i,
                          const void *before)
{
    long double eps = e->dtype == REEL_F32 ? FLT_EPSILON : DBL_EPSILON;
    long double sum = 0, size = 0, add = 0;
    const void *a = origin_of(e, &o->a), *b = origin_of(e, &o->b);
    for (i[K] = 0; i[K] < e->k; i[K]++) {
        long double term = (long double)get(e->dtype, a, at(&o->a, i)) *
                           get(e->dtype, b, at(&o->b, i));
        sum += term;
        size += fabsl(term);
    }
    i[K] = 0;
    if (e->addend == IN_PLACE)
        add = get(e->dtype, before, o->c.origin + at(&o->c, i));
    else if (e->addend != NONE)
        add = get(e->dtype, origin_of(e, &o->d), at(&o->d, i));
    long double alpha = (long double)e->alpha *
                        (long double)(e->scale != 0 ? e->scale : 1);
    long double want = alpha * sum + add;
    long double got = get(e->dtype, origin_of(e, &o->c), at(&o->c, i));
    long double bound = (eps + LDBL_EPSILON) * (long double)(e->k + 4) *
                        (size * fabsl(alpha) + fabsl(add));
    if (!(fabsl(got - want) <= bound)) /* an assertion for each is slow */
        ck_abort_msg("%s: [%" PRId64 ", %" PRId64 "] is %.17Lg, not %.17Lg",
                     text_of(e), i[M], i[N], got, want);
}

/* Elements (of a large result a part, where tests are scaled down) and guards;
 * what lies between the result's elements is as before. */
static void check_result(const example *e, const operands *o,
                         const void *before)
{
    size_t size = size_of(e->dtype), count = o->c.bytes / size;
    char *written = calloc(count, 1);
    const char *now = o->c.block + o->c.guard;
    size_t seen = 0, step = e->m * e->n > 4096 ? support_scaled(1, 13) : 1;
    int64_t i[5] = {0};
    ck_assert_ptr_nonnull(written);
    for (i[B0] = 0; i[B0] < o->dim[B0]; i[B0]++)
        for (i[B1] = 0; i[B1] < o->dim[B1]; i[B1]++)
            for (i[M] = 0; i[M] < e->m; i[M]++)
                for (i[N] = 0; i[N] < e->n; i[N]++) {
                    if (seen++ % step == 0)
                        check_element(e, o, i, before);
                    written[o->c.origin + at(&o->c, i)] = 1;
                }
    for (size_t l = 0; l < count; l++)
        if (!written[l] && memcmp(now + l * size,
                                  (const char *)before + l * size, size) != 0)
            ck_abort_msg("%s: wrote between elements", text_of(e));
    for (size_t l = 0; l < o->c.guard; l++)
        if (o->c.block[l] != FILLER ||
            o->c.block[o->c.guard + o->c.bytes + l] != FILLER)
            ck_abort_msg("%s: wrote outside", text_of(e));
    free(written);
}

static reel__task task_of(const example *e, operands *o, const double *f)
{
    reel__task t = {.ndim = 5, .nred = 1, .dim = o->dim, .f = f};
    const matrix *x[] = {&o->c, &o->a, &o->b,
                         e->addend == IN_PLACE ? &o->c : &o->d};
    for (int k = 0; k < (e->addend == NONE ? 3 : 4); k++) {
        t.data[k] = origin_of(e, x[k]);
        t.stride[k] = x[k]->stride;
    }
    if (e->dtype == REEL_F32)
        o->scale.f32 = (float)e->scale;
    else
        o->scale.f64 = e->scale;
    t.data[4] = e->scale != 0 ? &o->scale : NULL;
    return t;
}

static void check(example e)
{
    double f[2] = {e.alpha, 0};
    operands o = {.dim = {e.batch[0], e.batch[1], e.m, e.k, e.n}};
    o.a = matrix_new(&e, o.dim, e.a, M, K, 1, 0);
    o.b = matrix_new(&e, o.dim, e.b, K, N, 2, 0);
    o.c = matrix_new(&e, o.dim, e.c, M, N, 2, GUARD);
    o.d = matrix_new(&e, o.dim, e.d, e.addend == BIAS ? -1 : M, N, 0, 0);
    fill(&e, &o.a);
    fill(&e, &o.b);
    fill(&e, &o.c);
    fill(&e, &o.d);

    void *before = malloc(o.c.bytes), *whole = malloc(o.c.bytes);
    char *now = o.c.block + o.c.guard;
    ck_assert(before && whole);
    memcpy(before, now, o.c.bytes);
    reel__task t = task_of(&e, &o, f);
    reel__share s = reel__product_share(&t, e.dtype);
    reel__kernel *kernel = reel__kernel_find(REEL__K_matmul, e.dtype, e.dtype);
    ck_assert(kernel != NULL && s.grain >= 1 && s.units >= 1);
    kernel(&t, 0, s.units);
    check_result(&e, &o, before);

    /* Unit by unit, from the last. */
    memcpy(whole, now, o.c.bytes);
    memcpy(now, before, o.c.bytes);
    for (int64_t u = s.units; u-- > 0;)
        kernel(&t, u, u + 1);
    ck_assert_msg(memcmp(now, whole, o.c.bytes) == 0, "%s: other bits by units",
                  text_of(&e));
    free(before), free(whole);
    free(o.a.block), free(o.b.block), free(o.c.block), free(o.d.block);
}

/* ------------------------------------------------------------------- tests */

static const reel_dtype dtypes[] = {REEL_F32, REEL_F64};

static example plain(reel_dtype dtype, int64_t m, int64_t k, int64_t n)
{
    return (example){.dtype = dtype, .m = m, .k = k, .n = n, .batch = {1, 1},
                     .alpha = 1};
}

/* NN, TN, NT and TT, each size around the tiles' edges. */
START_TEST(test_layouts)
{
    state = (uint64_t)_i;
    int step = (int)support_scaled(1, 9);
    for (int size = 1; size <= 70; size += step)
        for (int axis = 0; axis < 3; axis++)
            for (int l = 0; l < 4; l++) {
                int other[3] = {1 + pick(40), 1 + pick(40), 1 + pick(40)};
                other[axis] = size;
                example e = plain(dtypes[_i], other[0], other[1], other[2]);
                e.a = l & 1 ? TRANSPOSED : DENSE;
                e.b = l & 2 ? TRANSPOSED : DENSE;
                check(e);
            }
}
END_TEST

/* Anything with anything. */
START_TEST(test_odd_ones)
{
    static const double alphas[] = {1, -0.25, 3, 0};
    int count = (int)support_scaled(3000, 100);
    state = 7 + (uint64_t)_i;
    for (int i = 0; i < count; i++) {
        example e = plain(dtypes[_i], 1 + pick(70), pick(40), 1 + pick(70));
        e.a = (layout)pick(LAYOUTS);
        e.b = (layout)pick(LAYOUTS);
        e.c = (layout)pick(SAME_ROWS);
        e.d = (layout)pick(LAYOUTS);
        e.addend = (addend)pick(ADDENDS);
        e.alpha = alphas[pick(4)];
        e.scale = pick(2) ? alphas[pick(4)] : 0;
        if (pick(4) == 0)
            e.batch[0] = 2, e.batch[1] = 3;
        if (pick(8) == 0)
            e.m = 1;
        if (pick(8) == 0)
            e.n = 1;
        check(e);
    }
}
END_TEST

/* Cut along all three axes, for all layouts and addends. */
START_TEST(test_large)
{
    static const int64_t size[][3] = {
        {64, 784, 300}, {64, 10, 300},   {784, 64, 300}, {300, 64, 10},
        {64, 300, 10},  {1, 784, 300},   {300, 784, 1},  {784, 1, 300},
        {65, 1500, 67}, {270, 130, 530}, {530, 40, 270}, {33, 2100, 65},
        {66, 300, 21},  {130, 90, 37},   {40, 5000, 3},  {9, 300, 70},
        {1, 77, 1030},  {1030, 70, 40},
    };
    int s = _i / 8, small = (int)support_scaled(1, 4);
    state = 11 + (uint64_t)_i;
    example e = plain(dtypes[_i & 1], size[s][0], size[s][1] / small,
                      size[s][2]);
    e.a = _i & 2 ? TRANSPOSED : DENSE;
    e.b = _i & 4 ? TRANSPOSED : DENSE;
    e.addend = (addend)(s % ADDENDS);
    e.alpha = 0.5;
    check(e);
    e.addend = (addend)((s + 1) % ADDENDS);
    e.c = e.d = LONG;
    check(e);
}
END_TEST

/* A sum over nothing is 0, whatever was there. */
START_TEST(test_no_terms)
{
    for (int n = 1; n <= 70; n += 23) {
        example e = plain(dtypes[_i], 9, 0, n);
        check(e);
        e.addend = BIAS;
        check(e);
        e.addend = IN_PLACE;
        e.alpha = 0.5;
        check(e);
    }
}
END_TEST

/* An infinity anywhere along k stays one, and touches its row alone: no lane
 * is counted twice and then taken out again. */
START_TEST(test_infinities)
{
    for (int64_t k = 1; k <= 70; k++)
        for (int l = 0; l < 4; l++) {
            int64_t dim[] = {3, k, 5}, c[] = {5, 0, 1};
            int64_t a[] = {l & 1 ? 1 : k, l & 1 ? 3 : 1, 0};
            int64_t b[] = {0, l & 2 ? 1 : 5, l & 2 ? k : 1};
            double left[3 * 70], right[5 * 70], result[15], f[2] = {1, 0};
            reel__task t = {.ndim = 3, .nred = 1, .dim = dim, .f = f,
                            .data = {result, left, right},
                            .stride = {c, a, b}};
            for (int i = 0; i < 5 * 70; i++)
                left[i % (3 * 70)] = right[i] = 1;
            int64_t at = (int64_t)pick((int)k);
            left[a[0] + at * a[1]] = INFINITY;
            reel__share s = reel__product_share(&t, REEL_F64);
            reel__kernel_find(REEL__K_matmul, REEL_F64, REEL_F64)(&t, 0,
                                                                 s.units);
            for (int i = 0; i < 15; i++)
                ck_assert(result[i] == (i / 5 == 1 ? INFINITY : (double)k));
        }
}
END_TEST

/* How work is shared out: in enough parts for a few threads where there is
 * much, in one where there is little; nothing for an empty result. */
START_TEST(test_shares)
{
    static const int64_t a[] = {784, 1, 0}, b[] = {0, 300, 1},
                         c[] = {300, 0, 1};
    int64_t dim[] = {64, 784, 300};
    reel__task t = {.ndim = 3, .nred = 1, .dim = dim, .stride = {c, a, b}};
    reel__share s = reel__product_share(&t, dtypes[_i]);
    ck_assert(s.units / s.grain >= 12 && s.units / s.grain <= 64);
    dim[0] = 2, dim[1] = 3, dim[2] = 2;
    s = reel__product_share(&t, dtypes[_i]);
    ck_assert(s.units == 1 && s.grain >= 1);
    dim[0] = 0;
    ck_assert(reel__product_share(&t, dtypes[_i]).units == 0);
    dim[0] = 2, dim[2] = 0;
    ck_assert(reel__product_share(&t, dtypes[_i]).units == 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("products");
    TCase *tcase = tcase_create("products");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_layouts, 0, 2);
    tcase_add_loop_test(tcase, test_odd_ones, 0, 2);
    tcase_add_loop_test(tcase, test_large, 0, 18 * 8);
    tcase_add_loop_test(tcase, test_no_terms, 0, 2);
    tcase_add_test(tcase, test_infinities);
    tcase_add_loop_test(tcase, test_shares, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
