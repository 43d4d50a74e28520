/* What a device does with its radio, told from the radio's states and from the air: whatever its
 * firmware is.
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

enum device_activity {
    DEVICE_OFF,        /* its firmware has not used the radio since the last reset */
    DEVICE_ASLEEP,     /* its radio is */
    DEVICE_AWAKE,      /* neither of the others */
    DEVICE_EXCHANGING, /* an uplink of its own, or the time up to the end of its windows */
    DEVICE_LISTENING   /* its receiver is on, and not for the answer to an uplink */
};

struct device_radio {
    sim_ns windows_by_ns; /* the windows of its last uplink open before */
    uint8_t windows;      /* that have closed since */
    uint8_t activity;     /* enum device_activity */
    bool receiving;
    bool answered; /* in one of the windows: no other follows */
};

static inline enum device_activity device_radio_without_exchange(enum sx1276_power power)
{
    bool asleep = power == SX1276_POWER_SLEEP || power == SX1276_POWER_RESET;
    return power == SX1276_POWER_RX ? DEVICE_LISTENING : asleep ? DEVICE_ASLEEP : DEVICE_AWAKE;
}

/* Nothing changes here by that state of the radio, as by most of the fifteen of an uplink. */
static inline bool device_radio_stays(const struct device_radio *radio, enum sx1276_power power)
{
    return radio->receiving == (power == SX1276_POWER_RX)
           && (radio->activity == DEVICE_EXCHANGING
                   || radio->activity == device_radio_without_exchange(power));
}

void device_radio_reset(struct device_radio *radio);
void device_radio_changed(struct device_radio *radio, sim_ns at_ns, enum sx1276_power power);
/* It begins an uplink. */
void device_radio_sends(struct device_radio *radio, const struct frame *uplink);
/* It has received a downlink that is for it alone. */
void device_radio_answered(struct device_radio *radio);
/* It has sent, and at that time none of its windows can be open yet: what receives is a session. */
bool device_radio_before_windows(const struct device_radio *radio, sim_ns at_ns);

#endif
