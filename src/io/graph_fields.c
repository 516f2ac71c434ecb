/* graph_fields.c: attributes of nodes, written and read as their op's form
 * says.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "io/graph.h"
#include "io/number.h"
#include "ops/ops.h"

/* ------------------------------------------------------------------- write */

static void put_axis_set(reel__text *t, uint32_t mask)
{
    int64_t axis[REEL_MAX_DIMS];
    int count = 0;

    for (int i = 0; i < REEL_MAX_DIMS; i++)
        if (mask >> i & 1)
            axis[count++] = i;
    reel__graph_put_list(t, axis, count);
}

static void put_order(reel__text *t, const uint8_t *order, int count)
{
    int64_t axis[REEL_MAX_DIMS];

    for (int i = 0; i < count; i++)
        axis[i] = order[i];
    reel__graph_put_list(t, axis, count);
}

static void put_field(reel__text *t, reel__field_kind kind, const void *at,
                      const reel_node *node)
{
    const uint32_t *word = at;
    const int64_t *whole = at;
    const reel__sizes *sizes = at;

    switch (kind) {
    case REEL__FIELD_REAL:
        reel__number_put(t, *(const double *)at, 17);
        break;
    case REEL__FIELD_INTEGER: reel__text_print(t, "%" PRId64, *whole); break;
    case REEL__FIELD_SEED:
        reel__text_print(t, "%" PRIu64, *(const uint64_t *)at);
        break;
    case REEL__FIELD_AXIS: reel__text_print(t, "%" PRIu32, *word); break;
    case REEL__FIELD_TRUTH:
        reel__text_print(t, "%s", *word ? "true" : "false");
        break;
    case REEL__FIELD_DTYPE:
        reel__text_print(t, "%s", reel_dtype_name((reel_dtype)*whole));
        break;
    case REEL__FIELD_AXIS_SET: put_axis_set(t, *word); break;
    case REEL__FIELD_ORDER: put_order(t, at, node->in[0]->ndim); break;
    case REEL__FIELD_LENGTHS:
        reel__graph_put_list(t, whole, node->in[0]->ndim);
        break;
    case REEL__FIELD_SHAPE:
        reel__graph_put_list(t, sizes->dim, (int)sizes->ndim);
        break;
    }
}

void reel__graph_put_attributes(reel__text *t, const reel__attributes_form *f,
                                const reel_node *node)
{
    for (int i = 0; i < REEL__FIELDS && f->field[i].name; i++) {
        const char *attr = node->attr;

        reel__text_print(t, " %s=", f->field[i].name);
        put_field(t, f->field[i].kind, attr + f->field[i].offset, node);
    }
}

/* -------------------------------------------------------------------- read */

/* A list of small numbers, `axes` of them unless that is negative. */
static bool take_axes(reel__scan *s, int axes, int64_t *axis, int *count)
{
    if (!reel__scan_list(s, axis, count))
        return false;
    if (axes >= 0 && *count != axes)
        return reel__scan_wrong(s, "%d numbers for %d axes", *count, axes);
    for (int i = 0; i < *count; i++)
        if (axis[i] < 0 || axis[i] >= REEL_MAX_DIMS)
            return reel__scan_wrong(s, "no axis %" PRId64, axis[i]);
    return true;
}

static bool take_axis_set(reel__scan *s, uint32_t *mask)
{
    int64_t axis[REEL_MAX_DIMS];
    int count;

    if (!take_axes(s, -1, axis, &count))
        return false;
    for (int i = 0; i < count; i++) {
        if (*mask >> axis[i] & 1)
            return reel__scan_wrong(s, "axis %" PRId64 " is there twice",
                                    axis[i]);
        *mask |= UINT32_C(1) << axis[i];
    }
    return true;
}

static bool take_order(reel__scan *s, int axes, uint8_t *order)
{
    int64_t axis[REEL_MAX_DIMS];
    int count;

    if (!take_axes(s, axes, axis, &count))
        return false;
    for (int i = 0; i < count; i++)
        order[i] = (uint8_t)axis[i];
    return true;
}

static bool take_lengths(reel__scan *s, int axes, int64_t *length)
{
    int64_t list[REEL_MAX_DIMS];
    int count;

    if (!reel__scan_list(s, list, &count))
        return false;
    if (count != axes)
        return reel__scan_wrong(s, "%d numbers for %d axes", count, axes);
    memcpy(length, list, (size_t)count * sizeof *list);
    return true;
}

static bool take_axis(reel__scan *s, uint32_t *axis)
{
    uint64_t value;

    if (!reel__scan_unsigned(s, &value))
        return false;
    if (value >= REEL_MAX_DIMS)
        return reel__scan_wrong(s, "no axis %" PRIu64, value);
    *axis = (uint32_t)value;
    return true;
}

static bool take_truth(reel__scan *s, uint32_t *truth)
{
    char word[REEL__SCAN_WORD];

    if (!reel__scan_word(s, word))
        return false;
    *truth = strcmp(word, "true") == 0;
    return *truth || strcmp(word, "false") == 0 ||
           reel__scan_wrong(s, "'%s' is neither true nor false", word);
}

static bool take_dtype(reel__scan *s, int64_t *number)
{
    reel_dtype dtype;

    if (!reel__scan_dtype(s, &dtype))
        return false;
    *number = dtype;
    return true;
}

static bool take_shape(reel__scan *s, reel__sizes *sizes)
{
    reel_shape shape;

    if (!reel__scan_shape(s, &shape))
        return false;
    *sizes = reel__sizes_of(shape);
    return true;
}

static bool take_field(reel__scan *s, reel__field_kind kind, int axes, void *at)
{
    switch (kind) {
    case REEL__FIELD_REAL: return reel__scan_real(s, at);
    case REEL__FIELD_INTEGER: return reel__scan_integer(s, at);
    case REEL__FIELD_SEED: return reel__scan_unsigned(s, at);
    case REEL__FIELD_AXIS: return take_axis(s, at);
    case REEL__FIELD_TRUTH: return take_truth(s, at);
    case REEL__FIELD_DTYPE: return take_dtype(s, at);
    case REEL__FIELD_AXIS_SET: return take_axis_set(s, at);
    case REEL__FIELD_ORDER: return take_order(s, axes, at);
    case REEL__FIELD_LENGTHS: return take_lengths(s, axes, at);
    case REEL__FIELD_SHAPE: return take_shape(s, at);
    }
    return false;
}

bool reel__graph_take_attributes(reel__scan *s, const reel__attributes_form *f,
                                 int axes, void *attr)
{
    for (int i = 0; i < REEL__FIELDS && f->field[i].name; i++)
        if (!reel__scan_take_key(s, f->field[i].name) ||
            !take_field(s, f->field[i].kind, axes,
                        (char *)attr + f->field[i].offset))
            return false;
    return true;
}
