/* MAC commands: what the network may change, and how the device answers (spec-protocol 1.6).
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "mac/mac_internal.h"
#include "trace.h"

enum {
    CID_LINK_CHECK = 0x02,
    CID_LINK_ADR = 0x03,
    CID_DUTY_CYCLE = 0x04,
    CID_RX_PARAM_SETUP = 0x05,
    CID_DEV_STATUS = 0x06,
    CID_NEW_CHANNEL = 0x07,
    CID_RX_TIMING_SETUP = 0x08,
    CID_TX_PARAM_SETUP = 0x09,
    CID_DL_CHANNEL = 0x0A,
    CID_DEVICE_TIME = 0x0D
};

#define LINK_ADR_SIZE 4u
#define KEEP          15u

/* One list of commands under way. */
struct commands {
    const uint8_t *bytes; /* payload of the command at hand */
    size_t left;
    int snr_db;
    bool parameters_changed;
    bool channels_changed;
    bool full; /* the next answer does not fit: the rest of the commands is not done */
};

/* --- answers --------------------------------------------------------------------------------- */

static bool room_for(const struct core *core, size_t size)
{
    const struct mac_answers *a = &core->mac.answers;
    return a->once_size + a->sticky_size + size <= MAC_FOPTS_MAX;
}

static void answer(struct core *core, const uint8_t *bytes, size_t size)
{
    DEVICE_ASSERT(&core->hal, room_for(core, size));
    memcpy(core->mac.answers.once + core->mac.answers.once_size, bytes, size);
    core->mac.answers.once_size = (uint8_t)(core->mac.answers.once_size + size);
}

static void answer_sticky(struct core *core, const uint8_t *bytes, size_t size)
{
    DEVICE_ASSERT(&core->hal, room_for(core, size));
    memcpy(core->mac.answers.sticky + core->mac.answers.sticky_size, bytes, size);
    core->mac.answers.sticky_size = (uint8_t)(core->mac.answers.sticky_size + size);
}

size_t mac_commands_size(const struct core *core)
{
    DEVICE_ASSERT(&core->hal, room_for(core, 0));
    size_t size = (size_t)core->mac.answers.sticky_size + core->mac.answers.once_size;
    size += core->mac.time_wanted && size < MAC_FOPTS_MAX;
    size += core->mac.link_check_wanted && size < MAC_FOPTS_MAX;
    return size;
}

size_t mac_commands_take(struct core *core, uint8_t fopts[MAC_FOPTS_MAX])
{
    DEVICE_ASSERT(&core->hal, room_for(core, 0));
    struct mac_answers *a = &core->mac.answers;
    size_t size = a->sticky_size;
    memcpy(fopts, a->sticky, a->sticky_size);
    memcpy(fopts + size, a->once, a->once_size);
    size += a->once_size;
    a->once_size = 0;
    if (core->mac.time_wanted && size < MAC_FOPTS_MAX) {
        fopts[size++] = CID_DEVICE_TIME;
        core->mac.time_wanted = false;
        core->mac.time_asked = true;
    }
    bool ask_link = core->mac.link_check_wanted && size < MAC_FOPTS_MAX;
    if (ask_link) {
        fopts[size++] = CID_LINK_CHECK;
        core->mac.link_check_wanted = false;
        core->mac.link_asked = true;
    }
    mac_link_rate_sent(core, ask_link);
    return size;
}

/* --- LinkADRReq: adjacent requests are one transaction --------------------------------------- */

enum {
    ADR_MASK_OK = 1,
    ADR_RATE_OK = 2,
    ADR_POWER_OK = 4,
    ADR_ALL_OK = 7
};

static bool mask_supports(
        const struct core *core, const struct channel_mask *mask, unsigned data_rate)
{
    return mac_region_data_rate_valid(mac_region(core), data_rate)
           && mac_rate_has_channel(core, mask, data_rate);
}

static uint8_t link_adr_status(const struct core *core, const uint8_t *requests, size_t count,
        struct channel_mask *mask, uint8_t *data_rate, uint8_t *tx_power)
{
    DEVICE_ASSERT(&core->hal, count > 0);
    const struct region *region = mac_region(core);
    struct channel_mask defined = mac_channels_defined(core);
    uint8_t status = ADR_MASK_OK;
    *mask = core->mac.channel_mask;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *request = requests + i * (1u + LINK_ADR_SIZE);
        if (!region->channel_mask(mask, &defined, request[3] >> 4 & 7u, get_le16(request + 1))) {
            status = 0;
        }
    }
    if (channel_mask_is_empty(mask)) {
        status = 0;
    }
    const uint8_t *last = requests + (count - 1) * (1u + LINK_ADR_SIZE);
    *data_rate = last[0] >> 4 == KEEP ? core->mac.parameters.data_rate : last[0] >> 4;
    *tx_power = (last[0] & 15u) == KEEP ? core->mac.parameters.tx_power : last[0] & 15u;
    /* A refused mask tells nothing of the data rate: then the channels in use decide. */
    if (mask_supports(core, status != 0 ? mask : &core->mac.channel_mask, *data_rate)) {
        status |= ADR_RATE_OK;
    }
    if (*tx_power <= region->tx_power_max) {
        status |= ADR_POWER_OK;
    }
    return status;
}

/* With the ADR bit clear, elements are accepted one by one (1.0.4): the channels are the network's,
 * the data rate and the power stay as they are. */
static uint8_t link_adr_status_fixed(const struct core *core, uint8_t status,
        const struct channel_mask *mask, uint8_t *data_rate, uint8_t *tx_power)
{
    DEVICE_ASSERT(&core->hal, mac_rate_fixed(core));
    const struct mac_parameters *p = &core->mac.parameters;
    uint8_t accepted = 0;
    if ((status & ADR_MASK_OK) != 0 && mac_rate_has_channel(core, mask, p->data_rate)) {
        accepted |= ADR_MASK_OK;
    }
    accepted |= *data_rate == p->data_rate ? ADR_RATE_OK : 0;
    accepted |= *tx_power == p->tx_power ? ADR_POWER_OK : 0;
    *data_rate = p->data_rate;
    *tx_power = p->tx_power;
    return accepted;
}

static void link_adr(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= LINK_ADR_SIZE);
    const uint8_t *requests = c->bytes;
    size_t count = 1;
    size_t skip = LINK_ADR_SIZE;
    while (c->left >= skip + 1u + LINK_ADR_SIZE && requests[skip] == CID_LINK_ADR) {
        count++;
        skip += 1u + LINK_ADR_SIZE;
    }
    struct channel_mask mask;
    uint8_t data_rate;
    uint8_t tx_power;
    uint8_t status = link_adr_status(core, requests, count, &mask, &data_rate, &tx_power);
    bool fixed = mac_rate_fixed(core);
    if (fixed) {
        status = link_adr_status_fixed(core, status, &mask, &data_rate, &tx_power);
    }
    if (!room_for(core, 2u * count)) {
        c->full = true; /* a transaction is answered whole or not done */
        return;
    }
    if (status == ADR_ALL_OK || (fixed && (status & ADR_MASK_OK) != 0)) {
        const uint8_t *last = requests + (count - 1) * (1u + LINK_ADR_SIZE);
        uint8_t nb_trans = last[3] & 15u;
        core->mac.channel_mask = mask;
        mac_rate_take(core, data_rate);
        core->mac.rate_by_network = !fixed;
        core->mac.parameters.tx_power = tx_power;
        core->mac.parameters.nb_trans = nb_trans == 0 ? 1u : nb_trans;
        c->parameters_changed = c->channels_changed = true;
    }
    const uint8_t ans[2] = { CID_LINK_ADR, status };
    for (size_t i = 0; i < count; i++) {
        answer(core, ans, sizeof ans);
    }
    c->bytes += skip - LINK_ADR_SIZE; /* the caller steps over one more */
    c->left -= skip - LINK_ADR_SIZE;
}

/* --- the others ------------------------------------------------------------------------------ */

static void link_check(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 2);
    if (!core->mac.link_asked) {
        return;
    }
    core->mac.link_asked = false;
    core->mac.link_margin_db = c->bytes[0];
    core->mac.link_gateways = c->bytes[1];
    mac_link_rate_answered(core);
}

static void duty_cycle(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 1);
    const uint8_t ans[1] = { CID_DUTY_CYCLE };
    core->mac.parameters.max_duty_cycle = c->bytes[0] & 15u;
    c->parameters_changed = true;
    answer(core, ans, sizeof ans);
}

static void rx_param_setup(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 4);
    const struct region *region = mac_region(core);
    uint8_t offset = c->bytes[0] >> 4 & 7u;
    uint8_t data_rate = c->bytes[0] & 15u;
    uint32_t frequency_hz = get_le24(c->bytes + 1) * 100u;
    uint8_t status = (uint8_t)((mac_frequency_valid(core, frequency_hz) ? 1u : 0u)
                               | (mac_region_data_rate_valid(region, data_rate) ? 2u : 0u)
                               | (offset <= region->rx1_data_rate_offset_max ? 4u : 0u));
    if (status == 7) {
        core->mac.parameters.rx1_data_rate_offset = offset;
        core->mac.parameters.rx2_data_rate = data_rate;
        core->mac.parameters.rx2_frequency_hz = frequency_hz;
        c->parameters_changed = true;
    }
    const uint8_t ans[2] = { CID_RX_PARAM_SETUP, status };
    answer_sticky(core, ans, sizeof ans);
}

static void dev_status(struct core *core, struct commands *c)
{
    int margin_db = c->snr_db < -32 ? -32 : c->snr_db > 31 ? 31 : c->snr_db;
    const uint8_t ans[3] = { CID_DEV_STATUS, hal_battery_level(&core->hal),
        (uint8_t)((unsigned)margin_db & 0x3Fu) };
    answer(core, ans, sizeof ans);
}

static void set_channel(
        struct core *core, struct commands *c, unsigned index, uint32_t frequency_hz, uint8_t range)
{
    uint8_t data_rate = core->mac.parameters.data_rate;
    DEVICE_ASSERT(
            &core->hal, index >= mac_region(core)->default_channel_count && index < MAC_CHANNELS);
    core->mac.channels[index] = (struct mac_channel){
        .frequency_hz = frequency_hz,
        .data_rate_min = range & 15u,
        .data_rate_max = range >> 4,
    };
    channel_mask_put(&core->mac.channel_mask, index, frequency_hz != 0);
    mac_rate_take(core, data_rate);
    c->parameters_changed |= core->mac.parameters.data_rate != data_rate;
}

static void new_channel(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 5);
    const struct region *region = mac_region(core);
    unsigned index = c->bytes[0];
    uint32_t frequency_hz = get_le24(c->bytes + 1) * 100u;
    uint8_t range = c->bytes[4];
    uint8_t status = 0;
    if (index >= region->default_channel_count && index < MAC_CHANNELS) {
        bool rates_ok = (range & 15u) <= range >> 4
                        && mac_region_data_rate_valid(region, range & 15u)
                        && mac_region_data_rate_valid(region, range >> 4);
        bool remove = frequency_hz == 0;
        status = (uint8_t)((remove || mac_frequency_valid(core, frequency_hz) ? 1u : 0u)
                           | (remove || rates_ok ? 2u : 0u));
        if (status == 3) {
            set_channel(core, c, index, frequency_hz, range);
            c->channels_changed = true;
        }
    }
    const uint8_t ans[2] = { CID_NEW_CHANNEL, status };
    answer(core, ans, sizeof ans);
}

static void rx_timing_setup(struct core *core, struct commands *c)
{
    const uint8_t ans[1] = { CID_RX_TIMING_SETUP };
    uint8_t delay_s = c->bytes[0] & 15u;
    core->mac.parameters.rx_delay_s = delay_s == 0 ? 1u : delay_s;
    c->parameters_changed = true;
    answer_sticky(core, ans, sizeof ans);
}

static void dl_channel(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 4);
    unsigned index = c->bytes[0];
    uint32_t frequency_hz = get_le24(c->bytes + 1) * 100u;
    bool exists = index < MAC_CHANNELS && core->mac.channels[index].frequency_hz != 0;
    uint8_t status =
            (uint8_t)((mac_frequency_valid(core, frequency_hz) ? 1u : 0u) | (exists ? 2u : 0u));
    if (status == 3) {
        core->mac.channels[index].rx1_frequency_hz = frequency_hz;
        c->channels_changed = true;
    }
    const uint8_t ans[2] = { CID_DL_CHANNEL, status };
    answer_sticky(core, ans, sizeof ans);
}

/* The time is that of the end of the uplink that asked. */
static void device_time(struct core *core, struct commands *c)
{
    DEVICE_ASSERT(&core->hal, c->left >= 5);
    if (!core->mac.time_asked) {
        return;
    }
    core->mac.time_asked = false;
    int64_t gps_ticks = (int64_t)get_le32(c->bytes) * (int64_t)HAL_RTC_HZ
                        + (int64_t)c->bytes[4] * (int64_t)(HAL_RTC_HZ / 256u);
    int64_t offset_ticks = gps_ticks - (int64_t)core->mac.uplink_end_ticks;
    int64_t correction_ms = 0;
    if (core->clock.valid) {
        correction_ms = (offset_ticks - core->clock.offset_ticks) * 1000 / (int64_t)HAL_RTC_HZ;
        correction_ms = correction_ms > INT32_MAX   ? INT32_MAX
                        : correction_ms < INT32_MIN ? INT32_MIN
                                                    : correction_ms;
    }
    core->clock.valid = true;
    core->clock.offset_ticks = offset_ticks;
    core->clock.set_at_ticks = core->mac.uplink_end_ticks;
    hal_trace(&core->hal, FW_TRACE_CLOCK_SET, (uint32_t)correction_ms, 0);
}

/* TXParamSetupReq has no meaning here: its length is known, and it gets no answer. */
static void ignore(struct core *core, struct commands *c)
{
    (void)core;
    (void)c;
}

static const struct command {
    uint8_t cid;
    uint8_t size;        /* of the payload, downlink */
    uint8_t answer_size; /* room that must be left */
    void (*handle)(struct core *core, struct commands *c);
} commands_known[] = {
    { CID_LINK_CHECK, 2, 0, link_check },
    { CID_LINK_ADR, LINK_ADR_SIZE, 2, link_adr },
    { CID_DUTY_CYCLE, 1, 1, duty_cycle },
    { CID_RX_PARAM_SETUP, 4, 2, rx_param_setup },
    { CID_DEV_STATUS, 0, 3, dev_status },
    { CID_NEW_CHANNEL, 5, 2, new_channel },
    { CID_RX_TIMING_SETUP, 1, 1, rx_timing_setup },
    { CID_TX_PARAM_SETUP, 1, 0, ignore },
    { CID_DL_CHANNEL, 4, 2, dl_channel },
    { CID_DEVICE_TIME, 5, 0, device_time },
};

static const struct command *find_command(uint8_t cid)
{
    for (size_t i = 0; i < sizeof commands_known / sizeof commands_known[0]; i++) {
        if (commands_known[i].cid == cid) {
            return &commands_known[i];
        }
    }
    return NULL;
}

void mac_commands_handle(struct core *core, const uint8_t *commands, size_t size, int snr_db)
{
    struct commands c = { .bytes = commands, .left = size, .snr_db = snr_db };
    while (c.left > 0 && !c.full) {
        const struct command *command = find_command(c.bytes[0]);
        if (command == NULL || c.left < 1u + command->size
                || !room_for(core, command->answer_size)) {
            break; /* the length of an unknown command is unknown too */
        }
        c.bytes++;
        c.left--;
        command->handle(core, &c);
        DEVICE_ASSERT(&core->hal, c.left >= command->size);
        c.bytes += command->size;
        c.left -= command->size;
    }
    if (c.parameters_changed) {
        mac_session_save_parameters(core);
    }
    if (c.channels_changed) {
        mac_session_save_channels(core);
    }
}
