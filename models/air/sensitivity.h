/* Sensitivity tables of receivers, by name: least power at which a short frame is read.
 * SPDX-License-Identifier: MIT
 *
 * Values and their sources: spec-physics section 2. A table is read with a noise figure of 6 dB:
 * another noise figure, and man-made noise, move all of its rows.
 */
#ifndef AIR_SENSITIVITY_H
#define AIR_SENSITIVITY_H

#include <stdbool.h>
#include <stdint.h>

#define SENSITIVITY_SF_MIN     6u
#define SENSITIVITY_SF_COUNT   7u /* SF6..SF12 */
#define SENSITIVITY_BANDWIDTHS 3u /* 125, 250, 500 kHz */

/* mdBm. A 0 is a row that was not given: SF6 lies 2.5 dB, the step of the demodulator's SNR limits,
 * above SF7; 250 and 500 kHz lie 10 log10 of the bandwidth's ratio above 125 kHz. A table of
 * nothing but zeros stands for the default of its kind of receiver: sx1276 for devices, sx1301 for
 * gateways. */
struct sensitivity_table {
    int32_t mdbm[SENSITIVITY_BANDWIDTHS][SENSITIVITY_SF_COUNT];
};

/* NULL-terminated; the index is what sensitivity_table() takes. */
extern const char *const sensitivity_table_names[];
enum sensitivity_table_name {
    SENSITIVITY_SX1276, /* HF port, datasheet rev 4 table 10 */
    SENSITIVITY_SX1272, /* datasheet, boost on */
    SENSITIVITY_SX1301, /* reference design */
    SENSITIVITY_NS_3_DEVICE,
    SENSITIVITY_NS_3_GATEWAY,
    SENSITIVITY_LORASIM,  /* as measured for LoRaSim: SF12 is less sensitive than SF11 */
    SENSITIVITY_FUOTASIM, /* by data rate DR0..DR6 */
    SENSITIVITY_TABLE_COUNT
};
const struct sensitivity_table *sensitivity_table(enum sensitivity_table_name name);

/* The row for any bandwidth: those between and beyond the three go by 10 log10 from 125 kHz. */
int32_t sensitivity_mdbm(
        const struct sensitivity_table *table, uint8_t spreading_factor, uint32_t bandwidth_hz);

#endif
