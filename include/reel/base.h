/* reel/base.h: what every other header needs: status codes, dtypes, shapes,
 * axes, node lists, allocators.
 *
 * Part of Reel, reverse-mode automatic differentiation over tensor graphs.
 * SPDX-License-Identifier: MIT */
#ifndef REEL_BASE_H
#define REEL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <initializer_list>
extern "C" {
#endif

#if defined(__GNUC__)
#define REEL_API __attribute__((visibility("default")))
#else
#define REEL_API
#endif

/* ------------------------------------------------------------------ status */

/* What a call came to. Functions that record nodes return NULL after an error
 * and leave the status on the tape (reel_status_of); all others return it. */
typedef enum reel_status {
    REEL_OK = 0,
    REEL_ENOMEM,   /* the allocator gave nothing */
    REEL_ESHAPE,   /* shapes do not fit each other or the op */
    REEL_EDTYPE,   /* dtypes do not fit each other or the op */
    REEL_EVALUE,   /* an argument is out of its range */
    REEL_EGRAD,    /* a derivative was asked that does not exist */
    REEL_ESTATE,   /* not possible now: input not fed, tape gone, no value yet */
    REEL_EINDEX,   /* an index found in the data while running is out of range */
    REEL_EIO,      /* the operating system refused to read or write */
    REEL_EFORMAT,  /* a file does not hold what it should */
    REEL_ECHECK,   /* a gradient check ran and did not pass */
    REEL_EANOMALY  /* a loss in training, or in anomaly mode any result, is NaN
                    * or infinite */
} reel_status;

/* The status in words, "out of memory" for REEL_ENOMEM. Never NULL. */
REEL_API const char *reel_status_text(reel_status status);

/* Where functions that have no tape (loaders, savers) say what went wrong.
 * Every such function takes a reel_error *, which may be NULL, sets it in full
 * on failure and leaves it alone on success. */
typedef struct reel_error {
    reel_status status;
    char message[512];
} reel_error;

/* ------------------------------------------------------------------ dtypes */

/* Element types. Promotion, when two meet in one op: bool < u8 < i32 < i64,
 * and any of those gives way to f32 or f64. f32 with f64 is an error: Reel
 * changes precision only where the program says so (reel_cast). */
typedef enum reel_dtype {
    REEL_BOOL = 0, /* one byte, 0 or 1 */
    REEL_U8,       /* uint8_t */
    REEL_I32,      /* int32_t */
    REEL_I64,      /* int64_t */
    REEL_F32,      /* float */
    REEL_F64       /* double */
} reel_dtype;

#define REEL_DTYPES 6

/* "f32"; "?" for a value that is no dtype. */
REEL_API const char *reel_dtype_name(reel_dtype dtype);

/* Bytes of one element; 0 for a value that is no dtype. */
REEL_API size_t reel_dtype_size(reel_dtype dtype);

/* ------------------------------------------------------- shapes, axes, lists */

#define REEL_MAX_DIMS 8

/* A shape: ndim sizes, each >= 0; ndim 0 is a scalar. Row-major everywhere. */
typedef struct reel_shape {
    int ndim;
    int64_t dim[REEL_MAX_DIMS];
} reel_shape;

/* Axes of a reduction or movement; negative ones count from the end.
 * count REEL_EVERY_AXIS stands for all of them. */
typedef struct reel_axes {
    int count;
    int axis[REEL_MAX_DIMS];
} reel_axes;

#define REEL_EVERY_AXIS (-1)

typedef struct reel_tape reel_tape;
typedef struct reel_node reel_node;

/* A list of nodes, borrowed from the caller for the length of one call. */
typedef struct reel_nodes {
    size_t count;
    reel_node *const *node;
} reel_nodes;

/* REEL_SHAPE(64, 784), REEL_SCALAR, REEL_AXES(0, -1), REEL_ALL,
 * REEL_NODES(loss, dw): write the values in place. */
#ifdef __cplusplus
#define REEL_SHAPE(...) reel__shape({__VA_ARGS__})
#define REEL_SCALAR (reel_shape())
#define REEL_AXES(...) reel__axes({__VA_ARGS__})
#define REEL_ALL reel__every_axis()
#define REEL_NODES(...) reel__nodes({__VA_ARGS__})
#else
#define REEL__COUNT(type, ...) (sizeof((type[]){__VA_ARGS__}) / sizeof(type))
#define REEL_SHAPE(...) \
    ((reel_shape){(int)REEL__COUNT(int64_t, __VA_ARGS__), {__VA_ARGS__}})
#define REEL_SCALAR ((reel_shape){0, {0}})
#define REEL_AXES(...) \
    ((reel_axes){(int)REEL__COUNT(int, __VA_ARGS__), {__VA_ARGS__}})
#define REEL_ALL ((reel_axes){REEL_EVERY_AXIS, {0}})
#define REEL_NODES(...)                              \
    ((reel_nodes){REEL__COUNT(reel_node *, __VA_ARGS__), \
                  (reel_node *const[]){__VA_ARGS__}})
#endif

/* Elements of a shape: the product of its sizes, 1 for a scalar. */
REEL_API int64_t reel_shape_count(reel_shape shape);

/* -------------------------------------------------------------- allocation */

/* All memory of a tape and its programs comes from one function, in the manner
 * of Lua: old == NULL allocates, new_bytes == 0 frees (and returns NULL), else
 * the block is resized, keeping its contents. Returns NULL when it cannot,
 * leaving the old block alone. Must align as malloc does. Called by one thread
 * at a time for one tape, and by the threads that create workspaces. */
typedef void *reel_alloc_fn(void *user, void *old, size_t old_bytes,
                            size_t new_bytes);

typedef struct reel_allocator {
    reel_alloc_fn *alloc;
    void *user;
} reel_allocator;

#ifdef __cplusplus
} /* extern "C" */

static inline reel_shape reel__shape(std::initializer_list<int64_t> dims)
{
    reel_shape s = reel_shape();
    for (int64_t d : dims)
        if (s.ndim < REEL_MAX_DIMS)
            s.dim[s.ndim++] = d;
    return s;
}
static inline reel_axes reel__axes(std::initializer_list<int> axes)
{
    reel_axes a = reel_axes();
    for (int i : axes)
        if (a.count < REEL_MAX_DIMS)
            a.axis[a.count++] = i;
    return a;
}
static inline reel_axes reel__every_axis()
{
    reel_axes a = reel_axes();
    a.count = REEL_EVERY_AXIS;
    return a;
}
/* The list lives until the end of the full expression that holds it. */
static inline reel_nodes reel__nodes(std::initializer_list<reel_node *> nodes)
{
    reel_nodes n = {nodes.size(), nodes.begin()};
    return n;
}
#endif
#endif /* REEL_BASE_H */
