/* How far devices came: joined, and the stages of a campaign.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_DEVICES_H
#define RECORD_DEVICES_H

#include "air/frame.h"
#include "record/recorder_set.h"

/* When a device joined for the first time; SIM_NS_NEVER: it has not. */
sim_ns devices_joined_ns(const struct recorder_set *set, uint32_t device);

/* A frame that a device received is the JoinAccept that the server made for it last. */
bool devices_is_accept(const struct recorder_set *set, uint32_t device, const struct frame *frame);

#endif
