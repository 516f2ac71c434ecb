/* sink.h: files that appear whole or not at all.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_SINK_H
#define REEL_IO_SINK_H

#include <reel/base.h>

typedef struct reel__sink {
    const char *path; /* the file to be; borrowed */
    char *temporary;  /* where it is written until it is whole */
    int fd;
} reel__sink;

/* Opens a new file beside path, under another name. On failure there is
 * nothing to close. */
reel_status reel__sink_open(reel__sink *sink, const char *path,
                            reel_error *error);

reel_status reel__sink_write(reel__sink *sink, const void *bytes, size_t size,
                             reel_error *error);

/* With status REEL_OK: makes the bytes durable and puts the file in the place
 * of whatever path was. With another: removes it, leaving path alone. Returns
 * status, or what went wrong now. */
reel_status reel__sink_close(reel__sink *sink, reel_status status,
                             reel_error *error);

#endif /* REEL_IO_SINK_H */
