/* Reading scenarios: values, defaults, overrides, and every mistake with its place.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_keys.h"
#include "sim/scenario/reading.h"

Test(scenario, has_a_default_for_every_key)
{
    cr_assert(read_text("name: empty\n"), "%s", messages);
    cr_expect_eq(scenario.seed, 1);
    cr_expect_eq(scenario.duration_ns, 24 * 3600 * SIM_NS_PER_S);
    cr_expect_eq(scenario.gateways.count, 3);
    cr_expect_eq(scenario.group_count, 1);
    cr_expect_eq(scenario.groups[0].count, 20);
    cr_expect_eq(scenario.campaign_count, 0);
}

Test(scenario, sets_every_key_of_the_table_to_its_own_default)
{
    struct scenario_errors *errors = scenario_errors_create();
    struct scenario_place place = { "table", 0, 0 };
    static struct scenario_device_group group;
    const struct param *p;
    for (size_t i = 0; (p = param_table_row(&scenario_table, i)) != NULL; i++) {
        cr_expect(p->standard[0] == '\0' || param_set(p, &scenario, "", p->standard, place, errors),
                "%s", p->path);
    }
    for (size_t i = 0; i < device_rows.count; i++) {
        p = &device_rows.params[i];
        cr_expect(p->standard[0] == '\0' || param_set(p, &group, "", p->standard, place, errors),
                "%s", p->path);
    }
    cr_expect_eq(scenario_errors_count(errors), 0);
    scenario_errors_destroy(errors);
}

static void expect_sentences(const struct param_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const char *help = rows->params[i].help;
        size_t length = strlen(help);
        cr_expect(length > 2 && isupper((unsigned char)help[0]) && help[length - 1] == '.',
                "%s: %s", rows->params[i].path, help);
    }
}

Test(scenario, explains_every_key_in_a_sentence)
{
    for (size_t i = 0; i < scenario_table.section_count; i++) {
        expect_sentences(scenario_table.sections[i]);
    }
    for (size_t i = 0; i < scenario_table.list_count; i++) {
        expect_sentences(scenario_table.lists[i].rows);
    }
}

Test(scenario, reads_nested_and_flow_mappings)
{
    cr_assert(read_text("duration: 12 h\n"
                        "propagation: {penetration: 9 dB, shadowing: {sigma: 3 dB}, fading: none}\n"
                        "gateways:\n"
                        "  backhaul:\n"
                        "    latency: 30 ms\n"
                        "devices:\n"
                        "  - {name: a, count: 7, report: {period: 1 h}}\n"
                        "  - {name: b, count: 5, rtc: {tolerance: 50 ppm}}\n"),
            "%s", messages);
    cr_expect_float_eq(scenario.propagation.penetration_db, 9.0, 0.0);
    cr_expect_float_eq(scenario.propagation.path.shadowing_sigma_db, 3.0, 0.0);
    cr_expect_eq(scenario.propagation.fading.model, 0);
    cr_expect_eq(scenario.gateways.params.backhaul_latency_ns, 30 * SIM_NS_PER_MS);
    cr_expect_eq(scenario.group_count, 2);
    cr_expect_eq(scenario.groups[0].report_period_ns, 3600 * SIM_NS_PER_S);
    cr_expect_float_eq(scenario.groups[1].rtc_tolerance_ppm, 50.0, 0.0);
    cr_expect_eq(scenario_device_count(&scenario), 12);
}

Test(scenario, reads_the_verification_list)
{
    cr_assert(read_text("campaign: {verify: [signature]}\n"), "%s", messages);
    cr_expect_not(scenario.campaigns[0].verify.block_mic);
    cr_expect(scenario.campaigns[0].verify.signature);
    cr_assert(read_text("campaign: {}\n"), "%s", messages);
    cr_expect_eq(scenario.campaign_count, 1);
    cr_expect(scenario.campaigns[0].verify.block_mic);
}

/* A device demands of each block what any of its campaigns lists, the signature too; the rest is
 * the bootloader's. */
Test(scenario, tells_devices_what_to_demand_of_a_block)
{
    cr_assert(read_text("duration: 3 d\n"
                        "devices: [{name: a, count: 2}, {name: b, count: 1}, {name: c, count: 1}]\n"
                        "campaigns:\n"
                        "- {name: one, devices: [a 0..50 %, b], verify: [server-mic-crc64]}\n"
                        "- {name: two, devices: b, verify: [checksum, signature], start: 30 h, "
                        "firmware: {version: 3.0.0}}\n"),
            "%s", messages);
    cr_expect_eq(scenario_device_verify(&scenario, 0),
            DEVICE_VERIFY_MIC_CRC64 | DEVICE_VERIFY_AT_BOOT, "of one campaign");
    cr_expect_eq(scenario_device_verify(&scenario, 1), 0, "of none");
    cr_expect_eq(scenario_device_verify(&scenario, 2),
            DEVICE_VERIFY_MIC_CRC64 | DEVICE_VERIFY_CHECKSUM, "of both");
    cr_assert(read_text("campaign: {verify: [block-mic]}\n"), "%s", messages);
    cr_expect_eq(scenario_device_verify(&scenario, 0), DEVICE_VERIFY_AT_BOOT);
    cr_assert(read_text("campaign: {}\n"), "%s", messages);
    cr_expect_eq(scenario_device_verify(&scenario, 0), 0);
}

Test(scenario, reads_versions_and_expectations)
{
    cr_assert(read_text("firmware: {version: 2.13.7}\n"
                        "expect: {devices.confirmed: \">= 99 %\", energy_j.mean: \"< 12.5\"}\n"),
            "%s", messages);
    cr_expect_eq(scenario.firmware.version, 0x020D0007);
    cr_assert_eq(scenario.expect_count, 2);
    cr_expect_eq(scenario.expect[0].op, EXPECT_GE);
    cr_expect(scenario.expect[0].percent);
    cr_expect_float_eq(scenario.expect[1].value, 12.5, 0.0);
}

Test(scenario, reads_several_conditions_on_one_number)
{
    cr_assert(read_text("expect: {devices.confirmed: [\">= 99 %\", \"<= 1000\"],\n"
                        "  setup_time_s.mean: between 3 h and 4 h}\n"),
            "%s", messages);
    cr_assert_eq(scenario.expect_count, 3);
    cr_expect_str_eq(scenario.expect[1].key, "devices.confirmed");
    cr_expect_eq(scenario.expect[1].op, EXPECT_LE);
    cr_expect_eq(scenario.expect[2].op, EXPECT_BETWEEN);
    expect_refused("expect:\n  devices.confirmed: [\">= 99 %\", most]\n",
            "city.yaml:2:34: error: expect.devices.confirmed should be a condition");
    expect_refused("expect: {devices.confirmed: []}\n", "should be a condition");
}

Test(scenario, refuses_numbers_with_something_after_them)
{
    expect_refused("seed: 12abc\n", "city.yaml:1:7: error: seed");
    expect_refused("seed: 1 2\n", "city.yaml:1:7: error: seed");
    expect_refused("gateways: {count: 3x}\n", "gateways.count");
    expect_refused("duration: 3 h 5\n", "duration");
}

/* Terminal codes and line ends of a file must not reach a terminal. */
Test(scenario, prints_no_control_characters)
{
    expect_refused("\"se\\u001b[31md\\u007f\": 1\n", "unknown key 'se?[31md?'");
    for (const char *at = messages; *at != '\0'; at++) {
        bool plain = *at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7F);
        cr_expect(plain);
    }
}

Test(scenario, names_place_and_nearest_key_of_an_unknown_one)
{
    expect_refused("name: x\npropagation:\n  penetratoin: 6 dB\n",
            "city.yaml:3:3: error: unknown key 'propagation.penetratoin' (did you mean "
            "'penetration'?)");
    expect_refused("gatways: {count: 3}\n", "city.yaml:1:1: error: unknown key 'gatways' (did you "
                                            "mean 'gateways'?)");
    expect_refused("devices: [{rtc: {tolerence: 1 ppm}}]\n",
            "unknown key 'rtc.tolerence' (did you mean 'tolerance'?)");
}

Test(scenario, names_place_and_nearest_key_of_an_unknown_expectation)
{
    expect_refused("name: x\nexpect: {devices.confirmd: \">= 2\"}\n",
            "city.yaml:2:10: error: expect: summary.json has no number 'devices.confirmd' (did you "
            "mean 'devices.confirmed'?)");
    expect_refused("expect: {devices.failed: \"== 0\"}\n", "no number 'devices.failed'");
    expect_refused("expect: {trace_hash: \"== 0\"}\n", "no number 'trace_hash'");
    cr_expect(read_text("expect: {devices.failed.clock: \"== 0\"}\n"), "%s", messages);
}

Test(scenario, suggests_only_what_is_near)
{
    static const char *const words[] = { "DR0", "DR5", "seed", "open", "smart-city-1000", "urban",
        "C", NULL };
    cr_expect_str_eq(nearest_word("sede", words), "seed");
    cr_expect_str_eq(nearest_word("DRO", words), "DR0", "a letter for a digit");
    cr_expect_str_eq(nearest_word("smart-city", words), "smart-city-1000");
    cr_expect_str_eq(nearest_word("ubran", words), "urban");
    cr_expect_null(nearest_word("DR9", words));
    cr_expect_null(nearest_word("smart-city-2000", words));
    cr_expect_null(nearest_word("sd", words));
    cr_expect_null(nearest_word("pond", words), "two letters of four");
    cr_expect_not(read_text("campaign: {data_rate: DR9}\n"));
    cr_expect_null(strstr(messages, "did you mean"), "%s", messages);
}

Test(scenario, reports_all_mistakes_at_once_in_order)
{
    cr_assert_not(read_text("seed: -1\n"
                            "duration: 3 dB\n"
                            "gateways: {count: 0, gnss: maybe}\n"
                            "campaign: {data_rate: DR9}\n"));
    static const char *const expected[] = { "city.yaml:1:7: error: seed",
        "city.yaml:2:11: error:", "city.yaml:3:19: error: gateways.count = 0 is outside 1 .. 10000",
        "city.yaml:3:28: error: gateways.gnss = 'maybe' should be true or false",
        "city.yaml:4:23: error: campaign.data_rate = 'DR9' should be one of: DR0, DR1" };
    const char *at = messages;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *found = strstr(at, expected[i]);
        cr_assert_not_null(found, "%s\nnot in\n%s", expected[i], at);
        at = found;
    }
}

Test(scenario, says_which_unit_is_right)
{
    expect_refused("duration: 24\n", "duration = 24 needs a unit: one of ns us ms s min h d");
    expect_refused("duration: 24 parsecs\n", "should be one of ns us ms s min h d");
    expect_refused("area: {radius: 3 dB}\n", "should be one of m km");
    expect_refused("gateways: {count: 3 km}\n", "should be a bare number");
}

Test(scenario, refuses_impossible_combinations)
{
    expect_refused("campaign: {data_rate: DR0, fragment_size: 200 B}\n",
            "city.yaml:1:43: error: campaign.fragment_size = 200 B does not fit DR0: at most 48 B");
    expect_refused("campaign: {frequency: 868.65 MHz}\n", "is in no EU868 sub-band");
    expect_refused("duration: 4 h\ncampaign: {start: 2 h, set_up: {window: 8 h}}\n",
            "city.yaml:1:11: error: duration = 4 h ends before the session opens at 10 h");
    expect_refused("duration: 20 min\ncampaign: {start: 1 h, set_up: {window: 24 h}}\n",
            "duration = 20 min ends before the session opens at 25 h");
    expect_refused("campaign: {fragmentation_version: 1}\n", "block-mic needs");
    expect_refused("firmware: {image: generated, size: 159 KiB}\ncampaign: {fragment_size: 8 B}\n",
            "city.yaml:2:27: error: campaign: an image of 163072 bytes is 20384 fragments of 8 "
            "bytes; the decoder of devices takes at most 4096");
    expect_refused("campaign: {block_ack_delay: 8}\n",
            "city.yaml:1:29: error: campaign.block_ack_delay = 8 should be one of 0 to 7, or 255");
    expect_refused("propagation: {coherence: 10 us}\n",
            "city.yaml:1:26: error: propagation.coherence = 10 us should be 0 or at least 1 ms");
    expect_refused("interferers: [{statistics: exponential, on: 2 us, off: 1 s}]\n",
            "city.yaml:1:45: error: interferers: exponential bursts and pauses should have means");
    expect_refused(
            "interferers: [{statistics: exponential, off: 10 ns}]\n", "city.yaml:1:46: error: ");
    expect_refused("gateways: {backhaul: {latency: 900 ms}}\n",
            "city.yaml:1:32: error: gateways.backhaul: twice (latency + jitter) and 250 ms in the "
            "servers are 2.09 s: then no answer can reach a receive window");
    expect_refused("gateways: {backhaul: {jitter: 800 ms}}\n", "city.yaml:1:31: error: ");
    cr_expect(read_text("gateways: {backhaul: {latency: 800 ms, jitter: 75 ms}}\n"), "2 s: %s",
            messages);
    expect_refused("devices: [{name: a}, {name: a}]\n", "two groups of devices are named 'a'");
}

Test(scenario, refuses_broken_documents)
{
    expect_refused("", "the file is empty");
    expect_refused("[1, 2]\n", "should hold keys");
    expect_refused("name: {\n", "not YAML");
    expect_refused("name: x\nname: y\n", "city.yaml:2:1: error: key 'name' stands twice");
    expect_refused("propagation: 5\n", "'propagation' should hold keys");
    expect_refused("devices: 5\n", "'devices' should be a list");
    expect_refused("devices: []\n", "'devices' should have a group");
    expect_refused("expect: {devices.joined: lots}\n", "should be a condition or a list of them");
    expect_refused("name: [a]\n", "name should be one value");
    expect_refused("propagation: &a {shadowing: *a}\n", "");
}

Test(scenario, applies_overrides_after_the_file)
{
    static const char *const sets[] = { "seed=7", "propagation.penetration=15 dB",
        "devices.meters.count=3", "devices.0.report.period=2 h" };
    cr_assert(read_with("seed: 5\ndevices: [{name: meters, count: 9}]\n", sets, 4), "%s", messages);
    cr_expect_eq(scenario.seed, 7);
    cr_expect_float_eq(scenario.propagation.penetration_db, 15.0, 0.0);
    cr_expect_eq(scenario.groups[0].count, 3);
    cr_expect_eq(scenario.groups[0].report_period_ns, 7200 * SIM_NS_PER_S);
}

Test(scenario, reports_mistakes_in_overrides_by_their_text)
{
    static const char *const sets[] = { "sede=7", "seed", "devices.pumps.count=3", "seed=x" };
    cr_assert_not(read_with("name: a\n", sets, 4));
    cr_expect_not_null(strstr(messages, "--set sede=7: error: unknown key 'sede' (did you mean "
                                        "'seed'?)"),
            "%s", messages);
    cr_expect_not_null(strstr(messages, "--set seed: error: should be key.path=value"));
    cr_expect_not_null(
            strstr(messages, "no such item: should be devices.NAME.key or devices.0.key"));
    cr_expect_not_null(strstr(messages, "--set seed=x: error: seed = 'x'"));
}

Test(scenario, says_when_a_file_cannot_be_read)
{
    struct scenario_errors *errors = scenario_errors_create();
    cr_expect_not(scenario_read_file(&scenario, "/no/such/file.yaml", NULL, 0, errors));
    cr_expect_eq(scenario_errors_count(errors), 1);
    scenario_errors_destroy(errors);
}

Test(scenario, shipped_ones_are_valid)
{
    static const char *const names[] = { "smart-city-1000", "hello-20", "daily-meters", "aloha-100",
        "delta-update", "full-campaign", "harsh-city-500", "mixed-fleet", "two-campaigns",
        "next-version", "sessions-by-data-rate", "faults-30", "storm-and-heal", "million" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s.yaml", getenv("FLEETCAST_SCENARIOS"), names[i]);
        struct scenario_errors *errors = scenario_errors_create();
        bool ok = scenario_read_file(&scenario, path, NULL, 0, errors);
        scenario_errors_print(errors, stderr);
        cr_expect(ok, "%s", path);
        cr_expect_str_eq(scenario.name, names[i]);
        scenario_errors_destroy(errors);
    }
}
