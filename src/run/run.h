/* run/run.h: what a workspace holds.
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
    int *bad_index;     /* per check of the program */
    bool ran;
    char message[512];
};

#endif /* REEL_RUN_H */
