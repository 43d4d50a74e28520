/* The device's idea of GPS time: an offset to its RTC.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_CLOCK_H
#define DEVICE_CLOCK_H

#include "hal.h"

struct gps_clock {
    bool valid;            /* false until the first DeviceTimeAns or AppTimeAns */
    int64_t offset_ticks;  /* GPS time in ticks = RTC ticks + offset */
    uint64_t set_at_ticks; /* RTC time of the last correction */
};

/* GPS seconds (since 1980-01-06) at RTC time `ticks`. */
static inline int64_t gps_clock_seconds(const struct gps_clock *clock, uint64_t ticks)
{
    return ((int64_t)ticks + clock->offset_ticks) / (int64_t)HAL_RTC_HZ;
}

/* RTC time at which GPS second `gps_s` begins; may lie in the past (then below now). */
static inline uint64_t gps_clock_ticks_at(const struct gps_clock *clock, int64_t gps_s)
{
    int64_t ticks = gps_s * (int64_t)HAL_RTC_HZ - clock->offset_ticks;
    return ticks < 0 ? 0u : (uint64_t)ticks;
}

#endif
