/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#include "cli/play.h"

#include <stdio.h>

#include "cli/progress.h"

/* Simulated time between two looks at the clock, the signal flag and the progress line. */
#define STEP_NS (30 * SIM_NS_PER_S)

struct run *play_create(
        const struct scenario *scenario, const struct run_settings *settings, bool quiet)
{
    char error[1024];
    struct progress progress;
    struct run_settings told = *settings;
    progress_start(&progress, stderr, quiet);
    told.making = (struct making){ progress_show_making, &progress };
    struct run *run = run_create(scenario, &told, error, sizeof error);
    if (progress.shown_s > progress.making_s) { /* of a small run nothing was shown */
        progress_clear(&progress);
    }
    if (run == NULL) {
        fprintf(stderr, "fleetcast: %s: %s\n", scenario->path, error);
    }
    return run;
}

void play(struct run *run, bool quiet, bool (*stopped)(void))
{
    struct progress progress;
    progress_start(&progress, stderr, quiet);
    while ((stopped == NULL || !stopped())
            && run_advance_to(run, engine_now(run_engine(run)) + STEP_NS) == RUN_TIME) {
        progress_show(&progress, run_world(run));
    }
    progress_clear(&progress);
}
