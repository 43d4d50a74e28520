/* What a regional parameter set says, as constant data with a few functions.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_REGION_H
#define DEVICE_MAC_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "mac/channel_mask.h"
#include "radio/radio.h"

#define REGION_DATA_RATES  8u
#define REGION_RX1_OFFSETS 8u

struct region_data_rate {
    uint16_t bandwidth_khz;
    uint8_t spreading_factor; /* 0: this device cannot do it */
    uint8_t payload_size_max; /* N: application bytes with empty FOpts */
};

struct region_sub_band {
    uint32_t from_hz;
    uint32_t to_hz;
    uint16_t duty_divisor; /* 1 / duty cycle */
    int8_t eirp_max_dbm;
};

struct region {
    uint8_t plan_id; /* RP002 channel plan identifier */
    struct region_data_rate data_rates[REGION_DATA_RATES];
    const struct region_sub_band *sub_bands; /* ascending */
    uint8_t sub_band_count;
    uint8_t channel_count; /* that may be defined; masks are this wide */
    uint8_t default_channel_count;
    uint8_t data_rate_min; /* of default and join channels */
    uint8_t data_rate_max;
    uint8_t rx2_data_rate;
    uint8_t rx1_data_rate_offset_max;
    uint8_t tx_power_max; /* highest index */
    int8_t eirp_max_dbm;
    const uint32_t *default_channels_hz;
    uint32_t rx2_frequency_hz;
    uint8_t rx1_data_rate[REGION_DATA_RATES][REGION_RX1_OFFSETS]; /* [uplink][RX1DROffset] */
    /* The mask after one LinkADRReq; false: refused. `defined` is the set of existing channels. */
    bool (*channel_mask)(struct channel_mask *mask, const struct channel_mask *defined,
            uint8_t control, uint16_t requested);
};

/* The region of a channel plan identifier; NULL: this firmware has none. 0 leaves the choice to the
 * firmware: the first of its list. */
const struct region *mac_region_find(unsigned plan_id);
/* LinkADRReq of plans with up to 16 channels. ChMaskCntl 0: channels 0..15 as in the mask; 6: all
 * that exist; others are RFU. */
bool mac_region_mask_dynamic(struct channel_mask *mask, const struct channel_mask *defined,
        uint8_t control, uint16_t requested);

/* Sub-band that holds the frequency, or -1: not allowed here. */
int mac_region_sub_band(const struct region *region, uint32_t frequency_hz);

bool mac_region_data_rate_valid(const struct region *region, unsigned data_rate);

struct lora_modulation mac_region_modulation(
        const struct region *region, unsigned data_rate, uint32_t frequency_hz, bool downlink);

/* Conducted power for a power index on a frequency. */
int mac_region_power_dbm(const struct region *region, uint32_t frequency_hz, unsigned tx_power);

uint32_t mac_region_airtime_ticks(
        const struct region *region, unsigned data_rate, size_t size, bool uplink);

extern const struct region mac_region_eu868;
extern const struct region mac_region_in865;

#endif
