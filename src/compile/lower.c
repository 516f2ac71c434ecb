/* compile/lower.c: from nodes to steps. What depends on constants alone becomes
 * a step that is run while compiling.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/compile.h"
#include "ops/ops.h"

#define ELEMENTS_A_THREAD 8192 /* one take of elementwise work */

/* ----------------------------------------------------------------- buffers */

uint32_t reel__new_buffer(reel__compiler *c, size_t bytes, uint32_t base)
{
    reel__buffer *grown =
        reel__grow(&c->tape->allocator, c->buffer, &c->buffer_capacity,
                   c->buffers + 1, sizeof *grown);
    if (!grown || c->buffers + 1 >= REEL__NONE) {
        reel__no_memory(c->tape, "compile");
        return REEL__NONE;
    }
    c->buffer = grown;
    c->buffer[c->buffers] = (reel__buffer){.bytes = bytes,
                                           .base = base,
                                           .first = REEL__NONE,
                                           .last = REEL__NONE};
    return (uint32_t)c->buffers++;
}

/* Returns the node's strides, to be filled in; NULL: no memory. */
static int64_t *set_value(reel__compiler *c, const reel_node *node,
                          uint32_t buffer, int64_t offset)
{
    static int64_t none[1];
    reel__value *v = reel__value_of(c, node);
    int64_t *stride = none;
    if (node->ndim > 0)
        stride = reel__arena_take(&c->scratch, node->ndim * sizeof *stride);
    if (!stride || buffer == REEL__NONE)
        return reel__no_memory(c->tape, "compile");
    v->buffer = buffer;
    v->offset = offset;
    v->stride = stride;
    return stride;
}

bool reel__set_view(reel__compiler *c, const reel_node *node, uint32_t buffer,
                    int64_t offset, const int64_t *from)
{
    int64_t *stride = set_value(c, node, buffer, offset);
    for (int i = 0; stride && i < node->ndim; i++)
        stride[i] = from[i];
    return stride != NULL;
}

static bool set_dense(reel__compiler *c, const reel_node *node,
                      uint32_t buffer)
{
    int64_t n = 1, *stride = set_value(c, node, buffer, 0);
    for (int i = node->ndim; stride && i-- > 0;) {
        stride[i] = n;
        n *= node->dim[i];
    }
    return stride != NULL;
}

bool reel__new_value(reel__compiler *c, const reel_node *node)
{
    return set_dense(c, node, reel__new_buffer(c, reel_bytes(node),
                                               REEL__BASE_ARENA));
}

bool reel__is_dense(const reel_node *node, const reel__value *v)
{
    int64_t n = 1;
    for (int i = node->ndim; i-- > 0;) {
        if (node->dim[i] != 1 && v->stride[i] != n)
            return false;
        n *= node->dim[i];
    }
    return true;
}

/* Sets no more strides than the node has axes. */
static void read_arg(const reel__compiler *c, const reel_node *node,
                     reel__arg *a)
{
    const reel__value *v = reel__value_of(c, node);
    a->dtype = (reel_dtype)node->dtype;
    a->buffer = v->buffer;
    a->offset = v->offset;
    for (int i = 0; i < node->ndim; i++)
        a->stride[i] = v->stride[i];
}

reel__arg reel__arg_of(const reel__compiler *c, const reel_node *node)
{
    reel__arg a = {.offset = 0};
    read_arg(c, node, &a);
    return a;
}

static bool lower_leaf(reel__compiler *c, reel_node *node)
{
    reel_program *p = c->program;
    reel_node **grown = reel__grow(&p->allocator, p->leaf, &p->leaf_capacity,
                                   p->leaves + 1, sizeof *grown);
    if (!grown)
        return reel__no_memory(c->tape, "compile");
    p->leaf = grown;
    p->leaf[p->leaves] = node;
    uint32_t b =
        reel__new_buffer(c, reel_bytes(node),
                         (uint32_t)(REEL__BASE_LEAVES + p->leaves++));
    if (b == REEL__NONE)
        return false;
    c->buffer[b].constant = node->op == &reel__op_constant &&
                            !node->leaf->varies && !c->plain;
    return set_dense(c, node, b);
}

/* ------------------------------------------------------------------- steps */

reel__step *reel__new_step(reel__compiler *c, reel__steps *list)
{
    reel__step *grown = reel__grow(&c->program->allocator, list->step,
                                   &list->capacity, list->count + 1,
                                   sizeof *grown);
    if (!grown || list->count + 1 >= REEL__NONE)
        return reel__no_memory(c->tape, "compile");
    list->step = grown;
    return &grown[list->count++];
}

/* Into scratch memory: finish.c makes what the program keeps. */
static bool give_geometry(reel__compiler *c, const reel__plan_of_step *s,
                          reel__step *step)
{
    size_t axes = (size_t)s->ndim, args = (size_t)s->nin + 1;
    reel__operand *o = reel__arena_take(
        &c->scratch, args * sizeof *o + (args + 1) * axes * sizeof(int64_t));
    if (!o)
        return reel__no_memory(c->tape, "compile");
    int64_t *g = (int64_t *)(void *)(o + args);
    step->operand = o;
    step->geometry = g;
    for (size_t i = 0; i < axes; i++)
        *g++ = s->dim[i];
    for (size_t k = 0; k < args; k++) {
        const reel__arg *arg = &s->arg[k];
        for (size_t i = 0; i < axes; i++)
            *g++ = arg->stride[i];
        o[k] = (reel__operand){
            .offset = arg->offset * (int64_t)reel__size_of(arg->dtype),
            .base = arg->buffer,
            .dtype = (uint16_t)arg->dtype,
            .written = k == 0};
    }
    if (s->attributes) {
        reel__attributes *a = reel__arena_take(&c->scratch, sizeof *a);
        if (!a)
            return reel__no_memory(c->tape, "compile");
        *a = *s->attributes;
        step->attributes = a;
    }
    return true;
}

bool reel__give_check(reel__compiler *c, reel_node *node, reel__step *step)
{
    reel_program *p = c->program;
    reel_node **grown = reel__grow(&p->allocator, p->check, &p->check_capacity,
                                   p->checks + 1, sizeof *grown);
    if (!grown)
        return reel__no_memory(c->tape, "compile");
    p->check = grown;
    p->check[p->checks] = node;
    step->check = (uint32_t)p->checks++;
    return true;
}

/* All operands known now, and nothing to check while running. */
static bool can_fold(const reel__compiler *c, const reel__plan_of_step *s)
{
    if (c->plain || s->checked || c->buffer[s->arg[0].buffer].pinned)
        return false;
    for (int k = 1; k <= s->nin; k++)
        if (!c->buffer[s->arg[k].buffer].constant)
            return false;
    /* A buffer that a step of the run has begun to write stays there. */
    return !c->buffer[s->arg[0].buffer].written;
}

bool reel__emit(reel__compiler *c, reel__plan_of_step *s)
{
    bool fold = can_fold(c, s);
    reel__steps *list = fold ? &c->folds : &c->program->steps;
    reel__kernel *run = reel__kernel_find(s->kernel, s->in, s->out);
    if (!run)
        return reel__fail(c->tape, REEL_EDTYPE, reel__kernel_name(s->kernel),
                          "no kernel from %s to %s", reel_dtype_name(s->in),
                          reel_dtype_name(s->out));
    reel__step *step = reel__new_step(c, list);
    if (!step)
        return false;
    *step = (reel__step){.run = run,
                         .units = s->units,
                         .grain = s->grain > 0 ? s->grain : 1,
                         .check = REEL__NONE,
                         .kernel = (uint16_t)s->kernel,
                         .ndim = (uint8_t)s->ndim,
                         .nred = (uint8_t)s->nred,
                         .operands = (uint16_t)(s->nin + 1),
                         .own = (uint16_t)(s->nin + 1)};
    if (!give_geometry(c, s, step) ||
        (s->checked && !reel__give_check(c, s->checked, step)))
        return false;
    if (fold) {
        c->buffer[s->arg[0].buffer].constant = true;
        c->buffer[s->arg[0].buffer].base = REEL__BASE_FOLDED;
    } else {
        c->buffer[s->arg[0].buffer].written = true;
    }
    return true;
}

/* -------------------------------------------------------------- elementwise */

bool reel__emit_elementwise(reel__compiler *c, reel__plan_of_step *s,
                            const reel_shape *shape)
{
    s->ndim = shape->ndim;
    s->units = reel_shape_count(*shape);
    s->grain = ELEMENTS_A_THREAD;
    memcpy(s->dim, shape->dim, sizeof shape->dim);
    return reel__emit(c, s);
}

bool reel__emit_copy(reel__compiler *c, reel_shape shape, reel__arg to,
                     reel__arg from)
{
    reel__plan_of_step s = {.kernel = REEL__K_copy, .in = from.dtype,
                            .out = to.dtype, .nin = 1, .arg = {to, from}};
    return reel__emit_elementwise(c, &s, &shape);
}

/* Most steps there are: of the plan only what will be looked at is set. */
static bool lower_elementwise(reel__compiler *c, reel_node *node)
{
    reel__attributes a = {{0}, {0}};
    reel__plan_of_step s;
    s.kernel = (reel__kernel_id)node->op->kernel;
    /* The last operand's dtype chooses: where's first is the condition. */
    s.in = (reel_dtype)node->in[node->arity - 1]->dtype;
    s.out = (reel_dtype)node->dtype;
    s.nin = (int)node->arity;
    s.ndim = node->ndim;
    s.nred = 0;
    s.units = reel_count(node);
    s.grain = ELEMENTS_A_THREAD;
    s.attributes = NULL;
    s.checked = NULL;
    if (node->op->lowering == REEL__LOWER_CAST) {
        s.kernel = REEL__K_cast;
    } else if (node->attr_bytes) {
        memcpy(a.f, node->attr, sizeof a.f); /* a reel__reals */
        s.attributes = &a;
    }
    if (!reel__new_value(c, node))
        return false;
    for (int i = 0; i < node->ndim; i++)
        s.dim[i] = node->dim[i];
    read_arg(c, node, &s.arg[0]);
    for (uint32_t i = 0; i < node->arity; i++)
        read_arg(c, node->in[i], &s.arg[i + 1]);
    return reel__emit(c, &s);
}

/* ------------------------------------------------------------------- order */

static bool lower_node(reel__compiler *c, reel_node *node)
{
    if (node->op->flags & REEL__LEAF)
        return lower_leaf(c, node);
    switch (node->op->lowering) {
    case REEL__LOWER_ELEMENTWISE:
    case REEL__LOWER_CAST: return lower_elementwise(c, node);
    case REEL__LOWER_VIEW: return reel__lower_view(c, node);
    case REEL__LOWER_CONCAT: return reel__lower_concat(c, node);
    case REEL__LOWER_PAD: return reel__lower_pad(c, node);
    case REEL__LOWER_REDUCE: return reel__lower_reduce(c, node);
    case REEL__LOWER_ROWS: return reel__lower_rows(c, node);
    case REEL__LOWER_MATMUL: return reel__lower_matmul(c, node);
    case REEL__LOWER_GATHER:
    case REEL__LOWER_SCATTER_ADD:
    case REEL__LOWER_PICK:
    case REEL__LOWER_PLACE:
    case REEL__LOWER_ONE_HOT: return reel__lower_index(c, node);
    case REEL__LOWER_UNIFORM: return reel__lower_uniform(c, node);
    case REEL__LOWER_CUSTOM: return reel__lower_custom(c, node);
    case REEL__LOWER_ASSIGN: {
        const reel__value *v = reel__value_of(c, node->in[1]);
        return reel__set_view(c, node, v->buffer, v->offset, v->stride);
    }
    case REEL__LOWER_NONE:
    case REEL__LOWERINGS: break;
    }
    return reel__fail(c->tape, REEL_EVALUE, node->op->name,
                      "the op has no lowering");
}

/* Outputs lie dense in memory that nothing else writes. */
static bool lower_output(reel__compiler *c, reel_node *node)
{
    if (node->op->flags & REEL__LEAF || node->op == &reel__op_assign)
        return true; /* its value is the leaf's storage */
    reel__value *v = reel__value_of(c, node);
    bool in_leaf = c->buffer[v->buffer].base >= REEL__BASE_LEAVES;
    if ((in_leaf || !reel__is_dense(c->order.node[v->same], v)) &&
        !reel__make_dense(c, node))
        return false;
    c->buffer[reel__value_of(c, node)->buffer].pinned = true;
    return true;
}

/* Values to store are first all computed, then stored, so that every read in
 * the program sees what was before. */
static bool lower_assigns(reel__compiler *c)
{
    for (size_t i = 0; i < c->order.count; i++) {
        reel_node *n = c->order.node[i];
        if (n->op != &reel__op_assign)
            continue;
        reel__buffer *leaf = &c->buffer[reel__value_of(c, n->in[0])->buffer];
        if (leaf->pinned)
            return reel__fail(c->tape, REEL_EVALUE, "assign",
                              "two values for '%s' in one program",
                              reel_name(n->in[0]));
        leaf->pinned = true;
        if (c->buffer[reel__value_of(c, n)->buffer].base >=
                REEL__BASE_LEAVES &&
            !reel__make_dense(c, n))
            return false;
    }
    c->program->assigns = c->program->steps.count;
    for (size_t i = 0; i < c->order.count; i++) {
        reel_node *n = c->order.node[i];
        if (n->op == &reel__op_assign &&
            !reel__emit_copy(c, reel__shape_of(n), reel__arg_of(c, n->in[0]),
                             reel__arg_of(c, n)))
            return false;
    }
    return true;
}

bool reel__lower(reel__compiler *c, reel_nodes outputs)
{
    for (size_t i = 0; i < c->order.count; i++)
        if (c->value[i].same == i && !lower_node(c, c->order.node[i]))
            return false;
    for (size_t i = 0; i < outputs.count; i++)
        if (!lower_output(c, outputs.node[i]))
            return false;
    return lower_assigns(c);
}
