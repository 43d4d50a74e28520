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
#ifndef WORLD_FRAGMENT_CAUSES_H
#define WORLD_FRAGMENT_CAUSES_H

#include "campaign/campaign.h"
#include "observe.h"

#define FRAGMENT_WINDOW 64u /* a power of two */

struct fragment_causes;

/* Pairs by cause; LOSS_NONE: received. */
struct cause_counts {
    uint64_t of[LOSS_CAUSE_COUNT];
};

/* Devices are the entities from `first_device` on. NULL: out of memory. */
struct fragment_causes *fragment_causes_create(
        const struct campaign *campaign, uint32_t device_count, entity_id first_device);
void fragment_causes_destroy(struct fragment_causes *causes);

/* Takes FRAME_STARTED and FRAME_ENDED of downlinks, FRAME_RECEIVED, FRAME_LOST, NODE_RESET. */
void fragment_causes_frame(struct fragment_causes *causes, const struct observation *observation);
/* Takes FIRMWARE. */
void fragment_causes_firmware(
        struct fragment_causes *causes, const struct observation *observation);

/* One device's uncoded fragments so far: all of them, those that were never on the air too. */
void fragment_causes_device(
        const struct fragment_causes *causes, uint32_t device, struct cause_counts *counts);
void fragment_causes_total(const struct fragment_causes *causes, struct cause_counts *counts);
/* Fragments that came outside of their window; more than none and the counts are wrong. */
uint64_t fragment_causes_strays(const struct fragment_causes *causes);
/* Of all multicast frames of the campaign so far, copies each: coded ones and requests too. */
sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes);
/* The device started again while it gathered fragments: what it had received may be gone. */
bool fragment_causes_device_reset(const struct fragment_causes *causes, uint32_t device);

#endif
