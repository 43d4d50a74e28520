/* TS003 messages, token rules, schedule, and corrections of the clock.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"
#include "services/package.h"

#define PORT   CLOCK_SYNC_FPORT
#define HOUR_S 3600u

static const struct board_uplink *last(const struct rig *rig)
{
    return &rig->uplinks[(rig->uplink_count - 1) % BOARD_UPLINKS_MAX];
}

/* Runs until the next uplink, at most `seconds`; true: there was one. */
static bool run_to_uplink(struct rig *rig, uint32_t seconds)
{
    unsigned before = rig->uplink_count;
    for (uint32_t i = 0; i < seconds && rig->uplink_count == before; i++) {
        rig_run_s(rig, 1);
    }
    return rig->uplink_count > before;
}

static uint32_t error_ticks(const struct rig *rig)
{
    struct package_facts facts = { 0 };
    clock_sync_package.tell(&rig->services.clock_sync, &rig->core, &facts);
    return facts.clock_error_ticks;
}

static void app_time_ans(struct rig *rig, int32_t correction_s, unsigned token)
{
    uint32_t value = (uint32_t)correction_s;
    uint8_t message[6] = { 0x01, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
        (uint8_t)(value >> 24), (uint8_t)token };
    rig_down(rig, PORT, -1, message, sizeof(message));
}

static int64_t gps_now(const struct rig *rig)
{
    return gps_clock_seconds(&rig->core.clock, rig->board.now_ticks);
}

/* spec-protocol 10.2: DeviceTime 1300000000, AnsRequired, token 3. */
Test(clock_sync, builds_the_published_request)
{
    struct rig *rig = rig_create();
    struct clock_sync *sync = &rig->services.clock_sync;
    uint8_t bytes[20];
    uint8_t expected[6];
    rig_set_gps(rig, 1300000000);
    rig->core.clock.valid = false;
    sync->token = 3;
    sync->next_at_ticks = rig->board.now_ticks;
    cr_expect_eq(
            clock_sync_package.build(sync, &rig->core, rig->board.now_ticks, false, bytes, 20), 6);
    hex_parse("01 006d7c4d 13", expected, 6);
    cr_expect_arr_eq(bytes, expected, 6);
    rig_destroy(rig);
}

Test(clock_sync, dates_a_request_at_the_end_of_its_transmission)
{
    struct rig *rig = rig_create();
    struct clock_sync *sync = &rig->services.clock_sync;
    uint8_t bytes[20];
    rig_set_gps(rig, 1300000000);
    rig->core.clock.valid = false;
    rig->board.airtime_ticks = 2 * HAL_RTC_HZ;
    sync->next_at_ticks = rig->board.now_ticks;
    clock_sync_package.build(sync, &rig->core, rig->board.now_ticks, false, bytes, 20);
    cr_expect_eq(bytes[1], 2);
    rig_destroy(rig);
}

Test(clock_sync, asks_for_device_time_at_boot_and_soon_sends_a_request_of_its_own)
{
    struct rig *rig = rig_create();
    cr_expect_eq(rig->board.device_time_requests, 1);
    cr_assert(run_to_uplink(rig, 200));
    cr_expect_eq(rig->board.device_time_requests, 2);
    cr_expect_eq(last(rig)->fport, PORT);
    cr_expect_eq(last(rig)->bytes[0], 0x01);
    cr_expect_eq(last(rig)->bytes[5], 0x10); /* AnsRequired, token 0 */
    rig_destroy(rig);
}

Test(clock_sync, sends_nothing_when_device_time_came_first)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    cr_expect_not(run_to_uplink(rig, 35 * HOUR_S));
    cr_expect(run_to_uplink(rig, 2 * HOUR_S)); /* 36 h +- 30 s */
    cr_expect_lt(gps_now(rig), 1300000000 + 36 * HOUR_S + 32);
    cr_expect_gt(gps_now(rig), 1300000000 + 36 * HOUR_S - 32);
    rig_destroy(rig);
}

Test(clock_sync, applies_a_correction_once_and_only_for_its_own_token)
{
    struct rig *rig = rig_create();
    cr_assert(run_to_uplink(rig, 200));
    app_time_ans(rig, 1000, 1);
    cr_expect_not(rig->core.clock.valid); /* token 0 was asked */
    int64_t before = gps_now(rig);
    app_time_ans(rig, 1400000000, 0xF0); /* RFU bits */
    cr_expect(rig->core.clock.valid);
    cr_expect_eq(gps_now(rig), before + 1400000000);
    cr_expect_eq(rig_traces(rig, FW_TRACE_CLOCK_SET), 1);
    app_time_ans(rig, 1400000000, 0);
    app_time_ans(rig, 1400000000, 1); /* nothing was asked with 1 yet */
    cr_expect_eq(gps_now(rig), before + 1400000000);
    cr_expect_not(run_to_uplink(rig, 35 * HOUR_S)); /* the exchange is over */
    cr_assert(run_to_uplink(rig, 2 * HOUR_S));
    cr_expect_eq(last(rig)->bytes[5], 0x11); /* next token */
    app_time_ans(rig, -3, 1);
    rig_destroy(rig);
}

Test(clock_sync, sets_the_clock_back_by_negative_corrections)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    cr_assert(run_to_uplink(rig, 37 * HOUR_S));
    int64_t before = gps_now(rig);
    app_time_ans(rig, -7, 0);
    cr_expect_eq(gps_now(rig), before - 7);
    unsigned index = (rig->board.trace_count - 1) % BOARD_TRACES_MAX;
    cr_expect_eq((int32_t)rig->board.traces[index].a, -7000);
    rig_destroy(rig);
}

Test(clock_sync, repeats_with_the_same_token_and_a_fresh_time_then_gives_up_for_an_hour)
{
    struct rig *rig = rig_create();
    uint64_t sent[4];
    for (unsigned i = 0; i < 4; i++) {
        cr_assert(run_to_uplink(rig, 3 * HOUR_S));
        sent[i] = rig->board.now_ticks / HAL_RTC_HZ;
        cr_expect_eq(last(rig)->bytes[5], 0x10);
        uint32_t device_time = last(rig)->bytes[1] + 256u * last(rig)->bytes[2];
        cr_expect_eq(device_time, last(rig)->at_ticks / HAL_RTC_HZ);
    }
    cr_expect(sent[1] - sent[0] >= 31 && sent[1] - sent[0] <= 66);
    cr_expect(sent[2] - sent[1] >= 31 && sent[2] - sent[1] <= 66);
    cr_expect(sent[3] - sent[2] >= HOUR_S - 1 && sent[3] - sent[2] <= 2 * HOUR_S + 1);
    rig_destroy(rig);
}

Test(clock_sync, ignores_the_correction_when_device_time_came_with_the_same_downlink)
{
    struct rig *rig = rig_create();
    cr_assert(run_to_uplink(rig, 200));
    rig_set_gps(rig, 1300000000); /* FOpts come first */
    app_time_ans(rig, 1299999000, 0);
    cr_expect_eq(gps_now(rig), 1300000000);
    cr_expect_eq(rig->services.clock_sync.token, 1);
    cr_expect_not(run_to_uplink(rig, 35 * HOUR_S));
    rig_destroy(rig);
}

Test(clock_sync, stops_asking_when_device_time_came_without_an_answer)
{
    struct rig *rig = rig_create();
    cr_assert(run_to_uplink(rig, 200));
    rig_set_gps(rig, 1300000000);
    cr_expect_not(run_to_uplink(rig, 35 * HOUR_S));
    rig_destroy(rig);
}

Test(clock_sync, asks_again_at_once_after_a_saturated_correction)
{
    struct rig *rig = rig_create();
    cr_assert(run_to_uplink(rig, 200));
    app_time_ans(rig, INT32_MAX, 0);
    cr_expect(run_to_uplink(rig, 2));
    cr_expect_eq(last(rig)->bytes[5], 0x11);
    app_time_ans(rig, INT32_MIN, 1);
    cr_expect(run_to_uplink(rig, 2));
    app_time_ans(rig, 5, 2);
    cr_expect_not(run_to_uplink(rig, HOUR_S));
    rig_destroy(rig);
}

Test(clock_sync, takes_the_period_that_the_server_sets)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    rig_down_hex(rig, PORT, -1, "02 f1"); /* 256 s; RFU bits */
    rig_run_ticks(rig, 1);
    cr_expect(rig_uplink_is(rig, 0, PORT, "02 00 006d7c4d"));
    cr_expect(run_to_uplink(rig, 300));
    cr_expect_gt(gps_now(rig), 1300000000 + 224);
    cr_expect_eq(last(rig)->bytes[0], 0x01);
    rig_down_hex(rig, PORT, -1, "02 0f"); /* 48.5 days */
    cr_expect_eq(rig->services.clock_sync.period_s, 4194304);
    rig_destroy(rig);
}

Test(clock_sync, is_forced_to_send_as_often_as_asked_until_an_answer_comes)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    rig_down_hex(rig, PORT, -1, "03 00"); /* nothing */
    cr_expect_not(run_to_uplink(rig, 100));
    rig_down_hex(rig, PORT, -1, "03 fb"); /* 3 times */
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(run_to_uplink(rig, 20));
        cr_expect_eq(last(rig)->bytes[5], 0x00); /* no answer required */
    }
    cr_expect_not(run_to_uplink(rig, HOUR_S));
    rig_down_hex(rig, PORT, -1, "03 07");
    cr_assert(run_to_uplink(rig, 20));
    app_time_ans(rig, 2, 0);
    cr_expect_not(run_to_uplink(rig, HOUR_S));
    rig_destroy(rig);
}

Test(clock_sync, answers_its_version_ignores_groups_and_stops_at_unknown_commands)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    rig_down_hex(rig, PORT, 0, "00");
    rig_down_hex(rig, PORT, 0, "03 01");
    cr_expect_not(run_to_uplink(rig, 20));
    rig_down_hex(rig, PORT, -1, "00 77 00");
    cr_assert(run_to_uplink(rig, 1));
    cr_expect(rig_uplink_is(rig, 0, PORT, "00 01 02"));
    rig_down_hex(rig, PORT, -1, "00 01 00");
    cr_assert(run_to_uplink(rig, 1));
    cr_expect(rig_uplink_is(rig, 1, PORT, "00 01 02"));
    rig_destroy(rig);
}

Test(clock_sync, bounds_its_error_by_the_source_of_the_time)
{
    struct rig *rig = rig_create();
    cr_assert(run_to_uplink(rig, 200));
    app_time_ans(rig, 1400000000, 0);
    cr_expect_eq(error_ticks(rig), HAL_RTC_HZ + HAL_RTC_HZ / 2);
    rig_run_s(rig, 1);
    rig_set_gps(rig, 1400000100);
    cr_expect_eq(error_ticks(rig), HAL_RTC_HZ / 4);
    rig_destroy(rig);
}

/* The factory may move the schedule, 36 h by default, or forbid requests of the device's own. */
Test(clock_sync, keeps_the_schedule_of_the_factory)
{
    struct rig *rig = rig_create();
    rig->core.factory.clock_refresh_h = 10;
    rig_boot(rig);
    cr_assert(run_to_uplink(rig, 200));
    rig_set_gps(rig, 1300000000);
    app_time_ans(rig, 0, 0);
    uint64_t from = rig->board.now_ticks;
    cr_assert(run_to_uplink(rig, 16 * HOUR_S));
    double hours = (double)(rig->board.now_ticks - from) / HAL_RTC_HZ / 3600.0;
    cr_expect_float_eq(hours, 15.0, 31.0 / 3600.0); /* 30 s earlier or later by chance */
    rig_destroy(rig);
}

Test(clock_sync, never_asks_by_itself_where_the_factory_forbids_it)
{
    struct rig *rig = rig_create();
    rig->core.factory.clock_refresh_h = FACTORY_CLOCK_REFRESH_NEVER;
    rig->board.device_time_requests = 0;
    rig_boot(rig);
    cr_expect_not(run_to_uplink(rig, 100 * HOUR_S));
    cr_expect_eq(rig->board.device_time_requests, 0);
    rig_down_hex(rig, PORT, -1, "03 02"); /* ForceDeviceResync: asked, it asks */
    cr_expect(run_to_uplink(rig, 60));
    cr_expect(run_to_uplink(rig, 60));
    cr_expect_not(run_to_uplink(rig, 100 * HOUR_S));
    rig_set_gps(rig, 1300000000);
    rig_down_hex(rig, PORT, -1, "03 01");
    cr_expect(run_to_uplink(rig, 60));
    app_time_ans(rig, 1, 0);
    cr_expect_not(run_to_uplink(rig, 100 * HOUR_S));
    cr_expect_eq(gps_now(rig) / 3600, (1300000000 + 100 * (int64_t)HOUR_S) / 3600);
    rig_destroy(rig);
}
