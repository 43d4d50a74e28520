/* Verification and commit, step by step.
 * SPDX-License-Identifier: MIT
 */
#include "device/update/candidate.h"

#define STEPS_MAX 1000u

static enum update_status verify(
        struct fake_board *board, struct nvm *nvm, struct update *update, uint32_t size)
{
    struct factory factory;
    unsigned steps = 0;
    (void)factory_read(&board->hal, &factory);
    nvm_open(nvm, &board->hal);
    update_init(update, &board->hal);
    update_verify_start(update, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, size);
    while (steps < STEPS_MAX && update_step(update, &factory, nvm)) {
        steps++;
    }
    return update_status(update);
}

enum update_status candidate_verify(struct fake_board *board, struct update *update, uint32_t size)
{
    struct nvm nvm;
    return verify(board, &nvm, update, size);
}

enum update_status candidate_commit(struct fake_board *board, uint32_t size)
{
    struct nvm nvm;
    struct update update;
    enum update_status status = verify(board, &nvm, &update, size);
    if (status == UPDATE_VALID) {
        update_commit(&update, &nvm);
    }
    return status;
}
