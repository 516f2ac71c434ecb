/* kernels/flat_group.h: the vector functions on groups of slots:
 * reel__group_exp_f64(out, a, b) and so on. b: what elementwise.def calls b
 * or p.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_KERNELS_FLAT_GROUP_H
#define REEL_KERNELS_FLAT_GROUP_H

#include "kernels/families.h"
#include "kernels/flat_code.h"

#define REEL__GROUP_JOIN(name, type) \
    REEL__OF_ISA(REEL__JOIN(REEL__JOIN(reel__group, name), type))

#define REEL__DECLARE_ONE(name)
#define REEL__DECLARE_TWO(name)
#define REEL__DECLARE_THREE(name)
#define REEL__DECLARE_VECTORS(name)                                     \
    void REEL__GROUP_JOIN(name, f32)(float *, const float *,            \
                                     const float *);                    \
    void REEL__GROUP_JOIN(name, f64)(double *, const double *,          \
                                     const double *);
#define REEL__DECLARE_VECTOR_PAIRS REEL__DECLARE_VECTORS
#define REEL__KERNEL(name, operands, ...) REEL__DECLARE_##operands(name)
#include "kernels/elementwise.def"
#undef REEL__KERNEL
#undef REEL__DECLARE_ONE
#undef REEL__DECLARE_TWO
#undef REEL__DECLARE_THREE
#undef REEL__DECLARE_VECTORS
#undef REEL__DECLARE_VECTOR_PAIRS

#endif /* REEL_KERNELS_FLAT_GROUP_H */
