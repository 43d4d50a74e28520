/* The progress line of a run.
 * SPDX-License-Identifier: MIT
 */
#include "cli/progress.h"

#include <math.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_S    0.2
#define LINE_S      30.0
#define WIDTH_USUAL 80
/* The speed that is shown is that of the last two to four seconds: phases differ by a hundred
 * times. */
#define MARKS_S 2.0

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

void progress_start(struct progress *progress, FILE *out, bool quiet)
{
    progress->out = out;
    progress->enabled = !quiet;
    progress->terminal = isatty(fileno(out));
    progress->started_s = wall_clock_s();
    progress->shown_s = progress->terminal ? 0.0 : progress->started_s;
    progress->looking = false;
    progress->making = NULL;
    progress->making_s = 0.0;
}

/* Shorter than campaign_phase_name(): the whole line shall fit. */
static const char *phase_label(enum campaign_phase phase)
{
    switch (phase) {
    case CAMPAIGN_PHASE_CODED:
        return "coded";
    case CAMPAIGN_PHASE_CORRECTION:
        return "correct";
    case CAMPAIGN_PHASE_IDLE:
    case CAMPAIGN_PHASE_SET_UP:
    case CAMPAIGN_PHASE_WAIT_SESSION:
    case CAMPAIGN_PHASE_UNCODED:
    case CAMPAIGN_PHASE_CONFIRMATION:
    case CAMPAIGN_PHASE_DONE:
    default:
        return campaign_phase_name(phase);
    }
}

static void append_speed(struct line *line, double speed)
{
    if (speed < 99999.5) {
        append(line, "  %.0fx", speed);
    } else {
        append(line, "  %.1gx", speed);
    }
}

/* `sign` '<': a bound; '~': an estimate. */
static void append_time_left(struct line *line, char sign, double left_s)
{
    if (left_s < 99.0) {
        append(line, "  %c %.0f s left", sign, floor(left_s) + 1.0);
    } else if (left_s < 99.0 * 60.0) {
        append(line, "  %c %.0f min left", sign, floor(left_s / 60.0) + 1.0);
    } else if (left_s < 999.0 * 3600.0) {
        append(line, "  %c %.0f h left", sign, floor(left_s / 3600.0) + 1.0);
    }
}

void progress_format(const struct progress_facts *facts, char *text, size_t size)
{
    struct line line = { .length = 0 };
    unsigned minutes = (unsigned)(facts->simulated_s / 60.0);
    double passed_s = facts->passed_s > 0.0 ? facts->passed_s : facts->simulated_s;
    double speed = facts->elapsed_s > 0.0 ? passed_s / facts->elapsed_s : 0.0;
    append(&line, "%ud %02u:%02u", minutes / 1440, minutes / 60 % 24, minutes % 60);
    if (facts->campaign) {
        append(&line, "  %-7s  %u ready %u whole %u new", phase_label(facts->phase), facts->ready,
                facts->complete, facts->confirmed);
    }
    append_speed(&line, speed);
    if (facts->estimated) {
        append_time_left(&line, '~', facts->left_s);
    } else if (speed > 0.0) { /* most campaigns are over before the scenario's end */
        append_time_left(&line, '<', (facts->end_s - facts->simulated_s) / speed);
    }
    snprintf(text, size, "%s", line.text);
}

/* A longer line would wrap, and a wrapped line is not redrawn in place. */
static int terminal_width(FILE *out)
{
    struct winsize size;
    bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (known ? size.ws_col : WIDTH_USUAL) - 1;
}

/* Devices are added up over campaigns; the phase is that of the least advanced one that has begun.
 */
static void add_campaigns(const struct server *server, struct progress_facts *facts)
{
    enum campaign_phase least = CAMPAIGN_PHASE_DONE;
    bool begun = false;
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        const struct campaign *campaign = server_campaign(server, c);
        enum campaign_phase phase = campaign_phase(campaign);
        if (phase != CAMPAIGN_PHASE_IDLE) {
            begun = true;
            least = phase < least ? phase : least;
        }
        facts->ready += campaign_stage_count(campaign, CAMPAIGN_READY);
        facts->complete += campaign_stage_count(campaign, CAMPAIGN_COMPLETE);
        facts->confirmed += campaign_stage_count(campaign, CAMPAIGN_CONFIRMED);
    }
    facts->phase = begun ? least : CAMPAIGN_PHASE_IDLE;
}

/* Is the line to be drawn again? */
static bool is_due(struct progress *progress)
{
    double now_s = wall_clock_s();
    if (!progress->enabled
            || now_s - progress->shown_s < (progress->terminal ? REDRAW_S : LINE_S)) {
        return false;
    }
    progress->shown_s = now_s;
    return true;
}

static void redraw(const struct progress *progress, const char *text)
{
    if (progress->terminal) {
        fprintf(progress->out, "\r\033[K%.*s", terminal_width(progress->out), text);
    } else {
        fprintf(progress->out, "fleetcast: %s\n", text);
    }
    fflush(progress->out);
}

static void move_marks(struct progress *progress, struct progress_mark now)
{
    if (now.wall_s - progress->marks[1].wall_s >= MARKS_S) {
        progress->marks[0] = progress->marks[1];
        progress->marks[1] = now;
    }
}

/* Each time: what a kind of work takes is learnt from all of the run. */
static double look(struct progress *progress, const struct world *world, struct progress_mark now)
{
    if (!progress->looking) {
        time_left_start(&progress->left, world->scenario, progress->started_s);
        progress->looking = true;
        progress->marks[0] = (struct progress_mark){ progress->started_s, 0.0 };
        progress->marks[1] = progress->marks[0];
    }
    move_marks(progress, now);
    return time_left_look(&progress->left, world, now.wall_s);
}

void progress_show(struct progress *progress, const struct world *world)
{
    if (!progress->enabled) {
        return;
    }
    const struct progress_mark now = { wall_clock_s(),
        (double)engine_now(world->engine) / (double)SIM_NS_PER_S };
    double left_s = look(progress, world, now);
    if (!is_due(progress)) {
        return;
    }
    struct progress_facts facts = {
        .simulated_s = now.simulated_s,
        .end_s = (double)world->scenario->duration_ns / (double)SIM_NS_PER_S,
        .elapsed_s = now.wall_s - progress->marks[0].wall_s,
        .passed_s = now.simulated_s - progress->marks[0].simulated_s,
        .estimated = isfinite(left_s),
        .left_s = left_s,
        .campaign = server_campaign_count(world->server) > 0,
    };
    add_campaigns(world->server, &facts);
    char text[160];
    progress_format(&facts, text, sizeof text);
    redraw(progress, text);
}

/* Over less time a rate says nothing. */
#define RATE_FROM_S 0.1

void progress_format_making(const struct making_facts *facts, char *text, size_t size)
{
    struct line line = { .length = 0 };
    append(&line, "making %s: %u of %u devices", facts->what, facts->done, facts->of);
    if (facts->done > 0 && facts->elapsed_s >= RATE_FROM_S) {
        double rate = (double)facts->done / facts->elapsed_s;
        append(&line, "  %.0f devices/s", rate);
        append_time_left(&line, '~', (double)(facts->of - facts->done) / rate);
    }
    snprintf(text, size, "%s", line.text);
}

void progress_show_making(void *context, const char *what, uint32_t done, uint32_t of)
{
    struct progress *progress = context;
    if (progress->making != what) {
        progress->making = what;
        progress->making_s = wall_clock_s();
        if (progress->terminal) {
            progress->shown_s = progress->making_s; /* a rate needs some time to be one */
        }
    }
    if (is_due(progress)) {
        char text[160];
        const struct making_facts facts = { what, done, of,
            progress->shown_s - progress->making_s };
        progress_format_making(&facts, text, sizeof text);
        redraw(progress, text);
    }
}

void progress_format_sweep(const struct sweep_facts *facts, char *text, size_t size)
{
    struct line line = { .length = 0 };
    append(&line, "%zu of %zu runs", facts->done, facts->wanted);
    if (facts->failed > 0) {
        append(&line, "  %zu failed", facts->failed);
    }
    if (facts->played > 0 && facts->elapsed_s > 0.0) {
        append(&line, "  %.3g runs/s", (double)facts->played / facts->elapsed_s);
    }
    if (isfinite(facts->left_s)) {
        append_time_left(&line, '~', facts->left_s);
    }
    snprintf(text, size, "%s", line.text);
}

void progress_show_sweep(struct progress *progress, const struct sweep_facts *facts)
{
    if (is_due(progress)) {
        char text[160];
        struct sweep_facts now = *facts;
        now.elapsed_s = progress->shown_s - progress->started_s;
        progress_format_sweep(&now, text, sizeof text);
        redraw(progress, text);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->enabled && progress->terminal) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
    }
}
