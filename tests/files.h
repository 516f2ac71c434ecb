/* files.h: tests that leave files: a folder of their own, and gzip files made
 * without gzip.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stddef.h>
#include <stdint.h>

/* Sanitizers abort, where malloc would return NULL. */
#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECKED_MEMORY
#endif
#endif

/* A fixture: the test runs in an empty folder, so that messages hold short
 * names; the folder is removed with the files in it. */
void enter_folder(void);
void leave_folder(void);

/* Those there are, but for hidden ones. */
int count_files(void);

void write_file(const char *name, const void *bytes, size_t size);

/* A script stands in for a program: it is the only one on PATH, which is from
 * then on the folder that the test runs in. */
void stand_in(const char *program, const char *script, unsigned mode);

/* ISO 3309, as gzip has it. */
uint32_t crc32_of(const unsigned char *bytes, size_t size);

/* A gzip file (RFC 1952) of stored blocks (RFC 1951); its size. The caller
 * frees *out. */
size_t gzip_pack(const unsigned char *bytes, size_t size, unsigned char **out);
void write_packed(const char *name, const void *bytes, size_t size);

#endif /* TESTS_FILES_H */
