/* What delivery by unicast will take, in closed form.
 * SPDX-License-Identifier: MIT
 */
#ifndef CAMPAIGN_UNICAST_ESTIMATE_H
#define CAMPAIGN_UNICAST_ESTIMATE_H

#include "campaign/estimate.h"

/* The part of estimate_make() for DELIVERY_UNICAST, after that of the set-up: session, airtime,
 * energy, and the uplinks that fetch. Not `possible` where no window carries a fragment, or no
 * uplink may be sent. */
void unicast_estimate_make(const struct estimate_input *input, struct estimate *estimate);

#endif
