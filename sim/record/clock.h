/* Clocks of devices: when they were set, how wrong they were when a session opened.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_CLOCK_H
#define RECORD_CLOCK_H

#include "record/recorder_set.h"

/* Engine times, SIM_NS_NEVER until they happen. */
struct device_clock {
    sim_ns set_ns; /* the first time that it received an answer with the time */
    sim_ns session_opened_ns;
    /* Against GPS when its first session opened: what it was told and its RTC since. NaN: it did
     * not open, or the device was told corrections only. */
    double error_ms;
};

/* Of a device at an index. */
const struct device_clock *clock_of(const struct recorder_set *set, uint32_t device);
/* When it opened its first session of a campaign. */
sim_ns clock_opened_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device);
/* What its clock shows ahead of GPS at an engine time, from what it was told and its RTC since.
 * NaN: it was told no time, or corrections only. */
double clock_error_ms(const struct recorder_set *set, uint32_t device, sim_ns at_ns);

#endif
