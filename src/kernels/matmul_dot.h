/* kernels/matmul_dot.h: products as dot products along k, for operands whose
 * elements along k are neighbours; part of matmul_of.h.
 *
 * SPDX-License-Identifier: MIT */

/* Lane l of the first vector: the sum of vector l's lanes, for n <= LANES
 * vectors, by additions between what transposing them would swap. Where there
 * is no vector to swap with, lanes beyond n are anything. */
#define ADD(h)                                                               \
    UNROLL for (int i = 0; i < LANES; i += 2 * h)                            \
    {                                                                        \
        if (h >= LANES || i >= n)                                            \
            continue;                                                        \
        V y = x[i + h < n ? i + h : i];                                      \
        x[i] = REEL__SHUFFLE(INDEX, x[i], y, LANES_OF(EVEN, h)) +            \
               REEL__SHUFFLE(INDEX, x[i], y, LANES_OF(ODD, h));              \
    }

#define LANE(j, h) (j)
INLINE void OF(add_lanes)(V *x, int n)
{
    ADD(1)
    ADD(2)
    ADD(4)
    ADD(8)
}

/* c = alpha * (a b) + d, d NULL for none, k at least a vector. Where a tile
 * begins are arguments, which stay in registers of integers: compilers would
 * write two at a time to this by way of a vector, which then waits for the
 * multiply-adds of the tile before. */
typedef struct OF(dots) {
    int64_t am, bn, k, cm, cn, dm, dn;
    T alpha;
} OF(dots);

#define DOTS_ARGUMENTS \
    const OF(dots) *t, const T *a0, const T *b0, T *c, const T *d
#define DOTS_PASSED t, a0, b0, c, d
typedef void OF(dots_tile)(DOTS_ARGUMENTS);

/* Where sums go in a vector of them: cells of a row's neighbours first, then
 * the columns that are left. */
#define IN_CELLS(columns) (columns / CELL * CELL)
#define PLACE(i, j, rows, columns)                              \
    (j < IN_CELLS(columns)                                      \
         ? (j / CELL * rows + i) * CELL + j % CELL              \
         : j * rows + i)

/* The sums to where neither c nor d need have neighbours. */
APART void OF(put_sums)(const OF(dots) *t, T *c, const T *d, const T *sums,
                        int rows, int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            T x = sums[PLACE(i, j, rows, columns)];
            if (d)
                x += d[i * t->dm + j * t->dn];
            c[i * t->cm + j * t->cn] = x;
        }
}

/* The same where rows are contiguous: straight from registers. */
INLINE void OF(put_cells_of)(const OF(dots) *t, T *c, const T *d,
                             const V *sums, int rows, int columns, bool add)
{
    const T *x = (const T *)sums;
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < columns; j++) {
            const T *from = x + PLACE(i, j, rows, columns);
            if (j >= IN_CELLS(columns)) {
                c[j] = add ? *from + d[j] : *from;
            } else if (j % CELL == 0) {
                OF(cell) y = *(const OF(cell) *)from;
                if (add)
                    y += *(const OF(cell) *)(d + j);
                *(OF(cell) *)(c + j) = y;
            }
        }
        c += t->cm;
        if (add)
            d += t->dm;
    }
}

#define DOTS_OF_ROWS (DOT_ROWS * DOT_COLUMNS)
#define MOST_DOTS (DOTS_OF_ROWS > ROW_DOTS ? DOTS_OF_ROWS : ROW_DOTS)

/* Adds the products of the vectors at k of rows of a and columns of b, of their
 * lanes in `fresh`; the first ones are the sums, which saves as many zeros. */
INLINE void OF(dots_step)(V *sum, const T *const *a, const T *const *b,
                          int64_t k, int rows, int columns, bool first,
                          bool all, VI fresh)
{
    V y[ROW_DOTS];
    UNROLL for (int j = 0; j < columns; j++) {
        y[j] = *(const LOOSE *)(b[j] + k);
        if (!all)
            y[j] = (V)((VI)y[j] & fresh);
    }
    UNROLL for (int i = 0; i < rows; i++) {
        V x = *(const LOOSE *)(a[i] + k);
        if (!all)
            x = (V)((VI)x & fresh);
        HOLD(x);
        UNROLL for (int j = 0; j < columns; j++) {
            V *to = &sum[PLACE(i, j, rows, columns)];
            *to = first ? x * y[j] : *to + x * y[j];
        }
    }
}

/* rows and columns are constants wherever this is called. */
INLINE void OF(dots_of)(DOTS_ARGUMENTS, int rows, int columns)
{
    V sum[MOST_DOTS], out[MOST_DOTS / LANES + 1];
    const T *a[DOT_ROWS], *b[ROW_DOTS];
    int sums = rows * columns;
    int64_t k = LANES;
    UNROLL for (int i = 0; i < rows; i++)
        a[i] = a0 + i * t->am;
    UNROLL for (int j = 0; j < columns; j++)
        b[j] = b0 + j * t->bn;
    OF(dots_step)(sum, a, b, 0, rows, columns, true, true, (VI){0});
    for (; k + LANES <= t->k; k += LANES)
        OF(dots_step)(sum, a, b, k, rows, columns, false, true, (VI){0});
    if (k < t->k) /* the last vector, without the lanes that were summed */
        OF(dots_step)(sum, a, b, t->k - LANES, rows, columns, false, false,
                      (VI){LANES_OF(LANE, 0)} >= (INDEX)(LANES - (t->k - k)));
    UNROLL for (int i = 0; i < sums; i += LANES) {
        OF(add_lanes)(sum + i, sums - i < LANES ? sums - i : LANES);
        out[i / LANES] = t->alpha * sum[i];
    }
    if (t->cn != 1 || (d && t->dn != 1))
        OF(put_sums)(t, c, d, (const T *)out, rows, columns);
    else if (d)
        OF(put_cells_of)(t, c, d, out, rows, columns, true);
    else
        OF(put_cells_of)(t, c, d, out, rows, columns, false);
}

#define DOTS_NAME(rows, columns) CAT(OF(dots_##rows), columns)
#define DOTS(rows, columns)                                      \
    static void DOTS_NAME(rows, columns)(DOTS_ARGUMENTS)         \
    {                                                            \
        if (rows <= DOT_ROWS && columns <= DOT_COLUMNS)          \
            OF(dots_of)(DOTS_PASSED, rows, columns);             \
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
static OF(dots_tile) *const OF(dot_tiles)[4][MOST_DOT_COLUMNS] = {
    ROW_OF_DOTS(1), ROW_OF_DOTS(2), ROW_OF_DOTS(3), ROW_OF_DOTS(4)};

static void OF(row_of_dots)(DOTS_ARGUMENTS)
{
    OF(dots_of)(DOTS_PASSED, 1, ROW_DOTS);
}

/* Rows [m0, m1) of `columns` columns from n on. */
static void OF(column_of_dots)(const OF(point) *x, const OF(dots) *t,
                               int64_t m0, int64_t m1, int64_t n, int columns)
{
    const product *p = x->p;
    const T *b = x->b + n * p->bn;
    for (int64_t m = m0; m < m1; m += DOT_ROWS) {
        int rows = m1 - m < DOT_ROWS ? (int)(m1 - m) : DOT_ROWS;
        OF(dots_tile) *tile = columns == ROW_DOTS
                                  ? OF(row_of_dots)
                                  : OF(dot_tiles)[rows - 1][columns - 1];
        tile(t, x->a + m * p->am, b, x->c + m * p->cm + n * p->cn,
             x->d ? x->d + m * p->dm + n * p->dn : NULL);
    }
}

static void OF(block_of_dots)(const OF(point) *x, int64_t m0, int64_t m1,
                              int64_t n0, int64_t n1)
{
    const product *p = x->p;
    const OF(dots) t = {.am = p->am, .bn = p->bn, .k = p->k, .cm = p->cm,
                        .cn = p->cn, .dm = p->dm, .dn = p->dn,
                        .alpha = x->alpha};
    int64_t n = n0;
    for (; m1 - m0 == 1 && n1 - n >= ROW_DOTS; n += ROW_DOTS)
        OF(column_of_dots)(x, &t, m0, m1, n, ROW_DOTS);
    for (int64_t tiles = ratio_up(n1 - n, DOT_COLUMNS); n < n1; tiles--) {
        int columns = (int)((n1 - n) / tiles); /* even, at most DOT_COLUMNS */
        OF(column_of_dots)(x, &t, m0, m1, n, columns);
        n += columns;
    }
}

#undef ADD
#undef LANE
#undef IN_CELLS
#undef PLACE
#undef DOTS_ARGUMENTS
#undef DOTS_PASSED
#undef DOTS_OF_ROWS
#undef MOST_DOTS
#undef DOTS_NAME
#undef DOTS
#undef ALL_DOTS
#undef ROW_OF_DOTS
