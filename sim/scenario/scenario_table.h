/* The one table of scenario keys: it parses, checks, documents and sets.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_TABLE_H
#define SCENARIO_SCENARIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "scenario/quantity.h"
#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"

/* One for each dBm of a radio's output, from -4 to 20. */
#define PARAM_TX_LEVEL_COUNT 25

enum param_type {
    PARAM_DOUBLE, /* double, in the dimension's base unit */
    PARAM_TIME,   /* sim_ns */
    PARAM_U32,    /* uint32_t; a quantity when it has a dimension */
    PARAM_I32,    /* int32_t, likewise */
    PARAM_U64,
    PARAM_ENUM,        /* int: index in `names` */
    PARAM_BOOL,        /* true | false; or the two `names` */
    PARAM_STRING,      /* char[]: `max` is its size; no default: "" */
    PARAM_VERSION,     /* uint32_t from "major.minor.patch" */
    PARAM_VERIFY,      /* a list of block-mic, signature into two bool */
    PARAM_CHANNELS,    /* a list of frequencies, or none, into struct scenario_channels */
    PARAM_SENSITIVITY, /* one of `names`, or six levels, into struct scenario_sensitivity */
    PARAM_TX_LEVELS    /* a list of PARAM_TX_LEVEL_COUNT numbers into double[] */
};

struct param {
    const char *path; /* "campaign.set_up.window"; of a device group: "report.period" */
    size_t offset;    /* in the object: struct scenario, struct scenario_device_group, ... */
    enum param_type type;
    enum dimension dimension;
    double min, max; /* inclusive, in the base unit */
    /* PARAM_ENUM, PARAM_SENSITIVITY, PARAM_BOOL: NULL-terminated. PARAM_DOUBLE, PARAM_TIME and
     * PARAM_I32: words that may stand for a number; word i is kept as -1 - i. */
    const char *const *names;
    const char *standard; /* default, as one would write it */
    const char *help;
};

struct param_rows {
    const struct param *params;
    size_t count;
};

/* A list of objects, as devices. */
struct param_list {
    const char *path;
    size_t offset, count_offset; /* of the first item and of the uint32_t that counts them */
    size_t item_size;
    uint32_t max;
    const struct param_rows *rows; /* of one item */
    bool keep_one;                 /* without the list there is one item, all default */
    bool named;                    /* an item starts with its name, a char[] */
    const char *item_help;         /* "a group of devices should hold keys, as in - {count: 20}" */
};

/* Every key of one kind of object. */
struct param_table {
    const struct param_rows *const *sections;
    size_t section_count;
    const struct param_list *lists;
    size_t list_count;
};

extern const struct param_table scenario_table;
extern const struct param_table group_table;

/* The rows by section. */
extern const struct param_rows general_rows, air_rows, gateway_rows, campaign_rows, device_rows;
extern const struct param_rows interferer_rows, outage_rows;

/* The n-th row over all sections; NULL behind the last. */
const struct param *param_table_row(const struct param_table *table, size_t n);
const struct param *param_table_find(const struct param_table *table, const char *path);

/* Sets one member of `object` from text; the items of a list are separated by commas. False: a
 * mistake was added, the member is unchanged. */
bool param_set(const struct param *param, void *object, const char *text,
        struct scenario_place place, struct scenario_errors *errors);
bool param_takes_list(const struct param *param);
/* Sets every member of `object` to its default. */
void params_set_defaults(const struct param_rows *rows, void *object);
/* The same for every section, and lists to their shortest. */
void param_table_set_defaults(const struct param_table *table, void *object);
/* One line per key, each with `prefix`. */
void param_table_print(const struct param_table *table, const char *prefix, FILE *out);

/* The candidate most like `word`, NULL if none is near. Candidates end with NULL. */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
