/* A new image proves itself or the old one comes back, with power cut at every flash operation.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: images built and signed here with nettle; after each play the running slot is compared
 * byte by byte with the old and the new image.
 */
#define _GNU_SOURCE /* memmem() */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/update/two_images.h"
#include "trace.h"

#define STEP_SMALL  7u /* of the cuts in the fast suite: prime to what repeats in a copy */
#define BOOTS_MAX   50u
#define TICKS_PER_S UINT64_C(1000000000)

static bool boot(enum hal_reset_cause cause)
{
    return bootloader_run(&board.hal, cause);
}

static void install(void)
{
    cr_assert_eq(candidate_commit(&board, NEW_SIZE), UPDATE_VALID);
    cr_assert(boot(HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_eq(stored_state().slot, SLOT_TESTING);
}

static void crash_until_reverted(void)
{
    for (unsigned i = 0; i < TRIAL_CRASHES_MAX; i++) {
        cr_assert(boot(HAL_RESET_WATCHDOG));
    }
}

/* Another signed image as the candidate. */
static void offer(uint32_t version, uint32_t seed)
{
    fake_image_build(new_image, NEW_CODE, version, HARDWARE_ID, seed, private_key);
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
}

Test(testing, a_confirmed_image_stays_and_raises_the_floor, .init = set_up)
{
    install();
    cr_assert_eq(stored_state().version_floor, 0);
    cr_assert(stored_state().old_saved);
    confirm();
    struct boot_state state = stored_state();
    cr_assert_eq(state.slot, SLOT_CONFIRMED);
    cr_assert_eq(state.version_floor, NEW_VERSION);
    cr_assert_not(state.old_saved, "there is no way back any more");
    cr_assert_eq(board.traces[FW_TRACE_IMAGE_CONFIRMED], 1);
    for (unsigned i = 0; i < 2 * TRIAL_CRASHES_MAX; i++) {
        cr_assert(boot(HAL_RESET_WATCHDOG));
    }
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_eq(stored_state().installs, 1);
}

Test(testing, an_image_that_crashes_three_times_is_reverted, .init = set_up)
{
    install();
    for (unsigned i = 1; i < TRIAL_CRASHES_MAX; i++) {
        cr_assert(boot(HAL_RESET_WATCHDOG));
        cr_assert(boot(HAL_RESET_PIN), "which is no crash");
        cr_assert(runs(new_image, NEW_SIZE));
        cr_assert_eq(stored_state().crashes, i);
    }
    cr_assert(boot(HAL_RESET_WATCHDOG));
    cr_assert(runs(old_image, OLD_SIZE));
    struct boot_state state = stored_state();
    cr_assert_eq(state.slot, SLOT_REJECTED);
    cr_assert_eq(state.result, BOOT_RESULT_REVERTED);
    cr_assert_eq(state.reverted_version, NEW_VERSION);
    cr_assert_eq(state.version_floor, 0);
    cr_assert_eq(state.refusals, 0);
    cr_assert_eq(board.traces[FW_TRACE_IMAGE_GIVEN_UP], 1);
    cr_assert_eq(board.traces[FW_TRACE_REVERTED], 1);
    cr_assert_eq(board.violations, 0);
}

Test(testing, an_image_that_starts_too_often_is_reverted, .init = set_up)
{
    install();
    for (unsigned i = 1; i < TRIAL_STARTS_MAX; i++) {
        cr_assert(boot(i % 2 == 0 ? HAL_RESET_SOFTWARE : HAL_RESET_BROWNOUT));
        cr_assert(runs(new_image, NEW_SIZE), "start %u", i);
    }
    cr_assert(boot(HAL_RESET_SOFTWARE));
    cr_assert(runs(old_image, OLD_SIZE));
}

static void note_contact(enum trial_contact contact)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board.hal);
    boot_state_read(&nvm, &state);
    cr_assert(trial_note_contact(&state, contact));
    cr_assert_not(trial_note_contact(&state, contact), "no news");
    boot_state_write(&nvm, &state);
}

/* What the image has seen of a network tells ends by time apart. */
Test(testing, the_end_of_the_trial_time_says_what_the_image_saw)
{
    static const struct {
        enum trial_contact contact;
        enum trial_end end;
        uint32_t barred;
    } rows[] = {
        { TRIAL_CONTACT_NONE, TRIAL_MUTE, NEW_VERSION },
        { TRIAL_CONTACT_SENT, TRIAL_UNHEARD, 0 },
        { TRIAL_CONTACT_HEARD, TRIAL_UNANSWERED, NEW_VERSION },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up();
        install();
        cr_assert_eq(stored_state().contact, TRIAL_CONTACT_NONE);
        if (rows[i].contact != TRIAL_CONTACT_NONE) {
            note_contact(rows[i].contact);
        }
        board.now_ns += 24u * 3600u * TICKS_PER_S;
        cr_assert(boot(HAL_RESET_PIN));
        cr_assert(runs(old_image, OLD_SIZE));
        cr_expect_eq(stored_state().trial_end, rows[i].end, "row %u", i);
        cr_expect_eq(stored_state().reverted_version, rows[i].barred, "row %u", i);
        memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
        cr_expect_eq(candidate_commit(&board, NEW_SIZE),
                rows[i].barred != 0 ? UPDATE_BAD_VERSION : UPDATE_VALID, "row %u", i);
    }
}

/* Factory record, byte 178: hours; 0: 24. */
Test(testing, the_trial_time_passes_by_the_clock)
{
    static const uint8_t hours[] = { 0, 1, 100 };
    for (unsigned i = 0; i < sizeof hours; i++) {
        uint64_t limit_ns = (hours[i] != 0 ? hours[i] : 24u) * 3600u * TICKS_PER_S;
        set_up();
        board.internal[FLASH_FACTORY_ADDRESS + 178] = hours[i];
        fake_board_seal_factory(&board);
        install();
        board.now_ns += limit_ns - 60 * TICKS_PER_S;
        cr_assert(boot(HAL_RESET_PIN));
        cr_assert(runs(new_image, NEW_SIZE));
        board.now_ns += 61 * TICKS_PER_S;
        cr_assert(boot(HAL_RESET_PIN));
        cr_assert(runs(old_image, OLD_SIZE), "%u hours", hours[i]);
    }
}

/* The RTC starts at 0 with the power: what had passed before stays counted. */
Test(testing, a_power_cut_does_not_turn_the_clock_back, .init = set_up)
{
    install();
    board.now_ns += UINT64_C(13) * 3600 * TICKS_PER_S;
    cr_assert(boot(HAL_RESET_PIN));
    board.now_ns = 0;
    cr_assert(boot(HAL_RESET_POWER_ON));
    cr_assert(runs(new_image, NEW_SIZE));
    board.now_ns += UINT64_C(12) * 3600 * TICKS_PER_S;
    cr_assert(boot(HAL_RESET_PIN));
    cr_assert(runs(old_image, OLD_SIZE));
}

Test(testing, a_version_that_was_reverted_is_not_taken_again, .init = set_up)
{
    struct update update;
    install();
    crash_until_reverted();
    cr_assert_eq(candidate_verify(&board, &update, NEW_SIZE), UPDATE_BAD_VERSION);
    for (unsigned i = 0; i < 5; i++) { /* a damaged old image is no reason either */
        board.internal[FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 99] ^= 1;
        cr_assert(boot(HAL_RESET_POWER_ON));
        cr_assert(runs(old_image, OLD_SIZE), "boot %u", i);
    }
    offer(NEW_VERSION + 1, 3);
    install();
    confirm();
    cr_assert_eq(stored_state().version_floor, NEW_VERSION + 1);
}

/* Each time to the image that was confirmed by having been. */
Test(testing, two_bad_images_in_a_row_are_both_reverted, .init = set_up)
{
    for (uint32_t version = NEW_VERSION; version < NEW_VERSION + 2; version++) {
        offer(version, version);
        install();
        crash_until_reverted();
        cr_assert(runs(old_image, OLD_SIZE));
        cr_assert_eq(stored_state().reverted_version, version);
        for (unsigned i = 0; i < 2 * TRIAL_CRASHES_MAX; i++) {
            cr_assert(boot(HAL_RESET_WATCHDOG), "the old image is in no test");
            cr_assert(runs(old_image, OLD_SIZE));
        }
    }
    cr_assert_eq(stored_state().installs, 4);
}

Test(testing, an_image_that_receives_the_next_one_has_proven_itself, .init = set_up)
{
    install();
    offer(NEW_VERSION + 1, 3);
    cr_assert_eq(candidate_commit(&board, NEW_SIZE), UPDATE_VALID);
    cr_assert_eq(stored_state().version_floor, NEW_VERSION);
    cr_assert_eq(stored_state().slot, SLOT_VERIFIED);
    cr_assert_eq(board.traces[FW_TRACE_IMAGE_CONFIRMED], 1);
}

/* --- what is saved --------------------------------------------------------------------------- */

Test(saved, the_old_image_lies_encrypted_in_the_nor_behind_its_plain_header, .init = set_up)
{
    const uint8_t *saved = candidate_old_image(&board);
    install();
    cr_assert_arr_eq(saved, old_image, IMAGE_HEADER_SIZE);
    for (uint32_t at = IMAGE_HEADER_SIZE; at + 32 <= OLD_SIZE; at++) {
        cr_assert_null(memmem(board.external, sizeof board.external, old_image + at, 32),
                "code at %u lies in the NOR", at);
    }
    if (!candidate_boots_from_nor(&board)) {
        cr_assert_arr_eq(saved, old_image, OLD_SIZE, "plain inside the MCU");
    }
}

Test(saved, a_damaged_image_is_not_saved_and_its_successor_not_tested, .init = set_up)
{
    cr_assert_eq(candidate_commit(&board, NEW_SIZE), UPDATE_VALID);
    board.internal[FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 700] ^= 0x10;
    cr_assert(boot(HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    struct boot_state state = stored_state();
    cr_assert_eq(state.slot, SLOT_CONFIRMED);
    cr_assert_eq(state.version_floor, NEW_VERSION);
    cr_assert_not(state.old_saved);
    cr_assert_eq(board.traces[FW_TRACE_IMAGE_SAVED], 0);
}

Test(saved, an_unsigned_image_is_not_saved, .init = set_up)
{
    board.internal[FLASH_RUNNING_ADDRESS + IMAGE_OFF_SIGNATURE] ^= 1;
    cr_assert_eq(candidate_commit(&board, NEW_SIZE), UPDATE_VALID);
    cr_assert(boot(HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_eq(stored_state().slot, SLOT_CONFIRMED);
}

/* Whoever rewrites the NOR can put a signed image there, but not the one that was saved. */
Test(saved, only_the_saved_image_is_put_back, .init = set_up)
{
    static uint8_t other[OLD_SIZE];
    install();
    fake_image_build(other, OLD_CODE, OLD_VERSION, HARDWARE_ID, 9, private_key);
    memcpy(candidate_old_image(&board), other, OLD_SIZE);
    crash_until_reverted();
    cr_assert(runs(new_image, NEW_SIZE), "there is no other to start");
    cr_assert_eq(stored_state().slot, SLOT_REVERTING);
    cr_assert(boot(HAL_RESET_PIN));
    cr_assert(runs(new_image, NEW_SIZE));
    confirm();
    cr_assert_eq(stored_state().slot, SLOT_CONFIRMED);
}

Test(saved, a_saved_image_that_reads_well_later_is_put_back_later, .init = set_up)
{
    install();
    candidate_old_image(&board)[999] ^= 1;
    crash_until_reverted();
    cr_assert(runs(new_image, NEW_SIZE));
    candidate_old_image(&board)[999] ^= 1;
    cr_assert(boot(HAL_RESET_PIN));
    cr_assert(runs(old_image, OLD_SIZE));
    cr_assert_eq(stored_state().result, BOOT_RESULT_REVERTED);
}

Test(saved, a_damaged_image_in_testing_gives_way_to_the_saved_one, .init = set_up)
{
    install();
    candidate_new_image(&board)[999] ^= 1; /* the candidate can't repair it */
    board.internal[FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 700] ^= 0x10;
    cr_assert(boot(HAL_RESET_PIN));
    cr_assert(runs(old_image, OLD_SIZE));
}

/* Session, nonces and counters are records of the store, which both images share. */
Test(saved, an_update_and_its_revert_leave_all_other_records_as_they_are, .init = set_up)
{
    struct nvm nvm;
    uint8_t written[NVM_ID_COUNT][40], record[NVM_RECORD_SIZE_MAX];
    nvm_open(&nvm, &board.hal);
    for (unsigned id = 1; id < NVM_ID_COUNT; id++) {
        if (id != NVM_BOOT_STATE && id != NVM_UPDATE_STATE) {
            memset(written[id], (int)(0x40 + id), sizeof written[id]);
            nvm_write(&nvm, (enum nvm_id)id, written[id], sizeof written[id]);
        }
    }
    install();
    crash_until_reverted();
    cr_assert(runs(old_image, OLD_SIZE));
    nvm_open(&nvm, &board.hal);
    for (unsigned id = 1; id < NVM_ID_COUNT; id++) {
        if (id != NVM_BOOT_STATE && id != NVM_UPDATE_STATE) {
            int size = nvm_read(&nvm, (enum nvm_id)id, record, sizeof record);
            cr_assert_eq(size, sizeof written[id], "record %u", id);
            cr_assert_arr_eq(record, written[id], sizeof written[id], "record %u", id);
        }
    }
}

/* --- power cuts ------------------------------------------------------------------------------ */

static struct fake_board before; /* each play */
static uint32_t old_size, new_size;

static void begin(void)
{
    memcpy(&board, &before, sizeof board);
}

/* From the commit to the end of the trial: the new image crashes or confirms itself as soon as it
 * runs. False: the bootloader starts nothing. */
static bool play(bool good)
{
    struct nvm nvm;
    enum hal_reset_cause cause = HAL_RESET_SOFTWARE;
    nvm_open(&nvm, &board.hal);
    struct boot_state state = stored_state();
    if (state.slot == SLOT_EMPTY) {
        cr_assert_eq(candidate_commit(&board, new_size), UPDATE_VALID);
    }
    for (unsigned boots = 0; boots < BOOTS_MAX; boots++) {
        if (!boot(cause)) {
            return false;
        }
        uint8_t slot = stored_state().slot;
        if (slot == SLOT_REJECTED || slot == SLOT_CONFIRMED) {
            return true;
        }
        if (good) {
            confirm();
        }
        cause = HAL_RESET_WATCHDOG;
    }
    return false;
}

static bool play_is_cut(bool good, bool *starts)
{
    bool cut;
    *starts = true;
    FAKE_POWERED(&board, cut, *starts = play(good));
    return cut;
}

struct cuts {
    unsigned tried, bricks, strangers;
};

static void try_cut(bool good, uint32_t cut_at, enum fake_tear tear, struct cuts *cuts)
{
    bool starts;
    begin();
    board.cut_at = cut_at;
    board.tear = tear;
    board.random = cut_at * 2654435761u + (unsigned)tear;
    cr_assert(play_is_cut(good, &starts));
    /* A second cut in what follows, then quiet. */
    board.cut_at = board.operations + cut_at % 50;
    (void)play_is_cut(good, &starts);
    board.cut_at = FAKE_CUT_NEVER;
    /* What starts after the cuts, before anything is done about it. */
    cr_assert_not(play_is_cut(good, &starts));
    struct boot_state state = stored_state();
    cuts->tried++;
    cuts->bricks += !starts;
    cuts->strangers += !(good ? runs(new_image, new_size) : runs(old_image, old_size));
    cr_assert_eq(state.slot, good ? SLOT_CONFIRMED : SLOT_REJECTED, "cut %u tear %d", cut_at, tear);
    cr_assert_eq(state.version_floor, good ? NEW_VERSION : 0);
    cr_assert_eq(state.reverted_version, good ? 0 : NEW_VERSION);
    cr_assert_eq(board.violations, 0, "cut %u tear %d breaks flash rules", cut_at, tear);
    cr_assert_eq(board.panics, 0);
}

static void cut_everywhere(bool good, uint32_t step)
{
    bool starts;
    struct cuts cuts = { 0 };
    begin();
    cr_assert_not(play_is_cut(good, &starts));
    cr_assert(starts);
    uint32_t operations = board.operations;
    for (uint32_t cut_at = 0; cut_at < operations; cut_at += step) {
        for (unsigned tear = 0; tear < FAKE_TEAR_COUNT; ++tear) {
            try_cut(good, cut_at, (enum fake_tear)tear, &cuts);
        }
    }
    fprintf(stderr, "# %s: %u operations, %u cuts, %u bricks, %u other images\n",
            good ? "save, install, confirm" : "save, install, crash, revert", operations,
            cuts.tried, cuts.bricks, cuts.strangers);
    cr_assert_eq(cuts.bricks, 0);
    cr_assert_eq(cuts.strangers, 0);
}

/* FLEETCAST_UPDATE_CUTS=n: a 32 KiB image, every n-th operation. */
static void cut_as_told(bool good)
{
    const char *step = getenv("FLEETCAST_UPDATE_CUTS");
    uint32_t old_code = step != NULL ? CODE_MAX - 1000 : OLD_CODE;
    uint32_t new_code = step != NULL ? CODE_MAX : NEW_CODE;
    make_images(old_code, new_code);
    memcpy(&before, &board, sizeof before);
    old_size = IMAGE_HEADER_SIZE + old_code;
    new_size = IMAGE_HEADER_SIZE + new_code;
    cut_everywhere(good, step != NULL ? (uint32_t)strtoul(step, NULL, 10) : STEP_SMALL);
}

Test(cuts, a_good_image_is_confirmed_in_the_end, .timeout = 600)
{
    cut_as_told(true);
}

Test(cuts, a_bad_image_is_reverted_in_the_end, .timeout = 600)
{
    cut_as_told(false);
}
