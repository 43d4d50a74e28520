/* Verification and commit, step by step.
 * SPDX-License-Identifier: MIT
 */
#include "device/update/candidate.h"

#include <string.h>

#include "update/delta_build.h"

#define STEPS_MAX 1000u

static enum update_status verify(struct fake_board *board, const struct nvm *nvm,
        struct update *update, uint32_t address, uint32_t size)
{
    struct factory factory;
    unsigned steps = 0;
    (void)factory_read(&board->hal, &factory);
    update_init(update, &board->hal);
    update_verify_start(update, HAL_FLASH_EXTERNAL, address, size);
    while (steps < STEPS_MAX && update_step(update, &factory, nvm)) {
        steps++;
    }
    return update_status(update);
}

enum update_status candidate_verify(struct fake_board *board, struct update *update, uint32_t size)
{
    struct nvm nvm;
    nvm_open(&nvm, &board->hal);
    return verify(board, &nvm, update, NOR_BLOCK_ADDRESS, size);
}

static enum update_status build(
        struct fake_board *board, const struct nvm *nvm, struct update *update)
{
    struct factory factory;
    struct delta_build build;
    unsigned steps = 0;
    (void)factory_read(&board->hal, &factory);
    delta_build_begin(&build, &board->hal, &factory, update->address);
    while (steps < STEPS_MAX && delta_build_step(&build, &board->hal, &factory)) {
        steps++;
    }
    return build.stage == DELTA_BUILD_BUILT
                   ? verify(board, nvm, update, NOR_NEW_IMAGE_ADDRESS, NOR_NEW_IMAGE_SIZE)
                   : UPDATE_BAD_PATCH;
}

enum update_status candidate_commit(struct fake_board *board, uint32_t size)
{
    struct nvm nvm;
    struct update update;
    nvm_open(&nvm, &board->hal);
    enum update_status status = verify(board, &nvm, &update, NOR_BLOCK_ADDRESS, size);
    if (status == UPDATE_VALID && update.is_delta) {
        status = build(board, &nvm, &update);
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

struct boot_state candidate_boot_state(struct fake_board *board)
{
    struct nvm nvm;
    struct boot_state state;
    nvm_open(&nvm, &board->hal);
    boot_state_read(&nvm, &state);
    return state;
}
