/* EU868: RP002-1.0.3 section 2.4, ETSI EN 300 220-2 annex B (spec-protocol 2.1).
 * SPDX-License-Identifier: MIT
 *
 * EIRP = ERP + 2.15 dB. Of 869.7..870 MHz the row of 14 dBm. DR7 is FSK.
 */
#include "region/region.h"

/* clang-format off */
static const struct region_band bands[] = {
    /* name,          from,      to,        duty,  gateway, device */
    { "863.0-865.0",  863000000, 865000000, 0.001, 16150, 16150 },
    { "865.0-868.0",  865000000, 868000000, 0.01,  16150, 16150 },
    { "868.0-868.6",  868000000, 868600000, 0.01,  16150, 16150 },
    { "868.7-869.2",  868700000, 869200000, 0.001, 16150, 16150 },
    { "869.4-869.65", 869400000, 869650000, 0.1,   29150, 29150 },
    { "869.7-870.0",  869700000, 870000000, 0.01,  16150, 16150 },
};

/* 868.1, 868.3, 868.5 MHz at DR0..DR5 */
static const struct region_channels channels[] = {
    { 3, 868100000, 200000, 0, 5 },
};

const struct region region_eu868 = {
    .name = "EU868",
    .plan_id = 1,
    .path_loss_hz = 868000000,
    .rates = {
        /* SF, bandwidth, up, down, dwell, repeater */
        { 12, 125000,  51,  51, 0,  51 },
        { 11, 125000,  51,  51, 0,  51 },
        { 10, 125000,  51,  51, 0,  51 },
        {  9, 125000, 115, 115, 0, 115 },
        {  8, 125000, 242, 242, 0, 222 },
        {  7, 125000, 242, 242, 0, 222 },
        {  7, 250000, 242, 242, 0, 222 },
    },
    .channels = channels,
    .channel_row_count = sizeof channels / sizeof channels[0],
    /* assumed: what public networks add, 867.1 to 867.9 MHz */
    .extra_count = 5,
    .extra_hz = { 867100000, 867300000, 867500000, 867700000, 867900000 },
    .rx1_offset_max = 5,
    .rx1_rate = {
        { 0, 0, 0, 0, 0, 0 },
        { 1, 0, 0, 0, 0, 0 },
        { 2, 1, 0, 0, 0, 0 },
        { 3, 2, 1, 0, 0, 0 },
        { 4, 3, 2, 1, 0, 0 },
        { 5, 4, 3, 2, 1, 0 },
        { 6, 5, 4, 3, 2, 1 },
    },
    .rx2_hz = 869525000,
    .rx2_rate = 0,
    .eirp_max_mdbm = 16000,
    .tx_power_max = 7,
    .tx_power_step_mdb = 2000,
    .bands = bands,
    .band_count = sizeof bands / sizeof bands[0],
    .beacon_hz = 869525000,
    .beacon_rate = 3,
    .beacon_rfu1_bytes = 1,
    .beacon_rfu2_bytes = 0,
    .class_c_hz = 869525000, /* 10 % duty cycle */
    .class_c_rate_min = 0,
    .class_c_rate_max = 5,
};
/* clang-format on */
