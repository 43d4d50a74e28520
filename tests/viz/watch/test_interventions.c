/* Faults by hand, and the scenario that repeats them.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whatever is given by hand, at whatever instants, the written scenario plays without a hand
 * to the same trace hash and count of events, also when it lists faults of its own, and when sets
 * changed it. Right values: the run that had the faults by hand.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ten_devices.h"
#include "support/trial.h"
#include "watch/interventions.h"

static const char small[] = "# Ten devices.\n"
                            "# And two gateways.\n" TEN_DEVICES;

#define MINUTE (60 * SIM_NS_PER_S)

/* One of each kind, at odd instants; one end falls on the time of another fault. */
static const struct intervention kinds[] = {
    { .kind = SCENARIO_FAULT_OUTAGE,
            .target = 0,
            .at_ns = 10 * MINUTE + 1,
            .duration_ns = 10 * MINUTE,
            .part = GATEWAY_OUTAGE_BACKHAUL },
    { .kind = SCENARIO_FAULT_OUTAGE,
            .target = 0,
            .at_ns = 20 * MINUTE + 1,
            .duration_ns = 5 * MINUTE,
            .part = GATEWAY_OUTAGE_BACKHAUL },
    { .kind = SCENARIO_FAULT_RESET, .target = 3, .at_ns = 40 * MINUTE + 12345 },
    { .kind = SCENARIO_FAULT_POWER_CUT,
            .target = 7,
            .at_ns = 40 * MINUTE + 12345,
            .duration_ns = 10 * MINUTE },
    { .kind = SCENARIO_FAULT_POWER_CUT,
            .target = 2,
            .at_ns = 41 * MINUTE + 7,
            .duration_ns = SCENARIO_AUTO },
    { .kind = SCENARIO_FAULT_JAMMER,
            .at_ns = 47 * MINUTE + 99,
            .duration_ns = 2 * MINUTE + 1,
            .frequency_hz = 869525000 },
    { .kind = SCENARIO_FAULT_OUTAGE,
            .target = 1,
            .at_ns = 50 * MINUTE + 77,
            .duration_ns = 10 * MINUTE + 3,
            .part = GATEWAY_OUTAGE_POWER },
    { .kind = SCENARIO_FAULT_JAMMER,
            .at_ns = 51 * MINUTE,
            .duration_ns = SCENARIO_AUTO,
            .frequency_hz = 868100000 },
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

struct end {
    uint64_t hash, events;
    char *text; /* of the written scenario; NULL: none was given by hand */
};

/* Advances, and ends the interventions that are due. */
static void go(struct trial *trial, struct interventions *list, sim_ns until_ns)
{
    bool more = true;
    while (more) {
        sim_ns end_ns = interventions_next_end_ns(list);
        sim_ns to_ns = end_ns < until_ns ? end_ns : until_ns;
        more = trial_go(trial, to_ns) && engine_now(trial->world->engine) < until_ns;
        interventions_end_due(list, trial->run);
    }
}

static struct end by_hand(const char *text, const char *const *sets, size_t set_count,
        const struct intervention *items, size_t count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    struct interventions *list = interventions_create();
    char error[192] = "";
    for (size_t i = 0; i < count; i++) {
        struct intervention given;
        go(trial, list, items[i].at_ns);
        cr_assert(intervene(list, trial->run, &items[i], &given, error, sizeof error), "%s", error);
        cr_expect_gt(given.at_ns, items[i].at_ns);
        cr_expect_lt(given.at_ns, items[i].at_ns + 10);
    }
    go(trial, list, trial->scenario.duration_ns);
    struct end end = { engine_trace_hash(trial->world->engine),
        engine_event_count(trial->world->engine), NULL };
    size_t size = 0;
    FILE *out = open_memstream(&end.text, &size);
    cr_assert(interventions_write(list, &trial->scenario, text, strlen(text), sets, set_count, out,
                      error, sizeof error),
            "%s", error);
    fclose(out);
    interventions_destroy(list);
    trial_destroy(trial);
    return end;
}

static struct end played(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    trial_play(trial);
    struct end end = { engine_trace_hash(trial->world->engine),
        engine_event_count(trial->world->engine), NULL };
    trial_destroy(trial);
    return end;
}

static void compare(const char *text, const char *const *sets, size_t set_count,
        const struct intervention *items, size_t count)
{
    struct end hand = by_hand(text, sets, set_count, items, count);
    struct end without = played(text, sets, set_count);
    struct end again = played(hand.text, NULL, 0);
    cr_expect_eq(again.hash, hand.hash, "%s", hand.text);
    cr_expect_eq(again.events, hand.events, "%s", hand.text);
    cr_expect_neq(without.hash, hand.hash, "the faults change nothing:\n%s", hand.text);
    free(hand.text);
}

Test(interventions, each_kind_replays_from_the_written_scenario)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        compare(small, NULL, 0, &kinds[i], 1);
    }
}

Test(interventions, all_together_replay_from_the_written_scenario)
{
    compare(small, NULL, 0, kinds, KIND_COUNT);
}

Test(interventions, follow_the_faults_that_the_scenario_lists)
{
    char text[4096];
    snprintf(text, sizeof text,
            "%sfaults:\n"
            "  - {kind: reset, devices: d 50..100 %%, at: 20 min, every: 7 min}\n"
            "  - {kind: jammer, frequency: 868.1 MHz, power: 20 dBm, at: 35 min,"
            " duration: 5 min}\n"
            "  - {kind: outage, gateway: 0, part: power, at: 12 min, duration: 8 min}\n",
            small);
    compare(text, NULL, 0, kinds, KIND_COUNT);
}

/* At the very instants at which listed faults begin and end, on the same targets. */
Test(interventions, at_the_instant_of_a_listed_fault_come_after_it)
{
    char text[4096];
    snprintf(text, sizeof text,
            "%sfaults:\n"
            "  - {kind: outage, gateway: 0, part: power, at: 12 min, duration: 8 min,"
            " every: 10 min}\n"
            "  - {kind: power-cut, device: 3, at: 20 min, every: 4 min, duration: 3 min}\n",
            small);
    const struct intervention items[] = {
        { .kind = SCENARIO_FAULT_OUTAGE,
                .target = 0,
                .at_ns = 20 * MINUTE,
                .duration_ns = 2 * MINUTE,
                .part = GATEWAY_OUTAGE_POWER },
        { .kind = SCENARIO_FAULT_RESET, .target = 3, .at_ns = 24 * MINUTE },
        { .kind = SCENARIO_FAULT_OUTAGE,
                .target = 0,
                .at_ns = 32 * MINUTE,
                .duration_ns = 4 * MINUTE,
                .part = GATEWAY_OUTAGE_POWER },
    };
    compare(text, NULL, 0, items, sizeof items / sizeof items[0]);
}

Test(interventions, are_written_with_the_sets_of_the_run)
{
    static const char *const sets[] = { "seed=0x1234", "propagation.penetration=3 dB",
        "devices.e.count=3", "devices.1.report.period=7 min", "campaign.redundancy=20 %",
        "campaign.start=16 min", "gateways.height=40 m" };
    compare(small, sets, sizeof sets / sizeof sets[0], kinds, KIND_COUNT);
}

Test(interventions, the_written_scenario_keeps_what_the_text_starts_with)
{
    struct end hand = by_hand(small, NULL, 0, kinds, 1);
    cr_expect_eq(strncmp(hand.text, "# Ten devices.\n# And two gateways.\nname: small\n", 46), 0,
            "%s", hand.text);
    free(hand.text);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void expect_refused(
        struct trial *trial, struct interventions *list, struct intervention item, const char *why)
{
    char error[192] = "";
    struct intervention given;
    uint32_t before = interventions_count(list);
    cr_expect_not(intervene(list, trial->run, &item, &given, error, sizeof error));
    cr_expect_not_null(strstr(error, why), "%s", error);
    cr_expect_eq(interventions_count(list), before);
}

Test(interventions, refuse_targets_that_are_not_there_and_a_run_that_is_over)
{
    struct trial *trial = trial_create(small, NULL, 0);
    struct interventions *list = interventions_create();
    expect_refused(trial, list, (struct intervention){ .kind = SCENARIO_FAULT_RESET, .target = 10 },
            "no such");
    expect_refused(trial, list, (struct intervention){ .kind = SCENARIO_FAULT_OUTAGE, .target = 2 },
            "no such");
    trial_play(trial);
    expect_refused(trial, list, (struct intervention){ .kind = SCENARIO_FAULT_RESET }, "over");
    interventions_destroy(list);
    trial_destroy(trial);
}

/* A scenario that lists more could not be read. */
Test(interventions, are_as_many_as_a_scenario_can_list)
{
    char text[4096], error[192] = "";
    snprintf(text, sizeof text, "%sfaults: [{kind: reset, at: 1 h, device: 1}]\n", small);
    struct trial *trial = trial_create(text, NULL, 0);
    struct interventions *list = interventions_create();
    const struct intervention item = { .kind = SCENARIO_FAULT_RESET, .target = 1 };
    struct intervention given;
    for (uint32_t i = 0; i < SCENARIO_FAULTS_MAX - 1; i++) {
        cr_assert(intervene(list, trial->run, &item, &given, error, sizeof error), "%s", error);
    }
    expect_refused(trial, list, item, "at most 64");
    interventions_destroy(list);
    trial_destroy(trial);
}
