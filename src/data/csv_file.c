/* csv_file.c: CSV files as a whole, from a path or from memory.
 *
 * SPDX-License-Identifier: MIT */
#include "data/csv.h"

#include <stdlib.h>

#include "core/internal.h"
#include "io/report.h"
#include "io/source.h"

/* What is read at first of a file of unknown size. */
#define FIRST_BLOCK ((size_t)1 << 16)

reel_status reel_csv_parse(const void *bytes, size_t size, const char *name,
                           const reel_csv_options *options, reel_table *table,
                           reel_error *error)
{
    return reel__csv_parse(&reel__malloc, bytes, size, name, options, table, error);
}

/* All that the source has; *block is the caller's even on failure. */
static reel_status read_all(reel__source *source, char **block, size_t *size,
                            reel_error *error)
{
    size_t room = FIRST_BLOCK, got;

    if (source->sized && source->left > PTRDIFF_MAX - 1)
        return reel__report_memory(error, source->name, source->left);
    if (source->sized) /* and one more, to meet the end */
        room = (size_t)source->left + 1;
    for (*size = 0;; room = room > PTRDIFF_MAX / 2 ? PTRDIFF_MAX : 2 * room) {
        char *grown = realloc(*block, room);

        if (!grown)
            return reel__report_memory(error, source->name, room);
        *block = grown;

        reel_status status = reel__source_read(source, grown + *size,
                                               room - *size, &got, error);

        *size += got;
        if (status != REEL_OK || *size < room)
            return status;
    }
}

reel_status reel_csv_read(const char *path, const reel_csv_options *options,
                          reel_table *table, reel_error *error)
{
    reel__source source;
    char *block = NULL;
    size_t size = 0;

    *table = (reel_table){0};

    reel_status status = reel__source_open(&source, path, true, error);

    if (status != REEL_OK)
        return status;
    status = read_all(&source, &block, &size, error);
    status = reel__source_close(&source, status, error);
    if (status == REEL_OK)
        status = reel_csv_parse(block, size, path, options, table, error);
    free(block);
    return status;
}

void reel_table_free(reel_table *table)
{
    reel_array_free(&table->features);
    reel_array_free(&table->targets);
    free((void *)(uintptr_t)table->columns);
    free((void *)(uintptr_t)table->classes);
    *table = (reel_table){0};
}
