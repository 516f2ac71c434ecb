/* tool/show.c: reel run, reel print, reel dot.
 *
 * SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path, *picture;

/* The last is reel dot's alone. */
static const option options[] = {
    {"FILE", OPTION_ARGUMENT, &path, NULL, "a saved graph", 0, 0, NULL},
    {"-o", OPTION_TEXT, &picture, "FILE",
     "write it there: as .svg or .png, with Graphviz's dot, and as .dot beside "
     "it; or as .dot alone", 0, 0, NULL},
};

enum { OPTIONS = sizeof options / sizeof *options };

static reel_tape *open_graph(const char *name, const char *about, int argc,
                             char **argv, reel_nodes *outputs)
{
    read_options(name, about, options, OPTIONS - 1, argc, argv);
    return load_graph(path, outputs);
}

int run_print(int argc, char **argv)
{
    reel_tape *t = open_graph("reel print",
                              "Lists the nodes of a saved graph: number, op, "
                              "dtype, shape, operands, name, place.",
                              argc, argv, NULL);

    need(t, reel_print_tape(t, stdout));
    reel_tape_free(t);
    return finish();
}

static void draw(reel_nodes outputs)
{
    reel_error error;
    bool drawn;

    if (reel_write_graph(outputs, picture, &drawn, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);

    const char *end = strrchr(picture, '.');

    if (!drawn && strcmp(end, ".dot") != 0)
        die(EXIT_FAILURE, "%s: only %.*s.dot is written, for lack of "
            "Graphviz's program dot", picture, (int)(end - picture), picture);
}

int run_dot(int argc, char **argv)
{
    reel_nodes outputs;

    read_options("reel dot",
                 "Draws what the outputs of a saved graph depend on, in "
                 "Graphviz's language on standard output, or as a picture.",
                 options, OPTIONS, argc, argv);

    reel_tape *t = load_graph(path, &outputs);

    find_node(t, outputs, path, NULL); /* there is one */
    if (picture)
        draw(outputs);
    else
        need(t, reel_write_dot(outputs, stdout));
    reel_tape_free(t);
    return finish();
}

static void print_output(const reel_node *n)
{
    if (*reel_name(n))
        printf("%s =\n", reel_name(n));
    else
        printf("%%%zu %s =\n", reel_id(n), reel_op_name(n));
    if (reel_print(n, stdout) == REEL_ESTATE)
        die(EXIT_FAILURE, "%s: %%%zu, %s, has no value", path, reel_id(n),
            reel_op_name(n));
}

int run_run(int argc, char **argv)
{
    reel_nodes outputs;
    reel_tape *t = open_graph("reel run",
                              "Computes the outputs of a saved graph from the "
                              "values in the file, and prints them.",
                              argc, argv, &outputs);

    find_node(t, outputs, path, NULL);

    reel_program *p = reel_compile(t, outputs);

    need(t, reel_status_of(t));
    need(t, reel_run(p));
    for (size_t i = 0; i < outputs.count; i++)
        print_output(outputs.node[i]);
    reel_program_free(p);
    reel_tape_free(t);
    return finish();
}
