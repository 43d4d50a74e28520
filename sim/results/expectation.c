/* A scenario's `expect:` against a summary.
 * SPDX-License-Identifier: MIT
 */
#include "results/expectation.h"

#include <stdio.h>
#include <string.h>

#include "scenario/expect_keys.h"

static const char *operator_text(enum expect_operator op)
{
    static const char *const texts[] = { "==", "!=", ">=", ">", "<=", "<", "between" };
    return texts[op];
}

/* Device counts are compared as a share of all devices, ratios as they are. */
static double in_per_cent(
        const struct scenario_expect *expect, const struct summary *summary, double value)
{
    static const char devices[] = "devices.";
    char key[sizeof expect->key + sizeof "total"];
    double total;
    const char *at = expect_key_in_path(expect->key);
    if (expect_key_is_percentage(expect->key)) {
        return value;
    }
    if (at != NULL && strncmp(at, devices, strlen(devices)) == 0) {
        snprintf(key, sizeof key, "%.*stotal", (int)(at - expect->key + strlen(devices)),
                expect->key);
        return summary_value(summary, key, &total) && total > 0 ? 100.0 * value / total : 0.0;
    }
    return 100.0 * value;
}

enum expectation_result expectation_check(
        const struct scenario_expect *expect, const struct summary *summary, double *actual)
{
    if (!summary_value(summary, expect->key, actual)) {
        return EXPECTATION_NO_SUCH_KEY;
    }
    if (expect->percent) {
        *actual = in_per_cent(expect, summary, *actual);
    }
    double wanted = expect->value;
    bool met = false;
    switch (expect->op) {
    case EXPECT_EQ:
        met = *actual == wanted;
        break;
    case EXPECT_NE:
        met = *actual != wanted;
        break;
    case EXPECT_GE:
        met = *actual >= wanted;
        break;
    case EXPECT_GT:
        met = *actual > wanted;
        break;
    case EXPECT_LE:
        met = *actual <= wanted;
        break;
    case EXPECT_BETWEEN:
        met = *actual >= wanted && *actual <= expect->value_high;
        break;
    case EXPECT_LT:
    default:
        met = *actual < wanted;
        break;
    }
    return met ? EXPECTATION_MET : EXPECTATION_FAILED;
}

void expectation_format(const struct scenario_expect *expect, char *text, size_t size)
{
    const char *unit = expect->percent ? " %" : "";
    int length = snprintf(
            text, size, "%s %s %g%s", expect->key, operator_text(expect->op), expect->value, unit);
    if (expect->op == EXPECT_BETWEEN && length > 0 && (size_t)length < size) {
        snprintf(text + length, size - (size_t)length, " and %g%s", expect->value_high, unit);
    }
}
