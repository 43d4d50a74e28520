/* Over-the-air activation: DevNonce, back-off, join-accept (spec-protocol 1.4).
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "mac/crypto.h"
#include "mac/mac_internal.h"
#include "trace.h"

#define DEV_NONCE_SIZE      2u /* of its record */
#define JOIN_ACCEPT_SIZE    17u
#define CFLIST_SIZE         16u
#define CFLIST_CHANNELS     5u
#define SECOND              ((uint64_t)HAL_RTC_HZ)
#define FIRST_DELAY_TICKS   (5u * HAL_RTC_HZ)
#define SPACING_TICKS       (60u * HAL_RTC_HZ)
#define SPACING_PER_AIRTIME 32u
#define ATTEMPTS_PER_RATE   2u

/* Retransmission back-off: time on air allowed in a period, and the period's length. */
static const struct {
    uint32_t airtime_ticks;
    uint32_t length_s;
} periods[] = {
    { 36u * HAL_RTC_HZ, 3600u },
    { 36u * HAL_RTC_HZ, 36000u },
    { 87u * HAL_RTC_HZ / 10u, 86400u },
};
#define PERIOD_LAST (sizeof periods / sizeof periods[0] - 1u)

_Static_assert(JOIN_REQUEST_SIZE <= MAC_FRAME_MAX, "a join request fits the frame");
_Static_assert(sizeof((struct factory *)0)->channel_mask == CHANNEL_MASK_SIZE,
        "the factory's mask has the channels of the MAC's");

/* From the fastest data rate down and round again, so that a near device joins cheaply; twice at
 * each, since an answer may be lost as well as a request. */
static uint8_t join_data_rate(const struct core *core)
{
    const struct region *region = mac_region(core);
    DEVICE_ASSERT(&core->hal, region->data_rate_min <= region->data_rate_max);
    unsigned count = region->data_rate_max - region->data_rate_min + 1u;
    unsigned step = core->mac.join.attempts / ATTEMPTS_PER_RATE % count;
    return (uint8_t)(region->data_rate_max - step);
}

static struct channel_mask join_channels(const struct core *core)
{
    struct channel_mask mask = { { 0 } };
    channel_mask_put_first(&mask, mac_region(core)->default_channel_count);
    return mask;
}

void mac_join_start(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, !core->mac.joined && core->mac.exchange == MAC_NO_EXCHANGE);
    struct mac_join *join = &core->mac.join;
    memset(join, 0, sizeof *join);
    join->first_at_ticks = now_ticks + mac_random(&core->hal, FIRST_DELAY_TICKS);
    join->next_at_ticks = join->first_at_ticks;
    join->period_end_ticks = join->first_at_ticks + periods[0].length_s * SECOND;
}

/* True when `airtime_ticks` more may be spent in the back-off period of now; else sets when. */
static bool backoff_allows(struct core *core, uint32_t airtime_ticks, uint64_t now_ticks)
{
    struct mac_join *join = &core->mac.join;
    DEVICE_ASSERT(&core->hal, join->period <= PERIOD_LAST);
    if (now_ticks >= join->period_end_ticks) {
        join->period = join->period < PERIOD_LAST ? (uint8_t)(join->period + 1u) : PERIOD_LAST;
        join->period_end_ticks = now_ticks + periods[join->period].length_s * SECOND;
        join->airtime_ticks = 0;
    }
    if (join->airtime_ticks + airtime_ticks <= periods[join->period].airtime_ticks) {
        return true;
    }
    join->next_at_ticks = join->period_end_ticks + mac_random(&core->hal, 60u * HAL_RTC_HZ);
    return false;
}

void mac_join_skip_lost(struct core *core)
{
    DEVICE_ASSERT(&core->hal, !core->mac.joined);
    uint8_t record[DEV_NONCE_SIZE];
    uint32_t nonce = DEV_NONCE_UNKNOWN;
    unsigned lost = nvm_lost_records_max(&core->nvm, sizeof record);
    if (lost == 0) {
        return;
    }
    if (nvm_read(&core->nvm, NVM_DEV_NONCE, record, sizeof record) == (int)sizeof record) {
        nonce = get_le16(record) + lost;
    }
    put_le16(record, (uint16_t)(nonce < DEV_NONCE_EXHAUSTED ? nonce : DEV_NONCE_EXHAUSTED));
    nvm_write(&core->nvm, NVM_DEV_NONCE, record, sizeof record);
}

/* Takes the next DevNonce; it is on record as used before the request leaves. */
static bool take_dev_nonce(struct core *core)
{
    uint8_t record[DEV_NONCE_SIZE];
    uint16_t nonce = 0;
    if (nvm_read(&core->nvm, NVM_DEV_NONCE, record, sizeof record) == (int)sizeof record) {
        nonce = get_le16(record);
    }
    if (nonce == DEV_NONCE_EXHAUSTED) {
        return false;
    }
    put_le16(record, nonce + 1u);
    nvm_write(&core->nvm, NVM_DEV_NONCE, record, sizeof record);
    core->mac.join.dev_nonce = nonce;
    return true;
}

static void build_request(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange == MAC_EXCHANGE_JOIN);
    uint8_t *f = core->mac.frame;
    f[0] = MAC_JOIN_REQUEST << 5;
    memcpy(f + 1, core->factory.join_eui, 8);
    memcpy(f + 9, core->factory.dev_eui, 8);
    put_le16(f + 17, core->mac.join.dev_nonce);
    mac_crypto_join_mic(&core->hal, f, 19, f + 19);
    core->mac.frame_size = JOIN_REQUEST_SIZE;
}

void mac_join_send(struct core *core, uint64_t now_ticks)
{
    const struct hal *hal = &core->hal;
    struct mac_join *join = &core->mac.join;
    uint8_t data_rate = join_data_rate(core);
    DEVICE_ASSERT(hal, !core->mac.joined && core->mac.exchange == MAC_NO_EXCHANGE);
    uint32_t airtime =
            mac_region_airtime_ticks(mac_region(core), data_rate, JOIN_REQUEST_SIZE, true);
    if (!backoff_allows(core, airtime, now_ticks)) {
        return;
    }
    struct channel_mask channels = join_channels(core);
    int channel = mac_duty_choose(core, &channels, data_rate, now_ticks);
    if (channel < 0) {
        join->next_at_ticks = mac_duty_free_at(core, &channels, data_rate, now_ticks)
                              + mac_random(hal, SPACING_TICKS);
        return;
    }
    join->next_at_ticks = HAL_TICKS_NEVER;
    if (!take_dev_nonce(core)) {
        return;
    }
    join->airtime_ticks += airtime;
    join->attempts++;
    core->mac.uplink_channel = (uint8_t)channel;
    core->mac.uplink_data_rate = data_rate;
    core->mac.transmissions = 0;
    core->mac.confirmed = core->mac.acknowledged = false;
    core->mac.exchange = MAC_EXCHANGE_JOIN;
    build_request(core);
    hal_trace(hal, FW_TRACE_JOIN_REQUESTED, join->dev_nonce, data_rate);
    mac_launch_soon(core);
}

void mac_join_missed(struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, !core->mac.joined && core->mac.exchange == MAC_NO_EXCHANGE);
    uint8_t data_rate = join_data_rate(core);
    uint32_t airtime =
            mac_region_airtime_ticks(mac_region(core), data_rate, JOIN_REQUEST_SIZE, true);
    struct channel_mask channels = join_channels(core);
    uint64_t free_at = mac_duty_free_at(core, &channels, data_rate, now_ticks);
    /* Random spacing in proportion to the time on air, so that devices that lost their network at
     * one instant do not ask again at one instant. */
    core->mac.join.next_at_ticks =
            later(free_at, now_ticks)
            + mac_random(&core->hal, SPACING_TICKS + SPACING_PER_AIRTIME * airtime);
}

/* The server sends AES decryptions, so the device only ever encrypts. */
static bool decrypt_accept(const struct hal *hal, uint8_t *bytes, size_t size)
{
    uint8_t mic[4];
    DEVICE_ASSERT(hal, size > 16u && size % 16u == 1u);
    for (size_t at = 1; at < size; at += 16) {
        mac_crypto_block(hal, MAC_KEY_APP, bytes + at, bytes + at);
    }
    mac_crypto_join_mic(hal, bytes, size - 4, mic);
    return mac_crypto_mic_equal(mic, bytes + size - 4);
}

/* JoinNonce must grow (1.0.4): an old join-accept cannot be played back. */
static bool take_join_nonce(struct core *core, uint32_t join_nonce)
{
    uint8_t record[4];
    if (nvm_read(&core->nvm, NVM_JOIN_NONCE, record, sizeof record) == (int)sizeof record) {
        uint32_t last = get_le32(record);
        if (last != UINT32_MAX && join_nonce <= last) {
            return false;
        }
    }
    put_le32(record, join_nonce);
    nvm_write(&core->nvm, NVM_JOIN_NONCE, record, sizeof record);
    return true;
}

/* CFListType 0: five frequencies for the channels after the default ones. */
static void apply_cflist(struct core *core, const uint8_t cflist[CFLIST_SIZE])
{
    const struct region *region = mac_region(core);
    if (cflist[CFLIST_SIZE - 1] != 0) {
        return;
    }
    for (unsigned i = 0; i < CFLIST_CHANNELS; i++) {
        uint32_t frequency_hz = get_le24(cflist + 3 * i) * 100u;
        unsigned index = region->default_channel_count + i;
        if (frequency_hz != 0 && mac_frequency_valid(core, frequency_hz)) {
            DEVICE_ASSERT(&core->hal, index < MAC_CHANNELS);
            core->mac.channels[index] = (struct mac_channel){
                .frequency_hz = frequency_hz,
                .data_rate_min = region->data_rate_min,
                .data_rate_max = region->data_rate_max,
            };
            channel_mask_put(&core->mac.channel_mask, index, true);
        }
    }
}

static void apply_settings(struct core *core, uint8_t dl_settings, uint8_t rx_delay)
{
    const struct region *region = mac_region(core);
    struct mac_parameters *p = &core->mac.parameters;
    uint8_t offset = dl_settings >> 4 & 7u;
    uint8_t rx2_data_rate = dl_settings & 15u;
    DEVICE_ASSERT(&core->hal, mac_data_rate_valid(core, core->mac.uplink_data_rate));
    if (offset <= region->rx1_data_rate_offset_max) {
        p->rx1_data_rate_offset = offset;
    }
    if (mac_region_data_rate_valid(region, rx2_data_rate)) {
        p->rx2_data_rate = rx2_data_rate;
    }
    p->rx_delay_s = (rx_delay & 15u) == 0 ? 1u : rx_delay & 15u;
    p->data_rate = core->mac.uplink_data_rate;
}

/* What the factory wants of the device's uplinks, as far as the session's channels allow. */
static void apply_factory(struct core *core)
{
    const struct factory *factory = &core->factory;
    struct mac_parameters *p = &core->mac.parameters;
    DEVICE_ASSERT(&core->hal, mac_data_rate_valid(core, p->data_rate));
    struct channel_mask mask;
    for (unsigned i = 0; i < CHANNEL_MASK_SIZE; i++) {
        mask.bytes[i] = core->mac.channel_mask.bytes[i] & factory->channel_mask[i];
    }
    if (factory->rate_policy == FACTORY_RATE_FIXED
            && mac_rate_has_channel(core, &core->mac.channel_mask, factory->data_rate)) {
        p->data_rate = factory->data_rate;
    }
    if (mac_rate_has_channel(core, &mask, p->data_rate)) {
        core->mac.channel_mask = mask;
    }
    mac_rate_take(core, p->data_rate);
    if (factory->tx_power <= mac_region(core)->tx_power_max) {
        p->tx_power = factory->tx_power;
    }
    if (factory->nb_trans >= 1 && factory->nb_trans <= MAC_NB_TRANS_MAX) {
        p->nb_trans = factory->nb_trans;
    }
}

bool mac_join_accept(struct core *core, uint8_t *bytes, size_t size)
{
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, !core->mac.joined);
    if (size != JOIN_ACCEPT_SIZE && size != JOIN_ACCEPT_SIZE + CFLIST_SIZE) {
        hal_trace(hal, FW_TRACE_FRAME_DROPPED, MAC_FRAME_TOO_SHORT, bytes[0]);
        return false;
    }
    if (!decrypt_accept(hal, bytes, size)) {
        hal_trace(hal, FW_TRACE_BAD_MIC, 0, 0);
        return false;
    }
    uint32_t join_nonce = get_le24(bytes + 1);
    if (!take_join_nonce(core, join_nonce)) {
        hal_trace(hal, FW_TRACE_FRAME_DROPPED, MAC_FRAME_BAD_JOIN_NONCE, bytes[0]);
        return false;
    }
    struct mac_session_keys keys;
    mac_crypto_session_keys(hal, join_nonce, get_le24(bytes + 4), core->mac.join.dev_nonce,
            keys.nwk_s_key, keys.app_s_key);
    mac_session_defaults(core);
    core->mac.dev_addr = get_le32(bytes + 7);
    apply_settings(core, bytes[11], bytes[12]);
    if (size > JOIN_ACCEPT_SIZE) {
        apply_cflist(core, bytes + 13);
    }
    apply_factory(core);
    mac_session_save(core, &keys);
    core->mac.joined = true;
    core->mac.join.next_at_ticks = HAL_TICKS_NEVER;
    hal_trace(hal, FW_TRACE_JOINED, core->mac.dev_addr, core->mac.join.dev_nonce);
    return true;
}

bool mac_join_commissioned(struct core *core)
{
    DEVICE_ASSERT(&core->hal, !core->mac.joined && core->mac.exchange == MAC_NO_EXCHANGE);
    uint8_t accept[FACTORY_JOIN_ACCEPT_MAX];
    uint8_t record[DEV_NONCE_SIZE];
    uint8_t counters[NVM_RECORD_SIZE_MAX];
    size_t size = factory_join_accept(&core->hal, accept, &core->mac.join.dev_nonce);
    if (size == 0 || nvm_read(&core->nvm, NVM_MAC_COUNTERS, counters, sizeof counters) >= 0) {
        return false; /* it was used already */
    }
    if (nvm_read(&core->nvm, NVM_DEV_NONCE, record, sizeof record) != (int)sizeof record) {
        put_le16(record, core->mac.join.dev_nonce + 1u);
        nvm_write(&core->nvm, NVM_DEV_NONCE, record, sizeof record);
    }
    uint8_t first = core->factory.data_rate;
    bool valid = mac_rate_has_channel(core, &core->mac.channel_mask, first);
    core->mac.uplink_data_rate = valid ? first : mac_region(core)->data_rate_min;
    return mac_join_accept(core, accept, size);
}
