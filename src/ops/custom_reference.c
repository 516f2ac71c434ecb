/* ops/custom_reference.c: custom ops in the long-double reference: by the
 * user's reference, or else by the function that programs call, on operands
 * converted to double (or to float, if it takes nothing else).
 *
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include "ops/custom.h"

static bool in_long_double(const reel__custom *a)
{
    return a->op.reference && a->run == a->op.forward;
}

long double reel__custom_epsilon(const reel_node *node)
{
    const reel__custom *a = node->attr;
    if (in_long_double(a))
        return 0;
    return a->op.flags & REEL_CUSTOM_F32_ONLY ? FLT_EPSILON : DBL_EPSILON;
}

/* What a node's numbers are converted to. */
static reel_dtype working(const reel__custom *a, reel_dtype dtype)
{
    if (!reel__is_float(dtype))
        return dtype;
    return a->op.flags & REEL_CUSTOM_F32_ONLY ? REEL_F32 : REEL_F64;
}

static size_t room(reel_dtype dtype, int64_t count)
{
    size_t bytes = (size_t)count * reel_dtype_size(dtype);
    return (bytes + 15) / 16 * 16;
}

static void call(reel__eval *e, reel_custom_fn *fn, reel_custom_call *c)
{
    reel_status status = fn(c);
    if (status != REEL_OK)
        reel__fail(e->tape, status, ((const reel__custom *)e->attr)->name,
                   "failed: %s", reel__custom_said(c, status));
}

/* in and out get their place in the block, one behind the other. */
static void convert(reel__eval *e, reel_custom_in *in, reel_custom_call *c,
                    unsigned char *block)
{
    const reel__custom *a = e->attr;
    c->out.data = block;
    unsigned char *at = block + room(c->out.dtype, c->out.count);
    for (size_t k = 0; k < e->nin; k++) {
        in[k].data = at;
        for (int64_t i = 0; i < in[k].count; i++)
            reel__store(in[k].dtype, at, i, e->in[k].data[i]);
        at += room(in[k].dtype, in[k].count);
    }
    call(e, a->run, c);
    for (int64_t i = 0; i < c->out.count; i++)
        e->out->data[i] = reel__load(c->out.dtype, c->out.data, i);
}

void reel__custom_reference(reel__eval *e)
{
    const reel__custom *a = e->attr;
    bool direct = in_long_double(a);
    reel_custom_in in[REEL__CUSTOM_ARGS];
    reel_custom_call c = {
        .user = reel__custom_user(a), .nin = e->nin, .in = in,
        .operand = (size_t)a->operand,
        .out = {e->out->dtype, e->out->shape, reel_shape_count(e->out->shape),
                e->out->data}};
    for (size_t k = 0; k < e->nin; k++) {
        const reel__ref *x = &e->in[k];
        in[k] = (reel_custom_in){x->dtype, x->shape,
                                 reel_shape_count(x->shape), x->data};
    }
    if (direct) {
        call(e, a->op.reference, &c);
        return;
    }
    c.out.dtype = working(a, c.out.dtype);
    size_t bytes = 16 + room(c.out.dtype, c.out.count);
    for (size_t k = 0; k < e->nin; k++) {
        in[k].dtype = working(a, in[k].dtype);
        bytes += room(in[k].dtype, in[k].count);
    }
    unsigned char *block = reel__alloc(&e->tape->allocator, bytes);
    if (block)
        convert(e, in, &c, block);
    else
        reel__no_memory(e->tape, a->name);
    reel__free(&e->tape->allocator, block, bytes);
}
