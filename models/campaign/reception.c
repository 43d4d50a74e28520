/* Reception by one member: its reports about the block and about the version that it runs.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/wire.h"

#define REPORT_SIZE_LEAST 12u /* of the application's periodic report, device/app/report.h */

static struct transfer *transfer_of(const struct campaign *campaign, const struct member *member)
{
    assert(member->transfer < campaign->transfer_count);
    return &campaign->transfers[member->transfer];
}

/* A device that reports about the fragmentation session has it, even if its FragSessionSetupAns was
 * lost. */
static bool has_session(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->shown < CAMPAIGN_GROUP_SET_UP) {
        return false;
    }
    campaign_member_event(campaign, member, MEMBER_EVENT_SESSION_SHOWN, now_ns);
    return true;
}

/* Tells the transfer when a counted member has become settled. */
static void tell_if_settled(
        struct campaign *campaign, const struct member *member, bool settled_was, sim_ns now_ns)
{
    if (member->counted && !settled_was && member_is_settled(member)) {
        transfer_on_settled(transfer_of(campaign, member), now_ns);
    }
}

static bool acknowledge(struct campaign *campaign, const struct member *member)
{
    uint8_t answer[PACKAGE_MESSAGE_MAX];
    size_t size =
            package_frag_data_block_received_ans(answer, transfer_of(campaign, member)->frag_index);
    return server_send(campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, answer, size);
}

void reception_on_block_received(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    if (!has_session(campaign, member, now_ns)) {
        return;
    }
    bool settled = member_is_settled(member);
    bool bad_mic = (message->status & PACKAGE_STATUS_MIC) != 0;
    campaign_member_event(campaign, member,
            bad_mic ? MEMBER_EVENT_BLOCK_BAD_MIC : MEMBER_EVENT_BLOCK_WHOLE, now_ns);
    if (acknowledge(campaign, member) && !bad_mic && campaign->params.block_mic) {
        campaign_member_event(campaign, member, MEMBER_EVENT_ACKNOWLEDGED, now_ns);
    }
    tell_if_settled(campaign, member, settled, now_ns);
}

void reception_on_status_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    if ((message->status & PACKAGE_STATUS_NO_SESSION) != 0
            || !has_session(campaign, member, now_ns)) {
        return;
    }
    bool settled = member_is_settled(member);
    enum member_event event = MEMBER_EVENT_BLOCK_LACKING;
    member->received = message->received;
    if ((message->status & PACKAGE_STATUS_MEMORY) != 0) {
        event = MEMBER_EVENT_BLOCK_NO_MEMORY;
    } else if (message->missing == 0) {
        event = (message->status & PACKAGE_STATUS_MIC) != 0 ? MEMBER_EVENT_BLOCK_BAD_MIC
                                                            : MEMBER_EVENT_BLOCK_WHOLE;
    }
    member->missing = message->missing;
    campaign_member_event(campaign, member, event, now_ns);
    tell_if_settled(campaign, member, settled, now_ns);
    if (event == MEMBER_EVENT_BLOCK_LACKING) {
        correction_on_answer(transfer_of(campaign, member), member, now_ns);
    }
}

void reception_on_version(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, sim_ns now_ns)
{
    if (uplink->size < REPORT_SIZE_LEAST || member->shown < CAMPAIGN_READY) {
        return;
    }
    bool same =
            wire_u32(uplink->payload) == campaign->version
            && (!campaign->has_digest
                    || memcmp(uplink->payload + 4, campaign->digest, sizeof campaign->digest) == 0);
    if (!same) {
        campaign_member_event(campaign, member, MEMBER_EVENT_OLD_VERSION, now_ns);
        if (member->stage == MEMBER_PROVED) { /* it waits for an answer that was lost */
            acknowledge(campaign, member);
        }
        return;
    }
    bool settled = member_is_settled(member);
    campaign_member_event(campaign, member, MEMBER_EVENT_NEW_VERSION, now_ns);
    tell_if_settled(campaign, member, settled, now_ns);
}

/* After the session, a member that has not reported is asked after each of its uplinks. */
void reception_ask_for_status(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    (void)now_ns;
    if (member->stage != MEMBER_RECEIVING
            || network_queue_length(campaign->server->network, member->device) > 0) {
        return;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = package_frag_session_status_req(
            request, transfer_of(campaign, member)->frag_index, true);
    server_send(campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, request, size);
}
