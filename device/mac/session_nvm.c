/* The session in non-volatile memory: it goes on after a reset without a new join.
 * SPDX-License-Identifier: MIT
 *
 * The uplink counter on record runs ahead of the one in use by up to FCNT_UP_AHEAD, so a record
 * is written once in so many uplinks and no counter is ever used twice. The downlink counter is
 * written with each downlink: they are rare, and an old one must not count as new.
 */
#include <string.h>

#include "bytes.h"
#include "mac/mac_internal.h"

#define FCNT_UP_AHEAD 64u
/* What the fields of the MAC commands can hold. */
#define RX_DELAY_MAX_S     15u
#define MAX_DUTY_CYCLE_MAX 15u

/* NVM_MAC_SESSION. */
enum {
    SESSION_DEV_ADDR = 0,
    SESSION_NWK_S_KEY = 4,
    SESSION_APP_S_KEY = 20,
    SESSION_RX2_FREQUENCY = 36, /* Hz */
    SESSION_PARAMETERS = 40,    /* the seven single bytes of struct mac_parameters */
    SESSION_SIZE = 47
};

/* NVM_MAC_COUNTERS. */
enum {
    COUNTERS_UP_BOUND = 0,
    COUNTERS_DOWN_NEXT = 4,
    COUNTERS_RESETS = 8,
    COUNTERS_SIZE = 10
};

/* NVM_MAC_CHANNELS: per channel both frequencies in 100 Hz and the data rates, then the mask of
 * the widest channel plan. */
enum {
    CHANNEL_SIZE = 7,
    MASK_AT = CHANNEL_SIZE * MAC_CHANNELS,
    CHANNELS_SIZE = MASK_AT + CHANNEL_MASK_SIZE
};
_Static_assert(SESSION_SIZE <= (int)NVM_SIZE_MAC_SESSION, "the session is one record");
_Static_assert(COUNTERS_SIZE <= (int)NVM_SIZE_MAC_COUNTERS, "the counters are one record");
_Static_assert(CHANNELS_SIZE <= (int)NVM_SIZE_MAC_CHANNELS, "the channel list is one record");

void mac_session_defaults(struct core *core)
{
    const struct region *region = mac_region(core);
    DEVICE_ASSERT(&core->hal, region->default_channel_count <= MAC_CHANNELS);
    core->mac.parameters = (struct mac_parameters){
        .rx2_frequency_hz = region->rx2_frequency_hz,
        .rx2_data_rate = region->rx2_data_rate,
        .rx_delay_s = 1,
        .data_rate = region->data_rate_min,
        .nb_trans = 1,
    };
    memset(core->mac.channels, 0, sizeof core->mac.channels);
    for (unsigned i = 0; i < region->default_channel_count; i++) {
        core->mac.channels[i] = (struct mac_channel){
            .frequency_hz = region->default_channels_hz[i],
            .data_rate_min = region->data_rate_min,
            .data_rate_max = region->data_rate_max,
        };
    }
    core->mac.channel_mask = mac_channels_defined(core);
    memset(&core->mac.answers, 0, sizeof core->mac.answers);
    core->mac.fcnt_up = 0;
    core->mac.fcnt_up_bound = 0;
    core->mac.fcnt_down_next = 0;
    core->mac.adr_ack_count = 0;
    core->mac.ack_pending = false;
    core->mac.exchange_open = false;
    core->mac.polls_in_row = 0;
    core->mac.poll_at_ticks = HAL_TICKS_NEVER;
}

/* Beside the data rate stands the slowest one of the frames that a sub-band still rests for: a
 * reset forgets the off-times (mac_duty_block_after_reset()). */
static void put_parameters(const struct core *core, uint8_t record[SESSION_SIZE])
{
    const struct mac_parameters *p = &core->mac.parameters;
    unsigned resting = mac_duty_resting_data_rate(core, p->data_rate, hal_rtc_now(&core->hal));
    DEVICE_ASSERT(&core->hal, resting < REGION_DATA_RATES && p->data_rate < REGION_DATA_RATES);
    put_le32(record + SESSION_RX2_FREQUENCY, p->rx2_frequency_hz);
    uint8_t *b = record + SESSION_PARAMETERS;
    b[0] = p->rx2_data_rate;
    b[1] = p->rx1_data_rate_offset;
    b[2] = p->rx_delay_s;
    b[3] = (uint8_t)(resting << 4 | p->data_rate);
    b[4] = p->tx_power;
    b[5] = p->nb_trans;
    b[6] = p->max_duty_cycle;
}

static void get_parameters(const uint8_t record[SESSION_SIZE], struct mac_parameters *p)
{
    const uint8_t *b = record + SESSION_PARAMETERS;
    *p = (struct mac_parameters){
        .rx2_frequency_hz = get_le32(record + SESSION_RX2_FREQUENCY),
        .rx2_data_rate = b[0],
        .rx1_data_rate_offset = b[1],
        .rx_delay_s = b[2],
        .data_rate = b[3] & 15u,
        .tx_power = b[4],
        .nb_trans = b[5],
        .max_duty_cycle = b[6],
    };
}

void mac_session_save_counters(struct core *core)
{
    uint8_t record[COUNTERS_SIZE];
    put_le32(record + COUNTERS_UP_BOUND, core->mac.fcnt_up_bound);
    put_le32(record + COUNTERS_DOWN_NEXT, core->mac.fcnt_down_next);
    put_le16(record + COUNTERS_RESETS, core->mac.resets);
    nvm_write(&core->nvm, NVM_MAC_COUNTERS, record, sizeof record);
}

void mac_session_reserve_counter(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.joined);
    if (core->mac.fcnt_up >= core->mac.fcnt_up_bound) {
        core->mac.fcnt_up_bound = core->mac.fcnt_up + FCNT_UP_AHEAD;
        mac_session_save_counters(core);
    }
}

void mac_session_save_channels(struct core *core)
{
    uint8_t record[CHANNELS_SIZE];
    for (unsigned i = 0; i < MAC_CHANNELS; i++) {
        const struct mac_channel *channel = &core->mac.channels[i];
        uint8_t *b = record + CHANNEL_SIZE * i;
        put_le24(b, channel->frequency_hz / 100u);
        put_le24(b + 3, channel->rx1_frequency_hz / 100u);
        b[6] = (uint8_t)(channel->data_rate_max << 4 | channel->data_rate_min);
    }
    memcpy(record + MASK_AT, core->mac.channel_mask.bytes, CHANNEL_MASK_SIZE);
    nvm_write(&core->nvm, NVM_MAC_CHANNELS, record, sizeof record);
}

/* The session record comes last: without it the other two do not count. */
void mac_session_save(struct core *core, const struct mac_session_keys *keys)
{
    uint8_t record[SESSION_SIZE];
    /* New keys start at counter 0: the bound on record is reckoned from there. */
    DEVICE_ASSERT(&core->hal, core->mac.fcnt_up == 0 && core->mac.fcnt_down_next == 0);
    nvm_erase(&core->nvm, NVM_MAC_SESSION);
    core->mac.fcnt_up_bound = FCNT_UP_AHEAD;
    mac_session_save_counters(core);
    mac_session_save_channels(core);
    put_le32(record + SESSION_DEV_ADDR, core->mac.dev_addr);
    memcpy(record + SESSION_NWK_S_KEY, keys->nwk_s_key, 16);
    memcpy(record + SESSION_APP_S_KEY, keys->app_s_key, 16);
    put_parameters(core, record);
    nvm_write(&core->nvm, NVM_MAC_SESSION, record, sizeof record);
    hal_key_load(&core->hal, MAC_KEY_NWK_S, keys->nwk_s_key);
    hal_key_load(&core->hal, MAC_KEY_APP_S, keys->app_s_key);
}

void mac_session_save_parameters(struct core *core)
{
    uint8_t record[SESSION_SIZE];
    if (nvm_read(&core->nvm, NVM_MAC_SESSION, record, sizeof record) == SESSION_SIZE) {
        put_parameters(core, record);
        nvm_write(&core->nvm, NVM_MAC_SESSION, record, sizeof record);
    }
}

/* --- restore: each value on record is checked ------------------------------------------------ */

static bool parameters_valid(const struct core *core, const struct mac_parameters *p)
{
    const struct region *region = mac_region(core);
    return mac_region_sub_band(region, p->rx2_frequency_hz) >= 0
           && mac_region_data_rate_valid(region, p->rx2_data_rate)
           && mac_region_data_rate_valid(region, p->data_rate)
           && p->rx1_data_rate_offset <= region->rx1_data_rate_offset_max && p->rx_delay_s >= 1
           && p->rx_delay_s <= RX_DELAY_MAX_S && p->tx_power <= region->tx_power_max
           && p->nb_trans >= 1 && p->nb_trans <= MAC_NB_TRANS_MAX
           && p->max_duty_cycle <= MAX_DUTY_CYCLE_MAX;
}

static bool channel_valid(const struct core *core, unsigned index, const struct mac_channel *c)
{
    DEVICE_ASSERT(&core->hal, index < MAC_CHANNELS);
    const struct region *region = mac_region(core);
    if (index < region->default_channel_count
            && c->frequency_hz != region->default_channels_hz[index]) {
        return false;
    }
    if (c->frequency_hz == 0) {
        return true; /* the rest has no meaning */
    }
    return mac_region_sub_band(region, c->frequency_hz) >= 0
           && (c->rx1_frequency_hz == 0 || mac_region_sub_band(region, c->rx1_frequency_hz) >= 0)
           && c->data_rate_min <= c->data_rate_max
           && mac_region_data_rate_valid(region, c->data_rate_min)
           && mac_region_data_rate_valid(region, c->data_rate_max);
}

/* False: the record is not this firmware's, or of another region. Without a record the default
 * channels stay. */
static bool restore_channels(struct core *core)
{
    uint8_t record[CHANNELS_SIZE];
    struct mac_channel channels[MAC_CHANNELS];
    if (nvm_read(&core->nvm, NVM_MAC_CHANNELS, record, sizeof record) != CHANNELS_SIZE) {
        return true;
    }
    for (unsigned i = 0; i < MAC_CHANNELS; i++) {
        const uint8_t *b = record + CHANNEL_SIZE * i;
        channels[i] = (struct mac_channel){
            .frequency_hz = get_le24(b) * 100u,
            .rx1_frequency_hz = get_le24(b + 3) * 100u,
            .data_rate_min = b[6] & 15u,
            .data_rate_max = b[6] >> 4,
        };
        if (!channel_valid(core, i, &channels[i])) {
            return false;
        }
    }
    struct channel_mask mask;
    memcpy(mask.bytes, record + MASK_AT, sizeof mask.bytes);
    for (unsigned i = MAC_CHANNELS; i < CHANNEL_MASK_CHANNELS; i++) {
        if (channel_mask_has(&mask, i)) {
            return false;
        }
    }
    memcpy(core->mac.channels, channels, sizeof channels);
    core->mac.channel_mask = mask;
    return true;
}

bool mac_session_restore(struct core *core)
{
    DEVICE_ASSERT(&core->hal, !core->mac.joined);
    uint8_t session[SESSION_SIZE];
    uint8_t counters[COUNTERS_SIZE];
    if (nvm_read(&core->nvm, NVM_MAC_SESSION, session, sizeof session) != SESSION_SIZE
            || nvm_read(&core->nvm, NVM_MAC_COUNTERS, counters, sizeof counters) != COUNTERS_SIZE) {
        return false;
    }
    struct mac_parameters parameters;
    get_parameters(session, &parameters);
    /* A newer bound may be among the records that were lost: each was one step ahead. */
    uint32_t fcnt_up = get_le32(counters + COUNTERS_UP_BOUND);
    uint32_t skip = FCNT_UP_AHEAD * nvm_lost_records_max(&core->nvm, COUNTERS_SIZE);
    if (fcnt_up > UINT32_MAX - skip || !parameters_valid(core, &parameters)
            || !restore_channels(core)) {
        return false;
    }
    core->mac.dev_addr = get_le32(session + SESSION_DEV_ADDR);
    core->mac.parameters = parameters;
    core->mac.resting_data_rate = session[SESSION_PARAMETERS + 3] >> 4;
    mac_rate_take(core, parameters.data_rate);
    core->mac.fcnt_up = core->mac.fcnt_up_bound = fcnt_up + skip;
    core->mac.fcnt_down_next = get_le32(counters + COUNTERS_DOWN_NEXT);
    core->mac.resets = (uint16_t)(get_le16(counters + COUNTERS_RESETS) + 1u);
    mac_session_save_counters(core);
    hal_key_load(&core->hal, MAC_KEY_NWK_S, session + SESSION_NWK_S_KEY);
    hal_key_load(&core->hal, MAC_KEY_APP_S, session + SESSION_APP_S_KEY);
    return true;
}
