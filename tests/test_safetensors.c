/* test_safetensors.c: named tensors to files and back, and every way in which
 * a file can be wrong.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include <reel/safetensors.h>

#include "support.h"

/* Sanitizers abort, where malloc would return NULL. */
#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECKED_MEMORY
#endif
#endif

/* ----------------------------------------------------------------- helpers */

static char start[4096]; /* where the tests were started */

/* Every test runs in an empty folder, so that messages hold short names. */
static void enter_folder(void)
{
    const char *base = getenv("TMPDIR");
    static char folder[4096];

    ck_assert_ptr_nonnull(getcwd(start, sizeof start));
    snprintf(folder, sizeof folder, "%s/reel-safetensors-XXXXXX",
             base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    char folder[4096];
    DIR *dir = opendir(".");

    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            remove(e->d_name);
    closedir(dir);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    ck_assert_int_eq(chdir(start), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static int count_files(void)
{
    DIR *dir = opendir(".");
    int count = 0;

    for (struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(name, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* The whole file; the caller frees it. */
static unsigned char *slurp(const char *name, size_t *size)
{
    FILE *f = fopen(name, "rb");
    unsigned char *bytes = malloc(1 << 20);

    ck_assert_ptr_nonnull(f);
    *size = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

/* A file of a header and `data` bytes 0, 1, 0, 1, ...; its size. */
static size_t make(const char *header, size_t data, unsigned char *out)
{
    size_t length = strlen(header);

    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(out + 8, header, length);
    for (size_t i = 0; i < data; i++)
        out[8 + length + i] = i % 2;
    return 8 + length + data;
}

static void assert_empty(const reel_tensors *t)
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

static void read_header(const char *header, size_t data, reel_tensors *t)
{
    unsigned char bytes[2048];
    size_t size = make(header, data, bytes);
    reel_error error;

    if (reel_safetensors_parse(bytes, size, "memory", t, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
}

/* -------------------------------------------------------------- round trips */

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

static size_t bytes_of(const reel_tensor *t)
{
    return (size_t)reel_shape_count(t->shape) * reel_dtype_size(t->dtype);
}

static void assert_every(const reel_tensors *t)
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

START_TEST(test_round_trip)
{
    reel_error error = {REEL_ECHECK, "untouched"};
    reel_tensors t;

    ck_assert_int_eq(reel_safetensors_write("x", every, EVERY, metadata,
                                            &error),
                     REEL_OK);
    ck_assert_int_eq(count_files(), 1);
    ck_assert_int_eq(reel_safetensors_read("x", &t, &error), REEL_OK);
    assert_every(&t);
    reel_tensors_free(&t);
    assert_empty(&t);
    reel_tensors_free(&t);
    ck_assert_int_eq(error.status, REEL_ECHECK);
    ck_assert_str_eq(error.message, "untouched");
}
END_TEST

/* What is written is fixed, byte for byte: larger elements first in the data,
 * the order given in the header, blanks up to a multiple of eight. */
START_TEST(test_bytes_written)
{
    static const char header[] =
        "{\"__metadata__\":{\"k\":\"v\"},"
        "\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[12,15]},"
        "\"b\\\"\\u0009\":{\"dtype\":\"I32\",\"shape\":[],"
        "\"data_offsets\":[8,12]},"
        "\"c\":{\"dtype\":\"I64\",\"shape\":[1,1],\"data_offsets\":[0,8]}}"
        "  ";
    static const unsigned char data[] = {8, 7, 6, 5, 4, 3, 2, 1,
                                         4, 3, 2, 1, 1, 0, 1};
    const reel_tensor tensors[] = {
        {"a", REEL_BOOL, {1, {3}}, bools},
        {"b\"\t", REEL_I32, {0, {0}}, ints + 2},
        {"c", REEL_I64, {2, {1, 1}}, longs + 2},
    };
    size_t length = sizeof header - 1, size;

    ck_assert_int_eq(reel_safetensors_write("x", tensors, 3,
                                            (const char *[]){"k", "v", NULL},
                                            NULL),
                     REEL_OK);

    unsigned char *bytes = slurp("x", &size);

    ck_assert_uint_eq(length % 8, 0);
    ck_assert_uint_eq(bytes[0], length);
    for (int i = 1; i < 8; i++)
        ck_assert_uint_eq(bytes[i], 0);
    ck_assert_mem_eq(bytes + 8, header, length);
    ck_assert_uint_eq(size, 8 + length + sizeof data);
    ck_assert_mem_eq(bytes + 8 + length, data, sizeof data);
    free(bytes);
}
END_TEST

/* So that no file is written that would not be read. */
START_TEST(test_bools_are_made_0_or_1)
{
    const reel_tensor bools_of_c = {"a", REEL_BOOL, {1, {3}},
                                    (unsigned char[]){0, 1, 255}};
    reel_tensors t;

    ck_assert_int_eq(reel_safetensors_write("x", &bools_of_c, 1, NULL, NULL),
                     REEL_OK);
    ck_assert_int_eq(reel_safetensors_read("x", &t, NULL), REEL_OK);
    ck_assert_mem_eq(t.tensor[0].data, "\0\1\1", 3);
    reel_tensors_free(&t);
}
END_TEST

START_TEST(test_nothing_to_write)
{
    reel_tensors t;

    ck_assert_int_eq(reel_safetensors_write("x", NULL, 0, NULL, NULL),
                     REEL_OK);
    ck_assert_int_eq(reel_safetensors_read("x", &t, NULL), REEL_OK);
    ck_assert_uint_eq(t.count, 0);
    ck_assert_uint_eq(t.metadata_count, 0);
    ck_assert_ptr_null(reel_tensors_find(&t, "x"));
    ck_assert_ptr_null(reel_tensors_metadata(&t, "x"));
    reel_tensors_free(&t);
}
END_TEST

/* More tensors than any first guess, and more data than one piece. */
START_TEST(test_many_and_large)
{
    enum { MANY = 1000, LARGE = 50001 };
    static char name[MANY][16];
    static reel_tensor tensors[MANY];
    static double numbers[LARGE];
    reel_tensors t;

    for (int i = 0; i < LARGE; i++)
        numbers[i] = i;
    for (int i = 0; i < MANY; i++) {
        snprintf(name[i], sizeof name[i], "%d", (i * 37) % MANY);
        tensors[i] = (reel_tensor){name[i], REEL_F64,
                                   {1, {i == 5 ? LARGE : 1}}, numbers + i};
    }
    tensors[5].data = numbers;
    ck_assert_int_eq(reel_safetensors_write("x", tensors, MANY, NULL, NULL),
                     REEL_OK);
    ck_assert_int_eq(reel_safetensors_read("x", &t, NULL), REEL_OK);
    for (int i = 0; i < MANY; i++) {
        const reel_tensor *found = reel_tensors_find(&t, name[i]);

        ck_assert_ptr_eq(found, &t.tensor[i]);
        ck_assert_double_eq(*(double *)found->data, i == 5 ? 0 : i);
    }
    ck_assert_mem_eq(t.tensor[5].data, numbers, sizeof numbers);
    reel_tensors_free(&t);
}
END_TEST

/* As others may write it: any order, any blanks, escapes, odd offsets. */
START_TEST(test_foreign_file)
{
    reel_tensors t;

    read_header("{ \"b\\u00e9\\ud83d\\ude00\\/\" :\n{\"data_offsets\":[3 , 7],"
                "\t\"dtype\":\"F32\", \"shape\":[ ]\r},"
                "\"a\":{\"shape\":[3],\"dtype\":\"U8\","
                "\"data_offsets\":[0,3]},"
                "\"__metadata__\":{ },"
                "\"z\":{\"shape\":[0,2],\"dtype\":\"I64\","
                "\"data_offsets\":[3,3]}} \n ",
                7, &t);
    ck_assert_uint_eq(t.count, 3);
    ck_assert_str_eq(t.tensor[0].name, "b\xc3\xa9\xf0\x9f\x98\x80/");
    ck_assert_int_eq(t.tensor[0].dtype, REEL_F32);
    ck_assert_int_eq(t.tensor[0].shape.ndim, 0);
    ck_assert_mem_eq(t.tensor[0].data,
                     (const uint32_t[]){UINT32_C(0x00010001)}, 4);
    ck_assert_mem_eq(t.tensor[1].data, "\0\1\0", 3);
    ck_assert_int_eq(t.tensor[2].shape.dim[0], 0);
    ck_assert_uint_eq(t.metadata_count, 0);
    reel_tensors_free(&t);
}
END_TEST

START_TEST(test_escapes)
{
    reel_tensors t;

    read_header("{\"__metadata__\":{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":"
                "\"\\u0001\\u007F\\u0080\\u07ff\\u0800\\uFFFF\\ud800\\udc00"
                "\\udbff\\udfff\"}}", 0, &t);
    ck_assert_str_eq(t.metadata[0], "\"\\/\b\f\n\r\t");
    ck_assert_str_eq(t.metadata[1],
                     "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
                     "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    reel_tensors_free(&t);
}
END_TEST

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

/* ------------------------------------------------------ whole or not at all */

static void assert_write_fails(const char *path, const char *where,
                               int errnum)
{
    reel_error error = {0};
    char message[512];

    snprintf(message, sizeof message, "%s: %s", where, strerror(errnum));
    ck_assert_int_eq(reel_safetensors_write(path, every, EVERY, NULL, &error),
                     REEL_EIO);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, REEL_EIO);
}

START_TEST(test_old_file_survives)
{
    struct rlimit limit;
    size_t size;

    write_file("x", "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 100; /* as if the disk were full */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_write_fails("x", "x", EFBIG);
    ck_assert_int_eq(count_files(), 1);

    unsigned char *bytes = slurp("x", &size);

    ck_assert_uint_eq(size, 3);
    ck_assert_mem_eq(bytes, "old", 3);
    free(bytes);
}
END_TEST

START_TEST(test_unwritable_places)
{
    char where[64];

    snprintf(where, sizeof where, "none/x.%ld-0.tmp", (long)getpid());
    assert_write_fails("none/x", where, ENOENT);
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    assert_write_fails("folder", "folder", EISDIR);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* Left by a crash, or being written by another thread. */
START_TEST(test_temporary_names_taken)
{
    char name[64];
    size_t size;

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "x.%ld-%d.tmp", (long)getpid(), i);
        write_file(name, "other", 5);
    }
    assert_write_fails("x", name, EEXIST);
    ck_assert_int_eq(unlink(name), 0);
    ck_assert_int_eq(reel_safetensors_write("x", every, EVERY, NULL, NULL),
                     REEL_OK);
    ck_assert_int_eq(count_files(), 100);
    snprintf(name, sizeof name, "x.%ld-0.tmp", (long)getpid());

    unsigned char *bytes = slurp(name, &size);

    ck_assert_uint_eq(size, 5);
    free(bytes);
}
END_TEST

START_TEST(test_replaces_and_heeds_umask)
{
    struct stat file;
    reel_tensors t;
    char path[4200];

    write_file("x", "old", 3);
    umask(027);
    ck_assert_ptr_nonnull(getcwd(path, 4096));
    strcat(path, "/x");
    ck_assert_int_eq(reel_safetensors_write(path, every, EVERY, metadata,
                                            NULL),
                     REEL_OK);
    ck_assert_int_eq(stat("x", &file), 0);
    ck_assert_int_eq(file.st_mode & 0777, 0640);
    ck_assert_int_eq(reel_safetensors_read("x", &t, NULL), REEL_OK);
    assert_every(&t);
    reel_tensors_free(&t);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tcase = tcase_create("safetensors");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_round_trip);
    tcase_add_test(tcase, test_bytes_written);
    tcase_add_test(tcase, test_bools_are_made_0_or_1);
    tcase_add_test(tcase, test_nothing_to_write);
    tcase_add_test(tcase, test_many_and_large);
    tcase_add_test(tcase, test_foreign_file);
    tcase_add_test(tcase, test_escapes);
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
    tcase_add_test(tcase, test_old_file_survives);
    tcase_add_test(tcase, test_unwritable_places);
    tcase_add_test(tcase, test_temporary_names_taken);
    tcase_add_test(tcase, test_replaces_and_heeds_umask);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(make_suite());

    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
