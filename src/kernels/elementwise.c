/* kernels/elementwise.c: the elementwise kernels of every dtype, made from
 * elementwise.def. A kernel is a row loop of that line and dtype behind a
 * driver that knows how many operands there are.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "kernels/families.h"
#include "kernels/math_functions.h"
#include "kernels/rows_of.h"

/* Elements of strided rows that are gathered at a time, whole vectors. */
#define BUFFER 64

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)

/* A real attribute as an integer of so many bytes, at most the nearest there
 * is. Bounds are powers of two, so they are exact. */
static int64_t bounded(double f, size_t bytes, bool is_signed)
{
    double high = ldexp(1, (int)(8 * bytes) - is_signed);
    double low = is_signed ? -high : 0;
    if (f < low || f >= high) {
        int64_t top = bytes == 8 ? INT64_MAX : (int64_t)high - 1;
        return f < low ? (is_signed ? -top - 1 : 0) : top;
    }
    return f == f ? (int64_t)f : 0;
}

#define T uint8_t
#define C int
#define U unsigned
#define NAME truth
#define TRUTH
#include "kernels/elementwise.h"

#define T uint8_t
#define C int
#define U unsigned
#define NAME u8
#define INTEGER
#include "kernels/elementwise.h"

#define T int32_t
#define C int32_t
#define U uint32_t
#define NAME i32
#define INTEGER
#include "kernels/elementwise.h"

#define T int64_t
#define C int64_t
#define U uint64_t
#define NAME i64
#define INTEGER
#include "kernels/elementwise.h"

#define T float
#define C float
#define F(function) function##f
#define NAME f32
#define FLOAT
#include "kernels/elementwise.h"

#define T double
#define C double
#define F(function) function
#define NAME f64
#define FLOAT
#include "kernels/elementwise.h"

static const reel__entry *entry_of(reel__kernel_id id, reel_dtype in)
{
    static const reel__entry *const entries[REEL_DTYPES] = {
        [REEL_BOOL] = truth_entries, [REEL_U8] = u8_entries,
        [REEL_I32] = i32_entries,    [REEL_I64] = i64_entries,
        [REEL_F32] = f32_entries,    [REEL_F64] = f64_entries,
    };
    return &entries[in][id];
}

reel__row_loop *reel__elementwise_loop(reel__kernel_id id, reel_dtype in)
{
    return entry_of(id, in)->loop;
}

reel__kernel *reel__elementwise_find(reel__kernel_id id, reel_dtype in)
{
    return entry_of(id, in)->kernel;
}
