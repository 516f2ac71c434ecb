/* core/node.c: recording a node, and asking about one.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "core/internal.h"

reel_node *reel__append(const reel__call *call, size_t attr_bytes)
{
    reel_tape *t = call->tape;
    size_t ndim = (size_t)call->shape.ndim;
    size_t dims = ndim * sizeof(int64_t);
    size_t operands = (call->nin * sizeof(reel_node *) + 7) / 8 * 8;
    size_t bytes = sizeof(reel_node) + dims + operands + attr_bytes;

    reel_node *again = reel__replay_call(call, attr_bytes);
    if (again)
        return again;
    reel__replay_end(t);
    if (!reel__shape_valid(call->shape))
        return reel__fail(t, REEL_ESHAPE, call->op->name,
                          "shape has a negative size or too many elements");
    if (t->count >= UINT32_MAX || call->nin > UINT32_MAX)
        return reel__no_memory(t, call->op->name);
    reel_node **list = reel__grow(&t->allocator, t->node, &t->capacity,
                                  t->count + 1, sizeof *list);
    if (!list)
        return reel__no_memory(t, call->op->name);
    t->node = list;
    reel_node *n = reel__arena_take(&t->arena, bytes);
    if (!n)
        return reel__no_memory(t, call->op->name);

    *n = (reel_node){.op = call->op,
                     .in = (reel_node **)(void *)(n->dim + ndim),
                     .arity = (uint32_t)call->nin,
                     .attr_bytes = (uint32_t)attr_bytes,
                     .id = (uint32_t)t->count,
                     .dtype = (uint8_t)call->dtype,
                     .ndim = (uint8_t)call->shape.ndim,
                     .tape = t};
    for (size_t i = 0; i < ndim; i++)
        n->dim[i] = call->shape.dim[i];
    for (size_t i = 0; i < call->nin; i++)
        n->in[i] = call->in[i];
    if (attr_bytes)
        n->attr = memcpy((unsigned char *)n->in + operands, call->attr,
                         attr_bytes);
    reel__set_origin(n);
    t->node[t->count++] = n;
    t->recorded = t->count;
    return n;
}

void reel__take_back(reel_tape *tape)
{
    tape->count--;
    reel__replay_end(tape);
}

/* Operands that infer may replace: a copy, on the stack where few. */
reel_node *reel__record(const reel__op *op, reel_node *const *in, size_t nin,
                        const void *attr, size_t attr_bytes)
{
    reel_node *few[4], **copy = few;
    reel_node *result = NULL;

    if (nin == 0 || !in[0] || !reel__usable(in[0]->tape))
        return NULL;
    reel_tape *t = in[0]->tape;
    reel_node *again = reel__replay(t, op, in, nin, attr, attr_bytes);
    if (again)
        return again;
    for (size_t i = 1; i < nin; i++)
        if (!in[i])
            return NULL;
    for (size_t i = 1; i < nin; i++)
        if (in[i]->tape != t)
            return reel__fail(t, REEL_EVALUE, op->name,
                              "operands are on different tapes");
    if (nin > sizeof few / sizeof *few &&
        !(copy = reel__alloc(&t->allocator, nin * sizeof *copy)))
        return reel__no_memory(t, op->name);
    memcpy(copy, in, nin * sizeof *copy);

    reel__call call = {.tape = t, .op = op, .nin = nin, .in = copy,
                       .attr = attr};
    if (op->infer(&call) && t->status == REEL_OK)
        result = reel__append(&call, attr_bytes);
    if (copy != few)
        reel__free(&t->allocator, copy, nin * sizeof *copy);
    return result;
}

/* ---------------------------------------------------------- about any node */

size_t reel_tape_count(const reel_tape *tape)
{
    return tape ? tape->count : 0;
}

reel_node *reel_tape_node(const reel_tape *tape, size_t i)
{
    return tape && i < tape->count ? tape->node[i] : NULL;
}

reel_tape *reel_tape_of(const reel_node *node)
{
    return node ? node->tape : NULL;
}

size_t reel_id(const reel_node *node)
{
    return node ? node->id : SIZE_MAX;
}

const char *reel_op_name(const reel_node *node)
{
    if (!node)
        return "";
    return node->op->name_of ? node->op->name_of(node) : node->op->name;
}

const char *reel_name(const reel_node *node)
{
    return node && node->name ? node->name : "";
}

reel_dtype reel_dtype_of(const reel_node *node)
{
    return node ? (reel_dtype)node->dtype : REEL_BOOL;
}

reel_shape reel__shape_of(const reel_node *node)
{
    reel_shape s = {node->ndim, {0}};
    memcpy(s.dim, node->dim, node->ndim * sizeof *node->dim);
    return s;
}

reel_shape reel_shape_of(const reel_node *node)
{
    return node ? reel__shape_of(node) : REEL_SCALAR;
}

int64_t reel_count(const reel_node *node)
{
    int64_t n = node != NULL;
    for (int i = 0; node && i < node->ndim; i++)
        n *= node->dim[i];
    return n;
}

size_t reel_bytes(const reel_node *node)
{
    return (size_t)reel_count(node) * reel_dtype_size(reel_dtype_of(node));
}

size_t reel_arity(const reel_node *node)
{
    return node ? node->arity : 0;
}

reel_node *reel_operand(const reel_node *node, size_t i)
{
    return node && i < node->arity ? node->in[i] : NULL;
}

const char *reel_file(const reel_node *node)
{
    return node ? node->file : NULL;
}

int reel_line(const reel_node *node)
{
    return node ? node->line : 0;
}

/* A name, with what a rewind needs to take it back: the node may be older than
 * the memory that holds its name. The text follows. */
typedef struct reel__naming {
    struct reel__naming *before;
    reel_node *node;
    const char *old;
    size_t at; /* bytes that names took up when it was given */
} reel__naming;

reel_status reel_set_name(reel_node *node, const char *name)
{
    if (!node || !name)
        return REEL_EVALUE;
    reel_tape *t = node->tape;
    size_t bytes = strlen(name) + 1, at = t->notes.used;
    reel__naming *n = reel__arena_take(&t->notes, sizeof *n + bytes);
    if (!n) {
        reel__no_memory(t, node->op->name);
        return REEL_ENOMEM;
    }
    *n = (reel__naming){t->namings, node, node->name, at};
    t->namings = n;
    node->name = memcpy(n + 1, name, bytes);
    return REEL_OK;
}

void reel__names_rewind(reel_tape *tape, size_t used)
{
    reel__naming *n = tape->namings;
    for (; n && n->at >= used; n = n->before)
        n->node->name = n->old;
    tape->namings = n;
    reel__arena_rewind(&tape->notes, used);
}

void *reel_data(const reel_node *node)
{
    return node ? node->value : NULL;
}

double reel_item(const reel_node *node)
{
    if (!node || !node->value || reel_count(node) != 1)
        return NAN;
    return (double)reel__load(reel_dtype_of(node), node->value, 0);
}
