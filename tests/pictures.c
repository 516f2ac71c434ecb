/* pictures.c: see pictures.h.
 *
 * SPDX-License-Identifier: MIT */
#include "pictures.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

static const char *content(const char *name)
{
    static char bytes[1 << 18];
    FILE *file = fopen(name, "rb");

    if (!file)
        ck_abort_msg("%s is not there", name);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    return bytes;
}

void assert_file(const char *name, const char *expected)
{
    ck_assert_str_eq(content(name), expected);
}

void assert_not_written(picture_write *write, const void *what,
                        const char *path, reel_status status,
                        const char *message)
{
    bool drawn = true;
    reel_error error;

    ck_assert_int_eq(write(what, path, &drawn, &error), status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    ck_assert(!drawn);
}

const char *drawn_at(picture_write *write, const void *what, const char *path)
{
    bool drawn;
    reel_error error;

    if (write(what, path, &drawn, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    if (drawn)
        return content(path);
    printf("skipped: %s is not drawn, for lack of a program\n", path);
    return NULL;
}
