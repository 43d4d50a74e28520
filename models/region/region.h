/* What RP002 and the law say of a region, as constant data: one struct per region.
 * SPDX-License-Identifier: MIT
 *
 * As gateways and servers read RP002; the firmware has a reading of its own (device/mac/region.h).
 * A region is one file and one line in regions.def. Frequencies in Hz; powers are EIRP.
 */
#ifndef REGION_REGION_H
#define REGION_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "air/lora.h"

#define REGION_RATES       16u /* DR0..DR15 */
#define REGION_RX1_OFFSETS 8u
#define REGION_BANDS_MAX   8u
#define REGION_EXTRA_MAX   5u /* channels in a CFList of type 0 */

/* One data rate. A spreading factor of 0: none, or none of LoRa. Payload sizes are application
 * bytes of a frame without FOpts (N in RP002); 0: not in that direction. */
struct region_rate {
    uint8_t spreading_factor;
    uint32_t bandwidth_hz;
    uint8_t payload_max_up, payload_max_down;
    uint8_t payload_max_dwell;    /* where a dwell time holds */
    uint8_t payload_max_repeater; /* where a repeater may add its bytes */
};

/* A sub-band includes both of its ends; where two meet, the end belongs to the upper one. */
struct region_band {
    const char *name;
    uint32_t from_hz, to_hz;
    double duty_cycle; /* share of an hour that a station may transmit; 1: no limit */
    int32_t eirp_gateway_mdbm, eirp_device_mdbm;
};

/* Default channels of one kind: first_hz, first_hz + step_hz, ... */
struct region_channels {
    uint8_t count;
    uint32_t first_hz, step_hz;
    uint8_t rate_min, rate_max;
};

struct region {
    const char *name;
    uint8_t plan_id;       /* RP002 table of channel plan identifiers; the factory record's */
    uint32_t path_loss_hz; /* at which path loss is computed */
    struct region_rate rates[REGION_RATES];
    const struct region_channels *channels; /* default ones, which are the join channels too */
    uint8_t channel_row_count;
    uint8_t extra_count; /* channels that a usual network adds by a CFList of type 0 */
    uint32_t extra_hz[REGION_EXTRA_MAX];
    uint8_t rx1_offset_max;
    uint8_t rx1_rate[REGION_RATES][REGION_RX1_OFFSETS]; /* [uplink data rate][RX1DROffset] */
    uint32_t rx2_hz;
    uint8_t rx2_rate;
    int32_t eirp_max_mdbm; /* of a device at TXPower 0 */
    uint8_t tx_power_max;  /* highest TXPower; each step takes tx_power_step_mdb */
    int32_t tx_power_step_mdb;
    uint16_t dwell_up_ms, dwell_down_ms; /* longest frame; 0: no limit */
    const struct region_band *bands;     /* ascending */
    uint8_t band_count;
    uint32_t beacon_hz;
    uint8_t beacon_rate;
    uint8_t beacon_rfu1_bytes, beacon_rfu2_bytes; /* before the parameters; before the last CRC */
    uint32_t class_c_hz; /* usual choice for a multicast session of class C */
    uint8_t class_c_rate_min, class_c_rate_max;
};

/* Every region, in the order of regions.def. Names for lists end with NULL. */
extern const struct region *const regions[];
extern const char *const region_names[];
extern const uint32_t region_count;
/* NULL: none of that name. */
const struct region *region_find(const char *name);

/* --- channels and sub-bands ------------------------------------------------------------------ */
uint32_t region_default_channel_count(const struct region *region);
/* `channel` is less than that count. */
uint32_t region_default_channel_hz(const struct region *region, uint32_t channel);
/* Index of the sub-band that holds `frequency_hz`; -1: none, no station may transmit there. */
int region_band_of(const struct region *region, uint32_t frequency_hz);
/* Share of time a station may transmit on a frequency; 0: it may not. */
double region_duty_cycle(const struct region *region, uint32_t frequency_hz);
/* EIRP that the law allows a device on the default channels. */
int32_t region_device_eirp_max_mdbm(const struct region *region);
/* Of a gateway, in the sub-band that allows most. */
int32_t region_gateway_eirp_max_mdbm(const struct region *region);
/* Highest EIRP of a gateway on a frequency, whole dB as in gain tables; 0: it may not transmit. */
int32_t region_eirp_max_mdbm(const struct region *region, uint32_t frequency_hz);

/* --- data rates ------------------------------------------------------------------------------ */
/* Uplink data rate of that modulation, -1: none. */
int region_uplink_rate(
        const struct region *region, uint8_t spreading_factor, uint32_t bandwidth_hz);
bool region_has_uplink(const struct region *region, uint32_t data_rate);
bool region_has_downlink(const struct region *region, uint32_t data_rate);
/* Of the default channels: the range that ADR may command. */
uint8_t region_rate_max(const struct region *region);
/* 8 preamble symbols, CR 4/5, sync word 0x34; an uplink has a payload CRC, a downlink has none and
 * its IQ is inverted. The data rate exists in that direction. */
struct lora_modulation region_uplink_modulation(
        const struct region *region, uint8_t data_rate, uint32_t frequency_hz);
struct lora_modulation region_downlink_modulation(
        const struct region *region, uint8_t data_rate, uint32_t frequency_hz);
/* Application bytes of a frame without FOpts. The data rate exists in that direction. */
uint16_t region_uplink_payload_max(const struct region *region, uint8_t data_rate);
uint16_t region_downlink_payload_max(const struct region *region, uint8_t data_rate);
uint8_t region_rx1_rate(const struct region *region, uint8_t uplink_rate, uint8_t offset);

/* Rows, one file each. */
#define REGION(row, name) extern const struct region region_##row;
#include "region/regions.def"
#undef REGION

#endif
