/* ops/custom.c: the user's own ops: recording them, and their derivatives.
 *
 * A derivative on buffers is a node of its own, of another row, which has no
 * derivative.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include "ops/custom.h"

static const char *custom_name(const reel_node *node)
{
    return ((const reel__custom *)node->attr)->name;
}

/* ------------------------------------------------------------ dtype, shape */

static bool takes_floats(const reel__call *call, const reel__custom *a)
{
    unsigned flags = a->op.flags;
    reel_dtype no = flags & REEL_CUSTOM_F32_ONLY ? REEL_F64 : REEL_F32;
    for (size_t i = 0; flags && i < call->nin; i++)
        if (call->in[i]->dtype == no)
            return reel__fail(call->tape, REEL_EDTYPE, a->name,
                              "operand %zu is %s: its functions take %s only",
                              i, reel_dtype_name(no),
                              no == REEL_F64 ? "f32" : "f64");
    return true;
}

static bool all_alike(const reel__call *call, const reel__custom *a)
{
    char one[REEL__SHAPE_TEXT], other[REEL__SHAPE_TEXT];
    const reel_node *x = call->in[0];
    for (size_t i = 1; i < call->nin; i++) {
        const reel_node *y = call->in[i];
        if (y->dtype == x->dtype && reel__same_shape(x, y))
            continue;
        return reel__fail(call->tape,
                          y->dtype == x->dtype ? REEL_ESHAPE : REEL_EDTYPE,
                          a->name,
                          "operand %zu is %s %s, operand 0 is %s %s: without "
                          "infer they must be alike",
                          i, reel_dtype_name((reel_dtype)y->dtype),
                          reel__node_shape_text(y, one),
                          reel_dtype_name((reel_dtype)x->dtype),
                          reel__node_shape_text(x, other));
    }
    return true;
}

static bool ask_infer(reel__call *call, const reel__custom *a)
{
    reel_custom_in in[REEL_CUSTOM_OPERANDS];
    for (size_t i = 0; i < call->nin; i++)
        in[i] = reel__custom_in_of(call->in[i]);
    reel_custom_call user = {.user = reel__custom_user(a), .nin = call->nin,
                             .in = in,
                             .out = {.dtype = in[0].dtype,
                                     .shape = in[0].shape}};
    reel_status status = a->op.infer(&user);
    if (status != REEL_OK)
        return reel__fail(call->tape, status, a->name, "%s",
                          reel__custom_said(&user, status));
    if (reel_dtype_size(user.out.dtype) == 0)
        return reel__fail(call->tape, REEL_EDTYPE, a->name,
                          "its infer made no dtype: %d", (int)user.out.dtype);
    if (!reel__shape_valid(user.out.shape))
        return reel__fail(call->tape, REEL_ESHAPE, a->name,
                          "its infer made a shape with a negative size or too "
                          "many elements");
    call->dtype = user.out.dtype;
    call->shape = user.out.shape;
    return true;
}

static bool custom_infer(reel__call *call)
{
    const reel__custom *a = call->attr;
    call->dtype = (reel_dtype)call->in[0]->dtype;
    call->shape = reel__shape_of(call->in[0]);
    return takes_floats(call, a) &&
           (a->op.infer ? ask_infer(call, a) : all_alike(call, a));
}

static bool derivative_infer(reel__call *call)
{
    const reel_node *like = call->in[((const reel__custom *)call->attr)
                                         ->operand];
    call->dtype = (reel_dtype)like->dtype;
    call->shape = reel__shape_of(like);
    return true;
}

/* --------------------------------------------------------------- recording */

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:";
    size_t length = name ? strlen(name) : 0;
    return length > 0 && length < 64 && strspn(name, letters) == length;
}

static bool check_op(reel_tape *t, const reel_custom_op *op)
{
    const unsigned both = REEL_CUSTOM_F32_ONLY | REEL_CUSTOM_F64_ONLY;
    const char *wrong = NULL;
    if (!op || !is_name(op->name))
        return reel__fail(t, REEL_EVALUE, "custom",
                          "an op needs a name of 1 to 63 letters, digits and "
                          "_-.:");
    if (!op->forward)
        wrong = "needs its forward";
    else if (op->vjp && op->vjp_buffers)
        wrong = "has vjp and vjp_buffers: it can have one of them";
    else if (op->jvp && op->jvp_buffers)
        wrong = "has jvp and jvp_buffers: it can have one of them";
    else if (op->flags >= both)
        wrong = "flags are 0, REEL_CUSTOM_F32_ONLY or REEL_CUSTOM_F64_ONLY";
    else if (op->operands > REEL_CUSTOM_OPERANDS)
        wrong = "has more than 16 operands";
    else if (op->user_bytes > 0 && !op->user)
        wrong = "has user_bytes, but no user";
    else if (op->user_bytes > INT32_MAX)
        wrong = "has too many user_bytes";
    return !wrong || reel__fail(t, REEL_EVALUE, op->name, "%s", wrong);
}

static bool check_count(reel_tape *t, const reel_custom_op *op, size_t count)
{
    if (op->operands ? count == op->operands : count <= REEL_CUSTOM_OPERANDS)
        return true;
    return op->operands
               ? reel__fail(t, REEL_EVALUE, op->name,
                            "takes %u operands, not %zu", op->operands, count)
               : reel__fail(t, REEL_EVALUE, op->name,
                            "takes 1 to %d operands, not %zu",
                            REEL_CUSTOM_OPERANDS, count);
}

static reel_node *record(const reel__op *row, reel_nodes in,
                         const reel__custom *a, const void *user)
{
    reel_tape *t = in.node[0]->tape;
    size_t bytes = sizeof *a + a->op.user_bytes;
    if (bytes == sizeof *a)
        return reel__record(row, in.node, in.count, a, bytes);
    unsigned char *all = reel__alloc(&t->allocator, bytes);
    if (!all)
        return reel__no_memory(t, a->name);
    memcpy(all, a, sizeof *a);
    memcpy(all + sizeof *a, user, a->op.user_bytes);
    reel_node *node = reel__record(row, in.node, in.count, all, bytes);
    reel__free(&t->allocator, all, bytes);
    return node;
}

reel_node *reel_custom(const reel_custom_op *op, reel_nodes operands)
{
    for (size_t i = 0; i < operands.count; i++)
        if (!operands.node[i])
            return NULL;
    reel_tape *t = operands.count > 0 ? operands.node[0]->tape : NULL;
    if (!reel__usable(t) || !check_op(t, op) ||
        !check_count(t, op, operands.count))
        return NULL;
    reel__custom a;
    memset(&a, 0, sizeof a); /* attributes are compared bytewise */
    a.op.operands = op->operands;
    a.op.flags = op->flags;
    a.op.infer = op->infer;
    a.op.forward = op->forward;
    a.op.vjp = op->vjp;
    a.op.vjp_buffers = op->vjp_buffers;
    a.op.jvp = op->jvp;
    a.op.jvp_buffers = op->jvp_buffers;
    a.op.reference = op->reference;
    a.op.user = op->user_bytes > 0 ? NULL : op->user;
    a.op.user_bytes = op->user_bytes;
    a.run = op->forward;
    memcpy(a.name, op->name, strlen(op->name));
    return record(&reel__op_custom, operands, &a, op->user);
}

/* ------------------------------------------------------------- derivatives */

/* A node that computes run of in, like operand `like` of it. */
static reel_node *on_buffers(reel_node *y, reel_nodes in, const char *suffix,
                             reel_custom_fn *run, size_t like)
{
    const reel__custom *of = y->attr;
    reel__custom a;
    memcpy(&a, of, sizeof a); /* padding and all */
    a.run = run;
    a.operand = like;
    memcpy(a.name + strlen(a.name), suffix, strlen(suffix));
    return record(&reel__op_custom_derivative, in, &a, reel__custom_user(of));
}

static void vjp_on_buffers(reel_node *y, reel_node *g, const bool *need,
                           reel_node **dx)
{
    const reel__custom *a = y->attr;
    reel_node *in[REEL__CUSTOM_ARGS];
    size_t n = y->arity;
    memcpy(in, y->in, n * sizeof *in);
    in[n] = y;
    in[n + 1] = g;
    for (size_t k = 0; k < n; k++)
        if (need[k])
            dx[k] = on_buffers(y, (reel_nodes){n + 2, in}, "_vjp",
                               a->op.vjp_buffers, k);
}

static void custom_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    const reel__custom *a = y->attr;
    if (a->op.vjp_buffers) {
        vjp_on_buffers(y, g, need, dx);
    } else if (a->op.vjp) {
        a->op.vjp(y, g, need, dx, reel__custom_user(a));
        for (size_t k = 0; k < y->arity; k++)
            if (dx[k] && dx[k]->tape != y->tape)
                reel__fail(y->tape, REEL_EVALUE, a->name,
                           "its vjp made a node on another tape");
    } else {
        reel__fail(y->tape, REEL_EGRAD, a->name,
                   "has no vjp, which reel_gradient and reel_vjp need");
    }
}

static reel_node *jvp_on_buffers(reel_node *y, reel_node *const *dx)
{
    const reel__custom *a = y->attr;
    reel_node *in[REEL__CUSTOM_ARGS];
    size_t n = y->arity;
    memcpy(in, y->in, n * sizeof *in);
    in[n] = y;
    for (size_t k = 0; k < n; k++)
        in[n + 1 + k] = dx[k] ? dx[k]
                        : reel__is_float((reel_dtype)in[k]->dtype)
                            ? reel__full_like(in[k], 0)
                            : in[k];
    return on_buffers(y, (reel_nodes){2 * n + 1, in}, "_jvp",
                      a->op.jvp_buffers, n);
}

/* J^T u is linear in u, so its own vjp, for whatever u, is J: of the cotangent
 * dx[k] for the part of operand k. */
static reel_node *jvp_by_vjp(reel_node *y, reel_node *const *dx)
{
    bool need[REEL_CUSTOM_OPERANDS];
    reel_node *back[REEL_CUSTOM_OPERANDS] = {NULL}, *sum = NULL;
    reel_node *u = reel__full_like(y, 0);
    for (size_t k = 0; k < y->arity; k++)
        need[k] = dx[k] != NULL;
    if (u)
        custom_vjp(y, u, need, back);
    for (size_t k = 0; k < y->arity; k++) {
        reel_node *part;
        if (!need[k] || !back[k])
            continue;
        if (reel_vjp(back[k], dx[k], (reel_nodes){1, &u}, &part) != REEL_OK)
            return NULL;
        sum = reel__add_tangents(sum, part);
    }
    return sum;
}

static reel_node *custom_jvp(reel_node *y, reel_node *const *dx)
{
    const reel__custom *a = y->attr;
    if (a->op.jvp_buffers)
        return jvp_on_buffers(y, dx);
    if (!a->op.jvp && a->op.vjp)
        return jvp_by_vjp(y, dx);
    if (!a->op.jvp)
        return reel__fail(y->tape, REEL_EGRAD, a->name,
                          "has no jvp, which reel_jvp needs, and no vjp that "
                          "records nodes to make one of");
    reel_node *dy = a->op.jvp(y, dx, reel__custom_user(a));
    if (dy && dy->tape != y->tape)
        return reel__fail(y->tape, REEL_EVALUE, a->name,
                          "its jvp made a node on another tape");
    return dy;
}

static void *no_second(const reel_node *y)
{
    return reel__fail(y->tape, REEL_EGRAD, custom_name(y),
                      "is computed on buffers and has no derivative: second "
                      "derivatives need rules that record nodes");
}

static void derivative_vjp(reel_node *y, reel_node *g, const bool *need,
                           reel_node **dx)
{
    (void)g, (void)need, (void)dx;
    no_second(y);
}

static reel_node *derivative_jvp(reel_node *y, reel_node *const *dx)
{
    (void)dx;
    return no_second(y);
}

const reel__op reel__op_custom = {
    .name = "custom",
    .arity = REEL__ANY_ARITY,
    .lowering = REEL__LOWER_CUSTOM,
    .name_of = custom_name,
    .infer = custom_infer,
    .vjp = custom_vjp,
    .jvp = custom_jvp,
    .reference = reel__custom_reference,
    .epsilon = reel__custom_epsilon,
};

const reel__op reel__op_custom_derivative = {
    .name = "custom_derivative",
    .arity = REEL__ANY_ARITY,
    .lowering = REEL__LOWER_CUSTOM,
    .name_of = custom_name,
    .infer = derivative_infer,
    .vjp = derivative_vjp,
    .jvp = derivative_jvp,
    .reference = reel__custom_reference,
    .epsilon = reel__custom_epsilon,
};
