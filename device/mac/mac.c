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
#define BROWNOUT_REST_TICKS  (10u * HAL_RTC_HZ)

_Static_assert(MAC_KEY_SCRATCH < IMAGE_KEY_SLOT, "the key of images has a slot of its own");

static bool factory_blank(const struct factory *factory)
{
    uint8_t any = 0;
    for (unsigned i = 0; i < sizeof factory->dev_eui; i++) {
        any |= factory->dev_eui[i];
    }
    return any == 0;
}

/* No off-time is left after a planned restart (mac_idle_at()), nor of a device that never sent. */
static bool may_have_to_rest(const struct core *core, enum hal_reset_cause cause)
{
    uint8_t nonce[2];
    bool sent_before = core->mac.joined || nvm_read(&core->nvm, NVM_DEV_NONCE, nonce, 2) == 2;
    return cause != HAL_RESET_SOFTWARE && sent_before;
}

/* When the radio may start. After a brown-out the battery gets a pause: the load that brought its
 * voltage down would do so again at once. */
static uint64_t radio_start_at(
        const struct core *core, enum hal_reset_cause cause, uint64_t now_ticks)
{
    if (cause != HAL_RESET_BROWNOUT) {
        return now_ticks;
    }
    return now_ticks + BROWNOUT_REST_TICKS + mac_random(&core->hal, BROWNOUT_REST_TICKS);
}

void mac_init(struct core *core, enum hal_reset_cause cause)
{
    memset(&core->mac, 0, sizeof core->mac);
    const struct region *region = mac_region_find(core->factory.region_plan);
    core->mac.region = region != NULL ? region->plan_id : 0;
    core->mac.poll_at_ticks = core->mac.copy_at_ticks = core->mac.join.next_at_ticks =
            HAL_TICKS_NEVER;
    hal_key_load(&core->hal, MAC_KEY_APP, core->factory.app_key);
    hal_key_load(&core->hal, MAC_KEY_GEN_APP, core->factory.gen_app_key);
    mac_session_defaults(core);
    core->mac.rate_by_network = core->factory.rate_policy == FACTORY_RATE_ADR;
    if (region != NULL) {
        mac_join_skip_lost(core);
        core->mac.joined = mac_session_restore(core);
        nvm_forget_lost(&core->nvm);
    }
    mac_multicast_restore(core);
    uint64_t now = hal_rtc_now(&core->hal);
    if (may_have_to_rest(core, cause)) {
        mac_duty_block_after_reset(core, now);
    }
    /* Without its region a device must not transmit: it stays silent. */
    if (!core->mac.joined && region != NULL) {
        core->mac.joined = mac_join_commissioned(core);
        now = hal_rtc_now(&core->hal);
    }
    DEVICE_ASSERT(&core->hal, !core->mac.joined || region != NULL);
    if (!core->mac.joined && region != NULL && !factory_blank(&core->factory)) {
        mac_join_start(core, now);
    }
    radio_start(&core->mac.radio);
    core->mac.activity = MAC_RADIO_STARTING;
    core->mac.wake_at_ticks = radio_start_at(core, cause, now);
}

static void set_activity(struct core *core, enum mac_activity activity, uint64_t wake_at_ticks)
{
    bool waits_for_input = activity == MAC_IDLE || activity == MAC_RX_CONTINUOUS;
    DEVICE_ASSERT(&core->hal, waits_for_input == (wake_at_ticks == HAL_TICKS_NEVER));
    core->mac.activity = (uint8_t)activity;
    core->mac.wake_at_ticks = wake_at_ticks;
}

static void listen_continuously(struct core *core)
{
    const struct hal *hal = &core->hal;
    const struct mac_class_c *c = &core->mac.class_c;
    DEVICE_ASSERT(hal, c->open && c->group < MAC_MULTICAST_GROUPS);
    DEVICE_ASSERT(hal, mac_data_rate_valid(core, c->data_rate));
    struct lora_modulation modulation =
            mac_region_modulation(mac_region(core), c->data_rate, c->frequency_hz, true);
    radio_receive_continuous(&core->mac.radio, hal, &modulation);
    hal_trace(hal, FW_TRACE_RADIO_RX_START, 1, c->data_rate);
    set_activity(core, MAC_RX_CONTINUOUS, HAL_TICKS_NEVER);
}

void mac_background(struct core *core)
{
    if (core->mac.class_c.open) {
        listen_continuously(core);
    } else {
        radio_sleep(&core->mac.radio, &core->hal);
        set_activity(core, MAC_IDLE, HAL_TICKS_NEVER);
    }
}

static void transmit(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange != MAC_NO_EXCHANGE);
    DEVICE_ASSERT(&core->hal, core->mac.uplink_channel < MAC_CHANNELS);
    DEVICE_ASSERT(&core->hal, core->mac.frame_size >= MAC_FRAME_OVERHEAD);
    const struct region *region = mac_region(core);
    const struct mac_channel *channel = &core->mac.channels[core->mac.uplink_channel];
    struct lora_modulation modulation =
            mac_region_modulation(region, core->mac.uplink_data_rate, channel->frequency_hz, false);
    int power_dbm =
            mac_region_power_dbm(region, channel->frequency_hz, core->mac.parameters.tx_power);
    radio_transmit(&core->mac.radio, &core->hal, &modulation, power_dbm, core->mac.frame,
            core->mac.frame_size);
    uint32_t airtime = mac_region_airtime_ticks(
            region, core->mac.uplink_data_rate, core->mac.frame_size, true);
    set_activity(core, MAC_TX, now_ticks + airtime + RADIO_PATIENCE_TICKS);
}

/* Both leave the radio to the next step: they are called after cryptography and writes of
 * non-volatile records, which take many milliseconds, and the radio is only touched early in a
 * run. */
void mac_background_soon(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.activity == MAC_RX_WINDOW || mac_radio_free(core));
    set_activity(core, MAC_BACKGROUND_DUE, 0);
}

void mac_launch_soon(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange != MAC_NO_EXCHANGE);
    DEVICE_ASSERT(&core->hal, mac_radio_free(core));
    mac_windows_clear(core);
    set_activity(core, MAC_LAUNCH_DUE, 0);
}

static void launch(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count == 0);
    uint32_t wait_ticks = radio_wake(&core->mac.radio, &core->hal);
    if (wait_ticks == 0) {
        transmit(core, now_ticks);
    } else {
        set_activity(core, MAC_TX_WAKING, now_ticks + wait_ticks);
    }
}

static void account_airtime(struct core *core, uint64_t end_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.uplink_channel < MAC_CHANNELS);
    core->mac.transmissions++;
    uint32_t airtime = mac_region_airtime_ticks(
            mac_region(core), core->mac.uplink_data_rate, core->mac.frame_size, true);
    mac_duty_account(
            core, core->mac.channels[core->mac.uplink_channel].frequency_hz, airtime, end_ticks);
}

static void transmitted(struct core *core, uint64_t end_ticks)
{
    DEVICE_ASSERT(
            &core->hal, core->mac.activity == MAC_TX && core->mac.exchange != MAC_NO_EXCHANGE);
    account_airtime(core, end_ticks);
    mac_contact_note(core, MAC_CONTACT_SENT);
    core->mac.uplink_end_ticks = end_ticks;
    mac_windows_open_class_a(core, end_ticks);
    mac_background(core);
}

void mac_exchange_end(struct core *core, enum mac_outcome outcome)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange != MAC_NO_EXCHANGE);
    core->mac.exchange = MAC_NO_EXCHANGE;
    hal_trace(&core->hal, FW_TRACE_EXCHANGE_ENDED, core->mac.transmissions, outcome);
}

/* No more windows for this uplink. */
static void exchange_over(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count == 0);
    if (core->mac.exchange == MAC_EXCHANGE_JOIN) {
        mac_exchange_end(core, MAC_UNANSWERED);
        mac_join_missed(core, now_ticks);
    } else if (core->mac.exchange == MAC_EXCHANGE_DATA) {
        mac_uplink_unanswered(core, now_ticks);
    }
}

static void window_closed(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.activity != MAC_RX_WINDOW);
    if (core->mac.window_count == 0) {
        exchange_over(core, now_ticks);
    }
}

/* A window is due. One of lower or equal priority does not disturb the one that receives. */
static void open_window(struct core *core, uint64_t now_ticks)
{
    const struct hal *hal = &core->hal;
    const struct region *region = mac_region(core);
    struct mac_window window = mac_windows_take(core);
    DEVICE_ASSERT(hal, core->mac.activity != MAC_RADIO_STARTING && core->mac.activity != MAC_TX);
    if (core->mac.activity == MAC_RX_WINDOW && window.priority <= core->mac.window.priority) {
        return;
    }
    core->mac.window = window;
    struct lora_modulation modulation =
            mac_region_modulation(region, window.data_rate, window.frequency_hz, true);
    radio_receive_single(&core->mac.radio, hal, &modulation, window.timeout_symbols);
    hal_trace(hal, FW_TRACE_RADIO_RX_START, 0, window.data_rate);
    uint32_t wait_us = window.timeout_symbols
                       * lora_symbol_us(modulation.spreading_factor, modulation.bandwidth_khz);
    uint32_t frame_ticks = mac_region_airtime_ticks(region, window.data_rate, MAC_FRAME_MAX, false);
    set_activity(core, MAC_RX_WINDOW,
            now_ticks + ticks_from_us_up(wait_us) + frame_ticks + RADIO_PATIENCE_TICKS);
}

/* An expected interrupt did not come. */
static void restart_radio(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.activity == MAC_TX || core->mac.activity == MAC_RX_WINDOW);
    mac_windows_clear(core);
    radio_start(&core->mac.radio);
    set_activity(core, MAC_RADIO_STARTING, now_ticks);
    exchange_over(core, now_ticks);
}

static void step_activity(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.activity <= MAC_RX_CONTINUOUS);
    switch ((enum mac_activity)core->mac.activity) {
    case MAC_RADIO_STARTING: {
        uint32_t wait_ticks = radio_start_step(&core->mac.radio, &core->hal);
        if (wait_ticks == 0) {
            mac_background(core);
        } else {
            core->mac.wake_at_ticks = now_ticks + wait_ticks;
        }
        break;
    }
    case MAC_BACKGROUND_DUE:
        mac_background(core);
        break;
    case MAC_LAUNCH_DUE:
        launch(core, now_ticks);
        break;
    case MAC_TX_WAKING:
        transmit(core, now_ticks);
        break;
    case MAC_TX:
        account_airtime(core, now_ticks); /* it may have been on the air */
        restart_radio(core, now_ticks);
        break;
    case MAC_RX_WINDOW:
        restart_radio(core, now_ticks);
        break;
    case MAC_IDLE:
    case MAC_RX_CONTINUOUS:
        break;
    }
}

bool mac_rests(const struct core *core, uint64_t now_ticks)
{
    return core->mac.activity == MAC_RADIO_STARTING && core->mac.radio.start == RADIO_START_RESET
           && core->mac.wake_at_ticks > now_ticks;
}

uint64_t mac_step_at(const struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count <= MAC_WINDOWS);
    uint64_t at = core->mac.wake_at_ticks;
    if (core->mac.window_count > 0) {
        at = earlier(at, core->mac.windows[0].start_ticks);
    }
    if (mac_radio_free(core)) {
        at = earlier(at, core->mac.copy_at_ticks);
        if (core->mac.exchange == MAC_NO_EXCHANGE) {
            at = earlier(at, core->mac.join.next_at_ticks);
        }
    }
    return at;
}

uint64_t mac_quiet_until(const struct core *core)
{
    return core->mac.activity == MAC_IDLE ? mac_step_at(core) : 0;
}

bool mac_window_is_near(const struct core *core, uint64_t now_ticks, uint32_t ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count <= MAC_WINDOWS);
    return core->mac.window_count > 0 && core->mac.windows[0].start_ticks < now_ticks + ticks;
}

static void launch_copy(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange == MAC_EXCHANGE_DATA);
    int channel =
            mac_duty_choose(core, &core->mac.channel_mask, core->mac.uplink_data_rate, now_ticks);
    if (channel < 0) {
        core->mac.copy_at_ticks = mac_duty_free_at(
                core, &core->mac.channel_mask, core->mac.uplink_data_rate, now_ticks);
        if (core->mac.copy_at_ticks == HAL_TICKS_NEVER) {
            core->mac.copies_left = 0;
            mac_uplink_unanswered(core, now_ticks);
        }
        return;
    }
    core->mac.copy_at_ticks = HAL_TICKS_NEVER;
    core->mac.uplink_channel = (uint8_t)channel;
    mac_launch_soon(core);
}

void mac_step(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange <= MAC_EXCHANGE_DATA);
    if (core->mac.wake_at_ticks <= now_ticks) {
        step_activity(core, now_ticks);
    }
    if (core->mac.window_count > 0 && core->mac.windows[0].start_ticks <= now_ticks) {
        open_window(core, now_ticks);
    }
    if (mac_radio_free(core) && core->mac.copy_at_ticks <= now_ticks) {
        launch_copy(core, now_ticks);
    }
    if (mac_radio_free(core) && core->mac.exchange == MAC_NO_EXCHANGE
            && core->mac.join.next_at_ticks <= now_ticks) {
        mac_join_send(core, now_ticks);
    }
}

static bool frame_received(
        struct core *core, const struct radio_frame *frame, uint64_t end_ticks, struct mac_rx *rx)
{
    bool deliver = false;
    bool class_a = core->mac.activity == MAC_RX_WINDOW;
    mac_contact_note(core, MAC_CONTACT_HEARD);
    enum mac_receipt receipt = mac_receive(core, frame, end_ticks, rx, &deliver);
    DEVICE_ASSERT(&core->hal, receipt != MAC_RECEIPT_NONE || !deliver);
    if (class_a) {
        if (receipt == MAC_RECEIPT_UNICAST) {
            mac_windows_clear(core);
            if (core->mac.acknowledged || !core->mac.confirmed) {
                mac_exchange_end(core, core->mac.acknowledged ? MAC_ACKNOWLEDGED : MAC_ANSWERED);
            } /* else it has yet to be acknowledged: by the next copy, if there is one */
        }
        mac_background_soon(core);
        window_closed(core, end_ticks);
    }
    return deliver;
}

bool mac_irq(struct core *core, unsigned dio, uint64_t edge_ticks, struct mac_rx *rx)
{
    struct radio_frame frame;
    if (dio > 1 || core->mac.activity == MAC_RADIO_STARTING) {
        return false;
    }
    switch (radio_service(&core->mac.radio, &core->hal, rx->bytes, &frame)) {
    case RADIO_RX_DONE:
        return frame_received(core, &frame, edge_ticks, rx);
    case RADIO_TX_DONE:
        if (core->mac.activity == MAC_TX) {
            transmitted(core, edge_ticks);
        }
        break;
    case RADIO_RX_BAD_CRC:
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, MAC_FRAME_BAD_CRC, 0);
        if (core->mac.activity == MAC_RX_WINDOW) {
            mac_background(core);
            window_closed(core, edge_ticks);
        }
        break;
    case RADIO_RX_TIMEOUT:
        if (core->mac.activity == MAC_RX_WINDOW) {
            mac_background(core);
            window_closed(core, edge_ticks);
        }
        break;
    case RADIO_NOTHING:
        break;
    }
    return false;
}

uint64_t mac_idle_at(const struct core *core)
{
    if (!mac_radio_free(core) || core->mac.exchange != MAC_NO_EXCHANGE) {
        return HAL_TICKS_NEVER;
    }
    DEVICE_ASSERT(&core->hal, core->mac.window_count == 0);
    uint64_t rest_until = core->mac.aggregate_free_at_ticks;
    for (unsigned i = 0; i < MAC_SUB_BANDS; i++) {
        rest_until = later(rest_until, core->mac.band_free_at_ticks[i]);
    }
    return rest_until;
}

uint16_t mac_resets(const struct core *core)
{
    return core->mac.resets;
}

enum mac_contact mac_contact(const struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.contact <= MAC_CONTACT_ANSWERED);
    return (enum mac_contact)core->mac.contact;
}

void mac_contact_note(struct core *core, enum mac_contact contact)
{
    if (contact > core->mac.contact) {
        core->mac.contact = (uint8_t)contact;
    }
}

bool mac_joined(const struct core *core)
{
    return core->mac.joined;
}

uint32_t mac_dev_addr(const struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.joined);
    return core->mac.dev_addr;
}

uint8_t mac_data_rate(const struct core *core)
{
    return core->mac.parameters.data_rate;
}

bool mac_frequency_valid(const struct core *core, uint32_t frequency_hz)
{
    return mac_region_sub_band(mac_region(core), frequency_hz) >= 0;
}

bool mac_data_rate_valid(const struct core *core, uint8_t data_rate)
{
    return mac_region_data_rate_valid(mac_region(core), data_rate);
}

void mac_class_c_open(struct core *core, unsigned group, uint32_t frequency_hz, uint8_t data_rate)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS);
    DEVICE_ASSERT(&core->hal, mac_frequency_valid(core, frequency_hz));
    DEVICE_ASSERT(&core->hal, mac_data_rate_valid(core, data_rate));
    core->mac.class_c = (struct mac_class_c){
        .frequency_hz = frequency_hz,
        .data_rate = data_rate,
        .group = (uint8_t)group,
        .open = true,
    };
    if (core->factory.counter_window != 0) {
        core->mac.group_heard_ticks = hal_rtc_now(&core->hal);
    }
    if (mac_radio_free(core)) {
        mac_background_soon(core);
    }
}

bool mac_class_c_is_open(const struct core *core)
{
    return core->mac.class_c.open;
}
