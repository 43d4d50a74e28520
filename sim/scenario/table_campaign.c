/* Scenario keys of the campaign.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "scenario/scenario_keys.h"

static const char *const set_up_names[] = { "chained", "one-per-uplink", NULL };
static const char *const class_names[] = { "C", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };
static const char *const correction_names[] = { "fixed", "until-reported", "adaptive", NULL };
static const char *const gateways_names[] = { "staggered", "simultaneous", "single", NULL };

/* A list of block-mic, signature into struct scenario_verify. */
static bool set_verify(const struct param_text *t)
{
    static const char *const names[] = { "block-mic", "signature", NULL };
    bool flags[2] = { false, false };
    char words[128];
    snprintf(words, sizeof words, "%s", t->text);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ,", &rest); word != NULL;
            word = strtok_r(NULL, " ,", &rest)) {
        int i = strcmp(word, names[0]) == 0 ? 0 : strcmp(word, names[1]) == 0 ? 1 : -1;
        if (i < 0) {
            const char *near = nearest_word(word, names);
            scenario_errors_add(t->errors, t->place,
                    "%s: '%s' should be block-mic or signature%s%s%s", t->param->path, word,
                    near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?)" : "");
            return false;
        }
        flags[i] = true;
    }
    *(struct scenario_verify *)t->member =
            (struct scenario_verify){ .block_mic = flags[0], .signature = flags[1] };
    return true;
}
static const struct param_type param_verify = { sizeof(struct scenario_verify), set_verify, NULL,
    true };

#define S(member) PARAM_MEMBER(struct scenario, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "campaign.start", S(campaign.params.start_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "2 h", "first command to devices" },
    { "campaign.set_up.policy", S(campaign.params.set_up_policy), &param_enum, DIMENSION_NONE, 0, 0, set_up_names, "chained", "how the set-up exchanges are held" },
    { "campaign.set_up.window", S(campaign.params.set_up_window_ns), &param_time, DIMENSION_TIME, 30, 365 * DAY, NULL, "8 h", "from start to the common session" },
    { "campaign.class", S(campaign.session_class), &param_enum, DIMENSION_NONE, 0, 0, class_names, "C", "of the multicast session" },
    { "campaign.data_rate", S(campaign.params.data_rate), &param_enum_u8, DIMENSION_NONE, 0, 0, data_rate_names, "DR5", "of the multicast session" },
    { "campaign.frequency", S(campaign.params.frequency_hz), &param_hz, DIMENSION_FREQUENCY, 863e6, 870e6, NULL, "869.525 MHz", "of the multicast session" },
    { "campaign.fragment_size", S(campaign.params.fragment_size_bytes), &param_u8, DIMENSION_BYTES, 8, 239, NULL, "200 B", "data bytes of a fragment" },
    { "campaign.redundancy", S(campaign.params.redundancy), &param_double, DIMENSION_RATIO, 0, 4, NULL, "15 %", "coded fragments of the first pass" },
    { "campaign.correction.policy", S(campaign.params.correction), &param_enum, DIMENSION_NONE, 0, 0, correction_names, "adaptive", "coded fragments after the first pass" },
    { "campaign.correction.timeout", S(campaign.params.correction_timeout_ns), &param_time, DIMENSION_TIME, 0, 30 * DAY, NULL, "3 h", "longest correction" },
    { "campaign.block_ack_delay", S(campaign.params.block_ack_delay), &param_u8, DIMENSION_NONE, 0, 255, NULL, "255", "0..7: answers spread over 2^(d+4) s; 255: by fleet size" },
    { "campaign.fragmentation_version", S(campaign.params.fragmentation_version), &param_u8, DIMENSION_NONE, 1, 2, NULL, "2", "of TS004" },
    { "campaign.gateways", S(campaign.params.gateways), &param_enum, DIMENSION_NONE, 0, 0, gateways_names, "staggered", "who sends a multicast frame, and when" },
    { "campaign.verify", S(campaign.verify), &param_verify, DIMENSION_NONE, 0, 0, NULL, "block-mic signature", "list of block-mic, signature" },
    { "campaign.duty_share", S(campaign.duty_share), &param_double, DIMENSION_RATIO, 0.01, 1, NULL, "80 %", "of a gateway's duty cycle that multicast may use" },
    { "campaign.confirm_timeout", S(campaign.params.confirm_timeout_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "12 h", "longest wait for reports after the session" },
    { "campaign.group_delete", S(campaign.params.group_delete), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "McGroupDeleteReq to devices that confirmed" },
};
/* clang-format on */
const struct param_rows campaign_rows = { rows, sizeof rows / sizeof rows[0] };
