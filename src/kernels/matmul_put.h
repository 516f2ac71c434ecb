/* kernels/matmul_put.h: where sums go that are not stored as they are; part of
 * matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

#if REEL__VECTORS
/* alpha * s + d to c, n >= lanes neighbours, by vectors of type W; the last one
 * overlaps, so it is read first: d, NULL for none, may be c. */
#define PUT_ROW(name, W, lanes)                                         \
    static inline void OF(name)(T *c, const T *s, const T *d, T alpha,  \
                                int n)                                  \
    {                                                                   \
        int end = n - lanes;                                            \
        W last = alpha * *(const W *)(s + end);                         \
        if (d)                                                          \
            last += *(const W *)(d + end);                              \
        for (int j = 0; j < end; j += lanes) {                          \
            W x = alpha * *(const W *)(s + j);                          \
            if (d)                                                      \
                x += *(const W *)(d + j);                               \
            *(W *)(c + j) = x;                                          \
        }                                                               \
        *(W *)(c + end) = last;                                         \
    }
typedef T __attribute__((vector_size(REEL__VECTOR / 2), aligned(sizeof(T)),
                         may_alias)) OF(half);
typedef T __attribute__((vector_size(16), aligned(sizeof(T)),
                         may_alias)) OF(cell);
PUT_ROW(put_vectors, LOOSE, LANES)
PUT_ROW(put_halves, OF(half), LANES / 2)
PUT_ROW(put_cells, OF(cell), CELL)
#undef PUT_ROW
#endif

/* Where a tile goes that is not stored as it is: an edge, or strides. */
typedef struct OF(place) {
    T *c;
    const T *d;
    int64_t cm, cn, dm, dn;
    T alpha;
} OF(place);

#if REEL__VECTORS
/* CELL rows of LANES sums, or as many columns as there are, to columns that are
 * contiguous. */
APART void OF(put_cells_turned)(OF(place) to, const T *sum, int pitch,
                                int columns)
{
    V x[CELL];
    UNROLL for (int i = 0; i < CELL; i++)
        x[i] = to.alpha * *(const LOOSE *)(sum + i * pitch);
    DEAL_PAIRS(1, CELL)
    DEAL_PAIRS(2, CELL)
    UNROLL for (int j = 0; j < LANES; j++) {
        if (j >= columns)
            continue;
        OF(cell) y = ((const OF(cell) *)&x[j % CELL])[j / CELL];
        if (to.d)
            y += *(const OF(cell) *)(to.d + j * to.dn);
        *(OF(cell) *)(to.c + j * to.cn) = y;
    }
}

/* LANES rows of them. */
APART void OF(put_square_turned)(OF(place) to, const T *sum, int pitch,
                                 int columns)
{
    V x[LANES];
    UNROLL for (int i = 0; i < LANES; i++)
        x[i] = to.alpha * *(const LOOSE *)(sum + i * pitch);
    OF(transpose)(x);
    UNROLL for (int j = 0; j < LANES; j++) {
        if (j >= columns)
            continue;
        if (to.d)
            x[j] += *(const LOOSE *)(to.d + j * to.dn);
        *(LOOSE *)(to.c + j * to.cn) = x[j];
    }
}

/* Rows of sums, as many as fill squares or cells, to columns that are
 * contiguous; gives their number. */
APART int OF(put_turned)(const OF(place) *to, const T *sum, int pitch, int rows,
                         int columns)
{
    int i = 0, step = CELL;
    for (; i + CELL <= rows; i += step) {
        step = rows - i < LANES ? CELL : LANES;
        for (int j = 0; j < columns; j += LANES) {
            const T *from = sum + i * pitch + j;
            OF(place) at = *to;
            at.c += i + j * to->cn;
            at.d = to->d ? to->d + i + j * to->dn : NULL;
            if (step == LANES)
                OF(put_square_turned)(at, from, pitch, columns - j);
            else
                OF(put_cells_turned)(at, from, pitch, columns - j);
        }
    }
    return i;
}
#endif

/* Rows of sums, one after the other. */
APART void OF(put_rows)(const OF(place) *to, const T *sum, int pitch, int rows,
                        int columns)
{
#if REEL__VECTORS
    bool dense = to->cn == 1 && (!to->d || to->dn == 1);
#endif
    T *c = to->c;
    const T *d = to->d;
    for (int i = 0; i < rows; i++) {
#if REEL__VECTORS
        if (dense && columns >= LANES)
            OF(put_vectors)(c, sum, d, to->alpha, columns);
        else if (dense && columns >= LANES / 2)
            OF(put_halves)(c, sum, d, to->alpha, columns);
        else if (dense && columns >= CELL)
            OF(put_cells)(c, sum, d, to->alpha, columns);
        else
#endif
        if (d)
            for (int j = 0; j < columns; j++)
                c[j * to->cn] = to->alpha * sum[j] + d[j * to->dn];
        else
            for (int j = 0; j < columns; j++)
                c[j * to->cn] = to->alpha * sum[j];
        sum += pitch;
        c += to->cm;
        d = d ? d + to->dm : NULL;
    }
}

static void OF(put)(OF(place) to, const T *sum, int pitch, int rows,
                    int columns)
{
    int i = 0;
#if REEL__VECTORS
    if (to.cm == 1 && to.cn != 1 && (!to.d || to.dm == 1))
        i = OF(put_turned)(&to, sum, pitch, rows, columns);
#endif
    if (i == rows)
        return;
    to.c += i * to.cm;
    to.d = to.d ? to.d + i * to.dm : NULL;
    OF(put_rows)(&to, sum + i * pitch, pitch, rows - i, columns);
}

#undef DEAL_PAIRS
