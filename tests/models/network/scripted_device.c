/* A test's end-device that makes and reads LoRaWAN frames: join, uplinks, downlinks.
 * SPDX-License-Identifier: MIT
 */
#include "models/network/scripted_device.h"

#include <string.h>

static void put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get(const uint8_t *in, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)in[i] << (8 * i);
    }
    return value;
}

static void cmac(const uint8_t key[16], const uint8_t *data, size_t size, uint8_t mac[16])
{
    struct lorawan_key schedule;
    lorawan_key_set(&schedule, key);
    lorawan_cmac(&schedule, NULL, data, size, mac);
}

void scripted_device_init(struct scripted_device *device, uint32_t index)
{
    memset(device, 0, sizeof *device);
    device->identity.dev_eui = UINT64_C(0x0004A30B00000000) + index;
    device->identity.join_eui = UINT64_C(0x70B3D57ED0000001);
    for (unsigned i = 0; i < 16; i++) {
        device->identity.app_key[i] = (uint8_t)(i * 7 + index);
        device->identity.gen_app_key[i] = (uint8_t)(i * 5 + 3 * index + 1);
    }
}

uint16_t scripted_device_join_request(struct scripted_device *device, uint8_t *bytes)
{
    uint8_t mac[16];
    bytes[0] = 0x00;
    put(bytes + 1, device->identity.join_eui, 8);
    put(bytes + 9, device->identity.dev_eui, 8);
    put(bytes + 17, device->dev_nonce++, 2);
    cmac(device->identity.app_key, bytes, 19, mac);
    memcpy(bytes + 19, mac, 4);
    return 23;
}

bool scripted_device_join_accept(
        struct scripted_device *device, const uint8_t *bytes, uint16_t size)
{
    uint8_t plain[33];
    uint8_t mac[16];
    if ((size != 17 && size != 33) || bytes[0] != 0x20) {
        return false;
    }
    plain[0] = bytes[0];
    for (uint16_t at = 1; at < size; at = (uint16_t)(at + 16)) {
        lorawan_aes_encrypt(device->identity.app_key, bytes + at, plain + at);
    }
    cmac(device->identity.app_key, plain, size - 4u, mac);
    if (memcmp(mac, plain + size - 4, 4) != 0) {
        return false;
    }
    device->join_nonce = get(plain + 1, 3);
    device->dev_addr = get(plain + 7, 4);
    device->dl_settings = plain[11];
    device->rx_delay_s = plain[12];
    device->has_cf_list = size == 33;
    if (device->has_cf_list) {
        memcpy(device->cf_list, plain + 13, 16);
    }
    uint8_t block[16] = { 1 };
    memcpy(block + 1, plain + 1, 6); /* JoinNonce, NetID */
    put(block + 7, device->dev_nonce - 1u, 2);
    lorawan_aes_encrypt(device->identity.app_key, block, device->nwk_s_key);
    block[0] = 2;
    lorawan_aes_encrypt(device->identity.app_key, block, device->app_s_key);
    device->joined = true;
    device->fcnt_up = 0;
    return true;
}

static void fill(uint8_t block[16], uint8_t first, uint8_t direction, uint32_t dev_addr,
        uint32_t fcnt, uint8_t last)
{
    memset(block, 0, 16);
    block[0] = first;
    block[5] = direction;
    put(block + 6, dev_addr, 4);
    put(block + 10, fcnt, 4);
    block[15] = last;
}

static void crypt(const uint8_t key[16], uint8_t direction, uint32_t dev_addr, uint32_t fcnt,
        uint8_t *data, size_t size)
{
    uint8_t block[16], stream[16];
    for (size_t i = 0; i < size; i++) {
        if (i % 16 == 0) {
            fill(block, 0x01, direction, dev_addr, fcnt, (uint8_t)(i / 16 + 1));
            lorawan_aes_encrypt(key, block, stream);
        }
        data[i] ^= stream[i % 16];
    }
}

static void mic(const uint8_t key[16], uint8_t direction, uint32_t dev_addr, uint32_t fcnt,
        const uint8_t *bytes, size_t size, uint8_t out[4])
{
    uint8_t message[16 + 255], mac[16];
    fill(message, 0x49, direction, dev_addr, fcnt, (uint8_t)size);
    memcpy(message + 16, bytes, size);
    cmac(key, message, 16 + size, mac);
    memcpy(out, mac, 4);
}

uint16_t scripted_device_uplink(struct scripted_device *device, bool confirmed,
        const uint8_t *fopts, uint8_t fopts_size, uint8_t fport, const uint8_t *payload,
        uint16_t payload_size, uint8_t *bytes)
{
    uint32_t fcnt = device->fcnt_up++;
    bytes[0] = confirmed ? 0x80 : 0x40;
    put(bytes + 1, device->dev_addr, 4);
    bytes[5] = (uint8_t)(device->fctrl | fopts_size);
    put(bytes + 6, fcnt, 2);
    uint16_t at = 8;
    for (uint8_t i = 0; i < fopts_size; i++) {
        bytes[at++] = fopts[i];
    }
    if (fport != 0) {
        bytes[at++] = fport;
        memcpy(bytes + at, payload, payload_size);
        crypt(device->app_s_key, 0, device->dev_addr, fcnt, bytes + at, payload_size);
        at = (uint16_t)(at + payload_size);
    }
    mic(device->nwk_s_key, 0, device->dev_addr, fcnt, bytes, at, bytes + at);
    return (uint16_t)(at + 4);
}

bool scripted_downlink_read(const uint8_t nwk_s_key[16], const uint8_t app_s_key[16],
        uint32_t dev_addr, uint32_t fcnt_high, const uint8_t *bytes, uint16_t size,
        struct scripted_downlink *downlink)
{
    if (size < 12 || bytes[0] != 0x60 || get(bytes + 1, 4) != dev_addr) {
        return false;
    }
    uint32_t fcnt = fcnt_high << 16 | get(bytes + 6, 2);
    uint8_t expected[4];
    mic(nwk_s_key, 1, dev_addr, fcnt, bytes, size - 4u, expected);
    if (memcmp(expected, bytes + size - 4, 4) != 0) {
        return false;
    }
    memset(downlink, 0, sizeof *downlink);
    downlink->dev_addr = dev_addr;
    downlink->fcnt = (uint16_t)fcnt;
    downlink->ack = (bytes[5] & 0x20) != 0;
    downlink->pending = (bytes[5] & 0x10) != 0;
    downlink->fopts_size = bytes[5] & 0x0F;
    memcpy(downlink->fopts, bytes + 8, downlink->fopts_size);
    uint16_t at = (uint16_t)(8 + downlink->fopts_size);
    if (at < size - 4) {
        downlink->fport = bytes[at++];
        downlink->size = (uint16_t)(size - 4 - at);
        memcpy(downlink->payload, bytes + at, downlink->size);
        crypt(app_s_key, 1, dev_addr, fcnt, downlink->payload, downlink->size);
    }
    return true;
}
