/* Tables of the judge: packet errors by curve, put on the sensitivity rows.
 * SPDX-License-Identifier: MIT
 */
#include "air/judge_tables.h"

#include <math.h>
#include <stdlib.h>

/* What the sensitivity rows are read with: spec-physics section 2. */
#define ROW_NOISE_FIGURE_DB 6.0
#define ROW_FRAME_SIZE      10u
#define ROW_PACKET_ERROR    0.01

const char *const reception_errors_names[] = {
    [ERRORS_CURVE] = "curve",
    [ERRORS_THRESHOLD] = "threshold",
    [ERRORS_THRESHOLD + 1] = NULL,
};
const char *const demodulator_from_names[] = { "detection", "start", NULL };

/* --- noise and sensitivity -------------------------------------------------------------------- */

static int32_t noise_floor_mdbm(uint32_t bandwidth_hz, double noise_figure_db)
{
    return (int32_t)lround(1000 * (-174 + 10 * log10(bandwidth_hz) + noise_figure_db));
}

/* Noise figure and man-made noise. */
static double excess_noise_db(const struct reception_params *params, enum receiver_kind kind)
{
    return kind == RECEIVER_SX1276
                   ? params->device_noise_figure_db + params->device_noise_rise_db
                   : params->gateway_noise_figure_db + params->gateway_noise_rise_db;
}

int32_t judge_noise_mdbm(
        const struct judge_tables *tables, enum receiver_kind kind, uint32_t bandwidth_hz)
{
    return noise_floor_mdbm(bandwidth_hz, excess_noise_db(&tables->params, kind));
}

int32_t judge_sensitivity_mdbm(const struct judge_tables *tables, enum receiver_kind kind,
        uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    double excess_db = excess_noise_db(&tables->params, kind) - ROW_NOISE_FIGURE_DB;
    return sensitivity_mdbm(tables->sensitivity[kind], spreading_factor, bandwidth_hz)
           + (int32_t)lround(1000 * excess_db);
}

static bool table_given(const struct sensitivity_table *table)
{
    for (unsigned row = 0; row < SENSITIVITY_BANDWIDTHS; row++) {
        for (unsigned column = 0; column < SENSITIVITY_SF_COUNT; column++) {
            if (table->mdbm[row][column] != 0) {
                return true;
            }
        }
    }
    return false;
}

static const struct sensitivity_table *table_or(
        const struct sensitivity_table *table, enum sensitivity_table_name fallback)
{
    return table_given(table) ? table : sensitivity_table(fallback);
}

/* --- error exponents of a frame --------------------------------------------------------------- */

/* SF - 2 words of CR 4/8, with an implicit header as well: then they carry payload. */
double judge_header_words(const struct lora_modulation *m)
{
    return m->spreading_factor - 2.0;
}

void judge_payload_units(
        const struct lora_modulation *m, uint16_t size, double *units, uint8_t *unit)
{
    uint32_t blocks = (lora_payload_symbols(m, size) - 8) / (m->coding_rate + 4u);
    uint32_t words = blocks * (m->spreading_factor - (m->low_data_rate ? 2u : 0u));
    if (m->coding_rate <= 2) {
        *unit = ERROR_BIT;
        *units = (double)words * (m->coding_rate + 4.0);
    } else {
        *unit = m->coding_rate == 3 ? ERROR_WORD_47 : ERROR_WORD_48;
        *units = words;
    }
}

static double ideal_exponent(const struct error_curve *curve, const struct lora_modulation *m,
        uint16_t size, int32_t snr_mdb)
{
    double units;
    uint8_t unit;
    judge_payload_units(m, size, &units, &unit);
    return units * error_curve_exponent(curve, (enum error_unit)unit, snr_mdb)
           + judge_header_words(m) * error_curve_exponent(curve, ERROR_WORD_48, snr_mdb);
}

/* Least SNR, to the mdB, at which `exponent_max` is not exceeded: exponents fall with SNR. */
static int32_t snr_where(const struct error_curve *curve, const struct lora_modulation *m,
        uint16_t size, double exponent_max)
{
    int32_t low = curve->from_mdb;
    int32_t high = low + (int32_t)(ERROR_CURVE_POINTS << ERROR_CURVE_STEP_SHIFT);
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (ideal_exponent(curve, m, size, middle) <= exponent_max) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

/* --- tables ----------------------------------------------------------------------------------- */

static const uint32_t bandwidths_hz[SENSITIVITY_BANDWIDTHS] = { 125000, 250000, 500000 };

static struct lora_modulation row_modulation(unsigned sf_index, uint32_t bandwidth_hz)
{
    struct lora_modulation m = {
        .bandwidth_hz = bandwidth_hz,
        .spreading_factor = (uint8_t)(ERROR_CURVE_SF_MIN + sf_index),
        .coding_rate = 1,
        .payload_crc = true,
    };
    m.low_data_rate = lora_needs_low_data_rate(m.spreading_factor, m.bandwidth_hz);
    return m;
}

/* What a receiver needs above the ideal curve to be on its row. */
static void fill_losses(struct judge_tables *tables, unsigned row, unsigned sf_index)
{
    struct lora_modulation m = row_modulation(sf_index, bandwidths_hz[row]);
    int32_t floor_mdbm = noise_floor_mdbm(m.bandwidth_hz, ROW_NOISE_FIGURE_DB);
    int32_t ideal_mdb =
            snr_where(&tables->curve[sf_index], &m, ROW_FRAME_SIZE, -log1p(-ROW_PACKET_ERROR));
    for (unsigned kind = 0; kind < JUDGE_RECEIVER_KINDS; kind++) {
        int32_t row_mdbm =
                sensitivity_mdbm(tables->sensitivity[kind], m.spreading_factor, m.bandwidth_hz);
        tables->loss_mdb[kind][row][sf_index] = row_mdbm - floor_mdbm - ideal_mdb;
    }
}

struct judge_tables *judge_tables_create(const struct reception_params *params)
{
    struct judge_tables *tables = malloc(sizeof *tables);
    if (tables == NULL) {
        return NULL;
    }
    tables->params = *params;
    tables->sensitivity[RECEIVER_SX1276] =
            table_or(&tables->params.device_sensitivity, SENSITIVITY_SX1276);
    tables->sensitivity[RECEIVER_SX1301] =
            table_or(&tables->params.gateway_sensitivity, SENSITIVITY_SX1301);
    interference_thresholds_init(&tables->thresholds, params->interference, params->capture_db);
    for (unsigned i = 0; i < JUDGE_SF_COUNT; i++) {
        error_curve_fill(&tables->curve[i], ERROR_CURVE_SF_MIN + i);
        for (unsigned row = 0; row < SENSITIVITY_BANDWIDTHS; row++) {
            fill_losses(tables, row, i);
        }
        struct lora_modulation m = row_modulation(i, bandwidths_hz[0]);
        m.payload_crc = false;
        m.implicit_header = true; /* no payload symbols whatever the SF: the header block alone */
        tables->header_snr_mdb[i] = snr_where(&tables->curve[i], &m, 0, log(2));
    }
    return tables;
}

void judge_tables_destroy(struct judge_tables *tables)
{
    free(tables);
}

int32_t judge_loss_mdb(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation)
{
    unsigned row = 0; /* bandwidths without a row follow 125 kHz by 10 log10, as the noise does */
    while (row < SENSITIVITY_BANDWIDTHS && bandwidths_hz[row] != modulation->bandwidth_hz) {
        row++;
    }
    row = row == SENSITIVITY_BANDWIDTHS ? 0 : row;
    return tables->loss_mdb[kind][row][judge_sf_index(modulation->spreading_factor)];
}

int32_t judge_implementation_loss_mdb(
        const struct judge_tables *tables, enum receiver_kind kind, uint8_t spreading_factor)
{
    return tables->loss_mdb[kind][0][judge_sf_index(spreading_factor)];
}

double judge_packet_error(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation, uint16_t size, int32_t snr_mdb)
{
    if (tables->params.errors == ERRORS_THRESHOLD) {
        int32_t floor_mdbm = judge_noise_mdbm(tables, kind, modulation->bandwidth_hz);
        int32_t least_mdbm = judge_sensitivity_mdbm(
                tables, kind, modulation->spreading_factor, modulation->bandwidth_hz);
        return floor_mdbm + snr_mdb >= least_mdbm ? 0 : 1;
    }
    unsigned i = judge_sf_index(modulation->spreading_factor);
    int32_t ideal_snr_mdb = snr_mdb - judge_loss_mdb(tables, kind, modulation);
    return -expm1(-ideal_exponent(&tables->curve[i], modulation, size, ideal_snr_mdb));
}
