/* MIC, cipher and session keys of LoRaWAN 1.0.x, by HAL key slot.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_CRYPTO_H
#define DEVICE_MAC_CRYPTO_H

#include "hal.h"

enum mac_direction {
    MAC_UP,
    MAC_DOWN
};

/* MIC of a data frame over `size` bytes, MHDR .. FRMPayload. */
void mac_crypto_mic(const struct hal *hal, unsigned slot, enum mac_direction direction,
        uint32_t dev_addr, uint32_t fcnt, const uint8_t *bytes, size_t size, uint8_t mic[4]);

/* MIC of a join frame: no block in front. */
void mac_crypto_join_mic(const struct hal *hal, const uint8_t *bytes, size_t size, uint8_t mic[4]);

/* Encrypts or decrypts FRMPayload in place. */
void mac_crypto_cipher(const struct hal *hal, unsigned slot, enum mac_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t *payload, size_t size);

/* Encrypts one block; `in` and `out` may be the same. */
void mac_crypto_block(const struct hal *hal, unsigned slot, const uint8_t in[16], uint8_t out[16]);

/* NwkSKey and AppSKey from AppKey. */
void mac_crypto_session_keys(const struct hal *hal, uint32_t join_nonce, uint32_t net_id,
        uint16_t dev_nonce, uint8_t nwk_s_key[16], uint8_t app_s_key[16]);

/* Compares in constant time. */
static inline bool mac_crypto_mic_equal(const uint8_t a[4], const uint8_t b[4])
{
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

#endif
