/* run/workspace.c: the buffers of one running program, and the run itself.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "run/run.h"

/* -------------------------------------------------------------- workspaces */

reel_workspace *reel_workspace_new(const reel_program *program)
{
    if (!program)
        return NULL;
    const reel_allocator *a = &program->allocator;
    size_t bases = REEL__BASE_LEAVES + program->leaves;
    reel_workspace *w = reel__alloc_zeroed(a, sizeof *w);
    if (!w)
        return NULL;
    w->program = program;
    w->base = reel__alloc_zeroed(a, bases * sizeof *w->base);
    w->bound = reel__alloc_zeroed(a, bases * sizeof *w->bound);
    w->bad_index =
        reel__alloc_zeroed(a, (program->checks + 1) * sizeof *w->bad_index);
    w->arena = reel__alloc_aligned(a, program->arena_bytes + 1);
    w->mark = reel__alloc(a, program->watches + 1);
    w->turn = reel__turns_new(program);
    if (!w->base || !w->bound || !w->bad_index || !w->arena || !w->mark ||
        !w->turn) {
        reel_workspace_free(w);
        return NULL;
    }
    w->base[REEL__BASE_ARENA] = w->arena;
    w->base[REEL__BASE_FOLDED] = program->folded;
    w->base[REEL__BASE_FAILURE] = &w->failure;
    return w;
}

void reel_workspace_free(reel_workspace *w)
{
    if (!w)
        return;
    const reel_program *p = w->program;
    const reel_allocator *a = &p->allocator;
    size_t bases = REEL__BASE_LEAVES + p->leaves;
    reel__free(a, w->base, bases * sizeof *w->base);
    reel__free(a, w->bound, bases * sizeof *w->bound);
    reel__free(a, w->bad_index, (p->checks + 1) * sizeof *w->bad_index);
    reel__free_aligned(a, w->arena, p->arena_bytes + 1);
    reel__free(a, w->mark, p->watches + 1);
    reel__turns_free(p, w->turn);
    reel__free(a, w, sizeof *w);
}

const char *reel_workspace_message(const reel_workspace *w)
{
    return w ? w->message : "";
}

reel_status reel_workspace_bind(reel_workspace *w, const reel_node *input,
                                const void *data)
{
    if (!w || !input || input->op != &reel__op_input)
        return REEL_EVALUE;
    const reel_program *p = w->program;
    for (size_t i = 0; i < p->leaves; i++)
        if (p->leaf[i] == input) {
            w->bound[i] = data;
            return REEL_OK;
        }
    return REEL_EVALUE;
}

const void *reel_workspace_data(const reel_workspace *w,
                                const reel_node *output)
{
    if (!w || !w->ran)
        return NULL;
    const reel_program *p = w->program;
    for (size_t i = 0; i < p->outputs; i++)
        if (p->output[i].node == output)
            return (const char *)w->base[p->output[i].base] +
                   p->output[i].offset;
    return NULL;
}

/* --------------------------------------------------------------------- run */

static reel_status fail(reel_workspace *w, reel_status status,
                        const reel_node *about, const char *what)
{
    char shape[REEL__SHAPE_TEXT];
    int n = 0;
    if (about && about->file)
        n = snprintf(w->message, sizeof w->message, "%s:%d: ", about->file,
                     about->line);
    if (about && n >= 0 && (size_t)n < sizeof w->message)
        n += snprintf(w->message + n, sizeof w->message - (size_t)n,
                      "%s%s%s %s: ", reel_op_name(about), about->name ? " " : "",
                      reel_name(about), reel__node_shape_text(about, shape));
    if (n >= 0 && (size_t)n < sizeof w->message)
        snprintf(w->message + n, sizeof w->message - (size_t)n, "%s", what);
    return status;
}

static reel_status find_leaves(reel_workspace *w)
{
    const reel_program *p = w->program;
    for (size_t i = 0; i < p->leaves; i++) {
        union {
            const void *in;
            void *out;
        } unconst = {w->bound[i]}; /* inputs are only read */
        void *data = unconst.in ? unconst.out : p->leaf[i]->value;
        if (!data)
            return fail(w, REEL_ESTATE, p->leaf[i],
                        "has no data: reel_bind or reel_set it before the run");
        w->base[REEL__BASE_LEAVES + i] = data;
    }
    return REEL_OK;
}

static void run_part(reel_workspace *w, size_t from, size_t to, double *stamp)
{
    if (stamp)
        reel__run_stamped(w, from, to, stamp);
    else
        reel__run_part(w, from, to);
}

reel_status reel__run_in(const reel_program *p, reel_workspace *w,
                         double *stamp)
{
    if (!p || !w || w->program != p)
        return REEL_EVALUE;
    w->message[0] = '\0';
    w->ran = false;
    if (!p->tape)
        return fail(w, REEL_ESTATE, NULL,
                    "run: nodes of this program are gone: compile it again");
    reel_status status = find_leaves(w);
    if (status != REEL_OK)
        return status;
    for (size_t i = 0; i < p->checks; i++)
        w->bad_index[i] = 0;
    w->failure.status = REEL_OK;
    run_part(w, 0, p->assigns, stamp);
    for (size_t i = 0; i < p->checks; i++)
        if (w->bad_index[i])
            return fail(w, REEL_EINDEX, p->check[i],
                        "an index in the data is out of range");
    if (w->failure.status != REEL_OK)
        return fail(w, w->failure.status, p->check[w->failure.check],
                    w->failure.message);
    if (!reel__all_finite(w))
        return REEL_EANOMALY;
    run_part(w, p->assigns, p->steps.count, stamp);
    w->ran = true;
    return REEL_OK;
}

reel_status reel_run_in(const reel_program *p, reel_workspace *w)
{
    return reel__run_in(p, w, NULL);
}
