/* What the words of results mean.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "explain/sentence.h"

const char *loss_meaning(enum loss_cause cause)
{
    static const char *const meanings[LOSS_CAUSE_COUNT] = {
        [LOSS_GATEWAY_SKIPPED] = "no gateway put it on the air",
        [LOSS_POWERED_DOWN] = "the device or the sender had no power, or was in reset",
        [LOSS_NOT_SET_UP] = "the device was not set up for it",
        [LOSS_SESSION_NOT_OPEN] = "the device had not opened its session yet",
        [LOSS_SESSION_CLOSED] = "the device had no session open any more",
        [LOSS_RADIO_BUSY] = "the receiver's own radio was sending, or in the windows of an uplink",
        [LOSS_RECEIVER_LOCKED_ELSEWHERE] = "the receiver was at another frame",
        [LOSS_PREAMBLE_MISSED] = "the receiver did not detect the preamble",
        [LOSS_BELOW_SENSITIVITY] = "it was too weak for the receiver, even without fading",
        [LOSS_FADING] = "it was too weak at that moment: fading",
        [LOSS_INTERFERENCE] = "another transmission on the channel disturbed it",
        [LOSS_FREQUENCY_OFFSET] = "sender and receiver were too far apart in frequency",
        [LOSS_MISMATCH] = "sender and receiver had different settings of the modem",
        [LOSS_MCU_BUSY] = "the device had not read it when the next frame came",
        [LOSS_BAD_MIC] = "its MIC was wrong",
        [LOSS_COUNTER_REJECTED] = "its counter was not new",
        [LOSS_NONE] = "received",
    };
    assert((uint32_t)cause < LOSS_CAUSE_COUNT);
    return meanings[cause];
}

static const struct {
    const char *reason, *meaning;
} failures[] = {
    { "never_joined", "it never joined" },
    { "never_heard", "it joined, but the server never heard an uplink of it" },
    { "no_uplink", "the server heard nothing of it while devices were set up" },
    { "no_package", "it did not answer that it has the packages of an update" },
    { "set_up_unanswered", "commands of its set-up stayed without an answer" },
    { "set_up_refused", "it refused its multicast group or session" },
    { "no_algorithm", "it has no decoder for the fragments' code" },
    { "no_index", "it had no fragmentation session to spare" },
    { "no_memory", "it had no memory for the block" },
    { "wrong_descriptor", "it refused the block's descriptor" },
    { "group_undefined", "it answered after each McGroupSetupReq that it has no such group" },
    { "clock", "its clock never agreed with the server's" },
    { "start_missed", "it answered that a session had started that lay ahead" },
    { "session_cnt", "it refused each SessionCnt as a replay" },
    { "not_sent", "no gateway sent what it needed" },
    { "other_version", "it has another version of TS004 than the server's register" },
    { "nothing_received", "it received none of the fragments: its GenAppKey is another one, or the "
                          "session does not reach it" },
    { "incomplete", "fragments were missing at the end" },
    { "silent_after_session", "the server heard nothing of it after its session began" },
    { "block_mic", "the MIC of its block was wrong" },
    { "proof_rejected", "the server had not sent the block that it received" },
    { "decoder_memory", "its decoder ran out of memory" },
    { "wrong_hardware", "it had the block, and reported that the image is for other hardware" },
    { "version_refused", "it had the block, and reported that the image is not newer" },
    { "image_refused", "it had the block, and reported that the image is not authentic" },
    { "not_installed", "it had the block, but reported the old version since" },
    { "not_confirmed", "it had the block, but the server heard no new version of it" },
    { "busy", "another campaign held it until the set-up was over" },
    { "stopped", "the campaign was stopped, or paused, before it was confirmed" },
    { "reboot_kept", "the campaign was stopped, and its reboot was not cancelled before its time" },
    { "reverted", "the new image failed on it, and it went back to the old one" },
    { "reverted_unheard",
            "the new image heard no network in its trial, and it went back to the old one" },
    { "wrong_base", "it runs another image than the one that its delta changes" },
};

const char *failure_meaning(const char *reason)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (strcmp(failures[i].reason, reason) == 0) {
            return failures[i].meaning;
        }
    }
    return NULL;
}
