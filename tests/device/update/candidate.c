/* Verification and commit, step by step.
 * SPDX-License-Identifier: MIT
 */
#include "device/update/candidate.h"

#include <string.h>

#include "update/slot_fill.h"

#define STEPS_MAX 1000u
#define FILLS_MAX 3u /* as device/fw_install.c */

bool candidate_boots_from_nor(const struct fake_board *board)
{
    return flash_map_of(&board->hal)->new_image.region == HAL_FLASH_EXTERNAL;
}

static enum update_status verify(struct fake_board *board, const struct nvm *nvm,
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size)
{
    struct factory factory;
    unsigned steps = 0;
    (void)factory_read(&board->hal, &factory);
    update_init(update, &board->hal);
    update_verify_start(update, region, address, size);
    while (steps < STEPS_MAX && update_step(update, &factory, nvm)) {
        steps++;
    }
    return update_status(update);
}

enum update_status candidate_verify(struct fake_board *board, struct update *update, uint32_t size)
{
    struct nvm nvm;
    nvm_open(&nvm, &board->hal);
    return verify(board, &nvm, update, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, size);
}

static enum update_status fill_slot(
        struct fake_board *board, const struct nvm *nvm, struct update *update)
{
    struct factory factory;
    struct slot_fill fill;
    const struct flash_slot *slot = &flash_map_of(&board->hal)->new_image;
    (void)factory_read(&board->hal, &factory);
    slot_fill_begin(&fill, &board->hal, &factory, update->address);
    for (unsigned fills = 0; fills < FILLS_MAX; fills++) {
        unsigned steps = 0;
        while (steps < STEPS_MAX && slot_fill_step(&fill, &board->hal, &factory)) {
            steps++;
        }
        if (fill.stage == SLOT_FILL_FILLED
                && verify(board, nvm, update, slot->region, slot->address, FLASH_SLOT_SIZE)
                           == UPDATE_VALID) {
            return UPDATE_VALID;
        }
        slot_fill_again(&fill, &board->hal, &factory);
    }
    return UPDATE_BAD_PATCH;
}

enum update_status candidate_commit(struct fake_board *board, uint32_t size)
{
    struct nvm nvm;
    struct update update;
    nvm_open(&nvm, &board->hal);
    enum update_status status =
            verify(board, &nvm, &update, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, size);
    if (status == UPDATE_VALID && (update.is_delta || !candidate_boots_from_nor(board))) {
        status = fill_slot(board, &nvm, &update);
    }
    if (status == UPDATE_VALID) {
        update_commit(&update, &nvm);
    }
    return status;
}

bool candidate_runs(const struct fake_board *board, const uint8_t *image, uint32_t size)
{
    return memcmp(board->internal + FLASH_RUNNING_ADDRESS, image, size) == 0;
}

static uint8_t *slot_bytes(struct fake_board *board, const struct flash_slot *slot)
{
    return (slot->region == HAL_FLASH_INTERNAL ? board->internal : board->external) + slot->address;
}

uint8_t *candidate_old_image(struct fake_board *board)
{
    return slot_bytes(board, &flash_map_of(&board->hal)->old_image);
}

uint8_t *candidate_new_slot(struct fake_board *board)
{
    return slot_bytes(board, &flash_map_of(&board->hal)->new_image);
}

uint8_t *candidate_new_image(struct fake_board *board)
{
    return candidate_boots_from_nor(board) ? board->external + NOR_BLOCK_ADDRESS
                                           : candidate_new_slot(board);
}

struct boot_state candidate_boot_state(struct fake_board *board)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board->hal);
    boot_state_read(&nvm, &state);
    return state;
}
