/* Conditions on the values of a point: "campaign.data_rate == DR5 or devices.0.count <= 100".
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_CONDITION_H
#define STUDY_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario_errors.h"

#define CONDITION_TERMS_MAX 8u
#define CONDITION_WORD_SIZE 160u

enum condition_operator {
    CONDITION_EQ,
    CONDITION_NE,
    CONDITION_GE,
    CONDITION_GT,
    CONDITION_LE,
    CONDITION_LT
};

struct condition_term {
    char left[CONDITION_WORD_SIZE], right[CONDITION_WORD_SIZE]; /* a key of an axis, or a value */
    enum condition_operator op;
};

/* Holds if one of its terms does. */
struct study_condition {
    size_t term_count;
    struct condition_term terms[CONDITION_TERMS_MAX];
    struct scenario_place place;
};

/* What a word stands for at a point: the value of the key of that name. NULL: it is no key. */
typedef const char *condition_value(const void *context, const char *word);

/* False after a mistake. */
bool condition_parse(struct study_condition *condition, const char *text,
        struct scenario_place place, struct scenario_errors *errors);
/* Numbers are compared as such when both sides have units of one kind ("30 min < 1 h") or the same
 * word before a number ("DR0 < DR5"); others are equal or not. */
bool condition_holds(
        const struct study_condition *condition, condition_value *value, const void *context);
/* Can the two be put in an order? */
bool condition_comparable(const char *left, const char *right);

#endif
