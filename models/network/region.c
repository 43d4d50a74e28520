/* EU868 as the network server uses it: data rates, payload sizes, powers, link budgets.
 * SPDX-License-Identifier: MIT
 */
#include "network/region.h"

#include <assert.h>

#include "gateway/gateway.h"

/* RP002 allows 16 dBm EIRP (TXPower 0). assumed: a device leaves 2 dB for its antenna's gain and a
 * small antenna lacks it: 14 dBm is what it radiates (device/mac/region.c says so, the board's
 * tx_antenna_gain_mdb of 0 makes it so). A wrong guess shifts the margins of RX1 and RX2 alike. */
#define DEVICE_EIRP_MDBM 14000
#define NOISE_125_MDBM   (-117000) /* kTB + noise figure 6 dB */
#define ERP_TO_EIRP_MDB  2150

struct data_rate {
    uint8_t spreading_factor;
    uint32_t bandwidth_hz;
    uint16_t payload_max;
    int32_t sensitivity_mdbm; /* SX1276 HF port, datasheet rev 4 table 10 */
    int32_t required_snr_mdb; /* SX1276 datasheet table 13 */
};

/* clang-format off */
static const struct data_rate data_rates[REGION_DATA_RATES] = {
    { 12, 125000,  51, -136000, -20000 },
    { 11, 125000,  51, -133000, -17500 },
    { 10, 125000,  51, -132000, -15000 },
    {  9, 125000, 115, -129000, -12500 },
    {  8, 125000, 242, -126000, -10000 },
    {  7, 125000, 242, -123000,  -7500 },
    {  7, 250000, 242, -120000,  -7500 },
};
/* clang-format on */

int region_data_rate(uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    for (uint32_t i = 0; i < REGION_DATA_RATES; i++) {
        if (data_rates[i].spreading_factor == spreading_factor
                && data_rates[i].bandwidth_hz == bandwidth_hz) {
            return (int)i;
        }
    }
    return -1;
}

struct lora_modulation region_downlink_modulation(uint8_t data_rate, uint32_t frequency_hz)
{
    struct lora_modulation modulation = region_uplink_modulation(data_rate, frequency_hz);
    modulation.payload_crc = false;
    modulation.iq_inverted = true;
    return modulation;
}

struct lora_modulation region_uplink_modulation(uint8_t data_rate, uint32_t frequency_hz)
{
    assert(data_rate < REGION_DATA_RATES);
    const struct data_rate *row = &data_rates[data_rate];
    return (struct lora_modulation){
        .frequency_hz = frequency_hz,
        .bandwidth_hz = row->bandwidth_hz,
        .spreading_factor = row->spreading_factor,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = lora_needs_low_data_rate(row->spreading_factor, row->bandwidth_hz),
        .payload_crc = true,
    };
}

uint16_t region_payload_max(uint8_t data_rate)
{
    assert(data_rate < REGION_DATA_RATES);
    return data_rates[data_rate].payload_max;
}

uint8_t region_rx1_data_rate(uint8_t uplink_data_rate, uint8_t offset)
{
    return uplink_data_rate > offset ? (uint8_t)(uplink_data_rate - offset) : 0;
}

int32_t region_eirp_max_mdbm(uint32_t frequency_hz)
{
    int band = eu868_sub_band_of(frequency_hz);
    if (band < 0) {
        return 0;
    }
    return (eu868_sub_bands[band].erp_max_mdbm + ERP_TO_EIRP_MDB) / 1000 * 1000;
}

double region_duty_cycle(uint32_t frequency_hz)
{
    int band = eu868_sub_band_of(frequency_hz);
    return band < 0 ? 0.0 : eu868_sub_bands[band].duty_cycle;
}

int32_t region_required_snr_mdb(uint8_t data_rate)
{
    assert(data_rate < REGION_DATA_RATES);
    return data_rates[data_rate].required_snr_mdb;
}

int32_t region_downlink_margin_mdb(
        int32_t uplink_snr_mdb, uint32_t uplink_bandwidth_hz, uint8_t data_rate, int32_t eirp_mdbm)
{
    assert(data_rate < REGION_DATA_RATES);
    int32_t noise_mdbm = NOISE_125_MDBM + (uplink_bandwidth_hz >= 250000u ? 3010 : 0);
    int32_t uplink_mdbm = noise_mdbm + uplink_snr_mdb;
    int32_t downlink_mdbm = uplink_mdbm - DEVICE_EIRP_MDBM + eirp_mdbm;
    return downlink_mdbm - data_rates[data_rate].sensitivity_mdbm;
}
