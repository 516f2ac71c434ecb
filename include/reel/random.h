/* reel/random.h: the counter-based generator behind dropout, initialisers and
 * shuffles. The same seed gives the same bits on every machine and for any
 * number of threads, because element i depends on (seed, stream, i) alone.
 * Streams of one seed are independent of each other: give every use its own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_RANDOM_H
#define REEL_RANDOM_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Philox4x32-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011): the four 32-bit words of block
 * `block` of `stream` under the 64-bit key `seed`. Counter words are
 * block's low and high half, then stream's low and high half. */
REEL_API void reel_random_block(uint64_t seed, uint64_t stream, uint64_t block,
                                uint32_t out[4]);

/* 64 random bits, element `index` of `stream`: words 0 and 1 of block index / 2
 * for an even index, words 2 and 3 for an odd one, the low word first. */
REEL_API uint64_t reel_random_bits(uint64_t seed, uint64_t stream,
                                   uint64_t index);

/* Uniform in [0, 1): the top 53 of reel_random_bits times 2^-53. */
REEL_API double reel_random_uniform(uint64_t seed, uint64_t stream,
                                    uint64_t index);

/* Standard normal, by G. Box and M. Muller's transform ("A note on the
 * generation of random normal deviates", Ann. Math. Stat. 29, 1958) of the two
 * 64-bit values of block index / 2: its cosine half for an even index, its sine
 * half for an odd one. |result| < 8.6. The bits are the same on every machine;
 * the normals are as far as the machines' log, sin and cos round alike. */
REEL_API double reel_random_normal(uint64_t seed, uint64_t stream,
                                   uint64_t index);

/* Uniform integer in [0, n) without bias (rejection), draw `index` of `stream`.
 * A function of its arguments alone, like the others: a draw that is rejected
 * is repeated under another key, not with the next index. 0 for n == 0. */
REEL_API uint64_t reel_random_below(uint64_t seed, uint64_t stream,
                                    uint64_t index, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif /* REEL_RANDOM_H */
