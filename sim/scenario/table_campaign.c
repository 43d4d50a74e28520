/* Scenario keys of a campaign.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_keys.h"
#include "scenario/server_presets.h"

static const char *const delivery_names[] = { "multicast", "unicast", NULL };
static const char *const set_up_names[] = { "chained", "one-per-uplink", NULL };
static const char *const versions_names[] = { "known", "ask", NULL };
static const char *const class_names[] = { "C", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };
static const char *const order_of_set_up_names[] = { "session-first", "fragmentation-first", NULL };
static const char *const numbers_names[] = { "free", "zero", NULL };
static const char *const session_cnt_names[] = { "session", "command", NULL };
static const char *const time_out_names[] = { "planned", "by-interval", NULL };
static const char *const receipts_names[] = { "asked", "none", NULL };
static const char *const mic_descriptor_names[] = { "sent", "zero", NULL };
static const char *const correction_names[] = { "fixed", "until-reported", "adaptive", "rounds",
    NULL };
static const char *const period_names[] = { "same", "second", NULL };
static const char *const sessions_names[] = { "one", "per-data-rate", "threshold", NULL };
static const char *const order_names[] = { "in-turns", "at-one-time", NULL };
static const char *const verify_names[] = { "checksum", "server-mic-crc64", "server-mic-sha256",
    "block-mic", "signature", NULL };
static const char *const install_names[] = { "at-once", "common-time", "agreed-time", NULL };
static const char *const auto_names[] = { "auto", NULL };
static const char *const never_names[] = { "never", NULL };
static const char *const gateways_names[] = { "staggered", "simultaneous", "single", "delayed",
    NULL };

/* A list of verify_names into struct scenario_verify. */
static bool set_verify(const struct param_text *t)
{
    const char *const *names = t->param->names;
    struct scenario_verify verify = { 0 };
    bool *const flags[] = { &verify.checksum, &verify.server_mic_crc64, &verify.server_mic_sha256,
        &verify.block_mic, &verify.signature };
    char words[128];
    snprintf(words, sizeof words, "%s", t->text);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ,", &rest); word != NULL;
            word = strtok_r(NULL, " ,", &rest)) {
        size_t i = 0;
        while (names[i] != NULL && strcmp(word, names[i]) != 0) {
            i++;
        }
        if (names[i] == NULL) {
            const char *near = nearest_word(word, names);
            scenario_errors_add(t->errors, t->place,
                    "%s: '%s' should be one of checksum, server-mic-crc64, server-mic-sha256, "
                    "block-mic, signature%s%s%s",
                    t->path, word, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?)" : "");
            return false;
        }
        *flags[i] = true;
    }
    *(struct scenario_verify *)t->member = verify;
    return true;
}
static const struct param_type param_verify = { .size = sizeof(struct scenario_verify),
    .parse = set_verify,
    .form = PARAM_NAME,
    .takes_list = true };

static const char *const device_names[] = { "device", NULL };
static const char *const form_names[] = { "full", "delta", NULL };
static const char *const off_on_names[] = { "off", "on", NULL };

#define C(member) PARAM_MEMBER(struct scenario_campaign, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", C(name), &param_string, DIMENSION_NONE, 0, 0, NULL, "", "Name of the campaign in results; 'campaign' if there is one only, else each needs its own." },
    { "devices", C(devices), &param_members, DIMENSION_NONE, 0, 0, NULL, "all", "Devices that get the firmware: all, or a list of groups and of shares of groups, as in [meters, valves 0..50 %]." },
    { "firmware.image", C(firmware.image), &param_string, DIMENSION_NONE, 0, 0, NULL, "", "Image that this campaign sends, in the words of the key firmware.image, which is its default." },
    { "firmware.size", C(firmware.image_size_bytes), &param_u32, DIMENSION_BYTES, 1, SCENARIO_CODE_SIZE_MAX, NULL, "", "Size of this campaign's image if it is a generated one; the default is firmware.size." },
    { "firmware.version", C(firmware.version), &param_version, DIMENSION_NONE, 0, 0, NULL, "", "Version of this campaign's image; the default is firmware.version." },
    { "firmware.hardware", C(firmware.hardware), &param_u32, DIMENSION_NONE, 0, 4294967294.0, device_names, "device", "Hardware id of this campaign's image; device leaves it to firmware.hardware." },
    { "firmware.expect_refusal", C(firmware.expect_refusal), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "This campaign's version may be one that devices must refuse; firmware.expect_refusal allows it for all campaigns." },
    { "firmware.delivery", C(firmware.delivery), &param_enum, DIMENSION_NONE, 0, 0, form_names, "", "Form in which this campaign's image is sent: full, or as a delta of its firmware.base; the default is firmware.delivery." },
    { "firmware.base", C(firmware.base), &param_string, DIMENSION_NONE, 0, 0, NULL, "", "Image that the delta of this campaign changes, in the words of the key firmware.base, which is its default." },
    { "firmware.encryption", C(firmware.encryption), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "", "Whether this campaign's image travels and lies in flash encrypted; the default is firmware.encryption." },
    { "start", C(params.start_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "2 h", "Time of the first command to devices." },
    { "server", C(server), &param_enum, DIMENSION_NONE, 0, 0, server_preset_names, "fleetcast", "Server whose policies the campaign has: a word sets the defaults of other keys (comparisons.md), which a scenario may give all the same." },
    { "delivery", C(params.delivery), &param_enum, DIMENSION_NONE, 0, 0, delivery_names, "multicast", "Way of the block to devices: multicast sessions of class C, or unicast, by which each device fetches its own copy in the windows of its uplinks." },
    { "delivery_timeout", C(params.delivery_timeout_ns), &param_time, DIMENSION_TIME, 3600, 3650 * DAY, NULL, "7 d", "Longest time for which devices may fetch, with delivery: unicast." },
    { "set_up.policy", C(params.set_up_policy), &param_enum, DIMENSION_NONE, 0, 0, set_up_names, "chained", "Policy of the set-up: chained answers each answer with the next command; one-per-uplink waits for the next report." },
    { "set_up.window", C(params.set_up_window_ns), &param_time, DIMENSION_TIME, 30, 365 * DAY, NULL, "8 h", "Time from the start of the campaign to the multicast session." },
    { "set_up.versions", C(params.versions), &param_enum, DIMENSION_NONE, 0, 0, versions_names, "known", "Source of the package versions of a device: known to the server, or asked for once with PackageVersionReq." },
    { "set_up.order", C(params.set_up_order), &param_enum, DIMENSION_NONE, 0, 0, order_of_set_up_names, "session-first", "What a device with the group is set up for first: the class C session, or the fragmentation session." },
    { "set_up.tries", C(params.set_up_tries), &param_u8, DIMENSION_NONE, 0, 8, NULL, "0", "Number of times that a command of the set-up is sent to a device that does not answer, after which the device is left out; 0 repeats it to the end of the window." },
    { "set_up.numbers", C(params.numbers), &param_enum, DIMENSION_NONE, 0, 0, numbers_names, "free", "McGroupID and FragIndex of a campaign: those that no other campaign needs at the device, or always 0." },
    { "set_up.session_cnt", C(params.session_cnt), &param_enum, DIMENSION_NONE, 0, 0, session_cnt_names, "session", "SessionCnt goes up by one with each fragmentation session, or with each FragSessionSetupReq." },
    { "class", C(session_class), &param_enum, DIMENSION_NONE, 0, 0, class_names, "C", "Device class of the multicast session." },
    { "data_rate", C(params.data_rate), &param_enum_u8, DIMENSION_NONE, 0, 0, data_rate_names, "DR5", "Data rate of the multicast session; of split sessions the fastest one." },
    { "frequency", C(params.frequency_hz), &param_hz, DIMENSION_FREQUENCY, 137e6, 1020e6, auto_names, "auto", "Frequency of the multicast session; auto takes the usual one of the region, 869.525 MHz in EU868." },
    { "fragment_size", C(params.fragment_size_bytes), &param_u8, DIMENSION_BYTES, 8, 239, auto_names, "auto", "Data bytes of a fragment; auto takes 200 B or what fits the data rate if that is less, with split sessions the largest size that fits each data rate, and with delivery: unicast the one that wastes least of the windows of all data rates." },
    { "redundancy", C(params.redundancy), &param_double, DIMENSION_RATIO, 0, 4, NULL, "15 %", "Coded fragments of the first pass for each uncoded one." },
    { "correction.policy", C(params.correction), &param_enum, DIMENSION_NONE, 0, 0, correction_names, "adaptive", "Policy of fragments after the first pass: none more; coded ones until every device reported; batches of coded ones by status answers; or all uncoded ones again, round after round." },
    { "correction.threshold", C(params.rounds_threshold), &param_double, DIMENSION_RATIO, 0, 1, NULL, "100 %", "Share of the members whose success ends the policy rounds." },
    { "correction.timeout", C(params.correction_timeout_ns), &param_time, DIMENSION_TIME, 0, 30 * DAY, NULL, "3 h", "Longest duration of the correction." },
    { "correction.period", C(params.correction_period), &param_enum, DIMENSION_NONE, 0, 0, period_names, "same", "Period of the correction: the same class C session, or a second one, announced in advance, until which devices that lack fragments sleep." },
    { "correction.pause", C(params.correction_pause_ns), &param_time, DIMENSION_TIME, 60, 30 * DAY, NULL, "1 h", "Time from the end of the first period to the second one." },
    { "correction.unicast_below", C(params.unicast_below), &param_u32, DIMENSION_NONE, 0, 1000000, NULL, "0", "Number of devices without the whole block at or below which each of them gets what it lacks by unicast; 0 repairs none." },
    { "block_ack_delay", C(params.block_ack_delay), &param_u8, DIMENSION_NONE, 0, 255, NULL, "255", "BlockAckDelay d of 0 to 7 spreads answers over 2^(d+4) s; 255 chooses it by the number of devices." },
    { "fragmentation_version", C(params.fragmentation_version), &param_u8, DIMENSION_NONE, 1, 2, NULL, "2", "Version of TS004 of devices without packages.fragmentation; devices of each version get a transfer of their own." },
    { "gateways", C(params.gateways), &param_enum, DIMENSION_NONE, 0, 0, gateways_names, "staggered", "Gateways that send a multicast frame: all in turn, all at one time, the one with most members, or each of them 'interval' after the one before." },
    { "verify", C(verify), &param_verify, DIMENSION_NONE, 0, 0, verify_names, "block-mic signature", "List of what a device demands of a block before it installs it: that the server accepts its CRC-64 (checksum), does so with a MIC over the CRC-64 or the SHA-256 (server-mic-...), the MIC of TS004-2.0.0 in the set-up (block-mic), the signature of the image. Without signature the bootloader alone looks at it, which it does in any case." },
    { "duty_share", C(params.duty_share), &param_double, DIMENSION_RATIO, 0.01, 1, NULL, "80 %", "Share of a gateway's duty cycle that multicast may use." },
    { "install.policy", C(params.install), &param_enum, DIMENSION_NONE, 0, 0, install_names, "at-once", "Policy of installation: each device by itself once its block is proved, or all at a time that the server tells them (TS006), once they have the image (common-time) or in the set-up, before the transfer (agreed-time)." },
    { "install.after", C(params.install_after_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "1 d", "Time from the start of the campaign to the common time of installation." },
    { "install.spread", C(params.install_spread_ns), &param_time, DIMENSION_TIME, 0, 30 * DAY, NULL, "0 s", "Time over which devices install, from the common time on." },
    { "confirm_timeout", C(params.confirm_timeout_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "12 h", "Longest wait for the reports of devices after the session." },
    { "group_delete", C(params.group_delete), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "Devices that confirmed are told to delete the multicast group (McGroupDeleteReq)." },
    { "sessions", C(params.sessions), &param_enum, DIMENSION_NONE, 0, 0, sessions_names, "one", "Multicast sessions: one for all members, one per data rate that members' uplinks allow, or likewise where small groups join the next slower one." },
    { "session_threshold", C(params.session_threshold), &param_u32, DIMENSION_NONE, 1, 1000000, NULL, "10", "Fewest members of a session of its own, with sessions: threshold." },
    { "session_margin", C(params.session_margin_mdb), &param_mdb, DIMENSION_LEVEL, 0, 40, NULL, "10 dB", "Margin over the SNR that a data rate needs when sessions are split by data rate." },
    { "session_order", C(params.session_order), &param_enum, DIMENSION_NONE, 0, 0, order_names, "in-turns", "Order of split sessions: one after the other, or all at one time." },
    { "periods", C(params.periods), &param_u8, DIMENSION_NONE, 1, CAMPAIGN_PERIODS_MAX, auto_names, "auto", "Number of class C sessions that may share one transfer; auto takes as many as the longest TimeOut, 32768 s, makes necessary." },
    { "interval", C(params.interval_ns), &param_time, DIMENSION_TIME, 0.001, DAY, auto_names, "auto", "Time between two fragments of a gateway; auto keeps the duty cycle, a shorter one waits for the gateway's sliding hour." },
    { "time_out", C(params.time_out), &param_enum, DIMENSION_NONE, 0, 0, time_out_names, "planned", "Length of the session: what its plan needs, or 'interval' for each fragment and one more, whatever the gateways make of it." },
    { "receipts", C(params.receipts), &param_enum, DIMENSION_NONE, 0, 0, receipts_names, "asked", "Whether devices of version 2 are to report their block by themselves (AckReception), or only when asked for their status." },
    { "status_tries", C(params.status_tries), &param_u8, DIMENSION_NONE, 0, 255, NULL, "0", "Number of status requests by unicast to a device that has not reported; 0 asks after 1, 2, 4, 8 and more of its uplinks." },
    { "mic_descriptor", C(params.mic_descriptor), &param_enum, DIMENSION_NONE, 0, 0, mic_descriptor_names, "sent", "Descriptor in the block MIC: the one that is sent, or four zero bytes, which devices must refuse." },
    { "defences.restart_group", C(params.restart_group), &param_u8, DIMENSION_NONE, 0, 16, NULL, "0", "Rounds of an adaptive correction without any answer after which the server sets up the group again, with another address and key; 0: never." },
    { "defences.fragment_table", C(params.table_copies), &param_u8, DIMENSION_NONE, 0, 8, NULL, "0", "Number of times that a signed table of the fragments' hashes is sent before them; 0 sends none." },
    { "granularity", C(params.granularity_ns), &param_time, DIMENSION_TIME, 0, 3600, NULL, "0 s", "Sending times are rounded up to a multiple of this; the plan goes on unrounded." },
    { "retries", C(params.retries), &param_u8, DIMENSION_NONE, 0, CAMPAIGN_RETRIES_MAX, NULL, "0", "Further rounds, with a set-up and a session of their own, for devices that the rounds before left." },
    { "retry_pause", C(params.retry_pause_ns), &param_time, DIMENSION_TIME, 0, 365 * DAY, NULL, "1 h", "Time from the end of a round to the set-up of the next one." },
    { "wave_size", C(params.wave_size), &param_u32, DIMENSION_NONE, 0, 1000000, NULL, "0", "Most devices that one transfer serves; the others get transfers that follow it. 0 is no limit." },
    { "stop_at", C(params.stop_ns), &param_time, DIMENSION_TIME, 1e-9, 3650 * DAY, never_names, "never", "Time at which the campaign is stopped: nothing more is sent but what makes devices delete its groups and sessions." },
    { "pause_at", C(params.pause_ns), &param_time, DIMENSION_TIME, 1e-9, 3650 * DAY, never_names, "never", "Time at which the campaign pauses: devices delete its sessions, and nothing else is sent until resume_at." },
    { "resume_at", C(params.resume_ns), &param_time, DIMENSION_TIME, 1e-9, 3650 * DAY, never_names, "never", "Time at which a paused campaign goes on, with a further round for devices that it has left." },
};
/* clang-format on */
const struct param_rows campaign_rows = { rows, sizeof rows / sizeof rows[0] };
