/* kernels/matmul_dot.h: products as dot products along k, for operands whose
 * elements along k are neighbours; part of matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

/* Lane l of the first vector: the sum of vector l's lanes, for LANES vectors,
 * by additions between what transposing them would swap. */
#define ADD(h)                                                             \
    UNROLL for (int i = 0; i < LANES; i += 2 * h)                          \
    {                                                                      \
        if (h >= LANES)                                                    \
            continue;                                                      \
        x[i] = REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(EVEN, h)) +   \
               REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(ODD, h));     \
    }

#define LANE(j, h) (j)
INLINE void OF(add_lanes)(V *x)
{
    ADD(1)
    ADD(2)
    ADD(4)
    ADD(8)
}

typedef struct OF(dots) {
    const T *a, *b;
    int64_t am, bn, k; /* at least a vector of k */
    T *sums;           /* row by row */
} OF(dots);

#define DOTS_OF_ROWS (DOT_ROWS * DOT_COLUMNS)
#define MOST_DOTS (DOTS_OF_ROWS > ROW_DOTS ? DOTS_OF_ROWS : ROW_DOTS)

/* rows and columns are constants wherever this is called. */
INLINE void OF(dots_of)(const OF(dots) *t, int rows, int columns)
{
    V sum[MOST_DOTS + LANES], y[ROW_DOTS];
    const T *a[DOT_ROWS], *b[ROW_DOTS];
    int sums = rows * columns;
    int64_t k = 0;
    UNROLL for (int i = 0; i < sums + LANES; i++)
        sum[i] = (V){0};
    UNROLL for (int i = 0; i < rows; i++)
        a[i] = t->a + i * t->am;
    UNROLL for (int j = 0; j < columns; j++)
        b[j] = t->b + j * t->bn;
    for (; k + LANES <= t->k; k += LANES) {
        UNROLL for (int j = 0; j < columns; j++)
            y[j] = *(const LOOSE *)(b[j] + k);
        UNROLL for (int i = 0; i < rows; i++) {
            V x = *(const LOOSE *)(a[i] + k);
            HOLD(x);
            UNROLL for (int j = 0; j < columns; j++)
                sum[i * columns + j] += x * y[j];
        }
    }
    if (k < t->k) { /* the last vector, without the lanes that were summed */
        VI fresh = (VI){LANES_OF(LANE, 0)} >= (INDEX)(LANES - (t->k - k));
        k = t->k - LANES;
        UNROLL for (int j = 0; j < columns; j++)
            y[j] = (V)((VI)*(const LOOSE *)(b[j] + k) & fresh);
        UNROLL for (int i = 0; i < rows; i++) {
            V x = (V)((VI)*(const LOOSE *)(a[i] + k) & fresh);
            UNROLL for (int j = 0; j < columns; j++)
                sum[i * columns + j] += x * y[j];
        }
    }
    UNROLL for (int i = 0; i < sums; i += LANES) {
        OF(add_lanes)(sum + i);
        *(LOOSE *)(t->sums + i) = sum[i];
    }
}

#define DOTS_NAME(rows, columns) CAT(OF(dots_##rows), columns)
#define DOTS(rows, columns)                                      \
    static void DOTS_NAME(rows, columns)(const OF(dots) * t)     \
    {                                                            \
        if (rows <= DOT_ROWS && columns <= DOT_COLUMNS)          \
            OF(dots_of)(t, rows, columns);                       \
    }
#define ALL_DOTS(rows)                                           \
    DOTS(rows, 1)                                                \
    DOTS(rows, 2) DOTS(rows, 3) DOTS(rows, 4) DOTS(rows, 5)
ALL_DOTS(1)
ALL_DOTS(2)
ALL_DOTS(3)
ALL_DOTS(4)

#define ROW_OF_DOTS(rows)                                             \
    {                                                                 \
        DOTS_NAME(rows, 1), DOTS_NAME(rows, 2), DOTS_NAME(rows, 3),   \
            DOTS_NAME(rows, 4), DOTS_NAME(rows, 5)                    \
    }
static void (*const OF(dot_tiles)[4][MOST_DOT_COLUMNS])(const OF(dots) *) = {
    ROW_OF_DOTS(1), ROW_OF_DOTS(2), ROW_OF_DOTS(3), ROW_OF_DOTS(4)};

static void OF(row_of_dots)(const OF(dots) * t)
{
    OF(dots_of)(t, 1, ROW_DOTS);
}

static void OF(put_dots)(const OF(point) *x, void (*tile)(const OF(dots) *),
                         int64_t m, int64_t n, int rows, int columns)
{
    const product *p = x->p;
    V sums[MOST_DOTS / LANES + 2];
    OF(place) to = {.cm = p->cm, .cn = p->cn, .dm = p->dm, .dn = p->dn,
                    .alpha = x->alpha};
    tile(&(OF(dots)){.a = x->a + m * p->am, .b = x->b + n * p->bn,
                     .am = p->am, .bn = p->bn, .k = p->k, .sums = (T *)sums});
    to.c = x->c + m * p->cm + n * p->cn;
    to.d = x->d ? x->d + m * p->dm + n * p->dn : NULL;
    OF(put)(to, (const T *)sums, columns, rows, columns);
}

static void OF(block_of_dots)(const OF(point) *x, int64_t m0, int64_t m1,
                              int64_t n0, int64_t n1)
{
    for (; m1 - m0 == 1 && n1 - n0 >= ROW_DOTS; n0 += ROW_DOTS)
        OF(put_dots)(x, OF(row_of_dots), m0, n0, 1, ROW_DOTS);
    int64_t tiles = ratio_up(n1 - n0, DOT_COLUMNS);
    for (int64_t n = n0; n < n1; tiles--) {
        int columns = (int)((n1 - n) / tiles); /* even, at most DOT_COLUMNS */
        for (int64_t m = m0; m < m1; m += DOT_ROWS) {
            int rows = m1 - m < DOT_ROWS ? (int)(m1 - m) : DOT_ROWS;
            OF(put_dots)(x, OF(dot_tiles)[rows - 1][columns - 1], m, n, rows,
                         columns);
        }
        n += columns;
    }
}

#undef ADD
#undef LANE
#undef DOTS_OF_ROWS
#undef MOST_DOTS
#undef DOTS_NAME
#undef DOTS
#undef ALL_DOTS
#undef ROW_OF_DOTS
