/* kernels/index.c: rows and elements by index. An index out of range leaves
 * zeros and a mark for the run to report.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "kernels/families.h"
#include "kernels/walk.h"

/* The index at an element of operand k; -1, and the mark, if out of range. */
static int64_t index_at(const reel__task *t, int k, int64_t at)
{
    const void *data = t->data[k];
    int64_t i = t->i[3] == REEL_U8    ? ((const uint8_t *)data)[at]
                : t->i[3] == REEL_I32 ? ((const int32_t *)data)[at]
                                      : ((const int64_t *)data)[at];
    if (i >= 0 && i < t->i[0])
        return i;
#if defined(__GNUC__)
    __atomic_store_n(t->bad_index, 1, __ATOMIC_RELAXED);
#else
    *t->bad_index = 1; /* all who race for it store the same */
#endif
    return -1;
}

/* The axes behind the index's, as a task of their own. */
static reel__task rest_of(const reel__task *t)
{
    int skip = (int)t->i[2];
    reel__task rest = *t;
    rest.ndim = t->ndim - skip;
    rest.dim = t->dim + skip;
    rest.stride[0] = t->stride[0] + skip;
    rest.stride[1] = t->stride[1] + skip;
    return rest;
}

#define AHEAD 8        /* rows that are on their way while others are moved */
#define ASKED_FOR 1024 /* bytes of such a row, at most */
#define CACHE_LINE 64

/* Asks for the row that is AHEAD behind that of the index at an element: rows
 * lie anywhere, and their first bytes cost a wait for memory each. `left` rows
 * are left, of so many elements of a size. */
static void ask_ahead(const reel__task *t, int64_t at, int64_t left, int64_t n,
                      int64_t size)
{
#if defined(__GNUC__)
    if (t->i[2] != 1 || left <= AHEAD)
        return;
    int64_t i = index_at(t, 2, at + AHEAD * t->stride[2][0]);
    const char *row =
        (const char *)t->data[1] + (i < 0 ? 0 : i) * t->i[1] * size;
    int64_t bytes = n * size < ASKED_FOR ? n * size : ASKED_FOR;
    for (int64_t b = 0; b < bytes; b += CACHE_LINE)
        __builtin_prefetch(row + b);
#else
    (void)t, (void)at, (void)left, (void)n, (void)size;
#endif
}

/* Elements only move, so their size is all that matters. */
#define MOVES(T)                                                            \
    /* n elements of x, NULL for zeros. */                                  \
    static void move_##T(int64_t n, T *out, int64_t so, const T *x,         \
                         int64_t sx)                                        \
    {                                                                       \
        if (x && so == 1 && sx == 1)                                        \
            memcpy(out, x, (size_t)n * sizeof *out);                        \
        else                                                                \
            for (int64_t k = 0; k < n; k++)                                 \
                out[k * so] = x ? x[k * sx] : 0;                            \
    }                                                                       \
                                                                            \
    static void gather_##T(const reel__task *t, int64_t begin, int64_t end) \
    {                                                                       \
        reel__task rest = rest_of(t);                                       \
        int inner = rest.ndim > 0 ? --rest.ndim : -1;                       \
        int64_t rows = reel__points(&rest, 0, rest.ndim);                   \
        int64_t n = inner < 0 ? 1 : rest.dim[inner];                        \
        int64_t so = inner < 0 ? 0 : rest.stride[0][inner];                 \
        int64_t sx = inner < 0 ? 0 : rest.stride[1][inner];                 \
        reel__walk w, r;                                                    \
        if (begin >= end || n * rows == 0)                                  \
            return;                                                         \
        reel__walk_to(&w, t, (int)t->i[2], 2, begin);                       \
        for (; begin < end; begin++) {                                      \
            int64_t i = index_at(t, 2, w.at[2]);                            \
            T *out = (T *)t->data[0] + w.at[0];                             \
            const T *x = (const T *)t->data[1] + (i < 0 ? 0 : i) * t->i[1]; \
            if (sx == 1)                                                    \
                ask_ahead(t, w.at[2], t->dim[0] - begin, n, sizeof(T));     \
            reel__walk_to(&r, &rest, rest.ndim, 1, 0);                      \
            for (int64_t k = 0; k < rows; k++) {                            \
                move_##T(n, out + r.at[0], so,                              \
                         i < 0 ? NULL : x + r.at[1], sx);                   \
                reel__walk_on(&r, 1);                                       \
            }                                                               \
            reel__walk_on(&w, 2);                                           \
        }                                                                   \
    }                                                                       \
                                                                            \
    static void pick_##T(const reel__task *t, int64_t begin, int64_t end)   \
    {                                                                       \
        reel__walk w;                                                       \
        if (begin >= end)                                                   \
            return;                                                         \
        reel__walk_to(&w, t, t->ndim, 2, begin);                            \
        for (; begin < end; begin++) {                                      \
            int64_t i = index_at(t, 2, w.at[2]);                            \
            const T *x = (const T *)t->data[1] + w.at[1];                   \
            ((T *)t->data[0])[w.at[0]] = i < 0 ? 0 : x[i * t->i[1]];        \
            reel__walk_on(&w, 2);                                           \
        }                                                                   \
    }                                                                       \
                                                                            \
    static void place_##T(const reel__task *t, int64_t begin, int64_t end)  \
    {                                                                       \
        reel__walk w;                                                       \
        if (begin >= end)                                                   \
            return;                                                         \
        reel__walk_to(&w, t, t->ndim, 2, begin);                            \
        for (; begin < end; begin++) {                                      \
            int64_t i = index_at(t, 2, w.at[2]);                            \
            T *row = (T *)t->data[0] + w.at[0];                             \
            for (int64_t k = 0; k < t->i[0]; k++)                           \
                row[k * t->i[1]] = 0;                                       \
            if (i >= 0)                                                     \
                row[i * t->i[1]] = ((const T *)t->data[1])[w.at[1]];        \
            reel__walk_on(&w, 2);                                           \
        }                                                                   \
    }
MOVES(uint8_t)
MOVES(uint32_t)
MOVES(uint64_t)

#define ONE_HOT(T)                                                          \
    static void one_hot_##T(const reel__task *t, int64_t begin,             \
                            int64_t end)                                    \
    {                                                                       \
        reel__walk w;                                                       \
        if (begin >= end)                                                   \
            return;                                                         \
        reel__walk_to(&w, t, t->ndim, 1, begin);                            \
        for (; begin < end; begin++) {                                      \
            int64_t i = index_at(t, 1, w.at[1]);                            \
            T *row = (T *)t->data[0] + w.at[0];                             \
            for (int64_t k = 0; k < t->i[0]; k++)                           \
                row[k * t->i[1]] = 0;                                       \
            if (i >= 0)                                                     \
                row[i * t->i[1]] = 1;                                       \
            reel__walk_on(&w, 1);                                           \
        }                                                                   \
    }
ONE_HOT(uint8_t)
ONE_HOT(int32_t)
ONE_HOT(int64_t)
ONE_HOT(float)
ONE_HOT(double)

/* Units are points of the rest axes, so that threads never add to the same
 * element; repeats of an index are added in the order they stand in. */
#define SCATTER_ADD(T)                                                      \
    /* Elements [begin, end) of row i of the result, plus or set to 0. */   \
    static void add_row_##T(const reel__task *t, const reel__task *rest,    \
                            int64_t i, int64_t begin, int64_t end,          \
                            const T *x)                                     \
    {                                                                       \
        T *row = (T *)t->data[0] + i * t->i[1];                             \
        reel__walk r;                                                       \
        reel__walk_to(&r, rest, rest->ndim, 1, begin);                      \
        for (int64_t k = begin; k < end; k++) {                             \
            T *out = &row[r.at[0]];                                         \
            *out = x ? (T)(*out + x[r.at[1]]) : 0;                          \
            reel__walk_on(&r, 1);                                           \
        }                                                                   \
    }                                                                       \
                                                                            \
    static void scatter_add_##T(const reel__task *t, int64_t begin,         \
                                int64_t end)                                \
    {                                                                       \
        reel__task rest = rest_of(t);                                       \
        int axes = (int)t->i[2];                                            \
        int64_t points = reel__points(t, 0, axes);                          \
        reel__walk w;                                                       \
        if (begin >= end)                                                   \
            return;                                                         \
        for (int64_t i = 0; i < t->i[0]; i++)                               \
            add_row_##T(t, &rest, i, begin, end, NULL);                     \
        if (points == 0)                                                    \
            return;                                                         \
        reel__walk_to(&w, t, axes, 2, 0);                                   \
        for (int64_t k = 0; k < points; k++) {                              \
            int64_t i = index_at(t, 2, w.at[2]);                            \
            if (i >= 0)                                                     \
                add_row_##T(t, &rest, i, begin, end,                        \
                            (const T *)t->data[1] + w.at[1]);               \
            reel__walk_on(&w, 2);                                           \
        }                                                                   \
    }
SCATTER_ADD(float)
SCATTER_ADD(double)
/* Unsigned: integers wrap around. */
SCATTER_ADD(uint8_t)
SCATTER_ADD(uint32_t)
SCATTER_ADD(uint64_t)

#define BY_SIZE(name)                                                       \
    {                                                                       \
        name##_uint8_t, name##_uint8_t, name##_uint32_t, name##_uint64_t,   \
            name##_uint32_t, name##_uint64_t                                \
    }

reel__kernel *reel__index_find(reel__kernel_id id, reel_dtype dtype)
{
    static reel__kernel *const table[][REEL_DTYPES] = {
        [REEL__K_gather - REEL__K_gather] = BY_SIZE(gather),
        [REEL__K_scatter_add - REEL__K_gather] = {NULL, scatter_add_uint8_t,
                                                  scatter_add_uint32_t,
                                                  scatter_add_uint64_t,
                                                  scatter_add_float,
                                                  scatter_add_double},
        [REEL__K_pick - REEL__K_gather] = BY_SIZE(pick),
        [REEL__K_place - REEL__K_gather] = BY_SIZE(place),
        [REEL__K_one_hot - REEL__K_gather] = {one_hot_uint8_t,
                                              one_hot_uint8_t,
                                              one_hot_int32_t,
                                              one_hot_int64_t, one_hot_float,
                                              one_hot_double},
    };
    return table[id - REEL__K_gather][dtype];
}
