/* The report of a run: its headline numbers, then its plots.
 * SPDX-License-Identifier: MIT
 */
#include "report/markup.h"
#include "report/report.h"
#include "report/run_data.h"
#include "report/run_figures.h"
#include "report/run_images.h"
#include "results/value_text.h"

#define PATH_SIZE 96u

/* --- facts ------------------------------------------------------------------------------------ */

static void write_facts(const struct run_data *data, FILE *page)
{
    double seed = 0, simulated_s = 0;
    char duration[VALUE_TEXT_SIZE];
    summary_value(data->summary, "seed", &seed);
    summary_value(data->summary, "sim_time_s", &simulated_s);
    value_text(duration, VALUE_DURATION, simulated_s);
    fputs("<p class=\"facts\">", page);
    markup_text(page, data->origin.path);
    fprintf(page, ", seed %.0f, %s simulated, trace hash ", seed, duration);
    markup_text(page, summary_text(data->summary, "trace_hash"));
    fputs(", fleetcast ", page);
    markup_text(page, data->origin.version);
    fputs(" (", page);
    markup_text(page, data->origin.commit);
    fputs(")</p>\n", page);
    fputs("<p class=\"facts\">", page);
    markup_text(page, data->origin.command);
    fputs("</p>\n", page);
}

/* --- headline numbers ------------------------------------------------------------------------- */

static void write_stages(const struct summary *summary, FILE *page)
{
    static const struct {
        const char *name, *path;
    } stages[] = {
        { "Joined", "devices.joined" },
        { "Set up for the session", "devices.ready" },
        { "Whole block reported", "devices.complete" },
        { "Authenticated", "devices.authenticated" },
        { "Installed", "devices.installed" },
        { "New version confirmed", "devices.confirmed" },
    };
    double total = 0;
    summary_value(summary, "devices.total", &total);
    fprintf(page,
            "<div class=\"scroll\"><table>\n<thead><tr><th "
            "class=\"name\">Devices</th><th>%.0f</th><th></th></tr>"
            "</thead>\n<tbody>\n",
            total);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        double value;
        char text[VALUE_TEXT_SIZE];
        if (summary_value(summary, stages[i].path, &value)) {
            markup_row(page, stages[i].name);
            value_text(text, VALUE_COUNT, value);
            markup_cell(page, text);
            value_text(text, VALUE_PERCENT, total > 0 ? value / total : 0);
            markup_cell(page, text);
            fputs("</tr>\n", page);
        }
    }
    fputs("</tbody>\n</table></div>\n", page);
}

static void write_distributions(const struct summary *summary, FILE *page)
{
    static const struct {
        const char *name, *prefix;
        enum value_kind kind;
    } rows[] = {
        { "Set-up time", "setup_time_s.", VALUE_DURATION },
        { "Missing before correction", "missing_fragments.rate_", VALUE_PERCENT },
        { "Completion time", "completion_time_s.", VALUE_DURATION },
        { "Energy", "energy_j.", VALUE_JOULE },
        { "Clock error at the session", "clock.error_ms_", VALUE_MS },
    };
    static const char *const columns[] = { "mean", "p50", "p95", "max" };
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th class=\"name\">Over "
          "devices</th><th>mean</th>"
          "<th>median</th><th>95th percentile</th><th>highest</th></tr></thead>\n<tbody>\n",
            page);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%sp50", rows[i].prefix);
        if (!summary_has(summary, path)) {
            continue;
        }
        markup_row(page, rows[i].name);
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            snprintf(path, sizeof path, "%s%s", rows[i].prefix, columns[c]);
            run_value_cell(summary, path, rows[i].kind, page);
        }
        fputs("</tr>\n", page);
    }
    fputs("</tbody>\n</table></div>\n", page);
}

static void write_numbers(const struct summary *summary, FILE *page)
{
    static const struct {
        const char *name, *path;
        double scale;
        enum value_kind kind;
    } rows[] = {
        { "Battery that the update takes", "battery.update_cost_percent", 0.01, VALUE_PERCENT },
        { "Battery life without updates", "battery.life_years", 1, VALUE_YEARS },
        { "Uplinks received", "uplinks.pdr", 1, VALUE_PERCENT },
        { "Highest duty cycle of a gateway", "airtime.gateway_duty_cycle.max", 1, VALUE_PERCENT },
        { "Fragments sent, uncoded", "missing_fragments.sent", 1, VALUE_COUNT },
        { "Fragments sent, coded", "missing_fragments.coded_sent", 1, VALUE_COUNT },
    };
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th class=\"name\">Whole "
          "run</th><th></th></tr></thead>\n"
          "<tbody>\n",
            page);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value;
        if (summary_value(summary, rows[i].path, &value)) {
            char text[VALUE_TEXT_SIZE];
            markup_row(page, rows[i].name);
            value_text(text, rows[i].kind, rows[i].scale * value);
            markup_cell(page, text);
            fputs("</tr>\n", page);
        }
    }
    fputs("</tbody>\n</table></div>\n", page);
}

bool report_run(const char *folder, FILE *page, struct scenario_errors *errors)
{
    char error[256];
    struct run_data *data = run_data_read(folder, errors);
    if (data == NULL) {
        return false;
    }
    markup_head(page, summary_text(data->summary, "scenario.name"));
    write_facts(data, page);
    fputs("<div class=\"tables\">\n", page);
    write_stages(data->summary, page);
    write_distributions(data->summary, page);
    write_numbers(data->summary, page);
    run_images_write(data, page);
    fputs("</div>\n", page);
    bool ok = run_figures_write(data, page, error, sizeof error);
    if (!ok) {
        scenario_errors_add(errors, (struct scenario_place){ folder, 0, 0 }, "%s", error);
    }
    markup_foot(page);
    run_data_destroy(data);
    return ok;
}
