/* Frames, keys and counters of the network server against published vectors.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: RFC 4493; the vectors of the protocol reference, sections 10.1 (published by server
 * projects) and 10.2 (computed apart from this code).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/hex.h"
#include "network/lorawan.h"

#define DEV_ADDR 0x26011bdau

static void expect_hex(const uint8_t *bytes, size_t size, const char *text)
{
    uint8_t expected[256];
    size_t expected_size = hex_read(text, expected);
    cr_assert_eq(size, expected_size, "%zu bytes, expected %zu", size, expected_size);
    cr_assert_arr_eq(bytes, expected, size, "differs from %s", text);
}

static struct lorawan_key key_of(const char *text)
{
    uint8_t bytes[16];
    struct lorawan_key key;
    hex_read(text, bytes);
    lorawan_key_set(&key, bytes);
    return key;
}

Test(lorawan, cmac_meets_rfc_4493)
{
    struct lorawan_key key = key_of("2b7e151628aed2a6abf7158809cf4f3c");
    uint8_t message[64], mac[16];
    hex_read("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
            message);
    lorawan_cmac(&key, NULL, message, 0, mac);
    expect_hex(mac, 16, "bb1d6929e95937287fa37d129b756746");
    lorawan_cmac(&key, NULL, message, 16, mac);
    expect_hex(mac, 16, "070a16b46b4d4144f79bdd9dd04a287c");
    lorawan_cmac(&key, message, message, 0, mac); /* the same bytes as a prefix block */
    expect_hex(mac, 16, "070a16b46b4d4144f79bdd9dd04a287c");
    lorawan_cmac(&key, NULL, message, 40, mac);
    expect_hex(mac, 16, "dfa66747de9ae63030ca32611497c827");
    lorawan_cmac(&key, message, message + 16, 24, mac);
    expect_hex(mac, 16, "dfa66747de9ae63030ca32611497c827");
    lorawan_cmac(&key, NULL, message, 64, mac);
    expect_hex(mac, 16, "51f0bebf7e3b9d92fc49741779363cfe");
    lorawan_cmac(&key, message, message + 16, 48, mac);
    expect_hex(mac, 16, "51f0bebf7e3b9d92fc49741779363cfe");
}

/* Frames, and data blocks, which are taken in runs of 256 bytes. */
Test(lorawan, cmac_of_any_size_is_that_of_the_library)
{
    struct lorawan_key key = key_of("2b7e151628aed2a6abf7158809cf4f3c");
    struct cmac_aes128_ctx context;
    uint8_t bytes[16 + 1100], mac[16], expected[16], key_bytes[16];
    hex_read("2b7e151628aed2a6abf7158809cf4f3c", key_bytes);
    for (uint32_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 167u ^ i >> 5);
    }
    cmac_aes128_set_key(&context, key_bytes);
    for (size_t size = 0; size <= 1100; size++) {
        cmac_aes128_update(&context, 16 + size, bytes);
        cmac_aes128_digest(&context, 16, expected);
        lorawan_cmac(&key, bytes, bytes + 16, size, mac);
        cr_assert_arr_eq(mac, expected, 16, "%zu bytes after a block", size);
        lorawan_cmac(&key, NULL, bytes, 16 + size, mac);
        cr_assert_arr_eq(mac, expected, 16, "%zu bytes", 16 + size);
    }
}

Test(lorawan, derives_session_keys)
{
    uint8_t app_key[16], nwk[16], app[16];
    hex_read("01020304050607080102030405060708", app_key);
    lorawan_session_keys(app_key, 65536, 0x010203, 258, nwk, app);
    expect_hex(nwk, 16, "df53c35f3034ccced0ff354c70de04df");
    expect_hex(app, 16, "927b9c911183cffe4cb2ff4b75545f6d");
    hex_read("00112233445566778899aabbccddeeff", app_key);
    lorawan_session_keys(app_key, 0x2a, 0x13, 7, nwk, app);
    expect_hex(nwk, 16, "036bc3ed7cf9fcb5a49bbfc6486b776c");
    expect_hex(app, 16, "00ec5fd6cf7c8a10d18b21bff1790ce3");
}

Test(lorawan, derives_multicast_and_data_block_keys)
{
    uint8_t gen_app_key[16], mc_key[16], app[16], nwk[16], ke[16], encrypted[16];
    hex_read("0102030405060708090a0b0c0d0e0f10", mc_key);
    lorawan_mc_session_keys(mc_key, 0x01020304, app, nwk);
    expect_hex(app, 16, "95cb4518ee375606735bbacbdce837fa");
    expect_hex(nwk, 16, "c3f6b388bad6c000b23291ad52c11c7b");

    hex_read("000102030405060708090a0b0c0d0e0f", gen_app_key);
    lorawan_mc_ke_key(gen_app_key, ke);
    hex_read("0102030405060708090a0b0c0d0e0f10", mc_key);
    lorawan_aes_decrypt(ke, mc_key, encrypted);
    expect_hex(encrypted, 16, "015e85f4b99dc0b944066cd07498330b");

    hex_read("0f0e0d0c0b0a09080706050403020100", gen_app_key);
    lorawan_mc_ke_key(gen_app_key, ke);
    expect_hex(ke, 16, "979dda4dd74ad8fc531d7810621514e6");
    lorawan_data_block_int_key(gen_app_key, app);
    expect_hex(app, 16, "d043028efa9992a51e3ef01f4b377730");
}

Test(lorawan, reads_a_join_request_and_checks_its_mic)
{
    uint8_t bytes[23], app_key[16];
    struct lorawan_join_request request;
    size_t size = hex_read("00 0101010101010101 0202020202020202 0303 09b97b32", bytes);
    cr_assert(lorawan_join_request_parse(bytes, size, &request));
    cr_assert_eq(request.dev_nonce, 771);
    hex_read("0102030405060708090a0b0c0d0e0f10", app_key);
    cr_assert(lorawan_join_request_mic_ok(bytes, app_key));
    bytes[17] ^= 1;
    cr_assert_not(lorawan_join_request_mic_ok(bytes, app_key));

    size = hex_read("00 010000d07ed5b370 30051c000ba30400 0700 831ed16b", bytes);
    cr_assert(lorawan_join_request_parse(bytes, size, &request));
    cr_assert_eq(request.join_eui, UINT64_C(0x70b3d57ed0000001));
    cr_assert_eq(request.dev_eui, UINT64_C(0x0004a30b001c0530));
    cr_assert_eq(request.dev_nonce, 7);
    hex_read("00112233445566778899aabbccddeeff", app_key);
    cr_assert(lorawan_join_request_mic_ok(bytes, app_key));
    cr_assert_not(lorawan_join_request_parse(bytes, size - 1, &request));
}

Test(lorawan, builds_join_accepts)
{
    uint8_t app_key[16], bytes[LORAWAN_JOIN_ACCEPT_SIZE_MAX];
    hex_read("0102030405060708090a0b0c0d0e0f10", app_key);
    struct lorawan_join_accept accept = {
        .join_nonce = 65793, .net_id = 0x020202, .dev_addr = 0x01020304
    };
    size_t size = lorawan_join_accept_build(&accept, app_key, bytes);
    expect_hex(bytes, size, "20 23cf335489aae3183c0be0baa8dee5f3");

    hex_read("00112233445566778899aabbccddeeff", app_key);
    accept = (struct lorawan_join_accept){ .join_nonce = 0x2a,
        .net_id = 0x13,
        .dev_addr = DEV_ADDR,
        .rx2_data_rate = 3,
        .rx_delay_s = 1,
        .channel_count = 5,
        .channel_hz = { 867100000, 867300000, 867500000, 867700000, 867900000 } };
    size = lorawan_join_accept_build(&accept, app_key, bytes);
    expect_hex(bytes, size, "208e5f7e5229e69b55d433918cc12b61268d4e6ca6cd8abfa3a553bab419cdc3de");
    accept.channel_count = 0;
    size = lorawan_join_accept_build(&accept, app_key, bytes);
    expect_hex(bytes, size, "20e68dc1abfeae757f749212908e1b0e46");
}

struct uplink_vector {
    const char *bytes;
    uint32_t fcnt;
    uint8_t fport;
    const char *plain;
    const char *fopts;
};

static const struct uplink_vector uplinks[] = {
    { "40da1b0126800100caaada2f3a05928dc43855", 1, 202, "01 006d7c4d 13", "" },
    { "40da1b0126800200021ebcca326fedc509c9", 0x00010002, 2, "68656c6c6f", "" },
    { "40da1b012680050000597b34b090a8", 5, 0, "0307", "" },
};

Test(lorawan, reads_uplinks)
{
    struct lorawan_key nwk = key_of("036bc3ed7cf9fcb5a49bbfc6486b776c");
    struct lorawan_key app = key_of("00ec5fd6cf7c8a10d18b21bff1790ce3");
    for (size_t i = 0; i < sizeof uplinks / sizeof uplinks[0]; i++) {
        uint8_t bytes[64], payload[64];
        size_t size = hex_read(uplinks[i].bytes, bytes);
        struct lorawan_uplink frame;
        cr_assert(lorawan_uplink_parse(bytes, size, &frame));
        cr_assert(frame.adr && !frame.confirmed && frame.has_fport);
        cr_assert_eq(frame.dev_addr, DEV_ADDR);
        cr_assert_eq(frame.fcnt, uplinks[i].fcnt & 0xFFFFu);
        cr_assert_eq(frame.fport, uplinks[i].fport);
        uint32_t fcnt = uplinks[i].fcnt;
        cr_assert_eq(lorawan_mic(&nwk, LORAWAN_UP, DEV_ADDR, fcnt, bytes, size - 4), frame.mic);
        cr_assert_neq(lorawan_mic(&nwk, LORAWAN_UP, DEV_ADDR, fcnt ^ 0x10000u, bytes, size - 4),
                frame.mic, "the upper half of the counter counts");
        memcpy(payload, frame.payload, frame.payload_size);
        lorawan_crypt(frame.fport == 0 ? &nwk.aes : &app.aes, LORAWAN_UP, DEV_ADDR, fcnt, payload,
                frame.payload_size);
        expect_hex(payload, frame.payload_size, uplinks[i].plain);
    }
}

Test(lorawan, reads_a_confirmed_uplink_with_fopts)
{
    struct lorawan_key nwk = key_of("0102030405060708090a0b0c0d0e0f10");
    struct lorawan_key app = key_of("100f0e0d0c0b0a090807060504030201");
    uint8_t bytes[64], payload[4];
    size_t size = hex_read("8004030201030000 067307 0a e264d4f7 e117d2c0", bytes);
    struct lorawan_uplink frame;
    cr_assert(lorawan_uplink_parse(bytes, size, &frame));
    cr_assert(frame.confirmed);
    expect_hex(frame.fopts, frame.fopts_size, "067307");
    cr_assert_eq(lorawan_mic(&nwk, LORAWAN_UP, 0x01020304, 0, bytes, size - 4), frame.mic);
    memcpy(payload, frame.payload, 4);
    lorawan_crypt(&app.aes, LORAWAN_UP, 0x01020304, 0, payload, 4);
    expect_hex(payload, 4, "01020304");
}

Test(lorawan, refuses_malformed_uplinks)
{
    static const char *const bad[] = {
        "40da1b0126800100caaada",                 /* too short */
        "41da1b0126800100caaada2f3a05928dc43855", /* Major 1 */
        "60da1b0126800100caaada2f3a05928dc43855", /* a downlink */
        "40da1b01268f0100caaada2f3a05928dc438",   /* FOpts longer than the frame */
        "40da1b01268105000000597b34b090a8",       /* FOpts and FPort 0 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[64];
        struct lorawan_uplink frame;
        cr_assert_not(lorawan_uplink_parse(bytes, hex_read(bad[i], bytes), &frame), "%s", bad[i]);
    }
}

Test(lorawan, builds_downlinks)
{
    struct lorawan_key nwk = key_of("036bc3ed7cf9fcb5a49bbfc6486b776c");
    struct lorawan_key app = key_of("00ec5fd6cf7c8a10d18b21bff1790ce3");
    uint8_t fopts[6], payload[64], bytes[LORAWAN_FRAME_MAX];
    struct lorawan_downlink downlink = { .dev_addr = DEV_ADDR, .fcnt = 3, .ack = true };
    downlink.fopts_size = (uint8_t)hex_read("0d0094357780", fopts);
    downlink.fopts = fopts;
    downlink.fport = 202;
    downlink.payload_size = (uint16_t)hex_read("01 11000000 03", payload);
    downlink.payload = payload;
    size_t size = lorawan_downlink_build(&downlink, &nwk, &app.aes, bytes);
    expect_hex(bytes, size, "60da1b01262603000d0094357780ca9d705f76e61a2fc8f601");
}

Test(lorawan, builds_multicast_frames)
{
    struct lorawan_key nwk = key_of("9fe64d4e577eae563b15e27b693da566");
    struct lorawan_key app = key_of("0f35ee29b9553b7b1ceb137a88906bbd");
    uint8_t payload[64], bytes[LORAWAN_FRAME_MAX];
    struct lorawan_downlink downlink = { .dev_addr = 0x01ff00aa, .fcnt = 7, .fport = 201 };
    downlink.payload_size = (uint16_t)hex_read("08 0140 00010203040506070809", payload);
    downlink.payload = payload;
    size_t size = lorawan_downlink_build(&downlink, &nwk, &app.aes, bytes);
    expect_hex(bytes, size, "60aa00ff01000700c9f437d9560bccf061ad9462129baa8e2b39");
    downlink.fcnt = 0x00010007;
    size = lorawan_downlink_build(&downlink, &nwk, &app.aes, bytes);
    expect_hex(bytes, size, "60aa00ff01000700c9e83de1ad9d7620af3735b481e5c25a44c6");
}

Test(lorawan, reconstructs_counters_of_32_bits)
{
    uint32_t next;
    cr_assert(lorawan_fcnt_next(NULL, 9, &next));
    cr_assert_eq(next, 9);
    const struct {
        uint32_t last;
        uint16_t low;
        uint32_t next;
    } rows[] = {
        { 0, 1, 1 },
        { 65535, 0, 65536 },
        { 0x0001FFFF, 5, 0x00020005 },
        { 0x00010010, 0x000F, 0x0002000F }, /* older, or 65535 on: the MIC decides */
        { 0x00010010, 0xFFFF, 0x0001FFFF },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(lorawan_fcnt_next(&rows[i].last, rows[i].low, &next));
        cr_assert_eq(next, rows[i].next, "row %zu: %u", i, next);
    }
    cr_assert_not(lorawan_fcnt_next(&rows[2].last, 0xFFFF, &next), "the last one again");
}
