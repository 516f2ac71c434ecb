/* grad/analytic.c: the gradient as Reel computes it, taken down without a trace
 * on the tape.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "grad/check.h"

/* The storage that a program would change, should the loss depend on the value
 * of an assignment. */
typedef struct storage {
    reel__order order;
    unsigned char *copy;
    size_t bytes;
} storage;

static reel_node *assigned(const reel_node *node)
{
    return node->op == &reel__op_assign ? node->in[0] : NULL;
}

static bool save(reel_tape *t, reel_nodes outputs, storage *s)
{
    *s = (storage){.bytes = 0};
    if (!reel__sort(t, outputs, 0, &s->order))
        return false;
    for (size_t i = 0; i < s->order.count; i++)
        s->bytes += reel_bytes(assigned(s->order.node[i]));
    if (s->bytes == 0)
        return true;
    s->copy = reel__alloc(&t->allocator, s->bytes);
    if (!s->copy)
        return reel__no_memory(t, "gradcheck");
    unsigned char *to = s->copy;
    for (size_t i = 0; i < s->order.count; i++) {
        const reel_node *leaf = assigned(s->order.node[i]);
        if (leaf && reel_bytes(leaf)) {
            memcpy(to, leaf->value, reel_bytes(leaf));
            to += reel_bytes(leaf);
        }
    }
    return true;
}

static void restore(reel_tape *t, storage *s)
{
    const unsigned char *from = s->copy;
    for (size_t i = 0; from && i < s->order.count; i++) {
        reel_node *leaf = assigned(s->order.node[i]);
        if (leaf && reel_bytes(leaf)) {
            memcpy(leaf->value, from, reel_bytes(leaf));
            from += reel_bytes(leaf);
        }
    }
    reel__free(&t->allocator, s->copy, s->bytes);
    reel__order_free(t, &s->order);
}

static void copy_out(const reel_workspace *w, reel_nodes gradients,
                     long double *out)
{
    for (size_t i = 0; i < gradients.count; i++) {
        const reel_node *g = gradients.node[i];
        int64_t n = reel_count(g);
        const void *data = n ? reel_workspace_data(w, g) : NULL;
        for (int64_t k = 0; k < n; k++)
            *out++ = reel__load((reel_dtype)g->dtype, data, k);
    }
}

/* In a workspace of its own: a gradient may be a node that a program of the
 * user's has published a value of. */
static bool run(reel_tape *t, reel_nodes gradients, long double *out)
{
    reel_program *p = reel_compile(t, gradients);
    reel_workspace *w = p ? reel_workspace_new(p) : NULL;
    reel_status status = w ? reel_run_in(p, w) : REEL_ENOMEM;
    if (!w)
        reel__no_memory(t, "gradcheck"); /* unless compiling said more */
    else if (status != REEL_OK)
        reel__fail(t, status, NULL, "%s", reel_workspace_message(w));
    else
        copy_out(w, gradients, out);
    reel_workspace_free(w);
    reel_program_free(p);
    return status == REEL_OK;
}

static bool compute(reel_node *loss, reel_nodes params, reel_node **gradients,
                    long double *out)
{
    reel_tape *t = loss->tape;
    reel_nodes outputs = {params.count, gradients};
    storage s;
    if (reel_gradients(loss, params, gradients) != REEL_OK)
        return false;
    bool done = save(t, outputs, &s) && run(t, outputs, out);
    restore(t, &s);
    return done;
}

reel_status reel__analytic(reel_node *loss, reel_nodes params,
                           long double *out)
{
    reel_tape *t = loss->tape;
    char message[sizeof t->message];
    size_t bytes = params.count * sizeof(reel_node *);
    reel_mark mark = reel_tape_mark(t);
    reel_node **gradients = reel__alloc(&t->allocator, bytes);
    if (gradients)
        compute(loss, params, gradients, out);
    else
        reel__no_memory(t, "gradcheck");
    reel__free(&t->allocator, gradients, bytes);

    /* Rewinding forgets the error, too: what it was outlives it here. */
    reel_status status = t->status;
    memcpy(message, t->message, sizeof message);
    reel_tape_rewind(t, mark);
    if (status != REEL_OK)
        reel__fail(t, status, NULL, "%s", message);
    return status;
}
