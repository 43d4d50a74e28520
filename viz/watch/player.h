/* Plays a run on a thread of its own, at a pace, by commands; and lends scenes of it.
 * SPDX-License-Identifier: MIT
 *
 * Commands act between two events, in the order in which they were given. How the run is paced, cut
 * into steps and looked at changes nothing in it; faults do, each at its own instant.
 */
#ifndef WATCH_PLAYER_H
#define WATCH_PLAYER_H

#include "run/run.h"
#include "watch/interventions.h"
#include "watch/scene.h"

enum player_command_kind {
    PLAYER_PLAY,
    PLAYER_PAUSE,
    PLAYER_SPEED,       /* to `speed` */
    PLAYER_STEP_EVENT,  /* one event, then pause */
    PLAYER_STEP_FRAME,  /* until the next frame starts or ends, then pause */
    PLAYER_UNTIL_TIME,  /* `at_ns`, as fast as possible, then pause */
    PLAYER_UNTIL_STAGE, /* the next change of the phase of a campaign, likewise */
    PLAYER_UNTIL_LOSS,  /* the next frame that `device` loses, likewise */
    PLAYER_RESTART,     /* from time 0, paused; faults given by hand are forgotten */
    PLAYER_PIN,
    PLAYER_UNPIN,
    PLAYER_SELECT,   /* `device`; SCENE_NONE: none */
    PLAYER_INTERVENE /* `intervention`, now */
};

struct player_command {
    enum player_command_kind kind;
    double speed; /* simulated seconds per second; PLAYER_SPEED_MAX and more: no pace */
    sim_ns at_ns;
    uint32_t device;
    struct intervention intervention;
};

#define PLAYER_SPEED_MIN    0.1
#define PLAYER_SPEED_MAX    1e6
#define PLAYER_COMMANDS_MAX 64u /* that wait; one more is an error */

struct player_state {
    bool playing;
    bool until; /* playing to a goal, without a pace; the run is paused there */
    bool over;
    double speed;         /* as commanded */
    double speed_reached; /* lately; 0 while paused */
    uint32_t intervention_count;
    char error[192]; /* of the last command, when it could not be done; empty: it was */
};

struct player;

/* Creates a run of `scenario`, which outlives the player, paused at time 0 at a speed of 60, and
 * its thread. NULL: `error` says why in one line. */
struct player *player_create(const struct scenario *scenario, const struct run_settings *settings,
        char *error, size_t error_size);
void player_destroy(struct player *player); /* ends the thread */

/* From the thread that created it: */

void player_command(struct player *player, const struct player_command *command);
/* The newest scene, valid until the next call; asks the simulation for a newer one. `energies` as
 * in watch_fill(). */
const struct scene *player_scene(struct player *player, bool energies);
/* The same, but waits for a scene that is filled from now on. */
const struct scene *player_scene_now(struct player *player, bool energies);
void player_state(struct player *player, struct player_state *state);
/* Waits until all commands given are done, and the goal of the last PLAYER_STEP_... or
 * PLAYER_UNTIL_... is reached. */
void player_settle(struct player *player);
/* The run itself, while its thread stands still: from player_hold() to player_release(). Commands
 * given before have acted; the goal of the last one need not be reached. For the results at the
 * end, and for the list of interventions. */
struct run *player_hold(struct player *player);
const struct interventions *player_interventions(const struct player *player);
void player_release(struct player *player);

#endif
