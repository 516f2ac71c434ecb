/* examples/report.c: time, memory, a progress line.
 *
 * SPDX-License-Identifier: MIT */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE 1 /* for ru_maxrss */
#endif
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double peak_memory(void)
{
    struct rusage use;

    if (getrusage(RUSAGE_SELF, &use) != 0)
        return 0;
#if defined(__APPLE__)
    return (double)use.ru_maxrss;
#else
    return 1024 * (double)use.ru_maxrss;
#endif
}

/* ----------------------------------------------------------- progress line */

bool progress_due(progress *p)
{
    if (!p->asked) {
        p->asked = true;
        p->live = isatty(STDOUT_FILENO);
    }
    return p->live && seconds() >= p->next;
}

void progress_show(progress *p, const char *format, ...)
{
    char line[80]; /* a longer one would wrap, and could not be written over */
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    p->width = printf("\r%-*s", p->width, line) - 1;
    fflush(stdout);
    p->next = seconds() + 0.1;
}

void progress_clear(progress *p)
{
    if (p->width > 0)
        printf("\r%*s\r", p->width, "");
    p->width = 0;
}
