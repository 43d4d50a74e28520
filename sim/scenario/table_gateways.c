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
static const char *const never_names[] = { "never", NULL };
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
const struct param_type param_channels = { .size = sizeof(struct scenario_channels),
    .parse = set_channels,
    .form = PARAM_NUMBER,
    .takes_list = true,
    .list_max = SCENARIO_CHANNELS_MAX };

#define S(member) PARAM_MEMBER(struct scenario, member)
#define O(member) PARAM_MEMBER(struct scenario_fault, member)
#define W(member) PARAM_MEMBER(struct gateway_wrong_clock, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "gateways.count", S(gateways.count), &param_u32, DIMENSION_NONE, 1, SCENARIO_GATEWAYS_MAX, NULL, "3", "Number of gateways; a file of positions gives its own." },
    { "gateways.layout", S(gateways.layout), &param_enum, DIMENSION_NONE, 0, 0, layout_names, "ring", "Arrangement of the gateways in the area." },
    { "gateways.file", S(gateways.file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "File of positions (CSV or GeoJSON) for layout file." },
    { "gateways.radius", S(gateways.radius_m), &param_double, DIMENSION_LENGTH, 0, 500e3, NULL, "1.5 km", "Radius of the ring of gateways." },
    { "gateways.spacing", S(gateways.spacing_m), &param_double, DIMENSION_LENGTH, 1, 50e3, NULL, "1.5 km", "Distance between neighbours of layouts grid and hex." },
    { "gateways.height", S(gateways.height_m), &param_double, DIMENSION_LENGTH, 1, 300, NULL, "30 m", "Height of the gateways' antennas; okumura-hata holds from 30 m to 200 m." },
    { "gateways.antenna_gain", S(gateways.params.antenna_gain_mdb), &param_mdb, DIMENSION_LEVEL, -10, 20, NULL, "0 dB", "Antenna gain on reception; transmit powers are radiated powers (EIRP)." },
    { "gateways.power", S(gateways.params.eirp_mdbm), &param_mdb, DIMENSION_POWER, 1, 36, usual_names, "auto", "Radiated power of downlinks (EIRP), at most the limit of the sub-band in whole dB, which is also auto; EU868: 16.15 dBm, at 869.4 to 869.65 MHz 29.15 dBm; IN865: 30 dBm." },
    { "gateways.duty_form", S(gateways.params.duty_form), &param_enum, DIMENSION_NONE, 0, 0, gateway_duty_form_names, "hour", "Form in which gateways keep a duty cycle d: at most d of any hour, or a pause of T/d - T from the end, or from the start, of a frame of airtime T; from the start, as ns-3 counts, exceeds d = 10 % by 11 %." },
    { "gateways.demodulators", S(gateways.params.demodulators), &param_u16, DIMENSION_NONE, 0, GATEWAY_DEMODULATORS_MAX, NULL, "8", "Number of frames that a gateway receives at one time (SX1301: 8, SX1302: 16); 0 is no limit." },
    { "gateways.demodulator_from", S(reception.demodulator_from), &param_enum, DIMENSION_NONE, 0, 0, demodulator_from_names, "detection", "Moment at which a frame takes a demodulator, which it holds to its end: detection of its preamble, as in the SX1301, or its start, as in ns-3." },
    { "gateways.channels", S(gateways.channels), &param_channels, DIMENSION_FREQUENCY, 137e6, 1020e6, NULL, "", "List of at most 8 uplink channels; without it, those of a usual network in the region." },
    { "gateways.backhaul.latency", S(gateways.params.backhaul_latency_ns), &param_time, DIMENSION_TIME, 0.001, 10, NULL, "80 ms", "Mean latency of the backhaul in one direction." },
    { "gateways.backhaul.jitter", S(gateways.params.backhaul_jitter_ns), &param_time, DIMENSION_TIME, 0, 10, NULL, "20 ms", "Jitter of the backhaul's latency: its largest deviation (uniform), or its standard deviation (lognormal)." },
    { "gateways.backhaul.law", S(gateways.params.backhaul_law), &param_enum, DIMENSION_NONE, 0, 0, gateway_jitter_law_names, "uniform", "Distribution of the backhaul's latency." },
    { "gateways.backhaul.loss", S(gateways.params.backhaul_loss), &param_double, DIMENSION_RATIO, 0, 1, NULL, "0 %", "Probability that the backhaul loses a message, in each direction." },
    { "gateways.gnss", S(gateways.params.gnss), &param_bool, DIMENSION_NONE, 0, 0, NULL, "true", "Whether gateways have a GNSS receiver; false is short for clock.source: free." },
    { "gateways.clock.source", S(gateways.params.clock.source), &param_enum, DIMENSION_NONE, 0, 0, gateway_clock_source_names, "gnss", "Source of the gateways' time." },
    { "gateways.clock.error", S(gateways.params.clock.error_ns), &param_time, DIMENSION_TIME, 0, 3600, usual_names, "auto", "Standard deviation of a gateway's clock, or of a free one its largest offset at time zero; auto is 50 ns (gnss), 10 ms (ntp), 1 s (free)." },
    { "gateways.clock.drift", S(gateways.params.clock.drift_ppb), &param_ppb, DIMENSION_PPM, 0, 500, NULL, "10 ppm", "Largest drift of a free clock, in both directions." },
    { "gateways.beacons", S(gateways.params.beacons), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "Gateways send class B beacons every 128 s (airtime only; devices ignore them)." },
    { "gateways.radio.tolerance", S(gateways.radio_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 100, NULL, "0.5 ppm", "Carrier error of gateways, uniform in plus or minus this." },
    { "gateways.downlink_crc", S(gateways.params.downlink_crc), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "Downlinks carry a payload CRC, against LoRaWAN." },
    { "network.adr", S(network.adr.on), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "off", "The network server commands data rates and powers (ADR)." },
    { "network.adr_margin", S(network.adr.margin_mdb), &param_mdb, DIMENSION_LEVEL, 0, 40, NULL, "10 dB", "Margin over the required SNR that ADR keeps, and data_rate by-link; ADR judges the best SNR of 20 uplinks, which fading raises." },
    { "network.adr_nb_trans", S(network.adr.nb_trans), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "off", "ADR commands repetitions (NbTrans) by the share of lost uplinks." },
    { "network.device_time", S(network.no_device_time), &param_bool, DIMENSION_NONE, 0, 0, on_off_names, "on", "The network server answers DeviceTimeReq; off is a server before LoRaWAN 1.0.3." },
    { "network.dev_status", S(network.dev_status_period_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, never_names, "0 s", "Time between two questions for battery and margin (DevStatusReq); 0 asks once, never does not ask." },
    { "network.listen_share", S(network.listen_share), &param_double, DIMENSION_RATIO, 0, 0.99, NULL, "50 %", "Share of the time that multicast leaves a gateway to listen, in a sub-band without a duty cycle." },
    { "network.rx2_data_rate", S(network.rx2_data_rate), &param_enum_u8, DIMENSION_NONE, 0, 0, data_rate_names, "DR2", "Data rate of the second receive window." },
};

static const struct param outages[] = {
    { "gateway", O(gateway), &param_u32, DIMENSION_NONE, 0, SCENARIO_GATEWAYS_MAX - 1u, all_names, "all", "Number of the gateway that fails, from 0, or all." },
    { "from", O(at_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time at which the outage starts." },
    { "duration", O(duration_ns), &param_time, DIMENSION_TIME, 0.001, 3650 * DAY, NULL, "1 h", "Length of the outage." },
    { "every", O(every_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time from one start of the outage to the next; 0 is one outage." },
    { "kind", O(part), &param_enum, DIMENSION_NONE, 0, 0, gateway_outage_kind_names, "backhaul", "Part that fails: the backhaul, or the gateway's power." },
};

static const struct param wrong_clocks[] = {
    { "gateway", W(gateway), &param_u32, DIMENSION_NONE, 0, SCENARIO_GATEWAYS_MAX - 1u, NULL, "0", "Number of a gateway whose clock is wrong, from 0." },
    { "error", W(error_ns), &param_time, DIMENSION_TIME, -7300 * DAY, 7300 * DAY, NULL, "10 min", "Time by which the clock of that gateway is ahead of the right one, in addition to clock.error; a negative one is late. Servers use no stamp that is a minute or more from its arrival." },
};
/* clang-format on */
const struct param_rows gateway_rows = { rows, sizeof rows / sizeof rows[0] };
const struct param_rows outage_rows = { outages, sizeof outages / sizeof outages[0] };
const struct param_rows wrong_clock_rows = { wrong_clocks,
    sizeof wrong_clocks / sizeof wrong_clocks[0] };
