/* Plays a run on a thread of its own: the thread, its commands and its scenes.
 * SPDX-License-Identifier: MIT
 *
 * One mutex guards what both threads touch, and is held only to look at it: the simulation goes on,
 * commands act and scenes are filled without it. Of two scenes the front is the drawing thread's;
 * the back is the simulation's until it is filled, and then waits to become the front.
 */
#include "watch/player.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "watch/played_run.h"

#define SPEED_FIRST 60.0
/* Ahead of its pace the thread sleeps, at most so long. */
#define SLEEP_MAX_NS INT64_C(4000000)
/* While it has no time to sleep, filling scenes takes at most one part in so many of its time. */
#define FILL_PARTS 40

struct player {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* anything that is waited for */

    /* Under the mutex: */
    bool quit;
    bool hold;     /* the thread shall stand still */
    bool standing; /* and does */
    bool acting;   /* on a command */
    struct player_command commands[PLAYER_COMMANDS_MAX];
    uint32_t first, count; /* of commands that wait, in the ring */
    struct scene *scenes[2];
    unsigned front;         /* index of the drawing thread's scene */
    uint64_t asked, filled; /* scenes so far */
    uint64_t shown;         /* the number of the front one; == filled: the back one is free */
    bool energies;          /* of the scene asked for */
    bool urgent;            /* it is waited for */
    int64_t fill_due_ns;    /* wall time before which a run without time to sleep fills none */
    struct player_state state;

    /* Of the simulation's thread, or of the other one while it stands still: */
    struct played_run played;
    struct pace pace;
};

/* --- going on --------------------------------------------------------------------------------- */

static void restart_pace(struct player *player)
{
    pace_start(&player->pace, player->state.speed, wall_now_ns(), played_run_now(&player->played));
}

static void wait_ns(struct player *player, int64_t for_ns)
{
    int64_t until_ns = wall_now_ns() + for_ns;
    struct timespec until = { until_ns / SIM_NS_PER_S, until_ns % SIM_NS_PER_S };
    pthread_cond_timedwait(&player->changed, &player->mutex, &until);
}

/* One is asked for, and there is a scene to fill. */
static bool scene_wanted(const struct player *player)
{
    return player->asked > player->filled && player->filled == player->shown;
}

/* With the mutex, which is given away meanwhile. */
static void fill(struct player *player)
{
    uint64_t number = player->asked;
    bool energies = player->energies;
    struct scene *back = player->scenes[1 - player->front];
    int64_t began_ns = wall_now_ns();
    pthread_mutex_unlock(&player->mutex);
    bool ok = watch_fill(player->played.watch, energies, back);
    pthread_mutex_lock(&player->mutex);
    if (!ok) {
        snprintf(player->state.error, sizeof player->state.error, "out of memory");
    }
    player->filled = number;
    player->urgent = false;
    int64_t ended_ns = wall_now_ns();
    player->fill_due_ns = ended_ns + (FILL_PARTS - 1) * (ended_ns - began_ns);
    pthread_cond_broadcast(&player->changed);
}

/* With the mutex, which is given away meanwhile. */
static void play(struct player *player)
{
    bool until = player->state.until;
    sim_ns now_ns = played_run_now(&player->played), to_ns = player->played.scenario->duration_ns;
    if (until) {
        to_ns = player->played.goal.until_ns;
    } else if (player->state.speed < PLAYER_SPEED_MAX) {
        sim_ns due_ns = pace_due(&player->pace, wall_now_ns(), now_ns);
        if (due_ns <= now_ns && scene_wanted(player)) {
            fill(player);
            return;
        }
        if (due_ns <= now_ns) {
            double sleep_ns = (double)(now_ns + 1 - due_ns) / player->state.speed;
            wait_ns(player, sleep_ns < SLEEP_MAX_NS ? (int64_t)sleep_ns + 1 : SLEEP_MAX_NS);
            return;
        }
        to_ns = due_ns;
    }
    pthread_mutex_unlock(&player->mutex);
    enum run_stop stop = played_run_go_on(&player->played, to_ns, until);
    pthread_mutex_lock(&player->mutex);
    struct player_state *state = &player->state;
    state->speed_reached =
            pace_reached(&player->pace, wall_now_ns(), played_run_now(&player->played));
    state->over = stop == RUN_END || stop == RUN_BROKEN;
    if (state->over || (until && played_run_at_goal(&player->played, stop))) {
        state->playing = state->until = false;
        state->speed_reached = 0.0;
        pthread_cond_broadcast(&player->changed);
    }
}

/* --- commands --------------------------------------------------------------------------------- */

static bool moves(enum player_command_kind kind)
{
    return kind == PLAYER_PLAY || (kind >= PLAYER_STEP_EVENT && kind <= PLAYER_UNTIL_LOSS);
}

/* What the command did to the state. With the mutex. */
static void change_state(
        struct player *player, const struct player_command *command, const char *why_not)
{
    struct player_state *state = &player->state;
    snprintf(state->error, sizeof state->error, "%s", why_not != NULL ? why_not : "");
    state->intervention_count = interventions_count(player->played.interventions);
    if (why_not != NULL) {
        return;
    }
    if (moves(command->kind)) {
        state->playing = true;
        state->until = command->kind != PLAYER_PLAY;
    } else if (command->kind == PLAYER_PAUSE || command->kind == PLAYER_RESTART) {
        state->playing = state->until = false;
        state->speed_reached = 0.0;
        state->over = state->over && command->kind != PLAYER_RESTART;
    } else if (command->kind == PLAYER_SPEED) {
        state->speed = fmin(fmax(command->speed, PLAYER_SPEED_MIN), PLAYER_SPEED_MAX);
    }
    restart_pace(player);
}

/* With the mutex, which is given away meanwhile. */
static void obey(struct player *player)
{
    char error[sizeof player->state.error] = "";
    const struct player_command command = player->commands[player->first];
    player->first = (player->first + 1) % PLAYER_COMMANDS_MAX;
    player->count--;
    player->acting = true;
    bool over = player->state.over && moves(command.kind);
    pthread_mutex_unlock(&player->mutex);
    const char *why_not = over ? "the run is over: restart it to see it again"
                               : played_run_act(&player->played, &command, error, sizeof error);
    pthread_mutex_lock(&player->mutex);
    change_state(player, &command, why_not);
    player->acting = false;
    pthread_cond_broadcast(&player->changed);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void stand_still(struct player *player)
{
    player->standing = true;
    pthread_cond_broadcast(&player->changed);
    while (player->hold && !player->quit) {
        pthread_cond_wait(&player->changed, &player->mutex);
    }
    player->standing = false;
    restart_pace(player);
}

static void *run_thread(void *context)
{
    struct player *player = context;
    pthread_mutex_lock(&player->mutex);
    while (!player->quit) {
        if (player->count > 0) {
            obey(player);
        } else if (player->hold) {
            stand_still(player);
        } else if (scene_wanted(player)
                   && (!player->state.playing || player->urgent
                           || wall_now_ns() >= player->fill_due_ns)) {
            fill(player);
        } else if (player->state.playing) {
            play(player);
        } else {
            pthread_cond_wait(&player->changed, &player->mutex);
        }
    }
    pthread_mutex_unlock(&player->mutex);
    return NULL;
}

/* --- from the other thread -------------------------------------------------------------------- */

static bool create_scenes(struct player *player)
{
    const struct world *world = run_world(player->played.run);
    for (unsigned i = 0; i < 2; i++) {
        player->scenes[i] = scene_create(world->device_count, world->gateway_count);
    }
    return player->scenes[0] != NULL && player->scenes[1] != NULL
           && watch_fill(player->played.watch, true, player->scenes[0]);
}

static bool start_thread(struct player *player)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&player->mutex, NULL);
    pthread_cond_init(&player->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&player->thread, NULL, run_thread, player) == 0) {
        return true;
    }
    pthread_cond_destroy(&player->changed);
    pthread_mutex_destroy(&player->mutex);
    return false;
}

static void destroy_parts(struct player *player)
{
    played_run_finish(&player->played);
    scene_destroy(player->scenes[0]);
    scene_destroy(player->scenes[1]);
    free(player);
}

struct player *player_create(const struct scenario *scenario, const struct run_settings *settings,
        char *error, size_t error_size)
{
    struct player *player = calloc(1, sizeof *player);
    if (player == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    player->played = (struct played_run){
        .scenario = scenario, .settings = *settings, .selected = SCENE_NONE, .slice = SLICE_FIRST
    };
    player->state.speed = SPEED_FIRST;
    if (!played_run_begin(&player->played, error, error_size)) {
        destroy_parts(player);
        return NULL;
    }
    restart_pace(player);
    if (!create_scenes(player) || !start_thread(player)) {
        destroy_parts(player);
        snprintf(error, error_size, "out of memory, or of threads");
        return NULL;
    }
    return player;
}

void player_destroy(struct player *player)
{
    if (player == NULL) {
        return;
    }
    pthread_mutex_lock(&player->mutex);
    player->quit = true;
    pthread_cond_broadcast(&player->changed);
    pthread_mutex_unlock(&player->mutex);
    pthread_join(player->thread, NULL);
    pthread_cond_destroy(&player->changed);
    pthread_mutex_destroy(&player->mutex);
    destroy_parts(player);
}

void player_command(struct player *player, const struct player_command *command)
{
    pthread_mutex_lock(&player->mutex);
    if (player->count == PLAYER_COMMANDS_MAX) {
        snprintf(player->state.error, sizeof player->state.error, "too many commands wait");
    } else {
        uint32_t last = (player->first + player->count++) % PLAYER_COMMANDS_MAX;
        player->commands[last] = *command;
        pthread_cond_broadcast(&player->changed);
    }
    pthread_mutex_unlock(&player->mutex);
}

/* With the mutex. */
static void swap_scenes(struct player *player)
{
    if (player->filled > player->shown) {
        player->front = 1 - player->front;
        player->shown = player->filled;
    }
}

static void ask(struct player *player, bool energies)
{
    player->asked++;
    player->energies = energies;
    pthread_cond_broadcast(&player->changed);
}

const struct scene *player_scene(struct player *player, bool energies)
{
    pthread_mutex_lock(&player->mutex);
    swap_scenes(player);
    if (player->asked == player->filled) {
        ask(player, energies);
    }
    const struct scene *scene = player->scenes[player->front];
    pthread_mutex_unlock(&player->mutex);
    return scene;
}

const struct scene *player_scene_now(struct player *player, bool energies)
{
    pthread_mutex_lock(&player->mutex);
    assert(!player->hold);
    ask(player, energies);
    uint64_t number = player->asked;
    while (player->filled < number) {
        swap_scenes(player);
        player->urgent = true;
        pthread_cond_wait(&player->changed, &player->mutex);
    }
    swap_scenes(player);
    const struct scene *scene = player->scenes[player->front];
    pthread_mutex_unlock(&player->mutex);
    return scene;
}

void player_state(struct player *player, struct player_state *state)
{
    pthread_mutex_lock(&player->mutex);
    *state = player->state;
    pthread_mutex_unlock(&player->mutex);
}

void player_settle(struct player *player)
{
    pthread_mutex_lock(&player->mutex);
    assert(!player->hold);
    while (player->count > 0 || player->acting || player->state.until) {
        pthread_cond_wait(&player->changed, &player->mutex);
    }
    pthread_mutex_unlock(&player->mutex);
}

struct run *player_hold(struct player *player)
{
    pthread_mutex_lock(&player->mutex);
    player->hold = true;
    pthread_cond_broadcast(&player->changed);
    while (!player->standing) {
        pthread_cond_wait(&player->changed, &player->mutex);
    }
    pthread_mutex_unlock(&player->mutex);
    return player->played.run;
}

const struct interventions *player_interventions(const struct player *player)
{
    return player->played.interventions;
}

void player_release(struct player *player)
{
    pthread_mutex_lock(&player->mutex);
    player->hold = false;
    pthread_cond_broadcast(&player->changed);
    pthread_mutex_unlock(&player->mutex);
}
