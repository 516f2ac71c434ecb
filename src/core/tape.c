/* core/tape.c: making, rewinding and freeing tapes; the first error.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/internal.h"

reel_tape *reel_tape_new(void)
{
    return reel_tape_new_with(NULL);
}

reel_tape *reel_tape_new_with(const reel_allocator *allocator)
{
    const reel_allocator *a = allocator ? allocator : &reel__malloc;
    reel_tape *t = reel__alloc_zeroed(a, sizeof *t);
    if (!t)
        return NULL;
    t->allocator = *a;
    t->arena.allocator = &t->allocator;
    t->notes.allocator = &t->allocator;
    return t;
}

void reel_tape_free(reel_tape *tape)
{
    if (!tape)
        return;
    reel_allocator a = tape->allocator;
    tape->count = 0;
    reel__replay_end(tape);
    reel__programs_drop(tape, 0);
    reel__adjoints_free(tape);
    reel__sweeps_free(tape);
    reel__arena_free(&tape->arena);
    reel__arena_free(&tape->notes);
    reel__free(&a, tape->node, tape->capacity * sizeof *tape->node);
    reel__free(&a, tape, sizeof *tape);
}

reel_mark reel_tape_mark(const reel_tape *tape)
{
    reel_mark mark = {0, 0, 0, 0, REEL_OK};
    if (tape) {
        mark.nodes = tape->count;
        mark.adjoints = reel__adjoint_count(tape);
        mark.sweeps = tape->sweeps;
        mark.notes = tape->notes.used;
        mark.status = tape->status;
    }
    return mark;
}

reel_status reel_tape_rewind(reel_tape *tape, reel_mark mark)
{
    if (!tape)
        return REEL_EVALUE;
    if (mark.nodes > tape->count || mark.notes > tape->notes.used ||
        mark.sweeps > tape->sweeps ||
        mark.adjoints > reel__adjoint_count(tape))
        return REEL_EVALUE;
    reel__adjoint_truncate(tape, mark.adjoints);
    reel__replay_begin(tape, mark.nodes, mark.sweeps);
    reel__layers_rewind(tape, &mark);
    reel__names_rewind(tape, mark.notes);
    if (mark.status == REEL_OK)
        reel_clear_error(tape);
    return REEL_OK;
}

/* ------------------------------------------------------------------ errors */

reel_status reel_status_of(const reel_tape *tape)
{
    return tape ? tape->status : REEL_ENOMEM;
}

const char *reel_message(const reel_tape *tape)
{
    return tape ? tape->message : reel_status_text(REEL_ENOMEM);
}

void reel_clear_error(reel_tape *tape)
{
    if (tape) {
        tape->status = REEL_OK;
        tape->message[0] = '\0';
    }
}

void *reel__fail(reel_tape *tape, reel_status status, const char *op,
                 const char *format, ...)
{
    if (!reel__usable(tape))
        return NULL;
    const char *file;
    int line, used = 0;
    size_t room = sizeof tape->message;
    tape->status = status;
    reel__location(tape, &file, &line);
    if (file)
        used = snprintf(tape->message, room, "%s:%d: ", file, line);
    if (op && used >= 0 && (size_t)used < room)
        used += snprintf(tape->message + used, room - (size_t)used, "%s: ", op);
    if (used >= 0 && (size_t)used < room) {
        va_list args;
        va_start(args, format);
        vsnprintf(tape->message + used, room - (size_t)used, format, args);
        va_end(args);
    }
    return NULL;
}

void *reel__no_memory(reel_tape *tape, const char *op)
{
    return reel__fail(tape, REEL_ENOMEM, op, "out of memory");
}
