/* number.h: decimal numbers in text.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_NUMBER_H
#define REEL_IO_NUMBER_H

#include "io/text.h"

/* Whether the text, of length bytes and terminated somewhere behind them, is a
 * decimal number of less than 800 bytes, with a point whatever the locale has:
 * *number, infinite where it is too large. */
bool reel__number_read(const char *text, size_t length, double *number);

/* Writes so many significant digits, 17 at most, with a point likewise. */
void reel__number_put(reel__text *text, double number, int digits);

#endif /* REEL_IO_NUMBER_H */
