/* Uplinks: building, copies, acknowledgement, ADR back-off, and polls while an exchange is open.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "mac/crypto.h"
#include "mac/mac_internal.h"
#include "trace.h"

#define ADR_ACK_LIMIT     64u
#define ADR_ACK_DELAY     32u
#define POLL_AFTER_TICKS  (5u * HAL_RTC_HZ)
#define POLL_SPREAD_TICKS (10u * HAL_RTC_HZ)
#define POLLS_MAX         3u
/* A confirmed class C downlink is answered within 8 s, at a random instant (spec 1.8). */
#define ACK_SPREAD_CLASS_C_TICKS (6u * HAL_RTC_HZ)
#define ACK_AFTER_TICKS          (1u * HAL_RTC_HZ)
#define ACK_SPREAD_TICKS         (4u * HAL_RTC_HZ)
#define COPY_SPREAD_TICKS        (2u * HAL_RTC_HZ)
/* RETRANSMIT_TIMEOUT, 2 s and up to 1 s more or less (spec 1.11). */
#define RETRANSMIT_AFTER_TICKS  (1u * HAL_RTC_HZ)
#define RETRANSMIT_SPREAD_TICKS (2u * HAL_RTC_HZ)

uint64_t mac_uplink_possible_at(const struct core *core, uint64_t now_ticks)
{
    if (!core->mac.joined || !mac_radio_free(core) || core->mac.exchange != MAC_NO_EXCHANGE) {
        return HAL_TICKS_NEVER;
    }
    uint64_t at = mac_duty_free_at(
            core, &core->mac.channel_mask, core->mac.parameters.data_rate, now_ticks);
    return at <= now_ticks ? 0 : at;
}

size_t mac_payload_size_max(const struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.parameters.data_rate < REGION_DATA_RATES);
    const struct region *region = mac_region(core);
    size_t size = region->data_rates[core->mac.parameters.data_rate].payload_size_max;
    size_t fopts = mac_commands_size(core);
    return fopts < size ? size - fopts : 0;
}

static size_t frame_size(const struct core *core, size_t payload_size)
{
    size_t port = payload_size > 0 ? 1u : 0u;
    return MAC_FRAME_OVERHEAD + mac_commands_size(core) + port + payload_size;
}

uint32_t mac_uplink_airtime_ticks(const struct core *core, size_t size)
{
    return mac_region_airtime_ticks(
            mac_region(core), core->mac.parameters.data_rate, frame_size(core, size), true);
}

uint64_t mac_poll_at(const struct core *core)
{
    return core->mac.poll_at_ticks;
}

void mac_request_device_time(struct core *core)
{
    core->mac.time_wanted = true;
}

void mac_request_link_check(struct core *core)
{
    core->mac.link_check_wanted = true;
}

/* ADR back-off (spec 1.11), by uplinks since the last downlink: full power at 96; from 128 on, each
 * 32, the next lower data rate, and where there is none, all default channels. The data rate falls
 * here only while the network commands it; else link_rate.c lowers it, by LinkCheckReqs.
 */
static void adr_back_off(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange == MAC_NO_EXCHANGE);
    struct mac_parameters *p = &core->mac.parameters;
    unsigned beyond = core->mac.adr_ack_count - ADR_ACK_LIMIT;
    if (mac_rate_fixed(core) || core->mac.adr_ack_count < ADR_ACK_LIMIT + ADR_ACK_DELAY
            || beyond % ADR_ACK_DELAY != 0) {
        return;
    }
    if (beyond == ADR_ACK_DELAY) {
        p->tx_power = 0;
    } else if (!core->mac.rate_by_network || !mac_rate_lower(core)) {
        p->nb_trans = 1;
        mac_rate_enable_defaults(core);
        mac_session_save_channels(core);
    }
    mac_session_save_parameters(core);
}

/* Unless the data rate is fixed, the ADR bit is always set: a network server may command data rates
 * from the first uplink on, which it may do only if asked to. A deviation from LoRaWAN 1.0.4
 * 4.3.1.1, by which a device that chooses its data rate itself leaves the bit clear: until a first
 * LinkADRReq, link_rate.c does. */
static uint8_t take_fctrl(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.joined);
    uint8_t fctrl = 0;
    if (!mac_rate_fixed(core)) {
        fctrl = core->mac.adr_ack_count >= ADR_ACK_LIMIT ? MAC_FCTRL_ADR | MAC_FCTRL_ADR_ACK_REQ
                                                         : MAC_FCTRL_ADR;
    }
    if (core->mac.ack_pending) {
        fctrl |= MAC_FCTRL_ACK;
        core->mac.ack_pending = false;
    }
    return fctrl;
}

static void build_frame(struct core *core, uint8_t fport, const uint8_t *payload, size_t size)
{
    const struct hal *hal = &core->hal;
    uint8_t *f = core->mac.frame;
    uint32_t fcnt = core->mac.fcnt_up;
    core->mac.time_asked = false;
    size_t at = MAC_FOPTS_AT + mac_commands_take(core, f + MAC_FOPTS_AT);
    DEVICE_ASSERT(hal, at + (fport > 0 ? 1u + size : 0u) + 4u <= MAC_FRAME_MAX);
    f[0] = (uint8_t)((core->mac.confirmed ? MAC_CONFIRMED_UP : MAC_UNCONFIRMED_UP) << 5);
    put_le32(f + 1, core->mac.dev_addr);
    f[5] = (uint8_t)(take_fctrl(core) | (at - MAC_FOPTS_AT));
    put_le16(f + 6, fcnt);
    if (fport > 0) {
        f[at++] = fport;
        memcpy(f + at, payload, size);
        mac_crypto_cipher(hal, MAC_KEY_APP_S, MAC_UP, core->mac.dev_addr, fcnt, f + at, size);
        at += size;
    }
    mac_crypto_mic(hal, MAC_KEY_NWK_S, MAC_UP, core->mac.dev_addr, fcnt, f, at, f + at);
    core->mac.frame_size = (uint8_t)(at + 4u);
}

static enum mac_status send(
        struct core *core, uint8_t fport, const uint8_t *payload, size_t size, bool confirmed)
{
    const struct hal *hal = &core->hal;
    if (!core->mac.joined) {
        return MAC_NOT_JOINED;
    }
    uint64_t now = hal_rtc_now(hal);
    uint64_t possible_at = mac_uplink_possible_at(core, now);
    if (possible_at > now) {
        return possible_at == HAL_TICKS_NEVER ? MAC_BUSY : MAC_DUTY_CYCLE;
    }
    if (size > mac_payload_size_max(core)) {
        return MAC_TOO_LONG;
    }
    DEVICE_ASSERT(hal, fport > 0 ? payload != NULL : size == 0);
    uint8_t data_rate = core->mac.parameters.data_rate;
    int channel = mac_duty_choose(core, &core->mac.channel_mask, data_rate, now);
    DEVICE_ASSERT(hal, channel >= 0);
    mac_session_reserve_counter(core);
    core->mac.confirmed = confirmed;
    core->mac.acknowledged = false;
    build_frame(core, fport, payload, size);
    hal_trace(hal, FW_TRACE_UPLINK, core->mac.fcnt_up, (uint32_t)fport << 8 | data_rate);
    core->mac.fcnt_up++;
    if (core->mac.adr_ack_count < UINT16_MAX) {
        core->mac.adr_ack_count++;
    }
    core->mac.uplink_channel = (uint8_t)channel;
    core->mac.uplink_data_rate = data_rate;
    core->mac.copies_left = (uint8_t)(core->mac.parameters.nb_trans - 1u);
    core->mac.transmissions = 0;
    core->mac.exchange = MAC_EXCHANGE_DATA;
    core->mac.poll_at_ticks = HAL_TICKS_NEVER;
    if (fport == 0 && core->mac.polls_in_row < UINT8_MAX) {
        core->mac.polls_in_row++;
    }
    mac_launch_soon(core);
    return MAC_OK;
}

enum mac_status mac_send(struct core *core, uint8_t fport, const uint8_t *payload, size_t size)
{
    return send(core, fport, payload, size, false);
}

enum mac_status mac_send_confirmed(
        struct core *core, uint8_t fport, const uint8_t *payload, size_t size)
{
    return send(core, fport, payload, size, true);
}

static void schedule_poll(struct core *core, uint64_t now_ticks, uint32_t after, uint32_t spread)
{
    core->mac.poll_at_ticks = now_ticks + after + mac_random(&core->hal, spread);
}

void mac_uplink_unanswered(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(
            &core->hal, core->mac.exchange == MAC_EXCHANGE_DATA && core->mac.window_count == 0);
    if (core->mac.copies_left > 0) {
        core->mac.copies_left--;
        core->mac.copy_at_ticks = now_ticks;
        core->mac.copy_at_ticks += core->mac.confirmed ? RETRANSMIT_AFTER_TICKS : 0u;
        core->mac.copy_at_ticks += mac_random(
                &core->hal, core->mac.confirmed ? RETRANSMIT_SPREAD_TICKS : COPY_SPREAD_TICKS);
        return;
    }
    core->mac.copy_at_ticks = HAL_TICKS_NEVER;
    mac_exchange_end(core, MAC_UNANSWERED);
    adr_back_off(core);
    if (core->mac.exchange_open && core->mac.polls_in_row < POLLS_MAX) {
        schedule_poll(core, now_ticks, POLL_AFTER_TICKS, POLL_SPREAD_TICKS);
    } else {
        core->mac.exchange_open = false;
    }
}

void mac_uplink_answered(struct core *core, bool pending, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.joined);
    core->mac.polls_in_row = 0;
    core->mac.exchange_open = pending;
    core->mac.poll_at_ticks = HAL_TICKS_NEVER;
    if (core->mac.ack_pending && core->mac.confirmed_class_c) {
        schedule_poll(core, now_ticks, 0, ACK_SPREAD_CLASS_C_TICKS);
    } else if (core->mac.ack_pending) {
        schedule_poll(core, now_ticks, ACK_AFTER_TICKS, ACK_SPREAD_TICKS);
    } else if (pending) {
        schedule_poll(core, now_ticks, POLL_AFTER_TICKS, POLL_SPREAD_TICKS);
    }
}
