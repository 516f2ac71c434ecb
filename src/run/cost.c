/* run/cost.c: what a step is called, what it computes and how much memory it
 * goes through, by its geometry alone.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "kernels/chain.h"
#include "kernels/flat_code.h"
#include "run/run.h"

/* ------------------------------------------------------------------- names */

static const char *name_of(uint16_t kernel)
{
    return reel__kernel_name((reel__kernel_id)kernel);
}

/* Adds a name at text + at, as far as there is room; returns where the
 * next one goes, as if there were. */
static size_t add_name(const char *name, char *text, size_t size, size_t at)
{
    size_t room = at < size ? size - at : 0;
    int n = snprintf(room ? text + at : NULL, room, at ? "+%s" : "%s", name);
    return at + (n > 0 ? (size_t)n : 0);
}

size_t reel__step_name(const reel__step *s, char *text, size_t size)
{
    const reel__chain *chain = s->chain;
    size_t length = 0;
    if (s->custom)
        length = add_name(s->custom->name, text, size, length);
    else if (s->own > 0)
        length = add_name(name_of(s->kernel), text, size, length);
    for (int i = 0; chain && i < chain->instructions; i++)
        length = add_name(name_of(chain->instruction[i].kernel), text, size,
                          length);
    return length;
}

const int64_t *reel__step_space(const reel__step *s, int *ndim)
{
    if (s->custom) {
        *ndim = s->custom->call.out.shape.ndim;
        return s->custom->call.out.shape.dim;
    }
    *ndim = s->own > 0 ? s->ndim : s->chain->ndim;
    return s->own > 0 ? s->geometry : s->chain->dim;
}

/* -------------------------------------------------------------- arithmetic */

static double points_of(const int64_t *dim, int ndim)
{
    double n = 1;
    for (int i = 0; i < ndim; i++)
        n *= (double)dim[i];
    return n;
}

static double flops_a_point(uint16_t kernel)
{
    switch (kernel) {
    case REEL__K_matmul:
        return 2;
    case REEL__K_copy:
    case REEL__K_fill:
    case REEL__K_cast:
    case REEL__K_gather:
    case REEL__K_pick:
    case REEL__K_place:
    case REEL__K_one_hot:
    case REEL__K_uniform:
    case REEL__K_chain: /* its instructions count */
        return 0;
    default:
        return 1;
    }
}

static double flat_flops(const reel__flat_program *flat)
{
    double flops = 0;
    for (uint32_t i = 0; i < flat->count; i++) {
        const reel__flat_instruction *in = &flat->code[i];
        unsigned op = in->op, of = reel__flat_ops[op].of;
        double results = reel__flat_rows(in) * reel__flat_lanes(in);
        if (of)
            flops += flops_a_point((uint16_t)of) * results;
        else if (op == REEL__F_mulsub || op == REEL__F_submul ||
                 (op >= REEL__F_g_muladd && op <= REEL__F_ga_submul_y_l) ||
                 (op >= REEL__F_rows_muladd && op <= REEL__F_dot_l))
            flops += 2 * results;
        else if ((op >= REEL__F_add_a_r && op <= REEL__F_sigmoid_r) ||
                 (op >= REEL__F_g_add_x_l && op <= REEL__F_outer))
            flops += results;
    }
    return flops;
}

double reel__step_flops(const reel__step *s)
{
    const reel__chain *chain = s->chain;
    double flops = 0;
    if (s->flat)
        return flat_flops(s->flat);
    if (s->custom) /* nobody knows */
        return 0;
    if (s->own > 0)
        flops = flops_a_point(s->kernel) * points_of(s->geometry, s->ndim);
    for (int i = 0; chain && i < chain->instructions; i++) {
        const reel__instruction *in = &chain->instruction[i];
        bool once_a_row = in->form == REEL__FORM_POINTS && in->per_row;
        flops += flops_a_point(in->kernel) *
                 points_of(chain->dim, chain->ndim - once_a_row);
    }
    return flops;
}

/* ------------------------------------------------------------------ memory */

/* Operand k is the x of a chain's gather. */
static bool gathered(const reel__chain *chain, int k)
{
    for (int i = 0; chain && i < chain->instructions; i++) {
        const reel__instruction *in = &chain->instruction[i];
        if (in->form == REEL__FORM_GATHER &&
            in->arg[1].place == REEL__IN_MEMORY && (int)in->arg[1].number == k)
            return true;
    }
    return false;
}

/* Rows of a chain's operand k that sums of columns fill, else 1. */
static double summed_rows(const reel__chain *chain, int k)
{
    for (int i = 0; i < chain->instructions; i++) {
        const reel__instruction *in = &chain->instruction[i];
        if (in->form == REEL__FORM_COLUMNS && (int)in->arg[0].number == k)
            return ceil(points_of(chain->dim, chain->ndim - 1) /
                        (double)chain->sums);
    }
    return 1;
}

/* Elements of operand k that a run goes through: one for each point of the axes
 * that it varies along. Where an index says which, or how many rows are summed,
 * strides do not show it. */
static double elements(const reel__step *s, int k)
{
    int ndim;
    const int64_t *stride = reel__strides_of(s, k, &ndim);
    const int64_t *dim = k < s->own ? s->geometry : s->chain->dim;
    bool all = k < s->own ? s->kernel == REEL__K_gather && k == 1
                          : gathered(s->chain, k - s->own);
    double n = k < s->own ? 1 : summed_rows(s->chain, k - s->own);
    for (int i = 0; i < ndim; i++)
        n *= all || stride[i] != 0 ? (double)dim[i] : 1;
    if (k == 0 && s->own > 0 &&
        (s->kernel == REEL__K_scatter_add || s->kernel == REEL__K_place ||
         s->kernel == REEL__K_one_hot))
        n *= (double)s->attributes->i[0];
    return n;
}

/* What is loaded and stored; slots are no memory. */
static double flat_bytes(const reel__step *s)
{
    double bytes = 0;
    for (uint32_t i = 0; i < s->flat->count; i++) {
        const reel__flat_instruction *in = &s->flat->code[i];
        bool stores =
            in->op >= REEL__F_store && in->op <= REEL__F_store_truth;
        bool loads =
            in->op >= REEL__F_load && in->op <= REEL__F_load_rows;
        int of = stores ? in->dst : in->a;
        if (stores || loads)
            bytes += reel__flat_rows(in) *
                     (loads ? reel__flat_lanes(in) : in->b) *
                     (double)reel_dtype_size((reel_dtype)s->operand[of].dtype);
    }
    return bytes;
}

static double bytes_of(reel_dtype dtype, int64_t count)
{
    return (double)count * (double)reel_dtype_size(dtype);
}

static double custom_bytes(const reel__custom_step *s)
{
    const reel_custom_call *c = &s->call;
    double bytes = bytes_of(c->out.dtype, c->out.count);
    for (size_t k = 0; k < c->nin; k++)
        bytes += bytes_of(c->in[k].dtype, c->in[k].count);
    return bytes;
}

double reel__step_bytes(const reel__step *s)
{
    double bytes = 0;
    if (s->flat)
        return flat_bytes(s);
    if (s->custom)
        return custom_bytes(s->custom);
    for (int k = 0; k < s->operands; k++)
        bytes += elements(s, k) *
                 (double)reel_dtype_size((reel_dtype)s->operand[k].dtype);
    return bytes;
}
