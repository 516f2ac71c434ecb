/* core/leaf.c: nodes whose value comes from outside: inputs, parameters,
 * states, constants.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "core/internal.h"

const reel__op reel__op_input = {.name = "input", .flags = REEL__LEAF};
const reel__op reel__op_parameter = {.name = "parameter", .flags = REEL__LEAF};
const reel__op reel__op_state = {.name = "state", .flags = REEL__LEAF};
const reel__op reel__op_constant = {.name = "constant", .flags = REEL__LEAF};

/* Values of so many bytes live in the arena beside their node. */
#define IN_ARENA 64

/* A node that was recorded before may have some. */
static bool give_storage(reel_node *n, size_t in_arena)
{
    size_t bytes = reel_bytes(n);
    void *p = n->leaf->block;
    if (!p && bytes <= in_arena) {
        p = reel__arena_take(&n->tape->arena, IN_ARENA);
    } else if (!p) {
        p = reel__alloc_aligned(&n->tape->allocator, bytes);
        n->leaf->block = p;
        n->leaf->block_bytes = bytes;
    }
    if (!p) {
        reel__no_memory(n->tape, n->op->name);
        return false;
    }
    n->value = p;
    return true;
}

/* In the list of those that the tape looks through for blocks to free. */
static bool give_leaf(reel_node *n)
{
    reel_tape *t = n->tape;
    n->leaf = reel__arena_take(&t->arena, sizeof *n->leaf);
    if (!n->leaf)
        return reel__no_memory(t, n->op->name);
    *n->leaf = (reel__leaf){.before = t->leaves, .id = n->id};
    if (n->op == &reel__op_input || reel_bytes(n) > IN_ARENA)
        t->leaves = n->leaf;
    return true;
}

static reel_node *leaf(reel_tape *t, const reel__op *op, const char *name,
                       reel_dtype dtype, reel_shape shape)
{
    if (!reel__usable(t))
        return NULL;
    if (reel_dtype_size(dtype) == 0)
        return reel__fail(t, REEL_EDTYPE, op->name, "no such dtype: %d",
                          (int)dtype);
    reel__call call = {.tape = t, .op = op, .dtype = dtype, .shape = shape};
    reel_node *n = reel__append(&call, 0);
    if (!n)
        return NULL;
    if ((!n->leaf && !give_leaf(n)) ||
        (name && reel_set_name(n, name) != REEL_OK)) {
        reel__take_back(t);
        return NULL;
    }
    return n;
}

/* data of NULL are zeros. */
static bool holds(const reel_node *n, const void *data)
{
    const unsigned char *value = n->value;
    size_t bytes = reel_bytes(n);
    if (data)
        return memcmp(value, data, bytes) == 0;
    while (bytes > 0 && value[bytes - 1] == 0)
        bytes--;
    return bytes == 0;
}

/* A constant is recorded again. If with other data, programs that have the old
 * data in them are no good; the next ones read it when they run. */
static void vary(reel_node *n, const void *data)
{
    if (n->leaf->varies || holds(n, data))
        return;
    n->leaf->varies = true;
    reel__programs_drop(n->tape, n->id);
}

static reel_node *stored(reel_tape *t, const reel__op *op, const char *name,
                         reel_dtype dtype, reel_shape shape, const void *data)
{
    reel_node *n = leaf(t, op, name, dtype, shape);
    if (!n)
        return NULL;
    if (!n->value) {
        if (!give_storage(n, IN_ARENA)) {
            reel__take_back(t);
            return NULL;
        }
    } else if (op == &reel__op_constant) {
        vary(n, data);
    }
    if (data)
        memcpy(n->value, data, reel_bytes(n));
    else
        memset(n->value, 0, reel_bytes(n));
    return n;
}

reel_node *reel_input(reel_tape *tape, const char *name, reel_dtype dtype,
                      reel_shape shape)
{
    reel_node *n = leaf(tape, &reel__op_input, name, dtype, shape);
    if (n)
        n->value = n->leaf->own = NULL; /* of one recorded before, too */
    return n;
}

reel_node *reel_parameter(reel_tape *tape, const char *name, reel_dtype dtype,
                          reel_shape shape, const void *data)
{
    if (reel_dtype_size(dtype) && !reel__is_float(dtype))
        return reel__fail(tape, REEL_EDTYPE, "parameter",
                          "needs f32 or f64, not %s: use reel_state for what "
                          "is not trained",
                          reel_dtype_name(dtype));
    return stored(tape, &reel__op_parameter, name, dtype, shape, data);
}

reel_node *reel_state(reel_tape *tape, const char *name, reel_dtype dtype,
                      reel_shape shape, const void *data)
{
    return stored(tape, &reel__op_state, name, dtype, shape, data);
}

reel_node *reel_constant(reel_tape *tape, reel_dtype dtype, reel_shape shape,
                         const void *data)
{
    return stored(tape, &reel__op_constant, NULL, dtype, shape, data);
}

/* Whole and in range; 2^63 itself is the first double beyond i64. */
static bool representable(reel_dtype dtype, double value)
{
    double low, high; /* low <= value < high */
    switch (dtype) {
    case REEL_BOOL: low = 0, high = 2; break;
    case REEL_U8: low = 0, high = 256; break;
    case REEL_I32: low = -2147483648.0, high = 2147483648.0; break;
    case REEL_I64:
        low = -9223372036854775808.0, high = 9223372036854775808.0;
        break;
    default: return true;
    }
    return value >= low && value < high && (double)(int64_t)value == value;
}

reel_node *reel_scalar(reel_tape *tape, reel_dtype dtype, double value)
{
    union {
        double f64;
        unsigned char bytes[8];
    } v = {0};
    if (!representable(dtype, value))
        return reel__fail(tape, REEL_EVALUE, "scalar", "%.17g is no %s value",
                          value, reel_dtype_name(dtype));
    reel__store(dtype, v.bytes, 0, value);
    return stored(tape, &reel__op_constant, NULL, dtype, REEL_SCALAR, v.bytes);
}

reel_node *reel_full(reel_tape *tape, reel_dtype dtype, reel_shape shape,
                     double value)
{
    return reel_expand(reel_scalar(tape, dtype, value), shape);
}

/* ----------------------------------------------------------------- feeding */

static reel_status refuse(const reel_node *node, const char *what)
{
    if (node)
        reel__fail(node->tape, REEL_EVALUE, node->op->name, "%s", what);
    return REEL_EVALUE;
}

reel_status reel_bind(reel_node *input, const void *data)
{
    if (!input || input->op != &reel__op_input)
        return refuse(input, "only an input can be bound (use reel_set)");
    /* reel_data gives it back as it was handed in; programs only read it. */
    union {
        const void *in;
        void *out;
    } unconst = {data};
    input->value = unconst.out;
    return REEL_OK;
}

reel_status reel_set(reel_node *node, const void *data)
{
    if (!node || !(node->op->flags & REEL__LEAF) ||
        node->op == &reel__op_constant)
        return refuse(node, "only an input, parameter or state can be set");
    if (!data)
        return refuse(node, "no data to set it to");
    if (node->op == &reel__op_input) {
        void *own = node->leaf->own;
        if (own)
            node->value = own;
        else if (!give_storage(node, 0)) /* the arena may be rewound */
            return REEL_ENOMEM;
        node->leaf->own = node->value;
    }
    memmove(node->value, data, reel_bytes(node));
    return REEL_OK;
}
