/* graph_write.c: saves graphs; graph_read.c loads them.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/graph.h"

#include <reel/safetensors.h>

#include "io/report.h"
#include "io/safetensors_format.h"

#define LEFT_OUT UINT32_MAX

typedef struct writer {
    const char *path;
    reel_error *error;
    const reel_tape *tape;
    reel_nodes outputs;
    uint32_t *number;    /* in the file, of each node of the tape */
    reel_tensor *tensor; /* one for each leaf with a value */
    size_t tensors;
    char (*label)[24];   /* names made up for tensors */
    const char *file;    /* of the last node with a place */
    reel__text text;
} writer;

static reel_status no_memory(const writer *w, uint64_t bytes)
{
    return reel__report_memory(w->error, w->path, bytes);
}

/* ------------------------------------------------------------------- nodes */

/* Leaves all others out; false: no memory. */
static bool keep_needed(writer *w, reel_tape *tape)
{
    reel__order order;
    bool sorted = reel__sort(tape, w->outputs, 0, &order);

    for (size_t i = 0; sorted && i < tape->count; i++)
        if (!reel__is_in(&order, tape->node[i]))
            w->number[i] = LEFT_OUT;
    reel__order_free(tape, &order);
    return sorted;
}

static reel_status choose_nodes(writer *w, reel_tape *tape)
{
    uint32_t next = 0;

    w->number = calloc(tape->count + 1, sizeof *w->number);
    if (!w->number || (w->outputs.count > 0 && !keep_needed(w, tape)))
        return no_memory(w, (tape->count + 1) * sizeof *w->number);
    for (size_t i = 0; i < tape->count; i++)
        if (w->number[i] != LEFT_OUT)
            w->number[i] = next++;
    return REEL_OK;
}

const reel__op *reel__graph_op(const char *name)
{
    static const reel__op *const others[] = {
        &reel__op_input, &reel__op_parameter, &reel__op_state,
        &reel__op_constant, &reel__op_assign};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]->name) == 0)
            return others[i];
    for (size_t i = 0; reel__ops[i]; i++)
        if (strcmp(name, reel__ops[i]->name) == 0)
            return reel__ops[i]->flags & REEL__COMPOSITE ? NULL : reel__ops[i];
    return NULL;
}

static reel_status check_node(const writer *w, const reel_node *n)
{
    const reel__attributes_form *form = reel__attributes_form_of(n->op);

    if (reel__graph_op(n->op->name) == n->op &&
        (n->attr_bytes == 0 || (form && form->bytes == n->attr_bytes)))
        return REEL_OK;
    return reel__report(w->error, REEL_EVALUE, w->path,
                        "%s%s%.80s%s: the op has no form in files",
                        reel_op_name(n), n->name ? " '" : "", reel_name(n),
                        n->name ? "'" : "");
}

/* ----------------------------------------------------------------- tensors */

static bool is_saved(const writer *w, const reel_node *n)
{
    return n->op->flags & REEL__LEAF && n->value &&
           w->number[n->id] != LEFT_OUT;
}

static int by_name(const void *a, const void *b)
{
    const reel_tensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* A leaf's name, if it is the only one of that name, and UTF-8; else "%5". A
 * leaf that is called so by the user gets its number, too. */
static bool is_fit(const char *name)
{
    size_t size = strlen(name), length;

    for (size_t at = 0; at < size; at += length)
        if (!(length = reel__utf8_length(name + at, size - at)))
            return false;
    return size > 0 && name[0] != '%' &&
           strcmp(name, REEL__SAFETENSORS_METADATA) != 0;
}

static reel_status name_tensors(writer *w)
{
    size_t n = w->tensors;
    reel_tensor **sorted = malloc((n + 1) * sizeof *sorted);

    if (!sorted)
        return no_memory(w, (n + 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &w->tensor[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;

        while (end < n && strcmp(sorted[end]->name, sorted[i]->name) == 0)
            end++;
        bool alone = end == i + 1 && is_fit(sorted[i]->name);
        for (; i < end; i++)
            if (!alone)
                sorted[i]->name = w->label[sorted[i] - w->tensor];
    }
    free(sorted);
    return REEL_OK;
}

static reel_status collect_tensors(writer *w)
{
    const reel_tape *t = w->tape;
    size_t count = 0, i;

    for (i = 0; i < t->count; i++)
        count += is_saved(w, t->node[i]);
    w->tensor = calloc(count + 1, sizeof *w->tensor);
    w->label = calloc(count + 1, sizeof *w->label);
    if (!w->tensor || !w->label)
        return no_memory(w, (count + 1) * sizeof *w->tensor);
    for (i = 0; i < t->count; i++) {
        const reel_node *n = t->node[i];

        if (!is_saved(w, n))
            continue;
        snprintf(w->label[w->tensors], sizeof *w->label, "%%%" PRIu32,
                 w->number[i]);
        w->tensor[w->tensors++] =
            (reel_tensor){reel_name(n), reel_dtype_of(n), reel__shape_of(n),
                          n->value};
    }
    return name_tensors(w);
}

/* -------------------------------------------------------------------- text */

static void put_number(writer *w, const reel_node *n)
{
    reel__text_print(&w->text, " %%%" PRIu32, w->number[n->id]);
}

static void put_origin(writer *w, const reel_node *n)
{
    if (n->file && (!w->file || strcmp(n->file, w->file) != 0)) {
        reel__text_print(&w->text, " file=");
        reel__graph_put_string(&w->text, n->file);
        w->file = n->file;
    }
    if (n->file)
        reel__text_print(&w->text, " line=%d", n->line);
    if (n->primal && w->number[n->primal - 1] != LEFT_OUT)
        reel__text_print(&w->text, " %s=%%%" PRIu32,
                         n->forward ? "forward" : "backward",
                         w->number[n->primal - 1]);
}

static void put_node(writer *w, const reel_node *n, const char *tensor)
{
    reel__text *t = &w->text;
    const reel__attributes_form *form = reel__attributes_form_of(n->op);

    reel__text_print(t, "%%%" PRIu32 " = %s %s ", w->number[n->id],
                     n->op->name, reel_dtype_name(reel_dtype_of(n)));
    reel__graph_put_list(t, n->dim, n->ndim);
    for (uint32_t i = 0; i < n->arity; i++)
        put_number(w, n->in[i]);
    if (form)
        reel__graph_put_attributes(t, form, n);
    if (tensor) {
        reel__text_print(t, " tensor=");
        reel__graph_put_string(t, tensor);
    }
    if (n->name) {
        reel__text_print(t, " name=");
        reel__graph_put_string(t, n->name);
    }
    put_origin(w, n);
    reel__text_print(t, "\n");
}

static reel_status make_text(writer *w)
{
    reel__text *t = &w->text;
    size_t tensor = 0;

    reel__text_print(t, "reel %d\n", REEL__GRAPH_VERSION);
    for (size_t i = 0; i < w->tape->count; i++) {
        const reel_node *n = w->tape->node[i];
        bool saved = is_saved(w, n);

        if (w->number[i] == LEFT_OUT)
            continue;
        reel_status status = check_node(w, n);
        if (status != REEL_OK)
            return status;
        put_node(w, n, saved ? w->tensor[tensor].name : NULL);
        tensor += saved;
    }
    reel__text_print(t, "outputs");
    for (size_t i = 0; i < w->outputs.count; i++)
        put_number(w, w->outputs.node[i]);
    reel__text_print(t, "\n");
    reel__text_put(t, "", 1);
    return t->failed ? no_memory(w, 2 * t->capacity) : REEL_OK;
}

/* ------------------------------------------------------------------ public */

static reel_status check_outputs(const writer *w)
{
    for (size_t i = 0; i < w->outputs.count; i++)
        if (!w->outputs.node[i] || w->outputs.node[i]->tape != w->tape)
            return reel__report(w->error, REEL_EVALUE, w->path,
                                "output %zu is NULL or on another tape", i);
    return REEL_OK;
}

reel_status reel_tape_save(reel_tape *tape, reel_nodes outputs,
                           const char *path, reel_error *error)
{
    writer w = {.path = path, .error = error, .tape = tape,
                .outputs = outputs};

    if (!tape)
        return reel__report(error, REEL_EVALUE, path, "the tape is NULL");

    reel_status status = check_outputs(&w);

    if (status == REEL_OK)
        status = choose_nodes(&w, tape);
    if (status == REEL_OK)
        status = collect_tensors(&w);
    if (status == REEL_OK)
        status = make_text(&w);
    if (status == REEL_OK)
        status = reel_safetensors_write(
            path, w.tensor, w.tensors,
            (const char *const[]){REEL__GRAPH_KEY, w.text.byte, NULL}, error);
    free(w.number);
    free(w.tensor);
    free(w.label);
    free(w.text.byte);
    return status;
}
