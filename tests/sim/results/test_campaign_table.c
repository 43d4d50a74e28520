/* campaign.csv against what the models say while the run goes on, and against its summary.
 * SPDX-License-Identifier: MIT
 *
 * Method: a run of two campaigns is stopped at some instants; the counts that the servers, the
 * gateways and the recorders give then are those that the file has for these instants, although it
 * is written at the end. Its last line of each campaign is what the summary says.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/fragment_causes.h"
#include "record/series.h"
#include "results/campaign_table.h"
#include "support/trial.h"

#define LINES_MAX 4000u
#define MINUTE_NS (60 * SIM_NS_PER_S)

static const char text[] = "name: series\n"
                           "duration: 8 h\n"
                           "gateways: {count: 2}\n"
                           "devices: [{name: d, count: 12, report: {period: 20 min}}]\n"
                           "firmware: {image: generated, size: 16 KiB}\n"
                           "campaigns:\n"
                           "  - {name: a, start: 30 min, set_up: {window: 40 min}, "
                           "confirm_timeout: 1 h, firmware: {version: 1.1.0}}\n"
                           "  - {name: b, start: 5 h, set_up: {window: 40 min}, confirm_timeout: 1 "
                           "h, devices: d 0..50 %, firmware: {version: 1.2.0}}\n";

struct file {
    char *text;
    char *lines[LINES_MAX];
    size_t count;
};

static void read_lines(const struct trial *trial, struct file *file)
{
    size_t size = 0;
    FILE *out = open_memstream(&file->text, &size);
    campaign_table_write(trial->recorders, out);
    fclose(out);
    file->count = 0;
    for (char *line = strtok(file->text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cr_assert_lt(file->count, LINES_MAX);
        file->lines[file->count++] = line;
    }
}

/* Cell number `column` of a line, as text. */
static const char *cell_at(const char *line, size_t column, char *cell, size_t size)
{
    for (; column > 0; column--) {
        line = strchr(line, ',');
        cr_assert_not_null(line);
        line++;
    }
    snprintf(cell, size, "%.*s", (int)strcspn(line, ","), line);
    return cell;
}

static size_t column_of(const struct file *file, const char *name)
{
    char cell[80];
    size_t column = 0;
    while (strcmp(cell_at(file->lines[0], column, cell, sizeof cell), name) != 0) {
        column++;
    }
    return column;
}

static double value_of(const struct file *file, const char *line, const char *name)
{
    char cell[80];
    return atof(cell_at(line, column_of(file, name), cell, sizeof cell));
}

/* The line of a campaign at a time in seconds; a time below 0: its last one. */
static const char *line_of(const struct file *file, const char *campaign, double at_s)
{
    const char *last = NULL;
    for (size_t i = 1; i < file->count; i++) {
        char cell[80];
        cell_at(file->lines[i], column_of(file, "campaign"), cell, sizeof cell);
        if (strcmp(cell, campaign) == 0) {
            last = file->lines[i];
            if (value_of(file, last, "time_s") == at_s) {
                return last;
            }
        }
    }
    cr_assert(last != NULL && at_s < 0, "no line of %s at %g s", campaign, at_s);
    return last;
}

/* What the models say at one instant. */
struct seen {
    sim_ns at_ns;
    uint32_t stages[2][CAMPAIGN_STAGE_COUNT];
    enum campaign_phase phase[2];
    uint64_t received[2];
    uint32_t sent[2];
    double duty[2];
};

static struct seen look_at(const struct trial *trial)
{
    const struct fragment_causes *causes = fragment_causes_of(trial->recorders);
    struct seen seen = { .at_ns = engine_now(trial->world->engine) };
    for (uint32_t c = 0; c < 2; c++) {
        const struct campaign *campaign = server_campaign(trial->world->server, c);
        for (int stage = 0; stage < CAMPAIGN_STAGE_COUNT; stage++) {
            seen.stages[c][stage] = campaign_stage_count(campaign, (enum campaign_stage)stage);
        }
        seen.phase[c] = campaign_phase(campaign);
        seen.sent[c] = fragment_causes_sent(causes, c, false);
        for (uint32_t i = 0; i < trial->world->device_count; i++) {
            seen.received[c] += fragment_causes_received(causes, c, i);
        }
    }
    for (uint32_t g = 0; g < 2; g++) {
        for (uint32_t band = 0; band < network_region(trial->world->network)->band_count; band++) {
            seen.duty[g] = fmax(
                    seen.duty[g], gateway_duty_used(trial->world->gateways, g, band, seen.at_ns));
        }
    }
    return seen;
}

static void expect_line(const struct file *file, const struct seen *seen, uint32_t c)
{
    static const struct {
        const char *column;
        enum campaign_stage stage;
    } stages[] = {
        { "members", CAMPAIGN_WAITING },
        { "contacted", CAMPAIGN_CONTACTED },
        { "group_set_up", CAMPAIGN_GROUP_SET_UP },
        { "ready", CAMPAIGN_READY },
        { "complete", CAMPAIGN_COMPLETE },
        { "authenticated", CAMPAIGN_AUTHENTICATED },
        { "confirmed", CAMPAIGN_CONFIRMED },
    };
    double at_s = (double)seen->at_ns / (double)SIM_NS_PER_S;
    const char *line = line_of(file, c == 0 ? "a" : "b", at_s);
    char cell[80];
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        cr_expect_eq(value_of(file, line, stages[i].column), seen->stages[c][stages[i].stage],
                "%s at %g s", stages[i].column, at_s);
    }
    cr_expect_str_eq(cell_at(line, column_of(file, "phase"), cell, sizeof cell),
            campaign_phase_name(seen->phase[c]));
    cr_expect_eq(value_of(file, line, "fragments_sent"), seen->sent[c]);
    cr_expect_eq(value_of(file, line, "fragments_received"), seen->received[c]);
    cr_expect_float_eq(value_of(file, line, "duty_gateway_0"), seen->duty[0], 1e-6);
    cr_expect_float_eq(value_of(file, line, "duty_gateway_1"), seen->duty[1], 1e-6);
}

Test(campaign_table, lines_are_what_the_models_said_at_their_times)
{
    static const unsigned minutes[] = { 10, 32, 40, 60, 72, 75, 76, 77, 90, 301, 342 };
    static struct file file;
    struct seen seen[sizeof minutes / sizeof minutes[0]];
    struct trial *trial = trial_create(text, NULL, 0);
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        cr_assert(trial_go(trial, minutes[i] * MINUTE_NS));
        seen[i] = look_at(trial);
    }
    trial_play(trial);
    read_lines(trial, &file);
    bool receiving = false;
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        expect_line(&file, &seen[i], 0);
        expect_line(&file, &seen[i], 1);
        receiving =
                receiving || (seen[i].phase[0] == CAMPAIGN_PHASE_UNCODED && seen[i].sent[0] > 0);
    }
    cr_expect(receiving, "an instant shall lie within the transfer");
    free(file.text);
    trial_destroy(trial);
}

Test(campaign_table, the_last_line_of_a_campaign_is_what_the_summary_says)
{
    static const char *const keys[] = { "ready", "complete", "authenticated", "installed",
        "confirmed" };
    static struct file file;
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    read_lines(trial, &file);
    for (uint32_t c = 0; c < 2; c++) {
        const char *name = c == 0 ? "a" : "b";
        const char *line = line_of(&file, name, -1);
        char path[80];
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            snprintf(path, sizeof path, "campaigns.%s.devices.%s", name, keys[i]);
            cr_expect_eq(value_of(&file, line, keys[i]), trial_value(trial, path), "%s", path);
        }
        cr_expect_gt(value_of(&file, line, "confirmed"), 0);
        cr_expect_eq(value_of(&file, line, "members"), c == 0 ? 12 : 6);
        cr_expect_float_eq(value_of(&file, line, "time_s"), trial_value(trial, "sim_time_s"), 1e-3);
    }
    free(file.text);
    trial_destroy(trial);
}

Test(campaign_table, a_run_without_a_campaign_shows_joins_and_gateways)
{
    static struct file file;
    struct trial *trial = trial_create("name: plain\n"
                                       "duration: 25 min\n"
                                       "devices: [{name: d, count: 5, boot: {spread: 5 min}}]\n",
            NULL, 0);
    trial_play(trial);
    read_lines(trial, &file);
    const char *line = line_of(&file, "", -1);
    cr_expect_eq(value_of(&file, line, "members"), 5);
    cr_expect_eq(value_of(&file, line, "joined"), 5);
    char cell[80];
    cr_expect_str_empty(cell_at(line, column_of(&file, "confirmed"), cell, sizeof cell));
    free(file.text);
    trial_destroy(trial);
}

/* A run of any length has as many points as a plot wants, at even steps. */
Test(campaign_table, the_step_grows_with_the_run)
{
    static const struct {
        unsigned minutes;
        sim_ns step_s;
        uint32_t points;
    } cases[] = { { 5, 1, 300 }, { 17, 2, 510 }, { 34, 10, 204 }, { 60, 10, 360 },
        { 1500, 120, 750 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char scenario[160];
        snprintf(scenario, sizeof scenario,
                "name: plain\nduration: %u min\ndevices: [{name: d, count: 1}]\n",
                cases[i].minutes);
        struct trial *trial = trial_create(scenario, NULL, 0);
        trial_play(trial);
        const struct series *series = series_of(trial->recorders);
        cr_expect_eq(series->step_ns, cases[i].step_s * SIM_NS_PER_S, "%u min: %lld ns",
                cases[i].minutes, (long long)series->step_ns);
        cr_expect_eq(series->count, cases[i].points, "%u min: %u", cases[i].minutes, series->count);
        for (uint32_t k = 0; k < series->count; k++) {
            cr_assert_eq(series->at_ns[k], (k + 1) * series->step_ns);
        }
        trial_destroy(trial);
    }
}
