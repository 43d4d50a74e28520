/* Log-normal shadowing of every link, correlated over distance and between gateways.
 * SPDX-License-Identifier: MIT
 *
 * Model: M. Gudmundson, "Correlation model for shadow fading in mobile radio systems", Electronics
 * Letters 27(23), 1991: the correlation of two places d apart is exp(-d / correlation distance).
 *
 * A link has one value, so both directions share it. With a correlation distance it is a function
 * of seed, gateway and the device's position alone: a device more moves no other's. Without, it is
 * one draw per (gateway, device).
 */
#ifndef AIR_SHADOWING_H
#define AIR_SHADOWING_H

#include <stdbool.h>
#include <stdint.h>

#include "air/propagation.h"

struct shadowing;

/* Sigma and correlation distance are 0 or more, the site correlation 0 to 1. NULL: out of memory.
 */
struct shadowing *shadowing_create(
        const struct propagation_params *params, uint64_t seed, uint32_t gateway_count);
void shadowing_destroy(struct shadowing *shadowing);

/* The part of a device's shadowing that all gateways share, in dB: worked out once per device. */
double shadowing_common_db(
        const struct shadowing *shadowing, uint32_t device, double x_m, double y_m);
/* What the link loses, in dB, `common_db` included; below 0: it gains. `gateway` is a number below
 * `gateway_count`; the place is the device's. */
double shadowing_link_db(const struct shadowing *shadowing, uint32_t gateway, uint32_t device,
        double x_m, double y_m, double common_db);
/* False: the link's own part, without the common one, surely gains less than `gain_db`. Cheaper
 * than the value. Of correlated shadowing nothing is sure. */
bool shadowing_may_gain(
        const struct shadowing *shadowing, uint32_t gateway, uint32_t device, double gain_db);

#endif
