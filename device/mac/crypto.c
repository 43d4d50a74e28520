/* MIC, cipher and session keys of LoRaWAN 1.0.x (spec-protocol 1.2 and 1.4).
 * SPDX-License-Identifier: MIT
 */
#include "mac/crypto.h"

#include <string.h>

#include "bytes.h"
#include "mac/mac.h"

/* B0 and A_i differ in the first and the last byte. */
static void fill_block(uint8_t block[16], uint8_t first, enum mac_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t last)
{
    put_le32(block, first);
    block[4] = 0;
    block[5] = (uint8_t)direction;
    put_le32(block + 6, dev_addr);
    put_le32(block + 10, fcnt);
    block[14] = 0;
    block[15] = last;
}

static void cmac4(const struct hal *hal, unsigned slot, const struct hal_span *spans,
        size_t span_count, uint8_t mic[4])
{
    uint8_t mac[16];
    enum hal_status status = hal_aes_cmac(hal, slot, spans, span_count, mac);
    DEVICE_ASSERT(hal, status == HAL_OK);
    memcpy(mic, mac, 4);
}

void mac_crypto_mic(const struct hal *hal, unsigned slot, enum mac_direction direction,
        uint32_t dev_addr, uint32_t fcnt, const uint8_t *bytes, size_t size, uint8_t mic[4])
{
    DEVICE_ASSERT(hal, size <= UINT8_MAX); /* B0 has one byte for it */
    uint8_t b0[16];
    fill_block(b0, 0x49, direction, dev_addr, fcnt, (uint8_t)size);
    const struct hal_span spans[2] = { { b0, sizeof b0 }, { bytes, size } };
    cmac4(hal, slot, spans, 2, mic);
}

void mac_crypto_join_mic(const struct hal *hal, const uint8_t *bytes, size_t size, uint8_t mic[4])
{
    DEVICE_ASSERT(hal, bytes != NULL && size > 0 && size <= MAC_FRAME_MAX);
    const struct hal_span span = { bytes, size };
    cmac4(hal, MAC_KEY_APP, &span, 1, mic);
}

void mac_crypto_cipher(const struct hal *hal, unsigned slot, enum mac_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t *payload, size_t size)
{
    if (size == 0) {
        return;
    }
    DEVICE_ASSERT(hal, size <= UINT8_MAX);
    uint8_t a1[16];
    fill_block(a1, 0x01, direction, dev_addr, fcnt, 1);
    enum hal_status status = hal_aes_ctr(hal, slot, a1, payload, size);
    DEVICE_ASSERT(hal, status == HAL_OK);
}

void mac_crypto_block(const struct hal *hal, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    enum hal_status status = hal_aes_block(hal, slot, in, out);
    DEVICE_ASSERT(hal, status == HAL_OK);
}

void mac_crypto_session_keys(const struct hal *hal, uint32_t join_nonce, uint32_t net_id,
        uint16_t dev_nonce, uint8_t nwk_s_key[16], uint8_t app_s_key[16])
{
    DEVICE_ASSERT(hal, nwk_s_key != NULL && app_s_key != NULL && nwk_s_key != app_s_key);
    uint8_t block[16] = { 0x01 };
    put_le24(block + 1, join_nonce);
    put_le24(block + 4, net_id);
    put_le16(block + 7, dev_nonce);
    mac_crypto_block(hal, MAC_KEY_APP, block, nwk_s_key);
    block[0] = 0x02;
    mac_crypto_block(hal, MAC_KEY_APP, block, app_s_key);
}
