/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#include "cli/play.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/progress.h"

/* Simulated time between two looks at the clock, the signal flag and the progress line. */
#define STEP_MAX_NS (30 * SIM_NS_PER_S)
#define STEP_MIN_NS SIM_NS_PER_S
#define STEP_LONG_S 0.5 /* of wall clock */

bool play_plan(const struct scenario *scenario, uint64_t kept_bytes, bool quiet,
        struct run_settings *settings)
{
    char error[256];
    struct memory_plan plan;
    if (!memory_plan_make(scenario, settings->memory, kept_bytes, &plan, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s: %s\n", scenario->path, error);
        return false;
    }
    if (settings->memory == MEMORY_AUTO && plan.layout == MEMORY_SPARE && !quiet) {
        fprintf(stderr,
                "fleetcast: memory is spared, as %" PRIu32
                " devices would take more than an eighth "
                "of the %" PRIu64 " MiB that are left: a delivery takes about a twentieth longer, "
                "no result changes (--memory=huge spares none)\n",
                scenario_device_count(scenario), plan.available_bytes >> 20);
    }
    settings->memory = plan.layout;
    return true;
}

unsigned play_workers(const char *name, uint32_t devices, unsigned wanted, bool quiet)
{
    char error[256];
    if (!memory_suffices(devices, MEMORY_SPARE, memory_available_bytes(), error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s: %s\n", name, error);
        return 0;
    }
    uint64_t system_bytes = memory_of_system_bytes();
    uint64_t fit = system_bytes / memory_need_bytes(devices, MEMORY_SPARE);
    if (fit >= wanted) {
        return wanted;
    }
    if (!quiet) {
        fprintf(stderr,
                "fleetcast: %" PRIu64 " run%s at one time, not %u: more runs of %" PRIu32
                " devices do not fit the %" PRIu64 " MiB that are available\n",
                fit, fit == 1 ? "" : "s", wanted, devices, system_bytes >> 20);
    }
    return (unsigned)fit;
}

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

/* In the bulk of a large city half a minute takes minutes. */
static sim_ns next_step_ns(sim_ns step_ns, double took_s)
{
    if (took_s > STEP_LONG_S) {
        return step_ns / 2 > STEP_MIN_NS ? step_ns / 2 : STEP_MIN_NS;
    }
    if (took_s < STEP_LONG_S / 4) {
        return 2 * step_ns < STEP_MAX_NS ? 2 * step_ns : STEP_MAX_NS;
    }
    return step_ns;
}

void play(struct run *run, bool quiet, bool (*stopped)(void))
{
    struct progress progress;
    sim_ns step_ns = STEP_MAX_NS;
    progress_start(&progress, stderr, quiet);
    double began_s = wall_clock_s();
    while ((stopped == NULL || !stopped())
            && run_advance_to(run, engine_now(run_engine(run)) + step_ns) == RUN_TIME) {
        progress_show(&progress, run_world(run));
        double now_s = wall_clock_s();
        step_ns = next_step_ns(step_ns, now_s - began_s);
        began_s = now_s;
    }
    progress_clear(&progress);
}
