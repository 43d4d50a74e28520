/* What a device does with its radio, told from the radio's states and from the air.
 * SPDX-License-Identifier: MIT
 */
#include "record/device_radio.h"

#define WINDOWS 2u
/* A window that opens later than this after an uplink is none of its own: RX2 of a JoinRequest
 * opens after 6 s (RP002-1.0.4 section 2.4), up to half a second early where a clock is poor. */
#define WINDOWS_WITHIN_NS (6500 * SIM_NS_PER_MS)
/* RX1 opens after 1 s at the soonest (RP002-1.0.4 section 2.4), as much too early. */
#define WINDOWS_FROM_NS (500 * SIM_NS_PER_MS)

void device_radio_reset(struct device_radio *radio)
{
    radio->activity = DEVICE_OFF;
}

void device_radio_sends(struct device_radio *radio, const struct frame *uplink)
{
    radio->windows_by_ns = uplink->end_ns + WINDOWS_WITHIN_NS;
    radio->windows = 0;
    radio->activity = DEVICE_EXCHANGING;
    radio->answered = false;
}

void device_radio_answered(struct device_radio *radio)
{
    radio->answered = radio->activity == DEVICE_EXCHANGING;
}

bool device_radio_before_windows(const struct device_radio *radio, sim_ns at_ns)
{
    return radio->activity == DEVICE_EXCHANGING
           && at_ns < radio->windows_by_ns - WINDOWS_WITHIN_NS + WINDOWS_FROM_NS;
}

/* Its two windows have closed, or one with an answer; or a window opens that is none of its own. */
static bool exchange_is_over(
        struct device_radio *radio, sim_ns at_ns, bool received, bool receiving)
{
    if (received && !receiving) {
        radio->windows++;
        return radio->windows >= WINDOWS || radio->answered;
    }
    return receiving && at_ns > radio->windows_by_ns;
}

void device_radio_changed(struct device_radio *radio, sim_ns at_ns, enum sx1276_power power)
{
    bool receiving = power == SX1276_POWER_RX, received = radio->receiving;
    radio->receiving = receiving;
    if (radio->activity == DEVICE_EXCHANGING
            && !exchange_is_over(radio, at_ns, received, receiving)) {
        return;
    }
    radio->activity = (uint8_t)device_radio_without_exchange(power);
}
