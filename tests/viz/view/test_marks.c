/* Goal: a colour of a mark has one meaning.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "view/mark_colour.h"

static bool same(struct colour a, struct colour b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

Test(marks, no_cause_of_a_loss_looks_like_a_frame_that_was_received)
{
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        for (unsigned cause = 0; cause < LOSS_NONE; cause++) {
            cr_assert_not(same(mark_colour_of_cause(theme, cause),
                                  mark_colour_of_cause(theme, LOSS_NONE)),
                    "%s", loss_cause_name(cause));
        }
    }
}

Test(marks, families_of_causes_differ)
{
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        for (unsigned a = 0; a < CAUSE_FAMILY_COUNT; a++) {
            for (unsigned b = 0; b < a; b++) {
                cr_assert_not(
                        same(mark_colour_of_family(theme, a), mark_colour_of_family(theme, b)));
            }
        }
    }
}

Test(marks, what_lies_on_a_lane_differs)
{
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        for (unsigned a = 0; a < LANE_KIND_COUNT; a++) {
            for (unsigned b = 0; b < a; b++) {
                cr_assert_not(same(mark_colour_of_lane(theme, a, LOSS_INTERFERENCE),
                        mark_colour_of_lane(theme, b, LOSS_INTERFERENCE)));
            }
        }
    }
}

Test(marks, states_of_fragments_differ)
{
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        for (unsigned a = 0; a < FRAGMENT_STATE_COUNT; a++) {
            for (unsigned b = 0; b < a; b++) {
                cr_assert_not(same(mark_colour_of_fragment(theme, a, LOSS_FADING),
                        mark_colour_of_fragment(theme, b, LOSS_FADING)));
            }
        }
    }
}
