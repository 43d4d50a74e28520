/* TS005 messages byte by byte, key derivation, and the times at which sessions open and close.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"

#define PORT MULTICAST_SETUP_FPORT
/* spec-protocol 10.2, device D. */
#define GROUP_SETUP "02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff"
#define CLASS_C     "04 00 004e7253 0b d2ad84 03" /* t = 1400000000, 2^11 s, 869.525 MHz, DR3 */
#define CLASS_B     "05 00 004e7253 45 d2ad84 03"
#define FRAG_SETUP  "02 15 0a00 0a 45 05 00010203 0500 9b749d5f" /* index 1, groups 0 and 2 */
#define START_S     1400000000

static bool answers(struct rig *rig, const char *request, const char *answer)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, PORT, -1, request);
    rig_run_ticks(rig, 1);
    return rig->uplink_count == before + 1
           && rig_uplink_is(rig, rig->uplink_count - 1, PORT, answer);
}

static int64_t gps_now(const struct rig *rig)
{
    return gps_clock_seconds(&rig->core.clock, rig->board.now_ticks);
}

/* A device with group 0 and a good clock, `before_s` before the session. */
static struct rig *grouped(int64_t before_s)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S - before_s);
    cr_assert(answers(rig, GROUP_SETUP, "02 00"));
    return rig;
}

static void want(struct rig *rig)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, FRAG_SETUP);
    rig_run_ticks(rig, 1);
    cr_assert_eq(rig->uplink_count, before + 1);
    cr_assert(rig_uplink_is(rig, before, FRAGMENTATION_FPORT, "02 40"));
}

/* The same with a fragmentation session that groups 0 and 2 serve, so that theirs open. */
static struct rig *wanting(int64_t before_s)
{
    struct rig *rig = grouped(before_s);
    want(rig);
    return rig;
}

Test(multicast_setup, derives_the_published_group_keys)
{
    struct rig *rig = grouped(600);
    uint8_t key[16];
    const struct board_group *group = &rig->board.groups[0];
    cr_expect(group->defined);
    cr_expect_eq(group->mc_addr, 0x01ff00aau);
    hex_parse("0f35ee29b9553b7b1ceb137a88906bbd", key, 16);
    cr_expect_arr_eq(group->app_s_key, key, 16);
    hex_parse("9fe64d4e577eae563b15e27b693da566", key, 16);
    cr_expect_arr_eq(group->nwk_s_key, key, 16);
    cr_expect_eq(group->fcnt_min, 0);
    cr_expect_eq(group->fcnt_max, UINT32_MAX);
    rig_destroy(rig);
}

/* spec-protocol 10.1, two vectors of another implementation. */
Test(multicast_setup, derives_the_keys_of_published_interoperability_vectors)
{
    static const struct {
        const char *setup;
        const char *nwk_s_key;
        const char *app_s_key;
    } rows[] = {
        { "02 01 3eaa2418 10111213141516171819202122232425 05000000 10000000",
                "a89aaba7c80b9bc453ae1e6f037b8c9a", "ad1a3d18e30e0bb3666868b06c8a524d" },
        { "02 03 ffffff01 015e85f4b99dc0b944066cd07498330b 00000100 00000200",
                "bb75c362588f5d65fcc61c080b76dba3", "c3f6c39b6b6496c29629f7e7e9b0cd29" },
    };
    struct rig *rig = rig_create();
    hex_parse("000102030405060708090a0b0c0d0e0f", rig->core.factory.gen_app_key, 16);
    rig_boot(rig);
    for (unsigned i = 0; i < 2; i++) {
        const struct board_group *group = &rig->board.groups[i == 0 ? 1 : 3];
        uint8_t key[16];
        cr_expect(answers(rig, rows[i].setup, i == 0 ? "02 01" : "02 03"));
        hex_parse(rows[i].nwk_s_key, key, 16);
        cr_expect_arr_eq(group->nwk_s_key, key, 16);
        hex_parse(rows[i].app_s_key, key, 16);
        cr_expect_arr_eq(group->app_s_key, key, 16);
    }
    cr_expect_eq(rig->board.groups[1].fcnt_min, 5);
    cr_expect_eq(rig->board.groups[3].fcnt_min, 65536);
    cr_expect_eq(rig->board.groups[3].fcnt_max, 131072);
    rig_destroy(rig);
}

/* Goal: no frame has two contexts. IDerror (bit 2) is the only error of McGroupSetupAns. */
Test(multicast_setup, refuses_an_address_that_is_in_use)
{
    struct rig *rig = grouped(600);
    struct board_group before = rig->board.groups[0];
    cr_expect(answers(
            rig, "02 02 aa00ff01 00000000000000000000000000000000 00000000 ffffffff", "02 06"));
    cr_expect_not(rig->board.groups[2].defined);
    cr_expect(answers(rig, GROUP_SETUP, "02 00"), "its own address is not in use");
    rig->board.dev_addr = 0x26011bda;
    cr_expect(answers(
            rig, "02 00 da1b0126 00000000000000000000000000000000 00000000 ffffffff", "02 04"));
    cr_expect_eq(memcmp(&before, &rig->board.groups[0], sizeof before), 0, "the group stays");
    cr_expect(answers(
            rig, "02 03 db1b0126 00000000000000000000000000000000 00000000 ffffffff", "02 03"));
    rig_destroy(rig);
}

Test(multicast_setup, answers_package_version_and_groups)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, "00", "00 02 02"));
    rig->services.multicast_setup.version = 1;
    cr_expect(answers(rig, "00", "00 02 01"));
    cr_expect(answers(rig, "01 0f", "01 11 00 aa00ff01"));
    cr_expect(answers(rig, "01 0e", "01 10")); /* the total counts groups not asked for */
    cr_expect(answers(
            rig, "02 02 bb00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff", "02 02"));
    cr_expect(answers(rig, "01 0f", "01 25 00 aa00ff01 02 bb00ff01"));
    rig->uplink_size_max = 11; /* US915 DR0: the highest group is left out */
    cr_expect(answers(rig, "01 0f", "01 21 00 aa00ff01"));
    rig_destroy(rig);
}

Test(multicast_setup, deletes_a_group_and_its_session)
{
    struct rig *rig = wanting(600);
    cr_expect(answers(rig, CLASS_C, "04 00 580200"));
    rig_run_s(rig, 700);
    cr_expect(rig->board.groups[0].open);
    cr_expect(answers(rig, "03 00", "03 00"));
    cr_expect_not(rig->board.groups[0].defined);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect(answers(rig, "03 00", "03 04"));
    cr_expect(answers(rig, "03 03", "03 07"));
    rig_destroy(rig);
}

Test(multicast_setup, ignores_what_comes_from_a_group)
{
    struct rig *rig = grouped(600);
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, PORT, 0, "03 00");
    rig_down_hex(rig, PORT, 0, CLASS_C);
    rig_run_s(rig, 1);
    cr_expect_eq(rig->uplink_count, before);
    cr_expect(rig->board.groups[0].defined);
    rig_destroy(rig);
}

Test(multicast_setup, stops_at_an_unknown_or_truncated_command)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, "00 06 00", "00 02 02"));
    cr_expect(answers(rig, "00 04 00 004e7253 0b d2ad84", "00 02 02"));
    cr_expect(answers(rig, "00 02", "00 02 02"));
    rig_destroy(rig);
}

Test(multicast_setup, takes_group_and_session_in_one_message)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S - 600);
    cr_expect(answers(rig, GROUP_SETUP CLASS_C, "02 00 04 00 580200"));
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_ARMED), 1);
    rig_destroy(rig);
}

/* --- session errors ------------------------------------------------------------------------- */

Test(multicast_setup, refuses_sessions_with_the_bit_for_each_reason)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, "04 00 004e7253 0b d2ad84 0f", "04 04")); /* DR 15 */
    cr_expect(answers(rig, "04 00 004e7253 0b 000000 03", "04 08")); /* 0 Hz */
    cr_expect(answers(rig, "04 02 004e7253 0b d2ad84 03", "04 12")); /* no group 2 */
    cr_expect(answers(rig, "04 02 004e7253 0b 000000 0f", "04 1e"));
    cr_expect(answers(rig, "04 00 004b7253 0b d2ad84 03", "04 20")); /* 768 s earlier: missed */
    cr_expect(answers(rig, CLASS_B, "05 0c"));                       /* class B is not there */
    cr_expect(answers(rig, "05 01 004e7253 45 d2ad84 03", "05 1d"));
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
    rig_destroy(rig);
}

Test(multicast_setup, joins_a_running_session_late_in_version_1)
{
    struct rig *rig = wanting(-100); /* 100 s after the start */
    rig->services.multicast_setup.version = 1;
    cr_expect(answers(rig, CLASS_C, "04 00 000000"));
    cr_expect(rig->board.groups[0].open);
    rig_run_s(rig, 2000);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect(answers(rig, CLASS_C, "04 10")); /* over */
    rig_destroy(rig);
}

/* --- times ---------------------------------------------------------------------------------- */

Test(multicast_setup, stamps_time_to_start_when_the_answer_leaves)
{
    struct rig *rig = grouped(600);
    rig->uplinks_off = true; /* the MAC cannot send for a minute */
    rig_down_hex(rig, PORT, -1, CLASS_C);
    rig_run_s(rig, 60);
    rig->uplinks_off = false;
    rig_run_ticks(rig, 1);
    cr_expect(rig_uplink_is(rig, rig->uplink_count - 1, PORT, "04 00 1c0200")); /* 540 s */
    rig_destroy(rig);
}

Test(multicast_setup, saturates_time_to_start)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, "04 00 004e7254 0b d2ad84 03", "04 00 ffffff"));
    rig_destroy(rig);
}

Test(multicast_setup, opens_early_and_closes_late_by_the_bound_of_the_clock_error)
{
    struct rig *rig = wanting(100000);
    rig_down_hex(rig, PORT, -1, CLASS_C);
    /* 0.25 s and 40 ppm of 100000 s: 4.25 s early. */
    rig_run_s(rig, 99995);
    cr_expect_not(rig->board.groups[0].open);
    rig_run_s(rig, 1);
    cr_expect(rig->board.groups[0].open);
    cr_expect_eq(rig->board.groups[0].frequency_hz, 869525000u);
    cr_expect_eq(rig->board.groups[0].data_rate, 3);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 1);
    rig_run_s(rig, 4 + 2048 + 4);
    cr_expect_eq(gps_now(rig), START_S + 2052);
    cr_expect(rig->board.groups[0].open);
    rig_run_s(rig, 1);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_CLOSED), 1);
    rig_destroy(rig);
}

/* The factory's guard time replaces the firmware's: a fixed part and one per age of the clock, both
 * at the opening and at the close; 0 opens at the very second, in the device's own time. */
Test(multicast_setup, opens_early_and_closes_late_by_the_guard_time_of_the_factory)
{
    static const struct {
        uint32_t ms;
        uint16_t ppm;
        uint64_t early_ticks, late_ticks; /* the clock is 10000 s old at the start */
    } rows[] = {
        { 0, 0, 0, 0 }, { 2500, 0, 81920, 81920 },
        { 0, 100, 32768, 39478 },            /* 1 s, and 1.2048 s after 2048 s more */
        { 1000, 65535, 21507276, 25905256 }, /* 1 s + 655.35 s, 1 s + 789.57 s */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = wanting(10000);
        rig->core.factory.boot_options = FACTORY_OPTION_GUARD;
        rig->core.factory.guard_ms = rows[i].ms;
        rig->core.factory.guard_ppm = rows[i].ppm;
        uint64_t start = rig->core.clock.set_at_ticks + UINT64_C(10000) * HAL_RTC_HZ;
        rig_down_hex(rig, PORT, -1, CLASS_C);
        rig_run_ticks(rig, start - rows[i].early_ticks - 1 - rig->board.now_ticks);
        cr_expect_not(rig->board.groups[0].open, "row %u", i);
        rig_run_ticks(rig, 2);
        cr_expect(rig->board.groups[0].open, "row %u", i);
        uint64_t end = start + UINT64_C(2048) * HAL_RTC_HZ + rows[i].late_ticks;
        rig_run_ticks(rig, end - 2 - rig->board.now_ticks);
        cr_expect(rig->board.groups[0].open, "row %u", i);
        rig_run_ticks(rig, 4);
        cr_expect_not(rig->board.groups[0].open, "row %u", i);
        rig_destroy(rig);
    }
}

Test(multicast_setup, moves_the_opening_when_the_clock_is_corrected)
{
    struct rig *rig = wanting(600);
    rig_down_hex(rig, PORT, -1, CLASS_C);
    rig_run_s(rig, 10);
    rig_set_gps(rig, START_S - 20); /* it was 570 s slow */
    rig_run_s(rig, 19);
    cr_expect_not(rig->board.groups[0].open);
    rig_run_s(rig, 1);
    cr_expect(rig->board.groups[0].open);
    rig_destroy(rig);
}

Test(multicast_setup, waits_for_the_time_when_it_has_none)
{
    struct rig *rig = rig_create();
    cr_expect(answers(rig, GROUP_SETUP, "02 00"));
    want(rig);
    unsigned asked = rig->board.device_time_requests;
    cr_expect(answers(rig, CLASS_C, "04 00 ffffff")); /* the server sees that the clock is off */
    cr_expect_gt(rig->board.device_time_requests, asked);
    rig_run_s(rig, 30);
    cr_expect_not(rig->board.groups[0].open);
    rig_set_gps(rig, START_S + 100); /* it has begun meanwhile */
    rig_run_s(rig, 1);
    cr_expect(rig->board.groups[0].open);
    rig_destroy(rig);
}

Test(multicast_setup, replaces_the_session_of_a_group_by_a_new_request)
{
    struct rig *rig = wanting(600);
    cr_expect(answers(rig, CLASS_C, "04 00 580200"));
    cr_expect(answers(rig, "04 00 644e7253 02 28 76 84 05", "04 00 bc0200")); /* 100 s later */
    rig_run_s(rig, 650);
    cr_expect_not(rig->board.groups[0].open);
    rig_run_s(rig, 51);
    cr_expect(rig->board.groups[0].open);
    cr_expect_eq(rig->board.groups[0].data_rate, 5);
    rig_run_s(rig, 4); /* 2^2 s */
    cr_expect_not(rig->board.groups[0].open);
    rig_destroy(rig);
}

Test(multicast_setup, closes_an_open_session_that_a_new_request_replaces)
{
    struct rig *rig = wanting(10);
    rig_down_hex(rig, PORT, -1, CLASS_C);
    rig_run_s(rig, 11);
    cr_expect(rig->board.groups[0].open);
    rig_down_hex(rig, PORT, -1, "04 00 644e7253 02 d2ad84 05"); /* in 99 s */
    rig_run_s(rig, 1);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 1);
    rig_run_s(rig, 200);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 2);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_CLOSED), 2);
    rig_destroy(rig);
}

Test(multicast_setup, runs_sessions_of_several_groups)
{
    struct rig *rig = wanting(600);
    cr_assert(answers(
            rig, "02 02 bb00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff", "02 02"));
    rig_down_hex(rig, PORT, -1, "04 00 004e7253 06 d2ad84 03  04 02 204e7253 07 d2ad84 04");
    rig_run_s(rig, 610);
    cr_expect(rig->board.groups[0].open);
    cr_expect_not(rig->board.groups[2].open);
    rig_run_s(rig, 30);
    cr_expect(rig->board.groups[2].open);
    rig_run_s(rig, 30);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect(rig->board.groups[2].open);
    rig_run_s(rig, 120);
    cr_expect_not(rig->board.groups[2].open);
    rig_destroy(rig);
}

Test(multicast_setup, says_that_a_session_is_active_from_shortly_before_it_opens)
{
    struct rig *rig = wanting(600);
    rig_down_hex(rig, PORT, -1, CLASS_C);
    rig_run_s(rig, 584);
    cr_expect_not(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    rig_run_s(rig, 2);
    cr_expect(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    rig_run_s(rig, 1000);
    cr_expect(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    rig_run_s(rig, 2000);
    cr_expect_not(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    rig_destroy(rig);
}

/* --- sessions that no transfer needs -------------------------------------------------------- */

static bool active(const struct rig *rig)
{
    return services_session_active(&rig->services, &rig->core, rig->board.now_ticks);
}

Test(multicast_setup, leaves_the_receiver_off_without_a_fragmentation_session)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, CLASS_C, "04 00 580200"));
    for (unsigned s = 0; s < 600 + 2048 + 10; s++) {
        cr_assert_not(rig->board.groups[0].open, "after %u s", s);
        cr_assert_not(active(rig), "after %u s", s); /* reports go on */
        rig_run_s(rig, 1);
    }
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 0);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_CLOSED), 0);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0); /* its time is over */
    want(rig);
    rig_run_s(rig, 1);
    cr_expect_not(rig->board.groups[0].open);
    rig_destroy(rig);
}

Test(multicast_setup, opens_within_its_time_once_a_fragmentation_session_is_set_up)
{
    struct rig *rig = grouped(600);
    cr_expect(answers(rig, CLASS_C, "04 00 580200"));
    rig_run_s(rig, 600 + 1000);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig->services.multicast_setup.sessions.of_group[0].state, MULTICAST_SESSION_ARMED);
    want(rig);
    cr_expect(rig->board.groups[0].open);
    cr_expect_eq(rig->board.groups[0].frequency_hz, 869525000u);
    cr_expect(active(rig));
    rig_run_s(rig, 1040);
    cr_expect(rig->board.groups[0].open);
    rig_run_s(rig, 10);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_CLOSED), 1);
    rig_destroy(rig);
}

Test(multicast_setup, leaves_the_receiver_off_for_a_group_the_fragments_do_not_come_from)
{
    struct rig *rig = wanting(600);
    cr_assert(answers(
            rig, "02 01 bb00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff", "02 01"));
    rig_down_hex(rig, PORT, -1, "04 01 004e7253 0b d2ad84 03");
    rig_run_s(rig, 700);
    cr_expect_not(rig->board.groups[1].open);
    cr_expect_not(active(rig));
    rig_down_hex(rig, PORT, -1, "04 00 804e7253 0b d2ad84 03"); /* 28 s from now */
    rig_run_s(rig, 60);
    cr_expect(rig->board.groups[0].open);
    cr_expect_not(rig->board.groups[1].open);
    rig_destroy(rig);
}

Test(multicast_setup, leaves_the_receiver_off_when_the_fragmentation_session_was_deleted)
{
    struct rig *rig = wanting(600);
    cr_expect(answers(rig, CLASS_C, "04 00 580200"));
    rig_run_s(rig, 590);
    cr_expect(active(rig));
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, "03 01");
    rig_run_s(rig, 1);
    cr_expect_not(active(rig));
    rig_run_s(rig, 100);
    cr_expect_not(rig->board.groups[0].open);
    rig_destroy(rig);
}
