/* How far the members of each campaign had come by a time since its start.
 * SPDX-License-Identifier: MIT
 *
 * The times of devices.csv are those of a device's last campaign; each campaign has its own lines
 * in campaign.csv.
 */
#include <math.h>

#include "report/run_drawing.h"

static double reached(const struct run_progress *progress, bool complete)
{
    return complete ? progress->complete : progress->ready;
}

/* Since the campaign's start, when its last member came so far; 0: none did. */
static double last_s(const struct run_data *data, size_t campaign, bool complete)
{
    double last = 0, most = 0;
    for (size_t i = 0; i < data->progress_count; i++) {
        const struct run_progress *progress = &data->progress[i];
        if (progress->campaign == campaign && reached(progress, complete) > most) {
            most = reached(progress, complete);
            last = progress->time_s - data->campaigns.start_s[campaign];
        }
    }
    return last;
}

static void write_line(const struct drawing *d, size_t campaign, bool complete, double to_s)
{
    const struct run_data *data = d->data;
    double start_s = data->campaigns.start_s[campaign], share = 0;
    fprintf(d->script, "$campaign%zu << END\n0 0\n", campaign);
    for (size_t i = 0; i < data->progress_count; i++) {
        const struct run_progress *progress = &data->progress[i];
        bool shown = progress->campaign == campaign && progress->time_s > start_s
                     && progress->time_s - start_s <= to_s && progress->members > 0;
        if (shown) {
            share = 100 * reached(progress, complete) / progress->members;
            fprintf(d->script, "%.6g %.6g\n", (progress->time_s - start_s) / SECONDS_PER_HOUR,
                    share);
        }
    }
    fprintf(d->script, "%.6g %.6g\nEND\n", to_s / SECONDS_PER_HOUR, share);
}

static enum figure_result draw(const struct drawing *d, bool complete)
{
    const struct run_campaigns *campaigns = &d->data->campaigns;
    size_t count = campaigns->count < PLOT_LINES_MAX ? campaigns->count : PLOT_LINES_MAX;
    double to_s = 0;
    for (size_t c = 0; c < count; c++) {
        to_s = fmax(to_s, last_s(d->data, c, complete));
    }
    if (count < 2 || to_s <= 0) {
        return FIGURE_EMPTY;
    }
    to_s *= 1.02;
    for (size_t c = 0; c < count; c++) {
        write_line(d, c, complete, to_s);
    }
    plot_axis(d->script, 'x', "time since the start of the campaign (h)");
    plot_axis(d->script, 'y', "members (%)");
    fprintf(d->script, "set yrange [0:102]\nset xrange [0:%.6g]\nplot ", to_s / SECONDS_PER_HOUR);
    for (size_t c = 0; c < count; c++) {
        char colour[SVG_COLOUR_MAX];
        svg_series(colour, (unsigned)c);
        fprintf(d->script, "$campaign%zu using 1:2 with lines lw 2 lc rgb '%s', ", c, colour);
        plot_legend(d->plot, (unsigned)c, campaigns->names[c]);
    }
    fputc('\n', d->script);
    return FIGURE_DRAWN;
}

enum figure_result draw_set_up_progress(const struct drawing *drawing)
{
    return draw(drawing, false);
}

enum figure_result draw_completion_progress(const struct drawing *drawing)
{
    return draw(drawing, true);
}
