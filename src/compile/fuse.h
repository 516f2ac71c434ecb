/* compile/fuse.h: groups of steps that become one, for fuse.c, columns.c and
 * late.c, which form them of what members.c knows of their members, and for
 * epilogue.c and chain.c, which make the steps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_FUSE_H
#define REEL_COMPILE_FUSE_H

#include "compile/compile.h"
#include "kernels/chain.h"

#define REEL__GROUP_AXES (REEL__MAX_AXES + 1) /* pick's indexed axis */

/* How a step can be a member of a group. */
typedef enum reel__kind {
    REEL__ALONE,   /* not at all */
    REEL__POINTS,  /* elementwise, over the group's index space or its rows */
    REEL__ROWS,    /* a reduction or softmax along the last axis */
    REEL__PICKS,   /* pick, place, one_hot along the last axis */
    REEL__GATHERS, /* rows of an operand by index */
    REEL__COLUMNS, /* sums of columns, rows of them for a few rows each */
    REEL__PRODUCT  /* at its head: the members go over its result */
} reel__kind;

/* Steps over one index space. Axes of size 1 are left out of it. */
typedef struct reel__group {
    const int64_t *dim;
    uint32_t head;        /* a matrix product's number, or REEL__NONE */
    uint32_t first, last; /* members, linked by reel__fusion.next */
    uint16_t members, operands;
    int64_t sums; /* rows to a sum of columns; 0: there is none */
    int8_t ndim, split; /* axes, and how many of them make rows; split -1: it
                         * does not matter yet */
    bool by_row;        /* has members that need rows whole */
    bool wide;          /* columns are several axes that all operands have as
                         * one */
    bool checked;       /* has members whose indices can be out of range */
    bool early;         /* runs before those that are not */
    bool late;          /* runs among the assignments */
} reel__group;

/* What the passes know of a buffer beside reel__buffer. */
typedef struct reel__usage {
    uint32_t group;   /* that writes it, REEL__NONE: none does */
    uint32_t outside; /* reads by steps of other groups, assignments aside */
    uint32_t sums;    /* of them those by sums that can end its group */
    bool only_summed; /* there are no others */
    bool parts;       /* written by several steps, or by blocks in turn */
    bool stored;      /* must be in memory */
} reel__usage;

typedef struct reel__fusion {
    reel__compiler *c;
    reel__group *group;
    size_t groups, capacity;
    uint32_t end;        /* of the assignments; then steps made here */
    uint32_t *of, *next; /* of a step: its group, and the member after it */
    reel__usage *usage;  /* of a buffer */
} reel__fusion;

static inline const reel__step *reel__step_at(const reel__fusion *f,
                                              uint32_t number)
{
    return &f->c->program->steps.step[number];
}

static inline bool reel__is_assignment(const reel__fusion *f, uint32_t number)
{
    return number >= f->c->program->assigns && number < f->end;
}

/* members.c */
reel__kind reel__kind_of(const reel__step *s);

/* The group that a step would make if it were the first. */
void reel__index_space(const reel__step *s, reel__kind kind, reel__group *g,
                       int64_t *dim);

/* A group's index space and a step's own fit: the same, or the rows of it. */
bool reel__spaces_fit(const reel__group *g, const reel__group *own,
                      reel__kind kind);

/* Strides of a member's operand over its group's axes; per_row: the member has
 * the rows' axes alone. */
void reel__member_strides(const reel__step *s, int k, const reel__group *g,
                          bool per_row, int64_t *stride);

/* A member that covers only its group's rows. */
bool reel__is_per_row(const reel__step *s, const reel__group *g);

/* All operands have the columns' axes as one. */
bool reel__has_one_column_axis(const reel__step *s, const reel__group *g);

/* An operand that the group has made lies as if it had axes of its own: it is
 * read at the place where it is written. */
bool reel__reads_in_place(const reel__fusion *f, const reel__step *s, int k,
                          const reel__group *g, int split, bool per_row);

/* fuse.c: a step becomes the last member of a group, if it can, and where it is
 * an assignment that can. */
bool reel__join(reel__fusion *f, uint32_t to, uint32_t number,
                const reel__group *own, reel__kind kind);
void reel__add_member(reel__fusion *f, uint32_t to, uint32_t number);
void reel__note_uses(reel__fusion *f, uint32_t number);

/* columns.c: a sum over leading axes ends the group that makes its elements, if
 * it can and they are known to be needed for nothing else; done: nothing of it
 * is left to do. */
bool reel__end_in_columns(reel__fusion *f, uint32_t number, bool *done);
/* When groups are formed: what is needed for nothing else; whether anything. */
bool reel__choose_sums(reel__fusion *f);

/* late.c: assignments join groups, once all of these are formed. */
void reel__join_assignments(reel__fusion *f);

/* epilogue.c: the group's product takes in what it can of the members; head,
 * a copy of it, is changed. */
bool reel__absorb(reel__fusion *f, uint32_t group, reel__step *head);

/* chain.c: the group's members as one step, behind its head. */
bool reel__make_chain(reel__fusion *f, uint32_t group, reel__step *step);

#endif /* REEL_COMPILE_FUSE_H */
