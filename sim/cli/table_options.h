/* The arguments that name runs of a database: DB, --filter and --metric.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_TABLE_OPTIONS_H
#define CLI_TABLE_OPTIONS_H

#include <argp.h>
#include <stddef.h>

#include "study/run_table.h"

#define TABLE_OPTIONS_MAX 64u

struct table_options {
    const char *database;
    size_t filter_count, metric_count;
    const char *filters[TABLE_OPTIONS_MAX];
    const char *metrics[TABLE_OPTIONS_MAX];
};

/* A child parser whose input is a struct table_options. The program ends without a database. */
extern const struct argp table_options_argp;

/* The runs that the options name; NULL after a message. */
struct run_table *table_options_read(const struct table_options *options);

#endif
