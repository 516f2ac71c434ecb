/* kernels/matmul.c: matrix products, operands read where they lie.
 *
 * A unit is a block of the result, up to 512 rows by 256 columns. It goes over
 * k in chunks; for each, tiles of a few rows by two or three vectors of columns
 * are summed in registers (matmul_tile.h) and stored, or put where they go if
 * that is elsewhere than in whole vectors (matmul_put.h). b is read where it
 * lies when its rows are contiguous and few rows of the result need them; else
 * a panel of it is copied to the stack first (matmul_pack.h). a may lie in any
 * way.
 *
 * Where k is contiguous in both operands and few results share what a panel
 * would take to make, vectors run along k instead (matmul_dot.h). So they do
 * for columns that would not fill a vector along n, the last or all: a panel
 * holds b transposed then. A single row or a single term is a pass over b
 * (matmul_thin.h).
 *
 * A product may be computed turned, as the transpose of b' a', where that fills
 * vectors better: for 64x300 transposed by 300x10 they run along the 64.
 *
 * The order of an element's sum depends on sizes and strides alone.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "kernels/chain.h"
#include "kernels/families.h"
#include "kernels/vector.h"
#include "kernels/walk.h"

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline)) /* its stack is its own */
#else
#define INLINE static inline
#define APART static
#endif

/* A vector that is loaded once, into a register: compilers would rather make it
 * the memory operand of each of its few multiply-adds, a load for each. */
#if defined(__GNUC__) && defined(__AVX__)
#define HOLD(x) __asm__("" : "+v"(x))
#else
#define HOLD(x) ((void)(x))
#endif

#if defined(__GNUC__)
#define FETCH(p) __builtin_prefetch(p, 1) /* to be written */
/* To be read much later, so that the level-2 cache is near enough; so many
 * bytes from p on may be beyond the operand. */
#define FETCH_LATER(p, bytes)                                           \
    __builtin_prefetch(                                                 \
        (const void *)((uintptr_t)(p) + (uintptr_t)(bytes)), 0, 2)
#else
#define FETCH(p) ((void)(p))
#define FETCH_LATER(p, bytes) ((void)(p), (void)(bytes))
#endif

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define UNROLL _Pragma("GCC unroll 64")
#else
#define UNROLL
#endif

/* Rows of a tile that is 1, 2 or 3 vectors wide: its sums, a vector of b for
 * each column of them and one of a fit the registers. Where there are 32, so do
 * 10 rows, but then addresses do not: only a product of 9 or 10 rows in all,
 * which would be two tiles of 5, is faster so. */
#define WIDTHS 3
#define MOST_ROWS 10
#if defined(__AVX512F__) || defined(__aarch64__) /* 32 registers */
#define ROWS_OF(width) 8
#define ALL_ROWS(width) ((width) < 3 ? MOST_ROWS : 8)
#elif defined(__FMA__)
#define ROWS_OF(width) ((width) < 3 ? 6 : 4)
#else
#define ROWS_OF(width) ((width) < 3 ? 4 : 3)
#endif
#ifndef ALL_ROWS
#define ALL_ROWS(width) ROWS_OF(width)
#endif

/* Dot products that are summed together. */
#define FEW_REGISTERS (ROWS_OF(1) < 8)
#define DOT_ROWS (FEW_REGISTERS ? 2 : 4)
#define DOT_COLUMNS (FEW_REGISTERS ? 4 : 5)
#define MOST_DOT_COLUMNS 5
#define ROW_DOTS (FEW_REGISTERS ? 8 : 16) /* of a single row */
#define DOT (FEW_REGISTERS ? 4 : 1) /* what ends one, in vectors of k */
#define PACKING 5 /* operations to transpose a vector */

#define CHUNK 1024       /* of k, at most */
#define ROW_BLOCK 512    /* columns of a unit of a single row, at most */
#define ROWS_AT_ONCE 8   /* of b that a single row of sums adds */
#define PANEL 720        /* vectors */
#define BLOCK 256        /* columns of a unit, at most */
#define BLOCK_ROWS 512   /* and rows, which share the panels of b */
#define WHOLE_ROWS REEL__CHAIN_SHORT /* so many columns are never cut */
#define PACK_ROWS 96     /* from so many rows on a panel of b is worth it */
#define FETCH_STEPS 128  /* of k, from which on the result is asked for first */
#define AHEAD 32         /* steps of k by which b is asked for where it lies */
#define SMALL 32768      /* elements of b that a unit of whole rows reads */
#define UNITS 16         /* as many as a product is cut into while they are */
#define UNIT_WORK 131072 /* multiplications, more than this */
#define THIN 8 /* a size below which a product waits for memory ... */
#define THIN_WORK 4 /* ... and has units of so many times the work */

/* A product as it is computed. Strides of a, b, the result c and the addend d
 * along m, k and n. */
typedef struct product {
    int64_t m, k, n;
    int64_t am, ak, bk, bn, cm, cn, dm, dn;
    int64_t block_m, block_n; /* rows and columns of a unit */
    int64_t units_m, units_n;
    int64_t chunks; /* of k */
    bool turned;  /* it is the transpose of the one asked for */
    int64_t dots; /* from this column on vectors run along k */
    bool single;  /* a row, b's rows contiguous */
    bool pack;    /* b into panels */
    bool pack_a;  /* a into panels instead */
    int widest;   /* vectors of a tile, at most */
} product;

static int64_t ratio_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* ------------------------------------------------------------- orientation */

/* Vector operations, about, when vectors run along n. */
static double cost(int64_t m, int64_t k, int64_t n, int64_t bn, int64_t cn,
                   int lanes)
{
    double pack =
        bn == 1 ? 0 : 0.3 * (double)n * (double)ratio_up(m, BLOCK_ROWS);
    double put = cn == 1 ? 0 : 2.0 * (double)m * (double)n;
    return (double)k * ((double)m * (double)ratio_up(n, lanes) + pack) +
           put * (double)ratio_up(k, CHUNK);
}

/* When they run along k for the last n columns: a's elements are contiguous
 * there, and b's are or are put so into a panel. */
static double cost_of_dots(const product *p, int64_t n, int lanes)
{
    int64_t vectors = ratio_up(p->k, lanes);
    double pack = p->bk == 1 ? 0 : PACKING * (double)vectors * (double)n;
    if (!REEL__VECTORS || p->ak != 1 || p->k < lanes ||
        (p->bk != 1 && vectors * n > PANEL) ||
        (FEW_REGISTERS && p->bk != 1))
        return INFINITY;
    return (double)p->m * (double)n * ((double)vectors + DOT) + pack;
}

static double less(double a, double b)
{
    return a < b ? a : b;
}

static void swap(int64_t *a, int64_t *b)
{
    int64_t t = *a;
    *a = *b, *b = t;
}

static void turn(product *p)
{
    p->turned = true;
    swap(&p->m, &p->n);
    swap(&p->am, &p->bn);
    swap(&p->ak, &p->bk);
    swap(&p->cm, &p->cn);
    swap(&p->dm, &p->dn);
}

/* ------------------------------------------------------------------ blocks */

/* Cuts an axis into even blocks of at most `most`, multiples of `step`. */
static int64_t even(int64_t size, int64_t most, int64_t step)
{
    if (size <= most)
        return size > 0 ? size : 1;
    int64_t blocks = ratio_up(size, most);
    return ratio_up(ratio_up(size, blocks), step) * step;
}

/* `most`, halved while it is not below `size`. */
static int64_t least_half(int64_t most, int64_t size)
{
    while (most > 1 && most / 2 >= size)
        most /= 2;
    return most;
}

/* Threads that share what one of them has in its cache only disturb it. */
static double unit_work(const product *p)
{
    bool thin = p->m < THIN || p->k < THIN || p->n < THIN;
    return UNIT_WORK * (thin ? THIN_WORK : 1);
}

/* `columns` and `rows` are those of the result, whichever way it is computed.
 * Columns are halved first: a block's rows share what is read of b. But the
 * columns share a panel of a; and where b is small, whole rows of the result
 * are written while the lines where blocks would meet are in cache. */
static void cut_blocks(product *p, int lanes)
{
    int64_t *rows = p->turned ? &p->block_n : &p->block_m;
    int64_t *columns = p->turned ? &p->block_m : &p->block_n;
    int64_t m = p->turned ? p->n : p->m, n = p->turned ? p->m : p->n;
    int64_t row_step = p->turned ? 2 * lanes : ROWS_OF(2);
    int64_t column_step = p->turned ? ROWS_OF(2) : 2 * lanes;
    int64_t fewest = (p->bn == 1 || p->dots == 0) && !p->turned && !p->pack_a
                         ? 2 * row_step
                         : 64;
    bool small_b = p->bn == 1 && p->k * n <= SMALL && !FEW_REGISTERS;
    bool rows_first = !p->turned && (p->pack_a || small_b);
    double most_work = unit_work(p);
    int64_t most_m = least_half(p->turned ? BLOCK : BLOCK_ROWS, m);
    int64_t most_n = least_half(BLOCK, n);
    for (;;) {
        *rows = even(m, most_m, row_step);
        *columns = n <= WHOLE_ROWS ? (n > 0 ? n : 1)
                                   : even(n, most_n, column_step);
        double work = (double)*rows * (double)*columns * (double)p->k;
        double units =
            (double)ratio_up(m, *rows) * (double)ratio_up(n, *columns);
        if (units >= UNITS || work <= most_work)
            break;
        if (rows_first && most_m > fewest)
            most_m /= 2;
        else if (n > WHOLE_ROWS && most_n > 2 * column_step && most_n > 32)
            most_n /= 2;
        else if (most_m > fewest && most_m > row_step)
            most_m /= 2;
        else
            break;
    }
}

static void cut(product *p, int lanes)
{
    p->single = REEL__VECTORS && p->m == 1 && p->bn == 1 && p->dots == p->n;
    if (p->single)
        p->block_m = 1, p->block_n = even(p->n, ROW_BLOCK, lanes);
    else
        cut_blocks(p, lanes);
    p->units_m = ratio_up(p->m, p->block_m);
    p->units_n = ratio_up(p->n, p->block_n);
}

static product product_of(const reel__task *t, int lanes)
{
    int m = t->ndim - 3, k = m + 1, n = m + 2;
    product p = {.m = t->dim[m], .k = t->dim[k], .n = t->dim[n],
                 .am = t->stride[1][m], .ak = t->stride[1][k],
                 .bk = t->stride[2][k], .bn = t->stride[2][n],
                 .cm = t->stride[0][m], .cn = t->stride[0][n]};
    if (t->stride[3])
        p.dm = t->stride[3][m], p.dn = t->stride[3][n];
    double straight = cost(p.m, p.k, p.n, p.bn, p.cn, lanes);
    double turned = cost(p.n, p.k, p.m, p.am, p.cm, lanes);
    double dots = cost_of_dots(&p, p.n, lanes);
    int64_t whole = p.n / lanes * lanes; /* columns that fill vectors */
    double both = cost(p.m, p.k, whole, p.bn, p.cn, lanes) +
                  cost_of_dots(&p, p.n - whole, lanes);
    double least = less(less(straight, turned), less(dots, both));
    p.dots = least == dots ? 0 : least == both ? whole : p.n;
    if (p.dots == p.n && turned < straight) {
        turn(&p);
        p.dots = p.n;
    }
    p.pack_a = p.dots == p.n && p.am == 1 && p.ak != 1 && p.bn == 1 &&
               p.k > 128 && p.m >= PACK_ROWS && p.n >= PACK_ROWS;
    cut(&p, lanes);
    p.pack_a = p.pack_a && p.block_n >= PACK_ROWS;
    int64_t vectors = ratio_up(p.dots, lanes);
    p.pack = p.pack_a || p.bn != 1 || p.block_m >= PACK_ROWS ||
             (vectors <= WIDTHS && p.dots % lanes != 0);
    p.widest = vectors <= WIDTHS ? (int)(vectors + (vectors == 0))
               : p.pack          ? 2 /* so that a panel holds more of k */
                                 : WIDTHS;
    int64_t most = p.pack ? PANEL / p.widest : CHUNK;
    p.chunks = p.k > most ? ratio_up(p.k, most) : 1;
    return p;
}

static int lanes_of(reel_dtype dtype)
{
    return dtype == REEL_F64 ? REEL__LANES_F64 : REEL__LANES_F32;
}

reel__share reel__matmul_share(const reel__task *task, reel_dtype dtype)
{
    product p = product_of(task, lanes_of(dtype));
    double work = (double)p.block_m * (double)p.block_n * (double)p.k;
    int64_t batch = reel__points(task, 0, task->ndim - 3);
    int64_t grain = (int64_t)(unit_work(&p) / (work > 1 ? work : 1));
    return (reel__share){.units = batch * p.units_m * p.units_n,
                         .grain = grain > 1 ? grain : 1};
}

/* ------------------------------------------------------------------ dtypes */

/* A number for each lane of a vector of so many. */
#define LANES_2(f, h) f(0, h), f(1, h)
#define LANES_4(f, h) LANES_2(f, h), f(2, h), f(3, h)
#define LANES_8(f, h) LANES_4(f, h), f(4, h), f(5, h), f(6, h), f(7, h)
#define LANES_16(f, h)                                                  \
    LANES_8(f, h), f(8, h), f(9, h), f(10, h), f(11, h), f(12, h),      \
        f(13, h), f(14, h), f(15, h)

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)

#define T float
#if REEL__VECTOR == 64
#define LANES_OF LANES_16
#elif REEL__VECTOR == 32
#define LANES_OF LANES_8
#else
#define LANES_OF LANES_4
#endif
#define V reel__vf32
#define VI reel__vi32
#define LOOSE reel__loose_f32
#define INDEX int32_t
#define LANES REEL__LANES_F32
#define NAME f32
#include "kernels/matmul_of.h"

#define T double
#if REEL__VECTOR == 64
#define LANES_OF LANES_8
#elif REEL__VECTOR == 32
#define LANES_OF LANES_4
#else
#define LANES_OF LANES_2
#endif
#define V reel__vf64
#define VI reel__vi64
#define LOOSE reel__loose_f64
#define INDEX int64_t
#define LANES REEL__LANES_F64
#define NAME f64
#include "kernels/matmul_of.h"

reel__kernel *reel__matmul_find(reel_dtype in)
{
    return in == REEL_F32   ? matmul_f32
           : in == REEL_F64 ? matmul_f64
                            : NULL;
}
