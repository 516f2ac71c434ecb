/* source.h: bytes to be read in order, from a file, from a gzip file through
 * a `gzip -dc` child, or from memory, so that loaders are written once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_SOURCE_H
#define REEL_IO_SOURCE_H

#include <sys/types.h>

#include <reel/base.h>

typedef struct reel__source {
    const char *name;            /* for messages; borrowed */
    const unsigned char *memory; /* the next byte, or NULL: read from fd */
    int fd;
    pid_t child;                 /* the gzip that writes into fd, or 0 */
    bool sized;                  /* `left` is known */
    uint64_t left;               /* bytes not read yet */
    bool ended;                  /* a read met the end */
} reel__source;

/* Opens the file at path; with `unpack`, a regular file that starts with
 * gzip's magic bytes is read through a child. On failure *source is closed. */
reel_status reel__source_open(reel__source *source, const char *path,
                              bool unpack, reel_error *error);

/* Reads from memory instead; both are borrowed until the source is closed. */
void reel__source_memory(reel__source *source, const void *bytes, size_t size,
                         const char *name);

/* Reads `want` bytes to `to`; fewer (*got) only at the end of the source. */
reel_status reel__source_read(reel__source *source, void *to, size_t want,
                              size_t *got, reel_error *error);

/* Closes the source and returns `status`, what reading from it came to, unless
 * all was read and gzip says that it could not unpack all of it: that is then
 * the cause of whatever else is wrong. */
reel_status reel__source_close(reel__source *source, reel_status status,
                               reel_error *error);

/* From gunzip.c. Starts `gzip -dc` on the file source->fd and puts the pipe
 * that it writes into in its place; waits for it and judges how it ended. */
reel_status reel__gunzip_start(reel__source *source, reel_error *error);
reel_status reel__gunzip_finish(reel__source *source, reel_error *error);

/* fcntl's FD_CLOEXEC and a number above 2, so that a child's standard files
 * can be put in place without running over this one: the descriptor to use
 * instead of fd, or -1 with fd closed. */
int reel__private_fd(int fd);

#endif /* REEL_IO_SOURCE_H */
