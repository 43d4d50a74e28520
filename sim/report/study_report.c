/* The report of a study: its points with confidence intervals, then curves over its axes.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "report/plot.h"
#include "report/report.h"
#include "report/study_data.h"
#include "study/statistics.h"

#define LINES_MAX  6u
#define PANELS_MAX 6u
#define TEXT_SIZE  256u

#define DECIMALS_MAX 6

struct study_metric {
    const char *name, *unit;
    const char *path, *over; /* over: NULL, or the path of what it is a share of */
    double scale;
};

/* What a study is read for, in the units in which it is shown. */
static const struct study_metric headlines[] = {
    { "Devices confirmed", "%", "devices.confirmed", "devices.total", 100 },
    { "Completion time, 95th percentile", "h", "completion_time_s.p95", NULL, 1.0 / 3600 },
    { "Set-up time, 95th percentile", "h", "setup_time_s.p95", NULL, 1.0 / 3600 },
    { "Missing before correction", "%", "missing_fragments.rate_mean", NULL, 100 },
    { "Energy of a device", "J", "energy_j.mean", NULL, 1 },
    { "Battery that the update takes", "%", "battery.update_cost_percent", NULL, 1 },
    { "Uplinks received", "%", "uplinks.pdr", NULL, 100 },
};
#define HEADLINES (sizeof headlines / sizeof headlines[0])

/* A study that keeps few metrics is about these, too. */
#define FEW_METRICS 12u

/* What is shown of a study. */
struct report {
    const struct study_data *data;
    size_t metric_count;
    struct study_metric metrics[HEADLINES + FEW_METRICS];
    double *values; /* room for one per run */
};

/* NaN: the run has none. */
static double metric_value(const struct study_metric *metric, const struct study_run *run)
{
    double value, over = 1;
    if (!summary_value(run->summary, metric->path, &value)
            || (metric->over != NULL && !summary_value(run->summary, metric->over, &over))
            || over <= 0) {
        return NAN;
    }
    return metric->scale * value / over;
}

static bool has_metric(const struct study_data *data, const struct study_metric *metric)
{
    for (size_t i = 0; i < data->run_count; i++) {
        if (!isnan(metric_value(metric, &data->runs[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_shown(const struct report *report, const char *path)
{
    for (size_t m = 0; m < report->metric_count; m++) {
        const struct study_metric *metric = &report->metrics[m];
        if (strcmp(metric->path, path) == 0
                || (metric->over != NULL && strcmp(metric->over, path) == 0)) {
            return true;
        }
    }
    return false;
}

static void choose_metrics(struct report *report)
{
    const struct summary *kept = report->data->runs[0].summary;
    for (size_t m = 0; m < HEADLINES; m++) {
        if (has_metric(report->data, &headlines[m])) {
            report->metrics[report->metric_count++] = headlines[m];
        }
    }
    for (size_t i = 0; kept->count <= FEW_METRICS && i < kept->count; i++) {
        const char *path = kept->items[i].path;
        const struct study_metric metric = { path, "", path, NULL, 1 };
        if (!is_shown(report, path) && has_metric(report->data, &metric)) {
            report->metrics[report->metric_count++] = metric;
        }
    }
}

/* --- points ----------------------------------------------------------------------------------- */

/* Which runs count: those with the values of `like` in the axes of `axes`. */
struct selection {
    size_t values[REPORT_AXES_MAX];
    bool fixed[REPORT_AXES_MAX];
};

static bool selected(const struct study_data *data, const struct selection *selection,
        const struct study_run *run)
{
    for (size_t a = 0; a < data->axis_count; a++) {
        if (selection->fixed[a] && run->values[a] != selection->values[a]) {
            return false;
        }
    }
    return true;
}

/* `values` has room for every run. */
static struct mean_estimate estimate(const struct study_data *data,
        const struct selection *selection, const struct study_metric *metric, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < data->run_count; i++) {
        double value = metric_value(metric, &data->runs[i]);
        if (!isnan(value) && selected(data, selection, &data->runs[i])) {
            values[count++] = value;
        }
    }
    return statistics_estimate(values, count);
}

static struct selection point_of(const struct study_data *data, const struct study_run *run)
{
    struct selection selection = { .fixed = { false } };
    for (size_t a = 0; a < data->axis_count; a++) {
        selection.values[a] = run->values[a];
        selection.fixed[a] = true;
    }
    return selection;
}

/* --- table ------------------------------------------------------------------------------------ */

/* A key of a scenario may break after each dot. */
static void write_head_cell(FILE *page, const char *tag, const char *text, const char *unit)
{
    char part[TEXT_SIZE];
    fputs(tag, page);
    for (const char *dot = strchr(text, '.'); dot != NULL; dot = strchr(text, '.')) {
        snprintf(part, sizeof part, "%.*s", (int)(dot - text + 1), text);
        markup_text(page, part);
        fputs("<wbr/>", page);
        text = dot + 1;
    }
    markup_text(page, text);
    if (unit[0] != '\0') {
        fputs(" (", page);
        markup_text(page, unit);
        fputs(")", page);
    }
    fputs("</th>", page);
}

/* Both to the second digit of the half width, as measured values are written. */
static void write_estimate(FILE *page, const struct mean_estimate *estimate)
{
    double half = estimate->high - estimate->mean; /* NaN below two values */
    fputs("<td>", page);
    if (estimate->count == 0) {
        fputs("&#8211;", page);
    } else if (half > 0) {
        int decimals = 1 - (int)floor(log10(half));
        decimals = decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
        fprintf(page, "%.*f &#177; %.*f", decimals, estimate->mean, decimals, half);
    } else {
        fprintf(page, "%.4g%s", estimate->mean, estimate->count > 1 ? " &#177; 0" : "");
    }
    fputs("</td>", page);
}

static void write_point(const struct report *report, const struct study_run *run, FILE *page)
{
    const struct study_data *data = report->data;
    struct selection point = point_of(data, run);
    size_t runs = 0;
    fputs("<tr>", page);
    for (size_t a = 0; a < data->axis_count; a++) {
        fputs("<td class=\"name\">", page);
        markup_text(page, data->axes[a].values[run->values[a]]);
        fputs("</td>", page);
    }
    for (size_t i = 0; i < data->run_count; i++) {
        runs += selected(data, &point, &data->runs[i]) ? 1 : 0;
    }
    fprintf(page, "<td>%zu</td>", runs);
    for (size_t m = 0; m < report->metric_count; m++) {
        struct mean_estimate of_point = estimate(data, &point, &report->metrics[m], report->values);
        write_estimate(page, &of_point);
    }
    fputs("</tr>\n", page);
}

static void write_points(const struct report *report, FILE *page)
{
    const struct study_data *data = report->data;
    fputs("<h2>Points</h2>\n<p class=\"facts\">Mean of the runs of a point, with the half width of "
          "its 95 % confidence interval (Student).</p>\n<div class=\"scroll "
          "points\"><table>\n<thead><tr>",
            page);
    for (size_t a = 0; a < data->axis_count; a++) {
        write_head_cell(page, "<th class=\"name\">", data->axes[a].key, "");
    }
    write_head_cell(page, "<th>", "Runs", "");
    for (size_t m = 0; m < report->metric_count; m++) {
        write_head_cell(page, "<th>", report->metrics[m].name, report->metrics[m].unit);
    }
    fputs("</tr></thead>\n<tbody>\n", page);
    for (size_t i = 0; i < data->run_count; i++) {
        if (i == 0 || data->runs[i].point != data->runs[i - 1].point) {
            write_point(report, &data->runs[i], page);
        }
    }
    fputs("</tbody>\n</table></div>\n", page);
}

/* --- curves ----------------------------------------------------------------------------------- */

/* What stands along x, what makes lines; both are axis_count where there is none. */
struct layout {
    size_t x, lines;
};

/* Along x the axis with most values, a numeric one if there is one; of the rest the one with most
 * values, as far as that many lines can be told apart. */
static struct layout choose_layout(const struct study_data *data)
{
    struct layout layout = { data->axis_count, data->axis_count };
    for (size_t a = 0; a < data->axis_count; a++) {
        const struct study_axis *axis = &data->axes[a];
        const struct study_axis *best = &data->axes[layout.x < data->axis_count ? layout.x : a];
        if (layout.x == data->axis_count || axis->numeric > best->numeric
                || (axis->numeric == best->numeric && axis->count > best->count)) {
            layout.x = a;
        }
    }
    for (size_t a = 0; a < data->axis_count; a++) {
        bool fits = a != layout.x && data->axes[a].count <= LINES_MAX;
        if (fits
                && (layout.lines == data->axis_count
                        || data->axes[a].count > data->axes[layout.lines].count)) {
            layout.lines = a;
        }
    }
    return layout;
}

static double place_of(const struct study_axis *axis, size_t value)
{
    return axis->numeric ? axis->numbers[value] : (double)value;
}

/* One line's data, in the order of its places; returns how many points it has. */
static size_t write_line(FILE *script, size_t index, const struct study_data *data,
        const struct layout *layout, struct selection selection, const struct study_metric *metric,
        double *values)
{
    const struct study_axis *axis = &data->axes[layout->x];
    size_t count = 0;
    fprintf(script, "$line%zu << END\n", index);
    selection.fixed[layout->x] = true;
    for (size_t v = 0; v < axis->count; v++) {
        selection.values[layout->x] = v;
        struct mean_estimate e = estimate(data, &selection, metric, values);
        if (e.count > 0) {
            bool band = e.count > 1;
            fprintf(script, "%.8g %.8g %.8g %.8g\n", place_of(axis, v), e.mean,
                    band ? e.low : e.mean, band ? e.high : e.mean);
            count++;
        }
    }
    fputs("END\n", script);
    return count;
}

static void write_ticks(FILE *script, const struct study_axis *axis)
{
    fputs("set xtics noenhanced (", script);
    for (size_t v = 0; v < axis->count; v++) {
        fputs(v > 0 ? ", " : "", script);
        plot_tick(script, axis->values[v], place_of(axis, v));
    }
    fputs(")\n", script);
}

static void write_axes(
        FILE *script, const struct study_axis *axis, const struct study_metric *metric)
{
    double low = INFINITY, high = -INFINITY;
    plot_axis(script, 'x', axis->key);
    plot_axis(script, 'y', metric->unit[0] != '\0' ? metric->unit : metric->name);
    write_ticks(script, axis);
    for (size_t v = 0; v < axis->count; v++) {
        low = fmin(low, place_of(axis, v));
        high = fmax(high, place_of(axis, v));
    }
    double margin = 0.04 * (high - low);
    fprintf(script,
            "set xrange [%.8g:%.8g]\nset autoscale y noextend\n"
            "set offsets 0, 0, graph 0.05, graph 0.05\n",
            low - margin, high + margin);
}

/* False: nothing to draw. */
static bool draw_panel(struct plot *plot, const struct study_data *data,
        const struct layout *layout, struct selection panel, const struct study_metric *metric,
        double *values)
{
    FILE *script = plot->script;
    bool split = layout->lines < data->axis_count;
    size_t lines = split ? data->axes[layout->lines].count : 1, counts[LINES_MAX], drawn = 0;
    for (size_t i = 0; i < lines; i++) {
        struct selection line = panel;
        if (split) {
            line.fixed[layout->lines] = true;
            line.values[layout->lines] = i;
        }
        counts[i] = write_line(script, i, data, layout, line, metric, values);
        drawn += counts[i] > 0 ? 1 : 0;
    }
    if (drawn == 0) {
        return false;
    }
    write_axes(script, &data->axes[layout->x], metric);
    fputs("plot ", script);
    for (size_t i = 0; i < lines; i++) {
        char colour[SVG_COLOUR_MAX];
        svg_series(colour, (unsigned)i);
        if (counts[i] == 0) {
            continue;
        }
        fprintf(script,
                "$line%zu using 1:3:4 with filledcurves fs transparent solid 0.18 noborder lc rgb "
                "'%s', $line%zu using 1:2 with linespoints lw 2 pt %d ps 0.5 lc rgb '%s', ",
                i, colour, i, SVG_DISC, colour);
        if (split) {
            char name[TEXT_SIZE];
            snprintf(name, sizeof name, "%s %s", data->axes[layout->lines].key,
                    data->axes[layout->lines].values[i]);
            plot_legend(plot, (unsigned)i, name);
        }
    }
    fputc('\n', script);
    return true;
}

/* The next combination of values of the axes that are neither x nor lines. False: that was all. */
static bool next_panel(
        const struct study_data *data, const struct layout *layout, struct selection *panel)
{
    for (size_t a = data->axis_count; a-- > 0;) {
        if (a == layout->x || a == layout->lines) {
            continue;
        }
        if (++panel->values[a] < data->axes[a].count) {
            return true;
        }
        panel->values[a] = 0;
    }
    return false;
}

static void panel_title(const struct study_data *data, const struct layout *layout,
        const struct selection *panel, const struct study_metric *metric, char text[4 * TEXT_SIZE])
{
    size_t used = (size_t)snprintf(text, 4 * TEXT_SIZE, "%s", metric->name);
    for (size_t a = 0; a < data->axis_count && used < 4 * TEXT_SIZE; a++) {
        if (a != layout->x && a != layout->lines) {
            used += (size_t)snprintf(text + used, 4 * TEXT_SIZE - used, ", %s %s",
                    data->axes[a].key, data->axes[a].values[panel->values[a]]);
        }
    }
}

static bool write_panel(const struct study_data *data, const struct layout *layout,
        const struct selection *panel, const struct study_metric *metric, double *values,
        FILE *page, char *error, size_t error_size)
{
    struct plot plot;
    char title[4 * TEXT_SIZE];
    if (!plot_begin(&plot, PLOT_WIDE)) {
        snprintf(error, error_size, "no memory for a plot");
        return false;
    }
    if (!draw_panel(&plot, data, layout, *panel, metric, values)) {
        plot_discard(&plot);
        return true;
    }
    panel_title(data, layout, panel, metric, title);
    return plot_end(&plot, title,
            "Mean of the runs of a point; the band is its 95 % confidence interval.", page, error,
            error_size);
}

static bool write_metric(const struct study_data *data, const struct layout *layout,
        const struct study_metric *metric, double *values, FILE *page, char *error,
        size_t error_size)
{
    struct selection panel = { .fixed = { false } };
    bool ok = true, more = true;
    for (size_t a = 0; a < data->axis_count; a++) {
        panel.fixed[a] = a != layout->x && a != layout->lines;
    }
    for (size_t i = 0; ok && more && i < PANELS_MAX; i++) {
        ok = write_panel(data, layout, &panel, metric, values, page, error, error_size);
        more = next_panel(data, layout, &panel);
    }
    return ok;
}

static bool write_curves(const struct report *report, FILE *page, char *error, size_t error_size)
{
    struct layout layout = choose_layout(report->data);
    bool ok = true;
    if (report->data->axis_count == 0) {
        return true;
    }
    fputs("<div class=\"figures\">\n", page);
    for (size_t m = 0; ok && m < report->metric_count; m++) {
        ok = write_metric(report->data, &layout, &report->metrics[m], report->values, page, error,
                error_size);
    }
    fputs("</div>\n", page);
    return ok;
}

/* --- all -------------------------------------------------------------------------------------- */

static void write_facts(const struct study_data *data, FILE *page)
{
    size_t failed = 0;
    for (size_t i = 0; i < data->run_count; i++) {
        failed += data->runs[i].status != 0 ? 1 : 0;
    }
    fprintf(page, "<p class=\"facts\">%zu runs of %zu points", data->run_count, data->point_count);
    if (failed > 0) {
        fprintf(page, "; %zu run%s failed an expectation", failed, failed > 1 ? "s" : "");
    }
    fputs("; fleetcast ", page);
    markup_text(page, data->program);
    fputs(data->mixed ? " and other versions</p>\n" : "</p>\n", page);
}

bool report_study(const char *database, FILE *page, struct scenario_errors *errors)
{
    char error[256] = "no memory for a study";
    struct study_data *data = study_data_read(database, errors);
    if (data == NULL) {
        return false;
    }
    struct report report = { .data = data };
    report.values = calloc(data->run_count, sizeof *report.values);
    bool ok = report.values != NULL;
    if (ok) {
        choose_metrics(&report);
        markup_head(page, data->name);
        write_facts(data, page);
        write_points(&report, page);
        ok = write_curves(&report, page, error, sizeof error);
        markup_foot(page);
    }
    if (!ok) {
        scenario_errors_add(errors, (struct scenario_place){ database, 0, 0 }, "%s", error);
    }
    free(report.values);
    study_data_destroy(data);
    return ok;
}
