/* The player: a run on a thread of its own.
 * SPDX-License-Identifier: MIT
 *
 * Goal: however a run is paced, paused, stepped and looked at, it is the run without a player, to
 * the trace hash and the count of events; steps and goals stop where they say; a restart is another
 * run; commands that cannot be done say why. Right values: run_advance() of the same scenario, and
 * observers of the run.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/trial.h"
#include "watch/pace.h"
#include "watch/player.h"

static const char small[] =
        "name: small\n"
        "seed: 3\n"
        "duration: 3 h\n"
        "area: {radius: 1500 m}\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "propagation: {penetration: 12 dB, fading: rayleigh}\n"
        "gateways: {count: 2}\n"
        "devices: [{count: 12, boot: {spread: 5 min}, report: {period: 10 min}}]\n"
        "campaign: {start: 15 min, set_up: {window: 30 min}, fragment_size: 100 B,"
        " correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

#define MINUTE (60 * SIM_NS_PER_S)

struct facts {
    uint64_t hash, events;
    sim_ns now_ns;
};

static struct scenario scenario;

static struct player *created(const char *text)
{
    char error[256] = "";
    struct scenario_errors *errors = scenario_errors_create();
    cr_assert(scenario_read(&scenario, "test", text, strlen(text), NULL, 0, errors));
    scenario_errors_destroy(errors);
    const struct run_settings settings = { .crypto_memo = true };
    struct player *player = player_create(&scenario, &settings, error, sizeof error);
    cr_assert_not_null(player, "%s", error);
    return player;
}

static void give(struct player *player, struct player_command command)
{
    player_command(player, &command);
}

static void done(struct player *player, struct player_command command)
{
    struct player_state state;
    give(player, command);
    player_settle(player);
    player_state(player, &state);
    cr_assert_str_empty(state.error, "%s", state.error);
}

static void go_to(struct player *player, sim_ns at_ns)
{
    done(player, (struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = at_ns });
}

static struct facts facts_of_run(struct run *run)
{
    const struct engine *engine = run_engine(run);
    return (struct facts){ engine_trace_hash(engine), engine_event_count(engine),
        engine_now(engine) };
}

static struct facts facts(struct player *player)
{
    struct facts facts = facts_of_run(player_hold(player));
    player_release(player);
    return facts;
}

static struct facts plain(sim_ns until_ns)
{
    struct trial *trial = trial_create(small, NULL, 0);
    trial_go(trial, until_ns);
    struct facts facts = facts_of_run(trial->run);
    trial_destroy(trial);
    return facts;
}

static void expect_same(struct facts actual, struct facts expected)
{
    cr_expect_eq(actual.now_ns, expected.now_ns);
    cr_expect_eq(actual.events, expected.events);
    cr_expect_eq(actual.hash, expected.hash);
}

static bool waits(struct player *player, int milliseconds)
{
    struct player_state state;
    for (int i = 0; i < milliseconds; i++) {
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
        player_scene(player, i % 7 == 0);
        player_state(player, &state);
        if (state.over) {
            return false;
        }
    }
    return true;
}

/* --- the same run ----------------------------------------------------------------------------- */

Test(player, plays_the_run_that_there_is_without_it)
{
    struct player *player = created(small);
    go_to(player, scenario.duration_ns);
    struct player_state state;
    player_state(player, &state);
    cr_expect(state.over && !state.playing && !state.until);
    const struct scene *scene = player_scene_now(player, true);
    cr_expect(scene->over && !scene->broken);
    expect_same(facts(player), plain(scenario.duration_ns));
    player_destroy(player);
}

Test(player, changes_nothing_by_pace_pauses_steps_and_looks)
{
    static const double speeds[] = { 0.1, 3000.0, 60.0, 20000.0, PLAYER_SPEED_MAX };
    struct player *player = created(small);
    give(player, (struct player_command){ .kind = PLAYER_PIN, .device = 3 });
    give(player, (struct player_command){ .kind = PLAYER_SELECT, .device = 5 });
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        give(player, (struct player_command){ .kind = PLAYER_SPEED, .speed = speeds[i] });
        give(player, (struct player_command){ .kind = PLAYER_PLAY });
        waits(player, 40);
        give(player, (struct player_command){ .kind = PLAYER_PAUSE });
        for (int step = 0; step < 20; step++) {
            give(player, (struct player_command){ .kind = PLAYER_STEP_EVENT });
            give(player, (struct player_command){ .kind = PLAYER_STEP_FRAME });
            player_settle(player);
        }
    }
    give(player, (struct player_command){ .kind = PLAYER_SPEED, .speed = PLAYER_SPEED_MAX });
    give(player, (struct player_command){ .kind = PLAYER_PLAY });
    while (waits(player, 10)) {
    }
    expect_same(facts(player), plain(scenario.duration_ns));
    player_destroy(player);
}

Test(player, stands_at_a_time_as_a_run_that_was_advanced_to_it)
{
    struct player *player = created(small);
    go_to(player, 47 * MINUTE + 12345);
    expect_same(facts(player), plain(47 * MINUTE + 12345));
    cr_expect_eq(player_scene_now(player, false)->now_ns, 47 * MINUTE + 12345);
    player_destroy(player);
}

Test(player, two_in_one_process_are_each_the_same_run)
{
    struct player *a = created(small), *b = created(small);
    give(a, (struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = 50 * MINUTE });
    give(b, (struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = 50 * MINUTE });
    player_settle(a);
    player_settle(b);
    expect_same(facts(a), facts(b));
    expect_same(facts(a), plain(50 * MINUTE));
    player_destroy(a);
    player_destroy(b);
}

Test(player, follows_its_speed)
{
    struct player *player = created(small);
    give(player, (struct player_command){ .kind = PLAYER_SPEED, .speed = 20.0 });
    int64_t began_ns = wall_now_ns();
    give(player, (struct player_command){ .kind = PLAYER_PLAY });
    waits(player, 400);
    sim_ns now_ns = facts(player).now_ns;
    double passed_ns = (double)(wall_now_ns() - began_ns);
    cr_expect_leq((double)now_ns, 20.0 * passed_ns);
    cr_expect_geq((double)now_ns, 10.0 * passed_ns); /* a busy machine is slower */
    player_destroy(player);
}

/* --- steps and goals -------------------------------------------------------------------------- */

Test(player, steps_one_event)
{
    struct player *player = created(small);
    go_to(player, 20 * MINUTE);
    for (int i = 0; i < 50; i++) {
        struct facts before = facts(player);
        done(player, (struct player_command){ .kind = PLAYER_STEP_EVENT });
        struct facts after = facts(player);
        cr_expect_eq(after.events, before.events + 1);
    }
    player_destroy(player);
}

struct seen {
    uint64_t frames, losses, phases;
    uint64_t events_then; /* of the engine, at the last one */
    struct engine *engine;
    entity_id device;
};

static void see(void *context, const struct observation *o)
{
    struct seen *seen = context;
    seen->frames += o->kind == OBSERVE_FRAME_STARTED || o->kind == OBSERVE_FRAME_ENDED ? 1u : 0u;
    seen->losses += o->kind == OBSERVE_FRAME_LOST && o->entity == seen->device ? 1u : 0u;
    seen->phases += o->kind == OBSERVE_CAMPAIGN_PHASE ? 1u : 0u;
}

static void watch_run(struct player *player, struct seen *seen, uint32_t device)
{
    struct run *run = player_hold(player);
    seen->engine = run_engine(run);
    seen->device = run_world(run)->first_device + device;
    engine_observer_add(seen->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
                    | OBSERVE_BIT(OBSERVE_FRAME_LOST) | OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE),
            see, seen);
    player_release(player);
}

Test(player, steps_to_the_start_and_the_end_of_a_frame)
{
    struct seen seen = { 0 };
    struct player *player = created(small);
    watch_run(player, &seen, 0);
    for (uint64_t i = 1; i <= 20; i++) {
        done(player, (struct player_command){ .kind = PLAYER_STEP_FRAME });
        cr_expect_eq(seen.frames, i);
    }
    player_destroy(player);
}

Test(player, goes_on_to_the_next_phase)
{
    struct seen seen = { 0 };
    struct player *player = created(small);
    watch_run(player, &seen, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        done(player, (struct player_command){ .kind = PLAYER_UNTIL_STAGE });
        cr_expect_eq(seen.phases, i);
    }
    cr_expect_geq(facts(player).now_ns, 15 * MINUTE);
    player_destroy(player);
}

Test(player, goes_on_to_the_next_loss_of_the_device)
{
    struct seen seen = { 0 };
    struct player *player = created(small);
    watch_run(player, &seen, 7);
    struct player_state state = { 0 };
    for (uint64_t i = 1; i <= 3 && !state.over; i++) {
        done(player, (struct player_command){ .kind = PLAYER_UNTIL_LOSS, .device = 7 });
        player_state(player, &state);
        cr_expect_eq(seen.losses, state.over ? i - 1 : i);
    }
    cr_expect_geq(seen.losses, 1);
    player_destroy(player);
}

/* --- faults, restart -------------------------------------------------------------------------- */

Test(player, ends_an_outage_at_its_nanosecond)
{
    struct player *player = created(small);
    go_to(player, 20 * MINUTE);
    done(player, (struct player_command){ .kind = PLAYER_INTERVENE,
                         .intervention = { .kind = SCENARIO_FAULT_OUTAGE,
                                 .target = 1,
                                 .duration_ns = MINUTE + 3,
                                 .part = GATEWAY_OUTAGE_POWER } });
    go_to(player, 21 * MINUTE + 3);
    cr_expect_not(player_scene_now(player, false)->gateways[1].powered);
    go_to(player, 21 * MINUTE + 4);
    done(player, (struct player_command){ .kind = PLAYER_STEP_EVENT });
    cr_expect(player_scene_now(player, false)->gateways[1].powered);
    struct player_state state;
    player_state(player, &state);
    cr_expect_eq(state.intervention_count, 1);
    player_destroy(player);
}

Test(player, stands_still_after_the_commands_given_before)
{
    struct player *player = created(small);
    for (uint32_t device = 0; device < 3; device++) {
        give(player, (struct player_command){ .kind = PLAYER_INTERVENE,
                             .intervention = { .kind = SCENARIO_FAULT_RESET, .target = device } });
    }
    player_hold(player);
    cr_expect_eq(interventions_count(player_interventions(player)), 3);
    player_release(player);
    player_destroy(player);
}

Test(player, restarts_another_run_without_the_faults)
{
    struct player *player = created(small);
    uint64_t generation = player_scene_now(player, false)->generation;
    give(player, (struct player_command){ .kind = PLAYER_PIN, .device = 3 });
    give(player, (struct player_command){ .kind = PLAYER_SELECT, .device = 4 });
    go_to(player, 40 * MINUTE);
    done(player, (struct player_command){ .kind = PLAYER_INTERVENE,
                         .intervention = { .kind = SCENARIO_FAULT_RESET, .target = 2 } });
    go_to(player, scenario.duration_ns);
    done(player, (struct player_command){ .kind = PLAYER_RESTART });
    const struct scene *scene = player_scene_now(player, false);
    cr_expect_neq(scene->generation, generation);
    cr_expect_eq(scene->now_ns, 0);
    cr_expect_not(scene->over);
    cr_expect_eq(scene->detail.device, 4);
    cr_expect_eq(scene->lane_count, 3, "2 gateways and the pinned device");
    go_to(player, scenario.duration_ns);
    expect_same(facts(player), plain(scenario.duration_ns));
    player_destroy(player);
}

static void expect_error(struct player *player, struct player_command command, const char *why)
{
    struct player_state state;
    give(player, command);
    player_settle(player);
    player_state(player, &state);
    cr_expect_not_null(strstr(state.error, why), "'%s' should say '%s'", state.error, why);
}

Test(player, says_what_cannot_be_done)
{
    struct player *player = created(small);
    go_to(player, 10 * MINUTE);
    expect_error(player, (struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = 9 * MINUTE },
            "passed");
    expect_error(player, (struct player_command){ .kind = PLAYER_PIN, .device = 12 }, "no such");
    expect_error(player, (struct player_command){ .kind = PLAYER_UNPIN, .device = 2 }, "not");
    expect_error(
            player, (struct player_command){ .kind = PLAYER_UNTIL_LOSS, .device = 12 }, "no such");
    expect_error(player,
            (struct player_command){ .kind = PLAYER_INTERVENE,
                    .intervention = { .kind = SCENARIO_FAULT_RESET, .target = 12 } },
            "no such");
    done(player, (struct player_command){ .kind = PLAYER_PAUSE }); /* clears the message */
    go_to(player, scenario.duration_ns);
    expect_error(player, (struct player_command){ .kind = PLAYER_PLAY }, "over");
    player_destroy(player);
}
