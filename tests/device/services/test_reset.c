/* Power cuts inside every flash operation of a fragmentation session.
 * SPDX-License-Identifier: MIT
 *
 * A first run counts the operations; then one run for each of them is cut there, once with the
 * operation not begun and once with a random part of it done. RAM is poisoned, the device boots,
 * the server's stream goes on: the block must come out right, and the fake flash refuses any
 * program that would need an erase.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cut_run.h"

static void cut_everywhere(const struct plan *plan)
{
    struct cut_run *whole = cut_run_start(plan, 0, false);
    cut_run_to_end(whole, plan);
    unsigned operations = whole->rig->board.operations;
    cr_assert_arr_eq(whole->rig->board.nor, whole->block, plan->fragments * plan->size);
    cr_assert_gt(operations, 40);
    cut_run_end(whole);
    for (unsigned cut = 1; cut <= operations; cut++) {
        for (unsigned tears = 0; tears < 2; tears++) {
            struct cut_run *run = cut_run_start(plan, cut, tears != 0);
            cut_run_to_end(run, plan);
            cr_assert_eq(run->resets, 1, "cut %u", cut);
            cr_assert_arr_eq(run->rig->board.nor, run->block, plan->fragments * plan->size,
                    "cut %u tears %u", cut, tears);
            cut_run_end(run);
        }
    }
}

Test(reset, is_survived_at_every_operation_of_a_coded_session)
{
    cut_everywhere(
            &(struct plan){ .fragments = 70, .size = 110, .version = 2, .loss_percent = 25 });
    cut_everywhere(
            &(struct plan){ .fragments = 64, .size = 239, .version = 1, .loss_percent = 40 });
}

Test(reset, is_survived_at_every_operation_with_late_uncoded_fragments)
{
    cut_everywhere(&(struct plan){
            .fragments = 50, .size = 48, .version = 2, .loss_percent = 50, .late_percent = 40 });
}

Test(reset, is_survived_at_every_operation_of_a_session_without_loss)
{
    cut_everywhere(&(struct plan){ .fragments = 90, .size = 200, .version = 2 });
}

/* Cuts again and again, at random. */
static void run_with_many_cuts(struct cut_run *run, const struct plan *plan)
{
    struct board *board = &run->rig->board;
    struct fragmentation *frag = &run->rig->services.fragmentation;
    jmp_buf power_cut;
    board->cut_jump = &power_cut;
    if (setjmp(power_cut) != 0) {
        run->resets++;
        rig_boot(run->rig);
    }
    bool more = run->resets < 20;
    board->cut_operation = more ? board->operations + 1 + rig_random(run->rig) % 60 : 0;
    while (frag->phase != FRAG_PHASE_DONE) {
        rig_run_ticks(run->rig, 26000);
        if (frag->phase == FRAG_PHASE_COLLECT || frag->phase == FRAG_PHASE_DECODE) {
            cut_run_send_next(run, plan);
        }
    }
}

Test(reset, may_happen_many_times_in_one_session)
{
    struct plan plan = { .fragments = 100, .size = 100, .version = 2, .loss_percent = 30 };
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct cut_run *run = cut_run_start(&plan, 0, true);
        run->rig->board.random_state = seed;
        run_with_many_cuts(run, &plan);
        cr_assert_arr_eq(run->rig->board.nor, run->block, 10000, "seed %u", seed);
        cut_run_end(run);
    }
}

/* How much one cut may cost: what was not marked yet. */
Test(reset, loses_at_most_the_last_fragments)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    for (unsigned sent = 1; sent < 300; sent += 7) {
        struct cut_run *run = cut_run_start(&plan, 0, false);
        struct fragmentation *frag = &run->rig->services.fragmentation;
        rig_run_s(run->rig, 10);
        for (unsigned i = 0; i < sent; i++) {
            cut_run_send_next(run, &plan);
            rig_run_ticks(run->rig, 13000);
        }
        rig_boot(run->rig);
        rig_run_s(run->rig, 1);
        cr_assert_eq(frag->phase, FRAG_PHASE_COLLECT);
        unsigned lost = frag->missing - (300u - sent);
        cr_assert_leq(lost, FRAG_STORE_MARK_BATCH + 6, "sent %u lost %u", sent, lost);
        cut_run_end(run);
    }
}

Test(reset, loses_nothing_a_while_after_the_last_fragment)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    struct cut_run *run = cut_run_start(&plan, 0, false);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    rig_run_s(run->rig, 10);
    for (unsigned i = 0; i < 45; i++) {
        cut_run_send_next(run, &plan);
        rig_run_ticks(run->rig, 13000);
    }
    rig_run_s(run->rig, 121);
    rig_boot(run->rig);
    rig_run_s(run->rig, 1);
    cr_assert_eq(frag->missing, 255);
    cut_run_end(run);
}

Test(reset, keeps_a_finished_block_and_hands_it_over_until_it_is_used)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2, .loss_percent = 20 };
    struct cut_run *run = cut_run_start(&plan, 0, false);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    uint32_t address = 1;
    uint32_t size = 0;
    cut_run_to_end(run, &plan);
    cr_assert_not(fragmentation_take_block(frag, &address, &size)); /* the server does not know */
    rig_down_hex(run->rig, 201, -1, "01 01");
    rig_run_s(run->rig, 1);
    cr_assert(fragmentation_take_block(frag, &address, &size));
    cr_assert_not(fragmentation_take_block(frag, &address, &size));
    rig_boot(run->rig); /* before the block was verified */
    rig_run_s(run->rig, 1);
    cr_assert_eq(frag->phase, FRAG_PHASE_DONE);
    cr_assert(fragmentation_take_block(frag, &address, &size));
    cr_assert_eq(address, NOR_BLOCK_ADDRESS);
    cr_assert_eq(size, 3000);
    fragmentation_block_used(frag, &run->rig->core);
    rig_boot(run->rig);
    rig_run_s(run->rig, 1);
    cr_assert_not(fragmentation_take_block(frag, &address, &size));
    rig_down_hex(run->rig, 201, -1, "01 01");
    rig_run_s(run->rig, 1);
    const struct board_uplink *last =
            &run->rig->uplinks[(run->rig->uplink_count - 1) % BOARD_UPLINKS_MAX];
    cr_assert_eq(last->bytes[1], 0);
    cr_assert_eq(last->bytes[4], 0); /* still MissingFrag 0 */
    cut_run_end(run);
}

Test(reset, recognizes_late_uncoded_fragments)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *run = cut_run_start(&plan, 0, false);
    struct rig *rig = run->rig;
    rig_run_s(rig, 10);
    static const unsigned numbers[] = { 1, 2, 3, 31, 7, 9 };
    for (unsigned i = 0; i < 6; i++) {
        send_fragment(rig, run->block, 30, 100, numbers[i], 0);
        rig_run_ticks(rig, 13000);
    }
    unsigned stored = rig_traces(rig, FW_TRACE_FRAGMENT_STORED);
    cr_assert_eq(stored, 5);
    rig_boot(rig);
    rig_run_s(rig, 1);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_DECODE);
    cr_assert_eq(rig->services.fragmentation.missing, 30 - 6);
    for (unsigned i = 0; i < 6; i++) {
        send_fragment(rig, run->block, 30, 100, numbers[i], 0);
        rig_run_ticks(rig, 13000);
    }
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_STORED), stored);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_DUPLICATE), 5);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_USELESS), 1);
    cut_run_end(run);
}

/* An erased journal must not look like one that was opened, whatever tag is drawn. */
Test(reset, while_the_flash_is_erased_starts_over)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    struct rig *rig = rig_create();
    uint8_t message[17];
    uint8_t *block = calloc(300, 200);
    rig->board.entropy_fixed = true;
    rig->board.entropy_word = UINT32_MAX;
    memset(rig->board.nor, 0, BOARD_NOR_SIZE); /* an older session */
    size_t size = setup_message(rig, block, plan.fragments, plan.size, 0, 0, 1, message);
    rig_down(rig, FRAGMENTATION_FPORT, -1, message, size);
    rig_run_ticks(rig, 10 * BOARD_ERASE_TICKS - 1);
    rig_boot(rig);
    rig_run_ticks(rig, 10 * BOARD_ERASE_TICKS);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_ERASE);
    rig_run_s(rig, 5);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    cr_assert_eq(rig->board.erases, 10 + 4 + 16 + 15);
    free(block);
    rig_destroy(rig);
}
