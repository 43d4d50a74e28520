/* Conditions of `expect:`: every form, its unit, and texts that are no condition.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "scenario/expect_text.h"

static bool parse(const char *key, const char *text, struct scenario_expect *expect)
{
    *expect = (struct scenario_expect){ 0 };
    snprintf(expect->key, sizeof expect->key, "%s", key);
    return expect_text_parse(text, expect);
}

Test(expect_text, reads_every_form)
{
    static const struct {
        const char *key, *text;
        enum expect_operator op;
        double value, value_high;
        bool percent;
    } rows[] = {
        { "devices.confirmed", ">= 99 %", EXPECT_GE, 99.0, 0.0, true },
        { "devices.confirmed", "==7", EXPECT_EQ, 7.0, 0.0, false },
        { "energy_j.mean", "< 12.5", EXPECT_LT, 12.5, 0.0, false },
        { "completion_time_s.mean", "<= 4 h", EXPECT_LE, 14400.0, 0.0, false },
        { "setup_time_s.mean", "between 3 h and 4 h", EXPECT_BETWEEN, 10800.0, 14400.0, false },
        { "setup_time_s.max", "between 10 and 90 min", EXPECT_BETWEEN, 10.0, 5400.0, false },
        { "devices.ready", "between 95 % and 100%", EXPECT_BETWEEN, 95.0, 100.0, true },
        { "missing_fragments.rate_mean", "1.2 % +- 10 %", EXPECT_BETWEEN, 1.08, 1.32, true },
        { "energy_j.mean", "-20 +- 10 %", EXPECT_BETWEEN, -22.0, -18.0, false },
        { "setup_time_s.p95", "2 h +- 30 min", EXPECT_BETWEEN, 5400.0, 9000.0, false },
        { "groups.a.b.setup_time_s.p95", "< 2 h", EXPECT_LT, 7200.0, 0.0, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scenario_expect expect;
        cr_expect(parse(rows[i].key, rows[i].text, &expect), "row %zu", i);
        cr_expect_eq(expect.op, rows[i].op, "row %zu", i);
        cr_expect_float_eq(expect.value, rows[i].value, 1e-9, "row %zu: %g", i, expect.value);
        cr_expect_float_eq(
                expect.value_high, rows[i].value_high, 1e-9, "row %zu: %g", i, expect.value_high);
        cr_expect_eq(expect.percent, rows[i].percent, "row %zu", i);
    }
}

Test(expect_text, refuses_what_is_no_condition)
{
    static const char *const texts[] = { "", "99", ">=", ">= many", ">= 0x10", ">= nan",
        "between 4 and 3", "between 1 and", "between 1 % and 2", "3 +- -1", "1 % +- 0.1", ">= 3 h",
        "between 3 h and 4 h", ">= 1 % %" };
    struct scenario_expect expect;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(parse("devices.confirmed", texts[i], &expect), "text %zu", i);
    }
    cr_expect_not(parse("setup_time_s.mean", ">= 3 dB", &expect));
    /* The name of a group says nothing of the number. */
    cr_expect_not(parse("groups.slow_s.devices.ready", ">= 3 h", &expect));
}
