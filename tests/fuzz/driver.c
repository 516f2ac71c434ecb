/* driver.c: runs a fuzz target without libFuzzer, on the files of its corpus
 * and on mutations of them that are the same on every machine, so that make
 * check fuzzes a little everywhere. A failure is a crash or an abort.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel/random.h>

enum { MOST_FILES = 64, MOST_BYTES = 1 << 14, MUTATIONS = 20000, FEW = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct input {
    size_t size;
    uint8_t byte[MOST_BYTES];
} input;

static input *corpus;
static size_t files;
static uint64_t stream, drawn;

/* A whole number below n. */
static size_t below(size_t n)
{
    return n ? (size_t)(reel_random_bits(1, stream, drawn++) % n) : 0;
}

static void read_corpus(const char *folder)
{
    char path[2048];
    const struct dirent *entry;
    DIR *dir = opendir(folder);

    while (dir && files < MOST_FILES && (entry = readdir(dir))) {
        int length =
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bool fits = length > 0 && (size_t)length < sizeof path;
        FILE *f = fits && entry->d_name[0] != '.' ? fopen(path, "rb") : NULL;
        if (!f)
            continue;
        input *in = &corpus[files++];
        in->size = fread(in->byte, 1, sizeof in->byte, f);
        fclose(f);
    }
    if (dir)
        closedir(dir);
}

/* Puts size bytes in the place of those at [at, at + gone). */
static void replace(input *in, size_t at, size_t gone, const void *bytes,
                    size_t size)
{
    uint8_t copy[64];

    if (in->size - gone + size > sizeof in->byte || size > sizeof copy)
        return;
    memcpy(copy, bytes, size); /* it may be a part of in */
    memmove(in->byte + at + size, in->byte + at + gone, in->size - at - gone);
    memcpy(in->byte + at, copy, size);
    in->size += size - gone;
}

static void mutate(input *in)
{
    static const char *const odd[] = {
        "0",  "-1", "255", "65536",  "9223372036854775807", "1e999", "nan",
        "[]", "\"", "\n",  "4294967295", "=", "%0", "-0", "\\", ","};
    size_t at = below(in->size), left = in->size - at;
    size_t part = below(left < 16 ? left + 1 : 16);
    const input *other = &corpus[below(files)];
    size_t from = below(other->size), rest = other->size - from;
    const char *text = odd[below(sizeof odd / sizeof *odd)];

    switch (below(6)) {
    case 0:
        if (left)
            in->byte[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1: replace(in, at, part, "", 0); break;
    case 2: replace(in, at, 0, in->byte + at, part); break;
    case 3: replace(in, at, part < 4 ? part : 4, text, strlen(text)); break;
    case 4: replace(in, at, 0, other->byte + from, rest < 48 ? rest : 48);
        break;
    default: replace(in, at, left ? 1 : 0, &(char){(char)below(256)}, 1); break;
    }
}

int main(int argc, char **argv)
{
    static input trial;
    char folder[1024];
    const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '_');
    size_t count = getenv("REEL_TEST_SMALL") ? FEW : MUTATIONS;

    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", top ? top : ".",
             name ? name + 1 : "");
    corpus = calloc(MOST_FILES, sizeof *corpus);
    if (!corpus)
        return EXIT_FAILURE;
    read_corpus(argc > 1 ? argv[1] : folder);
    if (files == 0) {
        fprintf(stderr, "%s: no files in %s\n", argv[0],
                argc > 1 ? argv[1] : folder);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < files; i++)
        LLVMFuzzerTestOneInput(corpus[i].byte, corpus[i].size);
    for (stream = 0; stream < count; stream++) {
        drawn = 0;
        trial = corpus[below(files)];
        for (size_t n = 1 + below(4); n > 0; n--)
            mutate(&trial);
        LLVMFuzzerTestOneInput(trial.byte, trial.size);
    }
    printf("%zu files and %zu mutations\n", files, count);
    free(corpus);
    return EXIT_SUCCESS;
}
