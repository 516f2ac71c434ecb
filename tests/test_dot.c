/* test_dot.c: graphs in Graphviz's language, and drawn.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reel.h>

#include "files.h"
#include "support.h"

#define BEGIN                                                                \
    "digraph reel {\n"                                                       \
    "  graph [rankdir=TB, nodesep=0.2, ranksep=0.35];\n"                     \
    "  node [shape=box, style=\"filled,rounded\", fillcolor=white, "         \
    "color=\"#555555\",\n"                                                   \
    "        fontname=Helvetica, fontsize=12, height=0.3, "                  \
    "margin=\"0.12,0.05\"];\n"                                               \
    "  edge [color=\"#555555\", arrowsize=0.6];\n"
#define BLUE "style=filled, fillcolor=\"#bfdcf2\", "
#define ORANGE "style=filled, fillcolor=\"#f5dcc4\", "
#define GREEN "style=filled, fillcolor=\"#c9e8d9\", "
#define GREY "style=filled, fillcolor=\"#eeeeee\", "
#define PALE "color=\"#bbbbbb\", fontcolor=\"#777777\", "
#define STRONG "color=black, penwidth=2"

static reel_tape *t;
static reel_node *w, *loss;

static void setup(void)
{
    enter_folder();
    t = reel_tape_new();
    w = reel_parameter(t, "it's \"w\"", REEL_F64, REEL_SHAPE(2), NULL);
    loss = reel_sum(reel_square(w), REEL_ALL, false);
}

static void teardown(void)
{
    reel_tape_free(t);
    leave_folder();
}

/* -------------------------------------------------------------------- text */

static void assert_dot(reel_nodes nodes, const char *expected)
{
    const char *text;

    TEXT_OF(text, reel_write_dot(nodes, stream));
    ck_assert_str_eq(text, expected);
    assert_ok(t);
}

START_TEST(test_nodes)
{
    reel_node *x = reel_parameter(t, "a \"b\\\" &lt;", REEL_F64, REEL_SHAPE(2),
                                  NULL);
    reel_node *c = reel_constant(t, REEL_I32, REEL_SHAPE(2),
                                 (int32_t[]){1, 2});
    reel_node *unused = reel_exp(x), *y = reel_cast(c, REEL_F64);
    reel_node *z = reel_gt(x, x);

    (void)unused;
    assert_dot(REEL_NODES(y, z),
               BEGIN
               "  n4 [" GREY "label=\"constant\\ni32 [2]\"];\n"
               "  n6 [label=\"cast\\nf64 [2]\"];\n"
               "  n4 -> n6;\n"
               "  n3 [" BLUE "label=\"parameter a \\\"b\\\\\\\" &amp;lt;"
               "\\nf64 [2]\"];\n"
               "  n7 [label=\"gt\\nbool [2]\"];\n"
               "  n3 -> n7;\n"
               "  n3 -> n7;\n"
               "  n6 [" STRONG "];\n"
               "  n7 [" STRONG "];\n"
               "}\n");
}
END_TEST

START_TEST(test_other_leaves)
{
    reel_node *x = reel_input(t, "x", REEL_F32, REEL_SHAPE(3));
    reel_node *s = reel_state(t, NULL, REEL_F32, REEL_SCALAR, NULL);

    assert_dot(REEL_NODES(x, s),
               BEGIN
               "  n3 [" GREEN "label=\"input x\\nf32 [3]\"];\n"
               "  n4 [" ORANGE "label=\"state\\nf32 []\"];\n"
               "  n3 [" STRONG "];\n"
               "  n4 [" STRONG "];\n"
               "}\n");
}
END_TEST

static void assert_constant(reel_dtype dtype, const void *value,
                            const char *label)
{
    reel_node *c = reel_constant(t, dtype, REEL_SHAPE(1), value);

    assert_dot(REEL_NODES(c),
               support_format(BEGIN "  n%zu [" GREY "label=\"%s\\n%s [1]\"];\n"
                              "  n%zu [" STRONG "];\n}\n",
                              reel_id(c), label, reel_dtype_name(dtype),
                              reel_id(c)));
}

START_TEST(test_constants_of_one_element)
{
    assert_constant(REEL_BOOL, &(uint8_t){1}, "true");
    assert_constant(REEL_BOOL, &(uint8_t){0}, "false");
    assert_constant(REEL_U8, &(uint8_t){255}, "255");
    assert_constant(REEL_I32, &(int32_t){-7}, "-7");
    assert_constant(REEL_I64, &(int64_t){INT64_MIN}, "-9223372036854775808");
    assert_constant(REEL_F32, &(float){0.1f}, "0.1");
    assert_constant(REEL_F64, &(double){1 / 3.0}, "0.333333");
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        printf("skipped: a constant in a locale with a comma (none here)\n");
    assert_constant(REEL_F64, &(double){-2.5e-30}, "-2.5e-30");
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(test_gradients_are_paler)
{
    const char *text;
    reel_node *dw = reel_gradient(loss, w);

    TEXT_OF(text, reel_write_dot(REEL_NODES(dw), stream));
    ck_assert_ptr_nonnull(
        strstr(text, " [" PALE "label=\"mul\\nf64 [2]\"];\n"));
    ck_assert_ptr_nonnull(strstr(
        text, support_format(" -> n%zu [color=\"#bbbbbb\"];\n",
                             reel_id(dw))));
}
END_TEST

/* ---------------------------------------------------------------- pictures */

/* Drawing loss to path fails so. */
static void assert_fails(const char *path, reel_status status,
                         const char *message)
{
    bool drawn = true;
    reel_error error;

    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss), path, &drawn, &error),
                     status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    ck_assert(!drawn);
}

/* The folder holds this file, which is loss as DOT, and other files. */
static void assert_dot_file(const char *name, int others)
{
    char text[4000];
    const char *expected;
    FILE *file = fopen(name, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    TEXT_OF(expected, reel_write_dot(REEL_NODES(loss), stream));
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(count_files(), 1 + others);
}

START_TEST(test_dot_alone)
{
    bool drawn = true;

    stand_in("dot", "#!/bin/sh\nexit 9\n", 0755); /* not asked */
    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss), "net.dot", &drawn,
                                      NULL),
                     REEL_OK);
    ck_assert(!drawn);
    assert_dot_file("net.dot", 1);
}
END_TEST

START_TEST(test_without_graphviz)
{
    bool drawn = true;

    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss), "net.svg", &drawn,
                                      NULL),
                     REEL_OK);
    ck_assert(!drawn);
    assert_dot_file("net.dot", 0);
    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss), "net.png", NULL, NULL),
                     REEL_OK);
    assert_dot_file("net.dot", 0);
}
END_TEST

START_TEST(test_graphviz_fails)
{
    stand_in("dot", "#!/bin/sh\necho half\necho 'Error: no' >&2\nexit 3\n",
             0755);
    assert_fails("net.svg", REEL_EIO,
                 "net.svg: dot cannot draw it (exit status 3): Error: no");
    stand_in("dot", "#!/bin/sh\nexit 3\n", 0755);
    assert_fails("net.png", REEL_EIO,
                 "net.png: dot cannot draw it (exit status 3)");
    stand_in("dot", "#!/bin/sh\nkill -9 $$\n", 0755);
    assert_fails("net.svg", REEL_EIO,
                 "net.svg: dot was killed by signal 9 while drawing it");
    assert_dot_file("net.dot", 1);
}
END_TEST

START_TEST(test_mistakes)
{
    reel_error error;
    reel_tape *other = reel_tape_new();
    reel_node *c = reel_scalar(other, REEL_F64, 1);
    static const char none[] =
        "net.svg: a graph is drawn of nodes of one tape: there is none, one is "
        "NULL, or they are of several";

    assert_fails("net.pdf", REEL_EVALUE,
                 "net.pdf: a picture's name ends in .svg, .png or .dot");
    assert_fails("a.svg/net", REEL_EVALUE,
                 "a.svg/net: a picture's name ends in .svg, .png or .dot");
    assert_fails("no/net.svg", REEL_EIO,
                 support_format("no/net.dot: %s", strerror(ENOENT)));
    ck_assert_int_eq(reel_write_graph((reel_nodes){0, NULL}, "net.svg", NULL,
                                      &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message, none);
    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss, NULL), "net.svg", NULL,
                                      &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message, none);
    ck_assert_int_eq(reel_write_graph(REEL_NODES(loss, c), "net.svg", NULL,
                                      &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message, none);
    ck_assert_int_eq(count_files(), 0);
    reel_tape_free(other);
}
END_TEST

START_TEST(test_no_memory)
{
    memory m;
    reel_error error;

    memory_init(&m);

    reel_tape *small = reel_tape_new_with(&m.allocator);
    reel_node *c = reel_scalar(small, REEL_F64, 1);

    memory_fail_after(&m, 0);
    ck_assert_int_eq(reel_write_graph(REEL_NODES(c), "net.svg", NULL, &error),
                     REEL_ENOMEM);
    ck_assert_str_eq(error.message,
                     "net.svg: out of memory: sorting the graph");
    ck_assert_int_eq(count_files(), 0);
    reel_tape_free(small);
}
END_TEST

/* The first bytes of what is drawn to path; NULL: there is no dot. */
static const char *drawn_at(const char *path)
{
    static char bytes[20000];
    bool drawn;
    reel_error error;

    if (reel_write_graph(REEL_NODES(loss), path, &drawn, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    if (!drawn) {
        printf("skipped: %s is not drawn, for lack of Graphviz\n", path);
        return NULL;
    }

    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    return bytes;
}

START_TEST(test_drawn)
{
    const char *bytes = drawn_at("it's \"n\xc3\xa4t\".svg");

    assert_dot_file("it's \"n\xc3\xa4t\".dot", bytes != NULL);
    if (bytes) {
        ck_assert(strncmp(bytes, "<?xml", 5) == 0);
        ck_assert_ptr_nonnull(strstr(bytes, "<svg"));
        ck_assert_ptr_nonnull(strstr(bytes, "square"));
        ck_assert_ptr_nonnull(strstr(bytes, "[2]"));
    }
    bytes = drawn_at("net.png");
    if (bytes)
        ck_assert(memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("dot");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_nodes);
    tcase_add_test(all, test_other_leaves);
    tcase_add_test(all, test_constants_of_one_element);
    tcase_add_test(all, test_gradients_are_paler);
    tcase_add_test(all, test_dot_alone);
    tcase_add_test(all, test_without_graphviz);
    tcase_add_test(all, test_graphviz_fails);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_no_memory);
    tcase_add_test(all, test_drawn);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
