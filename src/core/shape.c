/* core/shape.c: shapes as values and as text.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include "core/internal.h"

int64_t reel_shape_count(reel_shape shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape.ndim; i++)
        n *= shape.dim[i];
    return n;
}

bool reel__shape_equal(reel_shape a, reel_shape b)
{
    if (a.ndim != b.ndim)
        return false;
    for (int i = 0; i < a.ndim; i++)
        if (a.dim[i] != b.dim[i])
            return false;
    return true;
}

/* The bound leaves room for strides and byte offsets of any element in an
 * int64_t and for a buffer in a size_t. */
bool reel__shape_valid(reel_shape shape)
{
    const int64_t limit =
        (int64_t)((SIZE_MAX < (uint64_t)INT64_MAX ? (int64_t)SIZE_MAX
                                                  : INT64_MAX) / 32);
    if (shape.ndim < 0 || shape.ndim > REEL_MAX_DIMS)
        return false;
    int64_t n = 1; /* as if sizes of 0 were 1, for the sake of the strides */
    for (int i = 0; i < shape.ndim; i++) {
        int64_t d = shape.dim[i];
        if (d < 0 || (d > 0 && n > limit / d))
            return false;
        n *= d > 0 ? d : 1;
    }
    return true;
}

void reel__dense_strides(reel_shape shape, int64_t *stride)
{
    int64_t n = 1;
    for (int i = shape.ndim; i-- > 0;) {
        stride[i] = n;
        n *= shape.dim[i];
    }
}

const char *reel__shape_text(reel_shape shape, char *buffer)
{
    char *p = buffer;
    int ndim = shape.ndim < 0               ? 0
               : shape.ndim > REEL_MAX_DIMS ? REEL_MAX_DIMS
                                            : shape.ndim;
    *p++ = '[';
    for (int i = 0; i < ndim; i++)
        p += sprintf(p, i ? ", %" PRId64 : "%" PRId64, shape.dim[i]);
    *p++ = ']';
    *p = '\0';
    return buffer;
}

const char *reel__node_shape_text(const reel_node *node, char *buffer)
{
    return reel__shape_text(reel__shape_of(node), buffer);
}
