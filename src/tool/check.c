/* tool/check.c: reel gradcheck.
 *
 * SPDX-License-Identifier: MIT */
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path, *loss_name, *list;
static reel_gradcheck_options how;
static int64_t seed;
static int64_t order = 1, threads;
static bool quiet, json;

static const option options[] = {
    {"FILE", OPTION_ARGUMENT, &path, NULL, "a saved graph", 0, 0, NULL},
    {"--loss", OPTION_TEXT, &loss_name, "NODE",
     "what is differentiated, by name or as %N, of any shape; the first output "
     "unless given", 0, 0, NULL},
    {"--by", OPTION_TEXT, &list, "NODE,...",
     "by what: leaves of f32 or f64; all parameters that the loss depends on "
     "unless given", 0, 0, NULL},
    {"--rtol", OPTION_REAL, &how.rtol, "X",
     "relative tolerance; 0: 1e-7 for f64, 1e-3 for f32", 0, 1e300, NULL},
    {"--atol", OPTION_REAL, &how.atol, "X",
     "absolute tolerance; 0: by the largest slope", 0, 1e300, NULL},
    {"--step", OPTION_REAL, &how.step, "X",
     "step of the differences, relative to the element; 0: by the precision",
     0, 1, NULL},
    {"--sample", OPTION_INTEGER, &how.sample, "N",
     "compare so many elements of each leaf; 0: all", 0, 1e18, NULL},
    {"--directions", OPTION_INTEGER, &how.directions, "N",
     "move all elements along so many random directions in place of one at a "
     "time; 0: elements", 0, 1e9, NULL},
    {"--order", OPTION_INTEGER, &order, "N",
     "check derivatives up to this order", 1, 8, NULL},
    {"--threads", OPTION_INTEGER, &threads, "N",
     "threads to use; 0: as many as are worth it", 0, 1024, NULL},
    {"--seed", OPTION_INTEGER, &seed, "N",
     "of directions, cotangents and samples; a report tells its own", 0, 1e15,
     NULL},
    {"--json", OPTION_FLAG, &json, NULL, "the report as JSON, not as a table",
     0, 0, NULL},
    {"--quiet", OPTION_FLAG, &quiet, NULL, "no table: the exit status tells", 0,
     0, NULL},
};

/* The nodes of the comma list go to node; how many. */
static size_t find_listed(const reel_tape *t, reel_nodes outputs,
                          reel_node **node)
{
    char *name = allocate(strlen(list) + 1, 1);
    size_t count = 0;

    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");

        memcpy(name, at, length);
        name[length] = '\0';
        node[count++] = find_node(t, outputs, path, name);
        at += length;
        if (!*at)
            break;
    }
    free(name);
    return count;
}

/* The parameters that the loss depends on. */
static size_t find_parameters(const reel_node *loss, reel_node **node)
{
    const reel_tape *t = reel_tape_of(loss);
    size_t n = reel_id(loss) + 1, count = 0;
    bool *reached = allocate(n, sizeof *reached);

    reached[n - 1] = true;
    for (size_t i = n; i-- > 0;) {
        const reel_node *x = reel_tape_node(t, i);

        for (size_t k = 0; reached[i] && k < reel_arity(x); k++)
            reached[reel_id(reel_operand(x, k))] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (reached[i] &&
            strcmp(reel_op_name(reel_tape_node(t, i)), "parameter") == 0)
            node[count++] = reel_tape_node(t, i);
    free(reached);
    return count;
}

static void show_progress(void *line, int64_t done, int64_t total)
{
    if (progress_due(line))
        progress_show(line, "%" PRId64 " of %" PRId64, done, total);
}

static void print_report(const reel_tape *t,
                         const reel_gradcheck_report *report)
{
    if (json)
        need(t, reel_gradcheck_write_json(report, stdout));
    else if (!quiet)
        need(t, reel_gradcheck_print(report, stdout));
}

int run_gradcheck(int argc, char **argv)
{
    read_options("reel gradcheck",
                 "Compares the gradient of a saved graph's loss with "
                 "differences of the loss.",
                 options, sizeof options / sizeof *options, argc, argv);

    reel_nodes outputs;
    reel_tape *t = load_graph(path, &outputs);
    reel_node *loss = find_node(t, outputs, path, loss_name);
    size_t room = reel_tape_count(t) + (list ? strlen(list) : 0) + 1;
    reel_node **by = allocate(room, sizeof *by);
    size_t count = list ? find_listed(t, outputs, by)
                        : find_parameters(loss, by);
    reel_gradcheck_report report;
    progress line = {0};

    how.seed = (uint64_t)seed;
    how.order = (int)order;
    how.threads = (int)threads;
    how.progress = show_progress;
    how.user = &line;
    if (count == 0)
        die(EXIT_FAILURE, "%s: the loss depends on no parameter: say --by what",
            path);

    reel_status status = reel_gradcheck(loss, (reel_nodes){count, by}, &how,
                                        &report);

    progress_clear(&line);
    if (status != REEL_ECHECK)
        need(t, status);
    print_report(t, &report);
    reel_gradcheck_free(&report);
    reel_tape_free(t);
    free(by);
    return finish() == EXIT_SUCCESS && status == REEL_OK ? EXIT_SUCCESS
                                                         : EXIT_FAILURE;
}
