/* A run stepped from outside is the same run as one in one go.
 * SPDX-License-Identifier: MIT
 *
 * Goal: that, and faults act at the instant at which they are injected, and runs of one process do
 * not touch each other.
 * Method: one small campaign with losses, played in one go, is the reference: its summary, with the
 * trace hash and the count of events, is compared byte for byte. Also clean under address sanitizer
 * (meson setup -Db_sanitize=address,undefined).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/trial.h"
#include "trace.h"

static const char small[] =
        "name: small\n"
        "seed: 3\n"
        "duration: 3 h\n"
        "area: {radius: 500 m}\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "propagation: {fading: rayleigh}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 8, boot: {spread: 5 min}, report: {period: 10 min}}]\n"
        "campaign: {start: 15 min, set_up: {window: 30 min}, fragment_size: 100 B,"
        " correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";
static const char *const other_seed[] = { "seed=4", "devices.d.count=5" };

static char *reference(const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(small, sets, set_count);
    trial_play(trial);
    char *summary = trial_summary(trial);
    trial_destroy(trial);
    return summary;
}

static void expect_summary(struct trial *trial, const char *expected)
{
    cr_expect_null(trial_failure(trial));
    char *summary = trial_summary(trial);
    cr_expect_str_eq(summary, expected);
    free(summary);
    trial_destroy(trial);
}

Test(run, goes_event_by_event_as_it_goes_in_one)
{
    char *expected = reference(NULL, 0);
    struct trial *trial = trial_create(small, NULL, 0);
    const struct run_goal one = { .until_ns = trial->scenario.duration_ns, .events = 1 };
    uint64_t before = engine_event_count(trial->world->engine);
    enum run_stop stop = run_advance(trial->run, &one);
    for (; stop == RUN_EVENTS; stop = run_advance(trial->run, &one)) {
        uint64_t after = engine_event_count(trial->world->engine);
        cr_assert_eq(
                after, before + 1, "%llu events in one step", (unsigned long long)(after - before));
        before = after;
    }
    cr_expect_eq(stop, RUN_END);
    expect_summary(trial, expected);
    free(expected);
}

Test(run, goes_by_odd_times_and_counts_as_it_goes_in_one)
{
    char *expected = reference(NULL, 0);
    struct trial *trial = trial_create(small, NULL, 0);
    enum run_stop stop = RUN_TIME;
    for (uint64_t i = 1; stop != RUN_END; i++) {
        sim_ns now_ns = engine_now(trial->world->engine);
        struct run_goal goal = { .until_ns = now_ns + (sim_ns)(i % 7 * 777777777 + i),
            .events = i % 3 == 0 ? 1 + i % 41 : 0 };
        stop = run_advance(trial->run, &goal);
        cr_assert(stop == RUN_TIME || stop == RUN_END || goal.events > 0);
        cr_assert(stop != RUN_TIME || engine_now(trial->world->engine) == goal.until_ns);
    }
    expect_summary(trial, expected);
    free(expected);
}

Test(run, leaves_nothing_for_the_next_run_of_the_process)
{
    char *first = reference(NULL, 0);
    char *other = reference(other_seed, 2);
    char *again = reference(NULL, 0);
    cr_expect_str_eq(again, first);
    cr_expect_str_neq(other, first);
    free(first);
    free(other);
    free(again);
}

Test(run, is_not_touched_by_another_run_that_is_stepped_in_turn)
{
    char *expected[2] = { reference(NULL, 0), reference(other_seed, 2) };
    struct trial *trials[2] = { trial_create(small, NULL, 0), trial_create(small, other_seed, 2) };
    bool more[2] = { true, true };
    for (uint64_t i = 0; more[0] || more[1]; i++) {
        struct trial *trial = trials[i % 2];
        const struct run_goal few = { .until_ns = trial->scenario.duration_ns,
            .events = 1 + i % 5 };
        more[i % 2] = more[i % 2] && run_advance(trial->run, &few) == RUN_EVENTS;
    }
    for (int i = 0; i < 2; i++) {
        expect_summary(trials[i], expected[i]);
        free(expected[i]);
    }
}

/* --- what a caller waits for ------------------------------------------------------------------ */

struct wait {
    uint32_t event, seen;
    sim_ns at_ns;
};

static bool is_event(void *context, const struct observation *o)
{
    struct wait *wait = context;
    if (o->a != wait->event) {
        return false;
    }
    wait->seen++;
    wait->at_ns = o->at_ns;
    return true;
}

Test(run, stops_after_the_event_of_a_wanted_observation)
{
    char *expected = reference(NULL, 0);
    struct trial *trial = trial_create(small, NULL, 0);
    struct wait wait = { .event = FW_TRACE_JOINED };
    const struct run_goal joined = {
        .until_ns = trial->scenario.duration_ns,
        .kinds = OBSERVE_BIT(OBSERVE_FIRMWARE),
        .wanted = is_event,
        .context = &wait,
    };
    uint32_t stops = 0;
    while (run_advance(trial->run, &joined) == RUN_WANTED) {
        stops++;
        cr_expect_eq(wait.seen, stops);
        /* Not later than the piece of work that ended with it: its local time leads the engine. */
        cr_expect_geq(wait.at_ns, engine_now(trial->world->engine));
    }
    cr_expect_eq(stops, 8, "%u devices joined", stops);
    expect_summary(trial, expected);
    free(expected);
}

/* --- faults ----------------------------------------------------------------------------------- */

#define FAULT_NS (40 * 60 * SIM_NS_PER_S + 12345)

static uint32_t count_resets;

static void count_reset(void *context, const struct observation *o)
{
    (void)context;
    count_resets += o->a == HAL_RESET_PIN ? 1u : 0u;
    cr_expect_geq(o->at_ns, FAULT_NS);
}

static char *play_with(const struct fault *fault)
{
    struct trial *trial = trial_create(small, NULL, 0);
    cr_assert(trial_go(trial, FAULT_NS));
    count_resets = 0;
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_NODE_RESET), count_reset, NULL);
    cr_assert(fault->kind == FAULT_KIND_COUNT || run_fault(trial->run, fault));
    if (fault->kind == FAULT_GATEWAY_OUTAGE_BEGIN) {
        cr_assert(trial_go(trial, FAULT_NS + 10 * 60 * SIM_NS_PER_S));
        struct fault end = *fault;
        end.kind = FAULT_GATEWAY_OUTAGE_END;
        cr_assert(run_fault(trial->run, &end));
    }
    trial_play(trial);
    char *summary = trial_summary(trial);
    trial_destroy(trial);
    return summary;
}

Test(run, resets_the_one_device_of_a_fault)
{
    const struct fault fault = { .kind = FAULT_DEVICE_RESET, .target = 3 };
    char *expected = reference(NULL, 0);
    char *first = play_with(&fault);
    cr_expect_eq(count_resets, 1);
    char *again = play_with(&fault);
    cr_expect_str_neq(first, expected, "the fault changed nothing");
    cr_expect_str_eq(first, again);
    free(expected);
    free(first);
    free(again);
}

Test(run, loses_a_gateway_from_the_begin_of_its_outage_to_the_end)
{
    const struct fault fault = {
        .kind = FAULT_GATEWAY_OUTAGE_BEGIN,
        .target = 0,
        .outage = GATEWAY_OUTAGE_POWER,
    };
    const struct fault none = { .kind = FAULT_KIND_COUNT };
    char *first = play_with(&fault);
    char *again = play_with(&fault);
    char *without = play_with(&none);
    cr_expect_str_neq(first, without, "the fault changed nothing");
    cr_expect_str_eq(first, again);
    cr_expect_not_null(strstr(without, "\"powered_down\": 0,"));
    free(first);
    free(again);
    free(without);
}

Test(run, refuses_a_fault_without_a_target)
{
    struct trial *trial = trial_create(small, NULL, 0);
    const struct fault no_device = { .kind = FAULT_DEVICE_RESET, .target = 8 };
    const struct fault no_gateway = { .kind = FAULT_GATEWAY_OUTAGE_BEGIN, .target = 1 };
    const struct fault device = { .kind = FAULT_DEVICE_RESET, .target = 7 };
    cr_expect_not(run_fault(trial->run, &no_device));
    cr_expect_not(run_fault(trial->run, &no_gateway));
    trial_play(trial);
    cr_expect_not(run_fault(trial->run, &device), "the run is over");
    trial_destroy(trial);
}
