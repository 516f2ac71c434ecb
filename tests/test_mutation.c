/* test_mutation.c: breaks the vjp and the jvp of every op of the table in turn,
 * in several ways. The gradient check must find every mutant that changes a
 * value, and blame that op and no other.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grad/check.h"
#include "samples.h"
#include "support.h"

/* --------------------------------------------------------------- mutations */

typedef enum kind {
    SIGN,
    TWICE,
    NEARLY,     /* a wrong digit in a constant */
    BATCH,      /* as many times too large as there are rows */
    DROPPED,    /* nothing for one operand */
    FIRST_ROW,  /* only a part of a sum */
    TRANSPOSED,
    OFF_BY_ONE,
    SWAPPED,    /* what belongs to another operand */
    EXTRA_TERM,
    KINDS
} kind;

static const char *const kind_name[KINDS] = {
    "sign",       "twice",      "nearly",     "batch",   "dropped",
    "first row",  "transposed", "off by one", "swapped", "extra term"};

/* Rules are plain functions: what is broken, and how, is kept here. */
static struct {
    const reel__op *op;
    kind kind;
    bool forward;
    reel__op mutant;
} now;

/* The same elements, each a place further. */
static reel_node *rolled(reel_node *x)
{
    int64_t n = reel_count(x);
    reel_node *flat = reel_reshape(x, REEL_SHAPE(n));
    int64_t zero[] = {0}, one[] = {1}, end[] = {n};
    reel_node *head = reel_slice(flat, zero, one, one);
    reel_node *tail = reel_slice(flat, one, end, one);
    return reel_reshape(reel_concat(REEL_NODES(tail, head), 0),
                        reel_shape_of(x));
}

static reel_node *transposed(reel_node *x)
{
    return reel_reshape(reel_transpose(x), reel_shape_of(x));
}

/* 0 but where the first index is 0. */
static reel_node *first_row(reel_node *x)
{
    reel_node *mask = reel_state(reel_tape_of(x), "mask", REEL_BOOL,
                                 reel_shape_of(x), NULL);
    memset(reel_data(mask), 1,
           (size_t)(reel_count(x) / reel_shape_of(x).dim[0]));
    return reel_where(mask, x,
                      reel_full(reel_tape_of(x), reel_dtype_of(x),
                                reel_shape_of(x), 0));
}

/* One derivative, wrong; as it was where the kind makes no sense. */
static reel_node *broken(reel_node *d)
{
    reel_shape s = reel_shape_of(d);
    if (!d || reel_count(d) == 0)
        return d;
    switch (now.kind) {
    case SIGN: return reel_neg(d);
    case TWICE: return reel_affine(d, 2, 0);
    case NEARLY: return reel_affine(d, 1.00001, 0);
    case BATCH: return s.ndim ? reel_affine(d, (double)s.dim[0], 0) : d;
    case TRANSPOSED: return s.ndim > 1 ? transposed(d) : d;
    case OFF_BY_ONE: return rolled(d);
    default: return d;
    }
}

static bool alike(const reel_node *a, const reel_node *b)
{
    return reel__same_shape(a, b) && reel_dtype_of(a) == reel_dtype_of(b);
}

static void broken_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    bool rows = now.kind == FIRST_ROW && reel_shape_of(y).ndim > 0;
    now.op->vjp(y, rows ? first_row(g) : g, need, dx);
    for (size_t k = 0; k < y->arity; k++)
        if (need[k] && dx[k])
            dx[k] = broken(dx[k]);
    if (now.kind == EXTRA_TERM && need[0] && alike(y, y->in[0]))
        dx[0] = dx[0] ? reel_add(dx[0], g) : g;
    if (now.kind == DROPPED)
        for (size_t k = y->arity; k-- > 0;)
            if (need[k]) {
                dx[k] = NULL;
                break;
            }
    if (now.kind == SWAPPED && y->arity > 1 && need[0] && need[1] && dx[0] &&
        dx[1] && alike(dx[0], dx[1])) {
        reel_node *first = dx[0];
        dx[0] = dx[1];
        dx[1] = first;
    }
}

static reel_node *broken_jvp(reel_node *y, reel_node *const *dx)
{
    reel_node *in[8], *dy;
    size_t last = 0, others = 0;
    ck_assert_uint_le(y->arity, 8);
    for (size_t k = 0; k < y->arity; k++) {
        in[k] = dx[k];
        others += dx[k] != NULL;
        last = dx[k] ? k : last;
    }
    if (now.kind == DROPPED) {
        in[last] = NULL;
        if (others == 1)
            return NULL;
    }
    if (now.kind == SWAPPED && y->arity > 1 && in[0] && in[1] &&
        alike(in[0], in[1])) {
        in[0] = dx[1];
        in[1] = dx[0];
    }
    dy = now.op->jvp(y, in);
    if (dy)
        dy = broken(dy);
    if (dy && now.kind == FIRST_ROW && reel_shape_of(y).ndim > 0)
        dy = first_row(dy);
    if (now.kind == EXTRA_TERM && in[0] && alike(y, y->in[0]))
        dy = dy ? reel_add(dy, in[0]) : in[0];
    return dy;
}

/* The op's nodes become the mutant's, or go back to what they were. The tape
 * must not take over what their rules recorded before. */
static void infect(const graph *g, bool ill)
{
    reel__replay_end(g->tape);
    for (size_t i = 0; i < g->tape->count; i++) {
        reel_node *n = g->tape->node[i];
        if (n->op == now.op || n->op == &now.mutant)
            n->op = ill ? &now.mutant : now.op;
    }
}

/* ------------------------------------------------------------- what changes */

enum { LINES = 3, MOST = 2048 };

/* The derivatives that the check will look at: of each element, or along
 * lines. */
static size_t derivatives(const graph *g, reel_nodes xs, long double *out)
{
    reel__subject s;
    reel__setup setup = {.forward = now.forward};
    reel_mark mark = reel_tape_mark(g->tape);
    size_t count = 0;
    bool open = reel__subject_open(&s, g->y, xs, &setup);
    ck_assert_msg(open, "%s", reel_message(g->tape));
    ck_assert_uint_le(s.elements, MOST);
    for (size_t i = 0; !now.forward && i < s.elements; i++)
        out[count++] = s.rule[i];
    for (uint64_t i = 0; now.forward && i < LINES; i++) {
        reel__heading heading = {0, REEL__STREAM_LINES + i};
        reel__line line = {0, (int64_t)s.elements, &heading};
        ck_assert(reel__forward(&s, &line, &out[count++]));
    }
    reel__subject_close(&s);
    reel_tape_rewind(g->tape, mark);
    return count;
}

static bool differs(const long double *a, const long double *b, size_t n)
{
    long double scale = 0, off = 0;
    for (size_t i = 0; i < n; i++) {
        scale = fmaxl(scale, fabsl(a[i]));
        off = fmaxl(off, fabsl(a[i] - b[i]));
    }
    return off > 1e-7L * scale;
}

/* ------------------------------------------------------------------ hunting */

static int mutants, caught;

/* What the diagnosis of a kind says, for those of which numbers always tell. */
static const char *const says[KINDS] = {[SIGN] = "the sign is flipped",
                                        [TWICE] = "2 times too large",
                                        [NEARLY] = "1.00001 times too large"};

static void hunt(const graph *g, reel_nodes xs, const char *what)
{
    static long double right[MOST], wrong[MOST];
    reel_gradcheck_report r;
    reel_gradcheck_options o = {.skip = REEL_SKIP_CONTRACTS};
    infect(g, false);
    size_t n = derivatives(g, xs, right);
    infect(g, true);
    derivatives(g, xs, wrong);
    if (!differs(right, wrong, n))
        return;
    mutants++;
    reel_status status = reel_gradcheck(g->y, xs, &o, &r);
    bool found = status == REEL_ECHECK && r.verdict == REEL_FAIL &&
                 r.blames > 0;
    for (size_t i = 0; found && i < r.blames; i++)
        found = strcmp(r.blame[i].op, now.op->name) == 0 &&
                r.blame[i].rule == (now.forward ? REEL_RULE_JVP
                                                : REEL_RULE_VJP) &&
                (!says[now.kind] ||
                 strstr(r.blame[i].diagnosis, says[now.kind]));
    if (found) {
        caught++;
    } else {
        printf("not caught: %s, %s of %s, %s: %s, blames %s\n", what,
               now.forward ? "jvp" : "vjp", now.op->name, kind_name[now.kind],
               reel_status_text(status), r.blames ? r.blame[0].op : "none");
        reel_gradcheck_print(&r, stdout);
    }
    reel_gradcheck_free(&r);
    reel_clear_error(g->tape);
}

static bool is_fit(const graph *g, reel_nodes xs)
{
    int64_t elements = 0;
    for (size_t i = 0; i < xs.count; i++)
        elements += reel_count(xs.node[i]);
    return !g->sample->value_only && !g->sample->gradient && xs.count > 0 &&
           elements > 1 && elements < 200 && reel_count(g->y) > 0 &&
           reel__is_float(reel_dtype_of(g->y));
}

/* Two samples of each op, the first small ones that tell something. */
static void mutate(const reel__op *op)
{
    int used = 0, most = (int)support_scaled(2, 1);
    for (int i = 0; i < op->samples && used < most; i++) {
        graph g;
        reel_node *leaf[MOST_IN];
        graph_make(&g, op, i, REEL_F64, DENSE);
        reel_nodes xs = float_leaves(&g, leaf);
        if (is_fit(&g, xs)) {
            used++;
            now.op = op;
            for (int k = 0; k < 2 * KINDS; k++) {
                now.kind = (kind)(k / 2);
                now.forward = k % 2;
                now.mutant = *op;
                if (now.forward)
                    now.mutant.jvp = broken_jvp;
                else
                    now.mutant.vjp = broken_vjp;
                hunt(&g, xs, op->sample[i].what);
            }
        }
        infect(&g, false);
        graph_free(&g);
    }
    ck_assert_msg(used > 0, "%s: no sample to mutate", op->name);
}

START_TEST(test_mutants)
{
    int ops = 0;
    for (int i = 0; reel__ops[i]; i++) {
        const reel__op *op = reel__ops[i];
        if (!op->vjp || op->flags & REEL__STOPS)
            continue;
        int before = mutants;
        mutate(op);
        ck_assert_msg(mutants > before, "%s has no mutant", op->name);
        ops++;
    }
    printf("mutants: %d of %d caught, of %d ops\n", caught, mutants, ops);
    fflush(stdout);
    ck_assert_int_gt(mutants, (int)support_scaled(1500, 600));
    ck_assert_int_eq(caught, mutants);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("mutation");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_mutants);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
