/* The words of a study file: ranges of values, and conditions on them.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "study/condition.h"
#include "study/study_axes.h"

static void expect_range(const char *text, const char *values)
{
    struct study_range range;
    char written[400] = "";
    cr_assert_eq(study_range_parse(text, &range), STUDY_RANGE_OK, "%s", text);
    for (size_t i = 0; i < range.count; i++) {
        char value[64];
        size_t used = strlen(written);
        study_range_value(&range, i, value, sizeof value);
        snprintf(written + used, sizeof written - used, "%s%s", i > 0 ? "," : "", value);
    }
    cr_expect_str_eq(written, values, "%s", text);
}

Test(study_range, holds_its_ends_and_the_steps_between_them)
{
    expect_range("10..50 step 10", "10,20,30,40,50");
    expect_range("10..45 step 10", "10,20,30,40");
    expect_range("5..5", "5");
    expect_range("50..10 step -20", "50,30,10");
    expect_range("-3 .. -1", "-3,-2,-1");
    /* Fractions that no binary number holds. */
    expect_range("0.1..0.5 step 0.1", "0.1,0.2,0.3,0.4,0.5");
    expect_range("0..0.3 step 0.1", "0,0.1,0.2,0.3");
}

Test(study_range, has_the_unit_of_any_of_its_numbers)
{
    expect_range("10..30 % step 10", "10 %,20 %,30 %");
    expect_range("10 %..30 % step 10 %", "10 %,20 %,30 %");
    expect_range("1..2 step 0.5 h", "1 h,1.5 h,2 h");
    expect_range("DR3..DR5", "DR3,DR4,DR5");
}

static void expect_no_range(const char *text, enum study_range_result result)
{
    struct study_range range;
    cr_expect_eq(study_range_parse(text, &range), result, "%s", text);
}

Test(study_range, refuses_what_is_none)
{
    expect_no_range("10", STUDY_RANGE_NONE);
    expect_no_range("..", STUDY_RANGE_NONE);
    expect_no_range("a..b", STUDY_RANGE_NONE);
    expect_no_range("1..2..3", STUDY_RANGE_NONE);
    expect_no_range("DR1..SF3", STUDY_RANGE_NONE);
    expect_no_range("1..3 step x", STUDY_RANGE_NONE);
    expect_no_range("1..inf", STUDY_RANGE_NONE);
    expect_no_range("1..9 h h", STUDY_RANGE_NONE);
    expect_no_range("1 h..3 min step 1", STUDY_RANGE_UNITS);
    expect_no_range("1..3 step -1", STUDY_RANGE_STEP);
    expect_no_range("1..3 step 0", STUDY_RANGE_STEP);
    expect_no_range("1..1 step 0", STUDY_RANGE_STEP);
    expect_no_range("1..1001", STUDY_RANGE_LONG);
    expect_no_range("0..1 step 1e-300", STUDY_RANGE_LONG);
}

/* At a point where `rate` is DR3, `wait` 30 min and `share` 10 %. */
static const char *value(const void *context, const char *word)
{
    static const char *const values[][2] = { { "rate", "DR3" }, { "wait", "30 min" },
        { "share", "10 %" } };
    (void)context;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(values[i][0], word) == 0) {
            return values[i][1];
        }
    }
    return NULL;
}

static void expect_holds(const char *text, bool holds)
{
    struct study_condition condition;
    struct scenario_errors *errors = scenario_errors_create();
    cr_assert(condition_parse(&condition, text, (struct scenario_place){ "test", 1, 1 }, errors),
            "%s", text);
    cr_expect_eq(condition_holds(&condition, value, NULL), holds, "%s", text);
    scenario_errors_destroy(errors);
}

Test(study_condition, compares_words_quantities_and_numbered_words)
{
    expect_holds("rate == DR3", true);
    expect_holds("rate != DR3", false);
    expect_holds("rate<DR10", true);
    expect_holds("rate > DR3", false);
    expect_holds("wait == 0.5 h", true);
    expect_holds("wait >= 1800 s", true);
    expect_holds("wait < 20 min", false);
    expect_holds("share <= 0.1", true);
    expect_holds("share > 9 %", true);
    expect_holds("rate == DR5 or wait < 1 h", true);
    expect_holds("rate == DR5 or wait > 1 h or share == 11 %", false);
}

Test(study_condition, refuses_what_is_none)
{
    static const char *const texts[] = { "", "rate", "rate ==", "== 3", "rate == 3 or", "or",
        "rate == 3 or wait" };
    struct scenario_errors *errors = scenario_errors_create();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct study_condition condition;
        cr_expect_not(
                condition_parse(&condition, texts[i], (struct scenario_place){ "t", 1, 1 }, errors),
                "%s", texts[i]);
        cr_expect_eq(scenario_errors_count(errors), i + 1);
    }
    scenario_errors_destroy(errors);
}
