/* Verification of candidates: what is authentic, and what each defect is called.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: images built and signed here with nettle from the format's description.
 */
#include "device/update/two_images.h"
#include "trace.h"

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

/* TS006: UpImageStatus 2 is an authentic image for other hardware, 1 is one that is not authentic.
 */
Test(update, a_forged_header_is_no_reason_but_that_it_is_forged, .init = set_up)
{
    struct update update;
    uint8_t *stored = board.external + NOR_BLOCK_ADDRESS;
    stored[IMAGE_OFF_HARDWARE_ID] ^= 1;
    cr_expect_eq(verify(&update, NEW_SIZE), UPDATE_BAD_SIGNATURE);
    stored[IMAGE_OFF_HARDWARE_ID] ^= 1;
    memset(stored + IMAGE_OFF_VERSION, 0, 4);
    cr_expect_eq(verify(&update, NEW_SIZE), UPDATE_BAD_SIGNATURE);
    new_image[IMAGE_OFF_HARDWARE_ID] ^= 1;
    sign_and_store();
    stored[NEW_SIZE - 1] ^= 1;
    cr_expect_eq(verify(&update, NEW_SIZE), UPDATE_BAD_DIGEST, "authentic header, other code");
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
