/* sink.c: writes a file beside its place and renames it there when it is
 * whole and on the disk, so that no crash leaves half a file.
 *
 * SPDX-License-Identifier: MIT */
#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/report.h"

/* Names tried before giving up: other threads may be saving to this path, and
 * crashes may have left files. */
#define ATTEMPTS 100

/* open with O_EXCL rather than mkstemp, which would not heed the umask. */
static int open_new(char *name, size_t size, const char *path)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int fd;

        snprintf(name, size, "%s.%ld-%d.tmp", path, (long)getpid(), attempt);
        do
            fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        while (fd < 0 && errno == EINTR);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

reel_status reel__sink_open(reel__sink *sink, const char *path,
                            reel_error *error)
{
    size_t size = strlen(path) + 40; /* room for the pid and the attempt */

    *sink = (reel__sink){.path = path, .temporary = malloc(size), .fd = -1};
    if (!sink->temporary)
        return reel__report_memory(error, path, size);
    sink->fd = open_new(sink->temporary, size, path);
    if (sink->fd >= 0)
        return REEL_OK;

    /* Only names that are taken are worth telling: they can be removed. */
    const char *name = errno == EEXIST ? sink->temporary : path;
    reel_status status = reel__report_errno(error, name, errno);

    free(sink->temporary);
    return status;
}

reel_status reel__sink_write(reel__sink *sink, const void *bytes, size_t size,
                             reel_error *error)
{
    const char *next = bytes;

    while (size > 0) {
        ssize_t n = write(sink->fd, next, size < INT_MAX ? size : INT_MAX);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return reel__report_errno(error, sink->path, errno);
        next += n;
        size -= (size_t)n;
    }
    return REEL_OK;
}

static int sync_file(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Makes a rename durable: the folder's entries are data of their own. Cuts
 * `name`, a file in the folder, down to the folder's. */
static reel_status sync_folder(char *name, reel_error *error)
{
    char *slash = strrchr(name, '/');

    if (slash)
        slash[slash == name] = '\0';
    else
        strcpy(name, ".");

    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    reel_status status = REEL_OK;

    if (fd < 0)
        /* A folder that may be written but not read cannot be synced. */
        return errno == EACCES ? REEL_OK
                               : reel__report_errno(error, name, errno);
    /* EINVAL: a file system where no folder can be. */
    if (sync_file(fd) != 0 && errno != EINVAL)
        status = reel__report_errno(error, name, errno);
    close(fd);
    return status;
}

reel_status reel__sink_close(reel__sink *sink, reel_status status,
                             reel_error *error)
{
    if (status == REEL_OK && sync_file(sink->fd) != 0)
        status = reel__report_errno(error, sink->path, errno);
    if (close(sink->fd) != 0 && status == REEL_OK && errno != EINTR)
        status = reel__report_errno(error, sink->path, errno);
    if (status == REEL_OK && rename(sink->temporary, sink->path) != 0)
        status = reel__report_errno(error, sink->path, errno);
    if (status == REEL_OK)
        status = sync_folder(sink->temporary, error);
    else
        unlink(sink->temporary);
    free(sink->temporary);
    return status;
}
