/* test_gzip.c: the gzip child: what it leaves, and how it may end.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idx_cases.h"

static int lowest_fd(void)
{
    int fd = open("/dev/null", O_RDONLY);

    close(fd);
    return fd;
}

static void assert_nothing_left(int fd_before)
{
    ck_assert_int_eq(lowest_fd(), fd_before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(test_compressed_cut_anywhere)
{
    unsigned char *packed;
    size_t size = gzip_pack(u8_2x3, sizeof u8_2x3, &packed);
    int fd = lowest_fd();
    reel_array array;
    reel_error error;

    for (size_t cut = 2; cut < size; cut++) {
        write_file("x.gz", packed, cut);
        ck_assert_int_eq(reel_idx_read("x.gz", &array, &error), REEL_EFORMAT);
        ck_assert_str_eq(error.message,
                         "x.gz: truncated or corrupt: gzip cannot unpack it "
                         "(exit status 1)");
        assert_empty(&array);
    }
    packed[size - 8] ^= 1; /* the checksum */
    write_file("x.gz", packed, size);
    assert_unreadable("x.gz", REEL_EFORMAT,
                      "x.gz: truncated or corrupt: gzip cannot unpack it "
                      "(exit status 1)");
    free(packed);
    assert_nothing_left(fd);
}
END_TEST

START_TEST(test_gzip_leaves_nothing)
{
    int fd = lowest_fd();
    reel_array array;

    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_idx_read("x.gz", &array, NULL), REEL_OK);
        reel_array_free(&array);
    }
    write_packed("x.gz", "PNG and more", 12); /* given up before the end */
    ck_assert_int_eq(reel_idx_read("x.gz", &array, NULL), REEL_EFORMAT);
    ck_assert_int_eq(reel_idx_read("none", &array, NULL), REEL_EIO);
    assert_nothing_left(fd);
}
END_TEST

/* It dies of the closed pipe then, which is not what is wrong. */
START_TEST(test_gzip_not_heard_out)
{
    const size_t size = 1 << 20; /* more than a pipe holds */
    unsigned char *bytes = calloc(size, 1);

    memcpy(bytes, "PNG", 3);
    write_packed("x.gz", bytes, size);
    assert_unreadable("x.gz", REEL_EFORMAT,
                      "x.gz: not an IDX file: starts with 50 4e, not 00 00");
    free(bytes);
    assert_nothing_left(lowest_fd());
}
END_TEST

/* Descriptors 0 to 2 are then among those that the pipe gets. */
START_TEST(test_gzip_without_standard_files)
{
    reel_array array;
    reel_status status;
    int saved[3];

    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    for (int fd = 0; fd < 3; fd++)
        saved[fd] = fcntl(fd, F_DUPFD, 10);
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    status = reel_idx_read("x.gz", &array, NULL);
    for (int fd = 0; fd < 3; fd++)
        if (saved[fd] >= 0)
            dup2(saved[fd], fd);
    ck_assert_int_eq(status, REEL_OK);
    ck_assert_double_eq(element(&array, 5), 255);
    reel_array_free(&array);
}
END_TEST

START_TEST(test_no_gzip)
{
    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    assert_unreadable("x.gz", REEL_EIO,
                      "x.gz: compressed, and there is no gzip on PATH to "
                      "unpack it: install gzip or unpack the file");
    assert_nothing_left(lowest_fd());
}
END_TEST

START_TEST(test_gzip_ends_badly)
{
    char message[512];
    reel_array array;
    reel_error error;

    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    stand_in("gzip", "#!/bin/sh\nkill -9 $$\n", 0755);
    assert_unreadable("x.gz", REEL_EIO,
                      "x.gz: gzip was killed by signal 9 while unpacking it");
    stand_in("gzip", "#!/bin/sh\nexit 127\n", 0755);
    assert_unreadable("x.gz", REEL_EIO,
                      "x.gz: compressed, and there is no gzip on PATH to "
                      "unpack it: install gzip or unpack the file");
    stand_in("gzip", "#!/bin/sh\nexit 2\n", 0755);
    assert_unreadable("x.gz", REEL_EFORMAT,
                      "x.gz: truncated or corrupt: gzip cannot unpack it "
                      "(exit status 2)");
    stand_in("gzip", "#!/bin/sh\n", 0644);
    snprintf(message, sizeof message,
             "x.gz: cannot start gzip to unpack it: %s", strerror(EACCES));
    ck_assert_int_eq(reel_idx_read("x.gz", &array, &error), REEL_EIO);
    /* posix_spawnp need not tell why a program did not start. */
    if (!strstr(error.message, "no gzip on PATH"))
        ck_assert_str_eq(error.message, message);
}
END_TEST

START_TEST(test_gzip_reaped_by_another)
{
    char message[512];

    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    signal(SIGCHLD, SIG_IGN);
    snprintf(message, sizeof message,
             "x.gz: cannot learn whether gzip unpacked all of it: %s (does "
             "the program ignore SIGCHLD?)",
             strerror(ECHILD));
    assert_unreadable("x.gz", REEL_EIO, message);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("gzip");
    TCase *c = tcase_create("gzip");

    tcase_add_checked_fixture(c, enter_folder, leave_folder);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_compressed_cut_anywhere);
    tcase_add_test(c, test_gzip_leaves_nothing);
    tcase_add_test(c, test_gzip_not_heard_out);
    tcase_add_test(c, test_gzip_without_standard_files);
    tcase_add_test(c, test_no_gzip);
    tcase_add_test(c, test_gzip_ends_badly);
    tcase_add_test(c, test_gzip_reaped_by_another);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
