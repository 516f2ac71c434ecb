/* test_malloc.c: malloc gives nothing. Every single call of it that a function
 * makes fails once: the function says REEL_ENOMEM, leaves no file or block
 * behind, and works when called again. Tapes that have an allocator of their
 * own are test_alloc.c's.
 *
 * The linker sends the library's calls of malloc here (--wrap), not the C
 * library's own. Some are Check's: nothing is asserted while one is to fail.
 *
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "files.h"
#include "support.h"

#ifdef HAVE_WRAP

/* ------------------------------------------------------------------ malloc */

static long calls, fail_at, failed, blocks;
static bool resized; /* what failed had a block already */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void __wrap_free(void *block);

static bool fails(const void *old)
{
    if (++calls != fail_at)
        return false;
    failed++;
    resized = old != NULL;
    return true;
}

static void *given(void *block)
{
    blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t bytes)
{
    return fails(NULL) ? NULL : given(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails(NULL) ? NULL : given(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *old, size_t bytes)
{
    if (fails(old))
        return NULL;
    return old ? __real_realloc(old, bytes) : given(__real_malloc(bytes));
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

/* ----------------------------------------------------------------- pictures */

static double numbers[] = {3, 1, 4, 1, 5, 9};
static const char *const names[] = {"one", "two"};
static FILE *null;

static reel_status plot_written(reel_error *error)
{
    reel_series series = {.name = "loss", .count = 6, .y = numbers};
    reel_plot plot = {.title = "t", .count = 1, .series = &series};

    return reel_plot_write(&plot, "x.svg", NULL, error);
}

static reel_status plot_printed(reel_error *error)
{
    reel_series series = {.name = "loss", .count = 6, .y = numbers};
    reel_plot plot = {.title = "t", .count = 1, .series = &series};

    return error->status = reel_plot_print(&plot, 0, 0, null);
}

static reel_status map_written(reel_error *error)
{
    reel_heat_map map = {.rows = 2, .columns = 3, .value = numbers};

    return reel_heat_map_write(&map, "x.svg", NULL, error);
}

static reel_status images_written(reel_error *error)
{
    reel_images images = {.count = 1, .height = 2, .width = 3,
                          .value = numbers};

    return reel_images_write(&images, "x.svg", NULL, error);
}

static reel_status confusion_written(reel_error *error)
{
    static const int64_t guess[] = {0, 1, 1}, label[] = {0, 1, 0};
    reel_confusion c;
    reel_status status = reel_confusion_new(&c, 2, error);

    if (status == REEL_OK)
        status = reel_confusion_add(&c, (reel_values){guess, REEL_I64},
                                    (reel_values){label, REEL_I64}, 3, error);
    if (status == REEL_OK)
        status = reel_confusion_write(&c, names, "x.svg", NULL, error);
    reel_confusion_free(&c);
    return status;
}

/* --------------------------------------------------------------------- data */

static const char text[] = "a,kind,b\n1,\"x \"\"y\"\"\",2\n3,z,4\n5,z,6\n";
static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1,
                                       0, 0, 0, 2, 1, 2, 3, 4};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};

static void write_data(void)
{
    write_file("in.csv", text, sizeof text - 1);
    write_file("train-images-idx3-ubyte", images, sizeof images);
    write_file("train-labels-idx1-ubyte", labels, sizeof labels);
    write_packed("in.gz", images, sizeof images);
}

static reel_status csv_read(reel_error *error)
{
    reel_csv_options options = {.target = "kind"};
    reel_table table;
    reel_scaling scaling = {0};
    reel_status status = reel_csv_read("in.csv", &options, &table, error);

    if (status == REEL_OK)
        status = reel_scaling_fit("z_score", &table.features, &scaling, error);
    reel_scaling_free(&scaling);
    reel_table_free(&table);
    return status;
}

static reel_status dataset_read(reel_error *error)
{
    reel_dataset set;
    reel_status status = reel_dataset_read(".", "train", &set, error);

    reel_dataset_free(&set);
    return status;
}

static reel_status packed_read(reel_error *error)
{
    reel_array array;
    reel_status status = reel_idx_read("in.gz", &array, error);

    reel_array_free(&array);
    return status;
}

static reel_status wide_parsed(reel_error *error)
{
    static const unsigned char f64[] = {0, 0, 14, 1, 0, 0, 0, 1,
                                        64, 9, 33, 251, 84, 68, 45, 24};
    static const unsigned char i16[] = {0, 0, 11, 1, 0, 0, 0, 1, 1, 2};
    reel_array array;
    reel_status status = reel_idx_parse(f64, sizeof f64, "x", &array, error);

    reel_array_free(&array);
    if (status == REEL_OK)
        status = reel_idx_parse(i16, sizeof i16, "x", &array, error);
    reel_array_free(&array);
    return status;
}

static reel_status parts_made(reel_error *error)
{
    static int64_t label[] = {0, 1, 1, 0, 1, 0}, order[6];
    reel_array targets = {REEL_I64, REEL_SHAPE(6), label}, copy = {0};
    reel_rows rows = reel_array_rows(&targets);
    reel_batches batches = {0};
    reel_status status = reel_split_examples(&targets, 2, 6, 2, 1, order,
                                             error);

    if (status == REEL_OK)
        status = reel_array_copy(&rows, 6, order, 4, &copy, error);
    if (status == REEL_OK)
        status = reel_batches_new(&batches, 6, 2, 1, error);
    reel_batches_free(&batches);
    reel_array_free(&copy);
    return status;
}

/* -------------------------------------------------------------------- files */

static reel_status tensors_kept(reel_error *error)
{
    static const char *const metadata[] = {"key", "value", NULL};
    reel_tensor tensor[] = {{.name = "b", .dtype = REEL_F64,
                             .shape = REEL_SHAPE(2, 3), .data = numbers},
                            {.name = "a", .dtype = REEL_F64,
                             .shape = REEL_SHAPE(6), .data = numbers}};
    reel_tensors read = {0};
    reel_status status = reel_safetensors_write("x", tensor, 2, metadata,
                                                error);

    if (status == REEL_OK)
        status = reel_safetensors_read("x", &read, error);
    reel_tensors_free(&read);
    return status;
}

static reel_node *record_loss(reel_tape *t)
{
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(2, 3), numbers);

    return reel_sum(reel_tanh(w), REEL_ALL, false);
}

static reel_status graph_drawn(reel_error *error)
{
    reel_tape *t = reel_tape_new();
    reel_node *loss = record_loss(t);
    reel_status status = REEL_ENOMEM;

    if (loss)
        status = reel_write_graph(REEL_NODES(loss), "x.svg", NULL, error);
    reel_tape_free(t);
    return error->status = status;
}

static reel_status tape_kept(reel_error *error)
{
    reel_tape *t = reel_tape_new(), *again = NULL;
    reel_node *loss = record_loss(t);
    reel_nodes outputs;
    reel_status status = REEL_ENOMEM;

    if (loss)
        status = reel_tape_save(t, REEL_NODES(loss), "x", error);
    reel_tape_free(t);
    if (status == REEL_OK) {
        again = reel_tape_load("x", &outputs, error);
        status = again ? REEL_OK : error->status;
    }
    reel_tape_free(again);
    return error->status = status;
}

/* ----------------------------------------------------------------- training */

static reel_layer *net_on(reel_tape *t)
{
    return reel_layer_list(
        t, REEL_LAYERS(reel_dense_layer(t, 3, "tanh", "xavier"),
                       reel_dense_layer(t, 1, "identity", "xavier")));
}

static reel_status trained(reel_error *error)
{
    reel_tape *t = reel_tape_new();
    reel_model model = {.layer = net_on(t), .loss = "mse", .dtype = REEL_F64};
    reel_examples examples = {.count = 3,
                              .features = {numbers, REEL_F64, REEL_SHAPE(1)},
                              .targets = {numbers, REEL_F64, REEL_SHAPE(1)}};
    reel_train_options options = {.epochs = 2, .batch = 2, .csv = "x.csv",
                                  .jsonl = "x.jsonl", .keep_best = true,
                                  .validation = &examples, .checkpoint = "x"};
    reel_status status = REEL_ENOMEM;

    remove("x");
    if (t)
        status = reel_train(t, &model, &examples, &options, NULL);
    if (status == REEL_OK) /* once more, from the checkpoint */
        status = reel_train(t, &model, &examples, &options, NULL);
    reel_tape_free(t);
    return error->status = status;
}

static reel_status checked(reel_error *error)
{
    reel_tape *t = reel_tape_new();
    reel_node *loss = record_loss(t);
    reel_gradcheck_report report = {0};
    reel_status status = REEL_ENOMEM;

    if (loss)
        status = reel_gradcheck(loss, reel_parameters(REEL_NODES(loss)), NULL,
                                &report);
    reel_gradcheck_free(&report);
    reel_tape_free(t);
    return error->status = status;
}

/* ---------------------------------------------------------------- the suite */

static const struct {
    const char *name;
    reel_status (*does)(reel_error *error);
} uses[] = {
    {"plot written", plot_written}, {"plot printed", plot_printed},
    {"map written", map_written},   {"images written", images_written},
    {"confusion written", confusion_written},
    {"csv read", csv_read},         {"dataset read", dataset_read},
    {"packed read", packed_read},   {"wide parsed", wide_parsed},
    {"parts made", parts_made},     {"tensors kept", tensors_kept},
    {"graph drawn", graph_drawn},   {"tape kept", tape_kept},
    {"trained", trained},           {"checked", checked},
};
enum { USES = sizeof uses / sizeof *uses };

/* The use with its n-th call of malloc failing; false when there are fewer. */
static bool fails_at(int use, long n)
{
    reel_error error = {0};
    long before = blocks;

    failed = 0;
    resized = false;
    fail_at = n < LONG_MAX ? calls + n : 0;

    reel_status status = uses[use].does(&error);
    bool due = failed > 0;
    long left = blocks - before;

    fail_at = 0;
    /* A block need not become smaller for all to be well. */
    if ((status != (due ? REEL_ENOMEM : REEL_OK) &&
         (status != REEL_OK || !resized)) ||
        error.status != status)
        ck_abort_msg("%s, call %ld: status %d, %d: %s", uses[use].name, n,
                     status, error.status, error.message);
    if (left != 0)
        ck_abort_msg("%s, call %ld: %ld blocks are left", uses[use].name, n,
                     left);
    return due;
}

START_TEST(test_each_call_fails)
{
    const char *path = support_format(".:%s", getenv("PATH"));
    long n = 1;

    null = fopen("/dev/null", "w");
    write_data();
    stand_in("gnuplot", "#!/bin/sh\necho drawn\n", 0755);
    stand_in("dot", "#!/bin/sh\necho drawn\n", 0755);
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
    ck_assert(!fails_at(_i, LONG_MAX));

    int files = count_files();

    for (; fails_at(_i, n); n++)
        ck_assert_int_le(count_files(), files); /* logs, but no checkpoint */
    ck_assert_int_gt(n, 1);
    fclose(null);
}
END_TEST

#endif /* HAVE_WRAP */

int main(void)
{
    Suite *suite = suite_create("malloc");
    TCase *tcase = tcase_create("malloc");

#ifdef HAVE_WRAP
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, test_each_call_fails, 0, USES);
#else
    puts("skipped: the linker has no --wrap");
#endif
    suite_add_tcase(suite, tcase);
    return support_run(suite);
}
