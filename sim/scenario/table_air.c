/* Scenario keys of the air: propagation, reception, interferers, foreign traffic.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "air/fading.h"
#include "air/interferer.h"
#include "air/judge.h"
#include "scenario/scenario_keys.h"

static const char *const usual_names[] = { "auto", NULL };
static const char *const foreign_rate_names[] = { "mixed", "DR0", "DR1", "DR2", "DR3", "DR4", "DR5",
    NULL };

/* The name of a table, or six levels for SF7..SF12, into struct sensitivity_table. */
static bool set_sensitivity(const struct param_text *t)
{
    struct sensitivity_table table = { 0 };
    int name = param_find_name(t);
    if (name >= 0) {
        table = *sensitivity_table((enum sensitivity_table_name)name);
    } else {
        double values[PARAM_NUMBERS_MAX];
        if (strpbrk(t->text, "0123456789,") == NULL || strstr(t->text, "dBm") == NULL) {
            return param_unknown_name(t);
        }
        int count = param_read_numbers(t, values);
        if (count >= 0 && count != 6) {
            scenario_errors_add(t->errors, t->place,
                    "%s has %d levels; should have six, of SF7 to SF12", t->path, count);
        }
        if (count != 6) {
            return false;
        }
        for (uint32_t i = 0; i < 6; i++) { /* from SF7 on, at 125 kHz */
            table.mdbm[0][i + 1] = (int32_t)lround(values[i] * 1000.0);
        }
    }
    *(struct sensitivity_table *)t->member = table;
    return true;
}
static const struct param_type param_sensitivity = { .size = sizeof(struct sensitivity_table),
    .parse = set_sensitivity,
    .form = PARAM_NUMBER,
    .takes_list = true,
    .list_min = 6,
    .list_max = 6 };

#define S(member) PARAM_MEMBER(struct scenario, member)
#define I(member) PARAM_MEMBER(struct interferer_params, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "propagation.model", S(propagation.path.model), &param_enum, DIMENSION_NONE, 0, 0, path_loss_law_names, "okumura-hata", "Law of the median path loss." },
    { "propagation.preset", S(propagation.path.preset), &param_enum, DIMENSION_NONE, 0, 0, path_loss_preset_names, "none", "Published parameters, which replace the law and its free parameters." },
    { "propagation.environment", S(propagation.path.environment), &param_enum, DIMENSION_NONE, 0, 0, propagation_environment_names, "urban", "Environment of okumura-hata and cost-231." },
    { "propagation.exponent", S(propagation.path.exponent), &param_double, DIMENSION_NONE, 1, 8, NULL, "3.76", "Path loss exponent of log-distance, and of dual-slope before the breakpoint." },
    { "propagation.reference.loss", S(propagation.path.reference_loss_db), &param_double, DIMENSION_LEVEL, 0, 200, NULL, "7.7 dB", "Path loss of log-distance and dual-slope at the reference distance." },
    { "propagation.reference.distance", S(propagation.path.reference_distance_m), &param_double, DIMENSION_LENGTH, 0.1, 10e3, NULL, "1 m", "Distance at which the reference loss holds." },
    { "propagation.exponent_far", S(propagation.path.exponent_far), &param_double, DIMENSION_NONE, 1, 8, NULL, "4", "Path loss exponent of dual-slope beyond the breakpoint." },
    { "propagation.breakpoint", S(propagation.path.breakpoint_m), &param_double, DIMENSION_LENGTH, 1, 50e3, NULL, "1 km", "Distance of dual-slope's breakpoint." },
    { "propagation.penetration", S(propagation.penetration_db), &param_double, DIMENSION_LEVEL, 0, 60, NULL, "6 dB", "Loss into the building of a device whose indoor.depth is fixed." },
    { "propagation.shadowing.sigma", S(propagation.path.shadowing_sigma_db), &param_double, DIMENSION_LEVEL, 0, 20, NULL, "6 dB", "Standard deviation of log-normal shadowing, which is the same in both directions." },
    { "propagation.shadowing.correlation", S(propagation.path.shadowing_correlation_m), &param_double, DIMENSION_LENGTH, 0, 10e3, NULL, "0 m", "Distance at which shadowing decorrelates (Gudmundson); 0 draws each link by itself." },
    { "propagation.shadowing.site_correlation", S(propagation.path.shadowing_site_correlation), &param_double, DIMENSION_RATIO, 0, 1, NULL, "0", "Share of the shadowing that all gateways have in common." },
    { "propagation.fading", S(propagation.fading.model), &param_enum, DIMENSION_NONE, 0, 0, fading_model_names, "rayleigh", "Distribution of block fading." },
    { "propagation.rician_k", S(propagation.fading.rician_k_db), &param_double, DIMENSION_LEVEL, -20, 40, NULL, "6 dB", "Power of the line of sight over the scattered power, of rician fading." },
    { "propagation.coherence", S(propagation.fading.coherence_ns), &param_time, DIMENSION_TIME, 0, 3600, NULL, "0 s", "Length of a fading block, at least 1 ms; 0 draws each frame and receiver by itself." },
    { "reception.errors", S(reception.errors), &param_enum, DIMENSION_NONE, 0, 0, reception_errors_names, "curve", "Effect of noise: errors by the packet error curve, or none above the sensitivity." },
    { "reception.interference", S(reception.interference), &param_enum, DIMENSION_NONE, 0, 0, interference_model_names, "capture", "Effect of frames on each other." },
    { "reception.overlap", S(reception.overlap), &param_enum, DIMENSION_NONE, 0, 0, overlap_rule_names, "instant", "Power of an interfering frame: that of its worst instant, or its energy over the overlap." },
    { "reception.timing", S(reception.timing), &param_enum, DIMENSION_NONE, 0, 0, capture_timing_names, "preamble-lock", "Part of a frame that must be free of interference." },
    { "reception.equal_copies", S(reception.equal_copies), &param_enum, DIMENSION_NONE, 0, 0, equal_copies_names, "interfere", "Copies of a downlink that gateways send within a quarter of a symbol: they interfere like any other frames, or combine their powers." },
    { "reception.capture", S(reception.capture_db), &param_double, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "Threshold of capture: power of a frame over those that it survives." },
    { "reception.device.noise_figure", S(reception.device_noise_figure_db), &param_double, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "Noise figure of the devices' receivers." },
    { "reception.device.noise_rise", S(reception.device_noise_rise_db), &param_double, DIMENSION_LEVEL, 0, 60, NULL, "0 dB", "Man-made noise over the thermal noise at devices." },
    { "reception.device.sensitivity", S(reception.device_sensitivity), &param_sensitivity, DIMENSION_POWER, -160, -60, sensitivity_table_names, "sx1276", "Sensitivity of devices: a published table, or six levels for SF7 to SF12." },
    { "reception.gateway.noise_figure", S(reception.gateway_noise_figure_db), &param_double, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "Noise figure of the gateways' receivers." },
    { "reception.gateway.noise_rise", S(reception.gateway_noise_rise_db), &param_double, DIMENSION_LEVEL, 0, 60, NULL, "0 dB", "Man-made noise over the thermal noise at gateways." },
    { "reception.gateway.sensitivity", S(reception.gateway_sensitivity), &param_sensitivity, DIMENSION_POWER, -160, -60, sensitivity_table_names, "sx1301", "Sensitivity of gateways: a published table, or six levels for SF7 to SF12." },
    { "foreign.devices", S(foreign.devices), &param_u32, DIMENSION_NONE, 0, 100000, NULL, "0", "Number of end-devices of other networks in reach of the gateways." },
    { "foreign.period", S(foreign.period_ns), &param_time, DIMENSION_TIME, 10, 365 * DAY, NULL, "10 min", "Mean time between two uplinks of a foreign device (Poisson)." },
    { "foreign.payload", S(foreign.payload_bytes), &param_u32, DIMENSION_BYTES, 1, 222, NULL, "20 B", "Application bytes of a foreign uplink." },
    { "foreign.data_rate", S(foreign.data_rate), &param_enum, DIMENSION_NONE, 0, 0, foreign_rate_names, "mixed", "Data rate of foreign devices: a uniform mix, or one of them." },
};

static const struct param interferers[] = {
    { "frequency", I(frequency_hz), &param_hz, DIMENSION_FREQUENCY, 137e6, 1020e6, usual_names, "auto", "Centre frequency of the interferer." },
    { "bandwidth", I(bandwidth_hz), &param_hz, DIMENSION_FREQUENCY, 1, 10e6, NULL, "125 kHz", "Bandwidth over which the interferer's power is spread evenly." },
    { "power", I(eirp_mdbm), &param_mdb, DIMENSION_POWER, -60, 60, NULL, "14 dBm", "EIRP of the interferer while it is on." },
    { "x", I(x_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the interferer east of the centre of the area." },
    { "y", I(y_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the interferer north of the centre of the area." },
    { "height", I(height_m), &param_double, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "Height of the interferer's antenna." },
    { "on", I(mean_on_ns), &param_time, DIMENSION_TIME, 1e-6, 365 * DAY, NULL, "1 s", "Mean length of a burst of the interferer." },
    { "off", I(mean_off_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "0 s", "Mean length of a pause of the interferer." },
    { "statistics", I(statistics), &param_enum, DIMENSION_NONE, 0, 0, interferer_statistics_names, "continuous", "Distribution of the lengths of the interferer's bursts and pauses." },
};
/* clang-format on */
const struct param_rows air_rows = { rows, sizeof rows / sizeof rows[0] };
const struct param_rows interferer_rows = { interferers,
    sizeof interferers / sizeof interferers[0] };
