/* grad/runner.c: derivatives as programs compute them, without a trace.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "grad/check.h"

static reel_node *assigned(const reel_node *node)
{
    return node->op == &reel__op_assign ? node->in[0] : NULL;
}

/* Room for the storage that a program would change, should an output depend on
 * the value of an assignment. */
static bool make_room(reel__runner *r)
{
    reel_tape *t = r->tape;
    if (!reel__sort(t, r->outputs, 0, &r->order))
        return false;
    for (size_t i = 0; i < r->order.count; i++)
        r->bytes += reel_bytes(assigned(r->order.node[i]));
    if (r->bytes == 0)
        return true;
    r->stored = reel__alloc(&t->allocator, r->bytes);
    return r->stored || reel__no_memory(t, "gradcheck");
}

static void save(reel__runner *r, bool back)
{
    unsigned char *at = r->stored;
    for (size_t i = 0; at && i < r->order.count; i++) {
        reel_node *leaf = assigned(r->order.node[i]);
        size_t bytes = reel_bytes(leaf);
        if (bytes == 0)
            continue;
        memcpy(back ? leaf->value : at, back ? at : leaf->value, bytes);
        at += bytes;
    }
}

/* In a workspace of its own: a gradient may be a node that a program of the
 * user's has published a value of. */
bool reel__runner_open(reel__runner *r, reel_tape *t, reel_nodes outputs)
{
    *r = (reel__runner){.tape = t, .outputs = outputs};
    if (!make_room(r))
        return false;
    r->program = reel_compile(t, outputs);
    r->workspace = r->program ? reel_workspace_new(r->program) : NULL;
    if (!r->workspace)
        reel__no_memory(t, "gradcheck"); /* unless compiling said more */
    return r->workspace != NULL;
}

bool reel__runner_run(reel__runner *r)
{
    save(r, false);
    reel_status status = reel_run_in(r->program, r->workspace);
    if (status != REEL_OK)
        reel__fail(r->tape, status, NULL, "%s",
                   reel_workspace_message(r->workspace));
    save(r, true);
    return status == REEL_OK;
}

void reel__runner_close(reel__runner *r)
{
    if (!r->tape)
        return;
    reel_workspace_free(r->workspace);
    reel_program_free(r->program);
    reel__free(&r->tape->allocator, r->stored, r->bytes);
    reel__order_free(r->tape, &r->order);
    *r = (reel__runner){.tape = NULL};
}

void reel__runner_copy(const reel__runner *r, long double *out)
{
    for (size_t i = 0; i < r->outputs.count; i++) {
        const reel_node *y = r->outputs.node[i];
        int64_t n = reel_count(y);
        const void *data = n ? reel_workspace_data(r->workspace, y) : NULL;
        for (int64_t k = 0; k < n; k++)
            *out++ = reel__load((reel_dtype)y->dtype, data, k);
    }
}

/* G. Fowler, L. Noll, K.-P. Vo: FNV-1a, 64 bits (RFC 9923). */
uint64_t reel__hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001B3);
    return hash;
}

uint64_t reel__runner_hash(const reel__runner *r)
{
    uint64_t hash = REEL__HASH_BEGIN;
    for (size_t i = 0; i < r->outputs.count; i++) {
        const reel_node *y = r->outputs.node[i];
        if (reel_bytes(y))
            hash = reel__hash(hash, reel_workspace_data(r->workspace, y),
                              reel_bytes(y));
    }
    return hash;
}
