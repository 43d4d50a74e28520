/* What a scenario does to a run: its adversaries and faults, where they are and when they may act.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_TROUBLES_H
#define WATCH_TROUBLES_H

#include "watch/scene.h"

/* Fills scene->troubles; the places of a scene's devices are known. */
void troubles_fill(const struct scenario *scenario, struct scene *scene);

#endif
