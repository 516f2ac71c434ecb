/* array.c: arrays in memory, borrowed as rows and copied by index.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "io/report.h"

void reel_array_free(reel_array *array)
{
    free(array->data);
    *array = (reel_array){0};
}

reel_rows reel_array_rows(const reel_array *array)
{
    reel_rows rows = {array->data, array->dtype, {0}};

    rows.shape.ndim = array->shape.ndim - 1;
    for (int d = 0; d < rows.shape.ndim; d++)
        rows.shape.dim[d] = array->shape.dim[d + 1];
    return rows;
}

/* The shape of count rows; false if there is none. */
static bool stack(const reel_rows *rows, int64_t count, reel_shape *shape)
{
    *shape = (reel_shape){rows->shape.ndim + 1, {count}};
    if (rows->shape.ndim < 0 || shape->ndim > REEL_MAX_DIMS)
        return false;
    for (int d = 1; d < shape->ndim; d++)
        shape->dim[d] = rows->shape.dim[d - 1];
    return reel_dtype_size(rows->dtype) > 0 && reel__shape_valid(*shape);
}

static reel_status check(const reel_rows *rows, int64_t total,
                         const int64_t *index, int64_t count,
                         reel_shape *shape, reel_error *error)
{
    if (count < 1)
        return reel__report(error, REEL_EVALUE, "copy",
                            "%" PRId64 " rows: needs 1 at least", count);
    if (!rows->data || !stack(rows, count, shape))
        return reel__report(error, REEL_EVALUE, "copy",
                            "rows have no data, or no dtype or shape there is");
    if (!index && count > total)
        return reel__report(error, REEL_EVALUE, "copy",
                            "%" PRId64 " rows of %" PRId64, count, total);
    for (int64_t i = 0; index && i < count; i++)
        if (index[i] < 0 || index[i] >= total)
            return reel__report(error, REEL_EVALUE, "copy",
                                "index %" PRId64 " is %" PRId64
                                ", there are %" PRId64 " rows",
                                i, index[i], total);
    return REEL_OK;
}

reel_status reel_array_copy(const reel_rows *rows, int64_t total,
                            const int64_t *index, int64_t count,
                            reel_array *array, reel_error *error)
{
    reel_shape shape;
    reel_status status = check(rows, total, index, count, &shape, error);

    *array = (reel_array){0};
    if (status != REEL_OK)
        return status;

    size_t row = (size_t)reel_shape_count(rows->shape) *
                 reel_dtype_size(rows->dtype);
    size_t bytes = row * (size_t)count;
    char *to = malloc(bytes ? bytes : 1);

    if (!to)
        return reel__report_memory(error, "copy", bytes);
    for (int64_t i = 0; i < count && row > 0; i++)
        memcpy(to + (size_t)i * row,
               (const char *)rows->data +
                   (size_t)(index ? index[i] : i) * row,
               row);
    *array = (reel_array){rows->dtype, shape, to};
    return REEL_OK;
}
