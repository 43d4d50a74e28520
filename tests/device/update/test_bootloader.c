/* Installation of committed candidates, with power cut at every flash operation.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: after an install the running slot is compared byte by byte with the old and the new
 * image.
 */
#include "device/update/two_images.h"
#include "trace.h"

/* Boots; true when the power went before the bootloader was done. */
static bool boot_is_cut(void)
{
    bool cut;
    FAKE_POWERED(&board, cut, bootloader_run(&board.hal, HAL_RESET_BROWNOUT));
    return cut;
}

static bool commit_and_boot_is_cut(void)
{
    bool cut;
    FAKE_POWERED(&board, cut, {
        verify_and_commit();
        bootloader_run(&board.hal, HAL_RESET_SOFTWARE);
    });
    return cut;
}

/* The application is updated and the bootloader is not: a later one knows more of the record. */
Test(bootloader, a_longer_boot_state_is_read_and_kept_as_long, .init = set_up)
{
    struct nvm nvm;
    uint8_t record[NVM_RECORD_SIZE_MAX];
    verify_and_commit();
    nvm_open(&nvm, &board.hal);
    int size = nvm_read(&nvm, NVM_BOOT_STATE, record, sizeof record);
    cr_assert_gt(size, 0);
    memcpy(record + size, "later", 5);
    nvm_write(&nvm, NVM_BOOT_STATE, record, (size_t)size + 5);
    cr_assert(waits());
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_eq(stored_state().installs, 1);
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_read(&nvm, NVM_BOOT_STATE, record, sizeof record), size + 5);
    cr_assert_arr_eq(record + size, "later", 5);
}

/* Flash operations of an install and of the record that it leaves. */
static uint32_t install_operations(void)
{
    set_up();
    verify_and_commit();
    uint32_t before = board.operations;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    return board.operations - before;
}

Test(bootloader, without_a_commit_nothing_is_touched, .init = set_up)
{
    stored_state(); /* formats the store */
    uint32_t operations = board.operations;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_eq(board.operations, operations);
    cr_assert(runs(old_image, OLD_SIZE));
}

Test(bootloader, a_committed_image_runs_after_the_next_boot, .init = set_up)
{
    struct image_info info;
    verify_and_commit();
    cr_assert(waits());
    board.busy_looks = 100; /* the reset did not stop the NOR */
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert(update_running_image(&board.hal, &info));
    cr_assert_eq(info.version, NEW_VERSION);
    cr_assert_eq(info.image_size, NEW_CODE);
    struct boot_state state = stored_state();
    cr_assert_not(boot_state_pending(&state));
    cr_assert_eq(state.installs, 1);
    cr_assert_eq(state.refusals, 0);
    cr_assert_eq(state.slot, SLOT_TESTING);
    cr_assert_eq(state.version_floor, 0, "it may still be reverted");
    cr_assert_eq(state.result, BOOT_RESULT_INSTALLED);
    cr_assert(state.result_new, "the application is told");
    cr_assert_eq(board.traces[FW_TRACE_INSTALL_STARTED], 1);
    cr_assert_eq(board.traces[FW_TRACE_INSTALLED], 1);
    uint32_t erases = board.erases;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_eq(board.erases, erases, "an install happens once");
    cr_assert_eq(board.violations, 0);
}

Test(bootloader, a_candidate_that_went_bad_is_refused_and_the_old_image_stays, .init = set_up)
{
    static const uint32_t places[] = { IMAGE_OFF_MAGIC, IMAGE_OFF_VERSION, IMAGE_OFF_SHA256,
        IMAGE_OFF_SIGNATURE, IMAGE_HEADER_SIZE, NEW_SIZE - 1 };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; ++i) {
        set_up();
        verify_and_commit();
        candidate_new_image(&board)[places[i]] ^= 0x80;
        cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
        cr_assert(runs(old_image, OLD_SIZE));
        cr_assert_not(waits());
        cr_assert_eq(stored_state().refusals, 1);
        cr_assert_eq(board.traces[FW_TRACE_INSTALL_STARTED], 0);
    }
}

Test(bootloader, only_the_committed_digest_is_installed, .init = set_up)
{
    verify_and_commit();
    fake_image_build(new_image, NEW_CODE, NEW_VERSION + 1, HARDWARE_ID, 3, private_key);
    memcpy(candidate_new_image(&board), new_image, NEW_SIZE);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_assert(runs(old_image, OLD_SIZE), "as authentic, but it was not committed");
}

/* FACTORY_VERIFY_AT_BOOT: the application commits what has the right digest; what is not signed is
 * never started. */
Test(bootloader, looks_at_the_signature_that_the_application_left_to_it, .init = set_up)
{
    uint8_t *stored = board.external + NOR_BLOCK_ADDRESS;
    board.internal[FLASH_FACTORY_ADDRESS + FACTORY_OFF_VERIFY] = FACTORY_VERIFY_AT_BOOT;
    fake_board_seal_factory(&board);
    stored[IMAGE_OFF_SIGNATURE] ^= 1;
    verify_and_commit();
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_expect(runs(old_image, OLD_SIZE));
    cr_expect_eq(stored_state().refusals, 1);
    cr_expect_eq(board.traces[FW_TRACE_INSTALL_STARTED], 0);
    stored[IMAGE_OFF_SIGNATURE] ^= 1;
    verify_and_commit();
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_expect(runs(new_image, NEW_SIZE), "the same with its signature");
}

Test(bootloader, a_page_that_does_not_take_its_bytes_is_written_again, .init = set_up)
{
    verify_and_commit();
    board.flip_at_program = 0x01;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_eq(board.violations, 0);
}

/* The cells of the header outside of what is signed are written like all others. */
Test(bootloader, the_header_in_the_slot_is_the_verified_one, .init = set_up)
{
    static const uint32_t places[] = { IMAGE_OFF_VERSION, IMAGE_OFF_SIGNATURE + 64, 255 };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; ++i) {
        set_up();
        verify_and_commit();
        candidate_new_image(&board)[places[i]] ^= 0x01;
        cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
        cr_assert(runs(old_image, OLD_SIZE), "byte %u", places[i]);
    }
}

/* On silicon a look at the flash takes some 5 us and hal_charge() nothing. Where all slots lie in
 * internal flash the NOR is not needed. */
Test(bootloader, waits_for_a_busy_flash_by_the_clock)
{
    static const struct {
        uint32_t busy_looks;
        uint32_t look_ns;
        bool installs;
    } cases[] = { { 400000, 5000, true }, { 1200000, 5000, false }, { UINT32_MAX, 0, false } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        set_up();
        verify_and_commit();
        board.charge_is_free = true;
        board.busy_looks = cases[i].busy_looks;
        board.look_ns = cases[i].look_ns;
        cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
        bool installs = cases[i].installs || !candidate_boots_from_nor(&board);
        cr_assert_eq(runs(new_image, NEW_SIZE), installs, "case %u", i);
        cr_assert_lt(board.now_ns, UINT64_C(6000000000));
    }
}

#define ROTTEN (FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 700u) /* in the code that runs */

static struct boot_state boot_with_rotten_code(void)
{
    board.internal[ROTTEN] ^= 0x10;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON), "what is there is started");
    return stored_state();
}

Test(bootloader, a_damaged_image_without_a_candidate_starts_and_is_reported, .init = set_up)
{
    struct boot_state state = boot_with_rotten_code();
    cr_assert(state.damaged);
    cr_assert_eq(state.result, BOOT_RESULT_NONE);
    uint8_t digest[IMAGE_DIGEST_SIZE];
    const struct image_place slot = image_place_running();
    cr_assert(image_place_digest(&board.hal, &slot, OLD_CODE, digest));
    cr_assert_arr_eq(state.running_sha256, digest, sizeof digest, "computed, not copied");
    cr_assert_arr_neq(digest, old_image + IMAGE_OFF_SHA256, sizeof digest);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON), "settles what that start wrote");
    uint32_t operations = board.operations;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_eq(board.operations, operations, "no flash is worn by it");
    board.internal[ROTTEN] ^= 0x10;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_not(stored_state().damaged);
}

Test(bootloader, a_damaged_image_is_repaired_from_its_candidate, .init = set_up)
{
    verify_and_commit();
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    confirm();
    struct boot_state state = boot_with_rotten_code();
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_not(state.damaged);
    cr_assert_eq(state.installs, 2);
    cr_assert_eq(state.version_floor, NEW_VERSION);
    memset(board.internal + FLASH_RUNNING_ADDRESS, 0xA5, IMAGE_HEADER_SIZE);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON), "the header as well");
    cr_assert(runs(new_image, NEW_SIZE));
    candidate_new_image(&board)[NEW_SIZE - 1] ^= 1;
    state = boot_with_rotten_code();
    cr_assert(state.damaged, "only an authentic one is taken");
    cr_assert_eq(state.installs, 3);
    cr_assert_eq(board.violations, 0);
}

/* Neither is whole: the old code has its header still, so no copy had begun. It starts, the
 * candidate is refused, and the next boot does the same work once more, not again and again. */
Test(bootloader, a_bad_candidate_and_damaged_old_code_start_as_damaged, .init = set_up)
{
    verify_and_commit();
    candidate_new_image(&board)[NEW_SIZE - 1] ^= 1;
    struct boot_state state = boot_with_rotten_code();
    cr_assert(state.damaged);
    cr_assert_not(boot_state_pending(&state));
    cr_assert_eq(state.result, BOOT_RESULT_REFUSED);
    cr_assert(state.result_new);
    cr_assert_eq(state.refusals, 1);
    cr_assert_eq(board.traces[FW_TRACE_INSTALL_STARTED], 0);
    candidate_new_image(&board)[NEW_SIZE - 1] ^= 1; /* it was a bad read */
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert(runs(new_image, NEW_SIZE), "an authentic image is better than a damaged one");
    cr_assert_not(stored_state().damaged);
}

/* The copy of the candidate is cut in its middle, and the candidate goes bad. */
static void cut_a_copy_and_break_its_candidate(void)
{
    for (uint32_t operation = 0; runs(old_image, OLD_SIZE); ++operation) {
        set_up();
        verify_and_commit();
        board.cut_at = board.operations + operation;
        cr_assert(boot_is_cut());
    }
    board.cut_at = FAKE_CUT_NEVER;
    candidate_new_image(&board)[NEW_SIZE - 1] ^= 1;
}

Test(bootloader, a_broken_slot_and_a_broken_candidate_bring_the_saved_image_back, .init = set_up)
{
    cut_a_copy_and_break_its_candidate();
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert(runs(old_image, OLD_SIZE));
    struct boot_state state = stored_state();
    cr_assert_eq(state.slot, SLOT_REJECTED);
    cr_assert_eq(state.result, BOOT_RESULT_REFUSED, "it never ran");
    cr_assert(state.result_new);
    cr_assert_eq(state.refusals, 1);
    cr_assert_eq(state.reverted_version, 0, "the same version may come again");
}

Test(bootloader, a_broken_slot_without_any_whole_image_does_not_start, .init = set_up)
{
    cut_a_copy_and_break_its_candidate();
    candidate_old_image(&board)[OLD_SIZE - 1] ^= 1;
    cr_assert_not(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    candidate_new_image(&board)[NEW_SIZE - 1] ^= 1; /* it was a bad read */
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON), "the commit was kept");
    cr_assert(runs(new_image, NEW_SIZE));
}

Test(bootloader, a_half_copied_slot_does_not_look_whole_even_without_the_boot_state)
{
    uint32_t operations = install_operations();
    uint32_t halves = 0;
    for (uint32_t operation = 0; operation < operations; ++operation) {
        set_up();
        verify_and_commit();
        board.cut_at = board.operations + operation;
        cr_assert(boot_is_cut());
        board.cut_at = FAKE_CUT_NEVER;
        memset(board.internal + FLASH_NVM_ADDRESS, 0, FLASH_NVM_SIZE);
        bool whole = runs(old_image, OLD_SIZE) || runs(new_image, NEW_SIZE);
        bool has_code = memcmp(board.internal + FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE,
                                new_image + IMAGE_HEADER_SIZE, NEW_CODE)
                        == 0;
        if (has_code && !whole) {
            break; /* a part of the header may be all that it takes */
        }
        cr_assert_eq(
                bootloader_run(&board.hal, HAL_RESET_POWER_ON), whole, "operation %u", operation);
        halves += !whole;
    }
    cr_assert_gt(halves, NEW_SIZE / fake_internal_geometry.erase_unit_bytes);
}

Test(bootloader, a_cut_at_any_operation_boots_a_whole_image, .timeout = 120)
{
    set_up();
    stored_state();
    uint32_t first = board.operations;
    verify_and_commit();
    uint32_t committed = board.operations;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    uint32_t last = board.operations;
    uint32_t page = fake_internal_geometry.program_page_bytes;
    cr_assert_gt(last - committed, NEW_SIZE / (page < 256 ? page : 256),
            "the copy is cut within every page");
    uint32_t step = page < 64 ? 5 : 1; /* all of them: test_revert.c in the slow suite */
    for (uint32_t cut_at = first; cut_at < last; cut_at += step) {
        for (unsigned tear = 0; tear < FAKE_TEAR_COUNT; ++tear) {
            set_up();
            stored_state();
            board.cut_at = cut_at;
            board.tear = (enum fake_tear)tear;
            board.random = cut_at * 2654435761u + tear;
            cr_assert(commit_and_boot_is_cut());
            /* A second cut in the middle of the repair, then a quiet boot. */
            board.cut_at = board.operations + cut_at % 50;
            boot_is_cut();
            board.cut_at = FAKE_CUT_NEVER;
            cr_assert(bootloader_run(&board.hal, HAL_RESET_BROWNOUT));
            bool new_runs = runs(new_image, NEW_SIZE);
            cr_assert(new_runs || runs(old_image, OLD_SIZE), "cut %u tear %u", cut_at, tear);
            cr_assert(new_runs || cut_at < committed, "a commit is never forgotten");
            cr_assert_not(waits());
            cr_assert_eq(stored_state().slot, new_runs ? SLOT_TESTING : SLOT_EMPTY);
            cr_assert_eq(stored_state().installs, new_runs ? 1 : 0);
            cr_assert_eq(board.violations, 0, "cut %u tear %u breaks flash rules", cut_at, tear);
            cr_assert_eq(board.panics, 0);
        }
    }
}
