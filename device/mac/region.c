/* What is the same in every region.
 * SPDX-License-Identifier: MIT
 */
#include "mac/region.h"

#include "radio/lora_airtime.h"

/* What the antenna may add at best, 2.15 dBi of a half-wave dipole, in whole dB: the limits are
 * EIRP, the amplifier's setting is not. assumed: a small antenna in its case loses as much again,
 * so that TXPower 0 leaves the amplifier with 14 dBm and radiates 14 dBm EIRP, 2 dB under the
 * 16 dBm of RP002. The simulated board (its tx_antenna_gain_mdb is 0) and the network server's
 * link budgets (models/network/link_budget.c) reckon with that. */
#define ANTENNA_GAIN_DB 2

static const struct region *const regions[] = {
    &mac_region_eu868,
    &mac_region_in865,
};
#define REGION_COUNT (sizeof regions / sizeof regions[0])

const struct region *mac_region_find(unsigned plan_id)
{
    if (plan_id == 0) {
        return regions[0];
    }
    for (unsigned i = 0; i < REGION_COUNT; i++) {
        if (regions[i]->plan_id == plan_id) {
            return regions[i];
        }
    }
    return NULL;
}

bool mac_region_mask_dynamic(struct channel_mask *mask, const struct channel_mask *defined,
        uint8_t control, uint16_t requested)
{
    if (control == 6) {
        *mask = *defined;
        return true;
    }
    if (control != 0 || (requested & ~channel_mask_block(defined, 0)) != 0) {
        return false;
    }
    channel_mask_put_block(mask, 0, requested);
    return true;
}

int mac_region_sub_band(const struct region *region, uint32_t frequency_hz)
{
    for (int i = 0; i < region->sub_band_count; i++) {
        const struct region_sub_band *band = &region->sub_bands[i];
        if (frequency_hz >= band->from_hz && frequency_hz <= band->to_hz) {
            return i;
        }
    }
    return -1;
}

bool mac_region_data_rate_valid(const struct region *region, unsigned data_rate)
{
    return data_rate < REGION_DATA_RATES && region->data_rates[data_rate].spreading_factor != 0;
}

struct lora_modulation mac_region_modulation(
        const struct region *region, unsigned data_rate, uint32_t frequency_hz, bool downlink)
{
    const struct region_data_rate *rate = &region->data_rates[data_rate];
    return (struct lora_modulation){
        .frequency_hz = frequency_hz,
        .bandwidth_khz = rate->bandwidth_khz,
        .spreading_factor = rate->spreading_factor,
        .downlink = downlink,
    };
}

int mac_region_power_dbm(const struct region *region, uint32_t frequency_hz, unsigned tx_power)
{
    int eirp_dbm = region->eirp_max_dbm - 2 * (int)tx_power;
    int band = mac_region_sub_band(region, frequency_hz);
    if (band >= 0 && eirp_dbm > region->sub_bands[band].eirp_max_dbm) {
        eirp_dbm = region->sub_bands[band].eirp_max_dbm;
    }
    return eirp_dbm - ANTENNA_GAIN_DB;
}

uint32_t mac_region_airtime_ticks(
        const struct region *region, unsigned data_rate, size_t size, bool uplink)
{
    const struct region_data_rate *rate = &region->data_rates[data_rate];
    return ticks_from_us_up(
            lora_airtime_us(rate->spreading_factor, rate->bandwidth_khz, size, uplink));
}
