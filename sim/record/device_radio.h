/* What a device's radio does, told from its states and from the air: whatever its firmware is.
 * SPDX-License-Identifier: MIT
 *
 * A device of class A opens its receiver in the two windows after its own uplink only (LoRaWAN L2
 * 1.0.4 section 3.3). A receiver that is on at another time listens to a class C session.
 */
#ifndef RECORD_DEVICE_RADIO_H
#define RECORD_DEVICE_RADIO_H

#include <stdbool.h>

#include "air/frame.h"
#include "chip/sx1276.h"

struct device_radio {
    sim_ns windows_by_ns; /* the windows of its last uplink open before */
    uint8_t windows;      /* that have closed since */
    bool on;              /* its firmware has used the radio since the last reset */
    bool receiving;
    bool asleep;
    bool exchanging; /* an uplink of its own, or the time up to the end of its windows */
    bool answered;   /* in one of the windows: no other follows */
};

void device_radio_reset(struct device_radio *radio);
void device_radio_changed(struct device_radio *radio, sim_ns at_ns, enum sx1276_power power);
/* It begins an uplink. */
void device_radio_sends(struct device_radio *radio, const struct frame *uplink);
/* It has received a downlink that is for it alone. */
void device_radio_answered(struct device_radio *radio);
/* Its receiver is on, and not for the answer to an uplink. */
bool device_radio_listens(const struct device_radio *radio);

#endif
