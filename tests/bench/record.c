/* tests/bench/record.c: what it costs to make a program: to record a graph,
 * differentiate it, compile it and free it, for 10 to 1,000,000 nodes; and to do
 * so once more with the same graph after a rewind.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include <reel.h>

#include "bench.h"

enum { LEAVES = 10 };
enum { RECORD, DIFFERENTIATE, COMPILE, FREE, PHASES };

typedef struct graph {
    bool wide;
    int64_t nodes;     /* to record */
    reel_node **level; /* for wide graphs: as many */
    size_t all;        /* on the tape at last, derivatives included */
    reel_tape *tape;   /* that is rewound, with its leaves */
    reel_node *x[LEAVES];
    double spent[PHASES];
    int64_t runs;
} graph;

/* v = (v + x) y ... */
static reel_node *record_chain(const graph *g, reel_node *const *x)
{
    reel_node *v = x[0];

    for (int64_t i = 0; i < g->nodes; i++)
        v = i % 2 ? reel_mul(v, x[i % LEAVES]) : reel_add(v, x[i % LEAVES]);
    return v;
}

/* A tree of sums over as many different products as it takes. */
static reel_node *record_wide(const graph *g, reel_node *const *x)
{
    int64_t n = (g->nodes + 1) / 2;

    for (int64_t i = 0; i < n; i++)
        g->level[i] = reel_affine(x[i % LEAVES], 1 + 1e-6 * (double)i, 0);
    for (; n > 1; n = (n + 1) / 2)
        for (int64_t i = 0; i < n; i += 2)
            g->level[i / 2] = i + 1 < n
                                  ? reel_add(g->level[i], g->level[i + 1])
                                  : g->level[i];
    return g->level[0];
}

/* Adds the time since *last to a phase's. */
static void spend(graph *g, int phase, double *last)
{
    double now = bench_now();

    g->spent[phase] += now - *last;
    *last = now;
}

static reel_tape *leaves_new(reel_node **x)
{
    reel_tape *t = reel_tape_new();

    for (int k = 0; k < LEAVES; k++)
        x[k] = reel_parameter(t, "x", REEL_F64, REEL_SCALAR, NULL);
    return t;
}

static void graph_run(void *with)
{
    graph *g = with;
    double last = bench_now();
    reel_node *x[LEAVES], *output[1 + LEAVES];
    reel_tape *t = leaves_new(x);

    output[0] = g->wide ? record_wide(g, x) : record_chain(g, x);
    spend(g, RECORD, &last);
    reel_gradients(output[0], (reel_nodes){LEAVES, x}, output + 1);
    spend(g, DIFFERENTIATE, &last);

    reel_program *p = reel_compile(t, (reel_nodes){1 + LEAVES, output});

    spend(g, COMPILE, &last);
    if (!p)
        bench_die("%s", reel_message(t));
    g->all = reel_tape_count(t);
    reel_program_free(p);
    reel_tape_free(t);
    spend(g, FREE, &last);
    g->runs++;
}

/* The same graph as in the run before. */
static void graph_again(void *with)
{
    graph *g = with;
    reel_mark mark = reel_tape_mark(g->tape);
    reel_node *output[1 + LEAVES];

    output[0] = g->wide ? record_wide(g, g->x) : record_chain(g, g->x);
    reel_gradients(output[0], (reel_nodes){LEAVES, g->x}, output + 1);

    reel_program *p =
        reel_compile(g->tape, (reel_nodes){1 + LEAVES, output});

    if (!p)
        bench_die("%s", reel_message(g->tape));
    reel_program_free(p);
    reel_tape_rewind(g->tape, mark);
}

static void print(const graph *g, double seconds, double again)
{
    double ns = 1e9 / (double)g->nodes, mean = ns / (double)g->runs;
    char name[40], more[160];

    snprintf(name, sizeof name, "record.%s.%ld", g->wide ? "wide" : "chain",
             (long)g->nodes);
    snprintf(more, sizeof more,
             "record=%.4g differentiate=%.4g compile=%.4g free=%.4g "
             "all_nodes=%zu",
             mean * g->spent[RECORD], mean * g->spent[DIFFERENTIATE],
             mean * g->spent[COMPILE], mean * g->spent[FREE], g->all);
    bench_print((bench_line){.name = name, .by = "reel", .threads = 1,
        .unit = "ns", .value = ns * seconds, .more = more});
    snprintf(name, sizeof name, "again.%s.%ld", g->wide ? "wide" : "chain",
             (long)g->nodes);
    bench_print((bench_line){.name = name, .by = "reel", .threads = 1,
        .unit = "ns", .value = ns * again});
}

static void measure(bool wide, int64_t nodes)
{
    graph g = {.wide = wide, .nodes = nodes,
               .level = malloc((size_t)nodes * sizeof *g.level)};
    bench_contender c[] = {{graph_run, &g, 0}, {graph_again, &g, 0}};

    if (!g.level)
        bench_die("no memory");
    g.tape = leaves_new(g.x);
    bench_compare(c, 2);
    print(&g, c[0].seconds, c[1].seconds);
    reel_tape_free(g.tape);
    free(g.level);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv,
                "Recording, differentiating, compiling and freeing a graph of "
                "scalars (record.*),\nand once more after a rewind (again.*): "
                "nanoseconds a node recorded (the mean of each\nof the four "
                "beside the median of their sum).\nall_nodes: those on the "
                "tape at last, derivatives included.");
    for (int wide = 0; wide < 2; wide++)
        for (int64_t nodes = 10; nodes <= (bench_quick ? 100 : 1000000);
             nodes *= 10)
            measure(wide, nodes);
    return bench_finish();
}
