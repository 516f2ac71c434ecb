/* json_write.h: writing JSON (RFC 8259) to a stream, member by member.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_JSON_WRITE_H
#define REEL_IO_JSON_WRITE_H

#include <stdio.h>
#include <reel/base.h>

/* Begin with the stream and all else 0. Errors are the stream's. */
typedef struct reel__json_writer {
    FILE *stream;
    bool after; /* something came before, in what is open */
    int depth;
} reel__json_writer;

/* bracket: '{' or '['. key NULL: a member of an array, or the whole. */
void reel__json_open(reel__json_writer *j, const char *key, char bracket);
void reel__json_close(reel__json_writer *j, char bracket);

/* Bytes that are not UTF-8 become U+FFFD. */
void reel__json_put_text(reel__json_writer *j, const char *key,
                         const char *text);
void reel__json_put_int(reel__json_writer *j, const char *key, int64_t number);
/* With as many digits as bring the same double back; "nan", "inf" and "-inf"
 * as text. */
void reel__json_put_real(reel__json_writer *j, const char *key, double number);

#endif /* REEL_IO_JSON_WRITE_H */
