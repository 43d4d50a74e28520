/* A device that runs an old image and has a new one in its NOR, for each test: .init = set_up, or
 * with code of other sizes make_images().
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_UPDATE_TWO_IMAGES_H
#define TESTS_DEVICE_UPDATE_TWO_IMAGES_H

#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <string.h>

#include "device/update/candidate.h"
#include "update/trial.h"

#define HARDWARE_ID 0x4C4F5241u
#define OLD_VERSION 0x01000000u
#define NEW_VERSION 0x01000001u
#define OLD_CODE    3000u
#define NEW_CODE    3333u /* ends inside a word, a page and an erase unit */
#define OLD_SIZE    (IMAGE_HEADER_SIZE + OLD_CODE)
#define NEW_SIZE    (IMAGE_HEADER_SIZE + NEW_CODE)
#define CODE_MAX    (32u * 1024u)
#define PADDING     41u /* of the last fragment */

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static uint8_t old_image[IMAGE_HEADER_SIZE + CODE_MAX];
static uint8_t new_image[IMAGE_HEADER_SIZE + CODE_MAX];

static inline void make_images(uint32_t old_code, uint32_t new_code)
{
    uint8_t public_key[32];
    fake_board_init(&board);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&board, HARDWARE_ID, public_key);
    fake_image_build(old_image, old_code, OLD_VERSION, HARDWARE_ID, 1, private_key);
    fake_image_build(new_image, new_code, NEW_VERSION, HARDWARE_ID, 2, private_key);
    memcpy(board.internal + FLASH_RUNNING_ADDRESS, old_image, IMAGE_HEADER_SIZE + old_code);
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, IMAGE_HEADER_SIZE + new_code);
}

static inline void set_up(void)
{
    make_images(OLD_CODE, NEW_CODE);
}

/* Signs the header of new_image again after a change and puts it into the NOR. */
static inline void sign_and_store(void)
{
    uint8_t public_key[32];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(
            public_key, private_key, IMAGE_SIGNED_SIZE, new_image, new_image + IMAGE_OFF_SIGNATURE);
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
}

static inline enum update_status verify(struct update *update, uint32_t size)
{
    return candidate_verify(&board, update, size);
}

/* The steps of the verification are the test's. */
static inline void start_verification(
        struct update *update, struct factory *factory, struct nvm *nvm)
{
    factory_read(&board.hal, factory);
    nvm_open(nvm, &board.hal);
    update_init(update, &board.hal);
    update_verify_start(update, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, NEW_SIZE);
}

static inline void verify_and_commit(void)
{
    cr_assert_eq(candidate_commit(&board, NEW_SIZE + PADDING), UPDATE_VALID);
}

static inline bool runs(const uint8_t *image, uint32_t size)
{
    return candidate_runs(&board, image, size);
}

static inline struct boot_state stored_state(void)
{
    return candidate_boot_state(&board);
}

/* As the application does it. */
static inline void confirm(void)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board.hal);
    boot_state_read(&nvm, &state);
    trial_confirm(&board.hal, &state);
    boot_state_write(&nvm, &state);
}

/* A committed candidate is on record. */
static inline bool waits(void)
{
    struct boot_state state = stored_state();
    return boot_state_pending(&state);
}

#endif
