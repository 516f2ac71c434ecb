/* reel/io.h: graphs and values for people to read.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_H
#define REEL_IO_H

#include <stdio.h>
#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The node's value: rows in brackets, enough digits to read back the same
 * value (17 for f64, 9 for f32); long axes shortened with "...". REEL_ESTATE
 * when there is no value, REEL_EIO when the stream refuses. */
REEL_API reel_status reel_print(const reel_node *node, FILE *stream);

/* The tape as text, a node a line in the order of recording: number, op,
 * dtype, shape, operands, name, file:line. */
REEL_API reel_status reel_print_tape(const reel_tape *tape, FILE *stream);

/* The graph that the nodes depend on, in Graphviz's DOT language. Leaves have
 * colours: parameters blue, states orange, inputs green, constants grey; what
 * a derivative's rules recorded is paler, and the nodes given have a strong
 * border. REEL_EVALUE (no nodes, NULL, nodes of several tapes), REEL_ENOMEM,
 * REEL_EIO. */
REEL_API reel_status reel_write_dot(reel_nodes nodes, FILE *stream);

/* The same as a picture, drawn by Graphviz's program dot (found on PATH at run
 * time, started without a shell), and, always, as DOT beside it: "net.svg" and
 * "net.png" write net.dot as well, "net.dot" writes only that; another ending
 * is REEL_EVALUE. Files appear whole or not at all. *drawn (NULL: not asked
 * for) tells whether the SVG or PNG was written: where there is no dot it is
 * false, which is no error. Some hundreds of nodes make a picture; dot takes
 * minutes for some thousands. REEL_EIO: files, or dot failed. *error says what
 * it was. */
REEL_API reel_status reel_write_graph(reel_nodes nodes, const char *path,
                                      bool *drawn, reel_error *error);

#ifdef __cplusplus
}
#endif
#endif /* REEL_IO_H */
