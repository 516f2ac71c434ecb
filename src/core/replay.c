/* core/replay.c: what a rewind dropped is taken over where it is recorded
 * again.
 *
 * A rewind leaves the nodes that it drops where they are, behind those that
 * stay. As long as the calls that follow are the ones that made them, these
 * nodes are the result, at the cost of a comparison: op, operands and
 * attributes decide a node's dtype and shape. The first call that differs ends
 * the replay, and what is left of it goes. A sweep that is asked the same
 * question at the same place takes over all its nodes at once; run/keep.c
 * does likewise with programs.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "core/internal.h"

struct reel__sweep {
    reel_node *y, *cotangent;
    const char *file; /* the location it was asked from */
    int line;
    bool forward;
    size_t xs;     /* count; forward as many tangents */
    size_t listed; /* place in swept[]: xs, tangents, answers */
    size_t nodes, adjoints;         /* on the tape before it */
    size_t end_nodes, end_adjoints; /* and after it */
};

/* Sweeps that are still to come must be made: what they would take over no
 * longer is what they would record. */
static void forget_sweeps(reel_tape *t)
{
    t->sweeps_recorded = t->sweeps;
}

/* ------------------------------------------------------------------- nodes */

static bool same_call(const reel_node *n, const reel__op *op,
                      reel_node *const *in, size_t nin, const void *attr,
                      size_t attr_bytes)
{
    if (n->op != op || n->arity != nin || n->attr_bytes != attr_bytes)
        return false;
    for (size_t i = 0; i < nin; i++)
        if (n->in[i] != in[i])
            return false;
    return attr_bytes == 0 || memcmp(n->attr, attr, attr_bytes) == 0;
}

/* The origin may be another; nodes that a sweep records have their location
 * from those that it differentiates. */
static reel_node *take_over(reel_tape *t)
{
    reel_node *n = t->node[t->count++];
    const char *file = n->file;
    int line = n->line;
    reel__set_origin(n);
    if (n->file != file || n->line != line)
        forget_sweeps(t);
    return n;
}

reel_node *reel__replay(reel_tape *t, const reel__op *op,
                        reel_node *const *in, size_t nin, const void *attr,
                        size_t attr_bytes)
{
    if (t->count == t->recorded ||
        !same_call(t->node[t->count], op, in, nin, attr, attr_bytes))
        return NULL;
    return take_over(t);
}

reel_node *reel__replay_call(const reel__call *call, size_t attr_bytes)
{
    reel_tape *t = call->tape;
    if (t->count == t->recorded)
        return NULL;
    const reel_node *n = t->node[t->count];
    if (n->dtype != (uint8_t)call->dtype || n->ndim != call->shape.ndim ||
        !same_call(n, call->op, call->in, call->nin, call->attr, attr_bytes))
        return NULL;
    for (int i = 0; i < n->ndim; i++)
        if (n->dim[i] != call->shape.dim[i])
            return NULL;
    return take_over(t);
}

void reel__replay_begin(reel_tape *t, size_t nodes, size_t sweeps)
{
    reel__programs_suspend(t, nodes);
    if (nodes < t->replay_low || nodes > t->replay_high)
        t->replay_low = nodes;
    t->replay_high = t->recorded;
    t->count = nodes;
    t->sweeps = sweeps;
}

void reel__replay_end(reel_tape *t)
{
    if (t->recorded == t->count)
        return;
    forget_sweeps(t);
    reel__programs_drop(t, t->count);
    for (; t->leaves && t->leaves->id >= t->count; t->leaves = t->leaves->before)
        reel__free_aligned(&t->allocator, t->leaves->block,
                           t->leaves->block_bytes);
    reel__arena_rewind_to(&t->arena, t->node[t->count]);
    t->recorded = t->count;
    if (t->replay_high > t->count)
        t->replay_high = t->count;
}

/* ------------------------------------------------------------------ sweeps */

/* Of the lists that swept[] holds of a sweep. */
static size_t given(const reel__sweep *s)
{
    return s->forward ? 2 * s->xs : s->xs;
}

static size_t answers(const reel__sweep *s)
{
    return s->forward ? 1 : s->xs;
}

static bool same_nodes(reel_node *const *a, reel_nodes b)
{
    return b.count == 0 || memcmp(a, b.node, b.count * sizeof *a) == 0;
}

static bool same_question(const reel_tape *t, const reel__sweep *s,
                          const reel__asked *asked)
{
    const char *file;
    int line;
    reel__location(t, &file, &line);
    return s->nodes == t->count && s->end_nodes <= t->recorded &&
           s->adjoints == reel__adjoint_count(t) && s->y == asked->y &&
           s->cotangent == asked->cotangent && s->xs == asked->xs.count &&
           s->forward == asked->forward && s->file == file &&
           s->line == line && same_nodes(&t->swept[s->listed], asked->xs) &&
           (!s->forward ||
            same_nodes(&t->swept[s->listed + s->xs], asked->tangents));
}

bool reel__sweep_again(reel_tape *t, const reel__asked *asked,
                       reel_node **answer)
{
    if (t->sweeps == t->sweeps_recorded ||
        !same_question(t, &t->sweep[t->sweeps], asked)) {
        forget_sweeps(t);
        return false;
    }
    const reel__sweep *s = &t->sweep[t->sweeps++];
    memcpy(answer, &t->swept[s->listed + given(s)],
           answers(s) * sizeof *answer);
    t->count = s->end_nodes;
    reel__adjoint_restore(t, s->end_adjoints);
    return true;
}

static bool make_room(reel_tape *t, size_t sweeps, size_t swept)
{
    reel__sweep *sweep = reel__grow(&t->allocator, t->sweep,
                                    &t->sweep_capacity, sweeps, sizeof *sweep);
    if (sweep)
        t->sweep = sweep;
    reel_node **list = reel__grow(&t->allocator, t->swept, &t->swept_capacity,
                                  swept, sizeof *list);
    if (list)
        t->swept = list;
    return (sweep && list) || reel__no_memory(t, "gradient");
}

/* A sweep's rule may ask for sweeps itself: they are part of it. */
bool reel__sweep_note(reel_tape *t, const reel__asked *asked, reel_mark begin,
                      reel_node *const *answer)
{
    reel__sweep s = {.y = asked->y, .cotangent = asked->cotangent,
                     .forward = asked->forward, .xs = asked->xs.count,
                     .nodes = begin.nodes, .adjoints = begin.adjoints,
                     .end_nodes = t->count,
                     .end_adjoints = reel__adjoint_count(t)};
    reel__location(t, &s.file, &s.line);
    if (begin.sweeps > 0) {
        const reel__sweep *before = &t->sweep[begin.sweeps - 1];
        s.listed = before->listed + given(before) + answers(before);
    }
    if (given(&s) + answers(&s) == 0)
        return true;
    if (!make_room(t, begin.sweeps + 1,
                   s.listed + given(&s) + answers(&s)))
        return false;
    reel_node **list = &t->swept[s.listed];
    size_t bytes = s.xs * sizeof *list;
    if (s.xs > 0)
        memcpy(list, asked->xs.node, bytes);
    if (s.xs > 0 && s.forward)
        memcpy(list + s.xs, asked->tangents.node, bytes);
    memcpy(list + given(&s), answer, answers(&s) * sizeof *list);
    t->sweep[begin.sweeps] = s;
    t->sweeps = t->sweeps_recorded = begin.sweeps + 1;
    return true;
}

void reel__sweeps_free(reel_tape *t)
{
    reel__free(&t->allocator, t->sweep, t->sweep_capacity * sizeof *t->sweep);
    reel__free(&t->allocator, t->swept,
               t->swept_capacity * sizeof(reel_node *));
}
