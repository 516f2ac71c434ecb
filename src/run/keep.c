/* run/keep.c: which programs a tape keeps in mind, and when they go.
 *
 * A tape lists the programs that can run. When a rewind drops nodes of one, it
 * can run no longer, but stays in the list, and so does one that is freed while
 * a rewind is likely to follow: compiling the same outputs again gives it back
 * (core/replay.c says when nodes are the same). When its nodes are dropped for
 * good, it leaves the list.
 *
 * SPDX-License-Identifier: MIT */
#include "run/run.h"

#define MOST_KEPT 8 /* programs that wait to be compiled again */

/* ----------------------------------------------------------------- outputs */

static bool is_leaf(const reel_node *n)
{
    return (n->op->flags & REEL__LEAF) != 0;
}

void reel__publish(reel_program *p)
{
    for (size_t i = 0; i < p->outputs; i++) {
        reel_node *n = p->output[i].node;
        if (is_leaf(n))
            continue;
        n->value =
            (char *)p->own->base[p->output[i].base] + p->output[i].offset;
        n->publisher = p;
    }
}

void reel__unpublish(reel_program *p)
{
    for (size_t i = 0; i < p->outputs; i++) {
        reel_node *n = p->output[i].node;
        if (!is_leaf(n) && n->publisher == p) {
            n->value = NULL;
            n->publisher = NULL;
        }
    }
}

/* ------------------------------------------------------------------ ending */

static void destroy(reel_program *p)
{
    reel_allocator a = p->allocator;
    reel_workspace_free(p->own);
    reel__free_aligned(&a, p->folded, p->folded_bytes);
    reel__free(&a, p->steps.step, p->steps.capacity * sizeof *p->steps.step);
    reel__free(&a, p->leaf, p->leaf_capacity * sizeof *p->leaf);
    reel__free(&a, p->check, p->check_capacity * sizeof *p->check);
    reel__free(&a, p->output, p->outputs * sizeof *p->output);
    reel__free(&a, p->watched, p->watches * sizeof *p->watched);
    reel__free(&a, p->watched_in, p->watched_ins * sizeof *p->watched_in);
    reel__arena_free(&p->geometry);
    reel__free(&a, p, sizeof *p);
}

static void suspend(reel_program *p)
{
    if (p->tape)
        reel__unpublish(p);
    p->tape = NULL;
}

/* Takes *link out of the list: nobody gets it any more who has not got it. */
static void take_out(reel_program **link)
{
    reel_program *p = *link;
    *link = p->next;
    suspend(p);
    p->keeper = NULL;
    if (p->held == 0)
        destroy(p);
}

/* The youngest stand first. */
static void keep_few(reel_tape *t)
{
    int waiting = 0;
    reel_program **link = &t->programs;
    while (*link) {
        waiting += (*link)->tape == NULL;
        if ((*link)->tape == NULL && waiting > MOST_KEPT)
            take_out(link);
        else
            link = &(*link)->next;
    }
}

void reel__programs_drop(reel_tape *tape, size_t from_id)
{
    reel_program **link = &tape->programs;
    while (*link) {
        if ((*link)->newest > from_id)
            take_out(link);
        else
            link = &(*link)->next;
    }
}

void reel__programs_suspend(reel_tape *tape, size_t from_id)
{
    for (reel_program *p = tape->programs; p; p = p->next)
        if (p->newest > from_id)
            suspend(p);
    keep_few(tape);
}

/* Its nodes were recorded again after a rewind, and so may be once more. */
static bool comes_again(const reel_program *p)
{
    return p->newest > p->keeper->replay_low &&
           p->newest <= p->keeper->replay_high;
}

void reel_program_free(reel_program *p)
{
    if (!p || --p->held > 0)
        return;
    if (!p->keeper) {
        destroy(p);
    } else if (comes_again(p)) {
        suspend(p);
        keep_few(p->keeper);
    } else {
        reel_program **link = &p->keeper->programs;
        while (*link != p)
            link = &(*link)->next;
        take_out(link);
    }
}

/* --------------------------------------------------------------- beginning */

void reel__program_keep(reel_program *p, reel_tape *tape)
{
    p->tape = p->keeper = tape;
    p->next = tape->programs;
    tape->programs = p;
}

static bool same_outputs(const reel_program *p, reel_nodes outputs)
{
    if (p->outputs != outputs.count)
        return false;
    for (size_t i = 0; i < p->outputs; i++)
        if (p->output[i].node != outputs.node[i])
            return false;
    return true;
}

reel_program *reel__program_again(reel_tape *tape, reel_nodes outputs,
                                  unsigned flags)
{
    reel_program *p, **link = &tape->programs;
    for (; (p = *link); link = &p->next)
        if (!p->tape && p->newest <= tape->count && p->flags == flags &&
            same_outputs(p, outputs)) {
            *link = p->next;
            p->held++;
            reel__program_keep(p, tape);
            return p;
        }
    return NULL;
}
