/* The axes of a study file: lists of values, ranges, and keys that move together.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_STUDY_AXES_H
#define STUDY_STUDY_AXES_H

#include "scenario/param_reader.h"
#include "study/study_file.h"

/* Reads the value of the key "axes" into the study that `reader` fills. */
void study_axes_read(const struct table_reader *reader, const yaml_node_t *axes);
void study_axes_destroy(struct study *study);

/* A value as the text that a set takes: "DR5", "'a: b'" or "[block-mic, signature]"; freed by the
 * caller. NULL: it is neither a scalar nor a list of such, or there is no memory. */
char *study_value_text(const struct table_reader *reader, const yaml_node_t *node);

enum study_range_result {
    STUDY_RANGE_OK,
    STUDY_RANGE_NONE,  /* the text is no range */
    STUDY_RANGE_UNITS, /* two units */
    STUDY_RANGE_STEP,  /* the step does not lead from the first to the last */
    STUDY_RANGE_LONG   /* more than STUDY_VALUES_MAX values */
};

/* A range as "10..50 step 10", with a unit at one or all numbers ("1..3 h step 0.5 h") or a word
 * before both ends ("DR0..DR5"). The step is 1 if it is not given. */
struct study_range {
    double first, step;
    size_t count;
    char word[16], unit[16];
};
enum study_range_result study_range_parse(const char *text, struct study_range *range);
/* "20 %", value `index` of the range. */
void study_range_value(const struct study_range *range, size_t index, char *text, size_t size);

#endif
