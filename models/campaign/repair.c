/* Repair: the last few members of a transfer get what they lack one by one, by unicast.
 * SPDX-License-Identifier: MIT
 *
 * MissingFrag is a count, so what a member lacks is not known fragment by fragment: it gets coded
 * fragments, each in the windows of one of its uplinks (TS004 section 3.1: unicast fragments are
 * always allowed). N goes on. FPending asks it for the next uplink; after as many fragments as it
 * lacks, and some, it is asked for its status again. A member that is still in class C is first
 * told to delete its groups, for its receiver would stay open until TimeOut for nothing.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "campaign/fec_encoder.h"

/* Coded fragments beyond the missing ones, before the member is asked again: three of four decoders
 * are done with two (spec-protocol 5.6); a round more costs one exchange. */
#define RESERVE 2u

static bool in_time(const struct transfer *transfer)
{
    return transfer->phase == CAMPAIGN_PHASE_CORRECTION
           || transfer->phase == CAMPAIGN_PHASE_CONFIRMATION;
}

/* The windows of the member's last uplink carry a fragment. */
static bool carries_fragment(const struct campaign *campaign, const struct member *member)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    return network_answer_max(campaign->server->network, member->device)
           >= PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes;
}

/* Multicast stays for all as long as one of them can get no fragment by unicast. */
static bool all_carry_fragments(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->index < campaign->transfer_count);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (member->counted && member->transfer == transfer->index && !member_is_settled(member)
                && !member->repairing && !carries_fragment(campaign, member)) {
            return false;
        }
    }
    return true;
}

bool repair_pays(const struct transfer *transfer)
{
    assert(transfer->settled_count <= transfer->counted_count);
    uint32_t left = transfer->counted_count - transfer->settled_count;
    return in_time(transfer) && left > 0 && left <= transfer->campaign->params.unicast_below
           && (transfer->phase == CAMPAIGN_PHASE_CONFIRMATION || all_carry_fragments(transfer));
}

bool repair_on_lacking(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    if (member->stage != MEMBER_RECEIVING || !in_time(transfer)) {
        return false;
    }
    if (!member->repairing) {
        if (!repair_pays(transfer) || !carries_fragment(campaign, member)) {
            return false;
        }
        member->repairing = true;
        member->repair_groups = member->group_mask;
        member_answered(member);
    } else if (!member->repair_asked) {
        return true; /* it answers a request to all, in the middle of a round */
    } else if (member->missing >= member->repair_missing) {
        member_try_failed(campaign, member, MEMBER_CAUSE_REPAIR, now_ns);
    } else {
        member_answered(member);
    }
    member->repair_asked = false;
    member->repair_missing = member->missing;
    member->repair_left = (uint16_t)(member->missing + RESERVE);
    return true;
}

void repair_on_group_delete(struct member *member, const struct package_message *message)
{
    assert(message->kind == PACKAGE_MC_GROUP_DELETE_ANS);
    /* McGroupUndefined says the same: an earlier answer was lost. */
    if (member->repairing && message->index < SERVER_GROUP_IDS) {
        member->repair_groups &= (uint8_t) ~(1u << message->index);
        member_answered(member);
    }
}

uint32_t repair_count(const struct transfer *transfer, bool answered)
{
    const struct campaign *campaign = transfer->campaign;
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->member_count && campaign->params.unicast_below > 0; i++) {
        const struct member *member = &campaign->members[i];
        bool counts = member->repairing && member->repair_groups == 0 && member->counted
                      && !member_is_settled(member) && member->transfer == transfer->index;
        count += counts && (answered || member->round != transfer->correction.round) ? 1u : 0u;
    }
    assert(count <= transfer->counted_count);
    return count;
}

/* The number of the next fragment, 0: there is none left. Where each row is even, coded fragments
 * alone never end a decoder that lacks all uncoded ones: a round after one that brought nothing
 * begins with an uncoded one, another one each time. */
static uint32_t next_number(struct transfer *transfer, const struct member *member)
{
    uint32_t fruitless = member->tries[MEMBER_CAUSE_REPAIR];
    bool first = member->repair_left == member->repair_missing + RESERVE;
    assert(transfer->nb_frag > 0);
    bool uncoded = first && fruitless > 0
                   && fec_encoder_rows_are_even(transfer->fragmentation_version, transfer->nb_frag);
    return uncoded ? 1u + fruitless % transfer->nb_frag : transfer_take_number(transfer);
}

static bool send_fragment(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    struct transfer *transfer = member_transfer_of(campaign, member);
    uint8_t payload[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX];
    uint32_t n = next_number(transfer, member);
    if (n == 0) {
        return false;
    }
    size_t size = transfer_put_fragment(transfer, n, payload);
    assert(member->repair_left > 0);
    member->repair_left--;
    member->repair_queued = server_send(
            campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, payload, size);
    if (transfer->phase == CAMPAIGN_PHASE_CONFIRMATION) {
        transfer_await_reports(transfer, now_ns);
    }
    return member->repair_queued;
}

static bool send_question(const struct campaign *campaign, struct member *member)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = package_frag_session_status_req(
            request, member_transfer_of(campaign, member)->frag_index, true);
    member->asked_alone = server_send(
            campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, request, size);
    member->repair_asked = member->repair_asked || member->asked_alone;
    return member->asked_alone;
}

/* What no gateway sent is sent again under another N: the exchange at hand has a new window. */
static void take_back_unsent(struct member *member, bool unsent)
{
    if (unsent && member->repair_queued) {
        member->repair_left++;
    } else if (unsent) {
        member_command_not_sent(member);
    }
    member->repair_queued = false;
}

bool repair_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    if (!member->repairing || member->stage != MEMBER_RECEIVING || !in_time(transfer)) {
        return false;
    }
    take_back_unsent(member, course->unsent);
    if (now_ns < member->pause_until_ns || !carries_fragment(campaign, member)) {
        return true;
    }
    bool sent;
    if (member->repair_groups != 0 && now_ns < transfer_end_ns(transfer)) {
        sent = release_send_deletes(campaign, member, member->repair_groups);
    } else if (member->repair_left > 0) {
        sent = send_fragment(campaign, member, now_ns);
    } else {
        sent = send_question(campaign, member);
    }
    if (sent && !member->repair_queued) {
        member_command_sent(member, now_ns);
    }
    if (sent) { /* the exchange goes on */
        network_keep_open(campaign->server->network, member->device);
    }
    return true;
}
