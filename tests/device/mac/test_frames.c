/* Frames as bytes: reference vectors of spec-protocol 10.2, the parser, the counter rule.
 * SPDX-License-Identifier: MIT
 *
 * The parser's oracle is a second, naive reading of the frame format.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/crypto.h"
#include "mac/frame.h"
#include "mac/mac.h"
#include "trace.h"

static const struct fake_keys device_d = {
    { 0x03, 0x6b, 0xc3, 0xed, 0x7c, 0xf9, 0xfc, 0xb5, 0xa4, 0x9b, 0xbf, 0xc6, 0x48, 0x6b, 0x77,
            0x6c },
    { 0x00, 0xec, 0x5f, 0xd6, 0xcf, 0x7c, 0x8a, 0x10, 0xd1, 0x8b, 0x21, 0xbf, 0xf1, 0x79, 0x0c,
            0xe3 },
};

static unsigned from_hex(const char *hex, uint8_t *out)
{
    unsigned size = 0;
    for (; hex[0] != 0 && hex[1] != 0; hex += 2) {
        char digits[3] = { hex[0], hex[1], 0 };
        out[size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

/* A bench whose session is that of device D, at given counters. */
static struct bench *joined(uint32_t fcnt_up, uint32_t fcnt_down_next)
{
    struct bench *bench = bench_create(21);
    bench_join(bench, 0, 1, NULL);
    bench->keys = device_d;
    hal_key_load(&bench->core.hal, MAC_KEY_NWK_S, device_d.nwk_s_key);
    hal_key_load(&bench->core.hal, MAC_KEY_APP_S, device_d.app_s_key);
    bench->core.mac.fcnt_up = fcnt_up;
    bench->core.mac.fcnt_down_next = fcnt_down_next;
    bench->fcnt_down = fcnt_down_next;
    return bench;
}

static void expect_uplink(uint32_t fcnt, uint8_t fport, const char *payload, const char *expected)
{
    uint8_t bytes[255];
    uint8_t frame[255];
    struct bench *bench = joined(fcnt, 0);
    unsigned size = from_hex(payload, bytes);
    unsigned frame_size = from_hex(expected, frame);
    bench_send(bench, fport, bytes, size);
    cr_expect_eq(bench->board.tx_size, frame_size);
    cr_expect_arr_eq(bench->board.tx, frame, 8);
    cr_expect_arr_eq(bench->board.tx + 8, frame + 8, frame_size - 8);
    bench_destroy(bench);
}

/* The vectors have ADR as this device sets it, or are changed by hand below. */
Test(mac_frames, uplink_with_app_time_req_equals_the_vector)
{
    expect_uplink(1, 202, "01006d7c4d13", "40da1b0126800100caaada2f3a05928dc43855");
}

/* Its FCtrl has ADR off, so only the ciphered payload can be compared. */
Test(mac_frames, uplink_counter_is_32_bits_wide_in_cipher_and_mic)
{
    uint8_t expected[255];
    struct bench *bench = joined(0x00010002, 0);
    from_hex("40da1b0126800200021ebcca326fedc509c9", expected);
    bench_send(bench, 2, (const uint8_t *)"hello", 5);
    cr_expect_arr_eq(bench->board.tx, expected, 18);
    bench_destroy(bench);
}

Test(mac_frames, downlink_vector_is_accepted_with_its_ack_time_answer_and_payload)
{
    static const uint8_t clear[6] = { 0x01, 0x11, 0x00, 0x00, 0x00, 0x03 };
    uint8_t frame[255];
    struct bench *bench = joined(9, 0);
    unsigned size = from_hex("60da1b01262603000d0094357780ca9d705f76e61a2fc8f601", frame);
    mac_request_device_time(&bench->core);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    uint64_t tx_end = bench->board.tx_end;
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 5.0);
    cr_assert_eq(bench->delivered_count, 1);
    cr_assert_eq(bench->delivered[0].fport, 202);
    cr_assert_eq(bench->delivered[0].fcnt, 3);
    cr_assert_eq(bench->delivered[0].group, -1);
    cr_assert_eq(bench->delivered[0].size, sizeof clear);
    cr_assert_arr_eq(bench->delivered_bytes[0], clear, sizeof clear);
    /* DeviceTimeAns 0x77359400 s + 128/256: the time of the end of the uplink. */
    cr_assert(bench->core.clock.valid);
    cr_assert_eq(
            (int64_t)tx_end + bench->core.clock.offset_ticks, (int64_t)0x77359400 * 32768 + 16384);
    bench_destroy(bench);
}

Test(mac_frames, device_time_that_was_not_asked_for_is_ignored)
{
    const uint8_t answer[6] = { 0x0D, 1, 2, 3, 4, 5 };
    struct bench *bench = joined(0, 0);
    bench_commands(bench, answer, sizeof answer);
    cr_assert_not(bench->core.clock.valid);
    bench_destroy(bench);
}

Test(mac_frames, wrong_mic_wrong_address_and_repeated_counter_are_dropped)
{
    uint8_t frame[255];
    struct bench *bench = joined(0, 10);
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fcnt = 10, .fport = 5, .payload = frame, .payload_size = 4
    };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t sent[255];
        memcpy(sent, frame, size);
        if (i == 0) {
            sent[size - 1] ^= 0x80; /* MIC */
        } else if (i == 1) {
            sent[1] ^= 1; /* DevAddr */
        }                 /* 2: good; 3: the same again */
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_answer(bench, 1, sent, size);
        bench_run_s(bench, 10.0);
        cr_assert_eq(bench->delivered_count, i >= 2 ? 1 : 0);
    }
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_BAD_MIC), 1);
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_COUNTER_REJECTED), 1);
    cr_assert_eq(fake_trace_last(&bench->board, FW_TRACE_FRAME_DROPPED)->a, MAC_FRAME_NOT_FOR_US);
    bench_destroy(bench);
}

Test(mac_frames, downlink_counter_survives_a_reset)
{
    uint8_t frame[255];
    struct bench *bench = bench_create(22);
    bench_join(bench, 0, 1, NULL);
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fcnt = 4, .fport = 5, .payload = frame, .payload_size = 1
    };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    for (unsigned i = 0; i < 2; i++) {
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_answer(bench, 2, frame, size);
        bench_run_s(bench, 10.0);
        bench_reset(bench, HAL_RESET_SOFTWARE);
        bench_run_s(bench, 1.0);
    }
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_frames, fport_0_beside_fopts_is_dropped_and_so_are_reserved_ports)
{
    const uint8_t fopts[1] = { 0x06 };
    struct bench *bench = joined(0, 0);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t frame[255];
        const uint8_t payload[1] = { 0x06 };
        struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
            .fcnt = i,
            .fopts = fopts,
            .fopts_size = i == 0,
            .fport = i == 0   ? 0
                     : i == 1 ? 224
                              : 223,
            .payload = payload,
            .payload_size = 1 };
        size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_answer(bench, 1, frame, size);
        bench_run_s(bench, 10.0);
        cr_assert_eq(mac_payload_size_max(&bench->core), 242);
        cr_assert_eq(bench->delivered_count, i == 2);
    }
    bench_destroy(bench);
}

/* spec-protocol 1.3, written out as there: L last accepted, d = f - (L mod 2^16). */
static bool counter_by_the_text(bool any, uint32_t last, uint16_t f, uint64_t *fcnt)
{
    if (!any) {
        *fcnt = f;
        return true;
    }
    int32_t d = (int32_t)f - (int32_t)(last & 0xFFFF);
    if (d == 0) {
        return false;
    }
    *fcnt = d > 0 ? (uint64_t)last + (uint32_t)d : ((uint64_t)last & 0xFFFF0000u) + 0x10000u + f;
    return *fcnt < UINT32_MAX;
}

Test(mac_frames, counter_rule_agrees_with_the_text_around_every_edge)
{
    static const uint32_t lasts[] = { 0, 1, 0xFFFE, 0xFFFF, 0x10000, 0x10001, 0x1FFFF, 0x7FFFFFFF,
        0xFFFEFFFF, 0xFFFF0000, 0xFFFFFFFD };
    for (unsigned i = 0; i < sizeof lasts / sizeof lasts[0]; i++) {
        for (uint32_t f = 0; f <= 0xFFFF; f++) {
            uint64_t by_text = 0;
            uint32_t fcnt = 0;
            bool expected = counter_by_the_text(true, lasts[i], (uint16_t)f, &by_text);
            bool got = mac_frame_counter(lasts[i] + 1, (uint16_t)f, &fcnt);
            cr_assert_eq(got, expected, "last %x f %x", lasts[i], f);
            cr_assert(!got || fcnt == by_text, "last %x f %x: %x", lasts[i], f, fcnt);
        }
    }
    for (uint32_t f = 0; f <= 0xFFFF; f++) {
        uint32_t fcnt;
        cr_assert(mac_frame_counter(0, (uint16_t)f, &fcnt) && fcnt == f);
    }
}

/* A second reading of spec-protocol 1.1. */
static bool parse_naively(const uint8_t *b, unsigned size, struct mac_frame *f)
{
    unsigned type = b[0] / 32;
    if (size < 12 || size > 255 || b[0] % 4 != 0 || (type != 3 && type != 5)) {
        return false;
    }
    unsigned fopts = b[5] % 16;
    unsigned rest_at = 8 + fopts;
    if (rest_at + 4 > size) {
        return false;
    }
    unsigned rest = size - 4 - rest_at;
    *f = (struct mac_frame){ .type = (uint8_t)type,
        .fctrl = b[5],
        .fopts_size = (uint8_t)fopts,
        .fcnt = (uint16_t)(b[6] + 256 * b[7]),
        .dev_addr = b[1] + 256u * b[2] + 65536u * b[3] + 16777216u * b[4],
        .fport = rest > 0 ? b[rest_at] : -1 };
    f->payload_at = (uint8_t)(rest > 0 ? rest_at + 1 : rest_at);
    f->payload_size = (uint8_t)(rest > 0 ? rest - 1 : 0);
    return f->fport != 0 || fopts == 0;
}

Test(mac_frames, parser_agrees_with_a_naive_one_on_random_bytes)
{
    unsigned good = 0;
    uint64_t state = 42;
    for (unsigned round = 0; round < 400000; round++) {
        uint8_t bytes[256];
        struct mac_frame f;
        struct mac_frame g;
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned size = (unsigned)(state >> 33) % 64;
        for (unsigned i = 0; i < 64; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(state >> 40);
        }
        if (round % 2 == 0) {
            bytes[0] = round % 4 == 0 ? 0x60 : 0xA0;
            bytes[5] &= round % 8 == 0 ? 0xF3 : 0xFF;
        }
        bool ok = mac_frame_parse(bytes, size, &f) == MAC_FRAME_OK;
        cr_assert_eq(ok, parse_naively(bytes, size, &g));
        if (ok) {
            good++;
            cr_assert(f.dev_addr == g.dev_addr && f.fcnt == g.fcnt && f.type == g.type
                      && f.fctrl == g.fctrl && f.fopts_size == g.fopts_size && f.fport == g.fport
                      && f.payload_at == g.payload_at && f.payload_size == g.payload_size);
        }
    }
    cr_assert_gt(good, 10000);
}

/* Random bytes reach the whole receive path, in both windows and in class C, with a MIC made
 * good half of the time: nothing may assert, hang or be delivered that is not authentic. */
Test(mac_frames, random_downlinks_never_break_the_device)
{
    struct bench *bench = joined(0, 0);
    uint64_t state = 7;
    uint32_t fcnt = 0;
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t noise[64];
        uint8_t frame[255];
        for (unsigned i = 0; i < sizeof noise; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            noise[i] = (uint8_t)(state >> 40);
        }
        struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
            .mhdr = round % 3 == 0 ? 0xA0 : 0x60,
            .fctrl = noise[0] & 0xF0,
            .fcnt = fcnt++,
            .fopts = noise + 1,
            .fopts_size = noise[1] & 15,
            .fport = noise[2] % 3 == 0 ? 0 : noise[3],
            .payload = noise + 20,
            .payload_size = noise[4] % 40 };
        size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
        if (round % 5 == 0) {
            size = noise[5] % (size + 1);
        }
        if (bench->delivered_count == BENCH_DELIVERED_MAX) {
            bench->delivered_count = 0;
        }
        /* Commands may have moved everything: back to a state that hears RX1. */
        bench->core.mac.parameters.max_duty_cycle = 0;
        bench->core.mac.aggregate_free_at_ticks = 0;
        memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
        bench_run_s(bench, 60.0); /* copies */
        bench_send(bench, 0, NULL, 0);
        if (size > 0) {
            bench_answer(bench, 1 + round % 2, frame, size);
        }
        bench_run_s(bench, 40.0);
        bench->board.air.present = false;
    }
    cr_assert_gt(bench->board.air_heard, 1000);
    bench_destroy(bench);
}
