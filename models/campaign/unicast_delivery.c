/* Delivery by unicast: each member fetches its own copy of the block in class A.
 * SPDX-License-Identifier: MIT
 *
 * A transfer without sessions: nothing is announced, so a member is set up for its fragmentation
 * session alone, and then told to fetch (docs/block-protocol.md). It asks, the server answers; what
 * was lost it asks for again, so the server keeps no state of the block for it. A gateway's windows
 * are few: so many members fetch at one time at each gateway, the others are told at later uplinks.
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/unicast_packages.h"
#include "network/wire.h"

/* A member that has not asked for so long fetches no more: it gave up, or does not hear the server.
 * assumed: longer than five pauses of the device, which double from 10 s. */
#define FETCH_SILENT_NS (600 * SIM_NS_PER_S)
/* After an answer that no gateway sent: so many answers fit both windows. */
#define SHORT_ANSWERS 8u

bool unicast_delivery(const struct campaign *campaign)
{
    return campaign->params.delivery == DELIVERY_UNICAST;
}

/* --- set-up ----------------------------------------------------------------------------------- */

/* There is no group to announce: the member goes on as if it had one. */
void unicast_delivery_skip_group(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    assert(unicast_delivery(campaign) && member->transfer != TRANSFER_NONE);
    if (member->stage == MEMBER_CALLED || member->stage == MEMBER_VERSION) {
        campaign_member_event(campaign, member, MEMBER_EVENT_COMMAND_QUEUED, now_ns);
        campaign_member_event(campaign, member, MEMBER_EVENT_NO_GROUP, now_ns);
        transfer_count_member(member_transfer_of(campaign, member), member);
    }
}

static bool is_fetching(const struct member *member, sim_ns now_ns)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    return member->stage == MEMBER_RECEIVING && member->fetch_ns != SIM_NS_NEVER
           && now_ns - member->fetch_ns < FETCH_SILENT_NS;
}

/* Another member may fetch through the gateway that hears this one best. */
static bool has_room(const struct campaign *campaign, const struct member *member, sim_ns now_ns)
{
    const struct network *network = campaign->server->network;
    uint32_t gateway = network_best_gateway(network, member->device);
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->member_count && count < UNICAST_FETCHES_PER_GATEWAY; i++) {
        const struct member *other = &campaign->members[i];
        bool same = other != member && is_fetching(other, now_ns)
                    && network_best_gateway(network, other->device) == gateway;
        count += same ? 1u : 0u;
    }
    return count < UNICAST_FETCHES_PER_GATEWAY;
}

static void tell_to_fetch(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = unicast_fetch_req(request, member_transfer_of(campaign, member)->frag_index);
    if (server_send(campaign->server, member->device, UNICAST_FPORT, request, size)) {
        member->fetch_ns = now_ns; /* its place is taken */
        member_command_sent(member, now_ns);
    }
}

void unicast_delivery_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    if (member_is_settled(member)) {
        unicast_delivery_end_if_done(campaign, now_ns);
        return;
    }
    if (member->stage != MEMBER_RECEIVING || !transfer_runs(member_transfer_of(campaign, member))
            || course->fetched) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    bool idle = !is_fetching(member, now_ns);
    if (now_ns < member->pause_until_ns || !(idle || course->status_answered)) {
        return;
    }
    if (member->fetch_told && !course->status_answered) { /* why it is silent, it says itself */
        reception_ask_for_status(campaign, member, course);
    } else if (has_room(campaign, member, now_ns)) {
        tell_to_fetch(campaign, member, now_ns);
    }
}

/* --- messages --------------------------------------------------------------------------------- */

static void on_fetch_ans(struct campaign *campaign, struct member *member,
        const struct unicast_message *message, sim_ns now_ns)
{
    if (message->no_session) { /* it has lost its session: all of it again */
        member->fetch_told = false;
        member->fetch_ns = SIM_NS_NEVER;
        member_try_failed(campaign, member, MEMBER_CAUSE_SESSION_LOST, now_ns);
    } else {
        member->fetch_told = true;
        member_answered(member);
    }
}

/* Fragments that the windows of the uplink at hand carry; both of them, where a longer answer was
 * not sent lately. */
static uint32_t answer_room(
        const struct campaign *campaign, struct member *member, const struct uplink_course *course)
{
    const struct network *network = campaign->server->network;
    if (course->unsent) {
        member->fetch_short = SHORT_ANSWERS;
    }
    uint32_t size = member_transfer_of(campaign, member)->fragment_size_bytes;
    assert(size > 0);
    uint32_t least = network_answer_least(network, member->device);
    uint32_t room = member->fetch_short > 0 && least >= UNICAST_DATA_HEADER + size
                            ? least
                            : network_answer_max(network, member->device);
    member->fetch_short = (uint8_t)(member->fetch_short > 0 ? member->fetch_short - 1u : 0);
    return room > UNICAST_DATA_HEADER ? (room - UNICAST_DATA_HEADER) / size : 0;
}

static void on_data_req(struct campaign *campaign, struct member *member,
        const struct unicast_message *message, struct uplink_course *course, sim_ns now_ns)
{
    struct transfer *transfer = member_transfer_of(campaign, member);
    uint32_t size = transfer->fragment_size_bytes;
    if (message->n == 0 || message->n > transfer->nb_frag || message->count == 0) {
        return;
    }
    uint32_t count = answer_room(campaign, member, course);
    uint32_t left = transfer->nb_frag - message->n + 1u;
    count = count < message->count ? count : message->count;
    count = count < left ? count : left;
    uint8_t answer[NETWORK_PAYLOAD_MAX];
    size_t at = unicast_data_header(answer, transfer->frag_index, message->n);
    assert(at + count * size <= sizeof answer);
    memcpy(answer + at, transfer->block + (message->n - 1u) * size, count * size);
    course->fetched = true;
    member->fetch_ns = now_ns;
    member->fetch_told = true; /* its BlockFetchAns may have been lost */
    member_answered(member);
    if (count > 0
            && server_send(
                    campaign->server, member->device, UNICAST_FPORT, answer, at + count * size)) {
        uint32_t last = message->n + count - 1u;
        transfer->highest_sent_n =
                last > transfer->highest_sent_n ? last : transfer->highest_sent_n;
    }
    /* A device that sends no receipt is asked at its next uplink. */
    bool receipt =
            transfer->fragmentation_version >= 2 && campaign->params.receipts == RECEIPTS_ASKED;
    if (!receipt && message->n + count > transfer->nb_frag) {
        member->fetch_ns = SIM_NS_NEVER;
        network_keep_open(campaign->server->network, member->device);
    }
}

/* False: no transfer answers; the device may stop asking. */
bool unicast_delivery_on_message(struct campaign *campaign, struct member *member,
        const struct unicast_message *message, struct uplink_course *course, sim_ns now_ns)
{
    if (!unicast_delivery(campaign) || member->transfer == TRANSFER_NONE
            || !transfer_runs(member_transfer_of(campaign, member))) {
        return false;
    }
    /* A device that asks has its session, even if its FragSessionSetupAns was lost. */
    campaign_member_event(campaign, member, MEMBER_EVENT_SESSION_SHOWN, now_ns);
    set_up_resume(campaign, member, now_ns);
    if (member->stage != MEMBER_RECEIVING) {
        return member->stage >= MEMBER_WHOLE; /* it has more to say than this */
    }
    if (message->kind == UNICAST_FETCH_ANS) {
        on_fetch_ans(campaign, member, message, now_ns);
    } else if (message->kind == UNICAST_DATA_REQ) {
        campaign_member_event(campaign, member, MEMBER_EVENT_BLOCK_LACKING, now_ns);
        on_data_req(campaign, member, message, course, now_ns);
    }
    return true;
}

/* --- end -------------------------------------------------------------------------------------- */

/* Members of all transfers, and those that were never heard: the time of the delivery ends it for
 * them. */
void unicast_delivery_end_if_done(struct campaign *campaign, sim_ns now_ns)
{
    assert(unicast_delivery(campaign));
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        if (!member_is_settled(&campaign->members[i])) {
            return;
        }
    }
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        transfer_end(&campaign->transfers[i], now_ns);
    }
}
