/* Exponentially distributed intervals without floating point.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_APP_EXPONENTIAL_H
#define DEVICE_APP_EXPONENTIAL_H

#include <stdint.h>

#define EXPONENTIAL_ONE_LOG2 24u

/* -ln((word + 1) / 2^32) in units of 2^-24: of mean 1 when `word` is uniform. Off by less than
 * 2^-23, upwards; the largest value is 22.18, for a word of 0. */
uint32_t exponential(uint32_t word);

#endif
