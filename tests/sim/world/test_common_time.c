/* A fleet of real firmware that installs at one time: when it reboots, and the storm after it.
 * SPDX-License-Identifier: MIT
 *
 * Issue 11: the storm of first reports after a common reboot is measured. Devices report within a
 * minute after an install (device/app/report.h), so a spread of hours must calm it.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"
#include "trace.h"

#define AT_S  45000.0 /* 30 min + 12 h */
#define FLEET 40.0

static const char scenario[] = "name: common-time\n"
                               "seed: 3\n"
                               "duration: 40 h\n"
                               "area: {shape: disc, radius: 1 km}\n"
                               "devices:\n"
                               "  - name: sensors\n"
                               "    count: 40\n"
                               "    boot: {spread: 10 min}\n"
                               "    report: {period: 20 min, phase: uniform}\n"
                               "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
                               "campaign:\n"
                               "  start: 30 min\n"
                               "  set_up: {window: 1 h}\n"
                               "  correction: {timeout: 1 h}\n"
                               "  verify: [server-mic-sha256, signature]\n"
                               "  install: {policy: common-time, after: 12 h}\n";

struct reboots {
    unsigned count, early;
    double last_s;
};

static void note(void *context, const struct observation *o)
{
    struct reboots *reboots = context;
    double at_s = (double)o->at_ns / 1e9;
    if (o->a != FW_TRACE_INSTALLED) {
        return;
    }
    reboots->count++;
    reboots->early += at_s < AT_S - 2.0 ? 1 : 0;
    reboots->last_s = at_s;
}

static struct trial *played(const char *const *sets, unsigned count, struct reboots *reboots)
{
    struct trial *trial = trial_create(scenario, sets, count);
    *reboots = (struct reboots){ 0 };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), note, reboots);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), FLEET);
    cr_expect_eq(reboots->count, FLEET);
    cr_expect_eq(reboots->early, 0);
    return trial;
}

Test(common_time, all_devices_install_at_it)
{
    struct reboots reboots;
    struct trial *trial = played(NULL, 0, &reboots);
    /* The off-time of an uplink at DR0, 2.5 s long, comes first. */
    cr_expect_leq(reboots.last_s, AT_S + 260.0, "%.0f s after it", reboots.last_s - AT_S);
    cr_expect_eq(trial_value(trial, "install.common_time.rebooted"), FLEET);
    cr_expect_geq(trial_value(trial, "install.common_time.uplinks"), FLEET);
    trial_destroy(trial);
}

Test(common_time, is_spread_over_the_time_that_is_given)
{
    static const char *const sets[] = { "campaign.install.spread=4 h" };
    struct reboots reboots;
    struct trial *trial = played(sets, 1, &reboots);
    cr_expect_geq(reboots.last_s, AT_S + 3.8 * 3600.0);
    cr_expect_eq(trial_value(trial, "install.common_time.rebooted"), FLEET);
    trial_destroy(trial);
}

/* A storm of reports at DR0 in one minute against the same over four hours. */
Test(common_time, spread_calms_the_storm_of_first_reports)
{
    static const char *const sets[] = { "devices.0.data_rate=DR0", "campaign.install.spread=4 h" };
    struct reboots reboots;
    struct trial *storm = played(sets, 1, &reboots);
    struct trial *calm = played(sets, 2, &reboots);
    double in_storm = trial_value(storm, "install.common_time.first_pdr");
    double in_calm = trial_value(calm, "install.common_time.first_pdr");
    cr_expect_lt(in_storm, in_calm - 0.1, "%.3f in the storm, %.3f spread", in_storm, in_calm);
    trial_destroy(storm);
    trial_destroy(calm);
}
