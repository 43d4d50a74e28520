/* The arguments that name runs of a database: DB, --filter and --metric.
 * SPDX-License-Identifier: MIT
 */
#include "cli/table_options.h"

#include <stdio.h>

#include "study/store.h"

static const struct argp_option options_table[] = {
    { "filter", 'f', "KEY=VALUE", 0,
            "Takes only runs whose axis has that value, or a point by its number, as in point=3; "
            "may be repeated.",
            0 },
    { "metric", 'm', "PATTERN", 0,
            "Takes only metrics with such a name, as in 'energy_j.*'; may be repeated.", 0 },
    { 0 },
};

static void add(const char **items, size_t *count, const char *argument, const char *option,
        const struct argp_state *state)
{
    if (*count == TABLE_OPTIONS_MAX) {
        argp_error(state, "more than %u times %s", TABLE_OPTIONS_MAX, option);
    }
    items[(*count)++] = argument;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct table_options *options = state->input;
    switch (key) {
    case 'f':
        add(options->filters, &options->filter_count, argument, "--filter", state);
        return 0;
    case 'm':
        add(options->metrics, &options->metric_count, argument, "--metric", state);
        return 0;
    case ARGP_KEY_ARG:
        if (options->database != NULL) {
            argp_error(state, "one database at a time: '%s' is one too many", argument);
        }
        options->database = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->database == NULL) {
            argp_error(state, "which database?");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp table_options_argp = { options_table, parse_option, NULL, NULL, NULL, NULL,
    NULL };

struct run_table *table_options_read(const struct table_options *options)
{
    char error[STORE_ERROR_SIZE];
    const struct run_filter filter = { options->filter_count, options->filters,
        options->metric_count, options->metrics };
    struct run_table *table = run_table_read(options->database, &filter, error, sizeof error);
    if (table == NULL) {
        fprintf(stderr, "fleetcast: %s\n", error);
    }
    return table;
}
