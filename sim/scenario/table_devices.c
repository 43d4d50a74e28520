/* Scenario keys of a group of end-devices.
 * SPDX-License-Identifier: MIT
 */
#include "air/penetration.h"
#include "scenario/scenario_keys.h"

static const char *const layout_names[] = { "uniform", "ring", "grid", "hex", "file", "clusters",
    NULL };
static const char *const state_names[] = { "off", "commissioned", NULL };
static const char *const phase_names[] = { "boot", "uniform", NULL };
static const char *const traffic_names[] = { "periodic", "jittered", "poisson", NULL };
static const char *const in_session_names[] = { "hold", "send", NULL };
static const char *const data_rate_names[] = { "link-check", "adr", "by-link", "DR0", "DR1", "DR2",
    "DR3", "DR4", "DR5", NULL };
static const char *const own_names[] = { "auto", NULL };
static const char *const refresh_names[] = { "auto", "never", NULL };
static const char *const board_names[] = { "board", NULL };

#define G(member) PARAM_MEMBER(struct scenario_device_group, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", G(name), &param_string, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "devices", "of the group" },
    { "count", G(count), &param_u32, DIMENSION_NONE, 1, 1000000, NULL, "20", "end-devices; of layout file: as many as it has" },
    { "state", G(state), &param_enum, DIMENSION_NONE, 0, 0, state_names, "off", "at time zero: off, or joined long before" },
    { "board", G(board), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "stm32l072-sx1276", "a board that is known, or a board's file" },
    { "firmware", G(firmware), &param_string, DIMENSION_NONE, 0, 0, NULL, "built-in", "Firmware that the devices run: built-in, or the path of a shared object." },
    { "layout", G(layout), &param_enum, DIMENSION_NONE, 0, 0, layout_names, "uniform", "where they stand in the area" },
    { "file", G(file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "positions of layout file: CSV or GeoJSON" },
    { "spacing", G(spacing_m), &param_double, DIMENSION_LENGTH, 0, 50e3, NULL, "0 m", "between neighbours of grid and hex; 0: as fills the area" },
    { "clusters.count", G(clusters_count), &param_u32, DIMENSION_NONE, 1, 100000, NULL, "10", "of layout clusters: centres, uniform over the area" },
    { "clusters.spread", G(clusters_spread_m), &param_double, DIMENSION_LENGTH, 0, 50e3, NULL, "100 m", "of layout clusters: standard deviation along each axis" },
    { "indoor.share", G(indoor_share), &param_double, DIMENSION_RATIO, 0, 1, NULL, "100 %", "of devices that are in buildings" },
    { "indoor.depth", G(indoor_depth), &param_enum, DIMENSION_NONE, 0, 0, &penetration_class_names[1], "fixed", "how deep: propagation.penetration, or a class of walls" },
    { "height", G(height_m), &param_double, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "of the antennas; okumura-hata holds from 1 m to 10 m" },
    { "antenna_gain", G(antenna_gain_db), &param_double, DIMENSION_LEVEL, -20, 10, NULL, "0 dB", "over the antenna of the board, both ways: a loss is negative" },
    { "radio.tolerance", G(radio_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 100, NULL, "10 ppm", "carrier error, uniform in plus or minus this" },
    { "radio.drift", G(radio_drift_ppm_per_s), &param_double, DIMENSION_PPM, 0, 100, NULL, "0 ppm", "of the carrier each second while it transmits" },
    { "boot.spread", G(boot_spread_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "1 h", "power-on times, uniform" },
    { "report.period", G(report_period_ns), &param_time, DIMENSION_TIME, 10, 48 * DAY, NULL, "4 h", "of the application's report; the firmware counts up to 48 days" },
    { "report.phase", G(report_phase_uniform), &param_enum, DIMENSION_NONE, 0, 0, phase_names, "uniform", "of the first report: soon after the join, or anywhere in the period" },
    { "report.payload", G(report_payload_bytes), &param_u32, DIMENSION_BYTES, 1, 242, NULL, "24 B", "application bytes of a report; a campaign needs 20 B" },
    { "report.phy_payload", G(report_phy_payload_bytes), &param_u32, DIMENSION_BYTES, 0, 255, NULL, "0 B", "instead: bytes on air, which are 13 B more" },
    { "report.traffic", G(report_traffic), &param_enum, DIMENSION_NONE, 0, 0, traffic_names, "periodic", "times between reports" },
    { "report.jitter", G(report_jitter), &param_double, DIMENSION_RATIO, 0, 1, NULL, "10 %", "of jittered traffic: share of the period" },
    { "report.confirmed", G(report_confirmed), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "reports want an acknowledgement" },
    { "report.in_session", G(report_in_session), &param_bool, DIMENSION_NONE, 0, 0, in_session_names, "hold", "what happens to reports that fall into a session" },
    { "data_rate", G(data_rate), &param_enum, DIMENSION_NONE, 0, 0, data_rate_names, "link-check", "of uplinks, and who chooses it; commissioned devices of link-check and adr begin as by-link" },
    { "tx_power", G(tx_power_dbm), &param_double, DIMENSION_POWER, 0, 14, NULL, "14 dBm", "of the radio in steps of 2 dB, antenna apart; ADR may take less" },
    { "nb_trans", G(nb_trans), &param_u32, DIMENSION_NONE, 1, 15, NULL, "1", "times that an uplink is sent" },
    { "channels", G(channels), &param_channels, DIMENSION_FREQUENCY, 137e6, 1020e6, NULL, "", "list of those of gateways.channels that they use once joined; none: all of them" },
    { "rtc.tolerance", G(rtc_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 500, NULL, "20 ppm", "initial error of the crystal, uniform in plus or minus this" },
    { "rtc.temperature.mean", G(rtc_temperature_mean_c), &param_double, DIMENSION_TEMPERATURE, -40, 85, NULL, "25 C", "where the crystal is" },
    { "rtc.temperature.swing", G(rtc_temperature_swing_c), &param_double, DIMENSION_TEMPERATURE, 0, 40, NULL, "0 C", "diurnal amplitude" },
    { "rtc.temperature.file", G(rtc_temperature_file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "instead: CSV of hours and degrees Celsius, repeating" },
    { "rtc.parabola", G(rtc_parabola_ppm_per_c2), &param_double, DIMENSION_PARABOLA, -1, 0, NULL, "-0.034 ppm/C2", "of a tuning fork over its turnover" },
    { "rtc.turnover", G(rtc_turnover_c), &param_double, DIMENSION_TEMPERATURE, 0, 50, NULL, "25 C", "where it is fastest" },
    { "rtc.ageing", G(rtc_ageing_ppm_per_year), &param_double, DIMENSION_PPM, -20, 20, NULL, "0 ppm", "a year" },
    { "rtc.random_walk", G(rtc_random_walk_ppm), &param_double, DIMENSION_PPM, 0, 10, NULL, "0 ppm", "per square root of a day" },
    { "guard.fixed", G(guard_fixed_ns), &param_time, DIMENSION_TIME, 0, 600, own_names, "auto", "a session opens this much early; auto: as the firmware reckons, 0 s beside guard.drift" },
    { "guard.drift", G(guard_drift_ppm), &param_double, DIMENSION_PPM, 0, 1000, own_names, "auto", "and this much of the time since the clock was set; auto: likewise" },
    { "clock_refresh", G(clock_refresh_ns), &param_time, DIMENSION_TIME, 3600, 365 * DAY, refresh_names, "auto", "age at which a device asks for the time again" },
    { "battery.capacity", G(battery_capacity_mah), &param_double, DIMENSION_CHARGE, 1, 1e6, board_names, "board", "rated" },
    { "battery.self_discharge", G(battery_self_discharge), &param_double, DIMENSION_RATIO, 0, 1, board_names, "board", "of the capacity, a year" },
    { "battery.usable", G(battery_usable), &param_double, DIMENSION_RATIO, 0.01, 1, board_names, "board", "share of the capacity before the supply is too low" },
};
/* clang-format on */
const struct param_rows device_rows = { rows, sizeof rows / sizeof rows[0] };
