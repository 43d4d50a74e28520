/* Rows of fragments: what becomes of each pair of a fragment and a device.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the rules of design section 6, and that copies which look at few blocks of devices come to
 * the same rows as copies that keep a cause of every device (the oracle here).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"
#include "record/fragment_rows.h"

/* design section 6: a cause for each pair. What goes out again has the cause of its last time, and
 * is never lost again once it was received. */
Test(fragment_rows, a_cause_is_that_of_the_last_time_on_the_air)
{
    struct fragment_rows rows;
    struct cause_counts counts[3];
    memset(counts, 0, sizeof counts);
    cr_assert(fragment_rows_create(&rows, 3, 3));
    fragment_rows_begin(&rows, 1, 7);
    const uint8_t *row = fragment_rows_of(&rows, 1);
    struct fragment_unheard unheard;
    struct cap_pool pool = { 0 };
    struct fragment_caps none;
    cr_assert(fragment_unheard_create(&unheard, 3, LOSS_RADIO_BUSY));
    fragment_unheard_set(&unheard, NULL, 0, LOSS_POWERED_DOWN, 0);
    fragment_caps_init(&none, &pool, 3);
    fragment_caps_begin(&none, &unheard);
    fragment_rows_set(&rows, 1, 0, LOSS_NONE);
    fragment_rows_set(&rows, 1, 1, LOSS_INTERFERENCE);
    fragment_rows_fold(&rows, 1, &unheard, &none);
    cr_expect_eq(row[0], LOSS_NONE);
    cr_expect_eq(row[1], LOSS_INTERFERENCE);
    cr_expect_eq(row[2], LOSS_RADIO_BUSY);
    fragment_rows_begin(&rows, 1, 7); /* another copy of the same time */
    cr_expect_eq(row[1], LOSS_INTERFERENCE);
    fragment_rows_begin(&rows, 2, 8);
    const uint8_t *next = fragment_rows_of(&rows, 2);
    for (uint32_t i = 0; i < 3; i++) {
        fragment_rows_set(&rows, 2, i, LOSS_FADING);
    }
    fragment_rows_begin(&rows, 1, 9);
    cr_expect_eq(row[0], LOSS_NONE);
    cr_expect_eq(next[0], LOSS_FADING, "another fragment");
    fragment_rows_set(&rows, 1, 1, LOSS_SESSION_CLOSED); /* less far than before */
    fragment_rows_set(&rows, 1, 2, LOSS_NONE);
    cr_expect_eq(rows.sent, 2, "one of them twice");
    for (uint32_t i = 0; i < 3; i++) {
        fragment_rows_add(&rows, i, &counts[i]);
        cr_expect_eq(counts[i].of[LOSS_GATEWAY_SKIPPED], 1, "the third one never went out");
    }
    cr_expect_eq(counts[0].of[LOSS_FADING], 1);
    cr_expect_eq(counts[0].of[LOSS_NONE], 1);
    cr_expect_eq(counts[1].of[LOSS_SESSION_CLOSED], 1);
    cr_expect_eq(counts[2].of[LOSS_NONE], 1);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(rows.received[i], counts[i].of[LOSS_NONE]);
    }
    uint32_t changes = rows.changes[0];
    fragment_rows_set(&rows, 1, 2, LOSS_MCU_BUSY); /* it was not read in time, after all */
    cr_expect_eq(rows.received[2], 0);
    cr_expect_gt(rows.changes[0], changes);
    cr_expect_eq(rows.changes[2], 0);
    fragment_rows_destroy(&rows);
    fragment_caps_destroy(&none);
    cap_pool_destroy(&pool);
    fragment_unheard_destroy(&unheard);
}

/* --- beside an oracle ------------------------------------------------------------------------- */

#define DEVICES (2u * FRAGMENT_BLOCK_DEVICES + 300u)
#define NB_FRAG 3u
#define COPIES  6u
#define STEPS   6000u

/* A copy on the air, and all that it came to so far: a cause of each device. */
struct twin {
    uint32_t n; /* 0: not on the air */
    struct fragment_caps caps;
    uint8_t causes[DEVICES];
};

struct play {
    struct random_stream random;
    struct fragment_rows rows;
    struct fragment_unheard unheard;
    struct cap_pool pool;
    struct twin copies[COPIES];
    uint8_t cells[NB_FRAG][DEVICES]; /* of the oracle */
    uint64_t round;
    uint32_t ended;
};

static uint32_t below(struct play *play, uint32_t count)
{
    return random_stream_u32(&play->random) % count;
}

/* One of the first few, but for one time of `seldom`: most blocks are left alone for long. */
static uint32_t any_device(struct play *play, uint32_t seldom)
{
    return below(play, below(play, seldom) == 0 ? DEVICES : 40);
}

static void start_copy(struct play *play, struct twin *copy)
{
    copy->n = 1u + below(play, NB_FRAG);
    if (below(play, 10) == 0) { /* the fragment goes out again */
        play->round++;
        for (uint32_t n = 1; n <= NB_FRAG; n++) {
            fragment_rows_begin(&play->rows, n, play->round);
            for (uint32_t i = 0; i < DEVICES && play->round > 1; i++) {
                uint8_t *cell = &play->cells[n - 1][i];
                *cell = *cell == LOSS_NONE ? LOSS_NONE : LOSS_GATEWAY_SKIPPED;
            }
        }
    }
    fragment_caps_begin(&copy->caps, &play->unheard);
    memcpy(copy->causes, play->unheard.causes, DEVICES);
}

static void end_copy(struct play *play, struct twin *copy)
{
    uint8_t *cells = play->cells[copy->n - 1];
    fragment_rows_fold(&play->rows, copy->n, &play->unheard, &copy->caps);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cells[i] = cells[i] > copy->causes[i] ? cells[i] : copy->causes[i];
    }
    cr_assert_arr_eq(fragment_rows_of(&play->rows, copy->n), cells, DEVICES,
            "copy %u of fragment %u", play->ended, copy->n);
    copy->n = 0;
    play->ended++;
}

static void change_device(struct play *play)
{
    uint32_t device = any_device(play, 64);
    enum loss_cause cause = (enum loss_cause)(LOSS_POWERED_DOWN + below(play, 5));
    uint64_t needed_from = UINT64_MAX;
    for (uint32_t i = 0; i < COPIES; i++) {
        struct twin *copy = &play->copies[i];
        if (copy->n > 0) {
            needed_from =
                    copy->caps.changes_from < needed_from ? copy->caps.changes_from : needed_from;
            copy->causes[device] =
                    copy->causes[device] < (uint8_t)cause ? copy->causes[device] : (uint8_t)cause;
        }
    }
    fragment_unheard_set(&play->unheard, NULL, device, cause, needed_from);
}

/* The medium observes something of a copy at a device, or takes something back. */
static void observe_copy(struct play *play, struct twin *copy)
{
    uint32_t device = any_device(play, 3);
    enum loss_cause cause =
            (enum loss_cause)(LOSS_POWERED_DOWN + below(play, LOSS_NONE - LOSS_POWERED_DOWN + 1u));
    fragment_caps_lower(&copy->caps, device, LOSS_GATEWAY_SKIPPED);
    copy->causes[device] = LOSS_GATEWAY_SKIPPED;
    fragment_rows_set(&play->rows, copy->n, device, cause);
    play->cells[copy->n - 1][device] = (uint8_t)cause;
}

static void step(struct play *play)
{
    struct twin *copy = &play->copies[below(play, COPIES)];
    uint32_t what = below(play, 8);
    if (what < 2) {
        change_device(play);
    } else if (copy->n == 0) {
        start_copy(play, copy);
    } else if (what == 2) {
        end_copy(play, copy);
    } else {
        observe_copy(play, copy);
    }
}

Test(fragment_rows, of_few_blocks_are_those_of_all_devices)
{
    struct play *play = calloc(1, sizeof *play);
    cr_assert_not_null(play);
    random_stream_init(&play->random, 12, 0, RANDOM_TEST, 0);
    cr_assert(fragment_rows_create(&play->rows, DEVICES, NB_FRAG));
    cr_assert(fragment_unheard_create(&play->unheard, DEVICES, LOSS_BELOW_SENSITIVITY));
    for (uint32_t i = 0; i < COPIES; i++) {
        fragment_caps_init(&play->copies[i].caps, &play->pool, DEVICES);
    }
    for (uint32_t i = 0; i < STEPS; i++) {
        step(play);
    }
    cr_expect_gt(play->ended, 300, "%u", play->ended);
    cr_expect_lt(play->unheard.change_capacity, 1000, "what no copy needs is forgotten");
    for (uint32_t i = 0; i < COPIES; i++) {
        fragment_caps_destroy(&play->copies[i].caps);
    }
    cap_pool_destroy(&play->pool);
    fragment_unheard_destroy(&play->unheard);
    fragment_rows_destroy(&play->rows);
    free(play);
}

/* Two copies of one fragment, heard at opposite ends of the city: neither keeps more than a block.
 */
Test(fragment_rows, keep_caps_only_of_blocks_that_hear)
{
    struct fragment_unheard unheard;
    struct cap_pool pool = { 0 };
    struct fragment_caps caps;
    cr_assert(fragment_unheard_create(&unheard, DEVICES, LOSS_BELOW_SENSITIVITY));
    fragment_caps_init(&caps, &pool, DEVICES);
    for (uint32_t device = 0; device < DEVICES; device += DEVICES - 1) {
        fragment_caps_begin(&caps, &unheard);
        fragment_caps_lower(&caps, device, LOSS_GATEWAY_SKIPPED);
        fragment_caps_lower(&caps, device, LOSS_RADIO_BUSY);
        cr_expect_eq(caps.used_count, 1);
        cr_expect_eq(caps.used[0], device / FRAGMENT_BLOCK_DEVICES);
        cr_expect_eq(caps.blocks[caps.used[0]][device % FRAGMENT_BLOCK_DEVICES],
                LOSS_GATEWAY_SKIPPED, "the least");
    }
    fragment_caps_destroy(&caps);
    cap_pool_destroy(&pool);
    fragment_unheard_destroy(&unheard);
}
