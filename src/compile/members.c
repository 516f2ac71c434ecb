/* compile/members.c: how a step can be a member of a group: of which kind, over
 * which index space, and where its operands lie over the group's axes.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/fuse.h"

/* The step's axes that are not of size 1; returns how many of the first `of`
 * they are. */
static int long_axes(const reel__step *s, int of, int *axis)
{
    int n = 0;
    for (int d = 0; d < of; d++)
        if (s->geometry[d] != 1)
            axis[n++] = d;
    return n;
}

reel__kind reel__kind_of(const reel__step *s)
{
    int axis[REEL__GROUP_AXES], n = long_axes(s, s->ndim, axis);
    bool fits = true;
    if (s->kernel <= REEL__K_cast)
        return REEL__POINTS;
    if (s->kernel <= REEL__K_log_softmax) {
        int last = n > 0 ? axis[n - 1] : 0;
        fits = n - long_axes(s, s->ndim - s->nred, axis) == 1 &&
               s->geometry[last] > 0 &&
               s->geometry[last] <= REEL__CHAIN_LONGEST;
        return fits ? REEL__ROWS : REEL__ALONE;
    }
    switch (s->kernel) {
    case REEL__K_matmul: return s->ndim == 3 ? REEL__PRODUCT : REEL__ALONE;
    case REEL__K_pick:
    case REEL__K_place:
    case REEL__K_one_hot:
        fits = s->attributes->i[0] > 1 &&
               s->attributes->i[0] <= REEL__CHAIN_LONGEST;
        return fits ? REEL__PICKS : REEL__ALONE;
    case REEL__K_gather: return REEL__GATHERS;
    case REEL__K_column_sum: return REEL__COLUMNS;
    default: return REEL__ALONE;
    }
}

/* Which of a step's operands have the axis that is indexed. */
static bool has_columns(const reel__step *s, int k)
{
    return k == (s->kernel == REEL__K_pick ? 1 : 0);
}

void reel__member_strides(const reel__step *s, int k, const reel__group *g,
                          bool per_row, int64_t *stride)
{
    const int64_t *from = s->geometry + (size_t)(k + 1) * s->ndim;
    int axis[REEL__GROUP_AXES], n = long_axes(s, s->ndim, axis);
    memset(stride, 0, (size_t)g->ndim * sizeof *stride);
    for (int d = 0; d < n; d++)
        stride[d] = from[axis[d]];
    if (!per_row && reel__kind_of(s) == REEL__PICKS && has_columns(s, k))
        stride[n] = s->attributes->i[1];
}

void reel__index_space(const reel__step *s, reel__kind kind, reel__group *g,
                       int64_t *dim)
{
    int axis[REEL__GROUP_AXES], n = long_axes(s, s->ndim, axis);
    *g = (reel__group){.dim = dim, .head = REEL__NONE, .first = REEL__NONE,
                       .split = -1};
    for (int d = 0; d < n; d++)
        dim[d] = s->geometry[axis[d]];
    if (kind == REEL__ROWS) {
        g->split = (int8_t)(n - 1);
    } else if (kind == REEL__PICKS) {
        dim[n] = s->attributes->i[0];
        g->split = (int8_t)n++;
    } else if (kind == REEL__GATHERS) {
        g->split = (int8_t)long_axes(s, (int)s->attributes->i[2], axis);
        g->wide = n - g->split > 1;
    } else if (kind == REEL__COLUMNS) {
        g->split = (int8_t)long_axes(s, s->nred, axis);
        g->wide = n - g->split > 1;
    } else if (kind == REEL__PRODUCT) {
        n = 0;
        if (s->geometry[0] != 1)
            dim[n++] = s->geometry[0];
        if (s->geometry[2] != 1)
            dim[n++] = s->geometry[2];
        else
            g->split = (int8_t)n; /* rows of one column */
    }
    g->by_row = kind == REEL__ROWS || kind == REEL__PICKS;
    g->ndim = (int8_t)n;
}

bool reel__is_per_row(const reel__step *s, const reel__group *g)
{
    int axis[REEL__GROUP_AXES];
    return reel__kind_of(s) == REEL__POINTS &&
           long_axes(s, s->ndim, axis) < g->ndim;
}

bool reel__has_one_column_axis(const reel__step *s, const reel__group *g)
{
    int64_t stride[REEL__GROUP_AXES];
    for (int k = 0; k < s->operands; k++) {
        reel__member_strides(s, k, g, reel__is_per_row(s, g), stride);
        for (int d = g->split; d + 1 < g->ndim; d++)
            if (stride[d] != stride[d + 1] * g->dim[d + 1])
                return false;
    }
    return true;
}

static bool same_dims(const reel__group *a, const reel__group *b, int ndim)
{
    return memcmp(a->dim, b->dim, (size_t)ndim * sizeof *a->dim) == 0;
}

bool reel__spaces_fit(const reel__group *g, const reel__group *own,
                      reel__kind kind)
{
    if (own->ndim != g->ndim)
        return kind == REEL__POINTS && own->ndim == g->split &&
               same_dims(g, own, own->ndim);
    if (!same_dims(g, own, g->ndim) ||
        (own->split >= 0 && g->split >= 0 && own->split != g->split))
        return false;
    /* A product has whole rows at hand if they are short. */
    return !own->by_row || g->head == REEL__NONE ||
           g->dim[g->ndim - 1] <= REEL__CHAIN_SHORT;
}

bool reel__reads_in_place(const reel__fusion *f, const reel__step *s, int k,
                          const reel__group *g, int split, bool per_row)
{
    int64_t stride[REEL__GROUP_AXES], dense = 1;
    bool whole = true, rows = split >= 0;
    const reel__buffer *b = &f->c->buffer[s->operand[k].base];
    reel__member_strides(s, k, g, per_row, stride);
    for (int d = g->ndim; d-- > 0; dense *= g->dim[d])
        whole = whole && stride[d] == dense;
    dense = 1;
    for (int d = g->ndim; d-- > 0;) {
        rows = rows && stride[d] == (d < split ? dense : 0);
        dense *= d < split ? g->dim[d] : 1;
    }
    int64_t size = (int64_t)reel_dtype_size((reel_dtype)s->operand[k].dtype);
    bool of_rows = rows && (int64_t)b->bytes == dense * size;
    return s->operand[k].offset == 0 && (whole || of_rows) &&
           !(s->kernel == REEL__K_gather && k == 1);
}
