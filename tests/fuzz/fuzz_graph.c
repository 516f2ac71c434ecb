/* fuzz_graph.c: libFuzzer target for the reader of saved graphs.
 *
 * The input is the graph's text; it is put in a file beside some tensors that
 * it can name. What loads must print, and run or say why not.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "io/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The header of a safetensors file, up to the graph's text, and after it. */
static const char before[] =
    "{\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[48,50]},"
    "\"i\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
    "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[16,24]},"
    "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[24,48]},"
    "\"__metadata__\":{\"reel.graph\":\"";
static const char after[] = "\"}}";
static const unsigned char data[50] = {1, [24] = 0, 0, 0x80, 0x3F, [48] = 1};

static void put_escaped(reel__text *t, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < 0x20 || bytes[i] == '"' || bytes[i] == '\\')
            reel__text_print(t, "\\u%04x", (unsigned)bytes[i]);
        else
            reel__text_put(t, (const char *)bytes + i, 1);
    }
}

static reel__text whole_file(const uint8_t *bytes, size_t size)
{
    reel__text header = {0}, file = {0};
    char length[8];

    reel__text_put(&header, before, sizeof before - 1);
    put_escaped(&header, bytes, size);
    reel__text_put(&header, after, sizeof after - 1);
    for (int i = 0; i < 8; i++)
        length[i] = (char)((uint64_t)header.size >> (8 * i));
    reel__text_put(&file, length, 8);
    reel__text_put(&file, header.byte, header.size);
    reel__text_put(&file, (const char *)data, sizeof data);
    free(header.byte);
    return file;
}

/* Small enough to run. */
static bool is_small(const reel_tape *t)
{
    double elements = 0, products = 0;

    for (size_t i = 0; i < reel_tape_count(t); i++) {
        const reel_node *n = reel_tape_node(t, i);
        const reel_node *x = reel_operand(n, 0);

        elements += (double)reel_count(n);
        products += x ? (double)reel_count(n) * (double)reel_count(x) : 0;
    }
    return elements < 1e5 && products < 1e6;
}

#define RUN 4 /* nodes, the last */

static void run(reel_tape *t)
{
    size_t count = reel_tape_count(t);

    for (size_t i = count > RUN ? count - RUN : 0; i < count; i++) {
        reel_node *n = reel_tape_node(t, i);
        reel_program *p = reel_compile(t, REEL_NODES(n));

        if (reel_run(p) == REEL_OK && reel_count(n) > 0 && !reel_data(n))
            abort();
        reel_clear_error(t);
        reel_program_free(p);
    }
}

static void look(const reel_tape *t)
{
    FILE *sink = tmpfile();

    if (sink) {
        if (reel_print_tape(t, sink) != REEL_OK)
            abort();
        fclose(sink);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    reel__text file = whole_file(bytes, size);
    reel_error error = {0};
    reel_nodes outputs;
    reel_tape *t =
        reel_tape_parse(file.byte, file.size, "x", &outputs, &error);

    free(file.byte);
    if (!t) {
        if (error.status == REEL_OK || !error.message[0] || outputs.count)
            abort();
        return 0;
    }
    if (reel_status_of(t) != REEL_OK)
        abort();
    look(t);
    if (is_small(t))
        run(t);
    reel_tape_free(t);
    return 0;
}
