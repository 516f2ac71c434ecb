/* idx_cases.h: what the suites of IDX files and data sets share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_IDX_CASES_H
#define TESTS_IDX_CASES_H

#include <stdint.h>

#include <reel/data.h>

#include "files.h"
#include "support.h"

static const unsigned char u8_2x3[] = {0, 0, 8, 2, 0, 0, 0, 2, 0,
                                       0, 0, 3, 1, 2, 3, 4, 5, 255};

static inline double element(const reel_array *array, int64_t i)
{
    switch (array->dtype) {
    case REEL_U8: return ((uint8_t *)array->data)[i];
    case REEL_I32: return ((int32_t *)array->data)[i];
    case REEL_F32: return (double)((float *)array->data)[i];
    case REEL_F64: return ((double *)array->data)[i];
    default: return -12345;
    }
}

static inline void assert_empty(const reel_array *array)
{
    ck_assert_ptr_null(array->data);
    ck_assert_int_eq(array->shape.ndim, 0);
}

/* Reading `name` fails so, and leaves nothing behind. */
static inline void assert_unreadable(const char *name, reel_status status,
                              const char *message)
{
    reel_array array = {.data = &array, .shape = {1, {1}}};
    reel_error error = {0};

    ck_assert_int_eq(reel_idx_read(name, &array, &error), status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    assert_empty(&array);
    ck_assert_int_eq(reel_idx_read(name, &array, NULL), status);
}

#endif /* TESTS_IDX_CASES_H */
