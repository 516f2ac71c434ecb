/* grad/probe.c: moving parameters along a line and following what changes.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include <reel/random.h>
#include "grad/probe.h"

/* Seven bits of size and one of sign, so that x + h u has no rounding error for
 * a power of two h. Were all of one size, equal errors would often cancel. */
long double reel__component(const reel__heading *by, int64_t element)
{
    if (!by)
        return 1;
    uint64_t e = (uint64_t)element;
    uint64_t bits = reel_random_bits(by->seed, by->stream, e / 8);
    unsigned byte = bits >> e % 8 * 8 & 0xFF;
    long double size = (long double)(128 + (byte >> 1)) / 256;
    return byte & 1 ? size : -size;
}

/* -------------------------------------------------------------- open, close */

static bool list_nodes(reel__probe *p, const reel_node *y, reel_nodes xs)
{
    const reel__reference *r = p->reference;
    size_t n = r->order.count;
    unsigned char *mark = reel__alloc_zeroed(p->allocator, n + 1);
    if (!mark)
        return false;
    reel__reference_mark(r, y, xs, mark);
    for (size_t i = 0; i < n; i++) {
        size_t count = (size_t)reel_count(r->order.node[i]);
        p->value[i] = r->value[i];
        if (!mark[i])
            continue;
        p->elements += count;
        p->node[p->nodes++] = (uint32_t)i;
        if (count > p->widest)
            p->widest = count;
    }
    reel__free(p->allocator, mark, n + 1);
    return true;
}

static bool copy_values(reel__probe *p)
{
    p->block = reel__alloc(p->allocator, (p->elements + 1) * sizeof *p->block);
    p->mark = reel__alloc_zeroed(p->allocator, p->widest + 1);
    if (!p->block || !p->mark)
        return false;
    long double *next = p->block;
    for (size_t k = 0; k < p->nodes; k++) {
        reel__ref *value = &p->value[p->node[k]];
        size_t count = (size_t)reel_shape_count(value->shape);
        if (count)
            memcpy(next, value->data, count * sizeof *next);
        value->data = next;
        next += count;
    }
    return true;
}

bool reel__probe_open(reel__probe *p, const reel__reference *r,
                      const reel_node *y, reel_nodes xs, const long double *v)
{
    const reel_allocator *a = &r->tape->allocator;
    size_t n = r->order.count, pieces = r->arity + 1;
    *p = (reel__probe){.reference = r, .allocator = a, .v = v,
                       .params = xs.count,
                       .y = reel__reference_place(r, y)};
    p->node = reel__alloc(a, (n + 1) * sizeof *p->node);
    p->value = reel__alloc(a, (n + 1) * sizeof *p->value);
    p->change = reel__alloc_zeroed(a, (n + 1) * sizeof *p->change);
    p->x = reel__alloc(a, (xs.count + 1) * sizeof *p->x);
    p->begin = reel__alloc_zeroed(a, (xs.count + 1) * sizeof *p->begin);
    p->list = reel__alloc(a, REEL__LIST * sizeof *p->list);
    p->scratch = reel__alloc(a, pieces * REEL__PIECE * sizeof *p->scratch);
    p->in = reel__alloc_zeroed(a, pieces * sizeof *p->in);
    if (!p->node || !p->value || !p->change || !p->x || !p->begin ||
        !p->list || !p->scratch || !p->in || !list_nodes(p, y, xs) ||
        !copy_values(p))
        return false;
    for (size_t i = 0; i < xs.count; i++) {
        p->x[i] = reel__reference_place(r, xs.node[i]);
        p->begin[i + 1] = p->begin[i] + reel_count(xs.node[i]);
    }
    const reel__ref *value = &r->value[p->y];
    for (int64_t i = 0; i < reel_shape_count(value->shape); i++)
        p->size += fabsl((v ? v[i] : 1) * value->data[i]);
    p->finite = isfinite((double)p->size);
    return true;
}

void reel__probe_close(reel__probe *p)
{
    const reel_allocator *a = p->allocator;
    if (!p->reference)
        return;
    size_t n = p->reference->order.count + 1, params = p->params + 1;
    size_t pieces = p->reference->arity + 1;
    reel__free(a, p->node, n * sizeof *p->node);
    reel__free(a, p->value, n * sizeof *p->value);
    reel__free(a, p->change, n * sizeof *p->change);
    reel__free(a, p->x, params * sizeof *p->x);
    reel__free(a, p->begin, params * sizeof *p->begin);
    reel__free(a, p->list, REEL__LIST * sizeof *p->list);
    reel__free(a, p->scratch, pieces * REEL__PIECE * sizeof *p->scratch);
    reel__free(a, p->in, pieces * sizeof *p->in);
    reel__free(a, p->block, (p->elements + 1) * sizeof *p->block);
    reel__free(a, p->mark, p->widest + 1);
    *p = (reel__probe){.reference = NULL};
}

/* -------------------------------------------------------------------- moves */

size_t reel__probe_owner(const reel__probe *p, int64_t element)
{
    size_t i = 0;
    while (i + 1 < p->params && element >= p->begin[i + 1])
        i++;
    return i;
}

bool reel__probe_list(reel__probe *p, reel__change *c, int64_t at)
{
    if (p->used == REEL__LIST)
        return false;
    if (c->count++ == 0)
        c->first = p->used;
    p->list[p->used++] = at;
    return true;
}

/* One element is listed; of more the whole parameter counts as changed, since
 * it may stand twice among them. */
static void move(reel__probe *p, const reel__line *line, long double t)
{
    size_t last = reel__probe_owner(p, line->to - 1);
    for (size_t i = reel__probe_owner(p, line->from); i <= last; i++) {
        size_t x = p->x[i];
        int64_t begin = p->begin[i], end = p->begin[i + 1];
        int64_t from = line->from > begin ? line->from : begin;
        int64_t to = line->to < end ? line->to : end;
        if (x == p->reference->order.count || from >= to)
            continue;
        reel__change *c = &p->change[x];
        for (int64_t e = from; e < to; e++)
            p->value[x].data[e - begin] +=
                t * reel__component(line->heading, e);
        c->kind = REEL__ALL;
        if (line->to - line->from == 1 &&
            reel__probe_list(p, c, from - begin))
            c->kind = REEL__SOME;
    }
}

static bool same(long double a, long double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Of a node that was evaluated as a whole. */
static void compare(reel__probe *p, size_t i)
{
    reel__change *c = &p->change[i];
    const long double *now = p->value[i].data;
    const long double *was = p->reference->value[i].data;
    int64_t n = reel_shape_count(p->value[i].shape), most = n / 4;
    c->kind = REEL__SOME;
    for (int64_t k = 0; k < n; k++) {
        if (same(now[k], was[k]))
            continue;
        if ((int64_t)c->count >= most || !reel__probe_list(p, c, k)) {
            p->used -= c->count;
            *c = (reel__change){REEL__ALL, 0, 0};
            return;
        }
    }
    if (c->count == 0)
        c->kind = REEL__NOT;
}

static void follow(reel__probe *p, size_t i)
{
    const reel__reference *r = p->reference;
    bool changed = false, listed = true;
    for (size_t k = r->first[i]; k < r->first[i + 1]; k++) {
        reel__changed kind = p->change[r->operand[k]].kind;
        changed = changed || kind != REEL__NOT;
        listed = listed && kind != REEL__ALL;
    }
    if (!changed || (listed && reel__update(p, i)))
        return;
    bool bad_index;
    if (!reel__reference_evaluate(r, i, p->value, p->in, &bad_index))
        p->failed = true;
    compare(p, i);
}

/* Back to the reference's values. */
static void restore(reel__probe *p, size_t i)
{
    reel__change *c = &p->change[i];
    long double *now = p->value[i].data;
    const long double *was = p->reference->value[i].data;
    if (c->kind == REEL__ALL)
        memcpy(now, was,
               (size_t)reel_shape_count(p->value[i].shape) * sizeof *now);
    for (size_t k = 0; c->kind == REEL__SOME && k < c->count; k++) {
        int64_t at = p->list[c->first + k];
        now[at] = was[at];
    }
    *c = (reel__change){REEL__NOT, 0, 0};
}

static long double measure(const reel__probe *p, long double *size)
{
    const reel__change *c = &p->change[p->y];
    const long double *now = p->value[p->y].data;
    const long double *was = p->reference->value[p->y].data;
    int64_t n = c->kind == REEL__ALL    ? reel_shape_count(p->value[p->y].shape)
                : c->kind == REEL__SOME ? (int64_t)c->count
                                        : 0;
    long double sum = 0;
    *size = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t at = c->kind == REEL__SOME ? p->list[c->first + (size_t)k] : k;
        long double v = p->v ? p->v[at] : 1;
        if (same(now[at], was[at]) || v == 0)
            continue;
        sum += v * (now[at] - was[at]);
        *size += fabsl(v) * fmaxl(fabsl(now[at]), fabsl(was[at]));
    }
    return sum;
}

long double reel__probe_at(reel__probe *p, const reel__line *line,
                           long double t, long double *size)
{
    *size = 0;
    if (!p->finite)
        return NAN;
    p->used = 0;
    p->failed = false;
    move(p, line, t);
    for (size_t k = 0; k < p->nodes; k++)
        if (!(p->reference->order.node[p->node[k]]->op->flags & REEL__LEAF))
            follow(p, p->node[k]);
    long double change = p->failed ? NAN : measure(p, size);
    for (size_t i = 0; i < p->params; i++)
        if (p->x[i] < p->reference->order.count)
            restore(p, p->x[i]);
    for (size_t k = 0; k < p->nodes; k++)
        restore(p, p->node[k]);
    return change;
}
