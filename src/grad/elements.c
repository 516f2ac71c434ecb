/* grad/elements.c: goes over the elements of the parameters, by several
 * threads, and enters what was found.
 *
 * SPDX-License-Identifier: MIT */
#include "grad/check.h"

/* Elements that are judged before they are entered, in order. */
#define BLOCK 1024

typedef struct batch {
    const reel__subject *subject;
    reel__probe *probe; /* one a thread */
    const reel__tolerances *tolerances;
    int64_t begin, n, k, shift; /* of the parameter: see element_of */
    int64_t from;               /* the first of the block */
    reel__finding finding[BLOCK];
} batch;

/* The j-th of k elements of n, floor(j n / k) + shift modulo n, without the
 * product of j and n. */
static int64_t element_of(const batch *b, int64_t j)
{
    int64_t i = j * (b->n / b->k) + j * (b->n % b->k) / b->k;
    return i < b->n - b->shift ? i + b->shift : i - (b->n - b->shift);
}

static void judge(void *context, int thread, int64_t i)
{
    batch *b = context;
    reel__judge(b->subject, &b->probe[thread],
                b->begin + element_of(b, b->from + i), b->tolerances,
                &b->finding[i]);
}

/* ------------------------------------------------------------------ entries */

/* The gravest comes last. A row that passes tells of what passed. */
static int gravity(reel_verdict verdict)
{
    return verdict == REEL_FAIL ? 2 : verdict == REEL_PASS ? 1 : 0;
}

static void sum_up(reel_gradcheck_row *row, int64_t i, const reel__finding *f)
{
    int than = gravity(row->verdict), is = gravity(f->verdict);
    row->compared++;
    row->passed += f->verdict == REEL_PASS;
    row->failed += f->verdict == REEL_FAIL;
    row->inconclusive += f->verdict == REEL_INCONCLUSIVE;
    if (row->worst >= 0 &&
        (is < than || (is == than && !(f->error > row->relative_error))))
        return;
    row->verdict = f->verdict;
    row->reason = f->reason;
    row->worst = i;
    row->analytic = (double)f->analytic;
    row->rule = (double)f->rule;
    row->numeric = (double)f->slope.value;
    row->estimate = (double)f->slope.error;
    row->relative_error = (double)f->error;
}

void reel__enter(reel__check *c, const reel__subject *s, int64_t element,
                 const reel__finding *f)
{
    size_t x = 0;
    while (element >= reel_count(s->xs.node[x]))
        element -= reel_count(s->xs.node[x++]);
    sum_up(&c->report->row[c->rows + x], element, f);
    c->passed = c->passed || f->verdict == REEL_PASS;
    if (f->verdict == REEL_PASS)
        return;
    reel_gradcheck_place place = {
        .row = c->rows + x, .index = element, .verdict = f->verdict,
        .reason = f->reason, .analytic = (double)f->analytic,
        .rule = (double)f->rule, .numeric = (double)f->slope.value,
        .estimate = (double)f->slope.error, .left = (double)f->slope.left,
        .right = (double)f->slope.right};
    reel__report_place(c->report, &place);
}

/* -------------------------------------------------------------- parameters */

static bool check_one(reel__check *c, reel__subject *s, size_t x, batch *b)
{
    reel__tolerances t;
    int64_t sample = c->options.sample;
    b->n = reel_count(s->xs.node[x]);
    b->k = sample > 0 && sample < b->n ? sample : b->n;
    b->shift = b->n ? (int64_t)(c->options.seed % (uint64_t)b->n) : 0;
    b->tolerances = &t;
    if (!reel__set_tolerances(c, s, x, &t))
        return false;
    for (b->from = 0; b->from < b->k; b->from += BLOCK) {
        int64_t left = b->k - b->from, count = left < BLOCK ? left : BLOCK;
        reel__team(c->threads, count, judge, b);
        for (int64_t i = 0; i < count; i++) {
            int64_t e = b->begin + element_of(b, b->from + i);
            reel__enter(c, s, e, &b->finding[i]);
            reel__progress(c);
        }
    }
    b->begin += b->n;
    return true;
}

reel_status reel__check_elements(reel__check *c, reel__subject *s)
{
    const reel_allocator *a = &s->tape->allocator;
    batch *b = reel__alloc_zeroed(a, sizeof *b);
    bool done = b || reel__no_memory(s->tape, "gradcheck");
    if (b) {
        b->subject = s;
        b->probe = reel__probes_new(s, c->threads);
        done = b->probe != NULL;
        for (size_t x = 0; done && x < s->xs.count; x++)
            done = check_one(c, s, x, b);
        if (b->probe)
            reel__probes_free(s, b->probe, c->threads);
    }
    reel__free(a, b, sizeof *b);
    return done ? REEL_OK : s->tape->status;
}
