/* SHA-512 (FIPS 180-4) as a stream, in software.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_CRYPTO_SHA512_H
#define PORT_CRYPTO_SHA512_H

#include <stddef.h>
#include <stdint.h>

struct sha512 {
    uint64_t state[8];
    uint64_t size_bytes; /* so far */
    uint8_t block[128];
};

void sha512_start(struct sha512 *sha);
void sha512_add(struct sha512 *sha, const uint8_t *data, size_t size);
void sha512_finish(struct sha512 *sha, uint8_t digest[64]);

#endif
