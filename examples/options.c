/* examples/options.c: options from a table, errors, the end of a program.
 *
 * SPDX-License-Identifier: MIT */
#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *program_name = "example";

_Noreturn void die(int status, const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

int finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        die(EXIT_FAILURE, "standard output: %s", strerror(errno));
    return EXIT_SUCCESS;
}

void *allocate(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size);

    if (!block)
        die(EXIT_FAILURE, "out of memory: %zu x %zu bytes", count, size);
    return block;
}

/* ------------------------------------------------------------------- values */

static void check_range(const option *o, const char *text, double value)
{
    if (!(value >= o->low && value <= o->high)) /* catches NaN, too */
        die(EXIT_USAGE, "%s: %s is out of range, %.16g to %.16g", o->name,
            text, o->low, o->high);
}

static int64_t read_integer(const option *o, const char *text)
{
    char *end;

    errno = 0;

    long long value = strtoll(text, &end, 10);

    if (end == text || *end)
        die(EXIT_USAGE, "%s: '%s' is not a whole number", o->name, text);
    check_range(o, text, errno == ERANGE ? (value < 0 ? -1e300 : 1e300)
                                         : (double)value);
    return value;
}

static double read_real(const option *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end)
        die(EXIT_USAGE, "%s: '%s' is not a number", o->name, text);
    check_range(o, text, value);
    return value;
}

static sizes read_sizes(const option *o, const char *text)
{
    sizes list = {0};
    char part[32];

    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");

        if (length == 0 || length >= sizeof part)
            die(EXIT_USAGE, "%s: '%s' is not a list such as 300 or 300,100",
                o->name, text);
        if (list.count == MAX_SIZES)
            die(EXIT_USAGE, "%s: '%s' has more than %d numbers", o->name, text,
                MAX_SIZES);
        memcpy(part, at, length);
        part[length] = '\0';
        list.size[list.count++] = read_integer(o, part);
        at += length;
        if (!*at)
            return list;
    }
}

/* "a, b or c". */
static void list_choices(const option *o, char *text, size_t room)
{
    size_t at = 0;

    for (size_t i = 0; o->choices[i] && at < room; i++)
        at += (size_t)snprintf(text + at, room - at, "%s%s",
                               i == 0              ? ""
                               : o->choices[i + 1] ? ", "
                                                   : " or ",
                               o->choices[i]);
}

static const char *read_choice(const option *o, const char *text)
{
    char there[160];

    for (size_t i = 0; o->choices[i]; i++)
        if (strcmp(text, o->choices[i]) == 0)
            return o->choices[i];
    list_choices(o, there, sizeof there);
    die(EXIT_USAGE, "%s: '%s' is not %s", o->name, text, there);
}

static void read_value(const option *o, const char *text)
{
    switch (o->kind) {
    case OPTION_FLAG: *(bool *)o->value = true; break;
    case OPTION_ARGUMENT:
    case OPTION_TEXT: *(const char **)o->value = text; break;
    case OPTION_INTEGER: *(int64_t *)o->value = read_integer(o, text); break;
    case OPTION_REAL: *(double *)o->value = read_real(o, text); break;
    case OPTION_CHOICE:
        *(const char **)o->value = read_choice(o, text);
        break;
    case OPTION_SIZES: *(sizes *)o->value = read_sizes(o, text); break;
    }
}

/* --------------------------------------------------------------------- help */

static void print_default(const option *o, char *text, size_t room)
{
    size_t at = 0;

    *text = '\0';
    switch (o->kind) {
    case OPTION_ARGUMENT:
    case OPTION_FLAG: break;
    case OPTION_TEXT:
    case OPTION_CHOICE:
        if (*(const char **)o->value)
            snprintf(text, room, " (default %s)", *(const char **)o->value);
        break;
    case OPTION_INTEGER:
        snprintf(text, room, " (default %" PRId64 ")", *(int64_t *)o->value);
        break;
    case OPTION_REAL:
        snprintf(text, room, " (default %g)", *(double *)o->value);
        break;
    case OPTION_SIZES:
        for (int i = 0; i < ((sizes *)o->value)->count && at < room; i++)
            at += (size_t)snprintf(text + at, room - at, "%s%" PRId64,
                                   i ? "," : " (default ",
                                   ((sizes *)o->value)->size[i]);
        if (at && at < room)
            snprintf(text + at, room - at, ")");
        break;
    }
}

/* Words of text from column `from` to 79, further lines indented alike. */
static void print_wrapped(const char *text, int from)
{
    int column = from;

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (column > from && column + 1 + length > 79) {
            printf("\n%*s", from, "");
            column = from;
        }
        column += printf(column > from ? " %.*s" : "%.*s", length, text);
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const option *o)
{
    char line[600], choices[160] = "", standard[160], left[40];

    if (o->choices)
        list_choices(o, choices, sizeof choices);
    print_default(o, standard, sizeof standard);
    snprintf(line, sizeof line, "%s%s%s%s", o->help, *choices ? ": " : "",
             choices, standard);
    snprintf(left, sizeof left, "%s %s", o->name,
             o->argument ? o->argument : "");
    printf("  %-21s ", left);
    print_wrapped(line, 24);
}

static _Noreturn void help(const char *about, const option *options,
                           size_t count)
{
    printf("Usage: %s", program_name);
    for (size_t i = 0; i < count; i++)
        if (options[i].kind == OPTION_ARGUMENT)
            printf(" %s", options[i].name);
    printf(" [OPTION]...\n");
    print_wrapped(about, 0);
    putchar('\n');
    for (size_t i = 0; i < count; i++)
        print_option(&options[i]);
    printf("  %-21s %s\n", "--help", "this text");
    exit(finish());
}

/* ------------------------------------------------------------------ reading */

static const option *find(const option *options, size_t count,
                          const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (options[i].kind != OPTION_ARGUMENT &&
            strlen(options[i].name) == length &&
            memcmp(options[i].name, name, length) == 0)
            return &options[i];
    if (name[0] == '-' && name[1])
        die(EXIT_USAGE, "unknown option '%.*s' (--help lists them)",
            (int)length, name);
    die(EXIT_USAGE, "unexpected argument '%s' (--help lists the options)",
        name);
}

/* The first argument that is not there yet; NULL: none. */
static const option *next_argument(const option *options, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (options[i].kind == OPTION_ARGUMENT &&
            !*(const char **)options[i].value)
            return &options[i];
    return NULL;
}

void read_options(const char *program, const char *about,
                  const option *options, size_t count, int argc, char **argv)
{
    program_name = program;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            help(about, options, count);

        const option *argument = next_argument(options, count);

        if (argument && argv[i][0] != '-') {
            read_value(argument, argv[i]);
            continue;
        }

        size_t length = strcspn(argv[i], "=");
        const char *value = argv[i][length] ? argv[i] + length + 1 : NULL;
        const option *o = find(options, count, argv[i], length);

        if (o->kind == OPTION_FLAG && value)
            die(EXIT_USAGE, "%s takes no value", o->name);
        if (o->kind != OPTION_FLAG && !value) {
            if (i + 1 == argc)
                die(EXIT_USAGE, "%s needs a value", o->name);
            value = argv[++i];
        }
        read_value(o, value);
    }
    if (next_argument(options, count))
        die(EXIT_USAGE, "%s must be given (--help explains)",
            next_argument(options, count)->name);
}
