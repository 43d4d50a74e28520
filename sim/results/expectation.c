/* A scenario's `expect:` against a summary.
 * SPDX-License-Identifier: MIT
 */
#include "results/expectation.h"

#include <string.h>

static const char *operator_text(enum expect_operator op)
{
    static const char *const texts[] = { "==", "!=", ">=", ">", "<=", "<" };
    return texts[op];
}

/* Device counts are compared as a share of all devices, ratios as they are. */
static double in_per_cent(
        const struct scenario_expect *expect, const struct summary *summary, double value)
{
    double total;
    if (strncmp(expect->key, "devices.", 8) == 0 && summary_value(summary, "devices.total", &total)
            && total > 0) {
        return 100.0 * value / total;
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
    case EXPECT_LT:
    default:
        met = *actual < wanted;
        break;
    }
    return met ? EXPECTATION_MET : EXPECTATION_FAILED;
}

void expectation_format(const struct scenario_expect *expect, char *text, size_t size)
{
    snprintf(text, size, "%s %s %g%s", expect->key, operator_text(expect->op), expect->value,
            expect->percent ? " %" : "");
}
