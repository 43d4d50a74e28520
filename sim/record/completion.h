/* When devices held the whole block of a campaign.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_COMPLETION_H
#define RECORD_COMPLETION_H

#include "record/recorder_set.h"

/* In the device, before it could report it. SIM_NS_NEVER: not yet. */
sim_ns completion_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device);

#endif
