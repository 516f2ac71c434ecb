/* reel/nn.h: initial values for parameters, by name.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_H
#define REEL_NN_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills a parameter or state (f32 or f64) by the named rule. fan_in and fan_out
 * are a matrix's rows and columns (x W), as reel_matmul uses it.
 *
 *   "zeros"    0
 *   "normal"   N(0, 1)
 *   "uniform"  U(-0.5, 0.5)
 *   "xavier"   U(-a, a), a = sqrt(6 / (fan_in + fan_out))
 *              (X. Glorot, Y. Bengio, AISTATS 2010)
 *   "he"       N(0, 2 / fan_in)  (K. He et al., ICCV 2015)
 *
 * Element i is a function of (rule, shape, seed, stream, i): give each
 * parameter a stream of its own. REEL_EVALUE for an unknown name (the message
 * lists those there are) or a leaf that cannot be filled; REEL_ESHAPE when a
 * rule needs fans and the leaf is no matrix. O(elements). */
REEL_API reel_status reel_initialize(reel_node *leaf, const char *rule,
                                     uint64_t seed, uint64_t stream);

#ifdef __cplusplus
}
#endif
#endif /* REEL_NN_H */
