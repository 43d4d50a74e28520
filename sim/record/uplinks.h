/* What became of the uplinks that devices sent, on the air: by cause and by data rate; duty cycles.
 * SPDX-License-Identifier: MIT
 *
 * Data frames, joins apart, each transmission counted: copies and repetitions too. A frame is
 * received when one gateway has received it; else its cause is the one that got furthest at any
 * gateway (the order of enum loss_cause). Frames still on the air are not counted yet. A message is
 * a data frame with the repetitions that follow it: frames of one DevAddr and FCnt.
 */
#ifndef RECORD_UPLINKS_H
#define RECORD_UPLINKS_H

#include "air/frame.h"
#include "record/recorder_set.h"

#define UPLINK_DATA_RATES 7u                /* DR0..DR6 */
#define UPLINK_OTHER_RATE UPLINK_DATA_RATES /* a modulation that no data rate of the region has */

struct uplink_counts {
    uint64_t sent;
    uint64_t messages;
    uint64_t received;
    uint64_t lost[LOSS_CAUSE_COUNT];
    struct {
        uint64_t sent, received;
    } by_data_rate[UPLINK_DATA_RATES + 1];
    /* At each gateway that took notice, joins and what is not the devices' too; LOSS_NONE:
     * received. */
    uint64_t at_gateways[LOSS_CAUSE_COUNT];
    /* Frames, joins too, by which a device of the built-in firmware broke its duty cycle, by an
     * auditor of its own. */
    uint64_t duty_violations;
    uint32_t duty_first_device;
    sim_ns duty_first_ns;
};

const struct uplink_counts *uplinks_counts(const struct recorder_set *set);
/* Messages of a device that polled (no FPort, or 0) or answered TS004 and TS005. */
uint32_t uplinks_campaign_messages(const struct recorder_set *set, uint32_t device);

/* Adds a key per cause that an uplink can be lost by at a gateway; no other cause may count. */
void uplinks_measure_lost(
        struct measure *m, const char *prefix, const uint64_t lost[LOSS_CAUSE_COUNT]);

#endif
