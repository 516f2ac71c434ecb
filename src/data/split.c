/* split.c: examples divided in two parts, each class in proportion.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>
#include <reel/random.h>

#include <inttypes.h>
#include <stdlib.h>

#include "core/internal.h"
#include "io/report.h"

/* "split" in ASCII: no epoch's order is that of the draw. */
#define SPLIT_KEY UINT64_C(0x73706C6974)

static reel_status check(const reel_array *labels, int64_t classes,
                         int64_t count, int64_t held, reel_error *error)
{
    if (count < 1 || held < 0 || held > count)
        return reel__report(error, REEL_EVALUE, "split",
                            "%" PRId64 " held out of %" PRId64 " examples",
                            held, count);
    if (!labels)
        return REEL_OK;
    if (!reel__is_integer(labels->dtype))
        return reel__report(error, REEL_EDTYPE, "split",
                            "labels are %s: needs u8, i32 or i64",
                            reel_dtype_name(labels->dtype));
    if (labels->shape.ndim != 1 || labels->shape.dim[0] != count)
        return reel__report(error, REEL_ESHAPE, "split",
                            "labels are not [%" PRId64 "]", count);
    if (classes < 1)
        return reel__report(error, REEL_EVALUE, "split",
                            "%" PRId64 " classes: needs 1 at least", classes);
    for (int64_t i = 0; i < count; i++) {
        int64_t label = (int64_t)reel__load(labels->dtype, labels->data, i);

        if (label < 0 || label >= classes)
            return reel__report(error, REEL_EVALUE, "split",
                                "label %" PRId64 " is %" PRId64
                                ", there are %" PRId64 " classes",
                                i, label, classes);
    }
    return REEL_OK;
}

/* Stable: from shuffled to ordered by class, by counting. end [classes] starts
 * as zeros. */
static void sort_by_class(const reel_array *labels, int64_t classes,
                          int64_t count, int64_t *end,
                          const int64_t *shuffled, int64_t *sorted)
{
    int64_t sum = 0;

    for (int64_t i = 0; i < count; i++)
        end[(int64_t)reel__load(labels->dtype, labels->data, i)]++;
    for (int64_t c = 0; c < classes; c++)
        end[c] = sum += end[c];
    for (int64_t i = count - 1; i >= 0; i--)
        sorted[--end[(int64_t)reel__load(labels->dtype, labels->data,
                                         shuffled[i])]] = shuffled[i];
}

/* Systematic sampling: every count / held-th of the sorted examples, from a
 * random start. So any stretch of n gives held * n / count of them, rounded
 * down or up, and all of them held exactly. */
static void pick(const int64_t *sorted, int64_t count, int64_t held,
                 uint64_t seed, bool *picked)
{
    uint64_t n = (uint64_t)count;
    uint64_t share = reel_random_below(seed ^ SPLIT_KEY, 1, 0, n);

    for (int64_t i = 0; i < count; i++) {
        share += (uint64_t)held;
        picked[sorted[i]] = share >= n;
        share -= share >= n ? n : 0;
    }
}

reel_status reel_split_examples(const reel_array *labels, int64_t classes,
                                int64_t count, int64_t held, uint64_t seed,
                                int64_t *order, reel_error *error)
{
    reel_status status = check(labels, classes, count, held, error);

    if (status != REEL_OK)
        return status;

    uint64_t kinds = labels ? (uint64_t)classes : 1;
    size_t n = (size_t)count;
    int64_t *sorted = calloc(n, sizeof *sorted);
    int64_t *end = kinds <= SIZE_MAX / sizeof *end
                       ? calloc((size_t)kinds, sizeof *end)
                       : NULL;
    bool *picked = calloc(n, sizeof *picked);

    if (sorted && end && picked) {
        int64_t kept = 0, out = count - held;

        reel_shuffle(order, count, seed ^ SPLIT_KEY, 0);
        if (labels)
            sort_by_class(labels, classes, count, end, order, sorted);
        pick(labels ? sorted : order, count, held, seed, picked);
        for (int64_t i = 0; i < count; i++)
            order[picked[i] ? out++ : kept++] = i;
    } else {
        status = reel__report_memory(
            error, "split",
            (uint64_t)n * (sizeof *sorted + sizeof *picked) +
                kinds * sizeof *end);
    }
    free(picked);
    free(end);
    free(sorted);
    return status;
}
