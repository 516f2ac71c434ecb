/* random.c: the counter-based generator of reel/random.h, Philox4x32-10
 * (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011), and the distributions drawn from it.
 *
 * SPDX-License-Identifier: MIT */
#include <reel/random.h>

#include <math.h>

#define ROUNDS 10

/* The paper's multipliers and the Weyl steps of its key schedule. */
#define MULTIPLIER_0 UINT32_C(0xD2511F53)
#define MULTIPLIER_1 UINT32_C(0xCD9E8D57)
#define KEY_STEP_0 UINT32_C(0x9E3779B9)
#define KEY_STEP_1 UINT32_C(0xBB67AE85)

/* What separates the keys of a draw's attempts in reel_random_below: 2^64
 * over the golden ratio. Odd, so no key returns before 2^64 attempts. */
#define ATTEMPT_STEP UINT64_C(0x9E3779B97F4A7C15)

#define TWO_PI 6.283185307179586476925286766559

void reel_random_block(uint64_t seed, uint64_t stream, uint64_t block,
                       uint32_t out[4])
{
    uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t p1 = (uint64_t)MULTIPLIER_1 * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += KEY_STEP_0;
        k1 += KEY_STEP_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

uint64_t reel_random_bits(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint32_t w[4];

    reel_random_block(seed, stream, index / 2, w);
    return index % 2 ? join(w[2], w[3]) : join(w[0], w[1]);
}

/* The 53 bits a double can hold, as a fraction. */
static double fraction(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

double reel_random_uniform(uint64_t seed, uint64_t stream, uint64_t index)
{
    return fraction(reel_random_bits(seed, stream, index));
}

double reel_random_normal(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint32_t w[4];

    reel_random_block(seed, stream, index / 2, w);

    /* 1 - [0, 1) is exact and lies in (0, 1]: the logarithm is finite. */
    double radius = sqrt(-2 * log(1 - fraction(join(w[0], w[1]))));
    double angle = TWO_PI * fraction(join(w[2], w[3]));

    return index % 2 ? radius * sin(angle) : radius * cos(angle);
}

/* A rejected draw is repeated under another key, never with the next index:
 * then draw `index` depends on nothing that was drawn before it. */
uint64_t reel_random_below(uint64_t seed, uint64_t stream, uint64_t index,
                           uint64_t n)
{
    /* 2^64 mod n: without the lowest so many of the 2^64 values, what remains
     * is a whole number of runs of length n. */
    uint64_t excess = n > 1 ? (0 - n) % n : 0;
    uint64_t bits = reel_random_bits(seed, stream, index);

    while (bits < excess) {
        seed += ATTEMPT_STEP;
        bits = reel_random_bits(seed, stream, index);
    }
    return n > 1 ? bits % n : 0;
}
