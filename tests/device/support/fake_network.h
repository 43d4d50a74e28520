/* The other end of the air for MAC tests: writes downlinks, reads uplinks, knows the keys.
 * SPDX-License-Identifier: MIT
 *
 * Written from spec-protocol 1.1..1.5 with nettle, and sharing no code with the device.
 */
#ifndef TESTS_DEVICE_SUPPORT_FAKE_NETWORK_H
#define TESTS_DEVICE_SUPPORT_FAKE_NETWORK_H

#include "core.h"
#include "device/support/fake_board.h"
#include "mac/mac.h"

struct fake_keys {
    uint8_t nwk_s_key[16];
    uint8_t app_s_key[16];
};

/* A data downlink to be written. `fport` -1: none. */
struct fake_downlink {
    uint8_t mhdr; /* 0: 0x60 */
    uint32_t dev_addr;
    uint8_t fctrl; /* without FOptsLen */
    uint32_t fcnt;
    const uint8_t *fopts;
    uint8_t fopts_size;
    int fport;
    const uint8_t *payload; /* clear text */
    uint8_t payload_size;
};

/* A data uplink taken apart. */
struct fake_uplink {
    bool mic_ok;
    uint8_t mhdr;
    uint32_t dev_addr;
    uint8_t fctrl;
    uint16_t fcnt;
    uint8_t fopts[15];
    uint8_t fopts_size;
    int fport;
    uint8_t payload[242];
    uint8_t payload_size;
};

void fake_cmac4(const uint8_t key[16], const uint8_t *front, size_t front_size,
        const uint8_t *bytes, size_t size, uint8_t mic[4]);
size_t fake_write_downlink(
        const struct fake_keys *keys, const struct fake_downlink *downlink, uint8_t out[255]);
struct fake_uplink fake_read_uplink(
        const struct fake_keys *keys, const uint8_t *bytes, size_t size, uint32_t fcnt_high);
/* `cflist` NULL: the short form. */
size_t fake_write_join_accept(const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id,
        uint32_t dev_addr, uint8_t dl_settings, uint8_t rx_delay, const uint8_t *cflist,
        uint8_t out[33]);
struct fake_keys fake_session_keys(
        const uint8_t app_key[16], uint32_t join_nonce, uint32_t net_id, uint16_t dev_nonce);

/* --- a device with its board and its network ------------------------------------------------- */

#define BENCH_DELIVERED_MAX 64u

struct bench {
    struct core core;
    struct fake_board board;
    struct factory factory; /* what the next start reads */
    struct fake_keys keys;
    uint32_t fcnt_down;
    unsigned delivered_count;
    struct mac_downlink delivered[BENCH_DELIVERED_MAX];
    uint8_t delivered_bytes[BENCH_DELIVERED_MAX][255];
};

#define BENCH_DEV_ADDR 0x26011BDAu

/* "Device D" of spec-protocol 10.2, powered on, not joined. */
struct bench *bench_create(uint64_t seed);
void bench_destroy(struct bench *bench);
/* Restarts the firmware, as after a power cut or a planned restart. */
void bench_reset(struct bench *bench, enum hal_reset_cause cause);
/* Runs everything that is due until `ticks`. */
void bench_run_until(struct bench *bench, uint64_t ticks);
void bench_run_s(struct bench *bench, double seconds);
/* Runs until the device has sent `tx_count` frames in all; false: not within `limit_s`. */
bool bench_run_to_tx(struct bench *bench, unsigned tx_count, double limit_s);
/* Joins by real frames; the accept comes in RX1. */
void bench_join(struct bench *bench, uint8_t dl_settings, uint8_t rx_delay, const uint8_t *cflist);
/* Puts bytes on the air at a frequency and data rate (EU868 DR0..DR5) from `ticks` on. */
void bench_air(struct bench *bench, uint64_t ticks, uint32_t frequency_hz, unsigned data_rate,
        const uint8_t *bytes, size_t size);
/* Answers the uplink on air in RX1 (`window` 1) or RX2 with a frame. */
void bench_answer(struct bench *bench, unsigned window, const uint8_t *bytes, size_t size);
/* Sends an uplink, answers it with MAC commands in FOpts, runs to the end of the exchange. */
void bench_commands(struct bench *bench, const uint8_t *commands, size_t size);
/* The next uplink of the device, read: an empty one is sent. */
struct fake_uplink bench_next_uplink(struct bench *bench);
/* Sends and runs to the end of both windows. */
void bench_send(struct bench *bench, uint8_t fport, const uint8_t *payload, size_t size);

#endif
