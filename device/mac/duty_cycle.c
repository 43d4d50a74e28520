/* When a channel may be used: off-times per sub-band and in total, and the choice of a channel.
 * SPDX-License-Identifier: MIT
 *
 * After a frame of time on air T a sub-band with limit d rests for T * (1 / d - 1), counted from
 * the end of the frame (spec-protocol 1.11, the simple form).
 *
 * That is less strict than a sliding window W of which d * W may be used: frames of time on air T
 * start T / d apart at least, so a window that ends with a frame holds up to d * W + (1 - d) * T.
 * The excess is less than one frame, in an hour as in a day: it does not add up.
 *
 * The rest is counted by a crystal that may run fast, at most by CLOCK_FAST: it takes as much
 * longer.
 */
#include "mac/mac_internal.h"

/* assumed: 1 / 1024, 977 ppm: a crystal of 500 ppm and as much again for cold and age. */
#define CLOCK_FAST_SHIFT 10u

uint64_t mac_duty_rest_ticks(uint32_t airtime_ticks, uint32_t times)
{
    uint64_t rest = (uint64_t)airtime_ticks * times;
    return rest + (rest >> CLOCK_FAST_SHIFT);
}

static uint32_t rest_times(const struct core *core, unsigned band)
{
    DEVICE_ASSERT(&core->hal, band < mac_region(core)->sub_band_count);
    bool kept = (core->factory.boot_options & FACTORY_OPTION_NO_DUTY_CYCLE) == 0;
    return kept ? mac_region(core)->sub_bands[band].duty_divisor - 1u : 0;
}

unsigned mac_duty_resting_data_rate(const struct core *core, unsigned data_rate, uint64_t now_ticks)
{
    bool rests = false;
    for (unsigned i = 0; i < mac_region(core)->sub_band_count; i++) {
        rests = rests || core->mac.band_free_at_ticks[i] > now_ticks;
    }
    return rests && core->mac.resting_data_rate < data_rate ? core->mac.resting_data_rate
                                                            : data_rate;
}

void mac_duty_account(
        struct core *core, uint32_t frequency_hz, uint32_t airtime_ticks, uint64_t end_ticks)
{
    const struct region *region = mac_region(core);
    int band = mac_region_sub_band(region, frequency_hz);
    DEVICE_ASSERT(&core->hal, band >= 0 && (unsigned)band < MAC_SUB_BANDS);
    core->mac.resting_data_rate =
            (uint8_t)mac_duty_resting_data_rate(core, core->mac.uplink_data_rate, end_ticks);
    core->mac.band_free_at_ticks[band] =
            end_ticks + mac_duty_rest_ticks(airtime_ticks, rest_times(core, (unsigned)band));
    uint32_t total_rest = (1u << core->mac.parameters.max_duty_cycle) - 1u;
    core->mac.aggregate_free_at_ticks = end_ticks + mac_duty_rest_ticks(airtime_ticks, total_rest);
}

/* Of any frame that the device may have sent at the data rates from `slowest` to `fastest`. */
static uint32_t longest_airtime_ticks(const struct core *core, unsigned slowest, unsigned fastest)
{
    const struct region *region = mac_region(core);
    uint32_t longest = 0;
    for (unsigned rate = slowest; rate <= fastest; rate++) {
        if (mac_region_data_rate_valid(region, rate)) {
            size_t size = MAC_FRAME_OVERHEAD + 1u + region->data_rates[rate].payload_size_max;
            uint32_t airtime = mac_region_airtime_ticks(region, rate, size, true);
            longest = airtime > longest ? airtime : longest;
        }
    }
    return longest;
}

void mac_duty_block_after_reset(struct core *core, uint64_t now_ticks)
{
    const struct region *region = mac_region(core);
    DEVICE_ASSERT(&core->hal, region->sub_band_count <= MAC_SUB_BANDS);
    uint32_t airtime = core->mac.joined ? longest_airtime_ticks(
                               core, core->mac.resting_data_rate, core->mac.parameters.data_rate)
                                        : mac_region_airtime_ticks(region, region->data_rate_min,
                                                JOIN_REQUEST_SIZE, true);
    for (unsigned i = 0; i < region->sub_band_count; i++) {
        core->mac.band_free_at_ticks[i] =
                now_ticks + mac_duty_rest_ticks(airtime, rest_times(core, i));
    }
    uint32_t total_rest = (1u << core->mac.parameters.max_duty_cycle) - 1u;
    core->mac.aggregate_free_at_ticks = now_ticks + mac_duty_rest_ticks(airtime, total_rest);
}

struct channel_mask mac_channels_defined(const struct core *core)
{
    struct channel_mask defined = { { 0 } };
    for (unsigned i = 0; i < MAC_CHANNELS; i++) {
        if (core->mac.channels[i].frequency_hz != 0) {
            channel_mask_put(&defined, i, true);
        }
    }
    return defined;
}

bool mac_channel_can(const struct core *core, unsigned channel, unsigned data_rate)
{
    DEVICE_ASSERT(&core->hal, channel < MAC_CHANNELS);
    const struct mac_channel *c = &core->mac.channels[channel];
    return c->frequency_hz != 0 && data_rate >= c->data_rate_min && data_rate <= c->data_rate_max;
}

static uint64_t channel_free_at(const struct core *core, unsigned channel)
{
    int band = mac_region_sub_band(mac_region(core), core->mac.channels[channel].frequency_hz);
    DEVICE_ASSERT(&core->hal, band >= 0 && (unsigned)band < MAC_SUB_BANDS);
    return core->mac.band_free_at_ticks[band];
}

uint64_t mac_duty_free_at(const struct core *core, const struct channel_mask *mask,
        unsigned data_rate, uint64_t now_ticks)
{
    uint64_t free_at = HAL_TICKS_NEVER;
    for (unsigned i = 0; i < MAC_CHANNELS && free_at > now_ticks; i++) {
        if (channel_mask_has(mask, i) && mac_channel_can(core, i, data_rate)) {
            free_at = earlier(free_at, channel_free_at(core, i));
        }
    }
    return free_at == HAL_TICKS_NEVER ? free_at : later(free_at, core->mac.aggregate_free_at_ticks);
}

int mac_duty_choose(const struct core *core, const struct channel_mask *mask, unsigned data_rate,
        uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, data_rate < REGION_DATA_RATES);
    uint8_t candidates[MAC_CHANNELS];
    uint32_t count = 0;
    if (core->mac.aggregate_free_at_ticks > now_ticks) {
        return -1;
    }
    for (unsigned i = 0; i < MAC_CHANNELS; i++) {
        if (channel_mask_has(mask, i) && mac_channel_can(core, i, data_rate)
                && channel_free_at(core, i) <= now_ticks) {
            candidates[count++] = (uint8_t)i;
        }
    }
    return count == 0 ? -1 : candidates[mac_random(&core->hal, count)];
}
