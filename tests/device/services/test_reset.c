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

#include "fake_board.h"
#include "services/package.h"

struct plan {
    unsigned fragments;
    unsigned size;
    uint8_t version;
    unsigned loss_percent;
    unsigned late_percent; /* of fragments after the first M: a late uncoded one */
};

struct cut_run {
    struct rig *rig;
    uint8_t *block;
    unsigned n;      /* last fragment sent */
    unsigned resets; /* that happened */
};

/* The server's next step. Its random numbers are its own: they do not depend on the cut. */
static void send_next(struct cut_run *run, const struct plan *plan)
{
    unsigned n = ++run->n;
    uint32_t hash = n * 2654435761u;
    hash ^= hash >> 15;
    hash *= 0x2C1B3C6Du;
    hash ^= hash >> 13;
    if (hash % 100 < plan->loss_percent) {
        return;
    }
    if (n > plan->fragments && (hash >> 8) % 100 < plan->late_percent) {
        n = 1 + (hash >> 16) % plan->fragments;
    }
    send_fragment(run->rig, run->block, plan->fragments, plan->size, n, 0);
}

static void step_to_end(struct cut_run *run, const struct plan *plan)
{
    jmp_buf power_cut;
    struct fragmentation *frag = &run->rig->services.fragmentation;
    run->rig->board.cut_jump = &power_cut;
    if (setjmp(power_cut) != 0) {
        run->resets++;
        run->rig->board.now_ticks += HAL_RTC_HZ;
        rig_boot(run->rig);
        frag->version = plan->version;
        run->rig->board.cut_jump = &power_cut;
    }
    while (frag->phase != FRAG_PHASE_DONE) {
        cr_assert_neq(frag->phase, FRAG_PHASE_FAILED);
        cr_assert_neq(frag->phase, FRAG_PHASE_NONE);
        cr_assert_lt(run->n, 16383);
        rig_run_ticks(run->rig, 13000);
        bool sends = frag->phase == FRAG_PHASE_COLLECT || frag->phase == FRAG_PHASE_DECODE;
        if (sends) {
            send_next(run, plan);
        }
        rig_run_ticks(run->rig, 13000);
    }
}

static struct cut_run *start(const struct plan *plan, unsigned cut_operation, bool tears)
{
    struct cut_run *run = calloc(1, sizeof(*run));
    uint8_t message[17];
    run->rig = rig_create();
    run->block = malloc((size_t)plan->fragments * plan->size);
    for (size_t i = 0; i < (size_t)plan->fragments * plan->size; i++) {
        run->block[i] = (uint8_t)rig_random(run->rig);
    }
    run->rig->services.fragmentation.version = plan->version;
    run->rig->board.random_state = cut_operation;
    run->rig->board.cut_operation = cut_operation;
    run->rig->board.cut_tears = tears;
    size_t size =
            setup_message(run->rig, run->block, plan->fragments, plan->size, 0, 0, 1, message);
    rig_down(run->rig, FRAGMENTATION_FPORT, -1, message, size);
    return run;
}

static void end(struct cut_run *run)
{
    rig_destroy(run->rig);
    free(run->block);
    free(run);
}

static void cut_everywhere(const struct plan *plan)
{
    struct cut_run *whole = start(plan, 0, false);
    step_to_end(whole, plan);
    unsigned operations = whole->rig->board.operations;
    cr_assert_arr_eq(whole->rig->board.nor, whole->block, plan->fragments * plan->size);
    cr_assert_gt(operations, 40);
    end(whole);
    for (unsigned cut = 1; cut <= operations; cut++) {
        for (unsigned tears = 0; tears < 2; tears++) {
            struct cut_run *run = start(plan, cut, tears != 0);
            step_to_end(run, plan);
            cr_assert_eq(run->resets, 1, "cut %u", cut);
            cr_assert_arr_eq(run->rig->board.nor, run->block, plan->fragments * plan->size,
                    "cut %u tears %u", cut, tears);
            end(run);
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
            send_next(run, plan);
        }
    }
}

Test(reset, may_happen_many_times_in_one_session)
{
    struct plan plan = { .fragments = 100, .size = 100, .version = 2, .loss_percent = 30 };
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct cut_run *run = start(&plan, 0, true);
        run->rig->board.random_state = seed;
        run_with_many_cuts(run, &plan);
        cr_assert_arr_eq(run->rig->board.nor, run->block, 10000, "seed %u", seed);
        end(run);
    }
}

/* How much one cut may cost: what was not marked yet. */
Test(reset, loses_at_most_the_last_fragments)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    for (unsigned sent = 1; sent < 300; sent += 7) {
        struct cut_run *run = start(&plan, 0, false);
        struct fragmentation *frag = &run->rig->services.fragmentation;
        rig_run_s(run->rig, 10);
        for (unsigned i = 0; i < sent; i++) {
            send_next(run, &plan);
            rig_run_ticks(run->rig, 13000);
        }
        rig_boot(run->rig);
        rig_run_s(run->rig, 1);
        cr_assert_eq(frag->phase, FRAG_PHASE_COLLECT);
        unsigned lost = frag->missing - (300u - sent);
        cr_assert_leq(lost, FRAG_STORE_MARK_BATCH + 6, "sent %u lost %u", sent, lost);
        end(run);
    }
}

Test(reset, loses_nothing_a_while_after_the_last_fragment)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    struct cut_run *run = start(&plan, 0, false);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    rig_run_s(run->rig, 10);
    for (unsigned i = 0; i < 45; i++) {
        send_next(run, &plan);
        rig_run_ticks(run->rig, 13000);
    }
    rig_run_s(run->rig, 121);
    rig_boot(run->rig);
    rig_run_s(run->rig, 1);
    cr_assert_eq(frag->missing, 255);
    end(run);
}

Test(reset, keeps_a_finished_block_and_hands_it_over_until_it_is_used)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2, .loss_percent = 20 };
    struct cut_run *run = start(&plan, 0, false);
    struct fragmentation *frag = &run->rig->services.fragmentation;
    uint32_t address = 1;
    uint32_t size = 0;
    step_to_end(run, &plan);
    cr_assert_not(fragmentation_take_block(frag, &address, &size)); /* nobody asked yet */
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
    end(run);
}

Test(reset, knows_late_uncoded_fragments_again)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *run = start(&plan, 0, false);
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
    end(run);
}

/* --- data without a mark -------------------------------------------------------------------- */

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
    struct cut_run *run = start(plan, 0, false);
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
Test(reset, drops_another_fragment_for_a_place_that_was_written_but_not_marked)
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
    end(run);
}

/* What was there is right, and coding finds it although the fragment sent again is forged. */
Test(reset, decodes_into_a_place_that_holds_the_same_data_without_a_mark)
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
    end(run);
}

/* After a torn or whole program of the first run the place takes no other data: the block fails
 * like one with a wrong MIC, the same after a further reset, and a new session is welcome. */
static void fails(const struct plan *plan, const char *status)
{
    struct cut_run *good = start(plan, 0, false);
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
    end(run);
    end(good);
}

Test(reset, fails_a_block_whose_row_finds_other_data_in_its_place)
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
    end(run);
    return operations;
}

Test(reset, fails_such_a_block_wherever_it_is_interrupted)
{
    struct plan plan = { .fragments = 30, .size = 100, .version = 2 };
    struct cut_run *good = start(&plan, 0, false);
    uint8_t *other = other_block(good, &plan);
    unsigned operations = fail_with_cut(&plan, other, 0);
    cr_assert_gt(operations, 10);
    for (unsigned cut = 1; cut <= operations; cut++) {
        fail_with_cut(&plan, other, cut);
    }
    free(other);
    end(good);
}

/* Without marks it looks untouched; a next block of the same geometry would not fit over it. */
Test(reset, makes_the_flash_ready_again_for_a_set_up_that_is_repeated_after_it)
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
    end(run);
}

/* An erased journal must not look like one that was opened, whatever the dice say. */
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

/* --- what is in the NOR is input ---------------------------------------------------------------
 * design.md section 5, entry 11: it can cost a session, never the device. The fake board fails the
 * test at a broken assertion. */

#define SLOT(s) (NOR_FEC_ADDRESS + (s)*NOR_FEC_SLOT_SIZE)

static const struct plan frozen_plan = { .fragments = 30, .size = 100, .version = 2 };

/* Fragments 1 to 25 and then `coded` coded ones: five unknowns. */
static struct cut_run *frozen(unsigned coded)
{
    struct cut_run *run = start(&frozen_plan, 0, false);
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
    step_to_end(run, &frozen_plan);
    cr_assert_arr_eq(run->rig->board.nor, run->block, 3000);
    end(run);
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

Test(reset, passes_over_a_torn_slot_now_and_at_each_later_reset)
{
    struct cut_run *run = frozen(1);
    const struct fragmentation *frag = &run->rig->services.fragmentation;
    cr_assert_eq(frag->missing, 4);
    write_slot(run->rig, 1, 40);
    run->rig->board.nor[SLOT(1) + 50] = 0xFF; /* zeros that were not programmed any more */
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

Test(reset, two_equal_slots_count_once)
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
Test(reset, slots_with_impossible_numbers_are_passed_over)
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

Test(reset, a_row_goes_to_the_next_slot_when_something_is_in_its_own)
{
    struct cut_run *run = frozen(1);
    const struct fragmentation *frag = &run->rig->services.fragmentation;
    run->rig->board.nor[SLOT(2) + 7] = 0;
    reboot(run);
    cr_assert_eq(frag->decoder.slot_next, 1);
    expect_whole_block(run);
}

/* More unknowns than the matrix has rows: the marks rotted after the freeze. */
Test(reset, a_frozen_journal_with_too_many_holes_starts_the_session_over)
{
    struct plan plan = { .fragments = 300, .size = 200, .version = 2 };
    struct cut_run *run = start(&plan, 0, false);
    struct rig *rig = run->rig;
    const struct fragmentation *frag = &rig->services.fragmentation;
    rig_run_s(rig, 10);
    for (unsigned i = 0; i < 40; i++) {
        send_next(run, &plan);
        rig_run_ticks(rig, 13000);
    }
    rig->board.nor[NOR_JOURNAL_ADDRESS + FRAG_MILESTONE_FROZEN] = 0;
    rig_boot(rig);
    rig_run_s(rig, 20);
    cr_assert_eq(frag->phase, FRAG_PHASE_COLLECT);
    cr_assert_eq(frag->missing, 300);
    cr_assert_eq(frag->received_count, 0);
    run->n = 0;
    step_to_end(run, &plan);
    cr_assert_arr_eq(rig->board.nor, run->block, 60000);
    end(run);
}

/* Each field outside of what a set-up could have asked for. */
Test(reset, a_record_that_fits_no_session_is_dropped)
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
        end(run);
    }
}
