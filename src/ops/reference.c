/* ops/reference.c: what the long-double references share.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "ops/ops.h"

long double reel__wrap(reel_dtype dtype, long double value)
{
    if (!reel__is_integer(dtype))
        return value;
    long double range = ldexpl(1, 8 * (int)reel_dtype_size(dtype));
    value = fmodl(value, range); /* exact, with the sign of value */
    long double end = dtype == REEL_U8 ? range : range / 2;
    if (value >= end)
        value -= range;
    else if (value < end - range)
        value += range;
    return value + 0; /* integers have no -0 */
}

bool reel__next_index(reel_shape shape, int64_t *index)
{
    for (int i = shape.ndim - 1; i >= 0; i--) {
        if (++index[i] < shape.dim[i])
            return true;
        index[i] = 0;
    }
    return false;
}

int64_t reel__flat(int ndim, const int64_t *index, const int64_t *stride)
{
    int64_t flat = 0;
    for (int i = 0; i < ndim; i++)
        flat += index[i] * stride[i];
    return flat;
}
