/* compile/compile.c: from chosen outputs to a program that can be run.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "compile/compile.h"
#include "kernels/chain.h"
#include "kernels/isa.h"

/* Less work that can be divided than this, in elements and multiplications, is
 * done by one thread sooner than several can be woken. */
#define WORTH_THREADS 200000

static bool check_outputs(reel_tape *tape, reel_nodes outputs)
{
    if (outputs.count == 0)
        return reel__fail(tape, REEL_EVALUE, "compile", "no outputs");
    for (size_t i = 0; i < outputs.count; i++) {
        if (!outputs.node[i])
            return reel__fail(tape, REEL_EVALUE, "compile",
                              "output %zu is NULL", i);
        if (outputs.node[i]->tape != tape)
            return reel__fail(tape, REEL_EVALUE, "compile",
                              "output %zu is on another tape", i);
    }
    return true;
}

static bool check_isa(reel_tape *tape)
{
    char list[REEL__ISA_TEXT];
    if (reel__isa_used())
        return true;
    return reel__fail(tape, REEL_EVALUE, "compile",
                      "REEL_ISA=%s: this machine runs: %s", getenv("REEL_ISA"),
                      reel__isa_list(list));
}

static bool prepare(reel__compiler *c, reel_nodes outputs)
{
    if (!reel__sort(c->tape, outputs, 0, &c->order))
        return false;
    /* About as many buffers as nodes, and some for what flattening adds:
     * growing to that would copy them. */
    size_t count = c->order.count;
    c->value = reel__alloc(&c->tape->allocator, count * sizeof *c->value);
    c->buffer = reel__grow(&c->tape->allocator, NULL, &c->buffer_capacity,
                           count + count / 16 + 4, sizeof *c->buffer);
    if (!c->value || !c->buffer)
        return reel__no_memory(c->tape, "compile");
    for (size_t i = 0; i < count; i++) {
        c->value[i] = (reel__value){.buffer = REEL__NONE,
                                    .same = (uint32_t)i};
        if (c->order.node[i]->id >= c->program->newest)
            c->program->newest = c->order.node[i]->id + 1;
    }
    return true;
}

static void resolve(const reel__compiler *c, reel__steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        reel__step *s = &steps->step[i];
        for (int k = 0; k < s->operands; k++) {
            const reel__buffer *b = &c->buffer[s->operand[k].base];
            s->operand[k].base = b->base;
            s->operand[k].offset += (int64_t)b->offset;
        }
    }
}

/* Runs the steps that depend on constants alone, for all runs to come. */
static bool fold(reel__compiler *c)
{
    reel_program *p = c->program;
    const reel_allocator *a = &p->allocator;
    reel__place_folded(c);
    if (p->folded_bytes == 0)
        return true;
    if (!reel__finish_steps(c, &c->folds))
        return false;
    resolve(c, &c->folds);
    size_t bytes = (REEL__BASE_LEAVES + p->leaves) * sizeof(void *);
    void **base = reel__alloc(a, bytes);
    p->folded = reel__alloc_aligned(a, p->folded_bytes);
    if (base && p->folded) {
        base[REEL__BASE_ARENA] = NULL;
        base[REEL__BASE_FOLDED] = p->folded;
        base[REEL__BASE_FAILURE] = NULL; /* what can fail is not folded */
        for (size_t i = 0; i < p->leaves; i++)
            base[REEL__BASE_LEAVES + i] = p->leaf[i]->value;
        reel__run_steps(c->folds.step, c->folds.count, base, NULL);
    } else {
        reel__no_memory(c->tape, "compile");
    }
    reel__free(a, base, bytes);
    return p->folded && c->tape->status == REEL_OK;
}

/* Where each output will be. A leaf's and an assignment's value is the leaf's
 * storage, which reel_data knows without us. */
static bool set_outputs(reel__compiler *c, reel_nodes outputs)
{
    reel_program *p = c->program;
    p->output =
        reel__alloc(&p->allocator, outputs.count * sizeof *p->output);
    if (!p->output)
        return reel__no_memory(c->tape, "compile");
    p->outputs = outputs.count;
    for (size_t i = 0; i < outputs.count; i++) {
        reel_node *n = outputs.node[i];
        reel_node *at = n->op == &reel__op_assign ? n->in[0] : n;
        const reel__value *v = reel__value_of(c, at);
        const reel__buffer *b = &c->buffer[v->buffer];
        p->output[i].node = n;
        p->output[i].base = b->base;
        p->output[i].offset =
            (int64_t)b->offset +
            v->offset * (int64_t)reel_dtype_size(reel_dtype_of(n));
    }
    return true;
}

/* A chain behind a product is little beside it. */
static int64_t work_of(const reel__step *s)
{
    bool chain = s->chain && s->own == 0;
    const int64_t *dim = chain ? s->chain->dim : s->geometry;
    int64_t points = chain ? s->chain->instructions : 1;
    for (int d = 0; d < (chain ? s->chain->ndim : s->ndim); d++)
        points *= dim[d];
    return points;
}

static void decide_threads(reel_program *p)
{
    int64_t work = 0;
    for (size_t i = 0; i < p->steps.count && work < WORTH_THREADS; i++) {
        const reel__step *s = &p->steps.step[i];
        if (s->units > s->grain)
            work += work_of(s);
    }
    p->parallel = work >= WORTH_THREADS;
}

static bool build(reel__compiler *c, reel_nodes outputs)
{
    if (!prepare(c, outputs) || (!c->plain && !reel__simplify(c)) ||
        !reel__lower(c, outputs) || !fold(c) ||
        (!c->plain && !(reel__flatten(c) && reel__fuse(c))) ||
        !reel__finish(c) || !reel__plan(c))
        return false;
    resolve(c, &c->program->steps);
    if (!set_outputs(c, outputs) || (c->watch && !reel__watch(c, outputs)))
        return false;
    decide_threads(c->program);
    return true;
}

static void free_scratch(reel__compiler *c)
{
    const reel_allocator *a = &c->tape->allocator;
    reel__free(a, c->value, c->order.count * sizeof *c->value);
    reel__free(a, c->buffer, c->buffer_capacity * sizeof *c->buffer);
    reel__free(a, c->folds.step, c->folds.capacity * sizeof *c->folds.step);
    reel__arena_free(&c->scratch);
    reel__order_free(c->tape, &c->order);
}

static bool anomaly_wanted(void)
{
    const char *s = getenv("REEL_ANOMALY");
    return s && *s && strcmp(s, "0") != 0;
}

reel_program *reel_compile(reel_tape *tape, reel_nodes outputs)
{
    return reel_compile_with(tape, outputs, 0);
}

reel_program *reel_compile_with(reel_tape *tape, reel_nodes outputs,
                                unsigned flags)
{
    if (!reel__usable(tape) || !check_outputs(tape, outputs) ||
        !check_isa(tape))
        return NULL;
    if (anomaly_wanted())
        flags |= REEL_COMPILE_ANOMALY;
    reel_program *p = reel__program_again(tape, outputs, flags);
    if (p)
        return p;
    p = reel__alloc_zeroed(&tape->allocator, sizeof *p);
    if (!p)
        return reel__no_memory(tape, "compile");
    p->held = 1;
    p->flags = flags;
    p->allocator = tape->allocator;
    p->geometry.allocator = &p->allocator;
    bool watch = (flags & REEL_COMPILE_ANOMALY) != 0;
    reel__compiler c = {.program = p,
                        .tape = tape,
                        .plain = watch || flags & REEL_COMPILE_PLAIN,
                        .watch = watch};
    c.scratch.allocator = &tape->allocator;
    bool done = build(&c, outputs);
    free_scratch(&c);
    if (!done) {
        reel_program_free(p);
        return NULL;
    }
    reel__program_keep(p, tape);
    return p;
}
