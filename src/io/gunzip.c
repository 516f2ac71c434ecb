/* gunzip.c: unpacks a file through a `gzip -dc` child, started without a
 * shell, so that Reel needs no compression library.
 *
 * SPDX-License-Identifier: MIT */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child.h"
#include "io/report.h"

static reel_status no_gzip(const reel__source *source, reel_error *error)
{
    return reel__report(error, REEL_EIO, source->name,
                        "compressed, and there is no gzip on PATH to unpack "
                        "it: install gzip or unpack the file");
}

/* Its complaints go nowhere, because the library prints nothing: the exit
 * status says enough. Returns an errno. */
static int spawn(pid_t *child, int in, int out)
{
    static const char *const arguments[] = {"gzip", "-dc", NULL};

    return reel__child_start(child, arguments, in, out, -1);
}

/* POSIX.1-2008 has no pipe2: a child that another thread forks between pipe
 * and fcntl inherits the pipe, and the end of the data is not seen before that
 * child ends or execs. Returns an errno. */
static int private_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return errno;
    ends[0] = reel__private_fd(ends[0]);
    if (ends[0] < 0) {
        int errnum = errno;

        close(ends[1]);
        return errnum;
    }
    ends[1] = reel__private_fd(ends[1]);
    if (ends[1] < 0) {
        int errnum = errno;

        close(ends[0]);
        return errnum;
    }
    return 0;
}

reel_status reel__gunzip_start(reel__source *source, reel_error *error)
{
    int ends[2];
    int errnum = private_pipe(ends);

    if (errnum)
        return reel__report_errno(error, source->name, errnum);
    errnum = spawn(&source->child, source->fd, ends[1]);
    close(ends[1]);
    if (errnum) {
        close(ends[0]);
        return errnum == ENOENT
                   ? no_gzip(source, error)
                   : reel__report(error, REEL_EIO, source->name,
                                  "cannot start gzip to unpack it: %s",
                                  strerror(errnum));
    }
    close(source->fd);
    source->fd = ends[0];
    return REEL_OK;
}

reel_status reel__gunzip_finish(reel__source *source, reel_error *error)
{
    int how = 0, errnum = reel__child_wait(source->child, &how);

    source->child = 0;
    if (errnum)
        return reel__report(error, REEL_EIO, source->name,
                            "cannot learn whether gzip unpacked all of it: %s "
                            "(does the program ignore SIGCHLD?)",
                            strerror(errnum));
    if (WIFSIGNALED(how))
        return reel__report(error, REEL_EIO, source->name,
                            "gzip was killed by signal %d while unpacking it",
                            WTERMSIG(how));
    if (WEXITSTATUS(how) == REEL__CHILD_NOT_FOUND)
        return no_gzip(source, error);
    if (WEXITSTATUS(how) != 0)
        return reel__report(error, REEL_EFORMAT, source->name,
                            "truncated or corrupt: gzip cannot unpack it "
                            "(exit status %d)",
                            WEXITSTATUS(how));
    return REEL_OK;
}
