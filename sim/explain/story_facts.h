/* What results say of the device of a story, for its texts.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_STORY_FACTS_H
#define EXPLAIN_STORY_FACTS_H

#include "explain/story.h"
#include "record/device_outcome.h"
#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/wear.h"

struct story_fragments {
    uint32_t nb_frag; /* 0: the device fetches its block */
    uint32_t unicast; /* received by unicast, coded ones too */
    struct cause_counts counts;
    bool whole; /* the device has, or had, the whole block */
    const struct fragment_rows *rows;
    uint32_t device;
};

/* False: it was in no transfer of that campaign. */
bool story_fragments_of(
        const struct story *story, uint32_t campaign, struct story_fragments *fragments);
/* What uncoded fragment n, 1..nb_frag, came to. */
enum loss_cause story_fragment_cause(const struct story_fragments *fragments, uint32_t n);

/* False: it is not in that campaign. */
bool story_outcome_of(const struct story *story, uint32_t campaign, struct device_outcome *outcome);
/* What the server's campaign says of it. */
void story_member_of(const struct story *story, uint32_t campaign, struct campaign_device *device);
/* From the campaign's start until it was ready, in s; NaN: it was not. */
double story_set_up_s(const struct story *story, uint32_t campaign);

/* Of its clock ahead of GPS time when the first session of a campaign opened. NaN: not known
 * (record/clock.h), or another campaign's was before. */
double story_clock_error_ms(const struct story *story, uint32_t campaign);

/* Of its flash now. */
void story_wear_of(const struct story *story, struct device_wear *wear);
/* Most erases of one unit of a region, of any device of the run. */
uint32_t story_wear_most(const struct story *story, enum hal_flash_region region);

#endif
