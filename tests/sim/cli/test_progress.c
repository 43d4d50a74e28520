/* The progress line: what it says, and that all of it fits a terminal.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/progress.h"

static char text[160];

Test(progress, says_time_phase_stages_speed_and_time_left)
{
    struct progress_facts facts = { .simulated_s = 93780.0,
        .end_s = 5 * 86400.0,
        .elapsed_s = 60.0,
        .campaign = true,
        .phase = CAMPAIGN_PHASE_SET_UP,
        .ready = 31,
        .complete = 2,
        .confirmed = 1 };
    progress_format(&facts, text, sizeof text);
    /* 338220 s are left at 1563 a second: 216.4 s. */
    cr_expect_str_eq(text, "1d 02:03  set-up   31 ready 2 whole 1 new  1563x  < 4 min left");
    facts.campaign = false;
    progress_format(&facts, text, sizeof text);
    cr_expect_str_eq(text, "1d 02:03  1563x  < 4 min left");
}

/* Every phase, many days, many devices, slow and fast: the end of the line is there. */
Test(progress, fits_79_columns)
{
    static const double elapsed_s[] = { 0.01, 4.0, 900.0, 86400.0 };
    for (int phase = CAMPAIGN_PHASE_IDLE; phase <= CAMPAIGN_PHASE_DONE; phase++) {
        for (size_t i = 0; i < sizeof elapsed_s / sizeof elapsed_s[0]; i++) {
            struct progress_facts facts = { .simulated_s = 364 * 86400.0 - 60.0,
                .end_s = 3650 * 86400.0,
                .elapsed_s = elapsed_s[i],
                .campaign = true,
                .phase = (enum campaign_phase)phase,
                .ready = 100000,
                .complete = 100000,
                .confirmed = 100000 };
            progress_format(&facts, text, sizeof text);
            cr_expect_leq(strlen(text), 79, "%zu columns: '%s'", strlen(text), text);
            cr_expect_str_eq(text + strlen(text) - 5, " left", "'%s'", text);
        }
    }
}
