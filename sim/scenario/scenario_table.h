/* The one table of scenario keys: it parses, checks, documents and sets.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_TABLE_H
#define SCENARIO_SCENARIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/quantity.h"
#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"

enum param_type {
    PARAM_DOUBLE, /* double, in the dimension's base unit */
    PARAM_TIME,   /* sim_ns */
    PARAM_U32,    /* uint32_t; a quantity when it has a dimension */
    PARAM_U64,
    PARAM_ENUM,    /* int: index in `names` */
    PARAM_BOOL,    /* true | false */
    PARAM_STRING,  /* char[]: `max` is its size */
    PARAM_VERSION, /* uint32_t from "major.minor.patch" */
    PARAM_VERIFY   /* a list of block-mic, signature into two bool */
};

struct param {
    const char *path; /* "campaign.set_up.window"; of a device group: "report.period" */
    size_t offset;    /* in struct scenario or struct scenario_device_group */
    enum param_type type;
    enum dimension dimension;
    double min, max;          /* inclusive, in the base unit */
    const char *const *names; /* PARAM_ENUM: NULL-terminated */
    const char *standard;     /* default, as one would write it */
    const char *help;
};

extern const struct param scenario_params[];
extern const size_t scenario_param_count;
extern const struct param group_params[];
extern const size_t group_param_count;

/* Sets one member of `object` from text. False: a mistake was added, the member is unchanged. */
bool param_set(const struct param *param, void *object, const char *text,
        struct scenario_place place, struct scenario_errors *errors);
/* Sets every member of `object` to its default. */
void params_set_defaults(const struct param *params, size_t count, void *object);

/* The candidate most like `word`, NULL if none is near. Candidates end with NULL. */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
