/* kernels/matmul_tile.h: sums of a tile in registers; part of matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

/* c = alpha * (a b) + d, d NULL for none; b, c and d contiguous along n; k is 1
 * at least. b is asked for so many bytes ahead: processors do not foresee reads
 * whose distance is a page or more. */
typedef struct OF(tile) {
    const T *a, *b, *d;
    T *c;
    int64_t am, ak, bk, cm, dm, k, ahead;
    T alpha;
} OF(tile);

/* Adds the products of a step of k, [at] of each row of a and a row of b; the
 * first ones are the sums, which saves as many zeros. */
INLINE void OF(step)(V sum[][WIDTHS], const T *const *a, int64_t at, const T *b,
                     int rows, int width, bool first)
{
    V x[WIDTHS];
    UNROLL for (int j = 0; j < width; j++)
        x[j] = *(const LOOSE *)(b + j * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
        T y = a[i][at];
        UNROLL for (int j = 0; j < width; j++)
            sum[i][j] = first ? y * x[j] : sum[i][j] + y * x[j];
    }
}

/* rows and width (in vectors) are constants wherever this is called. */
INLINE void OF(tile_of)(const OF(tile) *t, int rows, int width)
{
    V sum[MOST_ROWS][WIDTHS];
    const T *a[MOST_ROWS], *b = t->b;
    int64_t ak = t->ak, bk = t->bk, ahead = t->ahead, at = 0;
    UNROLL for (int i = 0; i < rows; i++)
        a[i] = t->a + i * t->am;
    OF(step)(sum, a, at, b, rows, width, true);
    for (int64_t k = t->k; k > 1; k--) {
        at += ak;
        b += bk;
        if (!FEW_REGISTERS && rows <= ROWS_OF(width)) /* it takes some */
            UNROLL for (int j = 0; j < width; j++)
                FETCH_LATER(b + j * LANES, ahead);
        OF(step)(sum, a, at, b, rows, width, false);
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
        if (rows <= ALL_ROWS(width))                         \
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
TILES(9)
TILES(10)

#define ROW_OF_TILES(width)                                              \
    {                                                                    \
        TILE_NAME(1, width), TILE_NAME(2, width), TILE_NAME(3, width),   \
            TILE_NAME(4, width), TILE_NAME(5, width),                    \
            TILE_NAME(6, width), TILE_NAME(7, width), TILE_NAME(8, width), \
            TILE_NAME(9, width), TILE_NAME(10, width)                    \
    }
static void (*const OF(tiles)[WIDTHS][MOST_ROWS])(const OF(tile) *) = {
    ROW_OF_TILES(1), ROW_OF_TILES(2), ROW_OF_TILES(3)};

#undef TILE_NAME
#undef TILE
#undef TILES
#undef ROW_OF_TILES
