/* The number of threads changes nothing in the scenarios that are shipped.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "support/thread_twin.h"

struct shipped {
    char name[32];
    unsigned threads[2];
};

ParameterizedTestParameters(threads_shipped, change_nothing)
{
    static struct shipped rows[] = {
        { "harsh-city-500", { 2, 8 } },
        { "smart-city-1000", { 2, 3 } },
        { "full-campaign", { 3, 8 } },
        { "faults-30", { 2, 3 } },
        { "mixed-fleet", { 2, 8 } },
        { "storm-and-heal", { 2, 3 } },
    };
    return cr_make_param_array(struct shipped, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct shipped *row, threads_shipped, change_nothing)
{
    char *text = trial_shipped(row->name);
    char *one = thread_twin_play(text, NULL, 0, 1);
    for (size_t i = 0; i < sizeof row->threads / sizeof row->threads[0]; i++) {
        char *other = thread_twin_play(text, NULL, 0, row->threads[i]);
        thread_twin_expect_same(one, other, row->threads[i]);
        free(other);
    }
    free(one);
    free(text);
}
