/* fuzz_idx.c: libFuzzer target for the IDX reader.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <reel/data.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    reel_array array;
    reel_error error = {0};
    volatile unsigned char sum = 0;
    reel_status status = reel_idx_parse(bytes, size, "x", &array, &error);

    /* Every byte that the result claims to hold must be there to be read. */
    if (status == REEL_OK) {
        size_t held = (size_t)reel_shape_count(array.shape) *
                      reel_dtype_size(array.dtype);

        for (size_t i = 0; i < held; i++)
            sum = (unsigned char)(sum + ((unsigned char *)array.data)[i]);
    } else if (error.status != status || !error.message[0] || array.data) {
        abort();
    }
    reel_array_free(&array);
    return 0;
}
