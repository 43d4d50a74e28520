/* Runs that only drop a frame: played in one step they change nothing in the shipped scenarios.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "support/thread_twin.h"

struct shipped {
    char name[32];
};

ParameterizedTestParameters(drops_shipped, in_one_step_change_nothing)
{
    static struct shipped rows[] = {
        { "smart-city-1000" },
        { "harsh-city-500" },
        { "two-campaigns" },
        { "mixed-fleet" },
        { "faults-30" },
        { "storm-and-heal" },
        { "adversaries/replay-set-up" },
        { "adversaries/inject" },
    };
    return cr_make_param_array(struct shipped, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct shipped *row, drops_shipped, in_one_step_change_nothing)
{
    char *text = trial_shipped(row->name);
    char *whole = thread_twin_play_as(
            text, (struct run_settings){ .crypto_memo = true, .whole_drops = true }, NULL);
    char *cut = thread_twin_play_as(text, (struct run_settings){ .crypto_memo = true }, NULL);
    thread_twin_expect_same_as(whole, cut, "in one step");
    free(whole);
    free(cut);
    free(text);
}
