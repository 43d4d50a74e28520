/* LoRaWAN 1.0.4 frames and keys as a network server sees them.
 * SPDX-License-Identifier: MIT
 *
 * LoRaWAN L2 1.0.4 sections 4 and 6, TS005 section 4. Sizes are bytes; parsed frames point into the
 * bytes they were parsed from.
 */
#ifndef NETWORK_LORAWAN_H
#define NETWORK_LORAWAN_H

#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LORAWAN_MIC_SIZE             4u
#define LORAWAN_FOPTS_MAX            15u
#define LORAWAN_OVERHEAD             13u /* MHDR, FHDR without FOpts, FPort, MIC */
#define LORAWAN_FRAME_MAX            255u
#define LORAWAN_JOIN_REQUEST_SIZE    23u
#define LORAWAN_JOIN_ACCEPT_SIZE_MAX 33u

enum lorawan_ftype { /* MHDR bits 7..5 */
    LORAWAN_JOIN_REQUEST,
    LORAWAN_JOIN_ACCEPT,
    LORAWAN_UNCONFIRMED_UP,
    LORAWAN_UNCONFIRMED_DOWN,
    LORAWAN_CONFIRMED_UP,
    LORAWAN_CONFIRMED_DOWN,
    LORAWAN_RFU,
    LORAWAN_PROPRIETARY
};

enum lorawan_direction {
    LORAWAN_UP,
    LORAWAN_DOWN
};

/* --- keys ------------------------------------------------------------------------------------ */

/* A key with its AES schedule and CMAC subkeys: 208 bytes. */
struct lorawan_key {
    struct aes128_ctx aes;
    struct cmac128_key subkeys;
};

void lorawan_key_set(struct lorawan_key *key, const uint8_t bytes[16]);
/* AES-CMAC (RFC 4493) over an optional 16-byte prefix block and `size` bytes. */
void lorawan_cmac(const struct lorawan_key *key, const uint8_t *prefix, const uint8_t *data,
        size_t size, uint8_t mac[16]);
void lorawan_aes_encrypt(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);
void lorawan_aes_decrypt(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

void lorawan_session_keys(const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id,
        uint16_t dev_nonce, uint8_t nwk_s_key[16], uint8_t app_s_key[16]);

/* McRootKey and McKEKey of a LoRaWAN 1.0.x device; group session keys; DataBlockIntKey. */
void lorawan_mc_ke_key(const uint8_t gen_app_key[16], uint8_t mc_ke_key[16]);
void lorawan_mc_session_keys(const uint8_t mc_key[16], uint32_t mc_addr, uint8_t mc_app_s_key[16],
        uint8_t mc_nwk_s_key[16]);
void lorawan_data_block_int_key(const uint8_t gen_app_key[16], uint8_t key[16]);

/* --- data frames ----------------------------------------------------------------------------- */

struct lorawan_uplink {
    bool confirmed;
    uint32_t dev_addr;
    bool adr, adr_ack_req, ack;
    uint16_t fcnt; /* low half of the counter */
    const uint8_t *fopts;
    uint8_t fopts_size;
    bool has_fport;
    uint8_t fport;
    const uint8_t *payload; /* encrypted */
    uint16_t payload_size;
    uint32_t mic;
};

enum lorawan_ftype lorawan_ftype(uint8_t mhdr);

/* False: not a well-formed LoRaWAN R1 data uplink. */
bool lorawan_uplink_parse(const uint8_t *bytes, size_t size, struct lorawan_uplink *uplink);

/* Next 32-bit counter that has the low half `fcnt`, after `last` (NULL: none yet). False: it is
 * the last one again. (section 4.3.1.5) */
bool lorawan_fcnt_next(const uint32_t *last, uint16_t fcnt, uint32_t *next);

/* MIC over the first `size` bytes of a data frame (section 4.4). */
uint32_t lorawan_mic(const struct lorawan_key *nwk_s_key, enum lorawan_direction direction,
        uint32_t dev_addr, uint32_t fcnt, const uint8_t *bytes, size_t size);
/* Encrypts or decrypts an FRMPayload in place (section 4.3.3). */
void lorawan_crypt(const struct aes128_ctx *key, enum lorawan_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t *payload, size_t size);

struct lorawan_downlink { /* unconfirmed */
    uint32_t dev_addr;
    uint32_t fcnt;
    bool ack, pending;
    const uint8_t *fopts;
    uint8_t fopts_size;
    uint8_t fport; /* 0: no FPort, no payload */
    const uint8_t *payload;
    uint16_t payload_size;
};

/* Returns the size of the PHY payload. */
size_t lorawan_downlink_build(const struct lorawan_downlink *downlink,
        const struct lorawan_key *nwk_s_key, const struct aes128_ctx *app_s_key,
        uint8_t bytes[LORAWAN_FRAME_MAX]);

/* --- join ------------------------------------------------------------------------------------ */

struct lorawan_join_request {
    uint64_t join_eui, dev_eui;
    uint16_t dev_nonce;
};

/* As a device sends it, for devices that joined before the run; returns its size. */
size_t lorawan_join_request_build(const struct lorawan_join_request *request,
        const uint8_t app_key[16], uint8_t bytes[LORAWAN_JOIN_REQUEST_SIZE]);
/* False: wrong size or MHDR. The MIC is checked by lorawan_join_request_mic_ok(). */
bool lorawan_join_request_parse(
        const uint8_t *bytes, size_t size, struct lorawan_join_request *request);
bool lorawan_join_request_mic_ok(const uint8_t *bytes, const uint8_t app_key[16]);

struct lorawan_join_accept {
    uint32_t join_nonce; /* 24 bits */
    uint32_t net_id;
    uint32_t dev_addr;
    uint8_t rx1_data_rate_offset, rx2_data_rate;
    uint8_t rx_delay_s;
    uint8_t channel_count; /* CFList type 0; 0: no CFList */
    uint32_t channel_hz[5];
};

/* Writes the encrypted frame; returns 17 or 33. */
size_t lorawan_join_accept_build(const struct lorawan_join_accept *accept,
        const uint8_t app_key[16], uint8_t bytes[LORAWAN_JOIN_ACCEPT_SIZE_MAX]);

#endif
