/* What became of the uplinks that devices sent, on the air: by cause, by data rate, by the law.
 * SPDX-License-Identifier: MIT
 *
 * Data frames, joins apart, each transmission counted: copies and repetitions too. A frame is
 * received when one gateway has received it; else its cause is the one that got furthest at any
 * gateway (the order of enum loss_cause). Frames still on the air are not counted yet.
 */
#ifndef WORLD_UPLINK_RECORD_H
#define WORLD_UPLINK_RECORD_H

#include "air/frame.h"
#include "observe.h"
#include "region/region.h"

#define UPLINK_DATA_RATES 7u /* DR0..DR6 */

struct uplink_counts {
    uint64_t sent;
    uint64_t received;
    uint64_t lost[LOSS_CAUSE_COUNT];
    struct {
        uint64_t sent, received;
    } by_data_rate[UPLINK_DATA_RATES];
    /* At each gateway that took notice, joins and what is not the devices' too; LOSS_NONE:
     * received. */
    uint64_t at_gateways[LOSS_CAUSE_COUNT];
    /* Frames, joins too, by which a device broke its duty cycle, seen by who does not enforce it.
     */
    uint64_t duty_violations;
    uint32_t duty_first_device;
    sim_ns duty_first_ns;
};

struct uplink_record;

/* Devices are the entities from `first_device` on; what others send is not theirs. NULL: out of
 * memory. */
struct uplink_record *uplink_record_create(
        const struct region *region, uint32_t device_count, entity_id first_device);
void uplink_record_destroy(struct uplink_record *record);

/* A frame has begun, whose books will be asked for at its end. */
void uplink_record_started(const struct uplink_record *record, const struct frame *frame);
/* Takes FRAME_ENDED, GATEWAY_RECEIVED and GATEWAY_LOST. */
void uplink_record_frame(struct uplink_record *record, const struct observation *observation);

const struct uplink_counts *uplink_record_counts(const struct uplink_record *record);

#endif
