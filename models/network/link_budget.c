/* Link budgets as the network server knows them: by the SNR of an uplink.
 * SPDX-License-Identifier: MIT
 */
#include "network/link_budget.h"

#include <assert.h>

#define SF_MIN     7u
#define SF_MAX     12u
#define SNR_SF_MIN 6u
/* assumed: a device leaves 2 dB of the EIRP that its region allows for its antenna's gain, and a
 * small antenna lacks it; its amplifier reaches 14 dBm and no more (SX1276 RFO). In EU868 that is
 * 14 dBm at TXPower 0 (device/mac/region.c says so, the board's tx_antenna_gain_mdb of 0 makes it
 * so). A wrong guess shifts the margins of RX1 and RX2 alike. */
#define ANTENNA_RESERVE_MDB  2000
#define DEVICE_EIRP_TOP_MDBM 14000
#define NOISE_125_MDBM       (-117000) /* kTB + noise figure 6 dB */

/* SX1276 datasheet table 13, SF6..SF12. */
static const int32_t required_snr_mdb[] = { -5000, -7500, -10000, -12500, -15000, -17500, -20000 };
/* SX1276 HF port at 125 kHz, datasheet rev 4 table 10; 3 dB less at twice the bandwidth. */
static const int32_t sensitivity_mdbm[] = { -123000, -126000, -129000, -132000, -133000, -136000 };

int32_t link_demodulation_snr_mdb(uint8_t spreading_factor)
{
    assert(spreading_factor >= SNR_SF_MIN && spreading_factor <= SF_MAX);
    return required_snr_mdb[spreading_factor - SNR_SF_MIN];
}

int32_t link_required_snr_mdb(const struct region *region, uint8_t data_rate)
{
    assert(region_has_uplink(region, data_rate));
    return link_demodulation_snr_mdb(region->rates[data_rate].spreading_factor);
}

int32_t link_device_eirp_mdbm(const struct region *region, uint8_t tx_power)
{
    int32_t eirp_mdbm =
            region->eirp_max_mdbm - ANTENNA_RESERVE_MDB - region->tx_power_step_mdb * tx_power;
    return eirp_mdbm < DEVICE_EIRP_TOP_MDBM ? eirp_mdbm : DEVICE_EIRP_TOP_MDBM;
}

static int32_t device_sensitivity_mdbm(const struct region_rate *rate)
{
    assert(rate->spreading_factor >= SF_MIN && rate->spreading_factor <= SF_MAX);
    int32_t wider_mdb = 0;
    for (uint32_t hz = 125000; hz < rate->bandwidth_hz; hz *= 2) {
        wider_mdb += 3000;
    }
    return sensitivity_mdbm[rate->spreading_factor - SF_MIN] + wider_mdb;
}

int32_t link_downlink_margin_mdb(const struct region *region, int32_t uplink_snr_mdb,
        uint32_t uplink_bandwidth_hz, int32_t device_eirp_mdbm, uint8_t data_rate,
        int32_t eirp_mdbm)
{
    assert(region_has_downlink(region, data_rate));
    int32_t noise_mdbm = NOISE_125_MDBM + (uplink_bandwidth_hz >= 250000u ? 3010 : 0);
    int32_t path_mdb = noise_mdbm + uplink_snr_mdb - device_eirp_mdbm;
    return path_mdb + eirp_mdbm - device_sensitivity_mdbm(&region->rates[data_rate]);
}
