/* grad/sparse.c: evaluating only what changes, for the ops where few changed
 * elements of an operand change few of the result: elementwise ones, views,
 * products and sums. The functions are the reference's, element by element; a
 * product or sum changes by the change of its terms.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "grad/probe.h"
#include "ops/ops.h"

/* The lists begun for place i, each element once. */
static bool list_once(reel__probe *p, size_t i, int64_t at)
{
    if (p->mark[at])
        return true;
    p->mark[at] = reel__probe_list(p, &p->change[i], at);
    return p->mark[at];
}

static const reel__change *change_of(const reel__probe *p, size_t i, size_t k)
{
    const reel__reference *r = p->reference;
    return &p->change[r->operand[r->first[i] + k]];
}

static const reel__ref *operand(const reel__probe *p, size_t i, size_t k)
{
    const reel__reference *r = p->reference;
    return &p->value[r->operand[r->first[i] + k]];
}

/* Its number before the change, at an element. */
static long double was(const reel__probe *p, size_t i, size_t k, int64_t at)
{
    const reel__reference *r = p->reference;
    return r->value[r->operand[r->first[i] + k]].data[at];
}

/* -------------------------------------------------------------- elementwise */

static void evaluate_piece(reel__probe *p, size_t i, const int64_t *at,
                           int64_t count)
{
    const reel_node *node = p->reference->order.node[i];
    reel_shape shape = {1, {count}};
    for (size_t k = 0; k < node->arity; k++) {
        long double *to = p->scratch + k * REEL__PIECE;
        p->in[k] = (reel__ref){operand(p, i, k)->dtype, shape, to};
        for (int64_t j = 0; j < count; j++)
            to[j] = operand(p, i, k)->data[at[j]];
    }
    reel__ref out = {p->value[i].dtype, shape,
                     p->scratch + node->arity * REEL__PIECE};
    reel__eval e = {.tape = node->tape, .nin = node->arity, .in = p->in,
                    .out = &out, .attr = node->attr};
    node->op->reference(&e);
    for (int64_t j = 0; j < count; j++)
        p->value[i].data[at[j]] = out.data[j];
}

static bool elementwise(reel__probe *p, size_t i)
{
    size_t arity = p->reference->order.node[i]->arity;
    reel__change *c = &p->change[i];
    for (size_t k = 0; k < arity; k++) {
        const reel__change *from = change_of(p, i, k);
        for (size_t j = 0; j < from->count; j++)
            if (!list_once(p, i, p->list[from->first + j]))
                return false;
    }
    for (size_t j = 0; j < c->count; j += REEL__PIECE) {
        size_t left = c->count - j;
        evaluate_piece(p, i, p->list + c->first + j,
                       (int64_t)(left < REEL__PIECE ? left : REEL__PIECE));
    }
    return true;
}

/* -------------------------------------------------------------------- views */

/* Axes of a view by the distance of their elements, farthest first. */
typedef struct digits {
    int count, axis[REEL_MAX_DIMS];
    reel__view view;
} digits;

static void sort_axes(const reel_node *y, digits *a)
{
    a->count = 0;
    for (int d = 0; d < y->ndim; d++) {
        int at = a->count;
        if (y->dim[d] == 1 || a->view.stride[d] == 0)
            continue;
        for (; at > 0 && llabs(a->view.stride[a->axis[at - 1]]) <
                             llabs(a->view.stride[d]); at--)
            a->axis[at] = a->axis[at - 1];
        a->axis[at] = d;
        a->count++;
    }
}

/* The index in y of element `at` of its operand; 0 along repeated axes. false:
 * the view leaves it out. Strides come of one dense array, so the index is
 * found like the digits of a number. */
static bool locate(const reel_node *y, const digits *a, int64_t at,
                   int64_t *index)
{
    int64_t rest = at - a->view.offset;
    for (int d = 0; d < REEL_MAX_DIMS; d++)
        index[d] = 0;
    for (int k = 0; k < a->count; k++) { /* count from the low end */
        int d = a->axis[k];
        if (a->view.stride[d] < 0)
            rest -= a->view.stride[d] * (y->dim[d] - 1);
    }
    for (int k = 0; k < a->count; k++) {
        int d = a->axis[k];
        int64_t stride = llabs(a->view.stride[d]);
        int64_t digit = rest < 0 ? y->dim[d] : rest / stride;
        if (digit >= y->dim[d])
            return false;
        rest -= digit * stride;
        index[d] = a->view.stride[d] < 0 ? y->dim[d] - 1 - digit : digit;
    }
    return rest == 0;
}

/* Wherever the element is repeated. */
static bool spread(reel__probe *p, size_t i, const digits *a, int64_t *index,
                   int64_t from)
{
    const reel_node *y = p->reference->order.node[i];
    reel_shape repeats = {y->ndim, {0}};
    int64_t stride[REEL_MAX_DIMS] = {0}, step[REEL_MAX_DIMS] = {0};
    reel__dense_strides(reel__shape_of(y), stride);
    int64_t base = reel__flat(y->ndim, index, stride);
    for (int d = 0; d < y->ndim; d++)
        repeats.dim[d] = a->view.stride[d] == 0 ? y->dim[d] : 1;
    do {
        int64_t at = base + reel__flat(y->ndim, step, stride);
        if (!list_once(p, i, at))
            return false;
        p->value[i].data[at] = operand(p, i, 0)->data[from];
    } while (reel__next_index(repeats, step));
    return true;
}

static bool view(reel__probe *p, size_t i)
{
    const reel_node *y = p->reference->order.node[i];
    const reel__change *from = change_of(p, i, 0);
    reel__view dense = {.offset = 0};
    digits a;
    reel__dense_strides(reel__shape_of(y->in[0]), dense.stride);
    if (reel_count(y) == 0 || !y->op->view(y, &dense, &a.view))
        return false;
    sort_axes(y, &a);
    for (size_t j = 0; j < from->count; j++) {
        int64_t at = p->list[from->first + j], index[REEL_MAX_DIMS];
        if (locate(y, &a, at, index) && !spread(p, i, &a, index, at))
            return false;
    }
    return true;
}

/* ----------------------------------------------------------- products, sums */

static bool add(reel__probe *p, size_t i, int64_t at, long double term)
{
    p->value[i].data[at] += term;
    return list_once(p, i, at);
}

/* By (a + da) (b + db) - a b = da b + (a + da) db. */
static bool matmul(reel__probe *p, size_t i)
{
    const reel__ref *a = operand(p, i, 0), *b = operand(p, i, 1);
    const reel__change *da = change_of(p, i, 0), *db = change_of(p, i, 1);
    reel_shape y = p->value[i].shape;
    int64_t m = y.dim[y.ndim - 2], n = y.dim[y.ndim - 1];
    int64_t k = a->shape.dim[y.ndim - 1];
    if ((int64_t)da->count > m * k / 4 || (int64_t)db->count > k * n / 4)
        return false;
    for (size_t j = 0; j < da->count; j++) {
        int64_t at = p->list[da->first + j], row = at / k;
        long double by = a->data[at] - was(p, i, 0, at);
        int64_t line = row / m * k * n + at % k * n;
        for (int64_t l = 0; l < n; l++)
            if (!add(p, i, row * n + l, by * was(p, i, 1, line + l)))
                return false;
    }
    for (size_t j = 0; j < db->count; j++) {
        int64_t at = p->list[db->first + j], matrix = at / n / k;
        long double by = b->data[at] - was(p, i, 1, at);
        for (int64_t l = 0; l < m; l++) {
            int64_t row = matrix * m + l;
            if (!add(p, i, row * n + at % n,
                     a->data[row * k + at / n % k] * by))
                return false;
        }
    }
    return true;
}

static bool sum(reel__probe *p, size_t i)
{
    const reel_node *y = p->reference->order.node[i];
    const reel__axes *axes = y->attr;
    const reel__change *dx = change_of(p, i, 0);
    reel_shape x = operand(p, i, 0)->shape;
    reel_shape kept = reel__reduced_shape(x, axes->mask, true);
    int64_t stride[REEL_MAX_DIMS] = {0};
    reel__dense_strides(kept, stride);
    for (size_t j = 0; j < dx->count; j++) {
        int64_t from = p->list[dx->first + j], rest = from, at = 0;
        for (int d = x.ndim; d-- > 0; rest /= x.dim[d])
            if (!(axes->mask >> d & 1))
                at += rest % x.dim[d] * stride[d];
        if (!add(p, i, at,
                 operand(p, i, 0)->data[from] - was(p, i, 0, from)))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- which one */

typedef bool update(reel__probe *p, size_t i);

/* Told by the reference, which is what is updated. */
static update *update_of(const reel_node *n)
{
    if (n->op->lowering == REEL__LOWER_ELEMENTWISE ||
        n->op->lowering == REEL__LOWER_CAST)
        return elementwise;
    if (n->op->lowering == REEL__LOWER_VIEW)
        return view;
    if (n->op->reference == reel__op_matmul.reference)
        return matmul;
    if (n->op->reference == reel__op_sum.reference &&
        reel__is_float((reel_dtype)n->dtype))
        return sum;
    return NULL;
}

/* Takes off the list what came out as it was. */
static void drop(reel__probe *p, size_t i)
{
    reel__change *c = &p->change[i];
    size_t kept = 0;
    for (size_t j = 0; j < c->count; j++) {
        int64_t at = p->list[c->first + j];
        if (p->value[i].data[at] != p->reference->value[i].data[at])
            p->list[c->first + kept++] = at;
    }
    p->used -= c->count - kept;
    c->count = kept;
    c->kind = kept ? REEL__SOME : REEL__NOT;
}

bool reel__update(reel__probe *p, size_t i)
{
    reel__change *c = &p->change[i];
    update *by = update_of(p->reference->order.node[i]);
    bool done = by && by(p, i);
    for (size_t j = 0; j < c->count; j++)
        p->mark[p->list[c->first + j]] = 0;
    if (done) {
        drop(p, i);
        return true;
    }
    /* Evaluated as a whole, it is compared as a whole. */
    p->used -= c->count;
    *c = (reel__change){REEL__NOT, 0, 0};
    return false;
}
