/* Where which gateway is received strongest, without shadowing and fading.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_COVERAGE_H
#define WATCH_COVERAGE_H

#include "watch/scene.h"
#include "world/world.h"

/* Fills scene->coverage for the stations of a scene, whose places are known. A receiver outdoors is
 * taken, at the height and with the antenna of the first group of devices, and gateways transmit
 * with the power of the first campaign's session: on the first default channel without one. */
void coverage_fill(const struct world *world, struct scene *scene);

#endif
