/* Uplinks: demodulators, channels, half duplex.
 * SPDX-License-Identifier: MIT
 *
 * A demodulator is taken from detection, or from the start (reception_params.demodulator_from), to
 * the end of the frame, whatever it will be worth (SX1301: eight paths shared by all channels and
 * spreading factors; spec-physics section 6).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway_internal.h"

#define CHANNEL_BANDWIDTH_HZ 125000u
#define SYNC_WORD_PUBLIC     0x34u

/* The channel that a frame is on, within a quarter of the bandwidth (SX1301: FERR); 0: none. */
static uint32_t channel_of(const struct gateway_params *params, const struct lora_modulation *m)
{
    if (m->bandwidth_hz != CHANNEL_BANDWIDTH_HZ || m->spreading_factor < 7
            || m->sync_word != SYNC_WORD_PUBLIC) {
        return 0;
    }
    for (uint8_t i = 0; i < params->channel_count; i++) {
        uint32_t channel_hz = params->channel_hz[i];
        uint32_t offset_hz = channel_hz > m->frequency_hz ? channel_hz - m->frequency_hz
                                                          : m->frequency_hz - channel_hz;
        if (offset_hz <= CHANNEL_BANDWIDTH_HZ / 4u) {
            return channel_hz;
        }
    }
    return 0;
}

/* False: all are taken. */
static bool take_demodulator(struct gateway *gateway, uint64_t frame_id)
{
    uint32_t limit = gateway->fleet->params.demodulators;
    if (limit > 0 && gateway->demodulating_count >= limit) {
        return false;
    }
    if (gateway->demodulating_count == gateway->demodulating_capacity) {
        gateway->demodulating_capacity = 2 * gateway->demodulating_capacity + 16;
        gateway->demodulating =
                run_memory_grow(engine_memory(gateway->fleet->engine), gateway->demodulating,
                        gateway->demodulating_capacity * sizeof *gateway->demodulating);
    }
    gateway->demodulating[gateway->demodulating_count++] = frame_id;
    if (gateway->demodulating_count > gateway->stats.demodulators_max) {
        gateway->stats.demodulators_max = gateway->demodulating_count;
    }
    return true;
}

/* False: the frame had lost it before. */
static bool free_demodulator(struct gateway *gateway, uint64_t frame_id)
{
    for (uint32_t i = 0; i < gateway->demodulating_count; i++) {
        if (gateway->demodulating[i] == frame_id) {
            gateway->demodulating[i] = gateway->demodulating[--gateway->demodulating_count];
            return true;
        }
    }
    return false;
}

static enum loss_cause try_lock(struct gateway *gateway, const struct frame *frame, sim_ns now_ns)
{
    if (channel_of(&gateway->fleet->params, &frame->modulation) == 0) {
        return LOSS_PREAMBLE_MISSED; /* no correlator looks there */
    }
    if (gateway->out[GATEWAY_OUTAGE_POWER] > 0) {
        return LOSS_POWERED_DOWN;
    }
    if (now_ns < gateway->tx_until_ns) {
        return LOSS_RADIO_BUSY;
    }
    return take_demodulator(gateway, frame->id) ? LOSS_NONE : LOSS_RECEIVER_LOCKED_ELSEWHERE;
}

static bool lock(void *context, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    struct gateway *gateway = context;
    *cause = try_lock(gateway, frame, now_ns);
    return *cause == LOSS_NONE;
}

static void forward(struct gateway *gateway, const struct frame *frame,
        const struct verdict *verdict, const uint8_t *bytes, uint16_t size)
{
    struct gateway_fleet *fleet = gateway->fleet;
    uint32_t index = message_take(fleet, gateway->number);
    struct gateway_uplink *uplink = &message_at(fleet, index)->as.uplink;
    uplink->gateway = gateway->number;
    uplink->size = size;
    uplink->spreading_factor = frame->modulation.spreading_factor;
    uplink->frequency_hz = channel_of(&fleet->params, &frame->modulation);
    uplink->bandwidth_hz = frame->modulation.bandwidth_hz;
    uplink->rssi_mdbm = verdict->rssi_mdbm;
    uplink->snr_mdb = verdict->snr_mdb;
    uplink->end_ns = frame->end_ns;
    uplink->stamped_ns = gateway_clock_stamp(gateway, frame->end_ns);
    uplink->time_known = fleet->params.clock.source != GATEWAY_CLOCK_FREE;
    uplink->frame_id = frame->id;
    memcpy(uplink->bytes, bytes, size);
    backhaul_send_uplink(gateway, index);
}

static void ended(void *context, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct gateway *gateway = context;
    bool held = free_demodulator(gateway, frame->id);
    /* What our own transmission or an outage cut short, the medium has seen too. */
    assert(held || verdict->cause != LOSS_NONE);
    if (verdict->cause == LOSS_NONE) {
        gateway->stats.uplinks++;
        forward(gateway, frame, verdict, bytes, size);
    }
}

void gateway_stop_receptions(struct gateway *gateway)
{
    gateway->demodulating_count = 0;
}

const struct medium_gateway_ops gateway_medium_ops = { .lock = lock, .ended = ended };
