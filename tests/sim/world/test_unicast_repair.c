/* Repair of the last few by unicast, with the real firmware: what it costs and brings.
 * SPDX-License-Identifier: MIT
 *
 * Right values: a fragment resolves one unknown at most (TS004-2.0.0 section 3.1), so a device that
 * lacks k fragments receives k of them or more; a receiver that is on draws 11.5 mA at 3.3 V, 2.3 J
 * a minute (spec-physics 8), and a device that is told to delete its group does not wait for
 * TimeOut.
 */
#include <criterion/criterion.h>

#include "results/device_table.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 10u

static const char scenario[] =
        "name: repair\n"
        "duration: 12 h\n"
        "area: {shape: disc, radius: 1500 m}\n"
        "propagation: {model: okumura-hata, environment: urban, shadowing: {sigma: 0 dB}, "
        "fading: rayleigh}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 10, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 6 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 90 min}, fragment_size: 48 B, redundancy: 0 %,"
        " correction: {policy: fixed, timeout: 1 h, unicast_below: 10}}\n";

static uint32_t timed_out[DEVICES], closed[DEVICES];

static void observe(void *context, const struct observation *o)
{
    const struct world *world = context;
    uint32_t device = o->entity - world->first_device;
    if (device < DEVICES && o->a == FW_TRACE_SESSION_CLOSED) {
        timed_out[device] += o->c == 1 ? 1u : 0u;
        closed[device]++;
    }
}

/* Each device that missed fragments got as many by unicast, and none of the others any. */
static uint32_t expect_each_repaired(const struct trial *trial)
{
    uint32_t repaired = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        uint64_t missing = line.fragments - line.outcomes[LOSS_NONE];
        cr_assert_geq(line.unicast_fragments, missing, "device %u", i);
        cr_assert(missing > 0 || line.unicast_fragments == 0, "device %u needs none", i);
        repaired += missing > 0 ? 1u : 0u;
    }
    return repaired;
}

static struct trial *play(const char *const *sets, size_t set_count)
{
    memset(timed_out, 0, sizeof timed_out);
    memset(closed, 0, sizeof closed);
    struct trial *trial = trial_create(scenario, sets, set_count);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe, trial->world);
    trial_play(trial);
    return trial;
}

Test(unicast_repair, brings_what_a_session_without_coded_fragments_left_open)
{
    struct trial *trial = play(NULL, 0);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "missing_fragments.coded_sent"), 0, "nothing by multicast");
    cr_assert_gt(expect_each_repaired(trial), 0, "a test of repair needs a device that lacks some");
    trial_destroy(trial);
}

Test(unicast_repair, leaves_the_others_without_it)
{
    const char *const sets[] = { "campaign.correction.unicast_below=0" };
    struct trial *trial = play(sets, 1);
    cr_assert_lt(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "unicast_fragments.received"), 0);
    trial_destroy(trial);
}

static void expect_left_early(const char *policy)
{
    const char *const sets[] = { policy };
    struct trial *trial = play(sets, 1);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "missing_fragments.coded_sent"), 0, "all are few enough");
    cr_assert_gt(expect_each_repaired(trial), 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_eq(closed[i], 1, "device %u", i);
        cr_assert_eq(timed_out[i], 0, "device %u listened until TimeOut", i);
    }
    trial_destroy(trial);
}

/* No device receives any of 136 fragments, whose rows have 68 columns each in version 2. */
Test(unicast_repair, brings_the_block_to_devices_that_received_nothing)
{
    static char text[sizeof scenario + 200];
    snprintf(text, sizeof text,
            "%sfaults: [{kind: jammer, frequency: 869.525 MHz, at: 119 min, duration: 3 h, "
            "received: -60 dBm}]\n",
            scenario);
    const char *const sets[] = { "campaign.confirm_timeout=30 h", "duration=3 d",
        "area.radius=600 m", "firmware.size=6250 B" };
    struct trial *trial = trial_create(text, sets, 4);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "missing_fragments.nb_frag") / 4, 34, "rows are even");
    cr_assert_eq(trial_value(trial, "missing_fragments.received"), 0);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    trial_destroy(trial);
}

Test(unicast_repair, ends_class_c_of_members_that_answer_to_adaptive_correction)
{
    expect_left_early("campaign.correction.policy=adaptive");
}

Test(unicast_repair, ends_class_c_of_members_that_answer_where_none_was_asked_before)
{
    expect_left_early("campaign.correction.policy=until-reported");
}

Test(unicast_repair, serves_version_1_of_ts004)
{
    const char *const sets[] = { "campaign.fragmentation_version=1", "campaign.verify=signature" };
    struct trial *trial = play(sets, 2);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_gt(expect_each_repaired(trial), 0);
    trial_destroy(trial);
}

/* 203 bytes do not fit the windows of an uplink at DR2, 51 in either. */
Test(unicast_repair, leaves_out_members_whose_windows_carry_no_fragment)
{
    const char *const sets[] = { "campaign.fragment_size=200 B", "devices.0.data_rate=DR2",
        "area.radius=700 m", "propagation.penetration=6 dB", "seed=5" };
    struct trial *trial = play(sets, 5);
    cr_assert_gt(trial_value(trial, "missing_fragments.unrecovered"), 0);
    cr_assert_eq(trial_value(trial, "unicast_fragments.received"), 0);
    trial_destroy(trial);
}

/* The same with a policy that asks: multicast does not stop for them. */
Test(unicast_repair, takes_no_multicast_from_members_whose_windows_carry_no_fragment)
{
    const char *const sets[] = { "campaign.fragment_size=200 B", "devices.0.data_rate=DR2",
        "area.radius=700 m", "propagation.penetration=6 dB", "seed=5",
        "campaign.correction.policy=adaptive" };
    struct trial *trial = play(sets, 6);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_gt(trial_value(trial, "missing_fragments.coded_sent"), 0);
    cr_assert_eq(trial_value(trial, "unicast_fragments.received"), 0);
    trial_destroy(trial);
}
