/* EU868: RP002-1.0.4 section 2.4 and ETSI EN 300 220-2 (spec-protocol 2.1).
 * SPDX-License-Identifier: MIT
 */
#include "mac/region.h"

/* EIRP = ERP + 2.15 dB, whole dB; the regional limit of 16 dBm holds below it. */
static const struct region_sub_band sub_bands[] = {
    { 863000000u, 864999999u, 1000, 16 }, /* K */
    { 865000000u, 867999999u, 100, 16 },  /* L */
    { 868000000u, 868600000u, 100, 16 },  /* M */
    { 868700000u, 869200000u, 1000, 16 }, /* N */
    { 869400000u, 869650000u, 10, 29 },   /* P */
    { 869700000u, 870000000u, 100, 16 },  /* R */
};

static const uint32_t default_channels_hz[] = { 868100000u, 868300000u, 868500000u };

const struct region mac_region_eu868 = {
    .plan_id = 1,
    .data_rates = {
        { 125, 12, 51 }, { 125, 11, 51 }, { 125, 10, 51 }, { 125, 9, 115 },
        { 125, 8, 242 }, { 125, 7, 242 }, { 250, 7, 242 }, { 0, 0, 0 }, /* DR7 is FSK */
    },
    .sub_bands = sub_bands,
    .sub_band_count = sizeof sub_bands / sizeof sub_bands[0],
    .channel_count = 16,
    .default_channel_count = sizeof default_channels_hz / sizeof default_channels_hz[0],
    .data_rate_min = 0,
    .data_rate_max = 5,
    .rx2_data_rate = 0,
    .rx1_data_rate_offset_max = 5,
    .tx_power_max = 7,
    .eirp_max_dbm = 16,
    .default_channels_hz = default_channels_hz,
    .rx2_frequency_hz = 869525000u,
    .rx1_data_rate = {
        { 0, 0, 0, 0, 0, 0 },
        { 1, 0, 0, 0, 0, 0 },
        { 2, 1, 0, 0, 0, 0 },
        { 3, 2, 1, 0, 0, 0 },
        { 4, 3, 2, 1, 0, 0 },
        { 5, 4, 3, 2, 1, 0 },
        { 6, 5, 4, 3, 2, 1 },
        { 7, 6, 5, 4, 3, 2 },
    },
    .channel_mask = mac_region_mask_dynamic,
};
