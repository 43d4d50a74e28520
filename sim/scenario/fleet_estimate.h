/* The closed-form estimate of a scenario's campaign.
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

/* What campaign number `campaign` with an image of `image_size_bytes` (header and code) is told;
 * energy is that of the first group. False: there is no such campaign, or a board cannot be read.
 */
bool fleet_estimate_input(const struct scenario *scenario, uint32_t campaign,
        uint32_t image_size_bytes, struct estimate_input *input);

/* A table for people; nothing when there is no campaign. */
void fleet_estimate_print(const struct scenario *scenario, uint32_t image_size_bytes, FILE *out);

#endif
