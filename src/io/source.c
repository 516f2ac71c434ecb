/* source.c: bytes from a file, a gzip child or memory, read in order.
 *
 * SPDX-License-Identifier: MIT */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/report.h"

void reel__source_memory(reel__source *source, const void *bytes, size_t size,
                         const char *name)
{
    *source = (reel__source){
        .name = name, .memory = size ? bytes : (const void *)"",
        .fd = -1, .sized = true, .left = size,
    };
}

int reel__private_fd(int fd)
{
    if (fd < 0 || (fd > 2 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0))
        return fd;

    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3), errnum = errno;

    close(fd);
    errno = errnum;
    return moved;
}

static int open_file(const char *path)
{
    int fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return reel__private_fd(fd);
}

static bool is_gzip(int fd)
{
    unsigned char magic[2];

    return pread(fd, magic, 2, 0) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
}

reel_status reel__source_open(reel__source *source, const char *path,
                              bool unpack, reel_error *error)
{
    struct stat file;
    reel_status status = REEL_OK;

    *source = (reel__source){.name = path, .fd = open_file(path)};
    if (source->fd < 0)
        return reel__report_errno(error, path, errno);
    if (fstat(source->fd, &file) != 0) {
        status = reel__report_errno(error, path, errno);
    } else if (S_ISREG(file.st_mode)) {
        if (unpack && is_gzip(source->fd)) {
            status = reel__gunzip_start(source, error);
        } else {
            source->sized = true;
            source->left = (uint64_t)file.st_size;
        }
    }
    if (status != REEL_OK)
        close(source->fd);
    return status;
}

/* read(2), as much as it gives at once; memory plays along. */
static ssize_t read_some(reel__source *source, unsigned char *to, size_t want)
{
    ssize_t n;

    if (source->memory) {
        size_t size = source->left < want ? (size_t)source->left : want;

        if (size)
            memcpy(to, source->memory, size);
        source->memory += size;
        return (ssize_t)size;
    }
    do
        n = read(source->fd, to, want < INT_MAX ? want : INT_MAX);
    while (n < 0 && errno == EINTR);
    return n;
}

reel_status reel__source_read(reel__source *source, void *to, size_t want,
                              size_t *got, reel_error *error)
{
    *got = 0;
    while (*got < want) {
        ssize_t n = read_some(source, (unsigned char *)to + *got, want - *got);

        if (n < 0)
            return reel__report_errno(error, source->name, errno);
        if (n == 0) {
            source->ended = true;
            break;
        }
        *got += (size_t)n;
        if (source->sized)
            source->left -= (uint64_t)n < source->left ? (uint64_t)n
                                                       : source->left;
    }
    return REEL_OK;
}

reel_status reel__source_close(reel__source *source, reel_status status,
                               reel_error *error)
{
    if (source->fd >= 0)
        close(source->fd);
    if (source->child) {
        reel_error gzip;

        /* A gzip that was not heard out may die of it: no fault of the file. */
        if (reel__gunzip_finish(source, &gzip) != REEL_OK && source->ended) {
            if (error)
                *error = gzip;
            status = gzip.status;
        }
    }
    return status;
}
