/* confusion.c: which classes were taken for which, and what follows from it.
 *
 * SPDX-License-Identifier: MIT */
#include "nn/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/report.h"
#include <reel/plot.h>

reel_status reel_confusion_new(reel_confusion *confusion, int64_t classes,
                               reel_error *error)
{
    *confusion = (reel_confusion){0};
    if (classes < 1)
        return reel__report(error, REEL_EVALUE, "confusion",
                            "%" PRId64 " classes: needs 1 at least", classes);

    bool fits = (uint64_t)classes <= SIZE_MAX / sizeof(int64_t) /
                                         (uint64_t)classes;
    int64_t *cells = fits ? calloc((size_t)classes * (size_t)classes,
                                   sizeof *cells)
                          : NULL;

    if (!cells)
        return reel__report(error, REEL_ENOMEM, "confusion",
                            "out of memory: a matrix of %" PRId64 " classes",
                            classes);
    *confusion = (reel_confusion){classes, cells};
    return REEL_OK;
}

reel_status reel_confusion_add(reel_confusion *confusion, reel_values guesses,
                               reel_values labels, int64_t count,
                               reel_error *error)
{
    int64_t classes = confusion->classes;
    reel_status status = reel__check_classes("confusion", "guesses", guesses,
                                             count, classes, error);

    if (status == REEL_OK)
        status = reel__check_classes("confusion", "labels", labels, count,
                                     classes, error);
    for (int64_t i = 0; status == REEL_OK && i < count; i++)
        confusion->count[reel__class_at(labels, i) * classes +
                         reel__class_at(guesses, i)]++;
    return status;
}

void reel_confusion_free(reel_confusion *confusion)
{
    free(confusion->count);
    *confusion = (reel_confusion){0};
}

/* ------------------------------------------------------------------ scores */

static double ratio(int64_t part, int64_t whole)
{
    return reel__mean((double)part, whole);
}

static reel_class_score score_of(int64_t examples, int64_t guesses,
                                 int64_t right)
{
    return (reel_class_score){
        .precision = ratio(right, guesses),
        .recall = ratio(right, examples),
        .f1 = ratio(2 * right, examples + guesses),
        .examples = examples,
        .guesses = guesses,
        .right = right,
    };
}

reel_class_score reel_confusion_class(const reel_confusion *confusion,
                                      int64_t cls)
{
    int64_t n = confusion->classes, examples = 0, guesses = 0;

    for (int64_t j = 0; j < n; j++) {
        examples += confusion->count[cls * n + j];
        guesses += confusion->count[j * n + cls];
    }
    return score_of(examples, guesses, confusion->count[cls * n + cls]);
}

/* Adds x to a mean's sum unless it is NaN. */
static void add(double x, double *sum, int64_t *count)
{
    if (isnan(x))
        return;
    *sum += x;
    ++*count;
}

reel_confusion_means reel_confusion_mean(const reel_confusion *confusion)
{
    reel_confusion_means m = {.precisions = 0};
    reel_class_score sum = {.precision = 0};

    for (int64_t c = 0; c < confusion->classes; c++) {
        reel_class_score s = reel_confusion_class(confusion, c);

        add(s.precision, &sum.precision, &m.precisions);
        add(s.recall, &sum.recall, &m.recalls);
        add(s.f1, &sum.f1, &m.f1s);
        sum.examples += s.examples;
        sum.right += s.right;
    }
    m.micro = score_of(sum.examples, sum.examples, sum.right);
    m.macro = m.micro;
    m.macro.precision = reel__mean(sum.precision, m.precisions);
    m.macro.recall = reel__mean(sum.recall, m.recalls);
    m.macro.f1 = reel__mean(sum.f1, m.f1s);
    return m;
}

/* ------------------------------------------------------- print and picture */

static int width_of(const reel_confusion *confusion, const char *const *names)
{
    int64_t n = confusion->classes;
    int width = 5;

    for (int64_t i = 0; i < n * n; i++) {
        int digits = snprintf(NULL, 0, "%" PRId64, confusion->count[i]);

        width = digits > width ? digits : width;
    }
    for (int64_t c = 0; names && c < n; c++) {
        size_t length = strlen(names[c]);

        width = length > (size_t)width ? (int)(length < 20 ? length : 20)
                                       : width;
    }
    return width;
}

/* Of a name, as much as fits. */
static void print_name(const char *const *names, int64_t c, int width,
                       FILE *stream)
{
    if (names)
        fprintf(stream, "%*.*s", width, width, names[c]);
    else
        fprintf(stream, "%*" PRId64, width, c);
}

reel_status reel_confusion_print(const reel_confusion *confusion,
                                 const char *const *names, FILE *stream)
{
    int64_t n = confusion->classes;
    int width = width_of(confusion, names);

    fprintf(stream, "%*s  %*s\n%*s ", width, "true", width + 4, "taken for",
            width, "");
    for (int64_t c = 0; c < n; c++) {
        fputc(' ', stream);
        print_name(names, c, width, stream);
    }
    fputc('\n', stream);
    for (int64_t i = 0; i < n; i++) {
        print_name(names, i, width, stream);
        fputc(' ', stream);
        for (int64_t j = 0; j < n; j++)
            fprintf(stream, " %*" PRId64, width, confusion->count[i * n + j]);
        fputc('\n', stream);
    }
    return ferror(stream) ? REEL_EIO : REEL_OK;
}

/* `value` is room for the counts. */
static reel_status write_map(const reel_confusion *confusion,
                             const char *const *names, double *value,
                             const char *path, bool *drawn, reel_error *error)
{
    reel_class_score all = reel_confusion_mean(confusion).micro;
    int64_t n = confusion->classes;
    /* In tenths of a per cent: the point is the same in all locales. */
    int part = (int)lround(1000 * all.recall);
    char title[80];

    for (int64_t i = 0; i < n * n; i++)
        value[i] = (double)confusion->count[i];
    snprintf(title, sizeof title, "%" PRId64 " of %" PRId64 " right: %d.%d %%",
             all.right, all.examples, part / 10, part % 10);
    return reel_heat_map_write(&(reel_heat_map){.title = title,
                                                .row_label = "true",
                                                .column_label = "taken for",
                                                .rows = n,
                                                .columns = n,
                                                .value = value,
                                                .row_names = names,
                                                .column_names = names,
                                                .log = true},
                               path, drawn, error);
}

reel_status reel_confusion_write(const reel_confusion *confusion,
                                 const char *const *names, const char *path,
                                 bool *drawn, reel_error *error)
{
    size_t count = (size_t)confusion->classes * (size_t)confusion->classes;
    double *value = NULL;
    reel_status status;

    if (drawn)
        *drawn = false;
    if (isnan(reel_confusion_mean(confusion).micro.recall))
        return reel__report(error, REEL_EVALUE, path,
                            "nothing was counted for the confusion matrix");
    value = malloc(count * sizeof *value);
    status = value ? write_map(confusion, names, value, path, drawn, error)
                   : reel__report_memory(error, path, count * sizeof *value);
    free(value);
    return status;
}
