/* What delivery by unicast will take.
 * SPDX-License-Identifier: MIT
 */
#ifndef CAMPAIGN_UNICAST_ESTIMATE_H
#define CAMPAIGN_UNICAST_ESTIMATE_H

#include "campaign/estimate.h"
#include "campaign/fleet_course.h"

/* Adds requests and answers of class A to `course`. False: no window carries a fragment, or no
 * uplink may be sent. */
bool unicast_estimate_plan(const struct estimate_input *input, const struct estimate *estimate,
        struct fleet_course_input *course);

/* The part of estimate_make() for DELIVERY_UNICAST, after that of the set-up: session, airtime,
 * energy, and the uplinks that fetch. */
void unicast_estimate_make(const struct estimate_input *input,
        const struct fleet_course_input *plan, const struct fleet_course *course,
        struct estimate *estimate);

#endif
