/* compile/lower_index.c: steps of the ops that index, and of random numbers.
 * Their index spaces stand in kernels.h.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "ops/ops.h"

#define ELEMENTS_A_THREAD 16384

static int64_t take(int64_t work_a_unit)
{
    int64_t units = ELEMENTS_A_THREAD / (work_a_unit > 0 ? work_a_unit : 1);
    return units > 1 ? units : 1;
}

/* Strides of arg from axis `from` on move to axis `to` on; the others are 0. */
static void place_strides(reel__arg *arg, int from, int to, int count)
{
    int64_t moved[REEL__MAX_AXES] = {0};
    memcpy(moved + to, arg->stride + from, (size_t)count * sizeof *moved);
    memcpy(arg->stride, moved, sizeof moved);
}

/* Copies sizes of a node's axes [from, from + count) behind those of s. */
static int64_t add_axes(reel__plan_of_step *s, const reel_node *n, int from,
                        int count)
{
    int64_t points = 1;
    for (int i = from; i < from + count; i++) {
        s->dim[s->ndim++] = n->dim[i];
        points *= n->dim[i];
    }
    return points;
}

/* gather, scatter_add: whole rows [n, rest] on one side, on the other
 * [index, rest]. */
static void rows_by_index(const reel_node *node, reel__plan_of_step *s,
                          reel__attributes *a)
{
    bool gather = node->op->lowering == REEL__LOWER_GATHER;
    const reel_node *index = node->in[1], *x = node->in[0];
    const reel_node *rows = gather ? x : node;
    reel__arg *arg = &s->arg[gather ? 1 : 0];
    int ni = index->ndim, nrest = rows->ndim - 1;

    a->i[0] = rows->dim[0];
    a->i[1] = arg->stride[0];
    place_strides(arg, 1, ni, nrest);
    int64_t points = add_axes(s, index, 0, ni);
    int64_t rest = add_axes(s, rows, 1, nrest);
    s->units = gather ? points : rest;
    s->grain = take(gather ? rest : points);
}

/* pick, place, one_hot: one element of the row [n] that belongs to each index,
 * in x or in the result. */
static void element_by_index(const reel_node *node, reel__plan_of_step *s,
                             reel__attributes *a)
{
    bool pick = node->op->lowering == REEL__LOWER_PICK;
    const reel_node *rows = pick ? node->in[0] : node;
    reel__arg *arg = &s->arg[pick ? 1 : 0];
    int ni = rows->ndim - 1;

    a->i[0] = rows->dim[ni];
    a->i[1] = arg->stride[ni];
    arg->stride[ni] = 0;
    s->units = add_axes(s, rows, 0, ni);
    s->grain = take(pick ? 8 : rows->dim[ni]);
}

bool reel__lower_index(reel__compiler *c, reel_node *node)
{
    bool whole_rows = node->op->lowering == REEL__LOWER_GATHER ||
                      node->op->lowering == REEL__LOWER_SCATTER_ADD;
    const reel_node *index = node->in[node->arity - 1];
    reel__attributes a = {{0},
                          {0, 0, index->ndim, (int64_t)reel_dtype_of(index)}};
    reel__plan_of_step s = {.kernel = (reel__kernel_id)node->op->kernel,
                            .in = reel_dtype_of(node),
                            .out = reel_dtype_of(node),
                            .nin = (int)node->arity,
                            .attributes = &a,
                            .checked = node};
    if (!reel__new_value(c, node))
        return false;
    s.arg[0] = reel__arg_of(c, node);
    for (uint32_t i = 0; i < node->arity; i++)
        s.arg[i + 1] = reel__arg_of(c, node->in[i]);
    if (whole_rows)
        rows_by_index(node, &s, &a);
    else
        element_by_index(node, &s, &a);
    return reel__emit(c, &s);
}

bool reel__lower_uniform(reel__compiler *c, reel_node *node)
{
    const reel__draw *draw = node->attr;
    reel__attributes a = {{0}, {0}};
    memcpy(&a.i[0], &draw->seed, sizeof a.i[0]);
    reel__plan_of_step s = {.kernel = REEL__K_uniform,
                            .in = reel_dtype_of(node),
                            .out = reel_dtype_of(node),
                            .ndim = 1,
                            .nin = 1,
                            .dim = {reel_count(node)},
                            .units = reel_count(node),
                            .grain = 4096,
                            .attributes = &a};
    if (!reel__new_value(c, node))
        return false;
    s.arg[0] = reel__arg_of(c, node);
    s.arg[0].stride[0] = 1;
    s.arg[1] = reel__arg_of(c, node->in[0]);
    return reel__emit(c, &s);
}
