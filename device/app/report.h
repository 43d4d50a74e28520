/* The application: a report with the firmware version that runs, now and then.
 * SPDX-License-Identifier: MIT
 *
 * FPort 2. Payload, little-endian; a factory record may make it longer, filled with zeros, or
 * shorter, down to none, and end the reports after a number or at a time. After a planned restart
 * the first REPORT_WHOLE_COUNT reports are whole all the same: what runs now is news.
 *   0 u32 version of the running image, read from its slot
 *   4 u8[8] first bytes of its SHA-256, as the bootloader computed it over the code
 *   12 u8 battery level (DevStatusAns scale)
 *   13 i16 temperature, 0.1 degree C
 *   15 u8 enum update_status: of the last candidate, or what the bootloader found
 *   16 u16 reports held back by sessions
 *   18 u16 resets since the join
 */
#ifndef DEVICE_APP_REPORT_H
#define DEVICE_APP_REPORT_H

#include "hal.h"
#include "update/factory.h"
#include "update/update.h"

#define REPORT_FPORT            2u
#define REPORT_CONTENT_SIZE     20u
#define REPORT_WHOLE_COUNT      3u
#define REPORT_SIZE_DEFAULT     24u
#define REPORT_PERIOD_DEFAULT_S 3600u

struct report {
    struct hal hal;
    uint32_t period_ticks_32; /* period (mean interval) in units of 32 ticks */
    uint64_t next_at_ticks;   /* HAL_TICKS_NEVER: there is no other report */
    uint64_t until_ticks;     /* no report after this */
    uint16_t left;            /* reports until the last one; 0: no end */
    uint8_t size;
    uint8_t update_status; /* set by the main loop */
    uint16_t held_back;
    uint16_t reboots;       /* set by the main loop */
    uint8_t traffic;        /* enum factory_traffic */
    uint8_t jitter_percent; /* 0..100 */
    uint8_t whole_left;     /* reports that are not cut short, whatever their size */
    struct image_info running;
};

/* Reads the running image's header; the first report comes at a random phase of the traffic
 * (boot option), else, and after a planned restart, within REPORT_FIRST_S. */
#define REPORT_FIRST_S 60u
void report_init(struct report *report, const struct hal *hal, const struct factory *factory,
        enum hal_reset_cause cause);
uint64_t report_uplink_at(const struct report *report);
/* Moves on to the next report without sending this one, and counts it. */
void report_hold_back(struct report *report, uint64_t now_ticks);
/* Builds the report that is due and moves on to the next; returns its size. */
size_t report_build_uplink(
        struct report *report, uint64_t now_ticks, uint8_t *payload, size_t size_max);

#endif
