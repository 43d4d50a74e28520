/* The final table: columns that line up, dashes for what was not measured, colour only if asked.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "results/summary_text.h"

static char text[8192];

static void write_table(const struct summary *tree, bool colour)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    summary_write_table(tree, out, colour);
    fclose(out);
}

static struct summary *sample(void)
{
    struct summary *tree = summary_create();
    summary_add_number(tree, "sim_time_s", 7083.0);
    summary_add_count(tree, "deliveries", 1812);
    summary_add_count(tree, "devices.total", 1000);
    summary_add_count(tree, "devices.joined", 1000);
    summary_add_count(tree, "devices.ready", 999);
    summary_add_count(tree, "devices.confirmed", 0);
    summary_add_count(tree, "devices.failed.clock", 1);
    summary_add_count(tree, "devices.failed.incomplete", 0);
    summary_add_number(tree, "setup_time_s.mean", 59.96);
    summary_add_number(tree, "setup_time_s.p50", 61.0);
    summary_add_number(tree, "setup_time_s.p95", 3599.6);
    summary_add_number(tree, "setup_time_s.max", 360000.0);
    summary_add_number(tree, "completion_time_s.p50", NAN);
    summary_add_number(tree, "missing_fragments.rate_mean", 1.0);
    summary_add_number(tree, "missing_fragments.rate_p50", 1.0);
    return tree;
}

/* The line that starts with two blanks and `label`, NULL: none. */
static const char *line_of(const char *label)
{
    static char line[256];
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        if (strncmp(at, "  ", 2) == 0 && strncmp(at + 2, label, strlen(label)) == 0) {
            snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
            return line;
        }
    }
    return NULL;
}

Test(table, lines_of_numbers_end_in_one_column)
{
    struct summary *tree = sample();
    write_table(tree, false);
    static const char *const labels[] = { "set-up time", "missing before FEC", "completion time" };
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        const char *line = line_of(labels[i]);
        cr_assert_not_null(line, "%s", labels[i]);
        cr_expect_eq(strlen(line), 80, "'%s'", line);
    }
    summary_destroy(tree);
}

Test(table, a_bar_is_as_long_as_its_share)
{
    struct summary *tree = sample();
    write_table(tree, false);
    cr_expect_not_null(strstr(line_of("joined"), "100.00 %  "
                                                 "########################################"));
    cr_expect_not_null(strstr(line_of("ready"), " 99.90 %  "
                                                "#######################################."));
    cr_expect_not_null(strstr(line_of("confirmed"), "  0.00 %  "
                                                    "........................................"));
    cr_expect_null(line_of("complete "), "what was not counted is not shown");
    summary_destroy(tree);
}

Test(table, times_are_said_as_people_say_them)
{
    struct summary *tree = sample();
    write_table(tree, false);
    const char *line = line_of("set-up time");
    cr_expect_not_null(strstr(line, " 1 min 00 s "), "%s", line);
    cr_expect_not_null(strstr(line, " 1 min 01 s "), "%s", line);
    cr_expect_not_null(strstr(line, " 1 h 00 min "), "%s", line);
    cr_expect_not_null(strstr(line, " 100 h 00 min"), "%s", line);
    cr_expect_not_null(strstr(line_of("simulated"), "1 h 58 min, 1812 frames delivered"));
    summary_destroy(tree);
}

Test(table, what_was_not_measured_is_a_dash)
{
    struct summary *tree = sample();
    write_table(tree, false);
    cr_expect_not_null(strstr(line_of("completion time"), " -            -"));
    cr_expect_null(line_of("clock error"), "a run without a campaign has none");
    summary_destroy(tree);
}

Test(table, only_reasons_that_occurred_are_listed)
{
    struct summary *tree = sample();
    write_table(tree, false);
    cr_expect_not_null(line_of("failed: clock"));
    cr_expect_null(line_of("failed: incomplete"));
    summary_destroy(tree);
}

Test(table, faults_of_firmware_are_told_when_there_are_any)
{
    struct summary *tree = sample();
    summary_add_count(tree, "guest.errors", 0);
    write_table(tree, false);
    cr_expect_null(line_of("firmware faults"));
    summary_destroy(tree);
    tree = sample();
    summary_add_count(tree, "guest.errors", 3);
    summary_add_count(tree, "guest.panics", 0);
    write_table(tree, false);
    cr_assert_not_null(line_of("firmware faults"));
    cr_expect_not_null(strstr(line_of("firmware faults"), " 3 errors, 0 panics"));
    summary_destroy(tree);
}

Test(table, shares_list_what_occurred_in_one_column)
{
    struct summary *tree = sample();
    summary_add_number(tree, "missing_fragments.pairs", 84000);
    summary_add_number(tree, "missing_fragments.received", 0.75);
    summary_add_number(tree, "missing_fragments.by_cause.radio_busy", 0.25);
    summary_add_number(tree, "missing_fragments.by_cause.fading", 0.0);
    summary_add_number(tree, "energy_j.mean", 4.0);
    summary_add_number(tree, "energy_j.by_phase.bulk", 3.0);
    summary_add_count(tree, "uplinks.sent", 200);
    summary_add_count(tree, "uplinks.received", 150);
    summary_add_number(tree, "estimate.set_up_s.expected", 745.68);
    summary_add_number(tree, "estimate.set_up_s.simulated", 621.0);
    write_table(tree, false);
    cr_expect_not_null(strstr(text, "of 84000 that devices should receive"));
    cr_expect_not_null(strstr(line_of("radio busy"), " 25.000 %"));
    cr_expect_null(line_of("fading"), "what did not occur is no line");
    cr_expect_not_null(strstr(line_of("bulk"), "3.000 J      75.00 %"), "%s", line_of("bulk"));
    cr_expect_not_null(strstr(line_of("received   "), "75.000 %"));
    cr_expect_not_null(strstr(text, "          150      75.00 %"));
    cr_expect_not_null(strstr(line_of("set up, s"), "745.68          621"));
    cr_expect_eq(strlen(line_of("radio busy")), 41);
    cr_expect_eq(strlen(line_of("set up, s")), 54);
    summary_destroy(tree);
}

Test(table, has_escape_codes_only_with_colour)
{
    struct summary *tree = sample();
    write_table(tree, false);
    cr_expect_null(strchr(text, '\033'));
    write_table(tree, true);
    cr_expect_not_null(strstr(text, "\033[1mDevices\033[0m"));
    summary_destroy(tree);
}

Test(table, a_run_without_devices_that_count_divides_by_nothing)
{
    struct summary *tree = summary_create();
    summary_add_count(tree, "devices.total", 0);
    summary_add_count(tree, "devices.joined", 0);
    write_table(tree, false);
    cr_expect_not_null(strstr(line_of("joined"), "0.00 %"));
    cr_expect_null(strstr(text, "nan"));
    summary_destroy(tree);
}

/* One group is the run itself; of two each has its line, with a column per key that the first has.
 */
Test(table, has_a_line_per_group_from_two_on)
{
    struct summary *tree = sample();
    summary_add_count(tree, "groups.v1.2.devices.total", 600);
    summary_add_count(tree, "groups.v1.2.devices.confirmed", 0);
    summary_add_number(tree, "groups.v1.2.energy_j.mean", 12.34);
    write_table(tree, false);
    cr_expect_null(line_of("v1.2"));
    summary_add_count(tree, "groups.b.devices.total", 400);
    summary_add_count(tree, "groups.b.devices.confirmed", 7);
    summary_add_number(tree, "groups.b.energy_j.mean", NAN);
    write_table(tree, false);
    cr_assert_not_null(line_of("v1.2"));
    cr_expect_eq(strlen(line_of("v1.2")), 56);
    cr_expect_not_null(strstr(line_of("v1.2"), "600           0      12.3 J"));
    cr_expect_eq(strlen(line_of("b")), 56);
    cr_expect_str_eq(line_of("b") + 55, "-");
    cr_expect_null(strstr(text, "missing      energy"), "no group has a rate");
    summary_destroy(tree);
}

/* What was due and never sent has its line, with its share of what was due. */
Test(table, reports_that_were_dropped_have_a_line)
{
    struct summary *tree = sample();
    summary_add_count(tree, "reports.due", 2000);
    summary_add_count(tree, "reports.sent", 1760);
    summary_add_count(tree, "reports.dropped", 240);
    summary_add_number(tree, "reports.acknowledged_share", 0.4321);
    write_table(tree, false);
    cr_expect_not_null(strstr(line_of("due"), " 2000"));
    cr_expect_not_null(strstr(line_of("dropped"), " 240      12.00 %"));
    cr_expect_not_null(strstr(line_of("acknowledged of sent"), " 43.21 %"));
    summary_destroy(tree);
}
