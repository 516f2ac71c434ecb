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
    bool ran;
    char message[512];
};

/* run/steps.c. Steps [from, to) of the workspace's program, by as many threads
 * as it is worth. */
void reel__run_part(reel_workspace *w, size_t from, size_t to);
struct reel__turn *reel__turns_new(const reel_program *p);
void reel__turns_free(const reel_program *p, struct reel__turn *turn);

#endif /* REEL_RUN_H */
