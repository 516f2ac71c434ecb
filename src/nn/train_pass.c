/* nn/train_pass.c: going over examples in batches, and measuring a model.
 *
 * Examples stay as they are in memory. A batch is a list of indices: the graph
 * gathers their rows, casts them and scales them.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "nn/train.h"

/* ------------------------------------------------------------------ checks */

static bool tells_classes(const reel_model *m)
{
    return !strcmp(m->loss, "cross_entropy") || !strcmp(m->loss, "nll");
}

static reel_dtype dtype_of(const reel_model *m)
{
    return m->dtype ? m->dtype : REEL_F32;
}

static bool check_rows(reel_tape *t, const reel_rows *r, const char *what,
                       const char *part)
{
    reel_shape s = r->shape;
    if (!r->data)
        return reel__fail(t, REEL_EVALUE, "train", "%s have no %s", what,
                          part);
    if (reel_dtype_size(r->dtype) == 0 || s.ndim < 0 ||
        s.ndim >= REEL_MAX_DIMS || !reel__shape_valid(s))
        return reel__fail(t, REEL_EVALUE, "train",
                          "%s have %s of no dtype or shape there is", what,
                          part);
    return true;
}

bool reel__check_examples(reel_tape *t, const reel_model *m,
                          const reel_examples *set, const char *what)
{
    if (!m || !m->layer == !m->function)
        return reel__fail(t, REEL_EVALUE, "train",
                          "the model needs either a layer or a function");
    if (!m->loss)
        return reel__fail(t, REEL_EVALUE, "train",
                          "no loss is given: name one, \"mse\", "
                          "\"cross_entropy\", ...");
    if (!reel__is_float(dtype_of(m)))
        return reel__fail(t, REEL_EDTYPE, "train",
                          "the model's dtype is %s: needs f32 or f64",
                          reel_dtype_name(m->dtype));
    if (!set || set->count < 1)
        return reel__fail(t, REEL_EVALUE, "train", "there are no %s", what);
    if (!isfinite(set->scale))
        return reel__fail(t, REEL_EVALUE, "train", "%s have scale %g", what,
                          set->scale);
    return check_rows(t, &set->features, what, "features") &&
           check_rows(t, &set->targets, what, "targets");
}

/* ------------------------------------------------------------------ graphs */

static reel_node *array(reel_tape *t, const char *name, const reel_rows *r,
                        int64_t count)
{
    reel_shape s = {r->shape.ndim + 1, {count}};
    for (int i = 0; i < r->shape.ndim; i++)
        s.dim[i + 1] = r->shape.dim[i];
    reel_node *x = reel_input(t, name, r->dtype, s);
    if (x)
        reel_bind(x, r->data);
    return x;
}

static reel_node *features_of(const reel__pass *p, reel_node *index)
{
    double scale = p->set->scale;
    reel_node *x = reel_cast(reel_gather(p->features, index),
                             dtype_of(p->model));
    return scale == 0 || scale == 1 ? x : reel_affine(x, scale, 0);
}

static reel_node *targets_of(const reel__pass *p, reel_node *index)
{
    reel_node *y = reel_gather(p->targets, index);
    return p->classes ? y : reel_cast(y, dtype_of(p->model));
}

static reel_node *output_of(const reel_model *m, reel_node *x, reel_node *step)
{
    if (m->function)
        return x ? m->function(x, step, m->user) : NULL;
    return step ? reel_apply_training(m->layer, x, step)
                : reel_apply(m->layer, x);
}

/* The part of a batch that a step's program and a measuring one share. */
static bool record(const reel__pass *p, reel__batch *b, reel_node *step)
{
    reel_tape *t = p->tape;
    b->index = reel_input(t, "index", REEL_I64, REEL_SHAPE(b->count));
    reel_node *y = targets_of(p, b->index);
    reel_node *out = output_of(p->model, features_of(p, b->index), step);
    b->loss = reel_loss(out, y, p->model->loss);
    if (p->classes) {
        b->guess = reel_argmax(out, -1, false);
        b->right = reel_sum(reel_eq(b->guess, y), REEL_ALL, false);
    }
    if (reel__usable(t) && !b->loss)
        return reel__fail(t, REEL_EVALUE, "train",
                          "the model's function returned NULL");
    return reel__usable(t);
}

static bool same(reel_nodes a, reel_nodes b)
{
    return a.count == b.count &&
           (a.count == 0 ||
            !memcmp(a.node, b.node, a.count * sizeof *a.node));
}

static bool make(reel__pass *p, reel__batch *b, int64_t count,
                 reel_optimizer *o, reel_node *step, reel_nodes parameters)
{
    b->count = count;
    if (!record(p, b, step))
        return false;
    if (!same(reel_parameters(REEL_NODES(b->loss)), parameters))
        return reel__fail(p->tape, REEL_EVALUE, "train",
                          "the model has other parameters each time it is "
                          "recorded: make its layers once, outside of its "
                          "function");
    reel_nodes report = p->classes ? REEL_NODES(b->loss, b->guess, b->right)
                                   : REEL_NODES(b->loss);
    b->program = reel_compile(p->tape,
                              o ? reel_minimize(o, b->loss, report) : report);
    return b->program != NULL;
}

static bool begin(reel__pass *p, reel_tape *t, const reel_model *m,
                  const reel_examples *set)
{
    *p = (reel__pass){.tape = t, .model = m, .set = set,
                      .classes = tells_classes(m)};
    p->features = array(t, "features", &set->features, set->count);
    p->targets = array(t, "targets", &set->targets, set->count);
    return p->targets != NULL;
}

bool reel__pass_new(reel__pass *p, reel_tape *t, const reel_model *m,
                    const reel_examples *set, int64_t size,
                    reel_optimizer *o, reel_node *step, reel_nodes parameters)
{
    int64_t rest = set->count % size;
    return begin(p, t, m, set) &&
           (set->count < size ||
            make(p, &p->full, size, o, step, parameters)) &&
           (rest == 0 || make(p, &p->last, rest, o, step, parameters));
}

void reel__pass_free(reel__pass *p)
{
    reel_program_free(p->full.program);
    reel_program_free(p->last.program);
}

static bool copy_list(reel_tape *t, reel_nodes from, reel_nodes *to)
{
    size_t bytes = from.count * sizeof *from.node;
    reel_node **copy = reel__alloc(&t->allocator, bytes);
    if (reel__usable(t) && bytes == 0)
        reel__fail(t, REEL_EVALUE, "train",
                   "the model's loss depends on no parameter");
    if (!copy)
        return reel__no_memory(t, "train");
    memcpy(copy, from.node, bytes);
    *to = (reel_nodes){from.count, copy};
    return true;
}

/* A layer that is new keeps what was recorded to give it its parameters. */
bool reel__model_parameters(reel_tape *t, const reel_model *m,
                            const reel_examples *set, reel_nodes *list)
{
    reel__pass p;
    reel__batch b = {.count = 1};
    reel_mark mark = reel_tape_mark(t);
    bool is_new = false;
    if (begin(&p, t, m, set) && record(&p, &b, NULL)) {
        reel_nodes found = reel_parameters(REEL_NODES(b.loss));
        if (copy_list(t, found, list))
            is_new = found.node[found.count - 1]->id >= mark.nodes;
        reel_bind(p.features, NULL);
        reel_bind(p.targets, NULL);
    }
    if (!is_new)
        reel__rewind_to(t, mark);
    return reel__usable(t);
}

reel_status reel__rewind_to(reel_tape *t, reel_mark mark)
{
    mark.status = reel_status_of(t);
    reel_tape_rewind(t, mark);
    return mark.status;
}

/* -------------------------------------------------------------------- runs */

const reel__batch *reel__pass_next(reel__pass *p, const int64_t *order,
                                   reel__sum *sum)
{
    int64_t left = p->set->count - sum->examples;
    const reel__batch *b = left > p->last.count ? &p->full : &p->last;
    reel_bind(b->index, order + sum->examples);
    if (reel_run(b->program) != REEL_OK)
        return NULL;
    sum->examples += b->count;
    sum->right += p->classes ? *(const int64_t *)reel_data(b->right) : 0;
    sum->loss += reel_item(b->loss) * (double)b->count;
    return b;
}

bool reel__pass_all(reel__pass *p, const int64_t *in_turn, reel__sum *sum,
                    int64_t *guess)
{
    *sum = (reel__sum){0};
    while (sum->examples < p->set->count) {
        int64_t before = sum->examples;
        const reel__batch *b = reel__pass_next(p, in_turn, sum);
        if (!b)
            return false;
        if (guess)
            memcpy(guess + before, reel_data(b->guess),
                   (size_t)b->count * sizeof *guess);
    }
    return true;
}

reel_score reel__score(const reel__pass *p, const reel__sum *sum)
{
    double n = (double)sum->examples;
    return (reel_score){
        .loss = n > 0 ? sum->loss / n : NAN,
        .accuracy = n > 0 && p->classes ? (double)sum->right / n : NAN,
        .right = sum->right};
}
