/* What a run measured, per device: filled by an observer, read by results.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_FLEET_RECORD_H
#define WORLD_FLEET_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

/* Times are engine times, SIM_NS_NEVER until they happen. */
struct device_record {
    sim_ns joined_ns;
    sim_ns clock_set_ns; /* the first time */
    sim_ns session_opened_ns;
    sim_ns block_complete_ns; /* in the device, before it could report */
    sim_ns installed_ns;
    double clock_error_ms;     /* RTC against GPS when its session opened */
    uint32_t campaign_uplinks; /* polls and answers: no port, or one of TS004 and TS005 */
    uint32_t nb_frag;
    bool uncoded_counted;      /* the session was frozen or complete, and this is what it had: */
    uint32_t uncoded_received; /* distinct */
    uint32_t uncoded_now;
    uint32_t missing_now; /* as the firmware counts, until it freezes its session */
    bool image_matches;   /* installed image equals what was sent, byte for byte */
    bool image_compared;
};

struct fleet_record {
    uint32_t device_count;
    struct device_record *devices;
    uint64_t uplinks_sent;
    uint64_t installs_wrong;        /* installed images that differ from what was sent */
    struct fragment_causes *causes; /* world/fragment_causes.h; NULL: no campaign */
    struct uplink_record *uplinks;  /* world/uplink_record.h */
    struct energy_phases *phases;   /* world/energy_phases.h */
};

#endif
