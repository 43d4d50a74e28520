/* Scenario keys of a group of end-devices.
 * SPDX-License-Identifier: MIT
 */
#include "air/penetration.h"
#include "scenario/scenario_keys.h"

static const char *const numbering_names[] = { "drawn", "place", NULL };
static const char *const layout_names[] = { "uniform", "ring", "grid", "hex", "file", "clusters",
    NULL };
static const char *const state_names[] = { "off", "commissioned", NULL };
static const char *const phase_names[] = { "boot", "uniform", NULL };
static const char *const traffic_names[] = { "periodic", "jittered", "poisson", NULL };
static const char *const in_session_names[] = { "hold", "send", NULL };
static const char *const data_rate_names[] = { "link-check", "adr", "by-link", "DR0", "DR1", "DR2",
    "DR3", "DR4", "DR5", NULL };
static const char *const own_version_names[] = { "auto", NULL };
static const char *const own_names[] = { "auto", NULL };
static const char *const refresh_names[] = { "auto", "never", NULL };
static const char *const never_names[] = { "never", NULL };
static const char *const on_off_names[] = { "on", "off", NULL }; /* of a member that says "no" */
static const char *const board_names[] = { "board", NULL };

#define G(member) PARAM_MEMBER(struct scenario_device_group, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", G(name), &param_string, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "devices", "Name of the group of devices in results." },
    { "count", G(count), &param_u32, DIMENSION_NONE, 1, 1000000, NULL, "20", "Number of end-devices; a file of positions gives its own." },
    { "state", G(state), &param_enum, DIMENSION_NONE, 0, 0, state_names, "off", "State at time zero: switched off, or joined long before." },
    { "board", G(board), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "stm32l072-sx1276", "Board of the devices, which decides times, energy and where image slots lie: one that the program knows, or the path of a board file." },
    { "firmware", G(firmware), &param_string, DIMENSION_NONE, 0, 0, NULL, "built-in", "Firmware that the devices run: built-in, or the path of a shared object." },
    { "layout", G(layout), &param_enum, DIMENSION_NONE, 0, 0, layout_names, "uniform", "Arrangement of the devices in the area." },
    { "file", G(file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "File of positions (CSV or GeoJSON) for layout file." },
    { "spacing", G(spacing_m), &param_double, DIMENSION_LENGTH, 0, 50e3, NULL, "0 m", "Distance between neighbours of layouts grid and hex; 0 fills the area." },
    { "clusters.count", G(clusters_count), &param_u32, DIMENSION_NONE, 1, 100000, NULL, "10", "Number of cluster centres of layout clusters, uniform over the area." },
    { "clusters.spread", G(clusters_spread_m), &param_double, DIMENSION_LENGTH, 0, 50e3, NULL, "100 m", "Standard deviation of positions around a cluster's centre along each axis." },
    { "numbering", G(numbering), &param_enum, DIMENSION_NONE, 0, 0, numbering_names, "drawn", "Which device has which place: as the layout gives them, or near places near numbers, which lets a run of more than some 30,000 devices take less time." },
    { "indoor.share", G(indoor_share), &param_double, DIMENSION_RATIO, 0, 1, NULL, "100 %", "Share of the devices that are in buildings." },
    { "indoor.depth", G(indoor_depth), &param_enum, DIMENSION_NONE, 0, 0, &penetration_class_names[1], "fixed", "Penetration loss of devices in buildings: propagation.penetration, or a class of walls." },
    { "height", G(height_m), &param_double, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "Height of the devices' antennas; okumura-hata holds from 1 m to 10 m." },
    { "antenna_gain", G(antenna_gain_db), &param_double, DIMENSION_LEVEL, -20, 10, NULL, "0 dB", "Antenna gain over that of the board, in both directions; a loss is negative." },
    { "radio.tolerance", G(radio_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 100, NULL, "10 ppm", "Carrier error of devices, uniform in plus or minus this." },
    { "radio.drift", G(radio_drift_ppm_per_s), &param_double, DIMENSION_PPM, 0, 100, NULL, "0 ppm", "Drift of the carrier per second of a transmission." },
    { "boot.spread", G(boot_spread_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "1 h", "Time from zero over which devices are switched on, uniformly." },
    { "report.period", G(report_period_ns), &param_time, DIMENSION_TIME, 10, 48 * DAY, NULL, "4 h", "Period of the application's report; the firmware counts up to 48 days." },
    { "report.phase", G(report_phase_uniform), &param_enum, DIMENSION_NONE, 0, 0, phase_names, "uniform", "Time of the first report: soon after the join, or anywhere in the period." },
    { "report.until", G(report_until_ns), &param_time, DIMENSION_TIME, 1, 3650 * DAY, never_names, "never", "Time of the run after which no report leaves, by the device's RTC; never is no end." },
    { "report.count", G(report_count), &param_u32, DIMENSION_NONE, 0, 65535, NULL, "0", "Number of reports after each start of the device; 0 is no end." },
    { "report.payload", G(report_payload_bytes), &param_u32, DIMENSION_BYTES, 0, 242, NULL, "24 B", "Application bytes of a report; a campaign needs 20 B." },
    { "report.phy_payload", G(report_phy_payload_bytes), &param_u32, DIMENSION_BYTES, 0, 255, NULL, "0 B", "Bytes of a report on air, which are 13 B more than report.payload and replace it; 0 leaves report.payload." },
    { "report.traffic", G(report_traffic), &param_enum, DIMENSION_NONE, 0, 0, traffic_names, "periodic", "Distribution of the times between reports." },
    { "report.jitter", G(report_jitter), &param_double, DIMENSION_RATIO, 0, 1, NULL, "10 %", "Jitter of jittered traffic as a share of the period." },
    { "report.confirmed", G(report_confirmed), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "Reports ask for an acknowledgement." },
    { "report.in_session", G(report_in_session), &param_bool, DIMENSION_NONE, 0, 0, in_session_names, "hold", "Reports that fall into a multicast session are held until its end, or sent." },
    { "data_rate", G(data_rate), &param_enum, DIMENSION_NONE, 0, 0, data_rate_names, "link-check", "Data rate of uplinks, or the rule that chooses it; commissioned devices of link-check and adr begin as by-link." },
    { "tx_power", G(tx_power_dbm), &param_double, DIMENSION_POWER, 0, 14, NULL, "14 dBm", "Output power of the radio in steps of 2 dB, without the antenna; ADR may lower it." },
    { "nb_trans", G(nb_trans), &param_u32, DIMENSION_NONE, 1, 15, NULL, "1", "Number of transmissions of an uplink." },
    { "duty_cycle", G(no_duty_cycle), &param_bool, DIMENSION_NONE, 0, 0, on_off_names, "on", "Whether devices keep the duty cycle of their region; off counts what breaks it in uplinks.duty_violations." },
    { "wrong_gen_app_key", G(wrong_gen_app_key), &param_double, DIMENSION_RATIO, 0, 1, NULL, "0 %", "Share of the devices that left the factory with a GenAppKey that the server does not have, evenly among the group." },
    { "channels", G(channels), &param_channels, DIMENSION_FREQUENCY, 137e6, 1020e6, NULL, "", "List of those of gateways.channels that the devices use after the join; without it, all." },
    { "rtc.tolerance", G(rtc_tolerance_ppm), &param_double, DIMENSION_PPM, 0, 500, NULL, "20 ppm", "Initial error of the RTC's crystal, uniform in plus or minus this." },
    { "rtc.temperature.mean", G(rtc_temperature_mean_c), &param_double, DIMENSION_TEMPERATURE, -40, 85, NULL, "25 C", "Mean temperature of the RTC's crystal." },
    { "rtc.temperature.swing", G(rtc_temperature_swing_c), &param_double, DIMENSION_TEMPERATURE, 0, 40, NULL, "0 C", "Amplitude of the RTC crystal's temperature over a day." },
    { "rtc.temperature.file", G(rtc_temperature_file), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "", "CSV file of hours and degrees Celsius that repeats; it replaces rtc.temperature.mean and rtc.temperature.swing." },
    { "rtc.parabola", G(rtc_parabola_ppm_per_c2), &param_double, DIMENSION_PARABOLA, -1, 0, NULL, "-0.034 ppm/C2", "Temperature coefficient of the RTC's crystal around its turnover." },
    { "rtc.turnover", G(rtc_turnover_c), &param_double, DIMENSION_TEMPERATURE, 0, 50, NULL, "25 C", "Temperature at which the RTC's crystal is fastest." },
    { "rtc.ageing", G(rtc_ageing_ppm_per_year), &param_double, DIMENSION_PPM, -20, 20, NULL, "0 ppm", "Ageing of the RTC's crystal per year." },
    { "rtc.random_walk", G(rtc_random_walk_ppm), &param_double, DIMENSION_PPM, 0, 10, NULL, "0 ppm", "Random walk of the RTC crystal's error per square root of a day." },
    { "guard.fixed", G(guard_fixed_ns), &param_time, DIMENSION_TIME, 0, 600, own_names, "auto", "Fixed part of the time by which a session opens early; auto leaves it to the firmware, or is 0 s if guard.drift is given." },
    { "guard.drift", G(guard_drift_ppm), &param_double, DIMENSION_PPM, 0, 1000, own_names, "auto", "Part of the guard time that grows with the age of the clock; auto leaves it to the firmware, or is 0 ppm if guard.fixed is given." },
    { "packages.fragmentation", G(packages_fragmentation), &param_u8, DIMENSION_NONE, 1, 2, own_version_names, "auto", "Version of TS004 in the devices' firmware; auto is the campaign's fragmentation_version." },
    { "clock_refresh", G(clock_refresh_ns), &param_time, DIMENSION_TIME, 3600, 365 * DAY, refresh_names, "auto", "Age of the clock at which a device asks for the time; auto leaves it to the firmware." },
    { "defences.counter_window", G(counter_window), &param_u32, DIMENSION_NONE, 0, 65535, NULL, "0", "Largest step of a multicast group's McFCnt that a device takes at once, 0 for any; after 10 minutes without a frame of a group it takes any." },
    { "defences.fragment_table", G(fragment_table), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "Devices take a signed table of hashes, and only fragments that match it; campaign.defences.fragment_table sends it." },
    { "trial", G(trial_ns), &param_time, DIMENSION_TIME, 3600, 255 * 3600.0, own_names, "auto", "Time in which a new image must confirm itself, in whole hours; auto leaves it to the firmware (24 h)." },
    { "battery.capacity", G(battery_capacity_mah), &param_double, DIMENSION_CHARGE, 1, 1e6, board_names, "board", "Rated capacity of the battery." },
    { "battery.self_discharge", G(battery_self_discharge), &param_double, DIMENSION_RATIO, 0, 1, board_names, "board", "Self-discharge of the battery per year as a share of its capacity." },
    { "battery.usable", G(battery_usable), &param_double, DIMENSION_RATIO, 0.01, 1, board_names, "board", "Share of the battery's capacity that is used before the supply is too low." },
};
/* clang-format on */
const struct param_rows device_rows = { rows, sizeof rows / sizeof rows[0] };
