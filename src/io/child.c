/* child.c: see child.h.
 *
 * SPDX-License-Identifier: MIT */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#define environ (*_NSGetEnviron()) /* not to be had in a library otherwise */
#else
extern char **environ;
#endif

int reel__child_start(pid_t *child, const char *const *arguments, int in,
                      int out, int err)
{
    posix_spawn_file_actions_t files;
    int errnum = posix_spawn_file_actions_init(&files);

    if (errnum)
        return errnum;
    errnum = posix_spawn_file_actions_adddup2(&files, in, 0);
    if (!errnum)
        errnum = posix_spawn_file_actions_adddup2(&files, out, 1);
    if (!errnum)
        errnum = err < 0 ? posix_spawn_file_actions_addopen(
                               &files, 2, "/dev/null", O_WRONLY, 0)
                         : posix_spawn_file_actions_adddup2(&files, err, 2);
    if (!errnum) /* it takes char *const *, and changes nothing */
        errnum = posix_spawnp(child, arguments[0], &files, NULL,
                              (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return errnum;
}

int reel__child_wait(pid_t child, int *how)
{
    pid_t pid;

    do
        pid = waitpid(child, how, 0);
    while (pid < 0 && errno == EINTR);
    return pid < 0 ? errno : 0;
}
