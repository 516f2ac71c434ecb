/* run/run.h: what a workspace holds, and running steps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_RUN_H
#define REEL_RUN_H

#include "compile/compile.h"

struct reel_workspace {
    const reel_program *program;
    void **base;        /* see compile.h */
    const void **bound; /* per leaf: this workspace's own binding, or NULL */
    void *arena;
    struct reel__turn *turn; /* per step, for threads: see steps.c */
    int *bad_index;     /* per check of the program */
    unsigned char *mark; /* per watched node: see anomaly.c */
    reel__failure failure;
    bool ran;
    char message[512];
};

/* run/steps.c. Steps [from, to) of the workspace's program, by as many threads
 * as it is worth. */
void reel__run_part(reel_workspace *w, size_t from, size_t to);
struct reel__turn *reel__turns_new(const reel_program *p);
void reel__turns_free(const reel_program *p, struct reel__turn *turn);

/* run/custom.c. A custom step, unless one before it in the run has failed. */
void reel__run_custom(const reel__step *step, void *const *base);
/* What reel_set_threads was told last, 0 if nothing. */
int reel__threads_set(void);

/* run/workspace.c: reel_run_in; with a stamp, its steps by reel__run_stamped. */
reel_status reel__run_in(const reel_program *p, reel_workspace *w,
                         double *stamp);

/* run/anomaly.c. Whether all outputs of a program in anomaly mode are finite;
 * the workspace's message says what is not. */
bool reel__all_finite(reel_workspace *w);

/* run/keep.c. What reel_data of the outputs gives: this run's values, or no
 * longer. */
void reel__publish(reel_program *p);
void reel__unpublish(reel_program *p);

/* run/program.c: reel_run, likewise. */
reel_status reel__run_program(reel_program *p, double *stamp);

/* run/profile.c: the same as reel__run_part, one step at a time: the moment
 * after step i goes to stamp[i + 1]. */
void reel__run_stamped(reel_workspace *w, size_t from, size_t to,
                       double *stamp);

/* run/cost.c. The step's kernels, "matmul+add+sigmoid", in the manner of
 * snprintf; the dimensions of its index space; a run's floating-point
 * operations, and the bytes of what it reads and writes (profile.h). */
size_t reel__step_name(const reel__step *s, char *text, size_t size);
const int64_t *reel__step_space(const reel__step *s, int *ndim);
double reel__step_flops(const reel__step *s);
double reel__step_bytes(const reel__step *s);

/* Seconds since some moment (run/profile.c). */
double reel__now(void);

#endif /* REEL_RUN_H */
