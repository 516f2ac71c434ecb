/* compile/compile.h: a program, and what the passes that make one share.
 *
 *   core/sort.c   nodes in topological order
 *   simplify.c    equal nodes become one
 *   lower*.c      each node becomes a view of another's buffer, or steps
 *   flatten.c     many tiny steps become one (see flat.h)
 *   fuse.c        steps over one index space become one (see fuse.h)
 *   finish.c      steps get their final form: few axes, how to share them out
 *   plan.c        buffers get their places in one arena
 *   watch.c       anomaly mode: where every value is
 *   compile.c     runs the passes, folds constants, finishes the program
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_COMPILE_H
#define REEL_COMPILE_H

#include "core/internal.h"
#include "kernels/kernels.h"
#include <reel/custom.h>

#define REEL__NONE UINT32_MAX
#define REEL__MAX_AXES (REEL_MAX_DIMS + 1) /* a matrix product has one more */
#define REEL__MAX_ARGS (1 + REEL__MAX_IN)

/* Where buffers lie at run time: one pointer each in a table that a workspace
 * fills at the start of a run. */
enum {
    REEL__BASE_ARENA = 0, /* the workspace's memory */
    REEL__BASE_FOLDED,    /* the program's folded constants */
    REEL__BASE_FAILURE,   /* the run's reel__failure */
    REEL__BASE_LEAVES     /* and on: one a leaf */
};

typedef struct reel__attributes {
    double f[2];
    int64_t i[4];
} reel__attributes;

/* A user's function: its operands are dense, dtypes and shapes known. In the
 * program's memory. */
typedef struct reel__custom_step {
    reel_custom_fn *run;
    reel_custom_call call; /* but for the pointers to data */
    const char *name;
} reel__custom_step;

/* What the first custom op of a run that failed said. */
typedef struct reel__failure {
    reel_status status;
    uint32_t check; /* which node it was, in the program's list */
    char message[16 + REEL_CUSTOM_MESSAGE];
} reel__failure;

/* One kernel call, operand[0] its result. geometry: dim[ndim], then
 * stride[ndim] of each of the kernel's own operands. */
typedef struct reel__step {
    reel__kernel *run;
    const int64_t *geometry;
    reel__operand *operand;
    const reel__attributes *attributes; /* NULL: none */
    int64_t units, grain;               /* work, and how much a thread takes */
    uint32_t check; /* slot of its bad-index flag, or REEL__NONE */
    const struct reel__chain *chain;    /* behind the kernel, or all of it */
    const struct reel__flat_program *flat; /* of the kernel of that name, whose
                                            * own operand are the slots */
    const reel__custom_step *custom;       /* in place of a kernel */
    uint16_t kernel;
    uint16_t operands, own; /* of all, and how many are the kernel's own; the
                             * chain's follow */
    uint8_t ndim, nred;
} reel__step;

/* Strides of operand k, in its kernel's geometry or the chain's. */
const int64_t *reel__strides_of(const reel__step *s, int k, int *ndim);

typedef struct reel__steps {
    reel__step *step;
    size_t count, capacity;
} reel__steps;

/* A value of the program that can be asked for. */
typedef struct reel__output {
    reel_node *node;
    uint32_t base;
    int64_t offset; /* bytes */
} reel__output;

/* Anomaly mode: a node, where its value lies, and its operands. */
typedef struct reel__watched {
    reel_node *node;
    int64_t offset; /* bytes */
    uint32_t base;
    bool output; /* to be finite */
    size_t in;   /* first of its operands in the program's watched_in */
} reel__watched;

struct reel_program {
    reel_allocator allocator;
    reel_tape *tape;   /* NULL while nodes it uses are gone */
    reel_tape *keeper; /* in whose list it is; NULL: not even kept in mind */
    struct reel_program *next;
    size_t held;       /* times that reel_compile gave it, less those freed */
    unsigned flags;    /* it was compiled with */
    size_t newest;        /* 1 + the largest id it uses */
    reel__arena geometry; /* of steps */
    reel__steps steps;    /* those from `assigns` on store into leaves */
    size_t assigns;
    reel_node **leaf;
    size_t leaves, leaf_capacity;
    reel__output *output;
    size_t outputs;
    reel_node **check; /* nodes whose indices are checked */
    size_t checks, check_capacity;
    void *folded;
    size_t folded_bytes, arena_bytes;
    reel__watched *watched; /* anomaly mode: all nodes, operands first */
    size_t watches;
    uint32_t *watched_in; /* their operands, as places in watched */
    size_t watched_ins;
    bool parallel; /* worth more than one thread */
    reel_workspace *own;
};

/* ----------------------------------------------------- while it is compiled */

/* Memory of a value, or of several in turn. */
typedef struct reel__buffer {
    size_t bytes;
    size_t offset;        /* in its base, once planned */
    uint32_t base;        /* REEL__BASE_... */
    uint32_t first, last; /* steps that write it first and use it last, once
                           * they are finished; REEL__NONE: none does. last is
                           * flatten.c's before */
    bool constant;        /* its value is known now */
    bool written;         /* by a step of the run */
    bool pinned;          /* an output: lives to the end */
} reel__buffer;

/* The value of a node: elements of a buffer, strided. */
typedef struct reel__value {
    const int64_t *stride;
    int64_t offset;  /* elements */
    uint32_t buffer; /* REEL__NONE: not lowered */
    uint32_t same;   /* place in the order of the node that stands for it */
} reel__value;

typedef struct reel__compiler {
    reel_program *program;
    reel_tape *tape;
    reel__order order;
    reel__value *value; /* one a node of the order */
    reel__buffer *buffer;
    size_t buffers, buffer_capacity;
    reel__steps folds; /* steps to run now */
    reel__arena scratch;
    bool plain, watch;
} reel__compiler;

/* run/keep.c: the program of these outputs from before a rewind, or NULL; and
 * a new one comes into the tape's list. */
reel_program *reel__program_again(reel_tape *tape, reel_nodes outputs,
                                  unsigned flags);
void reel__program_keep(reel_program *program, reel_tape *tape);

/* All passes return false after an error, which is on the tape. */
bool reel__simplify(reel__compiler *c);
bool reel__lower(reel__compiler *c, reel_nodes outputs);
bool reel__flatten(reel__compiler *c);
bool reel__fuse(reel__compiler *c);
bool reel__finish(reel__compiler *c);
bool reel__finish_steps(reel__compiler *c, reel__steps *steps);
void reel__place_folded(reel__compiler *c); /* in the folded constants */
bool reel__plan(reel__compiler *c);
/* Anomaly mode: where to find every value. */
bool reel__watch(reel__compiler *c, reel_nodes outputs);

/* The value that stands for a node. */
static inline reel__value *reel__value_of(const reel__compiler *c,
                                          const reel_node *node)
{
    return &c->value[c->value[node->slot].same];
}

/* An operand of a step about to be made; strides per axis of its index space
 * as in kernels.h. */
typedef struct reel__arg {
    reel_dtype dtype;
    uint32_t buffer;
    int64_t offset; /* elements */
    int64_t stride[REEL__MAX_AXES];
} reel__arg;

typedef struct reel__plan_of_step {
    reel__kernel_id kernel;
    reel_dtype in, out; /* which variant */
    int ndim, nred, nin;
    int64_t dim[REEL__MAX_AXES];
    reel__arg arg[REEL__MAX_ARGS];
    int64_t units, grain;
    const reel__attributes *attributes;
    reel_node *checked; /* whose indices can be out of range */
} reel__plan_of_step;

/* lower.c's tools for the other lowerings. */
reel__step *reel__new_step(reel__compiler *c, reel__steps *list);
bool reel__emit(reel__compiler *c, reel__plan_of_step *s);
/* A place for the step in the program's list of nodes that can fail. */
bool reel__give_check(reel__compiler *c, reel_node *node, reel__step *step);
/* REEL__NONE: no memory. */
uint32_t reel__new_buffer(reel__compiler *c, size_t bytes, uint32_t base);
/* A new dense buffer for the node's value. */
bool reel__new_value(reel__compiler *c, const reel_node *node);
/* An operand that reads or writes a node's value as it lies. */
reel__arg reel__arg_of(const reel__compiler *c, const reel_node *node);
bool reel__is_dense(const reel_node *node, const reel__value *v);
/* The node's value lies so in a buffer that is there. */
bool reel__set_view(reel__compiler *c, const reel_node *node, uint32_t buffer,
                    int64_t offset, const int64_t *stride);
/* The step over a whole shape. */
bool reel__emit_elementwise(reel__compiler *c, reel__plan_of_step *s,
                            const reel_shape *shape);
/* from and to: one shape, any layout. */
bool reel__emit_copy(reel__compiler *c, reel_shape shape, reel__arg to,
                     reel__arg from);
/* A dense copy of a value, in its place (lower_move.c). */
bool reel__make_dense(reel__compiler *c, const reel_node *node);

/* Axes of some operands, with room to change them. */
typedef struct reel__geometry {
    int axes, operands;
    int64_t dim[REEL__MAX_AXES + 1];
    int64_t (*stride)[REEL__MAX_AXES + 1]; /* of each operand */
} reel__geometry;

/* Makes one axis of neighbouring ones in [from, to) that all operands cross
 * evenly, and drops those of size 1; returns how many are left of them. */
int reel__collapse(reel__geometry *g, int from, int to);

/* lower_move.c, lower_index.c, lower_product.c, lower_custom.c */
bool reel__lower_view(reel__compiler *c, reel_node *node);
bool reel__lower_concat(reel__compiler *c, reel_node *node);
bool reel__lower_pad(reel__compiler *c, reel_node *node);
bool reel__lower_reduce(reel__compiler *c, reel_node *node);
bool reel__lower_rows(reel__compiler *c, reel_node *node);
bool reel__lower_matmul(reel__compiler *c, reel_node *node);
bool reel__lower_index(reel__compiler *c, reel_node *node);
bool reel__lower_uniform(reel__compiler *c, reel_node *node);
bool reel__lower_custom(reel__compiler *c, reel_node *node);

/* run/steps.c: runs steps, in one thread, against a table of bases. */
void reel__run_steps(const reel__step *step, size_t count, void *const *base,
                     int *bad_index);

#endif /* REEL_COMPILE_H */
