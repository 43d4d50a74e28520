/* Scenario keys of the air: propagation, reception, interferers, foreign traffic.
 * SPDX-License-Identifier: MIT
 */
#include "air/fading.h"
#include "air/interferer.h"
#include "air/judge.h"
#include "scenario/scenario_table.h"

static const char *const foreign_rate_names[] = { "mixed", "DR0", "DR1", "DR2", "DR3", "DR4", "DR5",
    NULL };

#define S(member) offsetof(struct scenario, member)
#define I(member) offsetof(struct scenario_interferer, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "propagation.model", S(propagation.model), PARAM_ENUM, DIMENSION_NONE, 0, 0, path_loss_law_names, "okumura-hata", "median path loss" },
    { "propagation.preset", S(propagation.preset), PARAM_ENUM, DIMENSION_NONE, 0, 0, path_loss_preset_names, "none", "published parameters, which replace model and free ones" },
    { "propagation.environment", S(propagation.environment), PARAM_ENUM, DIMENSION_NONE, 0, 0, propagation_environment_names, "urban", "of okumura-hata" },
    { "propagation.exponent", S(propagation.exponent), PARAM_DOUBLE, DIMENSION_NONE, 1, 8, NULL, "3.76", "of log-distance, and of dual-slope before the breakpoint" },
    { "propagation.reference.loss", S(propagation.reference_loss_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 200, NULL, "7.7 dB", "of log-distance and dual-slope at the reference distance" },
    { "propagation.reference.distance", S(propagation.reference_distance_m), PARAM_DOUBLE, DIMENSION_LENGTH, 0.1, 10e3, NULL, "1 m", "where that loss holds" },
    { "propagation.exponent_far", S(propagation.exponent_far), PARAM_DOUBLE, DIMENSION_NONE, 1, 8, NULL, "4", "of dual-slope beyond the breakpoint" },
    { "propagation.breakpoint", S(propagation.breakpoint_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 50e3, NULL, "1 km", "of dual-slope" },
    { "propagation.penetration", S(propagation.penetration_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 60, NULL, "6 dB", "loss into the building of a device whose indoor.depth is fixed" },
    { "propagation.shadowing.sigma", S(propagation.shadowing_sigma_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 20, NULL, "6 dB", "log-normal, the same both ways" },
    { "propagation.shadowing.correlation", S(propagation.shadowing_correlation_m), PARAM_DOUBLE, DIMENSION_LENGTH, 0, 10e3, NULL, "0 m", "distance of decorrelation (Gudmundson); 0: one draw per link" },
    { "propagation.shadowing.site_correlation", S(propagation.shadowing_site_correlation), PARAM_DOUBLE, DIMENSION_RATIO, 0, 1, NULL, "0", "share of the shadowing that all gateways see" },
    { "propagation.fading", S(propagation.fading), PARAM_ENUM, DIMENSION_NONE, 0, 0, fading_model_names, "rayleigh", "block fading" },
    { "propagation.rician_k", S(propagation.rician_k_db), PARAM_DOUBLE, DIMENSION_LEVEL, -20, 40, NULL, "6 dB", "line of sight over scattered power, of rician fading" },
    { "propagation.coherence", S(propagation.coherence_ns), PARAM_TIME, DIMENSION_TIME, 0, 3600, NULL, "0 s", "length of a fading block, from 1 ms; 0: one draw per frame and receiver" },
    { "reception.errors", S(reception.errors), PARAM_ENUM, DIMENSION_NONE, 0, 0, reception_errors_names, "curve", "what noise does: packet error curve, or all above the sensitivity" },
    { "reception.interference", S(reception.interference), PARAM_ENUM, DIMENSION_NONE, 0, 0, interference_model_names, "capture", "what frames do to each other" },
    { "reception.overlap", S(reception.overlap), PARAM_ENUM, DIMENSION_NONE, 0, 0, overlap_rule_names, "instant", "powers at their worst instant, or energies over the overlap" },
    { "reception.timing", S(reception.timing), PARAM_ENUM, DIMENSION_NONE, 0, 0, capture_timing_names, "preamble-lock", "which part of a frame must be clean" },
    { "reception.capture", S(reception.capture_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "threshold of capture" },
    { "reception.device.noise_figure", S(reception.device.noise_figure_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "of the devices' receivers" },
    { "reception.device.noise_rise", S(reception.device.noise_rise_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 60, NULL, "0 dB", "man-made noise over the thermal one, at devices" },
    { "reception.device.sensitivity", S(reception.device.sensitivity), PARAM_SENSITIVITY, DIMENSION_POWER, -160, -60, sensitivity_table_names, "sx1276", "of devices: a table, or levels for SF7 to SF12" },
    { "reception.gateway.noise_figure", S(reception.gateway.noise_figure_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 30, NULL, "6 dB", "of the gateways' receivers" },
    { "reception.gateway.noise_rise", S(reception.gateway.noise_rise_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 60, NULL, "0 dB", "man-made noise over the thermal one, at gateways" },
    { "reception.gateway.sensitivity", S(reception.gateway.sensitivity), PARAM_SENSITIVITY, DIMENSION_POWER, -160, -60, sensitivity_table_names, "sx1301", "of gateways: a table, or levels for SF7 to SF12" },
    { "foreign.devices", S(foreign.devices), PARAM_U32, DIMENSION_NONE, 0, 100000, NULL, "0", "end-devices of other networks on the same gateways" },
    { "foreign.period", S(foreign.period_ns), PARAM_TIME, DIMENSION_TIME, 10, 365 * DAY, NULL, "10 min", "mean time between uplinks of each (Poisson)" },
    { "foreign.payload", S(foreign.payload_bytes), PARAM_U32, DIMENSION_BYTES, 1, 222, NULL, "20 B", "application bytes of theirs" },
    { "foreign.data_rate", S(foreign.data_rate), PARAM_ENUM, DIMENSION_NONE, 0, 0, foreign_rate_names, "mixed", "of theirs: every one alike often, or one" },
};

static const struct param interferers[] = {
    { "frequency", I(frequency_hz), PARAM_DOUBLE, DIMENSION_FREQUENCY, 860e6, 875e6, NULL, "868.1 MHz", "centre" },
    { "bandwidth", I(bandwidth_hz), PARAM_DOUBLE, DIMENSION_FREQUENCY, 1, 10e6, NULL, "125 kHz", "in which its power is spread evenly" },
    { "power", I(power_dbm), PARAM_DOUBLE, DIMENSION_POWER, -60, 60, NULL, "14 dBm", "EIRP while it is on" },
    { "x", I(x_m), PARAM_DOUBLE, DIMENSION_LENGTH, -100e3, 100e3, NULL, "0 m", "east of the centre of the area" },
    { "y", I(y_m), PARAM_DOUBLE, DIMENSION_LENGTH, -100e3, 100e3, NULL, "0 m", "north of it" },
    { "height", I(height_m), PARAM_DOUBLE, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "of its antenna" },
    { "on", I(on_ns), PARAM_TIME, DIMENSION_TIME, 1e-6, 365 * DAY, NULL, "1 s", "mean length of a burst" },
    { "off", I(off_ns), PARAM_TIME, DIMENSION_TIME, 0, 365 * DAY, NULL, "0 s", "mean length of a pause" },
    { "statistics", I(statistics), PARAM_ENUM, DIMENSION_NONE, 0, 0, interferer_statistics_names, "continuous", "of bursts and pauses" },
};
/* clang-format on */
const struct param_rows air_rows = { rows, sizeof rows / sizeof rows[0] };
const struct param_rows interferer_rows = { interferers,
    sizeof interferers / sizeof interferers[0] };
