/* core/internal.h: the tape and its nodes from within, and what an op is.
 *
 * Everything inside the library records with plain functions
 * (REEL_NO_LOCATIONS): nodes get the location of the user's outermost call, or,
 * while a sweep runs, that of the node being differentiated.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_CORE_INTERNAL_H
#define REEL_CORE_INTERNAL_H

#define REEL_NO_LOCATIONS
#include <reel/base.h>
#include <reel/grad.h>
#include <reel/ops.h>
#include <reel/program.h>
#include <reel/tape.h>

/* -------------------------------------------------------------- allocation */

extern const reel_allocator reel__malloc; /* the default */

/* bytes 0 gives NULL. */
void *reel__alloc(const reel_allocator *a, size_t bytes);
void *reel__alloc_zeroed(const reel_allocator *a, size_t bytes);
void reel__free(const reel_allocator *a, void *block, size_t bytes);

/* For buffers of numbers: aligned to REEL__ALIGN. */
#define REEL__ALIGN 64
void *reel__alloc_aligned(const reel_allocator *a, size_t bytes);
void reel__free_aligned(const reel_allocator *a, void *block, size_t bytes);

/* Makes room for need > 0 items of item_bytes, at least doubling, so that
 * appending is O(1) in the long run. Returns the items' place, old or new, or
 * NULL without memory, and then nothing changed. */
void *reel__grow_to(const reel_allocator *a, void *items, size_t *capacity,
                    size_t need, size_t item_bytes);
static inline void *reel__grow(const reel_allocator *a, void *items,
                               size_t *capacity, size_t need,
                               size_t item_bytes)
{
    return need <= *capacity ? items : reel__grow_to(a, items, capacity, need,
                                                     item_bytes);
}

/* Memory that is released from its end only, in chunks. */
typedef struct reel__chunk reel__chunk;
typedef struct reel__arena {
    const reel_allocator *allocator;
    reel__chunk *first, *last; /* last: the one in use */
    size_t used;               /* bytes in all chunks before and in last */
} reel__arena;

/* Aligned as malloc aligns; NULL when there is no memory. Not zeroed. */
void *reel__arena_take(reel__arena *a, size_t bytes);
/* Back to an earlier value of used, or to before a block was taken; the chunks
 * are kept for later use. */
void reel__arena_rewind(reel__arena *a, size_t used);
void reel__arena_rewind_to(reel__arena *a, const void *block);
void reel__arena_free(reel__arena *a);

/* --------------------------------------------------------------------- ops */

/* How compile/lower.c makes steps of a node. */
typedef enum reel__lowering {
    REEL__LOWER_NONE = 0,    /* leaves, and composites, of which no node exists */
    REEL__LOWER_ELEMENTWISE, /* one kernel over the result's index space */
    REEL__LOWER_CAST,        /* the same, chosen by both dtypes */
    REEL__LOWER_VIEW,        /* no step: op->view; a copy where that can't be */
    REEL__LOWER_CONCAT,
    REEL__LOWER_PAD,
    REEL__LOWER_REDUCE,      /* kept axes, then reduced ones */
    REEL__LOWER_ROWS,        /* reduce's index space, result of x's shape */
    REEL__LOWER_MATMUL,
    REEL__LOWER_GATHER,
    REEL__LOWER_SCATTER_ADD,
    REEL__LOWER_PICK,
    REEL__LOWER_PLACE,
    REEL__LOWER_ONE_HOT,
    REEL__LOWER_UNIFORM,
    REEL__LOWER_ASSIGN,
    REEL__LOWER_CUSTOM,
    REEL__LOWERINGS
} reel__lowering;

enum {
    REEL__LEAF = 1,        /* no operands, value from outside */
    REEL__NO_GRADIENT = 2, /* asking for its gradient is an error */
    REEL__STOPS = 4,       /* its gradient is zero by the user's wish */
    REEL__COMPOSITE = 8    /* the constructor records other ops */
};

/* A node about to be recorded. infer checks operands and attributes, may
 * replace operands (promotion, broadcasting) by nodes it records, and sets
 * dtype and shape; false after reel__fail. */
typedef struct reel__call {
    reel_tape *tape;
    const struct reel__op *op;
    size_t nin;
    reel_node **in; /* a copy, free to change */
    const void *attr;
    reel_dtype dtype;
    reel_shape shape;
} reel__call;

/* A value in the long-double reference: dense, row-major. dtype says what the
 * numbers stand for; integers and bools are whole long doubles. */
typedef struct reel__ref {
    reel_dtype dtype;
    reel_shape shape;
    long double *data;
} reel__ref;

/* One evaluation by reference. reference fills out->data; out's dtype and shape
 * are set. An index out of range sets bad_index (and the result to 0), what
 * else can go wrong the tape's error. */
typedef struct reel__eval {
    reel_tape *tape;
    size_t nin;
    const reel__ref *in;
    reel__ref *out;
    const void *attr;
    bool bad_index;
} reel__eval;

/* Where a node's elements lie in the buffer of another: offset and strides in
 * elements. */
typedef struct reel__view {
    int64_t offset;
    int64_t stride[REEL_MAX_DIMS];
} reel__view;

/* Test data for an op. */
#define REEL__REAL (-1) /* as dtype of a sample: f32 and f64 in turn */
typedef struct reel__sample_in {
    int dtype;
    reel_shape shape;
    double low, high;     /* random values in [low, high), whole for integers;  */
    const double *values; /* or these, as many as the shape has elements */
} reel__sample_in;

typedef struct reel__sample {
    const char *what; /* "broadcast", "axis 1, keepdims" */
    int nin;
    reel__sample_in in[4];
    reel_node *(*build)(reel_node **in); /* NULL: op of in, no attributes */
    const void *attr;       /* what a composite's reference is to be given */
    const double *gradient; /* at a kink: d sum(y) / d in[0] as documented; no
                             * finite differences are taken then */
    bool value_only;        /* no derivative is tested (infinities, NaN) */
} reel__sample;

typedef struct reel__op {
    const char *name;
    int arity; /* operands; REEL__ANY_ARITY */
    unsigned flags;
    reel__lowering lowering;
    int kernel; /* enum reel__kernel_id, for lowerings that serve several */

    bool (*infer)(reel__call *call);

    /* Given y and its cotangent g, records dx[i] for each i with need[i]; dx[]
     * starts as NULL, which stands for zero. */
    void (*vjp)(reel_node *y, reel_node *g, const bool *need, reel_node **dx);

    /* Given the operands' tangents (NULL: zero; not all are), records y's;
     * NULL: zero. */
    reel_node *(*jvp)(reel_node *y, reel_node *const *dx);

    /* LOWER_VIEW: from the operand's view to y's. false: not expressible. */
    bool (*view)(const reel_node *y, const reel__view *x, reel__view *out);

    void (*reference)(reel__eval *e);

    /* Of custom ops, whose nodes differ. NULL: name, and long double's. */
    const char *(*name_of)(const reel_node *node);
    long double (*epsilon)(const reel_node *node); /* of reference; 0: as NULL */

    const reel__sample *sample;
    int samples;
} reel__op;

#define REEL__ANY_ARITY (-1)
#define REEL__SAMPLES(array) \
    .sample = (array), .samples = (int)(sizeof(array) / sizeof((array)[0]))

/* Every op of ops.def: reel__op_exp, ... and the leaves. */
#define REEL_OP(name, kind, formula, gradient) \
    extern const reel__op reel__op_##name;
#include <reel/ops.def>
#undef REEL_OP
extern const reel__op reel__op_input, reel__op_parameter, reel__op_state,
    reel__op_constant, reel__op_assign, reel__op_custom,
    reel__op_custom_derivative;

/* All ops of ops.def in its order, NULL at the end (ops/table.c). */
extern const reel__op *const reel__ops[];

/* ------------------------------------------------------------ nodes, tapes */

/* In the order in which recording again, sorting and compiling need them. */
struct reel_node {
    const reel__op *op;
    reel_node **in;    /* arity operands */
    const void *attr;  /* attr_bytes, compared bytewise: no padding noise */
    const char *file;  /* NULL: unknown */
    int line;
    uint32_t arity, attr_bytes;
    uint32_t epoch, slot; /* scratch of a walk: see reel__sort */
    uint32_t id;
    uint8_t dtype, ndim;
    bool forward;         /* recorded by jvp, not vjp */
    uint32_t primal; /* 1 + id of the node whose rule recorded it; 0: none's */
    reel_tape *tape;
    const char *name; /* NULL: none */
    void *value;      /* see reel_data */
    union {
        struct reel__leaf *leaf;       /* of a leaf */
        const reel_program *publisher; /* of any other: whose run set value */
    };
    int64_t dim[]; /* ndim sizes; operands and attributes follow */
};

/* Storage of a leaf. */
typedef struct reel__leaf {
    void *own;   /* an input's own storage, while it is bound elsewhere */
    void *block; /* memory to free, when it is not in the arena */
    size_t block_bytes;
    struct reel__leaf *before; /* the next older one that may have a block */
    uint32_t id;               /* the node's */
    bool varies; /* a constant that was recorded again with other data:
                  * programs read it when they run */
} reel__leaf;

/* A sweep of the past: see core/replay.c. */
typedef struct reel__sweep reel__sweep;

struct reel_tape {
    reel_allocator allocator;
    reel__arena arena; /* of nodes */
    reel_node **node;  /* in the order of recording */
    size_t count, capacity;
    size_t recorded;   /* from count up to here: dropped by a rewind, and there
                        * to be recorded again (core/replay.c) */
    size_t replay_low, replay_high; /* nodes between were recorded again */
    uint32_t epoch;
    reel_status status;
    char message[512];
    const reel_node *at; /* sweeps: whose rule records, and gives its location */
    bool forward;        /* the sweep is a forward one */
    reel__leaf *leaves;  /* youngest first: those that may have a block */
    struct reel__adjoints *adjoints; /* core/adjoint.c */
    reel__sweep *sweep;              /* so many, and those a rewind dropped */
    size_t sweeps, sweeps_recorded, sweep_capacity;
    reel_node **swept; /* the lists of nodes that sweeps had to do with */
    size_t swept_capacity;
    struct reel_program *programs; /* see run/keep.c */
    reel__arena notes; /* names, layers, optimisers: what is no node */
    struct reel__naming *namings;  /* youngest first (core/node.c) */
    struct reel_layer *layers;     /* youngest first (nn/layer.c) */
    uint64_t seed;                 /* of layers to come */
};

/* Takes back the names given since tape->notes had so many bytes in use. */
void reel__names_rewind(reel_tape *tape, size_t used);

/* Sets the tape's error unless it has one: "file:line: op: message". Returns
 * NULL so that constructors can return it. op may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void *reel__fail(reel_tape *tape, reel_status status, const char *op,
                 const char *format, ...);
void *reel__no_memory(reel_tape *tape, const char *op);

/* "[64, 784]" in a buffer of REEL__SHAPE_TEXT bytes; returns it. */
#define REEL__SHAPE_TEXT (3 + REEL_MAX_DIMS * 22)
const char *reel__shape_text(reel_shape shape, char *buffer);
const char *reel__node_shape_text(const reel_node *node, char *buffer);

/* The location that a node recorded now gets. */
void reel__location(const reel_tape *tape, const char **file, int *line);
/* Gives the node that location, and the node whose rule records it. */
void reel__set_origin(reel_node *node);

/* Records a node. attr is copied. NULL operands, operands of several tapes, a
 * tape with an error: NULL. The first operand's tape is the node's. */
reel_node *reel__record(const reel__op *op, reel_node *const *in, size_t nin,
                        const void *attr, size_t attr_bytes);

/* Appends a node after its checks, or takes it over from before a rewind:
 * leaves and reel__record use it. */
reel_node *reel__append(const reel__call *call, size_t attr_bytes);
/* Takes the youngest node back, which could not be finished. */
void reel__take_back(reel_tape *tape);

/* true when the tape is usable for recording. */
static inline bool reel__usable(const reel_tape *tape)
{
    return tape && tape->status == REEL_OK;
}

/* ------------------------------------------------------ recording it again */

/* The node that stood here before a rewind, if it came of just this call; it
 * is on the tape again. Else NULL. */
reel_node *reel__replay(reel_tape *tape, const reel__op *op,
                        reel_node *const *in, size_t nin, const void *attr,
                        size_t attr_bytes);
/* The same, asking for dtype and shape, too, which otherwise follow. */
reel_node *reel__replay_call(const reel__call *call, size_t attr_bytes);
/* A rewind: nodes and sweeps beyond these are dropped, but kept in mind. */
void reel__replay_begin(reel_tape *tape, size_t nodes, size_t sweeps);
/* Drops them for good, before something else is recorded. */
void reel__replay_end(reel_tape *tape);

/* What a sweep is asked: derivatives of y by xs, backward from a cotangent
 * (NULL: one) or forward along tangents. */
typedef struct reel__asked {
    bool forward;
    reel_node *y, *cotangent;
    reel_nodes xs, tangents;
} reel__asked;

/* Takes over all that a sweep recorded, if it was asked the same here before a
 * rewind: its answers (one for each x, or one forward). false: it is to be
 * made, and reel__sweep_note'd with the mark of its beginning (false without
 * memory, which is on the tape). */
bool reel__sweep_again(reel_tape *tape, const reel__asked *asked,
                       reel_node **answer);
bool reel__sweep_note(reel_tape *tape, const reel__asked *asked,
                      reel_mark begin, reel_node *const *answer);
void reel__sweeps_free(reel_tape *tape);

/* ------------------------------------------------------------ sorted graphs */

/* The nodes that some roots depend on, operands before users. While the order
 * is the tape's latest (reel__sort makes it so), reel__place tells a node's
 * index in it. Explicit stack; O(nodes + edges reached). */
typedef struct reel__order {
    size_t count, capacity;
    reel_node **node;
    uint32_t epoch;
} reel__order;

/* Does not go on to the operands of ops with any of the flags stop_at.
 * false: no memory (on the tape). Free in any case. */
bool reel__sort(reel_tape *tape, reel_nodes roots, unsigned stop_at,
                reel__order *order);
void reel__order_free(reel_tape *tape, reel__order *order);

static inline bool reel__is_in(const reel__order *order, const reel_node *node)
{
    return node->epoch == order->epoch;
}

/* -------------------------------------------------- adjoints already known */

/* Map from (y, cotangent or NULL, x) to dy/dx, in the order of insertion, so
 * that a rewind takes the youngest away. */
reel_node *reel__adjoint_find(const reel_tape *tape, const reel_node *y,
                              const reel_node *cotangent, const reel_node *x);
bool reel__adjoint_insert(reel_tape *tape, const reel_node *y,
                          const reel_node *cotangent, const reel_node *x,
                          reel_node *dx);
size_t reel__adjoint_count(const reel_tape *tape);
void reel__adjoint_truncate(reel_tape *tape, size_t count);
/* Up to count again, when nothing was inserted since. */
void reel__adjoint_restore(reel_tape *tape, size_t count);
void reel__adjoints_free(reel_tape *tape);

/* ------------------------------------------------------------------- small */

/* reel_dtype_size of what is a dtype. */
static inline size_t reel__size_of(reel_dtype dtype)
{
    return dtype <= REEL_U8                           ? 1
           : dtype == REEL_I32 || dtype == REEL_F32 ? 4
                                                      : 8;
}
static inline bool reel__is_float(reel_dtype dtype)
{
    return dtype == REEL_F32 || dtype == REEL_F64;
}
bool reel__is_integer(reel_dtype dtype); /* u8, i32, i64 */
reel_shape reel__shape_of(const reel_node *node);
bool reel__shape_equal(reel_shape a, reel_shape b);
static inline bool reel__same_shape(const reel_node *a, const reel_node *b)
{
    for (int i = 0; a->ndim == b->ndim && i < a->ndim; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return a->ndim == b->ndim;
}
/* Sizes >= 0, at most REEL_MAX_DIMS of them, and few enough elements that no
 * offset or byte count overflows. */
bool reel__shape_valid(reel_shape shape);
/* Row-major strides in elements. */
void reel__dense_strides(reel_shape shape, int64_t *stride);
/* Element i of a buffer as long double or double, and back (rounded to nearest
 * for floats; whole numbers must fit). */
long double reel__load(reel_dtype dtype, const void *data, int64_t i);
void reel__store(reel_dtype dtype, void *data, int64_t i, long double value);

/* run/keep.c. Nodes from an id on are off the tape: programs that use any
 * cannot run. For now: they can when they are compiled again; for good. */
void reel__programs_suspend(reel_tape *tape, size_t from_id);
void reel__programs_drop(reel_tape *tape, size_t from_id);

/* The same for layers, whose parameters may be dropped (nn/layer.c). */
void reel__layers_rewind(reel_tape *tape, const reel_mark *mark);

#endif /* REEL_CORE_INTERNAL_H */
