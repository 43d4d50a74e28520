/* How far one device came, over the campaigns that count.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_DEVICE_OUTCOME_H
#define RECORD_DEVICE_OUTCOME_H

#include "record/recorder_set.h"

/* A device is at the stage that it reached in every campaign that it is in, and a time is that of
 * the last of them: SIM_NS_NEVER unless it came so far in each. */
struct device_outcome {
    enum campaign_stage stage;
    enum campaign_failure failure; /* in the first campaign in which it failed */
    bool never_joined; /* the failure is that no server ever heard it, because of this */
    bool installed;    /* it has started with the image of each campaign */
    sim_ns contacted_ns, group_set_up_ns, ready_ns, session_opened_ns;
    sim_ns complete_ns, authenticated_ns, installed_ns, confirmed_ns;
};

/* Of the campaigns `first` .. `end`, the last not included. False: it is in none of them. */
bool device_outcome_get(const struct recorder_set *set, uint32_t first_campaign,
        uint32_t end_campaign, uint32_t device, struct device_outcome *outcome);
/* Why it is not confirmed if its campaigns ended now; NULL: it is. */
const char *device_outcome_reason(const struct device_outcome *outcome);

/* The final state that AWS IoT would give it (spec-protocol 9.5). */
const char *device_outcome_aws_state(const struct device_outcome *outcome);

/* The rounds that a device was in, of the campaigns 0 .. `campaigns` - 1, and the reasons for which
 * rounds but the last of each campaign left it, in their order, with spaces between. */
struct device_rounds {
    uint64_t count;
    char left[192];
};
void device_outcome_left(const struct recorder_set *set, uint32_t campaigns, uint32_t device,
        struct device_rounds *rounds);

#endif
