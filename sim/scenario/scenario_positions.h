/* The position files of a scenario: how many positions they hold, and how far away.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_POSITIONS_H
#define SCENARIO_SCENARIO_POSITIONS_H

#include "scenario/scenario.h"
#include "scenario/scenario_places.h"

/* Reads each file that `layout: file` names, by a path that is complete. Its number of positions
 * becomes the count of gateways or of the group's devices, where the scenario gives none; an error
 * where the scenario asks for more. Warns of positions far outside of the area. */
void scenario_complete_positions(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors);

#endif
