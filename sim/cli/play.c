/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#include "cli/play.h"

#include <stdio.h>

#include "cli/progress.h"

/* Simulated time between two looks at the clock, the signal flag and the progress line. */
#define STEP_NS (30 * SIM_NS_PER_S)

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
