/* Any bytes from the air: the MAC may not assert, hang, or deliver what is not authentic.
 * SPDX-License-Identifier: MIT
 *
 * The input is a list of steps: a control byte, a size, and that many bytes of frame. The control
 * byte says where the frame is heard and whether its MIC is made good, so that the fuzzer gets
 * behind the cryptography: bits 1..0 nowhere, RX1, RX2, class C; bit 2 as a unicast frame with a
 * good MIC; bit 3 as a frame of the group with a good MIC; bit 4 class C opens or closes before.
 */
#include <nettle/cmac.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "device/support/fake_board.h"
#include "mac/mac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEV_ADDR   0x26011BDAu
#define MC_ADDR    0x01FF00AAu
#define STEPS_MAX  64u
#define EVENTS_MAX 10000u

static const uint8_t unicast_key[16] = { 1 };
static const uint8_t group_key[16] = { 2 };

struct rig {
    struct core core;
    struct fake_board board;
    unsigned delivered;
    unsigned authentic;
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void put_le32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

/* A device with a session, at rest. */
static void start(struct rig *rig)
{
    uint8_t session[47] = { 0 };
    const uint8_t counters[10] = { 1 };
    struct core *core = &rig->core;
    memset(rig, 0, sizeof *rig);
    fake_board_init(&rig->board, 1);
    core->hal = fake_board_hal(&rig->board);
    nvm_open(&core->nvm, &core->hal);
    put_le32(session, DEV_ADDR);
    memcpy(session + 4, unicast_key, 16);
    put_le32(session + 36, 869525000u);
    session[42] = 1; /* RX1 delay */
    session[43] = 5; /* DR5 */
    session[45] = 1; /* NbTrans */
    nvm_write(&core->nvm, NVM_MAC_SESSION, session, sizeof session);
    nvm_write(&core->nvm, NVM_MAC_COUNTERS, counters, sizeof counters);
    mac_init(&core->mac, HAL_RESET_SOFTWARE);
    require(mac_joined(&core->mac));
    mac_multicast_set(&core->mac, 2, MC_ADDR, group_key, group_key, 0, 60000);
}

/* Runs until `ticks`; no input may make the device busy for ever. */
static void run_until(struct rig *rig, uint64_t ticks)
{
    struct mac *mac = &rig->core.mac;
    struct fake_board *board = &rig->board;
    for (unsigned events = 0;; events++) {
        uint64_t step_at = mac_step_at(mac);
        uint64_t edge_at = fake_chip_edge_at(board);
        uint64_t at = step_at < edge_at ? step_at : edge_at;
        require(events < EVENTS_MAX && board->panics == 0 && board->fifo_in_sleep == 0);
        if (at > ticks) {
            break;
        }
        board->now = at > board->now ? at : board->now;
        if (edge_at <= board->now) {
            struct mac_rx rx;
            int dio = fake_chip_edge(board);
            if (dio >= 0 && mac_irq(mac, (unsigned)dio, board->now, &rx)) {
                require(rx.downlink.fport > 0 && rx.downlink.fport < 224);
                require(rx.downlink.payload >= rx.bytes);
                require(rx.downlink.payload + rx.downlink.size <= rx.bytes + 255);
                rig->delivered++;
            }
        }
        if (mac_step_at(mac) <= board->now) {
            mac_step(mac, board->now);
        }
    }
    board->now = ticks > board->now ? ticks : board->now;
}

/* Gives the frame an address and the MIC that belongs to it. */
static void authenticate(struct rig *rig, uint8_t *frame, size_t size, bool group)
{
    if (size < 12) {
        return;
    }
    const struct mac *mac = &rig->core.mac;
    uint8_t b0[16] = { 0x49 };
    uint32_t next = group ? mac->groups[2].fcnt_next : mac->fcnt_down_next;
    uint32_t fcnt = next + (uint16_t)(frame[6] | frame[7] << 8) % 8u;
    frame[6] = (uint8_t)fcnt;
    frame[7] = (uint8_t)(fcnt >> 8);
    put_le32(frame + 1, group ? MC_ADDR : DEV_ADDR);
    b0[5] = 1;
    put_le32(b0 + 6, group ? MC_ADDR : DEV_ADDR);
    put_le32(b0 + 10, fcnt);
    b0[15] = (uint8_t)(size - 4);
    struct cmac_aes128_ctx context;
    cmac_aes128_set_key(&context, group ? group_key : unicast_key);
    cmac_aes128_update(&context, 16, b0);
    cmac_aes128_update(&context, size - 4, frame);
    cmac_aes128_digest(&context, 4, frame + size - 4);
    rig->authentic++;
}

static void put_on_air(struct rig *rig, unsigned place, const uint8_t *frame, size_t size)
{
    const struct mac *mac = &rig->core.mac;
    const struct mac_parameters *p = &mac->parameters;
    struct fake_air *air = &rig->board.air;
    *air = (struct fake_air){ .present = size > 0, .inverted = true, .size = (uint8_t)size };
    memcpy(air->bytes, frame, size);
    if (place == 3) {
        air->start_ticks = rig->board.now + 100;
        air->frequency_hz = 869525000u;
        air->spreading_factor = 7;
        return;
    }
    air->start_ticks = rig->board.tx_end + (p->rx_delay_s + place - 1) * (uint64_t)HAL_RTC_HZ;
    air->frequency_hz = place == 1 ? rig->board.tx_frequency_hz : p->rx2_frequency_hz;
    air->spreading_factor = rig->board.tx_spreading_factor;
    if (place == 2) {
        air->spreading_factor = (uint8_t)(12 - (p->rx2_data_rate > 5 ? 5 : p->rx2_data_rate));
    }
}

static void step(struct rig *rig, uint8_t control, const uint8_t *bytes, size_t size)
{
    struct mac *mac = &rig->core.mac;
    uint8_t frame[255];
    unsigned place = control & 3u;
    memcpy(frame, bytes, size);
    if ((control & 0x10) != 0 && mac_class_c_is_open(mac)) {
        mac_class_c_close(mac, 2);
    } else if ((control & 0x10) != 0 || place == 3) {
        mac_class_c_open(mac, 2, 869525000u, 5);
    }
    /* What commands did to the duty cycle must not make the run last for years. */
    memset(mac->band_free_at_ticks, 0, sizeof mac->band_free_at_ticks);
    mac->aggregate_free_at_ticks = 0;
    run_until(rig, rig->board.now + 120u * HAL_RTC_HZ);
    if ((control & 0x0C) != 0) {
        authenticate(rig, frame, size, (control & 8) != 0);
    }
    if (place == 1 || place == 2) {
        mac_request_device_time(mac);
        if (mac_send(mac, 1, bytes, size < 20 ? size : 20) != MAC_OK) {
            return;
        }
        run_until(rig, rig->board.now + HAL_RTC_HZ / 64u); /* the frame is on the air now */
    }
    if (place != 0) {
        put_on_air(rig, place, frame, size);
    }
    run_until(rig, rig->board.now + 30u * HAL_RTC_HZ);
    rig->board.air.present = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig *rig = malloc(sizeof *rig);
    if (rig == NULL) {
        return 0;
    }
    start(rig);
    run_until(rig, HAL_RTC_HZ);
    for (unsigned steps = 0; size >= 2 && steps < STEPS_MAX; steps++) {
        size_t frame_size = data[1] < size - 2 ? data[1] : size - 2;
        step(rig, data[0], data + 2, frame_size);
        data += 2 + frame_size;
        size -= 2 + frame_size;
    }
    require(rig->delivered <= rig->authentic);
    free(rig);
    return 0;
}
