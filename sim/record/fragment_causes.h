/* Why each device lost each uncoded fragment: one cause per pair, seen from outside.
 * SPDX-License-Identifier: MIT
 *
 * Of every copy that a gateway sends, each device gets a cause: what the medium observed of it, or,
 * where its receiver took no notice, what the device's radio was doing (off, not set up, waiting
 * for its session, at an uplink of its own, after the session, out of range). Copies of one
 * fragment fold into the cause that got furthest, the order of enum loss_cause (design section 6).
 * A fragment that goes out again has the cause of its last time on the air. Received is what the
 * radio received whole, in the order of its counters and with the group's MIC, and the MCU read in
 * time; nothing is asked of the firmware. A device is set up from the FragSessionSetupReq that its
 * radio receives, unless it answers that it refuses. A device is in one transfer of a campaign, and
 * its fragments are those of that transfer.
 */
#ifndef RECORD_FRAGMENT_CAUSES_H
#define RECORD_FRAGMENT_CAUSES_H

#include "record/fragment_rows.h"
#include "record/recorder_set.h"

struct fragment_causes;

enum fragment_kind {
    FRAGMENT_NONE,
    FRAGMENT_UNCODED,
    FRAGMENT_CODED
};

/* NULL: no campaign. */
const struct fragment_causes *fragment_causes_of(const struct recorder_set *set);

/* One device's uncoded fragments of a campaign so far: all of them, those that were never on the
 * air too. Returns how many that are: NbFrag of its transfer, 0 when it is in none, or fetches the
 * block. */
uint32_t fragment_causes_device(const struct fragment_causes *causes, uint32_t campaign,
        uint32_t device, struct cause_counts *counts);
/* Those that it has received: counts->of[LOSS_NONE] of the function above, without a look at each.
 */
uint32_t fragment_causes_received(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* The same of all transfers of the campaign, each by itself. */
uint32_t fragment_causes_received_in_all(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* Fragments that it received by unicast, coded ones too and each as often as it came; different
 * uncoded ones of them. */
uint32_t fragment_causes_unicast(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
uint32_t fragment_causes_unicast_uncoded(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* Those received by multicast, of all devices together. */
uint64_t fragment_causes_received_by_all(const struct fragment_causes *causes, uint32_t campaign);
/* The rows of its transfer; NULL when it is in none. */
const struct fragment_rows *fragment_causes_rows(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* Different uncoded fragments of its transfer that were on the air so far; 0 when it is in none. */
uint32_t fragment_causes_sent_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* Those of them that are on the air now, which have no cause yet if it is the first time. */
uint32_t fragment_causes_on_air_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);
/* Different fragments of all transfers of a campaign that were on the air so far, uncoded or coded
 * ones. */
uint32_t fragment_causes_sent(const struct fragment_causes *causes, uint32_t campaign, bool coded);
/* A frame on the air, by its id, is one of a campaign's multicast groups. NULL causes: no. */
bool fragment_causes_has(const struct fragment_causes *causes, int64_t frame_id);
/* What a frame on the air is, by its id, to a device that has been set up for fragments. NULL
 * causes: FRAGMENT_NONE. */
enum fragment_kind fragment_causes_kind(
        const struct fragment_causes *causes, uint32_t device, int64_t frame_id);
/* Of all multicast frames of a campaign so far, copies each: coded ones and requests too; of the
 * frames that brought devices fragments, where they fetch the block. */
sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes, uint32_t campaign);
sim_ns fragment_causes_transfer_airtime_ns(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t transfer);

#endif
