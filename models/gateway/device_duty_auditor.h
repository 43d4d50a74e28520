/* Watches one end-device's transmissions against the duty cycle, in constant memory.
 * SPDX-License-Identifier: MIT
 *
 * For each sub-band a device may keep to its duty cycle d in one of two forms, the same one all the
 * time (LoRaWAN 1.0.4 leaves the choice to the device, EN 300 220-2 asks for the hour):
 *
 * - off-time: each frame of airtime T is followed by a pause of T (1/d - 1). An hour can then hold
 *   one frame more than d x 3600 s, counted by ends of frames, and that is allowed;
 * - hour: the frames that ended in any hour are no longer than d x 3600 s together. The auditor
 *   counts in bins of five minutes, the current one and the eleven before it, so that it sees the
 *   last 55 to 60 minutes: it accuses no device that keeps to the hour, and finds each that sends
 * more than d x 3600 s within 55 minutes.
 *
 * A device is accused when it has broken both forms. Pauses and budgets are allowed 200 ppm, the
 * error of a device's own clock, and pauses 2 ms, the grain of its timers.
 */
#ifndef GATEWAY_DEVICE_DUTY_AUDITOR_H
#define GATEWAY_DEVICE_DUTY_AUDITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

#define DEVICE_DUTY_BINS 12u

/* A cache line: what one uplink touches. */
struct device_duty_band {
    sim_ns free_at_ns;                 /* end of the pause after the last frame */
    uint32_t bin_us[DEVICE_DUTY_BINS]; /* airtime that ended in each, a ring */
    uint32_t bin;                      /* number of the newest, in five minutes since time 0 */
    bool broke_pause, broke_hour;
};

/* A frame of one device in a sub-band of `duty_cycle`, of which `band` is all that is known;
 * zeroed: nothing seen yet. Frames come in order of their end, none before time 0. False: with this
 * frame the device is, or still is, in breach of both forms. */
bool device_duty_auditor_frame(
        struct device_duty_band *band, double duty_cycle, sim_ns start_ns, sim_ns end_ns);

#endif
