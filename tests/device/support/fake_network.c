/* Network end of the MAC tests, and the bench that runs a device against it.
 * SPDX-License-Identifier: MIT
 */
#include "device/support/fake_network.h"

#include <criterion/criterion.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <stdlib.h>
#include <string.h>

#include "mac/mac.h"

static void le(uint8_t *out, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

void fake_cmac4(const uint8_t key[16], const uint8_t *front, size_t front_size,
        const uint8_t *bytes, size_t size, uint8_t mic[4])
{
    struct cmac_aes128_ctx context;
    cmac_aes128_set_key(&context, key);
    cmac_aes128_update(&context, front_size, front);
    cmac_aes128_update(&context, size, bytes);
    cmac_aes128_digest(&context, 4, mic);
}

static void data_block(uint8_t block[16], uint8_t first, uint8_t direction, uint32_t dev_addr,
        uint32_t fcnt, uint8_t last)
{
    memset(block, 0, 16);
    block[0] = first;
    block[5] = direction;
    le(block + 6, dev_addr, 4);
    le(block + 10, fcnt, 4);
    block[15] = last;
}

static void cipher(const uint8_t key[16], uint8_t direction, uint32_t dev_addr, uint32_t fcnt,
        uint8_t *bytes, size_t size)
{
    struct aes128_ctx context;
    aes128_set_encrypt_key(&context, key);
    for (size_t i = 0; i < size; i++) {
        uint8_t a[16];
        uint8_t s[16];
        data_block(a, 1, direction, dev_addr, fcnt, (uint8_t)(i / 16 + 1));
        aes128_encrypt(&context, 16, s, a);
        bytes[i] ^= s[i % 16];
    }
}

size_t fake_write_downlink(
        const struct fake_keys *keys, const struct fake_downlink *d, uint8_t out[255])
{
    size_t at = 8;
    out[0] = d->mhdr == 0 ? 0x60 : d->mhdr;
    le(out + 1, d->dev_addr, 4);
    out[5] = (uint8_t)(d->fctrl | d->fopts_size);
    le(out + 6, d->fcnt, 2);
    if (d->fopts_size > 0) {
        memcpy(out + at, d->fopts, d->fopts_size);
        at += d->fopts_size;
    }
    if (d->fport >= 0) {
        out[at++] = (uint8_t)d->fport;
        if (d->payload_size > 0) {
            memcpy(out + at, d->payload, d->payload_size);
        }
        cipher(d->fport == 0 ? keys->nwk_s_key : keys->app_s_key, 1, d->dev_addr, d->fcnt, out + at,
                d->payload_size);
        at += d->payload_size;
    }
    uint8_t b0[16];
    data_block(b0, 0x49, 1, d->dev_addr, d->fcnt, (uint8_t)at);
    fake_cmac4(keys->nwk_s_key, b0, 16, out, at, out + at);
    return at + 4;
}

struct fake_uplink fake_read_uplink(
        const struct fake_keys *keys, const uint8_t *bytes, size_t size, uint32_t fcnt_high)
{
    struct fake_uplink u = { .fport = -1 };
    cr_assert_geq(size, 12);
    u.mhdr = bytes[0];
    u.dev_addr = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16
                 | (uint32_t)bytes[4] << 24;
    u.fctrl = bytes[5];
    u.fcnt = (uint16_t)(bytes[6] | bytes[7] << 8);
    u.fopts_size = u.fctrl & 15;
    uint32_t fcnt = fcnt_high << 16 | u.fcnt;
    uint8_t b0[16];
    uint8_t mic[4];
    data_block(b0, 0x49, 0, u.dev_addr, fcnt, (uint8_t)(size - 4));
    fake_cmac4(keys->nwk_s_key, b0, 16, bytes, size - 4, mic);
    u.mic_ok = memcmp(mic, bytes + size - 4, 4) == 0;
    size_t at = 8u + u.fopts_size;
    cr_assert_leq(at, size - 4);
    memcpy(u.fopts, bytes + 8, u.fopts_size);
    if (at < size - 4) {
        u.fport = bytes[at++];
        u.payload_size = (uint8_t)(size - 4 - at);
        memcpy(u.payload, bytes + at, u.payload_size);
        cipher(u.fport == 0 ? keys->nwk_s_key : keys->app_s_key, 0, u.dev_addr, fcnt, u.payload,
                u.payload_size);
    }
    return u;
}

size_t fake_write_join_accept(const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id,
        uint32_t dev_addr, uint8_t dl_settings, uint8_t rx_delay, const uint8_t *cflist,
        uint8_t out[33])
{
    size_t size = 13;
    out[0] = 0x20;
    le(out + 1, join_nonce, 3);
    le(out + 4, net_id, 3);
    le(out + 7, dev_addr, 4);
    out[11] = dl_settings;
    out[12] = rx_delay;
    if (cflist != NULL) {
        memcpy(out + 13, cflist, 16);
        size += 16;
    }
    fake_cmac4(app_key, NULL, 0, out, size, out + size);
    struct aes128_ctx context;
    aes128_set_decrypt_key(&context, app_key);
    aes128_decrypt(&context, size + 4 - 1, out + 1, out + 1);
    return size + 4;
}

struct fake_keys fake_session_keys(
        const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id, uint16_t dev_nonce)
{
    struct fake_keys keys;
    struct aes128_ctx context;
    uint8_t block[16] = { 1 };
    le(block + 1, join_nonce, 3);
    le(block + 4, net_id, 3);
    le(block + 7, dev_nonce, 2);
    aes128_set_encrypt_key(&context, app_key);
    aes128_encrypt(&context, 16, keys.nwk_s_key, block);
    block[0] = 2;
    aes128_encrypt(&context, 16, keys.app_s_key, block);
    return keys;
}

/* --- bench ----------------------------------------------------------------------------------- */

#define TICKS_PER_S 32768.0

static const struct factory device_d = {
    .hardware_id = 1,
    .dev_eui = { 0x30, 0x05, 0x1c, 0x00, 0x0b, 0xa3, 0x04, 0x00 },
    .join_eui = { 0x01, 0x00, 0x00, 0xd0, 0x7e, 0xd5, 0xb3, 0x70 },
    .app_key = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xff },
    .gen_app_key = { 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03,
            0x02, 0x01, 0x00 },
};

void bench_reset(struct bench *bench, enum hal_reset_cause cause)
{
    fake_board_reset(&bench->board);
    memset(&bench->core, 0xA5, sizeof bench->core);
    bench->core.hal = fake_board_hal(&bench->board);
    bench->core.factory = bench->factory;
    memset(&bench->core.clock, 0, sizeof bench->core.clock);
    nvm_open(&bench->core.nvm, &bench->core.hal);
    mac_init(&bench->core, cause);
}

struct bench *bench_create(uint64_t seed)
{
    struct bench *bench = calloc(1, sizeof *bench);
    cr_assert_not_null(bench);
    fake_board_init(&bench->board, seed);
    bench->factory = device_d;
    bench->board.now = 1000;
    bench_reset(bench, HAL_RESET_POWER_ON);
    return bench;
}

void bench_destroy(struct bench *bench)
{
    cr_assert_eq(bench->board.panics, 0, "device assertion at line %d", bench->board.panic_line);
    cr_assert_eq(bench->board.fifo_in_sleep, 0, "FIFO used in SLEEP");
    free(bench);
}

static void deliver(struct bench *bench, const struct mac_downlink *downlink)
{
    cr_assert_lt(bench->delivered_count, BENCH_DELIVERED_MAX);
    unsigned i = bench->delivered_count++;
    memcpy(bench->delivered_bytes[i], downlink->payload, downlink->size);
    bench->delivered[i] = *downlink;
    bench->delivered[i].payload = bench->delivered_bytes[i];
}

static uint64_t next_event(const struct bench *bench)
{
    uint64_t step_at = mac_step_at(&bench->core);
    uint64_t edge_at = fake_chip_edge_at(&bench->board);
    return step_at < edge_at ? step_at : edge_at;
}

static void do_event(struct bench *bench, uint64_t at)
{
    struct fake_board *board = &bench->board;
    board->now = at > board->now ? at : board->now;
    if (fake_chip_edge_at(board) <= board->now) {
        struct mac_rx rx;
        uint64_t edge = board->now;
        int dio = fake_chip_edge(board);
        if (dio >= 0 && mac_irq(&bench->core, (unsigned)dio, edge, &rx)) {
            deliver(bench, &rx.downlink);
        }
    }
    if (mac_step_at(&bench->core) <= board->now) {
        mac_step(&bench->core, board->now);
    }
}

void bench_run_until(struct bench *bench, uint64_t ticks)
{
    uint64_t at;
    unsigned guard = 0;
    while ((at = next_event(bench)) <= ticks) {
        do_event(bench, at);
        cr_assert_lt(++guard, 10000000u, "the MAC spins");
    }
    if (bench->board.now < ticks) {
        bench->board.now = ticks;
    }
}

void bench_run_s(struct bench *bench, double seconds)
{
    bench_run_until(bench, bench->board.now + (uint64_t)(seconds * TICKS_PER_S));
}

bool bench_run_to_tx(struct bench *bench, unsigned tx_count, double limit_s)
{
    uint64_t limit = bench->board.now + (uint64_t)(limit_s * TICKS_PER_S);
    while (bench->board.tx_count < tx_count) {
        uint64_t at = next_event(bench);
        if (at > limit) {
            bench->board.now = limit;
            return false;
        }
        do_event(bench, at);
    }
    return true;
}

void bench_air(struct bench *bench, uint64_t ticks, uint32_t frequency_hz, unsigned data_rate,
        const uint8_t *bytes, size_t size)
{
    struct fake_air *air = &bench->board.air;
    cr_assert_leq(size, 255);
    *air = (struct fake_air){
        .present = true,
        .start_ticks = ticks,
        .frequency_hz = frequency_hz,
        .spreading_factor = (uint8_t)(12 - data_rate),
        .inverted = true,
        .size = (uint8_t)size,
        .snr_quarter_db = 22, /* 5.5 dB */
        .rssi_raw = 57,
    };
    memcpy(air->bytes, bytes, size);
}

void bench_answer(struct bench *bench, unsigned window, const uint8_t *bytes, size_t size)
{
    const struct fake_board *board = &bench->board;
    const struct mac_parameters *p = &bench->core.mac.parameters;
    bool join = board->tx[0] == 0;
    unsigned delay_s = (join ? 5u : p->rx_delay_s) + window - 1;
    uint64_t at = board->tx_end + (uint64_t)(delay_s * TICKS_PER_S);
    unsigned uplink_rate = 12u - board->tx_spreading_factor;
    unsigned offset = join ? 0 : p->rx1_data_rate_offset;
    if (window == 1) {
        uint32_t moved_hz =
                bench->core.mac.channels[bench->core.mac.uplink_channel].rx1_frequency_hz;
        bench_air(bench, at, moved_hz != 0 ? moved_hz : board->tx_frequency_hz,
                uplink_rate > offset ? uplink_rate - offset : 0, bytes, size);
    } else {
        bench_air(bench, at, join ? 869525000u : p->rx2_frequency_hz, join ? 0 : p->rx2_data_rate,
                bytes, size);
    }
}

void bench_join(struct bench *bench, uint8_t dl_settings, uint8_t rx_delay, const uint8_t *cflist)
{
    uint8_t accept[33];
    cr_assert(bench_run_to_tx(bench, bench->board.tx_count + 1, 3600.0));
    const uint8_t *request = bench->board.tx;
    uint16_t dev_nonce = (uint16_t)(request[17] | request[18] << 8);
    uint32_t join_nonce = 0x2Au + dev_nonce;
    size_t size = fake_write_join_accept(device_d.app_key, join_nonce, 0x13, BENCH_DEV_ADDR,
            dl_settings, rx_delay, cflist, accept);
    bench_answer(bench, 1, accept, size);
    bench_run_s(bench, 8.0);
    cr_assert(mac_joined(&bench->core));
    bench->keys = fake_session_keys(device_d.app_key, join_nonce, 0x13, dev_nonce);
    bench->fcnt_down = 0;
}

void bench_send(struct bench *bench, uint8_t fport, const uint8_t *payload, size_t size)
{
    uint64_t at;
    unsigned guard = 0;
    while ((at = mac_uplink_possible_at(&bench->core, bench->board.now)) == HAL_TICKS_NEVER) {
        bench_run_s(bench, 1.0); /* copies, or windows that are still open */
        cr_assert_lt(++guard, 3600u);
    }
    bench_run_until(bench, at);
    unsigned count = bench->board.tx_count;
    cr_assert_eq(mac_send(&bench->core, fport, payload, size), MAC_OK);
    cr_assert(bench_run_to_tx(bench, count + 1, 1.0));
}

void bench_commands(struct bench *bench, const uint8_t *commands, size_t size)
{
    uint8_t frame[255];
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR,
        .fcnt = bench->fcnt_down++,
        .fport = -1,
    };
    if (size <= 15) {
        downlink.fopts = commands;
        downlink.fopts_size = (uint8_t)size;
    } else {
        downlink.fport = 0;
        downlink.payload = commands;
        downlink.payload_size = (uint8_t)size;
    }
    bench_send(bench, 0, NULL, 0);
    size_t frame_size = fake_write_downlink(&bench->keys, &downlink, frame);
    unsigned heard = bench->board.air_heard;
    bench_answer(bench, 1, frame, frame_size);
    bench_run_s(bench, 20.0);
    cr_assert_eq(bench->board.air_heard, heard + 1);
}

struct fake_uplink bench_next_uplink(struct bench *bench)
{
    bench_send(bench, 0, NULL, 0);
    struct fake_uplink uplink =
            fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
    bench_run_s(bench, 20.0);
    cr_assert(uplink.mic_ok);
    return uplink;
}
