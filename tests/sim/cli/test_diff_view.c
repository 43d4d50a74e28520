/* fleetcast diff --view: the window gets run A, the time of the event and its device.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "cli/command.h"

static struct seen {
    uint32_t calls, device;
    unsigned threads;
    sim_ns at_ns;
    char name[SCENARIO_NAME_MAX];
    size_t set_count;
    char set[64];
} seen;

static bool view(const struct run_viewing *viewing)
{
    seen.calls++;
    seen.device = viewing->device;
    seen.at_ns = viewing->at_ns;
    seen.threads = viewing->settings.threads;
    seen.set_count = viewing->set_count;
    snprintf(seen.name, sizeof seen.name, "%s", viewing->scenario->name);
    snprintf(seen.set, sizeof seen.set, "%s", viewing->set_count > 0 ? viewing->sets[0] : "");
    return true;
}

static int diff(char **arguments, int count)
{
    const struct program program = { .view = view };
    seen = (struct seen){ 0 };
    return command_diff(count, arguments, &program);
}

Test(diff_view, opens_run_a_at_the_event, .init = cr_redirect_stdout)
{
    char *arguments[] = { "diff", "hello-20", "--view", "--quiet", "--threads", "2", "--set-a",
        "seed=7", "--set-b", "seed=8", NULL };
    cr_assert_eq(diff(arguments, 10), EXIT_EXPECTATION);
    char text[512] = "", place[64];
    cr_assert_gt(fread(text, 1, sizeof text - 1, cr_get_redirected_stdout()), 0);
    cr_expect_eq(seen.calls, 1);
    cr_expect_eq(seen.threads, 2);
    snprintf(place, sizeof place, "00:00:%02lld.%09lld: device %u of group 'sensors'",
            (long long)(seen.at_ns / SIM_NS_PER_S), (long long)(seen.at_ns % SIM_NS_PER_S),
            seen.device);
    cr_expect_not_null(strstr(text, place), "%s is not in %s", place, text);
    cr_expect_str_eq(seen.name, "hello-20");
    cr_expect_eq(seen.set_count, 1);
    cr_expect_str_eq(seen.set, "seed=7");
}

Test(diff_view, opens_nothing_for_equal_runs, .init = cr_redirect_stdout)
{
    char *arguments[] = { "diff", "hello-20", "--view", "--quiet", NULL };
    cr_assert_eq(diff(arguments, 4), EXIT_FINE);
    cr_expect_eq(seen.calls, 0);
}
