/* Link budgets as the network server knows them: by the SNR of an uplink.
 * SPDX-License-Identifier: MIT
 */
#ifndef NETWORK_LINK_BUDGET_H
#define NETWORK_LINK_BUDGET_H

#include "region/region.h"

/* SNR at which a frame of a spreading factor, 6..12, is still demodulated. */
int32_t link_demodulation_snr_mdb(uint8_t spreading_factor);
/* SNR at which a data rate of uplinks is still demodulated (for LinkCheckAns margins and ADR). */
int32_t link_required_snr_mdb(const struct region *region, uint8_t data_rate);
/* EIRP that the server assumes of a device at a TXPower index. */
int32_t link_device_eirp_mdbm(const struct region *region, uint8_t tx_power);
/* Margin in mdB of a downlink at `data_rate` and `eirp_mdbm` over the device's sensitivity, when
 * its uplink, sent at `device_eirp_mdbm`, arrived with `uplink_snr_mdb`: the path is reciprocal. */
int32_t link_downlink_margin_mdb(const struct region *region, int32_t uplink_snr_mdb,
        uint32_t uplink_bandwidth_hz, int32_t device_eirp_mdbm, uint8_t data_rate,
        int32_t eirp_mdbm);

#endif
