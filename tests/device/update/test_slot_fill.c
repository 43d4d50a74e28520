/* Targets of delta images are made in flash; power that goes at any time costs time only.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a delta image of the running image ends as the target that was built for, plain or
 * encrypted; one that is damaged, forged or of another base changes nothing. After a cut at any
 * flash operation of the whole update the device runs the old image or the new one, byte for byte,
 * and the update is finished by the next starts; what was made before the cut is not made again.
 * Oracle: images and patches of models/campaign, which has an implementation of its own.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/delta_builder.h"
#include "campaign/image_builder.h"
#include "device/update/candidate.h"
#include "update/slot_fill.h"

#define HARDWARE_ID 0x4C4F5241u
#define CODE        32768u
#define MORE        400u /* bytes that the new code has more */
#define OLD_SIZE    (IMAGE_HEADER_SIZE + CODE)
#define NEW_SIZE    (IMAGE_HEADER_SIZE + CODE + MORE)
#define PADDING     41u

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static uint8_t old_image[OLD_SIZE];
static uint8_t new_image[NEW_SIZE];    /* as it runs */
static uint8_t sealed_image[NEW_SIZE]; /* as it lies in the NOR */
static struct built_patch delta;

static void build_images(bool encrypted)
{
    static uint8_t old_code[CODE], new_code[CODE + MORE];
    uint32_t size;
    image_generate(old_code, CODE, 1);
    memcpy(new_code, old_code, 9000);
    image_generate(new_code + 9000, MORE, 2);
    memcpy(new_code + 9000 + MORE, old_code + 9000, CODE - 9000);
    for (uint32_t at = 500; at < CODE; at += 617) {
        new_code[at] ^= (uint8_t)at; /* the patch is longer than its reader's piece */
    }
    cr_assert(image_build(
            old_image, OLD_SIZE, &size, old_code, CODE, 0x01000000, HARDWARE_ID, private_key));
    cr_assert(image_build(new_image, NEW_SIZE, &size, new_code, CODE + MORE, 0x01000001,
            HARDWARE_ID, private_key));
    if (encrypted) {
        image_mark_encrypted(new_image, private_key);
    }
    memcpy(sealed_image, new_image, NEW_SIZE);
    if (encrypted) {
        image_encrypt(sealed_image + IMAGE_HEADER_SIZE, CODE + MORE, fake_image_key,
                sealed_image + IMAGE_OFF_SHA256);
    }
    const struct delta_order order = { old_code, CODE, new_code, CODE + MORE, 0x01000001,
        HARDWARE_ID, private_key, encrypted ? fake_image_key : NULL };
    free(delta.bytes);
    cr_assert(delta_build(&order, &delta));
    cr_assert_gt(delta.size, DELTA_MANIFEST_SIZE + 256u);
}

static void set_up_board(void)
{
    uint8_t public_key[32];
    fake_board_init(&board);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&board, HARDWARE_ID, public_key);
    memcpy(board.internal + FLASH_RUNNING_ADDRESS, old_image, OLD_SIZE);
    memcpy(board.external + NOR_BLOCK_ADDRESS, delta.bytes, delta.size);
}

static void set_up(void)
{
    build_images(false);
    set_up_board();
}

/* As it lies in its slot: plain inside the MCU. */
static const uint8_t *target_image(void)
{
    return candidate_boots_from_nor(&board) ? sealed_image : new_image;
}

static void tear_down(void)
{
    free(delta.bytes);
    delta.bytes = NULL;
}

static bool runs(const uint8_t *image, uint32_t size)
{
    return candidate_runs(&board, image, size);
}

/* What a start does, as far as the update goes. */
static void start(void)
{
    if (!bootloader_run(&board.hal, HAL_RESET_POWER_ON)) {
        return;
    }
    if (runs(old_image, OLD_SIZE)
            && candidate_commit(&board, delta.size + PADDING) == UPDATE_VALID) {
        bootloader_run(&board.hal, HAL_RESET_SOFTWARE);
    }
}

static void updates(bool encrypted)
{
    build_images(encrypted);
    set_up_board();
    start();
    cr_assert(runs(new_image, NEW_SIZE));
    cr_assert_arr_eq(candidate_new_slot(&board), target_image(), NEW_SIZE);
    cr_assert_eq(board.violations + board.panics, 0);
}

Test(slot_fill, makes_the_image_that_the_builder_meant, .fini = tear_down)
{
    updates(false);
}

Test(slot_fill, makes_it_encrypted, .fini = tear_down)
{
    updates(true);
}

Test(slot_fill, applies_to_its_base_only, .init = set_up, .fini = tear_down)
{
    struct update update;
    uint8_t code[CODE];
    uint32_t size;
    image_generate(code, CODE, 3);
    cr_assert(image_build(board.internal + FLASH_RUNNING_ADDRESS, OLD_SIZE, &size, code, CODE,
            0x01000000, HARDWARE_ID, private_key));
    uint32_t operations = board.operations;
    cr_assert_eq(candidate_verify(&board, &update, delta.size), UPDATE_WRONG_BASE);
    cr_assert_leq(board.operations, operations + 60, "nothing but the store of records is erased");
}

/* The header of the base is right, its code is not: the bootloader has found that. */
Test(slot_fill, does_not_trust_the_header_of_a_damaged_base, .init = set_up, .fini = tear_down)
{
    struct update update;
    board.internal[FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 77] ^= 1;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_eq(candidate_verify(&board, &update, delta.size), UPDATE_WRONG_BASE);
}

struct forgery {
    uint32_t at;
    enum update_status status;
};

static const struct forgery forgeries[] = {
    { IMAGE_OFF_IMAGE_SIZE, UPDATE_BAD_SIGNATURE }, { IMAGE_OFF_VERSION, UPDATE_BAD_SIGNATURE },
    { DELTA_OFF_BASE_SIZE, UPDATE_BAD_SIGNATURE }, { DELTA_OFF_PATCH_SIZE, UPDATE_BAD_DIGEST },
    { IMAGE_OFF_SHA256, UPDATE_BAD_SIGNATURE }, { DELTA_OFF_SIGNATURE, UPDATE_BAD_SIGNATURE },
    { DELTA_OFF_TARGET_SIGNATURE, UPDATE_BAD_SIGNATURE },
    { DELTA_OFF_PATCH_DIGEST, UPDATE_BAD_DIGEST },
    { DELTA_MANIFEST_SIZE, UPDATE_BAD_DIGEST }, /* the patch itself */
};

Test(slot_fill, begins_with_nothing_that_is_not_authentic, .init = set_up, .fini = tear_down)
{
    for (unsigned i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct update update;
        uint8_t *byte = &board.external[NOR_BLOCK_ADDRESS + forgeries[i].at];
        *byte ^= 1;
        cr_expect_eq(candidate_verify(&board, &update, delta.size + PADDING), forgeries[i].status,
                "byte %u: status %d", forgeries[i].at, update_status(&update));
        *byte ^= 1;
    }
}

/* A patch that makes other bytes, with a digest of its own: the manifest's signature holds. */
Test(slot_fill, installs_no_target_but_the_signed_one, .init = set_up, .fini = tear_down)
{
    uint8_t code[CODE];
    struct built_patch other;
    image_generate(code, CODE, 3);
    const struct delta_order order = { old_image + IMAGE_HEADER_SIZE, CODE, code, CODE, 0x01000001,
        HARDWARE_ID, NULL, NULL };
    cr_assert(delta_build(&order, &other));
    memcpy(other.bytes, delta.bytes, DELTA_OFF_PATCH_DIGEST);
    memcpy(other.bytes + DELTA_OFF_PATCH_SIZE,
            (const uint8_t[]){ (uint8_t)(other.size - 240), (uint8_t)((other.size - 240) >> 8),
                    (uint8_t)((other.size - 240) >> 16), 0 },
            4);
    /* The size of the patch is signed: it takes the signer's key, and then the target's digest. */
    uint8_t public_key[32];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(public_key, private_key, 96, other.bytes, other.bytes + 96);
    memcpy(board.external + NOR_BLOCK_ADDRESS, other.bytes, other.size);
    cr_assert_neq(candidate_commit(&board, other.size), UPDATE_VALID);
    cr_assert(runs(old_image, OLD_SIZE));
    free(other.bytes);
}

/* --- power cuts -------------------------------------------------------------------------------
 */

static uint32_t operations_of_an_update(void)
{
    set_up_board();
    uint32_t before = board.operations;
    start();
    cr_assert(runs(new_image, NEW_SIZE));
    return board.operations - before;
}

/* Returns the operations that the update needed after the cut. */
static uint32_t cut_and_finish(uint32_t cut_at, enum fake_tear tear)
{
    bool cut = false;
    set_up_board();
    board.random = cut_at;
    board.tear = tear;
    board.cut_at = cut_at;
    FAKE_POWERED(&board, cut, start());
    cr_assert(cut, "operation %u", cut_at);
    uint32_t operations = board.operations;
    for (unsigned starts = 0; starts < 3 && !runs(new_image, NEW_SIZE); starts++) {
        cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON), "operation %u: a brick", cut_at);
        cr_assert(runs(old_image, OLD_SIZE) || runs(new_image, NEW_SIZE),
                "operation %u, tear %d: another image", cut_at, tear);
        start();
    }
    cr_assert(runs(new_image, NEW_SIZE), "operation %u, tear %d: not finished", cut_at, tear);
    cr_assert_eq(board.panics + board.violations, 0, "operation %u, tear %d", cut_at, tear);
    return board.operations - operations;
}

/* Every n-th operation: FLEETCAST_UPDATE_CUTS=1 is all of them. */
static uint32_t cut_step(void)
{
    const char *text = getenv("FLEETCAST_UPDATE_CUTS");
    uint32_t sample = fake_internal_geometry.program_page_bytes < 64 ? 211 : 53;
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : sample;
}

static void cut_everywhere(bool encrypted)
{
    build_images(encrypted);
    uint32_t count = operations_of_an_update();
    uint32_t cuts = 0;
    for (uint32_t at = 0; at < count; at += cut_step()) {
        for (unsigned tear = 0; tear < FAKE_TEAR_COUNT; tear++, cuts++) {
            cut_and_finish(at, (enum fake_tear)tear);
        }
    }
    fprintf(stderr, "# %u operations, %u cuts, %s: no brick\n", count, cuts,
            encrypted ? "encrypted" : "plain");
}

Test(slot_fill, is_finished_after_a_cut_at_any_operation, .fini = tear_down)
{
    cut_everywhere(false);
}

Test(slot_fill, is_finished_after_a_cut_at_any_operation_when_encrypted, .fini = tear_down)
{
    cut_everywhere(true);
}

/* --- going on ---------------------------------------------------------------------------------
 */

/* Runs this alone until `made` bytes of the target are made and saved, then resets. */
static uint32_t steps_after_a_reset_at(uint32_t made)
{
    struct factory factory;
    struct slot_fill fill;
    uint32_t steps = 0;
    cr_assert(factory_read(&board.hal, &factory));
    slot_fill_begin(&fill, &board.hal, &factory, NOR_BLOCK_ADDRESS);
    while (fill.patch.made < made && slot_fill_step(&fill, &board.hal, &factory)) {
    }
    slot_fill_begin(&fill, &board.hal, &factory, NOR_BLOCK_ADDRESS);
    while (slot_fill_step(&fill, &board.hal, &factory)) {
        steps++;
    }
    cr_assert_eq(fill.stage, SLOT_FILL_FILLED);
    cr_assert_arr_eq(candidate_new_slot(&board), target_image(), NEW_SIZE);
    return steps;
}

Test(slot_fill, goes_on_from_the_last_save, .init = set_up, .fini = tear_down)
{
    uint32_t all = steps_after_a_reset_at(0);
    set_up_board();
    uint32_t half = steps_after_a_reset_at(CODE / 2 + 500);
    cr_assert_gt(all, 150, "a step is a page: %u", all);
    cr_assert_lt(half, all / 2 + 60, "%u of %u", half, all);
    cr_assert_eq(board.violations, 0);
}

/* What lies there may be of another patch, or anything. */
Test(slot_fill, takes_up_no_save_of_another_block, .init = set_up, .fini = tear_down)
{
    steps_after_a_reset_at(CODE / 2);
    struct factory factory;
    struct slot_fill fill;
    cr_assert(factory_read(&board.hal, &factory));
    board.external[NOR_BLOCK_ADDRESS + DELTA_OFF_PATCH_DIGEST] ^= 1;
    slot_fill_begin(&fill, &board.hal, &factory, NOR_BLOCK_ADDRESS);
    while (fill.stage == SLOT_FILL_LOOK) {
        slot_fill_step(&fill, &board.hal, &factory);
    }
    cr_assert_eq(fill.stage, SLOT_FILL_CLEAR);
}

Test(slot_fill, needs_no_more_ram_than_the_decoder_lends)
{
    fprintf(stderr, "# %zu bytes to make a target, %zu of them the decoder of the patch\n",
            sizeof(struct slot_fill), sizeof(struct patch));
    cr_assert_leq(sizeof(struct slot_fill), 1024u);
}
