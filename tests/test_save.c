/* test_save.c: graphs go through files without a change, and what is wrong with
 * a file is told.
 *
 * SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reel.h>

#include "core/internal.h"
#include "custom_ops.h"
#include "io/graph.h"
#include "samples.h"
#include "support.h"

#define F64S(...) ((const double[]){__VA_ARGS__})

static char path[64];
static reel_tape *t;

static void setup(void)
{
    /* Where syncing costs nothing, if there is such a place. */
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : "";
    snprintf(path, sizeof path, "%stest_save-%ld.reel", folder,
             (long)getpid());
    t = reel_tape_new();
}

static void teardown(void)
{
    remove(path);
    reel_tape_free(t);
}

static void save(reel_tape *tape, reel_nodes outputs)
{
    reel_error error = {0};
    ck_assert_msg(reel_tape_save(tape, outputs, path, &error) == REEL_OK, "%s",
                  error.message);
}

static reel_tape *load(reel_nodes *outputs)
{
    reel_error error = {0};
    reel_tape *tape = reel_tape_load(path, outputs, &error);
    ck_assert_msg(tape != NULL, "%s", error.message);
    return tape;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* All that a node has, values of leaves included. */
static void assert_same_node(const reel_node *a, const reel_node *b,
                             const char *who)
{
    bool same = a->op == b->op && a->dtype == b->dtype &&
                reel__same_shape(a, b) && a->arity == b->arity &&
                a->attr_bytes == b->attr_bytes && a->line == b->line &&
                a->primal == b->primal && a->forward == b->forward &&
                same_text(a->name, b->name) && same_text(a->file, b->file);
    for (uint32_t i = 0; same && i < a->arity; i++)
        same = a->in[i]->id == b->in[i]->id;
    if (same && a->attr_bytes)
        same = memcmp(a->attr, b->attr, a->attr_bytes) == 0;
    if (same && a->op->flags & REEL__LEAF)
        same = (a->value == NULL) == (b->value == NULL) &&
               (!a->value || memcmp(a->value, b->value, reel_bytes(a)) == 0);
    if (!same)
        ck_abort_msg("%s: node %zu, %s, is another one", who, reel_id(a),
                     a->op->name);
}

static void assert_same_tape(const reel_tape *a, const reel_tape *b,
                             const char *who)
{
    if (reel_tape_count(a) != reel_tape_count(b))
        ck_abort_msg("%s: %zu nodes, not %zu", who, reel_tape_count(b),
                     reel_tape_count(a));
    for (size_t i = 0; i < a->count; i++)
        assert_same_node(a->node[i], b->node[i], who);
}

/* ------------------------------------------------------------------ all ops */

static void runs_alike(reel_node *a, reel_node *b, const char *who)
{
    reel_program *p = run_once(a->tape, a), *q = run_once(b->tape, b);
    if (reel_bytes(a) &&
        memcmp(reel_data(a), reel_data(b), reel_bytes(a)) != 0)
        ck_abort_msg("%s: another result", who);
    reel_program_free(p);
    reel_program_free(q);
}

/* With the gradient's nodes, where there is one. */
static void round_trip(const reel__op *op, int sample, reel_dtype real)
{
    graph g;
    reel_node *array[MOST_IN], *gradient[MOST_IN] = {NULL};
    graph_make(&g, op, sample, real, DENSE);
    char who[200];
    snprintf(who, sizeof who, "%s", graph_name(&g));
    reel_nodes leaves = float_leaves(&g, array);
    if (!g.sample->value_only && reel__is_float(reel_dtype_of(g.y)) &&
        !(op->flags & REEL__NO_GRADIENT))
        reel_vjp(g.y, random_like(g.y, 7), leaves, gradient);
    assert_ok(g.tape);

    reel_nodes outputs;
    save(g.tape, (reel_nodes){0, NULL});
    reel_tape *copy = load(&outputs);
    ck_assert_uint_eq(outputs.count, 0);
    assert_same_tape(g.tape, copy, who);
    runs_alike(g.y, copy->node[g.y->id], who);
    for (int i = 0; i < (int)leaves.count; i++)
        if (gradient[i])
            runs_alike(gradient[i], copy->node[gradient[i]->id], who);
    reel_tape_free(copy);
    graph_free(&g);
}

START_TEST(every_op)
{
    const reel__op *op = reel__ops[_i];
    ck_assert_int_gt(op->samples, 0);
    for_samples(op, round_trip);
}
END_TEST

/* Nodes have the rows that their names lead to, and no others have a form. */
START_TEST(rows_by_name)
{
    for (int i = 0; reel__ops[i]; i++) {
        const reel__op *op = reel__ops[i];
        bool composite = (op->flags & REEL__COMPOSITE) != 0;

        ck_assert_msg(!composite || !reel__attributes_form_of(op), "%s",
                      op->name);
        ck_assert_ptr_eq(reel__graph_op(op->name), composite ? NULL : op);
    }
}
END_TEST

/* ------------------------------------------------------------------- graphs */

/* Every kind of leaf, names of all sorts, places, sweeps, an assignment. */
static reel_node *network(void)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2, 2));
    reel_node *y = reel_input(t, "y \"\\\n\xff \xc3\xa9", REEL_I32,
                              REEL_SHAPE(2));
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(2, 3),
                                  F64S(1, -0.0, 3e300, 4, NAN, -INFINITY));
    reel_node *again = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3),
                                      F64S(1, 2, 3));
    reel_node *odd = reel_state(t, "%0", REEL_U8, REEL_SHAPE(0, 3), NULL);
    reel_node *meta = reel_state(t, "__metadata__", REEL_BOOL, REEL_SHAPE(2),
                                 (const uint8_t[]){0, 1});
    reel_node *logits = reel_add(reel_matmul(x, w), again);
    reel_node *loss = reel_cross_entropy_loss(logits, y);
    reel_node *dw = reel_gradient(loss, w);
    reel_node *tangent = reel_jvp(loss, REEL_NODES(w), REEL_NODES(w));

    reel_set(x, F64S(1, 2, 3, 4));
    reel_set_name(logits, "");
    reel_assign(w, reel_sub(w, reel_affine(dw, 0.1, 0)));
    reel_sum(odd, REEL_ALL, false);
    reel_logical_not(meta);
    assert_ok(t);
    ck_assert_ptr_nonnull(tangent);
    return loss;
}

START_TEST(whole_tapes)
{
    reel_nodes outputs;
    reel_node *loss = network();

    save(t, REEL_NODES(loss));
    reel_tape *part = load(&outputs);
    ck_assert_uint_eq(outputs.count, 1);
    ck_assert_int_eq((int)reel_id(outputs.node[0]),
                     (int)reel_tape_count(part) - 1);
    ck_assert_str_eq(reel_op_name(outputs.node[0]), reel_op_name(loss));
    ck_assert_uint_lt(reel_tape_count(part), reel_tape_count(t));
    ck_assert_ptr_null(reel_tape_find(part, "__metadata__"));
    ck_assert_int_eq(reel_line(reel_tape_find(part, "x")),
                     reel_line(reel_tape_find(t, "x")));
    ck_assert_str_eq(reel_file(outputs.node[0]), __FILE__);
    reel_tape_free(part);

    save(t, (reel_nodes){0, NULL});
    reel_tape *all = load(NULL);
    assert_same_tape(t, all, "network");
    ck_assert_ptr_nonnull(reel_data(reel_tape_find(all, "x")));
    ck_assert_ptr_null(reel_data(reel_tape_find(all, "y \"\\\n\xff \xc3\xa9")));
    ck_assert_ptr_null(reel_tape_find(all, "z"));
    ck_assert_ptr_null(reel_tape_find(NULL, "x"));
    reel_tape_free(all);

    /* The first of several nodes of one name, and tensors that are told by
     * theirs where it is the only one. */
    reel_tensors file;
    ck_assert_int_eq(reel_safetensors_read(path, &file, NULL), REEL_OK);
    ck_assert_ptr_nonnull(reel_tensors_find(&file, "x"));
    ck_assert_ptr_null(reel_tensors_find(&file, "w"));
    ck_assert_ptr_nonnull(reel_tensors_find(&file, "%2"));
    ck_assert_ptr_nonnull(reel_tensors_find(&file, "%3"));
    ck_assert_ptr_nonnull(reel_tensors_find(&file, "%4"));
    reel_tensors_free(&file);
}
END_TEST

START_TEST(what_a_file_says)
{
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(2, 3));
    reel_node *w = reel_parameter(t, "w", REEL_F32, REEL_SCALAR, NULL);
    reel_node *y = reel_sum(reel_affine(reel_mul(x, w), 0.1, -2),
                            REEL_AXES(1), true);
    reel_tensors file;

    for (size_t i = 0; i < t->count; i++)
        t->node[i]->file = i < 3 ? "net.c" : i == 3 ? "h" : NULL,
        t->node[i]->line = t->node[i]->file ? 7 : 0;
    save(t, REEL_NODES(y, y));
    ck_assert_int_eq(reel_safetensors_read(path, &file, NULL), REEL_OK);
    ck_assert_uint_eq(file.count, 1);
    ck_assert_str_eq(
        reel_tensors_metadata(&file, "reel.graph"),
        "reel 1\n"
        "%0 = input f32 [2, 3] name=\"x\" file=\"net.c\" line=7\n"
        "%1 = parameter f32 [] tensor=\"w\" name=\"w\" line=7\n"
        "%2 = expand f32 [2, 3] %1 to=[2, 3] line=7\n"
        "%3 = mul f32 [2, 3] %0 %2 file=\"h\" line=7\n"
        "%4 = affine f32 [2, 3] %3 scale=0.10000000149011612 offset=-2\n"
        "%5 = sum f32 [2, 1] %4 axes=[1] keepdims=true\n"
        "outputs %5 %5\n");
    reel_tensors_free(&file);
}
END_TEST

/* Where a comma is the decimal point, too. */
START_TEST(locales)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8",
                                        "fr_FR.UTF-8", "C.UTF-8", "C"};
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SCALAR, NULL);

    reel_affine(w, 0.1, -1.5e-300);
    reel_clamp(w, -INFINITY, 0.25);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        save(t, (reel_nodes){0, NULL});
        setlocale(LC_ALL, i % 2 ? "C" : names[i]);
        reel_tape *copy = load(NULL);
        assert_same_tape(t, copy, names[i]);
        reel_tape_free(copy);
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(long_chain)
{
    size_t n = support_scaled(200000, 20000);
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SCALAR, F64S(0.5));

    for (size_t i = 0; i < n; i++)
        x = reel_sin(x);
    save(t, REEL_NODES(x));
    reel_tape *copy = load(NULL);
    ck_assert_uint_eq(reel_tape_count(copy), n + 1);
    assert_same_tape(t, copy, "chain");
    reel_tape_free(copy);
}
END_TEST

/* ------------------------------------------------------------------- errors */

/* A file with this text for its graph, and tensors w f32 [2] and b bool []. */
static void assert_refused(const char *text, const char *message)
{
    float w[2] = {1, 2};
    uint8_t b = 1;
    const reel_tensor tensors[] = {{"w", REEL_F32, REEL_SHAPE(2), w},
                                   {"b", REEL_BOOL, REEL_SCALAR, &b}};
    reel_error error = {0};
    char expected[512];

    ck_assert_int_eq(reel_safetensors_write(
                         path, tensors, 2,
                         (const char *const[]){"reel.graph", text, NULL},
                         NULL),
                     REEL_OK);
    ck_assert_ptr_null(reel_tape_load(path, NULL, &error));
    snprintf(expected, sizeof expected, "%s: %s", path, message);
    ck_assert_msg(error.status == REEL_EFORMAT &&
                      strcmp(error.message, expected) == 0,
                  "%s\n  is     \"%s\"\n  not    \"%s\"", text, error.message,
                  expected);
}

#define HEAD "reel 1\n"
#define W "%0 = parameter f32 [2] tensor=\"w\"\n"

START_TEST(mistakes)
{
    static const char *const cases[][2] = {
        {"", "line 1 of the graph: expected a word"},
        {"reel", "line 1 of the graph: expected a whole number"},
        {"onnx 1\n", "line 1 of the graph: no graph of Reel's"},
        {"reel 2\n",
         "line 1 of the graph: version 2: this Reel reads version 1"},
        {"reel 99999999999999999999\n",
         "line 1 of the graph: number too large"},
        {"reel 1 x\n", "line 1 of the graph: expected the end of the line"},
        {HEAD, "line 2 of the graph: expected a word"},
        {HEAD "inputs\n", "line 2 of the graph: expected '%' or outputs"},
        {HEAD W "outputs %0\n%1 = neg f32 [2] %0\n",
         "line 4 of the graph: expected the end"},
        {HEAD W "outputs %1\n", "line 3 of the graph: %1 is not there yet"},
        {HEAD W "outputs %\n", "line 3 of the graph: expected a whole number"},
        {HEAD "%1 = input f32 []\noutputs\n",
         "line 2 of the graph: %1 where %0 comes next"},
        {HEAD "%0 input f32 []\noutputs\n",
         "line 2 of the graph: expected '='"},
        {HEAD "%0 = frobnicate f32 []\noutputs\n",
         "line 2 of the graph: no op 'frobnicate' in this version of Reel"},
        {HEAD "%0 = mean f32 []\noutputs\n",
         "line 2 of the graph: no op 'mean' in this version of Reel"},
        {HEAD "%0 = aaaaaaaaaabbbbbbbbbbccccccccccdd f32 []\noutputs\n",
         "line 2 of the graph: word of 32 letters"},
        {HEAD "%0 = input f16 []\noutputs\n",
         "line 2 of the graph: no dtype 'f16'"},
        {HEAD "%0 = input f32 2\noutputs\n",
         "line 2 of the graph: expected '['"},
        {HEAD "%0 = input f32 [2 3]\noutputs\n",
         "line 2 of the graph: expected ','"},
        {HEAD "%0 = input f32 [1, 1, 1, 1, 1, 1, 1, 1, 1]\noutputs\n",
         "line 2 of the graph: more than 8 numbers in a list"},
        {HEAD "%0 = input f32 [-1]\noutputs\n",
         "line 2 of the graph: input: shape has a negative size or too many "
         "elements"},
        {HEAD "%0 = input f32 [9223372036854775808]\noutputs\n",
         "line 2 of the graph: number too large"},
        {HEAD W "%1 = input f32 [2] %0\noutputs\n",
         "line 3 of the graph: a leaf has no operands"},
        {HEAD "%0 = parameter f32 [2]\noutputs\n",
         "line 2 of the graph: expected tensor="},
        {HEAD "%0 = parameter f32 [2] tensor=\"v\"\noutputs\n",
         "line 2 of the graph: no tensor \"v\" in the file"},
        {HEAD "%0 = parameter f64 [2] tensor=\"w\"\noutputs\n",
         "line 2 of the graph: tensor \"w\" has another dtype or shape"},
        {HEAD "%0 = parameter f32 [2, 1] tensor=\"w\"\noutputs\n",
         "line 2 of the graph: tensor \"w\" has another dtype or shape"},
        {HEAD "%0 = parameter bool [] tensor=\"b\"\noutputs\n",
         "line 2 of the graph: parameter: needs f32 or f64, not bool: use "
         "reel_state for what is not trained"},
        {HEAD W "%1 = neg f32 [2] %0 %0\noutputs\n",
         "line 3 of the graph: neg with 2 operands"},
        {HEAD W "%1 = concat f32 [2] axis=0\noutputs\n",
         "line 3 of the graph: concat with 0 operands"},
        {HEAD W "%1 = neg f32 [2] %1\noutputs\n",
         "line 3 of the graph: %1 is not there yet"},
        {HEAD W "%1 = neg f32 [3] %0\noutputs\n",
         "line 3 of the graph: neg makes f32 [2] of its operands"},
        {HEAD W "%1 = neg f64 [2] %0\noutputs\n",
         "line 3 of the graph: neg makes f32 [2] of its operands"},
        {HEAD W "%1 = matmul f32 [] %0 %0\noutputs\n",
         "line 3 of the graph: matmul: needs at least two dimensions: [2]"},
        {HEAD W "%1 = state bool [] tensor=\"b\"\n"
                "%2 = add f32 [2] %0 %1\noutputs\n",
         "line 4 of the graph: operands differ in dtype or shape: write the "
         "cast or expand as a node"},
        {HEAD W "%1 = sum f32 [] %0\noutputs\n",
         "line 3 of the graph: expected axes="},
        {HEAD W "%1 = sum f32 [] %0 axes=[0]\noutputs\n",
         "line 3 of the graph: expected keepdims="},
        {HEAD W "%1 = sum f32 [] %0 axes=[0] keepdims=maybe\noutputs\n",
         "line 3 of the graph: 'maybe' is neither true nor false"},
        {HEAD W "%1 = sum f32 [] %0 axes=[0, 0] keepdims=true\noutputs\n",
         "line 3 of the graph: axis 0 is there twice"},
        {HEAD W "%1 = sum f32 [] %0 axes=[8] keepdims=true\noutputs\n",
         "line 3 of the graph: no axis 8"},
        {HEAD W "%1 = sum f32 [] %0 axes=[1] keepdims=true\noutputs\n",
         "line 3 of the graph: sum: axes beyond the last of 1"},
        {HEAD W "%1 = argmax i64 [] %0 axis=8 keepdims=false\noutputs\n",
         "line 3 of the graph: no axis 8"},
        {HEAD W "%1 = permute f32 [2] %0 axes=[0, 1]\noutputs\n",
         "line 3 of the graph: 2 numbers for 1 axes"},
        {HEAD W "%1 = slice f32 [1] %0 start=[] step=[1] size=[1]\noutputs\n",
         "line 3 of the graph: 0 numbers for 1 axes"},
        {HEAD W "%1 = affine f32 [2] %0 scale=one offset=0\noutputs\n",
         "line 3 of the graph: expected a number"},
        {HEAD W "%1 = affine f32 [2] %0 scale= offset=0\noutputs\n",
         "line 3 of the graph: expected a number"},
        {HEAD W "%1 = affine f32 [2] %0 "
                "scale=00000000000000000000000000000000 offset=0\noutputs\n",
         "line 3 of the graph: expected a number"},
        {HEAD W "%1 = clamp f32 [2] %0 low=1 high=nan\noutputs\n",
         "line 3 of the graph: clamp: 1 and nan are no bounds for f32"},
        {HEAD W "%1 = cast i32 [2] %0 to=i32\n"
                "%2 = clamp i32 [2] %1 low=0.5 high=2\noutputs\n",
         "line 4 of the graph: clamp: 0.5 and 2 are no bounds for i32"},
        {HEAD "%0 = input f32 [] name=\"x\n\"\noutputs\n",
         "line 2 of the graph: string without end"},
        {HEAD "%0 = input f32 [] name=\"x", "line 2 of the graph: string "
                                            "without end"},
        {HEAD "%0 = input f32 [] name=x\noutputs\n",
         "line 2 of the graph: expected '\"'"},
        {HEAD "%0 = input f32 [] name=\"\\n\"\noutputs\n",
         "line 2 of the graph: '\\' begins no escape"},
        {HEAD "%0 = input f32 [] name=\"\\x00\"\noutputs\n",
         "line 2 of the graph: '\\' begins no escape"},
        {HEAD "%0 = input f32 [] file=\"a\"\noutputs\n",
         "line 2 of the graph: expected line="},
        {HEAD "%0 = input f32 [] file=\"a\" line=-1\noutputs\n",
         "line 2 of the graph: no such line"},
        {HEAD W "%1 = neg f32 [2] %0 backward=%1\noutputs\n",
         "line 3 of the graph: a node is no derivative of itself"},
        {HEAD "%0 = input f32 [] line=1\noutputs\n",
         "line 2 of the graph: line= before any file="},
        {HEAD "%0 = input f32 [] line=1 name=\"x\"\noutputs\n",
         "line 2 of the graph: line= before any file="},
        {HEAD "%0 = input f32 [] file=\"a\" line=1 name=\"x\"\noutputs\n",
         "line 2 of the graph: expected the end of the line"},
        {HEAD W "%1 = neg f32 [2] %0\n%2 = assign f32 [2] %1 %0\noutputs\n",
         "line 4 of the graph: assign: only a parameter or state can be "
         "assigned to, not neg"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(other_files)
{
    reel_error error = {0};
    reel_nodes outputs = REEL_NODES(NULL);

    ck_assert_ptr_null(reel_tape_load("no/such/file", &outputs, &error));
    ck_assert_int_eq(error.status, REEL_EIO);
    ck_assert_str_eq(error.message, "no/such/file: No such file or directory");
    ck_assert_uint_eq(outputs.count, 0);
    ck_assert_int_eq(reel_safetensors_write(path, NULL, 0, NULL, NULL),
                     REEL_OK);
    ck_assert_ptr_null(reel_tape_load(path, NULL, &error));
    ck_assert_int_eq(error.status, REEL_EFORMAT);
    ck_assert_str_eq(error.message,
                     support_format("%s: holds no graph: its metadata have no "
                                    "\"reel.graph\"", path));
    ck_assert_ptr_null(reel_tape_parse("", 0, "empty", NULL, NULL));
}
END_TEST

START_TEST(what_cannot_be_saved)
{
    static const reel__op strange = {.name = "strange"};
    reel_error error = {0};
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SCALAR);
    reel_node *y = reel_neg(x);

    ck_assert_int_eq(reel_tape_save(NULL, REEL_NODES(x), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message,
                     support_format("%s: the tape is NULL", path));
    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(x, NULL), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(
        error.message,
        support_format("%s: output 1 is NULL or on another tape", path));
    reel_set_name(y, "f");
    y->op = &strange;
    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(y), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(
        error.message,
        support_format("%s: strange 'f': the op has no form in files", path));
    ck_assert_int_eq(access(path, F_OK), -1);
    y->op = &reel__op_neg;
    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(y), "no/such/file", &error),
                     REEL_EIO);
}
END_TEST

/* Cut anywhere, and with any byte of the header changed, a file is an error or
 * a graph, and nothing else happens. */
/* A custom op's functions are in no file. Where no output needs it, it is not
 * asked for. */
START_TEST(custom_ops)
{
    reel_error error = {0};
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  F64S(1, 2));
    reel_node *plain = reel_neg(x), *y = swish(x);
    reel_node *z = reel_custom(&swishes[4], REEL_NODES(x)), *d;
    ck_assert_int_eq(reel_vjp(z, x, REEL_NODES(x), &d), REEL_OK);

    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(y), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(
        error.message,
        support_format("%s: swish: the op has no form in files", path));
    reel_set_name(y, "f");
    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(y), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(
        error.message,
        support_format("%s: swish 'f': the op has no form in files", path));
    ck_assert_int_eq(reel_tape_save(t, REEL_NODES(d), path, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(
        error.message,
        support_format("%s: swish.buffers: the op has no form in files",
                       path));
    ck_assert_int_eq(access(path, F_OK), -1);
    save(t, REEL_NODES(plain));
}
END_TEST

/* Layers and an optimiser's step are nodes like others: training goes on from
 * the file as it would have without. */
START_TEST(layers_and_optimiser)
{
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(2, 2),
                                 F64S(1, 2, -1, 3));
    reel_node *y = reel_dense(reel_dense(x, 3, "tanh", "xavier"), 1,
                              "identity", "xavier");
    reel_node *loss = reel_mean(reel_square(y), REEL_ALL, false);
    reel_optimizer *o = reel_optimizer_new(reel_parameters(REEL_NODES(loss)),
                                           "adam", 0.1, NULL);
    reel_nodes step = reel_minimize(o, loss, REEL_NODES(loss)), again;
    reel_program *p = reel_compile(t, step);
    assert_ok(t);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    save(t, step);
reel_tape *other = load(&again);
    ck_assert_uint_eq(again.count, step.count);
    reel_program *q = reel_compile(other, again);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_run(p), REEL_OK);
        ck_assert_int_eq(reel_run(q), REEL_OK);
        ck_assert(reel_item(again.node[0]) == reel_item(loss));
    }
    reel_program_free(q);
    reel_program_free(p);
    reel_tape_free(other);
}
END_TEST

/* A loaded tape is one like any other: marked, recorded on, rewound, again. */
START_TEST(rewound_after_loading)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2),
                                  F64S(1, 2));
    reel_mark start = reel_tape_mark(t);
    save(t, REEL_NODES(reel_sum(reel_square(x), REEL_ALL, false)));
    reel_nodes outputs;
    reel_tape *other = load(&outputs);
    reel_node *w = reel_tape_node(other, 0), *first = NULL;
    reel_mark mark = reel_tape_mark(other);
    for (int i = 0; i < 3; i++) {
        reel_node *d = reel_gradient(outputs.node[0], w);
        assert_ok(other);
        ck_assert(i == 0 || d == first);
        first = d;
        reel_program *p = run_once(other, d);
        assert_values(d, 0, 2, 4);
        reel_program_free(p);
        ck_assert_int_eq(reel_tape_rewind(other, mark), REEL_OK);
    }
    ck_assert_uint_eq(reel_tape_count(other), 3);
    /* To within what was loaded, and something else from there. */
    ck_assert_int_eq(reel_tape_rewind(other, start), REEL_OK);
    reel_node *y = reel_exp(w);
    reel_program *p = run_once(other, y);
    assert_values(y, 1e-12, exp(1), exp(2));
    reel_program_free(p);
    reel_tape_free(other);
}
END_TEST

START_TEST(damaged_files)
{
    unsigned char bytes[1 << 14];
    size_t step = support_scaled(1, 7);

    network();
    save(t, (reel_nodes){0, NULL});
    FILE *f = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    ck_assert_uint_lt(size, sizeof bytes);
    for (size_t i = 0; i < size; i += step)
        if (reel_tape_parse(bytes, i, "cut", NULL, NULL))
            ck_abort_msg("cut to %zu bytes, and not missed", i);
    for (size_t i = 0; i < size; i += step) {
        unsigned char before = bytes[i];
        for (int change = 1; change < 256; change *= 4) {
            bytes[i] = (unsigned char)(before ^ change);
            reel_tape_free(
                reel_tape_parse(bytes, size, "changed", NULL, NULL));
        }
        bytes[i] = before;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("save");
    TCase *c = tcase_create("all");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, every_op, 0, op_count());
    tcase_add_test(c, rows_by_name);
    tcase_add_test(c, whole_tapes);
    tcase_add_test(c, what_a_file_says);
    tcase_add_test(c, locales);
    tcase_add_test(c, long_chain);
    tcase_add_test(c, mistakes);
    tcase_add_test(c, other_files);
    tcase_add_test(c, what_cannot_be_saved);
    tcase_add_test(c, custom_ops);
    tcase_add_test(c, layers_and_optimiser);
    tcase_add_test(c, rewound_after_loading);
    tcase_add_test(c, damaged_files);
    suite_add_tcase(suite, c);
    return support_run(suite);
}
