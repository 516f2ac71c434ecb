/* text.h: a string that grows as it is written.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_TEXT_H
#define REEL_IO_TEXT_H

#include <reel/base.h>

/* Starts as {0}; free byte with free(). Not terminated. After a failed
 * allocation nothing more is written. */
typedef struct reel__text {
    char *byte;
    size_t size, capacity;
    bool failed; /* no memory */
} reel__text;

void reel__text_put(reel__text *text, const char *bytes, size_t size);

/* As printf, of at most REEL__TEXT_PRINT - 1 bytes: numbers and short words. */
#define REEL__TEXT_PRINT 128
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void reel__text_print(reel__text *text, const char *format, ...);

#endif /* REEL_IO_TEXT_H */
