/* test_safetensors.c: named tensors to files and back, whole or not at all.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safetensors_cases.h"

/* -------------------------------------------------------------- round trips */

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
    assert_write_fails("none/x", "none/x", ENOENT);
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
    tcase_add_test(tcase, test_old_file_survives);
    tcase_add_test(tcase, test_unwritable_places);
    tcase_add_test(tcase, test_temporary_names_taken);
    tcase_add_test(tcase, test_replaces_and_heeds_umask);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
