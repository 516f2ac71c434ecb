/* tool/show.c: reel run, reel print, reel dot.
 *
 * SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

static const char *path;

static const option options[] = {
    {"FILE", OPTION_ARGUMENT, &path, NULL, "a saved graph", 0, 0, NULL},
};

static reel_tape *open_graph(const char *name, const char *about, int argc,
                             char **argv, reel_nodes *outputs)
{
    read_options(name, about, options, sizeof options / sizeof *options, argc,
                 argv);
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

int run_dot(int argc, char **argv)
{
    reel_nodes outputs;
    reel_tape *t = open_graph("reel dot",
                              "Draws what the outputs of a saved graph depend "
                              "on: reel dot FILE | dot -Tsvg > graph.svg",
                              argc, argv, &outputs);

    find_node(t, outputs, path, NULL); /* there is one */
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
