/* What a device's radio does, told from its states and from the air: whatever its firmware is.
 * SPDX-License-Identifier: MIT
 */
#include "record/device_radio.h"

#define WINDOWS 2u
/* A window that opens later than this after an uplink is none of its own: RX2 of a JoinRequest
 * opens after 6 s (RP002-1.0.4 section 2.4), up to half a second early where a clock is poor. */
#define WINDOWS_WITHIN_NS (6500 * SIM_NS_PER_MS)

void device_radio_reset(struct device_radio *radio)
{
    radio->on = false;
    radio->exchanging = false;
}

void device_radio_sends(struct device_radio *radio, const struct frame *uplink)
{
    radio->windows_by_ns = uplink->end_ns + WINDOWS_WITHIN_NS;
    radio->windows = 0;
    radio->exchanging = true;
    radio->answered = false;
}

void device_radio_answered(struct device_radio *radio)
{
    radio->answered = radio->exchanging;
}

void device_radio_changed(struct device_radio *radio, sim_ns at_ns, enum sx1276_power power)
{
    bool received = radio->receiving;
    radio->on = true;
    radio->receiving = power == SX1276_POWER_RX;
    radio->asleep = power == SX1276_POWER_SLEEP || power == SX1276_POWER_RESET;
    if (received && !radio->receiving && radio->exchanging) {
        radio->windows++;
        radio->exchanging = radio->windows < WINDOWS && !radio->answered;
    } else if (radio->receiving && at_ns > radio->windows_by_ns) {
        radio->exchanging = false;
    }
}

bool device_radio_listens(const struct device_radio *radio)
{
    return radio->receiving && !radio->exchanging;
}
