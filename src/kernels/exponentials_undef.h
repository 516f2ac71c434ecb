/* kernels/exponentials_undef.h: the end of a dtype of exponentials.h.
 *
 * SPDX-License-Identifier: MIT */
#undef T
#undef NAME
#undef I
#undef OF
#undef VECTOR
#undef LOOSE
#undef LANES
#undef IN_PLACE
#undef WITH_ONE
