/* Goal: a column of a lane shows the worst of what it covers, at a cost that does not grow with the
 * items.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "example_scene.h"
#include "view/lanes_merge.h"

static struct lane a_lane(void)
{
    return (struct lane){ .gateway = true };
}

static void add(struct lane *lane, sim_ns from_ns, sim_ns to_ns, enum lane_kind kind)
{
    example_lane_add(lane, (struct lane_item){ .from_ns = from_ns,
                                   .to_ns = to_ns,
                                   .kind = kind,
                                   .cause = kind == LANE_LOST ? LOSS_FADING : LOSS_NONE });
}

/* What is shown at each column, by looking at every item: LANES_NO_ITEM for nothing. */
static void look_at_all(const struct lane *lane, const struct lanes_window *window, uint32_t *shown,
        uint32_t *begun)
{
    for (uint32_t column = 0; column < window->columns; column++) {
        sim_ns span_ns = window->to_ns - window->from_ns;
        sim_ns from_ns = window->from_ns + span_ns * column / window->columns;
        sim_ns to_ns = window->from_ns + span_ns * (column + 1) / window->columns;
        shown[column] = LANES_NO_ITEM;
        begun[column] = 0;
        for (uint32_t i = 0; i < lane->count && from_ns < window->now_ns; i++) {
            const struct lane_item *item = &lane->items[i];
            bool begins = item->from_ns >= from_ns && item->from_ns < to_ns;
            if (!begins && !(item->from_ns < from_ns && item->to_ns > from_ns)) {
                continue;
            }
            begun[column] += begins;
            if (shown[column] == LANES_NO_ITEM || item->kind > lane->items[shown[column]].kind) {
                shown[column] = i;
            }
        }
    }
}

static void check(struct lanes_index *index, const struct lane *lane, struct lanes_window window)
{
    static uint32_t shown[LANES_COLUMNS_MAX], begun[LANES_COLUMNS_MAX];
    static struct lanes_run runs[LANES_COLUMNS_MAX];
    look_at_all(lane, &window, shown, begun);
    lanes_index_update(index, 1, lane);
    uint32_t count = lanes_merge(index, lane, &window, runs), run = 0;
    for (uint32_t column = 0; column < window.columns; column++) {
        while (run < count && runs[run].end <= column) {
            run++;
        }
        bool covered = run < count && runs[run].first <= column;
        uint32_t item = covered ? runs[run].item : LANES_NO_ITEM;
        cr_assert_eq(item == LANES_NO_ITEM, shown[column] == LANES_NO_ITEM, "column %u", column);
        if (covered) {
            cr_assert_eq(lane->items[item].kind, lane->items[shown[column]].kind,
                    "column %u: %u for %u", column, item, shown[column]);
            cr_assert_eq(runs[run].merged, begun[column] > 1, "column %u", column);
        }
    }
}

Test(lanes_merge, a_column_shows_the_worst_that_it_covers)
{
    static const enum lane_kind order[] = { LANE_ASLEEP, LANE_LISTENING, LANE_TRANSMITTING,
        LANE_RECEIVED, LANE_OFF, LANE_LOST };
    for (unsigned worst = 0; worst < LANE_KIND_COUNT; worst++) {
        struct lane lane = a_lane();
        /* The worst neither first nor last. */
        for (unsigned i = 0; i <= worst; i++) {
            add(&lane, 10 * i, 10 * i + 10, order[(i + worst / 2 + 1) % (worst + 1)]);
        }
        struct lanes_index index = { 0 };
        struct lanes_run runs[1];
        struct lanes_window window = { 0, 1000, 1000, 1 };
        lanes_index_update(&index, 1, &lane);
        cr_assert_eq(lanes_merge(&index, &lane, &window, runs), 1);
        cr_assert_eq(lane.items[runs[0].item].kind, order[worst]);
        cr_assert_eq(runs[0].merged, worst > 0);
        lanes_index_release(&index);
        free(lane.items);
    }
}

Test(lanes_merge, items_wider_than_a_column_keep_their_extent)
{
    struct lane lane = a_lane();
    add(&lane, 0, 100, LANE_LISTENING);
    add(&lane, 30, 40, LANE_RECEIVED);
    add(&lane, 100, SIM_NS_NEVER, LANE_TRANSMITTING);
    struct lanes_index index = { 0 };
    struct lanes_run runs[200];
    struct lanes_window window = { 0, 200, 150, 200 };
    static const struct lanes_run expected[] = { { 0, 30, 0, false }, { 30, 40, 1, false },
        { 40, 100, 0, false }, { 100, 150, 2, false } };
    lanes_index_update(&index, 1, &lane);
    cr_assert_eq(lanes_merge(&index, &lane, &window, runs), 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(runs[i].first, expected[i].first);
        cr_assert_eq(runs[i].end, expected[i].end);
        cr_assert_eq(runs[i].item, expected[i].item);
        cr_assert_not(runs[i].merged);
    }
    lanes_index_release(&index);
    free(lane.items);
}

/* Frames that overlap, gaps, long states, at many zooms, against a look at every item; while the
 * lane grows. */
Test(lanes_merge, agrees_with_a_look_at_every_item)
{
    struct lane lane = a_lane();
    struct lanes_index index = { 0 };
    srand48(7);
    sim_ns at_ns = 0;
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < 100; i++) {
            sim_ns length_ns = lrand48() % 50 == 0 ? 30000 : 1 + lrand48() % 40;
            add(&lane, at_ns, at_ns + length_ns, lrand48() % LANE_KIND_COUNT);
            at_ns += lrand48() % 30;
        }
        sim_ns from_ns = lrand48() % at_ns, span_ns = 500 + lrand48() % (2 * at_ns);
        check(&index, &lane,
                (struct lanes_window){ from_ns, from_ns + span_ns, at_ns, 1 + lrand48() % 500 });
        check(&index, &lane, (struct lanes_window){ 0, at_ns + 1, at_ns + 1, 37 });
    }
    cr_assert_geq(index.count, 5900, "blocks are over nearly all items: %u", index.count);
    lanes_index_release(&index);
    free(lane.items);
}

Test(lanes_merge, another_lane_gets_other_blocks)
{
    struct lane lane = a_lane(), other = a_lane();
    for (unsigned i = 0; i < 100; i++) {
        add(&lane, 10 * i, 10 * i + 5, LANE_LOST);
        add(&other, 10 * i, 10 * i + 5, LANE_RECEIVED);
    }
    other.station = 1;
    struct lanes_index index = { 0 };
    check(&index, &lane, (struct lanes_window){ 0, 1000, 1000, 3 });
    check(&index, &other, (struct lanes_window){ 0, 1000, 1000, 3 });
    other.items[20].kind = LANE_OFF;
    other.revision++;
    check(&index, &other, (struct lanes_window){ 0, 1000, 1000, 3 });
    lanes_index_release(&index);
    free(lane.items);
    free(other.items);
}

/* A column looks at 15 items at most and 15 blocks of each of 4 levels at each of its ends, and
 * searches 20 steps; the same again for what lasts beyond it. */
Test(lanes_merge, the_cost_does_not_grow_with_the_items)
{
    enum {
        ITEMS = 1000000,
        COLUMNS = 1000
    };
    struct lane lane = a_lane();
    for (unsigned i = 0; i < ITEMS; i++) {
        add(&lane, 1000 * (sim_ns)i, 1000 * (sim_ns)i + 900, i % LANE_KIND_COUNT);
    }
    struct lanes_index index = { 0 };
    lanes_index_update(&index, 1, &lane);
    cr_assert_eq(index.count, ITEMS);
    static struct lanes_run runs[COLUMNS];
    for (sim_ns part = 1; part < 1000000; part *= 10) {
        sim_ns span_ns = 1000 * (sim_ns)ITEMS / part;
        struct lanes_window window = { span_ns / 3, span_ns, 1000 * (sim_ns)ITEMS, COLUMNS };
        index.looks = 0;
        lanes_merge(&index, &lane, &window, runs);
        cr_assert_leq(index.looks, COLUMNS * 2 * (2 * 15 * 5 + 20), "%llu of %lld",
                (unsigned long long)index.looks, (long long)part);
    }
    lanes_index_release(&index);
    free(lane.items);
}
