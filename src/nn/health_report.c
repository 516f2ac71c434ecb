/* nn/health_report.c: what a network's measures mean, in words and as tables.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "nn/health.h"

#define FEW 8            /* examples: too few to call a unit stuck */
#define DEAD 0.2         /* share of units */
#define SATURATED 0.5    /* share of values */
#define VANISHED 1e-3    /* of the last layer's gradient */
#define EXPLODED 1e3
#define LARGE_UPDATE 0.1 /* of the weights; about 1e-3 is usual */
#define SMALL_UPDATE 1e-6

const char *reel__health_name(const reel_node *n, char *text)
{
    if (n->name)
        snprintf(text, REEL__HEALTH_NAME, "%s", n->name);
    else if (n->file)
        snprintf(text, REEL__HEALTH_NAME, "%s of %s:%d", n->op->name, n->file,
                 n->line);
    else
        snprintf(text, REEL__HEALTH_NAME, "%s #%zu", n->op->name, reel_id(n));
    return text;
}

/* ----------------------------------------------------------------- findings */

/* Adds a finding, "name: ...". */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static void find(reel_health *h, reel_health_kind kind, const reel_node *node,
                 const char *format, ...)
{
    char name[REEL__HEALTH_NAME];
    reel_health_finding *f = &h->finding[h->findings++];
    *f = (reel_health_finding){.kind = kind, .node = node};
    int n = snprintf(f->text, sizeof f->text, "%s: ",
                     reel__health_name(node, name));
    va_list args;
    va_start(args, format);
    vsnprintf(f->text + n, sizeof f->text - (size_t)n, format, args);
    va_end(args);
}

static void judge_layer(reel_health *h, const reel_health_layer *l)
{
    bool relu = l->node->op == &reel__op_relu;
    if (l->examples < FEW)
        return;
    if (relu && l->stuck > 0 && (double)l->stuck >= DEAD * (double)l->units)
        find(h, REEL_HEALTH_DEAD, l->node,
             "%" PRId64 " of %" PRId64 " ReLUs never fire for these %" PRId64
             " examples: they are dead, and nothing behind them learns; lower "
             "the learning rate, or start again with He initialisation "
             "(\"he\"), or use leaky_relu",
             l->stuck, l->units, l->examples);
    if (!relu && l->flat >= SATURATED)
        find(h, REEL_HEALTH_SATURATED, l->node,
             "%.0f %% of the %s values are saturated (slope below 1 %% of the "
             "steepest), %" PRId64 " of %" PRId64 " units always: they pass "
             "on next to no gradient; scale the inputs, or start from smaller "
             "weights (\"xavier\"), or lower the learning rate",
             100 * l->flat, l->node->op->name, l->stuck, l->units);
}

static bool is_matrix(const reel_node *n)
{
    return n->ndim >= 2;
}

static void judge_parameter(reel_health *h, const reel_health_parameter *p)
{
    if (p->gradient == 0 && reel_count(p->node) > 0)
        find(h, REEL_HEALTH_NO_GRADIENT, p->node,
             "its gradient is exactly 0 for this batch: it does not learn; "
             "look for dead units between it and the loss");
    else if (is_matrix(p->node) && isfinite(p->update) &&
             p->update > LARGE_UPDATE)
        find(h, REEL_HEALTH_LARGE_UPDATE, p->node,
             "one update changes it by %.2g times its size (about 0.001 is "
             "usual): lower the learning rate",
             p->update);
    else if (is_matrix(p->node) && p->update < SMALL_UPDATE)
        find(h, REEL_HEALTH_SMALL_UPDATE, p->node,
             "one update changes it by %.2g times its size (about 0.001 is "
             "usual): it hardly moves; raise the learning rate",
             p->update);
}

/* Every gradient is finite, or the first that is not is told of. */
static bool judge_finite(reel_health *h)
{
    const reel_node *bad = NULL;
    for (size_t i = h->parameters; i-- > 0;)
        if (!isfinite(h->parameter[i].gradient))
            bad = h->parameter[i].node;
    for (size_t i = h->layers; i-- > 0;)
        if (!isfinite(h->layer[i].gradient))
            bad = h->layer[i].node;
    if (bad)
        find(h, REEL_HEALTH_NOT_FINITE, bad,
             "its gradient is NaN or infinite: run with REEL_ANOMALY=1 in the "
             "environment to see where that begins");
    return !bad;
}

/* The largest gradient at a depth. */
static const reel_health_layer *at_depth(const reel_health *h, int depth)
{
    const reel_health_layer *found = NULL;
    for (size_t i = 0; i < h->layers; i++)
        if (h->layer[i].depth == depth &&
            (!found || h->layer[i].gradient > found->gradient))
            found = &h->layer[i];
    return found;
}

/* By depth, the first layer against the last. */
static void judge_flow(reel_health *h)
{
    int deepest = 0;
    for (size_t i = 0; i < h->layers; i++)
        deepest = h->layer[i].depth > deepest ? h->layer[i].depth : deepest;
    const reel_health_layer *first = at_depth(h, 1);
    const reel_health_layer *last = at_depth(h, deepest);
    char name[REEL__HEALTH_NAME];
    if (deepest < 2 || !first || !(last->gradient > 0))
        return;
    double ratio = first->gradient / last->gradient;
    reel__health_name(last->node, name);
    if (ratio < VANISHED)
        find(h, REEL_HEALTH_VANISHING, first->node,
             "the gradient vanishes on its way down: %.2g here, %.2g at %s; "
             "use relu, start from larger weights (\"he\", \"xavier\"), or "
             "have fewer layers",
             first->gradient, last->gradient, name);
    if (ratio > EXPLODED)
        find(h, REEL_HEALTH_EXPLODING, first->node,
             "the gradient explodes on its way down: %.2g here, %.2g at %s; "
             "start from smaller weights (\"he\", \"xavier\") or clip the "
             "gradient",
             first->gradient, last->gradient, name);
}

void reel__health_judge(reel_health *h)
{
    bool finite = judge_finite(h);
    for (size_t i = 0; i < h->layers; i++)
        judge_layer(h, &h->layer[i]);
    if (finite)
        judge_flow(h);
    for (size_t i = 0; finite && i < h->parameters; i++)
        judge_parameter(h, &h->parameter[i]);
}

/* ------------------------------------------------------------------- tables */

static int width_of(const reel_health *h)
{
    char text[REEL__HEALTH_NAME];
    size_t width = strlen("parameter");
    for (size_t i = 0; i < h->layers + h->parameters; i++) {
        const reel_node *n = i < h->layers ? h->layer[i].node
                                           : h->parameter[i - h->layers].node;
        size_t length = strlen(reel__health_name(n, text));
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_layers(const reel_health *h, int width, FILE *stream)
{
    char text[REEL__HEALTH_NAME];
    fprintf(stream, "%-*s kind    depth examples  units  stuck   flat  gradient"
                    "\n", width, "layer");
    for (size_t i = 0; i < h->layers; i++) {
        const reel_health_layer *l = &h->layer[i];
        fprintf(stream,
                "%-*s %-7s %5d %8" PRId64 " %6" PRId64 " %6" PRId64
                " %4.0f %% %9.2g\n",
                width, reel__health_name(l->node, text), l->node->op->name,
                l->depth, l->examples, l->units, l->stuck, 100 * l->flat,
                l->gradient);
    }
}

static void print_parameters(const reel_health *h, int width, FILE *stream)
{
    char text[REEL__HEALTH_NAME];
    fprintf(stream, "%-*s elements      norm  gradient  update/norm\n", width,
            "parameter");
    for (size_t i = 0; i < h->parameters; i++) {
        const reel_health_parameter *p = &h->parameter[i];
        fprintf(stream, "%-*s %8" PRId64 " %9.3g %9.2g", width,
                reel__health_name(p->node, text), reel_count(p->node), p->norm,
                p->gradient);
        if (isnan(p->update))
            fprintf(stream, "            -\n");
        else
            fprintf(stream, " %12.2g\n", p->update);
    }
}

reel_status reel_health_print(const reel_health *health, FILE *stream)
{
    if (!health || !stream)
        return REEL_EVALUE;
    int width = width_of(health);
    if (health->layers)
        print_layers(health, width, stream);
    if (health->parameters)
        print_parameters(health, width, stream);
    fprintf(stream, "loss %.7g", health->loss);
    if (health->findings == 0)
        fprintf(stream, "; nothing to find fault with");
    fputc('\n', stream);
    for (size_t i = 0; i < health->findings; i++)
        fprintf(stream, "- %s\n", health->finding[i].text);
    return ferror(stream) ? REEL_EIO : REEL_OK;
}
