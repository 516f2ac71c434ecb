/* json.c: a strict reader of the JSON in file headers.
 *
 * SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <string.h>

static bool wrong(reel__json *json, const char *why)
{
    if (!json->why)
        json->why = why;
    return false;
}

static void skip_blanks(reel__json *json)
{
    while (json->at < json->size && json->text[json->at] &&
           strchr(" \t\r\n", json->text[json->at]))
        json->at++;
}

bool reel__json_next_is(reel__json *json, char c)
{
    if (json->why)
        return false;
    skip_blanks(json);
    if (json->at == json->size || json->text[json->at] != c)
        return false;
    json->at++;
    return true;
}

static const char *expected(char c)
{
    switch (c) {
    case '{': return "expected '{'";
    case '}': return "expected ',' or '}'";
    case '[': return "expected '['";
    case ']': return "expected ',' or ']'";
    case ':': return "expected ':'";
    default: return "expected ','";
    }
}

bool reel__json_take(reel__json *json, char c)
{
    return reel__json_next_is(json, c) || wrong(json, expected(c));
}

bool reel__json_more(reel__json *json, char close, bool *first)
{
    bool was_first = *first;

    *first = false;
    if (reel__json_next_is(json, close) || json->why)
        return false;
    return was_first || reel__json_next_is(json, ',') ||
           wrong(json, expected(close));
}

bool reel__json_end(reel__json *json)
{
    if (json->why)
        return false;
    skip_blanks(json);
    return json->at == json->size || wrong(json, "expected the end");
}

bool reel__json_number(reel__json *json, uint64_t *number)
{
    uint64_t value = 0;

    if (json->why)
        return false;
    skip_blanks(json);

    size_t start = json->at;

    for (; json->at < json->size; json->at++) {
        char c = json->text[json->at];

        if (c < '0' || c > '9')
            break;

        uint64_t digit = (uint64_t)(c - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return wrong(json, "number too large");
        value = 10 * value + digit;
    }
    if (json->at == start)
        return wrong(json, "expected a whole number");
    if (json->text[start] == '0' && json->at > start + 1)
        return wrong(json, "number with a leading zero");
    *number = value;
    return true;
}

size_t reel__utf8_length(const char *bytes, size_t size)
{
    /* The Unicode Standard, table 3-7: the second byte's range depends on the
     * first; all others are 80..BF. */
    const unsigned char *b = (const unsigned char *)bytes;
    unsigned low = 0x80, high = 0xBF;
    size_t length;

    if (size == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] < 0xC2 || b[0] > 0xF4)
        return 0;
    length = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    if (b[0] == 0xE0)
        low = 0xA0;
    else if (b[0] == 0xED)
        high = 0x9F;
    else if (b[0] == 0xF0)
        low = 0x90;
    else if (b[0] == 0xF4)
        high = 0x8F;
    if (length > size || b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (b[i] < 0x80 || b[i] > 0xBF)
            return 0;
    return length;
}

/* The four hexadecimal digits of \uXXXX. */
static bool hex4(reel__json *json, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        char c = json->at < json->size ? json->text[json->at] : '\0';
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return wrong(json, "\\u without four hexadecimal digits");
        *value = *value << 4 | digit;
    }
    return true;
}

/* What follows \u, with the second half of a surrogate pair. */
static bool code_point(reel__json *json, uint32_t *value)
{
    uint32_t low;

    if (!hex4(json, value))
        return false;
    if (*value == 0)
        return wrong(json, "NUL in a string");
    if (*value < 0xD800 || *value > 0xDFFF)
        return true;
    if (*value > 0xDBFF || json->size - json->at < 2 ||
        json->text[json->at] != '\\' || json->text[json->at + 1] != 'u')
        return wrong(json, "half a surrogate pair");
    json->at += 2;
    if (!hex4(json, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return wrong(json, "half a surrogate pair");
    *value = 0x10000 + ((*value - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xE0 | c >> 12);
        } else {
            *to++ = (char)(0xF0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (c & 0x3F));
    return to;
}

/* After a backslash. What is written is never longer than what was read, so
 * unescaping in place is safe. */
static bool unescape(reel__json *json, char **to)
{
    static const char from_letter[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = json->at < json->size ? json->text[json->at] : '\0';
    const char *letter = c ? strchr(from_letter, c) : NULL;
    uint32_t code;

    if (letter) {
        json->at++;
        *(*to)++ = meant[letter - from_letter];
        return true;
    }
    if (c != 'u')
        return wrong(json, "unknown escape in a string");
    json->at++;
    if (!code_point(json, &code))
        return false;
    *to = put_utf8(*to, code);
    return true;
}

bool reel__json_string(reel__json *json, char **string)
{
    if (!reel__json_next_is(json, '"'))
        return wrong(json, "expected a string");

    char *to = *string = json->text + json->at;

    while (json->at < json->size) {
        const char *from = json->text + json->at;
        size_t length = reel__utf8_length(from, json->size - json->at);

        if (*from == '"') {
            json->at++;
            *to = '\0';
            return true;
        }
        if (length == 0)
            return wrong(json, "string is not UTF-8");
        if ((unsigned char)*from < 0x20)
            return wrong(json, "control character in a string");
        if (*from == '\\') {
            json->at++;
            if (!unescape(json, &to))
                return false;
            continue;
        }
        memmove(to, from, length);
        to += length;
        json->at += length;
    }
    return wrong(json, "string without an end");
}
