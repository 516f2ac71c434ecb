/* kernels/reduce.c: sums, largest and smallest over axes, their indices.
 *
 * A unit is one result.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/families.h"
#include "kernels/math_functions.h"
#include "kernels/walk.h"

#define BLOCK 128 /* rows whose sum is taken in the elements' type */
#define PIECE 64  /* vectors of a row, the same */
#define LINE 512  /* results at a time that lie side by side */
#define TILE 64   /* the same of integers, and logsumexp's */
#define FEW 16    /* results at a time that lie apart */

/* The reduced axes of a task as a task of their own, for walking. */
typedef struct inner {
    reel__task task;
    int64_t rows, length; /* points before the innermost axis, and along it */
    int64_t stride;       /* along it */
    bool in_double;       /* sums: every term */
} inner;

static inner inner_of(const reel__task *t)
{
    int kept = t->ndim - t->nred;
    inner in = {.task = *t, .length = 1, .in_double = t->i && t->i[0]};
    in.task.dim = t->dim + kept;
    in.task.stride[0] = t->stride[0] + kept; /* zeros */
    in.task.stride[1] = t->stride[1] + kept;
    in.task.ndim = t->nred > 0 ? t->nred - 1 : 0;
    in.rows = reel__points(&in.task, 0, in.task.ndim);
    if (t->nred > 0) {
        in.length = in.task.dim[t->nred - 1];
        in.stride = in.task.stride[1][t->nred - 1];
    }
    return in;
}

/* ------------------------------------------------------- results at a time */

/* REDUCE: n results at a time from a row of them, where a tile of neighbours is
 * the better order, else one by one; REDUCE_BY: at most so many. */
#define REDUCE(name, T, R, several) \
    REDUCE_BY(sx == 1 ? TILE : 1, name, T, R, several)
#define REDUCE_BY(most, name, T, R, several)                                \
    static void name(const reel__task *t, int64_t begin, int64_t end)       \
    {                                                                       \
        int kept = t->ndim - t->nred;                                       \
        inner in = inner_of(t);                                             \
        int64_t row = kept > 0 ? t->dim[kept - 1] : 1;                      \
        int64_t so = kept > 0 ? t->stride[0][kept - 1] : 0;                 \
        int64_t sx = kept > 0 ? t->stride[1][kept - 1] : 0;                 \
        int64_t tile = most;                                                \
        reel__walk w;                                                       \
        while (begin < end) {                                               \
            int64_t n = row - begin % row;                                  \
            n = n < tile ? n : tile;                                        \
            n = n < end - begin ? n : end - begin;                          \
            reel__walk_to(&w, t, kept, 1, begin);                           \
            several(&in, n, (R *)t->data[0] + w.at[0], so,                  \
                    (const T *)t->data[1] + w.at[1], sx);                   \
            begin += n;                                                     \
        }                                                                   \
    }

/* ------------------------------------------------- sums, largest, smallest */

/* n results starting at out, whose elements start at x, x + sx, ... Integers
 * wrap around. */
#define SUM(T)                                                              \
    static void sums_##T(const inner *in, int64_t n, int64_t *out,          \
                         int64_t so, const T *x, int64_t sx)                \
    {                                                                       \
        uint64_t sum[TILE] = {0};                                           \
        reel__walk w;                                                       \
        if (in->rows > 0)                                                   \
            reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);              \
        for (int64_t r = 0; r < in->rows; r++) {                            \
            for (int64_t i = 0; i < in->length; i++) {                      \
                const T *p = x + w.at[1] + i * in->stride;                  \
                for (int64_t j = 0; j < n; j++)                             \
                    sum[j] += (uint64_t)p[j * sx];                          \
            }                                                               \
            reel__walk_on(&w, 1);                                           \
        }                                                                   \
        for (int64_t j = 0; j < n; j++)                                     \
            out[j * so] = (int64_t)sum[j];                                  \
    }                                                                       \
    REDUCE(sum_##T, T, int64_t, sums_##T)

#define EXTREME(name, T, better)                                            \
    static void name##s_##T(const inner *in, int64_t n, T *out, int64_t so, \
                            const T *x, int64_t sx)                         \
    {                                                                       \
        reel__walk w;                                                       \
        reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);                  \
        for (int64_t j = 0; j < n; j++)                                     \
            out[j * so] = x[j * sx];                                        \
        for (int64_t r = 0; r < in->rows; r++) {                            \
            for (int64_t i = 0; i < in->length; i++) {                      \
                const T *p = x + w.at[1] + i * in->stride;                  \
                for (int64_t j = 0; j < n; j++)                             \
                    if (p[j * sx] better out[j * so])                       \
                        out[j * so] = p[j * sx];                            \
            }                                                               \
            reel__walk_on(&w, 1);                                           \
        }                                                                   \
    }                                                                       \
    REDUCE(name##_##T, T, T, name##s_##T)

#define INTEGER(T)     \
    SUM(T)             \
    EXTREME(max, T, >) \
    EXTREME(min, T, <)
INTEGER(uint8_t)
INTEGER(int32_t)
INTEGER(int64_t)

#define T float
#define NAME f32
#define I reel__vi32
#include "kernels/reduce_of.h"

#define T double
#define NAME f64
#define I reel__vi64
#include "kernels/reduce_of.h"

#define FLOATING(name, T, NAME)                                       \
    REDUCE_BY(sx == 1 || in.stride == 1 ? LINE : FEW, name##_##T, T, T, \
              reel__##name##s_##NAME)
FLOATING(sum, float, f32)
FLOATING(sum, double, f64)
FLOATING(max, float, f32)
FLOATING(max, double, f64)
FLOATING(min, float, f32)
FLOATING(min, double, f64)

/* --------------------------------------------------------------- logsumexp */

/* Shifted by the largest, so that no exponential overflows. */
#define BUFFER 1024 /* elements gathered at a time, whole vectors */

#define T float
#define NAME f32
#define I reel__vi32
#define LARGEST reel__maxs_f32
#include "kernels/logsumexp.h"

#define T double
#define NAME f64
#define I reel__vi64
#define LARGEST reel__maxs_f64
#include "kernels/logsumexp.h"

REDUCE_BY(TILE, logsumexp_float, float, float, reel__logsumexps_f32)
REDUCE_BY(TILE, logsumexp_double, double, double, reel__logsumexps_f64)

/* ---------------------------------------------------------- argmax, argmin */

/* A NaN is neither below nor above anything; the first is the result. For
 * integers the question is answered by the conversion. */
#define NOT_A_NUMBER(v) isnan((double)(v))

#define INDEX(name, T, better)                                              \
    static void name##s_##T(const inner *in, int64_t n, int64_t *out,       \
                            int64_t so, const T *x, int64_t sx)             \
    {                                                                       \
        for (int64_t j = 0; j < n; j++) {                                   \
            const T *p = x + j * sx;                                        \
            int64_t best = 0;                                               \
            for (int64_t i = 1; i < in->length; i++) {                      \
                T v = p[i * in->stride], b = p[best * in->stride];          \
                if (NOT_A_NUMBER(b))                                        \
                    break;                                                  \
                if (v better b || NOT_A_NUMBER(v))                          \
                    best = i;                                               \
            }                                                               \
            out[j * so] = best;                                             \
        }                                                                   \
    }                                                                       \
    REDUCE(name##_##T, T, int64_t, name##s_##T)
#define INDICES(T)          \
    INDEX(argmax, T, >)     \
    INDEX(argmin, T, <)
INDICES(uint8_t)
INDICES(int32_t)
INDICES(int64_t)
INDICES(float)
INDICES(double)

#define ALL(name)                                                           \
    {                                                                       \
        name##_uint8_t, name##_uint8_t, name##_int32_t, name##_int64_t,     \
            name##_float, name##_double                                     \
    }

reel__kernel *reel__reduce_find(reel__kernel_id id, reel_dtype in)
{
    static reel__kernel *const table[][REEL_DTYPES] = {
        [REEL__K_sum - REEL__K_sum] = ALL(sum),
        [REEL__K_max - REEL__K_sum] = ALL(max),
        [REEL__K_min - REEL__K_sum] = ALL(min),
        [REEL__K_logsumexp - REEL__K_sum] = {NULL, NULL, NULL, NULL,
                                             logsumexp_float,
                                             logsumexp_double},
        [REEL__K_argmax - REEL__K_sum] = ALL(argmax),
        [REEL__K_argmin - REEL__K_sum] = ALL(argmin),
    };
    return table[id - REEL__K_sum][in];
}

reel__kernel *reel__column_sum_find(reel_dtype in)
{
    return in == REEL_F32   ? reel__column_sum_f32
           : in == REEL_F64 ? reel__column_sum_f64
                            : NULL;
}
