/* Adaptive correction over twenty seeds: it leaves no device without the block, at a bounded cost.
 * SPDX-License-Identifier: MIT
 *
 * Right values: a device that until-reported completes is complete, and coded fragments stay below
 * twice what was sent while the server gave up after three silent rounds (7663 in the city of 1000,
 * 4868 in that of 100, over the same seeds; then six devices and one stayed without the block).
 */
#include <stdlib.h>

#include "correction_seeds.h"

Test(correction_seeds, of_a_thousand_meters)
{
    char *text = trial_shipped("smart-city-1000");
    cr_expect_lt(correction_seeds_check(text, 20), 2.0 * 7663.0);
    free(text);
}

Test(correction_seeds, of_a_hundred_meters_at_small_fragments)
{
    cr_expect_lt(correction_seeds_check(correction_city, 20), 2.0 * 4868.0);
}
