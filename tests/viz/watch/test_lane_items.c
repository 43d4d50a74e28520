/* The items of a lane: order, bounds, copies.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whatever comes in which order, items lie in the order of their begin; a copy that is
 * brought up to date now and then is the lane; a lane never grows beyond its bound, and keeps what
 * lasts.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "random_stream.h"
#include "watch/lane_items.h"

#define FRAME_MAX_NS 3000

static struct lane_items lane;
static struct lane copy_of_lane;

static void start(void)
{
    lane_items_init(&lane, false, 7, 0);
    copy_of_lane = (struct lane){ 0 };
}

static void finish(void)
{
    lane_items_destroy(&lane);
    free(copy_of_lane.items);
}

TestSuite(lane_items, .init = start, .fini = finish);

static void add_frame(uint64_t frame_id, sim_ns from_ns, sim_ns to_ns)
{
    cr_assert(lane_items_add(&lane, (struct lane_item){ .from_ns = from_ns,
                                            .to_ns = to_ns,
                                            .frame_id = frame_id,
                                            .kind = LANE_RECEIVED,
                                            .cause = LOSS_NONE }));
}

static void expect_copy(void)
{
    cr_assert(lane_copy(&copy_of_lane, &lane.lane));
    cr_assert_eq(copy_of_lane.count, lane.lane.count);
    for (uint32_t i = 0; i < copy_of_lane.count; i++) {
        const struct lane_item *a = &copy_of_lane.items[i], *b = &lane.lane.items[i];
        cr_assert(a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->kind == b->kind
                          && a->cause == b->cause && a->frame_id == b->frame_id,
                "item %u of %u, %u of them settled", i, copy_of_lane.count, lane.lane.settled);
        cr_assert(i == 0 || lane.lane.items[i - 1].from_ns <= b->from_ns, "item %u", i);
    }
}

/* Frames end in any order, states change, some frames are lost long after their end: the copy, of
 * which most is never copied again, is the lane at each time. */
Test(lane_items, a_copy_follows_the_lane)
{
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, 0);
    sim_ns now_ns = 0;
    uint32_t kept = 0;
    for (uint64_t i = 1; i <= 20000; i++) {
        uint32_t what = random_stream_u32(&stream) % 100;
        now_ns += random_stream_u32(&stream) % 400;
        if (what < 60) {
            sim_ns airtime_ns = 1 + random_stream_u32(&stream) % FRAME_MAX_NS;
            add_frame(i, now_ns - airtime_ns, now_ns);
        } else if (what < 80) {
            cr_assert(lane_items_enter(&lane, (enum lane_kind)(what % 3), now_ns));
        } else if (what < 81) {
            lane_items_lose(&lane, i > 500 ? i - 500 : i, LOSS_MCU_BUSY);
        } else {
            lane_items_settle(&lane, now_ns - FRAME_MAX_NS);
            kept += lane.lane.settled > lane.lane.count / 2 ? 1u : 0u;
            expect_copy();
        }
    }
    cr_expect_gt(kept, 1000, "most items are settled most of the time: %u", kept);
}

Test(lane_items, what_lasts_ends_where_the_next_begins)
{
    lane_items_enter(&lane, LANE_ASLEEP, 10);
    lane_items_enter(&lane, LANE_ASLEEP, 20);
    lane_items_enter(&lane, LANE_LISTENING, 30);
    add_frame(1, 25, 40); /* before what lasts */
    lane_items_leave(&lane, 50);
    cr_assert_eq(lane.lane.count, 3);
    cr_expect(lane.lane.items[0].from_ns == 10 && lane.lane.items[0].to_ns == 30);
    cr_expect_eq(lane.lane.items[1].frame_id, 1);
    cr_expect(lane.lane.items[2].from_ns == 30 && lane.lane.items[2].to_ns == 50);
    cr_expect_eq(lane.open, LANE_NO_ITEM);
}

/* A pull at the reset pin of the radio is not a time without power; a second is. */
Test(lane_items, a_short_time_off_is_none)
{
    lane_items_enter(&lane, LANE_LISTENING, 0);
    lane_items_enter(&lane, LANE_OFF, SIM_NS_PER_S);
    lane_items_enter(&lane, LANE_ASLEEP, SIM_NS_PER_S + 100 * SIM_NS_PER_US);
    lane_items_enter(&lane, LANE_OFF, 2 * SIM_NS_PER_S);
    lane_items_enter(&lane, LANE_ASLEEP, 3 * SIM_NS_PER_S);
    cr_assert_eq(lane.lane.count, 4);
    cr_expect_eq(lane.lane.items[1].kind, LANE_ASLEEP);
    cr_expect_eq(lane.lane.items[2].kind, LANE_OFF);
}

Test(lane_items, the_older_half_goes_when_it_is_full)
{
    lane_items_enter(&lane, LANE_ASLEEP, 0);
    for (uint64_t i = 1; i < LANE_ITEMS_MAX; i++) {
        add_frame(i, (sim_ns)i, (sim_ns)i + 1);
    }
    lane_items_settle(&lane, (sim_ns)LANE_ITEMS_MAX);
    expect_copy();
    cr_assert_eq(lane.lane.count, LANE_ITEMS_MAX);
    add_frame(LANE_ITEMS_MAX, LANE_ITEMS_MAX, LANE_ITEMS_MAX + 1);
    expect_copy();
    cr_assert_eq(lane.lane.count, LANE_ITEMS_MAX / 2 + 2);
    cr_expect_eq(lane.lane.since_ns, LANE_ITEMS_MAX / 2);
    cr_expect(lane.open == 0 && lane.lane.items[0].from_ns == 0, "what lasts is still there");
    cr_expect_eq(lane.lane.items[1].frame_id, LANE_ITEMS_MAX / 2);
    lane_items_enter(&lane, LANE_LISTENING, LANE_ITEMS_MAX + 2);
    cr_expect_eq(lane.lane.items[0].to_ns, LANE_ITEMS_MAX + 2);
    expect_copy();
}
