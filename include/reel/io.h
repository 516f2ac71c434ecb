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

/* The graph that the nodes depend on, in Graphviz's DOT language. */
REEL_API reel_status reel_write_dot(reel_nodes nodes, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif /* REEL_IO_H */
