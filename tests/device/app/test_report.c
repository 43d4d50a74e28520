/* When reports leave, by traffic pattern, and what fits into short ones.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/report.h"
#include "device/support/fake_board.h"
#include "trace.h"

#define TICKS_PER_S 32768u
#define REPORTS     20000u

static struct fake_board board;
static struct hal hal;
static struct report report;

bool update_running_image(const struct hal *h, struct image_info *info)
{
    *info = (struct image_info){ .version = 0x01020003u, .sha256 = { 0xAB, 0xCD } };
    return true;
}

static void start(const struct factory *factory)
{
    fake_board_init(&board, 5);
    hal = fake_board_hal(&board);
    board.now = 1000;
    report_init(&report, &hal, factory, HAL_RESET_POWER_ON);
}

static uint64_t next_interval(void)
{
    uint8_t payload[242];
    uint64_t at = report_uplink_at(&report);
    board.now = at;
    cr_assert_gt(report_build_uplink(&report, at, payload, sizeof payload), 0);
    return report_uplink_at(&report) - at;
}

Test(report, periodic_traffic_keeps_its_period_and_draws_nothing)
{
    start(&(struct factory){ .report_period_s = 900 });
    uint64_t entropy = board.entropy_state;
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_eq(next_interval(), 900u * TICKS_PER_S);
    }
    cr_assert_eq(board.entropy_state, entropy);
}

/* Uniform over period * (1 -+ 0.2): mean 1, variance (0.4)^2 / 12 of the period's square. */
Test(report, jittered_traffic_is_uniform_about_its_period)
{
    start(&(struct factory){
            .report_period_s = 900, .traffic = FACTORY_TRAFFIC_JITTERED, .jitter_percent = 20 });
    double sum = 0, squares = 0, least = 9, most = 0;
    for (unsigned i = 0; i < REPORTS; i++) {
        double x = (double)next_interval() / (900.0 * TICKS_PER_S);
        sum += x;
        squares += (x - 1.0) * (x - 1.0);
        least = fmin(least, x);
        most = fmax(most, x);
    }
    cr_assert(least >= 0.8 && least < 0.801 && most <= 1.2 && most > 1.199);
    cr_assert_float_eq(sum / REPORTS, 1.0, 2.6 * 0.4 / sqrt(12.0 * REPORTS));
    cr_assert_float_eq(squares / REPORTS, 0.16 / 12.0, 0.03 * 0.16 / 12.0);
}

Test(report, the_widest_jitter_of_the_longest_period_does_not_overflow)
{
    start(&(struct factory){ .report_period_s = UINT32_MAX,
            .traffic = FACTORY_TRAFFIC_JITTERED,
            .jitter_percent = 200 }); /* taken for 100 */
    double period = (double)(UINT32_MAX / 1024u) * TICKS_PER_S, most = 0;
    for (unsigned i = 0; i < 2000; i++) {
        double x = (double)next_interval() / period;
        cr_assert(x >= 0.0 && x < 2.0);
        most = fmax(most, x);
    }
    cr_assert_gt(most, 1.99);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov-Smirnov against 1 - exp(-x): 1.63 / sqrt(n) is passed once in a hundred. */
Test(report, poisson_traffic_has_exponential_intervals)
{
    static double intervals[REPORTS];
    start(&(struct factory){ .report_period_s = 600, .traffic = FACTORY_TRAFFIC_POISSON });
    for (unsigned i = 0; i < REPORTS; i++) {
        intervals[i] = (double)next_interval() / (600.0 * TICKS_PER_S);
    }
    qsort(intervals, REPORTS, sizeof intervals[0], by_size);
    double distance = 0;
    for (unsigned i = 0; i < REPORTS; i++) {
        double expected = 1.0 - exp(-intervals[i]);
        distance = fmax(distance,
                fmax(fabs(expected - (double)i / REPORTS), fabs(expected - (i + 1.0) / REPORTS)));
    }
    cr_assert_lt(distance, 1.63 / sqrt(REPORTS), "%g", distance);
}

/* With the boot option the first interval is exponential as well: the process has no phase. */
Test(report, poisson_traffic_starts_like_it_goes_on)
{
    double sum = 0;
    for (unsigned i = 0; i < 2000; i++) {
        fake_board_init(&board, (i + 1u) * UINT64_C(0xD1342543DE82EF95)); /* far apart */
        hal = fake_board_hal(&board);
        report_init(&report, &hal,
                &(struct factory){ .report_period_s = 600,
                        .traffic = FACTORY_TRAFFIC_POISSON,
                        .boot_options = FACTORY_OPTION_RANDOM_PHASE },
                HAL_RESET_POWER_ON);
        sum += (double)report_uplink_at(&report) / (600.0 * TICKS_PER_S);
    }
    cr_assert_float_eq(sum / 2000.0, 1.0, 2.6 / sqrt(2000.0), "%f", sum / 2000.0);
}

/* A device that may send only each 20 s of a Poisson stream of mean 60 s still sends one for each
 * arrival, but one that may send each 200 s does not owe thousands at the end. */
Test(report, arrivals_that_waited_are_sent_and_a_backlog_does_not_grow)
{
    static const struct {
        unsigned spacing_s;
        double sent_least, sent_most;
    } rows[] = { { 20, 0.96, 1.04 }, { 200, 0.28, 0.302 } };
    for (unsigned row = 0; row < 2; row++) {
        start(&(struct factory){ .report_period_s = 60, .traffic = FACTORY_TRAFFIC_POISSON });
        uint64_t now = 0, end = (uint64_t)REPORTS * 60u * TICKS_PER_S;
        uint8_t payload[24];
        unsigned sent = 0;
        for (; now < end; sent++) {
            uint64_t at = report_uplink_at(&report);
            now = at > now ? at : now;
            report_build_uplink(&report, now, payload, sizeof payload);
            now += (uint64_t)rows[row].spacing_s * TICKS_PER_S;
            cr_assert_geq(report_uplink_at(&report) + 260u * TICKS_PER_S, now);
        }
        double share = (double)sent / REPORTS;
        cr_assert(share > rows[row].sent_least && share < rows[row].sent_most, "%f", share);
    }
}

/* Due each 600 s from `first` on: the one that is sent 1500 s late overtakes two, and the next is
 * due on the grid. */
Test(report, a_late_report_keeps_the_phase_and_counts_those_that_it_overtakes)
{
    static const struct {
        unsigned late_s, overtaken, next_s;
    } rows[] = { { 0, 0, 600 }, { 599, 0, 600 }, { 600, 1, 1200 }, { 1500, 2, 1800 } };
    uint8_t payload[24];
    for (unsigned row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (unsigned held = 0; held < 2; held++) {
            start(&(struct factory){ .report_period_s = 600 });
            uint64_t due = report_uplink_at(&report);
            uint64_t now = due + (uint64_t)rows[row].late_s * TICKS_PER_S;
            if (held) {
                report_hold_back(&report, now);
            } else {
                report_build_uplink(&report, now, payload, sizeof payload);
            }
            const struct fake_trace *plan = fake_trace_last(&board, FW_TRACE_REPORT_PLANNED);
            cr_expect_eq(report_uplink_at(&report), due + rows[row].next_s * TICKS_PER_S);
            cr_expect_eq(plan->a, (rows[row].next_s - rows[row].late_s) * 32u);
            cr_expect_eq(plan->b, rows[row].overtaken, "%u s late", rows[row].late_s);
        }
    }
}

/* None is due after the end, so none is overtaken there. */
Test(report, the_last_report_overtakes_none_that_is_not_due)
{
    start(&(struct factory){ .report_period_s = 600, .report_until_s = 1000 });
    uint8_t payload[24];
    uint64_t now = report_uplink_at(&report) + 6000u * TICKS_PER_S;
    report_build_uplink(&report, now, payload, sizeof payload);
    const struct fake_trace *plan = fake_trace_last(&board, FW_TRACE_REPORT_PLANNED);
    cr_expect_eq(plan->a, INT32_MAX, "there is no other");
    cr_expect_eq(plan->b, 1, "that of 600 s later");
}

Test(report, a_short_report_is_the_beginning_of_a_whole_one)
{
    uint8_t whole[242], part[242];
    start(&(struct factory){ .report_size = 24 });
    cr_assert_eq(report_build_uplink(&report, 1000, whole, sizeof whole), 24);
    for (uint8_t size = 1; size < 60; size++) {
        start(&(struct factory){ .report_size = size });
        memset(part, 0xEE, sizeof part);
        cr_assert_eq(report_build_uplink(&report, 1000, part, sizeof part), size);
        cr_assert_arr_eq(part, whole, size < 24 ? size : 24);
        for (unsigned i = 24; i < size; i++) {
            cr_assert_eq(part[i], 0);
        }
        cr_assert_eq(part[size], 0xEE);
    }
    start(&(struct factory){ .report_size = 200 });
    cr_assert_eq(report_build_uplink(&report, 1000, part, 51), 51, "what the data rate carries");
}

/* The version is what a server waits for after an update. */
Test(report, short_reports_are_whole_after_a_planned_restart)
{
    static const uint8_t sizes[] = { 20, 20, 20, 2, 2 };
    uint8_t payload[242];
    start(&(struct factory){ .report_size = 2 });
    report_init(&report, &hal, &(struct factory){ .report_size = 2 }, HAL_RESET_SOFTWARE);
    for (unsigned i = 0; i < sizeof sizes; i++) {
        uint64_t at = report_uplink_at(&report);
        cr_assert_eq(report_build_uplink(&report, at, payload, sizeof payload), sizes[i]);
        cr_assert_eq(payload[0], 3);
    }
}

/* Draining: the last report is the `report_count`-th, or the last one not after `report_until_s`.
 */
Test(report, reports_end_after_their_number)
{
    uint8_t payload[242];
    start(&(struct factory){ .report_period_s = 900, .report_count = 3 });
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = report_uplink_at(&report);
        cr_assert_neq(at, HAL_TICKS_NEVER, "report %u", i);
        cr_assert_gt(report_build_uplink(&report, at, payload, sizeof payload), 0);
    }
    cr_assert_eq(report_uplink_at(&report), HAL_TICKS_NEVER);
}

Test(report, reports_end_at_their_time)
{
    uint8_t payload[242];
    start(&(struct factory){ .report_period_s = 900, .report_until_s = 3600 });
    unsigned count = 0;
    uint64_t last = 0;
    for (uint64_t at; (at = report_uplink_at(&report)) != HAL_TICKS_NEVER; count++) {
        cr_assert_leq(at, 3600u * (uint64_t)TICKS_PER_S);
        last = at;
        (void)report_build_uplink(&report, at, payload, sizeof payload);
    }
    cr_assert_eq(count, 4, "within the first minute, and each 15 minutes");
    cr_assert_gt(last + 900u * (uint64_t)TICKS_PER_S, 3600u * (uint64_t)TICKS_PER_S);
    start(&(struct factory){ .report_period_s = 900, .report_until_s = 3600 });
    report_hold_back(&report, 3599u * (uint64_t)TICKS_PER_S);
    cr_assert_eq(
            report_uplink_at(&report), HAL_TICKS_NEVER, "one that is held back is no exception");
}

Test(report, reports_may_have_no_bytes)
{
    uint8_t payload[242];
    start(&(struct factory){ .report_period_s = 900, .boot_options = FACTORY_OPTION_REPORT_EMPTY });
    cr_assert_eq(report_build_uplink(&report, report_uplink_at(&report), payload, 242), 0);
}
