/* The progress line of a run.
 * SPDX-License-Identifier: MIT
 */
#include "cli/progress.h"

#include <time.h>
#include <unistd.h>

#define REDRAW_S 0.2

double wall_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(struct progress *progress, FILE *out, bool quiet)
{
    progress->out = out;
    progress->enabled = !quiet && isatty(fileno(out));
    progress->started_s = wall_clock_s();
    progress->shown_s = 0.0;
}

static void show_stages(const struct progress *progress, const struct world *world)
{
    static const struct {
        const char *name;
        enum campaign_stage stage;
    } stages[] = {
        { "ready", CAMPAIGN_READY },
        { "complete", CAMPAIGN_COMPLETE },
        { "confirmed", CAMPAIGN_CONFIRMED },
    };
    fprintf(progress->out, "  %-10s", campaign_phase_name(campaign_phase(world->campaign)));
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        fprintf(progress->out, "  %s %u", stages[i].name,
                campaign_stage_count(world->campaign, stages[i].stage));
    }
}

void progress_show(struct progress *progress, const struct world *world)
{
    double now_s = wall_clock_s();
    if (!progress->enabled || now_s - progress->shown_s < REDRAW_S) {
        return;
    }
    progress->shown_s = now_s;
    double elapsed_s = now_s - progress->started_s;
    double simulated_s = (double)engine_now(world->engine) / (double)SIM_NS_PER_S;
    double end_s = (double)world->scenario->duration_ns / (double)SIM_NS_PER_S;
    double speed = elapsed_s > 0.0 ? simulated_s / elapsed_s : 0.0;
    unsigned minutes = (unsigned)(simulated_s / 60.0);
    fprintf(progress->out, "\r\033[K%3ud %02u:%02u", minutes / 1440, minutes / 60 % 24,
            minutes % 60);
    if (world->campaign != NULL) {
        show_stages(progress, world);
    }
    fprintf(progress->out, "  %.0fx", speed);
    if (speed > 0.0) {
        fprintf(progress->out, "  at most %.0f s left", (end_s - simulated_s) / speed);
    }
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->enabled) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
    }
}
