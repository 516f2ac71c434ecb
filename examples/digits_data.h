/* examples/digits_data.h: the digits of examples/data, compiled in: four IDX
 * files as bytes. Made by examples/embed.sh.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DIGITS_DATA_H
#define DIGITS_DATA_H

#include <stddef.h>

extern const unsigned char digits_train_images[], digits_train_labels[],
    digits_t10k_images[], digits_t10k_labels[];
extern const size_t digits_train_images_size, digits_train_labels_size,
    digits_t10k_images_size, digits_t10k_labels_size;

#endif /* DIGITS_DATA_H */
