/* kernels/matmul_thin.h: products of a single term or a single row, which use
 * each element of b once for each row or once at all; part of matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

/* k is 1: each row of the result is that of b, scaled. False where rows do not
 * lie as this needs. */
static bool OF(outer)(const OF(point) *x, int64_t m0, int64_t m1, int64_t n0,
                      int64_t n1)
{
    const product *p = x->p;
    if (p->k != 1 || p->bn != 1 || p->cn != 1 || (x->d && p->dn != 1) ||
        n1 - n0 < LANES)
        return false;
    for (int64_t m = m0; m < m1; m++)
        OF(put_vectors)(x->c + m * p->cm + n0, x->b + n0,
                        x->d ? x->d + m * p->dm + n0 : NULL,
                        x->alpha * x->a[m * p->am], (int)(n1 - n0));
    return true;
}

/* Adds rows of b, each times an element of a, to a row of sums, a vector of
 * which is loaded and stored once for all of them. The last vector of columns
 * begins at `last`, wherever the one before ends. */
INLINE void OF(add_rows)(const product *p, V *sum, const T *a, const T *b,
                         int64_t last, int rows)
{
    T y[ROWS_AT_ONCE];
    UNROLL for (int i = 0; i < rows; i++)
        y[i] = a[i * p->ak];
    for (int64_t n = 0, j = 0;; n += LANES, j++) {
        const T *from = b + (n < last ? n : last);
        V s = sum[j];
        UNROLL for (int i = 0; i < rows; i++)
            s += y[i] * *(const LOOSE *)(from + i * p->bk);
        sum[j] = s;
        if (n >= last)
            break;
    }
}

/* Columns [n0, n1), LANES at least, of a product of one row: b is read in the
 * order in which it lies. */
static void OF(row)(const OF(point) *x, V *sum, int64_t n0, int64_t n1)
{
    const product *p = x->p;
    const T *a = x->a, *b = x->b + n0;
    int64_t vectors = ratio_up(n1 - n0, LANES), last = n1 - n0 - LANES, k = 0;
    for (int64_t j = 0; j < vectors; j++)
        sum[j] = (V){0};
    for (; k + ROWS_AT_ONCE <= p->k; k += ROWS_AT_ONCE)
        OF(add_rows)(p, sum, a + k * p->ak, b + k * p->bk, last, ROWS_AT_ONCE);
    for (; k < p->k; k++)
        OF(add_rows)(p, sum, a + k * p->ak, b + k * p->bk, last, 1);
    *(LOOSE *)((T *)sum + last) = sum[vectors - 1];
    OF(put)((OF(place)){.c = x->c + n0 * p->cn,
                        .d = x->d ? x->d + n0 * p->dn : NULL,
                        .cn = p->cn, .dn = p->dn, .alpha = x->alpha},
            (const T *)sum, 0, 1, (int)(n1 - n0));
}
