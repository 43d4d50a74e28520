/* What a run left in its folder, as a report needs it.
 * SPDX-License-Identifier: MIT
 */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_file.h"
#include "results/summary_read.h"

static const char *const stage_words[RUN_STAGE_COUNT + 1] = {
    [RUN_NOT_JOINED] = "not_joined",
    [RUN_JOINED] = "joined",
    [RUN_WAITING] = "waiting",
    [RUN_CONTACTED] = "contacted",
    [RUN_GROUP_SET_UP] = "group_set_up",
    [RUN_READY] = "ready",
    [RUN_COMPLETE] = "complete",
    [RUN_AUTHENTICATED] = "authenticated",
    [RUN_CONFIRMED] = "confirmed",
};

enum device_column {
    COLUMN_X,
    COLUMN_Y,
    COLUMN_JOINED,
    COLUMN_READY,
    COLUMN_COMPLETE,
    COLUMN_CONFIRMED,
    COLUMN_STATE,
    COLUMN_FRAGMENTS,
    COLUMN_RECEIVED,
    COLUMN_LIFE,
    COLUMN_KINDS
};

static const struct csv_column device_columns[COLUMN_KINDS] = {
    [COLUMN_X] = { .name = "x_m", .min = -DBL_MAX, .max = DBL_MAX },
    [COLUMN_Y] = { .name = "y_m", .min = -DBL_MAX, .max = DBL_MAX },
    [COLUMN_JOINED] = { .name = "joined_s", .min = -DBL_MAX, .max = DBL_MAX },
    [COLUMN_READY] = { .name = "ready_s", .min = 0, .max = DBL_MAX },
    [COLUMN_COMPLETE] = { .name = "complete_s", .min = 0, .max = DBL_MAX },
    [COLUMN_CONFIRMED] = { .name = "confirmed_s", .min = 0, .max = DBL_MAX },
    [COLUMN_STATE] = { .name = "state", .words = stage_words },
    [COLUMN_FRAGMENTS] = { .name = "fragments", .min = 0, .max = DBL_MAX },
    [COLUMN_RECEIVED] = { .name = "fragments_received", .min = 0, .max = DBL_MAX },
    [COLUMN_LIFE] = { .name = "battery_life_years", .min = 0, .max = DBL_MAX },
};

static bool read_device(void *context, const struct csv_row *row)
{
    struct run_file_reading *reading = context;
    struct scenario_place place = { reading->path, row->line, 1 };
    const double *values = row->values;
    if (isnan(values[COLUMN_X]) || isnan(values[COLUMN_Y]) || isnan(values[COLUMN_STATE])) {
        scenario_errors_add(reading->errors, place,
                "a device should have x_m, y_m and state; see docs/outputs.md");
        return false;
    }
    struct run_data *data = reading->data;
    struct run_device *devices =
            run_file_grown(reading, data->devices, data->device_count, sizeof *data->devices);
    if (devices == NULL) {
        return run_file_no_memory(reading, row->line);
    }
    data->devices = devices;
    devices[data->device_count++] = (struct run_device){
        .x_m = values[COLUMN_X],
        .y_m = values[COLUMN_Y],
        .joined_s = values[COLUMN_JOINED],
        .ready_s = values[COLUMN_READY],
        .complete_s = values[COLUMN_COMPLETE],
        .confirmed_s = values[COLUMN_CONFIRMED],
        .stage = (enum run_stage)values[COLUMN_STATE],
        .fragments = values[COLUMN_FRAGMENTS],
        .fragments_received = values[COLUMN_RECEIVED],
        .life_years = values[COLUMN_LIFE],
    };
    return true;
}

static const struct csv_column gateway_columns[] = {
    { .name = "x_m", .min = -DBL_MAX, .max = DBL_MAX },
    { .name = "y_m", .min = -DBL_MAX, .max = DBL_MAX },
};

static bool read_gateway(void *context, const struct csv_row *row)
{
    struct run_file_reading *reading = context;
    struct run_data *data = reading->data;
    struct scenario_place place = { reading->path, row->line, 1 };
    if (isnan(row->values[0]) || isnan(row->values[1])) {
        scenario_errors_add(reading->errors, place, "a gateway should have x_m and y_m");
        return false;
    }
    struct run_gateway *gateways =
            run_file_grown(reading, data->gateways, data->gateway_count, sizeof *gateways);
    if (gateways == NULL) {
        return run_file_no_memory(reading, row->line);
    }
    data->gateways = gateways;
    gateways[data->gateway_count++] = (struct run_gateway){ row->values[0], row->values[1] };
    return true;
}

static void read_summary(struct run_data *data, const char *folder, struct scenario_errors *errors)
{
    char path[RUN_FILE_PATH_MAX], error[256];
    size_t size;
    char *text = run_file_read(folder, "summary.json", path, &size, errors);
    if (text == NULL) {
        return;
    }
    data->summary = summary_read_json(text, size, error, sizeof error);
    if (data->summary == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 }, "%s", error);
    } else if (!summary_has(data->summary, "devices.total")) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 },
                "no summary of a run: it has no devices.total");
    }
    free(text);
}

static void copy_text(char *text, size_t size, const json_t *value)
{
    const char *from = json_string_value(value);
    snprintf(text, size, "%s", from != NULL ? from : "");
}

static void copy_origin(struct run_origin *origin, const json_t *root)
{
    size_t index, used = 0;
    json_t *word;
    copy_text(origin->version, sizeof origin->version, json_object_get(root, "version"));
    copy_text(origin->commit, sizeof origin->commit, json_object_get(root, "commit"));
    copy_text(origin->path, sizeof origin->path,
            json_object_get(json_object_get(root, "scenario"), "path"));
    json_array_foreach(json_object_get(root, "command_line"), index, word)
    {
        int length = snprintf(origin->command + used, sizeof origin->command - used, "%s%s",
                index > 0 ? " " : "", json_is_string(word) ? json_string_value(word) : "");
        used += length > 0 ? (size_t)length : 0;
        if (used >= sizeof origin->command) {
            return;
        }
    }
}

static void read_origin(struct run_data *data, const char *folder, struct scenario_errors *errors)
{
    char path[RUN_FILE_PATH_MAX];
    size_t size;
    json_error_t fault;
    char *text = run_file_read(folder, "run.json", path, &size, errors);
    if (text == NULL) {
        return;
    }
    json_t *root = json_loadb(text, size, 0, &fault);
    if (root == NULL) {
        struct scenario_place place = { path, (size_t)(fault.line > 0 ? fault.line : 0),
            (size_t)(fault.column > 0 ? fault.column : 0) };
        scenario_errors_add(errors, place, "no JSON: %s", fault.text);
    } else {
        copy_origin(&data->origin, root);
    }
    json_decref(root);
    free(text);
}

struct run_data *run_data_read(const char *folder, struct scenario_errors *errors)
{
    size_t before = scenario_errors_count(errors);
    struct run_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ folder, 0, 0 }, "no memory");
        return NULL;
    }
    read_summary(data, folder, errors);
    read_origin(data, folder, errors);
    run_file_read_table(
            data, folder, "devices.csv", device_columns, COLUMN_KINDS, read_device, errors);
    run_campaigns_read(data, folder, errors);
    run_file_read_table(data, folder, "gateways.csv", gateway_columns,
            sizeof gateway_columns / sizeof gateway_columns[0], read_gateway, errors);
    if (scenario_errors_count(errors) > before) {
        run_data_destroy(data);
        return NULL;
    }
    return data;
}

void run_data_destroy(struct run_data *data)
{
    if (data != NULL) {
        summary_destroy(data->summary);
        free(data->devices);
        free(data->duty);
        free(data->progress);
        free(data->gateways);
        free(data);
    }
}
