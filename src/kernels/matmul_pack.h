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

/* Rows of b contiguous. */
static void OF(pack_rows)(const OF(panel) *x)
{
    const product *p = x->p;
    T *to = x->to;
    for (int64_t k = x->k0; k < x->k1; k++, to += x->columns) {
        const T *from = x->b + k * p->bk + x->n;
        if (x->count == x->columns ||
            OF(readable)(p, k, x->n) >= x->columns)
            for (int j = 0; j < x->columns; j += LANES)
                *(V *)(to + j) = *(const LOOSE *)(from + j);
        else
            for (int j = 0; j < x->columns; j++)
                to[j] = j < x->count ? from[j] : 0;
    }
}

#if REEL__VECTORS
/* Rows i and i + h of each pair swap, lane by lane, those lanes whose number
 * has bit h in row i for those that do not in row i + h. */
#define LOWER(j, h) ((j & h ? LANES + j - h : j) & (2 * LANES - 1))
#define UPPER(j, h) ((j & h ? LANES + j : j + h) & (2 * LANES - 1))
#define SWAP(h)                                                            \
    UNROLL for (int i = 0; i < LANES; i++)                                 \
    {                                                                      \
        if (h >= LANES || i & h)                                           \
            continue;                                                      \
        V low = REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(LOWER, h));  \
        V high = REEL__SHUFFLE(INDEX, x[i], x[i + h], LANES_OF(UPPER, h)); \
        x[i] = low;                                                        \
        x[i + h] = high;                                                   \
    }

INLINE void OF(transpose)(V *x)
{
    SWAP(1)
    SWAP(2)
    SWAP(4)
    SWAP(8)
}

/* LANES columns from column j on and at most as many rows, from k on. */
static void OF(pack_square)(const OF(panel) *x, int j, int64_t k)
{
    const product *p = x->p;
    const T *from = x->b + (x->n + j) * p->bn + k;
    T *to = x->to + (k - x->k0) * x->columns + j;
    int rows = x->k1 - k < LANES ? (int)(x->k1 - k) : LANES;
    V square[LANES];
    for (int i = 0; i < LANES; i++) {
        square[i] = (V){0};
        if (j + i >= x->count)
            continue;
        if (rows == LANES || OF(readable)(p, k, x->n + j + i) >= LANES)
            square[i] = *(const LOOSE *)(from + i * p->bn);
        else
            for (int l = 0; l < rows; l++)
                square[i][l] = from[i * p->bn + l];
    }
    OF(transpose)(square);
    for (int l = 0; l < rows; l++)
        *(V *)(to + l * x->columns) = square[l];
}

static void OF(pack_full_square)(const OF(panel) *x, int j, int64_t k)
{
    const T *from = x->b + (x->n + j) * x->p->bn + k;
    T *to = x->to + (k - x->k0) * x->columns + j;
    V square[LANES];
    UNROLL for (int i = 0; i < LANES; i++)
        square[i] = *(const LOOSE *)(from + i * x->p->bn);
    OF(transpose)(square);
    UNROLL for (int l = 0; l < LANES; l++)
        *(V *)(to + l * x->columns) = square[l];
}

/* Columns of b contiguous. */
static void OF(pack_columns)(const OF(panel) *x)
{
    for (int j = 0; j < x->columns; j += LANES) {
        int64_t k = x->k0;
        if (j + LANES <= x->count)
            for (; k + LANES <= x->k1; k += LANES)
                OF(pack_full_square)(x, j, k);
        for (; k < x->k1; k += LANES)
            OF(pack_square)(x, j, k);
    }
}

#undef SWAP
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
