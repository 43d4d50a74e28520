/* The table of a member's transitions: no row twice, every stage, row and event of use.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: walks over the table from the first stage on, apart from the code that looks rows up.
 */
#include <criterion/criterion.h>

#include "campaign/member.h"

static void reach(bool reached[MEMBER_STAGE_COUNT])
{
    reached[MEMBER_UNHEARD] = true;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < member_transition_count; i++) {
            const struct member_transition *row = &member_transitions[i];
            more = more || (reached[row->from] && !reached[row->to]);
            reached[row->to] = reached[row->to] || reached[row->from];
        }
    }
}

Test(member, has_one_row_for_a_stage_and_an_event)
{
    for (uint32_t i = 0; i < member_transition_count; i++) {
        const struct member_transition *row = &member_transitions[i];
        cr_assert_eq(member_transition(row->from, row->event), row, "row %u is hidden", i);
    }
    cr_assert_null(member_transition(MEMBER_UNHEARD, MEMBER_EVENT_BLOCK_WHOLE));
}

Test(member, reaches_every_stage_and_every_row)
{
    bool reached[MEMBER_STAGE_COUNT] = { false };
    reach(reached);
    for (int stage = 0; stage < MEMBER_STAGE_COUNT; stage++) {
        cr_assert(reached[stage], "%s", member_stage_name((enum member_stage)stage));
    }
    for (uint32_t i = 0; i < member_transition_count; i++) {
        cr_assert(reached[member_transitions[i].from], "row %u", i);
    }
}

Test(member, uses_every_event)
{
    bool used[MEMBER_EVENT_COUNT] = { false };
    for (uint32_t i = 0; i < member_transition_count; i++) {
        used[member_transitions[i].event] = true;
    }
    for (int event = 0; event < MEMBER_EVENT_COUNT; event++) {
        cr_assert(used[event], "event %d", event);
    }
}

/* Invariant 9 of the design: a set-up that failed for the clock or for a lost group can be done
 * again, and a device that has the block can always become confirmed. */
Test(member, leaves_a_way_to_confirmed_from_every_stage_that_has_the_set_up)
{
    for (int stage = MEMBER_READY; stage <= MEMBER_PROVED; stage++) {
        const struct member_transition *row =
                member_transition((enum member_stage)stage, MEMBER_EVENT_NEW_VERSION);
        cr_assert_not_null(row, "%s", member_stage_name((enum member_stage)stage));
        cr_assert_eq(row->to, MEMBER_CONFIRMED);
        cr_assert_eq(row->reason, CAMPAIGN_FAILURE_NONE);
    }
    cr_assert_not_null(member_transition(MEMBER_ENDED, MEMBER_EVENT_NEW_VERSION));
}

/* The set-up may go back, what results show may not: only stages of the set-up, and those whose
 * session a reset, another round, another group or a revert ended, or a device has lost, are left
 * for ones that results call earlier. */
Test(member, goes_back_in_the_set_up_only)
{
    for (uint32_t i = 0; i < member_transition_count; i++) {
        const struct member_transition *row = &member_transitions[i];
        bool back = member_stage_shown(row->to) < member_stage_shown(row->from);
        cr_assert(!back || row->from == MEMBER_FRAGMENTATION || row->to == MEMBER_ENDED
                          || row->to == MEMBER_LEAVING || row->event == MEMBER_EVENT_HALTED
                          || row->event == MEMBER_EVENT_RESET_REPORTED
                          || row->event == MEMBER_EVENT_GROUP_RENEWED
                          || row->event == MEMBER_EVENT_ROUND_BEGUN
                          || row->event == MEMBER_EVENT_WENT_BACK
                          || row->event == MEMBER_EVENT_WENT_BACK_UNHEARD
                          || row->event == MEMBER_EVENT_SESSION_LOST,
                "row %u", i);
    }
}

/* It seemed done in rounds 2 and 3 of a campaign, and the fourth one sets it up again. */
Test(member, counts_rounds_in_between_that_did_not_set_it_up)
{
    struct member member;
    member_init(&member, 7);
    member_next_round(&member, 1, CAMPAIGN_FAILURE_INCOMPLETE, false);
    cr_assert_eq(member.rounds, 2);
    member_next_round(&member, 3, CAMPAIGN_FAILURE_REVERTED_UNHEARD, false);
    cr_assert_eq(member.rounds, 4);
    cr_expect_eq(member.left[0], CAMPAIGN_FAILURE_INCOMPLETE);
    cr_expect_eq(member.left[1], CAMPAIGN_FAILURE_REVERTED_UNHEARD);
    cr_expect_eq(member.left[2], CAMPAIGN_FAILURE_REVERTED_UNHEARD);
}
