/* files.c: see files.h.
 *
 * SPDX-License-Identifier: MIT */
#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

static char start[4096]; /* where the tests were started */

void enter_folder(void)
{
    const char *base = getenv("TMPDIR");
    static char folder[4096];

    ck_assert_ptr_nonnull(getcwd(start, sizeof start));
    snprintf(folder, sizeof folder, "%s/reel-XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

void leave_folder(void)
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

void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(name, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

void stand_in(const char *program, const char *script, unsigned mode)
{
    unlink(program);
    write_file(program, script, strlen(script));
    ck_assert_int_eq(chmod(program, (mode_t)mode), 0);
    ck_assert_int_eq(setenv("PATH", ".", 1), 0);
}

uint32_t crc32_of(const unsigned char *bytes, size_t size)
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

size_t gzip_pack(const unsigned char *bytes, size_t size, unsigned char **out)
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

void write_packed(const char *name, const void *bytes, size_t size)
{
    unsigned char *packed;
    size_t packed_size = gzip_pack(bytes, size, &packed);

    write_file(name, packed, packed_size);
    free(packed);
}

int count_files(void)
{
    DIR *dir = opendir(".");
    int count = 0;

    for (struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}
