/* Conditions on the values of a point.
 * SPDX-License-Identifier: MIT
 */
#include "study/condition.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/quantity.h"

/* Longer words before those that they start with. */
static const struct {
    const char *word;
    enum condition_operator op;
} operators[] = {
    { "==", CONDITION_EQ },
    { "!=", CONDITION_NE },
    { ">=", CONDITION_GE },
    { "<=", CONDITION_LE },
    { ">", CONDITION_GT },
    { "<", CONDITION_LT },
};
#define OPERATOR_COUNT (sizeof operators / sizeof operators[0])

static const char or_word[] = " or ";

/* Copies what is between, without blanks around it. False: nothing is left, or too much. */
static bool copy_word(char word[CONDITION_WORD_SIZE], const char *from, const char *to)
{
    while (from < to && isblank((unsigned char)*from)) {
        from++;
    }
    while (to > from && isblank((unsigned char)to[-1])) {
        to--;
    }
    size_t length = (size_t)(to - from);
    if (length == 0 || length >= CONDITION_WORD_SIZE) {
        return false;
    }
    memcpy(word, from, length);
    word[length] = '\0';
    return true;
}

/* "3 or": what follows is missing. */
static bool ends_open(const char *word)
{
    size_t length = strlen(word), open = strlen(or_word) - 1;
    return length > open && strncmp(word + length - open, or_word, open) == 0;
}

static bool parse_term(struct condition_term *term, const char *from, const char *to)
{
    for (const char *at = from; at < to; at++) {
        for (size_t i = 0; i < OPERATOR_COUNT; i++) {
            size_t length = strlen(operators[i].word);
            if (strncmp(at, operators[i].word, length) == 0) {
                term->op = operators[i].op;
                return copy_word(term->left, from, at) && copy_word(term->right, at + length, to)
                       && !ends_open(term->right);
            }
        }
    }
    return false;
}

bool condition_parse(struct study_condition *condition, const char *text,
        struct scenario_place place, struct scenario_errors *errors)
{
    *condition = (struct study_condition){ .place = place };
    for (const char *from = text; from != NULL;) {
        const char *end = strstr(from, or_word);
        const char *to = end != NULL ? end : from + strlen(from);
        if (condition->term_count == CONDITION_TERMS_MAX) {
            scenario_errors_add(
                    errors, place, "where: '%s' has more than %u parts", text, CONDITION_TERMS_MAX);
            return false;
        }
        if (!parse_term(&condition->terms[condition->term_count++], from, to)) {
            scenario_errors_add(errors, place,
                    "where: '%s' should compare keys of axes and values, as in "
                    "\"campaign.data_rate == DR5 or devices.0.count <= 100\"",
                    text);
            return false;
        }
        from = end != NULL ? end + strlen(or_word) : NULL;
    }
    return true;
}

/* Both as numbers in a base unit of the first kind that fits both. */
static bool read_quantities(const char *left, const char *right, double *a, double *b)
{
    for (int dimension = DIMENSION_NONE; dimension <= DIMENSION_RATE; dimension++) {
        if (quantity_parse(left, (enum dimension)dimension, a) == QUANTITY_OK
                && quantity_parse(right, (enum dimension)dimension, b) == QUANTITY_OK) {
            return true;
        }
    }
    return false;
}

/* "DR5": a number after the word that both start with. */
static bool read_numbered(const char *left, const char *right, double *a, double *b)
{
    size_t length = strcspn(left, "0123456789");
    if (length == 0 || strcspn(right, "0123456789") != length
            || strncmp(left, right, length) != 0) {
        return false;
    }
    return quantity_parse(left + length, DIMENSION_NONE, a) == QUANTITY_OK
           && quantity_parse(right + length, DIMENSION_NONE, b) == QUANTITY_OK;
}

static bool read_both(const char *left, const char *right, double *a, double *b)
{
    return read_quantities(left, right, a, b) || read_numbered(left, right, a, b);
}

bool condition_comparable(const char *left, const char *right)
{
    double a, b;
    return read_both(left, right, &a, &b);
}

static bool compare(const struct condition_term *term, const char *left, const char *right)
{
    double a, b;
    bool numbers = read_both(left, right, &a, &b);
    bool equal = numbers ? a == b : strcmp(left, right) == 0;
    switch (term->op) {
    case CONDITION_EQ:
        return equal;
    case CONDITION_NE:
        return !equal;
    case CONDITION_GE:
        return numbers && a >= b;
    case CONDITION_GT:
        return numbers && a > b;
    case CONDITION_LE:
        return numbers && a <= b;
    case CONDITION_LT:
    default:
        return numbers && a < b;
    }
}

bool condition_holds(
        const struct study_condition *condition, condition_value *value, const void *context)
{
    for (size_t i = 0; i < condition->term_count; i++) {
        const struct condition_term *term = &condition->terms[i];
        const char *left = value(context, term->left);
        const char *right = value(context, term->right);
        if (compare(term, left != NULL ? left : term->left, right != NULL ? right : term->right)) {
            return true;
        }
    }
    return false;
}
