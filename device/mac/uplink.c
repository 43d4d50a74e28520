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

uint64_t mac_uplink_possible_at(const struct mac *mac, uint64_t now_ticks)
{
    bool ready = mac->activity == MAC_IDLE || mac->activity == MAC_RX_CONTINUOUS;
    if (!mac->joined || !ready || mac->exchange != MAC_NO_EXCHANGE) {
        return HAL_TICKS_NEVER;
    }
    uint64_t at = mac_duty_free_at(mac, &mac->channel_mask, mac->parameters.data_rate, now_ticks);
    return at <= now_ticks ? 0 : at;
}

size_t mac_payload_size_max(const struct mac *mac)
{
    const struct region *region = mac_region(mac);
    size_t size = region->data_rates[mac->parameters.data_rate].payload_size_max;
    size_t fopts = mac_commands_size(mac);
    return fopts < size ? size - fopts : 0;
}

static size_t frame_size(const struct mac *mac, size_t payload_size)
{
    size_t port = payload_size > 0 ? 1u : 0u;
    return MAC_FRAME_OVERHEAD + mac_commands_size(mac) + port + payload_size;
}

uint32_t mac_uplink_airtime_ticks(const struct mac *mac, size_t size)
{
    return mac_region_airtime_ticks(
            mac_region(mac), mac->parameters.data_rate, frame_size(mac, size), true);
}

uint64_t mac_poll_at(const struct mac *mac)
{
    return mac->poll_at_ticks;
}

void mac_request_device_time(struct mac *mac)
{
    mac->time_wanted = true;
}

void mac_request_link_check(struct mac *mac)
{
    mac->link_check_wanted = true;
}

/* Nobody answered for long: at 96 uplinks louder, from 128 on slower each 32, and at the slowest
 * rate on all channels (spec 1.11). Slower only while the network holds the data rate: else
 * link_rate.c lowers it, by questions of its own. */
static void adr_back_off(struct mac *mac)
{
    struct mac_parameters *p = &mac->parameters;
    unsigned beyond = mac->adr_ack_count - ADR_ACK_LIMIT;
    if (mac_rate_fixed(mac) || mac->adr_ack_count < ADR_ACK_LIMIT + ADR_ACK_DELAY
            || beyond % ADR_ACK_DELAY != 0) {
        return;
    }
    if (beyond == ADR_ACK_DELAY) {
        p->tx_power = 0;
    } else if (mac->rate_by_network && p->data_rate > 0
               && mac_rate_has_channel(mac, &mac->channel_mask, p->data_rate - 1u)) {
        p->data_rate--;
    } else {
        p->nb_trans = 1;
        channel_mask_put_first(&mac->channel_mask, mac_region(mac)->default_channel_count);
        mac_session_save_channels(mac);
    }
    mac_session_save_parameters(mac);
}

/* Unless the data rate is fixed, the ADR bit is always set: a network server may command data rates
 * from the first uplink on, which it may do only if asked to. A deviation from LoRaWAN 1.0.4
 * 4.3.1.1, by which a device that chooses its data rate itself leaves the bit clear: until a first
 * LinkADRReq, link_rate.c does. */
static uint8_t take_fctrl(struct mac *mac)
{
    uint8_t fctrl = 0;
    if (!mac_rate_fixed(mac)) {
        fctrl = mac->adr_ack_count >= ADR_ACK_LIMIT ? MAC_FCTRL_ADR | MAC_FCTRL_ADR_ACK_REQ
                                                    : MAC_FCTRL_ADR;
    }
    if (mac->ack_pending) {
        fctrl |= MAC_FCTRL_ACK;
        mac->ack_pending = false;
    }
    return fctrl;
}

static void build_frame(struct mac *mac, uint8_t fport, const uint8_t *payload, size_t size)
{
    const struct hal *hal = hal_of(mac);
    uint8_t *f = mac->frame;
    uint32_t fcnt = mac->fcnt_up;
    mac->time_asked = false;
    size_t at = MAC_FOPTS_AT + mac_commands_take(mac, f + MAC_FOPTS_AT);
    DEVICE_ASSERT(hal, at + (size > 0 ? 1u + size : 0u) + 4u <= MAC_FRAME_MAX);
    f[0] = (uint8_t)((mac->confirmed ? MAC_CONFIRMED_UP : MAC_UNCONFIRMED_UP) << 5);
    put_le32(f + 1, mac->dev_addr);
    f[5] = (uint8_t)(take_fctrl(mac) | (at - MAC_FOPTS_AT));
    put_le16(f + 6, fcnt);
    if (size > 0) {
        f[at++] = fport;
        memcpy(f + at, payload, size);
        mac_crypto_cipher(hal, MAC_KEY_APP_S, MAC_UP, mac->dev_addr, fcnt, f + at, size);
        at += size;
    }
    mac_crypto_mic(hal, MAC_KEY_NWK_S, MAC_UP, mac->dev_addr, fcnt, f, at, f + at);
    mac->frame_size = (uint8_t)(at + 4u);
}

static enum mac_status send(
        struct mac *mac, uint8_t fport, const uint8_t *payload, size_t size, bool confirmed)
{
    const struct hal *hal = hal_of(mac);
    if (!mac->joined) {
        return MAC_NOT_JOINED;
    }
    uint64_t now = hal_rtc_now(hal);
    uint64_t possible_at = mac_uplink_possible_at(mac, now);
    if (possible_at > now) {
        return possible_at == HAL_TICKS_NEVER ? MAC_BUSY : MAC_DUTY_CYCLE;
    }
    if (size > mac_payload_size_max(mac)) {
        return MAC_TOO_LONG;
    }
    DEVICE_ASSERT(hal, size == 0 || (fport > 0 && payload != NULL));
    uint8_t data_rate = mac->parameters.data_rate;
    int channel = mac_duty_choose(mac, &mac->channel_mask, data_rate, now);
    DEVICE_ASSERT(hal, channel >= 0);
    mac_session_reserve_counter(mac);
    mac->confirmed = confirmed;
    mac->acknowledged = false;
    build_frame(mac, fport, payload, size);
    hal_trace(hal, FW_TRACE_UPLINK, mac->fcnt_up, (uint32_t)fport << 8 | data_rate);
    mac->fcnt_up++;
    if (mac->adr_ack_count < UINT16_MAX) {
        mac->adr_ack_count++;
    }
    mac->uplink_channel = (uint8_t)channel;
    mac->uplink_data_rate = data_rate;
    mac->copies_left = (uint8_t)(mac->parameters.nb_trans - 1u);
    mac->transmissions = 0;
    mac->exchange = MAC_EXCHANGE_DATA;
    mac->poll_at_ticks = HAL_TICKS_NEVER;
    if (size == 0 && mac->polls_in_row < UINT8_MAX) {
        mac->polls_in_row++;
    }
    mac_launch_soon(mac);
    return MAC_OK;
}

enum mac_status mac_send(struct mac *mac, uint8_t fport, const uint8_t *payload, size_t size)
{
    return send(mac, fport, payload, size, false);
}

enum mac_status mac_send_confirmed(
        struct mac *mac, uint8_t fport, const uint8_t *payload, size_t size)
{
    return send(mac, fport, payload, size, true);
}

static void schedule_poll(struct mac *mac, uint64_t now_ticks, uint32_t after, uint32_t spread)
{
    mac->poll_at_ticks = now_ticks + after + mac_random(hal_of(mac), spread);
}

void mac_uplink_unanswered(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->exchange == MAC_EXCHANGE_DATA && mac->window_count == 0);
    if (mac->copies_left > 0) {
        mac->copies_left--;
        mac->copy_at_ticks = now_ticks;
        mac->copy_at_ticks += mac->confirmed ? RETRANSMIT_AFTER_TICKS : 0u;
        mac->copy_at_ticks += mac_random(
                hal_of(mac), mac->confirmed ? RETRANSMIT_SPREAD_TICKS : COPY_SPREAD_TICKS);
        return;
    }
    mac->copy_at_ticks = HAL_TICKS_NEVER;
    mac_exchange_end(mac, MAC_UNANSWERED);
    adr_back_off(mac);
    if (mac->exchange_open && mac->polls_in_row < POLLS_MAX) {
        schedule_poll(mac, now_ticks, POLL_AFTER_TICKS, POLL_SPREAD_TICKS);
    } else {
        mac->exchange_open = false;
    }
}

void mac_uplink_answered(struct mac *mac, bool pending, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->joined);
    mac->polls_in_row = 0;
    mac->exchange_open = pending;
    mac->poll_at_ticks = HAL_TICKS_NEVER;
    if (mac->ack_pending && mac->confirmed_class_c) {
        schedule_poll(mac, now_ticks, 0, ACK_SPREAD_CLASS_C_TICKS);
    } else if (mac->ack_pending) {
        schedule_poll(mac, now_ticks, ACK_AFTER_TICKS, ACK_SPREAD_TICKS);
    } else if (pending) {
        schedule_poll(mac, now_ticks, POLL_AFTER_TICKS, POLL_SPREAD_TICKS);
    }
}
