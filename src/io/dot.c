/* io/dot.c: graphs in Graphviz's language.
 *
 * SPDX-License-Identifier: MIT */
#include "io/dot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "io/number.h"
#include <reel/io.h>

static void put(reel__text *t, const char *text)
{
    reel__text_put(t, text, strlen(text));
}

/* Graphviz takes "&lt;" and the like for what HTML takes it for. */
static void put_quoted(reel__text *t, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            put(t, "\\");
        if (*text == '&')
            put(t, "&amp;");
        else
            reel__text_put(t, text, 1);
    }
}

/* What a constant of one element is: that says more than its op's name. */
static bool put_value(reel__text *t, const reel_node *n)
{
    const void *v = n->value;

    if (n->op != &reel__op_constant || !v || reel_count(n) != 1)
        return false;
    switch (reel_dtype_of(n)) {
    case REEL_BOOL: put(t, *(const uint8_t *)v ? "true" : "false"); break;
    case REEL_U8: reel__text_print(t, "%u", *(const uint8_t *)v); break;
    case REEL_I32: reel__text_print(t, "%" PRId32, *(const int32_t *)v); break;
    case REEL_I64: reel__text_print(t, "%" PRId64, *(const int64_t *)v); break;
    case REEL_F32: reel__number_put(t, (double)*(const float *)v, 6); break;
    case REEL_F64: reel__number_put(t, *(const double *)v, 6); break;
    }
    return true;
}

/* Leaves have corners and colours, what rules of derivatives recorded is
 * paler. */
static void put_look(reel__text *t, const reel_node *n)
{
    if (n->op == &reel__op_parameter)
        put(t, "style=filled, fillcolor=\"#bfdcf2\", ");
    else if (n->op == &reel__op_state)
        put(t, "style=filled, fillcolor=\"#f5dcc4\", ");
    else if (n->op == &reel__op_input)
        put(t, "style=filled, fillcolor=\"#c9e8d9\", ");
    else if (n->op->flags & REEL__LEAF)
        put(t, "style=filled, fillcolor=\"#eeeeee\", ");
    else if (n->primal)
        put(t, "color=\"#bbbbbb\", fontcolor=\"#777777\", ");
}

static void put_node(reel__text *t, const reel_node *n)
{
    char shape[REEL__SHAPE_TEXT];

    reel__text_print(t, "  n%" PRIu32 " [", n->id);
    put_look(t, n);
    put(t, "label=\"");
    if (!put_value(t, n))
        put(t, reel_op_name(n));
    if (n->name) {
        put(t, " ");
        put_quoted(t, n->name);
    }
    put(t, "\\n");
    put(t, reel_dtype_name(reel_dtype_of(n)));
    put(t, " ");
    put(t, reel__node_shape_text(n, shape));
    put(t, "\"];\n");
    for (uint32_t i = 0; i < n->arity; i++)
        reel__text_print(t, "  n%" PRIu32 " -> n%" PRIu32 "%s;\n",
                         n->in[i]->id, n->id,
                         n->primal ? " [color=\"#bbbbbb\"]" : "");
}

/* What was asked for has a strong border. */
static void put_graph(reel__text *t, const reel__order *order,
                      reel_nodes asked)
{
    put(t, "digraph reel {\n"
           "  graph [rankdir=TB, nodesep=0.2, ranksep=0.35];\n"
           "  node [shape=box, style=\"filled,rounded\", fillcolor=white, "
           "color=\"#555555\",\n"
           "        fontname=Helvetica, fontsize=12, height=0.3, "
           "margin=\"0.12,0.05\"];\n"
           "  edge [color=\"#555555\", arrowsize=0.6];\n");
    for (size_t i = 0; i < order->count; i++)
        put_node(t, order->node[i]);
    for (size_t i = 0; i < asked.count; i++)
        reel__text_print(t, "  n%" PRIu32 " [color=black, penwidth=2];\n",
                         asked.node[i]->id);
    put(t, "}\n");
}

reel_status reel__dot(reel_nodes nodes, reel__text *text)
{
    if (nodes.count == 0)
        return REEL_EVALUE;
    for (size_t i = 0; i < nodes.count; i++)
        if (!nodes.node[i] || nodes.node[i]->tape != nodes.node[0]->tape)
            return REEL_EVALUE;

    reel_tape *t = nodes.node[0]->tape;
    reel__order order;
    bool sorted = reel__sort(t, nodes, 0, &order);

    if (sorted)
        put_graph(text, &order, nodes);
    reel__order_free(t, &order);
    return sorted && !text->failed ? REEL_OK : REEL_ENOMEM;
}

reel_status reel_write_dot(reel_nodes nodes, FILE *stream)
{
    reel__text text = {0};
    reel_status status = stream ? reel__dot(nodes, &text) : REEL_EVALUE;

    if (status == REEL_OK)
        fwrite(text.byte, 1, text.size, stream);
    free(text.byte);
    if (status == REEL_OK && ferror(stream))
        status = REEL_EIO;
    return status;
}
