/* grad/team.c: jobs spread over threads. Which thread does which job makes no
 * difference to what comes out.
 *
 * SPDX-License-Identifier: MIT */
#include "grad/check.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

static void in_turn(int64_t count,
                    void (*job)(void *context, int thread, int64_t i),
                    void *context)
{
    for (int64_t i = 0; i < count; i++)
        job(context, 0, i);
}

void reel__team(int threads, int64_t count,
                void (*job)(void *context, int thread, int64_t i),
                void *context)
{
#if defined(_OPENMP)
    if (threads > 1 && count > 1 && !omp_in_parallel()) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (int64_t i = 0; i < count; i++)
            job(context, omp_get_thread_num(), i);
        return;
    }
#else
    (void)threads;
#endif
    in_turn(count, job, context);
}

reel__probe *reel__probes_new(const reel__subject *s, int threads)
{
    const reel_allocator *a = &s->tape->allocator;
    size_t bytes = (size_t)threads * sizeof(reel__probe);
    reel__probe *probe = reel__alloc_zeroed(a, bytes);
    for (int i = 0; probe && i < threads; i++) {
        if (reel__probe_open(&probe[i], s->function, s->y, s->xs, s->v))
            continue;
        reel__probes_free(s, probe, threads);
        probe = NULL;
    }
    return probe ? probe : reel__no_memory(s->tape, "gradcheck");
}

void reel__probes_free(const reel__subject *s, reel__probe *probe, int threads)
{
    for (int i = 0; probe && i < threads; i++)
        reel__probe_close(&probe[i]);
    reel__free(&s->tape->allocator, probe, (size_t)threads * sizeof *probe);
}
