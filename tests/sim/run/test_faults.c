/* The faults that a scenario lists.
 * SPDX-License-Identifier: MIT
 *
 * Goal: they do what the same faults do that are injected at the same instants (the whole summary
 * is the same, with the trace hash and the count of events), and each does what its kind says.
 * Right values: by arithmetic from the scenario.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ten_devices.h"
#include "support/trial.h"

static const char small[] = TEN_DEVICES "faults:\n";

#define FAULT_NS (40 * 60 * SIM_NS_PER_S + 12345)
#define AT       "at: 2400000012345 ns"

static struct trial *listed(const char *faults)
{
    char text[4096];
    snprintf(text, sizeof text, "%s  - %s\n", small, faults);
    return trial_create(text, NULL, 0);
}

static char *played(struct trial *trial)
{
    trial_play(trial);
    char *summary = trial_summary(trial);
    trial_destroy(trial);
    return summary;
}

/* --- listed and injected ---------------------------------------------------------------------- */

#define FOR_NS (10 * 60 * SIM_NS_PER_S)

struct pair {
    const char *listed;
    struct fault injected;
    enum fault_kind end; /* FAULT_KIND_COUNT: it has none */
};

static const struct pair pairs[] = {
    { "{kind: reset, device: 3, " AT "}", { .kind = FAULT_DEVICE_RESET, .target = 3 },
            FAULT_KIND_COUNT },
    { "{kind: power-cut, device: 7, " AT ", duration: 10 min}",
            { .kind = FAULT_DEVICE_POWER_CUT, .target = 7, .cut = { .duration_ns = FOR_NS } },
            FAULT_KIND_COUNT },
    { "{kind: power-cut, device: 2, " AT ", flash: {operation: 9, torn: true}}",
            { .kind = FAULT_DEVICE_POWER_CUT,
                    .target = 2,
                    .cut = { .operation = 9, .torn = true, .duration_ns = SIM_NS_PER_S } },
            FAULT_KIND_COUNT },
    { "{kind: outage, gateway: 1, part: power, " AT ", duration: 10 min}",
            { .kind = FAULT_GATEWAY_OUTAGE_BEGIN, .target = 1, .outage = GATEWAY_OUTAGE_POWER },
            FAULT_GATEWAY_OUTAGE_END },
    { "{kind: server-restart, " AT ", duration: 10 min}", { .kind = FAULT_SERVER_STOP },
            FAULT_SERVER_START },
    { "{kind: outage, gateway: 0, " AT ", duration: 10 min}",
            { .kind = FAULT_GATEWAY_OUTAGE_BEGIN, .target = 0, .outage = GATEWAY_OUTAGE_BACKHAUL },
            FAULT_GATEWAY_OUTAGE_END },
    { "{kind: read-errors, device: 4, " AT ", duration: 10 min,"
      " flash: {memory: internal, bit_errors: 0.00001}}",
            { .kind = FAULT_DEVICE_READ_ERRORS_BEGIN,
                    .target = 4,
                    .read_errors = { HAL_FLASH_INTERNAL, 0.00001 } },
            FAULT_DEVICE_READ_ERRORS_END },
    { "{kind: brown-out, device: 6, " AT ", duration: 10 min, charge: 4 %}",
            { .kind = FAULT_DEVICE_WEAK_BATTERY_BEGIN, .target = 6, .charge = 0.04 },
            FAULT_DEVICE_WEAK_BATTERY_END },
    { "{kind: backhaul-loss, gateway: 1, " AT ", duration: 10 min, loss: 70 %}",
            { .kind = FAULT_GATEWAY_LOSS_BEGIN, .target = 1, .loss = 0.7 },
            FAULT_GATEWAY_LOSS_END },
    { "{kind: jammer, frequency: 868.1 MHz, power: 20 dBm, x: 100 m, " AT ", duration: 10 min}",
            { .kind = FAULT_JAMMER_START,
                    .target = 5,
                    .jammer = { .emitter = { .frequency_hz = 868100000,
                                        .bandwidth_hz = 125000,
                                        .eirp_mdbm = 20000,
                                        .x_m = 100,
                                        .height_m = 1.5 } } },
            FAULT_JAMMER_STOP },
};

static void compare(const struct pair *pair)
{
    char *expected = played(listed(pair->listed));
    char none[4096];
    snprintf(none, sizeof none, "%s", small);
    strstr(none, "faults:")[0] = '\0';
    char *without = played(trial_create(none, NULL, 0));
    struct trial *trial = trial_create(none, NULL, 0);
    cr_assert(trial_go(trial, FAULT_NS));
    cr_assert(run_fault(trial->run, &pair->injected));
    if (pair->end != FAULT_KIND_COUNT) {
        cr_assert(trial_go(trial, FAULT_NS + FOR_NS), "%s", pair->listed);
        struct fault end = pair->injected;
        end.kind = pair->end;
        cr_assert(run_fault(trial->run, &end));
    }
    char *injected = played(trial);
    cr_expect_str_eq(injected, expected, "%s", pair->listed);
    cr_expect_str_neq(without, expected, "%s changes nothing", pair->listed);
    free(expected);
    free(without);
    free(injected);
}

Test(faults, listed_are_as_injected)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        compare(&pairs[i]);
    }
}

/* --- outages in their short form ---------------------------------------------------------------
 */

/* The same outages as rows of `gateways.outages` and of `faults`. */
static const struct {
    const char *outage, *fault;
} forms[] = {
    { "{gateway: 1, kind: power, from: 40 min, duration: 10 min}",
            "{kind: outage, gateway: 1, part: power, at: 40 min, duration: 10 min}" },
    { "{gateway: all, kind: power, from: 20 min, duration: 90 s, every: 7 min}",
            "{kind: outage, part: power, at: 20 min, duration: 90 s, every: 7 min}" },
    { "{gateway: 0, kind: backhaul, from: 40 min, duration: 10 min}",
            "{kind: outage, gateway: 0, at: 40 min, duration: 10 min}" },
    { "{from: 20 min, duration: 90 s, every: 7 min}",
            "{kind: outage, gateway: all, part: backhaul, at: 20 min, duration: 90 s,"
            " every: 7 min}" },
};

static struct trial *in_short_form(const char *outage)
{
    char text[4096];
    const char *gateways = strstr(small, "{count: 2}"), *faults = strstr(small, "faults:");
    const char *rest = gateways + strlen("{count: 2}");
    snprintf(text, sizeof text, "%.*s{count: 2, outages: [%s]}%.*s", (int)(gateways - small), small,
            outage, (int)(faults - rest), rest);
    return trial_create(text, NULL, 0);
}

Test(faults, outages_of_gateways_are_as_listed)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *expected = played(listed(forms[i].fault));
        char *actual = played(in_short_form(forms[i].outage));
        cr_expect_not_null(strstr(expected, "trace_hash"));
        cr_expect_str_eq(actual, expected, "%s", forms[i].outage);
        free(expected);
        free(actual);
    }
}

Test(faults, outage_of_one_gateway_leaves_the_other)
{
    struct trial *trial = in_short_form("{gateway: 1, from: 20 min, duration: 1 h}");
    trial_play(trial);
    struct gateway_stats stats[2];
    for (uint32_t i = 0; i < 2; i++) {
        gateway_stats(trial->world->gateways, i, engine_now(trial->world->engine), &stats[i]);
    }
    cr_expect_eq(stats[0].outage_lost_up, 0);
    cr_expect_gt(stats[1].outage_lost_up, 20);
    trial_destroy(trial);
}

/* --- targets and times ------------------------------------------------------------------------ */

static struct {
    sim_ns at_ns[16];
    uint32_t cause[16];
    uint32_t device[16];
    uint32_t count;
    entity_id first;
} resets;

static void note_reset(void *context, const struct observation *o)
{
    (void)context;
    bool outside = o->a == HAL_RESET_PIN || o->a == HAL_RESET_POWER_ON;
    if (outside && resets.count < 16) { /* not the firmware's own */
        resets.at_ns[resets.count] = o->at_ns;
        resets.cause[resets.count] = (uint32_t)o->a;
        resets.device[resets.count++] = o->entity - resets.first;
    }
}

static void play_resets(const char *faults)
{
    struct trial *trial = listed(faults);
    memset(&resets, 0, sizeof resets);
    resets.first = trial->world->first_device;
    cr_assert(trial_go(trial, 30 * 60 * SIM_NS_PER_S));
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), note_reset, NULL);
    trial_go(trial, 70 * 60 * SIM_NS_PER_S);
    trial_destroy(trial);
}

Test(faults, resets_a_share_of_a_group_at_the_nanosecond)
{
    play_resets("{kind: reset, devices: e 50..100 %, " AT "}");
    cr_assert_eq(resets.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        cr_expect_eq(resets.device[i], 8 + i);
        cr_expect_eq(resets.cause[i], HAL_RESET_PIN);
        cr_expect_eq(resets.at_ns[i], FAULT_NS + 1000000); /* the board's reset takes 1 ms */
    }
}

Test(faults, comes_again_every_so_often)
{
    play_resets("{kind: reset, device: 1, at: 31 min, every: 3 min}");
    cr_assert_geq(resets.count, 5, "%u", resets.count); /* at 31, 34, 37, 40, 43 min, and on */
    for (uint32_t i = 0; i < 5; i++) {
        cr_expect_eq(resets.at_ns[i] - 1000000, (31 + 3 * (sim_ns)i) * 60 * SIM_NS_PER_S);
    }
}

Test(faults, leaves_a_device_without_power_for_its_duration)
{
    play_resets("{kind: power-cut, device: 5, " AT ", duration: 90 s}");
    cr_assert_eq(resets.count, 1);
    cr_expect_eq(resets.device[0], 5);
    cr_expect_eq(resets.cause[0], HAL_RESET_POWER_ON);
    cr_expect_eq(resets.at_ns[0], FAULT_NS + 90 * SIM_NS_PER_S + 1000000);
}

Test(faults, cuts_each_device_at_a_flash_operation_of_its_own)
{
    struct trial *trial =
            listed("{kind: power-cut, devices: d, flash: {operation: 5, step: 3}, duration: 20 s}");
    memset(&resets, 0, sizeof resets);
    resets.first = trial->world->first_device;
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), note_reset, NULL);
    trial_play(trial);
    cr_assert_eq(resets.count, 16, "10 boots and 6 cuts, but %u", resets.count);
    uint32_t boots[10] = { 0 };
    for (uint32_t i = 0; i < resets.count; i++) {
        boots[resets.device[i]]++;
    }
    for (uint32_t device = 0; device < 10; device++) {
        cr_expect_eq(boots[device], device < 6 ? 2 : 1, "device %u: %u", device, boots[device]);
    }
    trial_destroy(trial);
}

/* 40 devices, 2 a day, 10 days: 800 expected; Poisson, within 4 standard deviations. */
static uint32_t drawn_resets;
static void count_pin(void *context, const struct observation *o)
{
    (void)context;
    drawn_resets += o->a == HAL_RESET_PIN ? 1u : 0u;
}

Test(faults, come_by_chance_at_their_rate)
{
    static const char text[] = "duration: 10 d\ncampaign: none\n"
                               "devices: [{name: d, count: 40, report: {period: 20 d}}]\n"
                               "faults: [{kind: reset, rate: 2 /d}]\n";
    struct trial *trial = trial_create(text, NULL, 0);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), count_pin, NULL);
    drawn_resets = 0;
    trial_play(trial);
    cr_expect_geq(drawn_resets, 800 - 113);
    cr_expect_leq(drawn_resets, 800 + 113);
    trial_destroy(trial);
}

/* By chance: 1000 in a day and none later; by the clock: at 3, 4, ... 9 d, and at 3 and 4 d. */
Test(faults, do_not_begin_from_their_end_on)
{
    static const char text[] =
            "duration: 10 d\ncampaign: none\n"
            "devices: [{name: d, count: 40, report: {period: 20 d}}]\n"
            "faults: [{kind: reset, device: 3, at: 3 d, every: 1 d, until: 10 d},\n"
            "  {kind: reset, device: 4, at: 3 d, every: 1 d, until: 5 d},\n"
            "  {kind: reset, device: 5, rate: 1000 /d, until: 1 d}]\n";
    struct trial *trial = trial_create(text, NULL, 0);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), count_pin, NULL);
    drawn_resets = 0;
    cr_assert(trial_go(trial, 86400 * SIM_NS_PER_S));
    cr_expect(drawn_resets > 1000 - 127 && drawn_resets < 1000 + 127, "%u", drawn_resets);
    drawn_resets = 0;
    trial_play(trial);
    cr_expect_eq(drawn_resets, 7 + 2, "%u", drawn_resets);
    trial_destroy(trial);
}

/* A mean of 100 million years is more than 64 bits of nanoseconds. */
Test(faults, by_chance_at_the_lowest_rates_do_not_come)
{
    struct trial *trial = trial_create("duration: 10 d\ncampaign: none\n"
                                       "devices: [{count: 40, report: {period: 20 d}}]\n"
                                       "faults: [{kind: reset, at: 1 d, rate: 2.7e-11 /d}]\n",
            NULL, 0);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), count_pin, NULL);
    drawn_resets = 0;
    trial_play(trial);
    cr_expect_eq(drawn_resets, 0);
    trial_destroy(trial);
}

/* --- jammers ---------------------------------------------------------------------------------- */

struct heard {
    uint32_t received, lost;
};

static void count_downlinks(void *context, const struct observation *o)
{
    struct heard *heard = context;
    heard->received += o->kind == OBSERVE_FRAME_RECEIVED ? 1u : 0u;
    heard->lost += o->kind == OBSERVE_FRAME_LOST ? 1u : 0u;
}

/* What devices heard in the first five minutes of the session, which opens at 45 min. */
static struct heard heard_under(const char *faults)
{
    struct heard heard = { 0, 0 };
    struct trial *trial = listed(faults);
    cr_assert(trial_go(trial, 46 * 60 * SIM_NS_PER_S));
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST), count_downlinks,
            &heard);
    cr_assert(trial_go(trial, 51 * 60 * SIM_NS_PER_S));
    trial_destroy(trial);
    return heard;
}

Test(faults, jammer_blocks_a_channel_for_the_receivers_that_it_reaches)
{
    struct heard all = heard_under("{kind: jammer, frequency: 869.525 MHz, received: -40 dBm,"
                                   " at: 45 min, duration: 10 min}");
    struct heard gateways = heard_under("{kind: jammer, frequency: 869.525 MHz,"
                                        " received: -40 dBm, at: 45 min, duration: 10 min,"
                                        " gateway: all}");
    struct heard elsewhere = heard_under("{kind: jammer, frequency: 868.1 MHz,"
                                         " received: -40 dBm, devices: all, at: 45 min,"
                                         " duration: 10 min}");
    cr_expect_gt(gateways.received, 20, "%u", gateways.received);
    cr_expect_eq(all.received, 0, "%u", all.received);
    cr_expect_eq(elsewhere.received, gateways.received, "%u", elsewhere.received);
}
