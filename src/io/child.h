/* child.h: other programs, found on PATH and started without a shell.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_CHILD_H
#define REEL_IO_CHILD_H

#include <sys/types.h>

/* What a child exits with when the program cannot be started, where
 * posix_spawnp cannot tell. */
#define REEL__CHILD_NOT_FOUND 127

/* Starts arguments[0], whose standard files become in, out and err; err -1:
 * /dev/null. They must be above 2 (reel__private_fd). Returns an errno: ENOENT
 * where there is no such program. */
int reel__child_start(pid_t *child, const char *const *arguments, int in,
                      int out, int err);

/* Waits for its end; *how is waitpid's status. Returns an errno: ECHILD where
 * the process ignores SIGCHLD. */
int reel__child_wait(pid_t child, int *how);

#endif /* REEL_IO_CHILD_H */
