/* report.c: one-line error messages of functions that have no tape.
 *
 * SPDX-License-Identifier: MIT */
#include "io/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of the name, so much is shown, so that the reason has room. */
#define NAME_SHOWN 200

static void one_line(char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7F)
            *text = '?';
    }
}

reel_status reel__report(reel_error *error, reel_status status,
                         const char *name, const char *format, ...)
{
    if (!error)
        return status;

    size_t length = strlen(name), size = sizeof error->message;
    bool cut = length > NAME_SHOWN;
    int head = snprintf(error->message, size, "%s%s: ", cut ? "..." : "",
                        cut ? name + length - NAME_SHOWN : name);
    va_list arguments;

    va_start(arguments, format);
    if (head > 0)
        vsnprintf(error->message + head, size - (size_t)head, format,
                  arguments);
    va_end(arguments);
    one_line(error->message);
    error->status = status;
    return status;
}

reel_status reel__report_errno(reel_error *error, const char *name, int errnum)
{
    return reel__report(error, REEL_EIO, name, "%s", strerror(errnum));
}

reel_status reel__report_memory(reel_error *error, const char *name,
                                uint64_t bytes)
{
    return reel__report(error, REEL_ENOMEM, name,
                        "out of memory: %" PRIu64 " bytes are not to be had",
                        bytes);
}
