/* When the report leaves and what it says.
 * SPDX-License-Identifier: MIT
 */
#include "app/report.h"

#include <string.h>

#include "app/exponential.h"
#include "bytes.h"
#include "trace.h"

#define TICKS_PER_UNIT 32u
#define UNITS_PER_S    (HAL_RTC_HZ / TICKS_PER_UNIT)
#define TRACE_TICKS    (HAL_RTC_HZ / 32u) /* of REPORT_PLANNED */

static uint64_t period_ticks(const struct report *report)
{
    return (uint64_t)report->period_ticks_32 * TICKS_PER_UNIT;
}

static uint32_t random_word(const struct report *report)
{
    uint32_t word;
    hal_entropy(&report->hal, &word, sizeof word);
    return word;
}

static uint64_t random_below(const struct report *report, uint64_t bound)
{
    DEVICE_ASSERT(&report->hal, bound / UNITS_PER_S <= UINT32_MAX);
    return random_word(report) * (bound / UNITS_PER_S) / (UINT32_MAX / UNITS_PER_S + 1u);
}

static uint64_t poisson_ticks(const struct report *report)
{
    _Static_assert(TICKS_PER_UNIT == 1u << 5, "the shift below");
    uint64_t product = (uint64_t)report->period_ticks_32 * exponential(random_word(report));
    return product >> (EXPONENTIAL_ONE_LOG2 - 5u);
}

static uint64_t jittered_ticks(const struct report *report)
{
    /* Half of the units, so that the product stays within 64 bits. */
    DEVICE_ASSERT(&report->hal, report->jitter_percent <= 100u);
    uint64_t spread_32 = (uint64_t)report->period_ticks_32 * report->jitter_percent / 50u;
    uint64_t late = spread_32 * (random_word(report) >> 1) >> (31u - 5u);
    return period_ticks(report) - spread_32 * TICKS_PER_UNIT / 2u + late;
}

static uint64_t interval_ticks(const struct report *report)
{
    DEVICE_ASSERT(&report->hal, report->period_ticks_32 > 0);
    switch (report->traffic) {
    case FACTORY_TRAFFIC_JITTERED:
        return jittered_ticks(report);
    case FACTORY_TRAFFIC_POISSON:
        return poisson_ticks(report);
    default:
        return period_ticks(report);
    }
}

static void schedule(struct report *report, uint64_t at_ticks)
{
    report->next_at_ticks = at_ticks <= report->until_ticks ? at_ticks : HAL_TICKS_NEVER;
}

static void trace_plan(const struct report *report, uint64_t now_ticks, uint32_t overtaken)
{
    int32_t until_due = INT32_MAX;
    if (report->next_at_ticks != HAL_TICKS_NEVER) {
        int64_t ahead = (int64_t)(report->next_at_ticks - now_ticks) / (int64_t)TRACE_TICKS;
        until_due = ahead < INT32_MAX ? (int32_t)ahead : INT32_MAX;
    }
    hal_trace(&report->hal, FW_TRACE_REPORT_PLANNED, (uint32_t)until_due, overtaken);
}

static uint8_t size_of(const struct factory *factory)
{
    if ((factory->boot_options & FACTORY_OPTION_REPORT_EMPTY) != 0) {
        return 0;
    }
    return factory->report_size != 0 ? factory->report_size : REPORT_SIZE_DEFAULT;
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
    report->size = size_of(factory);
    report->left = factory->report_count;
    report->until_ticks = factory->report_until_s != 0
                                  ? (uint64_t)factory->report_until_s * HAL_RTC_HZ
                                  : HAL_TICKS_NEVER;
    report->whole_left = cause == HAL_RESET_SOFTWARE ? REPORT_WHOLE_COUNT : 0;
    report->traffic = factory->traffic;
    report->jitter_percent = factory->jitter_percent < 100u ? factory->jitter_percent : 100u;
    (void)update_running_image(hal, &report->running);
    /* After a planned restart the version is news; else devices that start together spread. */
    bool spread = (factory->boot_options & FACTORY_OPTION_RANDOM_PHASE) != 0
                  && cause != HAL_RESET_SOFTWARE;
    uint64_t first_ticks;
    if (spread && report->traffic == FACTORY_TRAFFIC_POISSON) {
        first_ticks = poisson_ticks(report); /* it has no memory, so no phase either */
    } else {
        first_ticks = random_below(
                report, spread ? period_ticks(report) : (uint64_t)REPORT_FIRST_S * HAL_RTC_HZ);
    }
    uint64_t now_ticks = hal_rtc_now(hal);
    schedule(report, now_ticks + first_ticks);
    trace_plan(report, now_ticks, 0);
}

uint64_t report_uplink_at(const struct report *report)
{
    return report->next_at_ticks;
}

/* How many reports were due from `first_ticks` to `last_ticks`: exact for periodic ones, of others
 * as many as come in that time on average, besides the first. */
static uint32_t due_between(const struct report *report, uint64_t first_ticks, uint64_t last_ticks)
{
    DEVICE_ASSERT(&report->hal, report->period_ticks_32 > 0);
    return first_ticks > last_ticks
                   ? 0
                   : 1u + (uint32_t)((last_ticks - first_ticks) / period_ticks(report));
}

/* A periodic report keeps its phase; periods that passed without a chance to send are not made up
 * for. Poisson arrivals are: one that came while the last report waited for the duty cycle is sent
 * next, unless it is older than a period, for a device beyond its duty cycle would never end.
 * Returns how many are given up. */
static uint32_t move_on(struct report *report, uint64_t now_ticks)
{
    bool poisson = report->traffic == FACTORY_TRAFFIC_POISSON;
    DEVICE_ASSERT(&report->hal, report->next_at_ticks != HAL_TICKS_NEVER);
    uint64_t patience = poisson ? period_ticks(report) : 0;
    uint64_t next_ticks = report->next_at_ticks + interval_ticks(report);
    uint32_t overtaken = 0;
    if (next_ticks + patience <= now_ticks) {
        uint64_t last_ticks = now_ticks < report->until_ticks ? now_ticks : report->until_ticks;
        uint64_t passed = due_between(report, next_ticks, now_ticks) * period_ticks(report);
        overtaken = due_between(report, next_ticks, last_ticks);
        next_ticks = poisson ? now_ticks + interval_ticks(report) : next_ticks + passed;
    }
    schedule(report, next_ticks);
    return overtaken;
}

void report_hold_back(struct report *report, uint64_t now_ticks)
{
    DEVICE_ASSERT(&report->hal, report->next_at_ticks <= now_ticks);
    if (report->held_back < UINT16_MAX) {
        report->held_back++;
    }
    trace_plan(report, now_ticks, move_on(report, now_ticks));
}

size_t report_build_uplink(
        struct report *report, uint64_t now_ticks, uint8_t *payload, size_t size_max)
{
    uint8_t content[REPORT_CONTENT_SIZE] = { 0 };
    size_t size = report->size;
    DEVICE_ASSERT(&report->hal, report->next_at_ticks <= now_ticks);
    if (report->whole_left > 0) {
        report->whole_left--;
        size = size < sizeof content ? sizeof content : size;
    }
    size = size < size_max ? size : size_max;
    uint32_t overtaken = move_on(report, now_ticks);
    if (report->left > 0 && --report->left == 0) {
        report->next_at_ticks = HAL_TICKS_NEVER;
    }
    trace_plan(report, now_ticks, overtaken);
    put_le32(content, report->running.version);
    memcpy(content + 4, report->running.sha256, 8);
    content[12] = hal_battery_level(&report->hal);
    put_le16(content + 13, (uint16_t)hal_temperature_decidegree_c(&report->hal));
    content[15] = report->update_status;
    put_le16(content + 16, report->held_back);
    put_le16(content + 18, report->reboots);
    memset(payload, 0, size);
    memcpy(payload, content, size < sizeof content ? size : sizeof content);
    return size;
}
