/* The packages together: a campaign as a device sees it, and which uplinks a session allows.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"

#define GROUP_SETUP "02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff"
#define CLASS_C     "04 00 004e7253 0b d2ad84 03"
#define FRAG_SETUP  "02 11 0a00 0a 45 05 00010203 0500 9b749d5f"
#define START_S     1400000000

static void fragment(struct rig *rig, unsigned n)
{
    uint8_t block[100];
    uint8_t message[13] = { 0x08, (uint8_t)n, 0x40 };
    for (unsigned i = 0; i < 100; i++) {
        block[i] = (uint8_t)i;
    }
    naive_fragment(block, 10, 10, 2, n, &message[3]);
    rig_down(rig, FRAGMENTATION_FPORT, 0, message, sizeof(message));
    rig_run_ticks(rig, 4000);
}

static struct rig *ready(void)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S - 100);
    rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1, GROUP_SETUP CLASS_C);
    rig_run_ticks(rig, 10);
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, FRAG_SETUP);
    rig_run_s(rig, 110);
    cr_assert(rig->board.groups[0].open);
    return rig;
}

Test(services, holds_no_pointers_a_copy_works_on)
{
    struct rig *rig = ready();
    static struct services copy;
    for (unsigned n = 1; n <= 5; n++) {
        fragment(rig, n);
    }
    memcpy(&copy, &rig->services, sizeof(copy));
    memset(&rig->services, 0xA5, sizeof(copy));
    memcpy(&rig->services, &copy, sizeof(copy));
    for (unsigned n = 6; n <= 10; n++) {
        fragment(rig, n);
    }
    rig_run_ticks(rig, 3000);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    rig_destroy(rig);
}

Test(services, leave_the_session_when_the_block_is_complete)
{
    struct rig *rig = ready();
    for (unsigned n = 1; n <= 9; n++) {
        fragment(rig, n);
    }
    cr_expect(rig->board.groups[0].open);
    fragment(rig, 11); /* holds column 9 */
    rig_run_ticks(rig, 3000);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_CLOSED), 1);
    cr_expect_not(services_session_active(&rig->services, &rig->core, rig->board.now_ticks));
    rig_destroy(rig);
}

Test(services, do_not_open_a_second_session_for_a_block_that_is_complete)
{
    struct rig *rig = ready();
    for (unsigned n = 1; n <= 10; n++) {
        fragment(rig, n);
    }
    rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1, "04 00 00527253 0b d2ad84 03"); /* +1024 s */
    rig_run_s(rig, 1200);
    cr_expect_not(rig->board.groups[0].open);
    cr_expect_eq(rig_traces(rig, FW_TRACE_SESSION_OPENED), 1);
    rig_destroy(rig);
}

Test(services, hold_clock_sync_back_during_a_session_and_spread_it_afterwards)
{
    struct rig *rig = ready();
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, CLOCK_SYNC_FPORT, -1, "03 02");
    rig_run_s(rig, 2000);
    cr_expect_eq(rig->uplink_count, before);
    rig_run_s(rig, 60); /* the session times out */
    cr_expect_eq(rig_traces(rig, FW_TRACE_UPLINK_HELD), 1);
    rig_run_s(rig, 900);
    cr_expect_gt(rig->uplink_count, before);
    cr_expect_eq(rig->uplinks[before].fport, CLOCK_SYNC_FPORT);
    rig_destroy(rig);
}

Test(services, send_the_answers_of_one_package_an_uplink)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S);
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, "00");
    rig_down_hex(rig, CLOCK_SYNC_FPORT, -1, "00");
    rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1, "00");
    rig_down_hex(rig, 2, -1, "00");
    rig_run_s(rig, 1);
    cr_expect_eq(rig->uplink_count, 3);
    cr_expect(rig_uplink_is(rig, 0, 200, "00 02 02"));
    cr_expect(rig_uplink_is(rig, 1, 201, "00 03 02"));
    cr_expect(rig_uplink_is(rig, 2, 202, "00 01 02"));
    rig_destroy(rig);
}

Test(services, try_later_when_not_even_one_answer_fits)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S);
    rig->uplink_size_max = 1;
    rig_down_hex(rig, FRAGMENTATION_FPORT, -1, "00");
    rig_run_s(rig, 12);
    cr_expect_eq(rig->uplink_count, 0);
    rig->uplink_size_max = 51;
    rig_run_s(rig, 5);
    cr_expect(rig_uplink_is(rig, 0, 201, "00 03 02"));
    rig_destroy(rig);
}

/* Random bytes on all ports must neither panic nor read beyond the payload. */
Test(services, survive_random_messages)
{
    static const uint8_t ports[] = { 200, 201, 202 };
    struct rig *rig = rig_create();
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        size_t size = rig_random(rig) % 40;
        for (size_t k = 0; k < size; k++) {
            bytes[k] = (uint8_t)rig_random(rig);
        }
        if (size > 0 && rig_random(rig) % 2 == 0) {
            bytes[0] %= 9;
        }
        rig_down(rig, ports[i % 3], (int)(rig_random(rig) % 5) - 1, bytes, size);
        rig_run_ticks(rig, rig_random(rig) % 5000);
        if (i % 1000 == 999) {
            rig_boot(rig);
        }
    }
    cr_expect_eq(rig->board.panics, 0);
    rig_destroy(rig);
}
