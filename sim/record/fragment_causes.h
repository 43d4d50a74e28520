/* Why each device lost each uncoded fragment: one cause per pair, seen from outside.
 * SPDX-License-Identifier: MIT
 *
 * Of every copy that a gateway sends, each device gets a cause: what the medium observed of it, or,
 * where its receiver took no notice, what the device was doing (off, not set up, waiting for its
 * session, at an uplink of its own, behind the session, out of range). Copies of one fragment fold
 * into the cause that got furthest, the order of enum loss_cause (design section 6).
 *
 * A fragment's row, a byte per device, stays open for FRAGMENT_WINDOW fragments behind it, far more
 * than the network server lets its gateways fall apart; then it is added to the devices' counters.
 */
#ifndef RECORD_FRAGMENT_CAUSES_H
#define RECORD_FRAGMENT_CAUSES_H

#include "record/recorder_set.h"

#define FRAGMENT_WINDOW 64u /* a power of two */

struct fragment_causes;

/* Pairs by cause; LOSS_NONE: received. */
struct cause_counts {
    uint64_t of[LOSS_CAUSE_COUNT];
};

/* NULL: no campaign. */
const struct fragment_causes *fragment_causes_of(const struct recorder_set *set);

/* One device's uncoded fragments so far: all of them, those that were never on the air too. */
void fragment_causes_device(
        const struct fragment_causes *causes, uint32_t device, struct cause_counts *counts);
void fragment_causes_total(const struct fragment_causes *causes, struct cause_counts *counts);
/* Of all multicast frames of the campaign so far, copies each: coded ones and requests too. */
sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes);

#endif
