/* pictures.h: what the suites about pictures share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_PICTURES_H
#define TESTS_PICTURES_H

#include <reel/base.h>

/* Writes the picture `what` to path. */
typedef reel_status picture_write(const void *what, const char *path,
                                  bool *drawn, reel_error *error);

/* The file holds this text. */
void assert_file(const char *name, const char *expected);

/* Writing it fails so, and nothing is drawn. */
void assert_not_written(picture_write *write, const void *what,
                        const char *path, reel_status status,
                        const char *message);

/* The file that is drawn, terminated; the next call overwrites it. NULL, and a
 * line that says so, where the program that draws is not there. */
const char *drawn_at(picture_write *write, const void *what, const char *path);

#endif /* TESTS_PICTURES_H */
