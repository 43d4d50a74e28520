/* The estimate of a scenario's campaigns.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_FLEET_ESTIMATE_H
#define SCENARIO_FLEET_ESTIMATE_H

#include <stdio.h>

#include "campaign/estimate.h"
#include "scenario/board_file.h"
#include "scenario/scenario.h"

/* The battery of a group: its board's, but for what the scenario says. */
struct battery_params fleet_battery_params(
        const struct scenario_device_group *group, const struct board_type *board);

/* What the estimate of campaign `number` starts from; energy is that of its first group. Of split
 * sessions: the one at the fastest data rate, with all members. False: the channels do not fit, or
 * a board cannot be read. */
bool fleet_estimate_input(
        const struct scenario *scenario, uint32_t number, struct estimate_input *input);

/* A table for people of each campaign. */
void fleet_estimate_print(const struct scenario *scenario, FILE *out);

#endif
