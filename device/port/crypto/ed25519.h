/* Ed25519 signature check (RFC 8032, pure), in software.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_CRYPTO_ED25519_H
#define PORT_CRYPTO_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool ed25519_signature_valid(const uint8_t public_key[32], const uint8_t *message, size_t size,
        const uint8_t signature[64]);

#endif
