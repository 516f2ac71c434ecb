/* csv_classes.c: names that rows have, turned into class indices; and the
 * growing lists and lists of strings that the CSV reader is made of.
 *
 * SPDX-License-Identifier: MIT */
#include "data/csv.h"

#include <stdlib.h>
#include <string.h>

#include "io/number.h"

/* ------------------------------------------------------------------- lists */

bool reel__list_put(const reel_allocator *allocator, reel__list *list,
                    const void *bytes, size_t size)
{
    if (size > list->capacity - list->size) {
        size_t most = PTRDIFF_MAX, need;

        if (size > most - list->size)
            return false;
        need = list->size + size;

        size_t room = need > most / 2 ? need : 2 * need;
        char *grown = allocator->alloc(allocator->user, list->byte,
                                       list->capacity, room);

        if (!grown)
            return false;
        list->byte = grown;
        list->capacity = room;
    }
    memcpy(list->byte + list->size, bytes, size);
    list->size += size;
    return true;
}

void reel__list_free(const reel_allocator *allocator, reel__list *list)
{
    if (list->byte)
        allocator->alloc(allocator->user, list->byte, list->capacity, 0);
    *list = (reel__list){0};
}

const char *const *reel__strings(const reel_allocator *allocator,
                                 const char *strings, size_t bytes,
                                 size_t count)
{
    size_t pointers = (count + 1) * sizeof(char *);
    const char **list = allocator->alloc(allocator->user, NULL, 0,
                                         pointers + bytes);

    if (!list)
        return NULL;

    char *text = (char *)list + pointers;

    if (bytes > 0)
        memcpy(text, strings, bytes);
    for (size_t i = 0; i < count; i++) {
        list[i] = text;
        text += strlen(text) + 1;
    }
    list[count] = NULL;
    return (const char *const *)list;
}

/* ----------------------------------------------------------------- classes */

/* A row's name; value 0 where names are no numbers. */
typedef struct entry {
    const char *name;
    double value;
    int64_t row;
} entry;

static int compare_names(const entry *a, const entry *b, bool numbers)
{
    if (numbers)
        return (a->value > b->value) - (a->value < b->value);
    return strcmp(a->name, b->name);
}

static int in_order(const entry *a, const entry *b, bool numbers)
{
    int order = compare_names(a, b, numbers);

    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static int names_in_order(const void *a, const void *b)
{
    return in_order(a, b, false);
}

static int numbers_in_order(const void *a, const void *b)
{
    return in_order(a, b, true);
}

static void list_entries(const reel__list *names, bool numbers, entry *all,
                         int64_t rows)
{
    const char *name = names->byte;

    for (int64_t i = 0; i < rows; i++) {
        size_t length = strlen(name);

        all[i] = (entry){name, 0, i};
        if (numbers)
            reel__number_read(name, length, &all[i].value);
        name += length + 1;
    }
}

/* Equal entries stand together, the first row's in front: its is the name. */
static bool number_classes(const reel_allocator *allocator, const entry *all,
                           bool numbers, int64_t *targets, int64_t rows,
                           reel_table *table)
{
    reel__list names = {0};
    bool ok = true;

    for (int64_t i = 0; ok && i < rows; i++) {
        if (i == 0 || compare_names(&all[i - 1], &all[i], numbers) != 0) {
            ok = reel__list_put(allocator, &names, all[i].name,
                                strlen(all[i].name) + 1);
            table->class_count++;
        }
        targets[all[i].row] = table->class_count - 1;
    }
    if (ok)
        table->classes = reel__strings(allocator, names.byte, names.size,
                                       (size_t)table->class_count);
    reel__list_free(allocator, &names);
    return table->classes != NULL;
}

bool reel__csv_classes(const reel_allocator *allocator, const reel__list *names,
                       bool numbers, int64_t *targets, int64_t rows,
                       reel_table *table)
{
    /* Rows are held as more than this already, but for narrow addresses. */
    if ((uint64_t)rows > PTRDIFF_MAX / sizeof(entry))
        return false;

    size_t bytes = (size_t)rows * sizeof(entry);
    entry *all = allocator->alloc(allocator->user, NULL, 0, bytes);

    if (!all)
        return false;
    list_entries(names, numbers, all, rows);
    qsort(all, (size_t)rows, sizeof *all,
          numbers ? numbers_in_order : names_in_order);

    bool ok = number_classes(allocator, all, numbers, targets, rows, table);

    allocator->alloc(allocator->user, all, bytes, 0);
    return ok;
}
