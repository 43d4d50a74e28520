/* Sensitivities, noise, thresholds and frequency limits: what the judge makes of its parameters.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the tables of spec-physics section 2, the limits of its section 7, and sums of powers
 * done by hand.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "air/judge.h"

#define SEED 7u

static struct reception_params defaults(void)
{
    return (struct reception_params){
        .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6
    };
}

static struct lora_modulation modulation(uint8_t sf, uint32_t bandwidth_hz)
{
    return (struct lora_modulation){ .frequency_hz = 868100000,
        .bandwidth_hz = bandwidth_hz,
        .spreading_factor = sf,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .low_data_rate = lora_needs_low_data_rate(sf, bandwidth_hz),
        .payload_crc = true };
}

static struct frame frame_of(uint8_t sf, uint32_t bandwidth_hz, uint16_t size)
{
    struct frame frame = { .size = size, .modulation = modulation(sf, bandwidth_hz) };
    frame.header_ns = lora_quarter_symbols_ns(&frame.modulation, 4 * 16 + 17);
    frame.end_ns = lora_time_on_air_ns(&frame.modulation, size);
    return frame;
}

static struct verdict judge(const struct reception_params *params, enum receiver_kind kind,
        const struct frame *frame, const struct judge_link *link)
{
    struct judge_tables *tables = judge_tables_create(params);
    struct judge_frame judged;
    judge_frame_init(&judged, tables, SEED, kind, frame);
    struct verdict verdict = judge_link_reception(&judged, link);
    cr_expect_eq(judge_detects(&judged, link), verdict.stage != STAGE_PREAMBLE);
    judge_tables_destroy(tables);
    return verdict;
}

/* --- sensitivity ------------------------------------------------------------------------------ */

/* dBm, SF7..SF12. */
static const struct {
    const char *name;
    uint32_t bandwidth_hz;
    double dbm[6];
} rows[] = {
    { "sx1272", 125000, { -124, -127, -130, -133, -135, -137 } },
    { "sx1272", 250000, { -122, -125, -128, -130, -132, -135 } },
    { "sx1272", 500000, { -116, -119, -122, -125, -128, -129 } },
    { "sx1276", 125000, { -123, -126, -129, -132, -133, -136 } },
    { "sx1276", 250000, { -120, -123, -125, -128, -130, -133 } },
    { "sx1276", 500000, { -116, -119, -122, -125, -128, -130 } },
    { "ns-3-device", 125000, { -124, -127, -130, -133, -135, -137 } },
    { "ns-3-gateway", 125000, { -130, -132.5, -135, -137.5, -140, -142.5 } },
    { "sx1301", 125000, { -126.5, -129, -131.5, -134, -136.5, -139.5 } },
    { "lorasim", 125000, { -126.5, -127.25, -131.25, -132.75, -134.5, -133.25 } },
    { "lorasim", 250000, { -124.25, -126.75, -128.25, -130.25, -132.75, -132.25 } },
    { "lorasim", 500000, { -120.75, -124.0, -127.5, -128.75, -128.75, -132.25 } },
    { "fuotasim", 125000, { -123, -126, -129, -132, -134, -137 } },
};

static const struct sensitivity_table *table_named(const char *name)
{
    unsigned index = 0;
    while (strcmp(sensitivity_table_names[index], name) != 0) {
        index++;
        cr_assert_not_null(sensitivity_table_names[index], "no table %s", name);
    }
    return sensitivity_table((enum sensitivity_table_name)index);
}

Test(reception, tables_hold_the_published_sensitivities)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint8_t k = 0; k < 6; k++) {
            cr_expect_eq(sensitivity_mdbm(
                                 table_named(rows[i].name), (uint8_t)(7 + k), rows[i].bandwidth_hz),
                    lround(1000 * rows[i].dbm[k]), "%s SF%u", rows[i].name, 7 + k);
        }
    }
    cr_expect_eq(sensitivity_mdbm(table_named("fuotasim"), 7, 250000), -120000, "DR6");
    cr_expect_eq(sensitivity_mdbm(table_named("sx1276"), 6, 125000), -118000);
    cr_expect_eq(sensitivity_mdbm(table_named("ns-3-gateway"), 6, 125000), -127500);
    cr_expect_eq(sensitivity_mdbm(table_named("sx1301"), 7, 250000), -126500 + 3010);
    cr_expect_eq(sensitivity_mdbm(table_named("sx1276"), 7, 62500), -123000 - 3010);
}

Test(reception, a_threshold_lies_on_the_row_of_the_chosen_table)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reception_params params = defaults();
        params.errors = ERRORS_THRESHOLD;
        params.gateway_sensitivity = *table_named(rows[i].name);
        for (uint8_t k = 0; k < 6; k++) {
            struct frame frame = frame_of((uint8_t)(7 + k), rows[i].bandwidth_hz, 51);
            struct judge_link link = { .median_mdbm = (int32_t)lround(1000 * rows[i].dbm[k]) };
            cr_expect_eq(judge(&params, RECEIVER_SX1301, &frame, &link).stage, STAGE_RECEIVED);
            link.median_mdbm--;
            struct verdict verdict = judge(&params, RECEIVER_SX1301, &frame, &link);
            cr_expect_eq(verdict.cause, LOSS_BELOW_SENSITIVITY);
            cr_expect_eq(verdict.stage, STAGE_PREAMBLE);
        }
    }
}

/* The curve's 1 % point of ten bytes is on the row, at any bandwidth that has one. */
Test(reception, the_curve_lies_on_the_row_of_the_chosen_table)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reception_params params = defaults();
        params.device_sensitivity = *table_named(rows[i].name);
        struct judge_tables *tables = judge_tables_create(&params);
        double noise_mdbm = 1000 * (-174 + 10 * log10(rows[i].bandwidth_hz) + 6);
        for (uint8_t k = 0; k < 6; k++) {
            struct lora_modulation m = modulation((uint8_t)(7 + k), rows[i].bandwidth_hz);
            int32_t snr_mdb = (int32_t)lround(1000 * rows[i].dbm[k] - noise_mdbm);
            double error = judge_packet_error(tables, RECEIVER_SX1276, &m, 10, snr_mdb);
            cr_expect(fabs(error - 0.01) < 2e-4, "%s SF%u: %g", rows[i].name, 7 + k, error);
        }
        judge_tables_destroy(tables);
    }
}

Test(reception, noise_figure_and_man_made_noise_move_the_sensitivity)
{
    struct reception_params params = defaults();
    params.errors = ERRORS_THRESHOLD;
    params.device_noise_figure_db = 7;
    params.device_noise_rise_db = 4;
    struct frame frame = frame_of(7, 125000, 20);
    struct judge_link link = { .median_mdbm = -123000 + 5000 };
    struct verdict verdict = judge(&params, RECEIVER_SX1276, &frame, &link);
    cr_expect_eq(verdict.cause, LOSS_NONE);
    /* -174 + 50.969 + 7 + 4 = -112.031 dBm */
    cr_expect_eq(verdict.snr_mdb, -118000 + 112031);
    link.median_mdbm--;
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_BELOW_SENSITIVITY);
    params.gateway_noise_rise_db = 2.5;
    link.median_mdbm = -126500 + 2500;
    cr_expect_eq(judge(&params, RECEIVER_SX1301, &frame, &link).cause, LOSS_NONE);
    link.median_mdbm--;
    cr_expect_eq(judge(&params, RECEIVER_SX1301, &frame, &link).cause, LOSS_BELOW_SENSITIVITY);
}

Test(reception, a_threshold_separates_fading_from_weakness)
{
    struct reception_params params = defaults();
    params.errors = ERRORS_THRESHOLD;
    struct frame frame = frame_of(10, 125000, 20);
    struct judge_link link = { .median_mdbm = -130000, .fading_mdb = -2001 };
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_FADING);
    link.fading_mdb = -2000;
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_NONE);
}

/* The header's CR 4/8 outlasts a payload of 4/5; both outlive the preamble's detection. */
Test(reception, header_payload_and_preamble_are_told_apart)
{
    struct reception_params params = defaults();
    struct judge_tables *tables = judge_tables_create(&params);
    unsigned stages[4] = { 0 };
    struct frame frame = frame_of(7, 125000, 51);
    for (frame.id = 0; frame.id < 4000; frame.id++) {
        struct judge_frame judged;
        judge_frame_init(&judged, tables, SEED, RECEIVER_SX1276, &frame);
        struct judge_link link = { .median_mdbm = judged.detect_mdbm };
        struct verdict verdict = judge_link_reception(&judged, &link);
        stages[verdict.stage]++;
        cr_assert_eq(verdict.header_ok, verdict.stage >= STAGE_PAYLOAD);
        link.median_mdbm--;
        cr_assert_eq(judge_link_reception(&judged, &link).stage, STAGE_PREAMBLE);
    }
    /* detect_mdbm: even odds for the header; hardly a payload of 51 bytes survives there. */
    cr_expect(fabs(stages[STAGE_HEADER] / 4000.0 - 0.5) < 2.576 * 0.5 / sqrt(4000));
    cr_expect_eq(stages[STAGE_PREAMBLE], 0);
    cr_expect_lt(stages[STAGE_RECEIVED], 40);
    judge_tables_destroy(tables);
}

/* --- noise from outside ----------------------------------------------------------------------- */

/* Floor -117.031 dBm. A burst of that power doubles the noise: +3.010 dB; one 10 dB stronger for
 * half of the payload adds five floors on average: 10 log10(1 + 1 + 5) = 8.451 dB. */
Test(reception, bursts_add_to_the_noise_for_their_share)
{
    struct reception_params params = defaults();
    struct frame frame = frame_of(7, 125000, 51);
    struct noise_burst bursts[2] = {
        { .power_mdbm = -117031, .preamble = 1, .header = 1, .payload = 1 },
        { .power_mdbm = -107031, .payload = 0.5 },
    };
    struct judge_link link = { .median_mdbm = -80000, .bursts = bursts, .burst_count = 1 };
    struct verdict verdict = judge(&params, RECEIVER_SX1276, &frame, &link);
    cr_expect_eq(verdict.cause, LOSS_NONE);
    cr_expect_eq(verdict.snr_mdb, -80000 + 117031 - 3010);
    link.burst_count = 2;
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).snr_mdb, -80000 + 117031 - 8451);
}

Test(reception, a_threshold_holds_against_noise_and_bursts_together)
{
    struct reception_params params = defaults();
    params.errors = ERRORS_THRESHOLD;
    struct frame frame = frame_of(7, 125000, 51);
    struct noise_burst burst = { .power_mdbm = -117031 };
    struct judge_link link = { .bursts = &burst, .burst_count = 1 };
    static const enum reception_stage stages[] = { STAGE_PREAMBLE, STAGE_HEADER, STAGE_PAYLOAD };
    for (unsigned part = 0; part < 3; part++) {
        burst.preamble = part == 0;
        burst.header = part == 1;
        burst.payload = part == 2;
        link.median_mdbm = -123000 + 3010;
        cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_NONE);
        link.median_mdbm--;
        struct verdict verdict = judge(&params, RECEIVER_SX1276, &frame, &link);
        cr_expect_eq(verdict.cause, LOSS_INTERFERENCE);
        cr_expect_eq(verdict.stage, stages[part]);
        link.median_mdbm = -123001;
        verdict = judge(&params, RECEIVER_SX1276, &frame, &link);
        cr_expect_eq(verdict.cause, LOSS_BELOW_SENSITIVITY, "with the burst or without");
    }
}

/* Each unit of a frame falls into the burst with chance f: ln(1 - PER) is the mean of those with
 * and without, ln(1 - PER) = (1 - f) ln(1 - PER_quiet) + f ln(1 - PER_noisy). */
Test(reception, errors_under_a_burst_are_those_of_its_share)
{
    enum {
        TRIALS = 20000
    };
    struct reception_params params = defaults();
    struct judge_tables *tables = judge_tables_create(&params);
    struct frame frame = frame_of(9, 125000, 100);
    const int32_t snr_mdb = -11000, noisier_mdb = 1761; /* 10 log10(1 + 0.5) */
    double quiet = judge_packet_error(tables, RECEIVER_SX1276, &frame.modulation, 100, snr_mdb);
    double noisy = judge_packet_error(
            tables, RECEIVER_SX1276, &frame.modulation, 100, snr_mdb - noisier_mdb);
    static const double shares[] = { 0, 0.1, 0.5, 1 };
    for (unsigned i = 0; i < 4; i++) {
        double f = shares[i];
        struct noise_burst burst = { -117031 - 3010, f, f, f };
        struct judge_link link = {
            .median_mdbm = -117031 + snr_mdb, .bursts = &burst, .burst_count = 1
        };
        unsigned lost = 0;
        for (frame.id = 0; frame.id < TRIALS; frame.id++) {
            struct judge_frame judged;
            judge_frame_init(&judged, tables, SEED, RECEIVER_SX1276, &frame);
            lost += judge_link_reception(&judged, &link).cause != LOSS_NONE;
        }
        double expected = 1 - pow(1 - quiet, 1 - f) * pow(1 - noisy, f);
        double half = 2.576 * sqrt(expected * (1 - expected) / TRIALS);
        cr_expect(fabs((double)lost / TRIALS - expected) < half + 1e-3, "share %g: %g, expected %g",
                f, (double)lost / TRIALS, expected);
    }
    cr_expect(noisy > 3 * quiet && quiet > 0.001 && noisy < 0.9, "%g and %g", quiet, noisy);
    judge_tables_destroy(tables);
}

/* --- frequency -------------------------------------------------------------------------------- */

static enum loss_cause off_by(uint8_t sf, uint32_t bandwidth_hz, int32_t hz, int32_t clock_ppb,
        int32_t drift_millihertz, enum reception_stage *stage)
{
    struct reception_params params = defaults();
    struct frame frame = frame_of(sf, bandwidth_hz, 51);
    struct judge_link link = { .median_mdbm = -80000,
        .frequency_error_hz = hz,
        .clock_error_ppb = clock_ppb,
        .drift_millihertz = drift_millihertz };
    struct verdict verdict = judge(&params, RECEIVER_SX1276, &frame, &link);
    cr_expect_eq(verdict.frequency_error_hz, hz);
    *stage = verdict.stage;
    return verdict.cause;
}

/* SX1276 and SX1302: +-25 % of the bandwidth. */
Test(reception, a_carrier_may_be_off_by_a_quarter_of_the_bandwidth)
{
    enum reception_stage stage;
    static const struct {
        uint32_t bandwidth_hz;
        int32_t limit_hz;
    } limits[] = { { 125000, 31250 }, { 250000, 62500 }, { 500000, 125000 } };
    for (unsigned i = 0; i < 3; i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            uint32_t bandwidth_hz = limits[i].bandwidth_hz;
            int32_t limit_hz = sign * limits[i].limit_hz;
            cr_expect_eq(off_by(7, bandwidth_hz, limit_hz, 0, 0, &stage), LOSS_NONE);
            cr_expect_eq(
                    off_by(7, bandwidth_hz, limit_hz + sign, 0, 0, &stage), LOSS_FREQUENCY_OFFSET);
            cr_expect_eq(stage, STAGE_PREAMBLE);
        }
    }
}

/* SX1276 datasheet: SF12 +-50, SF11 +-100, SF10 +-200 ppm. */
Test(reception, symbol_clocks_may_be_apart_by_spreading_factor)
{
    enum reception_stage stage;
    static const struct {
        uint8_t sf;
        int32_t limit_ppb;
    } limits[] = { { 12, 50000 }, { 11, 100000 }, { 10, 200000 } };
    for (unsigned i = 0; i < 3; i++) {
        uint8_t sf = limits[i].sf;
        int32_t limit_ppb = limits[i].limit_ppb;
        cr_expect_eq(off_by(sf, 500000, 0, limit_ppb, 0, &stage), LOSS_NONE);
        cr_expect_eq(off_by(sf, 500000, 0, -limit_ppb, 0, &stage), LOSS_NONE);
        cr_expect_eq(off_by(sf, 500000, 0, limit_ppb + 1, 0, &stage), LOSS_FREQUENCY_OFFSET);
        cr_expect_eq(off_by(sf, 500000, 0, -limit_ppb - 1, 0, &stage), LOSS_FREQUENCY_OFFSET);
    }
    cr_expect_eq(off_by(9, 500000, 0, 300000, 0, &stage), LOSS_NONE);
}

/* SX126x: BW / (3 * 2^SF) within a frame, 16 times that with LDRO. Worked: SF12 at 125 kHz 10.2 and
 * 162.8 Hz, SF7 325 Hz. */
Test(reception, a_carrier_may_move_by_a_third_of_a_bin_and_16_times_that_with_ldro)
{
    enum reception_stage stage;
    struct reception_params params = defaults();
    cr_expect_eq(off_by(7, 125000, 0, 0, 325520, &stage), LOSS_NONE);
    cr_expect_eq(off_by(7, 125000, 0, 0, -325530, &stage), LOSS_FREQUENCY_OFFSET);
    cr_expect_eq(stage, STAGE_PAYLOAD, "the header was read");
    cr_expect_eq(off_by(12, 125000, 0, 0, -162700, &stage), LOSS_NONE);
    cr_expect_eq(off_by(12, 125000, 0, 0, 162800, &stage), LOSS_FREQUENCY_OFFSET);
    struct frame frame = frame_of(12, 125000, 51);
    frame.modulation.low_data_rate = false;
    struct judge_link link = { .median_mdbm = -80000, .drift_millihertz = 10170 };
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_NONE);
    link.drift_millihertz = 10180;
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_FREQUENCY_OFFSET);
}

Test(reception, a_weak_frame_is_not_called_off_frequency)
{
    struct reception_params params = defaults();
    struct frame frame = frame_of(7, 125000, 51);
    struct judge_link link = { .median_mdbm = -140000, .frequency_error_hz = 40000 };
    cr_expect_eq(judge(&params, RECEIVER_SX1276, &frame, &link).cause, LOSS_BELOW_SENSITIVITY);
}
