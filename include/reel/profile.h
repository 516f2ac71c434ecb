/* reel/profile.h: where a program's time goes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PROFILE_H
#define REEL_PROFILE_H

#include <stdio.h>
#include <reel/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A step of a program, in the order of running. */
typedef struct reel_profile_step {
    const char *kernel; /* "matmul+add+sigmoid": what was fused into one step */
    int ndim;           /* its index space; of a product: batch, m, k, n */
    int64_t dim[REEL_MAX_DIMS + 1];
    double flops; /* of a run: 2mnk of a product; of an elementwise op and of a
                   * reduction one a point, whatever the op; none of copies,
                   * casts and indexing */
    double bytes; /* of a run: every element that it reads or writes, once */
    double seconds;      /* of all runs */
    double began, ended; /* seconds from the start of the last run */
} reel_profile_step;

/* What the profiled runs of one program added up to. Start with {0}; other
 * members than those named here are Reel's. */
typedef struct reel_profile {
    int64_t runs;
    double seconds; /* of all runs, from start to end; the steps' sum and what
                     * is spent around them */
    size_t count;   /* steps */
    reel_profile_step *step;
    const reel_program *program;
    reel_allocator allocator;
    double *stamp;
    size_t block_bytes;
} reel_profile;

/* reel_run, and adds the time of each step to the profile. Steps are run one by
 * one, each by all threads, so several threads take longer than in reel_run by
 * what it costs to start them for each step. Values are the same to the bit. A
 * run that fails adds nothing. Errors as reel_run; REEL_EVALUE too when profile
 * is NULL or of another program. From the second run on nothing is
 * allocated. */
REEL_API reel_status reel_run_profiled(reel_program *program,
                                       reel_profile *profile);

/* A table: a line for all of a run, one for each step: its microseconds and
 * share of the run, GFLOP/s, GB/s, kernels and index space. REEL_ESTATE when
 * nothing was run, REEL_EIO when the stream refuses, REEL_EVALUE for NULL. */
REEL_API reel_status reel_profile_print(const reel_profile *profile,
                                        FILE *stream);

/* The last run as JSON in Chrome's trace event format (complete events, phase
 * "X"), for chrome://tracing and ui.perfetto.dev. Errors as
 * reel_profile_print. */
REEL_API reel_status reel_profile_write_trace(const reel_profile *profile,
                                              FILE *stream);

/* Frees what the profile holds and makes it {0}. Before or after its program.
 * NULL and {0} are fine. */
REEL_API void reel_profile_free(reel_profile *profile);

#ifdef __cplusplus
}
#endif
#endif /* REEL_PROFILE_H */
