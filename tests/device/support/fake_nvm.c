/* Non-volatile records in the fake board's RAM, with the contract of device/update/nvm.h, and the
 * join-accept of device/update/factory.h.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "device/support/fake_board.h"
#include "update/factory.h"

void nvm_open(struct nvm *nvm, const struct hal *hal)
{
    memset(nvm, 0, sizeof *nvm);
    nvm->hal = *hal;
}

int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max)
{
    const struct fake_board *board = nvm->hal.board;
    size_t size = board->nvm_size[id];
    if (size == 0 || size > size_max) {
        return -1;
    }
    memcpy(data, board->nvm_data[id], size);
    return (int)size;
}

void nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size)
{
    struct fake_board *board = nvm->hal.board;
    if (size == 0 || size > NVM_RECORD_SIZE_MAX) {
        hal_panic(&nvm->hal, __FILE__, __LINE__);
        return;
    }
    if (board->nvm_size[id] == size && memcmp(board->nvm_data[id], data, size) == 0) {
        return;
    }
    board->nvm_size[id] = (uint8_t)size;
    memcpy(board->nvm_data[id], data, size);
    board->nvm_writes++;
}

void nvm_erase(struct nvm *nvm, enum nvm_id id)
{
    struct fake_board *board = nvm->hal.board;
    board->nvm_size[id] = 0;
}

unsigned nvm_lost_records_max(const struct nvm *nvm, size_t size)
{
    return ((const struct fake_board *)nvm->hal.board)->nvm_lost_records;
}

void nvm_forget_lost(struct nvm *nvm)
{
    ((struct fake_board *)nvm->hal.board)->nvm_lost_records = 0;
}

size_t factory_join_accept(
        const struct hal *hal, uint8_t accept[FACTORY_JOIN_ACCEPT_MAX], uint16_t *dev_nonce)
{
    const struct fake_board *board = hal->board;
    memcpy(accept, board->join_accept, board->join_accept_size);
    *dev_nonce = board->join_accept_dev_nonce;
    return board->join_accept_size;
}
