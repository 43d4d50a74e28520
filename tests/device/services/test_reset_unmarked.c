/* Data that a power cut left in the block without a mark.
 * SPDX-License-Identifier: MIT
 *
 * The same data fits over it; for other data the place is occupied, and a block that needs it fails
 * as one with a wrong MIC does. The fake flash refuses a program that would need an erase.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cut_run.h"
#include "services/package.h"

/* Sends numbers `from` to `to` of `block` but for `skip`. */
static void send_run(struct cut_run *run, const struct plan *plan, const uint8_t *block,
        unsigned from, unsigned to, unsigned skip)
{
    for (unsigned n = from; n <= to; n++) {
        if (n != skip) {
            send_fragment(run->rig, block, plan->fragments, plan->size, n, 0);
            rig_run_ticks(run->rig, 13000);
        }
    }
}

/* Fragments 1 to 6 of `block` are in flash, their marks are not: the places of a reset. */
static struct cut_run *start_with_unmarked(const struct plan *plan, const uint8_t *block)
{
    struct cut_run *run = cut_run_start(plan, 0, false);
    rig_run_s(run->rig, 10);
    send_run(run, plan, block != NULL ? block : run->block, 1, 6, 0);
    rig_boot(run->rig);
    run->rig->services.fragmentation.version = plan->version;
    rig_run_s(run->rig, 1);
    cr_assert_eq(run->rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    cr_assert_eq(run->rig->services.fragmentation.missing, plan->fragments);
    return run;
}

static uint8_t *other_block(struct cut_run *run, const struct plan *plan)
{
    uint8_t *block = malloc((size_t)plan->fragments * plan->size);
    for (size_t i = 0; i < (size_t)plan->fragments * plan->size; i++) {
        block[i] = run->block[i] ^ 0xFFu;
    }
    return block;
}

/* The board of these tests refuses a program that needs a bit to rise. */
Test(reset_unmarked, drops_another_fragment_for_a_place_that_was_written_but_not_marked)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *run = start_with_unmarked(&plan, NULL);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    uint8_t *other = other_block(run, &plan);
    send_run(run, &plan, other, 2, 2, 0);
    cr_expect_eq(frag->missing, 30);
    cr_expect_eq(rig_traces(run->rig, FW_TRACE_FRAME_DROPPED), 1);
    cr_expect_eq(run->rig->board.traces[(run->rig->board.trace_count - 1) % BOARD_TRACES_MAX].a,
            FRAGMENTATION_DROPPED_OCCUPIED);
    send_run(run, &plan, run->block, 2, 2, 0);
    cr_expect_eq(frag->missing, 29);
    cr_expect_eq(rig_traces(run->rig, FW_TRACE_FRAME_DROPPED), 1);
    send_run(run, &plan, run->block, 1, 30, 0);
    rig_run_s(run->rig, 1);
    cr_expect_eq(frag->phase, FRAG_PHASE_DONE);
    cr_expect_arr_eq(run->rig->board.nor, run->block, 3000);
    free(other);
    cut_run_end(run);
}

/* What was there is right, and coding finds it although the fragment sent again is forged. */
Test(reset_unmarked, decodes_into_a_place_that_holds_the_same_data_without_a_mark)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *run = start_with_unmarked(&plan, NULL);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    uint8_t *other = other_block(run, &plan);
    send_run(run, &plan, other, 3, 3, 0);
    send_run(run, &plan, run->block, 1, 40, 3);
    rig_run_s(run->rig, 5);
    cr_expect_eq(frag->phase, FRAG_PHASE_DONE);
    cr_expect_arr_eq(run->rig->board.nor, run->block, 3000);
    free(other);
    cut_run_end(run);
}

/* After a torn or whole program of the first run the place takes no other data: the block fails
 * like one with a wrong MIC, the same after a further reset, and a new session may follow. */
static void fails(const struct plan *plan, const char *status)
{
    struct cut_run *good = cut_run_start(plan, 0, false);
    uint8_t *other = other_block(good, plan);
    struct cut_run *run = start_with_unmarked(plan, other);
    struct rig *rig = run->rig;
    struct fragmentation *frag = &rig->services.fragmentation;
    unsigned erases = rig->board.erases;
    uint8_t message[17];
    send_run(run, plan, run->block, 7, plan->fragments + 25, 0);
    rig_run_s(rig, 5);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t address = 0;
        uint32_t block_bytes = 0;
        cr_expect_eq(frag->phase, FRAG_PHASE_FAILED);
        struct package_facts facts = { 0 };
        fragmentation_package.tell(frag, &rig->core, &facts);
        cr_expect_neq(facts.served_groups, 0);
        rig_down_hex(rig, FRAGMENTATION_FPORT, -1, "01 01");
        rig_run_s(rig, 1);
        cr_expect_not(fragmentation_take_block(frag, &address, &block_bytes));
        const struct board_uplink *last =
                &rig->uplinks[(rig->uplink_count - 1u) % BOARD_UPLINKS_MAX];
        uint8_t expected[2];
        hex_parse(status, expected, 2);
        cr_expect_eq(last->bytes[plan->version == 2 ? 1 : 4], expected[0]);
        cr_expect_eq(last->bytes[plan->version == 2 ? 4 : 3], expected[1]);
        rig_boot(rig);
        frag->version = plan->version;
        rig_run_s(rig, 1);
    }
    size_t size = setup_message(rig, run->block, plan->fragments, plan->size, 0, 0, 2, message);
    rig_down(rig, FRAGMENTATION_FPORT, -1, message, size);
    rig_run_s(rig, 10);
    cr_expect_eq(rig->board.erases, 2 * erases);
    send_run(run, plan, run->block, 1, plan->fragments, 0);
    rig_run_s(rig, 5);
    cr_expect_eq(frag->phase, FRAG_PHASE_DONE);
    cr_expect_arr_eq(rig->board.nor, run->block, plan->fragments * plan->size);
    free(other);
    cut_run_end(run);
    cut_run_end(good);
}

Test(reset_unmarked, fails_a_block_whose_row_finds_other_data_in_its_place)
{
    fails(&(struct plan){ .fragments = 30, .size = 100, .version = 2 }, "02 00");
    fails(&(struct plan){ .fragments = 30, .size = 100, .version = 1 }, "00 00");
}

static void send_until_it_fails(struct cut_run *run, const struct plan *plan)
{
    jmp_buf power_cut;
    struct fragmentation *frag = &run->rig->services.fragmentation;
    run->rig->board.cut_jump = &power_cut;
    if (setjmp(power_cut) != 0) {
        run->resets++;
        run->rig->board.now_ticks += HAL_RTC_HZ;
        rig_boot(run->rig);
    }
    while (frag->phase != FRAG_PHASE_FAILED && run->n < 100) {
        rig_run_s(run->rig, 1);
        run->n++;
        send_run(run, plan, run->block, run->n, run->n, 0);
    }
}

/* Flash operations of the way to a failed block, of which number `cut` is interrupted. */
static unsigned fail_with_cut(const struct plan *plan, const uint8_t *other, unsigned cut)
{
    struct cut_run *run = start_with_unmarked(plan, other);
    struct board *board = &run->rig->board;
    unsigned before = board->operations;
    run->n = 6;
    board->cut_tears = true;
    board->cut_operation = cut > 0 ? before + cut : 0;
    send_until_it_fails(run, plan);
    cr_assert_eq(run->rig->services.fragmentation.phase, FRAG_PHASE_FAILED, "cut %u", cut);
    cr_assert_eq(run->resets, cut > 0, "cut %u", cut);
    unsigned operations = board->operations - before;
    cut_run_end(run);
    return operations;
}

Test(reset_unmarked, fails_such_a_block_wherever_it_is_interrupted)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *good = cut_run_start(&plan, 0, false);
    uint8_t *other = other_block(good, &plan);
    unsigned operations = fail_with_cut(&plan, other, 0);
    cr_assert_gt(operations, 10);
    for (unsigned cut = 1; cut <= operations; cut++) {
        fail_with_cut(&plan, other, cut);
    }
    free(other);
    cut_run_end(good);
}

/* Without marks it looks untouched; a next block of the same geometry would not fit over it. */
Test(reset_unmarked, makes_the_flash_ready_again_for_a_set_up_that_is_repeated_after_it)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *run = start_with_unmarked(&plan, NULL);
    struct rig *rig = run->rig;
    uint8_t *other = other_block(run, &plan);
    uint8_t message[17];
    unsigned erases = rig->board.erases;
    size_t size = setup_message(rig, other, plan.fragments, plan.size, 0, 0, 2, message);
    rig_down(rig, FRAGMENTATION_FPORT, -1, message, size);
    rig_run_s(rig, 10);
    cr_expect_eq(rig->board.erases, 2 * erases);
    send_run(run, &plan, other, 1, 30, 0);
    rig_run_s(rig, 1);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_expect_arr_eq(rig->board.nor, other, 3000);
    free(other);
    cut_run_end(run);
}
