/* Published sensitivities of LoRa receivers.
 * SPDX-License-Identifier: MIT
 */
#include "air/sensitivity.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

/* What SF6 needs more than SF7: the step of the SNR limits, -5 and -7.5 dB. */
#define SF6_STEP_MDB 2500

const char *const sensitivity_table_names[] = {
    [SENSITIVITY_SX1276] = "sx1276",
    [SENSITIVITY_SX1272] = "sx1272",
    [SENSITIVITY_SX1301] = "sx1301",
    [SENSITIVITY_NS_3_DEVICE] = "ns-3-device",
    [SENSITIVITY_NS_3_GATEWAY] = "ns-3-gateway",
    [SENSITIVITY_LORASIM] = "lorasim",
    [SENSITIVITY_FUOTASIM] = "fuotasim",
    [SENSITIVITY_TABLE_COUNT] = NULL,
};

/* Rows: 125, 250, 500 kHz; columns SF6..SF12. (spec-physics section 2) */
static const struct sensitivity_table tables[SENSITIVITY_TABLE_COUNT] = {
    [SENSITIVITY_SX1276] = { {
            { -118000, -123000, -126000, -129000, -132000, -133000, -136000 },
            { -115000, -120000, -123000, -125000, -128000, -130000, -133000 },
            { -111000, -116000, -119000, -122000, -125000, -128000, -130000 },
    } },
    [SENSITIVITY_SX1272] = { {
            { -121000, -124000, -127000, -130000, -133000, -135000, -137000 },
            { -118000, -122000, -125000, -128000, -130000, -132000, -135000 },
            { -111000, -116000, -119000, -122000, -125000, -128000, -129000 },
    } },
    [SENSITIVITY_SX1301] = { {
            { 0, -126500, -129000, -131500, -134000, -136500, -139500 },
    } },
    [SENSITIVITY_NS_3_DEVICE] = { {
            { 0, -124000, -127000, -130000, -133000, -135000, -137000 },
    } },
    [SENSITIVITY_NS_3_GATEWAY] = { {
            { 0, -130000, -132500, -135000, -137500, -140000, -142500 },
    } },
    [SENSITIVITY_LORASIM] = { {
            { 0, -126500, -127250, -131250, -132750, -134500, -133250 },
            { 0, -124250, -126750, -128250, -130250, -132750, -132250 },
            { 0, -120750, -124000, -127500, -128750, -128750, -132250 },
    } },
    [SENSITIVITY_FUOTASIM] = { {
            { 0, -123000, -126000, -129000, -132000, -134000, -137000 },
            { 0, -120000 } /* DR6 */,
    } },
};

const struct sensitivity_table *sensitivity_table(enum sensitivity_table_name name)
{
    assert((unsigned)name < SENSITIVITY_TABLE_COUNT);
    return &tables[name];
}

static const uint32_t row_bandwidths_hz[SENSITIVITY_BANDWIDTHS] = { 125000, 250000, 500000 };

/* The row of a bandwidth; that of 125 kHz where there is none. */
static unsigned bandwidth_row(uint32_t bandwidth_hz)
{
    for (unsigned row = 1; row < SENSITIVITY_BANDWIDTHS; row++) {
        if (bandwidth_hz == row_bandwidths_hz[row]) {
            return row;
        }
    }
    return 0;
}

/* 0: the table says nothing about this SF at 125 kHz. */
static int32_t narrow_mdbm(const struct sensitivity_table *table, unsigned column)
{
    if (table->mdbm[0][column] == 0 && column == 0 && table->mdbm[0][1] != 0) {
        return table->mdbm[0][1] + SF6_STEP_MDB;
    }
    return table->mdbm[0][column];
}

int32_t sensitivity_mdbm(
        const struct sensitivity_table *table, uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    assert(spreading_factor >= SENSITIVITY_SF_MIN);
    unsigned column = spreading_factor - SENSITIVITY_SF_MIN;
    assert(column < SENSITIVITY_SF_COUNT);
    int32_t given_mdbm = table->mdbm[bandwidth_row(bandwidth_hz)][column];
    if (given_mdbm != 0 && bandwidth_hz == row_bandwidths_hz[bandwidth_row(bandwidth_hz)]) {
        return given_mdbm;
    }
    double wider_db = 10 * log10((double)bandwidth_hz / row_bandwidths_hz[0]);
    return narrow_mdbm(table, column) + (int32_t)lround(1000 * wider_db);
}
