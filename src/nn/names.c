/* nn/names.c: looking up a name and its argument.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "io/number.h"
#include "nn/names.h"

#define LONGEST_NUMBER 40
#define LISTED 400 /* bytes; an error's message has 512 */

static const reel__choice *row_at(const reel__choices *from, size_t i)
{
    return (const reel__choice *)(const void *)((const char *)from->row +
                                                i * from->row_bytes);
}

/* "a, b and c" */
static const char *list(const reel__choices *from, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < from->count; i++) {
        const char *join = i == 0                 ? ""
                           : i + 1 == from->count ? " and "
                                                  : ", ";
        const char *part[] = {join, row_at(from, i)->name};
        for (int p = 0; p < 2; p++) {
            size_t n = strlen(part[p]);
            n = used + n < LISTED ? n : LISTED - 1 - used;
            memcpy(text + used, part[p], n);
            used += n;
        }
    }
    text[used] = '\0';
    return text;
}

/* --------------------------------------------------------------- arguments */

static bool read_number(const char *s, size_t length, double *number)
{
    return length < LONGEST_NUMBER && reel__number_read(s, length, number) &&
           isfinite(*number);
}

static bool same(const char *word, const char *s, size_t length)
{
    return strlen(word) == length && memcmp(word, s, length) == 0;
}

/* s: what stands in the brackets. NULL, or what it should have been. */
static const char *read_argument(const reel__choice *row, const char *s,
                                 size_t length, reel__chosen *chosen)
{
    switch (row->takes) {
    case REEL__TAKES_NOTHING: return "no argument";
    case REEL__TAKES_FAN:
        chosen->fan_out = same("fan_out", s, length);
        return chosen->fan_out || same("fan_in", s, length)
                   ? NULL
                   : "fan_in or fan_out";
    case REEL__TAKES_POSITIVE:
        return read_number(s, length, &chosen->number) && chosen->number > 0
                   ? NULL
                   : "a number > 0";
    case REEL__TAKES_NUMBER:
    case REEL__NEEDS_NUMBER: break;
    }
    return read_number(s, length, &chosen->number) ? NULL : "a number";
}

/* ------------------------------------------------------------------- names */

bool reel__choose(reel_tape *tape, const char *op, const reel__choices *from,
                  const char *text, reel__chosen *chosen)
{
    const char *given = text ? text : "", *wanted = NULL;
    size_t name = strcspn(given, "("), all = strlen(given);
    char listed[LISTED];
    for (size_t i = 0; i < from->count; i++) {
        const reel__choice *row = row_at(from, i);
        if (!same(row->name, given, name))
            continue;
        *chosen = (reel__chosen){.row = row, .number = row->number};
        if (name == all)
            wanted = row->takes == REEL__NEEDS_NUMBER ? "a number" : NULL;
        else if (given[all - 1] != ')')
            wanted = "a closing bracket";
        else
            wanted = read_argument(row, given + name + 1, all - name - 2,
                                   chosen);
        return !wanted ||
               reel__fail(tape, REEL_EVALUE, op, "%s '%s': %s takes %s",
                          from->what, given, row->name, wanted);
    }
    return reel__fail(tape, REEL_EVALUE, op, "no %s '%s': there are %s",
                      from->what, given, list(from, listed));
}
