/* test_data.c: IDX files plain and compressed, data sets, shuffles, batches.
 *
 * The whole of MNIST is read too where REEL_MNIST_DIR names its folder.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include <reel/data.h>

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
    snprintf(folder, sizeof folder, "%s/reel-data-XXXXXX",
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

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(name, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* ISO 3309, as gzip has it. */
static uint32_t crc32_of(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static size_t put_little(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
    return (size_t)bytes;
}

/* A gzip file (RFC 1952) of stored blocks (RFC 1951); its size. The caller
 * frees *out. */
static size_t pack(const unsigned char *bytes, size_t size,
                   unsigned char **out)
{
    static const unsigned char head[10] = {0x1F, 0x8B, 8, 0, 0,
                                           0,    0,    0, 0, 3};
    unsigned char *to = *out = malloc(size + size / 1000 + 64);
    size_t at = 0;

    ck_assert_ptr_nonnull(to);
    memcpy(to, head, sizeof head);
    to += sizeof head;
    do {
        size_t piece = size - at < 65535 ? size - at : 65535;

        *to++ = at + piece == size;
        to += put_little(to, (uint32_t)piece, 2);
        to += put_little(to, ~(uint32_t)piece, 2);
        memcpy(to, bytes + at, piece);
        to += piece;
        at += piece;
    } while (at < size);
    to += put_little(to, crc32_of(bytes, size), 4);
    to += put_little(to, (uint32_t)size, 4);
    return (size_t)(to - *out);
}

static void write_packed(const char *name, const void *bytes, size_t size)
{
    unsigned char *packed;
    size_t packed_size = pack(bytes, size, &packed);

    write_file(name, packed, packed_size);
    free(packed);
}

static void assert_empty(const reel_array *array)
{
    ck_assert_ptr_null(array->data);
    ck_assert_int_eq(array->shape.ndim, 0);
}

/* Reading `name` fails so, and leaves nothing behind. */
static void assert_unreadable(const char *name, reel_status status,
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

/* --------------------------------------------------------------------- IDX */

static const unsigned char u8_2x3[] = {0, 0, 8, 2, 0, 0, 0, 2, 0,
                                       0, 0, 3, 1, 2, 3, 4, 5, 255};

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

static double element(const reel_array *array, int64_t i)
{
    switch (array->dtype) {
    case REEL_U8: return ((uint8_t *)array->data)[i];
    case REEL_I32: return ((int32_t *)array->data)[i];
    case REEL_F32: return (double)((float *)array->data)[i];
    case REEL_F64: return ((double *)array->data)[i];
    default: return -12345;
    }
}

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
    size_t size = pack(bytes, 8 + count, &packed);

    write_file("cut.gz", packed, size / 2);
    assert_unreadable("cut.gz", REEL_EFORMAT,
                      "cut.gz: truncated or corrupt: gzip cannot unpack it "
                      "(exit status 1)");
    free(packed);
    free(bytes);
}
END_TEST

/* ----------------------------------------------------------- the gzip child */

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
    size_t size = pack(u8_2x3, sizeof u8_2x3, &packed);
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

/* A script stands in for gzip. */
static void replace_gzip(const char *script, mode_t mode)
{
    unlink("gzip");
    write_file("gzip", script, strlen(script));
    ck_assert_int_eq(chmod("gzip", mode), 0);
    ck_assert_int_eq(setenv("PATH", ".", 1), 0);
}

START_TEST(test_gzip_ends_badly)
{
    char message[512];
    reel_array array;
    reel_error error;

    write_packed("x.gz", u8_2x3, sizeof u8_2x3);
    replace_gzip("#!/bin/sh\nkill -9 $$\n", 0755);
    assert_unreadable("x.gz", REEL_EIO,
                      "x.gz: gzip was killed by signal 9 while unpacking it");
    replace_gzip("#!/bin/sh\nexit 127\n", 0755);
    assert_unreadable("x.gz", REEL_EIO,
                      "x.gz: compressed, and there is no gzip on PATH to "
                      "unpack it: install gzip or unpack the file");
    replace_gzip("#!/bin/sh\nexit 2\n", 0755);
    assert_unreadable("x.gz", REEL_EFORMAT,
                      "x.gz: truncated or corrupt: gzip cannot unpack it "
                      "(exit status 2)");
    replace_gzip("#!/bin/sh\n", 0644);
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

/* ---------------------------------------------------------------- data sets */

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0,
                                       1, 0, 0, 0, 2, 9, 8, 7, 6};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 4, 3};

static void assert_set(reel_dataset *set)
{
    ck_assert_int_eq(set->images.shape.dim[0], 2);
    ck_assert_int_eq(set->images.shape.dim[1], 1);
    ck_assert_int_eq(set->images.shape.dim[2], 2);
    ck_assert_double_eq(element(&set->images, 3), 6);
    ck_assert_double_eq(element(&set->labels, 0), 4);
    ck_assert_int_eq(set->classes, 5);
    reel_dataset_free(set);
    assert_empty(&set->images);
    assert_empty(&set->labels);
    ck_assert_int_eq(set->classes, 0);
}

static void assert_no_set(reel_status status, const char *message)
{
    reel_dataset set = {.classes = 3};
    reel_error error = {0};

    ck_assert_int_eq(reel_dataset_read(".", "train", &set, &error), status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    assert_empty(&set.images);
    assert_empty(&set.labels);
    ck_assert_int_eq(set.classes, 0);
}

START_TEST(test_dataset)
{
    reel_dataset set;

    write_file("train-images-idx3-ubyte", images, sizeof images);
    write_packed("train-labels-idx1-ubyte.gz", labels, sizeof labels);
    ck_assert_int_eq(reel_dataset_read(".", "train", &set, NULL), REEL_OK);
    assert_set(&set);
    /* Plain goes before compressed. */
    write_file("train-images-idx3-ubyte.gz", "bad", 3);
    ck_assert_int_eq(reel_dataset_read(".", "train", &set, NULL), REEL_OK);
    assert_set(&set);
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images, labels,
                                        sizeof labels, "x", &set, NULL),
                     REEL_OK);
    assert_set(&set);
}
END_TEST

START_TEST(test_dataset_files_missing)
{
    assert_no_set(REEL_EIO, "./train-images-idx3-ubyte: not there, nor is "
                            "train-images-idx3-ubyte.gz");
    write_file("train-images-idx3-ubyte", images, sizeof images);
    assert_no_set(REEL_EIO, "./train-labels-idx1-ubyte: not there, nor is "
                            "train-labels-idx1-ubyte.gz");
}
END_TEST

START_TEST(test_dataset_mismatch)
{
    write_file("train-images-idx3-ubyte", images, sizeof images);
    write_packed("train-labels-idx1-ubyte.gz", "\0\0\10\1\0\0\0\3\1\2\3", 11);
    assert_no_set(REEL_EFORMAT,
                  "./train-images-idx3-ubyte: 2 images, but "
                  "train-labels-idx1-ubyte.gz holds 3 labels");
    write_file("train-labels-idx1-ubyte", images, sizeof images);
    assert_no_set(REEL_EFORMAT, "./train-labels-idx1-ubyte: labels have 1 "
                                "dimension, this file has 3");
    write_file("train-labels-idx1-ubyte", "\0\0\11\1\0\0\0\2\1\2", 10);
    assert_no_set(REEL_EFORMAT, "./train-labels-idx1-ubyte: labels are u8, "
                                "this file holds i32");
    write_file("train-images-idx3-ubyte", labels, sizeof labels);
    assert_no_set(REEL_EFORMAT, "./train-images-idx3-ubyte: images have 3 "
                                "dimensions, this file has 1");
    write_file("train-images-idx3-ubyte", images, 10);
    assert_no_set(REEL_EFORMAT, "./train-images-idx3-ubyte: truncated: the "
                                "IDX header takes 16 bytes, file has 10");
}
END_TEST

START_TEST(test_dataset_parse_errors)
{
    reel_dataset set;
    reel_error error;

    ck_assert_int_eq(reel_dataset_parse(images, 3, labels, sizeof labels,
                                        "digits", &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits images: truncated: an IDX file "
                                    "starts with 4 bytes, file has 3");
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images, labels, 9,
                                        "digits", &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits labels: truncated: header says 2 "
                                    "= 2 bytes, file has 1");
    ck_assert_int_eq(reel_dataset_parse(images, sizeof images,
                                        "\0\0\10\1\0\0\0\1\0", 9, "digits",
                                        &set, &error),
                     REEL_EFORMAT);
    ck_assert_str_eq(error.message, "digits images: 2 images, but digits "
                                    "labels holds 1 labels");
    assert_empty(&set.images);
    assert_empty(&set.labels);
}
END_TEST

static const struct mnist {
    const char *part;
    int64_t count;
    uint32_t image_crc, label_crc;
    int histogram[10];
} mnist[] = {
    {"train", 60000, 0xF3639B56, 0xBA07E8EF,
     {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
    {"t10k", 10000, 0xE4CA5F57, 0xEE8604D9,
     {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
};

START_TEST(test_mnist)
{
    const struct mnist *m = &mnist[_i];
    const char *dir = getenv("REEL_MNIST_DIR");
    int histogram[10] = {0};
    reel_dataset set;
    reel_error error;

    if (!dir) {
        printf("skipped: MNIST's %s part (REEL_MNIST_DIR is not set)\n",
               m->part);
        return;
    }
    if (reel_dataset_read(dir, m->part, &set, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    ck_assert_int_eq(set.images.shape.dim[0], m->count);
    ck_assert_int_eq(set.images.shape.dim[1], 28);
    ck_assert_int_eq(set.images.shape.dim[2], 28);
    ck_assert_int_eq(set.labels.shape.dim[0], m->count);
    ck_assert_int_eq(set.classes, 10);
    for (int64_t i = 0; i < m->count; i++)
        histogram[((uint8_t *)set.labels.data)[i]]++;
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(histogram[k], m->histogram[k]);
    ck_assert_uint_eq(crc32_of(set.labels.data, (size_t)m->count),
                      m->label_crc);
    ck_assert_uint_eq(crc32_of(set.images.data, (size_t)m->count * 784),
                      m->image_crc);
    reel_dataset_free(&set);
}
END_TEST

/* ----------------------------------------------------- shuffles and batches */

START_TEST(test_shuffle_is_a_permutation)
{
    enum { N = 1000 };
    int64_t order[N + 1];
    bool seen[N] = {false};

    order[N] = -7;
    reel_shuffle(order, N, 1, 2);
    ck_assert_int_eq(order[N], -7);
    for (int i = 0; i < N; i++) {
        ck_assert(order[i] >= 0 && order[i] < N);
        ck_assert(!seen[order[i]]);
        seen[order[i]] = true;
    }
}
END_TEST

/* Stored: the same on every machine, now and later. */
START_TEST(test_shuffle_known_answers)
{
    static const int64_t known[2][10] = {
        {1, 6, 8, 2, 9, 4, 5, 3, 0, 7},
        {2, 1, 8, 0, 9, 3, 6, 7, 5, 4},
    };
    int64_t order[10];

    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        reel_shuffle(order, 10, 42, epoch);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(order[i], known[epoch][i]);
    }
}
END_TEST

START_TEST(test_shuffle_depends_on_seed_and_epoch)
{
    int64_t a[100], b[100];

    reel_shuffle(a, 100, 1, 1);
    reel_shuffle(b, 100, 1, 1);
    ck_assert_mem_eq(a, b, sizeof a);
    reel_shuffle(b, 100, 1, 2);
    ck_assert_mem_ne(a, b, sizeof a);
    reel_shuffle(b, 100, 2, 1);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

/* All 24 orders of 4 but the one that leaves all in place come equally often. */
START_TEST(test_shuffle_is_uniform)
{
    const double mean = 24000 / 23.0;
    int seen[256] = {0}, kinds = 0;
    double chi2 = 0;

    for (uint64_t epoch = 0; epoch < 24000; epoch++) {
        int64_t o[4];

        reel_shuffle(o, 4, 5, epoch);
        seen[((o[0] * 4 + o[1]) * 4 + o[2]) * 4 + o[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        kinds += seen[i] > 0;
        if (seen[i])
            chi2 += (seen[i] - mean) * (seen[i] - mean) / mean;
    }
    ck_assert_int_eq(kinds, 23);
    ck_assert_int_eq(seen[(1 * 4 + 2) * 4 + 3], 0);
    ck_assert_double_lt(chi2, 48.27); /* 22 degrees of freedom, p = 0.001 */
}
END_TEST

START_TEST(test_shuffle_small)
{
    int64_t order[1] = {-7};

    reel_shuffle(order, 0, 1, 1);
    reel_shuffle(order, -1, 1, 1);
    ck_assert_int_eq(order[0], -7);
    reel_shuffle(order, 1, 1, 1);
    ck_assert_int_eq(order[0], 0);
}
END_TEST

/* By chance alone, every other order of 2 would be 0, 1, every sixth of 3. */
START_TEST(test_shuffle_moves_something)
{
    for (uint64_t epoch = 0; epoch < 1000; epoch++) {
        int64_t o[3];

        reel_shuffle(o, 2, 3, epoch);
        if (o[0] != 1 || o[1] != 0)
            ck_abort_msg("two examples are not swapped in epoch %d",
                         (int)epoch);
        reel_shuffle(o, 3, 3, epoch);
        if (o[0] == 0 && o[1] == 1)
            ck_abort_msg("nothing moved in epoch %d", (int)epoch);
    }
}
END_TEST

START_TEST(test_gather)
{
    const uint8_t rows[] = {0, 1, 2, 3, 254, 255};
    const int64_t order[] = {2, 0, 2};
    float f[7] = {[6] = -7};
    double d[7] = {[6] = -7};
    const double want[] = {254, 255, 0, 1, 254, 255};

    reel_gather_u8(rows, 2, order, 3, 1 / 255.0, REEL_F32, f);
    reel_gather_u8(rows, 2, order, 3, 1 / 255.0, REEL_F64, d);
    for (int i = 0; i < 6; i++) {
        ck_assert_double_eq(d[i], 1 / 255.0 * want[i]);
        ck_assert_float_eq(f[i], (float)(1 / 255.0 * want[i]));
    }
    ck_assert_float_eq(f[6], -7);
    ck_assert_double_eq(d[6], -7);
    reel_gather_u8(rows, 2, order, 3, 2, REEL_I32, d); /* left alone */
    ck_assert_double_eq(d[0], 1 / 255.0 * 254);
}
END_TEST

/* -------------------------------------------------------------------- suite */

static Suite *make_suite(void)
{
    Suite *suite = suite_create("data");
    TCase *files = tcase_create("files"), *orders = tcase_create("orders");
    size_t goods = sizeof good / sizeof *good;

    tcase_add_checked_fixture(files, enter_folder, leave_folder);
    tcase_set_timeout(files, 60);
    tcase_add_loop_test(files, test_every_type, 0, (int)goods);
    tcase_add_test(files, test_eight_dimensions);
    tcase_add_test(files, test_bad_headers);
    tcase_add_test(files, test_wrong_lengths);
    tcase_add_test(files, test_a_lie_allocates_nothing);
    tcase_add_test(files, test_cut_anywhere);
    tcase_add_test(files, test_large_compressed);
    tcase_add_test(files, test_compressed_cut_anywhere);
    tcase_add_test(files, test_gzip_leaves_nothing);
    tcase_add_test(files, test_gzip_not_heard_out);
    tcase_add_test(files, test_gzip_without_standard_files);
    tcase_add_test(files, test_no_gzip);
    tcase_add_test(files, test_gzip_ends_badly);
    tcase_add_test(files, test_gzip_reaped_by_another);
    tcase_add_test(files, test_files_that_cannot_be_read);
    tcase_add_test(files, test_out_of_memory);
    tcase_add_test(files, test_pipe);
    tcase_add_test(files, test_dataset);
    tcase_add_test(files, test_dataset_files_missing);
    tcase_add_test(files, test_dataset_mismatch);
    tcase_add_test(files, test_dataset_parse_errors);
    tcase_add_loop_test(files, test_mnist, 0, 2);
    suite_add_tcase(suite, files);

    tcase_add_test(orders, test_shuffle_is_a_permutation);
    tcase_add_test(orders, test_shuffle_known_answers);
    tcase_add_test(orders, test_shuffle_depends_on_seed_and_epoch);
    tcase_add_test(orders, test_shuffle_is_uniform);
    tcase_add_test(orders, test_shuffle_small);
    tcase_add_test(orders, test_shuffle_moves_something);
    tcase_add_test(orders, test_gather);
    suite_add_tcase(suite, orders);
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
