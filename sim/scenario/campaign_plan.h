/* What a campaign of a scenario comes to before it runs: fragment sizes, times.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CAMPAIGN_PLAN_H
#define SCENARIO_CAMPAIGN_PLAN_H

#include "campaign/estimate.h"
#include "scenario/scenario.h"

/* The largest fragment in bytes that a data rate carries; 0: the region has no such downlink. */
uint32_t campaign_fragment_size_max(const struct region *region, uint8_t data_rate);
/* The slowest data rate that the campaign's sessions may have: of one session its own. */
uint8_t campaign_slowest_rate(const struct region *region, const struct campaign_params *params);
/* Puts what the models take in the place of the word auto: a fragment size of one session, else
 * 0. */
void campaign_complete_words(const struct region *region, struct scenario_campaign *campaign);
/* Waves of a round if all members had the same data rate and version of TS004. */
uint32_t campaign_wave_count(
        const struct scenario *scenario, const struct scenario_campaign *campaign);
/* Versions of TS004 that the members have. */
uint8_t campaign_version_count(
        const struct scenario *scenario, const struct scenario_campaign *campaign);
/* All members send at one data rate, which the scenario gives. */
bool campaign_rate_known(const struct scenario *scenario, const struct scenario_campaign *campaign);
/* The input of the estimate for a campaign; uplinks are those of its first group,
 * energy is left out. False: the channels do not fit. */
bool campaign_estimate_input(const struct scenario *scenario,
        const struct scenario_campaign *campaign, struct estimate_input *input);

#endif
