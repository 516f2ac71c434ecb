/* ops/index.c: elements chosen by an index that is itself a value of the graph:
 * gather and scatter_add by rows, pick and place one element in each row, and
 * one_hot. gather and scatter_add are each other's gradient, pick and place
 * too; nothing flows into the index.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "ops/ops.h"
#include "ops/samples.h"

#define NO_COUNT INT64_MIN

bool reel__takes_index(reel__call *call, const char *what,
                       const reel_node *index)
{
    return reel__is_integer((reel_dtype)index->dtype) ||
           reel__fail(call->tape, REEL_EDTYPE, call->op->name,
                      "%s is %s: needs i32, i64 or u8", what,
                      reel_dtype_name((reel_dtype)index->dtype));
}

/* The index's shape against the front of x's, of which it must be all but
 * `rest` axes. */
static bool fits(reel__call *call, int rest)
{
    const reel_node *x = call->in[0], *index = call->in[1];
    char a[REEL__SHAPE_TEXT], b[REEL__SHAPE_TEXT], c[REEL__SHAPE_TEXT];
    reel_shape front = reel__shape_of(x);
    front.ndim = x->ndim - rest;
    return (front.ndim >= 0 &&
            reel__shape_equal(front, reel__shape_of(index))) ||
           reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                      "index %s does not fit %s: needs %s",
                      reel__node_shape_text(index, a),
                      reel__node_shape_text(x, b), reel__shape_text(front, c));
}

/* More axes for the result. */
static bool append(reel__call *call, const int64_t *dim, int count)
{
    if (call->shape.ndim + count > REEL_MAX_DIMS)
        return reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                          "the result would have %d dimensions: at most %d",
                          call->shape.ndim + count, REEL_MAX_DIMS);
    for (int i = 0; i < count; i++)
        call->shape.dim[call->shape.ndim++] = dim[i];
    return reel__shape_valid(call->shape) ||
           reel__fail(call->tape, REEL_ESHAPE, call->op->name,
                      "the result has too many elements");
}

static bool counts(reel__call *call, int64_t n)
{
    return n >= 0 || reel__fail(call->tape, REEL_EVALUE, call->op->name,
                                "n is %" PRId64 ": needs 0 or more", n);
}

static reel_node *record(const reel__op *op, reel_node *x, reel_node *index,
                         int64_t n)
{
    reel_node *in[] = {x, index};
    reel__count attr = {n, 0};
    return reel__record(op, in, 2, &attr, n == NO_COUNT ? 0 : sizeof attr);
}

/* All are linear in x. */
static reel_node *jvp(reel_node *y, reel_node *const *dx)
{
    reel_node *in[] = {dx[0], y->in[1]};
    return reel__record(y->op, in, 2, y->attr, y->attr_bytes);
}

/* The index at i; -1, with the evaluation marked, where it is out of range. */
static int64_t index_at(reel__eval *e, size_t operand, int64_t i, int64_t n)
{
    long double at = e->in[operand].data[i];
    if (at >= 0 && at < n)
        return (int64_t)at;
    e->bad_index = true;
    return -1;
}

static void clear(reel__eval *e)
{
    int64_t n = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < n; i++)
        e->out->data[i] = 0;
}

/* ------------------------------------------------------------------ gather */

static bool gather_infer(reel__call *call)
{
    const reel_node *x = call->in[0], *index = call->in[1];
    if (!reel__takes_index(call, "index", index))
        return false;
    if (x->ndim < 1)
        return reel__fail(call->tape, REEL_ESHAPE, "gather",
                          "needs at least one dimension to index, not []");
    call->dtype = (reel_dtype)x->dtype;
    call->shape = reel__shape_of(index);
    return append(call, x->dim + 1, x->ndim - 1);
}

reel_node *reel_gather(reel_node *x, reel_node *index)
{
    return record(&reel__op_gather, x, index, NO_COUNT);
}

static void gather_vjp(reel_node *y, reel_node *g, const bool *need,
                       reel_node **dx)
{
    if (need[0])
        dx[0] = reel_scatter_add(g, y->in[1], y->in[0]->dim[0]);
}

static void gather_reference(reel__eval *e)
{
    int64_t n = e->in[0].shape.dim[0];
    int64_t rows = reel_shape_count(e->in[1].shape);
    clear(e);
    for (int64_t i = 0; i < rows; i++) {
        int64_t row = reel_shape_count(e->out->shape) / rows;
        int64_t at = index_at(e, 1, i, n);
        for (int64_t j = 0; at >= 0 && j < row; j++)
            e->out->data[i * row + j] = e->in[0].data[at * row + j];
    }
}

static const double repeats[] = {3, 0, 3, 3, 1, 0};

static const reel__sample gather_samples[] = {
    {.what = "rows", .nin = 2,
     .in = {REEL__REALS(-2, 2, 7, 5), REEL__INDICES(7, 3)}},
    {.what = "repeats, two axes", .nin = 2,
     .in = {REEL__REALS(-2, 2, 4, 3), REEL__INDEX_VALUES(repeats, 2, 3)}},
    {.what = "elements", .nin = 2,
     .in = {REEL__REALS(-2, 2, 17), REEL__WHOLE(REEL_U8, 0, 17, 33)}},
    {.what = "blocks", .nin = 2,
     .in = {REEL__REALS(-2, 2, 3, 5, 7), REEL__INDICES(3, 2)}},
    {.what = "no index", .nin = 2, .value_only = true,
     .in = {REEL__REALS(-2, 2, 3, 5), REEL__INDICES(3, 0)}},
    {.what = "u8 rows", .nin = 2, .value_only = true,
     .in = {REEL__WHOLE(REEL_U8, 0, 256, 7, 5), REEL__INDICES(7, 4)}},
};

const reel__op reel__op_gather = {
    .name = "gather",
    .arity = 2,
    .lowering = REEL__LOWER_GATHER,
    .kernel = REEL__K_gather,
    .infer = gather_infer,
    .vjp = gather_vjp,
    .jvp = jvp,
    .reference = gather_reference,
    REEL__SAMPLES(gather_samples),
};

/* ------------------------------------------------------------- scatter_add */

static bool scatter_add_infer(reel__call *call)
{
    const reel__count *a = call->attr;
    const reel_node *x = call->in[0], *index = call->in[1];
    int rest = x->ndim > index->ndim ? x->ndim - index->ndim : 0;
    if (!reel__takes(call, 0, REEL__TAKES_NUMBERS) ||
        !reel__takes_index(call, "index", index) || !fits(call, rest) ||
        !counts(call, a->n))
        return false;
    call->dtype = (reel_dtype)x->dtype;
    call->shape = (reel_shape){1, {a->n}};
    return append(call, x->dim + index->ndim, rest);
}

reel_node *reel_scatter_add(reel_node *x, reel_node *index, int64_t n)
{
    return record(&reel__op_scatter_add, x, index, n);
}

static void scatter_add_vjp(reel_node *y, reel_node *g, const bool *need,
                            reel_node **dx)
{
    if (need[0])
        dx[0] = reel_gather(g, y->in[1]);
}

static void scatter_add_reference(reel__eval *e)
{
    int64_t n = e->out->shape.dim[0];
    int64_t rows = reel_shape_count(e->in[1].shape);
    clear(e);
    for (int64_t i = 0; i < rows; i++) {
        int64_t row = reel_shape_count(e->in[0].shape) / rows;
        int64_t at = index_at(e, 1, i, n);
        for (int64_t j = 0; at >= 0 && j < row; j++) {
            long double *to = &e->out->data[at * row + j];
            *to = reel__wrap(e->out->dtype, *to + e->in[0].data[i * row + j]);
        }
    }
}

REEL__BUILD(scatter_rows, reel_scatter_add(in[0], in[1], 7))

static const reel__sample scatter_add_samples[] = {
    {.what = "rows", .nin = 2, .build = scatter_rows,
     .in = {REEL__REALS(-2, 2, 3, 5), REEL__INDICES(7, 3)}},
    {.what = "repeats, two axes", .nin = 2, .build = scatter_rows,
     .in = {REEL__REALS(-2, 2, 2, 3, 5), REEL__INDEX_VALUES(repeats, 2, 3)}},
    {.what = "elements", .nin = 2, .build = scatter_rows,
     .in = {REEL__REALS(-2, 2, 33), REEL__WHOLE(REEL_U8, 0, 7, 33)}},
    {.what = "no index", .nin = 2, .value_only = true, .build = scatter_rows,
     .in = {REEL__REALS(-2, 2, 0, 5), REEL__INDICES(3, 0)}},
    {.what = "u8 wraps", .nin = 2, .value_only = true, .build = scatter_rows,
     .in = {REEL__WHOLE(REEL_U8, 100, 256, 17, 3), REEL__INDICES(7, 17)}},
};

const reel__op reel__op_scatter_add = {
    .name = "scatter_add",
    .arity = 2,
    .lowering = REEL__LOWER_SCATTER_ADD,
    .kernel = REEL__K_scatter_add,
    .infer = scatter_add_infer,
    .vjp = scatter_add_vjp,
    .jvp = jvp,
    .reference = scatter_add_reference,
    REEL__SAMPLES(scatter_add_samples),
};

/* -------------------------------------------------------------------- pick */

static bool pick_infer(reel__call *call)
{
    const reel_node *x = call->in[0];
    if (!reel__takes_index(call, "index", call->in[1]))
        return false;
    if (x->ndim < 1)
        return reel__fail(call->tape, REEL_ESHAPE, "pick",
                          "needs at least one dimension to index, not []");
    call->dtype = (reel_dtype)x->dtype;
    call->shape = reel__shape_of(call->in[1]);
    return fits(call, 1);
}

reel_node *reel_pick(reel_node *x, reel_node *index)
{
    return record(&reel__op_pick, x, index, NO_COUNT);
}

static void pick_vjp(reel_node *y, reel_node *g, const bool *need,
                     reel_node **dx)
{
    reel_node *x = y->in[0];
    if (need[0])
        dx[0] = reel_place(g, y->in[1], x->dim[x->ndim - 1]);
}

static void pick_reference(reel__eval *e)
{
    reel_shape x = e->in[0].shape;
    int64_t n = x.dim[x.ndim - 1], rows = reel_shape_count(e->out->shape);
    for (int64_t i = 0; i < rows; i++) {
        int64_t at = index_at(e, 1, i, n);
        e->out->data[i] = at < 0 ? 0 : e->in[0].data[i * n + at];
    }
}

REEL__BUILD(pick_transposed, reel_pick(reel_transpose(in[0]), in[1]))

static const reel__sample pick_samples[] = {
    {.what = "matrix", .nin = 2,
     .in = {REEL__REALS(-2, 2, 17, 7), REEL__INDICES(7, 17)}},
    {.what = "three axes", .nin = 2,
     .in = {REEL__REALS(-2, 2, 3, 5, 7), REEL__WHOLE(REEL_U8, 0, 7, 3, 5)}},
    {.what = "vector", .nin = 2,
     .in = {REEL__REALS(-2, 2, 5), {REEL_I32, {0, {0}}, 0, 5, NULL}}},
    {.what = "of a transpose", .nin = 2, .build = pick_transposed,
     .in = {REEL__REALS(-2, 2, 4, 6), REEL__INDEX_VALUES(repeats, 6)}},
    {.what = "no row", .nin = 2, .value_only = true,
     .in = {REEL__REALS(-2, 2, 0, 5), REEL__INDICES(5, 0)}},
};

const reel__op reel__op_pick = {
    .name = "pick",
    .arity = 2,
    .lowering = REEL__LOWER_PICK,
    .kernel = REEL__K_pick,
    .infer = pick_infer,
    .vjp = pick_vjp,
    .jvp = jvp,
    .reference = pick_reference,
    REEL__SAMPLES(pick_samples),
};

/* ------------------------------------------------------------------- place */

static bool place_infer(reel__call *call)
{
    const reel__count *a = call->attr;
    if (!reel__takes(call, 0, REEL__TAKES_NUMBERS) ||
        !reel__takes_index(call, "index", call->in[1]) || !fits(call, 0) ||
        !counts(call, a->n))
        return false;
    call->dtype = (reel_dtype)call->in[0]->dtype;
    call->shape = reel__shape_of(call->in[1]);
    return append(call, &a->n, 1);
}

reel_node *reel_place(reel_node *x, reel_node *index, int64_t n)
{
    return record(&reel__op_place, x, index, n);
}

static void place_vjp(reel_node *y, reel_node *g, const bool *need,
                      reel_node **dx)
{
    if (need[0])
        dx[0] = reel_pick(g, y->in[1]);
}

/* one_hot's too: without x, what is placed is 1. */
static void place_reference(reel__eval *e)
{
    const reel__count *a = e->attr;
    size_t index = e->nin - 1;
    int64_t rows = reel_shape_count(e->in[index].shape);
    clear(e);
    for (int64_t i = 0; i < rows; i++) {
        int64_t at = index_at(e, index, i, a->n);
        if (at >= 0)
            e->out->data[i * a->n + at] = index ? e->in[0].data[i] : 1;
    }
}

REEL__BUILD(place_5, reel_place(in[0], in[1], 5))

static const reel__sample place_samples[] = {
    {.what = "vector", .nin = 2, .build = place_5,
     .in = {REEL__REALS(-2, 2, 17), REEL__INDICES(5, 17)}},
    {.what = "matrix", .nin = 2, .build = place_5,
     .in = {REEL__REALS(-2, 2, 2, 3), REEL__INDEX_VALUES(repeats, 2, 3)}},
    {.what = "scalar", .nin = 2, .build = place_5,
     .in = {REEL__REAL_SCALAR(-2, 2), {REEL_U8, {0, {0}}, 0, 5, NULL}}},
};

const reel__op reel__op_place = {
    .name = "place",
    .arity = 2,
    .lowering = REEL__LOWER_PLACE,
    .kernel = REEL__K_place,
    .infer = place_infer,
    .vjp = place_vjp,
    .jvp = jvp,
    .reference = place_reference,
    REEL__SAMPLES(place_samples),
};

/* ----------------------------------------------------------------- one_hot */

static bool one_hot_infer(reel__call *call)
{
    const reel__count *a = call->attr;
    if (!reel__takes_index(call, "index", call->in[0]) || !counts(call, a->n))
        return false;
    if (a->dtype < 0 || a->dtype >= REEL_DTYPES)
        return reel__fail(call->tape, REEL_EDTYPE, "one_hot",
                          "no such dtype: %" PRId64, a->dtype);
    call->dtype = (reel_dtype)a->dtype;
    call->shape = reel__shape_of(call->in[0]);
    return append(call, &a->n, 1);
}

reel_node *reel_one_hot(reel_node *index, int64_t n, reel_dtype dtype)
{
    reel__count attr = {n, (int64_t)dtype};
    return reel__record(&reel__op_one_hot, &index, 1, &attr, sizeof attr);
}

REEL__BUILD(one_hot_f32, reel_one_hot(in[0], 7, REEL_F32))
REEL__BUILD(one_hot_f64, reel_one_hot(in[0], 4, REEL_F64))
REEL__BUILD(one_hot_bool, reel_one_hot(in[0], 7, REEL_BOOL))

static const reel__sample one_hot_samples[] = {
    {.what = "f32", .nin = 1, .in = {REEL__INDICES(7, 17)},
     .build = one_hot_f32},
    {.what = "f64, repeats", .nin = 1,
     .in = {REEL__INDEX_VALUES(repeats, 2, 3)}, .build = one_hot_f64},
    {.what = "bool", .nin = 1, .in = {REEL__WHOLE(REEL_U8, 0, 7, 3, 5)},
     .build = one_hot_bool},
};

const reel__op reel__op_one_hot = {
    .name = "one_hot",
    .arity = 1,
    .flags = REEL__NO_GRADIENT,
    .lowering = REEL__LOWER_ONE_HOT,
    .kernel = REEL__K_one_hot,
    .infer = one_hot_infer,
    .reference = place_reference,
    REEL__SAMPLES(one_hot_samples),
};
