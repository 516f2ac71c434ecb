/* io/dot.c: graphs in Graphviz's language.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include "core/internal.h"
#include <reel/io.h>

static void quoted(const char *text, FILE *stream)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

static const char *look(const reel_node *n)
{
    if (n->op == &reel__op_parameter || n->op == &reel__op_state)
        return "shape=box, style=\"filled\", fillcolor=\"#cfe2f3\"";
    if (n->op->flags & REEL__LEAF)
        return "shape=box";
    return "shape=box, style=\"rounded\"";
}

static void write_node(const reel_node *n, FILE *stream)
{
    char shape[REEL__SHAPE_TEXT];
    fprintf(stream, "  n%" PRIu32 " [%s, label=\"%s", n->id, look(n),
            reel_op_name(n));
    if (n->name) {
        fputc(' ', stream);
        quoted(n->name, stream);
    }
    fprintf(stream, "\\n%s %s\"];\n", reel_dtype_name(reel_dtype_of(n)),
            reel__node_shape_text(n, shape));
    for (uint32_t i = 0; i < n->arity; i++)
        fprintf(stream, "  n%" PRIu32 " -> n%" PRIu32 ";\n", n->in[i]->id,
                n->id);
}

reel_status reel_write_dot(reel_nodes nodes, FILE *stream)
{
    if (nodes.count == 0 || !stream)
        return REEL_EVALUE;
    for (size_t i = 0; i < nodes.count; i++)
        if (!nodes.node[i] || nodes.node[i]->tape != nodes.node[0]->tape)
            return REEL_EVALUE;
    reel_tape *t = nodes.node[0]->tape;
    reel__order order;
    bool sorted = reel__sort(t, nodes, 0, &order);
    if (sorted) {
        fputs("digraph reel {\n  rankdir=TB;\n"
              "  node [fontname=\"Helvetica\"];\n",
              stream);
        for (size_t i = 0; i < order.count; i++)
            write_node(order.node[i], stream);
        fputs("}\n", stream);
    }
    reel__order_free(t, &order);
    if (!sorted)
        return REEL_ENOMEM;
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
