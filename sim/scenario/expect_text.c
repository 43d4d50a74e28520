/* Conditions of `expect:` as scenarios write them: ">= 99 %", "between 3 h and 4 h", "12 +- 1".
 * SPDX-License-Identifier: MIT
 */
#include "scenario/expect_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scenario/expect_keys.h"
#include "scenario/quantity.h"

#define NUMBER_SIZE 48u

struct number {
    double value;
    bool percent;
};

/* Does a part of the dotted key end in "_s"? */
static bool counts_seconds(const char *path)
{
    const char *key = expect_key_in_path(path);
    for (const char *at = key == NULL ? NULL : strstr(key, "_s"); at != NULL;
            at = strstr(at + 1, "_s")) {
        if (at[2] == '\0' || at[2] == '.') {
            return true;
        }
    }
    return false;
}

/* Reads the `length` characters at `text`, spaces around them left out. */
static bool parse_number(const char *text, size_t length, bool seconds, struct number *number)
{
    char copy[NUMBER_SIZE];
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    if (length == 0 || length >= sizeof copy) {
        return false;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    number->percent = copy[length - 1] == '%';
    if (number->percent) {
        do {
            copy[--length] = '\0';
        } while (length > 0 && copy[length - 1] == ' ');
    }
    return quantity_parse(copy, DIMENSION_NONE, &number->value) == QUANTITY_OK
           || (seconds && !number->percent
                   && quantity_parse(copy, DIMENSION_TIME, &number->value) == QUANTITY_OK);
}

static bool parse_operator(const char *text, bool seconds, struct scenario_expect *expect)
{
    static const struct {
        const char *text;
        enum expect_operator op;
    } operators[] = { { "==", EXPECT_EQ }, { "!=", EXPECT_NE }, { ">=", EXPECT_GE },
        { "<=", EXPECT_LE }, { ">", EXPECT_GT }, { "<", EXPECT_LT } };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(text, operators[i].text, length) == 0) {
            struct number number;
            bool ok = parse_number(text + length, strlen(text + length), seconds, &number);
            expect->op = operators[i].op;
            expect->value = ok ? number.value : 0.0;
            expect->percent = ok && number.percent;
            return ok;
        }
    }
    return false;
}

/* "between A and B": both ends are allowed values. */
static bool parse_between(const char *text, bool seconds, struct scenario_expect *expect)
{
    static const char between[] = "between ", and[] = " and ";
    const char *middle = strstr(text, and);
    struct number low, high;
    if (strncmp(text, between, strlen(between)) != 0 || middle == NULL) {
        return false;
    }
    text += strlen(between);
    const char *second = middle + strlen(and);
    if (middle < text || !parse_number(text, (size_t)(middle - text), seconds, &low)
            || !parse_number(second, strlen(second), seconds, &high)) {
        return false;
    }
    expect->op = EXPECT_BETWEEN;
    expect->value = low.value;
    expect->value_high = high.value;
    expect->percent = low.percent;
    return low.percent == high.percent && low.value <= high.value;
}

/* "A +- B" */
static bool parse_tolerance(const char *text, bool seconds, struct scenario_expect *expect)
{
    static const char sign[] = "+-";
    const char *middle = strstr(text, sign);
    struct number value, tolerance;
    if (middle == NULL) {
        return false;
    }
    const char *second = middle + strlen(sign);
    if (!parse_number(text, (size_t)(middle - text), seconds, &value)
            || !parse_number(second, strlen(second), seconds, &tolerance)
            || tolerance.value < 0.0) {
        return false;
    }
    double reach =
            tolerance.percent ? fabs(value.value) * tolerance.value / 100.0 : tolerance.value;
    expect->op = EXPECT_BETWEEN;
    expect->value = value.value - reach;
    expect->value_high = value.value + reach;
    expect->percent = value.percent;
    return tolerance.percent || !value.percent;
}

bool expect_text_parse(const char *text, struct scenario_expect *expect)
{
    bool seconds = counts_seconds(expect->key);
    return parse_operator(text, seconds, expect) || parse_between(text, seconds, expect)
           || parse_tolerance(text, seconds, expect);
}
