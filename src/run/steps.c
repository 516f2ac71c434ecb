/* run/steps.c: going through the steps, by one thread or several.
 *
 * A step's units are cut into pieces of its grain, by size alone, so results do
 * not depend on the number of threads. All threads of a run go through the
 * steps in order: each takes the pieces of its share, then what is left of the
 * others', then waits until all of them are done. A share is the same part of
 * every step, so that a thread mostly finds in its own cache what it wrote and
 * read in the steps before. A thread that the system has not let run holds no
 * piece, so the others do its share instead of waiting for it, and it catches
 * up by finding nothing left to do.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/chain.h"
#include "run/run.h"

#if defined(_OPENMP) && !defined(__STDC_NO_ATOMICS__)
#define THREADS 1
#include <omp.h>
#include <sched.h>
#include <stdatomic.h>
#else
#define THREADS 0
#endif

static void *resolve(const reel__operand *o, void *const *base)
{
    return (char *)base[o->base] + o->offset;
}

static void run_flat(const reel__step *s, void *const *base, int *bad_index)
{
    reel__task task; /* to clear all of it would take as long as some steps */
    task.data[0] = resolve(s->operand, base);
    task.flat = s->flat;
    task.operand = s->operand;
    task.base = base;
    task.bad_index = bad_index;
    s->run(&task, 0, s->units);
}

static void run_units(const reel__step *s, void *const *base, int *bad_index,
                      int64_t begin, int64_t end)
{
    static const reel__attributes none;
    if (s->flat) {
        run_flat(s, base, bad_index);
        return;
    }
    if (s->custom) {
        reel__run_custom(s, base);
        return;
    }
    const reel__attributes *a = s->attributes ? s->attributes : &none;
    void *chain_data[REEL__CHAIN_OPERANDS];
    reel__task task = {.ndim = s->ndim, .nred = s->nred, .dim = s->geometry,
                       .f = a->f, .i = a->i, .chain = s->chain,
                       .chain_data = chain_data};
    for (int k = 0; k < s->own; k++) {
        task.data[k] = resolve(&s->operand[k], base);
        task.stride[k] = s->geometry + (size_t)(k + 1) * s->ndim;
    }
    for (int k = s->own; k < s->operands; k++)
        chain_data[k - s->own] = resolve(&s->operand[k], base);
    /* A chain's instructions have slots of their own. */
    task.bad_index = s->check == REEL__NONE ? bad_index : bad_index + s->check;
    s->run(&task, begin, end);
}

void reel__run_steps(const reel__step *step, size_t count, void *const *base,
                     int *bad_index)
{
    for (size_t i = 0; i < count; i++)
        run_units(&step[i], base, bad_index, 0, step[i].units);
}

/* ----------------------------------------------------------------- threads */

#if THREADS

#define SPINS 2000 /* looks before the processor is offered to others */
#define SHARES 8   /* at most: more threads have some of them in common */

/* Pieces of a step that are not done, and how many of each share are taken. */
struct reel__turn {
    atomic_llong left, taken[SHARES];
};

static atomic_int wanted_threads; /* 0: as OpenMP says */

void reel_set_threads(int n)
{
    atomic_store(&wanted_threads, n < 1 ? 0 : n);
}

int reel__threads_set(void)
{
    return atomic_load(&wanted_threads);
}

int reel_threads(void)
{
    int n = atomic_load(&wanted_threads);
    return n ? n : omp_get_max_threads();
}

struct reel__turn *reel__turns_new(const reel_program *p)
{
    return reel__alloc(&p->allocator,
                       (p->steps.count + 1) * sizeof(struct reel__turn));
}

void reel__turns_free(const reel_program *p, struct reel__turn *turn)
{
    reel__free(&p->allocator, turn, (p->steps.count + 1) * sizeof *turn);
}

static int64_t pieces_of(const reel__step *s)
{
    return s->units / s->grain + (s->units % s->grain != 0);
}

static void wait_for(struct reel__turn *turn)
{
    for (int looks = 0;
         atomic_load_explicit(&turn->left, memory_order_acquire) > 0;)
        if (++looks > SPINS)
            sched_yield();
}

/* Does what is left of pieces [first, last) of step i, one of its shares. */
static void take_share(const reel_workspace *w, size_t i, int share,
                       int64_t first, int64_t last)
{
    const reel__step *s = &w->program->steps.step[i];
    struct reel__turn *turn = &w->turn[i];
    int64_t k;
    while ((k = first + atomic_fetch_add_explicit(&turn->taken[share], 1,
                                                  memory_order_relaxed)) <
           last) {
        int64_t begin = k * s->grain, left = s->units - begin;
        run_units(s, w->base, w->bad_index, begin,
                  left < s->grain ? s->units : begin + s->grain);
        atomic_fetch_sub_explicit(&turn->left, 1, memory_order_release);
    }
}

/* What each thread does. */
static void take_part(const reel_workspace *w, size_t from, size_t to)
{
    int threads = omp_get_num_threads(), me = omp_get_thread_num();
    for (size_t i = from; i < to; i++) {
        int64_t pieces = pieces_of(&w->program->steps.step[i]);
        int most = threads < SHARES ? threads : SHARES;
        int shares = pieces < most ? (int)pieces : most;
        for (int k = 0; k < shares; k++) {
            int share = (me + k) % shares;
            take_share(w, i, share, share * pieces / shares,
                       (share + 1) * pieces / shares);
        }
        wait_for(&w->turn[i]);
    }
}

void reel__run_part(reel_workspace *w, size_t from, size_t to)
{
    const reel_program *p = w->program;
    if (from == to) /* there may be no steps at all */
        return;
    int threads = p->parallel ? reel_threads() : 1;
    if (threads == 1 || omp_in_parallel()) {
        reel__run_steps(p->steps.step + from, to - from, w->base,
                        w->bad_index);
        return;
    }
    for (size_t i = from; i < to; i++) {
        for (int k = 0; k < SHARES; k++)
            atomic_init(&w->turn[i].taken[k], 0);
        atomic_init(&w->turn[i].left, pieces_of(&p->steps.step[i]));
    }
#pragma omp parallel num_threads(threads)
    take_part(w, from, to);
}

#else

struct reel__turn {
    char none;
};

void reel_set_threads(int n)
{
    (void)n;
}

int reel__threads_set(void)
{
    return 0;
}

int reel_threads(void)
{
    return 1;
}

struct reel__turn *reel__turns_new(const reel_program *p)
{
    return reel__alloc(&p->allocator, sizeof(struct reel__turn));
}

void reel__turns_free(const reel_program *p, struct reel__turn *turn)
{
    reel__free(&p->allocator, turn, sizeof *turn);
}

void reel__run_part(reel_workspace *w, size_t from, size_t to)
{
    if (from < to) /* there may be no steps at all */
        reel__run_steps(w->program->steps.step + from, to - from, w->base,
                        w->bad_index);
}

#endif
