/* kernels/elementwise.h: the loops of elementwise.def for one dtype. Included
 * by elementwise.c with
 *
 *   T, C    the element's type, and the type to compute in
 *   NAME    the dtype's name, the end of each loop's name
 *   FLOAT, INTEGER or TRUTH defined
 *
 * SPDX-License-Identifier: MIT */

#define LOOP(name) CAT(name, NAME)

#ifdef FLOAT
#include "kernels/floats.h"
#define REAL(f) ((T)(f))
#define VECTOR CAT(reel__vector, NAME)
#define LOOSE CAT(reel__loose, NAME)
#define LANES ((int64_t)(sizeof(VECTOR) / sizeof(T)))

/* Whole vectors of operands that lie side by side. */
typedef void LOOP(whole)(T *out, const T *a, const T *b, int64_t vectors, T p);

/* n elements by way of buffers, the last vector filled up with zeros. */
static void LOOP(by_buffers)(int64_t n, const reel__row *r, int nin,
                             LOOP(whole) *whole, T p)
{
    T buffer[2][BUFFER];
    for (int64_t from = 0; from < n; from += BUFFER) {
        int64_t m = n - from < BUFFER ? n - from : BUFFER;
        int64_t vectors = (m + LANES - 1) / LANES;
        for (int k = 0; k < nin; k++) {
            int64_t stride = r->stride[k + 1];
            const T *in = (const T *)r->data[k + 1] + from * stride;
            for (int64_t i = 0; i < m; i++)
                buffer[k][i] = in[i * stride];
            for (int64_t i = m; i < vectors * LANES; i++)
                buffer[k][i] = 0;
        }
        whole(buffer[0], buffer[0], buffer[nin - 1], vectors, p);
        T *out = (T *)r->data[0] + from * r->stride[0];
        for (int64_t i = 0; i < m; i++)
            out[i * r->stride[0]] = buffer[0][i];
    }
}

/* A row by whole vectors: where they lie if they do so side by side, else, and
 * what is left over, by way of buffers. */
static void LOOP(by_vectors)(int64_t n, const reel__row *r, int nin,
                             LOOP(whole) *whole)
{
    const T p = REAL(r->f[0]);
    const int64_t *stride = r->stride;
    reel__row rest = *r;
    if (stride[0] == 1 && stride[1] == 1 && (nin == 1 || stride[2] == 1)) {
        int64_t done = n - n % LANES;
        whole(r->data[0], r->data[1], r->data[nin], done / LANES, p);
        for (int k = 0; k <= nin; k++)
            rest.data[k] = (T *)r->data[k] + done;
        n -= done;
    }
    if (n > 0)
        LOOP(by_buffers)(n, &rest, nin, whole, p);
}
#else
#define W(op, x) ((C)(op(U)(x)))
#define W2(a, op, b) ((C)((U)(a)op(U)(b)))
#define ABS(x) ((x) < 0 ? W(-, x) : (x))
#define SIGN(x) (((x) > 0) - ((x) < 0))
#define ISNAN(x) 0
#define REAL(f) ((C)bounded(f, sizeof(T), (T)-1 < 0))
#endif

#define FOR_ROW for (int64_t i = 0; i < n; i++)

/* The kernel of a row loop; what follows nin are the operands' types. */
#define KERNEL(name) CAT(LOOP(name), kernel)
#define KERNEL_OF(name, nin, ...)                               \
    static void KERNEL(name)(const reel__task *task,            \
                             int64_t begin, int64_t end)        \
    {                                                           \
        static const size_t bytes[] = {__VA_ARGS__};            \
        each_row(task, begin, end, nin, bytes, LOOP(name));     \
    }

#define LOOP_ONE(name, R, expression)                           \
    static void LOOP(name)(int64_t n, const reel__row *r)             \
    {                                                           \
        const C p = REAL(r->f[0]), q = REAL(r->f[1]);           \
        R *out = r->data[0];                                    \
        const T *in = r->data[1];                               \
        int64_t so = r->stride[0], sx = r->stride[1];           \
        (void)p, (void)q;                                       \
        if (so == 1 && sx == 1) {                               \
            FOR_ROW {                                           \
                C x = in[i];                                    \
                out[i] = (R)(expression);                       \
            }                                                   \
        } else {                                                \
            FOR_ROW {                                           \
                C x = in[i * sx];                               \
                out[i * so] = (R)(expression);                  \
            }                                                   \
        }                                                       \
    }                                                           \
    KERNEL_OF(name, 1, sizeof(R), sizeof(T))

#define LOOP_TWO(name, R, expression)                           \
    static void LOOP(name)(int64_t n, const reel__row *r)             \
    {                                                           \
        R *out = r->data[0];                                    \
        const T *ina = r->data[1], *inb = r->data[2];           \
        int64_t so = r->stride[0];                              \
        int64_t sa = r->stride[1], sb = r->stride[2];           \
        if (so == 1 && sa == 1 && sb == 1) {                    \
            FOR_ROW {                                           \
                C a = ina[i], b = inb[i];                       \
                out[i] = (R)(expression);                       \
            }                                                   \
        } else if (so == 1 && sa == 1 && sb == 0) {             \
            C b = inb[0];                                       \
            FOR_ROW {                                           \
                C a = ina[i];                                   \
                out[i] = (R)(expression);                       \
            }                                                   \
        } else {                                                \
            FOR_ROW {                                           \
                C a = ina[i * sa], b = inb[i * sb];             \
                out[i * so] = (R)(expression);                  \
            }                                                   \
        }                                                       \
    }                                                           \
    KERNEL_OF(name, 2, sizeof(R), sizeof(T), sizeof(T))

/* A vector at a time: one copy of the arithmetic for every element of every
 * layout, so that all get the same bits whatever the compiler contracts. */
#define WHOLE(name) CAT(LOOP(name), whole)
#define LOOP_WHOLE(name, nin, expression)                       \
    REEL__APART                                                 \
    static void WHOLE(name)(T *out, const T *ina, const T *inb, \
                            int64_t vectors, T p)               \
    {                                                           \
        (void)inb, (void)p;                                     \
        for (int64_t i = 0; i < vectors; i++) {                 \
            OPERANDS_##nin;                                     \
            ((LOOSE *)out)[i] = expression;                     \
        }                                                       \
    }                                                           \
    static void LOOP(name)(int64_t n, const reel__row *r)       \
    {                                                           \
        LOOP(by_vectors)(n, r, nin, WHOLE(name));               \
    }
#define OPERANDS_1 VECTOR x = ((const LOOSE *)ina)[i]
#define OPERANDS_2                            \
    VECTOR a = ((const LOOSE *)ina)[i];       \
    VECTOR b = ((const LOOSE *)inb)[i]
#define LOOP_VECTORS(name, R, expression) \
    LOOP_WHOLE(name, 1, expression)       \
    KERNEL_OF(name, 1, sizeof(R), sizeof(T))
#define LOOP_VECTOR_PAIRS(name, R, expression) \
    LOOP_WHOLE(name, 2, expression)            \
    KERNEL_OF(name, 2, sizeof(R), sizeof(T), sizeof(T))

#define LOOP_THREE(name, R, expression)                         \
    static void LOOP(name)(int64_t n, const reel__row *r)             \
    {                                                           \
        R *out = r->data[0];                                    \
        const uint8_t *inc = r->data[1];                        \
        const T *ina = r->data[2], *inb = r->data[3];           \
        int64_t so = r->stride[0], sc = r->stride[1];           \
        int64_t sa = r->stride[2], sb = r->stride[3];           \
        FOR_ROW {                                               \
            uint8_t c = inc[i * sc];                            \
            C a = ina[i * sa], b = inb[i * sb];                 \
            out[i * so] = (R)(expression);                      \
        }                                                       \
    }                                                           \
    KERNEL_OF(name, 3, sizeof(R), 1, sizeof(T), sizeof(T))

#define R_SAME T
#define R_BOOL uint8_t
#define MAKE(name, operands, result, expression) \
    LOOP_##operands(name, R_##result, expression)

/* Which lines are made for this dtype. */
#ifdef FLOAT
#define MAKE_FLOATS MAKE
#else
#define MAKE_FLOATS(name, operands, result, expression)
#endif
#ifdef TRUTH
#define MAKE_BOOLS MAKE
#define MAKE_NUMBERS(name, operands, result, expression)
#else
#define MAKE_BOOLS(name, operands, result, expression)
#define MAKE_NUMBERS MAKE
#endif
#define MAKE_ANY MAKE
#define REEL__KERNEL(name, operands, dtypes, result, expression) \
    MAKE_##dtypes(name, operands, result, expression)
#include "kernels/elementwise.def"
#undef REEL__KERNEL

/* The same lines as a table, NULLs where there is no loop. */
#undef MAKE
#define MAKE(name, operands, result, expression) \
    [REEL__K_##name] = {LOOP(name), KERNEL(name)},
static const reel__entry CAT(NAME, entries)[REEL__K_copy] = {
#define REEL__KERNEL(name, operands, dtypes, result, expression) \
    MAKE_##dtypes(name, operands, result, expression)
#include "kernels/elementwise.def"
#undef REEL__KERNEL
};

#undef LOOP
#undef W
#undef W2
#undef ABS
#undef SIGN
#undef ISNAN
#undef REAL
#undef FOR_ROW
#undef KERNEL
#undef KERNEL_OF
#undef LOOP_ONE
#undef LOOP_TWO
#undef LOOP_THREE
#undef LOOP_VECTORS
#undef LOOP_VECTOR_PAIRS
#undef V
#undef VECTOR
#undef LOOSE
#undef WHOLE
#undef LOOP_WHOLE
#undef OPERANDS_1
#undef OPERANDS_2
#undef LANES
#undef R_SAME
#undef R_BOOL
#undef MAKE
#undef MAKE_FLOATS
#undef MAKE_BOOLS
#undef MAKE_NUMBERS
#undef MAKE_ANY
#undef T
#undef C
#undef U
#undef F
#undef NAME
#undef FLOAT
#undef INTEGER
#undef TRUTH
