/* LoRaWAN 1.0.4 frames and keys as a network server sees them.
 * SPDX-License-Identifier: MIT
 */
#include "network/lorawan.h"

#include <assert.h>
#include <nettle/cbc.h>
#include <string.h>

#include "identity/aes_key.h"
#include "network/wire.h"

#define BLOCK     16u
#define RUN_BYTES 256u

/* --- keys ------------------------------------------------------------------------------------ */

static void encrypt_block(const void *context, size_t size, uint8_t *out, const uint8_t *in)
{
    aes128_encrypt(context, size, out, in);
}

void lorawan_key_set(struct lorawan_key *key, const uint8_t bytes[16])
{
    aes_key_expand(&key->aes, bytes);
    cmac128_set_key(&key->subkeys, &key->aes, encrypt_block);
}

/* Of whole blocks, from one chaining value to the next. */
static void chain_blocks(
        const struct lorawan_key *key, uint8_t chain[BLOCK], const uint8_t *data, size_t size)
{
    uint8_t sink[RUN_BYTES];
    assert(size % BLOCK == 0);
    while (size > 0) {
        size_t run = size < RUN_BYTES ? size : RUN_BYTES;
        cbc_aes128_encrypt(&key->aes, chain, run, sink, data);
        data += run;
        size -= run;
    }
}

/* All blocks but the last are chained as in CBC (RFC 4493 section 2.4), which the library does in
 * long runs. Of 46 KiB that takes 0.6 of the time of its CMAC, which calls the cipher for each
 * block. */
void lorawan_cmac(const struct lorawan_key *key, const uint8_t *prefix, const uint8_t *data,
        size_t size, uint8_t mac[16])
{
    struct cmac128_ctx context;
    cmac128_init(&context);
    if (prefix != NULL && size > 0) {
        chain_blocks(key, context.X.b, prefix, BLOCK);
    } else if (prefix != NULL) {
        data = prefix;
        size = BLOCK;
    }
    size_t before_last = size > 0 ? (size - 1) / BLOCK * BLOCK : 0;
    chain_blocks(key, context.X.b, data, before_last);
    cmac128_update(&context, &key->aes, encrypt_block, size - before_last, data + before_last);
    cmac128_digest(&context, &key->subkeys, &key->aes, encrypt_block, 16, mac);
}

void lorawan_aes_encrypt(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    struct aes128_ctx aes;
    aes_key_expand(&aes, key);
    aes128_encrypt(&aes, 16, out, in);
}

void lorawan_aes_decrypt(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    struct aes128_ctx aes;
    aes128_set_decrypt_key(&aes, key);
    aes128_decrypt(&aes, 16, out, in);
}

void lorawan_session_keys(const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id,
        uint16_t dev_nonce, uint8_t nwk_s_key[16], uint8_t app_s_key[16])
{
    uint8_t block[16] = { 0x01 };
    wire_put_u24(block + 1, join_nonce);
    wire_put_u24(block + 4, net_id);
    wire_put_u16(block + 7, dev_nonce);
    lorawan_aes_encrypt(app_key, block, nwk_s_key);
    block[0] = 0x02;
    lorawan_aes_encrypt(app_key, block, app_s_key);
}

void lorawan_mc_ke_key(const uint8_t gen_app_key[16], uint8_t mc_ke_key[16])
{
    static const uint8_t zero[16];
    uint8_t mc_root_key[16];
    lorawan_aes_encrypt(gen_app_key, zero, mc_root_key);
    lorawan_aes_encrypt(mc_root_key, zero, mc_ke_key);
}

void lorawan_mc_session_keys(const uint8_t mc_key[16], uint32_t mc_addr, uint8_t mc_app_s_key[16],
        uint8_t mc_nwk_s_key[16])
{
    uint8_t block[16] = { 0x01 };
    wire_put_u32(block + 1, mc_addr);
    lorawan_aes_encrypt(mc_key, block, mc_app_s_key);
    block[0] = 0x02;
    lorawan_aes_encrypt(mc_key, block, mc_nwk_s_key);
}

void lorawan_data_block_int_key(const uint8_t gen_app_key[16], uint8_t key[16])
{
    static const uint8_t label[16] = { 0x30 };
    lorawan_aes_encrypt(gen_app_key, label, key);
}

/* --- data frames ----------------------------------------------------------------------------- */

enum lorawan_ftype lorawan_ftype(uint8_t mhdr)
{
    return (enum lorawan_ftype)(mhdr >> 5);
}

bool lorawan_uplink_parse(const uint8_t *bytes, size_t size, struct lorawan_uplink *uplink)
{
    /* MHDR, FHDR of 7, MIC. */
    if (size < 12u || size > LORAWAN_FRAME_MAX || (bytes[0] & 0x03u) != 0) {
        return false;
    }
    enum lorawan_ftype ftype = lorawan_ftype(bytes[0]);
    if (ftype != LORAWAN_UNCONFIRMED_UP && ftype != LORAWAN_CONFIRMED_UP) {
        return false;
    }
    uint8_t fctrl = bytes[5];
    uint8_t fopts_size = fctrl & 0x0Fu;
    size_t header_end = 8u + fopts_size;
    size_t mic_at = size - LORAWAN_MIC_SIZE;
    if (header_end > mic_at) {
        return false;
    }
    uplink->confirmed = ftype == LORAWAN_CONFIRMED_UP;
    uplink->dev_addr = wire_u32(bytes + 1);
    uplink->adr = (fctrl & 0x80u) != 0;
    uplink->adr_ack_req = (fctrl & 0x40u) != 0;
    uplink->ack = (fctrl & 0x20u) != 0;
    uplink->fcnt = wire_u16(bytes + 6);
    uplink->fopts = bytes + 8;
    uplink->fopts_size = fopts_size;
    uplink->has_fport = header_end < mic_at;
    uplink->fport = uplink->has_fport ? bytes[header_end] : 0;
    uplink->payload = uplink->has_fport ? bytes + header_end + 1 : bytes + mic_at;
    uplink->payload_size = (uint16_t)(bytes + mic_at - uplink->payload);
    uplink->mic = wire_u32(bytes + mic_at);
    /* Section 4.3.2: MAC commands travel in FOpts or under FPort 0, never in both. */
    return !(uplink->has_fport && uplink->fport == 0 && fopts_size > 0);
}

bool lorawan_fcnt_next(const uint32_t *last, uint16_t fcnt, uint32_t *next)
{
    if (last == NULL) {
        *next = fcnt;
        return true;
    }
    uint16_t ahead = (uint16_t)(fcnt - (uint16_t)*last);
    *next = *last + ahead;
    return ahead != 0;
}

static void fill_block(uint8_t block[16], uint8_t label, enum lorawan_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t last)
{
    memset(block, 0, 16);
    block[0] = label;
    block[5] = (uint8_t)direction;
    wire_put_u32(block + 6, dev_addr);
    wire_put_u32(block + 10, fcnt);
    block[15] = last;
}

uint32_t lorawan_mic(const struct lorawan_key *nwk_s_key, enum lorawan_direction direction,
        uint32_t dev_addr, uint32_t fcnt, const uint8_t *bytes, size_t size)
{
    assert(size <= LORAWAN_FRAME_MAX);
    uint8_t b0[16];
    uint8_t mac[16];
    fill_block(b0, 0x49, direction, dev_addr, fcnt, (uint8_t)size);
    lorawan_cmac(nwk_s_key, b0, bytes, size, mac);
    return wire_u32(mac);
}

void lorawan_crypt(const struct aes128_ctx *key, enum lorawan_direction direction,
        uint32_t dev_addr, uint32_t fcnt, uint8_t *payload, size_t size)
{
    assert(size <= LORAWAN_FRAME_MAX);
    uint8_t stream[256];
    size_t blocks = (size + 15u) / 16u;
    for (size_t i = 0; i < blocks; i++) {
        fill_block(stream + 16 * i, 0x01, direction, dev_addr, fcnt, (uint8_t)(i + 1));
    }
    aes128_encrypt(key, 16 * blocks, stream, stream);
    for (size_t i = 0; i < size; i++) {
        payload[i] ^= stream[i];
    }
}

size_t lorawan_downlink_build(const struct lorawan_downlink *downlink,
        const struct lorawan_key *nwk_s_key, const struct aes128_ctx *app_s_key,
        uint8_t bytes[LORAWAN_FRAME_MAX])
{
    assert(downlink->fopts_size <= LORAWAN_FOPTS_MAX);
    assert(LORAWAN_OVERHEAD + downlink->fopts_size + downlink->payload_size <= LORAWAN_FRAME_MAX);
    bytes[0] = LORAWAN_UNCONFIRMED_DOWN << 5;
    wire_put_u32(bytes + 1, downlink->dev_addr);
    bytes[5] = (uint8_t)((downlink->ack ? 0x20u : 0u) | (downlink->pending ? 0x10u : 0u)
                         | downlink->fopts_size);
    wire_put_u16(bytes + 6, downlink->fcnt);
    size_t at = 8;
    if (downlink->fopts_size > 0) {
        memcpy(bytes + at, downlink->fopts, downlink->fopts_size);
        at += downlink->fopts_size;
    }
    if (downlink->fport != 0) {
        bytes[at++] = downlink->fport;
        memcpy(bytes + at, downlink->payload, downlink->payload_size);
        lorawan_crypt(app_s_key, LORAWAN_DOWN, downlink->dev_addr, downlink->fcnt, bytes + at,
                downlink->payload_size);
        at += downlink->payload_size;
    }
    uint32_t mic =
            lorawan_mic(nwk_s_key, LORAWAN_DOWN, downlink->dev_addr, downlink->fcnt, bytes, at);
    wire_put_u32(bytes + at, mic);
    return at + LORAWAN_MIC_SIZE;
}

/* --- join ------------------------------------------------------------------------------------ */

bool lorawan_join_request_parse(
        const uint8_t *bytes, size_t size, struct lorawan_join_request *request)
{
    if (size != LORAWAN_JOIN_REQUEST_SIZE || (bytes[0] & 0xE3u) != 0) {
        return false;
    }
    request->join_eui = wire_u64(bytes + 1);
    request->dev_eui = wire_u64(bytes + 9);
    request->dev_nonce = wire_u16(bytes + 17);
    return true;
}

size_t lorawan_join_request_build(const struct lorawan_join_request *request,
        const uint8_t app_key[16], uint8_t bytes[LORAWAN_JOIN_REQUEST_SIZE])
{
    struct lorawan_key key;
    uint8_t mac[16];
    bytes[0] = LORAWAN_JOIN_REQUEST << 5;
    wire_put_u64(bytes + 1, request->join_eui);
    wire_put_u64(bytes + 9, request->dev_eui);
    wire_put_u16(bytes + 17, request->dev_nonce);
    lorawan_key_set(&key, app_key);
    lorawan_cmac(&key, NULL, bytes, LORAWAN_JOIN_REQUEST_SIZE - LORAWAN_MIC_SIZE, mac);
    memcpy(bytes + LORAWAN_JOIN_REQUEST_SIZE - LORAWAN_MIC_SIZE, mac, LORAWAN_MIC_SIZE);
    return LORAWAN_JOIN_REQUEST_SIZE;
}

bool lorawan_join_request_mic_ok(const uint8_t *bytes, const uint8_t app_key[16])
{
    struct lorawan_key key;
    uint8_t mac[16];
    lorawan_key_set(&key, app_key);
    lorawan_cmac(&key, NULL, bytes, LORAWAN_JOIN_REQUEST_SIZE - LORAWAN_MIC_SIZE, mac);
    return memcmp(mac, bytes + LORAWAN_JOIN_REQUEST_SIZE - LORAWAN_MIC_SIZE, LORAWAN_MIC_SIZE) == 0;
}

size_t lorawan_join_accept_build(const struct lorawan_join_accept *accept,
        const uint8_t app_key[16], uint8_t bytes[LORAWAN_JOIN_ACCEPT_SIZE_MAX])
{
    bytes[0] = LORAWAN_JOIN_ACCEPT << 5;
    wire_put_u24(bytes + 1, accept->join_nonce);
    wire_put_u24(bytes + 4, accept->net_id);
    wire_put_u32(bytes + 7, accept->dev_addr);
    bytes[11] = (uint8_t)(accept->rx1_data_rate_offset << 4 | accept->rx2_data_rate);
    bytes[12] = accept->rx_delay_s;
    size_t at = 13;
    if (accept->channel_count > 0) {
        memset(bytes + at, 0, 16); /* byte 15: CFListType 0 */
        for (uint32_t i = 0; i < accept->channel_count; i++) {
            wire_put_u24(bytes + at + 3u * i, accept->channel_hz[i] / 100u);
        }
        at += 16;
    }
    struct lorawan_key key;
    uint8_t mac[16];
    lorawan_key_set(&key, app_key);
    lorawan_cmac(&key, NULL, bytes, at, mac);
    memcpy(bytes + at, mac, LORAWAN_MIC_SIZE);
    at += LORAWAN_MIC_SIZE;
    /* Section 6.2.3: the server decrypts, so that a device needs AES encryption only. */
    struct aes128_ctx aes;
    aes128_set_decrypt_key(&aes, app_key);
    aes128_decrypt(&aes, at - 1, bytes + 1, bytes + 1);
    return at;
}
