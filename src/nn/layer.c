/* nn/layer.c: layers: what they are made of, when they get parameters, how they
 * are applied.
 *
 * A tape's layers are linked, youngest first, so that a rewind can take them
 * back, and the parameters of those that stay.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "nn/names.h"
#include <reel/nn.h>
#include <reel/random.h>

/* The stream of a tape's seed that dropout layers take their seeds from. */
#define DROPOUT_STREAM UINT64_MAX

typedef struct kind {
    const char *name;
    /* step: NULL but in training */
    reel_node *(*apply)(reel_layer *l, reel_node *x, reel_node *step);
} kind;

typedef struct dense {
    int64_t units;
    reel__chosen activation;
    const char *rule, *bias_rule; /* NULL: no bias */
    uint64_t seed, stream;
    reel_node *w, *b; /* NULL: not yet */
} dense;

struct reel_layer {
    reel_tape *tape;
    reel_layer *before;
    const kind *kind;
    const char *name;
    size_t at;                 /* the arena's bytes in use when it was made */
    uint64_t denses, dropouts; /* on the tape, with this one */
    union {
        dense dense;
        reel__chosen activation;
        struct {
            double p;
            uint64_t seed;
        } dropout;
        struct {
            reel_layer_function *function;
            void *user;
        } code;
        reel_layers list;
    } as;
};

/* A new layer, the tape's youngest once it is finished. */
static reel_layer *begin(reel_tape *tape, const kind *k)
{
    if (!reel__usable(tape))
        return NULL;
    size_t at = tape->notes.used;
    reel_layer *l = reel__arena_take(&tape->notes, sizeof *l);
    if (!l)
        return reel__no_memory(tape, k->name);
    memset(l, 0, sizeof *l);
    l->tape = tape;
    l->before = tape->layers;
    l->kind = k;
    l->name = "";
    l->at = at;
    if (l->before) {
        l->denses = l->before->denses;
        l->dropouts = l->before->dropouts;
    }
    return l;
}

static reel_layer *finish(reel_layer *l)
{
    return l->tape->layers = l;
}

/* A copy on the tape. */
static const char *keep(reel_tape *tape, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = reel__arena_take(&tape->notes, bytes);
    return copy ? memcpy(copy, text, bytes)
                : reel__no_memory(tape, "dense");
}

/* ------------------------------------------------------------------- dense */

/* A new parameter of the layer, filled; NULL after an error. */
static reel_node *parameter(const reel_layer *l, const char *what,
                            reel_dtype dtype, reel_shape shape,
                            const char *rule, uint64_t stream)
{
    char name[256];
    snprintf(name, sizeof name, "%.200s.%s", l->name, what);
    reel_node *p = reel_parameter(l->tape, name, dtype, shape, NULL);
    if (!p || reel_initialize(p, rule, l->as.dense.seed, stream) != REEL_OK)
        return NULL;
    return p;
}

static bool fits(const reel_layer *l, const reel_node *x)
{
    const reel_node *w = l->as.dense.w;
    char text[REEL__SHAPE_TEXT];
    if (x->ndim < 2)
        return reel__fail(l->tape, REEL_ESHAPE, l->name,
                          "needs at least two axes, not %s",
                          reel__node_shape_text(x, text));
    if (!reel__is_float(reel_dtype_of(x)) || (w && w->dtype != x->dtype))
        return reel__fail(l->tape, REEL_EDTYPE, l->name, "takes %s, not %s",
                          w ? reel_dtype_name(reel_dtype_of(w)) : "f32 or f64",
                          reel_dtype_name(reel_dtype_of(x)));
    if (w && w->dim[0] != x->dim[x->ndim - 1])
        return reel__fail(l->tape, REEL_ESHAPE, l->name,
                          "takes %" PRId64 " features, not %s", w->dim[0],
                          reel__node_shape_text(x, text));
    return true;
}

static reel_shape matrix(int64_t rows, int64_t columns)
{
    return (reel_shape){2, {rows, columns}};
}

static reel_node *apply_dense(reel_layer *l, reel_node *x, reel_node *step)
{
    dense *d = &l->as.dense;
    (void)step;
    if (!fits(l, x))
        return NULL;
    reel_dtype dtype = reel_dtype_of(x);
    if (!d->w)
        d->w = parameter(l, "w", dtype,
                         matrix(x->dim[x->ndim - 1], d->units), d->rule,
                         d->stream);
    if (d->w && d->bias_rule && !d->b)
        d->b = parameter(l, "b", dtype, (reel_shape){1, {d->units}},
                         d->bias_rule, d->stream + 1);
    reel_node *y = reel_matmul(x, d->w);
    if (d->bias_rule)
        y = reel_add(y, d->b);
    if (y)
        y = reel__activate(y, &d->activation);
    reel_set_name(y, l->name); /* what listings and health tables call it */
    return y;
}

static const kind dense_kind = {"dense", apply_dense};

static void forget_parameters(dense *d, const reel_mark *mark)
{
    if (d->w && d->w->id >= mark->nodes)
        d->w = NULL;
    if (d->b && d->b->id >= mark->nodes)
        d->b = NULL;
}

void reel__layers_rewind(reel_tape *tape, const reel_mark *mark)
{
    reel_layer *l = tape->layers;
    while (l && l->at >= mark->notes)
        l = l->before;
    tape->layers = l;
    for (; l; l = l->before)
        if (l->kind == &dense_kind)
            forget_parameters(&l->as.dense, mark);
}

reel_layer *reel_dense_layer_with(reel_tape *tape, int64_t units,
                                  const char *activation, const char *rule,
                                  const reel_dense_options *options)
{
    static const reel_dense_options none;
    const reel_dense_options *o = options ? options : &none;
    const char *bias = o->bias ? o->bias : "zeros";
    reel__chosen chosen;
    char name[32];
    reel_layer *l = begin(tape, &dense_kind);
    if (!l ||
        !reel__choose_activation(tape, "dense", activation,
                                 &l->as.dense.activation) ||
        !reel__choose_rule(tape, "dense", rule, &chosen) ||
        !reel__choose_rule(tape, "dense", bias, &chosen))
        return NULL;
    if (units <= 0)
        return reel__fail(tape, REEL_EVALUE, "dense",
                          "%" PRId64 " units: needs > 0", units);
    dense *d = &l->as.dense;
    l->denses++;
    d->units = units;
    d->seed = o->seed ? o->seed : tape->seed;
    d->stream = 2 * (l->denses - 1);
    snprintf(name, sizeof name, "dense%" PRIu64, l->denses);
    l->name = keep(tape, o->name ? o->name : name);
    d->rule = keep(tape, rule);
    d->bias_rule = o->no_bias ? NULL : keep(tape, bias);
    return reel__usable(tape) ? finish(l) : NULL;
}

reel_layer *reel_dense_layer(reel_tape *tape, int64_t units,
                             const char *activation, const char *rule)
{
    return reel_dense_layer_with(tape, units, activation, rule, NULL);
}

reel_node *reel_dense(reel_node *x, int64_t units, const char *activation,
                      const char *rule)
{
    return reel_apply(reel_dense_layer(reel_tape_of(x), units, activation,
                                       rule),
                      x);
}

/* ---------------------------------------------------- without parameters */

static reel_node *apply_activation(reel_layer *l, reel_node *x,
                                   reel_node *step)
{
    (void)step;
    return reel__activate(x, &l->as.activation);
}

static const kind activation_kind = {"activation", apply_activation};

reel_layer *reel_activation_layer(reel_tape *tape, const char *name)
{
    reel_layer *l = begin(tape, &activation_kind);
    return l && reel__choose_activation(tape, "activation", name,
                                        &l->as.activation)
               ? finish(l)
               : NULL;
}

static reel_node *apply_dropout(reel_layer *l, reel_node *x, reel_node *step)
{
    return step ? reel_dropout(x, l->as.dropout.p, l->as.dropout.seed, step)
                : x;
}

static const kind dropout_kind = {"dropout", apply_dropout};

reel_layer *reel_dropout_layer(reel_tape *tape, double p)
{
    reel_layer *l = begin(tape, &dropout_kind);
    if (!l)
        return NULL;
    if (!(p >= 0 && p < 1))
        return reel__fail(tape, REEL_EVALUE, "dropout",
                          "p is %g: needs 0 <= p < 1", p);
    l->dropouts++;
    l->as.dropout.p = p;
    l->as.dropout.seed =
        reel_random_bits(tape->seed, DROPOUT_STREAM, l->dropouts);
    return finish(l);
}

static reel_node *apply_function(reel_layer *l, reel_node *x, reel_node *step)
{
    (void)step;
    return l->as.code.function(x, l->as.code.user);
}

static const kind function_kind = {"function", apply_function};

reel_layer *reel_function_layer(reel_tape *tape, reel_layer_function *function,
                                void *user)
{
    reel_layer *l = begin(tape, &function_kind);
    if (!l)
        return NULL;
    if (!function)
        return reel__fail(tape, REEL_EVALUE, "function", "is NULL");
    l->as.code.function = function;
    l->as.code.user = user;
    return finish(l);
}

/* -------------------------------------------------------------------- lists */

/* A list holds no lists: those it is made of are copied into it. */
static reel_node *apply_list(reel_layer *l, reel_node *x, reel_node *step)
{
    for (size_t i = 0; x && i < l->as.list.count; i++) {
        reel_layer *next = l->as.list.layer[i];
        x = next->kind->apply(next, x, step);
    }
    return x;
}

static const kind list_kind = {"list", apply_list};

static reel_layers parts_of(reel_layer *const *layer)
{
    return (*layer)->kind == &list_kind ? (*layer)->as.list
                                        : (reel_layers){1, layer};
}

reel_layer *reel_layer_list(reel_tape *tape, reel_layers layers)
{
    size_t count = 0;
    reel_layer *l = begin(tape, &list_kind);
    if (!l)
        return NULL;
    for (size_t i = 0; i < layers.count; i++) {
        if (!layers.layer[i])
            return NULL;
        if (layers.layer[i]->tape != tape)
            return reel__fail(tape, REEL_EVALUE, "list",
                              "a layer is of another tape");
        count += parts_of(&layers.layer[i]).count;
    }
    reel_layer **all =
        reel__arena_take(&tape->notes, (count + 1) * sizeof *all);
    if (!all)
        return reel__no_memory(tape, "list");
    l->as.list = (reel_layers){count, all};
    for (size_t i = 0; i < layers.count; i++) {
        reel_layers parts = parts_of(&layers.layer[i]);
        for (size_t k = 0; k < parts.count; k++)
            *all++ = parts.layer[k];
    }
    return finish(l);
}

/* ---------------------------------------------------------------- applying */

static reel_node *apply(reel_layer *l, reel_node *x, reel_node *step)
{
    if (!l || !x || !reel__usable(x->tape))
        return NULL;
    if (l->tape != x->tape)
        return reel__fail(x->tape, REEL_EVALUE, l->kind->name,
                          "the layer is of another tape");
    return l->kind->apply(l, x, step);
}

reel_node *reel_apply(reel_layer *layer, reel_node *x)
{
    return apply(layer, x, NULL);
}

reel_node *reel_apply_training(reel_layer *layer, reel_node *x,
                               reel_node *step)
{
    return step ? apply(layer, x, step) : NULL;
}

const char *reel_layer_name(const reel_layer *layer)
{
    return layer ? layer->name : "";
}

reel_node *reel_layer_weight(const reel_layer *layer)
{
    return layer && layer->kind == &dense_kind ? layer->as.dense.w : NULL;
}

reel_node *reel_layer_bias(const reel_layer *layer)
{
    return layer && layer->kind == &dense_kind ? layer->as.dense.b : NULL;
}

reel_status reel_set_seed(reel_tape *tape, uint64_t seed)
{
    if (!tape)
        return REEL_EVALUE;
    tape->seed = seed;
    return REEL_OK;
}

reel_layer *reel_location_leave_layer(reel_layer *layer)
{
    reel_location_leave(NULL);
    return layer;
}

reel_nodes reel_location_leave_nodes(reel_nodes nodes)
{
    reel_location_leave(NULL);
    return nodes;
}
