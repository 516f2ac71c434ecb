/* nn/parameters.c: lists of parameters: which some nodes depend on, and whether
 * all of one are.
 *
 * SPDX-License-Identifier: MIT */
#include "nn/names.h"
#include <reel/nn.h>

static reel_nodes collect(reel_tape *t, const reel__order *order)
{
    size_t end = 0, count = 0;
    for (size_t i = 0; i < order->count; i++) {
        count += order->node[i]->op == &reel__op_parameter;
        end = order->node[i]->id >= end ? order->node[i]->id + 1 : end;
    }
    reel_node **found =
        reel__arena_take(&t->notes, (count + 1) * sizeof *found);
    if (!found) {
        reel__no_memory(t, "parameters");
        return (reel_nodes){0, NULL};
    }
    count = 0;
    for (size_t i = 0; i < end; i++)
        if (t->node[i]->op == &reel__op_parameter &&
            reel__is_in(order, t->node[i]))
            found[count++] = t->node[i];
    return (reel_nodes){count, found};
}

reel_nodes reel_parameters(reel_nodes nodes)
{
    reel_nodes found = {0, NULL};
    for (size_t i = 0; i < nodes.count; i++)
        if (!nodes.node[i] || nodes.node[i]->tape != nodes.node[0]->tape)
            return found;
    if (nodes.count == 0 || !reel__usable(nodes.node[0]->tape))
        return found;
    reel_tape *t = nodes.node[0]->tape;
    reel__order order;
    if (reel__sort(t, nodes, REEL__STOPS | REEL__NO_GRADIENT, &order))
        found = collect(t, &order);
    reel__order_free(t, &order);
    return found;
}

bool reel__are_parameters(reel_tape *t, const char *op, reel_nodes list)
{
    for (size_t i = 0; i < list.count; i++) {
        if (!list.node[i])
            return false;
        if (list.node[i]->tape != t ||
            list.node[i]->op != &reel__op_parameter)
            return reel__fail(t, REEL_EVALUE, op,
                              "node %zu of the list is no parameter of this "
                              "tape", i);
    }
    return true;
}
