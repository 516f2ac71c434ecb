/* graph_read.c: loads graphs: records each node anew, so that every op's own
 * rules look at what the file says.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/graph.h"

#include <reel/safetensors.h>

#include "io/report.h"
#include "ops/ops.h"

#define ATTRIBUTES 256 /* bytes of the largest struct, at least */

_Static_assert(sizeof(reel__padding) <= ATTRIBUTES &&
                   sizeof(reel__ranges) <= ATTRIBUTES,
               "room for attributes");

typedef struct reader {
    const reel_tensors *file;
    reel_tape *tape;
    reel__scan scan;
    reel_node **in; /* operands of a node */
    size_t in_capacity;
    char *place; /* the last file=, in the tape's memory */
    bool failed; /* no memory */
} reader;

/* A node as its line begins. */
typedef struct head {
    const reel__op *op;
    reel_dtype dtype;
    reel_shape shape;
    size_t nin;
} head;

static bool wrong(reader *r, const char *why)
{
    return reel__scan_wrong(&r->scan, "%s", why);
}

static bool no_memory(reader *r)
{
    r->failed = true;
    return wrong(r, "out of memory");
}

/* ---------------------------------------------------------------- operands */

/* %3, a node that is there already. */
static bool take_node(reader *r, reel_node **node)
{
    uint64_t number;

    if (!reel__scan_take(&r->scan, '%') ||
        !reel__scan_unsigned(&r->scan, &number))
        return false;
    if (number >= r->tape->count)
        return reel__scan_wrong(&r->scan, "%%%" PRIu64 " is not there yet",
                                number);
    *node = r->tape->node[number];
    return true;
}

/* As many as there are, into r->in. */
static bool take_nodes(reader *r, size_t *count)
{
    reel_node *node = NULL;

    *count = 0;
    while (r->scan.at += strspn(r->scan.at, " \t"), *r->scan.at == '%') {
        if (!take_node(r, &node))
            return false;
        reel_node **grown =
            reel__grow(&reel__malloc, r->in, &r->in_capacity, *count + 1,
                       sizeof *grown);
        if (!grown)
            return no_memory(r);
        r->in = grown;
        r->in[(*count)++] = node;
    }
    return !r->scan.why[0];
}

static bool take_head(reader *r, head *h)
{
    char word[REEL__SCAN_WORD];
    reel__scan *s = &r->scan;
    uint64_t number;

    if (!reel__scan_take(s, '%') || !reel__scan_unsigned(s, &number))
        return false;
    if (number != r->tape->count)
        return reel__scan_wrong(s, "%%%" PRIu64 " where %%%zu comes next",
                                number, r->tape->count);
    if (!reel__scan_take(s, '=') || !reel__scan_word(s, word))
        return false;
    h->op = reel__graph_op(word);
    if (!h->op)
        return reel__scan_wrong(s, "no op '%s' in this version of Reel", word);
    return reel__scan_dtype(s, &h->dtype) && reel__scan_shape(s, &h->shape) &&
           take_nodes(r, &h->nin);
}

/* ------------------------------------------------------------------ leaves */

static bool take_tensor(reader *r, const head *h, const void **data)
{
    const reel_tensor *t;

    if (!reel__scan_string(&r->scan))
        return false;
    t = reel_tensors_find(r->file, r->scan.text.byte);
    if (!t)
        return reel__scan_wrong(&r->scan, "no tensor \"%.60s\" in the file",
                                r->scan.text.byte);
    if (t->dtype != h->dtype || !reel__shape_equal(t->shape, h->shape))
        return reel__scan_wrong(&r->scan, "tensor \"%.60s\" has another dtype "
                                "or shape", r->scan.text.byte);
    *data = t->data;
    return true;
}

static reel_node *make_leaf(reader *r, const head *h)
{
    const void *data = NULL;
    reel_node *n;

    if (h->nin > 0)
        wrong(r, "a leaf has no operands");
    else if (reel__scan_is_key(&r->scan, "tensor"))
        take_tensor(r, h, &data);
    else if (h->op != &reel__op_input)
        wrong(r, "expected tensor=");
    if (r->scan.why[0])
        return NULL;
    if (h->op == &reel__op_parameter)
        return reel_parameter(r->tape, NULL, h->dtype, h->shape, data);
    if (h->op == &reel__op_state)
        return reel_state(r->tape, NULL, h->dtype, h->shape, data);
    if (h->op == &reel__op_constant)
        return reel_constant(r->tape, h->dtype, h->shape, data);
    n = reel_input(r->tape, NULL, h->dtype, h->shape);
    if (n && data)
        reel_set(n, data);
    return n;
}

/* ------------------------------------------------------------------- nodes */

static bool check_arity(reader *r, const head *h)
{
    if (h->op->arity == REEL__ANY_ARITY ? h->nin > 0
                                        : (size_t)h->op->arity == h->nin)
        return true;
    return reel__scan_wrong(&r->scan, "%s with %zu operands", h->op->name,
                            h->nin);
}

static reel_node *make_node(reader *r, const head *h)
{
    const reel__attributes_form *form = reel__attributes_form_of(h->op);
    union {
        char bytes[ATTRIBUTES];
        int64_t whole;
        double real;
    } attr = {{0}};

    if (!check_arity(r, h) ||
        (form && !reel__graph_take_attributes(&r->scan, form, r->in[0]->ndim,
                                              attr.bytes)))
        return NULL;
    return reel__record(h->op, r->in, h->nin, form ? attr.bytes : NULL,
                        form ? form->bytes : 0);
}

/* What was recorded is this one node, as the file has it. */
static bool check_node(reader *r, const head *h, const reel_node *n,
                       size_t count)
{
    char is[REEL__SHAPE_TEXT];

    if (r->scan.why[0])
        return false;
    if (!n) {
        r->failed = r->tape->status == REEL_ENOMEM;
        return wrong(r, reel_message(r->tape));
    }
    if (r->tape->count != count + 1)
        return wrong(r, "operands differ in dtype or shape: write the cast or "
                        "expand as a node");
    if (n->dtype != h->dtype || !reel__shape_equal(reel__shape_of(n), h->shape))
        return reel__scan_wrong(&r->scan, "%s makes %s %s of its operands",
                                h->op->name, reel_dtype_name(reel_dtype_of(n)),
                                reel__node_shape_text(n, is));
    return true;
}

/* The file of this line and those to come; kept in the tape's memory. */
static bool take_file(reader *r)
{
    if (!reel__scan_string(&r->scan))
        return false;

    const char *text = r->scan.text.byte;

    r->place = reel__arena_take(&r->tape->arena, strlen(text) + 1);
    if (!r->place)
        return no_memory(r);
    strcpy(r->place, text);
    return true;
}

static bool set_line(reader *r, reel_node *n)
{
    int64_t line;

    if (!reel__scan_integer(&r->scan, &line))
        return false;
    if (line < 0 || line > INT32_MAX)
        return wrong(r, "no such line");
    if (!r->place)
        return wrong(r, "line= before any file=");
    n->file = r->place;
    n->line = (int)line;
    return true;
}

static bool set_primal(reader *r, reel_node *n)
{
    reel_node *primal = NULL;

    if (!take_node(r, &primal))
        return false;
    if (primal == n)
        return wrong(r, "a node is no derivative of itself");
    n->primal = primal->id + 1;
    return true;
}

static bool take_rest(reader *r, reel_node *n)
{
    reel__scan *s = &r->scan;

    n->file = NULL;
    n->line = 0;
    if (reel__scan_is_key(s, "name") && reel__scan_string(s) &&
        reel_set_name(n, s->text.byte) != REEL_OK)
        return no_memory(r);
    bool file = reel__scan_is_key(s, "file");
    if (file && !(take_file(r) && reel__scan_take_key(s, "line")))
        return false;
    if ((file || reel__scan_is_key(s, "line")) && !set_line(r, n))
        return false;
    if (reel__scan_is_key(s, "backward"))
        return set_primal(r, n) && reel__scan_line_end(s);
    n->forward = reel__scan_is_key(s, "forward");
    return (!n->forward || set_primal(r, n)) && reel__scan_line_end(s);
}

static bool take_line(reader *r)
{
    head h;
    size_t count = r->tape->count;

    if (!take_head(r, &h))
        return false;
    reel_node *n = h.op->flags & REEL__LEAF ? make_leaf(r, &h)
                                            : make_node(r, &h);
    return check_node(r, &h, n, count) && take_rest(r, n);
}

/* ------------------------------------------------------------------- graph */

static bool take_version(reader *r)
{
    char word[REEL__SCAN_WORD];
    uint64_t version;

    if (!reel__scan_word(&r->scan, word) ||
        !reel__scan_unsigned(&r->scan, &version))
        return false;
    if (strcmp(word, "reel") != 0)
        return wrong(r, "no graph of Reel's");
    if (version != REEL__GRAPH_VERSION)
        return reel__scan_wrong(&r->scan, "version %" PRIu64 ": this Reel "
                                "reads version %d", version,
                                REEL__GRAPH_VERSION);
    return reel__scan_line_end(&r->scan);
}

static bool take_outputs(reader *r, reel_nodes *outputs)
{
    char word[REEL__SCAN_WORD];
    size_t count;

    if (!reel__scan_word(&r->scan, word))
        return false;
    if (strcmp(word, "outputs") != 0)
        return wrong(r, "expected '%' or outputs");
    if (!take_nodes(r, &count) || !reel__scan_line_end(&r->scan))
        return false;
    if (*r->scan.at)
        return wrong(r, "expected the end");
    if (!outputs)
        return true;

    size_t bytes = count * sizeof(reel_node *);
    reel_node **list = reel__arena_take(&r->tape->arena, bytes + 1);

    if (!list)
        return no_memory(r);
    if (count)
        memcpy(list, r->in, bytes);
    *outputs = (reel_nodes){count, list};
    return true;
}

static bool take_graph(reader *r, reel_nodes *outputs)
{
    if (!take_version(r))
        return false;
    while (*r->scan.at == '%')
        if (!take_line(r))
            return false;
    return take_outputs(r, outputs);
}

static reel_tape *read_graph(const reel_tensors *file, const char *name,
                             reel_nodes *outputs, reel_error *error)
{
    reader r = {.file = file, .tape = reel_tape_new()};

    r.scan.at = reel_tensors_metadata(file, REEL__GRAPH_KEY);
    r.scan.line = 1;
    if (!r.tape) {
        reel__report_memory(error, name, sizeof *r.tape);
    } else if (!r.scan.at) {
        reel__report(error, REEL_EFORMAT, name,
                     "holds no graph: its metadata have no \"%s\"",
                     REEL__GRAPH_KEY);
    } else if (!take_graph(&r, outputs)) {
        bool memory = r.failed || r.scan.text.failed;
        reel__report(error, memory ? REEL_ENOMEM : REEL_EFORMAT, name,
                     "line %zu of the graph: %s", r.scan.line, r.scan.why);
    }
    if (r.scan.why[0] || !r.scan.at) {
        reel_tape_free(r.tape);
        r.tape = NULL;
    }
    reel__free(&reel__malloc, r.in, r.in_capacity * sizeof *r.in);
    free(r.scan.text.byte);
    return r.tape;
}

/* ------------------------------------------------------------------ public */

reel_tape *reel_tape_load(const char *path, reel_nodes *outputs,
                          reel_error *error)
{
    reel_tensors file;
    reel_tape *tape = NULL;

    if (outputs)
        *outputs = (reel_nodes){0, NULL};
    if (reel_safetensors_read(path, &file, error) == REEL_OK) {
        tape = read_graph(&file, path, outputs, error);
        reel_tensors_free(&file);
    }
    return tape;
}

reel_tape *reel_tape_parse(const void *bytes, size_t size, const char *name,
                           reel_nodes *outputs, reel_error *error)
{
    reel_tensors file;
    reel_tape *tape = NULL;

    if (outputs)
        *outputs = (reel_nodes){0, NULL};
    if (reel_safetensors_parse(bytes, size, name, &file, error) == REEL_OK) {
        tape = read_graph(&file, name, outputs, error);
        reel_tensors_free(&file);
    }
    return tape;
}

reel_node *reel_tape_find(const reel_tape *tape, const char *name)
{
    for (size_t i = 0; tape && name && i < tape->count; i++)
        if (tape->node[i]->name && strcmp(tape->node[i]->name, name) == 0)
            return tape->node[i];
    return NULL;
}
