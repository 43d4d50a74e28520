/* What the watch shows of a run, and that it changes nothing in it.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a run that is watched, pinned, selected and filled often is the same run; its devices go
 * through the stages in order; the last scene says what summary.json says; a scene that was filled
 * once shows what one shows that was filled all along.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watched.h"

#define DEVICES 8u

Test(watch, changes_nothing_in_the_run)
{
    struct trial *alone = trial_create(watched_small, NULL, 0);
    trial_play(alone);
    char *expected = trial_summary(alone);
    struct watched watched = watched_create(watched_small, NULL, 0);
    cr_assert(watch_pin(watched.watch, 1) && watch_pin(watched.watch, 2));
    watch_select(watched.watch, 3);
    watched_play(&watched, 7 * SIM_NS_PER_S);
    cr_expect_null(trial_failure(watched.trial));
    char *summary = trial_summary(watched.trial);
    cr_expect_str_eq(summary, expected);
    free(summary);
    free(expected);
    watched_destroy(&watched);
    trial_destroy(alone);
}

/* --- stages ----------------------------------------------------------------------------------- */

/* In this scenario no device fails, and a stage once left does not come back but for a reset. */
Test(watch, devices_go_through_the_stages_in_order)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    uint8_t last[DEVICES] = { SCENE_STAGE_IDLE };
    uint32_t seen[SCENE_STAGE_COUNT] = { 0 };
    watched_fill(&watched);
    cr_expect_eq(watched.scene->stages[SCENE_STAGE_IDLE], DEVICES);
    bool more = true;
    for (sim_ns at_ns = SIM_NS_PER_S; more; at_ns += SIM_NS_PER_S) {
        more = watched_go(&watched, at_ns);
        watched_fill(&watched);
        uint32_t sum = 0;
        for (uint32_t i = 0; i < SCENE_STAGE_COUNT; i++) {
            sum += watched.scene->stages[i];
        }
        cr_assert_eq(sum, DEVICES);
        for (uint32_t i = 0; i < DEVICES; i++) {
            const struct scene_device *device = &watched.scene->devices[i];
            cr_assert_geq(device->stage, last[i], "device %u at %lld s: %s after %s", i,
                    (long long)(at_ns / SIM_NS_PER_S),
                    scene_stage_word((enum scene_stage)device->stage),
                    scene_stage_word((enum scene_stage)last[i]));
            cr_assert(device->missing <= device->nb_frag);
            seen[device->stage] |= 1u << i;
            last[i] = device->stage;
        }
    }
    for (uint32_t i = 0; i < SCENE_STAGE_COUNT; i++) {
        bool all = i != SCENE_STAGE_FAILED && i != SCENE_STAGE_REPAIRING;
        cr_expect(!all || seen[i] == (1u << DEVICES) - 1u, "not each was %s (%x)",
                scene_stage_word((enum scene_stage)i), seen[i]);
    }
    cr_expect_neq(seen[SCENE_STAGE_REPAIRING], 0);
    cr_expect_eq(seen[SCENE_STAGE_FAILED], 0);
    cr_expect_eq(watched.scene->stages[SCENE_STAGE_INSTALLED], DEVICES);
    watched_destroy(&watched);
}

/* A device that never hears a gateway, and one whose campaign ends before it has a chance. */
Test(watch, shows_who_was_left_out)
{
    const char *const sets[] = { "devices.d.boot.spread=4 h", "campaign.confirm_timeout=1 min" };
    struct watched watched = watched_create(watched_small, sets, 2);
    watched_play(&watched, 600 * SIM_NS_PER_S);
    uint32_t failed = watched.scene->stages[SCENE_STAGE_FAILED];
    cr_expect_gt(failed, 0);
    cr_expect_eq(watched.scene->headline.failed, failed);
    cr_expect_eq(failed + watched.scene->stages[SCENE_STAGE_INSTALLED], DEVICES);
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct scene_device *device = &watched.scene->devices[i];
        cr_expect_eq(device->stage == SCENE_STAGE_FAILED, device->failure != CAMPAIGN_FAILURE_NONE);
    }
    watched_destroy(&watched);
}

/* The built-in firmware as an object that does not declare its trace: that its block is whole shows
 * in its report only. */
Test(watch, shows_a_firmware_that_traces_nothing)
{
    char set[1100];
    const char *const sets[] = { set };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(set, sizeof set, "devices.0.firmware=%s/tests/models/firmware/firmware_silent.so",
            folder);
    struct watched watched = watched_create(watched_small, sets, 1);
    uint32_t seen[SCENE_STAGE_COUNT] = { 0 };
    bool more = true;
    for (sim_ns at_ns = SIM_NS_PER_S; more; at_ns += SIM_NS_PER_S) {
        more = watched_go(&watched, at_ns);
        watched_fill(&watched);
        for (uint32_t i = 0; i < DEVICES; i++) {
            seen[watched.scene->devices[i].stage] |= 1u << i;
        }
    }
    cr_expect_eq(seen[SCENE_STAGE_RECEIVING], (1u << DEVICES) - 1u);
    cr_expect_eq(seen[SCENE_STAGE_VERIFYING], (1u << DEVICES) - 1u);
    cr_expect_eq(watched.scene->stages[SCENE_STAGE_INSTALLED], DEVICES);
    watched_destroy(&watched);
}

/* The entity before the first device is the last gateway. */
Test(watch, takes_no_gateway_for_a_device)
{
    const char *const sets[] = { "gateways.count=64" };
    struct watched watched = watched_create(watched_small, sets, 1);
    watched_go(&watched, 1500 * SIM_NS_PER_S);
    watched_fill(&watched);
    cr_expect_gt(watched.scene->gateways[63].received, 0);
    cr_expect_eq(watched.scene->detail.device, SCENE_NONE);
    watched_destroy(&watched);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void expect_close(const struct watched *watched, const char *path, double actual)
{
    double expected = trial_value(watched->trial, path);
    cr_expect(fabs(actual - expected) <= 1e-9 * fabs(expected), "%s is %.12g, not %.12g", path,
            actual, expected);
}

static void expect_headline(const struct watched *watched)
{
    const struct scene_headline *headline = &watched->scene->headline;
    expect_close(watched, "setup_time_s.mean", headline->set_up_time_s);
    expect_close(watched, "missing_fragments.rate_mean", headline->missing_rate);
    expect_close(watched, "energy_j.mean", headline->energy_mean_j);
    expect_close(watched, "energy_j.max", headline->energy_max_j);
    expect_close(watched, "devices.ready", headline->ready);
    expect_close(watched, "devices.complete", headline->whole);
    expect_close(watched, "devices.installed", headline->installed);
    double pairs = trial_value(watched->trial, "missing_fragments.pairs"), sum = 0;
    expect_close(
            watched, "missing_fragments.received", (double)headline->losses[LOSS_NONE] / pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        char path[96];
        snprintf(path, sizeof path, "missing_fragments.by_cause.%s",
                loss_cause_name((enum loss_cause)cause));
        expect_close(watched, path, (double)headline->losses[cause] / pairs);
        sum += (double)headline->losses[cause];
    }
    cr_expect_eq(sum + (double)headline->losses[LOSS_NONE], pairs);
}

Test(watch, ends_with_the_numbers_of_the_summary)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watched_play(&watched, 11 * SIM_NS_PER_S);
    cr_expect(watched.scene->over && !watched.scene->broken);
    expect_headline(&watched);
    expect_close(&watched, "missing_fragments.nb_frag", watched.scene->headline.nb_frag);
    expect_close(&watched, "missing_fragments.sent", watched.scene->headline.uncoded);
    expect_close(&watched, "missing_fragments.coded_sent", watched.scene->headline.coded);
    const struct scene_sample *last = &watched.scene->samples[watched.scene->sample_count - 1];
    cr_expect_eq(last->at_ns, engine_now(watched.trial->world->engine));
    expect_close(&watched, "devices.installed", last->stages[SCENE_STAGE_INSTALLED]);
    expect_close(&watched, "devices.joined", DEVICES - last->stages[SCENE_STAGE_IDLE]);
    expect_close(&watched, "missing_fragments.sent", last->uncoded);
    expect_close(&watched, "missing_fragments.coded_sent", last->coded);
    cr_expect_eq(last->phase, CAMPAIGN_PHASE_DONE);
    watched_destroy(&watched);
}

/* From the first minute of the session on both gateways are without power: what was not on the air
 * by then never will be. It counts once the time for it is over. */
Test(watch, counts_what_no_gateway_sent_when_the_session_is_over)
{
    static const char outage[] = "  - {kind: outage, part: power, at: 46 min}\n";
    char text[2048];
    cr_assert_lt(strlen(watched_small) + sizeof outage, sizeof text);
    snprintf(text, sizeof text, "%s%s", watched_small, outage);
    struct watched watched = watched_create(text, NULL, 0);
    watched_go(&watched, 2800 * SIM_NS_PER_S);
    watched_fill(&watched);
    cr_expect_eq(watched.scene->headline.losses[LOSS_GATEWAY_SKIPPED], 0);
    watched_play(&watched, 600 * SIM_NS_PER_S);
    cr_expect_gt(watched.scene->headline.losses[LOSS_GATEWAY_SKIPPED], 0);
    expect_headline(&watched);
    watched_destroy(&watched);
}

static void expect_end_of(const char *shipped)
{
    char *text = trial_shipped(shipped);
    struct watched watched = watched_create(text, NULL, 0);
    watched_play(&watched, 600 * SIM_NS_PER_S);
    cr_expect(watched.scene->over);
    expect_headline(&watched);
    watched_destroy(&watched);
    free(text);
}

/* A device counts when it has come so far in every campaign that it is in. */
Test(watch, ends_with_the_numbers_of_the_summary_for_several_campaigns)
{
    expect_end_of("two-campaigns");
    expect_end_of("next-version");
}

/* Members of different data rates: several transfers. */
Test(watch, ends_with_the_numbers_of_the_summary_for_split_sessions)
{
    const char *const sets[] = { "campaign.sessions=per-data-rate", "campaign.fragment_size=auto" };
    struct watched watched = watched_create(watched_small, sets, 2);
    watched_play(&watched, 600 * SIM_NS_PER_S);
    expect_headline(&watched);
    watched_destroy(&watched);
}

/* --- scenes ----------------------------------------------------------------------------------- */

static void expect_same_devices(const struct scene *a, const struct scene *b)
{
    for (uint32_t i = 0; i < a->device_count; i++) {
        const struct scene_device *x = &a->devices[i], *y = &b->devices[i];
        cr_expect(x->x_m == y->x_m && x->y_m == y->y_m && x->stage == y->stage);
        cr_expect(x->energy_j == y->energy_j && x->last_ns == y->last_ns);
        cr_expect(x->nb_frag == y->nb_frag && x->missing == y->missing);
        cr_expect(x->activity == y->activity && x->last_cause == y->last_cause);
        cr_expect(x->margin_db == y->margin_db || (isnan(x->margin_db) && isnan(y->margin_db)));
        cr_expect(x->clock_error_ms == y->clock_error_ms
                  || (isnan(x->clock_error_ms) && isnan(y->clock_error_ms)));
    }
}

static void expect_same_lanes(const struct scene *a, const struct scene *b)
{
    cr_assert_eq(a->lane_count, b->lane_count);
    for (uint32_t i = 0; i < a->lane_count; i++) {
        const struct lane *x = &a->lanes[i], *y = &b->lanes[i];
        cr_expect(x->gateway == y->gateway && x->station == y->station);
        cr_expect_eq(x->since_ns, y->since_ns);
        cr_assert_eq(x->count, y->count);
        for (uint32_t k = 0; k < x->count; k++) {
            const struct lane_item *p = &x->items[k], *q = &y->items[k];
            cr_assert(p->from_ns == q->from_ns && p->to_ns == q->to_ns && p->kind == q->kind
                              && p->cause == q->cause && p->frame_id == q->frame_id,
                    "item %u of lane %u", k, i);
        }
    }
}

static void expect_same_scene(const struct scene *a, const struct scene *b)
{
    cr_expect_eq(a->now_ns, b->now_ns);
    cr_expect_eq(a->generation, b->generation);
    cr_expect_arr_eq(a->stages, b->stages, sizeof a->stages);
    cr_assert_eq(a->sample_count, b->sample_count);
    for (uint32_t i = 0; i < a->sample_count; i++) {
        const struct scene_sample *x = &a->samples[i], *y = &b->samples[i];
        cr_expect(x->at_ns == y->at_ns && x->uncoded == y->uncoded && x->phase == y->phase);
        cr_expect_arr_eq(x->stages, y->stages, sizeof x->stages);
    }
    cr_assert_eq(a->flight_count, b->flight_count);
    for (uint32_t i = 0; i < a->flight_count; i++) {
        const struct scene_flight *x = &a->flights[i], *y = &b->flights[i];
        cr_expect(x->frame_id == y->frame_id && x->received == y->received && x->lost == y->lost
                  && x->gateway_count == y->gateway_count);
    }
    expect_same_devices(a, b);
    expect_same_lanes(a, b);
}

Test(watch, fills_a_scene_at_once_as_it_fills_one_bit_by_bit)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watch_pin(watched.watch, 0);
    for (sim_ns at_ns = 0; at_ns < 5400 * SIM_NS_PER_S; at_ns += 1700 * SIM_NS_PER_MS) {
        bool more = watched_go(&watched, at_ns);
        watched_fill(&watched);
        if (at_ns / (1700 * SIM_NS_PER_MS) == 600) { /* lanes come and go */
            watch_unpin(watched.watch, 0);
            watch_pin(watched.watch, 2);
            watch_pin(watched.watch, 0);
        }
        if (!more) {
            break;
        }
    }
    struct scene *scene = scene_create(DEVICES, 2);
    cr_assert(watch_fill(watched.watch, true, scene));
    expect_same_scene(scene, watched.scene);
    cr_expect_gt(scene->lanes[0].count, 100);
    scene_destroy(scene);
    watched_destroy(&watched);
}

Test(watch, fills_a_scene_of_another_run_from_its_beginning)
{
    const char *const other_seed[] = { "seed=4" };
    struct watched first = watched_create(watched_small, NULL, 0);
    struct watched second = watched_create(watched_small, other_seed, 1);
    watch_pin(first.watch, 5);
    watch_pin(first.watch, 6);
    watch_pin(second.watch, 4);
    watch_pin(second.watch, 6);
    watched_play(&first, 60 * SIM_NS_PER_S);
    watch_unpin(first.watch, 6); /* its lane is not shown any more */
    watched_fill(&first);
    watched_go(&second, 2000 * SIM_NS_PER_S);
    watched_fill(&second);
    cr_assert(watch_fill(second.watch, true, first.scene));
    expect_same_scene(first.scene, second.scene);
    cr_expect_not(first.scene->over);
    watched_destroy(&first);
    watched_destroy(&second);
}

/* At the first fill, when asked, and no later than so many fills after the last time. */
Test(watch, looks_at_energies_now_and_then)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    const struct scene *scene = watched.scene;
    watched_go(&watched, 1000 * SIM_NS_PER_S);
    cr_assert(watch_fill(watched.watch, false, watched.scene));
    float energy_j = scene->devices[0].energy_j, clock_ms = scene->devices[0].clock_error_ms;
    cr_expect(energy_j > 0 && scene->energy_at_ns == scene->now_ns);
    for (sim_ns i = 1; i < WATCH_ENERGY_FILLS; i++) {
        watched_go(&watched, (1000 + 10 * i) * SIM_NS_PER_S);
        cr_assert(watch_fill(watched.watch, false, watched.scene));
        cr_assert(scene->devices[0].energy_j == energy_j);
        cr_assert(scene->devices[0].clock_error_ms == clock_ms || isnan(clock_ms));
        cr_assert_eq(scene->energy_at_ns, 1000 * SIM_NS_PER_S);
    }
    cr_assert(watch_fill(watched.watch, false, watched.scene));
    cr_expect_gt(scene->devices[0].energy_j, energy_j);
    cr_expect_eq(scene->energy_at_ns, scene->now_ns);
    watched_go(&watched, 2000 * SIM_NS_PER_S);
    watched_fill(&watched);
    cr_expect_eq(scene->energy_at_ns, scene->now_ns);
    watched_destroy(&watched);
}

Test(watch, samples_at_even_instants_and_at_the_end)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watched_play(&watched, 333 * SIM_NS_PER_S);
    const struct scene *scene = watched.scene;
    cr_assert(scene->sample_count > 100 && scene->sample_count <= SCENE_SAMPLES);
    double step_ns = (double)scene->end_ns / (SCENE_SAMPLES - 1);
    for (uint32_t i = 0; i + 1 < scene->sample_count; i++) {
        cr_expect_leq(fabs((double)scene->samples[i].at_ns - i * step_ns), 1.0);
    }
    cr_expect_eq(scene->samples[scene->sample_count - 1].at_ns, scene->now_ns);
    watched_destroy(&watched);
}
