/* Scenario texts of tests: what is read of them, and what is said about them.
 * SPDX-License-Identifier: MIT
 */
#include "sim/scenario/reading.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct scenario scenario;
char messages[8192];
size_t warnings;

void take_messages(struct scenario_errors *errors)
{
    messages[0] = '\0'; /* what prints nothing does not end the text */
    FILE *out = fmemopen(messages, sizeof messages, "w");
    scenario_errors_print(errors, out);
    fclose(out);
    warnings = scenario_warnings_count(errors);
    scenario_errors_destroy(errors);
}

bool read_with(const char *text, const char *const *sets, size_t set_count)
{
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario_read(&scenario, "city.yaml", text, strlen(text), sets, set_count, errors);
    take_messages(errors);
    return ok;
}

bool read_text(const char *text)
{
    return read_with(text, NULL, 0);
}

static void expect_said(const char *message)
{
    cr_expect_not_null(
            strstr(messages, message), "%s\nshould be said, was:\n%s", message, messages);
}

void expect_refused(const char *text, const char *message)
{
    cr_expect_not(read_text(text), "accepted: %s", text);
    expect_said(message);
}

void expect_warned(const char *text, const char *message)
{
    cr_expect(read_text(text), "%s", messages);
    cr_expect_gt(warnings, 0, "%s", text);
    expect_said(message);
}

void expect_no_warning(const char *text)
{
    cr_expect(read_text(text), "%s", messages);
    cr_expect_eq(warnings, 0, "%s", messages);
}
