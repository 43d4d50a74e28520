/* SHA-256 (FIPS 180-4) as a stream, in software.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_CRYPTO_SHA256_H
#define PORT_CRYPTO_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t size_bytes; /* so far */
    uint8_t block[64];
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *data, size_t size);
void sha256_finish(struct sha256 *sha, uint8_t digest[32]);

#endif
