/* Faults in a scenario: what is read of them, and each mistake with its place.
 * SPDX-License-Identifier: MIT
 *
 * Goal: times are exact to the nanosecond; a fault that could never act, or whose keys contradict
 * each other, is refused with file:line:column.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scenario/scenario_faults.h"
#include "sim/scenario/reading.h"

#define HEAD "devices: [{name: meters, count: 7}, {name: valves, count: 4}]\nfaults:\n- "

Test(faults, have_times_exact_to_the_nanosecond)
{
    /* 300 days and 1 ns: more than the 53 bits of a double. */
    cr_assert(read_text("duration: 365 d\ncampaign: none\n"
                        "faults: [{at: 25920000000000001 ns}, {at: 1.5 h}]\n"),
            "%s", messages);
    cr_assert_eq(scenario.fault_count, 2);
    cr_expect_eq(scenario.faults[0].at_ns, INT64_C(25920000000000001));
    cr_expect_eq(scenario.faults[1].at_ns, INT64_C(5400000000000));
}

Test(faults, name_their_targets)
{
    struct scenario_range r[SCENARIO_SHARES_MAX];
    cr_assert(
            read_text(HEAD
                    "{kind: reset, devices: [valves 50..100 %, meters]}\n"
                    "- {kind: power-cut, device: 8, flash: {operation: 12, step: 3, torn: true}}\n"
                    "- {kind: jammer, received: -1 dBm, gateway: 2}\n"
                    "- {kind: outage}\n"),
            "%s", messages);
    cr_assert_eq(scenario_fault_ranges(&scenario, &scenario.faults[0], r), 2);
    cr_expect(r[0].from == 9 && r[0].to == 11 && r[1].from == 0 && r[1].to == 7);
    cr_assert_eq(scenario_fault_ranges(&scenario, &scenario.faults[1], r), 1);
    cr_expect(r[0].from == 8 && r[0].to == 9);
    cr_expect_eq(scenario.faults[1].duration_ns, SIM_NS_PER_S);
    cr_expect_eq(scenario.faults[1].flash.operation, 12);
    cr_expect(scenario.faults[2].received && scenario.faults[2].received_mdbm == -1000);
    cr_expect(scenario.faults[2].for_gateways && !scenario.faults[2].for_devices);
    cr_expect_eq(scenario.faults[2].jammer.frequency_hz, 868100000);
    cr_expect_not(scenario.faults[3].for_gateways);
    cr_expect_eq(scenario.faults[3].gateway, GATEWAY_ALL);
}

Test(faults, are_refused_without_a_target)
{
    expect_refused(HEAD "{kind: reset, device: 11}\n",
            "city.yaml:3:25: error: faults.0.device = 11, but there are 11, counted from 0");
    expect_refused(HEAD "{kind: reset, devices: meter}\n",
            "city.yaml:3:26: error: faults.0.devices: there is no group of devices 'meter' (did "
            "you mean 'meters'?)");
    expect_refused(HEAD "{kind: outage, gateway: 3}\n",
            "city.yaml:3:27: error: faults.0.gateway = 3, but there are 3, counted from 0");
    expect_refused(HEAD "{kind: reset, device: 1, devices: meters}\n",
            "city.yaml:3:37: error: faults.0: device and devices: only one of them");
}

Test(faults, are_refused_at_times_that_never_come)
{
    expect_refused("duration: 12 h\n" HEAD "{at: 14 h}\n",
            "city.yaml:4:8: error: faults.0.at = 14 h is not before the end of the run (duration "
            "= 12 h)");
    expect_refused("duration: 2 h\ncampaign: none\n"
                   "gateways: {outages: [{from: 119 min}, {from: 2 h}]}\n",
            "city.yaml:3:46: error: gateways.outages.1.from = 2 h is not before the end of the run "
            "(duration = 2 h)");
    cr_expect(read_text("duration: 2 h\ncampaign: none\n"
                        "gateways: {outages: [{from: 119 min}]}\n"),
            "%s", messages);
    expect_refused(HEAD "{kind: outage, duration: 0 s}\n",
            "city.yaml:3:28: error: duration = 0 s is outside 1 ns .. 3650 d");
    expect_refused(HEAD "{every: 1 h, rate: 1 /d}\n",
            "city.yaml:3:11: error: faults.0: every and rate: only one of them");
    expect_refused(HEAD "{at: 2 h, until: 2 h}\n",
            "city.yaml:3:20: error: faults.0.until should be later than at");
    expect_refused(HEAD "{kind: outage, every: 1 h}\n", "city.yaml:3:10: error: faults.0: what "
                                                        "happens more than once needs a duration");
    expect_refused(HEAD "{kind: reset, every: 999999 ns}\n",
            "city.yaml:3:24: error: faults.0.every should be 0 (once) or at least 1 ms");
    cr_expect(read_text(HEAD "{kind: reset, every: 1 ms}\n"), "%s", messages);
    expect_refused(HEAD "{kind: outage, every: 1 h, duration: 1 h}\n",
            "city.yaml:3:25: error: faults.0.every should be longer than duration");
    expect_refused(
            HEAD "{rate: 1}\n", "city.yaml:3:10: error: rate = 1 needs a unit: one of /d /h");
}

Test(faults, are_refused_with_keys_of_another_kind)
{
    expect_refused(HEAD "{kind: explosion}\n",
            "city.yaml:3:10: error: kind = 'explosion' should be one of: reset, power-cut, outage, "
            "jammer, read-errors, brown-out, backhaul-loss");
    expect_refused(HEAD "{kind: outage, device: 1}\n",
            "city.yaml:3:26: error: faults.0.device belongs to faults of kind: reset, power-cut, "
            "jammer, read-errors or brown-out; this one is outage");
    expect_refused(
            HEAD "{kind: reset, gateway: 1}\n", "belongs to faults of kind: outage, jammer or");
    expect_refused(HEAD "{kind: reset, duration: 1 s}\n", "faults.0.duration belongs to faults");
    expect_refused(HEAD "{kind: reset, part: power}\n", "faults.0.part belongs to faults");
    expect_refused(HEAD "{kind: reset, flash: {operation: 3}}\n",
            "faults.0.flash.operation belongs to faults of kind: power-cut");
    expect_refused(HEAD "{kind: outage, loss: 1 %}\n",
            "faults.0.loss belongs to faults of kind: backhaul-loss; this one is outage");
    expect_refused(HEAD "{kind: power-cut, charge: 3 %}\n",
            "faults.0.charge belongs to faults of kind: brown-out");
    expect_refused(HEAD "{kind: brown-out, flash: {bit_errors: 0.001}}\n",
            "faults.0.flash.bit_errors belongs to faults of kind: read-errors");
    expect_refused(
            HEAD "{kind: read-errors, flash: {memory: ram}}\n", "should be one of: internal, nor");
    expect_refused(HEAD "{kind: read-errors, gateway: 1}\n", "faults.0.gateway belongs to faults");
    expect_refused(HEAD "{kind: backhaul-loss, every: 1 h}\n",
            "what happens more than once needs a duration");
    expect_refused(HEAD "{kind: outage, received: 1 dBm}\n", "faults.0.received belongs to faults");
    expect_refused(HEAD "{kind: power-cut, flash: {torn: true}}\n",
            "city.yaml:3:35: error: faults.0: flash.step and flash.torn need flash.operation");
}
