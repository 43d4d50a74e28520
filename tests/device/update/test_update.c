/* Verification of candidates and their installation, with power cut at every flash operation.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: images built and signed here with nettle from the format's description; after an
 * install the running slot is compared byte by byte with the old and the new image.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <string.h>

#include "device/update/candidate.h"
#include "trace.h"
#include "update/trial.h"

#define HARDWARE_ID 0x4C4F5241u
#define OLD_VERSION 0x01000000u
#define NEW_VERSION 0x01000001u
#define OLD_CODE    3000u
#define NEW_CODE    3333u /* ends inside a word, a page and an erase unit */
#define OLD_SIZE    (IMAGE_HEADER_SIZE + OLD_CODE)
#define NEW_SIZE    (IMAGE_HEADER_SIZE + NEW_CODE)
#define PADDING     41u /* of the last fragment */

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static uint8_t old_image[OLD_SIZE];
static uint8_t new_image[NEW_SIZE];

static void set_up(void)
{
    uint8_t public_key[32];
    fake_board_init(&board);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&board, HARDWARE_ID, public_key);
    fake_image_build(old_image, OLD_CODE, OLD_VERSION, HARDWARE_ID, 1, private_key);
    fake_image_build(new_image, NEW_CODE, NEW_VERSION, HARDWARE_ID, 2, private_key);
    memcpy(board.internal + FLASH_RUNNING_ADDRESS, old_image, OLD_SIZE);
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
}

/* Signs the header of new_image again after a change and puts it into the NOR. */
static void sign_and_store(void)
{
    uint8_t public_key[32];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(
            public_key, private_key, IMAGE_SIGNED_SIZE, new_image, new_image + IMAGE_OFF_SIGNATURE);
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
}

static enum update_status verify(struct update *update, uint32_t size)
{
    return candidate_verify(&board, update, size);
}

/* The steps of the verification are the test's. */
static void start_verification(struct update *update, struct factory *factory, struct nvm *nvm)
{
    factory_read(&board.hal, factory);
    nvm_open(nvm, &board.hal);
    update_init(update, &board.hal);
    update_verify_start(update, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, NEW_SIZE);
}

static void verify_and_commit(void)
{
    cr_assert_eq(candidate_commit(&board, NEW_SIZE + PADDING), UPDATE_VALID);
}

static bool runs(const uint8_t *image, uint32_t size)
{
    return memcmp(board.internal + FLASH_RUNNING_ADDRESS, image, size) == 0;
}

static struct boot_state stored_state(void)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board.hal);
    boot_state_read(&nvm, &state);
    return state;
}

/* As the application does it. */
static void confirm(void)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board.hal);
    boot_state_read(&nvm, &state);
    trial_confirm(&board.hal, &state);
    boot_state_write(&nvm, &state);
}

/* A committed candidate is on record. */
static bool waits(void)
{
    struct boot_state state = stored_state();
    return boot_state_pending(&state);
}

Test(factory, a_record_is_read_as_the_board_wrote_it, .init = set_up)
{
    struct factory factory;
    cr_assert(factory_read(&board.hal, &factory));
    cr_assert_eq(factory.hardware_id, HARDWARE_ID);
    cr_assert_eq(factory.dev_eui[0], 8);
    cr_assert_eq(factory.join_eui[7], 23);
    cr_assert_eq(factory.app_key[0], 24);
    cr_assert_eq(factory.gen_app_key[15], 55);
    cr_assert_eq(factory.report_period_s, 3600);
    cr_assert_eq(factory.report_size, 24);
    cr_assert_eq(factory.boot_options, 1);
}

/* Bytes by the table in update/factory.h. */
Test(factory, what_the_firmware_may_not_choose_is_read, .init = set_up)
{
    struct factory factory;
    uint8_t accept[FACTORY_JOIN_ACCEPT_MAX];
    uint16_t dev_nonce = 0;
    uint8_t *record = board.internal + FLASH_FACTORY_ADDRESS;
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0);
    for (unsigned i = 0; i < 17; i++) {
        record[111 + i] = (uint8_t)(1 + i);
        record[131 + i] = (uint8_t)(0xC0 + i);
    }
    record[128] = 0x34;
    record[129] = 0x12;
    record[130] = 17;
    record[164] = 0x08;
    record[180] = 0x13;
    record[181] = 0x12;
    record[172] = 0x80;
    fake_board_seal_factory(&board);
    cr_assert(factory_read(&board.hal, &factory));
    cr_assert_eq(factory.traffic, 1);
    cr_assert_eq(factory.jitter_percent, 2);
    cr_assert_eq(factory.rate_policy, 3);
    cr_assert_eq(factory.data_rate, 4);
    cr_assert_eq(factory.tx_power, 5);
    cr_assert_eq(factory.nb_trans, 6);
    cr_assert_eq(factory.region_plan, 7);
    cr_assert_arr_eq(factory.channel_mask, "\x08\0\0\0\0\0\0\0\x80", 9);
    cr_assert_eq(factory.guard_ms, 0x0D0C0B0Au);
    cr_assert_eq(factory.guard_ppm, 0x0F0E);
    cr_assert_eq(factory.clock_refresh_h, 0x1110);
    cr_assert_eq(factory.counter_window, 0x1213);
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 17);
    cr_assert_eq(dev_nonce, 0x1234);
    cr_assert_arr_eq(accept, record + 131, 17);
    record[130] = 34;
    fake_board_seal_factory(&board);
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0, "no room for it");
    record[131] ^= 1;
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0, "CRC");
}

Test(factory, any_flipped_byte_is_noticed, .init = set_up)
{
    for (unsigned i = 0; i < FACTORY_RECORD_SIZE; ++i) {
        struct factory factory;
        board.internal[FLASH_FACTORY_ADDRESS + i] ^= 0x10;
        cr_assert_not(factory_read(&board.hal, &factory));
        cr_assert_eq(factory.hardware_id, 0);
        board.internal[FLASH_FACTORY_ADDRESS + i] ^= 0x10;
    }
}

Test(update, an_authentic_newer_image_is_valid, .init = set_up)
{
    struct update update;
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_VALID);
    cr_assert_eq(update.candidate.version, NEW_VERSION);
    cr_assert_eq(verify(&update, NEW_SIZE + PADDING), UPDATE_VALID, "padding is not judged");
    cr_assert_eq(board.traces[FW_TRACE_IMAGE_VERIFIED], 2);
}

Test(update, every_flipped_byte_is_refused, .init = set_up)
{
    struct update update;
    uint8_t *stored = board.external + NOR_BLOCK_ADDRESS;
    for (uint32_t i = 0; i < NEW_SIZE; i += i < IMAGE_HEADER_SIZE ? 1 : 97) {
        stored[i] ^= 0x04;
        enum update_status status = verify(&update, NEW_SIZE);
        cr_assert_gt(status, UPDATE_BUSY);
        cr_assert_lt(status, UPDATE_VALID, "byte %u", i);
        stored[i] ^= 0x04;
    }
}

Test(update, each_defect_has_its_status, .init = set_up)
{
    struct update update;
    uint8_t *stored = board.external + NOR_BLOCK_ADDRESS;
    cr_assert_eq(verify(&update, IMAGE_HEADER_SIZE - 1), UPDATE_BAD_HEADER);
    cr_assert_eq(verify(&update, NEW_SIZE - 1), UPDATE_BAD_HEADER, "code longer than the block");
    stored[IMAGE_OFF_MAGIC] ^= 1;
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_HEADER);
    stored[IMAGE_OFF_MAGIC] ^= 1;
    stored[IMAGE_OFF_SIGNATURE] ^= 1;
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_SIGNATURE);
    stored[IMAGE_OFF_SIGNATURE] ^= 1;
    stored[NEW_SIZE - 1] ^= 1;
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_DIGEST);
    stored[NEW_SIZE - 1] ^= 1;
    new_image[IMAGE_OFF_HARDWARE_ID] ^= 1;
    sign_and_store();
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_HARDWARE);
    new_image[IMAGE_OFF_HARDWARE_ID] ^= 1;
    new_image[IMAGE_OFF_VERSION] = 0; /* the version that runs */
    sign_and_store();
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_VERSION);
}

Test(update, an_image_larger_than_the_slot_is_refused, .init = set_up)
{
    struct update update;
    uint32_t code = FLASH_RUNNING_SIZE - IMAGE_HEADER_SIZE + 1;
    for (unsigned i = 0; i < 4; ++i) {
        new_image[IMAGE_OFF_IMAGE_SIZE + i] = (uint8_t)(code >> 8 * i);
    }
    sign_and_store();
    cr_assert_eq(verify(&update, NOR_BLOCK_SIZE), UPDATE_BAD_HEADER);
}

Test(update, an_image_not_newer_than_any_installed_one_is_refused, .init = set_up)
{
    struct update update;
    struct nvm nvm;
    struct boot_state state = { .version_floor = NEW_VERSION };
    nvm_open(&nvm, &board.hal);
    boot_state_write(&nvm, &state);
    cr_assert_eq(verify(&update, NEW_SIZE), UPDATE_BAD_VERSION);
}

Test(update, a_header_swapped_during_verification_is_judged_from_the_start, .init = set_up)
{
    struct update update;
    struct nvm nvm;
    struct factory factory;
    start_verification(&update, &factory, &nvm);
    cr_assert(update_step(&update, &factory, &nvm));
    new_image[IMAGE_OFF_VERSION] = 9; /* as well signed as the first */
    sign_and_store();
    while (update_step(&update, &factory, &nvm)) {
    }
    cr_assert_eq(update_status(&update), UPDATE_VALID);
    cr_assert_eq(update.candidate.version, OLD_VERSION + 9);
    cr_assert_eq(update.attempts_left, UPDATE_ATTEMPTS - 1);
}

Test(update, a_busy_flash_delays_a_step_without_work, .init = set_up)
{
    struct update update;
    struct nvm nvm;
    struct factory factory;
    start_verification(&update, &factory, &nvm);
    board.busy_looks = 1;
    uint32_t offset = update.offset;
    cr_assert(update_step(&update, &factory, &nvm));
    cr_assert_eq(update.offset, offset);
    cr_assert(update_step(&update, &factory, &nvm));
    cr_assert_neq(update.offset, offset);
}

Test(update, the_state_can_be_copied_to_another_place_and_go_on, .init = set_up)
{
    struct update first;
    struct update second;
    struct nvm nvm;
    struct factory factory;
    factory_read(&board.hal, &factory);
    nvm_open(&nvm, &board.hal);
    update_init(&first, &board.hal);
    update_verify_start(&first, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, NEW_SIZE);
    update_step(&first, &factory, &nvm);
    update_step(&first, &factory, &nvm);
    second = first;
    memset(&first, 0xA5, sizeof first);
    while (update_step(&second, &factory, &nvm)) {
    }
    cr_assert_eq(update_status(&second), UPDATE_VALID);
}

Test(update, only_a_valid_candidate_can_be_committed, .init = set_up)
{
    struct update update;
    struct nvm nvm;
    bool cut;
    cr_assert_eq(verify(&update, NEW_SIZE - 1), UPDATE_BAD_HEADER);
    nvm_open(&nvm, &board.hal);
    FAKE_POWERED(&board, cut, update_commit(&update, &nvm));
    cr_assert(cut);
    cr_assert_eq(board.panics, 1);
    cr_assert_not(waits());
}

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
        board.external[NOR_BLOCK_ADDRESS + places[i]] ^= 0x80;
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
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    cr_assert(runs(old_image, OLD_SIZE), "as authentic, but it was not committed");
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
        board.external[NOR_BLOCK_ADDRESS + places[i]] ^= 0x01;
        cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
        cr_assert(runs(old_image, OLD_SIZE), "byte %u", places[i]);
    }
}

/* On silicon a look at the flash takes some 5 us and hal_charge() nothing. */
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
        cr_assert_eq(runs(new_image, NEW_SIZE), cases[i].installs, "case %u", i);
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
    board.external[NOR_BLOCK_ADDRESS + NEW_SIZE - 1] ^= 1;
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
    board.external[NOR_BLOCK_ADDRESS + NEW_SIZE - 1] ^= 1;
    struct boot_state state = boot_with_rotten_code();
    cr_assert(state.damaged);
    cr_assert_not(boot_state_pending(&state));
    cr_assert_eq(state.result, BOOT_RESULT_REFUSED);
    cr_assert(state.result_new);
    cr_assert_eq(state.refusals, 1);
    cr_assert_eq(board.traces[FW_TRACE_INSTALL_STARTED], 0);
    board.external[NOR_BLOCK_ADDRESS + NEW_SIZE - 1] ^= 1; /* it was a bad read */
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
    board.external[NOR_BLOCK_ADDRESS + NEW_SIZE - 1] ^= 1;
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
    board.external[NOR_OLD_IMAGE_ADDRESS + OLD_SIZE - 1] ^= 1;
    cr_assert_not(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    board.external[NOR_BLOCK_ADDRESS + NEW_SIZE - 1] ^= 1; /* it was a bad read */
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
            "every program of the copy is cut once");
    for (uint32_t cut_at = first; cut_at < last; ++cut_at) {
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
