/* nn/health.c: takes a network's measures: records the gradient of every
 * activation and parameter, runs it once, and counts.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include "grad/path.h"
#include "nn/health.h"

/* Slopes below this share of the steepest count as flat. */
#define FLAT 0.01

typedef struct checkup {
    reel_node *loss;
    const reel_health_options *options;
    reel_health *health;
    reel__order order;
    unsigned char *reached; /* per node of the order: by derivatives */
    int *depth;             /* likewise: see health.h */
    reel_node **node;       /* layers, then parameters; their gradients; the
                             * parameters' new values, NULL without */
    size_t nodes;           /* layers and parameters */
    reel_workspace *run;
} checkup;

/* The report is freed by itself, perhaps after its tape. */
typedef struct block {
    reel_allocator allocator;
    size_t bytes;
} block;

static bool is_activation(const reel_node *n)
{
    return n->op == &reel__op_relu || n->op == &reel__op_sigmoid ||
           n->op == &reel__op_tanh;
}

/* Not those that a sweep recorded, which are part of a derivative. */
static bool is_layer(const reel_node *n)
{
    return is_activation(n) && !n->primal && reel__is_float(reel_dtype_of(n));
}

/* ------------------------------------------------------------------- memory */

static size_t aligned(size_t bytes)
{
    size_t unit = sizeof(max_align_t);
    return (bytes + unit - 1) / unit * unit;
}

static bool give_report(checkup *c, size_t layers, size_t parameters)
{
    reel_health *h = c->health;
    const reel_allocator *a = &c->loss->tape->allocator;
    size_t head = aligned(sizeof(block));
    size_t first = aligned(layers * sizeof *h->layer);
    size_t second = aligned(parameters * sizeof *h->parameter);
    size_t third = (layers + 2 * parameters + 2) * sizeof *h->finding;
    size_t bytes = head + first + second + third;
    char *p = reel__alloc_zeroed(a, bytes);
    if (!p)
        return reel__no_memory(c->loss->tape, "health");
    *(block *)(void *)p = (block){*a, bytes};
    h->layer = (reel_health_layer *)(void *)(p + head);
    h->parameter = (reel_health_parameter *)(void *)(p + head + first);
    h->finding = (reel_health_finding *)(void *)(p + head + first + second);
    h->layers = layers;
    h->parameters = parameters;
    return true;
}

void reel_health_free(reel_health *health)
{
    if (!health || !health->layer)
        return;
    block *b = (block *)(void *)((char *)health->layer -
                                 aligned(sizeof(block)));
    reel_allocator a = b->allocator;
    reel__free(&a, b, b->bytes);
    *health = (reel_health){0};
}

/* -------------------------------------------------------------------- nodes */

/* From the loss back along derivatives. */
static void mark_reached(checkup *c)
{
    c->reached[c->loss->slot] = 1;
    for (size_t i = c->order.count; i-- > 0;) {
        const reel_node *n = c->order.node[i];
        if (!c->reached[i] || !reel__has_rule(n))
            continue;
        for (uint32_t k = 0; k < n->arity; k++)
            c->reached[n->in[k]->slot] |=
                reel__is_float(reel_dtype_of(n->in[k]));
    }
}

static void measure_depth(checkup *c)
{
    for (size_t i = 0; i < c->order.count; i++) {
        const reel_node *n = c->order.node[i];
        int depth = 0;
        for (uint32_t k = 0; k < n->arity; k++)
            if (c->depth[n->in[k]->slot] > depth)
                depth = c->depth[n->in[k]->slot];
        c->depth[i] = depth + is_layer(n);
    }
}

/* One class of nodes, to c->node from `at` on if there is such a list already;
 * how many there are. */
static size_t collect(const checkup *c, bool layers, size_t at)
{
    size_t count = 0;
    for (size_t i = 0; i < c->order.count; i++) {
        reel_node *n = c->order.node[i];
        bool wanted = layers ? is_layer(n) : n->op == &reel__op_parameter;
        if (!wanted || !c->reached[i])
            continue;
        if (c->node)
            c->node[at + count] = n;
        count++;
    }
    return count;
}

/* A walk's order is not the user's. */
static int by_recording(const void *a, const void *b)
{
    const reel_node *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* All of c->order is read here, before anything else sorts the tape. */
static bool find_nodes(checkup *c)
{
    reel_tape *t = c->loss->tape;
    reel_health *h = c->health;
    if (!reel__sort(t, (reel_nodes){1, &c->loss}, 0, &c->order))
        return false;
    c->reached = reel__alloc_zeroed(&t->allocator, c->order.count);
    c->depth = reel__alloc(&t->allocator, c->order.count * sizeof *c->depth);
    if (!c->reached || !c->depth)
        return reel__no_memory(t, "health");
    mark_reached(c);
    measure_depth(c);
    size_t layers = collect(c, true, 0), parameters = collect(c, false, 0);
    c->nodes = layers + parameters;
    c->node = reel__alloc_zeroed(&t->allocator,
                                 (3 * c->nodes + 1) * sizeof *c->node);
    if (!c->node || !give_report(c, layers, parameters))
        return reel__no_memory(t, "health");
    collect(c, true, 0);
    collect(c, false, layers);
    qsort(c->node, layers, sizeof *c->node, by_recording);
    qsort(c->node + layers, parameters, sizeof *c->node, by_recording);
    for (size_t i = 0; i < layers; i++) {
        h->layer[i].node = c->node[i];
        h->layer[i].depth = c->depth[c->node[i]->slot];
    }
    for (size_t i = 0; i < parameters; i++)
        h->parameter[i].node = c->node[layers + i];
    return true;
}

/* ---------------------------------------------------------------------- run */

/* The value that the options' assignments give to each parameter. */
static bool find_updates(checkup *c)
{
    reel_nodes updates = c->options->updates;
    reel_node **leaf = c->node + c->health->layers;
    for (size_t i = 0; i < updates.count; i++) {
        const reel_node *u = updates.node[i];
        if (!u || u->tape != c->loss->tape || u->op != &reel__op_assign)
            return reel__fail(c->loss->tape, REEL_EVALUE, "health",
                              "update %zu is no reel_assign of this tape", i);
        reel_node **found = bsearch(&u->in[0], leaf, c->health->parameters,
                                    sizeof *leaf, by_recording);
        if (found)
            found[2 * c->nodes] = u->in[1];
    }
    return true;
}

/* A workspace of its own, so that the values of the user's programs stay. */
static bool run(checkup *c, reel_program **program)
{
    reel_tape *t = c->loss->tape;
    size_t count = 0;
    reel_node **all =
        reel__alloc(&t->allocator, (3 * c->nodes + 1) * sizeof *all);
    if (!all)
        return reel__no_memory(t, "health");
    all[count++] = c->loss;
    for (size_t i = 0; i < 3 * c->nodes; i++)
        if (c->node[i])
            all[count++] = c->node[i];
    *program = reel_compile(t, (reel_nodes){count, all});
    reel__free(&t->allocator, all, (3 * c->nodes + 1) * sizeof *all);
    if (!*program)
        return false;
    c->run = reel_workspace_new(*program);
    if (!c->run)
        return reel__no_memory(t, "health");
    reel_status status = reel_run_in(*program, c->run);
    return status == REEL_OK ||
           reel__fail(t, status, NULL, "%s", reel_workspace_message(c->run));
}

/* ----------------------------------------------------------------- measures */

typedef struct numbers {
    const void *data;
    reel_dtype dtype;
    int64_t count;
} numbers;

static numbers numbers_of(const checkup *c, const reel_node *n)
{
    return (numbers){reel_workspace_data(c->run, n), reel_dtype_of(n),
                     reel_count(n)};
}

static double at(const numbers *x, int64_t i)
{
    return (double)reel__load(x->dtype, x->data, i);
}

static double difference(const numbers *a, const numbers *b, int64_t i)
{
    return at(a, i) - (b ? at(b, i) : 0);
}

/* The L2 norm of a - b (NULL: zero), scaled so that squares of large numbers
 * do not overflow. */
static double norm(const numbers *a, const numbers *b)
{
    double scale = 0, sum = 0;
    for (int64_t i = 0; i < a->count; i++) {
        double x = difference(a, b, i);
        if (isnan(x))
            return NAN;
        scale = fmax(scale, fabs(x));
    }
    if (scale == 0 || isinf(scale))
        return scale;
    for (int64_t i = 0; i < a->count; i++) {
        double x = difference(a, b, i) / scale;
        sum += x * x;
    }
    return scale * sqrt(sum);
}

static bool is_flat(const reel_node *n, double y)
{
    if (n->op == &reel__op_relu)
        return y == 0;
    if (n->op == &reel__op_sigmoid)
        return 4 * y * (1 - y) < FLAT;
    return 1 - y * y < FLAT;
}

static void measure_layer(const checkup *c, size_t i)
{
    reel_health_layer *l = &c->health->layer[i];
    const reel_node *n = l->node;
    numbers y = numbers_of(c, n), g = numbers_of(c, c->node[c->nodes + i]);
    int64_t flat = 0;
    l->units = n->ndim ? n->dim[n->ndim - 1] : 1;
    l->examples = l->units ? y.count / l->units : 0;
    for (int64_t u = 0; u < l->units; u++) {
        int64_t of_unit = 0;
        for (int64_t e = 0; e < l->examples; e++)
            of_unit += is_flat(n, at(&y, e * l->units + u));
        flat += of_unit;
        l->stuck += l->examples > 0 && of_unit == l->examples;
    }
    l->flat = y.count ? (double)flat / (double)y.count : 0;
    l->gradient = norm(&g, NULL);
}

/* The change of p, over its norm. */
static double update_of(const checkup *c, const reel_health_parameter *p,
                        const numbers *before, const reel_node *value)
{
    double change = c->options->lr > 0 ? c->options->lr * p->gradient : NAN;
    if (value) {
        numbers after = numbers_of(c, value);
        change = norm(&after, before);
    }
    return isnan(change) ? NAN : p->norm > 0 ? change / p->norm : INFINITY;
}

static void measure_parameter(const checkup *c, size_t i)
{
    size_t place = c->health->layers + i;
    reel_health_parameter *p = &c->health->parameter[i];
    numbers w = numbers_of(c, p->node);
    numbers g = numbers_of(c, c->node[c->nodes + place]);
    p->norm = norm(&w, NULL);
    p->gradient = norm(&g, NULL);
    p->update = update_of(c, p, &w, c->node[2 * c->nodes + place]);
}

static void measure(checkup *c)
{
    reel_health *h = c->health;
    numbers loss = numbers_of(c, c->loss);
    h->loss = at(&loss, 0);
    for (size_t i = 0; i < h->layers; i++)
        measure_layer(c, i);
    for (size_t i = 0; i < h->parameters; i++)
        measure_parameter(c, i);
    reel__health_judge(h);
}

/* ------------------------------------------------------------------- public */

static void free_scratch(checkup *c)
{
    reel_tape *t = c->loss->tape;
    const reel_allocator *a = &t->allocator;
    reel__free(a, c->reached, c->order.count);
    reel__free(a, c->depth, c->order.count * sizeof *c->depth);
    reel__free(a, c->node, (3 * c->nodes + 1) * sizeof *c->node);
    reel__order_free(t, &c->order);
}

reel_status reel_health_check(reel_node *loss,
                              const reel_health_options *options,
                              reel_health *health)
{
    static const reel_health_options none = {0};
    if (health)
        *health = (reel_health){0};
    if (!loss || !health)
        return REEL_EVALUE;
    reel_tape *t = loss->tape;
    checkup c = {.loss = loss, .options = options ? options : &none,
                 .health = health};
    reel_program *program = NULL;
    if (!reel__usable(t))
        return t->status;
    reel_mark mark = reel_tape_mark(t);
    bool done = find_nodes(&c) && find_updates(&c) &&
                reel_gradients(loss, (reel_nodes){c.nodes, c.node},
                               c.node + c.nodes) == REEL_OK &&
                run(&c, &program);
    if (done)
        measure(&c);
    else
        reel_health_free(health);
    reel_status status = t->status;
    reel_workspace_free(c.run);
    reel_program_free(program);
    free_scratch(&c);
    mark.status = status; /* the error stays */
    reel_tape_rewind(t, mark);
    return status;
}
