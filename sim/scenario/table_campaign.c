/* Scenario keys of the campaign.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_table.h"

static const char *const set_up_names[] = { "chained", "one-per-uplink", NULL };
static const char *const class_names[] = { "C", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };
static const char *const correction_names[] = { "fixed", "until-reported", "adaptive", NULL };
static const char *const gateways_names[] = { "staggered", "simultaneous", "single", NULL };

#define S(member) offsetof(struct scenario, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "campaign.start", S(campaign.start_ns), PARAM_TIME, DIMENSION_TIME, 0, 3650 * DAY, NULL, "2 h", "first command to devices" },
    { "campaign.set_up.policy", S(campaign.set_up_policy), PARAM_ENUM, DIMENSION_NONE, 0, 0, set_up_names, "chained", "how the set-up exchanges are held" },
    { "campaign.set_up.window", S(campaign.set_up_window_ns), PARAM_TIME, DIMENSION_TIME, 30, 365 * DAY, NULL, "8 h", "from start to the common session" },
    { "campaign.class", S(campaign.session_class), PARAM_ENUM, DIMENSION_NONE, 0, 0, class_names, "C", "of the multicast session" },
    { "campaign.data_rate", S(campaign.data_rate), PARAM_ENUM, DIMENSION_NONE, 0, 0, data_rate_names, "DR5", "of the multicast session" },
    { "campaign.frequency", S(campaign.frequency_hz), PARAM_DOUBLE, DIMENSION_FREQUENCY, 863e6, 870e6, NULL, "869.525 MHz", "of the multicast session" },
    { "campaign.fragment_size", S(campaign.fragment_size_bytes), PARAM_U32, DIMENSION_BYTES, 8, 239, NULL, "200 B", "data bytes of a fragment" },
    { "campaign.redundancy", S(campaign.redundancy), PARAM_DOUBLE, DIMENSION_RATIO, 0, 4, NULL, "15 %", "coded fragments of the first pass" },
    { "campaign.correction.policy", S(campaign.correction_policy), PARAM_ENUM, DIMENSION_NONE, 0, 0, correction_names, "adaptive", "coded fragments after the first pass" },
    { "campaign.correction.timeout", S(campaign.correction_timeout_ns), PARAM_TIME, DIMENSION_TIME, 0, 30 * DAY, NULL, "3 h", "longest correction" },
    { "campaign.block_ack_delay", S(campaign.block_ack_delay), PARAM_U32, DIMENSION_NONE, 0, 255, NULL, "255", "0..7: answers spread over 2^(d+4) s; 255: by fleet size" },
    { "campaign.fragmentation_version", S(campaign.fragmentation_version), PARAM_U32, DIMENSION_NONE, 1, 2, NULL, "2", "of TS004" },
    { "campaign.gateways", S(campaign.gateways), PARAM_ENUM, DIMENSION_NONE, 0, 0, gateways_names, "staggered", "who sends a multicast frame, and when" },
    { "campaign.verify", S(campaign.verify_block_mic), PARAM_VERIFY, DIMENSION_NONE, 0, 0, NULL, "block-mic signature", "list of block-mic, signature" },
    { "campaign.duty_share", S(campaign.duty_share), PARAM_DOUBLE, DIMENSION_RATIO, 0.01, 1, NULL, "80 %", "of a gateway's duty cycle that multicast may use" },
    { "campaign.confirm_timeout", S(campaign.confirm_timeout_ns), PARAM_TIME, DIMENSION_TIME, 0, 365 * DAY, NULL, "12 h", "longest wait for reports after the session" },
    { "campaign.group_delete", S(campaign.group_delete), PARAM_BOOL, DIMENSION_NONE, 0, 0, NULL, "false", "McGroupDeleteReq to devices that confirmed" },
};
/* clang-format on */
const struct param_rows campaign_rows = { rows, sizeof rows / sizeof rows[0] };
