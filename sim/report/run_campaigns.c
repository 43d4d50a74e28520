/* Campaigns of a run: their names, how far their members had come over time, and the gateways' duty
 * cycle, which stands in the same file.
 * SPDX-License-Identifier: MIT
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/run_file.h"

/* Their names are those of `campaigns.NAME.devices.total` in summary.json. */
static void name_campaigns(struct run_data *data)
{
    static const char prefix[] = "campaigns.", suffix[] = ".devices.total";
    struct run_campaigns *campaigns = &data->campaigns;
    for (size_t i = 0; i < data->summary->count && campaigns->count < RUN_CAMPAIGNS_MAX; i++) {
        const char *path = data->summary->items[i].path;
        size_t length = strlen(path), around = strlen(prefix) + strlen(suffix);
        if (strncmp(path, prefix, strlen(prefix)) != 0 || length <= around
                || strcmp(path + length - strlen(suffix), suffix) != 0) {
            continue;
        }
        char *text = campaigns->text[campaigns->count];
        snprintf(text, sizeof campaigns->text[0], "%.*s", (int)(length - around),
                path + strlen(prefix));
        campaigns->start_s[campaigns->count] = NAN;
        campaigns->names[campaigns->count++] = text;
    }
}

/* --- campaign.csv, rounds.csv ----------------------------------------------------------------- */

static const struct csv_column duty_columns[] = {
    { .name = "time_s", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_0", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_1", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_2", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_3", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_4", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_5", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_6", .min = 0, .max = DBL_MAX },
    { .name = "duty_gateway_7", .min = 0, .max = DBL_MAX },
};
#define DUTY_COLUMNS (sizeof duty_columns / sizeof duty_columns[0])
_Static_assert(DUTY_COLUMNS == RUN_GATEWAYS_MAX + 1, "a column for each gateway");

static bool lacks(
        const struct run_file_reading *reading, const struct csv_row *row, const char *what)
{
    scenario_errors_add(reading->errors, (struct scenario_place){ reading->path, row->line, 1 },
            "a line should have %s", what);
    return false;
}

/* The lines of a further campaign begin at the start again and say the same of gateways. */
static bool read_duty(void *context, const struct csv_row *row)
{
    struct run_file_reading *reading = context;
    struct run_data *data = reading->data;
    if (isnan(row->values[0])) {
        return lacks(reading, row, "a time_s");
    }
    if (data->duty_count > 0 && row->values[0] <= data->duty[data->duty_count - 1].time_s) {
        return true;
    }
    struct run_duty *duty = run_file_grown(reading, data->duty, data->duty_count, sizeof *duty);
    if (duty == NULL) {
        return run_file_no_memory(reading, row->line);
    }
    data->duty = duty;
    duty[data->duty_count].time_s = row->values[0];
    memcpy(duty[data->duty_count++].used, row->values + 1, sizeof duty->used);
    return true;
}

static bool read_progress(void *context, const struct csv_row *row)
{
    struct run_file_reading *reading = context;
    struct run_data *data = reading->data;
    const double *values = row->values;
    for (size_t i = 0; i < 5; i++) {
        if (isnan(values[i])) {
            return lacks(reading, row, "time_s, campaign, members, ready and complete");
        }
    }
    struct run_progress *progress =
            run_file_grown(reading, data->progress, data->progress_count, sizeof *progress);
    if (progress == NULL) {
        return run_file_no_memory(reading, row->line);
    }
    data->progress = progress;
    progress[data->progress_count++] = (struct run_progress){
        .campaign = (size_t)values[0],
        .time_s = values[1],
        .members = values[2],
        .ready = values[3],
        .complete = values[4],
    };
    return true;
}

static bool read_start(void *context, const struct csv_row *row)
{
    struct run_file_reading *reading = context;
    const double *values = row->values;
    if (isnan(values[0]) || isnan(values[1]) || isnan(values[2])) {
        return lacks(reading, row, "campaign, round and start_s");
    }
    if (values[1] == 1.0) {
        reading->data->campaigns.start_s[(size_t)values[0]] = values[2];
    }
    return true;
}

void run_campaigns_read(struct run_data *data, const char *folder, struct scenario_errors *errors)
{
    run_file_read_table(
            data, folder, "campaign.csv", duty_columns, DUTY_COLUMNS, read_duty, errors);
    if (data->summary == NULL) {
        return;
    }
    name_campaigns(data);
    const struct csv_column progress[] = {
        { .name = "campaign", .words = data->campaigns.names },
        { .name = "time_s", .min = 0, .max = DBL_MAX },
        { .name = "members", .min = 0, .max = DBL_MAX },
        { .name = "ready", .min = 0, .max = DBL_MAX },
        { .name = "complete", .min = 0, .max = DBL_MAX },
    };
    const struct csv_column starts[] = {
        { .name = "campaign", .words = data->campaigns.names },
        { .name = "round", .min = 1, .max = DBL_MAX },
        { .name = "start_s", .min = 0, .max = DBL_MAX },
    };
    if (data->campaigns.count > 0) {
        run_file_read_table(data, folder, "campaign.csv", progress,
                sizeof progress / sizeof progress[0], read_progress, errors);
        run_file_read_table(data, folder, "rounds.csv", starts, sizeof starts / sizeof starts[0],
                read_start, errors);
    }
}
