/* Servers as bundles of policies: each sets the defaults of keys of a campaign.
 * SPDX-License-Identifier: MIT
 *
 * What sources state of other servers (spec-protocol 8.1, 8.4, 9.5) is a policy of this one, with a
 * key of its own; docs/comparisons.md names the source of each. A key that the scenario gives
 * wins.
 */
#ifndef SCENARIO_SERVER_PRESETS_H
#define SCENARIO_SERVER_PRESETS_H

#include "scenario/scenario.h"
#include "scenario/scenario_places.h"

enum server_preset {
    SERVER_FLEETCAST,
    SERVER_CHIRPSTACK_V4,
    SERVER_CHIRPSTACK_V4_BEFORE_910, /* its issue 910: the block MIC was wrong */
    SERVER_ACTILITY_ROUNDS,
    SERVER_AWS,
    SERVER_PRESET_COUNT
};
extern const char *const server_preset_names[SERVER_PRESET_COUNT + 1]; /* NULL-terminated */

/* Gives the keys that the scenario does not name the values of the campaign's server. */
void server_preset_apply(struct scenario_campaign *campaign, const struct scenario_places *places);

#endif
