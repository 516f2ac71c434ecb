/* test_safetensors_errors.c: every way in which a file of tensors, and tensors
 * to write, can be wrong.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safetensors_cases.h"

/* Wrong in memory and as a file. */
static void assert_bad(const void *bytes, size_t size, const char *reason)
{
    reel_tensors t = {.count = 3};
    reel_error error = {0};
    char message[512];
    void *exact = malloc(size ? size : 1); /* for memory checkers */

    memcpy(exact, bytes, size);
    snprintf(message, sizeof message, "memory: %s", reason);
    ck_assert_int_eq(reel_safetensors_parse(exact, size, "memory", &t, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, REEL_EFORMAT);
    assert_empty(&t);
    free(exact);

    write_file("file", bytes, size);
    snprintf(message, sizeof message, "file: %s", reason);
    ck_assert_int_eq(reel_safetensors_read("file", &t, &error), REEL_EFORMAT);
    ck_assert_str_eq(error.message, message);
    assert_empty(&t);
    ck_assert_int_eq(reel_safetensors_read("file", &t, NULL), REEL_EFORMAT);
}

static void assert_bad_header(const char *header, size_t data,
                              const char *reason)
{
    unsigned char bytes[2048];
    size_t size = make(header, data, bytes);

    assert_bad(bytes, size, reason);
}

/* -------------------------------------------------------------- wrong files */

START_TEST(test_wrong_lengths)
{
    static unsigned char bytes[64];

    assert_bad("", 0, "truncated: a safetensors file starts with 8 bytes, "
                      "file has 0");
    assert_bad("\2\0\0\0\0\0\0", 7, "truncated: a safetensors file starts "
                                    "with 8 bytes, file has 7");
    assert_bad("\3\0\0\0\0\0\0\0{}", 10,
               "truncated: the header takes 3 bytes, file has 2");
    assert_bad("\0\341\365\5\0\0\0\0{}", 10,
               "truncated: the header takes 100000000 bytes, file has 2");
    assert_bad("\1\341\365\5\0\0\0\0{}", 10,
               "not a safetensors file? its header would take 100000001 "
               "bytes, more than the 100000000 allowed");
    assert_bad("\377\377\377\377\377\377\377\377{}", 10,
               "not a safetensors file? its header would take "
               "18446744073709551615 bytes, more than the 100000000 allowed");
    assert_bad(bytes, 8, "header byte 0: expected '{'");
    assert_bad_header("{}", 1, "trailing bytes: the tensors take 0 bytes, "
                               "file has 1");
}
END_TEST

static const struct syntax {
    const char *header, *reason;
} syntax[] = {
    {"[]", "header byte 0: expected '{'"},
    {" {}", "header byte 0: expected '{'"},
    {"{", "header byte 1: expected a string"},
    {"{,", "header byte 1: expected a string"},
    {"{}x", "header byte 2: expected the end"},
    {"{\"a\"}", "header byte 4: expected ':'"},
    {"{\"a\":1}", "header byte 5: expected '{'"},
    {"{\"a\":{1}}", "header byte 6: expected a string"},
    {"{\"a\":{\"dtype\":1}}", "header byte 14: expected a string"},
    {"{\"a\":{\"dtype\":\"U8\" 1}}", "header byte 19: expected ',' or '}'"},
    {"{\"a\":{\"dtype\":\"U8\",}}", "header byte 19: expected a string"},
    {"{\"a\":{\"dtype\" 1}}", "header byte 14: expected ':'"},
    {"{\"a\":{\"shape\":1}}", "header byte 14: expected '['"},
    {"{\"a\":{\"shape\":[1 2]}}", "header byte 17: expected ',' or ']'"},
    {"{\"a\":{\"shape\":[-1]}}", "header byte 15: expected a whole number"},
    {"{\"a\":{\"shape\":[1,]}}", "header byte 17: expected a whole number"},
    {"{\"a\":{\"shape\":[1.0]}}", "header byte 16: expected ',' or ']'"},
    {"{\"a\":{\"shape\":[1e2]}}", "header byte 16: expected ',' or ']'"},
    {"{\"a\":{\"shape\":[012]}}", "header byte 18: number with a leading zero"},
    {"{\"a\":{\"shape\":[18446744073709551616]}}",
     "header byte 34: number too large"},
    {"{\"a\":{\"data_offsets\":0}}", "header byte 21: expected '['"},
    {"{\"a\":{\"data_offsets\":[0]}}", "header byte 23: expected ','"},
    {"{\"a\":{\"data_offsets\":[0,1,2]}}",
     "header byte 25: expected ',' or ']'"},
    {"{\"__metadata__\":[]}", "header byte 16: expected '{'"},
    {"{\"__metadata__\":{\"a\":1}}", "header byte 21: expected a string"},
    {"{\"__metadata__\":{\"a\" \"b\"}}", "header byte 21: expected ':'"},
    {"{\"__metadata__\":{\"a\":\"b\"", "header byte 24: expected ',' or '}'"},
    {"{\"abc", "header byte 5: string without an end"},
    {"{\"a\nb\":", "header byte 3: control character in a string"},
    {"{\"a\\xb\":", "header byte 4: unknown escape in a string"},
    {"{\"a\\", "header byte 4: unknown escape in a string"},
    {"{\"\\u12g4\":", "header byte 6: \\u without four hexadecimal digits"},
    {"{\"\\u12", "header byte 6: \\u without four hexadecimal digits"},
    {"{\"\\u0000\":", "header byte 8: NUL in a string"},
    {"{\"\\ud800\":", "header byte 8: half a surrogate pair"},
    {"{\"\\udc00\":", "header byte 8: half a surrogate pair"},
    {"{\"\\ud800\\n\":", "header byte 8: half a surrogate pair"},
    {"{\"\\ud800\\u0041\":", "header byte 14: half a surrogate pair"},
    {"{\"\\ud800\\u00", "header byte 12: \\u without four hexadecimal digits"},
};

START_TEST(test_syntax)
{
    assert_bad_header(syntax[_i].header, 0, syntax[_i].reason);
}
END_TEST

/* The Unicode Standard, table 3-7: just outside each of its ranges. */
START_TEST(test_not_utf8)
{
    static const char *const wrong[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2\x7f", "\xc2\xc0", "\xc2",
        "\xe0\x9f\x80", "\xe1\x80\x7f", "\xe1\x80", "\xed\xa0\x80",
        "\xef\xbf\xc0", "\xf0\x8f\x80\x80", "\xf4\x90\x80\x80",
        "\xf1\x80\x80", "\xf5\x80\x80\x80", "\xff",
    };
    static const char *const right[] = {
        "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xec\xbf\xbf", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf3\xbf\xbf\xbf",
        "\xf4\x8f\xbf\xbf", "\x7f",
    };
    char header[64];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const reel_tensor t = {wrong[i], REEL_U8, {0, {0}}, bytes_};

        snprintf(header, sizeof header, "{\"%s\":1}", wrong[i]);
        assert_bad_header(header, 0, "header byte 2: string is not UTF-8");
        ck_assert_int_eq(reel_safetensors_write("x", &t, 1, NULL, NULL),
                         REEL_EVALUE);
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        reel_tensors t;

        snprintf(header, sizeof header, "{\"__metadata__\":{\"%s\":\"\"}}",
                 right[i]);
        read_header(header, 0, &t);
        ck_assert_str_eq(t.metadata[0], right[i]);
        reel_tensors_free(&t);
    }
}
END_TEST

#define T(name, dtype, shape, offsets)                                     \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape               \
    ",\"data_offsets\":" offsets "}"

static const struct wrong {
    const char *header;
    size_t data;
    const char *reason;
} wrong[] = {
    {"{" T("a", "BF16", "[1]", "[0,2]") "}", 2,
     "tensor \"a\": dtype is none of BOOL, U8, I32, I64, F32, F64: BF16"},
    {"{" T("a", "F32", "[2,2]", "[0,12]") "}", 12,
     "tensor \"a\": dtype and shape take 16 bytes, its offsets are 0 to 12"},
    {"{" T("a", "F32", "[1]", "[4,0]") "}", 4,
     "tensor \"a\": dtype and shape take 4 bytes, its offsets are 4 to 0"},
    {"{" T("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1,
     "tensor \"a\": more than 8 dimensions"},
    {"{" T("a", "U8", "[9223372036854775808]", "[0,1]") "}", 1,
     "tensor \"a\": more than memory can hold"},
    {"{" T("a", "F64", "[4294967296,4294967296]", "[0,0]") "}", 0,
     "tensor \"a\": more than memory can hold"},
    {"{" T("a", "F64", "[0,4294967296,4294967296]", "[0,0]") "}", 0,
     "tensor \"a\": more than memory can hold"},
    {"{" T("a", "F64", "[4294967296,4294967296,0]", "[0,0]") "}", 0,
     "tensor \"a\": more than memory can hold"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "tensor \"a\": no dtype"},
    {"{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1,
     "tensor \"a\": no shape"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1,
     "tensor \"a\": no data_offsets"},
    {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 0,
     "tensor \"a\": repeated key dtype"},
    {"{\"a\":{\"strides\":[1]}}", 0, "tensor \"a\": unknown key strides"},
    {"{\"a\\n\\u007f\":{\"x\":1}}", 0, "tensor \"a??\": unknown key x"},
    {"{" T("a", "U8", "[1]", "[1,2]") "}", 2,
     "tensor \"a\": starts at byte 1 of the data, the one before it ends at "
     "0"},
    {"{" T("a", "U8", "[2]", "[0,2]") "," T("b", "U8", "[2]", "[1,3]") "}", 3,
     "tensor \"b\": starts at byte 1 of the data, the one before it ends at "
     "2"},
    {"{" T("a", "U8", "[2]", "[3,5]") "," T("b", "U8", "[2]", "[0,2]") "}", 5,
     "tensor \"a\": starts at byte 3 of the data, the one before it ends at "
     "2"},
    {"{" T("a", "U8", "[0]", "[1,1]") "," T("b", "U8", "[2]", "[0,2]") "}", 2,
     "tensor \"a\": starts at byte 1 of the data, the one before it ends at "
     "2"},
    {"{" T("a", "U8", "[4]", "[0,4]") "}", 3,
     "truncated: the tensors take 4 bytes, file has 3"},
    {"{" T("a", "U8", "[4]", "[0,4]") "}", 5,
     "trailing bytes: the tensors take 4 bytes, file has 5"},
#if SIZE_MAX > UINT32_MAX
    {"{" T("a", "U8", "[1152921504606846976]", "[0,1152921504606846976]") "}",
     5,
     "truncated: the tensors take 1152921504606846976 bytes, file has 5"},
#endif
    {"{" T("a", "U8", "[1]", "[0,1]") "," T("a", "U8", "[1]", "[1,2]") "}", 2,
     "tensor \"a\" is there twice"},
    {"{\"__metadata__\":{\"k\":\"1\",\"j\":\"\",\"k\":\"2\"}}", 0,
     "metadata key \"k\" is there twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0,
     "key \"__metadata__\" is there twice"},
};

START_TEST(test_wrong_headers)
{
    assert_bad_header(wrong[_i].header, wrong[_i].data, wrong[_i].reason);
}
END_TEST

START_TEST(test_bool_out_of_range)
{
    unsigned char bytes[128];
    size_t size = make("{" T("a", "BOOL", "[2]", "[0,2]") "}", 2, bytes);

    bytes[size - 1] = 2;
    assert_bad(bytes, size, "tensor \"a\": a bool is neither 0 nor 1");
}
END_TEST

/* Reads bytes that may mean anything; true if they were a file. */
static bool survives(const unsigned char *bytes, size_t size)
{
    unsigned char *exact = malloc(size ? size : 1);
    reel_tensors t;
    reel_error error;

    memcpy(exact, bytes, size);

    reel_status status = reel_safetensors_parse(exact, size, "x", &t, &error);

    free(exact);
    if (status == REEL_OK) {
        reel_tensors_free(&t);
        return true;
    }
    ck_assert_int_eq(status, REEL_EFORMAT);
    ck_assert_int_eq(error.status, REEL_EFORMAT);
    assert_empty(&t);
    return false;
}

START_TEST(test_cut_anywhere)
{
    size_t size;

    ck_assert_int_eq(reel_safetensors_write("x", every, EVERY, metadata, NULL),
                     REEL_OK);

    unsigned char *bytes = slurp("x", &size);

    ck_assert(survives(bytes, size));
    for (size_t cut = 0; cut < size; cut++)
        ck_assert(!survives(bytes, cut));
    free(bytes);
}
END_TEST

START_TEST(test_any_byte_changed)
{
    static const unsigned char other[] = {0x00, 0x20, 0x22, 0x2C, 0x30, 0x5C,
                                          0x7B, 0x7D, 0x80, 0xFF};
    size_t size, refused = 0;

    ck_assert_int_eq(reel_safetensors_write("x", every, EVERY, metadata, NULL),
                     REEL_OK);

    unsigned char *bytes = slurp("x", &size);

    for (size_t at = 0; at < size; at++) {
        unsigned char right = bytes[at];

        for (size_t i = 0; i < sizeof other; i++) {
            bytes[at] = other[i];
            refused += !survives(bytes, size);
        }
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] = (unsigned char)(right ^ 1 << bit);
            refused += !survives(bytes, size);
        }
        bytes[at] = right;
    }
    ck_assert_uint_gt(refused, 5000);
    ck_assert(survives(bytes, size));
    free(bytes);
}
END_TEST

START_TEST(test_files_that_cannot_be_read)
{
    reel_tensors t;
    reel_error error;
    char message[512];

    snprintf(message, sizeof message, "none: %s", strerror(ENOENT));
    ck_assert_int_eq(reel_safetensors_read("none", &t, &error), REEL_EIO);
    ck_assert_str_eq(error.message, message);
    assert_empty(&t);
    ck_assert_int_eq(reel_safetensors_read(".", &t, &error), REEL_EIO);
    ck_assert_str_eq(error.message, ".: not a regular file");
    assert_empty(&t);
}
END_TEST

/* 8 GiB of which the file system stores nothing, in 4 GiB of memory. */
START_TEST(test_out_of_memory)
{
#if SIZE_MAX > UINT32_MAX && !defined(CHECKED_MEMORY)
    const off_t data = (off_t)1 << 33;
    reel_tensors t;
    reel_error error;
    unsigned char bytes[256];
    size_t size = make("{" T("a", "U8", "[8589934592]", "[0,8589934592]") "}",
                       0, bytes);

    write_file("x", bytes, size);
    if (truncate("x", (off_t)size + data) != 0) {
        printf("skipped: out of memory (no file of 8 GiB can be made)\n");
        return;
    }
    if (!limit_memory())
        return;
    ck_assert_int_eq(reel_safetensors_read("x", &t, &error), REEL_ENOMEM);
    ck_assert_str_eq(error.message, "x: out of memory: 8589934601 bytes are "
                                    "not to be had");
    assert_empty(&t);
#endif
}
END_TEST

/* ------------------------------------------------------------- wrong writes */

static void assert_unwritable(const reel_tensor *tensors, size_t count,
                              const char *const *pairs, const char *message)
{
    reel_error error = {0};

    ck_assert_int_eq(reel_safetensors_write("x", tensors, count, pairs,
                                            &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, REEL_EVALUE);
    ck_assert_int_eq(count_files(), 0);
}

START_TEST(test_wrong_tensors)
{
    static const struct {
        reel_tensor tensor;
        const char *message;
    } bad[] = {
        {{NULL, REEL_U8, {0, {0}}, bytes_}, "x: tensor 0, \"\": name is NULL"},
        {{"\xff", REEL_U8, {0, {0}}, bytes_},
         "x: tensor 0, \"\xff\": name is not UTF-8"},
        {{"__metadata__", REEL_U8, {0, {0}}, bytes_},
         "x: tensor 0, \"__metadata__\": the format has this name for itself"},
        {{"a", (reel_dtype)6, {0, {0}}, bytes_},
         "x: tensor 0, \"a\": no such dtype"},
        {{"a", REEL_U8, {9, {0}}, bytes_},
         "x: tensor 0, \"a\": shape has a wrong number of dimensions"},
        {{"a", REEL_U8, {-1, {0}}, bytes_},
         "x: tensor 0, \"a\": shape has a wrong number of dimensions"},
        {{"a", REEL_U8, {1, {-1}}, bytes_},
         "x: tensor 0, \"a\": shape has a negative size"},
        {{"a", REEL_U8, {2, {INT64_MAX, 2}}, bytes_},
         "x: tensor 0, \"a\": shape is larger than memory"},
        {{"a", REEL_U8, {1, {1}}, NULL}, "x: tensor 0, \"a\": data is NULL"},
    };
    const reel_tensor twice[] = {{"a", REEL_U8, {0, {0}}, bytes_},
                                 {"b", REEL_U8, {0, {0}}, bytes_},
                                 {"a", REEL_F32, {0, {0}}, floats}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_unwritable(&bad[i].tensor, 1, NULL, bad[i].message);
    assert_unwritable(twice, 3, NULL, "x: tensor \"a\" is there twice");
}
END_TEST

START_TEST(test_wrong_metadata)
{
    assert_unwritable(NULL, 0, (const char *[]){"a", "b", "c", NULL},
                      "x: metadata key \"c\" has no value");
    assert_unwritable(NULL, 0, (const char *[]){"a", "\xff", NULL},
                      "x: metadata string 1 is not UTF-8");
    assert_unwritable(NULL, 0,
                      (const char *[]){"a", "b", "c", "b", "a", "d", NULL},
                      "x: metadata key \"a\" is there twice");
}
END_TEST

START_TEST(test_header_too_large)
{
    const size_t size = 100000000;
    char *text = malloc(size + 1);

    memset(text, 'x', size);
    text[size] = '\0';
    assert_unwritable(NULL, 0, (const char *[]){"a", text, NULL},
                      "x: names and metadata make a header of 100000032 "
                      "bytes, more than the 100000000 allowed");
    free(text);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("safetensors errors");
    TCase *tcase = tcase_create("safetensors errors");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_wrong_lengths);
    tcase_add_loop_test(tcase, test_syntax, 0,
                        (int)(sizeof syntax / sizeof *syntax));
    tcase_add_test(tcase, test_not_utf8);
    tcase_add_loop_test(tcase, test_wrong_headers, 0,
                        (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tcase, test_bool_out_of_range);
    tcase_add_test(tcase, test_cut_anywhere);
    tcase_add_test(tcase, test_any_byte_changed);
    tcase_add_test(tcase, test_files_that_cannot_be_read);
    tcase_add_test(tcase, test_out_of_memory);
    tcase_add_test(tcase, test_wrong_tensors);
    tcase_add_test(tcase, test_wrong_metadata);
    tcase_add_test(tcase, test_header_too_large);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
