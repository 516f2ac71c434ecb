/* report.h: how functions that have no tape report what went wrong.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_REPORT_H
#define REEL_IO_REPORT_H

#include <reel/base.h>

/* Sets *error (unless it is NULL) to status and "name: reason", in one line:
 * a name too long to fit loses its beginning, never the reason its end, and
 * control characters, which names out of files may hold, become '?'. Returns
 * status. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
reel_status reel__report(reel_error *error, reel_status status,
                         const char *name, const char *format, ...);

/* The same for a system call that failed with errno errnum. */
reel_status reel__report_errno(reel_error *error, const char *name, int errnum);

/* The same for malloc(bytes) that gave nothing. */
reel_status reel__report_memory(reel_error *error, const char *name,
                                uint64_t bytes);

#endif /* REEL_IO_REPORT_H */
