/* grad/blame.c: which op is wrong. Each node by which y depends on xs is
 * recorded anew with leaves for operands, which have the values that the
 * operands had, and checked alone, along random directions: the cost is some
 * evaluations of the graph, whatever its size.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "grad/check.h"
#include "grad/path.h"

#define DIRECTIONS 2
#define APART 64 /* elements */

/* A node's copy. */
typedef struct copy {
    const reel__subject *of; /* the subject that the node is a part of */
    size_t place;            /* the node's there */
    const unsigned char *mark;
    reel_node **leaf;  /* one an operand */
    reel_node **x;     /* those of them that lead to xs */
    int *operand;      /* and which they are */
    size_t xs;
    reel__ref *value;  /* one an operand */
    size_t room;       /* for so many operands */
} copy;

static const reel_node *node_of(const copy *k)
{
    return k->of->function->order.node[k->place];
}

static bool is_finite(const reel__ref *value)
{
    int64_t n = reel_shape_count(value->shape);
    for (int64_t i = 0; i < n; i++)
        if (!reel__is_finite(value->data[i]))
            return false;
    return true;
}

/* Operands are leaves of their own, even if they are one node. */
static reel_node *record(copy *k)
{
    const reel_node *node = node_of(k);
    const reel__reference *r = k->of->function;
    reel__call call = {.tape = node->tape, .op = node->op, .nin = node->arity,
                       .in = k->leaf, .attr = node->attr,
                       .dtype = (reel_dtype)node->dtype,
                       .shape = reel__shape_of(node)};
    k->xs = 0;
    for (size_t i = 0; i < node->arity; i++) {
        const reel_node *in = node->in[i];
        size_t place = r->operand[r->first[k->place] + i];
        k->leaf[i] = reel_state(node->tape, "operand", (reel_dtype)in->dtype,
                                reel__shape_of(in), NULL);
        if (!k->leaf[i])
            return NULL;
        k->value[i] = r->value[place];
        if (!k->mark[place] || !reel__is_float((reel_dtype)in->dtype))
            continue;
        k->operand[k->xs] = (int)i;
        k->x[k->xs++] = k->leaf[i];
    }
    return reel__append(&call, node->attr_bytes);
}

/* ---------------------------------------------------------------- reporting */

static void describe(const reel_node *node, reel_gradcheck_blame *b)
{
    char text[REEL__SHAPE_TEXT];
    size_t used = 0, room = sizeof b->shapes;
    b->op = reel_op_name(node);
    b->node = reel_id(node);
    if (node->file)
        snprintf(b->place, sizeof b->place, "%s:%d", node->file, node->line);
    for (size_t i = 0; i <= node->arity && used < room; i++) {
        const char *before = i == node->arity ? " -> " : i ? " x " : "";
        const reel_node *of = i == node->arity ? node : node->in[i];
        int n = snprintf(b->shapes + used, room - used, "%s%s", before,
                         reel__node_shape_text(of, text));
        used += n > 0 ? (size_t)n : 0;
    }
}

static bool blame_operand(reel__check *c, copy *k, reel__suspect *suspect,
                          reel__line *line)
{
    reel_gradcheck_blame b = {
        .rule = suspect->forward ? REEL_RULE_JVP : REEL_RULE_VJP,
        .operand = k->operand[suspect->operand]};
    if (!reel__bisect(suspect->subject, suspect->probe, suspect->t, line,
                      suspect->forward ? NULL : suspect->subject->rule))
        return false;
    suspect->index = b.index = line->from - suspect->begin;
    describe(node_of(k), &b);
    if (!reel__diagnose(suspect, &b))
        return false;
    reel__report_blame(c->report, &b);
    return true;
}

/* The operand by which the rule is most wrong, within the line. */
static bool blame_rule(reel__check *c, copy *k, reel__subject *s,
                       reel__probe *p, const reel__tolerance *t, bool forward,
                       const reel__line *within)
{
    reel__suspect worst = {.subject = s, .probe = p, .t = t,
                           .forward = forward};
    reel__line at = *within;
    long double most = 0;
    int64_t begin = 0;
    for (size_t x = 0; x < s->xs.count; x++) {
        int64_t n = reel_count(s->xs.node[x]);
        reel__line line = {begin > within->from ? begin : within->from,
                           begin + n < within->to ? begin + n : within->to,
                           within->heading};
        long double off = 0;
        if (line.from < line.to &&
            !reel__excess(s, p, t, &line, forward ? NULL : s->rule, &off))
            return false;
        if (off > most) {
            most = off;
            worst.operand = x;
            worst.begin = begin;
            at = line;
        }
        begin += n;
    }
    return blame_operand(c, k, &worst, &at);
}

/* ---------------------------------------------------------------- suspicion */

static bool fails(reel__subject *s, reel__probe *p, const reel__tolerance *t,
                  const reel__line *line, bool forward, bool *failed,
                  bool *kink)
{
    reel_reason why;
    long double value = reel__reverse(s->rule, line);
    if (forward && !reel__forward(s, line, &value))
        return false;
    reel__slope slope = reel__slope_of(p, line, value, t);
    *failed = reel__verdict(t, &slope, value, &why) == REEL_FAIL;
    *kink = slope.kink;
    return true;
}

/* Of several kinks at once nothing can be said: some elements are looked at
 * one by one. */
static bool fails_apart(reel__subject *s, reel__probe *p,
                        const reel__tolerance *t, bool forward,
                        reel__line *line, bool *failed)
{
    int64_t n = (int64_t)s->elements, step = n / APART + 1;
    bool kink;
    for (int64_t i = 0; !*failed && i < n; i += step) {
        *line = (reel__line){i, i + 1, NULL};
        if (!fails(s, p, t, line, forward, failed, &kink))
            return false;
    }
    return true;
}

static bool check_rule(reel__check *c, copy *k, reel__subject *s,
                       reel__probe *p, const reel__tolerance *t, bool forward)
{
    bool failed = false, kink = false;
    for (uint64_t d = 0; !failed && d < DIRECTIONS; d++) {
        reel__heading heading = {c->options.seed, REEL__STREAM_LINES + d};
        reel__line line = {0, (int64_t)s->elements, &heading};
        if (!fails(s, p, t, &line, forward, &failed, &kink) ||
            (kink && !fails_apart(s, p, t, forward, &line, &failed)) ||
            (failed && !blame_rule(c, k, s, p, t, forward, &line)))
            return false;
    }
    return true;
}

static bool check_rules(reel__check *c, copy *k, reel__subject *s,
                        reel__probe *p)
{
    reel__tolerances t;
    return reel__set_line_tolerances(c, s, &t) &&
           check_rule(c, k, s, p, &t.rule, false) &&
           (!s->dy || check_rule(c, k, s, p, &t.rule, true));
}

static void blame_value(reel__check *c, const copy *k)
{
    reel_gradcheck_blame b = {.rule = REEL_RULE_NONE, .operand = -1,
                              .diagnosis = "its value is not finite"};
    const reel__ref *value = &k->of->function->value[k->place];
    describe(node_of(k), &b);
    while (reel__is_finite(value->data[b.index]))
        b.index++;
    b.analytic = b.numeric = (double)value->data[b.index];
    reel__report_blame(c->report, &b);
}

static bool check_copy(reel__check *c, copy *k)
{
    reel__subject s;
    reel__setup setup = {.seed = c->options.seed, .vjp = true,
                         .forward = !(c->options.skip & REEL_SKIP_FORWARD),
                         .value = k->value};
    reel_node *y = record(k);
    if (!y)
        return false;
    for (size_t i = 0; i < y->arity; i++)
        if (!is_finite(&k->value[i]))
            return true; /* another one's fault */
    if (!is_finite(&k->of->function->value[k->place])) {
        blame_value(c, k);
        return true;
    }
    setup.leaves = (reel_nodes){y->arity, k->leaf};
    bool done = reel__subject_open(&s, y, (reel_nodes){k->xs, k->x}, &setup);
    reel__probe *p = done && s.elements ? reel__probes_new(&s, 1) : NULL;
    if (done && s.elements)
        done = p && check_rules(c, k, &s, p);
    if (p)
        reel__probes_free(&s, p, 1);
    reel__subject_close(&s);
    return done;
}

/* ----------------------------------------------------------------- the path */

static bool check_path(reel__check *c, copy *k)
{
    const reel__reference *r = k->of->function;
    reel_tape *t = c->tape;
    bool done = true;
    for (size_t i = 0; done && i < r->order.count; i++) {
        const reel_node *node = r->order.node[i];
        if (!k->mark[i] || !reel__has_rule(node) || reel_count(node) == 0)
            continue;
        reel_mark mark = reel_tape_mark(t);
        const reel_node *at = t->at;
        k->place = i;
        done = check_copy(c, k);
        t->at = at;
        if (done)
            reel_tape_rewind(t, mark);
    }
    return done;
}

static void *take(reel__check *c, size_t count, size_t bytes)
{
    void *block = reel__alloc_zeroed(&c->tape->allocator, count * bytes);
    return block ? block : reel__no_memory(c->tape, "gradcheck");
}

reel_status reel__check_blame(reel__check *c, const reel__subject *s)
{
    const reel_allocator *a = &c->tape->allocator;
    size_t nodes = s->function->order.count + 1;
    size_t arity = s->function->arity + 1;
    unsigned char *mark = take(c, nodes, 1);
    copy k = {.of = s, .mark = mark,
              .leaf = take(c, arity, sizeof *k.leaf),
              .x = take(c, arity, sizeof *k.x),
              .operand = take(c, arity, sizeof *k.operand),
              .value = take(c, arity, sizeof *k.value)};
    bool done = mark && k.leaf && k.x && k.operand && k.value;
    if (done) {
        reel__reference_mark(s->function, s->y, s->xs, mark);
        done = check_path(c, &k);
    }
    reel__free(a, mark, nodes);
    reel__free(a, k.leaf, arity * sizeof *k.leaf);
    reel__free(a, k.x, arity * sizeof *k.x);
    reel__free(a, k.operand, arity * sizeof *k.operand);
    reel__free(a, k.value, arity * sizeof *k.value);
    return done ? REEL_OK : c->tape->status;
}
