/* EU868 as the network server uses it: data rates, payload sizes, powers, link budgets.
 * SPDX-License-Identifier: MIT
 *
 * RP002-1.0.3 section 2.4; sub-bands come from gateway/gateway.h.
 */
#ifndef NETWORK_REGION_H
#define NETWORK_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "air/lora.h"

#define REGION_DATA_RATES 7u /* LoRa ones, DR0..DR6 */
/* RX2 of a device that has no session yet: 869.525 MHz, DR0. */
#define REGION_RX2_DATA_RATE 0u

/* DR0..DR6, or -1: not one of ours. */
int region_data_rate(uint8_t spreading_factor, uint32_t bandwidth_hz);
/* A downlink: IQ inverted, no payload CRC, 8 preamble symbols, CR 4/5, sync word 0x34. */
struct lora_modulation region_downlink_modulation(uint8_t data_rate, uint32_t frequency_hz);
struct lora_modulation region_uplink_modulation(uint8_t data_rate, uint32_t frequency_hz);
/* Application bytes of a frame without FOpts, N. */
uint16_t region_payload_max(uint8_t data_rate);
uint8_t region_rx1_data_rate(uint8_t uplink_data_rate, uint8_t offset);
/* Highest EIRP of a gateway on a frequency, whole dB as in gain tables. */
int32_t region_eirp_max_mdbm(uint32_t frequency_hz);
/* Share of time a station may transmit on a frequency; 0: it may not. */
double region_duty_cycle(uint32_t frequency_hz);
/* SNR at which a data rate is still demodulated (for LinkCheckAns margins). */
int32_t region_required_snr_mdb(uint8_t data_rate);

/* Margin in mdB of a downlink at `data_rate` and `eirp_mdbm` over the device's sensitivity, when
 * its uplink (assumed at 14 dBm EIRP) arrived with `uplink_snr_mdb`: the path is reciprocal. */
int32_t region_downlink_margin_mdb(
        int32_t uplink_snr_mdb, uint32_t uplink_bandwidth_hz, uint8_t data_rate, int32_t eirp_mdbm);

#endif
