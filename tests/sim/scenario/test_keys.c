/* Keys of physics and plain studies: lists, words for numbers, combinations, warnings.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "air/sensitivity.h"
#include "gateway/gateway.h"
#include "scenario/temperature_file.h"
#include "sim/scenario/reading.h"

Test(keys, hold_lists_of_objects)
{
    cr_assert(
            read_text(
                    "interferers:\n"
                    "  - {frequency: 868.3 MHz, power: -3 dBm, statistics: periodic}\n"
                    "  - {x: -1 km, on: 20 ms}\n"
                    "gateways: {outages: [{gateway: 1, from: 2 h, kind: power}, {every: 1 d}]}\n"),
            "%s", messages);
    cr_assert_eq(scenario.interferer_count, 2);
    cr_expect_eq(scenario.interferers[0].frequency_hz, 868300000);
    cr_expect_eq(scenario.interferers[0].eirp_mdbm, -3000);
    cr_expect_float_eq(scenario.interferers[1].x_m, -1000.0, 0.0);
    cr_expect_eq(scenario.interferers[1].mean_on_ns, 20 * SIM_NS_PER_MS);
    cr_expect_eq(scenario.interferers[1].frequency_hz, 868100000, "default");
    cr_assert_eq(scenario.outage_count, 2);
    cr_expect_eq(scenario.outages[0].gateway, 1);
    cr_expect_eq(scenario.outages[0].part, GATEWAY_OUTAGE_POWER);
    cr_expect_eq(scenario.outages[1].gateway, GATEWAY_ALL);
    static const char *const sets[] = { "interferers.1.power=7 dBm",
        "gateways.outages.0.from=3 h" };
    cr_assert(read_with("interferers: [{}, {}]\ngateways: {outages: [{}]}\n", sets, 2), "%s",
            messages);
    cr_expect_eq(scenario.interferers[1].eirp_mdbm, 7000);
    cr_expect_eq(scenario.outages[0].at_ns, 3 * 3600 * SIM_NS_PER_S);
}

/* The one time of a scenario that can be below zero. */
Test(keys, hold_wrong_clocks)
{
    cr_assert(read_with("gateways: {clock: {source: ntp, wrong: [{gateway: 1, error: -90 s}, "
                        "{gateway: 2, error: -5 ns}, {}]}}\n",
                      NULL, 0),
            "%s", messages);
    cr_assert_eq(scenario.gateways.params.wrong_clock_count, 3);
    cr_expect_eq(scenario.gateways.wrong_clocks[0].gateway, 1);
    cr_expect_eq(scenario.gateways.wrong_clocks[0].error_ns, -90 * SIM_NS_PER_S);
    cr_expect_eq(scenario.gateways.wrong_clocks[1].error_ns, -5);
    cr_expect_eq(scenario.gateways.wrong_clocks[2].gateway, 0);
    cr_expect_eq(scenario.gateways.wrong_clocks[2].error_ns, 600 * SIM_NS_PER_S);
    cr_expect_eq(warnings, 0, "%s", messages);
}

Test(keys, say_what_is_wrong_in_a_list)
{
    expect_refused("interferers:\n  - {frequency: 868.3 MHz, pwer: 1 dBm}\n",
            "city.yaml:2:28: error: unknown key 'pwer' (did you mean 'power'?)");
    expect_refused("interferers: {power: 1 dBm}\n", "'interferers' should be a list");
    expect_refused("interferers: [5]\n", "city.yaml:1:15: error: 'interferers' should list keys");
    expect_refused("gateways: {outages: [{gateway: 3}]}\n",
            "city.yaml:1:32: error: gateways.outages.0.gateway = 3, but there are 3, counted from "
            "0");
    expect_refused("gateways: {outages: [{every: 1 h, duration: 2 h}]}\n",
            "city.yaml:1:30: error: gateways.outages.0.every should be longer than duration");
    expect_refused("gateways: {clock: {wrong: [{gateway: 3}]}}\n",
            "city.yaml:1:38: error: gateways.clock.wrong: gateway = 3, but there are 3");
    expect_refused("gateways:\n  clock: {wrong: [{gateway: 1}, {gateway: 1}]}\n",
            "city.yaml:2:43: error: gateways.clock.wrong: gateway = 1 stands twice");
    expect_refused("gateways: {clock: {wrong: [{error: 30 years}]}}\n", "city.yaml:1:36: error: ");
    static const char *const sets[] = { "interferers.0.power=7 dBm" };
    cr_expect_not(read_with("name: a\n", sets, 1));
    cr_expect_not_null(
            strstr(messages, "no such item: should be interferers.NUMBER.key"), "%s", messages);
}

Test(keys, hold_channels)
{
    cr_assert(read_text("gateways: {channels: [868.1 MHz, 867100 kHz]}\n"
                        "devices: [{channels: [867.1 MHz]}]\n"),
            "%s", messages);
    cr_expect_eq(scenario.gateways.channels.count, 2);
    cr_expect_eq(scenario.gateways.channels.hz[1], 867100000);
    cr_expect_eq(scenario.groups[0].channels.hz[0], 867100000);
    expect_refused("gateways: {channels: [868.1 MHz, 868.1 MHz]}\n", "868.1 MHz stands twice");
    expect_refused("gateways: {channels: [868.1 MHz, 1 GHz]}\n", "wrong unit");
    expect_refused("gateways: {channels: [868.1 MHz, 868.3 MHz, 868.5 MHz, 867.1 MHz, 867.3 MHz, "
                   "867.5 MHz, 867.7 MHz, 867.9 MHz, 868.8 MHz]}\n",
            "9 channels, at most 8");
    cr_assert(read_text("gateways: {channels: [868.1 MHz, 868.3 MHz, 868.5 MHz, 867.1 MHz, "
                        "867.3 MHz, 867.5 MHz, 867.7 MHz, 867.9 MHz]}\n"),
            "8 channels: %s", messages);
    expect_refused("gateways: {channels: [868.65 MHz]}\n", "868.65 MHz is in no EU868 sub-band");
    expect_refused("gateways: {channels: [867.1 MHz, 867.3 MHz, 867.5 MHz, 867.7 MHz, 867.9 MHz, "
                   "866.1 MHz]}\n",
            "a CFList holds 5 beside the default channels of EU868");
    expect_refused("devices: [{channels: [866.1 MHz]}]\n",
            "866.1 MHz is neither a default channel of EU868 nor one of gateways.channels");
}

Test(keys, hold_sensitivities)
{
    cr_assert(read_text("reception: {gateway: {sensitivity: lorasim}, device: {sensitivity: [-123 "
                        "dBm, -126 dBm, -129 dBm, -132 dBm, -134.5 dBm, -137 dBm]}}\n"),
            "%s", messages);
    cr_expect_arr_eq(scenario.reception.gateway_sensitivity.mdbm,
            sensitivity_table(SENSITIVITY_LORASIM)->mdbm, sizeof(struct sensitivity_table));
    cr_expect_eq(sensitivity_mdbm(&scenario.reception.device_sensitivity, 11, 125000), -134500);
    expect_refused("reception: {device: {sensitivity: sx1267}}\n",
            "reception.device.sensitivity = 'sx1267' should be one of: sx1276");
    expect_refused("reception: {device: {sensitivity: [-1 dBm]}}\n", "is outside -160 dBm .. -60");
    expect_refused("reception: {device: {sensitivity: [-123 dBm, -126 dBm]}}\n",
            "has 2 levels; should have six");
}

Test(keys, take_words_for_numbers)
{
    cr_assert(read_text("name: a\n"), "%s", messages);
    cr_expect_eq(scenario.groups[0].guard_fixed_ns, SCENARIO_AUTO);
    cr_expect_eq(scenario.groups[0].clock_refresh_ns, SCENARIO_AUTO);
    cr_expect_eq(scenario.gateways.params.clock.source, GATEWAY_CLOCK_GNSS);
    cr_assert(read_text("gateways: {gnss: false}\n"
                        "devices: [{clock_refresh: never, guard: {fixed: 0 s, drift: 3 ppm}, "
                        "battery: {capacity: 1.2 Ah}}]\n"),
            "%s", messages);
    cr_expect_eq(scenario.groups[0].clock_refresh_ns, SCENARIO_NEVER);
    cr_expect_eq(scenario.groups[0].guard_fixed_ns, 0);
    cr_expect_float_eq(scenario.groups[0].guard_drift_ppm, 3.0, 0.0);
    cr_expect_float_eq(scenario.groups[0].battery_capacity_mah, 1200.0, 1e-9);
    cr_expect_float_eq(scenario.groups[0].battery_usable, -1.0, 0.0);
    cr_expect_eq(scenario.gateways.params.clock.source, GATEWAY_CLOCK_FREE,
            "gnss: false is short for it");
    expect_refused("devices: [{clock_refresh: 90 min}]\n", "clock_refresh should be whole hours");
    expect_refused("devices: [{clock_refresh: nevr}]\n", "clock_refresh = 'nevr' is not a number");
}

Test(keys, make_a_campaign_by_naming_it)
{
    cr_assert(read_text("name: a\n"));
    cr_expect_eq(scenario.campaign_count, 0);
    cr_assert(read_text("campaign: none\n"), "%s", messages);
    cr_expect_eq(scenario.campaign_count, 0);
    static const char *const sets[] = { "campaign=none" };
    cr_assert(read_with("campaign: {start: 1 h}\n", sets, 1), "%s", messages);
    cr_expect_eq(scenario.campaign_count, 0);
    expect_refused("campaign: some\n", "'campaign' should hold keys");
}

Test(keys, refuse_reports_that_cannot_be)
{
    expect_refused("devices: [{report: {payload: 8 B}}]\ncampaign: {}\n",
            "city.yaml:1:30: error: report.payload: a campaign is confirmed by the version in "
            "reports of at least 20 B; these have 8");
    cr_expect(read_text("devices: [{report: {payload: 8 B}}]\n"), "%s", messages);
    expect_refused("devices: [{report: {payload: 100 B}}]\n",
            "100 application bytes do not fit DR0, to which data_rate may come down: at most 51 B");
    cr_expect(read_text("devices: [{report: {payload: 100 B}, data_rate: DR3}]\n"));
    expect_refused("devices: [{report: {phy_payload: 12 B}}]\n",
            "report.phy_payload = 12 B is no report: header, FPort and MIC take 13 B");
    cr_expect(read_text("devices: [{report: {phy_payload: 13 B}}]\n"));
    cr_expect_eq(scenario_report_bytes(&scenario.groups[0]), 0);
    expect_refused("devices: [{report: {phy_payload: 33 B, payload: 20 B}}]\n", "only one of them");
    cr_expect(read_text("devices: [{report: {phy_payload: 33 B}}]\n"));
    cr_expect_eq(scenario_report_bytes(&scenario.groups[0]), 20);
    expect_refused("devices: [{report: {period: 12.5 s}}]\n", "should be whole seconds");
    expect_refused("devices: [{report: {period: 60 d}}]\n", "report.period = 60 d is outside");
    expect_refused("devices: [{report: {jitter: 12.5 %}}]\n", "should be whole percents");
    expect_refused("devices: [{guard: {drift: 2.5 ppm}}]\n", "should be whole ppm");
    expect_refused("devices: [{guard: {fixed: 0.5 ms}}]\n", "should be whole milliseconds");
    expect_refused("devices: [{tx_power: 13 dBm}]\n", "should be one of 0, 2, 4 .. 14 dBm");
}

Test(keys, warn_of_keys_without_effect)
{
    cr_expect(read_text("name: a\n"));
    cr_expect_eq(warnings, 0, "%s", messages);
    expect_warned("propagation: {preset: lorasim, exponent: 3}\n",
            "city.yaml:1:42: warning: propagation.exponent has no effect here");
    expect_warned("propagation: {rician_k: 3 dB}\n", "it applies only with fading: rician");
    expect_warned("devices: [{clusters: {count: 3}}]\n", "clusters.count has no effect here");
    expect_warned("devices: [{data_rate: adr}]\n", "network.adr is off");
    expect_warned("reception: {interference: croce, capture: 1 dB}\n",
            "reception.capture has no effect here; it applies only with interference: capture");
    expect_warned("interferers: [{on: 1 ms, off: 9 ms}]\n",
            "interferers: off has no effect here; it applies only with statistics: periodic");
    expect_warned("foreign: {period: 1 min}\n", "foreign.period has no effect here");
    expect_warned("propagation: {penetration: 9 dB}\ndevices: [{indoor: {depth: deep}}]\n",
            "propagation.penetration has no effect here");
    expect_warned("gateways: {clock: {source: free, error: 5 s}}\n",
            "gateways.clock.error has no effect here; it applies only with clock.source: gnss or "
            "ntp");
    expect_warned("gateways: {clock: {source: free, wrong: [{gateway: 1, error: 5 s}]}}\n",
            "gateways.clock.wrong has no effect here");
    expect_warned("propagation: {shadowing: {sigma: 0 dB, correlation: 100 m}}\n",
            "propagation.shadowing.correlation has no effect here; it applies only with a sigma");
    expect_warned("devices: [{guard: {fixed: 1 s}}]\ncampaign: none\n",
            "guard.fixed has no effect here; it applies only with a campaign");
    cr_expect(read_text("interferers: [{on: 1 ms, off: 9 ms, statistics: periodic}]\n"
                        "propagation: {penetration: 9 dB}\nreception: {capture: 1 dB}\n"));
    cr_expect_eq(warnings, 0, "%s", messages);
    cr_expect(read_text("devices: [{data_rate: adr}]\nnetwork: {adr: on}\n"));
    cr_expect_eq(warnings, 0, "%s", messages);
}

/* Hata's data: base stations of 30 to 200 m, mobiles of 1 to 10 m, 1 to 20 km. */
Test(keys, warn_of_a_law_beyond_its_range)
{
    expect_warned("gateways: {height: 12 m}\n", "the base height is beyond what okumura-hata");
    expect_warned("devices: [{height: 20 m}]\n", "the mobile height is beyond");
    expect_warned("area: {radius: 30 km}\n", "the distance is beyond");
    /* 331 gateways are the centre and 10 rings: 26 km to the sides of the outermost one. */
    static const char lattice[] =
            "area: {radius: %s}\ngateways: {count: 331, layout: %s, spacing: 3 km}\n";
    char text[160];
    snprintf(text, sizeof text, lattice, "45 km", "hex");
    expect_warned(text, "up to 20751 m");
    snprintf(text, sizeof text, lattice, "44 km", "hex");
    expect_no_warning(text);
    /* 19 columns, 17 full rows: 24 km to the upper side. */
    snprintf(text, sizeof text, lattice, "43 km", "grid");
    expect_warned(text, "up to 21121 m");
    snprintf(text, sizeof text, lattice, "41 km", "grid");
    expect_no_warning(text);
}

/* 51 bytes at DR0: 64 on air take 2.79 s (spec-physics 6); 1 % of 100 s is 1 s. */
Test(keys, warn_of_reports_that_the_duty_cycle_holds_back)
{
    expect_warned("gateways: {channels: [868.1 MHz]}\n"
                  "devices: [{data_rate: DR0, report: {payload: 51 B, period: 100 s}}]\n",
            "2.79 s on air at DR0 are 2.79 % of the period; the duty cycle lets 1 % pass");
    cr_expect(read_text("gateways: {channels: [868.1 MHz]}\n"
                        "devices: [{data_rate: DR0, report: {payload: 51 B, period: 300 s}}]\n"));
    cr_expect_eq(warnings, 0, "%s", messages);
}

static bool read_temperature_bytes(const char *text, size_t size, struct temperature_file *file)
{
    char path[] = "/tmp/fleetcast-temperature-XXXXXX";
    int handle = mkstemp(path);
    cr_assert_eq(write(handle, text, size), (ssize_t)size);
    close(handle);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = temperature_file_read(file, path, (struct scenario_place){ "a", 1, 1 }, errors);
    take_messages(errors);
    unlink(path);
    return ok;
}

static bool read_temperature(const char *text, struct temperature_file *file)
{
    return read_temperature_bytes(text, strlen(text), file);
}

Test(keys, name_files_that_do_not_end_where_their_text_does)
{
    static const char zero[] = "hours,temperature\n0,-5\n24,-5\0\n48,7\n";
    struct temperature_file file;
    cr_expect_not(read_temperature_bytes(zero, sizeof zero - 1, &file));
    cr_expect_not_null(strstr(messages, ":3:6: error: a zero byte"), "%s", messages);
}

Test(keys, name_courses_of_temperature)
{
    struct temperature_file file;
    cr_assert(read_temperature("hours,temperature\n0,-5\n6.5,12\n24,-5\n", &file), "%s", messages);
    cr_assert_eq(file.count, 3);
    cr_expect_eq(file.points[1].at_ns, 23400 * SIM_NS_PER_S);
    cr_expect_float_eq(file.points[1].temperature_c, 12.0, 0.0);
    temperature_file_clear(&file);
    cr_expect_not(read_temperature("hours,temperature\n0,1\n5,2\n5,3\n", &file));
    cr_expect_not_null(strstr(messages, ":4:1: error: hours should ascend"), "%s", messages);
    cr_expect_not(read_temperature("hours,temperature\n1,1\n5,2\n", &file));
    cr_expect_not_null(
            strstr(messages, ":2:1: error: the first row should be at 0"), "%s", messages);
    cr_expect_not(read_temperature("hours,temperature\n0,1\n5,\n", &file));
    cr_expect_not_null(
            strstr(messages, ":3:1: error: should have hours and temperature"), "%s", messages);
    cr_expect_not(read_temperature("hours,temperature\n0,1\n5,151\n", &file));
    cr_expect_not_null(
            strstr(messages, ":3:3: error: temperature = 151 is outside"), "%s", messages);
    cr_expect_not(read_temperature("hours,temperature\n0,1\n", &file));
    cr_expect_not_null(strstr(messages, "at least two rows"), "%s", messages);
}

Test(keys, set_power_and_duty_cycle_of_gateways)
{
    cr_assert(read_text("{}\n"), "%s", messages);
    cr_expect_lt(scenario.gateways.params.eirp_mdbm, 0, "auto");
    cr_expect_eq(scenario.gateways.params.duty_form, GATEWAY_DUTY_HOUR);
    cr_expect_eq(scenario.network.dev_status_period_ns, 0);
    cr_assert(read_text("gateways: {power: 14 dBm, duty_form: pauses-from-start}\n"
                        "network: {dev_status: never}\n"),
            "%s", messages);
    cr_expect_eq(scenario.gateways.params.eirp_mdbm, 14000);
    cr_expect_eq(scenario.gateways.params.duty_form, GATEWAY_DUTY_PAUSES_FROM_START);
    cr_expect_lt(scenario.network.dev_status_period_ns, 0);
    expect_refused("gateways: {power: 40 dBm}\n",
            "city.yaml:1:19: error: gateways.power = 40 dBm is outside 1 dBm .. 36 dBm");
    expect_warned("gateways: {power: 30 dBm}\n",
            "gateways.power = 30 dBm: no sub-band of EU868 allows more than 29.15 dBm");
}

Test(keys, say_when_a_demodulator_is_taken)
{
    cr_assert(read_text("{}\n"), "%s", messages);
    cr_expect_eq(scenario.reception.demodulator_from, DEMODULATOR_FROM_DETECTION);
    cr_assert(read_text("gateways: {demodulator_from: start}\n"), "%s", messages);
    cr_expect_eq(scenario.reception.demodulator_from, DEMODULATOR_FROM_START);
    expect_refused("gateways: {demodulator_from: lock}\n",
            "city.yaml:1:30: error: gateways.demodulator_from = 'lock' should be one of: "
            "detection, "
            "start");
}

Test(keys, end_the_reports_of_devices)
{
    cr_assert(read_text("devices: [{}]\n"), "%s", messages);
    cr_expect_lt(scenario.groups[0].report_until_ns, 0);
    cr_expect_eq(scenario.groups[0].report_count, 0);
    cr_expect_not(scenario.groups[0].no_duty_cycle);
    cr_assert(read_text("campaign: none\ndevices: [{duty_cycle: off, wrong_gen_app_key: 10 %, "
                        "report: {until: 3 h, count: 7, payload: 0 B}}]\n"),
            "%s", messages);
    cr_expect_eq(scenario.groups[0].report_until_ns, 3 * 3600 * SIM_NS_PER_S);
    cr_expect_eq(scenario.groups[0].report_count, 7);
    cr_expect(scenario.groups[0].no_duty_cycle);
    cr_expect_float_eq(scenario.groups[0].wrong_gen_app_key, 0.1, 1e-12);
    expect_refused("devices: [{report: {count: 70000}}]\n", "is outside 0 .. 65535");
}

Test(keys, say_which_regions_and_data_rates_there_are)
{
    expect_refused("region: US915\n",
            "city.yaml:1:9: error: region = 'US915' should be one of: EU868, IN865");
    expect_refused("region: IN865\ncampaign: {data_rate: DR6}\n",
            "city.yaml:2:23: error: campaign.data_rate = 'DR6' should be one of: DR0, DR1");
    expect_refused("region: IN865\ncampaign: {data_rate: DR3, fragment_size: 200 B}\n",
            "city.yaml:2:43: error: campaign.fragment_size = 200 B does not fit DR3: at most 112 "
            "B");
}
