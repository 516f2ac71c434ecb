/* grad/report.c: the report of a gradient check: its memory, its words, and the
 * report as a table.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "grad/check.h"

/* ------------------------------------------------------------------- memory */

/* The report is freed by itself, perhaps after its tape. */
typedef struct memory {
    reel_allocator allocator;
    size_t rows, places, directions, blames; /* room for so many */
} memory;

bool reel__report_new(reel_tape *tape, size_t params, size_t orders,
                      reel_gradcheck_report *r)
{
    const reel_allocator *a = &tape->allocator;
    memory *m = reel__alloc_zeroed(a, sizeof *m);
    if (!m)
        return reel__no_memory(tape, "gradcheck");
    m->allocator = *a;
    r->own = m;
    m->places = REEL_GRADCHECK_PLACES;
    m->blames = REEL_GRADCHECK_BLAMES;
    r->place = reel__alloc_zeroed(a, m->places * sizeof *r->place);
    r->blame = reel__alloc_zeroed(a, m->blames * sizeof *r->blame);
    if (params <= SIZE_MAX / 2 / sizeof *r->row / orders)
        r->row = reel__alloc_zeroed(a, params * orders * sizeof *r->row);
    m->rows = r->row ? params * orders : 0;
    if (!r->row || !r->place || !r->blame)
        return reel__no_memory(tape, "gradcheck");
    r->count = m->rows;
    for (size_t i = 0; i < r->count; i++)
        r->row[i] = (reel_gradcheck_row){.verdict = REEL_FAIL, .worst = -1};
    return true;
}

void reel_gradcheck_free(reel_gradcheck_report *r)
{
    if (!r || !r->own)
        return;
    memory *m = r->own;
    reel_allocator a = m->allocator;
    reel__free(&a, r->row, m->rows * sizeof *r->row);
    reel__free(&a, r->place, r->place ? m->places * sizeof *r->place : 0);
    reel__free(&a, r->blame, r->blame ? m->blames * sizeof *r->blame : 0);
    reel__free(&a, r->direction, m->directions * sizeof *r->direction);
    reel__free(&a, m, sizeof *m);
    *r = (reel_gradcheck_report){.verdict = REEL_FAIL};
}

void reel__report_place(reel_gradcheck_report *r,
                        const reel_gradcheck_place *place)
{
    if (r->places < REEL_GRADCHECK_PLACES)
        r->place[r->places++] = *place;
    else
        r->unlisted++;
}

void reel__report_blame(reel_gradcheck_report *r,
                        const reel_gradcheck_blame *blame)
{
    if (r->blames < REEL_GRADCHECK_BLAMES)
        r->blame[r->blames++] = *blame;
    else
        r->unblamed++;
}

bool reel__report_direction(reel_gradcheck_report *r,
                            const reel_gradcheck_direction *direction)
{
    memory *m = r->own;
    reel_gradcheck_direction *grown =
        reel__grow(&m->allocator, r->direction, &m->directions,
                   r->directions + 1, sizeof *grown);
    if (!grown)
        return false;
    r->direction = grown;
    r->direction[r->directions++] = *direction;
    return true;
}

/* -------------------------------------------------------------------- words */

const char *reel_verdict_text(reel_verdict verdict)
{
    switch (verdict) {
    case REEL_PASS: return "pass";
    case REEL_INCONCLUSIVE: return "inconclusive";
    default: return "FAIL";
    }
}

const char *reel_reason_text(reel_reason reason)
{
    switch (reason) {
    case REEL_REASON_NONE: return "";
    case REEL_REASON_DIFFERS: return "differs";
    case REEL_REASON_PRECISION: return "precision";
    case REEL_REASON_NOT_FINITE: return "not finite";
    case REEL_REASON_NOTHING: return "nothing compared";
    case REEL_REASON_KINK: return "kink";
    case REEL_REASON_NOISE: return "noise";
    case REEL_REASON_ILL_CONDITIONED: return "ill-conditioned";
    }
    return "?";
}

const char *reel_rule_text(reel_rule rule)
{
    switch (rule) {
    case REEL_RULE_VJP: return "vjp";
    case REEL_RULE_JVP: return "jvp";
    case REEL_RULE_BOTH: return "vjp and jvp";
    default: return "";
    }
}

const char *reel_contract_text(unsigned contract)
{
    switch (contract) {
    case REEL_CONTRACT_ZERO: return "a cotangent or tangent of 0 gives 0";
    case REEL_CONTRACT_LINEAR: return "the vjp is linear in its cotangent";
    case REEL_CONTRACT_REPEATABLE: return "a second run gives the same bits";
    case REEL_CONTRACT_THREADS: return "threads make no difference to the bits";
    case REEL_CONTRACT_INPUTS: return "leaves come back bit for bit";
    case REEL_CONTRACT_SYMMETRIC: return "the second derivative is symmetric";
    default: return "?";
    }
}

/* ------------------------------------------------------------------- table */

const char *reel__leaf_text(const reel_node *leaf, char *text)
{
    if (!leaf)
        snprintf(text, REEL__LEAF_TEXT, "-");
    else if (leaf->name)
        snprintf(text, REEL__LEAF_TEXT, "%s", leaf->name);
    else
        snprintf(text, REEL__LEAF_TEXT, "%s #%zu", leaf->op->name,
                 reel_id(leaf));
    return text;
}

/* What a row is called: w, or w'' from the second order on. */
#define ROW_TEXT (REEL__LEAF_TEXT + 24)

static const char *row_text(const reel_gradcheck_row *row, char *text)
{
    char name[REEL__LEAF_TEXT];
    reel__leaf_text(row->parameter, name);
    if (row->order > 1)
        snprintf(text, ROW_TEXT, "%s, order %d", name, row->order);
    else
        snprintf(text, ROW_TEXT, "%s", name);
    return text;
}

static int name_width(const reel_gradcheck_report *report)
{
    char text[ROW_TEXT];
    size_t width = strlen("parameter");
    for (size_t i = 0; i < report->count; i++) {
        size_t n = strlen(row_text(&report->row[i], text));
        width = n > width ? n : width;
    }
    return (int)width;
}

static void print_row(const reel_gradcheck_row *r, int width, FILE *stream)
{
    char text[ROW_TEXT];
    fprintf(stream, "%-*s %9" PRId64 " %9" PRId64 " %6" PRId64 " %6" PRId64,
            width, row_text(r, text), r->elements, r->passed, r->failed,
            r->inconclusive);
    if (r->worst >= 0)
        fprintf(stream, " %8" PRId64 " %12.6g %12.6g %8.2g", r->worst,
                r->analytic, r->numeric, r->relative_error);
    else
        fprintf(stream, " %8s %12s %12s %8s", "-", "-", "-", "-");
    fprintf(stream, "  %s", reel_verdict_text(r->verdict));
    if (r->reason != REEL_REASON_NONE)
        fprintf(stream, ": %s", reel_reason_text(r->reason));
    putc('\n', stream);
}

/* -------------------------------------------------------------------- below */

static void print_blame(const reel_gradcheck_report *r, FILE *stream)
{
    for (size_t i = 0; i < r->blames; i++) {
        const reel_gradcheck_blame *b = &r->blame[i];
        fprintf(stream, "wrong: %s%sthe %s of %s, %s", b->place,
                b->place[0] ? ": " : "",
                b->rule == REEL_RULE_NONE ? "value" : reel_rule_text(b->rule),
                b->op, b->shapes);
        if (b->operand >= 0)
            fprintf(stream, ", by operand %d", b->operand);
        fprintf(stream, "\n       ");
        if (b->diagnosis[0])
            fprintf(stream, "%s\n       ", b->diagnosis);
        fprintf(stream, "element %" PRId64 " is %.9g", b->index, b->analytic);
        if (b->rule != REEL_RULE_NONE)
            fprintf(stream, ", should be %.9g", b->numeric);
        putc('\n', stream);
    }
    if (r->unblamed)
        fprintf(stream, "wrong: %" PRId64 " more\n", r->unblamed);
}

static void print_place(const reel_gradcheck_report *r,
                        const reel_gradcheck_place *p, FILE *stream)
{
    char text[ROW_TEXT];
    fprintf(stream, "%s[%" PRId64 "]: %s, %s: ",
            row_text(&r->row[p->row], text), p->index,
            reel_verdict_text(p->verdict), reel_reason_text(p->reason));
    if (p->reason == REEL_REASON_KINK)
        fprintf(stream, "%.9g, slopes %.9g and %.9g on the two sides\n",
                p->rule, p->left, p->right);
    else if (p->reason == REEL_REASON_PRECISION)
        fprintf(stream, "computed %.9g, in long double %.9g, by differences "
                        "%.9g\n", p->analytic, p->rule, p->numeric);
    else
        fprintf(stream, "%.9g, by differences %.9g +- %.2g\n", p->rule,
                p->numeric, p->estimate);
}

/* The first of them: the others say the same. */
#define PRINTED 8

static void print_places(const reel_gradcheck_report *r, FILE *stream)
{
    size_t some = r->places < PRINTED ? r->places : PRINTED;
    int64_t more = r->unlisted + (int64_t)(r->places - some);
    for (size_t i = 0; i < some; i++)
        print_place(r, &r->place[i], stream);
    if (more > 0)
        fprintf(stream, "and %" PRId64 " more element%s\n", more,
                more == 1 ? "" : "s");
}

static void print_direction(const reel_gradcheck_direction *d, size_t i,
                            FILE *stream)
{
    fprintf(stream, "direction %zu%s: %s", i,
            d->order > 1 ? ", of a derivative" : "",
            reel_verdict_text(d->verdict));
    if (d->reason != REEL_REASON_NONE)
        fprintf(stream, ": %s", reel_reason_text(d->reason));
    if (d->wrong != REEL_RULE_NONE)
        fprintf(stream, ", by %s", reel_rule_text(d->wrong));
    fprintf(stream, ": reverse %.12g", d->reverse);
    if (!isnan(d->forward))
        fprintf(stream, ", forward %.12g", d->forward);
    fprintf(stream, ", by differences %.12g +- %.2g\n", d->numeric,
            d->estimate);
}

/* Only what is worth a line: all, if one is. */
static void print_directions(const reel_gradcheck_report *r, bool all,
                             FILE *stream)
{
    for (size_t i = 0; i < r->directions; i++)
        all = all || r->direction[i].verdict != REEL_PASS;
    for (size_t i = 0; all && i < r->directions; i++)
        print_direction(&r->direction[i], i, stream);
    if (r->forward[0])
        fprintf(stream, "forward mode was not asked: %s\n", r->forward);
}

static void print_contracts(const reel_gradcheck_report *r, FILE *stream)
{
    for (unsigned bit = 1; bit <= REEL_CONTRACTS; bit <<= 1)
        if (r->broken & bit)
            fprintf(stream, "broken: %s\n", reel_contract_text(bit));
}

static void print_sum(const reel_gradcheck_report *report, FILE *stream)
{
    int64_t compared = 0, passed = 0, failed = 0, rest = 0, kinks = 0;
    for (size_t i = 0; i < report->count; i++) {
        compared += report->row[i].compared;
        passed += report->row[i].passed;
        failed += report->row[i].failed;
        rest += report->row[i].inconclusive;
    }
    for (size_t i = 0; i < report->places; i++)
        kinks += report->place[i].reason == REEL_REASON_KINK &&
                 report->place[i].verdict == REEL_INCONCLUSIVE;
    const char *verdict = reel_verdict_text(report->verdict);
    fprintf(stream, "%s: ", verdict);
    if (compared == 0 && report->directions == 0)
        fprintf(stream, "nothing was compared");
    else if (compared == 0)
        fprintf(stream, "%zu directions", report->directions);
    else
        fprintf(stream, "%" PRId64 " compared, %" PRId64 " passed, %" PRId64
                        " failed, %" PRId64 " %s",
                compared, passed, failed, rest,
                rest == kinks ? "at a kink" : "inconclusive");
    fprintf(stream, "; loss %.7g, seed %" PRIu64 "\n", report->loss,
            report->seed);
}

reel_status reel_gradcheck_print(const reel_gradcheck_report *report,
                                 FILE *stream)
{
    if (!report || !stream)
        return REEL_EVALUE;
    int width = name_width(report);
    int64_t compared = 0;
    fprintf(stream, "%-*s %9s %9s %6s %6s %8s %12s %12s %8s  verdict\n", width,
            "parameter", "elements", "passed", "failed", "unsure", "worst at",
            "analytic", "numeric", "error");
    for (size_t i = 0; i < report->count; i++) {
        print_row(&report->row[i], width, stream);
        compared += report->row[i].compared;
    }
    print_blame(report, stream);
    print_places(report, stream);
    print_directions(report, compared == 0, stream);
    print_contracts(report, stream);
    print_sum(report, stream);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
