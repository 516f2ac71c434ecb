/* text.c: a string that grows as it is written.
 *
 * SPDX-License-Identifier: MIT */
#include "io/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reel__text_put(reel__text *t, const char *bytes, size_t size)
{
    if (t->failed || size == 0)
        return;
    if (size > t->capacity - t->size) {
        size_t capacity = 2 * t->capacity + size + 256;
        char *grown = capacity < PTRDIFF_MAX ? realloc(t->byte, capacity)
                                             : NULL;

        if (!grown) {
            t->failed = true;
            return;
        }
        t->byte = grown;
        t->capacity = capacity;
    }
    memcpy(t->byte + t->size, bytes, size);
    t->size += size;
}

void reel__text_print(reel__text *t, const char *format, ...)
{
    char line[REEL__TEXT_PRINT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    reel__text_put(t, line, strlen(line));
}
