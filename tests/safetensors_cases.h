/* safetensors_cases.h: tensors and files that the suites of safetensors share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SAFETENSORS_CASES_H
#define TESTS_SAFETENSORS_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel/safetensors.h>

#include "files.h"
#include "support.h"

/* The whole file; the caller frees it. */
static inline unsigned char *slurp(const char *name, size_t *size)
{
    FILE *f = fopen(name, "rb");
    unsigned char *bytes = malloc(1 << 20);

    ck_assert_ptr_nonnull(f);
    *size = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

/* A file of a header and `data` bytes 0, 1, 0, 1, ...; its size. */
static inline size_t make(const char *header, size_t data, unsigned char *out)
{
    size_t length = strlen(header);

    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(out + 8, header, length);
    for (size_t i = 0; i < data; i++)
        out[8 + length + i] = i % 2;
    return 8 + length + data;
}

static inline void assert_empty(const reel_tensors *t)
{
    static const reel_tensors empty;

    ck_assert_uint_eq(t->count, 0);
    ck_assert_uint_eq(t->metadata_count, 0);
    ck_assert_ptr_eq(t->tensor, empty.tensor);
    ck_assert_ptr_null(t->metadata);
    ck_assert_ptr_null(t->sorted);
    ck_assert_ptr_null(t->block);
    ck_assert_ptr_null(t->header);
}

static inline void read_header(const char *header, size_t data, reel_tensors *t)
{
    unsigned char bytes[2048];
    size_t size = make(header, data, bytes);
    reel_error error;

    if (reel_safetensors_parse(bytes, size, "memory", t, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
}

static bool bools[] = {true, false, true};
static uint8_t bytes_[] = {0, 1, 255};
static int32_t ints[] = {INT32_MIN, -1, 16909060};
static int64_t longs[] = {INT64_MIN, -1, INT64_C(72623859790382856)};
static float floats[] = {1.5f, -0.0f, 3.4028235e38f};
static double doubles[] = {1.5, -0.0, 1.7976931348623157e308};

static const reel_tensor every[] = {
    {"bool", REEL_BOOL, {1, {3}}, bools},
    {"u8", REEL_U8, {2, {3, 1}}, bytes_},
    {"i32", REEL_I32, {3, {1, 3, 1}}, ints},
    {"i64", REEL_I64, {1, {3}}, longs},
    {"f32", REEL_F32, {8, {1, 1, 1, 1, 1, 1, 1, 3}}, floats},
    {"f64", REEL_F64, {1, {3}}, doubles},
    {"scalar", REEL_F32, {0, {0}}, floats},
    {"none", REEL_F64, {2, {0, 5}}, NULL},
    {"", REEL_U8, {1, {1}}, bytes_},
    {"quote \" back \\ tab \t \x01 \x7f \xc3\xa9 \xe2\x82\xac "
     "\xf0\x9f\x98\x80", REEL_U8, {1, {2}}, bytes_},
};
#define EVERY (sizeof every / sizeof *every)

static const char *const metadata[] = {"format", "reel", "a \"key\"\n", "",
                                       NULL};

static inline size_t bytes_of(const reel_tensor *t)
{
    return (size_t)reel_shape_count(t->shape) * reel_dtype_size(t->dtype);
}

static inline void assert_every(const reel_tensors *t)
{
    ck_assert_uint_eq(t->count, EVERY);
    for (size_t i = 0; i < EVERY; i++) {
        const reel_tensor *a = &every[i], *b = &t->tensor[i];

        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(a->dtype, b->dtype);
        ck_assert_int_eq(a->shape.ndim, b->shape.ndim);
        for (int d = 0; d < a->shape.ndim; d++)
            ck_assert_int_eq(a->shape.dim[d], b->shape.dim[d]);
        ck_assert_uint_eq((uintptr_t)b->data % 8, 0);
        if (bytes_of(a))
            ck_assert_mem_eq(a->data, b->data, bytes_of(a));
        ck_assert_ptr_eq(reel_tensors_find(t, a->name), b);
    }
    ck_assert_ptr_null(reel_tensors_find(t, "f3"));
    ck_assert_ptr_null(reel_tensors_find(t, "zzz"));
    ck_assert_uint_eq(t->metadata_count, 2);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(t->metadata[i], metadata[i]);
    ck_assert_ptr_null(t->metadata[4]);
    ck_assert_str_eq(reel_tensors_metadata(t, "format"), "reel");
    ck_assert_str_eq(reel_tensors_metadata(t, "a \"key\"\n"), "");
    ck_assert_ptr_null(reel_tensors_metadata(t, "reel"));
}

#endif /* TESTS_SAFETENSORS_CASES_H */
