/* Expansion of AES-128 keys for nettle.
 * SPDX-License-Identifier: MIT
 *
 * With many devices no table of expanded keys holds them all: each uplink expands the keys of its
 * session on both sides. Nettle does so in 850 instructions, a processor with AES instructions in
 * about 100.
 */
#ifndef IDENTITY_AES_KEY_H
#define IDENTITY_AES_KEY_H

#include <nettle/aes.h>
#include <stdint.h>

/* As aes128_set_encrypt_key(), bit for bit. */
void aes_key_expand(struct aes128_ctx *schedule, const uint8_t key[16]);

#endif
