/* The simple block protocol on the device: requests, answers, pauses, resets.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the layout in services/unicast_blocks.h, and design section 5, invariants 9 to 12 (a way
 * back, a bound, a pause that grows; what is read from outside is input; state survives a reset as
 * a whole). The session is that of "device D" in spec-protocol 10.2: M 10, FragSize 10,
 * FragIndex 1.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device_d.h"

#define PORT UNICAST_BLOCKS_FPORT

/* BlockDataAns with `count` fragments from N on. */
static void answer(struct rig *rig, unsigned n, unsigned count)
{
    uint8_t block[100], bytes[3 + sizeof block] = { 0x02, (uint8_t)n, 0x40 };
    device_d_fill(block);
    memcpy(bytes + 3, block + (n - 1u) * 10u, count * 10u);
    rig_down(rig, PORT, -1, bytes, 3u + count * 10u);
}

static bool last_is(const struct rig *rig, const char *hex)
{
    return rig_uplink_is(rig, rig->uplink_count - 1u, PORT, hex);
}

static struct rig *told_to_fetch(void)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000); /* clock sync has nothing to do */
    rig->board.entropy_fixed = true;
    rig->board.entropy_word = 0;
    rig_down_hex(rig, DEVICE_D_PORT, -1, DEVICE_D_SETUP_V2);
    rig_run_s(rig, 5);
    rig_down_hex(rig, PORT, -1, "01 01");
    rig_run_s(rig, 1);
    return rig;
}

Test(unicast_blocks, asks_for_what_is_missing_until_the_block_is_whole)
{
    struct rig *rig = told_to_fetch();
    cr_assert(last_is(rig, "01 01 02 0140 0a"), "BlockFetchAns, and N 1 of 10");
    answer(rig, 1, 4);
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "02 0540 06"));
    answer(rig, 7, 2); /* not what it asked for, and of use */
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "02 0540 02"), "the first run of missing ones");
    answer(rig, 5, 2);
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "02 0940 02"));
    answer(rig, 9, 2);
    rig_run_s(rig, 30);
    cr_assert_eq(rig_traces(rig, FW_TRACE_BLOCK_MIC), 1);
    cr_assert(device_d_last_uplink_is(rig, "04 01"), "the receipt of TS004 follows");
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 01");
    uint32_t address, size;
    cr_assert(fragmentation_take_block(&rig->services.fragmentation, &address, &size));
    cr_assert_eq(address, NOR_BLOCK_ADDRESS);
    cr_assert_eq(size, 95);
    rig_destroy(rig);
}

/* Pauses of 10, 20, 40 ... 2560 s, then an hour; 24 requests without an answer are the last. */
Test(unicast_blocks, asks_again_after_growing_pauses_and_stops)
{
    struct rig *rig = told_to_fetch();
    unsigned first = rig->uplink_count - 1u;
    for (unsigned hour = 0; hour < 30; hour++) {
        rig_set_gps(rig, 1300000000 + hour * 3600);
        rig_run_s(rig, 3600);
    }
    cr_assert_eq(rig->uplink_count, first + 24u);
    for (unsigned i = 0; i + 1u < 24; i++) {
        uint64_t ticks = rig->uplinks[first + i + 1].at_ticks - rig->uplinks[first + i].at_ticks;
        unsigned pause_s = i < 9 ? 10u << i : 3600u;
        cr_expect_eq(
                ticks / HAL_RTC_HZ, pause_s, "pause %u is %u s", i, (unsigned)(ticks / HAL_RTC_HZ));
    }
    cr_assert_eq(rig_traces(rig, FW_TRACE_FETCH_GIVEN_UP), 1);
    rig_down_hex(rig, PORT, -1, "01 01"); /* the server's next word brings it back */
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "01 01 02 0140 0a"));
    rig_destroy(rig);
}

/* Each random word is the greatest: the pauses are half as long again, a resumed fetch waits for
 * five minutes. */
Test(unicast_blocks, spreads_requests_that_a_common_event_causes)
{
    struct rig *rig = told_to_fetch();
    rig->board.entropy_word = UINT32_MAX;
    answer(rig, 1, 4);
    rig_run_s(rig, 1);
    unsigned count = rig->uplink_count;
    cr_assert(!last_is(rig, "02 0540 06"), "not at once");
    rig_run_s(rig, 2);
    cr_assert_eq(rig->uplink_count, count + 1u);
    rig_run_s(rig, 13);
    cr_assert_eq(rig->uplink_count, count + 1u);
    rig_run_s(rig, 2);
    cr_assert_eq(rig->uplink_count, count + 2u, "after 15 s");
    rig_run_s(rig, 120);
    rig_boot(rig);
    rig_set_gps(rig, 1300000000);
    rig_run_ticks(rig, 1);
    count = rig->uplink_count;
    rig_run_s(rig, 295);
    cr_assert_eq(rig->uplink_count, count);
    rig_run_s(rig, 10);
    cr_assert_eq(rig->uplink_count, count + 1u);
    rig_destroy(rig);
}

Test(unicast_blocks, go_on_after_a_reset_with_what_flash_holds)
{
    struct rig *rig = told_to_fetch();
    answer(rig, 1, 4);
    rig_run_s(rig, 200); /* a stream that pauses goes to flash */
    rig_boot(rig);
    rig_run_s(rig, 320);
    cr_assert(last_is(rig, "02 0540 06"));
    rig_destroy(rig);
}

/* SessionCnt 5 with its MIC comes in a further round; 4 had another one. */
#define FETCHED_4 "02 10 0a00 0a 45 05 00010203 0400 00000000"
#define FETCHED_5 "02 10 0a00 0a 45 05 00010203 0500 9b749d5f"

/* Fragments 1 to 4 of a session, with a reset or not, then a set-up, then it is told to fetch. */
static struct rig *set_up_again(const char *before, const char *again, bool reset)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    rig->board.entropy_fixed = true;
    rig_down_hex(rig, DEVICE_D_PORT, -1, before);
    rig_run_s(rig, 5);
    rig_down_hex(rig, PORT, -1, "01 01");
    rig_run_s(rig, 1);
    answer(rig, 1, 4);
    rig_down_hex(rig, PORT, -1, "03 01"); /* its round is over */
    rig_run_s(rig, 200);
    if (reset) {
        rig_boot(rig);
        rig_set_gps(rig, 1300000300);
        rig_run_s(rig, 5);
    }
    cr_assert(device_d_answers(rig, again, "02 40"));
    rig_run_s(rig, 5);
    rig_down_hex(rig, PORT, -1, "01 01");
    rig_run_s(rig, 1);
    return rig;
}

Test(unicast_blocks, keep_what_they_have_in_a_further_round)
{
    for (unsigned reset = 0; reset < 2; reset++) {
        struct rig *rig = set_up_again(FETCHED_4, FETCHED_5, reset == 1);
        cr_assert(last_is(rig, "01 01 02 0540 06"), "the missing ones");
        answer(rig, 5, 6);
        rig_run_s(rig, 30);
        cr_assert(device_d_last_uplink_is(rig, "04 01"), "good under the MIC of the new set-up");
        rig_destroy(rig);
    }
}

/* What came to a group may be forged; another descriptor, size or FragIndex is another block. */
Test(unicast_blocks, keep_nothing_of_another_block_or_of_a_group)
{
    static const char *const pairs[][2] = {
        { "02 11 0a00 0a 45 05 00010203 0400 00000000", FETCHED_5 },
        { FETCHED_4, "02 11 0a00 0a 45 05 00010203 0500 9b749d5f" },
        { FETCHED_4, "02 10 0a00 0a 45 05 00010204 0500 9b749d5f" },
        { FETCHED_4, "02 10 0a00 0b 45 05 00010203 0500 9b749d5f" },
        { "02 20 0a00 0a 45 05 00010203 0400 00000000", FETCHED_5 },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct rig *rig = set_up_again(pairs[i][0], pairs[i][1], false);
        cr_expect(last_is(rig, "01 01 02 0140 0a"), "pair %zu: all of them", i);
        rig_destroy(rig);
    }
}

Test(unicast_blocks, stop_when_they_are_told_to_and_stay_stopped)
{
    struct rig *rig = told_to_fetch();
    unsigned count = rig->uplink_count;
    rig_down_hex(rig, PORT, -1, "03 01");
    rig_run_s(rig, 4000);
    rig_boot(rig);
    rig_set_gps(rig, 1300000000);
    rig_run_s(rig, 4000);
    cr_assert_eq(rig->uplink_count, count);
    rig_destroy(rig);
}

Test(unicast_blocks, belong_to_one_session)
{
    struct rig *rig = told_to_fetch();
    rig_down_hex(rig, PORT, -1, "01 02"); /* there is no FragIndex 2 */
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "01 06"));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "03 01"); /* FragSessionDeleteReq */
    rig_run_s(rig, 5);
    unsigned count = rig->uplink_count;
    rig_run_s(rig, 4000);
    cr_assert_eq(rig->uplink_count, count, "no session, nothing to ask for");
    rig_destroy(rig);
}

Test(unicast_blocks, take_nothing_from_wrong_messages)
{
    static const char *const wrong[] = {
        "02", "02 0140", "02 0140 000102",                   /* no whole fragment */
        "02 0140 00010203040506070809 0a",                   /* and a part of one */
        "02 0040 00010203040506070809",                      /* N = 0 */
        "02 0b40 00010203040506070809",                      /* coded */
        "02 0a40 00010203040506070809 00010203040506070809", /* beyond the last one */
        "02 0100 00010203040506070809",                      /* FragIndex 0 */
        "01", "03", "7f 01 01"                               /* cut short, unknown */
    };
    struct rig *rig = told_to_fetch();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rig_down_hex(rig, PORT, -1, wrong[i]);
        rig_run_s(rig, 1);
        cr_expect_eq(rig->services.fragmentation.missing, 10, "%s", wrong[i]);
    }
    rig_down_hex(rig, PORT, 0, "02 0140 00010203040506070809"); /* by multicast */
    rig_run_s(rig, 1);
    cr_expect_eq(rig->services.fragmentation.missing, 10);
    cr_expect(rig->services.fragmentation.fetch.on);
    rig_destroy(rig);
}

/* What a power cut left in the place of a fragment has zeros where the fragment has ones. */
Test(unicast_blocks, erase_the_block_where_it_cannot_be_written)
{
    struct rig *rig = told_to_fetch();
    memset(rig->board.nor + NOR_BLOCK_ADDRESS + 40, 0, 10);
    rig_boot(rig);
    rig_run_s(rig, 320);
    unsigned erases = rig->board.erases;
    answer(rig, 1, 4);
    rig_run_s(rig, 1);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(last_is(rig, "02 0540 06"), "round %u", i);
        answer(rig, 5, 1);
        rig_run_s(rig, 1);
    }
    rig_run_s(rig, 40);
    cr_assert_gt(rig->board.erases, erases);
    cr_assert(last_is(rig, "02 0140 0a"), "all of it again");
    answer(rig, 1, 5);
    rig_run_s(rig, 1);
    cr_assert(last_is(rig, "02 0640 05"));
    rig_destroy(rig);
}
