/* What a reset finds in the NOR and in the session's record is input.
 * SPDX-License-Identifier: MIT
 *
 * design.md section 5, entry 11: it can cost a session, never the device. The fake board fails the
 * test at a broken assertion.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cut_run.h"

#define SLOT(s) (NOR_FEC_ADDRESS + (s)*NOR_FEC_SLOT_SIZE)

static const struct plan frozen_plan = { .fragments = 30, .size = 100, .version = 2 };

/* Fragments 1 to 25 and then `coded` coded ones: five unknowns. */
static struct cut_run *frozen(unsigned coded)
{
    struct cut_run *run = cut_run_start(&frozen_plan, 0, false);
    rig_run_s(run->rig, 10);
    for (unsigned n = 1; n <= 30 + coded; n++) {
        if (n <= 25 || n > 30) {
            send_fragment(run->rig, run->block, 30, 100, n, 0);
            rig_run_ticks(run->rig, 13000);
        }
    }
    run->n = 30 + coded;
    rig_run_s(run->rig, 2);
    return run;
}

static void reboot(struct cut_run *run)
{
    rig_boot(run->rig);
    rig_run_s(run->rig, 3);
}

static void expect_whole_block(struct cut_run *run)
{
    cut_run_to_end(run, &frozen_plan);
    cr_assert_arr_eq(run->rig->board.nor, run->block, 3000);
    cut_run_end(run);
}

/* A slot by the table in services/frag_store.h. */
static void write_slot(struct rig *rig, unsigned slot, unsigned n)
{
    uint8_t *bytes = rig->board.nor + SLOT(slot);
    unsigned zeros = 0;
    memset(bytes, 0xFF, NOR_FEC_SLOT_SIZE);
    memset(bytes, 0x3C, 100);
    bytes[252] = (uint8_t)n;
    bytes[253] = (uint8_t)(n >> 8);
    for (unsigned i = 0; i < 254; i++) {
        zeros += 8u - (unsigned)__builtin_popcount(bytes[i]);
    }
    bytes[254] = (uint8_t)zeros;
    bytes[255] = (uint8_t)(zeros >> 8);
}

/* Another byte in slot 1 than the zeros that its trailer counts. */
static void pass_over(uint8_t byte)
{
    struct cut_run *run = frozen(1);
    const struct fragmentation *frag = &run->rig->services.fragmentation;
    cr_assert_eq(frag->missing, 4);
    write_slot(run->rig, 1, 40);
    run->rig->board.nor[SLOT(1) + 50] = byte;
    reboot(run);
    cr_assert_eq(frag->phase, FRAG_PHASE_DECODE);
    cr_assert_eq(frag->missing, 4, "it counts for nothing");
    cr_assert_eq(frag->decoder.slot_next, 2, "and is not written over");
    send_fragment(run->rig, run->block, 30, 100, 33, 0);
    rig_run_s(run->rig, 1);
    cr_assert_eq(frag->missing, 3);
    reboot(run);
    cr_assert_eq(frag->missing, 3);
    expect_whole_block(run);
}

Test(reset_content, passes_over_a_torn_slot_now_and_at_each_later_reset)
{
    pass_over(0xFF); /* zeros that the program did not reach */
}

Test(reset_content, passes_over_a_slot_that_lost_bits_later)
{
    pass_over(0x38); /* 0x3C with one zero more */
}

Test(reset_content, two_equal_slots_count_once)
{
    struct cut_run *run = frozen(2);
    struct rig *rig = run->rig;
    const struct fragmentation *frag = &rig->services.fragmentation;
    cr_assert_eq(frag->missing, 3);
    memcpy(rig->board.nor + SLOT(2), rig->board.nor + SLOT(1), NOR_FEC_SLOT_SIZE);
    reboot(run);
    cr_assert_eq(frag->missing, 3);
    cr_assert_eq(frag->decoder.slot_next, 3);
    expect_whole_block(run);
}

/* N 0, beyond 14 bits, of a fragment in the block; each with a count that is right. */
Test(reset_content, slots_with_impossible_numbers_are_passed_over)
{
    struct cut_run *run = frozen(1);
    const struct fragmentation *frag = &run->rig->services.fragmentation;
    static const unsigned numbers[] = { 0, 16384, 65535, 1, 25 };
    for (unsigned i = 0; i < 5; i++) {
        write_slot(run->rig, 1 + i, numbers[i]);
    }
    reboot(run);
    cr_assert_eq(frag->missing, 4);
    cr_assert_eq(frag->decoder.slot_next, 6);
    expect_whole_block(run);
}

Test(reset_content, a_row_goes_to_the_next_slot_when_something_is_in_its_own)
{
    struct cut_run *run = frozen(1);
    const struct fragmentation *frag = &run->rig->services.fragmentation;
    run->rig->board.nor[SLOT(2) + 7] = 0;
    reboot(run);
    cr_assert_eq(frag->decoder.slot_next, 1);
    expect_whole_block(run);
}

/* More unknowns than the matrix has rows: the marks rotted after the freeze. */
Test(reset_content, a_frozen_journal_with_too_many_holes_starts_the_session_over)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    struct cut_run *run = cut_run_start(&plan, 0, false);
    struct rig *rig = run->rig;
    const struct fragmentation *frag = &rig->services.fragmentation;
    rig_run_s(rig, 10);
    for (unsigned i = 0; i < 40; i++) {
        cut_run_send_next(run, &plan);
        rig_run_ticks(rig, 13000);
    }
    rig->board.nor[NOR_JOURNAL_ADDRESS + FRAG_MILESTONE_FROZEN] = 0;
    rig_boot(rig);
    rig_run_s(rig, 20);
    cr_assert_eq(frag->phase, FRAG_PHASE_COLLECT);
    cr_assert_eq(frag->missing, 300);
    cr_assert_eq(frag->received_count, 0);
    run->n = 0;
    cut_run_to_end(run, &plan);
    cr_assert_arr_eq(rig->board.nor, run->block, 60000);
    cut_run_end(run);
}

/* Each field outside of what a set-up could have asked for. */
Test(reset_content, a_record_that_fits_no_session_is_dropped)
{
    static const struct {
        uint8_t offset;
        uint8_t value[2];
    } cases[] = {
        { offsetof(struct frag_params, fragments), { 0x01, 0x10 } },
        { offsetof(struct frag_params, fragments), { 0, 0 } },
        { offsetof(struct frag_params, fragments), { 0x00, 0x08 } }, /* x 100 B: beyond the NOR */
        { offsetof(struct frag_params, fragment_size), { 240, 0 } },
        { offsetof(struct frag_params, fragment_size), { 0, 0 } },
        { offsetof(struct frag_params, index), { 4, 0 } },
        { offsetof(struct frag_params, group_mask), { 16, 3 } },
        { offsetof(struct frag_params, block_ack_delay), { 8, 0 } },
        { offsetof(struct frag_params, version), { 3, 0 } },
        { offsetof(struct frag_params, version), { 0, 0 } },
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cut_run *run = frozen(0);
        struct board_record *record = &run->rig->board.records[NVM_FRAG_SESSION];
        cr_assert_eq(record->size, sizeof(struct frag_params));
        memcpy(record->bytes + cases[i].offset, cases[i].value, 2);
        reboot(run);
        cr_assert_eq(run->rig->services.fragmentation.phase, FRAG_PHASE_NONE, "case %u", i);
        cr_assert_lt(record->size, 0);
        cut_run_end(run);
    }
}
