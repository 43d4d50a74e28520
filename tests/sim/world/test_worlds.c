/* Worlds keep to themselves: beside another, in pieces, with one more device, for any seed.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/node.h"
#include "record/installs.h"
#include "support/trial.h"

#define DEVICES 10u

/* Ten devices in good radio conditions, 4 KiB. */
#define SMALL(groups)                                                                              \
    "name: small\n"                                                                                \
    "duration: 6 h\n"                                                                              \
    "area: {radius: 600 m}\n"                                                                      \
    "propagation: {penetration: 6 dB, shadowing: {sigma: 3 dB}}\n"                                 \
    "gateways: {count: 2, radius: 400 m}\n"                                                        \
    "devices: [{name: d, count: 10, boot: {spread: 5 min}, report: {period: 10 min}}" groups "]\n" \
    "firmware: {image: generated, size: 4 KiB}\n"                                                  \
    "campaign: {start: 20 min, set_up: {window: 40 min}, correction: {timeout: 30 min}, "          \
    "confirm_timeout: 1 h}\n"

static const char small[] = SMALL("");

static char *play(const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(small, sets, set_count);
    trial_play(trial);
    char *summary = trial_summary(trial);
    trial_destroy(trial);
    return summary;
}

static bool go_on(struct trial *trial, sim_ns step_ns)
{
    return trial_go(trial, engine_now(trial->world->engine) + step_ns);
}

Test(worlds, do_not_disturb_each_other)
{
    static const char *const other[] = { "seed=77", "propagation.penetration=15 dB" };
    char *alone = play(NULL, 0);
    char *other_alone = play(other, 2);
    cr_assert_str_neq(alone, other_alone);
    struct trial *first = trial_create(small, NULL, 0);
    struct trial *second = trial_create(small, other, 2);
    bool first_runs = true, second_runs = true;
    while (first_runs || second_runs) {
        first_runs = first_runs && go_on(first, 7 * SIM_NS_PER_S);
        second_runs = second_runs && go_on(second, 11 * SIM_NS_PER_S);
    }
    char *beside = trial_summary(first);
    char *other_beside = trial_summary(second);
    cr_expect_str_eq(alone, beside);
    cr_expect_str_eq(other_alone, other_beside);
    trial_destroy(first);
    trial_destroy(second);
    free(alone);
    free(other_alone);
    free(beside);
    free(other_beside);
}

/* Neither divides a second, nor the other. */
Test(worlds, are_the_same_in_pieces)
{
    static const sim_ns steps_ns[] = { 61 * SIM_NS_PER_S, 7777 * SIM_NS_PER_MS,
        137 * SIM_NS_PER_MS };
    char *whole = play(NULL, 0);
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        struct trial *trial = trial_create(small, NULL, 0);
        while (go_on(trial, steps_ns[i])) {
        }
        char *pieces = trial_summary(trial);
        cr_expect_str_eq(whole, pieces, "in steps of %lld ms:\n%s\n%s",
                (long long)(steps_ns[i] / SIM_NS_PER_MS), whole, pieces);
        trial_destroy(trial);
        free(pieces);
    }
    free(whole);
}

/* One more device, switched on long after the run: nothing depends on it, so all draws of the
 * others and everything that they do until the campaign counts its devices must stay. */
static const char with_stranger[] = SMALL(", {name: stranger, count: 1, boot: {spread: 365 d}}");

Test(worlds, keep_every_draw_when_a_device_is_added)
{
    struct trial *trial = trial_create(small, NULL, 0);
    struct trial *more = trial_create(with_stranger, NULL, 0);
    const struct world *a = trial->world, *b = more->world;
    cr_assert_eq(b->device_count, a->device_count + 1);
    cr_assert_gt(node_power_on_ns(b->nodes, DEVICES), trial->scenario.duration_ns);
    trial_go(trial, trial->scenario.campaigns[0].params.start_ns - 1);
    trial_go(more, more->scenario.campaigns[0].params.start_ns - 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        for (uint32_t g = 0; g < a->gateway_count; g++) {
            cr_expect_eq(medium_link_gain_mdb(a->medium, g, i),
                    medium_link_gain_mdb(b->medium, g, i), "link of device %u", i);
        }
        cr_expect_arr_eq(a->identities[i].app_key, b->identities[i].app_key, 16);
        cr_expect_arr_eq(a->identities[i].gen_app_key, b->identities[i].gen_app_key, 16);
        cr_expect_eq(node_power_on_ns(a->nodes, i), node_power_on_ns(b->nodes, i));
        cr_expect_eq(node_rtc_ticks(a->nodes, i, 86400 * SIM_NS_PER_S),
                node_rtc_ticks(b->nodes, i, 86400 * SIM_NS_PER_S), "crystal of device %u", i);
        cr_expect_eq(engine_entity_hash(a->engine, a->first_device + i),
                engine_entity_hash(b->engine, b->first_device + i), "what device %u did", i);
    }
    for (uint32_t g = 0; g < a->gateway_count; g++) {
        cr_expect_eq(engine_entity_hash(a->engine, a->gateway_entities.first + g),
                engine_entity_hash(b->engine, b->gateway_entities.first + g), "what gateway %u did",
                g);
    }
    trial_destroy(trial);
    trial_destroy(more);
}

Test(worlds, update_every_device_in_good_conditions_with_each_seed)
{
    for (unsigned seed = 100; seed < 105; seed++) {
        char set[32];
        snprintf(set, sizeof set, "seed=%u", seed);
        const char *sets[] = { set };
        struct trial *trial = trial_create(small, sets, 1);
        trial_play(trial);
        uint32_t confirmed =
                campaign_stage_count(world_first_campaign(trial->world), CAMPAIGN_CONFIRMED);
        cr_expect_eq(confirmed, DEVICES, "seed %u: %u of %u confirmed", seed, confirmed, DEVICES);
        trial_destroy(trial);
    }
}

Test(worlds, end_at_the_next_minute_when_an_invariant_breaks)
{
    struct trial *trial = trial_create(small, NULL, 0);
    cr_assert(go_on(trial, 10 * 60 * SIM_NS_PER_S + 5 * SIM_NS_PER_S));
    cr_assert_null(trial_failure(trial));
    ((struct installs *)(uintptr_t)installs_of(trial->recorders))->wrong = 2;
    cr_assert_not(trial_go(trial, trial->scenario.duration_ns));
    cr_expect_eq(engine_now(trial->world->engine), 11 * 60 * SIM_NS_PER_S);
    cr_expect_str_eq(
            trial_failure(trial), "INVARIANT 2 devices installed another image than was sent");
    trial_destroy(trial);
}
