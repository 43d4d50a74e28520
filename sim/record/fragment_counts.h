/* Uncoded fragments of each device and campaign, as its firmware counts them: an audit.
 * SPDX-License-Identifier: MIT
 *
 * Results do not count this (record/fragment_causes.h does); where a firmware traces it, the two
 * are compared.
 */
#ifndef RECORD_FRAGMENT_COUNTS_H
#define RECORD_FRAGMENT_COUNTS_H

#include "record/recorder_set.h"

struct device_fragments {
    uint32_t nb_frag;          /* 0: no fragmentation session was set up */
    uint32_t seen_before;      /* what its radio had received when the session was set up */
    bool uncoded_counted;      /* the session was frozen or complete, and this is what it had: */
    uint32_t uncoded_received; /* distinct */
    uint32_t uncoded_seen;     /* what its radio had received then */
    uint32_t dropped;          /* fragments that its flash or its decoder had no time or room for */
    uint32_t missing_now;      /* as the firmware counts, until it freezes its session */
    bool settled;              /* frozen or complete since the session was set up last */
    bool was_reset;            /* the device was, or set up once more, in between */
};

/* Of one device in one campaign. */
const struct device_fragments *fragment_counts_of(
        const struct recorder_set *set, uint32_t campaign, uint32_t device);

#endif
