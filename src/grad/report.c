/* grad/report.c: the report of a gradient check: its memory, and the report as
 * a table.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "grad/check.h"

/* The report is freed by itself, perhaps after its tape. */
typedef struct rows {
    reel_allocator allocator;
    size_t bytes;
    reel_gradcheck_row row[];
} rows;

bool reel__report_new(reel_tape *tape, size_t count,
                      reel_gradcheck_report *report)
{
    if (count > SIZE_MAX / 2 / sizeof(reel_gradcheck_row))
        return false;
    size_t bytes = sizeof(rows) + count * sizeof(reel_gradcheck_row);
    rows *r = reel__alloc_zeroed(&tape->allocator, bytes);
    if (!r)
        return false;
    r->allocator = tape->allocator;
    r->bytes = bytes;
    report->row = r->row;
    report->count = count;
    for (size_t i = 0; i < count; i++)
        r->row[i] = (reel_gradcheck_row){.verdict = REEL_FAIL, .worst = -1};
    return true;
}

void reel_gradcheck_free(reel_gradcheck_report *report)
{
    if (!report || !report->row)
        return;
    char *first = (char *)report->row;
    rows *r = (rows *)(void *)(first - offsetof(rows, row));
    reel_allocator a = r->allocator;
    reel__free(&a, r, r->bytes);
    *report = (reel_gradcheck_report){.verdict = REEL_FAIL};
}

const char *reel_verdict_text(reel_verdict verdict)
{
    switch (verdict) {
    case REEL_PASS: return "pass";
    case REEL_INCONCLUSIVE: return "inconclusive";
    default: return "FAIL";
    }
}

/* ------------------------------------------------------------------- table */

#define NAME_TEXT 48

static const char *name_of(const reel_node *leaf, char *text)
{
    if (!leaf)
        snprintf(text, NAME_TEXT, "-");
    else if (leaf->name)
        snprintf(text, NAME_TEXT, "%s", leaf->name);
    else
        snprintf(text, NAME_TEXT, "%s #%zu", leaf->op->name, reel_id(leaf));
    return text;
}

static int name_width(const reel_gradcheck_report *report)
{
    char text[NAME_TEXT];
    size_t width = strlen("parameter");
    for (size_t i = 0; i < report->count; i++) {
        size_t n = strlen(name_of(report->row[i].parameter, text));
        width = n > width ? n : width;
    }
    return (int)width;
}

static void print_row(const reel_gradcheck_row *r, int width, FILE *stream)
{
    char text[NAME_TEXT];
    fprintf(stream, "%-*s %9" PRId64 " %9" PRId64 " %6" PRId64 " %6" PRId64,
            width, name_of(r->parameter, text), r->elements, r->passed,
            r->failed, r->inconclusive);
    if (r->worst >= 0)
        fprintf(stream, " %8" PRId64 " %12.6g %12.6g %8.2g", r->worst,
                r->analytic, r->numeric, r->relative_error);
    else
        fprintf(stream, " %8s %12s %12s %8s", "-", "-", "-", "-");
    fprintf(stream, "  %s\n", reel_verdict_text(r->verdict));
}

static void print_sum(const reel_gradcheck_report *report, FILE *stream)
{
    int64_t compared = 0, passed = 0, failed = 0, kinks = 0;
    for (size_t i = 0; i < report->count; i++) {
        compared += report->row[i].compared;
        passed += report->row[i].passed;
        failed += report->row[i].failed;
        kinks += report->row[i].inconclusive;
    }
    const char *verdict = reel_verdict_text(report->verdict);
    if (compared == 0)
        fprintf(stream, "%s: nothing was compared\n", verdict);
    else
        fprintf(stream,
                "%s: %" PRId64 " compared, %" PRId64 " passed, %" PRId64
                " failed, %" PRId64 " at a kink; loss %.7g\n",
                verdict, compared, passed, failed, kinks, report->loss);
}

reel_status reel_gradcheck_print(const reel_gradcheck_report *report,
                                 FILE *stream)
{
    if (!report || !stream)
        return REEL_EVALUE;
    int width = name_width(report);
    fprintf(stream, "%-*s %8s %7s %6s %5s %8s %12s %12s %8s  verdict\n", width,
            "parameter", "elements", "passed", "failed", "kinks", "worst at",
            "analytic", "numeric", "error");
    for (size_t i = 0; i < report->count; i++)
        print_row(&report->row[i], width, stream);
    print_sum(report, stream);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
