/* kernels/matmul.c: matrix products, operands read where they lie.
 *
 * Where neighbours along n are neighbours in b, rows of b are scaled and added
 * to four rows of the result at a time, a tile of columns at a time, in local
 * arrays that the compiler keeps in vector registers. Otherwise each element is
 * a dot product in several lanes. An element's sum runs over k in an order
 * that depends on k alone.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/chain.h"
#include "kernels/families.h"
#include "kernels/walk.h"

#define ROWS 4
#define COLUMNS 16
#define LANES 8

/* Pointers to one row of a and c and to b's matrix; strides along m, k, n. */
#define MATMUL(T)                                                          \
    typedef struct {                                                       \
        T *c;                                                              \
        const T *a, *b;                                                    \
        int64_t k, n, cm, cn, am, ak, bk, bn;                              \
    } product_##T;                                                         \
                                                                           \
    /* rows x columns of c, b's rows contiguous; full tiles get constants. \
     */                                                                    \
    static inline void tile_##T(const product_##T *p, int64_t j, int rows, \
                                int columns)                               \
    {                                                                      \
        T sum[ROWS][COLUMNS] = {{0}};                                      \
        for (int64_t k = 0; k < p->k; k++) {                               \
            const T *b = p->b + k * p->bk + j;                             \
            for (int i = 0; i < rows; i++) {                               \
                T a = p->a[i * p->am + k * p->ak];                         \
                for (int l = 0; l < columns; l++)                          \
                    sum[i][l] += a * b[l];                                 \
            }                                                              \
        }                                                                  \
        for (int i = 0; i < rows; i++)                                     \
            for (int l = 0; l < columns; l++)                              \
                p->c[i * p->cm + (j + l) * p->cn] = sum[i][l];             \
    }                                                                      \
                                                                           \
    static void by_rows_##T(const product_##T *p, int rows)                \
    {                                                                      \
        int64_t j = 0;                                                     \
        if (rows == ROWS)                                                  \
            for (; j + COLUMNS <= p->n; j += COLUMNS)                      \
                tile_##T(p, j, ROWS, COLUMNS);                             \
        for (; j < p->n; j += COLUMNS) {                                   \
            int64_t left = p->n - j;                                       \
            tile_##T(p, j, rows, left < COLUMNS ? (int)left : COLUMNS);    \
        }                                                                  \
    }                                                                      \
                                                                           \
    static T dot_##T(const product_##T *p, const T *a, const T *b)         \
    {                                                                      \
        T lane[LANES] = {0}, sum = 0;                                      \
        int64_t k = 0;                                                     \
        if (p->ak == 1 && p->bk == 1)                                      \
            for (; k + LANES <= p->k; k += LANES)                          \
                for (int l = 0; l < LANES; l++)                            \
                    lane[l] += a[k + l] * b[k + l];                        \
        for (int l = 0; l < LANES; l++)                                    \
            sum += lane[l];                                                \
        for (; k < p->k; k++)                                              \
            sum += a[k * p->ak] * b[k * p->bk];                            \
        return sum;                                                        \
    }                                                                      \
                                                                           \
    static void by_dots_##T(const product_##T *p, int rows)                \
    {                                                                      \
        for (int64_t j = 0; j < p->n; j++)                                 \
            for (int i = 0; i < rows; i++)                                 \
                p->c[i * p->cm + j * p->cn] =                              \
                    dot_##T(p, p->a + i * p->am, p->b + j * p->bn);        \
    }                                                                      \
                                                                           \
    static void matmul_##T(const reel__task *t, int64_t begin,             \
                           int64_t end)                                    \
    {                                                                      \
        int m = t->ndim - 3;                                               \
        product_##T p = {.k = t->dim[m + 1],                               \
                         .n = t->dim[m + 2],                               \
                         .cm = t->stride[0][m],                            \
                         .cn = t->stride[0][m + 2],                        \
                         .am = t->stride[1][m],                            \
                         .ak = t->stride[1][m + 1],                        \
                         .bk = t->stride[2][m + 1],                        \
                         .bn = t->stride[2][m + 2]};                       \
        reel__walk w;                                                      \
        while (begin < end) {                                              \
            int64_t rows = t->dim[m] - begin % t->dim[m];                  \
            if (rows > end - begin)                                        \
                rows = end - begin;                                        \
            if (rows > ROWS)                                               \
                rows = ROWS;                                               \
            reel__walk_to(&w, t, m + 1, 2, begin);                         \
            p.c = (T *)t->data[0] + w.at[0];                               \
            p.a = (const T *)t->data[1] + w.at[1];                         \
            p.b = (const T *)t->data[2] + w.at[2];                         \
            if (p.bn == 1 || p.n == 1)                                     \
                by_rows_##T(&p, (int)rows);                                \
            else                                                           \
                by_dots_##T(&p, (int)rows);                                \
            if (t->chain)                                                  \
                reel__chain_tile(t, begin, rows, 0, p.n);                  \
            begin += rows;                                                 \
        }                                                                  \
    }
MATMUL(float)
MATMUL(double)

reel__kernel *reel__matmul_find(reel_dtype in)
{
    return in == REEL_F32   ? matmul_float
           : in == REEL_F64 ? matmul_double
                            : NULL;
}
