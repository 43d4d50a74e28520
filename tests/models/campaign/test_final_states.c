/* How devices end: one state each, with the words of AWS IoT beside ours.
 * SPDX-License-Identifier: MIT
 *
 * Goal: each reason has one of the states that AWS IoT Wireless gives a device of a FUOTA task, and
 * each of these states is used; a device's own answer decides on the reason.
 * Oracles: the list in spec-protocol 9.5; bits of FragSessionSetupAns, TS004-2.0.0 section 3.4.1.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/campaign/fleet_suite.h"

TestSuite(final_states, .fini = fleet_suite_end);

static const char *const aws_states[] = { "Initial", "Package_Not_Supported",
    "FragAlgo_unsupported", "Not_enough_memory", "FragIndex_unsupported", "Wrong_descriptor",
    "SessionCnt_replay", "MissingFrag", "MemoryError", "MICError", "Successful",
    "Device_exist_in_conflict_fuota_task" };
#define AWS_STATES (sizeof aws_states / sizeof aws_states[0])

Test(reasons, have_a_word_of_others_each)
{
    bool used[AWS_STATES] = { false };
    for (int f = 0; f < CAMPAIGN_FAILURE_COUNT; f++) {
        const char *name = campaign_failure_aws_name((enum campaign_failure)f);
        size_t at = 0;
        while (at < AWS_STATES && strcmp(aws_states[at], name) != 0) {
            at++;
        }
        cr_assert_lt(
                at, AWS_STATES, "%s: %s", campaign_failure_name((enum campaign_failure)f), name);
        used[at] = true;
    }
    for (size_t i = 0; i < AWS_STATES; i++) {
        cr_expect(used[i], "%s", aws_states[i]);
    }
    cr_expect_str_eq(campaign_failure_aws_name(CAMPAIGN_FAILURE_NONE), "Successful");
    cr_expect_not(campaign_failure_may_pass(CAMPAIGN_FAILURE_NONE), "it has no further round");
}

Test(final_states, follow_from_what_devices_answer)
{
    static const struct {
        uint8_t bits;
        enum campaign_failure expected;
        const char *aws;
    } rows[] = {
        { 0x01, CAMPAIGN_FAILURE_NO_ALGORITHM, "FragAlgo_unsupported" },
        { 0x02, CAMPAIGN_FAILURE_NO_MEMORY, "Not_enough_memory" },
        { 0x04, CAMPAIGN_FAILURE_NO_INDEX, "FragIndex_unsupported" },
        { 0x08, CAMPAIGN_FAILURE_WRONG_DESCRIPTOR, "Wrong_descriptor" },
        { 0x10, CAMPAIGN_FAILURE_SESSION_CNT, "SessionCnt_replay" },
        { 0x03, CAMPAIGN_FAILURE_NO_ALGORITHM, "FragAlgo_unsupported" },
        { 0x06, CAMPAIGN_FAILURE_NO_MEMORY, "Not_enough_memory" },
    };
    const uint32_t count = sizeof rows / sizeof rows[0];
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, count, 300 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < count; i++) {
        fleet.devices[i].faults.refuses_fragments = rows[i].bits;
    }
    fleet_run(&fleet, 12 * HOUR_NS);
    for (uint32_t i = 0; i < count; i++) {
        struct campaign_device view = fleet_view(&fleet, i);
        cr_expect_eq(view.failure, rows[i].expected, "bits %02X: %s", rows[i].bits,
                campaign_failure_name(view.failure));
        cr_expect_str_eq(campaign_failure_aws_name(view.failure), rows[i].aws);
    }
}
