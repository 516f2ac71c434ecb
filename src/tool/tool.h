/* tool/tool.h: what the commands of the program reel share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_TOOL_H
#define REEL_TOOL_H

#include <reel.h>

#include "common.h"

/* A command is given its own name as argv[0] and returns the exit status:
 * EXIT_SUCCESS, EXIT_FAILURE, or dies with EXIT_USAGE. */
typedef int command_run(int argc, char **argv);

command_run run_gradcheck, run_run, run_print, run_dot;

/* The saved graph; dies with a message. */
reel_tape *load_graph(const char *path, reel_nodes *outputs);

/* The node that `text` names: by its name, or as %N. NULL text: the first of
 * outputs. Dies with a message. */
reel_node *find_node(const reel_tape *t, reel_nodes outputs, const char *path,
                     const char *text);

/* Dies with the tape's message unless status is REEL_OK. */
void need(const reel_tape *t, reel_status status);

#endif /* REEL_TOOL_H */
