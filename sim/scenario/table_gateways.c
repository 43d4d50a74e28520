/* Scenario keys of gateways and network server.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/gateway.h"
#include "scenario/scenario_table.h"

static const char *const layout_names[] = { "uniform", "ring", "grid", "hex", "file", NULL };
static const char *const off_on_names[] = { "off", "on", NULL };
static const char *const usual_names[] = { "auto", NULL };
static const char *const all_names[] = { "all", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };

#define S(member) offsetof(struct scenario, member)
#define O(member) offsetof(struct scenario_outage, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "gateways.count", S(gateways.count), PARAM_U32, DIMENSION_NONE, 1, 64, NULL, "3", "gateways; of layout file: as many as it has" },
    { "gateways.layout", S(gateways.layout), PARAM_ENUM, DIMENSION_NONE, 0, 0, layout_names, "ring", "where gateways stand" },
    { "gateways.file", S(gateways.file), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "positions of layout file: CSV or GeoJSON" },
    { "gateways.radius", S(gateways.radius_m), PARAM_DOUBLE, DIMENSION_LENGTH, 0, 50e3, NULL, "1.5 km", "of the ring of gateways" },
    { "gateways.spacing", S(gateways.spacing_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 50e3, NULL, "1.5 km", "between neighbours of grid and hex" },
    { "gateways.height", S(gateways.height_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 300, NULL, "30 m", "of the antennas; okumura-hata holds from 30 m to 200 m" },
    { "gateways.antenna_gain", S(gateways.antenna_gain_db), PARAM_DOUBLE, DIMENSION_LEVEL, -10, 20, NULL, "0 dB", "on reception; transmit powers are radiated ones (EIRP)" },
    { "gateways.demodulators", S(gateways.demodulators), PARAM_U32, DIMENSION_NONE, 0, GATEWAY_DEMODULATORS_MAX, NULL, "8", "frames at once (SX1301: 8, SX1302: 16); 0: no limit" },
    { "gateways.channels", S(gateways.channels), PARAM_CHANNELS, DIMENSION_FREQUENCY, 863e6, 870e6, NULL, "", "list of up to 8; none: the default three and 867.1 to 867.9 MHz" },
    { "gateways.backhaul.latency", S(gateways.backhaul_latency_ns), PARAM_TIME, DIMENSION_TIME, 0.001, 10, NULL, "80 ms", "one way, mean" },
    { "gateways.backhaul.jitter", S(gateways.backhaul_jitter_ns), PARAM_TIME, DIMENSION_TIME, 0, 10, NULL, "20 ms", "plus or minus (uniform), standard deviation (lognormal)" },
    { "gateways.backhaul.law", S(gateways.backhaul_law), PARAM_ENUM, DIMENSION_NONE, 0, 0, gateway_jitter_law_names, "uniform", "of the jitter" },
    { "gateways.backhaul.loss", S(gateways.backhaul_loss), PARAM_DOUBLE, DIMENSION_RATIO, 0, 1, NULL, "0 %", "probability that a message is lost, each way" },
    { "gateways.gnss", S(gateways.gnss), PARAM_BOOL, DIMENSION_NONE, 0, 0, NULL, "true", "false is short for clock.source: free" },
    { "gateways.clock.source", S(gateways.clock_source), PARAM_ENUM, DIMENSION_NONE, 0, 0, gateway_clock_source_names, "gnss", "of a gateway's time" },
    { "gateways.clock.error", S(gateways.clock_error_ns), PARAM_TIME, DIMENSION_TIME, 0, 3600, usual_names, "auto", "deviation; of free: at time zero, plus or minus; auto: 50 ns, 10 ms, 1 s" },
    { "gateways.clock.drift", S(gateways.clock_drift_ppm), PARAM_DOUBLE, DIMENSION_PPM, 0, 500, NULL, "10 ppm", "of free: plus or minus" },
    { "gateways.beacons", S(gateways.beacons), PARAM_BOOL, DIMENSION_NONE, 0, 0, NULL, "false", "of class B every 128 s: they take airtime, nobody follows them" },
    { "gateways.radio.tolerance", S(gateways.radio_tolerance_ppm), PARAM_DOUBLE, DIMENSION_PPM, 0, 100, NULL, "0.5 ppm", "carrier error, uniform in plus or minus this" },
    { "gateways.downlink_crc", S(gateways.downlink_crc), PARAM_BOOL, DIMENSION_NONE, 0, 0, NULL, "false", "payload CRC on downlinks, which LoRaWAN has not" },
    { "network.adr", S(network.adr), PARAM_BOOL, DIMENSION_NONE, 0, 0, off_on_names, "off", "data rates and powers by the server" },
    { "network.adr_margin", S(network.adr_margin_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 40, NULL, "10 dB", "that ADR leaves, and data_rate by-link; fading counts: the best SNR of 20 uplinks is judged" },
    { "network.adr_nb_trans", S(network.adr_nb_trans), PARAM_BOOL, DIMENSION_NONE, 0, 0, off_on_names, "off", "ADR commands repetitions too, by the share of lost uplinks" },
    { "network.device_time", S(network.device_time), PARAM_BOOL, DIMENSION_NONE, 0, 0, off_on_names, "on", "answers to DeviceTimeReq; off: a server before LoRaWAN 1.0.3" },
    { "network.dev_status", S(network.dev_status_period_ns), PARAM_TIME, DIMENSION_TIME, 0, 365 * DAY, NULL, "0 s", "time between questions for battery and margin; 0: once" },
    { "network.rx2_data_rate", S(network.rx2_data_rate), PARAM_ENUM, DIMENSION_NONE, 0, 0, data_rate_names, "DR2", "of the second receive window" },
};

static const struct param outages[] = {
    { "gateway", O(gateway), PARAM_I32, DIMENSION_NONE, 0, 63, all_names, "all", "which one, from 0" },
    { "from", O(from_ns), PARAM_TIME, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "start" },
    { "duration", O(duration_ns), PARAM_TIME, DIMENSION_TIME, 0.001, 3650 * DAY, NULL, "1 h", "length" },
    { "every", O(every_ns), PARAM_TIME, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "from start to start; 0: once" },
    { "kind", O(kind), PARAM_ENUM, DIMENSION_NONE, 0, 0, gateway_outage_kind_names, "backhaul", "what fails" },
};
/* clang-format on */
const struct param_rows gateway_rows = { rows, sizeof rows / sizeof rows[0] };
const struct param_rows outage_rows = { outages, sizeof outages / sizeof outages[0] };
