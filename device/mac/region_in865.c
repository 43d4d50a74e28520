/* IN865: RP002-1.0.4 section 2.11 (spec-protocol 2.4).
 * SPDX-License-Identifier: MIT
 */
#include "mac/region.h"

static const struct region_sub_band sub_bands[] = {
    { 865000000u, 867000000u, 1, 30 }, /* no duty cycle */
};

static const uint32_t default_channels_hz[] = { 865062500u, 865402500u, 865985000u };

const struct region mac_region_in865 = {
    .plan_id = 11,
    .data_rates = {
        { 125, 12, 51 }, { 125, 11, 51 }, { 125, 10, 51 }, { 125, 9, 115 },
        { 125, 8, 242 }, { 125, 7, 242 }, { 0, 0, 0 }, { 0, 0, 0 }, /* DR6 reserved, DR7 FSK */
    },
    .sub_bands = sub_bands,
    .sub_band_count = sizeof sub_bands / sizeof sub_bands[0],
    .channel_count = 16,
    .default_channel_count = sizeof default_channels_hz / sizeof default_channels_hz[0],
    .data_rate_min = 0,
    .data_rate_max = 5,
    .rx2_data_rate = 2,
    .rx1_data_rate_offset_max = 7,
    .tx_power_max = 10,
    .eirp_max_dbm = 30,
    .default_channels_hz = default_channels_hz,
    .rx2_frequency_hz = 866550000u,
    .rx1_data_rate = {
        { 0, 0, 0, 0, 0, 0, 1, 2 },
        { 1, 0, 0, 0, 0, 0, 2, 3 },
        { 2, 1, 0, 0, 0, 0, 3, 4 },
        { 3, 2, 1, 0, 0, 0, 4, 5 },
        { 4, 3, 2, 1, 0, 0, 5, 5 },
        { 5, 4, 3, 2, 1, 0, 5, 5 },
    },
    .channel_mask = mac_region_mask_dynamic,
};
