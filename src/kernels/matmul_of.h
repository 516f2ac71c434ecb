/* kernels/matmul_of.h: the product of one dtype. Included by matmul.c with
 *
 *   T, V, LOOSE  an element, a vector of them, one where it lies; VI: a vector
 *                of integers as large
 *   LANES        elements of a vector, LANES_OF lists what a macro makes of
 *                each; INDEX an integer of an element's size
 *   NAME         the dtype's name, the end of each function's name
 *
 * SPDX-License-Identifier: MIT */

#define OF(name) CAT(name, NAME)

#include "kernels/matmul_tile.h"
#include "kernels/matmul_pack.h"
#include "kernels/matmul_put.h"

/* One batch point of a product. */
typedef struct OF(point) {
    const product *p;
    const T *a, *b, *d;
    T *c;
    T alpha;
} OF(point);

/* Columns [n, n + count) of the result as a tile: the first `skip` of its
 * columns belong to the tile before, `lap` of them in the same unit, those
 * behind skip + count to none. */
typedef struct OF(strip) {
    int64_t n;
    int width, skip, lap, count;
} OF(strip);

/* The strip of columns that begins at n. */
static OF(strip) OF(strip_at)(int64_t n, int64_t end, int widest)
{
    int64_t vectors = ratio_up(end - n, LANES);
    OF(strip) s = {.n = n, .width = vectors <= widest ? (int)vectors : 2};
    s.count = end - n < s.width * LANES ? (int)(end - n) : s.width * LANES;
    return s;
}

#if REEL__VECTORS
#include "kernels/matmul_dot.h"
#include "kernels/matmul_thin.h"
#endif

/* Asks for the memory of a tile, so that it is there when the sums are. */
static inline void OF(expect)(const T *c, int64_t cm, int rows, int width)
{
    for (int i = 0; i < rows; i++, c += cm) {
        for (int j = 0; j < width; j++)
            FETCH(c + j * LANES);
        FETCH(c + width * LANES - 1);
    }
}

/* Rows [m0, m1) of a strip. Where a panel is not NULL it holds the rows of a or
 * the columns of b. */
static void OF(rows)(const OF(point) *x, const OF(strip) *s, const V *panel_a,
                     const V *panel, int64_t m0, int64_t m1, int64_t k0,
                     int64_t k1)
{
    const product *p = x->p;
    const T *d = k0 ? x->c : x->d; /* sums go on in the result */
    int64_t dm = k0 ? p->cm : p->dm, dn = k0 ? p->cn : p->dn;
    int lap = d ? 0 : s->lap; /* columns stored once more, the same */
    bool direct = p->cn == 1 && (!d || dn == 1) &&
                  s->count + lap == s->width * LANES;
    OF(tile) t = {.am = p->am, .ak = panel_a ? 2 * LANES : p->ak,
                  .k = k1 - k0};
    bool far = direct && t.k >= FETCH_STEPS;
    V sums[MOST_ROWS * WIDTHS + 1];
    t.b = panel ? (const T *)panel : x->b + k0 * p->bk + (s->n - s->skip);
    t.bk = panel ? s->width * LANES : p->bk;
    t.ahead = panel || t.k < FETCH_STEPS
                  ? 0 : AHEAD * p->bk * (int64_t)sizeof(T);
    t.alpha = direct ? x->alpha : 1;
    t.cm = direct ? p->cm : s->width * LANES;
    t.dm = dm;
    int64_t tiles = p->m <= ALL_ROWS(s->width)
                        ? 1
                        : ratio_up(m1 - m0, ROWS_OF(s->width));
    for (int64_t i = 0, m = m0; i < tiles; i++) {
        int rows = (int)((m1 - m) / (tiles - i)); /* even, at most as many */
        T *c = x->c + m * p->cm + s->n * p->cn;
        const T *from = d ? d + m * dm + s->n * dn : NULL;
        t.a = panel_a ? (const T *)panel_a + (m - m0)
                      : x->a + m * p->am + k0 * p->ak;
        t.c = direct ? c - lap : (T *)sums;
        t.d = direct ? from : NULL;
        if (far)
            OF(expect)(c, p->cm, rows, s->width);
        OF(tiles)[s->width - 1][rows - 1](&t);
        if (!direct)
            OF(put)((OF(place)){.c = c, .d = from, .cm = p->cm, .cn = p->cn,
                                .dm = dm, .dn = dn, .alpha = x->alpha},
                    (const T *)sums + s->skip, s->width * LANES, rows,
                    s->count);
        m += rows;
    }
}

/* Rows [k0, k1) of the product with a in panels: each serves all of the block's
 * columns. */
static void OF(by_rows_of_a)(const OF(point) *x, V *panel, int64_t m0,
                             int64_t m1, int64_t n0, int64_t n1, int64_t k0,
                             int64_t k1)
{
    product a = *x->p;
    turn(&a);
    for (int64_t m = m0; m < m1; m += 2 * LANES) {
        int count = m1 - m < 2 * LANES ? (int)(m1 - m) : 2 * LANES;
        OF(pack)(&(OF(panel)){.p = &a, .b = x->a, .to = (T *)panel, .n = m,
                              .k0 = k0, .k1 = k1, .columns = 2 * LANES,
                              .count = count});
        for (int64_t n = n0; n < n1;) {
            OF(strip) s = OF(strip_at)(n, n1, x->p->widest);
            n += s.count;
            s.skip = s.width * LANES - s.count;
            OF(rows)(x, &s, panel, NULL, m, m + count, k0, k1);
        }
    }
}

#if REEL__VECTORS
/* Columns of b that do not lie along k as dot products, transposed to the panel
 * first. */
static void OF(block_of_packed_dots)(const OF(point) *x, V *panel, int64_t m0,
                                     int64_t m1, int64_t n0, int64_t n1)
{
    product p = *x->p, rows = p;
    OF(point) y = *x;
    int columns = (int)ratio_up(p.k, LANES) * LANES;
    rows.k = p.n, rows.n = p.k, rows.bk = p.bn, rows.bn = p.bk;
    OF(pack)(&(OF(panel)){.p = &rows, .b = x->b, .to = (T *)panel, .k0 = n0,
                          .k1 = n1, .columns = columns, .count = (int)p.k});
    p.bk = 1, p.bn = columns;
    y.p = &p;
    y.b = (const T *)panel;
    y.c += n0 * p.cn;
    y.d = y.d ? y.d + n0 * p.dn : NULL;
    OF(block_of_dots)(&y, m0, m1, 0, n1 - n0);
}
#endif

/* A sum of no terms is 0. */
static void OF(no_terms)(const OF(point) *x, int64_t m0, int64_t m1, int64_t n0,
                         int64_t n1)
{
    const product *p = x->p;
    for (int64_t m = m0; m < m1; m++)
        for (int64_t n = n0; n < n1; n++)
            x->c[m * p->cm + n * p->cn] =
                x->d ? x->d[m * p->dm + n * p->dn] : 0;
}

APART void OF(block)(const OF(point) *x, int64_t m0, int64_t m1, int64_t n0,
                      int64_t n1)
{
    const product *p = x->p;
    V panel[PANEL];
    if (p->k == 0) {
        OF(no_terms)(x, m0, m1, n0, n1);
        return;
    }
#if REEL__VECTORS
    if (n1 > p->dots) {
        int64_t from = n0 > p->dots ? n0 : p->dots;
        if (p->bk == 1)
            OF(block_of_dots)(x, m0, m1, from, n1);
        else
            OF(block_of_packed_dots)(x, panel, m0, m1, from, n1);
        n1 = from;
    }
    if (OF(outer)(x, m0, m1, n0, n1))
        return;
    if (p->single && n1 - n0 >= LANES) {
        OF(row)(x, panel, n0, n1);
        return;
    }
#endif
    for (int64_t i = 0, k0 = 0; i < p->chunks; i++) {
        int64_t k1 = k0 + (p->k - k0) / (p->chunks - i);
        if (p->pack_a)
            OF(by_rows_of_a)(x, panel, m0, m1, n0, n1, k0, k1);
        for (int64_t n = p->pack_a ? n1 : n0; n < n1;) {
            OF(strip) s = OF(strip_at)(n, n1, p->widest);
            int columns = s.width * LANES;
            n += s.count;
            if (p->pack)
                OF(pack)(&(OF(panel)){.p = p, .b = x->b, .to = (T *)panel,
                                      .n = s.n, .k0 = k0, .k1 = k1,
                                      .columns = columns, .count = s.count});
            else {
                s.skip = columns - s.count;
                s.lap = s.n - n0 < s.skip ? 0 : s.skip;
            }
            OF(rows)(x, &s, NULL, p->pack ? panel : NULL, m0, m1, k0, k1);
        }
        k0 = k1;
    }
}

/* Rows [m0, m1), columns [n0, n1) of the result are complete and were written
 * just now. For n <= WHOLE_ROWS these are whole rows. */
static void OF(finish_block)(const reel__task *t, int64_t m0, int64_t m1,
                             int64_t n0, int64_t n1)
{
    if (t->chain)
        reel__chain_tile(t, m0, m1 - m0, n0, n1 - n0);
}

/* Units: of each batch point, blocks of rows of each block of columns. */
static void OF(matmul)(const reel__task *t, int64_t begin, int64_t end)
{
    product p = product_of(t, LANES);
    int nin = t->data[3] ? 3 : 2;
    int64_t units = p.units_m * p.units_n, batch = -1;
    reel__walk w;
    OF(point) x = {.p = &p, .alpha = (T)t->f[0]};
    if (t->data[4])
        x.alpha *= *(const T *)t->data[4];
    for (int64_t u = begin; u < end; u++) {
        if (u / units != batch) {
            batch = u / units;
            reel__walk_to(&w, t, t->ndim - 3, nin, batch);
            x.c = (T *)t->data[0] + w.at[0];
            x.a = (const T *)t->data[1] + w.at[1];
            x.b = (const T *)t->data[2] + w.at[2];
            x.d = nin == 3 ? (const T *)t->data[3] + w.at[3] : NULL;
            if (p.turned) {
                const T *a = x.a;
                x.a = x.b, x.b = a;
            }
        }
        int64_t i = u % units % p.units_m, j = u % units / p.units_m;
        int64_t m0 = i * p.block_m, n0 = j * p.block_n;
        int64_t m1 = p.m - m0 < p.block_m ? p.m : m0 + p.block_m;
        int64_t n1 = p.n - n0 < p.block_n ? p.n : n0 + p.block_n;
        OF(block)(&x, m0, m1, n0, n1);
        if (p.turned)
            OF(finish_block)(t, n0, n1, m0, m1);
        else
            OF(finish_block)(t, m0, m1, n0, n1);
    }
}

#undef OF
#undef T
#undef V
#undef VI
#undef LOOSE
#undef CELL
#undef STEP
#undef SPAN
#undef HALF
#undef DEAL
#undef EVEN
#undef ODD
#undef INDEX
#undef LANES
#undef LANES_OF
#undef NAME
