/* examples/common.h: what the examples share and that is not Reel: options,
 * errors, a progress line.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_H
#define EXAMPLES_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------------ options */

enum { EXIT_USAGE = 2 }; /* beside EXIT_SUCCESS and EXIT_FAILURE */

#define MAX_SIZES 8

/* A comma list of whole numbers. */
typedef struct sizes {
    int count;
    int64_t size[MAX_SIZES];
} sizes;

/* What an option's value points to: bool (set to true), const char *, int64_t,
 * double, const char * (one of choices), sizes; const char *, of a word that
 * has no name before it and must be given, such as "FILE". */
typedef enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_INTEGER,
    OPTION_REAL,
    OPTION_CHOICE,
    OPTION_SIZES,
    OPTION_ARGUMENT
} option_kind;

/* What *value holds before the options are read is the default. */
typedef struct option {
    const char *name; /* "--lr" */
    option_kind kind;
    void *value;
    const char *argument; /* what --help calls the value */
    const char *help;
    double low, high;     /* of numbers, both included */
    const char *const *choices; /* ends with NULL */
} option;

/* Reads "--name value" and "--name=value". Exits after --help, and after a
 * mistake with one line on stderr and status EXIT_USAGE. about: what the
 * program does, for --help. */
void read_options(const char *program, const char *about,
                  const option *options, size_t count, int argc, char **argv);

/* One line on stderr, "program: ...", and the end. */
_Noreturn void die(int status, const char *format, ...);

/* EXIT_SUCCESS if everything printed on stdout arrived; else dies. */
int finish(void);

/* ---------------------------------------------------------------- reporting */

/* Seconds since some moment. */
double seconds(void);

/* The most memory the process has had in use, in bytes; 0 where the system
 * does not tell. */
double peak_memory(void);

/* A line on stdout that is written over about ten times a second, if stdout is
 * a terminal; nothing otherwise. Start with {0}. */
typedef struct progress {
    bool asked, live;
    double next; /* when to show it again */
    int width;   /* of what is there now */
} progress;

/* Is it time to show something? */
bool progress_due(progress *p);
void progress_show(progress *p, const char *format, ...);
void progress_clear(progress *p);

/* malloc for count elements that does not come back empty-handed. */
void *allocate(size_t count, size_t size);

#endif /* EXAMPLES_COMMON_H */
