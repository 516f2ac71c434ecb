/* dot.h: graphs in Graphviz's language, as text.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_DOT_H
#define REEL_IO_DOT_H

#include "io/text.h"

#include <reel/tape.h>

/* The graph that the nodes depend on. REEL_EVALUE where there are none, one is
 * NULL or they are of two tapes; REEL_ENOMEM. The caller frees text->byte in
 * any case. */
reel_status reel__dot(reel_nodes nodes, reel__text *text);

#endif /* REEL_IO_DOT_H */
