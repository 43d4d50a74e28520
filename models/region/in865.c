/* IN865: RP002-1.0.3 section 2.11 (spec-protocol 1.9, 2.4, 2.5).
 * SPDX-License-Identifier: MIT
 *
 * No duty cycle and no dwell time. DR6 is reserved, DR7 is FSK. Of the cells of the table of RX1
 * data rates on which sources disagree (DR4 and DR5, offsets 6 and 7), the one of LoRa is taken.
 */
#include "region/region.h"

/* clang-format off */
static const struct region_band bands[] = {
    /* name,          from,      to,        duty, gateway, device */
    { "865.0-867.0",  865000000, 867000000, 1.0,  30000,   30000 },
};

/* 865.0625, 865.4025, 865.985 MHz at DR0..DR5 */
static const struct region_channels channels[] = {
    { 1, 865062500, 0, 0, 5 },
    { 1, 865402500, 0, 0, 5 },
    { 1, 865985000, 0, 0, 5 },
};

const struct region region_in865 = {
    .name = "IN865",
    .plan_id = 11,
    .path_loss_hz = 866000000,
    .rates = {
        /* SF, bandwidth, up, down, dwell, repeater */
        { 12, 125000,  51,  51, 0,  51 },
        { 11, 125000,  51,  51, 0,  51 },
        { 10, 125000,  51,  51, 0,  51 },
        {  9, 125000, 115, 115, 0, 115 },
        {  8, 125000, 242, 242, 0, 222 },
        {  7, 125000, 242, 242, 0, 222 },
    },
    .channels = channels,
    .channel_row_count = sizeof channels / sizeof channels[0],
    /* assumed: five that keep clear of RX2 */
    .extra_count = 5,
    .extra_hz = { 865232500, 866185000, 866385000, 866785000, 866985000 },
    .rx1_offset_max = 7,
    .rx1_rate = {
        { 0, 0, 0, 0, 0, 0, 1, 2 },
        { 1, 0, 0, 0, 0, 0, 2, 3 },
        { 2, 1, 0, 0, 0, 0, 3, 4 },
        { 3, 2, 1, 0, 0, 0, 4, 5 },
        { 4, 3, 2, 1, 0, 0, 5, 5 },
        { 5, 4, 3, 2, 1, 0, 5, 5 },
    },
    .rx2_hz = 866550000,
    .rx2_rate = 2,
    .eirp_max_mdbm = 30000,
    .tx_power_max = 10,
    .tx_power_step_mdb = 2000,
    .bands = bands,
    .band_count = sizeof bands / sizeof bands[0],
    .beacon_hz = 866550000,
    .beacon_rate = 4,
    .beacon_rfu1_bytes = 0,
    .beacon_rfu2_bytes = 3,
    .class_c_hz = 866550000,
    .class_c_rate_min = 0,
    .class_c_rate_max = 5,
};
/* clang-format on */
