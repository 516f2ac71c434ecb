/* core/dtype.c: element types and status texts.
 *
 * SPDX-License-Identifier: MIT */
#include "core/internal.h"

const char *reel_status_text(reel_status status)
{
    switch (status) {
    case REEL_OK: return "ok";
    case REEL_ENOMEM: return "out of memory";
    case REEL_ESHAPE: return "shapes do not fit";
    case REEL_EDTYPE: return "dtypes do not fit";
    case REEL_EVALUE: return "argument out of range";
    case REEL_EGRAD: return "no such derivative";
    case REEL_ESTATE: return "not possible now";
    case REEL_EINDEX: return "index out of range";
    case REEL_EIO: return "input or output failed";
    case REEL_EFORMAT: return "malformed data";
    case REEL_ECHECK: return "gradient check not passed";
    case REEL_EANOMALY: return "not a finite number";
    }
    return "unknown status";
}

static const struct {
    const char *name;
    size_t size;
} dtypes[REEL_DTYPES] = {
    [REEL_BOOL] = {"bool", 1},
    [REEL_U8] = {"u8", 1},
    [REEL_I32] = {"i32", sizeof(int32_t)},
    [REEL_I64] = {"i64", sizeof(int64_t)},
    [REEL_F32] = {"f32", sizeof(float)},
    [REEL_F64] = {"f64", sizeof(double)},
};

static bool is_dtype(reel_dtype dtype)
{
    return (unsigned)dtype < REEL_DTYPES;
}

const char *reel_dtype_name(reel_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].name : "?";
}

size_t reel_dtype_size(reel_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].size : 0;
}

bool reel__is_integer(reel_dtype dtype)
{
    return dtype == REEL_U8 || dtype == REEL_I32 || dtype == REEL_I64;
}

long double reel__load(reel_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case REEL_BOOL:
    case REEL_U8: return ((const uint8_t *)data)[i];
    case REEL_I32: return ((const int32_t *)data)[i];
    case REEL_I64: return (long double)((const int64_t *)data)[i];
    case REEL_F32: return ((const float *)data)[i];
    case REEL_F64: return ((const double *)data)[i];
    }
    return 0;
}

void reel__store(reel_dtype dtype, void *data, int64_t i, long double value)
{
    switch (dtype) {
    case REEL_BOOL: ((uint8_t *)data)[i] = value != 0; break;
    case REEL_U8: ((uint8_t *)data)[i] = (uint8_t)value; break;
    case REEL_I32: ((int32_t *)data)[i] = (int32_t)value; break;
    case REEL_I64: ((int64_t *)data)[i] = (int64_t)value; break;
    case REEL_F32: ((float *)data)[i] = (float)value; break;
    case REEL_F64: ((double *)data)[i] = (double)value; break;
    }
}
