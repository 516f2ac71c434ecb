/* kernels/copy.c: elements moved, filled in and changed to another dtype.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "kernels/families.h"
#include "kernels/rows_of.h"

/* -------------------------------------------------------------------- copy */

#define COPY(T)                                                          \
    static void copy_##T(int64_t n, const reel__row *r)                        \
    {                                                                    \
        T *out = r->data[0];                                             \
        const T *in = r->data[1];                                        \
        if (r->stride[0] == 1 && r->stride[1] == 1) {                    \
            memcpy(out, in, (size_t)n * sizeof *out);                    \
            return;                                                      \
        }                                                                \
        for (int64_t i = 0; i < n; i++)                                  \
            out[i * r->stride[0]] = in[i * r->stride[1]];                \
    }                                                                    \
    static void copy_##T##_kernel(const reel__task *t, int64_t begin,    \
                                  int64_t end)                           \
    {                                                                    \
        static const size_t bytes[] = {sizeof(T), sizeof(T)};            \
        each_row(t, begin, end, 1, bytes, copy_##T);                     \
    }
COPY(uint8_t)
COPY(uint32_t)
COPY(uint64_t)

#define ENTRY(name) {name, name##_kernel}
static const reel__entry copies[REEL_DTYPES] = {
    [REEL_BOOL] = ENTRY(copy_uint8_t), [REEL_U8] = ENTRY(copy_uint8_t),
    [REEL_I32] = ENTRY(copy_uint32_t), [REEL_I64] = ENTRY(copy_uint64_t),
    [REEL_F32] = ENTRY(copy_uint32_t), [REEL_F64] = ENTRY(copy_uint64_t),
};

/* ------------------------------------------------------------ fill and cast */

/* To integers: toward zero; NaN and what is out of range give 0. */
static int64_t whole(double x, double low, double high)
{
    return x > low && x < high ? (int64_t)x : 0;
}

#define TO_BOOL(x) ((x) != 0)
#define TO_U8(x) ((uint8_t)(x))
#define TO_I32(x) ((int32_t)(uint32_t)(x))
#define TO_I64(x) ((int64_t)(x))
#define TO_F32(x) ((float)(x))
#define TO_F64(x) ((double)(x))
#define U8_OF_REAL(x) ((uint8_t)whole((double)(x), -1, 256))
#define I32_OF_REAL(x) ((int32_t)whole((double)(x), -2147483649.0, 2147483648.0))
/* -2^63 itself is in range, the next double below is not. */
#define I64_OF_REAL(x)                                                   \
    ((double)(x) == -9223372036854775808.0                               \
         ? INT64_MIN                                                     \
         : whole((double)(x), -9223372036854775808.0, 9223372036854775808.0))

#define CAST(from, TF, to, TT, expression)                               \
    static void from##_##to(int64_t n, const reel__row *r)                     \
    {                                                                    \
        TT *out = r->data[0];                                            \
        const TF *in = r->data[1];                                       \
        int64_t so = r->stride[0], si = r->stride[1];                    \
        for (int64_t i = 0; i < n; i++) {                                \
            TF x = in[i * si];                                           \
            out[i * so] = expression;                                    \
        }                                                                \
    }                                                                    \
    static void from##_##to##_kernel(const reel__task *t, int64_t begin, \
                                     int64_t end)                        \
    {                                                                    \
        static const size_t bytes[] = {sizeof(TT), sizeof(TF)};          \
        each_row(t, begin, end, 1, bytes, from##_##to);                  \
    }
#define CASTS(from, TF, U8, I32, I64)                                    \
    CAST(from, TF, truth, uint8_t, TO_BOOL(x))                            \
    CAST(from, TF, u8, uint8_t, U8(x))                                   \
    CAST(from, TF, i32, int32_t, I32(x))                                 \
    CAST(from, TF, i64, int64_t, I64(x))                                 \
    CAST(from, TF, f32, float, TO_F32(x))                                \
    CAST(from, TF, f64, double, TO_F64(x))
CASTS(truth, uint8_t, TO_U8, TO_I32, TO_I64)
CASTS(u8, uint8_t, TO_U8, TO_I32, TO_I64)
CASTS(i32, int32_t, TO_U8, TO_I32, TO_I64)
CASTS(i64, int64_t, TO_U8, TO_I32, TO_I64)
CASTS(f32, float, U8_OF_REAL, I32_OF_REAL, I64_OF_REAL)
CASTS(f64, double, U8_OF_REAL, I32_OF_REAL, I64_OF_REAL)

#define CASTS_FROM(from)                                                 \
    {                                                                    \
        ENTRY(from##_truth), ENTRY(from##_u8), ENTRY(from##_i32),        \
            ENTRY(from##_i64), ENTRY(from##_f32), ENTRY(from##_f64)      \
    }
static const reel__entry casts[REEL_DTYPES][REEL_DTYPES] = {
    CASTS_FROM(truth), CASTS_FROM(u8),  CASTS_FROM(i32),
    CASTS_FROM(i64),   CASTS_FROM(f32), CASTS_FROM(f64),
};

/* fill: the cast of f[0], which stands still. */
#define FILL(to, TT)                                                     \
    static void fill_##to(int64_t n, const reel__row *r)                 \
    {                                                                    \
        double value = r->f[0];                                          \
        reel__row with = {{r->data[0], &value}, {r->stride[0], 0}, NULL};\
        f64_##to(n, &with);                                              \
    }                                                                    \
    static void fill_##to##_kernel(const reel__task *t, int64_t begin,   \
                                   int64_t end)                          \
    {                                                                    \
        static const size_t bytes[] = {sizeof(TT)};                      \
        each_row(t, begin, end, 0, bytes, fill_##to);                    \
    }
FILL(truth, uint8_t)
FILL(u8, uint8_t)
FILL(i32, int32_t)
FILL(i64, int64_t)
FILL(f32, float)
FILL(f64, double)
static const reel__entry fills[REEL_DTYPES] = {
    ENTRY(fill_truth), ENTRY(fill_u8),  ENTRY(fill_i32),
    ENTRY(fill_i64),   ENTRY(fill_f32), ENTRY(fill_f64),
};

static const reel__entry *entry_of(reel__kernel_id id, reel_dtype in, reel_dtype out)
{
    return id == REEL__K_copy   ? &copies[in]
           : id == REEL__K_fill ? &fills[out]
                                : &casts[in][out];
}

reel__row_loop *reel__copy_loop(reel__kernel_id id, reel_dtype in,
                                reel_dtype out)
{
    return entry_of(id, in, out)->loop;
}

reel__kernel *reel__copy_find(reel__kernel_id id, reel_dtype in,
                              reel_dtype out)
{
    return entry_of(id, in, out)->kernel;
}
