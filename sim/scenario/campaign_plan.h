/* What a campaign of a scenario comes to before it runs: fragment sizes, times.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CAMPAIGN_PLAN_H
#define SCENARIO_CAMPAIGN_PLAN_H

#include "campaign/estimate.h"
#include "scenario/scenario.h"

/* The largest fragment in bytes that a data rate carries; 0: the region has no such downlink. */
uint32_t campaign_fragment_size_max(const struct region *region, uint8_t data_rate);
/* Puts what the models take in the place of the word auto: a fragment size of one session, else
 * 0. */
void campaign_complete_words(const struct region *region, struct scenario_campaign *campaign);
/* The input of the estimate in closed form for a campaign with an image of `image_size_bytes`
 * (header and code); energy is left out. False: the channels do not fit. */
bool campaign_estimate_input(const struct scenario *scenario,
        const struct scenario_campaign *campaign, uint32_t image_size_bytes,
        struct estimate_input *input);

#endif
