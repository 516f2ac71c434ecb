/* test_idx.c: IDX files, plain and compressed.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idx_cases.h"

/* --------------------------------------------------------------------- IDX */

/* The same for bytes: in memory, in a file, and in a compressed file. */
static void assert_bad(const void *bytes, size_t size, const char *reason)
{
    reel_array array = {.data = &array, .shape = {1, {1}}};
    reel_error error = {0};
    char message[512];

    snprintf(message, sizeof message, "memory: %s", reason);
    ck_assert_int_eq(reel_idx_parse(bytes, size, "memory", &array, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, REEL_EFORMAT);
    assert_empty(&array);

    snprintf(message, sizeof message, "plain: %s", reason);
    write_file("plain", bytes, size);
    assert_unreadable("plain", REEL_EFORMAT, message);

    if (!strstr(reason, "trailing")) { /* how many is not known then */
        snprintf(message, sizeof message, "packed.gz: %s", reason);
        write_packed("packed.gz", bytes, size);
        assert_unreadable("packed.gz", REEL_EFORMAT, message);
    }
}

static const struct good {
    unsigned char bytes[40];
    size_t size;
    reel_dtype dtype;
    int64_t count;
    double value[4];
} good[] = {
    {{0, 0, 0x08, 1, 0, 0, 0, 3, 0, 127, 255}, 11, REEL_U8, 3, {0, 127, 255}},
    {{0, 0, 0x09, 1, 0, 0, 0, 4, 0, 127, 128, 255},
     12, REEL_I32, 4, {0, 127, -128, -1}},
    {{0, 0, 0x0B, 1, 0, 0, 0, 4, 1, 2, 0x7F, 0xFF, 0x80, 0, 0xFF, 0xFE},
     16, REEL_I32, 4, {258, 32767, -32768, -2}},
    {{0, 0, 0x0C, 1, 0, 0, 0, 3, 1, 2, 3, 4, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF,
      0xFD},
     20, REEL_I32, 3, {16909060, -2147483648.0, -3}},
    {{0, 0, 0x0D, 1, 0, 0, 0, 2, 0x3F, 0xC0, 0, 0, 0xC0, 0x20, 0, 0},
     16, REEL_F32, 2, {1.5, -2.5}},
    {{0, 0, 0x0E, 1, 0, 0, 0, 2, 0x3F, 0xF0, 0, 0, 0, 0, 0, 1, 0xC0, 4, 0, 0,
      0, 0, 0, 0},
     24, REEL_F64, 2, {1 + 0x1p-52, -2.5}},
};

static void assert_good(const struct good *g, reel_array *array,
                        reel_status status)
{
    ck_assert_int_eq(status, REEL_OK);
    ck_assert_int_eq(array->dtype, g->dtype);
    ck_assert_int_eq(array->shape.ndim, 1);
    ck_assert_int_eq(array->shape.dim[0], g->count);
    for (int64_t i = 0; i < g->count; i++)
        ck_assert_double_eq(element(array, i), g->value[i]);
    reel_array_free(array);
    assert_empty(array);
}

START_TEST(test_every_type)
{
    const struct good *g = &good[_i];
    reel_array array;
    reel_error error = {REEL_ECHECK, "untouched"};

    assert_good(g, &array, reel_idx_parse(g->bytes, g->size, "x", &array,
                                          &error));
    write_file("x", g->bytes, g->size);
    assert_good(g, &array, reel_idx_read("x", &array, &error));
    write_packed("x", g->bytes, g->size); /* known by content, not by name */
    assert_good(g, &array, reel_idx_read("x", &array, &error));
    assert_good(g, &array, reel_idx_read("x", &array, NULL));
    ck_assert_int_eq(error.status, REEL_ECHECK);
    ck_assert_str_eq(error.message, "untouched");
}
END_TEST

START_TEST(test_eight_dimensions)
{
    unsigned char bytes[4 + 8 * 4 + 6] = {0, 0, 8, 8};
    reel_array array;

    for (int d = 0; d < 8; d++)
        bytes[4 + 4 * d + 3] = d == 2 ? 3 : d == 7 ? 2 : 1;
    for (int i = 0; i < 6; i++)
        bytes[36 + i] = (unsigned char)(10 * i);
    ck_assert_int_eq(reel_idx_parse(bytes, sizeof bytes, "x", &array, NULL),
                     REEL_OK);
    ck_assert_int_eq(array.shape.ndim, 8);
    for (int d = 0; d < 8; d++)
        ck_assert_int_eq(array.shape.dim[d], d == 2 ? 3 : d == 7 ? 2 : 1);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(element(&array, i), 10 * i);
    reel_array_free(&array);
}
END_TEST

START_TEST(test_bad_headers)
{
    assert_bad("", 0, "truncated: an IDX file starts with 4 bytes, file has 0");
    assert_bad("\0\0\10", 3,
               "truncated: an IDX file starts with 4 bytes, file has 3");
    assert_bad("PNG\1", 4, "not an IDX file: starts with 50 4e, not 00 00");
    assert_bad("\0\0\12\1\0\0\0\1\0", 9,
               "IDX element type 0x0a is none of 08 09 0b 0c 0d 0e");
    assert_bad("\0\0\10\0\0", 5,
               "IDX header says 0 dimensions; 1 to 8 can be read");
    assert_bad("\0\0\10\11\0", 5,
               "IDX header says 9 dimensions; 1 to 8 can be read");
    assert_bad("\0\0\10\2\0\0\0\1\0\0\0", 11,
               "truncated: the IDX header takes 12 bytes, file has 11");
    assert_bad("\0\0\10\2\0\0\0\3\0\0\0\0", 12, "empty: header says 3 x 0");
    assert_bad("\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377\1",
               17,
               "header says 4294967295 x 4294967295 x 4294967295: more than "
               "memory can hold");
    assert_bad("\0\0\16\2\177\377\377\377\177\377\377\377\1", 13,
               "header says 2147483647 x 2147483647 of 8 bytes: more than "
               "memory can hold");
}
END_TEST

START_TEST(test_wrong_lengths)
{
    assert_bad(u8_2x3, 17,
               "truncated: header says 2 x 3 = 6 bytes, file has 5");
    assert_bad("\0\0\10\2\0\0\0\2\0\0\0\3\1\2\3\4\5\6\7\10", 20,
               "trailing bytes: header says 2 x 3 = 6 bytes, file has 8");
    assert_bad("\0\0\13\1\0\0\0\2\1\2\3", 11,
               "truncated: header says 2 of 2 bytes = 4 bytes, file has 3");
    write_packed("long.gz", "\0\0\10\2\0\0\0\2\0\0\0\3\1\2\3\4\5\6\7\10", 20);
    assert_unreadable("long.gz", REEL_EFORMAT,
                      "long.gz: trailing bytes: header says 2 x 3 = 6 bytes, "
                      "file has at least 7");
}
END_TEST

/* To allocate what the header says would be REEL_ENOMEM: 2^60 - 2^28 bytes. */
START_TEST(test_a_lie_allocates_nothing)
{
#if PTRDIFF_MAX > INT32_MAX
    assert_bad("\0\0\10\2\377\377\377\377\20\0\0\0\1\2\3", 15,
               "truncated: header says 4294967295 x 268435456 = "
               "1152921504338411520 bytes, file has 3");
#endif
}
END_TEST

START_TEST(test_cut_anywhere)
{
    for (size_t size = 0; size < sizeof u8_2x3; size++) {
        unsigned char *exact = malloc(size ? size : 1);
        reel_array array;

        memcpy(exact, u8_2x3, size);
        ck_assert_int_eq(reel_idx_parse(exact, size, "x", &array, NULL),
                         REEL_EFORMAT);
        assert_empty(&array);
        free(exact);
    }
}
END_TEST

/* Of unknown length: the block grows several times. */
START_TEST(test_large_compressed)
{
    const size_t count = 3u << 20;
    unsigned char *bytes = malloc(8 + count), *packed;
    reel_array array;

    memcpy(bytes, "\0\0\11\1\0\60\0\0", 8);
    for (size_t i = 0; i < count; i++)
        bytes[8 + i] = (unsigned char)(i % 251);
    write_packed("large.gz", bytes, 8 + count);
    ck_assert_int_eq(reel_idx_read("large.gz", &array, NULL), REEL_OK);
    ck_assert_int_eq(array.shape.dim[0], (int64_t)count);
    for (size_t i = 0; i < count; i++)
        if (element(&array, (int64_t)i) != (int8_t)(i % 251))
            ck_abort_msg("element %zu differs", i);
    reel_array_free(&array);

    write_packed("short.gz", bytes, 7 + count);
    assert_unreadable("short.gz", REEL_EFORMAT,
                      "short.gz: truncated: header says 3145728 = 3145728 "
                      "bytes, file has 3145727");
    size_t size = gzip_pack(bytes, 8 + count, &packed);

    write_file("cut.gz", packed, size / 2);
    assert_unreadable("cut.gz", REEL_EFORMAT,
                      "cut.gz: truncated or corrupt: gzip cannot unpack it "
                      "(exit status 1)");
    free(packed);
    free(bytes);
}
END_TEST

/* ------------------------------------------------------------ other sources */

START_TEST(test_files_that_cannot_be_read)
{
    char message[512], name[300];

    snprintf(message, sizeof message, "none: %s", strerror(ENOENT));
    assert_unreadable("none", REEL_EIO, message);
    snprintf(message, sizeof message, ".: %s", strerror(EISDIR));
    assert_unreadable(".", REEL_EIO, message);
    snprintf(message, sizeof message, "a?b: %s", strerror(ENOENT));
    assert_unreadable("a\nb", REEL_EIO, message);

    /* A long name loses its beginning. */
    memset(name, 'x', sizeof name);
    strcpy(name + 290, "/none");
    snprintf(message, sizeof message, "...%s: %s", name + 295 - 200,
             strerror(ENAMETOOLONG));
    assert_unreadable(name, REEL_EIO, message);
}
END_TEST

/* 8 GiB of which the file system stores nothing, in 4 GiB of memory. */
START_TEST(test_out_of_memory)
{
#if SIZE_MAX > UINT32_MAX && !defined(CHECKED_MEMORY)
    const off_t size = (off_t)1 << 33;

    write_file("x", "\0\0\10\2\200\0\0\0\0\0\0\4", 12);
    if (truncate("x", 12 + size) != 0) {
        printf("skipped: out of memory (no file of 8 GiB can be made)\n");
        return;
    }
    if (!limit_memory())
        return;
    assert_unreadable("x", REEL_ENOMEM,
                      "x: out of memory: 8589934592 bytes are not to be had");
#endif
}
END_TEST

/* A pipe has no size. */
START_TEST(test_pipe)
{
    reel_array array;

    ck_assert_int_eq(mkfifo("fifo", 0600), 0);

    pid_t child = fork();

    if (child == 0) {
        FILE *f = fopen("fifo", "wb");

        fwrite(u8_2x3, 1, sizeof u8_2x3, f);
        _exit(fclose(f));
    }
    ck_assert_int_eq(reel_idx_read("fifo", &array, NULL), REEL_OK);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(array.shape.ndim, 2);
    ck_assert_double_eq(element(&array, 5), 255);
    reel_array_free(&array);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("idx");
    TCase *c = tcase_create("idx");

    tcase_add_checked_fixture(c, enter_folder, leave_folder);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_every_type, 0, (int)(sizeof good / sizeof *good));
    tcase_add_test(c, test_eight_dimensions);
    tcase_add_test(c, test_bad_headers);
    tcase_add_test(c, test_wrong_lengths);
    tcase_add_test(c, test_a_lie_allocates_nothing);
    tcase_add_test(c, test_cut_anywhere);
    tcase_add_test(c, test_large_compressed);
    tcase_add_test(c, test_files_that_cannot_be_read);
    tcase_add_test(c, test_out_of_memory);
    tcase_add_test(c, test_pipe);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
