/* The plots of a run, each a row of a table.
 * SPDX-License-Identifier: MIT
 */
#include "report/run_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_drawing.h"
#include "study/statistics.h"

#define BARS_MAX 24u

/* --- over devices ----------------------------------------------------------------------------- */

struct device_line {
    const char *name;
    size_t offset; /* of a time or number in struct run_device */
};

static double member(const struct run_device *device, size_t offset)
{
    double value;
    memcpy(&value, (const char *)device + offset, sizeof value);
    return value;
}

/* Values of a member less `from`; how many are known. */
static size_t collect(const struct drawing *d, size_t offset, double from, double *least)
{
    size_t known = 0;
    *least = INFINITY;
    for (size_t i = 0; i < d->data->device_count; i++) {
        d->values[i] = member(&d->data->devices[i], offset) - from;
        known += isnan(d->values[i]) ? 0 : 1;
        *least = fmin(*least, d->values[i]);
    }
    return known;
}

/* Cumulative shares of devices by hours, one line each. */
static enum figure_result draw_hours(const struct drawing *d, const struct device_line *lines,
        size_t count, double from_s, double to_s, const char *axis)
{
    bool any = false, shown[8] = { false };
    for (size_t i = 0; i < count; i++) {
        char name[16];
        double least;
        snprintf(name, sizeof name, "line%zu", i);
        shown[i] = collect(d, lines[i].offset, from_s, &least) > 0;
        any = any || shown[i];
        plot_steps(d->script, name, d->values, d->data->device_count, d->data->device_count,
                SECONDS_PER_HOUR, to_s - from_s);
    }
    if (!any) {
        return FIGURE_EMPTY;
    }
    plot_axis(d->script, 'x', axis);
    plot_axis(d->script, 'y', "devices (%)");
    fprintf(d->script, "set yrange [0:102]\nset xrange [0:%.6g]\nplot ",
            (to_s - from_s) / SECONDS_PER_HOUR);
    for (size_t i = 0; i < count; i++) {
        char colour[SVG_COLOUR_MAX];
        svg_series(colour, (unsigned)i);
        if (shown[i]) {
            fprintf(d->script, "$line%zu using 1:2 with steps lw 2 lc rgb '%s', ", i, colour);
            plot_legend(d->plot, (unsigned)i, lines[i].name);
        }
    }
    fputc('\n', d->script);
    return FIGURE_DRAWN;
}

static double end_of_run(const struct run_data *data)
{
    double end_s = 0;
    summary_value(data->summary, "sim_time_s", &end_s);
    return end_s > 0 ? end_s : 1;
}

static enum figure_result draw_stages(const struct drawing *d)
{
    static const struct device_line lines[] = {
        { "joined", offsetof(struct run_device, joined_s) },
        { "ready", offsetof(struct run_device, ready_s) },
        { "complete", offsetof(struct run_device, complete_s) },
        { "confirmed", offsetof(struct run_device, confirmed_s) },
    };
    return draw_hours(
            d, lines, sizeof lines / sizeof lines[0], 0, end_of_run(d->data), "simulated time (h)");
}

/* The shortest set-up time says when the campaign began, if there is one campaign alone. */
static enum figure_result draw_times(const struct drawing *d)
{
    static const struct device_line lines[] = {
        { "set up", offsetof(struct run_device, ready_s) },
        { "whole block reported", offsetof(struct run_device, complete_s) },
    };
    double shortest_s, first_s;
    if (d->data->campaigns.count != 1
            || !summary_value(d->data->summary, "setup_time_s.min", &shortest_s)
            || collect(d, lines[0].offset, 0, &first_s) == 0) {
        return FIGURE_EMPTY;
    }
    double last_s = 0;
    for (size_t i = 0; i < d->data->device_count; i++) {
        last_s = fmax(last_s, fmax(d->data->devices[i].ready_s, d->data->devices[i].complete_s));
    }
    double start_s = first_s - shortest_s;
    return draw_hours(d, lines, sizeof lines / sizeof lines[0], start_s,
            start_s + 1.02 * (last_s - start_s), "time since the start of the campaign (h)");
}

/* One cumulative line over devices of whatever stands in d->values. */
static enum figure_result draw_shares(
        const struct drawing *d, size_t known, double from, double to, const char *axis)
{
    plot_steps(d->script, "line", d->values, d->data->device_count, known, 1, to);
    plot_axis(d->script, 'x', axis);
    plot_axis(d->script, 'y', "devices (%)");
    fprintf(d->script,
            "set yrange [0:102]\nset xrange [%.6g:%.6g]\n"
            "plot $line using 1:2 with steps lw 2 lc rgb '#000010'\n",
            from, to);
    return FIGURE_DRAWN;
}

static enum figure_result draw_missing(const struct drawing *d)
{
    size_t known = 0;
    double most = 0;
    for (size_t i = 0; i < d->data->device_count; i++) {
        const struct run_device *device = &d->data->devices[i];
        bool has = !isnan(device->ready_s) && device->fragments > 0
                   && !isnan(device->fragments_received);
        double percent = 100 * (1 - device->fragments_received / device->fragments);
        d->values[i] = has ? percent : NAN;
        known += has ? 1 : 0;
        most = has ? fmax(most, percent) : most;
    }
    return known == 0 ? FIGURE_EMPTY
                      : draw_shares(d, known, 0, fmax(1.02 * most, 1),
                              "uncoded fragments missing before correction (%)");
}

static enum figure_result draw_battery(const struct drawing *d)
{
    double least;
    size_t known = collect(d, offsetof(struct run_device, life_years), 0, &least);
    double most = least;
    for (size_t i = 0; i < d->data->device_count; i++) {
        most = fmax(most, d->values[i]);
    }
    double margin = fmax(0.03 * (most - least), 0.01 * most);
    return known == 0 ? FIGURE_EMPTY
                      : draw_shares(d, known, fmax(least - margin, 0), most + margin,
                              "battery life without updates (years)");
}

/* --- bars of the summary ---------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const struct plot_bar *left = a, *right = b;
    return (left->value < right->value) - (left->value > right->value);
}

/* Items below `prefix` that are above 0, with blanks for underscores in their names. */
static size_t bars_below(const struct summary *summary, const char *prefix, double scale,
        const char *format_unit, struct plot_bar bars[BARS_MAX], char names[BARS_MAX][64])
{
    size_t count = 0;
    for (size_t i = 0; i < summary->count && count < BARS_MAX; i++) {
        const struct summary_item *item = &summary->items[i];
        double value;
        if (strncmp(item->path, prefix, strlen(prefix)) != 0
                || !summary_value(summary, item->path, &value) || value <= 0) {
            continue;
        }
        snprintf(names[count], sizeof names[count], "%s", item->path + strlen(prefix));
        for (char *at = names[count]; (at = strchr(at, '_')) != NULL;) {
            *at = ' ';
        }
        bars[count] = (struct plot_bar){ .name = names[count], .value = scale * value };
        snprintf(bars[count].text, sizeof bars[count].text, "%.3g %s", scale * value, format_unit);
        count++;
    }
    return count;
}

static enum figure_result draw_causes(const struct drawing *d)
{
    struct plot_bar bars[BARS_MAX];
    char names[BARS_MAX][64];
    size_t count =
            bars_below(d->data->summary, "missing_fragments.by_cause.", 100, "%", bars, names);
    if (count == 0) {
        return FIGURE_EMPTY;
    }
    qsort(bars, count, sizeof bars[0], by_value);
    plot_bars(d->script, bars, count, "share of the fragments that devices should receive (%)");
    return FIGURE_DRAWN;
}

static enum figure_result draw_energy(const struct drawing *d)
{
    struct plot_bar bars[BARS_MAX];
    char names[BARS_MAX][64];
    size_t count = bars_below(d->data->summary, "energy_j.by_phase.", 1, "J", bars, names);
    if (count == 0) {
        return FIGURE_EMPTY;
    }
    plot_bars(d->script, bars, count, "energy of a device, mean (J)");
    return FIGURE_DRAWN;
}

/* --- map -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum run_stage first, last;
    unsigned series;
} places[] = {
    { "confirmed", RUN_CONFIRMED, RUN_CONFIRMED, 2 },
    { "complete, not confirmed", RUN_COMPLETE, RUN_AUTHENTICATED, 5 },
    { "ready, not complete", RUN_READY, RUN_READY, 4 },
    { "not set up", RUN_WAITING, RUN_GROUP_SET_UP, 1 },
    { "joined, in no campaign", RUN_JOINED, RUN_JOINED, 0 },
    { "not joined", RUN_NOT_JOINED, RUN_NOT_JOINED, 6 },
};
#define PLACE_COUNT (sizeof places / sizeof places[0])

static size_t write_places(const struct drawing *d, size_t kind)
{
    size_t count = 0;
    fprintf(d->script, "$place%zu << END\n", kind);
    for (size_t i = 0; i < d->data->device_count; i++) {
        const struct run_device *device = &d->data->devices[i];
        if (device->stage >= places[kind].first && device->stage <= places[kind].last) {
            fprintf(d->script, "%.6g %.6g\n", device->x_m / 1e3, device->y_m / 1e3);
            count++;
        }
    }
    fputs("END\n", d->script);
    return count;
}

static enum figure_result draw_map(const struct drawing *d)
{
    size_t counts[PLACE_COUNT];
    for (size_t k = 0; k < PLACE_COUNT; k++) {
        counts[k] = write_places(d, k);
    }
    fputs("$gateways << END\n", d->script);
    for (size_t i = 0; i < d->data->gateway_count; i++) {
        const struct run_gateway *gateway = &d->data->gateways[i];
        fprintf(d->script, "%.6g %.6g\n", gateway->x_m / 1e3, gateway->y_m / 1e3);
    }
    fputs("END\n", d->script);
    if (d->data->device_count == 0 || d->data->gateway_count == 0) {
        return FIGURE_EMPTY;
    }
    plot_axis(d->script, 'x', "east (km)");
    plot_axis(d->script, 'y', "north (km)");
    fputs("set size ratio -1\nset offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04\nplot ",
            d->script);
    for (size_t k = 0; k < PLACE_COUNT; k++) {
        char colour[SVG_COLOUR_MAX];
        svg_series(colour, places[k].series);
        if (counts[k] > 0) {
            char name[64];
            fprintf(d->script, "$place%zu using 1:2 with points pt %d ps %s lc rgb '%s', ", k,
                    SVG_DISC, k == 0 ? "0.35" : "0.6", colour);
            snprintf(name, sizeof name, "%s (%zu)", places[k].name, counts[k]);
            plot_legend(d->plot, places[k].series, name);
        }
    }
    fprintf(d->script, "$gateways using 1:2 with points pt %d ps 1.1 lc rgb '%s'\n", SVG_TRIANGLE,
            SVG_INK);
    return FIGURE_DRAWN;
}

/* --- duty cycle ------------------------------------------------------------------------------- */

static enum figure_result draw_duty(const struct drawing *d)
{
    const struct run_data *data = d->data;
    bool any = false;
    fputs("$duty << END\n", d->script);
    for (size_t i = 0; i < data->duty_count; i++) {
        fprintf(d->script, "%.6g", data->duty[i].time_s / SECONDS_PER_HOUR);
        for (size_t g = 0; g < RUN_GATEWAYS_MAX; g++) {
            double used = data->duty[i].used[g];
            any = any || !isnan(used);
            fprintf(d->script, " %.6g", isnan(used) ? 0 : 100 * used);
        }
        fputc('\n', d->script);
    }
    fputs("END\n", d->script);
    if (!any) {
        return FIGURE_EMPTY;
    }
    plot_axis(d->script, 'x', "simulated time (h)");
    plot_axis(d->script, 'y', "duty cycle used (%)");
    fprintf(d->script, "set yrange [0:1<*]\nset xrange [0:%.6g]\nplot ",
            end_of_run(data) / SECONDS_PER_HOUR);
    for (size_t g = 0; g < RUN_GATEWAYS_MAX && !isnan(data->duty[0].used[g]); g++) {
        char colour[SVG_COLOUR_MAX], name[32];
        svg_series(colour, (unsigned)g);
        fprintf(d->script, "$duty using 1:%zu with lines lw 1.5 lc rgb '%s', ", g + 2, colour);
        snprintf(name, sizeof name, "gateway %zu", g);
        plot_legend(d->plot, (unsigned)g, name);
    }
    fputc('\n', d->script);
    return FIGURE_DRAWN;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct {
    const char *title, *caption;
    enum plot_shape shape;
    enum figure_result (*draw)(const struct drawing *drawing);
} figures[] = {
    { "Stages over time",
            "Share of all devices that had joined, were set up for the session, had reported the "
            "whole block, and had reported the new version.",
            PLOT_WIDE, draw_stages },
    { "Set-up and completion time",
            "Cumulative distribution over all devices. A line that ends below 100 % leaves out "
            "the devices that never came so far.",
            PLOT_WIDE, draw_times },
    { "Set-up time, by campaign",
            "Share of the members of each campaign that were set up by a time, from the lines of "
            "campaign.csv; the first eight campaigns.",
            PLOT_WIDE, draw_set_up_progress },
    { "Completion time, by campaign",
            "Share of the members of each campaign whose report of the whole block the server had "
            "by a time, likewise.",
            PLOT_WIDE, draw_completion_progress },
    { "Fragments missing, by cause",
            "Of all pairs of a device and an uncoded fragment; the copy that got furthest gives "
            "the cause.",
            PLOT_WIDE, draw_causes },
    { "Fragments missing, by device",
            "Cumulative distribution, over the devices that were set up, of what error correction "
            "had to bring back.",
            PLOT_WIDE, draw_missing },
    { "Map", "Where the devices stand and how far they came; triangles are gateways.", PLOT_SQUARE,
            draw_map },
    { "Energy by phase", "From power on to the end of the run, all phases of all devices.",
            PLOT_WIDE, draw_energy },
    { "Duty cycle of the gateways",
            "Share of what a gateway may send in an hour that it used in the last hour, of its "
            "fullest sub-band; the first eight gateways.",
            PLOT_WIDE, draw_duty },
    { "Battery life", "Cumulative distribution over devices, at each one's steady power.",
            PLOT_WIDE, draw_battery },
};

static bool write_figure(size_t index, const struct run_data *data, double *values, FILE *page,
        char *error, size_t error_size)
{
    struct plot plot;
    if (!plot_begin(&plot, figures[index].shape)) {
        snprintf(error, error_size, "no memory for a plot");
        return false;
    }
    struct drawing drawing = { &plot, plot.script, data, values };
    if (figures[index].draw(&drawing) == FIGURE_EMPTY) {
        plot_discard(&plot);
        return true;
    }
    return plot_end(&plot, figures[index].title, figures[index].caption, page, error, error_size);
}

bool run_figures_write(const struct run_data *data, FILE *page, char *error, size_t error_size)
{
    double *values = calloc(data->device_count + 1, sizeof *values);
    bool ok = values != NULL;
    if (!ok) {
        snprintf(error, error_size, "no memory for a plot");
    }
    fputs("<div class=\"figures\">\n", page);
    for (size_t i = 0; ok && i < sizeof figures / sizeof figures[0]; i++) {
        ok = write_figure(i, data, values, page, error, error_size);
    }
    fputs("</div>\n", page);
    free(values);
    return ok;
}
