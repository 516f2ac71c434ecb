/* shuffle.c: the order in which a data set is visited, and the rows of a batch
 * gathered in that order.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/data.h>
#include <reel/random.h>

/* "shuffle" in ASCII: the key's own, so that an epoch's permutation shares no
 * random numbers with a stream that the user draws from under the same seed. */
#define SHUFFLE_KEY UINT64_C(0x73687566666C65)

/* Draws an order; whether anything moved. Another draw has another key: its
 * number goes to the top, where it leaves the letters above alone. */
static bool draw(int64_t *order, int64_t n, uint64_t key, uint64_t epoch)
{
    bool moved = false;

    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)reel_random_below(key, epoch, (uint64_t)i,
                                               (uint64_t)i + 1);
        int64_t swap = order[i];

        moved |= j != i;
        order[i] = order[j];
        order[j] = swap;
    }
    return moved;
}

void reel_shuffle(int64_t *order, int64_t n, uint64_t seed, uint64_t epoch)
{
    uint64_t key = seed ^ SHUFFLE_KEY;

    while (!draw(order, n, key, epoch) && n > 1)
        key += UINT64_C(1) << 56;
}

void reel_gather_u8(const uint8_t *rows, int64_t row_elements,
                    const int64_t *order, int64_t count, double scale,
                    reel_dtype dtype, void *out)
{
    float *out32 = out;
    double *out64 = out;

    for (int64_t i = 0; i < count; i++) {
        const uint8_t *row = rows + order[i] * row_elements;

        if (dtype == REEL_F32)
            for (int64_t j = 0; j < row_elements; j++)
                *out32++ = (float)(scale * row[j]);
        else if (dtype == REEL_F64)
            for (int64_t j = 0; j < row_elements; j++)
                *out64++ = scale * row[j];
    }
}
