/* plot/graph.c: graphs drawn by Graphviz.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <reel/io.h>

#include "io/dot.h"
#include "io/report.h"
#include "plot/picture.h"

static reel_status refuse(reel_status status, const char *path,
                          reel_error *error)
{
    if (status == REEL_ENOMEM)
        return reel__report(error, status, path,
                            "out of memory: sorting the graph");
    return reel__report(error, status, path,
                        "a graph is drawn of nodes of one tape: there is none, "
                        "one is NULL, or they are of several");
}

reel_status reel_write_graph(reel_nodes nodes, const char *path, bool *drawn,
                             reel_error *error)
{
    const char *arguments[] = {"dot", "-Tsvg", NULL};
    reel__text text = {0};
    reel__format format;
    bool is_drawn = false;
    reel_status status = reel__picture_format(path, ".dot", &format, error);

    if (status == REEL_OK) {
        status = reel__dot(nodes, &text);
        if (status != REEL_OK)
            refuse(status, path, error);
    }
    if (status == REEL_OK)
        status = reel__picture_beside(path, ".dot", &text, error);
    if (status == REEL_OK && format != REEL__BESIDE) {
        if (format == REEL__PNG)
            arguments[1] = "-Tpng";
        status = reel__picture_draw(path, arguments, &text, &is_drawn, error);
    }
    free(text.byte);
    if (drawn)
        *drawn = is_drawn;
    return status;
}
