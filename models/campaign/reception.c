/* Reception by one member: its reports about the block and about the version that it runs.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/wire.h"

/* Missing fragments that a decoder holds. assumed: as device/services/fec_matrix.h. */
#define DECODER_MISSING_MAX 256u
/* The periodic report, device/app/report.h: version and digest, then what became of an image. */
#define REPORT_SIZE_LEAST       12u
#define REPORT_UPDATE_STATUS_AT 15u
enum report_update_status {
    REPORT_BAD_HEADER = 2,
    REPORT_BAD_HARDWARE = 3,
    REPORT_BAD_VERSION = 4,
    REPORT_BAD_DIGEST = 5,
    REPORT_BAD_SIGNATURE = 6,
    REPORT_REFUSED = 8,
    REPORT_REVERTED = 11,
    REPORT_WRONG_BASE = 12,
    REPORT_BAD_PATCH = 13,
    REPORT_UNHEARD = 14
};

/* A device that reports about the fragmentation session has it, even if its FragSessionSetupAns was
 * lost. Before the first fragment a report is about an earlier block under the same FragIndex. */
static bool has_session(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->transfer == TRANSFER_NONE || member->reached < CAMPAIGN_GROUP_SET_UP
            || member_transfer_of(campaign, member)->phase < CAMPAIGN_PHASE_UNCODED) {
        return false;
    }
    campaign_member_event(campaign, member, MEMBER_EVENT_SESSION_SHOWN, now_ns);
    set_up_resume(campaign, member, now_ns);
    return true;
}

/* Tells the transfer when a counted member has become settled. */
static void tell_if_settled(
        struct campaign *campaign, const struct member *member, bool settled_was, sim_ns now_ns)
{
    if (member->counted && !settled_was && member_is_settled(member)) {
        transfer_on_settled(member_transfer_of(campaign, member), now_ns);
    }
}

/* Version 2: a device that was asked for receipts waits for this before it installs, whatever told
 * the server of its block. False: it still waits. */
static bool send_receipt(const struct campaign *campaign, const struct member *member)
{
    uint8_t answer[PACKAGE_MESSAGE_MAX];
    if (campaign->server->devices[member->device].fragmentation_version < 2) {
        return false;
    }
    if (campaign->params.receipts == RECEIPTS_NONE) {
        return true;
    }
    size_t size = package_frag_data_block_received_ans(answer, campaign_frag_index(campaign));
    return server_send(campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, answer, size);
}

static void acknowledge(
        struct campaign *campaign, struct member *member, bool bad_mic, sim_ns now_ns)
{
    if (member->stage == MEMBER_LEAVING || member->stage == MEMBER_LEFT) {
        return;
    }
    bool proves = campaign->params.block_mic && campaign->params.proofs == 0;
    if (send_receipt(campaign, member) && !bad_mic && proves) {
        campaign_member_event(campaign, member, MEMBER_EVENT_ACKNOWLEDGED, now_ns);
    }
}

static void on_whole(struct campaign *campaign, struct member *member, bool bad_mic, sim_ns now_ns)
{
    campaign_member_event(campaign, member,
            bad_mic ? MEMBER_EVENT_BLOCK_BAD_MIC : MEMBER_EVENT_BLOCK_WHOLE, now_ns);
    acknowledge(campaign, member, bad_mic, now_ns);
}

/* All rounds send the same block: what a device has of an earlier one counts, until a set-up clears
 * it. */
static void on_earlier_block(
        struct campaign *campaign, struct member *member, bool bad_mic, sim_ns now_ns)
{
    assert(member->had_block);
    if (bad_mic) {
        return;
    }
    campaign_member_event(campaign, member, MEMBER_EVENT_EARLIER_BLOCK, now_ns);
    if (member->stage == MEMBER_WHOLE || member->stage == MEMBER_PROVED) {
        acknowledge(campaign, member, false, now_ns);
    }
}

/* A stopped campaign: the device shall ask no more. One that is LEAVING is told so anyway. */
static void refuse_block(const struct campaign *campaign, const struct member *member)
{
    if (member->stage == MEMBER_LEFT) {
        (void)clean_up_send_session_delete(campaign, member);
    }
}

void reception_on_block_received(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ);
    if (campaign->stopped) {
        refuse_block(campaign, member);
        return;
    }
    if (!has_session(campaign, member, now_ns)) {
        if (member->had_block) {
            on_earlier_block(campaign, member, (message->status & PACKAGE_STATUS_MIC) != 0, now_ns);
        }
        return;
    }
    bool settled = member_is_settled(member);
    on_whole(campaign, member, (message->status & PACKAGE_STATUS_MIC) != 0, now_ns);
    tell_if_settled(campaign, member, settled, now_ns);
}

/* A device asks about its block once it is whole. */
void reception_on_block_auth(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    if (campaign->stopped) {
        refuse_block(campaign, member);
        return;
    }
    bool now = has_session(campaign, member, now_ns);
    if (!now && !member->had_block) {
        return;
    }
    bool settled = member_is_settled(member);
    campaign_member_event(
            campaign, member, now ? MEMBER_EVENT_BLOCK_WHOLE : MEMBER_EVENT_EARLIER_BLOCK, now_ns);
    proof_on_request(campaign, member, message, now_ns);
    tell_if_settled(campaign, member, settled, now_ns);
}

static bool may_have_block(const struct campaign *campaign, const struct member *member)
{
    bool sent = member->transfer != TRANSFER_NONE && member->reached >= CAMPAIGN_GROUP_SET_UP
                && member_transfer_of(campaign, member)->highest_sent_n > 0;
    return sent || member->had_block;
}

/* The outcome of the campaign stands, but a device that holds the block asks until it is answered.
 */
void reception_on_late_block(const struct campaign *campaign, const struct member *member)
{
    if (campaign->stopped) {
        refuse_block(campaign, member);
    } else if (may_have_block(campaign, member)) {
        (void)send_receipt(campaign, member);
    }
}

void reception_on_late_block_auth(const struct campaign *campaign, const struct member *member,
        const struct package_message *message)
{
    if (campaign->stopped) {
        refuse_block(campaign, member);
    } else if (may_have_block(campaign, member)) {
        proof_on_late_request(campaign, member, message);
    }
}

/* Each fragment resolves one unknown at most, so NbFrag - NbFragReceived are missing at least,
 * whatever the answer says: LoRaMac-node answers 0 received, 0 missing when it heard nothing
 * (spec-protocol 9.5). */
static uint16_t missing_at_least(
        const struct transfer *transfer, const struct package_message *message)
{
    assert(transfer->nb_frag > 0);
    uint16_t rest = message->received < transfer->nb_frag
                            ? (uint16_t)(transfer->nb_frag - message->received)
                            : 0;
    return message->missing > rest ? message->missing : rest;
}

/* It says so, or it will when it hears a coded fragment. Before all uncoded ones were on the air,
 * what is missing says nothing; a member that fetches hears no coded one. */
static bool is_over_memory(const struct transfer *transfer, const struct member *member,
        const struct package_message *message)
{
    return (message->status & PACKAGE_STATUS_MEMORY) != 0
           || (transfer->phase >= CAMPAIGN_PHASE_CORRECTION && !unicast_delivery(transfer->campaign)
                   && member->missing > DECODER_MISSING_MAX);
}

/* The last word of a member that lacks fragments. Asked alone, for it has not answered with the
 * others, it received none: its keys differ, or the session does not reach it. */
static enum member_event lack_of(const struct transfer *transfer, const struct member *member,
        const struct package_message *message, bool asked_alone)
{
    if (asked_alone && message->received == 0 && transfer->phase >= CAMPAIGN_PHASE_CORRECTION) {
        return MEMBER_EVENT_BLOCK_UNHEARD;
    }
    if (!member->over_memory) {
        return MEMBER_EVENT_BLOCK_LACKING;
    }
    return !asked_alone && correction_may_repeat(transfer) ? MEMBER_EVENT_BLOCK_LACKING_MUCH
                                                           : MEMBER_EVENT_BLOCK_NO_MEMORY;
}

static void on_lack(struct campaign *campaign, struct member *member, enum member_event lack,
        uint16_t missing_was, bool listens, sim_ns now_ns)
{
    campaign_member_event(campaign, member, lack, now_ns);
    if (lack == MEMBER_EVENT_BLOCK_NO_MEMORY) {
        return;
    }
    bool repaired = repair_on_lacking(campaign, member, now_ns);
    if (listens) {
        second_period_on_answer(campaign, member);
        correction_on_answer(member_transfer_of(campaign, member), member, missing_was, now_ns);
    }
    if (listens && !repaired) {
        deferral_consider(campaign, member, now_ns);
    }
}

void reception_on_status_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_FRAG_SESSION_STATUS_ANS);
    if ((message->status & PACKAGE_STATUS_NO_SESSION) != 0
            || !has_session(campaign, member, now_ns)) {
        return;
    }
    struct transfer *transfer = member_transfer_of(campaign, member);
    bool settled = member_is_settled(member);
    /* A device that sends uplinks of its own does not listen to the session: no batch is for it. */
    bool listens = !member->asked_alone;
    uint16_t missing_was = member->missing;
    member->asked_alone = false;
    if (!member->moved) {
        member->received = message->received;
        member->sent = (uint16_t)(transfer->next_n - 1u);
    }
    member->missing = missing_at_least(transfer, message);
    transfer_note_missing(transfer, member->missing);
    member->over_memory = is_over_memory(transfer, member, message);
    enum member_event lack = lack_of(transfer, member, message, !listens);
    if (member->missing == 0 && lack != MEMBER_EVENT_BLOCK_NO_MEMORY) {
        on_whole(campaign, member, (message->status & PACKAGE_STATUS_MIC) != 0, now_ns);
    } else {
        on_lack(campaign, member, lack, missing_was, listens, now_ns);
    }
    tell_if_settled(campaign, member, settled, now_ns);
}

static bool is_confirmed(const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    return member->stage >= MEMBER_CONFIRMED && member->stage <= MEMBER_KEPT;
}

/* A report may say why its device runs another version: device/update/update.h. */
static enum member_event event_of_old_version(const struct campaign *campaign,
        const struct member *member, const struct network_uplink *uplink)
{
    assert(uplink->size >= REPORT_SIZE_LEAST);
    bool older = wire_u32(uplink->payload) < campaign->version;
    unsigned status =
            uplink->size > REPORT_UPDATE_STATUS_AT ? uplink->payload[REPORT_UPDATE_STATUS_AT] : 0u;
    if (older && status == REPORT_UNHEARD) {
        return MEMBER_EVENT_WENT_BACK_UNHEARD;
    }
    if (older && (is_confirmed(member) || status == REPORT_REVERTED)) {
        return MEMBER_EVENT_WENT_BACK;
    }
    switch (status) {
    case REPORT_WRONG_BASE:
        return MEMBER_EVENT_OTHER_BASE;
    case REPORT_BAD_HARDWARE:
        return MEMBER_EVENT_HARDWARE_DIFFERS;
    case REPORT_BAD_VERSION:
        return MEMBER_EVENT_VERSION_NOT_NEWER;
    case REPORT_BAD_HEADER:
    case REPORT_BAD_DIGEST:
    case REPORT_BAD_SIGNATURE:
    case REPORT_REFUSED:
    case REPORT_BAD_PATCH:
        return MEMBER_EVENT_IMAGE_NOT_AUTHENTIC;
    default:
        return MEMBER_EVENT_OLD_VERSION;
    }
}

void reception_on_late_version(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, sim_ns now_ns)
{
    if (uplink->size < REPORT_SIZE_LEAST) {
        return;
    }
    enum member_event event = event_of_old_version(campaign, member, uplink);
    if (event == MEMBER_EVENT_WENT_BACK || event == MEMBER_EVENT_WENT_BACK_UNHEARD) {
        campaign_member_event(campaign, member, event, now_ns);
    }
}

void reception_on_version(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, sim_ns now_ns)
{
    if (uplink->size < REPORT_SIZE_LEAST) {
        return;
    }
    bool same =
            wire_u32(uplink->payload) == campaign->version
            && (!campaign->has_digest
                    || memcmp(uplink->payload + 4, campaign->digest, sizeof campaign->digest) == 0);
    bool on_the_air = member->transfer != TRANSFER_NONE
                      && member_transfer_of(campaign, member)->phase >= CAMPAIGN_PHASE_UNCODED;
    bool offered = on_the_air || member->had_block;
    member->ran_before = member->ran_before || (same && !offered);
    if (member->shown < CAMPAIGN_READY) {
        return;
    }
    if (!same || member->ran_before) {
        campaign_member_event(
                campaign, member, event_of_old_version(campaign, member, uplink), now_ns);
        bool whole = member->stage == MEMBER_WHOLE || member->stage == MEMBER_PROVED;
        if (whole && member->old_reports < UINT16_MAX) {
            member->old_reports++;
        }
        bool knows = member->install != MEMBER_INSTALL_UNKNOWN; /* it waits for the common time */
        if (whole && !knows && campaign_is_turn(member->old_reports)) { /* its answer may be lost */
            acknowledge(campaign, member, false, now_ns);
        }
        return;
    }
    bool settled = member_is_settled(member);
    campaign_member_event(campaign, member, MEMBER_EVENT_NEW_VERSION, now_ns);
    tell_if_settled(campaign, member, settled, now_ns);
}

/* A member whose set-up after a reset was not done may have its block all the same. */
static bool owes_a_report(const struct member *member)
{
    bool restarting =
            member->restarts > 0 && member->stage >= MEMBER_GROUP && member->stage < MEMBER_WHOLE;
    return member->stage == MEMBER_RECEIVING || restarting;
}

/* A member that has not reported is asked, after more and more of its uplinks or as often as the
 * campaign says: after the session,
 * and in its correction, where it is whole and has left class C, or has not heard the request to
 * all. */
void reception_ask_for_status(
        struct campaign *campaign, struct member *member, const struct uplink_course *course)
{
    if (!owes_a_report(member)
            || network_queue_length(campaign->server->network, member->device) > 0) {
        return;
    }
    /* What no gateway sent was not asked. */
    bool again = course->unsent && member->status_turns > 0;
    if (!again && member->status_turns < UINT16_MAX) {
        member->status_turns++;
    }
    uint32_t tries = campaign->params.status_tries;
    if (tries > 0 ? member->status_turns > tries : !campaign_is_turn(member->status_turns)) {
        return;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = package_frag_session_status_req(
            request, member_transfer_of(campaign, member)->frag_index, true);
    member->asked_alone = server_send(
            campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, request, size);
}
