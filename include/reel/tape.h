/* reel/tape.h: the tape, its nodes and leaves.
 *
 * A tape is an append-only record of nodes, a directed acyclic graph. It owns
 * its nodes, the storage of parameters, states and constants, and the first
 * error. Tapes are independent of each other; one thread at a time records on
 * a tape.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_TAPE_H
#define REEL_TAPE_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------- source locations */

/* In C and C++ every recording function is also a macro of the same name that
 * hands over the caller's file and line, for error messages and listings.
 * Define REEL_NO_LOCATIONS before including Reel to call plain functions. The
 * location is kept per thread while the call's arguments are evaluated, so a
 * call nested in another one's arguments reports its own place. */
REEL_API void reel_location_enter(const char *file, int line);
REEL_API reel_node *reel_location_leave(reel_node *node);

#define REEL_AT(...)                          \
    (reel_location_enter(__FILE__, __LINE__), \
     reel_location_leave(__VA_ARGS__))

/* -------------------------------------------------------------------- tape */

/* A new, empty tape; NULL when there is no memory. Free with reel_tape_free. */
REEL_API reel_tape *reel_tape_new(void);

/* The same with all memory from *allocator (copied); NULL means malloc. */
REEL_API reel_tape *reel_tape_new_with(const reel_allocator *allocator);

/* Frees the tape with all its nodes and storage. Programs compiled from it
 * stay valid to free, but not to run (REEL_ESTATE). NULL is fine. O(nodes). */
REEL_API void reel_tape_free(reel_tape *tape);

/* The first error since the tape began or was last cleared, else REEL_OK.
 * REEL_ENOMEM for a NULL tape, so a failed reel_tape_new shows up here too. */
REEL_API reel_status reel_status_of(const reel_tape *tape);

/* Its message, one line, "net.c:42: matmul: inner dimensions differ: ...".
 * "" without an error. Owned by the tape; valid until the next call on it. */
REEL_API const char *reel_message(const reel_tape *tape);

/* Forgets the error; what was recorded before it is valid as ever. */
REEL_API void reel_clear_error(reel_tape *tape);

/* A place on the tape to come back to. */
typedef struct reel_mark {
    size_t nodes;
    size_t adjoints;
    size_t sweeps;
    size_t notes;
    reel_status status;
} reel_mark;

/* reel_tape_rewind drops everything recorded since the mark: nodes, values,
 * names, cached gradients and an error that came after it. Programs that use
 * dropped nodes can no longer run (REEL_ESTATE). Marks nest; one that lies
 * beyond the end of the tape is REEL_EVALUE.
 *
 * Memory is kept for what is recorded next, and recording the same again is
 * fast. As long as calls come in the order of those since the mark, with the
 * same ops, operands, attributes, shapes and dtypes, they give the nodes that
 * the rewind dropped (leaves with their new data, inputs without any), a sweep
 * for the same derivatives gives all its nodes at once, and reel_compile of the
 * same outputs gives the same program: a graph that is recorded, compiled, run
 * and rewound each step is compiled but once and allocates nothing in the long
 * run. Data that changes from step to step belongs into leaves: another
 * attribute (a factor of reel_affine, say) makes another graph. A constant
 * whose data changed is from then on read as an input is, not folded. The
 * first call that differs drops the rest for good, which costs O(nodes
 * dropped). */
REEL_API reel_mark reel_tape_mark(const reel_tape *tape);
REEL_API reel_status reel_tape_rewind(reel_tape *tape, reel_mark mark);

/* Nodes on the tape, and the i-th of them in the order of recording (NULL out
 * of range). */
REEL_API size_t reel_tape_count(const reel_tape *tape);
REEL_API reel_node *reel_tape_node(const reel_tape *tape, size_t i);

/* ------------------------------------------------------------------ leaves */

/* A value the user feeds: reel_bind or reel_set before a run. name is copied. */
REEL_API reel_node *reel_input(reel_tape *tape, const char *name,
                               reel_dtype dtype, reel_shape shape);

/* A trainable value with storage of its own on the tape, f32 or f64, that
 * starts as a copy of data, or as zeros for NULL. */
REEL_API reel_node *reel_parameter(reel_tape *tape, const char *name,
                                   reel_dtype dtype, reel_shape shape,
                                   const void *data);

/* As a parameter, of any dtype, but not trainable: momenta, counters, means. */
REEL_API reel_node *reel_state(reel_tape *tape, const char *name,
                               reel_dtype dtype, reel_shape shape,
                               const void *data);

/* A value that never changes; data is copied, NULL means zeros. */
REEL_API reel_node *reel_constant(reel_tape *tape, reel_dtype dtype,
                                  reel_shape shape, const void *data);

/* A scalar constant. value must be representable: an integer in the range of
 * an integer dtype (else REEL_EVALUE); floats are rounded to nearest. */
REEL_API reel_node *reel_scalar(reel_tape *tape, reel_dtype dtype,
                                double value);

/* A constant of the given shape, every element value. Costs one scalar. */
REEL_API reel_node *reel_full(reel_tape *tape, reel_dtype dtype,
                              reel_shape shape, double value);

#ifndef REEL_NO_LOCATIONS
#define reel_input(...) REEL_AT(reel_input(__VA_ARGS__))
#define reel_parameter(...) REEL_AT(reel_parameter(__VA_ARGS__))
#define reel_state(...) REEL_AT(reel_state(__VA_ARGS__))
#define reel_constant(...) REEL_AT(reel_constant(__VA_ARGS__))
#define reel_scalar(...) REEL_AT(reel_scalar(__VA_ARGS__))
#define reel_full(...) REEL_AT(reel_full(__VA_ARGS__))
#endif

/* Lets an input read the user's memory from now on, without copying: row-major,
 * of the input's dtype and shape, alive and constant while programs run. NULL
 * unbinds. REEL_EVALUE when the node is no input. */
REEL_API reel_status reel_bind(reel_node *input, const void *data);

/* Copies data into the storage of an input, parameter or state. An input gets
 * storage of its own at the first call, in place of any binding. */
REEL_API reel_status reel_set(reel_node *leaf, const void *data);

/* ---------------------------------------------------------- about any node */

REEL_API reel_tape *reel_tape_of(const reel_node *node);
REEL_API size_t reel_id(const reel_node *node);     /* place on the tape */
REEL_API const char *reel_op_name(const reel_node *node);
REEL_API const char *reel_name(const reel_node *node); /* "" if it has none */
REEL_API reel_dtype reel_dtype_of(const reel_node *node);
REEL_API reel_shape reel_shape_of(const reel_node *node);
REEL_API int64_t reel_count(const reel_node *node); /* elements */
REEL_API size_t reel_bytes(const reel_node *node);  /* elements x size */
REEL_API size_t reel_arity(const reel_node *node);  /* number of operands */
REEL_API reel_node *reel_operand(const reel_node *node, size_t i);
REEL_API const char *reel_file(const reel_node *node); /* NULL if unknown */
REEL_API int reel_line(const reel_node *node);

/* Gives a node a name for listings and messages; copied. */
REEL_API reel_status reel_set_name(reel_node *node, const char *name);

/* The node's value: of a leaf its storage or binding; of any other node what
 * the last reel_run of a program with this node among its outputs computed.
 * Row-major, read-only but for parameters and states. NULL when there is no
 * value. Valid until the program runs again or is freed. */
REEL_API void *reel_data(const reel_node *node);

/* The value of a node of one element, as a double; NaN when there is none. */
REEL_API double reel_item(const reel_node *node);

#ifdef __cplusplus
}
#endif
#endif /* REEL_TAPE_H */
