/* Results of delta delivery: sizes, devices, and what making the new image took.
 * SPDX-License-Identifier: MIT
 *
 * Goal: keys of delta. and image. and columns of devices.csv say what two campaigns of one fleet
 * did, of which the first sends the whole image to some devices and the second a delta of the
 * factory's image. Right values: the blocks that the servers sent; the members by how the scenario
 * divides them; the time between the two events of a firmware, seen by a listener of the test;
 * power of the board times that time as a bound of the energy.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "record/energy_phases.h"
#include "record/rounds.h"
#include "results/device_table.h"
#include "support/trial.h"

static const char text[] =
        "name: deltas\n"
        "duration: 1 d\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space}\n"
        "gateways: {count: 1}\n"
        "devices:\n"
        "  - {name: early, count: 3, boot: {spread: 60 s}, report: {period: 10 min}}\n"
        "  - {name: late, count: 5, boot: {spread: 60 s}, report: {period: 10 min}}\n"
        "firmware: {image: generated, size: 48 KiB}\n"
        "campaigns:\n"
        "  - {name: pilot, devices: [early], firmware: {version: 1.1.0}, start: 20 min,"
        " delivery: unicast, delivery_timeout: 9 h, install: {policy: common-time, after: 9 h}}\n"
        "  - {name: all, firmware: {version: 2.0.0, size: 49 KiB, delivery: delta}, start: 12 h,"
        " set_up: {window: 40 min}, correction: {timeout: 20 min},"
        " verify: [server-mic-sha256, signature], install: {policy: common-time, after: 4 h}}\n";

struct builds {
    const struct world *world;
    sim_ns begun_ns[8];
    double longest_s, sum_s;
    uint32_t count;
};

static void listen(void *context, const struct observation *o)
{
    struct builds *builds = context;
    uint32_t device = o->entity - builds->world->first_device;
    if (o->a == FW_TRACE_DELTA_STARTED) {
        builds->begun_ns[device] = o->at_ns;
    } else if (o->a == FW_TRACE_DELTA_BUILT) {
        double s = (double)(o->at_ns - builds->begun_ns[device]) / 1e9;
        builds->longest_s = s > builds->longest_s ? s : builds->longest_s;
        builds->sum_s += s;
        builds->count++;
    }
}

static struct trial *trial;
static struct builds builds;

static void setup(void)
{
    trial = trial_create(text, NULL, 0);
    builds = (struct builds){ .world = trial->world };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), listen, &builds);
    trial_play(trial);
}

static void teardown(void)
{
    trial_destroy(trial);
}

TestSuite(deltas, .init = setup, .fini = teardown);

Test(deltas, have_sizes_by_campaign)
{
    double patch = trial->world->deltas[1].size_bytes, target = trial->world->images[1].size_bytes;
    cr_assert_eq(trial_value(trial, "devices.confirmed"), 8);
    cr_expect_eq(trial_value(trial, "campaigns.pilot.delta.patch_bytes"), 0);
    cr_expect_eq(trial_value(trial, "campaigns.all.delta.patch_bytes"), patch);
    cr_expect_eq(trial_value(trial, "delta.patch_bytes"), patch);
    cr_expect_eq(trial_value(trial, "delta.target_bytes"), target);
    cr_expect_float_eq(trial_value(trial, "delta.share"), patch / target, 1e-6);
}

Test(deltas, are_for_devices_that_run_the_base)
{
    cr_expect_eq(trial_value(trial, "campaigns.pilot.delta.devices.full"), 3);
    cr_expect_eq(trial_value(trial, "campaigns.pilot.delta.devices.delta"), 0);
    cr_expect_eq(trial_value(trial, "campaigns.all.delta.devices.full"), 3);
    cr_expect_eq(trial_value(trial, "campaigns.all.delta.devices.delta"), 5);
    cr_expect_eq(trial_value(trial, "delta.devices.built"), 5);
    cr_expect_eq(trial_value(trial, "campaigns.pilot.delta.devices.built"), 0);
}

Test(deltas, cost_what_the_devices_took)
{
    cr_assert_eq(builds.count, 5);
    cr_expect_gt(builds.longest_s, 0.1);
    cr_expect_float_eq(
            trial_value(trial, "delta.build_s.mean"), builds.sum_s / 5, 1e-5 * builds.sum_s);
    cr_expect_float_eq(trial_value(trial, "delta.build_s.max"), builds.longest_s, 1e-4);
    /* Running MCU and a NOR that is programmed: some 10 mA to 30 mA at 3.3 V. */
    double power_w = trial_value(trial, "delta.build_j.mean") / (builds.sum_s / 5);
    cr_expect(power_w > 0.01 && power_w < 0.1, "%g W", power_w);
}

Test(deltas, show_in_the_line_of_each_device)
{
    for (uint32_t i = 0; i < 8; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        cr_expect_str_eq(line.delivery, "multicast", "of the second campaign");
        cr_expect_str_eq(line.block, i < 3 ? "full" : "delta");
        cr_expect_str_eq(line.proof, "accepted");
        cr_expect_str_eq(line.reboot, "told");
        cr_expect_eq(line.reboot_ns, 16 * 3600 * SIM_NS_PER_S);
    }
}

/* Each campaign beside itself: its members, its frames, its energy; they add up to the run. */
Test(deltas, cost_less_than_whole_images)
{
    static const char *const forms[] = { "full", "delta" };
    double airtime_s = 0.0, energy_j = 0.0;
    for (size_t f = 0; f < 2; f++) {
        char path[96];
        snprintf(path, sizeof path, "campaigns.all.image.%s.airtime_s", forms[f]);
        airtime_s += trial_value(trial, path);
        snprintf(path, sizeof path, "campaigns.all.image.%s.energy_j.mean", forms[f]);
        energy_j += trial_value(trial, path) * (f == 0 ? 3.0 : 5.0);
    }
    cr_expect_eq(trial_value(trial, "image.encrypted"), 0);
    cr_expect_eq(
            trial_value(trial, "campaigns.all.image.bytes"), trial->world->images[1].size_bytes);
    cr_expect_eq(trial_value(trial, "campaigns.all.image.full.confirmed"), 3);
    cr_expect_eq(trial_value(trial, "campaigns.all.image.delta.confirmed"), 5);
    cr_expect_eq(trial_value(trial, "campaigns.pilot.image.delta.airtime_s"), 0);
    struct round_cost cost;
    rounds_cost(trial->recorders, 1, 0, &cost);
    cr_expect_float_eq(airtime_s, (double)cost.airtime_ns / 1e9, 1e-4 * airtime_s);
    cr_expect_float_eq(energy_j, cost.energy_j, 1e-4 * energy_j);
    cr_expect_lt(trial_value(trial, "campaigns.all.image.delta.energy_j.mean"),
            trial_value(trial, "campaigns.all.image.full.energy_j.mean"));
}

/* Energy of one campaign is none of another's: all that is drawn for updates is there once. */
Test(deltas, energy_of_campaigns_adds_up_to_that_of_the_devices)
{
    double campaigns_j = 0.0, devices_j = 0.0;
    for (uint32_t c = 0; c < 2; c++) {
        struct round_cost cost;
        rounds_cost(trial->recorders, c, 0, &cost);
        campaigns_j += cost.energy_j;
    }
    for (uint32_t i = 0; i < 8; i++) {
        struct phase_energy energy;
        energy_phases_device(trial->recorders, i, &energy);
        devices_j += energy.update_j;
    }
    cr_expect_float_eq(campaigns_j, devices_j, 0.01 * devices_j, "%g, %g", campaigns_j, devices_j);
}
