/* kernels/matmul_tile.h: sums of a tile in registers; part of matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

/* c = alpha * (a b) + d, d NULL for none; b, c and d contiguous along n. */
typedef struct OF(tile) {
    const T *a, *b, *d;
    T *c;
    int64_t am, ak, bk, cm, dm, k;
    T alpha;
} OF(tile);

/* rows and width (in vectors) are constants wherever this is called. */
INLINE void OF(tile_of)(const OF(tile) *t, int rows, int width)
{
    V sum[MOST_ROWS][WIDTHS];
    const T *a[MOST_ROWS], *b = t->b;
    int64_t ak = t->ak, bk = t->bk, at = 0;
    UNROLL for (int i = 0; i < rows; i++) {
        a[i] = t->a + i * t->am;
        UNROLL for (int j = 0; j < width; j++)
            sum[i][j] = (V){0};
    }
    for (int64_t k = t->k; k > 0; k--) {
        V x[WIDTHS];
        UNROLL for (int j = 0; j < width; j++)
            x[j] = *(const LOOSE *)(b + j * LANES);
        UNROLL for (int i = 0; i < rows; i++) {
            T y = a[i][at];
            UNROLL for (int j = 0; j < width; j++)
                sum[i][j] += y * x[j];
        }
        at += ak;
        b += bk;
    }
    T alpha = t->alpha, *c = t->c;
    const T *d = t->d;
    if (d) {
        UNROLL for (int i = 0; i < rows; i++) {
            UNROLL for (int j = 0; j < width; j++)
                *(LOOSE *)(c + j * LANES) =
                    alpha * sum[i][j] + *(const LOOSE *)(d + j * LANES);
            c += t->cm;
            d += t->dm;
        }
    } else if (alpha != 1) {
        UNROLL for (int i = 0; i < rows; i++) {
            UNROLL for (int j = 0; j < width; j++)
                *(LOOSE *)(c + j * LANES) = alpha * sum[i][j];
            c += t->cm;
        }
    } else {
        UNROLL for (int i = 0; i < rows; i++) {
            UNROLL for (int j = 0; j < width; j++)
                *(LOOSE *)(c + j * LANES) = sum[i][j];
            c += t->cm;
        }
    }
}

#define TILE_NAME(rows, width) CAT(OF(tile_##rows), width)
#define TILE(rows, width)                                    \
    static void TILE_NAME(rows, width)(const OF(tile) * t)   \
    {                                                        \
        if (rows <= ROWS_OF(width))                          \
            OF(tile_of)(t, rows, width);                     \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILES(7)
TILES(8)

#define ROW_OF_TILES(width)                                              \
    {                                                                    \
        TILE_NAME(1, width), TILE_NAME(2, width), TILE_NAME(3, width),   \
            TILE_NAME(4, width), TILE_NAME(5, width),                    \
            TILE_NAME(6, width), TILE_NAME(7, width), TILE_NAME(8, width) \
    }
static void (*const OF(tiles)[WIDTHS][MOST_ROWS])(const OF(tile) *) = {
    ROW_OF_TILES(1), ROW_OF_TILES(2), ROW_OF_TILES(3)};

#undef TILE_NAME
#undef TILE
#undef TILES
#undef ROW_OF_TILES

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
PUT_ROW(put_cells, OF(cell), 16 / (int)sizeof(T))
#undef PUT_ROW
#endif

/* Where a tile goes that is not stored as it is: an edge, or strides. */
typedef struct OF(place) {
    T *c;
    const T *d;
    int64_t cm, cn, dm, dn;
    T alpha;
} OF(place);

static void OF(put)(OF(place) to, const T *sum, int pitch, int rows,
                    int columns)
{
#if REEL__VECTORS
    bool dense = to.cn == 1 && (!to.d || to.dn == 1);
#endif
    for (int i = 0; i < rows; i++) {
        T *c = to.c + i * to.cm;
        const T *s = sum + i * pitch, *d = to.d ? to.d + i * to.dm : NULL;
#if REEL__VECTORS
        if (dense && columns >= LANES)
            OF(put_vectors)(c, s, d, to.alpha, columns);
        else if (dense && columns >= LANES / 2)
            OF(put_halves)(c, s, d, to.alpha, columns);
        else if (dense && columns >= 16 / (int)sizeof(T))
            OF(put_cells)(c, s, d, to.alpha, columns);
        else
#endif
        if (d)
            for (int j = 0; j < columns; j++)
                c[j * to.cn] = to.alpha * s[j] + d[j * to.dn];
        else
            for (int j = 0; j < columns; j++)
                c[j * to.cn] = to.alpha * s[j];
    }
}
