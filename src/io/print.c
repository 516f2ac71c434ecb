/* io/print.c: values and tapes as text.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include "core/internal.h"
#include <reel/io.h>

#define EDGE 3  /* elements shown at either end of a long axis */
#define LONG 12 /* an axis of more is shortened */

static void print_element(const reel_node *n, int64_t i, FILE *stream)
{
    const void *v = n->value;
    switch (reel_dtype_of(n)) {
    case REEL_BOOL:
        fputs(((const uint8_t *)v)[i] ? "true" : "false", stream);
        break;
    case REEL_U8: fprintf(stream, "%u", ((const uint8_t *)v)[i]); break;
    case REEL_I32: fprintf(stream, "%" PRId32, ((const int32_t *)v)[i]); break;
    case REEL_I64: fprintf(stream, "%" PRId64, ((const int64_t *)v)[i]); break;
    case REEL_F32:
        fprintf(stream, "%.9g", (double)((const float *)v)[i]);
        break;
    case REEL_F64: fprintf(stream, "%.17g", ((const double *)v)[i]); break;
    }
}

/* Axis `axis` of the part that begins at element `at`; depth is at most
 * REEL_MAX_DIMS. */
static void print_axis(const reel_node *n, int axis, int64_t at, FILE *stream)
{
    if (axis == n->ndim) {
        print_element(n, at, stream);
        return;
    }
    int64_t size = n->dim[axis], step = 1;
    for (int i = axis + 1; i < n->ndim; i++)
        step *= n->dim[i];
    fputc('[', stream);
    for (int64_t i = 0; i < size; i++) {
        if (i > 0 && axis == n->ndim - 1)
            fputs(", ", stream);
        else if (i > 0)
            fprintf(stream, ",\n%*s", axis + 1, "");
        if (size > LONG && i == EDGE) {
            fputs("...", stream);
            i = size - EDGE - 1;
        } else {
            print_axis(n, axis + 1, at + i * step, stream);
        }
    }
    fputc(']', stream);
}

static reel_status done(FILE *stream)
{
    return ferror(stream) ? REEL_EIO : REEL_OK;
}

reel_status reel_print(const reel_node *node, FILE *stream)
{
    if (!node || !stream)
        return REEL_EVALUE;
    if (!node->value)
        return REEL_ESTATE;
    print_axis(node, 0, 0, stream);
    fputc('\n', stream);
    return done(stream);
}

static void print_node(const reel_node *n, FILE *stream)
{
    char shape[REEL__SHAPE_TEXT];
    fprintf(stream, "%%%-5" PRIu32 " %-14s %-4s %-14s", n->id, reel_op_name(n),
            reel_dtype_name(reel_dtype_of(n)), reel__node_shape_text(n, shape));
    for (uint32_t i = 0; i < n->arity; i++)
        fprintf(stream, " %%%" PRIu32, n->in[i]->id);
    if (n->name)
        fprintf(stream, " '%s'", n->name);
    if (n->file)
        fprintf(stream, "  %s:%d", n->file, n->line);
    fputc('\n', stream);
}

reel_status reel_print_tape(const reel_tape *tape, FILE *stream)
{
    if (!tape || !stream)
        return REEL_EVALUE;
    for (size_t i = 0; i < tape->count; i++)
        print_node(tape->node[i], stream);
    return done(stream);
}
