/* The run that a player plays, with what watches it and the faults given by hand. It knows no
 * thread: these functions are called between two events.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_PLAYED_RUN_H
#define WATCH_PLAYED_RUN_H

#include "run/run.h"
#include "watch/interventions.h"
#include "watch/pace.h"
#include "watch/player.h"
#include "watch/watch.h"

struct played_run {
    const struct scenario *scenario;
    struct run_settings settings;
    struct run *run;
    struct watch *watch;
    struct interventions *interventions;
    uint64_t generation;
    struct run_goal goal; /* of the last command that has one */
    uint32_t loser;       /* the device of PLAYER_UNTIL_LOSS */
    uint32_t pinned[SCENE_PINNED_MAX], pinned_count;
    uint32_t selected;
    struct slice slice;
};

/* A run at time 0, in place of the one that is there, if any; the same devices are pinned and
 * selected. False: `error` says why in one line, and all is as it was. */
bool played_run_begin(struct played_run *played, char *error, size_t error_size);
void played_run_finish(struct played_run *played);
sim_ns played_run_now(const struct played_run *played);

/* A slice of the run, at most to `until_ns`; `aiming`: towards the goal. */
enum run_stop played_run_go_on(struct played_run *played, sim_ns until_ns, bool aiming);
bool played_run_at_goal(const struct played_run *played, enum run_stop stop);

/* What a command does to the run; a goal is only noted. NULL: it is done; else why not, which may
 * be the text in `error`. */
const char *played_run_act(struct played_run *played, const struct player_command *command,
        char *error, size_t error_size);

#endif
