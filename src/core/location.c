/* core/location.c: which line of the user's program is recording.
 *
 * The recording macros enter a location before their arguments are evaluated
 * and leave it after the call, so the top of this thread's stack is always the
 * innermost call under way. A function of the library that records several
 * nodes leaves the stack alone: all of them get the user's line.
 *
 * SPDX-License-Identifier: MIT */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "core/internal.h"

#define DEPTH 64 /* calls nested deeper share the outermost ones' places */

#ifdef HAVE_THREAD_LOCAL
static _Thread_local struct {
    const char *file[DEPTH];
    int line[DEPTH];
    int depth;
} stack;

void reel_location_enter(const char *file, int line)
{
    int d = stack.depth++;
    if (d < DEPTH) {
        stack.file[d] = file;
        stack.line[d] = line;
    }
}

reel_node *reel_location_leave(reel_node *node)
{
    if (stack.depth > 0)
        stack.depth--;
    return node;
}

static void top(const char **file, int *line)
{
    int d = stack.depth < DEPTH ? stack.depth : DEPTH;
    *file = d ? stack.file[d - 1] : NULL;
    *line = d ? stack.line[d - 1] : 0;
}
#else
/* Without thread-local storage nodes have no location. */
void reel_location_enter(const char *file, int line)
{
    (void)file;
    (void)line;
}

reel_node *reel_location_leave(reel_node *node)
{
    return node;
}

static void top(const char **file, int *line)
{
    *file = NULL;
    *line = 0;
}
#endif

void reel__location(const reel_tape *tape, const char **file, int *line)
{
    if (tape && tape->at) {
        *file = tape->at->file;
        *line = tape->at->line;
    } else {
        top(file, line);
    }
}

void reel__set_origin(reel_node *n)
{
    const reel_tape *t = n->tape;
    reel__location(t, &n->file, &n->line);
    n->primal = t->at ? t->at->id + 1 : 0;
    n->forward = t->at && t->forward;
}
