/* Numbers of a summary over devices, counted again: steps of the set-up, clocks, energy, battery.
 * SPDX-License-Identifier: MIT
 *
 * Goal: each mean and percentile is over the devices that its text names, in its unit, of the thing
 * that its name says.
 *
 * Method: one run whose devices differ (distance, fading, joins and reports at their own times),
 * watched by an observer of the test. What the recorders tell from the bytes on the air is told
 * here by the firmware's trace: it joined, or set its clock, by the frame that it received last.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "sim/record/fleet.h"
#include "support/recount.h"
#include "trace.h"

#define ERROR_TOLERANCE_MS 1.5         /* both are whole milliseconds */
#define NEW_VERSION        0x02000000u /* firmware.version 2.0.0, the default */

static struct {
    const struct world *world;
    sim_ns heard_ns[FLEET_DEVICES]; /* the last frame that its radio received */
    sim_ns joined_ns[FLEET_DEVICES], set_ns[FLEET_DEVICES], opened_ns[FLEET_DEVICES];
    double error_ms[FLEET_DEVICES];
} run;

static void watch(void *context, const struct observation *o)
{
    (void)context;
    uint32_t i = o->entity - run.world->first_device;
    if (o->kind == OBSERVE_FRAME_RECEIVED) {
        run.heard_ns[i] = o->at_ns;
    } else if (o->a == FW_TRACE_JOINED && run.joined_ns[i] == 0) {
        run.joined_ns[i] = run.heard_ns[i];
    } else if (o->a == FW_TRACE_CLOCK_SET && run.set_ns[i] == 0) {
        run.set_ns[i] = run.heard_ns[i];
    } else if (o->a == FW_TRACE_SESSION_OPENED && run.opened_ns[i] == 0) {
        int64_t true_ms = network_gps_ns(run.world->network, o->at_ns) / SIM_NS_PER_MS;
        run.opened_ns[i] = o->at_ns;
        run.error_ms[i] = fabs((double)(int32_t)((uint32_t)o->c - (uint32_t)true_ms));
    }
}

static struct trial *play_with(const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(fleet_text, sets, set_count);
    memset(&run, 0, sizeof run);
    run.world = trial->world;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED), watch, NULL);
    trial_play(trial);
    return trial;
}

static struct trial *play(void)
{
    return play_with(NULL, 0);
}

/* A wide area, and a window in which not every device reports often enough: not all become ready.
 */
static struct trial *play_wide(void)
{
    static const char *const sets[] = { "area.radius=7 km", "campaign.set_up.window=30 min",
        "devices.0.report.period=40 min", "devices.0.wrong_gen_app_key=20 %" };
    return play_with(sets, sizeof sets / sizeof sets[0]);
}

/* --- set-up, clocks --------------------------------------------------------------------------- */

/* Seconds from the campaign's start to `at_ns`, at least `least`. */
static double since(sim_ns at_ns, double least)
{
    return fmax((double)at_ns / 1e9 - FLEET_START_S, least);
}

/* The steps are one line of time: contact, clock, group and session, fragmentation session. Where
 * the clock was set before the first command, its step is empty. */
Test(recount_devices, steps_of_the_set_up)
{
    struct trial *trial = play();
    struct values contact = { 0 }, clock = { 0 }, multicast = { 0 }, fragmentation = { 0 },
                  session = { 0 };
    double clock_sum = 0.0;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        if (d.ready_ns == SIM_NS_NEVER) {
            continue;
        }
        double contact_s = since(d.first_command_ns, 0.0);
        double group_s = since(d.group_set_up_ns, contact_s);
        double clock_s = fmin(since(run.set_ns[i], contact_s), group_s);
        values_add(&contact, contact_s);
        values_add(&clock, clock_s - contact_s);
        values_add(&multicast, group_s - clock_s);
        values_add(&fragmentation, since(d.ready_ns, group_s) - group_s);
        if (run.opened_ns[i] > 0) {
            values_add(&session, (double)(run.opened_ns[i] - d.ready_ns) / 1e9);
        }
        clock_sum += clock_s - contact_s;
    }
    cr_expect_gt(clock_sum, 0.1, "a clock was set after the first command");
    cr_expect_gt(values_percentile(&contact, 0.95), 2 * values_percentile(&contact, 0.5) + 1);
    expect_values(trial, "setup_time_s.by_step.contact.", &contact, 1e-6);
    expect_values(trial, "setup_time_s.by_step.clock_sync.", &clock, 1e-6);
    expect_values(trial, "setup_time_s.by_step.multicast_setup.", &multicast, 1e-6);
    expect_values(trial, "setup_time_s.by_step.fragmentation_setup.", &fragmentation, 1e-6);
    expect_values(trial, "setup_time_s.by_step.session_start.", &session, 0.1);
    trial_destroy(trial);
}

Test(recount_devices, clocks)
{
    struct trial *trial = play();
    struct values error = { 0 }, first = { 0 };
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        if (run.opened_ns[i] > 0) {
            values_add(&error, run.error_ms[i]);
        }
        if (run.set_ns[i] > 0) {
            values_add(&first, (double)(run.set_ns[i] - run.joined_ns[i]) / 1e9);
        }
    }
    cr_expect_gt(values_percentile(&error, 0.95), 1.0);
    expect_percentiles(trial, "clock.error_ms_", &error, ERROR_TOLERANCE_MS);
    expect_percentiles(trial, "clock.first_set_s_", &first, 1e-6);
    expect_near(trial, "clock.first_set_s_", "mean", values_mean(&first), 1e-6);
    trial_destroy(trial);
}

/* --- fragments, failures ---------------------------------------------------------------------- */

Test(recount_devices, rates_of_missing_fragments)
{
    struct trial *trial = play();
    const struct fragment_causes *causes = fragment_causes_of(trial->recorders);
    struct values rate = { 0 };
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        struct campaign_device d;
        struct cause_counts counts;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        fragment_causes_device(causes, 0, i, &counts);
        double sent = trial_value(trial, "missing_fragments.sent");
        if (d.ready_ns != SIM_NS_NEVER) {
            values_add(&rate, 1.0 - (double)counts.of[LOSS_NONE] / sent);
        }
    }
    expect_values(trial, "missing_fragments.rate_", &rate, 1e-9);
    cr_expect_gt(values_percentile(&rate, 0.95), values_percentile(&rate, 0.5));
    expect_near(trial, "missing_fragments.rate_", "max", rate.of[rate.count - 1], 1e-9);
    trial_destroy(trial);
}

/* Each stage counts the devices that got there or beyond; installed ones by their flash. */
Test(recount_devices, stages_that_devices_reached)
{
    static const struct {
        const char *key;
        enum campaign_stage stage;
    } stages[] = { { "ready", CAMPAIGN_READY }, { "complete", CAMPAIGN_COMPLETE },
        { "authenticated", CAMPAIGN_AUTHENTICATED }, { "confirmed", CAMPAIGN_CONFIRMED } };
    struct trial *trial = play_wide();
    uint32_t reached[CAMPAIGN_CONFIRMED + 1] = { 0 }, joined = 0, installed = 0;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        struct campaign_device d;
        struct firmware_image image;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        for (int stage = 0; stage <= (int)d.stage; stage++) {
            reached[stage]++;
        }
        joined += run.joined_ns[i] > 0;
        installed += node_image(trial->world->nodes, i, &image) && image.version == NEW_VERSION;
    }
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        expect_count(trial, "devices.", stages[i].key, reached[stages[i].stage]);
    }
    cr_expect_gt(joined, reached[CAMPAIGN_READY]);
    cr_expect_gt(installed, 0);
    expect_count(trial, "devices.", "total", FLEET_DEVICES);
    expect_count(trial, "devices.", "joined", joined);
    expect_count(trial, "devices.", "installed", installed);
    trial_destroy(trial);
}

Test(recount_devices, devices_by_the_reason_of_their_failure)
{
    struct trial *trial = play_wide();
    uint32_t failed[CAMPAIGN_FAILURE_COUNT] = { 0 }, never_joined = 0, kinds = 0;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        failed[d.failure]++;
        never_joined += run.joined_ns[i] == 0;
    }
    cr_assert_gt(never_joined, 0);
    cr_assert_geq(failed[CAMPAIGN_FAILURE_NEVER_HEARD], never_joined);
    failed[CAMPAIGN_FAILURE_NEVER_HEARD] -= never_joined;
    expect_near(trial, "devices.failed.", "never_joined", never_joined, 0.0);
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        const char *name = campaign_failure_name((enum campaign_failure)f);
        expect_near(trial, "devices.failed.", name, failed[f], 0.0);
        kinds += failed[f] > 0;
    }
    cr_expect_geq(kinds, 3, "%u reasons", kinds);
    trial_destroy(trial);
}

/* --- energy, battery -------------------------------------------------------------------------- */

Test(recount_devices, energy_by_component)
{
    static const struct {
        enum energy_component component;
        const char *name;
    } rows[] = { { ENERGY_RADIO_RX, "radio_rx" }, { ENERGY_RADIO_TX, "radio_tx" },
        { ENERGY_RADIO_IDLE, "radio_idle" }, { ENERGY_MCU_RUN, "mcu_run" },
        { ENERGY_MCU_SLEEP, "mcu_sleep" }, { ENERGY_FLASH, "flash" } };
    struct trial *trial = play();
    sim_ns now_ns = engine_now(trial->world->engine);
    struct values total = { 0 };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        double sum_j = 0.0;
        for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
            struct energy_account account;
            node_energy(trial->world->nodes, i, now_ns, &account);
            sum_j += account.joule[rows[r].component];
        }
        expect_near(
                trial, "energy_j.by_component.", rows[r].name, sum_j / FLEET_DEVICES, 1e-9 * sum_j);
    }
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        values_add(&total, node_energy_total_j(trial->world->nodes, i, now_ns));
    }
    double mean = values_mean(&total);
    expect_values(trial, "energy_j.", &total, 1e-9 * mean);
    expect_near(trial, "energy_j.", "max", total.of[FLEET_DEVICES - 1], 1e-9 * mean);
    trial_destroy(trial);
}

Test(recount_devices, what_the_update_costs_the_battery)
{
    struct trial *trial = play_wide();
    struct values percent = { 0 }, days = { 0 }, years = { 0 };
    double capacity_j =
            FLEET_CAPACITY_AH * 3600.0 * node_battery(trial->world->nodes, 0)->voltage_v;
    double leak_w = FLEET_LEAK_A_YEAR * capacity_j / FLEET_S_PER_YEAR;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        struct campaign_device d;
        struct phase_energy energy;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        energy_phases_device(trial->recorders, i, &energy);
        double power_w = energy.steady_j / ((double)energy.steady_ns / 1e9) + leak_w;
        values_add(&years, FLEET_USABLE * capacity_j / power_w / FLEET_S_PER_YEAR);
        if (d.ready_ns != SIM_NS_NEVER) {
            values_add(&percent, 100.0 * energy.update_j / (FLEET_USABLE * capacity_j));
            values_add(&days, energy.update_j / power_w / 86400.0);
        }
    }
    cr_assert(percent.count > 0 && percent.count < FLEET_DEVICES);
    expect_near(trial, "battery.", "update_cost_percent", values_mean(&percent), 1e-9);
    expect_near(trial, "battery.", "update_cost_days", values_mean(&days), 1e-6);
    expect_near(trial, "battery.", "life_years", values_mean(&years), 1e-6);
    trial_destroy(trial);
}
