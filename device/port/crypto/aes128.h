/* AES-128 encryption and what LoRaWAN builds from it: CTR and CMAC, for parts without an engine.
 * SPDX-License-Identifier: MIT
 *
 * Only encryption exists: LoRaWAN end-devices never decrypt a block (L2 1.0.4 section 6.2.3).
 */
#ifndef PORT_CRYPTO_AES128_H
#define PORT_CRYPTO_AES128_H

#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK_BYTES 16u
#define AES_ROUNDS      10u

struct aes_key {
    uint8_t round_key[(AES_ROUNDS + 1u) * AES_BLOCK_BYTES];
};

void aes_key_expand(struct aes_key *aes, const uint8_t key[16]);
/* `in` and `out` may be the same. */
void aes_key_encrypt(const struct aes_key *aes, const uint8_t in[16], uint8_t out[16]);
/* Changes `data` in place; the whole counter block counts up, big-endian. */
void aes_key_ctr(const struct aes_key *aes, const uint8_t counter[16], uint8_t *data, size_t size);

/* RFC 4493 as a stream. The last block waits in `pending`, because it is treated differently. */
struct aes_cmac {
    uint8_t chain[AES_BLOCK_BYTES];
    uint8_t pending[AES_BLOCK_BYTES];
    uint32_t pending_size;
};

void aes_cmac_begin(struct aes_cmac *cmac);
void aes_cmac_update(
        const struct aes_key *aes, struct aes_cmac *cmac, const uint8_t *data, size_t size);
void aes_cmac_end(const struct aes_key *aes, struct aes_cmac *cmac, uint8_t mac[16]);

#endif
