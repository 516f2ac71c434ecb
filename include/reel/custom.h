/* reel/custom.h: ops of your own.
 *
 * Fill a reel_custom_op with what the op can do and record it with reel_custom.
 * From then on it is an op like any other: it is compiled, differentiated, goes
 * through the gradient check and appears in listings under its name.
 *
 *     static reel_status swish(reel_custom_call *call)
 *     {
 *         const double *x = call->in[0].data;
 *         double *y = call->out.data;
 *         for (int64_t i = 0; i < call->out.count; i++)
 *             y[i] = x[i] / (1 + exp(-x[i]));
 *         return REEL_OK;
 *     }
 *
 *     static void swish_vjp(reel_node *y, reel_node *g, const bool *need,
 *                           reel_node **dx, const void *user)
 *     {
 *         reel_node *s = reel_sigmoid(reel_operand(y, 0));
 *         dx[0] = reel_mul(g, reel_add(s, reel_mul(y, reel_affine(s, -1, 1))));
 *     }
 *
 *     static const reel_custom_op op = {.name = "swish",
 *                                       .flags = REEL_CUSTOM_F64_ONLY,
 *                                       .forward = swish, .vjp = swish_vjp};
 *     reel_node *y = reel_custom(&op, REEL_NODES(x));
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_CUSTOM_H
#define REEL_CUSTOM_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REEL_CUSTOM_OPERANDS 16 /* the most that a custom op can have */

/* An array that is read: dense, row-major, count elements. */
typedef struct reel_custom_in {
    reel_dtype dtype;
    reel_shape shape;
    int64_t count;
    const void *data; /* aligned to an element */
} reel_custom_in;

/* An array to be filled, every element of it. It overlaps nothing that is
 * read; what it holds before is anything. */
typedef struct reel_custom_out {
    reel_dtype dtype;
    reel_shape shape;
    int64_t count;
    void *data;
} reel_custom_out;

#define REEL_CUSTOM_MESSAGE 160

/* One call of a function of the op. */
typedef struct reel_custom_call {
    const void *user; /* see reel_custom_op */
    size_t nin;
    const reel_custom_in *in;
    reel_custom_out out;
    size_t operand; /* vjp_buffers: whose derivative is wanted */
    char message[REEL_CUSTOM_MESSAGE]; /* "" at first: what went wrong */
} reel_custom_call;

/* Returns REEL_OK, or what went wrong; call->message may then say more. */
typedef reel_status reel_custom_fn(reel_custom_call *call);

/* Records the vector-Jacobian product: for the result y (its operands by
 * reel_operand(y, i)) and its cotangent g, of y's dtype and shape, sets dx[i],
 * of operand i's dtype and shape, for each i with need[i]; NULL stands for
 * zero. May ask for derivatives of other expressions (reel_vjp, ...). */
typedef void reel_custom_vjp(reel_node *y, reel_node *g, const bool *need,
                             reel_node **dx, const void *user);

/* Records the Jacobian-vector product: y's tangent by those of the operands,
 * where dx[i] NULL stands for zero; not all are. NULL: zero. */
typedef reel_node *reel_custom_jvp(reel_node *y, reel_node *const *dx,
                                   const void *user);

enum {
    /* The functions know only float or only double buffers; without a flag
     * they look at dtype. Float operands of the other dtype are refused. */
    REEL_CUSTOM_F32_ONLY = 1,
    REEL_CUSTOM_F64_ONLY = 2
};

/* What the op can do. Zero and NULL for what it cannot, or by default. */
typedef struct reel_custom_op {
    const char *name;  /* 1 to 63 letters, digits and _ - . : */
    unsigned operands; /* how many; 0: any number, 1 to REEL_CUSTOM_OPERANDS */
    unsigned flags;

    /* Sets out.dtype and out.shape by the operands', when the op is recorded;
     * both begin as those of operand 0, all data is NULL. An error refuses the
     * operands. NULL: they stay so, and all operands must have them. */
    reel_custom_fn *infer;

    /* Computes out. Necessary. */
    reel_custom_fn *forward;

    /* The reverse derivative, in one of two ways, for reel_gradient, reel_vjp
     * and what is made of them: vjp records nodes, so that there are second
     * derivatives. vjp_buffers computes it on buffers: in is the operands, then
     * y, then the cotangent; out, like operand call->operand, is to be filled.
     * It is called for each operand whose derivative is wanted, and there are
     * no derivatives of it. */
    reel_custom_vjp *vjp;
    reel_custom_fn *vjp_buffers;

    /* The forward derivative, likewise, for reel_jvp, reel_hvp and Jacobians by
     * columns. Where there is vjp it may be left out: the product is then made
     * by differentiating what vjp records by g, which takes time linear in the
     * graph for each node of the op. jvp_buffers: in is the operands, then y,
     * then a tangent for each operand (of one that is no float: the operand
     * again). */
    reel_custom_jvp *jvp;
    reel_custom_fn *jvp_buffers;

    /* forward once more, on arrays of long double whatever their dtype: for the
     * gradient check, which otherwise has no more than double's digits (float's
     * with REEL_CUSTOM_F32_ONLY) and takes larger steps. */
    reel_custom_fn *reference;

    /* Handed to all of them. With user_bytes > 0 so many bytes are copied when
     * the op is recorded and the copy (aligned to 8 bytes) is handed on, else
     * the pointer itself, and what it points to must live and not change as
     * long as the tape. */
    const void *user;
    size_t user_bytes;
} reel_custom_op;

/* Records the op on its operands' tape. *op is copied. NULL for an operand that
 * is NULL and after an error. Operands do not broadcast and are not promoted.
 * REEL_EVALUE for a wrong op or number of operands, REEL_EDTYPE and REEL_ESHAPE
 * for operands that do not fit, and what infer returned.
 *
 * The functions must be pure: out depends on in, user and operand alone. So
 * equal nodes (the same functions, name, bytes of user or pointer to it, and
 * operands) are computed once in a program, and what nothing needs is not
 * computed. infer, vjp and jvp, too, must go by nothing but what they are
 * given: when the op is recorded again after a rewind (reel/tape.h), they may
 * not be asked. The others are called by reel_run, reel_run_in and
 * reel_gradcheck, never while compiling, one at a time in one run or check,
 * from any thread of it: where programs run at the same time they must be
 * thread-safe. A status other than REEL_OK becomes the run's, with the op's
 * place in the message; the custom ops behind it are then not called, and
 * nothing is assigned. They must not record on the tape nor run a program of
 * its own workspace. */
REEL_API reel_node *reel_custom(const reel_custom_op *op,
                                reel_nodes operands);
#ifndef REEL_NO_LOCATIONS
#define reel_custom(...) REEL_AT(reel_custom(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif /* REEL_CUSTOM_H */
