/* Fuzzes what a device can hear: raw frames, and frames with a good MIC but any content.
 * SPDX-License-Identifier: MIT
 *
 * The firmware's driver and MAC run against the fake chip of the device tests. An input is a byte
 * that says whether the device has joined, then messages: kind, place, fields. Assertions of
 * firmware and fakes, and the sanitizers, are the oracle; so is that the device goes on sending:
 * whatever it heard, after that and after a reset.
 */
#include <stdlib.h>

#include "device/support/fake_network.h"
#include "fuzz/bytes.h"
#include "fuzz/fuzz.h"
#include "mac/mac.h"

#define MESSAGES_MAX 24u
#define GROUP        1u
#define MC_ADDR      0x01ff00aau
#define SESSION_HZ   869525000u
#define SESSION_DR   5u
#define EXCHANGE_S   20.0

/* spec-protocol 10.2, McAddr 0x01ff00aa. */
static const struct fake_keys mc_keys = {
    { 0x9f, 0xe6, 0x4d, 0x4e, 0x57, 0x7e, 0xae, 0x56, 0x3b, 0x15, 0xe2, 0x7b, 0x69, 0x3d, 0xa5,
            0x66 },
    { 0x0f, 0x35, 0xee, 0x29, 0xb9, 0x55, 0x3b, 0x7b, 0x1c, 0xeb, 0x13, 0x7a, 0x88, 0x90, 0x6b,
            0xbd },
};
static const uint8_t app_key[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
    0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

enum kind {
    RAW,
    UNICAST, /* a good MIC under the session's keys */
    MULTICAST,
    JOIN_ACCEPT, /* a good MIC under the AppKey */
    WAIT,
    KIND_COUNT
};
enum place {
    RX1,
    RX2,
    RXC,
    PLACE_COUNT
};

static struct bench *bench;
static struct bench joined_start, fresh_start;

static void prepare(void)
{
    bench = bench_create(41);
    fresh_start = *bench;
    bench_join(bench, 0, 1, NULL);
    mac_multicast_set(
            &bench->core, GROUP, MC_ADDR, mc_keys.app_s_key, mc_keys.nwk_s_key, 0, UINT32_MAX);
    mac_class_c_open(&bench->core, GROUP, SESSION_HZ, SESSION_DR);
    bench_run_s(bench, 1.0); /* it listens, so the first message finds it ready to send */
    joined_start = *bench;
}

/* Gets an uplink or a join-request on air; false: the device keeps silent for an hour. */
static bool device_sends(void)
{
    unsigned count = bench->board.tx_count;
    if (mac_joined(&bench->core)) {
        uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
        if (at == HAL_TICKS_NEVER || at > bench->board.now + 3600u * (uint64_t)HAL_RTC_HZ) {
            bench_run_s(bench, EXCHANGE_S);
            return false;
        }
        bench_run_until(bench, at);
        if (mac_send(&bench->core, 0, NULL, 0) != MAC_OK) {
            return false;
        }
    }
    return bench_run_to_tx(bench, count + 1, 3600.0);
}

static void hear(enum place place, const uint8_t *bytes, size_t size)
{
    bench->delivered_count = 0;
    if (place == RXC) {
        bench_air(bench, bench->board.now + 100, SESSION_HZ, SESSION_DR, bytes, size);
        bench_run_s(bench, 0.6);
    } else if (device_sends()) {
        bench_answer(bench, place == RX1 ? 1 : 2, bytes, size);
        bench_run_s(bench, EXCHANGE_S);
    }
    for (unsigned i = 0; i < bench->delivered_count; i++) {
        const struct mac_downlink *d = &bench->delivered[i];
        /* LoRaWAN 1.0.4: ports 1..223 reach the application, on a group or by unicast. */
        if (d->fport == 0 || d->fport >= 224 || d->size > 242 || d->group < -1 || d->group > 3) {
            abort();
        }
    }
}

static void hear_data(
        struct fuzz_bytes *in, enum place place, const struct fake_keys *keys, uint32_t address)
{
    uint8_t fopts[15], payload[242], frame[255];
    struct fake_downlink downlink = { .dev_addr = address };
    uint8_t flags = fuzz_u8(in);
    downlink.mhdr = (flags & 1u) != 0 ? 0xA0 : 0x60;
    downlink.fctrl = (uint8_t)(flags & 0xF0u);
    downlink.fport = (flags & 2u) != 0 ? -1 : fuzz_u8(in);
    bool multicast = address == MC_ADDR;
    uint32_t next =
            multicast ? bench->core.mac.groups[GROUP].fcnt_next : bench->core.mac.fcnt_down_next;
    downlink.fcnt = next + ((flags & 4u) != 0 ? fuzz_u8(in) : 0);
    downlink.fopts = fopts;
    downlink.fopts_size = (uint8_t)((flags & 8u) != 0 ? fuzz_block(in, fopts, sizeof fopts) : 0);
    downlink.payload = payload;
    if (downlink.fport >= 0) {
        downlink.payload_size =
                (uint8_t)fuzz_block(in, payload, sizeof payload - downlink.fopts_size);
    }
    hear(place, frame, fake_write_downlink(keys, &downlink, frame));
}

static void hear_join_accept(struct fuzz_bytes *in, enum place place)
{
    uint8_t cflist[16] = { 0 }, frame[33];
    uint8_t dl_settings = fuzz_u8(in);
    uint8_t rx_delay = fuzz_u8(in);
    uint8_t nonce = fuzz_u8(in);
    bool with_list = fuzz_block(in, cflist, sizeof cflist) > 0;
    size_t size = fake_write_join_accept(app_key, 0x2Au + nonce, 0x13, BENCH_DEV_ADDR, dl_settings,
            rx_delay, with_list ? cflist : NULL, frame);
    hear(place, frame, size);
    const uint8_t *request = bench->board.tx;
    if (mac_joined(&bench->core) && bench->board.tx_size == 23) {
        bench->keys = fake_session_keys(
                app_key, 0x2Au + nonce, 0x13, (uint16_t)(request[17] | request[18] << 8));
    }
}

static void play(struct fuzz_bytes *in)
{
    uint8_t head = fuzz_u8(in);
    enum place place = (enum place)(head / 16 % PLACE_COUNT);
    uint8_t frame[255];
    switch ((enum kind)(head % 16 % KIND_COUNT)) {
    case RAW:
        hear(place, frame, fuzz_block(in, frame, sizeof frame));
        break;
    case UNICAST:
        hear_data(in, place, &bench->keys, BENCH_DEV_ADDR);
        break;
    case MULTICAST:
        hear_data(in, place, &mc_keys, MC_ADDR);
        break;
    case JOIN_ACCEPT:
        hear_join_accept(in, place);
        break;
    case WAIT:
    case KIND_COUNT:
    default:
        bench_run_s(bench, fuzz_u8(in));
        break;
    }
}

/* Copies at the lowest duty cycle, 1 / 2^15 of 2.8 s each, and the longest pause between joins. */
#define SILENCE_MAX_S (16.0 * 32768.0 * 2.8 + 86400.0)
/* LinkCheckReqs without an answer, until the data rate has fallen as far as it can. */
#define LAST_UPLINKS 16u

/* Uplinks without an answer, sent as the main loop sends them; the device must always be able to
 * send the next one. */
static void expect_uplinks(unsigned count)
{
    bench->board.air.present = false;
    while (count-- > 0) {
        unsigned sent = bench->board.tx_count;
        double waited_s = 0.0;
        while (mac_joined(&bench->core)
                && mac_uplink_possible_at(&bench->core, bench->board.now) == HAL_TICKS_NEVER) {
            bench_run_s(bench, 60.0); /* copies of the last one, and its windows */
            waited_s += 60.0;
            if (waited_s > SILENCE_MAX_S) {
                abort(); /* no channel carries its data rate */
            }
        }
        if (mac_joined(&bench->core)) {
            mac_watch_link(&bench->core);
            uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
            if (at == HAL_TICKS_NEVER) {
                abort();
            }
            bench_run_until(bench, at);
            if (mac_send(&bench->core, 0, NULL, 0) != MAC_OK) {
                abort();
            }
        }
        if (!bench_run_to_tx(bench, sent + 1, SILENCE_MAX_S)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    if (bench == NULL) {
        prepare();
    }
    *bench = (fuzz_u8(&in) & 1u) != 0 ? joined_start : fresh_start;
    for (unsigned i = 0; i < MESSAGES_MAX && in.at < in.size; i++) {
        play(&in);
    }
    expect_uplinks(LAST_UPLINKS);
    bench_reset(bench, HAL_RESET_BROWNOUT);
    expect_uplinks(LAST_UPLINKS);
    if (bench->board.panics != 0) {
        abort();
    }
    return 0;
}
