/* Expectations: every operator on both sides of its edge, shares, and keys that are not there.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "record/summary.h"
#include "results/expectation.h"

static struct summary *sample(void)
{
    struct summary *tree = summary_create();
    summary_add_count(tree, "devices.total", 200);
    summary_add_count(tree, "devices.confirmed", 198);
    summary_add_count(tree, "groups.devices.devices.total", 50);
    summary_add_count(tree, "groups.devices.devices.confirmed", 49);
    summary_add_number(tree, "missing_fragments.rate_mean", 0.03);
    summary_add_number(tree, "campaigns.devices.missing_fragments.rate_mean", 0.03);
    summary_add_number(tree, "setup_time_s.max", NAN);
    summary_add_number(tree, "battery.update_cost_percent", 0.5);
    return tree;
}

static struct scenario_expect expect_of(
        const char *key, enum expect_operator op, double value, bool percent)
{
    struct scenario_expect expect = { .op = op, .value = value, .percent = percent };
    snprintf(expect.key, sizeof expect.key, "%s", key);
    return expect;
}

static enum expectation_result check(
        const char *key, enum expect_operator op, double value, bool percent)
{
    struct summary *tree = sample();
    struct scenario_expect expect = expect_of(key, op, value, percent);
    double actual;
    enum expectation_result result = expectation_check(&expect, tree, &actual);
    summary_destroy(tree);
    return result;
}

Test(expectation, every_operator_holds_and_fails_where_it_should)
{
    /* Met for 197, 198, 199 as the wanted value, when the count is 198. */
    static const struct {
        enum expect_operator op;
        bool met[3];
    } rows[] = {
        { EXPECT_EQ, { false, true, false } },
        { EXPECT_NE, { true, false, true } },
        { EXPECT_GE, { true, true, false } },
        { EXPECT_GT, { true, false, false } },
        { EXPECT_LE, { false, true, true } },
        { EXPECT_LT, { false, false, true } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int j = 0; j < 3; j++) {
            cr_expect_eq(check("devices.confirmed", rows[i].op, 197.0 + j, false),
                    rows[i].met[j] ? EXPECTATION_MET : EXPECTATION_FAILED,
                    "operator %zu, wanted %d", i, 197 + j);
        }
    }
}

Test(expectation, per_cent_of_a_device_count_is_a_share_of_all_devices)
{
    cr_expect_eq(check("devices.confirmed", EXPECT_GE, 99.0, true), EXPECTATION_MET);
    cr_expect_eq(check("devices.confirmed", EXPECT_GT, 99.0, true), EXPECTATION_FAILED);
}

Test(expectation, names_of_groups_and_campaigns_say_nothing_of_the_number)
{
    cr_expect_eq(check("groups.devices.devices.confirmed", EXPECT_EQ, 98.0, true), EXPECTATION_MET);
    cr_expect_eq(check("campaigns.devices.missing_fragments.rate_mean", EXPECT_EQ, 3.0, true),
            EXPECTATION_MET);
}

Test(expectation, per_cent_of_a_ratio_is_the_ratio_times_100)
{
    cr_expect_eq(check("missing_fragments.rate_mean", EXPECT_LT, 3.5, true), EXPECTATION_MET);
    cr_expect_eq(check("missing_fragments.rate_mean", EXPECT_LT, 2.5, true), EXPECTATION_FAILED);
}

Test(expectation, a_number_that_is_per_cent_already_is_not_scaled)
{
    cr_expect_eq(check("battery.update_cost_percent", EXPECT_LT, 1.0, true), EXPECTATION_MET);
    cr_expect_eq(check("battery.update_cost_percent", EXPECT_GT, 0.4, true), EXPECTATION_MET);
}

Test(expectation, a_range_holds_its_ends)
{
    static const struct {
        double low, high;
        enum expectation_result result;
    } rows[] = { { 198.0, 199.0, EXPECTATION_MET }, { 197.0, 198.0, EXPECTATION_MET },
        { 199.0, 200.0, EXPECTATION_FAILED }, { 196.0, 197.0, EXPECTATION_FAILED } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct summary *tree = sample();
        struct scenario_expect expect =
                expect_of("devices.confirmed", EXPECT_BETWEEN, rows[i].low, false);
        expect.value_high = rows[i].high;
        double actual;
        cr_expect_eq(expectation_check(&expect, tree, &actual), rows[i].result, "row %zu", i);
        summary_destroy(tree);
    }
}

Test(expectation, a_key_that_is_not_there_or_null_is_never_met)
{
    cr_expect_eq(check("devices.confrmed", EXPECT_NE, 5.0, false), EXPECTATION_NO_SUCH_KEY);
    cr_expect_eq(check("setup_time_s.max", EXPECT_LT, 5.0, false), EXPECTATION_NO_SUCH_KEY);
    cr_expect_eq(check("devices", EXPECT_GE, 0.0, false), EXPECTATION_NO_SUCH_KEY);
}

Test(expectation, is_said_as_it_was_written)
{
    char text[160];
    struct scenario_expect expect = expect_of("devices.confirmed", EXPECT_GE, 99.5, true);
    expectation_format(&expect, text, sizeof text);
    cr_expect_str_eq(text, "devices.confirmed >= 99.5 %");
    expect = expect_of("security.bad_installs", EXPECT_EQ, 0.0, false);
    expectation_format(&expect, text, sizeof text);
    cr_expect_str_eq(text, "security.bad_installs == 0");
    expect = expect_of("missing_fragments.rate_mean", EXPECT_BETWEEN, 1.08, true);
    expect.value_high = 1.32;
    expectation_format(&expect, text, sizeof text);
    cr_expect_str_eq(text, "missing_fragments.rate_mean between 1.08 % and 1.32 %");
}
