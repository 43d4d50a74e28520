/* AES-128 key schedules and AES-CMAC (RFC 4493) over nettle.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_CMAC_H
#define BOARD_CMAC_H

#include <nettle/aes.h>
#include <stddef.h>
#include <stdint.h>

struct aes_schedule {
    struct aes128_ctx encrypt;
    uint8_t subkey_whole[16];   /* K1: the last block is a whole one */
    uint8_t subkey_partial[16]; /* K2 */
};

struct cmac_state {
    uint8_t chain[16];
    uint8_t pending[16]; /* the last block is held back until it is known to be the last */
    uint32_t pending_size;
};

void aes_schedule_init(struct aes_schedule *schedule, const uint8_t key[16]);
void cmac_init(struct cmac_state *state);
void cmac_update(const struct aes_schedule *schedule, struct cmac_state *state, const void *data,
        size_t size);
void cmac_final(const struct aes_schedule *schedule, struct cmac_state *state, uint8_t mac[16]);

#endif
