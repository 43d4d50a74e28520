/* What a scenario does to a run: its adversaries and faults, where they are and when they may act;
 * and what the server does against them.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_TROUBLES_H
#define WATCH_TROUBLES_H

#include "watch/scene.h"

/* Fills scene->troubles; the places of a scene's devices are known. The server has set up groups
 * again at `group_restarts_ns`, at most SCENE_DEFENCES_MAX times. */
void troubles_fill(const struct scenario *scenario, const sim_ns *group_restarts_ns,
        uint32_t group_restart_count, struct scene *scene);

#endif
