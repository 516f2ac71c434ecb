/* json.h: the little of JSON (RFC 8259) that file headers need: punctuation,
 * strings and whole numbers, read from left to right without recursion.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_JSON_H
#define REEL_IO_JSON_H

#include <reel/base.h>

/* Each function below returns false and sets `why` at the first mistake; all
 * that follow then fail without reading on. */
typedef struct reel__json {
    char *text;      /* strings are unescaped in place */
    size_t size, at; /* at: the next byte, or the wrong one */
    const char *why; /* "expected a string", NULL: all is well */
} reel__json;

/* Whether c comes next, after blanks; takes it if so. No mistake if not. */
bool reel__json_next_is(reel__json *json, char c);

/* Takes c, which must come next. */
bool reel__json_take(reel__json *json, char c);

/* Between the members of an object or array that ends with `close`, taken
 * before each member: true if there is another. *first starts true. */
bool reel__json_more(reel__json *json, char close, bool *first);

/* Takes a string: strict UTF-8, no NUL, surrogates in pairs. *string ends with
 * NUL and lives in json->text. */
bool reel__json_string(reel__json *json, char **string);

/* Takes a number without sign, fraction or exponent that fits uint64_t. */
bool reel__json_number(reel__json *json, uint64_t *number);

/* Only blanks are left. */
bool reel__json_end(reel__json *json);

/* Length of the UTF-8 sequence that bytes[0..size-1] start with; 0 if there is
 * none (overlong forms, surrogates and values over U+10FFFF are none). */
size_t reel__utf8_length(const char *bytes, size_t size);

#endif /* REEL_IO_JSON_H */
