/* The regions, and what follows from a row.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "region/region.h"

const struct region *const regions[] = {
#define REGION(row, name) &region_##row,
#include "region/regions.def"
#undef REGION
};
const char *const region_names[] = {
#define REGION(row, name) name,
#include "region/regions.def"
#undef REGION
    NULL,
};
const uint32_t region_count = sizeof regions / sizeof regions[0];

const struct region *region_find(const char *name)
{
    for (uint32_t i = 0; i < region_count; i++) {
        if (strcmp(regions[i]->name, name) == 0) {
            return regions[i];
        }
    }
    return NULL;
}

/* --- channels and sub-bands ------------------------------------------------------------------ */

uint32_t region_default_channel_count(const struct region *region)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < region->channel_row_count; i++) {
        count += region->channels[i].count;
    }
    return count;
}

uint32_t region_default_channel_hz(const struct region *region, uint32_t channel)
{
    const struct region_channels *row = region->channels;
    while (channel >= row->count) {
        channel -= row->count;
        row++;
        assert(row < region->channels + region->channel_row_count);
    }
    return row->first_hz + channel * row->step_hz;
}

int region_band_of(const struct region *region, uint32_t frequency_hz)
{
    for (int i = region->band_count - 1; i >= 0; i--) { /* the upper one has the common end */
        const struct region_band *band = &region->bands[i];
        if (frequency_hz >= band->from_hz && frequency_hz <= band->to_hz) {
            return i;
        }
    }
    return -1;
}

double region_duty_cycle(const struct region *region, uint32_t frequency_hz)
{
    int band = region_band_of(region, frequency_hz);
    return band < 0 ? 0.0 : region->bands[band].duty_cycle;
}

int32_t region_eirp_max_mdbm(const struct region *region, uint32_t frequency_hz)
{
    int band = region_band_of(region, frequency_hz);
    return band < 0 ? 0 : region->bands[band].eirp_gateway_mdbm / 1000 * 1000;
}

int32_t region_device_eirp_max_mdbm(const struct region *region)
{
    int band = region_band_of(region, region_default_channel_hz(region, 0));
    assert(band >= 0);
    return region->bands[band].eirp_device_mdbm;
}

int32_t region_gateway_eirp_max_mdbm(const struct region *region)
{
    int32_t most_mdbm = INT32_MIN;
    assert(region->band_count > 0);
    for (uint32_t i = 0; i < region->band_count; i++) {
        int32_t band_mdbm = region->bands[i].eirp_gateway_mdbm;
        most_mdbm = band_mdbm > most_mdbm ? band_mdbm : most_mdbm;
    }
    return most_mdbm;
}

/* --- data rates ------------------------------------------------------------------------------ */

bool region_has_uplink(const struct region *region, uint32_t data_rate)
{
    return data_rate < REGION_RATES && region->rates[data_rate].spreading_factor != 0
           && region->rates[data_rate].payload_max_up != 0;
}

bool region_has_downlink(const struct region *region, uint32_t data_rate)
{
    return data_rate < REGION_RATES && region->rates[data_rate].spreading_factor != 0
           && region->rates[data_rate].payload_max_down != 0;
}

int region_uplink_rate(const struct region *region, uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    for (uint32_t i = 0; i < REGION_RATES; i++) {
        if (region_has_uplink(region, i) && region->rates[i].spreading_factor == spreading_factor
                && region->rates[i].bandwidth_hz == bandwidth_hz) {
            return (int)i;
        }
    }
    return -1;
}

uint8_t region_rate_max(const struct region *region)
{
    uint8_t max = 0;
    for (uint32_t i = 0; i < region->channel_row_count; i++) {
        max = region->channels[i].rate_max > max ? region->channels[i].rate_max : max;
    }
    return max;
}

static struct lora_modulation modulation_of(const struct region_rate *rate, uint32_t frequency_hz)
{
    return (struct lora_modulation){
        .frequency_hz = frequency_hz,
        .bandwidth_hz = rate->bandwidth_hz,
        .spreading_factor = rate->spreading_factor,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = lora_needs_low_data_rate(rate->spreading_factor, rate->bandwidth_hz),
    };
}

struct lora_modulation region_uplink_modulation(
        const struct region *region, uint8_t data_rate, uint32_t frequency_hz)
{
    assert(region_has_uplink(region, data_rate));
    struct lora_modulation modulation = modulation_of(&region->rates[data_rate], frequency_hz);
    modulation.payload_crc = true;
    return modulation;
}

struct lora_modulation region_downlink_modulation(
        const struct region *region, uint8_t data_rate, uint32_t frequency_hz)
{
    assert(region_has_downlink(region, data_rate));
    struct lora_modulation modulation = modulation_of(&region->rates[data_rate], frequency_hz);
    modulation.iq_inverted = true;
    return modulation;
}

uint16_t region_uplink_payload_max(const struct region *region, uint8_t data_rate)
{
    assert(region_has_uplink(region, data_rate));
    const struct region_rate *rate = &region->rates[data_rate];
    return region->dwell_up_ms != 0 ? rate->payload_max_dwell : rate->payload_max_up;
}

uint16_t region_downlink_payload_max(const struct region *region, uint8_t data_rate)
{
    assert(region_has_downlink(region, data_rate));
    const struct region_rate *rate = &region->rates[data_rate];
    return region->dwell_down_ms != 0 ? rate->payload_max_dwell : rate->payload_max_down;
}

uint8_t region_rx1_rate(const struct region *region, uint8_t uplink_rate, uint8_t offset)
{
    assert(region_has_uplink(region, uplink_rate) && offset <= region->rx1_offset_max);
    return region->rx1_rate[uplink_rate][offset];
}
