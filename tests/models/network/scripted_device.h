/* A test's end-device that makes and reads LoRaWAN frames: join, uplinks, downlinks.
 * SPDX-License-Identifier: MIT
 *
 * Frames are put together field by field here; only AES and CMAC are those of the server, and
 * they have published vectors of their own.
 */
#ifndef TESTS_SCRIPTED_DEVICE_H
#define TESTS_SCRIPTED_DEVICE_H

#include "identity/identity.h"
#include "network/lorawan.h"

struct scripted_device {
    struct device_identity identity;
    uint16_t dev_nonce; /* next */
    bool joined;
    uint32_t dev_addr;
    uint32_t join_nonce;
    uint8_t nwk_s_key[16], app_s_key[16];
    uint8_t rx_delay_s;
    uint8_t dl_settings;
    uint8_t cf_list[16];
    bool has_cf_list;
    uint32_t fcnt_up; /* next */
    uint8_t fctrl;    /* bits of every uplink: 0x80 ADR, 0x40 ADRACKReq */
};

struct scripted_downlink {
    uint32_t dev_addr;
    uint16_t fcnt;
    bool ack, pending;
    uint8_t fopts_size;
    uint8_t fopts[15];
    uint8_t fport; /* 0: none */
    uint16_t size;
    uint8_t payload[242];
};

void scripted_device_init(struct scripted_device *device, uint32_t index);
/* Writes a join request with the next DevNonce; returns its size. */
uint16_t scripted_device_join_request(struct scripted_device *device, uint8_t *bytes);
/* False: not a join accept for this device and its last DevNonce. */
bool scripted_device_join_accept(
        struct scripted_device *device, const uint8_t *bytes, uint16_t size);
/* Writes the next uplink; `fport` 0: empty. */
uint16_t scripted_device_uplink(struct scripted_device *device, bool confirmed,
        const uint8_t *fopts, uint8_t fopts_size, uint8_t fport, const uint8_t *payload,
        uint16_t payload_size, uint8_t *bytes);
/* Checks the MIC under (dev_addr, nwk key, fcnt_high) and decrypts. False: not for us. */
bool scripted_downlink_read(const uint8_t nwk_s_key[16], const uint8_t app_s_key[16],
        uint32_t dev_addr, uint32_t fcnt_high, const uint8_t *bytes, uint16_t size,
        struct scripted_downlink *downlink);

#endif
