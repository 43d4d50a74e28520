/* Hashes and MICs with which the server proves a block to a device (device/services/block_proof.h).
 * SPDX-License-Identifier: MIT
 *
 * The server's own code: nettle's SHA-256 and CMAC, a CRC-64 of its own.
 */
#ifndef CAMPAIGN_PROOF_H
#define CAMPAIGN_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "campaign/packages.h"

uint64_t proof_crc64(const uint8_t *data, size_t size);
/* As on air, over a block without padding. */
void proof_hash(
        enum proof_kind kind, const uint8_t *block, size_t size, uint8_t hash[PROOF_HASH_SIZE]);
void proof_mic(const uint8_t app_s_key[16], uint32_t dev_addr, enum proof_kind kind,
        uint8_t frag_index, const uint8_t hash[PROOF_HASH_SIZE], uint8_t mic[4]);

#endif
