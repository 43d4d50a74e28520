/* The periodic report.
 * SPDX-License-Identifier: MIT
 */
#include "app/report.h"

#include <string.h>

#include "bytes.h"

#define TICKS_PER_UNIT 32u
#define UNITS_PER_S    (HAL_RTC_HZ / TICKS_PER_UNIT)

static uint64_t period_ticks(const struct report *report)
{
    return (uint64_t)report->period_ticks_32 * TICKS_PER_UNIT;
}

static uint64_t random_below(const struct hal *hal, uint64_t bound)
{
    uint32_t word;
    hal_entropy(hal, &word, sizeof word);
    return word * (bound / UNITS_PER_S) / (UINT32_MAX / UNITS_PER_S + 1u);
}

void report_init(struct report *report, const struct hal *hal, const struct factory *factory,
        enum hal_reset_cause cause)
{
    memset(report, 0, sizeof *report);
    report->hal = *hal;
    uint32_t period_s =
            factory->report_period_s != 0 ? factory->report_period_s : REPORT_PERIOD_DEFAULT_S;
    /* 48 days is the longest period that fits. */
    uint32_t period_max_s = UINT32_MAX / UNITS_PER_S;
    report->period_ticks_32 = (period_s < period_max_s ? period_s : period_max_s) * UNITS_PER_S;
    report->size = factory->report_size != 0 ? factory->report_size : REPORT_SIZE_DEFAULT;
    if (report->size < REPORT_SIZE_MIN) {
        report->size = REPORT_SIZE_MIN;
    }
    (void)update_running_image(hal, &report->running);
    /* After a planned restart the version is news; else a crowd that starts together spreads. */
    bool spread = (factory->boot_options & FACTORY_OPTION_RANDOM_PHASE) != 0
                  && cause != HAL_RESET_SOFTWARE;
    uint64_t within = spread ? period_ticks(report) : (uint64_t)REPORT_FIRST_S * HAL_RTC_HZ;
    report->next_at_ticks = hal_rtc_now(hal) + random_below(hal, within);
}

uint64_t report_uplink_at(const struct report *report)
{
    return report->next_at_ticks;
}

/* The phase stays; periods that passed without a chance to send are not made up for. */
static void move_on(struct report *report, uint64_t now_ticks)
{
    uint64_t period = period_ticks(report);
    report->next_at_ticks += period;
    if (report->next_at_ticks <= now_ticks) {
        report->next_at_ticks = now_ticks + period;
    }
}

void report_hold_back(struct report *report, uint64_t now_ticks)
{
    if (report->held_back < UINT16_MAX) {
        report->held_back++;
    }
    move_on(report, now_ticks);
}

size_t report_build_uplink(
        struct report *report, uint64_t now_ticks, uint8_t *payload, size_t size_max)
{
    size_t size = report->size < size_max ? report->size : size_max;
    move_on(report, now_ticks);
    if (size < REPORT_SIZE_MIN) {
        return 0;
    }
    memset(payload, 0, size);
    put_le32(payload, report->running.version);
    memcpy(payload + 4, report->running.sha256, 8);
    payload[12] = hal_battery_level(&report->hal);
    put_le16(payload + 13, (uint16_t)hal_temperature_decidegree_c(&report->hal));
    payload[15] = report->update_status;
    put_le16(payload + 16, report->held_back);
    put_le16(payload + 18, report->reboots);
    return size;
}
