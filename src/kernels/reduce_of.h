/* kernels/reduce_of.h: sums, largest and smallest in one floating dtype.
 * Included by reduce.c with T, NAME (f32, f64) and I, the vector that
 * comparisons give.
 *
 * Where the elements of a result lie side by side, vectors of partial results
 * run over them. Otherwise rows are taken into a line of neighbouring results,
 * several at a time. Which of the two, and with it the order of a sum, is a
 * matter of strides and lengths alone, not of how many results there are. Sums
 * are taken in T over a few dozen terms, those in double.
 *
 * SPDX-License-Identifier: MIT */

#define OF(name) REEL__MATH(name, NAME)
#define VECTOR OF(vector)
#define LOOSE OF(loose)
#define LANES ((int64_t)(sizeof(VECTOR) / sizeof(T)))
#define SHORT 16 /* elements that vectors are not worth it for, at least LANES */
#define AT(i) (*(const LOOSE *)(x + (i)))

/* Of the last LANES of n elements those behind the last whole vector. */
static inline I OF(left_over)(int64_t n)
{
    static const T lane[] = {0, 1, 2,  3,  4,  5,  6,  7,
                             8, 9, 10, 11, 12, 13, 14, 15};
    return (I)(*(const LOOSE *)lane >= (VECTOR){0} + (T)(LANES - n % LANES));
}

/* -------------------------------------------------------------------- sums */

static inline T OF(sum_of_lanes)(VECTOR v)
{
    T lane[sizeof(VECTOR) / sizeof(T)];
    memcpy(lane, &v, sizeof v);
    for (int64_t width = LANES / 2; width > 0; width /= 2)
        for (int64_t i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

/* n elements side by side: four vectors of partial sums over PIECE vectors. */
static double OF(sum_beside)(int64_t n, const T *x)
{
    const int64_t whole = n - n % LANES;
    double sum = 0;
    if (n < SHORT) {
        T few = 0;
        for (int64_t i = 0; i < n; i++)
            few += x[i];
        return (double)few;
    }
    for (int64_t i = 0; i < whole;) {
        VECTOR part[4] = {0};
        int64_t left = whole - i;
        int64_t end = i + (left < PIECE * LANES ? left : PIECE * LANES);
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (int k = 0; k < 4; k++)
                part[k] += AT(i + k * LANES);
        for (int k = 0; i < end; k++, i += LANES)
            part[k] += AT(i);
        if (end == whole && whole < n)
            part[3] += OF(select)(OF(left_over)(n), AT(n - LANES),
                                  (VECTOR){0});
        sum += (double)OF(sum_of_lanes)((part[0] + part[1]) +
                                        (part[2] + part[3]));
    }
    return sum;
}

/* Rows into a line of n sums. */
static void OF(add_row)(int64_t n, T *restrict line, const T *x, int64_t sx)
{
    if (sx == 1)
        for (int64_t j = 0; j < n; j++)
            line[j] += x[j];
    else
        for (int64_t j = 0; j < n; j++)
            line[j] += x[j * sx];
}

static void OF(add_four_rows)(int64_t n, T *restrict line, const T *x,
                              int64_t sx, int64_t stride)
{
    const T *a = x, *b = a + stride, *c = b + stride, *d = c + stride;
    if (sx == 1)
        for (int64_t j = 0; j < n; j++)
            line[j] += (a[j] + b[j]) + (c[j] + d[j]);
    else
        for (int64_t j = 0; j < n; j++)
            line[j] += (a[j * sx] + b[j * sx]) + (c[j * sx] + d[j * sx]);
}

static void OF(add_two_rows)(int64_t n, T *restrict line, const T *x,
                             int64_t sx, int64_t stride)
{
    const T *a = x, *b = a + stride;
    if (sx == 1)
        for (int64_t j = 0; j < n; j++)
            line[j] += a[j] + b[j];
    else
        for (int64_t j = 0; j < n; j++)
            line[j] += a[j * sx] + b[j * sx];
}

static void OF(sum_rows)(const inner *in, int64_t n, double *sum, const T *x,
                         int64_t sx)
{
    for (int64_t k = 0; k < in->length; k += BLOCK) {
        int64_t end = in->length - k < BLOCK ? in->length : k + BLOCK;
        T line[LINE];
        int64_t i = k;
        for (int64_t j = 0; j < n; j++)
            line[j] = 0;
        for (; i + 4 <= end; i += 4)
            OF(add_four_rows)(n, line, x + i * in->stride, sx, in->stride);
        for (; i < end; i++)
            OF(add_row)(n, line, x + i * in->stride, sx);
        for (int64_t j = 0; j < n; j++)
            sum[j] += (double)line[j];
    }
}

static void OF(add_in_double)(const inner *in, int64_t n, double *sum,
                              const T *x, int64_t sx)
{
    for (int64_t i = 0; i < in->length; i++, x += in->stride)
        for (int64_t j = 0; j < n; j++)
            sum[j] += (double)x[j * sx];
}

static void OF(sums)(const inner *in, int64_t n, T *out, int64_t so,
                     const T *x, int64_t sx)
{
    double sum[LINE];
    reel__walk w;
    for (int64_t j = 0; j < n; j++)
        sum[j] = 0;
    if (in->rows > 0)
        reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);
    for (int64_t r = 0; r < in->rows; r++) {
        if (in->in_double)
            OF(add_in_double)(in, n, sum, x + w.at[1], sx);
        else if (in->stride == 1)
            for (int64_t j = 0; j < n; j++)
                sum[j] += OF(sum_beside)(in->length, x + w.at[1] + j * sx);
        else
            OF(sum_rows)(in, n, sum, x + w.at[1], sx);
        reel__walk_on(&w, 1);
    }
    for (int64_t j = 0; j < n; j++)
        out[j * so] = (T)sum[j];
}

/* Rows of LANES neighbours into their sums. */
static VECTOR OF(add_lanes)(int64_t rows, VECTOR sum, const T *x,
                            int64_t stride)
{
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4, x += 4 * stride)
        sum += (AT(0) + AT(stride)) + (AT(2 * stride) + AT(3 * stride));
    for (; i + 2 <= rows; i += 2, x += 2 * stride)
        sum += AT(0) + AT(stride);
    return i < rows ? sum + AT(0) : sum;
}

/* Column by column where there are many rows, else row by row: additions in the
 * same order. */
static void OF(column_sum)(const reel__task *t, int64_t begin, int64_t end)
{
    const int64_t stride = t->stride[1][0], sx = t->stride[1][1];
    const int64_t rows = t->dim[0];
    T *line = (T *)t->data[0] + begin;
    const T *x = (const T *)t->data[1] + begin * sx;
    int64_t n = end - begin, i = 0;
    if (t->i[0])
        for (int64_t j = 0; j < n; j++)
            line[j] = 0;
    if (sx == 1 && rows > 4)
        for (; n >= LANES; n -= LANES, line += LANES, x += LANES)
            *(LOOSE *)line =
                OF(add_lanes)(rows, *(LOOSE *)line, x, stride);
    for (; i + 4 <= rows; i += 4)
        OF(add_four_rows)(n, line, x + i * stride, sx, stride);
    for (; i + 2 <= rows; i += 2)
        OF(add_two_rows)(n, line, x + i * stride, sx, stride);
    for (; i < rows; i++)
        OF(add_row)(n, line, x + i * stride, sx);
}

/* ---------------------------------------------------------------- extremes */

/* The largest or smallest so far, y, and v: once y is NaN nothing beats it. */
#define BETTER(v, y, better) (v better y || v != v)
#define EXTREME_OF(name, better)                                            \
    static T OF(name##_beside)(int64_t n, const T *x, T y)                  \
    {                                                                       \
        int64_t i = 0;                                                      \
        if (n >= 4 * LANES) {                                               \
            T lane[sizeof(VECTOR) / sizeof(T)];                             \
            VECTOR best[4];                                                 \
            I is_nan = {0};                                                 \
            for (int k = 0; k < 4; k++)                                     \
                best[k] = (VECTOR){0} + y;                                  \
            for (; i + 4 * LANES <= n; i += 4 * LANES)                      \
                for (int k = 0; k < 4; k++) {                               \
                    VECTOR v = AT(i + k * LANES), b = best[k];              \
                    best[k] = OF(select)((I)(v better b), v, b);            \
                    is_nan |= (I)(v != v);                                  \
                }                                                           \
            if (OF(any)(is_nan))                                            \
                return (T)NAN;                                              \
            for (int k = 1; k < 4; k++)                                     \
                best[0] = OF(select)((I)(best[k] better best[0]), best[k],  \
                                     best[0]);                              \
            memcpy(lane, &best[0], sizeof lane);                            \
            for (int64_t j = 0; j < LANES; j++)                             \
                y = lane[j] better y ? lane[j] : y;                         \
        }                                                                   \
        for (; i < n; i++)                                                  \
            y = BETTER(x[i], y, better) ? x[i] : y;                         \
        return y;                                                           \
    }                                                                       \
                                                                            \
    static void OF(name##_row)(int64_t n, T *line, const T *x, int64_t sx)  \
    {                                                                       \
        if (sx == 1)                                                        \
            for (int64_t j = 0; j < n; j++)                                 \
                line[j] = BETTER(x[j], line[j], better) ? x[j] : line[j];   \
        else                                                                \
            for (int64_t j = 0; j < n; j++) {                               \
                T v = x[j * sx];                                            \
                line[j] = BETTER(v, line[j], better) ? v : line[j];         \
            }                                                               \
    }                                                                       \
                                                                            \
    static void OF(name##s)(const inner *in, int64_t n, T *out, int64_t so, \
                            const T *x, int64_t sx)                         \
    {                                                                       \
        T line[LINE];                                                       \
        reel__walk w;                                                       \
        reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);                  \
        for (int64_t j = 0; j < n; j++)                                     \
            line[j] = x[j * sx];                                            \
        for (int64_t r = 0; r < in->rows; r++) {                            \
            const T *row = x + w.at[1];                                     \
            if (in->stride == 1)                                            \
                for (int64_t j = 0; j < n; j++)                             \
                    line[j] = OF(name##_beside)(in->length, row + j * sx,   \
                                                line[j]);                   \
            else                                                            \
                for (int64_t i = 0; i < in->length; i++)                    \
                    OF(name##_row)(n, line, row + i * in->stride, sx);      \
            reel__walk_on(&w, 1);                                           \
        }                                                                   \
        for (int64_t j = 0; j < n; j++)                                     \
            out[j * so] = line[j];                                          \
    }
EXTREME_OF(max, >)
EXTREME_OF(min, <)

#undef EXTREME_OF
#undef BETTER
#undef AT
#undef SHORT
#undef OF
#undef VECTOR
#undef LOOSE
#undef LANES
#undef T
#undef NAME
#undef I
