/* kernels/matmul_pack.h: columns of b as a dense panel on the stack; part of
 * matmul_of.h.
 *
 * A vector may be read where only a part of it is wanted as long as b has
 * elements behind: memory between two elements of an operand is its own.
 *
 * SPDX-License-Identifier: MIT */

/* Columns [n, n + count) of b, rows [k0, k1), to rows of `columns` elements;
 * what lies beyond count is anything. */
typedef struct OF(panel) {
    const product *p;
    const T *b;
    T *to;
    int64_t n, k0, k1;
    int columns, count;
} OF(panel);

/* So many elements from [k, n] on may be read, whatever they are. */
static int64_t OF(readable)(const product *p, int64_t k, int64_t n)
{
    if (p->bk < 0 || p->bn < 0)
        return 1;
    return (p->k - 1 - k) * p->bk + (p->n - 1 - n) * p->bn + 1;
}

/* Rows of b contiguous. The columns behind are asked for: they are likely to be
 * the next panel, and lie in as many pages as there are rows. */
static void OF(pack_rows)(const OF(panel) *x)
{
    const product *p = x->p;
    size_t next = (size_t)x->columns * sizeof(T);
    T *to = x->to;
    for (int64_t k = x->k0; k < x->k1; k++, to += x->columns) {
        const T *from = x->b + k * p->bk + x->n;
        if (x->count == x->columns ||
            OF(readable)(p, k, x->n) >= x->columns)
            for (int j = 0; j < x->columns; j += LANES) {
                FETCH_LATER(from + j, next);
                *(V *)(to + j) = *(const LOOSE *)(from + j);
            }
        else
            for (int j = 0; j < x->columns; j++)
                to[j] = j < x->count ? from[j] : 0;
    }
}

#if REEL__VECTORS
/* Lanes of two vectors dealt out, those of even and those of odd number; the
 * first vector's come first. What is dealt is elements within 16 bytes while h
 * is smaller, then 16 bytes each: processors have instructions for both. */
#define CELL (16 / (int)sizeof(T))
#define STEP(h) (h < CELL ? 1 : CELL)
#define SPAN(h) (h < CELL ? CELL : LANES)
#define HALF(h) (SPAN(h) / 2 > STEP(h) ? SPAN(h) / 2 : STEP(h))
#define DEAL(j, h, odd)                                              \
    ((j / SPAN(h) * SPAN(h) + j % HALF(h) / STEP(h) * 2 * STEP(h) +  \
      odd * STEP(h) + j % STEP(h) +                                  \
      (j % SPAN(h) < HALF(h) ? 0 : LANES)) &                         \
     (2 * LANES - 1))
#define EVEN(j, h) DEAL(j, h, 0)
#define ODD(j, h) DEAL(j, h, 1)
#define DEAL_PAIRS(h, n)                                                   \
    UNROLL for (int i = 0; i < n; i++)                                     \
    {                                                                      \
        if (h >= n || i & h)                                               \
            continue;                                                      \
        V even = REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(EVEN, h));  \
        V odd = REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(ODD, h));    \
        x[i] = even;                                                       \
        x[i + h] = odd;                                                    \
    }

INLINE void OF(transpose)(V *x)
{
    DEAL_PAIRS(1, LANES)
    DEAL_PAIRS(2, LANES)
    DEAL_PAIRS(4, LANES)
    DEAL_PAIRS(8, LANES)
}

/* Rows [k, k + rows) of LANES columns from column j on, of which there are
 * `columns`; read from row k - skip on. */
INLINE void OF(square)(const OF(panel) *x, int j, int64_t k, int skip, int rows,
                       int columns)
{
    const T *from = x->b + (x->n + j) * x->p->bn + (k - skip);
    T *to = x->to + (k - x->k0) * x->columns + j;
    V square[LANES];
    UNROLL for (int i = 0; i < LANES; i++) {
        square[i] = *(const LOOSE *)from;
        from += i + 1 < columns ? x->p->bn : 0;
    }
    OF(transpose)(square);
    UNROLL for (int l = 0; l < LANES; l++)
        if (l >= skip && l < skip + rows)
            *(V *)(to + (l - skip) * x->columns) = square[l];
}

static void OF(whole_square)(const OF(panel) *x, int j, int64_t k)
{
    OF(square)(x, j, k, 0, LANES, LANES);
}

/* At the edges: what lies beyond is read where it may be, before or behind, if
 * there is enough for a square to be worth it. */
static void OF(part_of_square)(const OF(panel) *x, int j, int64_t k, int rows,
                               int columns)
{
    const product *p = x->p;
    int64_t last = x->n + j + columns - 1;
    int more = LANES - rows;
    bool few = rows <= LANES / 4;
    if (!few && OF(readable)(p, k, last) >= LANES)
        OF(square)(x, j, k, 0, rows, columns);
    else if (!few && p->bn > 0 && (x->n + j) * p->bn + k >= more)
        OF(square)(x, j, k, more, rows, columns);
    else
        for (int64_t i = k; i < x->k1; i++)
            for (int l = j; l < j + columns; l++)
                x->to[(i - x->k0) * x->columns + l] =
                    x->b[i + (x->n + l) * p->bn];
}

/* Columns of b contiguous. */
static void OF(pack_columns)(const OF(panel) *x)
{
    for (int j = 0; j < x->count; j += LANES) {
        int columns = x->count - j < LANES ? x->count - j : LANES;
        for (int64_t k = x->k0; k < x->k1; k += LANES) {
            int rows = x->k1 - k < LANES ? (int)(x->k1 - k) : LANES;
            if (rows == LANES && columns == LANES)
                OF(whole_square)(x, j, k);
            else
                OF(part_of_square)(x, j, k, rows, columns);
        }
    }
}

#endif

static void OF(pack_any)(const OF(panel) *x)
{
    const product *p = x->p;
    T *to = x->to;
    for (int64_t k = x->k0; k < x->k1; k++, to += x->columns)
        for (int j = 0; j < x->columns; j++)
            to[j] = j < x->count ? x->b[k * p->bk + (x->n + j) * p->bn] : 0;
}

static void OF(pack)(const OF(panel) *x)
{
    if (x->p->bn == 1)
        OF(pack_rows)(x);
#if REEL__VECTORS
    else if (x->p->bk == 1)
        OF(pack_columns)(x);
#endif
    else
        OF(pack_any)(x);
}
