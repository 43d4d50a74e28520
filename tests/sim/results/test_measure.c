/* The numbers of a whole run against each other and against what the models hold.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/summary.h"
#include "results/expectation.h"
#include "scenario/expect_keys.h"
#include "support/run.h"
#include "trace.h"

static struct run *play_hello(const char *const *sets, size_t set_count)
{
    char *text = run_shipped("hello-20");
    struct run *run = run_create(text, sets, set_count);
    run_play(run);
    free(text);
    return run;
}

static bool has(const struct run *run, bool partial, const char *path)
{
    struct summary *summary = recorder_set_summary(run->world->recorders, partial);
    bool found = summary_has(summary, path);
    summary_destroy(summary);
    return found;
}

Test(measure, energy_is_the_sum_of_its_components)
{
    static const char *const components[] = { "radio_rx", "radio_tx", "radio_idle", "mcu_run",
        "mcu_sleep", "flash" };
    struct run *run = play_hello(NULL, 0);
    double sum = 0.0;
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "energy_j.by_component.%s", components[i]);
        double value = run_value(run, path);
        cr_expect_gt(value, 0.0, "%s", path);
        sum += value;
    }
    double mean = run_value(run, "energy_j.mean");
    cr_expect_float_eq(sum, mean, 1e-9 * mean);
    run_destroy(run);
}

Test(measure, distributions_are_in_order)
{
    struct run *run = play_hello(NULL, 0);
    static const char *const prefixes[] = { "setup_time_s.", "completion_time_s." };
    for (size_t i = 0; i < 2; i++) {
        static const char *const keys[] = { "min", "p50", "p95", "max" };
        double last = 0.0;
        for (size_t k = 0; k < 4; k++) {
            char path[64];
            snprintf(path, sizeof path, "%s%s", prefixes[i], keys[k]);
            double value = run_value(run, path);
            cr_expect_geq(value, last, "%s", path);
            last = value;
        }
    }
    run_destroy(run);
}

/* The same numbers by another way: straight from the campaign, sorted here. */
static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

Test(measure, set_up_times_are_those_of_the_devices)
{
    struct run *run = play_hello(NULL, 0);
    double times[20], sum = 0.0;
    for (uint32_t i = 0; i < 20; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(run->world), i, &d);
        times[i] = (double)(d.ready_ns - run->scenario.campaigns[0].params.start_ns) / 1e9;
        sum += times[i];
    }
    qsort(times, 20, sizeof times[0], by_value);
    cr_expect_float_eq(run_value(run, "setup_time_s.mean"), sum / 20, 1e-6);
    cr_expect_float_eq(run_value(run, "setup_time_s.min"), times[0], 1e-9);
    cr_expect_float_eq(run_value(run, "setup_time_s.max"), times[19], 1e-9);
    /* 20 values: p50 lies half way between the 10th and the 11th, p95 at index 18.05. */
    cr_expect_float_eq(run_value(run, "setup_time_s.p50"), (times[9] + times[10]) / 2, 1e-6);
    cr_expect_float_eq(
            run_value(run, "setup_time_s.p95"), times[18] + 0.05 * (times[19] - times[18]), 1e-6);
    run_destroy(run);
}

/* From join to the first setting of the clock, as the firmware tells them. */
struct clock_watch {
    const struct world *world;
    sim_ns joined_ns[20], set_ns[20];
};

static void watch_clock(void *context, const struct observation *o)
{
    struct clock_watch *watch = context;
    uint32_t i = o->entity - watch->world->first_device;
    sim_ns *slot = o->a == FW_TRACE_JOINED      ? &watch->joined_ns[i]
                   : o->a == FW_TRACE_CLOCK_SET ? &watch->set_ns[i]
                                                : NULL;
    if (slot != NULL && *slot == 0) {
        *slot = o->at_ns;
    }
}

Test(measure, clock_synchronization_ends_when_the_firmware_sets_its_clock)
{
    static struct clock_watch watch;
    char *text = run_shipped("hello-20");
    struct run *run = run_create(text, NULL, 0);
    watch.world = run->world;
    engine_observer_add(run->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), watch_clock, &watch);
    run_play(run);
    double sum = 0.0;
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert_gt(watch.set_ns[i], watch.joined_ns[i], "device %u", i);
        sum += (double)(watch.set_ns[i] - watch.joined_ns[i]) / 1e9;
    }
    double mean = run_value(run, "clock.first_set_s_mean");
    cr_expect_float_eq(mean, sum / 20, 1e-6 * mean);
    run_destroy(run);
    free(text);
}

Test(measure, every_missing_fragment_was_recovered_or_not)
{
    static const char *const sets[] = { "propagation.penetration=14 dB" };
    struct run *run = play_hello(sets, 1);
    double sent = run_value(run, "missing_fragments.sent");
    uint32_t ready = 0;
    for (uint32_t i = 0; i < 20; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(run->world), i, &d);
        ready += d.ready_ns != SIM_NS_NEVER;
    }
    double missing = run_value(run, "missing_fragments.rate_mean") * sent * ready;
    double recovered = run_value(run, "missing_fragments.recovered");
    double unrecovered = run_value(run, "missing_fragments.unrecovered");
    cr_expect_gt(recovered, 0.0, "14 dB must cost fragments");
    cr_expect_float_eq(missing, recovered + unrecovered, 1e-6 * (1.0 + missing));
    run_destroy(run);
}

Test(measure, stages_shrink_and_failures_fill_the_rest)
{
    static const char *const sets[] = { "propagation.penetration=25 dB" };
    static const char *const stages[] = { "joined", "ready", "complete", "authenticated",
        "confirmed" };
    struct run *run = play_hello(sets, 1);
    double last = run_value(run, "devices.total");
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "devices.%s", stages[i]);
        double count = run_value(run, path);
        cr_expect_leq(count, last, "%s", path);
        last = count;
    }
    double failed = 0.0;
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        char path[64];
        snprintf(path, sizeof path, "devices.failed.%s",
                campaign_failure_name((enum campaign_failure)f));
        failed += run_value(run, path);
    }
    cr_expect_gt(failed, 0.0);
    cr_expect_float_eq(failed + last, run_value(run, "devices.total"), 0.0);
    run_destroy(run);
}

Test(measure, a_run_cut_short_says_so_and_blames_nobody)
{
    char *text = run_shipped("hello-20");
    struct run *run = run_create(text, NULL, 0);
    world_run(run->world, 3600 * SIM_NS_PER_S);
    struct summary *summary = recorder_set_summary(run->world->recorders, true);
    double value = 0.0;
    cr_assert(summary_value(summary, "partial", &value));
    cr_expect_float_eq(value, 1.0, 0.0);
    cr_expect_not(summary_has(summary, "devices.failed.no_uplink"));
    cr_assert(summary_value(summary, "sim_time_s", &value));
    cr_expect_float_eq(value, 3600.0, 1e-9);
    summary_destroy(summary);
    run_destroy(run);
    free(text);
}

Test(measure, a_run_without_a_campaign_has_no_campaign_numbers)
{
    struct run *run = run_create("duration: 2 h\ndevices: [{count: 3}]\n", NULL, 0);
    run_play(run);
    cr_expect(has(run, false, "devices.joined"));
    cr_expect_float_eq(run_value(run, "guest.errors"), 0.0, 0.0);
    cr_expect_float_eq(run_value(run, "guest.panics"), 0.0, 0.0);
    cr_expect(has(run, false, "energy_j.mean"));
    cr_expect_not(has(run, false, "setup_time_s.mean"));
    cr_expect_not(has(run, false, "devices.confirmed"));
    run_destroy(run);
}

/* What a scenario may expect is what a campaign's summary holds: no key more, none less. */
Test(measure, the_keys_of_expectations_are_the_numbers_of_a_campaign)
{
    struct run *run = play_hello(NULL, 0);
    struct summary *summary = recorder_set_summary(run->world->recorders, false);
    size_t at = 0;
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (item->kind == SUMMARY_TEXT || item->kind == SUMMARY_BOOL) {
            cr_expect_not(expect_key_known(item->path), "%s is no number", item->path);
            continue;
        }
        cr_expect(expect_key_known(item->path), "%s cannot be expected", item->path);
        cr_assert_not_null(expect_keys[at], "%s is not in the list", item->path);
        cr_expect_str_eq(expect_keys[at], item->path);
        at++;
    }
    cr_expect_null(expect_keys[at], "%s is in no summary", expect_keys[at]);
    summary_destroy(summary);
    run_destroy(run);
}
