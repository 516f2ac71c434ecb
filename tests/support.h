/* support.h: what the suites share: running a suite, running a graph,
 * comparing values, and an allocator that counts and can be made to fail.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>

#include <reel/io.h>
#include <reel/program.h>

/* Runs it as Check's environment variables say (CK_FORK, CK_RUN_CASE, ...),
 * prints the closing line; what main returns. */
int support_run(Suite *suite);

/* The same with the kernels of each instruction set that runs here, in turn. */
int support_run_isas(Suite *make(void));

/* n, or a part of it where the environment has REEL_TEST_SMALL: under valgrind,
 * say. */
size_t support_scaled(size_t n, size_t small);

/* A formatted string that the next call overwrites. */
const char *support_format(const char *format, ...);

/* ------------------------------------------------------------------ graphs */

/* The tape has no error; the test ends with its message if it has. */
#define assert_ok(tape) support_ok(tape, __FILE__, __LINE__)
void support_ok(const reel_tape *tape, const char *file, int line);

/* The tape's error is this one, message and all; it is cleared. */
#define assert_error(tape, status, ...) \
    support_error(tape, status, __FILE__, __LINE__, __VA_ARGS__)
void support_error(reel_tape *tape, reel_status status, const char *file,
                   int line, const char *format, ...);

/* A program of these outputs, run once. */
#define run_once(tape, ...) \
    support_run_once(tape, REEL_NODES(__VA_ARGS__), 0, __FILE__, __LINE__)
#define run_plain(tape, ...)                                             \
    support_run_once(tape, REEL_NODES(__VA_ARGS__), REEL_COMPILE_PLAIN, \
                     __FILE__, __LINE__)
reel_program *support_run_once(reel_tape *tape, reel_nodes outputs,
                               unsigned flags, const char *file, int line);

/* Element i of the node's value, whatever its dtype. */
double value_at(const reel_node *node, int64_t i);

/* The node's value is these numbers, within tolerance * max(1, |expected|);
 * exactly for tolerance 0. As many as it has elements. */
#define assert_values(node, tolerance, ...)                            \
    support_values(node, tolerance, (const double[]){__VA_ARGS__},     \
                   sizeof((const double[]){__VA_ARGS__}) / sizeof(double), \
                   __FILE__, __LINE__)
void support_values(const reel_node *node, double tolerance,
                    const double *expected, size_t count, const char *file,
                    int line);

/* What print_it writes, as a string that the next call overwrites. */
#define TEXT_OF(variable, ...)                         \
    do {                                               \
        FILE *stream = tmpfile();                      \
        ck_assert_ptr_nonnull(stream);                 \
        ck_assert_int_eq(__VA_ARGS__, REEL_OK);        \
        variable = support_text(stream);               \
    } while (0)
const char *support_text(FILE *stream);

/* -------------------------------------------------------------- allocation */

/* Counts, and checks that blocks come back with the size they were given out
 * with. For one thread at a time. */
typedef struct memory {
    reel_allocator allocator;
    size_t blocks, bytes, peak; /* given out now; the most bytes ever */
    size_t calls;               /* that asked for memory */
    size_t fail_at;             /* the call, counted from 1, that gets none */
    size_t failed;              /* calls that got none */
} memory;

/* Begins with nothing given out. */
void memory_init(memory *m);

/* The next call but n gets nothing; 0: the very next one. */
void memory_fail_after(memory *m, size_t n);

/* From now on the process gets 4 GiB of memory at most; false, and a line that
 * says so, where the system does not see to it. */
bool limit_memory(void);

#endif /* TESTS_SUPPORT_H */
