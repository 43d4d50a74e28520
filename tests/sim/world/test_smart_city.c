/* The shipped city of a thousand meters does what is promised of it; in thicker walls it does not.
 * SPDX-License-Identifier: MIT
 *
 * Method: play scenarios/smart-city-1000.yaml once and hold the whole of it against the claims:
 * at least 99 % confirmed although fading takes fragments from a large part of the fleet, and
 * every rule that audits a run kept. The same city 9 dB deeper in its buildings has to fall short,
 * or the first result would prove nothing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/node.h"
#include "record/installs.h"
#include "results/expectation.h"
#include "support/run.h"

#define DEVICES 1000u

static void expect_expectations_met(const struct run *run)
{
    struct summary *summary = recorder_set_summary(run->world->recorders, false);
    cr_expect_gt(run->scenario.expect_count, 0);
    for (uint32_t i = 0; i < run->scenario.expect_count; i++) {
        char text[128];
        double actual = 0.0;
        expectation_format(&run->scenario.expect[i], text, sizeof text);
        cr_expect_eq(expectation_check(&run->scenario.expect[i], summary, &actual), EXPECTATION_MET,
                "%s: %f", text, actual);
    }
    summary_destroy(summary);
}

static void expect_losses_worth_correcting(const struct run *run)
{
    cr_expect_geq(run_value(run, "missing_fragments.rate_mean"), 0.005);
    cr_expect_geq(run_value(run, "missing_fragments.devices_with_losses"), 0.25 * DEVICES);
    cr_expect_geq(run_value(run, "missing_fragments.correction_batches"), 1);
    cr_expect_gt(run_value(run, "missing_fragments.recovered"), 0);
}

static void expect_images_identical(const struct run *run)
{
    const struct installs *installs = installs_of(run->world->recorders);
    uint32_t installed = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct device_install *device = &installs->devices[i];
        bool done = device->first_ns != SIM_NS_NEVER;
        installed += done ? 1u : 0u;
        cr_expect_eq(device->compared, done, "device %u", i);
        cr_expect_eq(device->matches, done, "device %u runs other bytes than were sent", i);
    }
    cr_expect_eq(installs->wrong, 0);
    cr_expect_eq(run_value(run, "devices.installed"), installed);
    cr_expect_geq(installed, 0.99 * DEVICES);
}

static void expect_audits_clean(const struct run *run)
{
    struct node_fleet_stats nodes;
    node_fleet_stats(run->world->nodes, &nodes);
    cr_expect_eq(nodes.guest_errors, 0);
    cr_expect_eq(nodes.panics, 0);
    cr_expect_eq(nodes.flash_violations, 0);
    cr_expect_eq(nodes.first_fault[0], '\0', "%s", nodes.first_fault);
    /* Design section 2. */
    cr_expect_leq(nodes.lead_max_ns, NODE_LEAD_MAX_NS, "%f ms", (double)nodes.lead_max_ns / 1e6);
    for (uint32_t g = 0; g < run->world->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(run->world->gateways, g, engine_now(run->world->engine), &stats);
        cr_expect_eq(stats.duty_violations, 0, "gateway %u", g);
        /* 10 % of an hour (ETSI EN 300 220-2), which the bulk makes much use of. */
        cr_expect_leq(stats.duty_cycle_max, 0.1);
        cr_expect_gt(stats.duty_cycle_max, 0.02, "gateway %u sent next to nothing", g);
    }
}

/* Every device that is not confirmed has one reason, and the summary counts them all. */
static uint32_t expect_reasons_named(const struct run *run)
{
    uint32_t counts[CAMPAIGN_FAILURE_COUNT] = { 0 };
    uint32_t confirmed = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device view;
        campaign_device_get(world_first_campaign(run->world), i, &view);
        cr_assert_lt(view.failure, CAMPAIGN_FAILURE_COUNT);
        bool is_confirmed = view.stage == CAMPAIGN_CONFIRMED;
        cr_expect_eq(is_confirmed, view.failure == CAMPAIGN_FAILURE_NONE, "device %u", i);
        confirmed += is_confirmed ? 1u : 0u;
        counts[view.failure]++;
    }
    double sum = run_value(run, "devices.confirmed");
    cr_expect_eq(sum, confirmed);
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        const char *name = campaign_failure_name((enum campaign_failure)f);
        char path[80];
        cr_assert_not_null(name);
        snprintf(path, sizeof path, "devices.failed.%s", name);
        if (counts[f] > 0) {
            printf("# %u devices: %s\n", counts[f], name);
            cr_expect_eq(run_value(run, path), counts[f]);
            sum += counts[f];
        }
    }
    cr_expect_eq(sum, DEVICES, "confirmed and failed devices: %.0f", sum);
    return confirmed;
}

Test(smart_city, confirms_99_percent_although_fading_takes_fragments)
{
    char *text = run_shipped("smart-city-1000");
    struct run *run = run_create(text, NULL, 0);
    cr_assert_eq(run->world->device_count, DEVICES);
    run_play(run);
    expect_expectations_met(run);
    cr_expect_geq(expect_reasons_named(run), 0.99 * DEVICES);
    expect_losses_worth_correcting(run);
    expect_images_identical(run);
    expect_audits_clean(run);
    run_destroy(run);
    free(text);
}

Test(smart_city, falls_short_9_db_deeper_in_its_buildings)
{
    static const char *const sets[] = { "propagation.penetration=15 dB" };
    char *text = run_shipped("smart-city-1000");
    struct run *run = run_create(text, sets, 1);
    run_play(run);
    uint32_t confirmed = expect_reasons_named(run);
    cr_expect_lt(confirmed, 0.99 * DEVICES);
    cr_expect_gt(confirmed, 0.25 * DEVICES, "a city with 9 dB more is not dead: %u", confirmed);
    expect_audits_clean(run);
    cr_expect_eq(installs_of(run->world->recorders)->wrong, 0);
    run_destroy(run);
    free(text);
}
