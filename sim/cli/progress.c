/* The progress line of a run.
 * SPDX-License-Identifier: MIT
 */
#include "cli/progress.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_S    0.2
#define WIDTH_USUAL 80

/* A line that grows at its end and never beyond its room. */
struct line {
    char text[256];
    size_t length;
};

static void __attribute__((format(printf, 2, 3))) append(struct line *line, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof line->text - line->length;
    va_start(arguments, format);
    int length = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (length > 0) {
        line->length += (size_t)length < room ? (size_t)length : room - 1;
    }
}

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

static void append_stages(struct line *line, const struct world *world)
{
    static const struct {
        const char *name;
        enum campaign_stage stage;
    } stages[] = {
        { "ready", CAMPAIGN_READY },
        { "complete", CAMPAIGN_COMPLETE },
        { "confirmed", CAMPAIGN_CONFIRMED },
    };
    append(line, "  %-10s", campaign_phase_name(campaign_phase(world->campaign)));
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        append(line, "  %u %s", campaign_stage_count(world->campaign, stages[i].stage),
                stages[i].name);
    }
}

/* The scenario's end bounds it; most campaigns are over before. */
static void append_time_left(struct line *line, double left_s)
{
    if (left_s < 100.0) {
        append(line, "  < %.0f s left", left_s + 1.0);
    } else if (left_s < 6000.0) {
        append(line, "  < %.0f min left", left_s / 60.0 + 1.0);
    } else {
        append(line, "  < %.0f h left", left_s / 3600.0 + 1.0);
    }
}

/* A longer line would wrap, and a wrapped line is not redrawn in place. */
static int terminal_width(FILE *out)
{
    struct winsize size;
    bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (known ? size.ws_col : WIDTH_USUAL) - 1;
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
    struct line line = { .length = 0 };
    append(&line, "%ud %02u:%02u", minutes / 1440, minutes / 60 % 24, minutes % 60);
    if (world->campaign != NULL) {
        append_stages(&line, world);
    }
    append(&line, "  %.0fx", speed);
    if (speed > 0.0) {
        append_time_left(&line, (end_s - simulated_s) / speed);
    }
    fprintf(progress->out, "\r\033[K%.*s", terminal_width(progress->out), line.text);
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->enabled) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
    }
}
