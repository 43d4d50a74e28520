/* Scenario keys of gateways and network server.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "gateway/gateway.h"
#include "scenario/scenario_keys.h"

static const char *const layout_names[] = { "uniform", "ring", "grid", "hex", "file", NULL };
static const char *const off_on_names[] = { "off", "on", NULL };
static const char *const on_off_names[] = { "on", "off", NULL }; /* of a member that says "no" */
static const char *const usual_names[] = { "auto", NULL };
static const char *const all_names[] = { "all", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };

static bool set_channels(const struct param_text *t)
{
    double values[PARAM_NUMBERS_MAX];
    int count = param_read_numbers(t, values);
    if (count > (int)SCENARIO_CHANNELS_MAX) {
        scenario_errors_add(t->errors, t->place, "%s: %d channels, at most %u", t->path, count,
                SCENARIO_CHANNELS_MAX);
    }
    if (count < 0 || count > (int)SCENARIO_CHANNELS_MAX) {
        return false;
    }
    struct scenario_channels channels = { .count = (uint32_t)count };
    for (int i = 0; i < count; i++) {
        channels.hz[i] = (uint32_t)llround(values[i]);
        for (int j = 0; j < i; j++) {
            if (channels.hz[j] == channels.hz[i]) {
                scenario_errors_add(t->errors, t->place, "%s: %.10g MHz stands twice", t->path,
                        values[i] / 1e6);
                return false;
            }
        }
    }
    *(struct scenario_channels *)t->member = channels;
    return true;
}
const struct param_type param_channels = { sizeof(struct scenario_channels), set_channels,
    param_print_range, true };

#define S(member) PARAM_MEMBER(struct scenario, member)
#define O(member) PARAM_MEMBER(struct gateway_outage, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "gateways.count", S(gateways.count), &param_u32, DIMENSION_NONE, 1, 64, NULL, "3", "gateways; of layout file: as many as it has" },
    { "gateways.layout", S(gateways.layout), &param_enum, DIMENSION_NONE, 0, 0, layout_names, "ring", "where gateways stand" },
    { "gateways.file", S(gateways.file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "positions of layout file: CSV or GeoJSON" },
    { "gateways.radius", S(gateways.radius_m), &param_double, DIMENSION_LENGTH, 0, 50e3, NULL, "1.5 km", "of the ring of gateways" },
    { "gateways.spacing", S(gateways.spacing_m), &param_double, DIMENSION_LENGTH, 1, 50e3, NULL, "1.5 km", "between neighbours of grid and hex" },
    { "gateways.height", S(gateways.height_m), &param_double, DIMENSION_LENGTH, 1, 300, NULL, "30 m", "of the antennas; okumura-hata holds from 30 m to 200 m" },
    { "gateways.antenna_gain", S(gateways.params.antenna_gain_mdb), &param_mdb, DIMENSION_LEVEL, -10, 20, NULL, "0 dB", "on reception; transmit powers are radiated ones (EIRP)" },
    { "gateways.demodulators", S(gateways.params.demodulators), &param_u16, DIMENSION_NONE, 0, GATEWAY_DEMODULATORS_MAX, NULL, "8", "frames at once (SX1301: 8, SX1302: 16); 0: no limit" },
    { "gateways.channels", S(gateways.channels), &param_channels, DIMENSION_FREQUENCY, 137e6, 1020e6, NULL, "", "list of up to 8; none: those of a usual network, 868.1 to 868.5 and 867.1 to 867.9 MHz in EU868" },
    { "gateways.backhaul.latency", S(gateways.params.backhaul_latency_ns), &param_time, DIMENSION_TIME, 0.001, 10, NULL, "80 ms", "one way, mean" },
    { "gateways.backhaul.jitter", S(gateways.params.backhaul_jitter_ns), &param_time, DIMENSION_TIME, 0, 10, NULL, "20 ms", "plus or minus (uniform), standard deviation (lognormal)" },
    { "gateways.backhaul.law", S(gateways.params.backhaul_law), &param_enum, DIMENSION_NONE, 0, 0, gateway_jitter_law_names, "uniform", "of the jitter" },
    { "gateways.backhaul.loss", S(gateways.params.backhaul_loss), &param_double, DIMENSION_RATIO, 0, 1, NULL, "0 %", "probability that a message is lost, each way" },
    { "gateways.gnss", S(gateways.params.gnss), &param_bool, DIMENSION_NONE, 0, 0, NULL, "true", "false is short for clock.source: free" },
    { "gateways.clock.source", S(gateways.params.clock.source), &param_enum, DIMENSION_NONE, 0, 0, gateway_clock_source_names, "gnss", "of a gateway's time" },
    { "gateways.clock.error", S(gateways.params.clock.error_ns), &param_time, DIMENSION_TIME, 0, 3600, usual_names, "auto", "deviation; of free: at time zero, plus or minus; auto: 50 ns, 10 ms, 1 s" },
    { "gateways.clock.drift", S(gateways.params.clock.drift_ppb), &param_ppb, DIMENSION_PPM, 0, 500, NULL, "10 ppm", "of free: plus or minus" },
    { "gateways.beacons", S(gateways.params.beacons), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "of class B every 128 s: they take airtime, nobody follows them" },
    { "gateways.radio.tolerance", S(gateways.radio_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 100, NULL, "0.5 ppm", "carrier error, uniform in plus or minus this" },
    { "gateways.downlink_crc", S(gateways.params.downlink_crc), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "payload CRC on downlinks, which LoRaWAN has not" },
    { "network.adr", S(network.adr.on), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "off", "data rates and powers by the server" },
    { "network.adr_margin", S(network.adr.margin_mdb), &param_mdb, DIMENSION_LEVEL, 0, 40, NULL, "10 dB", "that ADR leaves, and data_rate by-link; fading counts: the best SNR of 20 uplinks is judged" },
    { "network.adr_nb_trans", S(network.adr.nb_trans), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "off", "ADR commands repetitions too, by the share of lost uplinks" },
    { "network.device_time", S(network.no_device_time), &param_bool, DIMENSION_NONE, 0, 0, on_off_names, "on", "answers to DeviceTimeReq; off: a server before LoRaWAN 1.0.3" },
    { "network.dev_status", S(network.dev_status_period_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "0 s", "time between questions for battery and margin; 0: once" },
    { "network.listen_share", S(network.listen_share), &param_double, DIMENSION_RATIO, 0, 0.99, NULL, "50 %", "Share of the time that multicast leaves a gateway to listen, in a sub-band without a duty cycle." },
    { "network.rx2_data_rate", S(network.rx2_data_rate), &param_enum_u8, DIMENSION_NONE, 0, 0, data_rate_names, "DR2", "of the second receive window" },
};

static const struct param outages[] = {
    { "gateway", O(gateway), &param_u32, DIMENSION_NONE, 0, 63, all_names, "all", "which one, from 0" },
    { "from", O(from_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "start" },
    { "duration", O(duration_ns), &param_time, DIMENSION_TIME, 0.001, 3650 * DAY, NULL, "1 h", "length" },
    { "every", O(every_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "from start to start; 0: once" },
    { "kind", O(kind), &param_enum, DIMENSION_NONE, 0, 0, gateway_outage_kind_names, "backhaul", "what fails" },
};
/* clang-format on */
const struct param_rows gateway_rows = { rows, sizeof rows / sizeof rows[0] };
const struct param_rows outage_rows = { outages, sizeof outages / sizeof outages[0] };
