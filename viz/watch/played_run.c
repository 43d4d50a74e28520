/* The run that a player plays: how far it goes, and what commands do to it.
 * SPDX-License-Identifier: MIT
 */
#include "watch/played_run.h"

#include <stdio.h>

sim_ns played_run_now(const struct played_run *played)
{
    return engine_now(run_engine(played->run));
}

static sim_ns earlier(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

/* --- going on --------------------------------------------------------------------------------- */

/* What is due at the instant at which the run stands. */
static void do_what_is_due(struct played_run *played)
{
    interventions_end_due(played->interventions, played->run);
    watch_sample(played->watch);
}

enum run_stop played_run_go_on(struct played_run *played, sim_ns until_ns, bool aiming)
{
    struct run_goal goal = { 0 };
    if (aiming) {
        goal = played->goal;
    }
    sim_ns now_ns = played_run_now(played);
    sim_ns to_ns = earlier(until_ns, now_ns + played->slice.sim_ns);
    to_ns = earlier(to_ns, watch_next_sample_ns(played->watch));
    to_ns = earlier(to_ns, interventions_next_end_ns(played->interventions));
    goal.until_ns = to_ns > now_ns ? to_ns : now_ns;
    goal.events = goal.events != 0 ? goal.events : played->slice.events;
    int64_t began_ns = wall_now_ns();
    enum run_stop stop = run_advance(played->run, &goal);
    slice_adapt(&played->slice, wall_now_ns() - began_ns);
    do_what_is_due(played);
    return stop;
}

bool played_run_at_goal(const struct played_run *played, enum run_stop stop)
{
    return stop == RUN_WANTED || (stop == RUN_EVENTS && played->goal.events != 0)
           || (stop == RUN_TIME && played_run_now(played) >= played->goal.until_ns);
}

/* --- commands --------------------------------------------------------------------------------- */

static bool any(void *context, const struct observation *observation)
{
    (void)context;
    (void)observation;
    return true;
}

static bool of_loser(void *context, const struct observation *observation)
{
    const struct played_run *played = context;
    return observation->entity == run_world(played->run)->first_device + played->loser;
}

static const char *aim(struct played_run *played, const struct player_command *command)
{
    struct run_goal goal = { .until_ns = played->scenario->duration_ns, .context = played };
    if (command->kind == PLAYER_STEP_EVENT) {
        goal.events = 1;
    } else if (command->kind == PLAYER_UNTIL_TIME) {
        goal.until_ns = command->at_ns;
    } else if (command->kind == PLAYER_UNTIL_LOSS) {
        goal.kinds = OBSERVE_BIT(OBSERVE_FRAME_LOST);
        goal.wanted = of_loser;
        played->loser = command->device;
    } else {
        goal.kinds = command->kind == PLAYER_STEP_FRAME
                             ? OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
                             : OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE);
        goal.wanted = any;
    }
    if (command->kind == PLAYER_UNTIL_LOSS
            && command->device >= scenario_device_count(played->scenario)) {
        return "there is no such device";
    }
    if (command->kind == PLAYER_UNTIL_TIME && command->at_ns < played_run_now(played)) {
        return "this time has passed: restart the run to see it again";
    }
    played->goal = goal;
    return NULL;
}

static const char *pin(struct played_run *played, uint32_t device)
{
    if (played->pinned_count == SCENE_PINNED_MAX) {
        return "as many devices as possible are pinned: unpin one of them";
    }
    if (!watch_pin(played->watch, device)) {
        return "there is no such device, or it is pinned";
    }
    played->pinned[played->pinned_count++] = device;
    return NULL;
}

static const char *unpin(struct played_run *played, uint32_t device)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < played->pinned_count; i++) {
        if (played->pinned[i] != device) {
            played->pinned[kept++] = played->pinned[i];
        }
    }
    bool was_pinned = kept < played->pinned_count;
    played->pinned_count = kept;
    watch_unpin(played->watch, device);
    return was_pinned ? NULL : "the device is not pinned";
}

static void destroy_run(struct run *run, struct watch *watch, struct interventions *interventions)
{
    watch_destroy(watch);
    interventions_destroy(interventions);
    run_destroy(run);
}

bool played_run_begin(struct played_run *played, char *error, size_t error_size)
{
    struct run *run = run_create(played->scenario, &played->settings, error, error_size);
    if (run == NULL) {
        return false;
    }
    struct watch *watch = watch_create(run, played->generation + 1);
    struct interventions *interventions = interventions_create();
    if (watch == NULL || interventions == NULL) {
        destroy_run(run, watch, interventions);
        snprintf(error, error_size, "out of memory");
        return false;
    }
    destroy_run(played->run, played->watch, played->interventions);
    played->run = run;
    played->watch = watch;
    played->interventions = interventions;
    played->generation++;
    for (uint32_t i = 0; i < played->pinned_count; i++) {
        watch_pin(watch, played->pinned[i]);
    }
    watch_select(watch, played->selected);
    return true;
}

static const char *give_fault(struct played_run *played, const struct intervention *wanted,
        char *error, size_t error_size)
{
    struct intervention given;
    bool ok = intervene(played->interventions, played->run, wanted, &given, error, error_size);
    watch_sample(played->watch);
    if (ok && (given.kind == SCENARIO_FAULT_RESET || given.kind == SCENARIO_FAULT_POWER_CUT)) {
        watch_fault(played->watch, given.target);
    }
    return ok ? NULL : error;
}

const char *played_run_act(struct played_run *played, const struct player_command *command,
        char *error, size_t error_size)
{
    switch (command->kind) {
    case PLAYER_PLAY:
    case PLAYER_PAUSE:
    case PLAYER_SPEED:
        return NULL;
    case PLAYER_STEP_EVENT:
    case PLAYER_STEP_FRAME:
    case PLAYER_UNTIL_TIME:
    case PLAYER_UNTIL_STAGE:
    case PLAYER_UNTIL_LOSS:
        return aim(played, command);
    case PLAYER_RESTART:
        return played_run_begin(played, error, error_size) ? NULL : error;
    case PLAYER_PIN:
        return pin(played, command->device);
    case PLAYER_UNPIN:
        return unpin(played, command->device);
    case PLAYER_SELECT:
        played->selected = command->device;
        watch_select(played->watch, command->device);
        return NULL;
    case PLAYER_INTERVENE:
        return give_fault(played, &command->intervention, error, error_size);
    default:
        return "no such command";
    }
}

void played_run_finish(struct played_run *played)
{
    destroy_run(played->run, played->watch, played->interventions);
}
