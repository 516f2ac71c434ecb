/* tests/bench/gemm.c: matrix products, beside those of OpenBLAS and BLIS where
 * they are installed, and beside the multiply-adds that the machine can do.
 *
 * SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <stdatomic.h>
#endif

#include "kernels/kernels.h"
#include "machine.h"

enum { ROW_MAJOR = 101, AS_IT_LIES = 111, TRANSPOSED = 112 };

typedef void sgemm(int order, int ta, int tb, int m, int n, int k, float alpha,
                   const float *a, int lda, const float *b, int ldb, float beta,
                   float *c, int ldc);
typedef void dgemm(int order, int ta, int tb, int m, int n, int k, double alpha,
                   const double *a, int lda, const double *b, int ldb,
                   double beta, double *c, int ldc);

typedef struct product {
    reel_dtype dtype;
    bool ta, tb;
    int m, k, n, threads;
    void *a, *b, *c;
    reel__share share; /* Reel's, which a program has from its compilation */
    sgemm *f32; /* of the peer */
    dgemm *f64;
} product;

/* ------------------------------------------------------------------- peers */

typedef struct peer {
    const char *name, *file, *threads; /* threads: a function that sets them */
    void *library;
} peer;

static peer peers[] = {
    {"openblas", "libopenblas.so.0", "openblas_set_num_threads", NULL},
    {"blis", "libblis.so.4", "bli_thread_set_num_threads", NULL},
};

enum { PEERS = sizeof peers / sizeof *peers };

/* A function's address as what it is: ISO C has no cast from void *. */
#define SYMBOL(function, library, name) \
    (*(void **)(void *)&(function) = dlsym(library, name))

static void open_peers(void)
{
    unsetenv("OPENBLAS_CORETYPE"); /* wrong ones halve its speed */
    unsetenv("OPENBLAS_L2_SIZE");
    for (int i = 0; i < PEERS; i++)
        if (!(peers[i].library = dlopen(peers[i].file, RTLD_NOW | RTLD_LOCAL)))
            fprintf(stderr, "gemm: skipping %s: %s is not installed\n",
                    peers[i].name, peers[i].file);
}

static bool prepare_peer(const peer *by, product *p)
{
    void (*set_int)(int) = NULL;
    if (!by->library)
        return false;
    SYMBOL(set_int, by->library, by->threads);
    SYMBOL(p->f32, by->library, "cblas_sgemm");
    SYMBOL(p->f64, by->library, "cblas_dgemm");
    if (!set_int || !p->f32 || !p->f64)
        bench_die("%s: %s lacks a function", by->name, by->file);
    set_int(p->threads);
    return true;
}

static void run_peer(void *with)
{
    const product *p = with;
    int ta = p->ta ? TRANSPOSED : AS_IT_LIES, lda = p->ta ? p->m : p->k;
    int tb = p->tb ? TRANSPOSED : AS_IT_LIES, ldb = p->tb ? p->k : p->n;
    if (p->dtype == REEL_F32)
        p->f32(ROW_MAJOR, ta, tb, p->m, p->n, p->k, 1, p->a, lda, p->b, ldb, 0,
               p->c, p->n);
    else
        p->f64(ROW_MAJOR, ta, tb, p->m, p->n, p->k, 1, p->a, lda, p->b, ldb, 0,
               p->c, p->n);
}

/* -------------------------------------------------------------------- Reel */

/* The kernel alone, shared out as a program does it (run/steps.c): what is a
 * single piece runs on one thread (compile/compile.c). */
static void run_reel(void *with)
{
    product *p = with;
    const double one[2] = {1, 0};
    int64_t dim[] = {p->m, p->k, p->n};
    int64_t a[] = {p->ta ? 1 : p->k, p->ta ? p->m : 1, 0};
    int64_t b[] = {0, p->tb ? 1 : p->n, p->tb ? p->k : 1};
    int64_t c[] = {p->n, 0, 1};
    reel__task t = {.ndim = 3, .nred = 1, .dim = dim, .f = one,
                    .data = {p->c, p->a, p->b}, .stride = {c, a, b}};
    if (p->share.units == 0)
        p->share = reel__product_share(&t, p->dtype);
    reel__share s = p->share;
    reel__kernel *kernel =
        reel__kernel_find(REEL__K_matmul, p->dtype, p->dtype);
    if (p->threads == 1 || s.units <= s.grain) {
        kernel(&t, 0, s.units);
        return;
    }
#ifdef _OPENMP
    atomic_llong taken = 0;
#pragma omp parallel num_threads(p->threads)
    for (int64_t u; (u = atomic_fetch_add(&taken, s.grain)) < s.units;)
        kernel(&t, u, s.units - u < s.grain ? s.units : u + s.grain);
#endif
}

/* ------------------------------------------------------------------ compare */

/* n elements between -1/2 and 1/2. */
static void *numbers(reel_dtype dtype, size_t n)
{
    size_t bytes = n * reel_dtype_size(dtype);
    void *data = aligned_alloc(BENCH_ALIGNMENT, bytes / BENCH_ALIGNMENT *
                                    BENCH_ALIGNMENT + BENCH_ALIGNMENT);
    if (!data)
        bench_die("no memory");
    for (size_t i = 0; i < n; i++) {
        double value = (double)(i * 7919 % 1009) / 1009 - 0.5;
        if (dtype == REEL_F32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
    return data;
}

/* What the machine can do at best: multiply-adds in registers or, where a size
 * is 1 and each element of the largest operand is used once, reading as many
 * bytes from where they lie. */
typedef struct limit {
    bool by_bytes;
    bench_peak peak;
    bench_load load;
    double bytes; /* of the largest operand */
} limit;

static limit limit_of(const product *p)
{
    size_t size = reel_dtype_size(p->dtype);
    size_t mk = (size_t)p->m * (size_t)p->k, kn = (size_t)p->k * (size_t)p->n;
    size_t mn = (size_t)p->m * (size_t)p->n, most = mk > kn ? mk : kn;
    limit l = {.by_bytes = p->m == 1 || p->k == 1 || p->n == 1,
               .peak = {p->dtype, p->threads}};
    if (most < mn)
        most = mn;
    l.bytes = (double)(most * size);
    l.load = (bench_load){
        .bytes = (most * size / (size_t)p->threads / 1024 + 1) * 1024,
        .threads = p->threads};
    l.load.data = numbers(REEL_F32, l.load.bytes / 4 * (size_t)p->threads);
    return l;
}

static void run_limit(void *with)
{
    limit *l = with;
    if (l->by_bytes)
        bench_load_run(&l->load);
    else
        bench_peak_run(&l->peak);
}

/* GFLOP/s, given the seconds of a run. */
static double rate_of(const limit *l, const product *p, double seconds)
{
    double flops = 2.0 * p->m * p->k * p->n;
    double times = l->by_bytes ? bench_load_bytes(&l->load) / l->bytes
                               : bench_peak_flops(&l->peak) / flops;
    return times * flops / seconds * 1e-9;
}

/* Idle threads of one library spin for a while and would take the cores from
 * the next, so that one that has threads runs alone: Reel with the machine's
 * own, which share OpenMP's, then each peer. */
static void compare_apart(bench_contender *c, size_t own, size_t count)
{
    const struct timespec rest = {0, 200 * 1000 * 1000};
    bench_compare(c, own);
    for (size_t i = own; i < count; i++) {
        nanosleep(&rest, NULL);
        bench_compare(&c[i], 1);
    }
    nanosleep(&rest, NULL);
}

static void compare(product p)
{
    enum { MACHINE, REEL, PINGS, OWN };
    product of_peer[PEERS];
    limit best = limit_of(&p);
    const char *by[OWN + PEERS] = {"machine", "reel", "machine"};
    bench_contender c[OWN + PEERS] = {{run_limit, &best, 0},
                                      {run_reel, &p, 0},
                                      {bench_ping_pong_run, NULL, 0}};
    size_t own = p.threads > 1 ? OWN : PINGS, count = own;
    char name[64], more[32];

    p.a = numbers(p.dtype, (size_t)p.m * (size_t)p.k);
    p.b = numbers(p.dtype, (size_t)p.k * (size_t)p.n);
    p.c = numbers(p.dtype, (size_t)p.m * (size_t)p.n);
    for (int i = 0; i < PEERS; i++) {
        of_peer[i] = p;
        if (!prepare_peer(&peers[i], &of_peer[i]))
            continue;
        by[count] = peers[i].name;
        c[count++] = (bench_contender){run_peer, &of_peer[i], 0};
    }
    if (p.threads == 1)
        bench_compare(c, count);
    else
        compare_apart(c, own, count);
    snprintf(name, sizeof name, "gemm.%s.%c%c.%dx%dx%d",
             reel_dtype_name(p.dtype), p.ta ? 't' : 'n', p.tb ? 't' : 'n', p.m,
             p.k, p.n);
    snprintf(more, sizeof more, "pingpong_ns=%.0f",
             c[PINGS].seconds / BENCH_PINGS * 1e9);
    for (size_t i = REEL; i < count; i += i == REEL ? own - REEL : 1)
        bench_print((bench_line){
            .name = name, .by = by[i], .threads = p.threads, .unit = "GFLOP/s",
            .value = 2e-9 * p.m * p.k * p.n / c[i].seconds,
            .limit = rate_of(&best, &p, c[MACHINE].seconds),
            .more = i == REEL && own == OWN ? more : NULL});
    free(p.a), free(p.b), free(p.c), free(best.load.data);
}

int main(int argc, char **argv)
{
    static const struct {
        reel_dtype dtype;
        const char *layouts;
        int m, k, n;
    } shape[] = {
        {REEL_F32, "nn", 64, 784, 300},
        {REEL_F32, "tn", 784, 64, 300},
        {REEL_F32, "nn", 1024, 784, 300},
        {REEL_F32, "tn", 784, 1024, 300},
        {REEL_F32, "nn tn nt", 64, 300, 10},
        {REEL_F32, "nn tn nt", 300, 64, 10},
        {REEL_F32, "nn tn nt", 64, 10, 300},
        {REEL_F32, "nn", 1, 784, 300},
        {REEL_F32, "nt", 1, 300, 784},
        {REEL_F32, "tn", 784, 1, 300},
        {REEL_F32, "nn tn nt", 512, 512, 512},
        {REEL_F32, "nn tn nt", 1024, 1024, 1024},
        {REEL_F32, "nn", 2048, 2048, 2048},
        {REEL_F64, "nn", 64, 784, 300},
        {REEL_F64, "tn", 784, 64, 300},
        {REEL_F64, "nn tn nt", 64, 300, 10},
        {REEL_F64, "nn", 512, 512, 512},
        {REEL_F64, "nn tn", 1024, 1024, 1024},
    };

    bench_start(argc, argv,
                "Matrix products MxKxN: 64x784x300 is 64x784 by 784x300. nn: "
                "as they lie, tn: the\nleft operand transposed, nt: the right "
                "one. limit: multiply-adds in registers or,\nwhere a size is "
                "1, reading the largest operand.");
    open_peers();
    for (int threads = 1; threads <= bench_threads(); threads++)
        for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
            for (const char *l = shape[i].layouts; *l; l += l[2] ? 3 : 2) {
                int by = bench_quick ? 16 : 1; /* part of each size */
                compare((product){.dtype = shape[i].dtype, .ta = l[0] == 't',
                                  .tb = l[1] == 't', .threads = threads,
                                  .m = (shape[i].m + by - 1) / by,
                                  .k = (shape[i].k + by - 1) / by,
                                  .n = (shape[i].n + by - 1) / by});
            }
    return bench_finish();
}
