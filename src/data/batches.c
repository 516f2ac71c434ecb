/* batches.c: examples in batches, in another order each epoch.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>

#include <inttypes.h>
#include <stdlib.h>

#include "io/report.h"

static void begin(reel_batches *b, int64_t epoch, int64_t position)
{
    b->epoch = epoch;
    b->position = position;
    reel_shuffle(b->order, b->count, b->seed, (uint64_t)epoch);
}

reel_status reel_batches_new(reel_batches *batches, int64_t count, int64_t size,
                             uint64_t seed, reel_error *error)
{
    *batches = (reel_batches){0};
    if (count < 1 || size < 1)
        return reel__report(error, REEL_EVALUE, "batches",
                            "%" PRId64 " examples in batches of %" PRId64
                            ": needs 1 at least of both",
                            count, size);

    int64_t *order = (uint64_t)count <= SIZE_MAX / sizeof *order
                         ? malloc((size_t)count * sizeof *order)
                         : NULL;

    if (!order)
        return reel__report_memory(error, "batches",
                                   (uint64_t)count * sizeof *order);
    *batches = (reel_batches){.count = count, .size = size, .seed = seed,
                              .order = order};
    begin(batches, 1, 0);
    return REEL_OK;
}

bool reel_batches_next(reel_batches *batches, reel_batch *batch)
{
    int64_t left = batches->count - batches->position;

    if (left == 0) {
        begin(batches, batches->epoch + 1, 0);
        return false;
    }
    *batch = (reel_batch){
        .index = batches->order + batches->position,
        .size = left < batches->size ? left : batches->size,
        .start = batches->position,
        .epoch = batches->epoch,
    };
    batches->position += batch->size;
    return true;
}

reel_status reel_batches_seek(reel_batches *batches, int64_t epoch,
                              int64_t position, reel_error *error)
{
    if (epoch < 1 || position < 0 || position > batches->count)
        return reel__report(error, REEL_EVALUE, "batches",
                            "no epoch %" PRId64 ", position %" PRId64 " of %"
                            PRId64 " examples",
                            epoch, position, batches->count);
    begin(batches, epoch, position);
    return REEL_OK;
}

void reel_batches_free(reel_batches *batches)
{
    free(batches->order);
    *batches = (reel_batches){0};
}
