/* Class C sessions through resets, and two of them at a time.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a session that was armed is held, whatever resets come, and of two that overlap the end of
 * one leaves the other open. The times of one session: test_multicast_setup.c. Rules: TS005-2.0.0
 * 3.5, SessionTime is GPS time modulo 2^32; spec-protocol 5.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"

#define PORT        MULTICAST_SETUP_FPORT
#define GROUP_SETUP "02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff"
#define GROUP_2     "02 02 bb00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff"
#define FRAG_SETUP  "02 15 0a00 0a 45 05 00010203 0500 9b749d5f" /* index 1, groups 0 and 2 */
#define START_S     1400000000
#define DURATION_S  2048
#define CLASS_C     "04 00 004e7253 0b d2ad84 03" /* at START_S, 2^11 s, 869.525 MHz, DR3 */

/* Groups 0 and 2, a fragmentation session that they serve, and a session of group 0. */
static struct rig *armed(int64_t before_s)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S - before_s);
    rig_down_hex(rig, PORT, -1, GROUP_SETUP GROUP_2);
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, FRAG_SETUP);
    rig_down_hex(rig, PORT, -1, CLASS_C);
    rig_run_s(rig, 1);
    cr_assert_eq(rig_traces(rig, FW_TRACE_SESSION_ARMED), 1);
    return rig;
}

/* A reset that takes `off_s`; the time is known again `until_known_s` after it. */
static void reset(struct rig *rig, unsigned off_s, unsigned until_known_s)
{
    int64_t gps_s = gps_clock_seconds(&rig->core.clock, rig->board.now_ticks);
    rig->board.now_ticks += (uint64_t)off_s * HAL_RTC_HZ;
    rig_boot(rig);
    rig_run_s(rig, until_known_s);
    cr_assert_not(rig->board.groups[0].open, "without the time no session opens");
    rig_set_gps(rig, gps_s + off_s + until_known_s);
    rig_run_ticks(rig, 1);
}

static void run_to(struct rig *rig, int64_t gps_s)
{
    int64_t now_s = gps_clock_seconds(&rig->core.clock, rig->board.now_ticks);
    cr_assert_geq(gps_s, now_s);
    rig_run_s(rig, (uint32_t)(gps_s - now_s));
}

Test(multicast_session, outlives_a_reset_between_set_up_and_start)
{
    struct rig *rig = armed(600);
    reset(rig, 0, 100);
    reset(rig, 50, 0);
    run_to(rig, START_S - 2);
    cr_expect_not(rig->board.groups[0].open);
    run_to(rig, START_S + 1);
    cr_expect(rig->board.groups[0].open);
    cr_expect_eq(rig->board.groups[0].frequency_hz, 869525000u);
    cr_expect_eq(rig->board.groups[0].data_rate, 3);
    run_to(rig, START_S + DURATION_S + 2);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
    rig_destroy(rig);
}

Test(multicast_session, goes_on_after_a_reset_that_interrupted_it)
{
    struct rig *rig = armed(600);
    run_to(rig, START_S + 500);
    cr_assert(rig->board.groups[0].open);
    reset(rig, 20, 60);
    cr_expect(rig->board.groups[0].open);
    run_to(rig, START_S + DURATION_S - 2);
    cr_expect(rig->board.groups[0].open);
    run_to(rig, START_S + DURATION_S + 2);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 2);
    rig_destroy(rig);
}

/* The first uplinks after the reset ask for the time, or the session would never open. */
Test(multicast_session, asks_for_the_time_after_a_reset)
{
    struct rig *rig = armed(600);
    rig->core.factory.clock_refresh_h = FACTORY_CLOCK_REFRESH_NEVER; /* nothing else asks */
    unsigned asked = rig->board.device_time_requests;
    rig_boot(rig);
    cr_expect_eq(rig->board.device_time_requests, asked + 1);
    rig_destroy(rig);
}

Test(multicast_session, that_is_over_does_not_come_back)
{
    struct rig *rig = armed(600);
    reset(rig, 600 + DURATION_S + 10, 0); /* off all the time */
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 0);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
    unsigned armings = rig_traces(rig, FW_TRACE_SESSION_ARMED);
    reset(rig, 0, 0);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_ARMED), armings, "it is off the record");
    rig_destroy(rig);
}

Test(multicast_session, is_on_record_as_it_was_asked_for_last)
{
    struct rig *rig = armed(600);
    rig_down_hex(rig, PORT, -1, "04 00 644e7253 02 28 76 84 05"); /* 100 s later, DR5, 2^2 s */
    reset(rig, 0, 10);
    run_to(rig, START_S + 50);
    cr_expect_not(rig->board.groups[0].open);
    run_to(rig, START_S + 101);
    cr_expect(rig->board.groups[0].open);
    cr_expect_eq(rig->board.groups[0].data_rate, 5);
    cr_expect_eq(rig->board.groups[0].frequency_hz, 868100000u);
    rig_destroy(rig);
}

Test(multicast_session, goes_with_its_group)
{
    static const char *const requests[] = { "03 00", GROUP_SETUP };
    for (unsigned i = 0; i < 2; i++) {
        struct rig *rig = armed(600);
        rig_down_hex(rig, PORT, -1, requests[i]);
        reset(rig, 0, 10);
        run_to(rig, START_S + 10);
        cr_expect_not(rig->board.groups[0].open, "request %u", i);
        cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
        rig_destroy(rig);
    }
    struct rig *rig = armed(600);
    rig->board.groups[0].defined = false; /* its record was lost */
    reset(rig, 0, 10);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 0);
    rig_destroy(rig);
}

/* The record is read with the same checks as a request. */
Test(multicast_session, no_byte_on_record_opens_what_the_region_forbids)
{
    struct rig *rig = armed(600);
    struct board_record good = rig->board.records[NVM_CLASS_C_SESSIONS];
    for (int at = 0; at < good.size; at++) {
        for (unsigned value = 0; value < 256; value += 5) {
            rig->board.records[NVM_CLASS_C_SESSIONS] = good;
            rig->board.records[NVM_CLASS_C_SESSIONS].bytes[at] = (uint8_t)value;
            rig_boot(rig);
            for (unsigned group = 0; group < 4; group++) {
                const struct multicast_session *s =
                        &rig->services.multicast_setup.sessions.of_group[group];
                if (s->state != MULTICAST_SESSION_NONE) {
                    cr_assert(group == 0 || group == 2);
                    cr_assert(s->time_out <= 15 && s->data_rate <= 7);
                    cr_assert(s->frequency_hz >= 863000000u && s->frequency_hz <= 870000000u);
                }
            }
        }
    }
    rig_destroy(rig);
}

/* --- two at a time --------------------------------------------------------------------------- */

Test(multicast_session, end_of_the_second_of_two_gives_the_receiver_back_to_the_first)
{
    struct rig *rig = armed(600);
    rig_down_hex(rig, PORT, -1, "04 02 644e7253 06 28 76 84 05"); /* 100 s later, 64 s, DR5 */
    run_to(rig, START_S + 50);
    cr_expect_eq(rig->board.receiver_group, 0);
    run_to(rig, START_S + 130);
    cr_expect_eq(rig->board.receiver_group, 2, "the one that opened last");
    run_to(rig, START_S + 170);
    cr_expect_eq(rig->board.receiver_group, 0);
    cr_expect_eq(rig->board.groups[0].data_rate, 3);
    cr_expect(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    run_to(rig, START_S + DURATION_S + 2);
    cr_expect_eq(rig->board.receiver_group, -1);
    rig_destroy(rig);
}

Test(multicast_session, end_of_the_first_of_two_leaves_the_receiver_to_the_second)
{
    struct rig *rig = armed(600);
    rig_down_hex(rig, PORT, -1, "04 02 f04e7253 0b 28 76 84 05"); /* 240 s later, 2048 s */
    run_to(rig, START_S + DURATION_S + 2);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig->board.receiver_group, 2);
    cr_expect_eq(rig->board.groups[2].data_rate, 5);
    reset(rig, 5, 5); /* one is over, the other is resumed */
    cr_expect_eq(rig->board.receiver_group, 2);
    cr_expect_eq(rig->services.multicast_setup.sessions.live, 1);
    run_to(rig, START_S + 240 + DURATION_S + 2);
    cr_expect_eq(rig->board.receiver_group, -1);
    rig_destroy(rig);
}

Test(multicast_session, end_of_one_of_three_leaves_the_receiver_to_the_last_that_opened)
{
    struct rig *rig = armed(600);
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, "02 1d 0a00 0a 45 05 00010203 0600 9b749d5f");
    rig_down_hex(rig, PORT, -1,
            "02 03 cc00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff"
            "04 02 644e7253 0b d2ad84 04  04 03 c84e7253 0b d2ad84 05"); /* 100 s, 200 s later */
    run_to(rig, START_S + 300);
    cr_expect_eq(rig->board.receiver_group, 3);
    run_to(rig, START_S + DURATION_S + 2);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig->board.receiver_group, 3);
    cr_expect(rig->board.groups[2].open);
    rig_destroy(rig);
}

/* --- SessionTime wraps in 2116 --------------------------------------------------------------- */

Test(multicast_session, session_time_is_taken_modulo_2_32)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, INT64_C(0x100000000) - 100);
    rig_down_hex(rig, PORT, -1, GROUP_SETUP);
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, FRAG_SETUP);
    rig_run_ticks(rig, 1);                                      /* the answers to these two */
    rig_down_hex(rig, PORT, -1, "04 00 32000000 04 d2ad84 03"); /* 50 s after the wrap, 16 s */
    rig_run_ticks(rig, 1);
    cr_expect(rig_uplink_is(rig, rig->uplink_count - 1, PORT, "04 00 960000")); /* in 150 s */
    rig_run_s(rig, 148);
    cr_expect_not(rig->board.groups[0].open);
    rig_run_s(rig, 4);
    cr_expect(rig->board.groups[0].open);
    rig_run_s(rig, 20);
    cr_expect_not(rig->board.groups[0].open);
    /* Before the wrap is past, after it. */
    rig_down_hex(rig, PORT, -1, "04 00 f0ffffff 04 d2ad84 03");
    rig_run_ticks(rig, 1);
    cr_expect(rig_uplink_is(rig, rig->uplink_count - 1, PORT, "04 20"));
    rig_destroy(rig);
}
