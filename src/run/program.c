/* run/program.c: programs as the user holds them.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include "kernels/chain.h"
#include "kernels/flat_code.h"
#include "run/run.h"

reel_status reel__run_program(reel_program *p, double *stamp)
{
    if (!p)
        return REEL_EVALUE;
    if (!p->own && !(p->own = reel_workspace_new(p))) {
        reel__no_memory(p->tape, "run");
        return REEL_ENOMEM;
    }
    reel_status status = reel__run_in(p, p->own, stamp);
    if (status == REEL_OK) {
        reel__publish(p);
    } else if (p->tape) {
        reel__unpublish(p);
        /* The message has its place in it already. */
        reel__fail(p->tape, status, NULL, "%s", p->own->message);
    }
    return status;
}

reel_status reel_run(reel_program *p)
{
    return reel__run_program(p, NULL);
}

size_t reel_program_bytes(const reel_program *p)
{
    return p ? p->arena_bytes + p->folded_bytes : 0;
}

size_t reel_program_steps(const reel_program *p)
{
    return p ? p->steps.count : 0;
}

/* ---------------------------------------------------------------- printing */

enum { KERNELS_TEXT = 1024 };

static void print_place(const reel_program *p, const reel__operand *operand,
                        FILE *stream)
{
    uint32_t base = operand->base;
    if (base >= REEL__BASE_LEAVES) {
        const reel_node *leaf = p->leaf[base - REEL__BASE_LEAVES];
        fprintf(stream, "%s", reel_op_name(leaf));
        if (leaf->name)
            fprintf(stream, " %s", leaf->name);
    } else {
        fputs(base == REEL__BASE_FOLDED ? "folded" : "arena", stream);
    }
    fprintf(stream, "+%" PRId64, operand->offset);
}

static void print_operand(const reel_program *p, const reel__step *s, int k,
                          FILE *stream)
{
    int ndim = 0;
    const int64_t *stride =
        s->flat || s->custom ? NULL : reel__strides_of(s, k, &ndim);
    print_place(p, &s->operand[k], stream);
    if (s->flat || s->custom)
        return;
    fputc('(', stream);
    for (int i = 0; i < ndim; i++)
        fprintf(stream, i ? " %" PRId64 : "%" PRId64, stride[i]);
    fputc(')', stream);
}

#define FEW_INSTRUCTIONS 16

/* A list of any length goes out in one piece, or in part and dots. */
static void print_kernels(const reel__step *s, FILE *stream)
{
    char name[KERNELS_TEXT];
    bool all = reel__step_name(s, name, sizeof name) < sizeof name;
    fprintf(stream, "%-12s%s", name, all ? "" : "...");
}

/* What it writes, "<-", what it reads. */
static void print_operands(const reel_program *p, const reel__step *s,
                           FILE *stream)
{
    for (int reads = 0; reads < 2; reads++) {
        const char *before = reads ? " <- " : "";
        for (int k = 0; k < s->operands; k++) {
            if (s->operand[k].written == (reads == 1))
                continue;
            fputs(before, stream);
            print_operand(p, s, k, stream);
            before = ", ";
        }
    }
}

/* Its instructions too, where they are few: "add 5 <- 3 4 0" on slots, with "x
 * 3" on groups of three, "x 3 x 2" on two rows of them, "store #1 <- 5 0 0" to
 * operand 1. */
static void print_flat(const reel_program *p, const reel__step *s,
                       FILE *stream)
{
    const reel__flat_program *f = s->flat;
    fprintf(stream, "flat         [%" PRIu32 "]  ", f->count);
    print_operands(p, s, stream);
    for (uint32_t n = 0; f->count <= FEW_INSTRUCTIONS && n < f->count; n++) {
        const reel__flat_instruction *i = &f->code[n];
        bool stores =
            i->op >= REEL__F_store && i->op <= REEL__F_store_truth;
        fprintf(stream, "\n       %-12s %s%u <- %u %u %u",
                reel__flat_ops[i->op].name, stores ? "#" : "", i->dst, i->a,
                i->b, i->c);
        if (reel__flat_lanes(i) > 1)
            fprintf(stream, " x %u", reel__flat_lanes(i));
        if (reel__flat_rows(i) > 1)
            fprintf(stream, " x %u", reel__flat_rows(i));
    }
}

static void print_step(const reel_program *p, size_t number, FILE *stream)
{
    const reel__step *s = &p->steps.step[number];
    if (s->flat) {
        fprintf(stream, "%5zu%s ", number, number < p->assigns ? " " : "=");
        print_flat(p, s, stream);
        fputc('\n', stream);
        return;
    }
    int ndim;
    const int64_t *dim = reel__step_space(s, &ndim);
    fprintf(stream, "%5zu%s ", number, number < p->assigns ? " " : "=");
    print_kernels(s, stream);
    fputs(" [", stream);
    for (int d = 0; d < ndim; d++)
        fprintf(stream, d ? ", %" PRId64 : "%" PRId64, dim[d]);
    fputs("]  ", stream);
    print_operands(p, s, stream);
    fputc('\n', stream);
}

reel_status reel_program_print(const reel_program *p, FILE *stream)
{
    if (!p || !stream)
        return REEL_EVALUE;
    if (!p->tape)
        return REEL_ESTATE; /* the leaves' names are gone */
    fprintf(stream, "%zu steps, %zu bytes, %zu leaves, %zu outputs\n",
            p->steps.count, reel_program_bytes(p), p->leaves, p->outputs);
    for (size_t i = 0; i < p->steps.count; i++)
        print_step(p, i, stream);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
