/* bytes.h: numbers in files, and how many bytes a shape takes. Shifts give
 * either byte order on every machine; compilers know them as loads and stores.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_IO_BYTES_H
#define REEL_IO_BYTES_H

#include <reel/base.h>

static inline uint32_t reel__load_big32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static inline uint64_t reel__load_big64(const unsigned char *b)
{
    return (uint64_t)reel__load_big32(b) << 32 | reel__load_big32(b + 4);
}

static inline uint32_t reel__load_little32(const unsigned char *b)
{
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 |
           b[0];
}

static inline uint64_t reel__load_little64(const unsigned char *b)
{
    return (uint64_t)reel__load_little32(b + 4) << 32 | reel__load_little32(b);
}

static inline void reel__store_little32(unsigned char *b, uint32_t value)
{
    b[0] = (unsigned char)value;
    b[1] = (unsigned char)(value >> 8);
    b[2] = (unsigned char)(value >> 16);
    b[3] = (unsigned char)(value >> 24);
}

static inline void reel__store_little64(unsigned char *b, uint64_t value)
{
    reel__store_little32(b, (uint32_t)value);
    reel__store_little32(b + 4, (uint32_t)(value >> 32));
}

/* Bytes of a dense array. false where one of sizes >= 0 cannot be addressed,
 * even if another size is 0: its strides could not be computed. */
static inline bool reel__shape_bytes(reel_shape shape, size_t element_bytes,
                                     size_t *bytes)
{
    uint64_t limit = (uint64_t)PTRDIFF_MAX / element_bytes, count = 1;
    bool empty = false;

    for (int d = 0; d < shape.ndim; d++) {
        uint64_t size = (uint64_t)shape.dim[d];

        if (size > limit / count)
            return false;
        if (size)
            count *= size;
        else
            empty = true;
    }
    *bytes = empty ? 0 : (size_t)count * element_bytes;
    return true;
}

#endif /* REEL_IO_BYTES_H */
