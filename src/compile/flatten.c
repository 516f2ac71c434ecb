/* compile/flatten.c: runs of tiny steps become flat programs.
 *
 * A step costs as much as some dozens of scalar instructions before it has
 * computed anything. So where steps are on scalars and tiny tensors, many of
 * them become one step that is a list of scalar instructions. Within it values
 * stay in slots; what is used elsewhere is stored at its end.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"

/* Fewer steps than this are left to be fused, unless they are all there is. */
#define WORTH_STEPS 8
/* Values, operands and constants have numbers of 16 bits. */
#define FULL (UINT16_MAX - REEL__FLAT_ROOM)

typedef struct flatten {
    reel__flattener f;
    reel__steps from, to;
    size_t assigns; /* in to */
} flatten;

static bool append(flatten *w, const reel__step *step)
{
    reel__step *grown =
        reel__grow(&w->f.c->program->allocator, w->to.step, &w->to.capacity,
                   w->to.count + 1, sizeof *grown);
    if (!grown)
        return false;
    w->to.step = grown;
    w->to.step[w->to.count++] = *step;
    return true;
}

/* ------------------------------------------------------- one flat program */

static bool begin(flatten *w, reel_dtype dtype)
{
    reel__flattener *f = &w->f;
    uint32_t slots = reel__new_buffer(f->c, 0, REEL__BASE_ARENA);
    f->dtype = dtype == REEL_BOOL ? REEL_F64 : dtype;
    f->number++;
    f->count = f->values = f->constants = f->operands = f->touches = 0;
    f->log_count = 0;
    if (slots == REEL__NONE)
        return false;
    reel__flat_operand(f, slots, 0, f->dtype, true);
    return !f->failed;
}

/* Each buffer that was touched may be one more operand, to be stored. */
static bool is_full(const reel__flattener *f)
{
    return f->values + f->constants > FULL || f->operands + f->touches > FULL;
}

static bool is_leaf(const flatten *w, uint32_t buffer)
{
    return w->f.c->buffer[buffer].base >= REEL__BASE_LEAVES;
}

static bool is_read(const flatten *w, uint32_t buffer, size_t to)
{
    return w->f.c->buffer[buffer].last >= to;
}

/* What a buffer's elements are is needed behind step `to`. */
static bool is_stored(const flatten *w, uint32_t b, size_t to)
{
    const reel__buffer *buffer = &w->f.c->buffer[b];
    return w->f.home[b].written &&
           (is_leaf(w, b) || buffer->pinned || is_read(w, b, to));
}

static void store(reel__flattener *f, uint32_t b)
{
    const reel__home *h = &f->home[b];
    uint16_t operand = reel__flat_operand(f, b, 0, (reel_dtype)h->dtype, true);
    for (size_t e = 0; e < h->elements && !f->failed; e++)
        if (h->value[e] != REEL__NO_VALUE)
            reel__flat_store(f, operand, (uint16_t)e, h->value[e]);
}

/* Leaves that have a step's result are assigned to, which must not happen when
 * an index was out of range. Results for nobody but the user come last. */
static void store_results(flatten *w, size_t to)
{
    reel__flattener *f = &w->f;
    size_t checks = f->c->program->checks;
    bool stops = checks > f->settled;
    f->stores = f->count;
    for (size_t i = 0; i < f->touches && !f->failed; i++) {
        uint32_t b = f->touched[i];
        if (!is_stored(w, b, to) || !(is_leaf(w, b) || is_read(w, b, to)))
            continue;
        if (is_leaf(w, b) && stops)
            reel__flat_emit(f, REEL__F_stop, 0, (uint16_t)checks,
                            (uint16_t)(checks >> 16));
        stops &= !is_leaf(w, b);
        store(f, b);
    }
    f->late = f->count;
    for (size_t i = 0; i < f->touches && !f->failed; i++) {
        uint32_t b = f->touched[i];
        if (is_stored(w, b, to) && !is_leaf(w, b) && !is_read(w, b, to))
            store(f, b);
    }
}

static bool finish(flatten *w, size_t to)
{
    reel__flattener *f = &w->f;
    reel__arena *arena = &f->c->program->geometry;
    reel__flat_program *flat = reel__arena_take(arena, sizeof *flat);
    store_results(w, to);
    reel__operand *operand = reel__arena_take(
        &f->c->scratch, f->operands * sizeof *operand);
    if (f->failed || !flat || !operand || !reel__give_slots(f, flat))
        return false;
    memcpy(operand, f->operand, f->operands * sizeof *operand);
    f->c->buffer[operand->base].bytes =
        flat->slots * reel_dtype_size(f->dtype);
    static const int64_t no_axes[1];
    return append(w, &(reel__step){
        .geometry = no_axes,
        .run = reel__kernel_find(REEL__K_flat, f->dtype, f->dtype),
        .operand = operand,
        .flat = flat,
        .units = 1,
        .grain = 1,
        .check = REEL__NONE,
        .kernel = REEL__K_flat,
        .operands = (uint16_t)f->operands,
        .own = 1});
}

/* Steps [from, to), in one flat program or as many as they need. */
static bool make_flat(flatten *w, size_t from, size_t to, reel_dtype dtype)
{
    if (!begin(w, dtype))
        return false;
    for (size_t i = from; i < to; i++) {
        if (is_full(&w->f) && !(finish(w, i) && begin(w, dtype)))
            return false;
        reel__unroll(&w->f, &w->from.step[i]);
        if (w->f.failed)
            return false;
    }
    return finish(w, to);
}

/* ------------------------------------------------------------------- runs */

/* The end of the run of tiny steps from `from` on, and its dtype. */
static size_t run_end(const flatten *w, size_t from, size_t limit,
                      reel_dtype *dtype)
{
    size_t i = from;
    while (i < limit && reel__can_unroll(w->f.c, &w->from.step[i], dtype))
        i++;
    return i;
}

/* Assignments come after all other steps; they only join those when all of them
 * are in one run. */
static bool flatten_steps(flatten *w)
{
    size_t assigns = w->f.c->program->assigns, count = w->from.count;
    for (size_t i = 0, end; i < count; i = end) {
        reel_dtype dtype = REEL_BOOL;
        size_t limit = i < assigns ? assigns : count;
        end = run_end(w, i, limit, &dtype);
        bool all = (i == 0 || i == assigns) && end == limit;
        if (i == 0 && end == assigns && assigns < count &&
            run_end(w, end, count, &dtype) == count)
            end = count;
        if (i == assigns)
            w->assigns = w->to.count;
        if (end > i && (all || end - i >= WORTH_STEPS)) {
            if (!make_flat(w, i, end, dtype))
                return false;
        } else {
            end = end > i ? end : i + 1;
            for (size_t k = i; k < end; k++)
                if (!append(w, &w->from.step[k]))
                    return false;
        }
        if (i < assigns)
            w->assigns = w->to.count;
    }
    return true;
}

/* The last step that touches each buffer. */
static void find_last(flatten *w)
{
    reel__buffer *buffer = w->f.c->buffer;
    for (size_t i = 0; i < w->from.count; i++) {
        const reel__step *st = &w->from.step[i];
        for (int k = 0; k < st->operands; k++)
            buffer[st->operand[k].base].last = (uint32_t)i;
    }
}

static void free_scratch(flatten *w, size_t buffers)
{
    const reel_allocator *a = &w->f.c->tape->allocator;
    reel__flattener *f = &w->f;
    reel__free(a, f->code, f->capacity * sizeof *f->code);
    reel__free(a, f->first, f->first_capacity * sizeof *f->first);
    reel__free(a, f->constant, f->constant_capacity * sizeof *f->constant);
    reel__free(a, f->constant_value,
               f->constant_value_capacity * sizeof *f->constant_value);
    reel__free(a, f->operand, f->operand_capacity * sizeof *f->operand);
    reel__free(a, f->touched, f->touched_capacity * sizeof *f->touched);
    reel__free(a, f->home, buffers * sizeof *f->home);
    reel__free(a, w->to.step, w->to.capacity * sizeof *w->to.step);
}

bool reel__flatten(reel__compiler *c)
{
    const reel_allocator *a = &c->tape->allocator;
    size_t buffers = c->buffers;
    flatten w = {.f.c = c, .from = c->program->steps};
    bool done = buffers == 0;
    if (!done) {
        w.f.home = reel__alloc_zeroed(a, buffers * sizeof *w.f.home);
        find_last(&w);
        done = w.f.home && flatten_steps(&w);
    }
    if (!done)
        reel__no_memory(c->tape, "compile");
    if (done && buffers > 0) {
        c->program->steps = w.to;
        c->program->assigns = w.assigns;
        w.to = w.from; /* to be freed */
    }
    free_scratch(&w, buffers);
    return done;
}
