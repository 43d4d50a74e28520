/* The schedule of the one radio: uplinks, receive windows, continuous reception.
 * SPDX-License-Identifier: MIT
 */
#include "mac/mac.h"

#include <string.h>

#include "mac/mac_internal.h"
#include "radio/lora_airtime.h"
#include "trace.h"

/* An interrupt that is this late will never come: the chip is started again. */
#define RADIO_PATIENCE_TICKS (HAL_RTC_HZ / 2u)

static bool factory_blank(const struct factory *factory)
{
    uint8_t any = 0;
    for (unsigned i = 0; i < sizeof factory->dev_eui; i++) {
        any |= factory->dev_eui[i];
    }
    return any == 0;
}

/* The off-times of before the reset are lost; unless the restart was planned (mac_idle_at()), the
 * longest one that an uplink can have left behind is kept. */
static void block_after_reset(struct mac *mac, enum hal_reset_cause cause, uint64_t now_ticks)
{
    const struct core *core = core_of_const(mac);
    uint8_t nonce[2];
    bool sent_before = mac->joined || nvm_read(&core->nvm, NVM_DEV_NONCE, nonce, 2) == 2;
    if (cause == HAL_RESET_SOFTWARE || !sent_before) {
        return;
    }
    const struct region *region = mac_region(mac);
    unsigned data_rate = mac->joined ? mac->parameters.data_rate : region->data_rate_min;
    size_t size = mac->joined
                          ? MAC_FRAME_OVERHEAD + 1u + region->data_rates[data_rate].payload_size_max
                          : 23u;
    uint32_t airtime = mac_region_airtime_ticks(region, data_rate, size, true);
    mac_duty_block(mac, now_ticks + mac_duty_rest_ticks(airtime, 99u));
}

void mac_init(struct mac *mac, enum hal_reset_cause cause)
{
    struct core *core = core_of(mac);
    memset(mac, 0, sizeof *mac);
    const struct region *region = mac_region_find(core->factory.region_plan);
    mac->region = region != NULL ? region->plan_id : 0;
    mac->poll_at_ticks = mac->copy_at_ticks = mac->join.next_at_ticks = HAL_TICKS_NEVER;
    hal_key_load(&core->hal, MAC_KEY_APP, core->factory.app_key);
    hal_key_load(&core->hal, MAC_KEY_GEN_APP, core->factory.gen_app_key);
    mac_session_defaults(mac);
    mac->rate_by_network = core->factory.rate_policy == FACTORY_RATE_ADR;
    mac->joined = region != NULL && mac_session_restore(mac);
    mac_multicast_restore(mac);
    uint64_t now = hal_rtc_now(&core->hal);
    block_after_reset(mac, cause, now);
    /* Without its region a device must not transmit: it stays silent. */
    if (!mac->joined && region != NULL) {
        mac->joined = mac_join_commissioned(mac);
        now = hal_rtc_now(&core->hal);
    }
    if (!mac->joined && region != NULL && !factory_blank(&core->factory)) {
        mac_join_start(mac, now);
    }
    radio_start(&mac->radio);
    mac->activity = MAC_RADIO_STARTING;
    mac->wake_at_ticks = now;
}

static void set_activity(struct mac *mac, enum mac_activity activity, uint64_t wake_at_ticks)
{
    bool waits_for_input = activity == MAC_IDLE || activity == MAC_RX_CONTINUOUS;
    DEVICE_ASSERT(hal_of(mac), waits_for_input == (wake_at_ticks == HAL_TICKS_NEVER));
    mac->activity = (uint8_t)activity;
    mac->wake_at_ticks = wake_at_ticks;
}

static void listen_continuously(struct mac *mac)
{
    const struct hal *hal = hal_of(mac);
    const struct mac_class_c *c = &mac->class_c;
    DEVICE_ASSERT(hal, c->open && c->group < MAC_MULTICAST_GROUPS);
    DEVICE_ASSERT(hal, mac_data_rate_valid(mac, c->data_rate));
    struct lora_modulation modulation =
            mac_region_modulation(mac_region(mac), c->data_rate, c->frequency_hz, true);
    radio_receive_continuous(&mac->radio, hal, &modulation);
    hal_trace(hal, FW_TRACE_RADIO_RX_START, 1, c->data_rate);
    set_activity(mac, MAC_RX_CONTINUOUS, HAL_TICKS_NEVER);
}

void mac_background(struct mac *mac)
{
    if (mac->class_c.open) {
        listen_continuously(mac);
    } else {
        radio_sleep(&mac->radio, hal_of(mac));
        set_activity(mac, MAC_IDLE, HAL_TICKS_NEVER);
    }
}

static void transmit(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->exchange != MAC_NO_EXCHANGE);
    DEVICE_ASSERT(hal_of(mac), mac->uplink_channel < MAC_CHANNELS);
    DEVICE_ASSERT(hal_of(mac), mac->frame_size >= MAC_FRAME_OVERHEAD);
    const struct region *region = mac_region(mac);
    const struct mac_channel *channel = &mac->channels[mac->uplink_channel];
    struct lora_modulation modulation =
            mac_region_modulation(region, mac->uplink_data_rate, channel->frequency_hz, false);
    int power_dbm = mac_region_power_dbm(region, channel->frequency_hz, mac->parameters.tx_power);
    radio_transmit(&mac->radio, hal_of(mac), &modulation, power_dbm, mac->frame, mac->frame_size);
    uint32_t airtime =
            mac_region_airtime_ticks(region, mac->uplink_data_rate, mac->frame_size, true);
    set_activity(mac, MAC_TX, now_ticks + airtime + RADIO_PATIENCE_TICKS);
}

/* Both leave the radio to the next step: they stand behind cryptography and non-volatile records,
 * which take many milliseconds, and what touches the radio shall not come late in a run. */
void mac_background_soon(struct mac *mac)
{
    set_activity(mac, MAC_BACKGROUND_DUE, 0);
}

void mac_launch_soon(struct mac *mac)
{
    DEVICE_ASSERT(hal_of(mac), mac->exchange != MAC_NO_EXCHANGE);
    DEVICE_ASSERT(hal_of(mac), mac->activity == MAC_IDLE || mac->activity == MAC_RX_CONTINUOUS);
    mac_windows_clear(mac);
    set_activity(mac, MAC_LAUNCH_DUE, 0);
}

static void launch(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->window_count == 0);
    uint32_t wait_ticks = radio_wake(&mac->radio, hal_of(mac));
    if (wait_ticks == 0) {
        transmit(mac, now_ticks);
    } else {
        set_activity(mac, MAC_TX_WAKING, now_ticks + wait_ticks);
    }
}

static void account_airtime(struct mac *mac, uint64_t end_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->uplink_channel < MAC_CHANNELS);
    mac->transmissions++;
    uint32_t airtime =
            mac_region_airtime_ticks(mac_region(mac), mac->uplink_data_rate, mac->frame_size, true);
    mac_duty_account(mac, mac->channels[mac->uplink_channel].frequency_hz, airtime, end_ticks);
}

static void transmitted(struct mac *mac, uint64_t end_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->activity == MAC_TX && mac->exchange != MAC_NO_EXCHANGE);
    account_airtime(mac, end_ticks);
    mac->uplink_end_ticks = end_ticks;
    mac_windows_open_class_a(mac, end_ticks);
    mac_background(mac);
}

void mac_exchange_end(struct mac *mac, enum mac_outcome outcome)
{
    DEVICE_ASSERT(hal_of(mac), mac->exchange != MAC_NO_EXCHANGE);
    mac->exchange = MAC_NO_EXCHANGE;
    hal_trace(hal_of(mac), FW_TRACE_EXCHANGE_ENDED, mac->transmissions, outcome);
}

/* No more windows for this uplink. */
static void exchange_over(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->window_count == 0);
    if (mac->exchange == MAC_EXCHANGE_JOIN) {
        mac_exchange_end(mac, MAC_UNANSWERED);
        mac_join_missed(mac, now_ticks);
    } else if (mac->exchange == MAC_EXCHANGE_DATA) {
        mac_uplink_unanswered(mac, now_ticks);
    }
}

static void window_closed(struct mac *mac, uint64_t now_ticks)
{
    if (mac->window_count == 0) {
        exchange_over(mac, now_ticks);
    }
}

/* A window is due. One of lower or equal priority does not disturb the one that receives. */
static void open_window(struct mac *mac, uint64_t now_ticks)
{
    const struct hal *hal = hal_of(mac);
    const struct region *region = mac_region(mac);
    struct mac_window window = mac_windows_take(mac);
    DEVICE_ASSERT(hal, mac->activity != MAC_RADIO_STARTING && mac->activity != MAC_TX);
    if (mac->activity == MAC_RX_WINDOW && window.priority <= mac->window.priority) {
        return;
    }
    mac->window = window;
    struct lora_modulation modulation =
            mac_region_modulation(region, window.data_rate, window.frequency_hz, true);
    radio_receive_single(&mac->radio, hal, &modulation, window.timeout_symbols);
    hal_trace(hal, FW_TRACE_RADIO_RX_START, 0, window.data_rate);
    uint32_t wait_us = window.timeout_symbols
                       * lora_symbol_us(modulation.spreading_factor, modulation.bandwidth_khz);
    uint32_t frame_ticks = mac_region_airtime_ticks(region, window.data_rate, MAC_FRAME_MAX, false);
    set_activity(mac, MAC_RX_WINDOW,
            now_ticks + ticks_from_us_up(wait_us) + frame_ticks + RADIO_PATIENCE_TICKS);
}

/* An expected interrupt did not come. */
static void restart_radio(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->activity == MAC_TX || mac->activity == MAC_RX_WINDOW);
    mac_windows_clear(mac);
    radio_start(&mac->radio);
    set_activity(mac, MAC_RADIO_STARTING, now_ticks);
    exchange_over(mac, now_ticks);
}

static void step_activity(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->activity <= MAC_RX_CONTINUOUS);
    switch ((enum mac_activity)mac->activity) {
    case MAC_RADIO_STARTING: {
        uint32_t wait_ticks = radio_start_step(&mac->radio, hal_of(mac));
        if (wait_ticks == 0) {
            mac_background(mac);
        } else {
            mac->wake_at_ticks = now_ticks + wait_ticks;
        }
        break;
    }
    case MAC_BACKGROUND_DUE:
        mac_background(mac);
        break;
    case MAC_LAUNCH_DUE:
        launch(mac, now_ticks);
        break;
    case MAC_TX_WAKING:
        transmit(mac, now_ticks);
        break;
    case MAC_TX:
        account_airtime(mac, now_ticks); /* it may have been on the air */
        restart_radio(mac, now_ticks);
        break;
    case MAC_RX_WINDOW:
        restart_radio(mac, now_ticks);
        break;
    case MAC_IDLE:
    case MAC_RX_CONTINUOUS:
        break;
    }
}

static bool radio_free(const struct mac *mac)
{
    return mac->activity == MAC_IDLE || mac->activity == MAC_RX_CONTINUOUS;
}

uint64_t mac_step_at(const struct mac *mac)
{
    DEVICE_ASSERT(hal_of(mac), mac->window_count <= MAC_WINDOWS);
    uint64_t at = mac->wake_at_ticks;
    if (mac->window_count > 0) {
        at = earlier(at, mac->windows[0].start_ticks);
    }
    if (radio_free(mac)) {
        at = earlier(at, mac->copy_at_ticks);
        if (mac->exchange == MAC_NO_EXCHANGE) {
            at = earlier(at, mac->join.next_at_ticks);
        }
    }
    return at;
}

static void launch_copy(struct mac *mac, uint64_t now_ticks)
{
    DEVICE_ASSERT(hal_of(mac), mac->exchange == MAC_EXCHANGE_DATA);
    int channel = mac_duty_choose(mac, &mac->channel_mask, mac->uplink_data_rate, now_ticks);
    if (channel < 0) {
        mac->copy_at_ticks =
                mac_duty_free_at(mac, &mac->channel_mask, mac->uplink_data_rate, now_ticks);
        if (mac->copy_at_ticks == HAL_TICKS_NEVER) {
            mac->copies_left = 0;
            mac_uplink_unanswered(mac, now_ticks);
        }
        return;
    }
    mac->copy_at_ticks = HAL_TICKS_NEVER;
    mac->uplink_channel = (uint8_t)channel;
    mac_launch_soon(mac);
}

void mac_step(struct mac *mac, uint64_t now_ticks)
{
    if (mac->wake_at_ticks <= now_ticks) {
        step_activity(mac, now_ticks);
    }
    if (mac->window_count > 0 && mac->windows[0].start_ticks <= now_ticks) {
        open_window(mac, now_ticks);
    }
    if (radio_free(mac) && mac->copy_at_ticks <= now_ticks) {
        launch_copy(mac, now_ticks);
    }
    if (radio_free(mac) && mac->exchange == MAC_NO_EXCHANGE
            && mac->join.next_at_ticks <= now_ticks) {
        mac_join_send(mac, now_ticks);
    }
}

static bool frame_received(
        struct mac *mac, const struct radio_frame *frame, uint64_t end_ticks, struct mac_rx *rx)
{
    bool deliver = false;
    bool class_a = mac->activity == MAC_RX_WINDOW;
    enum mac_receipt receipt = mac_receive(mac, frame, end_ticks, rx, &deliver);
    if (class_a) {
        if (receipt == MAC_RECEIPT_UNICAST) {
            mac_windows_clear(mac);
            if (mac->acknowledged || !mac->confirmed) {
                mac_exchange_end(mac, mac->acknowledged ? MAC_ACKNOWLEDGED : MAC_ANSWERED);
            } /* else it has yet to be acknowledged: by the next copy, if there is one */
        }
        mac_background_soon(mac);
        window_closed(mac, end_ticks);
    }
    return deliver;
}

bool mac_irq(struct mac *mac, unsigned dio, uint64_t edge_ticks, struct mac_rx *rx)
{
    struct radio_frame frame;
    if (dio > 1 || mac->activity == MAC_RADIO_STARTING) {
        return false;
    }
    switch (radio_service(&mac->radio, hal_of(mac), rx->bytes, &frame)) {
    case RADIO_RX_DONE:
        return frame_received(mac, &frame, edge_ticks, rx);
    case RADIO_TX_DONE:
        if (mac->activity == MAC_TX) {
            transmitted(mac, edge_ticks);
        }
        break;
    case RADIO_RX_BAD_CRC:
        hal_trace(hal_of(mac), FW_TRACE_FRAME_DROPPED, MAC_FRAME_BAD_CRC, 0);
        if (mac->activity == MAC_RX_WINDOW) {
            mac_background(mac);
            window_closed(mac, edge_ticks);
        }
        break;
    case RADIO_RX_TIMEOUT:
        if (mac->activity == MAC_RX_WINDOW) {
            mac_background(mac);
            window_closed(mac, edge_ticks);
        }
        break;
    case RADIO_NOTHING:
        break;
    }
    return false;
}

uint64_t mac_idle_at(const struct mac *mac)
{
    if (!radio_free(mac) || mac->exchange != MAC_NO_EXCHANGE) {
        return HAL_TICKS_NEVER;
    }
    uint64_t rest_until = mac->aggregate_free_at_ticks;
    for (unsigned i = 0; i < MAC_SUB_BANDS; i++) {
        rest_until = later(rest_until, mac->band_free_at_ticks[i]);
    }
    return rest_until;
}

uint16_t mac_resets(const struct mac *mac)
{
    return mac->resets;
}

bool mac_joined(const struct mac *mac)
{
    return mac->joined;
}

uint8_t mac_data_rate(const struct mac *mac)
{
    return mac->parameters.data_rate;
}

bool mac_frequency_valid(const struct mac *mac, uint32_t frequency_hz)
{
    return mac_region_sub_band(mac_region(mac), frequency_hz) >= 0;
}

bool mac_data_rate_valid(const struct mac *mac, uint8_t data_rate)
{
    return mac_region_data_rate_valid(mac_region(mac), data_rate);
}

void mac_class_c_open(struct mac *mac, unsigned group, uint32_t frequency_hz, uint8_t data_rate)
{
    DEVICE_ASSERT(hal_of(mac), group < MAC_MULTICAST_GROUPS);
    DEVICE_ASSERT(hal_of(mac), mac_frequency_valid(mac, frequency_hz));
    DEVICE_ASSERT(hal_of(mac), mac_data_rate_valid(mac, data_rate));
    mac->class_c = (struct mac_class_c){
        .frequency_hz = frequency_hz,
        .data_rate = data_rate,
        .group = (uint8_t)group,
        .open = true,
    };
    if (radio_free(mac)) {
        mac_background_soon(mac);
    }
}

bool mac_class_c_is_open(const struct mac *mac)
{
    return mac->class_c.open;
}
