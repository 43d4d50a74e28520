/* Adversaries in a scenario: what is read of them, and each mistake with its place.
 * SPDX-License-Identifier: MIT
 *
 * Goal: every kind has its word and its defaults; an adversary that could never act, or whose keys
 * contradict each other, is refused with file:line:column.
 */
#include <criterion/criterion.h>

#include "scenario/scenario_adversaries.h"
#include "sim/scenario/reading.h"

#define DEVICES "devices: [{name: meters, count: 7}, {name: valves, count: 4}]\n"
#define HEAD    DEVICES "campaign: {start: 1 h}\nadversaries:\n- "

Test(adversaries, are_read_with_their_defaults)
{
    cr_assert(read_text(HEAD "{kind: inject, device: 3, at: 2 h, duration: 10 min}\n"
                             "- {kind: collide}\n"
                             "- {kind: counter-jump, jump: 70, x: 1 km}\n"
                             "- {kind: status-storm, every: 1 min}\n"
                             "- {kind: replay-set-up, delay: 0 s}\n"
                             "- {kind: replay-uplinks, device: 3, x: 1 km}\n"
                             "- {kind: rewrite-nor, devices: valves}\n"
                             "- {kind: reactive-jammer}\n"),
            "%s", messages);
    cr_assert_eq(scenario.adversary_count, ADVERSARY_KIND_COUNT);
    const struct scenario_adversary *a = scenario.adversaries;
    for (int kind = 0; kind < ADVERSARY_KIND_COUNT; kind++) {
        cr_expect_eq(a[kind].kind, kind);
    }
    cr_expect(a[0].device == 3 && a[1].device == SCENARIO_NO_NUMBER);
    cr_expect_eq(a[0].duration_ns, 600 * SIM_NS_PER_S);
    cr_expect_eq(a[1].duration_ns, SCENARIO_AUTO);
    cr_expect(a[2].jump == 70 && a[1].jump == 8192);
    cr_expect_eq(a[5].delay_ns, 3600 * SIM_NS_PER_S);
    cr_expect_eq(a[7].frequency_hz, 869525000);
}

Test(adversaries, are_refused_with_keys_of_another_kind)
{
    expect_refused(HEAD "{kind: inject, jump: 3}\n",
            "city.yaml:4:24: error: adversaries.0.jump belongs to adversaries of kind: "
            "counter-jump; this one is inject");
    expect_refused(HEAD "{kind: rewrite-nor, device: 3}\n",
            "city.yaml:4:31: error: adversaries.0.device belongs to adversaries of kind: all but "
            "rewrite-nor; this one is rewrite-nor");
    expect_refused(HEAD "{kind: collide, delay: 3 s}\n", "adversaries.0.delay belongs to");
    expect_refused(HEAD "{kind: collide, devices: meters}\n", "adversaries.0.devices belongs to");
}

Test(adversaries, are_refused_where_they_can_not_act)
{
    expect_refused(HEAD "{kind: inject, device: 11}\n",
            "city.yaml:4:26: error: adversaries.0.device = 11, but there are 11, counted from 0");
    expect_refused(HEAD "{kind: inject, device: 1, x: 3 m}\n",
            "city.yaml:4:26: error: adversaries.0: a device, or x and y: only one of them");
    expect_refused("duration: 12 h\n" HEAD "{at: 12 h}\n",
            "city.yaml:5:8: error: adversaries.0.at = 12 h is not before the end of the run");
    expect_refused(HEAD "{kind: rewrite-nor, every: 1 us}\n",
            "adversaries.0.every should be 0 or at least 1 ms");
    expect_refused("campaign: none\n" DEVICES "adversaries: [{kind: inject}]\n",
            "city.yaml:3:22: error: adversaries.0.kind = inject needs a campaign");
    cr_expect(read_text("campaign: none\n" DEVICES "adversaries: [{kind: replay-uplinks}]\n"), "%s",
            messages);
}

/* Goal: a table of hashes that no frame of the data rate carries is refused, and a defence that has
 * nothing to act on is warned about. */
Test(adversaries, find_defences_that_are_checked_too)
{
    expect_refused(DEVICES "campaign: {start: 1 h, data_rate: DR0, fragment_size: 40 B, "
                           "defences: {fragment_table: 1}}\n",
            "campaign.defences.fragment_table does not fit frames of DR0: they carry 51 bytes");
    cr_expect(read_text(DEVICES "campaign: {start: 1 h, data_rate: DR3, "
                                "defences: {fragment_table: 1}}\n"),
            "%s", messages);
    expect_warned("devices: [{count: 7, defences: {fragment_table: true}}]\n",
            "defences.fragment_table has no effect here; it applies only with "
            "campaign.defences.fragment_table");
    expect_warned("campaign: none\ndevices: [{count: 7, defences: {counter_window: 16}}]\n",
            "defences.counter_window has no effect here; it applies only with a campaign");
}
